"""Writes a list in a format that other programs read, from which it can be imported unchanged."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import MappingProxyType
from typing import Final

from wordlists.entry import Entry
from wordlists.errors import file_error
from wordlists.lint import COLUMNS, VARIANT_COLUMNS
from wordlists.writer import cells_of, format_lines, replace_file

MAX_SHEET_ROWS: Final = 1_048_576
MAX_CELL_CHARACTERS: Final = 32_767
"""What a cell of a workbook can hold; more would be cut, so it is refused."""
_SUFFIXES: Final = (".csv", ".tsv", ".jsonl", ".xlsx")
_TEXT: Final = "s"  # a cell of this type is never run as a formula


def export(entries: Iterable[Entry], path: Path, *, overwrite: bool = False) -> None:
    """Write entries in the format that the suffix of a path names: .csv, .tsv, .jsonl or .xlsx.

    Args:
        entries: What to write, in this order.
        path: Where to.
        overwrite: Whether a file that is already there may be replaced.

    Raises:
        WordlistError: The format is unknown, there is a file, or it cannot be written.
    """
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        what = f"there is no format for {path.suffix or 'a name without a suffix'!r}"
        raise file_error(path, what, f"use one of {', '.join(_SUFFIXES)}")
    if path.exists() and not overwrite:
        raise file_error(path, "there is already a file", "choose another name, or overwrite it")
    found = tuple(entries)
    writer(found, path, any(entry.variant is not None for entry in found))


def _write_csv(entries: tuple[Entry, ...], path: Path, with_variants: bool) -> None:
    replace_file(path, format_lines(entries, with_variants=with_variants))


def _write_tsv(entries: tuple[Entry, ...], path: Path, with_variants: bool) -> None:
    replace_file(path, format_lines(entries, with_variants=with_variants, delimiter="\t"))


def _write_jsonl(entries: tuple[Entry, ...], path: Path, with_variants: bool) -> None:
    columns = COLUMNS + VARIANT_COLUMNS if with_variants else COLUMNS
    replace_file(
        path,
        (
            json.dumps(
                dict(zip(columns, cells_of(entry, with_variants=with_variants), strict=True)),
                ensure_ascii=False,
            )
            + "\n"
            for entry in entries
        ),
    )


def _write_xlsx(entries: tuple[Entry, ...], path: Path, with_variants: bool) -> None:
    try:
        from openpyxl import Workbook  # noqa: PLC0415 - an extra
        from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    except ImportError as error:
        what = "openpyxl, which writes workbooks, is not installed"
        fix = "pip install 'undelivered[xlsx]', or choose another format"
        raise file_error(path, what, fix) from error
    if len(entries) >= MAX_SHEET_ROWS:
        what = f"a sheet holds {MAX_SHEET_ROWS:,} rows at most"
        raise file_error(path, what, "choose another format, or split the list")
    columns = COLUMNS + VARIANT_COLUMNS if with_variants else COLUMNS
    rows = [columns, *(cells_of(entry, with_variants=with_variants) for entry in entries)]
    # Looked at before the workbook is begun, which cannot be given up half written.
    long = next((cell for row in rows for cell in row if len(cell) > MAX_CELL_CHARACTERS), None)
    if long is not None:
        what = f"{long[:20]!r}… has more than {MAX_CELL_CHARACTERS:,} characters"
        raise file_error(path, what, "choose another format")
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet(path.stem[:31].translate(_NO_SHEET_NAME) or "list")
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEF", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    for row in rows:
        cells = [WriteOnlyCell(sheet, value=text) for text in row]
        for cell in cells:
            cell.data_type = _TEXT
        sheet.append(cells)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, suffix=".tmp", delete=False) as file:
            part = Path(file.name)
        try:
            workbook.save(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        what = f"the list cannot be written ({error.strerror})"
        raise file_error(path, what, "choose another place") from error


_WIDTHS: Final = (40, 10, 10, 12, 60, 40)
_NO_SHEET_NAME: Final = {ord(sign): "-" for sign in r"[]:*?/\'"}
_WRITERS: Final[Mapping[str, Callable[[tuple[Entry, ...], Path, bool], None]]] = MappingProxyType(
    {".csv": _write_csv, ".tsv": _write_tsv, ".jsonl": _write_jsonl, ".xlsx": _write_xlsx}
)
