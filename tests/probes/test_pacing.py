"""Pace and budgets."""

from datetime import time
from random import Random

import pytest

from drivers.testbed import Pacing
from probes.pacing import Pacer, is_quiet


def waited(pause_s: tuple[float, float], times: float = 1.0) -> float:
    """How long an account waits right after it has sent, in seconds."""
    pacer = Pacer(Pacing(pause_s=pause_s, daily_budget=None, quiet_hours=None), Random(1))
    waits: list[float] = []
    pacer.wait(waits.append)
    assert waits == [], "nothing was sent yet"
    pacer.note_sent(times)
    pacer.wait(waits.append)
    return sum(waits)


def test_pause_lies_between_its_limits() -> None:
    """After a message an account pauses as the testbed says."""
    assert 999 < waited((1000, 2000)) <= 2000


def test_back_off_makes_pauses_longer() -> None:
    """After the app asked for patience, the pause is as many times as long."""
    assert 3999 < waited((1000, 1000), times=4) <= 4000


def test_no_pause_where_none_is_asked_for() -> None:
    """A testbed without pauses does not wait at all."""
    assert waited((0, 0)) == 0


@pytest.mark.parametrize(
    ("hours", "now", "quiet"),
    [
        (None, time(3), False),
        ((time(23), time(7)), time(3), True),
        ((time(23), time(7)), time(23), True),
        ((time(23), time(7)), time(7), False),
        ((time(12), time(13)), time(12, 30), True),
        ((time(12), time(13)), time(14), False),
    ],
)
def test_quiet_hours(hours: tuple[time, time] | None, now: time, *, quiet: bool) -> None:
    """Quiet hours may span midnight; their end is no longer quiet."""
    assert is_quiet(hours, now) is quiet
