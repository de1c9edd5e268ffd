"""How fast, how much and when an account may send."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random
from time import monotonic

from drivers.testbed import Pacing


class Pacer:
    """Keeps one account to its pace."""

    def __init__(self, pacing: Pacing, random: Random) -> None:
        """Start with no pause due.

        Args:
            pacing: The testbed's pacing.
            random: Source of chance for the length of pauses.
        """
        self._pacing = pacing
        self._random = random
        self._next_at = 0.0

    def wait(self, wait: Callable[[float], object]) -> None:
        """Wait until the account may send again.

        Args:
            wait: Waits some seconds; may end early when the run ends.
        """
        left = self._next_at - monotonic()
        if left > 0:
            wait(left)

    def note_sent(self, times: float = 1.0) -> None:
        """Note that the account has just sent, and draw the next pause.

        Args:
            times: How many times as long to pause, after the app asked for patience.
        """
        self._next_at = monotonic() + times * self._random.uniform(*self._pacing.pause_s)


def is_quiet(quiet_hours: tuple[time, time] | None, now: time) -> bool:
    """Whether nothing may be sent at this local time; quiet hours may span midnight."""
    if quiet_hours is None:
        return False
    start, end = quiet_hours
    if start <= end:
        return start <= now < end
    return now >= start or now < end


def last_day(now: datetime | None = None) -> tuple[datetime, datetime]:
    """The 24 hours that a daily budget counts, up to now."""
    end = now or datetime.now(UTC)
    return end - timedelta(hours=24), end
