"""What a lane has observed and not yet committed to the journal.

Every commit waits for the disk. So what is observed of a message at both ends is committed in one,
and if nothing went wrong, together with the row of the lane's next message, which has to be on the
disk before that one's tap; or earlier, before a pause or before a verdict is told. A run that is
killed before leaves the attempt unknown, as one that is killed at the tap.
"""

from dataclasses import dataclass
from threading import Lock

from results.record import ArrivalRecord, Attempt, Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What is to be committed, all or none of it.

    Attributes:
        attempts: Attempts as they are known now, in the order of sending.
        arrivals: Texts seen at the receiver.
        cursor: Where the receiver goes on, if it is an inbox.
    """

    attempts: tuple[Attempt, ...] = ()
    arrivals: tuple[ArrivalRecord, ...] = ()
    cursor: Cursor | None = None


class Notes:
    """Gathers what a lane observes; safe to take from another thread than adds."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._attempts: dict[int, Attempt] = {}  # by place on the lane
        self._arrivals: list[ArrivalRecord] = []
        self._cursor: Cursor | None = None

    def __bool__(self) -> bool:
        return bool(self._attempts or self._arrivals or self._cursor)

    @property
    def has_cursor(self) -> bool:
        """Whether an inbox must not be asked again before this is on the disk."""
        return self._cursor is not None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Attempts as they are known now, in the order of sending."""
        with self._lock:
            return self._in_order()

    def can_wait(self) -> bool:
        """Whether they need not be on the disk before the lane's next message is.

        A verdict that rests on them is told only when they are (`Campaign.verdict`), and a pause
        begins only then. What went wrong is what somebody will look for if the run dies now.
        """
        return all(
            attempt.fault is None and attempt.notice is None and attempt.gone_at is None
            for attempt in self.attempts
        )

    def add(self, attempt: Attempt) -> None:
        """Note what is newly known of an attempt."""
        with self._lock:
            self._attempts[attempt.lane_seq] = attempt

    def add_arrival(self, arrival: ArrivalRecord) -> None:
        """Note a text seen at the receiver."""
        with self._lock:
            self._arrivals.append(arrival)

    def set_cursor(self, cursor: Cursor) -> None:
        """Note where the receiver goes on."""
        with self._lock:
            self._cursor = cursor

    def take(self) -> Observed:
        """All that was noted, to be committed now."""
        with self._lock:
            observed = Observed(
                attempts=self._in_order(), arrivals=tuple(self._arrivals), cursor=self._cursor
            )
            self._attempts.clear()
            self._arrivals.clear()
            self._cursor = None
        return observed

    def _in_order(self) -> tuple[Attempt, ...]:
        return tuple(self._attempts[place] for place in sorted(self._attempts))
