"""The subcommands `export` and `runs`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from results.cli import app
from results.journal import Journal
from tests.results.examples import RUN, START, entry, lane_of


@pytest.fixture
def filled(journal: Journal) -> Path:
    """The path of a closed journal with one run."""
    journal.add_entries(RUN.id, [entry("e")])
    for attempt in lane_of("CPC"):
        journal.begin_attempt(attempt)
    journal.finish_run(RUN.id, START, "stopped by Ctrl-C")
    journal.close()
    return journal.path


@pytest.mark.parametrize("arguments", [[], ["latest"], ["2024", "--format", "csv"]])
def test_export_writes_beside_the_journal(filled: Path, arguments: list[str]) -> None:
    """The files of a run go beside the journal, and their paths are printed."""
    result = CliRunner().invoke(app, ["export", *arguments, "--journal", str(filled)])
    folder = filled.parent / RUN.id
    files = [folder / name for name in ("messages.csv", "verdicts.csv", "run.json")]
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [str(file) for file in files]
    assert all(file.stat().st_size for file in files)


def test_export_writes_where_it_is_told(filled: Path, tmp_path: Path) -> None:
    """--output gives the folder itself."""
    output = tmp_path / "there"
    command = ["export", "--journal", str(filled), "--output", str(output)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert (output / "messages.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "nope"], f"has no run 'nope'; it has {RUN.id}"),
        (["export", "--journal", "nowhere"], "no journal at nowhere"),
        (["runs", "--journal", "nowhere"], "no journal at nowhere"),
    ],
)
def test_errors_are_plain(filled: Path, arguments: list[str], message: str) -> None:
    """What went wrong is one plain line on stderr, with exit code 1."""
    given = arguments if "--journal" in arguments else [*arguments, "--journal", str(filled)]
    result = CliRunner().invoke(app, given)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert len(result.stderr.splitlines()) == 1
    assert message in result.stderr


def test_runs_are_listed(filled: Path) -> None:
    """Each run is listed with its messages and how it ended."""
    result = CliRunner(env={"COLUMNS": "160"}).invoke(app, ["runs", "--journal", str(filled)])
    assert result.exit_code == 0
    assert RUN.id in result.stdout
    assert "3" in result.stdout
    assert "2024-05-01 12:00 UTC (stopped by Ctrl-C)" in result.stdout


def test_no_runs_yet(path: Path) -> None:
    """An empty journal is no error; it says how to fill it."""
    Journal.open(path).close()
    result = CliRunner().invoke(app, ["runs", "--journal", str(path)])
    assert result.exit_code == 0
    assert "holds no runs yet" in result.stdout
