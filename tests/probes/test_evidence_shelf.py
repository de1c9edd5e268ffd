"""Evidence is found by run and entry, and kept no longer than is wanted."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from drivers.evidence import EvidenceFolder, EvidenceKind, Exhibit
from probes.cli import app
from probes.errors import CampaignError
from probes.evidence_shelf import Pruned, pieces, prune
from results.journal import Journal
from tests.results.examples import RUN, entry, lane_of

SOURCE, SCREENSHOT = EvidenceKind.SOURCE, EvidenceKind.SCREENSHOT


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal whose run has evidence of a control, and of a message with an entry."""
    path = tmp_path / "runs" / "journal.sqlite"
    with Journal.open(path) as journal:
        journal.start_run(RUN)
        journal.add_entries(RUN.id, [entry("e", "達賴"), entry("f", "印度")])
        for attempt in lane_of("CPC"):
            journal.begin_attempt(attempt)
    folder = EvidenceFolder(path.parent / RUN.id)
    for seq, content in ((0, b"<control/>"), (1, b"<word/>")):
        exhibits = [Exhibit(kind=SOURCE, content=content), Exhibit(kind=SCREENSHOT, content=b"png")]
        folder.keep(exhibits, attempt=f"{RUN.id}-{seq}", handset="phone-1")
    return path


def run_command(*arguments: str, journal: Path) -> str:
    """Run a command that works; what it prints."""
    result = CliRunner().invoke(app, [*arguments, "--journal", str(journal)])
    assert (result.exit_code, result.stderr) == (0, "")
    return result.stdout


def set_ages(run_folder: Path, days: list[int]) -> None:
    """Let the pieces of a run be so old."""
    index = run_folder / "evidence" / "index.jsonl"
    lines = [json.loads(line) for line in index.read_text(encoding="utf-8").splitlines()]
    now = datetime.now(UTC)
    for line, age in zip(lines, days, strict=True):
        line["at"] = (now - timedelta(days=age)).isoformat()
    index.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")


def test_pieces_are_listed(journal: Path) -> None:
    """All of a run are listed, or those of one entry; a file that is shared, for each."""
    everything = json.loads(run_command("evidence", "latest", "--json", journal=journal))
    assert [each["kind"] for each in everything] == ["source", "screenshot"] * 2
    assert everything[1]["path"] == everything[3]["path"]
    of_entry = json.loads(run_command("evidence", "2024", "達賴", "--json", journal=journal))
    assert {each["attempt"] for each in of_entry} == {f"{RUN.id}-1"}
    assert Path(of_entry[0]["path"]).read_bytes() == b"<word/>"
    assert "has no evidence of '印度'" in run_command("evidence", RUN.id, "印度", journal=journal)
    assert "phone-1" in run_command("evidence", journal=journal)


def test_pieces_are_opened(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each file is opened once, by the program that the system has for it."""
    opened: list[str] = []
    monkeypatch.setattr(typer, "launch", opened.append)
    run_command("evidence", "latest", "--open", journal=journal)
    assert len(opened) == len(set(opened)) == 3


def test_entry_that_is_not_there(journal: Path) -> None:
    """An entry the run does not have is told in one line."""
    result = CliRunner().invoke(app, ["evidence", "latest", "x", "--journal", str(journal)])
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "the run has no entry 'x'" in result.stderr


def test_damaged_index(journal: Path) -> None:
    """A line that a killed run left unfinished hides nothing, and none leads out of the folder."""
    folder = journal.parent / RUN.id
    index = folder / "evidence" / "index.jsonl"
    with index.open("a", encoding="utf-8") as file:
        line = {"at": "2024-05-01T12:00:00Z", "attempt": "a", "handset": "h", "kind": "log"}
        file.write(json.dumps({**line, "file": "../../journal.sqlite"}) + '\n{"at": "2024')
    assert len(pieces(folder)) == 4
    index.write_bytes(b"\xff")
    with pytest.raises(CampaignError, match="cannot be read"):
        pieces(folder)
    assert pieces(journal.parent) == []


def test_old_evidence_is_deleted(journal: Path) -> None:
    """What is older goes; what a newer message shares stays, and so does the index."""
    folder = journal.parent / RUN.id
    set_ages(folder, [40, 40, 10, 10])
    told = run_command("prune-evidence", "--days", "30", "--dry-run", journal=journal)
    assert told == "1 files with 0.0 MB would be deleted, 0.0 MB left\n"
    assert len(pieces(folder)) == 4
    assert "1 files" in run_command("prune-evidence", "--days", "30", journal=journal)
    assert [piece.path.read_bytes() for piece in pieces(folder)] == [b"png", b"<word/>", b"png"]
    lines = (folder / "evidence" / "index.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 4


def test_oldest_goes_first(journal: Path) -> None:
    """A limit of size takes the oldest until what is left fits."""
    folder = journal.parent / RUN.id
    set_ages(folder, [3, 2, 1, 2])
    assert prune([folder], most_bytes=17) == Pruned(files=1, size=10, left=10)
    assert prune([folder], most_bytes=10) == Pruned(files=0, size=0, left=10)
    assert prune([folder], most_bytes=0) == Pruned(files=2, size=10, left=0)


def test_limit_must_be_said(journal: Path) -> None:
    """Nothing is deleted unless it is said what to keep."""
    result = CliRunner().invoke(app, ["prune-evidence", "--journal", str(journal)])
    assert result.exit_code == 1
    assert "say what to keep: --days 30, --megabytes 500" in result.stderr
