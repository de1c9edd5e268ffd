"""A text, its parts, and which of them a message made of pieces of it carries.

A message of isolation is made of pieces of the text in the order they have there, with the app's
joiner between two pieces that were not neighbours. A *part* is anything that may be a component:
a string that occurs in the text, once or several times.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from probes.isolation_prior import Floats, Places, TextPrior, Word

Flags = NDArray[np.bool_]
Piece = tuple[int, int]
"""First character of a piece, and the place after its last one."""
Pieces = tuple[Piece, ...]

LONGEST: Final = 24
"""Most characters of a component at first; the search looks for longer ones where none explains
what was seen."""
LONGEST_SPACED: Final = 64
"""The same of texts in scripts with spaces between words, where words have more characters."""


def tidy(pieces: Iterable[Piece], *, merges: bool = True) -> Pieces:
    """Put pieces in order, without empty ones and those inside another.

    Args:
        pieces: The pieces; those that overlap stay apart.
        merges: Whether neighbours become one piece; otherwise the joiner will part them.
    """
    kept: list[Piece] = []
    for start, end in sorted(pieces, key=lambda piece: (piece[0], -piece[1])):
        if start >= end or (kept and end <= kept[-1][1]):
            continue
        if merges and kept and start == kept[-1][1]:
            kept[-1] = (kept[-1][0], end)
        else:
            kept.append((start, end))
    return tuple(kept)


def spell(text: str, pieces: Pieces, joiner: str) -> str:
    """The message that is made of pieces of a text."""
    return joiner.join(text[start:end] for start, end in pieces)


def width(pieces: Pieces, joiner: str) -> int:
    """How many characters that message has."""
    return sum(end - start for start, end in pieces) + len(joiner) * max(0, len(pieces) - 1)


def fold(text: str) -> str:
    """A text without differences of case, character by character, so that places stay the same.

    Filters are not known to tell case, so occurrences that differ in nothing else are one part.
    """
    return "".join(
        lower if len(lower := character.lower()) == 1 else character for character in text
    )


def may_join(joiner: str, text: str) -> bool:
    """Whether a joiner may make a string of a text, together with what it stands between."""
    return not joiner or joiner[0] in text or joiner[-1] in text


class Parts:
    """All parts of a text, up to a length, that may be components, as arrays.

    Attributes:
        longest: Most characters of a part.
        mass: By part, its prior probability of being a given component.
        starts: By part, where its last occurrence starts.
        ends: By part, where its last occurrence ends.
    """

    def __init__(
        self, text: str, within: Pieces, found: Sequence[Word], longest: int = LONGEST
    ) -> None:
        """List them.

        Args:
            text: The text.
            within: The pieces of it that are searched.
            found: The words of the text.
            longest: Most characters of a part.
        """
        self.longest = longest
        self._text = text
        self._folded = fold(text)
        starts, ends = _occurrences(within, longest)
        keys: dict[str | int, int] = {}
        part = np.empty(starts.size, dtype=np.int64)
        for row, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            # What is longer will not occur twice, and would make keys costly.
            key = self._folded[start:end] if end - start <= LONGEST else row
            part[row] = keys.setdefault(key, len(keys))
        order = np.lexsort((starts, part))
        self._rows_start, self._rows_end = starts[order], ends[order]
        self._first = np.flatnonzero(np.diff(part[order], prepend=-1))
        last = np.append(self._first[1:], order.size) - 1
        self._counts = last + 1 - self._first
        self.starts, self.ends = self._rows_start[last], self._rows_end[last]
        weight = TextPrior(text, found).weight(self._rows_start, self._rows_end)
        # A word that occurs often is not likelier to be a component for that.
        mass = np.maximum.reduceat(weight, self._first)
        self.mass: Floats = mass / mass.sum()
        self._keys = keys

    @property
    def size(self) -> int:
        """How many there are."""
        return int(self.mass.size)

    def are_in(self, pieces: Pieces, joiner: str) -> Flags:
        """Whether the message made of pieces carries each part.

        What two pieces and the joiner between them happen to make together is seen as well.
        """
        found = self._rows_end <= self._reach(pieces)[self._rows_start]
        inside = np.logical_or.reduceat(found, self._first)
        if not self.may_join(joiner):
            return np.asarray(inside)
        message = fold(spell(self._text, pieces, joiner))
        at = 0
        for start, end in pieces[:-1]:
            at += end - start
            for first in range(max(0, at - LONGEST), at + len(joiner)):
                for last in range(max(at, first) + 1, min(first + LONGEST, len(message)) + 1):
                    known = self._keys.get(message[first:last])
                    if known is not None:
                        inside[known] = True
            at += len(joiner)
        return np.asarray(inside)

    def may_join(self, joiner: str) -> bool:
        """Whether a joiner may make a part, with what is next to it or in two pieces around it."""
        return may_join(joiner, self._text)

    def table(self, parts: Places, messages: Sequence[Pieces]) -> Flags:
        """Whether each of some messages carries each of some parts (messages by parts).

        Only pieces are looked at, not what joiners make, which takes longer (`are_in`).
        """
        reach = np.stack([self._reach(pieces) for pieces in messages])
        inside = self.ends[parts] <= reach[:, self.starts[parts]]
        several = np.flatnonzero(self._counts[parts] > 1)
        if several.size:
            chosen = parts[several]
            rows = _rows_of(self._first[chosen], self._counts[chosen])
            offsets = np.cumsum(self._counts[chosen]) - self._counts[chosen]
            found = self._rows_end[rows] <= reach[:, self._rows_start[rows]]
            inside[:, several] = np.logical_or.reduceat(found, offsets, axis=1)
        return np.asarray(inside)

    def find(self, piece: Piece) -> int:
        """The number of the part that stands in a place.

        Args:
            piece: Where it stands; no longer than `longest`.
        """
        rows = np.flatnonzero((self._rows_start == piece[0]) & (self._rows_end == piece[1]))
        return int(np.searchsorted(self._first, rows[0], side="right")) - 1

    def occurrences(self, part: int) -> Pieces:
        """Where a part occurs in what is searched."""
        rows = slice(
            self._first[part],
            self._first[part + 1] if part + 1 < self.size else self._rows_start.size,
        )
        return tuple(
            zip(self._rows_start[rows].tolist(), self._rows_end[rows].tolist(), strict=True)
        )

    def _reach(self, pieces: Pieces) -> Places:
        """By place of the text, how far the piece goes that starts before or there; 0 of none."""
        reach = np.zeros(len(self._text) + 1, dtype=np.int64)
        for start, end in pieces:  # in order, so that of two that overlap the later goes further
            reach[start:end] = end
        return reach


def _rows_of(first: Places, counts: Places) -> Places:
    """Numbers of consecutive rows, several from each first one."""
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return np.asarray(np.repeat(first, counts) + np.arange(int(counts.sum())) - before)


def _occurrences(within: Pieces, longest: int) -> tuple[Places, Places]:
    """Starts and ends of all parts inside pieces, each place once."""
    found = np.concatenate(
        [
            np.stack([first, first + length])
            for start, end in within
            for length in range(1, min(longest, end - start) + 1)
            for first in [np.arange(start, end - length + 1, dtype=np.int64)]
        ],
        axis=1,
    )
    if len(within) > 1:
        found = np.unique(found, axis=1)
    return found[0], found[1]
