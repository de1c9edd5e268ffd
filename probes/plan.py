"""What a run would send, how many messages that takes, and how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta
from math import ceil
from pathlib import Path
from typing import Final

from drivers.testbed import Pacing, Testbed
from probes.expectation import Expectation, expected
from probes.message import room_of
from probes.strategy import STRATEGIES, Fixed, Strategy, Task
from results.inference import Limits
from results.record import EntryRecord

_CONTROLS_PER_MESSAGE: Final = (1 / 6, 1 / 4)  # one every four to six messages
_CANARIES_PER_MESSAGE: Final = 1 / 24
_SECONDS_EMBEDDED: Final = (0.02, 0.2)  # work for a message on an idle and on a busy computer
_SECONDS_REAL: Final = (2.0, 6.0)  # on a handset behind adb
_DAY_S: Final = 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run is likely to take.

    Attributes:
        entries: How many entries are asked for.
        lanes: On how many lanes.
        messages: Fewest and most messages, controls and canaries included.
        seconds: Shortest and longest time, days of waiting included.
        days: Fewest and most days it is spread over by the daily budget of accounts and by quiet
            hours; the run stops each time and is resumed.
        one_by_one: How many messages it would be with one entry a message, three times.
        expectation: What is assumed for that.
    """

    entries: int
    lanes: int
    messages: tuple[int, int]
    seconds: tuple[float, float]
    days: tuple[int, int]
    one_by_one: int
    expectation: Expectation


def plan(
    entries: Sequence[object],
    strategy: Strategy,
    testbed: Testbed,
    chat: str,
    *,
    budget: int | None = None,
    expectation: Expectation | None = None,
) -> Plan:
    """Estimate a run from the strategy's own figures and the testbed's pacing.

    Args:
        entries: What is asked for.
        strategy: How it is sent.
        testbed: Where.
        chat: In which kind of chat.
        budget: Most messages; ``None`` for no limit.
        expectation: What is assumed; the usual if left out.

    Raises:
        ConfigError: No lane has such a chat.
    """
    lanes = len(testbed.lanes_with(chat))
    expectation = expectation or Expectation()
    probes = strategy.messages(len(entries), expectation)
    messages = tuple(
        _with_controls(each, rate, lanes, has_canaries=bool(testbed.canaries))
        for each, rate in zip(probes, _CONTROLS_PER_MESSAGE, strict=True)
    )
    if budget is not None:
        messages = tuple(min(each, budget) for each in messages)
    fewest, most = messages
    quick, slow = _SECONDS_EMBEDDED if testbed.embedded else _SECONDS_REAL
    shortest = _Pace.of(testbed.pacing, quick).time_of(ceil(fewest / lanes))
    longest = _Pace.of(testbed.pacing, slow).time_of(ceil(most / lanes))
    return Plan(
        entries=len(entries),
        lanes=lanes,
        messages=(fewest, most),
        seconds=(shortest[0], longest[0]),
        days=(shortest[1], longest[1]),
        one_by_one=one_by_one(len(entries), lanes, has_canaries=bool(testbed.canaries)),
        expectation=expectation,
    )


def plan_of(
    entries: Sequence[EntryRecord],
    strategy: str,
    testbed: Testbed,
    chat: str,
    *,
    budget: int | None,
    journal: Path,
    given: Expectation | None = None,
) -> Plan:
    """Plan a run as it would be begun, with what its journal says of earlier ones.

    Args:
        entries: What is asked for.
        strategy: Name of the strategy.
        testbed: Where.
        chat: In which kind of chat.
        budget: Most messages; ``None`` for no limit.
        journal: Where earlier runs are; it need not exist.
        given: What is assumed, whatever the journal says.
    """
    lanes = testbed.lanes_with(chat)
    task = Task(entries=entries, limits=Limits(), room=room_of(lanes))
    expectation = given or expected(journal, lanes, chat, [each.id for each in entries])
    sends = STRATEGIES[strategy](task)
    return plan(entries, sends, testbed, chat, budget=budget, expectation=expectation)


def one_by_one(entries: int, lanes: int, *, has_canaries: bool) -> int:
    """How many messages as published studies send them: one entry each, three times, with controls.

    Args:
        entries: How many entries.
        lanes: On how many lanes.
        has_canaries: Whether canaries are sent as well.
    """
    probes, _ = Fixed().messages(entries, Expectation())
    rate = sum(_CONTROLS_PER_MESSAGE) / 2
    return _with_controls(probes, rate, lanes, has_canaries=has_canaries)


def _with_controls(probes: float, controls: float, lanes: int, *, has_canaries: bool) -> int:
    # Each lane begins with a control and a canary.
    canaries = _CANARIES_PER_MESSAGE if has_canaries else 0.0
    first = lanes * (1 + has_canaries) if probes else 0
    return ceil(probes * (1 + controls + canaries)) + first


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """How fast an account sends.

    Attributes:
        message_s: Seconds from one message to the next.
        day_s: Seconds of a day in which it may send.
        budget: Messages it may send in a day; ``None`` for any number.
    """

    message_s: float
    day_s: float
    budget: int | None

    @classmethod
    def of(cls, pacing: Pacing, work_s: float) -> "_Pace":
        """By the testbed; a pause begins with the message before, so work goes on meanwhile."""
        pause_s = sum(pacing.pause_s) / 2  # over many messages the mean is what counts
        return cls(
            message_s=max(work_s, pause_s),
            day_s=_DAY_S - _length_s(pacing.quiet_hours),
            budget=pacing.daily_budget,
        )

    def time_of(self, messages: int) -> tuple[float, int]:
        """Seconds from the first of some messages to the last, and on how many days."""
        a_day = max(1, int(self.day_s / self.message_s))
        if self.budget is not None:
            a_day = min(a_day, self.budget)
        days = max(1, ceil(messages / a_day))
        last = messages - (days - 1) * a_day
        return (days - 1) * _DAY_S + last * self.message_s, days


def _length_s(quiet_hours: tuple[time, time] | None) -> float:
    if quiet_hours is None:
        return 0.0
    start, end = (
        timedelta(hours=each.hour, minutes=each.minute, seconds=each.second) for each in quiet_hours
    )
    return (end - start).total_seconds() % _DAY_S


def lines_of(plan: Plan, strategy: str, pacing: Pacing) -> list[str]:
    """A plan in words.

    Args:
        plan: The plan.
        strategy: Name of the strategy.
        pacing: What holds accounts back.
    """
    messages = span(*(f"{each:,}" for each in plan.messages))
    low, high = (f"{each:.1%}" for each in plan.expectation.shares)
    lines = [
        f"{plan.entries:,} entries on {plan.lanes} lanes, strategy {strategy}: {messages} messages "
        f"with controls and canaries, {span(*map(duration, plan.seconds))}",
        f"assumed: {span(low, high)} of the entries censored ({plan.expectation.basis}); "
        f"{plan.expectation.loss:.1%} of messages lost, {plan.expectation.slip:.1%} of censored "
        "ones let through",
    ]
    if plan.days[1] > 1:
        reasons = []
        if pacing.daily_budget is not None:
            reasons.append(f"{pacing.daily_budget} messages a day and account")
        if pacing.quiet_hours is not None:
            start, end = pacing.quiet_hours
            reasons.append(f"quiet hours {start:%H:%M} to {end:%H:%M}")
        lines.append(
            f"on {span(*map(str, plan.days))} days ({'; '.join(reasons) or 'pauses'}): the run "
            "stops, and --resume goes on with it"
        )
    if strategy != Fixed().name:
        lines.append(
            "one by one, three times, with controls, it would be about "
            f"{round(plan.one_by_one, -1):,}"
        )
    return lines


def span(low: str, high: str) -> str:
    """A range for people; one figure where both ends are the same."""
    return low if low == high else f"{low} to {high}"


def duration(seconds: float) -> str:
    """A time for people: seconds, minutes, hours or days."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(1.0, seconds):.0f} s"
