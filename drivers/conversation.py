"""What has come in on a chat, pieced together from snapshots that show only a part of it.

A phone shows the last few messages of a conversation, and rows have no identity that lasts. So the
texts known so far are laid over the texts now visible, at the place where they fit: what hangs over
at the end is new, what is missing in the middle is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Final, NamedTuple, TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """How a window of visible texts lies over the known ones.

    Attributes:
        new: Visible texts that were not known, oldest first.
        before: Where they stand: for each of them the place (in the known sequence) of the known
            text below it; past the last place for those below all that is known.
        gone: Places of texts that should be visible and are not.
        top: Place of the first known text that should be visible; past the last place if none
            should. All from there on that are not gone are there.
        is_joined: Whether both have a text in common; if not, messages may lie between them.
    """

    new: tuple[str, ...]
    before: tuple[int, ...]
    gone: tuple[int, ...]
    top: int
    is_joined: bool

    @classmethod
    def of_new(cls, texts: Sequence[str], known: int, *, is_joined: bool) -> "Overlay":
        """Texts that all came in below what was known, of which nothing is in sight.

        Args:
            texts: The texts, oldest first.
            known: How many texts were known.
            is_joined: Whether no messages lie between.
        """
        return cls(
            new=tuple(texts),
            before=(known,) * len(texts),
            gone=(),
            top=known,
            is_joined=is_joined,
        )

    @property
    def at_end(self) -> int:
        """How many of the new texts stand below all that is known."""
        last = self.before[-1:]
        return sum(1 for _ in takewhile(lambda place: (place,) == last, reversed(self.before)))


def overlay(
    known: Sequence[str],
    window: Sequence[str],
    *,
    shown: Sequence[str] | None = None,
    is_whole: bool = False,
) -> Overlay:
    """Lay a window of visible texts over the known ones.

    Texts that stay keep their order, and new ones come in at the end. Of all explanations the one
    with the fewest changes is taken, texts that came and texts that went; of those with as many,
    the one with the fewest texts that came in anywhere but at the end (an app may sort in what
    comes late, or change a text in its place), then the one with the fewest that went. Lanes keep
    equal texts apart by different ones between them, so that a window can seldom be read in two
    ways.

    Args:
        known: All texts known so far, oldest first, those that are gone left out.
        window: Texts visible now, oldest first.
        shown: What to tell instead of the texts of the window, where these stand for readings that
            are not exact.
        is_whole: Whether nothing stands above the window. Then a text that it has in common with
            the known ones is the same one, however much is gone.
    """
    told = window if shown is None else shown
    fit = _best_fit(known, window, is_whole=is_whole)
    if fit is None:
        return Overlay.of_new(told, len(known), is_joined=not known)
    new: list[tuple[str, int]] = []
    below = len(known)
    for row in range(len(told) - 1, fit.old - 1, -1):
        place = fit.places[row]
        if place is None:
            new.append((told[row], below))
        else:
            below = place
    new.reverse()
    return Overlay(
        new=tuple(text for text, _ in new),
        before=tuple(place for _, place in new),
        gone=tuple(sorted(set(range(fit.top, len(known))).difference(fit.places))),
        top=fit.top,
        is_joined=True,
    )


def join(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Two windows of one conversation, the first scrolled further back, as one window."""
    below = overlay(upper, lower).at_end
    return (*upper, *lower[len(lower) - below :])


class _Changes(NamedTuple):
    """What an explanation claims to have happened; the smaller is the better explanation."""

    all: int
    inserted: int
    gone: int

    def and_(self, other: "_Changes") -> "_Changes":
        return _Changes(
            self.all + other.all, self.inserted + other.inserted, self.gone + other.gone
        )


_GONE: Final = _Changes(1, 0, 1)
_INSERTED: Final = _Changes(1, 1, 0)
_IMPOSSIBLE: Final = _Changes(1_000_000_000, 0, 0)
_Table: TypeAlias = list[list[_Changes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """An explanation.

    Attributes:
        places: For each text of the window its place among the known ones; ``None`` for others.
        old: How many texts at the top of the window are older than all that is known.
        top: Place of the first known text that should be in sight.
    """

    places: tuple[int | None, ...]
    old: int
    top: int


def _best_fit(known: Sequence[str], window: Sequence[str], *, is_whole: bool) -> _Fit | None:
    """The best explanation of a window; ``None`` if none of its texts is a known one."""
    count = len(window)
    for new in (0, 1):  # nearly always; no other explanation has fewer changes
        size = count - new
        start = len(known) - size
        if 0 < size <= len(known) and list(known[start:]) == list(window[:size]):
            places = (*range(start, len(known)), *(None,) * new)
            return _Fit(places=places, old=0, top=start)
    # No more can be gone: that all of the window is new would be the better explanation.
    start = 0 if is_whole else max(0, len(known) - 2 * count)
    tail = known[start:]
    last, further = _tables(tail, window)
    best, first = (_IMPOSSIBLE if is_whole else _Changes(count, 0, len(known) + 1)), None
    for place in reversed(range(len(tail))):
        for row in range(count):
            if tail[place] == window[row] and set(window[:row]).isdisjoint(tail):
                rest = min(last[place + 1][row + 1], further[place + 1][row + 1])
                # Unknown texts above the first known one came in between, or are older than all.
                between = rest.and_(_Changes(row, row, 0))
                above = rest.and_(_Changes(start + place, 0, start + place))
                if min(between, above) < best:
                    best, first = min(between, above), (place, row, between <= above)
    if first is None:
        return None
    place, row, is_between = first
    pairs = _trace(tail, window, (last, further), (place, row))
    return _Fit(
        places=tuple(
            None if (at := pairs.get(each)) is None else start + at for each in range(count)
        ),
        old=0 if is_between else row,
        top=start + place if is_between else 0,
    )


def _tables(known: Sequence[str], window: Sequence[str]) -> tuple[_Table, _Table]:
    """The fewest changes from each place and row on, with no match any more and with a further one.

    What is missing from one row of matched texts to the next is found as in the alignment of
    sequences (Needleman and Wunsch 1970); but what comes after the last match is new at the end.
    """
    rows, places = len(window), len(known)
    last = [
        [_Changes(places - place + rows - row, 0, places - place) for row in range(rows + 1)]
        for place in range(places + 1)
    ]
    further = [[_IMPOSSIBLE] * (rows + 1) for _ in range(places + 1)]
    for place in range(places - 1, -1, -1):
        for row in range(rows - 1, -1, -1):
            ways = [further[place + 1][row].and_(_GONE), further[place][row + 1].and_(_INSERTED)]
            if known[place] == window[row]:
                ways.append(min(last[place + 1][row + 1], further[place + 1][row + 1]))
            further[place][row] = min(ways)
    return last, further


def _trace(
    known: Sequence[str],
    window: Sequence[str],
    tables: tuple[_Table, _Table],
    first: tuple[int, int],
) -> dict[int, int]:
    """The matches of the best explanation that begins with this place and row: row to place."""
    last, further = tables
    place, row = first
    pairs = {row: place}
    place, row = place + 1, row + 1
    while further[place][row] < last[place][row]:
        while known[place] != window[row] or further[place][row] != min(
            last[place + 1][row + 1], further[place + 1][row + 1]
        ):
            if further[place][row] == further[place + 1][row].and_(_GONE):
                place += 1
            else:
                row += 1
        pairs[row] = place
        place, row = place + 1, row + 1
    return pairs
