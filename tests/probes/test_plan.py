"""The plan: how many messages a run takes, and how long."""

from pathlib import Path

import pytest

from drivers.errors import ConfigError
from drivers.testbed import load_testbed
from probes.message import room_of
from probes.plan import Plan, duration, plan, span
from probes.selection import to_record
from probes.strategy import STRATEGIES, Fixed, Task
from results.inference import Limits
from tests.benchmarks.measuring import measure
from tests.testbeds import rule, write_testbed
from wordlists.entry import Entry
from wordlists.wordlist import load_all


@pytest.fixture
def testbed_path(tmp_path: Path) -> Path:
    """Two lanes on a network without noise that blocks one entry in the list of Tibet."""
    return write_testbed(tmp_path / "testbed", [rule("达赖喇嘛")])


def planned(path: Path, entries: tuple[Entry, ...], strategy: str, budget: int | None) -> Plan:
    """The plan of a run."""
    testbed = load_testbed(str(path))
    task = Task(
        entries=[to_record(entry) for entry in entries],
        limits=Limits(),
        room=room_of(testbed.lanes_with("direct")),
    )
    return plan(entries, STRATEGIES[strategy](task), testbed, "direct", budget)


@pytest.mark.parametrize("strategy", [*STRATEGIES])
def test_plan_holds(testbed_path: Path, tmp_path: Path, strategy: str) -> None:
    """A run without noise and with few blocked words sends about what its plan says."""
    (wordlist,) = load_all(["tibet"])
    entries = wordlist.entries[:16]
    fewest, most = planned(testbed_path, entries, strategy, None).messages
    measurement = measure(
        testbed_path,
        (wordlist,),
        entries,
        chat="direct",
        seed=1,
        strategy=strategy,
        folder=tmp_path / "runs",
    )
    assert 0.8 * fewest <= len(measurement.attempts) <= 1.4 * most


def test_budget_bounds_the_plan(testbed_path: Path) -> None:
    """No more messages are planned than the budget allows."""
    entries = load_all(["tibet"])[0].entries
    assert planned(testbed_path, entries, "solo", 7).messages == (7, 7)


def test_pauses_make_the_time(tmp_path: Path) -> None:
    """The time follows from the pauses of each lane's account."""
    changes = [("pause_s = [0, 0]", "pause_s = [15, 35]")]
    testbed = load_testbed(str(write_testbed(tmp_path / "testbed", changes=changes)))
    estimate = plan(range(100), Fixed(times=3), testbed, "direct", None)
    fewest, most = estimate.messages
    assert estimate.seconds == pytest.approx((fewest * 15 / 2, most * 35 / 2))
    assert 300 < fewest <= most


def test_chat_that_no_lane_has(tmp_path: Path) -> None:
    """A kind of chat that no lane has cannot be planned."""
    changes = [('kind = "group", title', 'kind = "direct", title')]
    with pytest.raises(ConfigError):
        load_testbed(str(write_testbed(tmp_path / "testbed", changes=changes)))


def test_ranges_and_times_for_people() -> None:
    """A range of one is one figure; times are in the unit a person would use."""
    assert span("3", "3") == "3"
    assert span("3", "5") == "3 to 5"
    assert [duration(seconds) for seconds in (0.2, 59, 150, 9000, 200_000)] == [
        *("1 s", "59 s", "2.5 min", "2.5 h", "2.3 days"),
    ]
