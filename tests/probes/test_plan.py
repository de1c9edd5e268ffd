"""The plan: how many messages a run takes, and how long."""

import json
import re
from math import ceil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from drivers.errors import ConfigError
from drivers.testbed import load_testbed
from probes.cli import app
from probes.expectation import Expectation, expected
from probes.message import room_of
from probes.plan import Plan, duration, lines_of, plan, span
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
    return plan(entries, STRATEGIES[strategy](task), testbed, "direct", budget=budget)


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
    estimate = plan(range(100), Fixed(times=3), testbed, "direct")
    fewest, most = (ceil(each / 2) for each in estimate.messages)
    assert estimate.seconds == pytest.approx((fewest * 25, most * 25))
    assert estimate.days == (1, 1)
    assert 300 < estimate.messages[0] <= estimate.messages[1]


@pytest.mark.parametrize(
    ("budget", "quiet", "days"),
    [
        ("daily_budget = 50", "", (4, 4)),  # 175 to 195 messages on each of two lanes
        ("", 'quiet_hours = ["01:00", "23:00"]', (1, 1)),
        ("daily_budget = 500", 'quiet_hours = ["00:30", "23:30"]', (2, 2)),
    ],
)
def test_budgets_and_quiet_hours_make_days(
    tmp_path: Path, budget: str, quiet: str, days: tuple[int, int]
) -> None:
    """What an account may send in a day, and when, spreads a run over days."""
    changes = [("pause_s = [0, 0]", f"pause_s = [20, 30]\n{budget}\n{quiet}")]
    testbed = load_testbed(str(write_testbed(tmp_path / "testbed", changes=changes)))
    estimate = plan(range(100), Fixed(times=3), testbed, "direct")
    assert estimate.days == days
    assert estimate.seconds[0] >= (days[0] - 1) * 86_400
    told = " ".join(lines_of(estimate, "fixed", testbed.pacing))
    assert (f"on {days[0]} days" in told) == (days[0] > 1)


def test_more_censored_entries_take_more_pools(testbed_path: Path) -> None:
    """What is assumed of the list decides how many pools it takes, and is told."""
    testbed = load_testbed(str(testbed_path))
    entries = [to_record(each) for each in load_all(["tibet"])[0].entries]
    task = Task(entries=entries, limits=Limits(), room=room_of(testbed.lanes_with("direct")))
    few, many = (
        plan(
            entries,
            STRATEGIES["pooled"](task),
            testbed,
            "direct",
            expectation=Expectation(shares=shares, basis="as given"),
        )
        for shares in ((0.01, 0.02), (0.2, 0.7))
    )
    assert few.messages[1] < many.messages[0] < few.one_by_one
    assert "20.0% to 70.0% of the entries censored (as given)" in "\n".join(
        lines_of(many, "pooled", testbed.pacing)
    )


def test_earlier_verdicts_are_what_is_expected(testbed_path: Path, tmp_path: Path) -> None:
    """The share comes from earlier verdicts on the same entries under the same condition."""
    testbed = load_testbed(str(testbed_path))
    (wordlist,) = load_all(["tibet"])
    named = [each for each in wordlist.entries if "达赖喇嘛" in each.keyword]
    entries = (*named, *(each for each in wordlist.entries if each not in named))[:12]
    runs = tmp_path / "runs"
    measure(testbed_path, (wordlist,), entries, chat="direct", seed=1, strategy="solo", folder=runs)
    journal = runs / "journal.sqlite"
    ids = [each.id for each in entries]
    assert expected(tmp_path / "none", testbed.lanes, "direct", ids) == Expectation()
    known = expected(journal, testbed.lanes, "direct", ids)
    assert "earlier verdicts on 12 of them" in known.basis
    low, high = known.shares
    censored = sum("达赖喇嘛" in each.keyword for each in entries)
    assert censored > 0
    assert low < censored / 12 < high
    assert expected(journal, testbed.lanes, "group", ids) == Expectation()
    others = [each.id for each in wordlist.entries if each not in entries]
    assert expected(journal, testbed.lanes, "direct", others) == Expectation()


def test_damaged_journal_does_not_keep_a_plan_from_being_made(
    testbed_path: Path, tmp_path: Path
) -> None:
    """A journal that cannot be read is told, and the usual is assumed."""
    path = tmp_path / "journal.sqlite"
    path.write_text("no journal", encoding="utf-8")
    known = expected(path, load_testbed(str(testbed_path)).lanes, "direct", ["a"])
    assert known.shares == Expectation().shares
    assert "cannot be read" in known.basis


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


def command(*arguments: str) -> Result:
    """Run `undelivered plan` on the embedded testbed, without a journal."""
    return CliRunner().invoke(app, ["plan", *arguments, "--journal", "no such journal"])


def test_command_says_what_a_session_says(testbed_path: Path) -> None:
    """`undelivered plan` takes the options of `pytest probes` and gives the same plan."""
    told = command("--testbed", str(testbed_path), "--wordlist", "tibet", "--language", "bo")
    assert told.exit_code == 0
    first, second, *_ = told.stdout.splitlines()
    assert re.match(
        r"\d+ entries on 2 lanes, strategy (pooled|solo): \d+ to \d+ messages with controls and ",
        first,
    )
    assert "0.5% to 10.0% of the entries censored (no earlier verdicts" in second


def test_command_takes_assumptions() -> None:
    """What is assumed of shares, loss and slip can be given, and is in the JSON."""
    made = json.loads(command("--share", "0.02", "0.04", "--loss", "0.05", "--json").stdout)
    assert made["assumed"] == {
        "shares": [0.02, 0.04],
        "basis": "as given",
        "loss": 0.05,
        "slip": 0.01,
    }
    quiet = json.loads(command("--share", "0.02", "0.04", "--json").stdout)
    assert made["messages"][0] > quiet["messages"][0]
    assert quiet["one_by_one"] > 2 * quiet["messages"][1]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--share", "0.3", "0.1"], "--share 0.3 0.1: give the least and the most share"),
        (["--strategy", "guess"], "'guess' is none of pooled, solo, fixed"),
        (["--wordlist", "nowhere"], "nowhere"),
        (["--testbed", "nowhere.toml"], "nowhere.toml"),
    ],
)
def test_command_explains_what_is_wrong(arguments: list[str], told: str) -> None:
    """What cannot be planned is told in one plain message."""
    result = command(*arguments)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: ")
    assert told in result.stderr
