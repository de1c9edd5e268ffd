"""What a run would send, how many messages that takes, and how long."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from drivers.testbed import Testbed
from probes.strategy import Strategy

_CONTROLS_PER_MESSAGE: Final = (1 / 6, 1 / 4)  # one every four to six messages
_CANARIES_PER_MESSAGE: Final = 1 / 24
_SECONDS_PER_MESSAGE: Final = (0.02, 6.0)  # embedded handsets; a real one behind adb


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run is likely to take.

    Attributes:
        entries: How many entries are asked for.
        lanes: On how many lanes.
        messages: Fewest and most messages, controls and canaries included.
        seconds: Shortest and longest time.
    """

    entries: int
    lanes: int
    messages: tuple[int, int]
    seconds: tuple[float, float]


def plan(
    entries: Sequence[object], strategy: Strategy, testbed: Testbed, chat: str, budget: int | None
) -> Plan:
    """Estimate a run from the strategy's own figures and the testbed's pacing.

    Raises:
        ConfigError: No lane has such a chat.
    """
    lanes = len(testbed.lanes_with(chat))
    # A canary before the first verdict, and time and again.
    canaries = _CANARIES_PER_MESSAGE if testbed.canaries else 0.0
    messages = tuple(
        ceil(probes * (1 + controls + canaries)) + lanes * bool(entries)
        for probes, controls in zip(
            strategy.messages(len(entries)), _CONTROLS_PER_MESSAGE, strict=True
        )
    )
    if budget is not None:
        messages = tuple(min(each, budget) for each in messages)
    fewest, most = messages
    fast, slow = _SECONDS_PER_MESSAGE
    shortest, longest = testbed.pacing.pause_s
    per_message = max(fast, shortest), max(longest, fast if testbed.embedded else slow)
    return Plan(
        entries=len(entries),
        lanes=lanes,
        messages=(fewest, most),
        seconds=(fewest * per_message[0] / lanes, most * per_message[1] / lanes),
    )


def span(low: str, high: str) -> str:
    """A range for people; one figure where both ends are the same."""
    return low if low == high else f"{low} to {high}"


def duration(seconds: float) -> str:
    """A time for people: seconds, minutes, hours or days."""
    for unit, size in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{max(1.0, seconds):.0f} s"
