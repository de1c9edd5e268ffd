"""What was seen around an attempt on its lane: the arrivals that bracket it.

Lanes deliver in order. So a message that was sent between two that arrived, on a lane that was well
in between, had its chance to arrive. Without both of these, silence says nothing.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import Final, Self

from results.record import Attempt, Notice, VoidReason

#: Faults after which a lane may not have carried messages. The others (``input_mismatch``,
#: ``wrong_chat``) stop one message before the tap and leave the lane well.
LANE_FAULTS: Final = frozenset(
    {
        VoidReason.LANE_DOWN,
        VoidReason.SESSION_LOST,
        VoidReason.RATE_LIMITED,
        VoidReason.ACCOUNT_RESTRICTED,
    }
)
#: Notices that say the same of the lane.
LANE_NOTICES: Final = frozenset(
    {Notice.RATE_LIMITED, Notice.ACCOUNT_RESTRICTED, Notice.RECIPIENT_REFUSED}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BracketLimits:
    """How wide a bracket may be.

    Attributes:
        bracket_messages: Most messages strictly between the two arrivals, of any kind, void or not.
        bracket_s: Most seconds between the two arrivals.
        settle_s: How long the receiver is watched, in seconds from the tap, before silence counts
            where the order of arrival cannot end the wait: on a lane that was seen to reorder, and
            for a control with nothing after it.
    """

    bracket_messages: int = 8
    bracket_s: float = 900.0
    settle_s: float = 60.0

    def to_settings(self) -> dict[str, str]:
        """Write the limits as settings of a run, so that it can be scored the same way later."""
        return {
            "bracket_messages": str(self.bracket_messages),
            "bracket_s": repr(self.bracket_s),
            "settle_s": repr(self.settle_s),
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Read the limits a run was scored with; what it does not say is the default."""
        default = cls()
        return cls(
            bracket_messages=int(settings.get("bracket_messages", default.bracket_messages)),
            bracket_s=float(settings.get("bracket_s", default.bracket_s)),
            settle_s=float(settings.get("settle_s", default.settle_s)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An attempt and what was seen around it on its lane; what the outcome rules decide on.

    Attributes:
        attempt: The attempt.
        previous: The nearest earlier attempt on the lane that arrived.
        next: The nearest later one.
        messages_between: Attempts on the lane strictly between these two; ``None`` without both.
        between: Time from the arrival of the one to the arrival of the other.
        lane_fault_between: Whether an attempt strictly between these two met a lane fault.
        lane_reorders: Whether the lane was seen to deliver out of order.
        limits: How wide a bracket may be.
    """

    attempt: Attempt
    previous: Attempt | None
    next: Attempt | None
    messages_between: int | None
    between: timedelta | None
    lane_fault_between: bool
    lane_reorders: bool
    limits: BracketLimits

    @property
    def is_bracketed(self) -> bool:
        """Whether the lane is known to have carried messages around this attempt."""
        return (
            self.messages_between is not None
            and self.messages_between <= self.limits.bracket_messages
            and self.between is not None
            and abs(self.between.total_seconds()) <= self.limits.bracket_s
            and not self.lane_fault_between
        )

    @property
    def is_settled(self) -> bool:
        """Whether the receiver was watched for ``settle_s`` after the tap."""
        sent_at, until = self.attempt.sent_at, self.attempt.observed_until
        return (
            sent_at is not None
            and until is not None
            and (until - sent_at).total_seconds() >= self.limits.settle_s
        )

    @property
    def is_overdue(self) -> bool:
        """Whether an attempt that has not arrived can be expected to have arrived by now."""
        return self.is_settled or (self.next is not None and not self.lane_reorders)


def has_arrived(attempt: Attempt) -> bool:
    """Tell whether a text at the receiver was aligned with the attempt."""
    return attempt.arrived_text is not None


def was_interrupted(attempt: Attempt) -> bool:
    """Tell whether the tap on send was not seen to return, and nothing explains why."""
    return attempt.sent_at is None and attempt.fault is None and not has_arrived(attempt)


def met_lane_fault(attempt: Attempt) -> bool:
    """Tell whether the lane may not have carried messages at this attempt."""
    return (
        attempt.fault in LANE_FAULTS or attempt.notice in LANE_NOTICES or was_interrupted(attempt)
    )


def lanes(attempts: Iterable[Attempt]) -> list[list[Attempt]]:
    """Part attempts by run and lane, each in the order of sending."""
    parts: defaultdict[tuple[str, str], list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        parts[attempt.run_id, attempt.lane].append(attempt)
    return [sorted(part, key=lambda attempt: attempt.lane_seq) for part in parts.values()]


def has_reordered(lane: Sequence[Attempt]) -> bool:
    """Tell whether a message of one lane, given in the order of sending, overtook another."""
    return _is_reordered([arrived_at for _, arrived_at in _arrivals(lane)])


def _is_reordered(times: Sequence[datetime]) -> bool:
    return any(later < earlier for earlier, later in pairwise(times))


def _arrivals(lane: Sequence[Attempt]) -> list[tuple[int, datetime]]:
    """Places and times of arrivals; one without a time cannot tell how wide a bracket is."""
    return [
        (place, attempt.arrived_at)
        for place, attempt in enumerate(lane)
        if has_arrived(attempt) and attempt.arrived_at is not None
    ]


def look_around(lane: Sequence[Attempt], limits: BracketLimits) -> list[Seen]:
    """See each attempt of one lane with its surroundings.

    Args:
        lane: All attempts of one run on one lane, in the order of sending.
        limits: How wide a bracket may be.
    """
    arrivals = [place for place, _ in _arrivals(lane)]
    times = [arrived_at for _, arrived_at in _arrivals(lane)]
    reorders = _is_reordered(times)
    faults_before = [0, *accumulate(met_lane_fault(attempt) for attempt in lane)]
    seen = []
    for i, attempt in enumerate(lane):
        place = bisect_left(arrivals, i)
        is_arrival = place < len(arrivals) and arrivals[place] == i
        before = place - 1
        after = place + is_arrival
        has_both = before >= 0 and after < len(arrivals)
        seen.append(
            Seen(
                attempt=attempt,
                previous=lane[arrivals[before]] if before >= 0 else None,
                next=lane[arrivals[after]] if after < len(arrivals) else None,
                messages_between=arrivals[after] - arrivals[before] - 1 if has_both else None,
                between=times[after] - times[before] if has_both else None,
                lane_fault_between=has_both
                and faults_before[arrivals[after]] > faults_before[arrivals[before] + 1],
                lane_reorders=reorders,
                limits=limits,
            )
        )
    return seen
