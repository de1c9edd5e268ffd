"""What handsets showed when something went wrong: logs, page sources and screenshots.

Evidence lies in the run's folder, below ``evidence/``, each piece under the hash of its content, so
that no name says whose it is and nothing is kept twice. `INDEX` says which attempt it belongs to.
It holds what was on the screen and in the log, names and numbers included: no export contains it.
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Final

INDEX: Final = "index.jsonl"
"""One line a piece: when, of which attempt and handset, what, and the name of its file."""


class EvidenceKind(StrEnum):
    """What a piece of evidence is; the values are endings of file names."""

    LOG = "log"  # the handset's logcat
    SOURCE = "xml"  # the page source; of a web app, what was read of its page
    PAGE = "html"  # all of a web app's page
    SCREENSHOT = "png"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A piece of evidence.

    Attributes:
        kind: What it is.
        content: It.
    """

    kind: EvidenceKind
    content: bytes


class EvidenceFolder:
    """Where evidence of one run is kept; safe to share between threads."""

    def __init__(self, run_folder: Path) -> None:
        """Keep evidence in a run's folder; nothing is made before there is some."""
        self._folder = run_folder / "evidence"
        self._lock = Lock()

    def keep(self, exhibits: Iterable[Exhibit], *, attempt: str, handset: str) -> None:
        """Keep evidence, as far as the disk takes it: a run does not end for want of it.

        Args:
            exhibits: The pieces.
            attempt: Id of the attempt in hand.
            handset: Name of the handset in the testbed.
        """
        with self._lock, suppress(OSError):
            for exhibit in exhibits:
                self._keep(exhibit, attempt, handset)

    def _keep(self, exhibit: Exhibit, attempt: str, handset: str) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{sha256(exhibit.content).hexdigest()}.{exhibit.kind}"
        path = self._folder / name
        if not path.exists():
            path.write_bytes(exhibit.content)
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "attempt": attempt,
            "handset": handset,
            "kind": exhibit.kind.name.lower(),
            "file": name,
        }
        with (self._folder / INDEX).open("a", encoding="utf-8") as index:
            index.write(json.dumps(line) + "\n")
