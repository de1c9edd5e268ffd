"""Counts by period, under OONI's names."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from results.aggregates import Aggregates, Period
from results.bracketing import BracketLimits
from results.record import Attempt, MessageKind
from results.rules import score
from tests.results.examples import CONDITION, START, arrived, entry, lane_of, sent

ENTRIES = {"e": entry("e"), "f": entry("f")}


def counted(attempts: list[Attempt], *censored: str, period: Period = Period.DAY) -> Aggregates:
    """The aggregates of attempts, when some entries are called censored."""
    scores = score(attempts, BracketLimits())
    aggregates = Aggregates(period)
    for attempt in attempts:
        pairs = {(each, CONDITION) for each in censored}
        aggregates.add(attempt, scores[attempt.id], ENTRIES, pairs)
    return aggregates


def test_counts_have_no_attempt_in_common() -> None:
    """Arrived, blocked and confirmed, blocked otherwise, and failed add up to all."""
    (row,) = counted(list(lane_of("CpCPCpCpcpC")), "e").rows()
    assert (row["ok_count"], row["confirmed_count"], row["failure_count"]) == (1, 2, 2)
    assert (row["measurement_count"], row["anomaly_count"], row["lane_count"]) == (5, 0, 1)
    (other,) = counted(list(lane_of("CpCPCpCpcpC"))).rows()
    assert (other["confirmed_count"], other["anomaly_count"]) == (0, 2)


def test_message_counts_for_each_of_its_entries() -> None:
    """A pool that was blocked is an anomaly of each entry, and confirms none."""
    control = arrived(sent(0, MessageKind.CONTROL))
    pool = sent(1, MessageKind.PROBE, "e", "f")
    after = arrived(sent(2, MessageKind.CONTROL))
    rows = list(counted([control, pool, after], "e").rows())
    assert [(row["entry_id"], row["anomaly_count"]) for row in rows] == [("e", 1), ("f", 1)]
    assert [row["confirmed_count"] for row in rows] == [0, 0]


def test_periods_part_the_attempts() -> None:
    """Two days are two rows by day, one by month; lanes are counted in each."""
    first = arrived(sent(0, MessageKind.PROBE, "e"))
    next_day = arrived(
        replace(sent(1, MessageKind.PROBE, "e", lane="b"), created_at=START + timedelta(days=1))
    )
    days = list(counted([first, next_day]).rows())
    assert [row["period_start"] for row in days] == [
        "2024-05-01T00:00:00.000000+00:00",
        "2024-05-02T00:00:00.000000+00:00",
    ]
    (month,) = counted([first, next_day], period=Period.MONTH).rows()
    assert (month["measurement_count"], month["lane_count"]) == (2, 2)


@given(
    st.timedeltas(timedelta(days=-9_999), timedelta(days=9_999)).map(START.__add__),
    st.sampled_from(Period),
)
def test_start_of_a_period_is_its_own_start(time: datetime, period: Period) -> None:
    """A start lies at or before the time, and starts its own period; weeks start on Monday."""
    start = period.start(time)
    assert start <= time
    assert period.start(start) == start
    assert period is not Period.WEEK or start.weekday() == 0
