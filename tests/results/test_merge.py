"""Journals of several hosts become one."""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from results.change_record import Change, ChangeRecord, ComparisonRecord
from results.circumstances import Circumstances
from results.cli import app
from results.errors import JournalError
from results.export import write_run
from results.journal import Journal
from results.merge import Merged, Taken, merge
from results.record import ArrivalRecord, Attempt, Cursor, Run
from tests.results.examples import CONDITION, RUN, START, entry, lane_of


def run_on(host: str) -> Run:
    """A run of a host."""
    return replace(RUN, id=f"{RUN.id}-{host}")


def attempts_of(run: Run, signs: str) -> list[Attempt]:
    """What was sent in it; half an emoji among it."""
    return [
        replace(each, id=f"{run.id}-{each.seq}", run_id=run.id, text=f"{each.text} \ud83d")
        for each in lane_of(signs)
    ]


def write(path: Path, host: str, signs: str = "CPC", *, is_over: bool = True) -> Run:
    """Write a run of a host to a journal, or go on with it."""
    run = run_on(host)
    with Journal.open(path) as journal:
        if run.id not in {each.id for each in journal.runs()}:
            journal.start_run(run)
            journal.add_entries(run.id, [entry("e", "達賴", "印度")])
            journal.observe((), (), Cursor(run_id=run.id, receiver="inbox", cursor="17"))
        known = journal.count_attempts(run.id)
        for attempt in attempts_of(run, signs)[known:]:
            journal.begin_attempt(attempt)
            arrival = ArrivalRecord(
                run_id=run.id,
                lane="a",
                place=attempt.seq,
                text=attempt.text,
                seen_at=START,
                attempt_id=attempt.id,
            )
            journal.observe([attempt], [arrival])
        if is_over:
            journal.finish_run(run.id, START + timedelta(hours=len(signs)), None)
    return run


def dump(path: Path, but: Iterable[str] = ("migrations",)) -> dict[str, list[tuple[object, ...]]]:
    """Everything a journal holds."""
    connection = sqlite3.connect(path)
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema")]
    rows = {
        table: sorted(connection.execute(f"SELECT * FROM {table}").fetchall(), key=repr)
        for table in tables
        if not table.startswith(("sqlite_", "attempts_by", "sightings_by")) and table not in but
    }
    connection.close()
    return rows


@pytest.fixture
def paths(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Where the team's journal is, and those of two hosts."""
    return tmp_path / "team.sqlite", tmp_path / "one.sqlite", tmp_path / "two.sqlite"


def test_runs_of_all_hosts_are_in_it(paths: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """Every row of every host is there as it was, half emoji included, and exports as it did."""
    team, one, two = paths
    first, second = write(one, "one"), write(two, "two", "CPCPC")
    assert [each.taken for each in merge(team, [one, two])] == [Taken.ADDED, Taken.ADDED]
    for path, run in ((one, first), (two, second)):
        for table, rows in dump(path).items():
            assert set(rows) <= set(dump(team)[table])
        for journal_path, folder in ((path, "host"), (team, "team")):
            with Journal.open(journal_path, read_only=True) as journal:
                write_run(journal, run.id, tmp_path / folder)
        for name in ("messages.csv", "verdicts.csv", "run.json"):
            there, here = ((tmp_path / each / name).read_bytes() for each in ("host", "team"))
            assert there == here


@given(st.lists(st.sampled_from([0, 1]), min_size=1, max_size=5))
def test_merging_again_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    """However often and in which order journals are merged, the same rows come out."""
    folder = tmp_path_factory.mktemp("merge")
    hosts = [folder / "one.sqlite", folder / "two.sqlite"]
    write(hosts[0], "one")
    write(hosts[1], "two", "CPCP")
    for number in order:
        merge(folder / "team.sqlite", [hosts[number]])
    merge(folder / "team.sqlite", hosts)
    merge(folder / "other.sqlite", hosts[::-1])
    assert dump(folder / "team.sqlite") == dump(folder / "other.sqlite")


def test_run_that_went_on_is_taken_over_again(paths: tuple[Path, Path, Path]) -> None:
    """A run that was resumed after it was merged comes whole with the next merge."""
    team, one, _ = paths
    run = write(one, "one", "CPC", is_over=False)
    merge(team, [one])
    write(one, "one", "CPCPC")
    before = dump(team)
    assert merge(team, [one]) == [Merged(source=one, run_id=run.id, taken=Taken.CONTINUED)]
    assert dump(team) == dump(one) != before
    write(team, "one", "CPCPCPC")
    assert [each.taken for each in merge(team, [one])] == [Taken.KNOWN]
    with Journal.open(team, read_only=True) as journal:
        assert journal.count_attempts(run.id) == 7


def alter(path: Path, sql: str) -> None:
    """Change a journal behind its back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("UPDATE attempts SET text = 'other' WHERE seq = 1", "-one-1' was sent differently"),
        ("UPDATE runs SET seed = '5'", "was begun differently"),
        ("UPDATE attempts SET arrived_text = 'x' WHERE seq = 1", "has other attempts of the same"),
        ("UPDATE arrivals SET text = 'x' WHERE place = 1", "has other arrivals of the same"),
    ],
)
def test_contradictions_are_refused(paths: tuple[Path, Path, Path], sql: str, told: str) -> None:
    """Two copies of a run that say different things are refused by name, and nothing is taken."""
    team, one, two = paths
    write(one, "one")
    merge(team, [one])
    alter(one, sql)
    write(two, "two")
    before = dump(team)
    with pytest.raises(JournalError, match=told) as caught:
        merge(team, [two, one])
    assert str(one) in str(caught.value)
    assert dump(team) == before


def test_attempt_of_another_run_is_refused(paths: tuple[Path, Path, Path]) -> None:
    """An attempt id that another run has here already is a contradiction, too."""
    team, one, two = paths
    write(one, "one")
    write(two, "two")
    alter(two, "UPDATE arrivals SET attempt_id = NULL")
    alter(two, f"UPDATE attempts SET id = '{run_on('one').id}-0' WHERE seq = 0")
    merge(team, [one])
    with pytest.raises(JournalError, match="attempts belong to another run here"):
        merge(team, [two])
    assert dump(team) == dump(one)


def test_verdicts_that_were_computed_again_are_kept(paths: tuple[Path, Path, Path]) -> None:
    """Merging again takes nothing back of what was rescored here."""
    team, one, _ = paths
    write(one, "one")
    merge(team, [one])
    assert CliRunner().invoke(app, ["rescore", "--journal", str(team)]).exit_code == 0
    before = dump(team)
    assert before["verdicts"]
    assert [each.taken for each in merge(team, [one])] == [Taken.KNOWN]
    assert dump(team) == before


def test_alerts_stay_where_they_are(paths: tuple[Path, Path, Path]) -> None:
    """Changes come along, but who is told of them is for the host that found them."""
    team, one, _ = paths
    run = write(one, "one", is_over=False)
    found = ChangeRecord(
        run_id=run.id,
        entry_id="e",
        keyword="達賴 + 印度",
        circumstances=Circumstances.of(CONDITION),
        change=Change.NEWLY_CENSORED,
        sentence="it changed",
    )
    for path in (one, team):
        if path == team:
            merge(team, [one])
        with Journal.open(path) as journal:
            assert not journal.alerts()
            record = ComparisonRecord(run_id=run.id, baseline="x", changes=[found])
            journal.save_comparison(record, ["ops"])
    write(one, "one", "CPCPC")
    merge(team, [one])
    with Journal.open(team, read_only=True) as journal:
        assert [alert.change for alert in journal.alerts()] == [found]
        assert journal.changes(run.id) == [found]


def test_what_cannot_be_merged(paths: tuple[Path, Path, Path], tmp_path: Path) -> None:
    """A journal that is not there, is the same one, is none, or is being written, is refused."""
    team, one, two = paths
    write(one, "one")
    with pytest.raises(JournalError, match="there is no journal at"):
        merge(team, [one, two])
    with pytest.raises(JournalError, match="cannot be merged into itself"):
        merge(one, [one])
    two.write_text("no database at all, but long enough to look like one" * 10, encoding="utf-8")
    with pytest.raises(JournalError, match="it is not a journal"):
        merge(team, [two])
    with Journal.open(one), pytest.raises(JournalError, match="is being written by process"):
        merge(team, [one])


def test_too_many_at_once_are_refused(tmp_path: Path) -> None:
    """More journals than SQLite takes into a transaction are refused, with what to do."""
    hosts = [tmp_path / f"{number}.sqlite" for number in range(11)]
    for number, path in enumerate(hosts):
        write(path, f"host{number}", "C")
    with pytest.raises(JournalError, match="takes 10; merge them in several commands"):
        merge(tmp_path / "team.sqlite", hosts)
    assert len(merge(tmp_path / "team.sqlite", hosts[:10])) == 10


def test_command(paths: tuple[Path, Path, Path]) -> None:
    """The command tells of each run what became of it, and of an error in one line."""
    team, one, two = paths
    first, second = write(one, "one"), write(two, "two")
    command = ["merge", str(one), str(two), "--journal", str(team)]
    result = CliRunner().invoke(app, command)
    assert result.stdout.splitlines() == [
        f"{first.id}: added ({one})",
        f"{second.id}: added ({two})",
        f"{team}: 2 added",
    ]
    assert CliRunner().invoke(app, command).stdout.endswith(f"{team}: 2 known already\n")
    gone = CliRunner().invoke(app, ["merge", "gone.sqlite", "--journal", str(team)])
    assert (gone.exit_code, gone.stderr.count("\n")) == (1, 1)
