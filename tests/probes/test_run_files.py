"""The files of a run: tables for programs, a page for people."""

import re
from pathlib import Path

import pytest

from probes import run_files
from probes.run_files import write_files
from results.errors import JournalError
from results.journal import Journal
from tests.probes.sessions import Sessions
from tests.results.examples import RUN, START, entry, lane_of
from tests.testbeds import rule, write_testbed


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal with one finished run."""
    journal = Journal.open(tmp_path / "journal.sqlite")
    journal.start_run(RUN)
    journal.add_entries(RUN.id, [entry("e")])
    for attempt in lane_of("CPC"):
        journal.begin_attempt(attempt)
    journal.finish_run(RUN.id, START, None)
    return journal


def test_session_ends_with_a_report(sessions: Sessions, tmp_path: Path) -> None:
    """A run leaves report.html beside its CSVs, and the summary names it with them."""
    testbed = write_testbed(tmp_path / "testbed", [rule("达赖喇嘛")])
    result = sessions.measure(testbed, "-k", "达赖喇嘛 or 天气")
    assert result.ret == pytest.ExitCode.OK
    assert re.search(r"^Files: .*run\.json.*report\.html", result.stdout.str(), re.M | re.S)
    page = (sessions.folder / "report.html").read_text(encoding="utf-8")
    assert "1 of 2 entries did not arrive" in page


@pytest.mark.parametrize("error", [ValueError("no such mark"), JournalError("the disk is full")])
def test_report_that_fails_is_told_and_loses_nothing(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whatever is wrong with the page, the tables stay and the reason is told with what to do."""

    def write(*_: object) -> Path:
        raise error

    monkeypatch.setattr(run_files, "write_report", write)
    files, problem = write_files(journal, RUN.id, tmp_path)
    assert [file.name for file in files] == ["messages.csv", "verdicts.csv", "run.json"]
    assert all(file.stat().st_size for file in files)
    assert problem is not None
    assert f"report.html could not be written: {error}. `undelivered report {RUN.id}`" in problem


def test_tables_that_fail_are_told(journal: Journal, tmp_path: Path) -> None:
    """If the folder cannot be written to, one sentence says so and how to write the files again."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    files, problem = write_files(journal, RUN.id, tmp_path / "taken")
    assert not files
    assert problem is not None
    assert f"`undelivered export {RUN.id}` writes the files again" in problem
