"""What has come in on a chat, pieced together from snapshots that show only a part of it.

A phone shows the last few messages of a conversation, and rows have no identity that lasts. So the
texts known so far are laid over the texts now visible, at the place where they fit: what hangs over
at the end is new, what is missing in the middle is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """How a window of visible texts lies over the known ones.

    Attributes:
        new: Visible texts that were not known, oldest first.
        gone: Places (in the known sequence) of texts that should be visible and are not.
        is_joined: Whether both have a text in common; if not, messages may lie between them.
    """

    new: tuple[str, ...]
    gone: tuple[int, ...]
    is_joined: bool


def overlay(known: Sequence[str], window: Sequence[str]) -> Overlay:
    """Lay a window of visible texts over the known ones.

    The largest overlap is taken: of several ways to explain a window, the one with the fewest new
    messages. Lanes keep equal texts apart by different ones between them, so that the window
    cannot be read in two ways.

    Args:
        known: All texts known so far, oldest first, those that are gone left out.
        window: Texts visible now, oldest first.
    """
    for size in range(min(len(known), len(window)), 0, -1):
        if all(known[len(known) - size + place] == window[place] for place in range(size)):
            return Overlay(new=tuple(window[size:]), gone=(), is_joined=True)
    # No plain overlap: something in the middle is gone. Only the last texts can be in sight.
    start = max(0, len(known) - 2 * len(window))
    tail = known[start:]
    blocks = [
        block
        for block in SequenceMatcher(None, tail, window, autojunk=False).get_matching_blocks()
        if block.size
    ]
    if not blocks:
        return Overlay(new=tuple(window), gone=(), is_joined=not known)
    kept = {start + block.a + place for block in blocks for place in range(block.size)}
    last = blocks[-1]
    return Overlay(
        new=tuple(window[last.b + last.size :]),
        gone=tuple(place for place in range(start + blocks[0].a, len(known)) if place not in kept),
        is_joined=True,
    )


def join(upper: Sequence[str], lower: Sequence[str]) -> tuple[str, ...]:
    """Two windows of one conversation, the first scrolled further back, as one window."""
    return (*upper, *overlay(upper, lower).new)
