"""Writes entries as a list in our own format, all of it or nothing."""

import csv
import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from wordlists.cells import guard
from wordlists.entry import Entry
from wordlists.errors import file_error
from wordlists.lint import COLUMNS, VARIANT_COLUMNS


def format_list(entries: Iterable[Entry], *, with_variants: bool = False) -> str:
    """Write entries as the text of a list, in the order given."""
    return "".join(format_lines(entries, with_variants=with_variants))


def format_lines(
    entries: Iterable[Entry], *, with_variants: bool = False, delimiter: str = ","
) -> Iterator[str]:
    """Write entries as a list, one row at a time; the header comes first.

    Args:
        entries: What to write, in this order.
        with_variants: Whether to write of what, and how, entries are derived.
        delimiter: What stands between two cells; a comma in the lists themselves.
    """
    yield format_cells(COLUMNS + VARIANT_COLUMNS if with_variants else COLUMNS, delimiter)
    for entry in entries:
        yield format_cells(map(guard, cells_of(entry, with_variants=with_variants)), delimiter)


def format_row(entry: Entry, *, with_variants: bool = False) -> str:
    """Write an entry as a row of a list, with the end of the line."""
    return format_cells(map(guard, cells_of(entry, with_variants=with_variants)))


def cells_of(entry: Entry, *, with_variants: bool = False) -> tuple[str, ...]:
    """The texts of an entry, in the order of `COLUMNS` and, if wanted, of `VARIANT_COLUMNS`."""
    cells = (
        entry.keyword,
        entry.language,
        entry.category,
        entry.date_added.isoformat(),
        entry.source,
        entry.notes,
    )
    return (*cells, entry.variant_of, str(entry.variant or "")) if with_variants else cells


def format_cells(cells: Iterable[str], delimiter: str = ",") -> str:
    """Write cells as a row, with the end of the line; guards are for the caller."""
    text = io.StringIO()
    # The writer quotes a cell for the characters of its line end, and for no others: \r among them.
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerow(cells)
    return text.getvalue().removesuffix("\r\n") + "\n"


def write_list(
    entries: Iterable[Entry], path: Path, *, overwrite: bool = False, with_variants: bool = False
) -> None:
    """Write a list; a reader of the path sees the old file or the new one, never half of it.

    Args:
        entries: What to write, in this order; they are taken one at a time.
        path: Where to; folders that are missing are made.
        overwrite: Whether a file that is already there may be replaced.
        with_variants: Whether to write of what, and how, entries are derived.

    Raises:
        WordlistError: There is a file and ``overwrite`` is false, or it cannot be written.
    """
    if path.exists() and not overwrite:
        raise file_error(path, "there is already a file", "choose another name, or overwrite it")
    replace_file(path, format_lines(entries, with_variants=with_variants))


def replace_file(path: Path, parts: Iterable[str]) -> None:
    """Write a text in the place of a file, if there is one; all of it or nothing.

    Args:
        path: Where to; folders that are missing are made.
        parts: The text, part by part.

    Raises:
        WordlistError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, parts)
    except OSError as error:
        raise file_error(
            path, f"the list cannot be written ({error.strerror})", "choose another place"
        ) from error


def _replace(path: Path, parts: Iterable[str]) -> None:
    # In the same folder, since a file can only be renamed atomically within one file system.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", newline="") as file:
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
