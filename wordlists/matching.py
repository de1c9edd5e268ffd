"""Which controls resemble an entry: in script, in length, and in how frequent their characters are.

A control should be lost for the same reasons as a probe, the filter apart. A filter that works on
statistics, a network that cuts long texts or an app that mangles a script must hit both alike.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Final, Self

from wordlists.entry import Entry
from wordlists.scripts import script_of

_LENGTH_WEIGHT: Final = 1.0
_FREQUENCY_WEIGHT: Final = 0.5
_OTHER_LANGUAGE: Final = 0.25
_SLACK: Final = 2
_LONGER: Final = 1.5
_PER_MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Frequencies:
    """How often characters occur, estimated from the texts at hand.

    There is no word-frequency list of all the languages of the lists under a licence that lets it
    ship, so it is counted over the lists and the controls themselves.
    """

    counts: tuple[tuple[str, Counter[str]], ...]
    """The counts of letters by script."""

    @classmethod
    def of(cls, texts: Iterable[str]) -> Self:
        """Count the letters of texts."""
        counts: dict[str, Counter[str]] = {}
        for text in texts:
            counts.setdefault(script_of(text), Counter()).update(filter(str.isalpha, text))
        return cls(counts=tuple(counts.items()))

    def level(self, text: str) -> float:
        """The mean over the letters of a text of log10 of their occurrences in a million.

        Every letter is taken to have been seen once more than it was, so that one that was never
        seen is rare and not impossible.

        Returns:
            0 to 6; 0 for a text without letters.
        """
        letters = [character for character in text if character.isalpha()]
        if not letters:
            return 0.0
        counts = dict(self.counts).get(script_of(text), Counter())
        total = counts.total() + len(counts) + 1
        return sum(
            math.log10((counts[letter] + 1) * _PER_MILLION / total) for letter in letters
        ) / len(letters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How well a control resembles an entry."""

    control: Entry
    """The control."""
    distance: float
    """0 for the best there can be; differences in length and frequency add to it."""


def rank_controls(
    entry: Entry,
    controls: Sequence[Entry],
    *,
    seed: int,
    frequencies: Frequencies | None = None,
) -> tuple[Match, ...]:
    """Order the controls that are in the script of an entry by how well they resemble it.

    The distance adds the difference in length, as a share of the entry's; half the difference in
    the `Frequencies.level` of their characters; and a quarter where the language is another one,
    so that simplified characters are matched with simplified ones.

    Args:
        entry: The entry to match.
        controls: The controls to choose from.
        seed: Decides between controls that are equally near: the same seed, entry and controls give
            the same order on any machine, in whatever order the controls are given.
        frequencies: How often characters occur; counted over the controls and the entry if None.

    Returns:
        The controls that can stand for the entry, nearest first; none if no control is in its
        script or short enough. A control that is shorter can be joined to others.
    """
    script = script_of("".join(entry.components))
    length = text_length(entry)
    known = frequencies or Frequencies.of([entry.keyword, *(each.keyword for each in controls)])
    level = known.level(entry.keyword)
    matches = [
        Match(
            control=control,
            distance=unlikeness(
                lengths=(text_length(control), length),
                levels=(known.level(control.keyword), level),
            )
            + _OTHER_LANGUAGE * (control.language != entry.language),
        )
        for control in controls
        if script_of(control.keyword) == script and is_short_enough(text_length(control), length)
    ]
    return tuple(
        sorted(
            matches,
            key=lambda match: (round(match.distance, 6), _chance(seed, entry.id, match.control.id)),
        )
    )


def unlikeness(*, lengths: tuple[int, int], levels: tuple[float, float]) -> float:
    """How much a control differs from an entry in length and in how frequent its characters are.

    Args:
        lengths: Characters of the control, and of the entry.
        levels: The `Frequencies.level` of both.

    Returns:
        0 for no difference; the difference in length as a share of the entry's, and half the one
        in levels.
    """
    control, entry = lengths
    return _LENGTH_WEIGHT * abs(control - entry) / entry + _FREQUENCY_WEIGHT * abs(
        levels[0] - levels[1]
    )


def is_short_enough(control: int, entry: int) -> bool:
    """Whether a control of one length can stand for an entry of another, in characters.

    It may be shorter, since controls can be joined, but not much longer, since none can be cut.
    """
    return control <= max(entry + _SLACK, _LONGER * entry)


def text_length(entry: Entry) -> int:
    """The characters of an entry's components, one more for whatever joins two of them."""
    return sum(map(len, entry.components)) + len(entry.components) - 1


class Coverage:
    """Says of many entries whether any control can stand for them; what `rank_controls` would."""

    def __init__(self, controls: Iterable[Entry]) -> None:
        """Take the controls there are."""
        self._shortest: dict[str, int] = {}
        for control in controls:
            script = script_of(control.keyword)
            known = self._shortest.get(script)
            length = text_length(control)
            self._shortest[script] = length if known is None else min(known, length)

    def gap(self, entry: Entry) -> str | None:
        """Say why no control can stand for an entry; None where one can."""
        script = script_of("".join(entry.components))
        shortest = self._shortest.get(script)
        if shortest is None:
            return f"no control is in its script ({script or 'no letters'})"
        if not is_short_enough(shortest, text_length(entry)):
            return f"every control in its script ({script}) is longer, {shortest} or more"
        return None


@cache
def _chance(seed: int, entry: str, control: str) -> bytes:
    return sha256(f"{seed}\x1f{entry}\x1f{control}".encode()).digest()
