"""One trial: a text with a combination in it, a channel that errs, and a method that isolates."""

from dataclasses import dataclass
from random import Random
from typing import Final

from probes.isolate import Form, Isolation
from probes.isolation_likelihood import Channel
from probes.isolation_result import Answer, Purpose
from results.inference import Noise, Rate
from results.record import VerdictKind
from tests.benchmarks.isolation_methods import Ask, Method, OutOfMessages
from tests.benchmarks.isolation_texts import Components, Planted

JOINER: Final = "\n"
MOST_MESSAGES: Final = 3_000
LANE: Final = "lane"
#: All methods are told that the whole text is blocked.
BLOCKED_PRIOR: Final = 0.9999


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How often the channel errs.

    Attributes:
        loss: Share of harmless messages that are lost.
        slip: Share of censored messages that arrive.
    """

    loss: float
    slip: float

    def __str__(self) -> str:
        return f"{self.loss * 100:g}+{self.slip * 100:g} %"


class Line:
    """Sends messages past a filter, with errors, and counts them."""

    def __init__(self, combination: Components, errors: Errors, random: Random) -> None:
        self._combination, self._errors, self._random = combination, errors, random
        self.messages = 0

    def ask(self, text: str) -> bool:
        """Whether a text is blocked, as seen from outside."""
        self.messages += 1
        if self.messages > MOST_MESSAGES:
            raise OutOfMessages
        chance = self._random.random()
        if is_blocked(self._combination, text):
            return chance >= self._errors.slip
        return chance < self._errors.loss


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What came of it.

    Attributes:
        is_right: Whether it found the combination, or another smallest one that is blocked.
        messages: How many it took to find it.
        proof_messages: How many more it took to prove it.
        is_sure: Whether it says so; ``None`` if the method does not say.
    """

    is_right: bool
    messages: int
    proof_messages: int = 0
    is_sure: bool | None = None


def is_blocked(combination: Components, text: str) -> bool:
    """Whether a filter with one rule means to block a text."""
    return all(component in text for component in combination)


def is_right(planted: Planted, found: Components) -> bool:
    """Whether components are censored together, and nothing less than all of each of them is."""
    if not found or not all(each in planted.text for each in found):
        return False
    if not is_blocked(planted.combination, JOINER.join(found)):
        return False
    for at, component in enumerate(found):
        for less in (component[1:], component[:-1]):
            kept = [*found[:at], *([less] if less else []), *found[at + 1 :]]
            if is_blocked(planted.combination, JOINER.join(kept)):
                return False
    return True


def known(errors: Errors) -> Channel:
    """A channel of which it is known how often it errs, as it was of those compared with."""
    return Channel(loss=_known(errors.loss), slip=_known(errors.slip))


def estimated(errors: Errors, random: Random, controls: int, canaries: int) -> Channel:
    """A channel as a run knows it, from controls and canaries."""
    lost = sum(random.random() < errors.loss for _ in range(controls))
    slipped = sum(random.random() < errors.slip for _ in range(canaries))
    noise = Noise(
        controls_delivered=controls - lost,
        controls_lost=lost,
        canaries_blocked=canaries - slipped,
        canaries_slipped=slipped,
    )
    return Channel(loss=noise.expected_loss, slip=noise.expected_slip)


def isolate(planted: Planted, line: Line, channel: Channel, padding: str) -> Trial:
    """Isolate with `probes.isolate`."""
    isolation = Isolation(
        planted.text,
        form=Form(characters=len(planted.text) + 100, joiner=JOINER, padding=padding),
        channels={LANE: channel},
        blocked_prior=BLOCKED_PRIOR,
    )
    searched = proven = 0
    while not isolation.is_done:
        (text,) = isolation.next_texts(1, LANE)
        isolation.put(text.id, Answer.BLOCKED if line.ask(text.text) else Answer.DELIVERED)
        searched += text.purpose is Purpose.SEARCH
        proven += text.purpose is Purpose.PROOF
    result = isolation.result
    assert result is not None
    found = result.combinations[0] if result.combinations else None
    return Trial(
        is_right=found is not None and is_right(planted, found.texts),
        messages=searched,
        proof_messages=proven,
        is_sure=found is not None and found.verdict is VerdictKind.CENSORED,
    )


def classical(method: Method, planted: Planted, line: Line, ask: Ask) -> Trial:
    """Isolate with a method that is compared with."""
    try:
        found = method(ask, planted.text, JOINER)
    except OutOfMessages:
        found = ()
    return Trial(is_right=is_right(planted, found), messages=line.messages)


def _known(rate: float) -> Rate:
    """A rate as if it had been seen in a great many messages."""
    most = 1e5
    return Rate(rate * most + 0.1, (1 - rate) * most)
