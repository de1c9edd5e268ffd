"""The subcommands about the journal."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from results.cli import app
from results.export import read_messages
from results.journal import Journal
from results.rescore import rescore, save
from tests.results.examples import RUN, START, entry, lane_of

TABLES = ("messages", "verdicts", "aggregates", "combinations")


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
    ("output_format", "names"),
    [
        ("csv", ["messages.csv", "verdicts.csv", "run.json", "aggregates.csv"]),
        ("parquet", [f"{name}.parquet" for name in TABLES]),
        ("jsonl", ["measurements.jsonl"]),
        ("package", ["datapackage.json", *(f"{name}.csv" for name in TABLES)]),
    ],
)
def test_each_format_writes_its_files(
    filled: Path, tmp_path: Path, output_format: str, names: list[str]
) -> None:
    """Each format prints the files it wrote, and they are there."""
    command = ["export", "--format", output_format, "--per", "week", "--journal", str(filled)]
    result = CliRunner().invoke(app, [*command, "--output", str(tmp_path)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert [Path(line) for line in result.stdout.splitlines()] == [
        tmp_path / name for name in names
    ]
    assert all((tmp_path / name).stat().st_size for name in names)


def test_several_runs_are_one_export(filled: Path) -> None:
    """A range with two runs gives one table with the rows of both, and runs.json."""
    second = replace(RUN, id="20240502T120000Z-cd34", started_at=START + timedelta(days=1))
    with Journal.open(filled) as journal:
        journal.start_run(second)
        for attempt in lane_of("CC"):
            number = f"{second.id}-{attempt.seq}"
            journal.begin_attempt(replace(attempt, id=number, run_id=second.id))
    result = CliRunner().invoke(app, ["export", "--since", "2024-05-01", "--journal", str(filled)])
    files = [Path(line) for line in result.stdout.splitlines()]
    folder = filled.parent / "export"
    assert files == [folder / name for name in ("messages.csv", "verdicts.csv", "runs.json")]
    runs = [row.attempt.run_id for row in read_messages(files[0])]
    assert runs == [RUN.id] * 3 + [second.id] * 2
    assert [each["id"] for each in json.loads(files[2].read_text())] == [RUN.id, second.id]


def test_excel_gets_its_mark(filled: Path, tmp_path: Path) -> None:
    """--excel begins the CSV files with a byte order mark, and they can still be read back."""
    command = ["export", "--excel", "--journal", str(filled), "--output", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code == 0
    assert (tmp_path / "messages.csv").read_bytes().startswith(b"\xef\xbb\xbfid,")
    assert len(list(read_messages(tmp_path / "messages.csv"))) == 3
    wrong = CliRunner().invoke(app, [*command, "--format", "jsonl"])
    assert wrong.exit_code == 2
    assert "--format csv only" in wrong.stderr


def test_conditions_choose_rows(filled: Path, tmp_path: Path) -> None:
    """What was sent under other conditions is left out."""
    command = ["export", "--journal", str(filled), "--output", str(tmp_path), "--chat"]
    for chat, rows in (("group", 3), ("direct", 0)):
        assert CliRunner().invoke(app, [*command, chat]).exit_code == 0
        assert len(list(read_messages(tmp_path / "messages.csv"))) == rows


def test_unredacted_adds_the_fault_in_words(filled: Path, tmp_path: Path) -> None:
    """--unredacted adds a column, and the file can still be read back."""
    command = ["export", "--unredacted", "--journal", str(filled), "--output", str(tmp_path)]
    assert CliRunner().invoke(app, command).exit_code == 0
    heading = (tmp_path / "messages.csv").read_text(encoding="utf-8").splitlines()[0]
    assert heading.endswith(",fault_detail")
    assert len(list(read_messages(tmp_path / "messages.csv"))) == 3


def test_report_is_written(filled: Path) -> None:
    """`report` prints the page it wrote, beside the files of the run."""
    result = CliRunner().invoke(app, ["report", "--journal", str(filled)])
    assert result.stdout == f"{filled.parent / RUN.id / 'report.html'}\n"


def test_rescore_saves_unless_it_is_dry(filled: Path) -> None:
    """`rescore --dry-run` tells what would change; without it, the journal holds it."""
    command = ["rescore", "--journal", str(filled)]
    dry = CliRunner().invoke(app, [*command, "--dry-run"])
    assert "1 of 1 verdicts overturned" in dry.stdout
    assert "nothing is written" in dry.stdout
    assert "saved" in CliRunner().invoke(app, command).stdout
    assert "all 1 verdicts are as stored" in CliRunner().invoke(app, command).stdout


def test_compare_tells_changes_by_its_exit_code(filled: Path) -> None:
    """`compare` says that nothing changed, with exit code 0 even where a change would fail."""
    second = replace(RUN, id="20240502T120000Z-cd34", started_at=START + timedelta(days=1))
    with Journal.open(filled) as journal:
        journal.start_run(second)
        journal.add_entries(second.id, [entry("e")])
        for attempt in lane_of("CPC"):
            number = f"{second.id}-{attempt.seq}"
            journal.begin_attempt(replace(attempt, id=number, run_id=second.id))
        for run in (RUN, second):
            save(journal, rescore(journal, run.id))
    result = CliRunner().invoke(app, ["compare", "--fail-on-change", "--journal", str(filled)])
    assert (result.exit_code, result.stderr) == (0, "")
    assert "nothing changed" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["export", "--until", "2020-01-01"], "no run that began before 2020-01-01 00:00 UTC"),
        (["report", "nope"], "has no run 'nope'"),
        (["compare"], "has no run before"),
        (["rescore", "--rules", "7"], "rules version '7' is not known here"),
        (["export", "--format", "package", "--licence", "MIT"], "licence 'MIT' is not known"),
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
