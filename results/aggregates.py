"""Attempts counted by period, entry and condition, under the names OONI gives its counts.

The four counts have no attempt in common, as in OONI's aggregation API
(https://api.ooni.io/apidocs/): what could not be measured is a failure and never an anomaly. An
attempt that carried several entries is counted for each of them, and confirms nothing of one.
"""

from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from results.record import (
    Attempt,
    Condition,
    EntryRecord,
    MessageKind,
    Outcome,
    Score,
)
from results.rows import Value, condition_row, time_text


class Period(StrEnum):
    """How long a period is."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"

    def start(self, time: datetime) -> datetime:
        """First moment of the period a time lies in; weeks begin on Monday, all of it in UTC."""
        hour = time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if self is Period.HOUR:
            return hour
        day = hour.replace(hour=0)
        if self is Period.DAY:
            return day
        if self is Period.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1)


class _Count(StrEnum):
    OK = "ok_count"
    CONFIRMED = "confirmed_count"
    ANOMALY = "anomaly_count"
    FAILURE = "failure_count"


_Key = tuple[datetime, Condition, str]


class Aggregates:
    """Counts that grow while attempts go by.

    Attributes:
        period: How long a period is.
    """

    def __init__(self, period: Period) -> None:
        """Start with nothing."""
        self.period = period
        self._counts: defaultdict[_Key, Counter[_Count]] = defaultdict(Counter)
        self._lanes: defaultdict[_Key, set[str]] = defaultdict(set)
        self._entries: dict[str, EntryRecord] = {}

    def add(
        self,
        attempt: Attempt,
        score: Score,
        entries: Mapping[str, EntryRecord],
        censored: Container[tuple[str, Condition]],
    ) -> None:
        """Count an attempt for each entry it carried.

        Args:
            attempt: The attempt; others than probes are passed over.
            score: What became of it.
            entries: The entries of its run, by id.
            censored: Which of them its run calls censored, and under which conditions.
        """
        if attempt.kind is not MessageKind.PROBE:
            return
        start = self.period.start(attempt.created_at)
        for entry in dict.fromkeys(attempt.entries):
            key = (start, attempt.condition, entry)
            is_censored = (entry, attempt.condition) in censored
            self._counts[key][_count(attempt, score, is_censored=is_censored)] += 1
            self._lanes[key].add(attempt.lane)
            if entry in entries:
                self._entries[entry] = entries[entry]

    def rows(self) -> Iterator[Mapping[str, Value]]:
        """Give the counts as rows of aggregates.csv, in order of time."""
        for key in sorted(self._counts, key=lambda each: (each[0], str(each[1]), each[2])):
            start, condition, entry_id = key
            counts = self._counts[key]
            entry = self._entries.get(entry_id)
            yield {
                "period_start": time_text(start),
                **condition_row(condition),
                "entry_id": entry_id,
                "keyword": entry.keyword if entry else "",
                "language": entry.language if entry else "",
                "category": entry.category if entry else "",
                "wordlist": entry.wordlist if entry else "",
                "measurement_count": counts.total(),
                **{each.value: counts[each] for each in _Count},
                "lane_count": len(self._lanes[key]),
            }


def _count(attempt: Attempt, score: Score, *, is_censored: bool) -> _Count:
    if score.void is not None or score.outcome is Outcome.UNKNOWN:
        return _Count.FAILURE
    if not score.outcome.is_blocked:
        return _Count.OK
    if attempt.is_solo and is_censored:
        return _Count.CONFIRMED
    return _Count.ANOMALY
