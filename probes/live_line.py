"""A line below pytest's own output that tells, while a run is under way, how far it is."""

from collections.abc import Mapping
from time import monotonic
from typing import Final, TextIO

from rich.cells import set_cell_size

from probes.plan import duration

_EVERY_S: Final = 0.2
# Make sure there is a line below (IND scrolls where needed), come back up, remember the place.
_DRAW: Final = "\x1bD\x1b[A\x1b7\x1b[B\r\x1b[2K{line}\x1b8"
_CLEAR: Final = "\x1bD\x1b[A\x1b7\x1b[B\r\x1b[2K\x1b8"


class LiveLine:
    """Draws and clears the line; everything happens in the caller's thread."""

    def __init__(self, stream: TextIO, width: int) -> None:
        """Draw nothing yet.

        Args:
            stream: The terminal.
            width: Its width in cells.
        """
        self._stream = stream
        self._width = width
        self._began = monotonic()
        self._drawn_at = 0.0
        self._text = ""

    def draw(self, messages: Mapping[str, int], decided: int, total: int) -> None:
        """Draw the line, unless it was drawn just now.

        Args:
            messages: Messages sent, by kind.
            decided: How many entries are decided.
            total: How many entries are asked for.
        """
        now = monotonic()
        if now - self._drawn_at < _EVERY_S:
            return
        self._drawn_at = now
        text = progress(messages, decided, total, now - self._began)
        self._text = set_cell_size(text, self._width - 1)
        self.redraw()

    def redraw(self) -> None:
        """Draw the line as it was last drawn."""
        if self._text:
            self._stream.write(_DRAW.format(line=self._text))
            self._stream.flush()

    def clear(self) -> None:
        """Clear the line, so that others can write; `redraw` brings it back."""
        if self._text:
            self._stream.write(_CLEAR)
            self._stream.flush()


def progress(messages: Mapping[str, int], decided: int, total: int, elapsed_s: float) -> str:
    """How far a run is, in one line.

    Args:
        messages: Messages sent, by kind.
        decided: How many entries are decided.
        total: How many entries are asked for.
        elapsed_s: Seconds since it began.
    """
    sent = sum(messages.values())
    rate = sent / elapsed_s if elapsed_s else 0.0
    left = (total - decided) * elapsed_s / decided if decided else None
    eta = "" if left is None else f", about {duration(left)} left"
    pace = f"{rate:.1f}/s" if rate >= 1 else f"{60 * rate:.1f}/min"
    return f"{sent} messages ({pace}), {decided} of {total} entries decided{eta}"
