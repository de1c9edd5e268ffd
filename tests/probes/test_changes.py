"""Runs that are compared with earlier ones: what changed fails its test, noise does not."""

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from results.change_record import Change
from results.journal import LATEST, Journal
from results.record import MessageKind
from tests.probes.sessions import ONE_LANE, Sessions
from tests.testbeds import rule, write_testbed

STEADY = rule("达赖喇嘛")


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """A testbed whose network blocks one entry."""
    return write_testbed(tmp_path / "before", [STEADY], changes=ONE_LANE)


@pytest.fixture
def after(tmp_path: Path) -> Path:
    """The same, with another rule."""
    return write_testbed(tmp_path / "after", [STEADY, rule("Middle Way")], changes=ONE_LANE)


def changes(sessions: Sessions) -> list[tuple[str, Change]]:
    """What the latest run called changed, by keyword."""
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        run = journal.run(LATEST)
        keywords = {entry.id: entry.keyword for entry in journal.entries(run.id)}
        return [(keywords[each.entry_id], each.change) for each in journal.changes(run.id)]


def test_first_run_has_nothing_to_compare_with(sessions: Sessions, before: Path) -> None:
    """The first run of a schedule passes and says that there is nothing to compare with."""
    result = sessions.measure(before, "--fail-on", "changed")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["Nothing to compare with: no earlier run measured any*"])


def test_scheduled_runs(sessions: Sessions, before: Path, after: Path) -> None:
    """Runs pass while nothing changes; the one in which an entry does fails its test, and says so.

    The run after that passes again: a change is told once.
    """
    for _ in range(3):
        assert sessions.measure(before, "--fail-on", "changed").ret == pytest.ExitCode.OK
    result = sessions.measure(after, "--fail-on", "changed")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(
        [
            "*FAILURES*",
            "Middle Way: newly censored on courier, direct chat, CN → CN, since * UTC "
            "(otherwise last on *); before: clear, *; now: censored, * blocked, 0 arrived",
            "Since run * UTC): 1 newly censored, 0 newly clear, 0 flicker, 7 unchanged",
            "FAILED *test_keywords.py::test_keyword[[]words: Middle Way] - Middle Way: newly *",
            "*1 failed, 1 censored, 6 clear in *",
        ]
    )
    assert changes(sessions) == [("Middle Way", Change.NEWLY_CENSORED)]
    again = sessions.measure(after, "--fail-on", "changed")
    assert again.ret == pytest.ExitCode.OK
    assert not changes(sessions)


def test_what_is_clear_again_fails_as_well(sessions: Sessions, before: Path, after: Path) -> None:
    """An entry that arrives again has changed, too; whatever else fails a test does not count."""
    for _ in range(2):
        sessions.measure(after, "-k", "Middle or 天气")
    result = sessions.measure(before, "-k", "Middle or 天气", "--fail-on", "changed", "-v")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["*Middle Way] CLEAR*", "*Middle Way] FAILED*"])
    assert changes(sessions) == [("Middle Way", Change.NEWLY_CLEAR)]


def test_other_programs_see_the_failure(
    sessions: Sessions, before: Path, after: Path, tmp_path: Path
) -> None:
    """JUnit's XML holds the failed test with its sentence, and --last-failed would run it again."""
    for _ in range(2):
        sessions.measure(before, "-k", "Middle or 天气")
    path = tmp_path / "junit.xml"
    keys = ("-k", "Middle or 天气", "--fail-on", "changed", "-p", "cacheprovider")
    cache = ("-o", f"cache_dir={tmp_path / 'cache'}")
    sessions.measure(after, *keys, *cache, f"--junitxml={path}")
    suite = ElementTree.parse(path).getroot()[0]
    (failure,) = suite.iter("failure")
    assert suite.attrib["failures"] == "1"
    assert failure.attrib["message"].startswith("Middle Way: newly censored on courier")
    failed = json.loads((tmp_path / "cache/v/cache/lastfailed").read_text(encoding="utf-8"))
    assert [name.rpartition("[")[2] for name in failed] == ["words: Middle Way]"]


def test_change_is_measured_again(sessions: Sessions, before: Path, after: Path) -> None:
    """What seems to have changed is sent alone twice more before that is said."""
    sessions.measure(before)
    sessions.measure(after, "--baseline", LATEST)
    (changed,) = [entry for entry in probes_alone(sessions) if entry.startswith("Middle Way")]
    assert probes_alone(sessions)[changed] >= 5  # three to call it censored, two to confirm


def probes_alone(sessions: Sessions) -> dict[str, int]:
    """How often each text was sent as a probe of one entry in the latest run."""
    counts: dict[str, int] = {}
    for attempt in sessions.attempts():
        if attempt.kind is MessageKind.PROBE and attempt.is_solo:
            counts[attempt.text] = counts.get(attempt.text, 0) + 1
    return counts


def test_budget_is_kept_while_confirming(sessions: Sessions, before: Path, after: Path) -> None:
    """A run whose budget is spent confirms nothing, and compares what it has."""
    sessions.measure(before, "-k", "Middle or 天气")
    result = sessions.measure(after, "-k", "Middle or 天气", "--baseline", LATEST, "--budget", 12)
    assert result.ret == pytest.ExitCode.OK
    assert len(sessions.attempts()) <= 12
    result.stdout.fnmatch_lines(["Since run *", "Stopped early: the budget of 12 messages is*"])


def test_without_a_baseline_nothing_is_compared(sessions: Sessions, before: Path) -> None:
    """Unless asked to, a run compares nothing and sends nothing for it."""
    for _ in range(2):
        result = sessions.measure(before, "-k", "天气")
    result.stdout.no_fnmatch_line("Since run *")
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        assert not journal.comparisons()


def test_named_baseline(sessions: Sessions, before: Path, after: Path) -> None:
    """A run that is named is the baseline, by the beginning of its id as well."""
    sessions.measure(after, "-k", "Middle")
    (first,) = sessions.run_folders
    sessions.measure(before, "-k", "Middle")
    result = sessions.measure(before, "-k", "Middle", "--baseline", first.name[:-2])
    result.stdout.fnmatch_lines([f"Since run {first.name} (*): *"])


def test_baseline_that_is_not_there(sessions: Sessions, before: Path) -> None:
    """A run that is named and not there is refused before anything is sent."""
    sessions.measure(before, "-k", "天气")
    result = sessions.measure(before, "-k", "天气", "--baseline", "1999")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *has no run '1999'; it has *"])
    assert len(sessions.run_folders) == 1


def test_runs_with_nothing_in_common(sessions: Sessions, before: Path) -> None:
    """If the runs cannot be compared, a run that was to fail on a change does not pass."""
    sessions.measure(before, "-k", "天气", "--chat", "group")
    (first,) = sessions.run_folders
    result = sessions.measure(
        before, "-k", "天气", "--baseline", first.name, "--fail-on", "changed"
    )
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["Not compared: runs *"])
    result.stdout.fnmatch_lines(["*1 clear in *"])


def test_options_that_contradict_each_other(sessions: Sessions, before: Path) -> None:
    """To fail on changes without a baseline is refused."""
    result = sessions.measure(before, "--fail-on", "changed", "--baseline", "none")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--fail-on changed needs a run to compare with*"])
