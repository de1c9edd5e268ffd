"""Two classical methods of group testing, to compare with.

Both are told how often the channel errs and how many entries are censored, which a run is not. They
were made for tests without errors; here each message is repeated until one answer is enough ahead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import comb, floor, log2
from random import Random
from typing import Final

from results.pooling import Rates

_SMALL_ENOUGH: Final = 1e-3  # chance that the answer to a message, repeated, is wrong
_LARGEST: Final = 400  # pool


@dataclass(slots=True)
class Questions:
    """Asks which entries are censored, over a channel that errs, and counts the messages.

    Attributes:
        censored: By entry, whether it is.
        rates: Loss and slip.
        random: Source of noise.
        messages: How many were sent.
    """

    censored: Sequence[bool]
    rates: Rates
    random: Random
    messages: int = 0
    _enough: int = field(init=False)

    def __post_init__(self) -> None:
        """See how many equal answers are enough."""
        worst = max(self.rates.loss, self.rates.slip)
        self._enough = next(n for n in range(1, 50) if _wrong(n, worst) <= _SMALL_ENOUGH)

    def is_blocked(self, places: Sequence[int]) -> bool:
        """Send a pool until one answer has come often enough, and give it."""
        answers = {True: 0, False: 0}
        while max(answers.values()) < self._enough:
            is_censored = any(self.censored[place] for place in places)
            blocked = 1 - self.rates.slip if is_censored else self.rates.loss
            answers[self.random.random() < blocked] += 1
            self.messages += 1
        return answers[True] == self._enough


Method = Callable[[Questions, int], set[int]]
"""Finds the censored entries; told how many there are."""


def dorfman(ask: Questions, count: int) -> set[int]:
    """Two stages: pools of one size, then the entries of blocked pools alone.

    R. Dorfman, The detection of defective members of large populations, 1943.

    Args:
        ask: Where to ask.
        count: How many entries are censored.
    """
    entries = range(len(ask.censored))
    clear = 1 - count / len(entries)
    size = min(
        range(1, min(_LARGEST, len(entries)) + 1),
        key=lambda k: 1 if k == 1 else 1 / k + 1 - clear**k,
    )
    found: set[int] = set()
    for start in range(0, len(entries), size):
        pool = entries[start : start + size]
        if len(pool) == 1 or ask.is_blocked(pool):
            found.update(place for place in pool if ask.is_blocked([place]))
    return found


def splitting(ask: Questions, count: int) -> set[int]:
    """Generalised binary splitting: pools that are blocked are halved until one entry is found.

    F. K. Hwang, A method for detecting all defective members in a population by group testing,
    1972.

    Args:
        ask: Where to ask.
        count: How many entries are censored.
    """
    left = list(range(len(ask.censored)))
    missing = count
    found: set[int] = set()
    while left and missing > 0:
        if len(left) <= 2 * missing - 2:
            found.update(place for place in left if ask.is_blocked([place]))
            break
        size = min(_LARGEST, 2 ** floor(log2((len(left) - missing + 1) / missing)))
        pool, left = left[:size], left[size:]
        if not ask.is_blocked(pool):
            continue
        while len(pool) > 1:
            half, rest = pool[: len(pool) // 2], pool[len(pool) // 2 :]
            if ask.is_blocked(half):
                pool, left = half, [*rest, *left]
            else:
                pool = rest
        found.add(pool[0])
        missing -= 1
    return found


def _wrong(enough: int, rate: float) -> float:
    """Chance that the wrong answer is the first to come so often."""
    return sum(
        comb(enough - 1 + right, right) * rate**enough * (1 - rate) ** right
        for right in range(enough)
    )
