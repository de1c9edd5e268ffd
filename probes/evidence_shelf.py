"""The evidence that runs have left: finding it, and keeping no more of it than is wanted.

`drivers.evidence` lays each piece under the hash of its content beside an index. Evidence shows
names and numbers, so it should not be kept for longer than somebody wants to look at it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import AwareDatetime, BaseModel, ValidationError

from drivers.evidence import INDEX
from probes.errors import CampaignError

EVIDENCE: Final = "evidence"
"""Name of the folder in that of a run."""


class _Line(BaseModel):
    at: AwareDatetime
    attempt: str
    handset: str
    kind: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of evidence.

    Attributes:
        at: When it was kept.
        attempt: The attempt it belongs to.
        handset: The handset it is of.
        kind: What it is: log, source, page, screenshot.
        path: Where it lies; several attempts may share it.
    """

    at: datetime
    attempt: str
    handset: str
    kind: str
    path: Path


def pieces(run_folder: Path, attempts: Collection[str] | None = None) -> list[Piece]:
    """List the evidence of a run that is still there, the oldest first.

    A line that a killed run left unfinished is passed over.

    Args:
        run_folder: The folder of the run.
        attempts: Only of these attempts; of all if left out.

    Raises:
        CampaignError: The index cannot be read.
    """
    folder = run_folder / EVIDENCE
    try:
        text = (folder / INDEX).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise CampaignError(f"{folder / INDEX} cannot be read: {error}") from error
    found = []
    for line in text.splitlines():
        try:
            read = _Line.model_validate_json(line)
        except ValidationError:
            continue
        # A name that leads out of the folder is none that was written here.
        path = folder / Path(read.file).name
        if path.exists() and (attempts is None or read.attempt in attempts):
            found.append(
                Piece(
                    at=read.at,
                    attempt=read.attempt,
                    handset=read.handset,
                    kind=read.kind,
                    path=path,
                )
            )
    return sorted(found, key=lambda piece: piece.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """What was taken away.

    Attributes:
        files: How many files.
        size: How many bytes they took.
        left: How many bytes are left.
    """

    files: int
    size: int
    left: int


def prune(
    run_folders: Sequence[Path],
    *,
    before: datetime | None = None,
    most_bytes: int | None = None,
    is_rehearsal: bool = False,
) -> Pruned:
    """Delete evidence that is old, and the oldest of what is more than wanted, over all runs.

    A file that several attempts share is as old as the newest of them. Files are deleted, the lines
    of the index stay: it is still known that there was something.

    Args:
        run_folders: The folders of the runs.
        before: Delete what was kept before this.
        most_bytes: Delete the oldest until no more than this is left.
        is_rehearsal: Say what would be deleted, and delete nothing.

    Raises:
        CampaignError: An index cannot be read, or a file cannot be deleted.
    """
    newest: dict[Path, datetime] = {}
    for folder in run_folders:
        for piece in pieces(folder):
            newest[piece.path] = max(piece.at, newest.get(piece.path, piece.at))
    sizes = {path: path.stat().st_size for path in newest}
    left = sum(sizes.values())
    files = size = 0
    for path, at in sorted(newest.items(), key=lambda item: item[1]):
        is_old = before is not None and at < before
        is_too_much = most_bytes is not None and left > most_bytes
        if not (is_old or is_too_much):
            break  # the oldest come first, and what follows is newer
        if not is_rehearsal:
            try:
                path.unlink()
            except OSError as error:
                raise CampaignError(f"{path} cannot be deleted: {error.strerror}") from error
        files, size, left = files + 1, size + sizes[path], left - sizes[path]
    return Pruned(files=files, size=size, left=left)


def as_json(found: Sequence[Piece]) -> str:
    """Pieces as JSON, for programs."""
    return json.dumps(
        [
            {
                "at": piece.at.isoformat(),
                "attempt": piece.attempt,
                "handset": piece.handset,
                "kind": piece.kind,
                "path": str(piece.path),
            }
            for piece in found
        ],
        indent=2,
    )
