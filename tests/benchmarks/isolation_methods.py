"""Methods that `probes.isolate` is compared with, as functions that ask whether a text is blocked.

All are told that the whole text is. They were made for channels without errors.
"""

from collections.abc import Callable, Sequence

from picire import DD, Outcome

from tests.benchmarks.isolation_texts import Components

Ask = Callable[[str], bool]
"""Whether a text is blocked; every call sends a message."""
Method = Callable[[Ask, str, str], Components]
"""Finds a combination, given what to ask, a text and the app's joiner."""


class OutOfMessages(Exception):
    """A method has sent more messages than any should need."""


def splitting(ask: Ask, text: str, joiner: str) -> Components:
    """Component-aware binary splitting.

    Restated from its description: R. Xiong and J. Knockel, *An Efficient Method to Determine which
    Combination of Keywords Triggered Automatic Filtering of a Message*, FOCI 2019.

    The rightmost place from which the rest of the text, with the components found so far, is still
    blocked is where a component starts. It ends at the leftmost place up to which, with all that
    follows that start, it is still blocked; looked for by doubling the length, then by halving.
    """
    found: list[str] = []
    start = 0
    while start < len(text) and not (found and ask(joiner.join(found))):
        low, high = start, len(text)  # blocked from here, not from there
        while high - low > 1:
            middle = (low + high) // 2
            if ask(joiner.join([*found, text[middle:]])):
                low = middle
            else:
                high = middle
        after, short, length = text[low + 1 :], 0, 1
        while low + length < len(text) and not ask(
            joiner.join([*found, text[low : low + length], after])
        ):
            short, length = length, length * 2
        length = min(length, len(text) - low)
        while length - short > 1:
            middle = (short + length) // 2
            if ask(joiner.join([*found, text[low : low + middle], after])):
                length = middle
            else:
                short = middle
        found.append(text[low : low + length])
        start = low + 1
    return tuple(found)


def bisection(ask: Ask, text: str, joiner: str) -> Components:
    """Plain bisection: one character after another, each found as if it were a component."""
    kept: list[int] = []
    start = 0
    while start < len(text) and not (kept and ask(_spell(text, kept, joiner))):
        low, high = start, len(text)
        while high - low > 1:
            middle = (low + high) // 2
            if ask(_spell(text, [*kept, *range(middle, len(text))], joiner)):
                low = middle
            else:
                high = middle
        kept.append(low)
        start = low + 1
    return tuple(_spell(text, kept, "\0").split("\0"))


def ddmin(ask: Ask, text: str, joiner: str) -> Components:
    """Delta debugging by characters (Zeller and Hildebrandt, 2002), by the package picire."""
    known: dict[str, bool] = {}

    def test(config: Sequence[int], _: object) -> Outcome:
        message = _spell(text, config, joiner)
        if not message:
            return Outcome.PASS
        if message not in known:
            known[message] = message == text or ask(message)
        return Outcome.FAIL if known[message] else Outcome.PASS

    kept = DD(test)(list(range(len(text))))
    return tuple(_spell(text, kept, "\0").split("\0"))


def sent_again(ask: Ask) -> Ask:
    """Ask again whether a text that did not arrive is blocked: it may have been lost."""
    return lambda text: ask(text) and ask(text)


def never_again(ask: Ask) -> Ask:
    """Ask once, and believe it."""
    return ask


def until_two(ask: Ask) -> Ask:
    """Ask until one answer has come twice."""

    def asked(text: str) -> bool:
        first, second = ask(text), ask(text)
        return first if first == second else ask(text)

    return asked


def _spell(text: str, places: Sequence[int], joiner: str) -> str:
    """The message of some characters of a text, with the joiner where others were left out."""
    pieces = []
    for before, place in zip([-1, *places], places, strict=False):
        if pieces and place != before + 1:
            pieces.append(joiner)
        pieces.append(text[place])
    return "".join(pieces)
