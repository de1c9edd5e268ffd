"""Writes entries as a list in our own format, all of it or nothing."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from wordlists.cells import guard
from wordlists.entry import Entry
from wordlists.errors import WHOLE_FILE, Problem, WordlistError
from wordlists.lint import COLUMNS


def format_list(entries: Iterable[Entry]) -> str:
    """Write entries as the text of a list, in the order given."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        cells = (
            entry.keyword,
            entry.language,
            entry.category,
            entry.date_added.isoformat(),
            entry.source,
            entry.notes,
        )
        writer.writerow([guard(cell) for cell in cells])
    return text.getvalue()


def write_list(entries: Iterable[Entry], path: Path, *, overwrite: bool = False) -> None:
    """Write a list; a reader of the path sees the old file or the new one, never half of it.

    Args:
        entries: What to write, in this order.
        path: Where to; folders that are missing are made.
        overwrite: Whether a file that is already there may be replaced.

    Raises:
        WordlistError: There is a file and ``overwrite`` is false, or it cannot be written.
    """
    if path.exists() and not overwrite:
        raise _error(path, "there is already a file", "choose another name, or overwrite it")
    text = format_list(entries)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text)
    except OSError as error:
        raise _error(
            path, f"the list cannot be written ({error.strerror})", "choose another place"
        ) from error


def _replace(path: Path, text: str) -> None:
    # In the same folder, since a file can only be renamed atomically within one file system.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _error(path: Path, what: str, fix: str) -> WordlistError:
    return WordlistError([Problem(path=path, line=WHOLE_FILE, what=what, fix=fix)])
