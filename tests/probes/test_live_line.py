"""The live line: how far a run is, below what pytest writes."""

import re
from io import StringIO

import pytest
from rich.cells import cell_len

from probes.live_line import LiveLine, progress

COUNTS = {"probe": 30, "control": 8, "canary": 2}
ESCAPES = re.compile(r"\x1b(\[[0-9;]*[A-Za-z]|[A-Z78])")


def test_progress_says_how_far_a_run_is() -> None:
    """Messages, pace, entries decided and the time left are told."""
    text = progress(COUNTS, decided=5, total=20, elapsed_s=10.0)
    assert "40 messages" in text
    assert "4.0/s" in text
    assert "5 of 20 entries" in text
    assert "30 s left" in text


def test_nothing_is_foretold_from_nothing() -> None:
    """Before the first verdict no time is told, and a run that just began divides by no zero."""
    assert "left" not in progress({}, decided=0, total=20, elapsed_s=0.0)
    assert "6.0/min" in progress({"probe": 1}, decided=0, total=20, elapsed_s=10.0)


@pytest.mark.parametrize("width", [20, 40, 120])
def test_line_fits_the_terminal(width: int) -> None:
    """The line never wraps, however narrow the terminal is."""
    stream = StringIO()
    LiveLine(stream, width).draw(COUNTS, decided=1, total=100)
    shown = ESCAPES.sub("", stream.getvalue()).strip("\r\n")
    assert cell_len(shown) < width
    assert "40" in shown


def test_line_is_cleared_and_comes_back() -> None:
    """Clearing hides the line for others' output, redrawing brings back what was last drawn."""
    stream = StringIO()
    line = LiveLine(stream, 60)
    line.clear()
    line.redraw()
    assert not stream.getvalue()
    line.draw(COUNTS, decided=1, total=100)
    drawn = stream.getvalue()
    line.clear()
    cleared = stream.getvalue()[len(drawn) :]
    assert "40 messages" not in cleared
    line.redraw()
    assert stream.getvalue() == drawn + cleared + drawn


def test_line_is_not_drawn_too_often() -> None:
    """Drawing at once again changes nothing: a terminal is not flooded."""
    stream = StringIO()
    line = LiveLine(stream, 60)
    line.draw(COUNTS, decided=1, total=100)
    drawn = stream.getvalue()
    line.draw({"probe": 99}, decided=2, total=100)
    assert stream.getvalue() == drawn
