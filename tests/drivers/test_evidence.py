"""What is kept when something went wrong."""

import json
from hashlib import sha256
from pathlib import Path

from drivers.evidence import INDEX, EvidenceFolder, EvidenceKind, Exhibit

LOG = Exhibit(kind=EvidenceKind.LOG, content=b"FATAL EXCEPTION: main")
SOURCE = Exhibit(kind=EvidenceKind.SOURCE, content=b"<hierarchy/>")


def index(folder: Path) -> list[dict[str, str]]:
    """The lines of the index."""
    lines = (folder / "evidence" / INDEX).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_nothing_is_made_without_evidence(tmp_path: Path) -> None:
    """A run in which nothing goes wrong leaves no folder behind."""
    EvidenceFolder(tmp_path).keep([], attempt="run-000001", handset="phone-1")
    assert not [*tmp_path.iterdir()]


def test_evidence_is_named_by_its_content(tmp_path: Path) -> None:
    """Files are named by hash and kind alone; the index says which attempt and handset."""
    EvidenceFolder(tmp_path).keep([LOG, SOURCE], attempt="run-000001", handset="phone-1")
    names = {path.name for path in (tmp_path / "evidence").iterdir()}
    hashes = {f"{sha256(each.content).hexdigest()}.{each.kind}" for each in (LOG, SOURCE)}
    assert names == {*hashes, INDEX}
    assert [(each["attempt"], each["handset"], each["kind"]) for each in index(tmp_path)] == [
        ("run-000001", "phone-1", "log"),
        ("run-000001", "phone-1", "source"),
    ]


def test_same_content_is_kept_once(tmp_path: Path) -> None:
    """What two attempts share lies there once, and the index names both."""
    folder = EvidenceFolder(tmp_path)
    for attempt in ("run-000001", "run-000002"):
        folder.keep([SOURCE], attempt=attempt, handset="phone-1")
    assert len([*(tmp_path / "evidence").glob("*.xml")]) == 1
    assert [each["attempt"] for each in index(tmp_path)] == ["run-000001", "run-000002"]


def test_disk_that_takes_nothing_ends_no_run(tmp_path: Path) -> None:
    """Where evidence cannot be written, that is no error."""
    (tmp_path / "evidence").write_text("a file where the folder should be", encoding="utf-8")
    EvidenceFolder(tmp_path).keep([LOG], attempt="run-000001", handset="phone-1")
