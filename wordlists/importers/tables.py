"""Opens the tables that people keep lists in: CSV, TSV, one text a line, JSON lines, XLSX.

Whatever the format, a table gives records: texts by the name of their column, and the line they are
on. One record at a time, so that memory does not grow with the file.
"""

import codecs
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, Final

from wordlists.errors import Problem, WordlistError, file_error
from wordlists.importers.workbook import read_sheet
from wordlists.rows import MAX_ROW_CHARACTERS, Row, RowReader

MAX_COLUMNS: Final = 256
TEXT_COLUMN: Final = "keyword"
"""What the only column of plain text is called."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_SNIFFED_BYTES: Final = 65_536
_ZIP_START: Final = b"PK\x03\x04"
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class Format(StrEnum):
    """How a table is written."""

    CSV = "csv"
    TSV = "tsv"
    TEXT = "text"
    """One keyword a line, no header."""
    JSONL = "jsonl"
    XLSX = "xlsx"


SUFFIXES: Final[Mapping[str, Format]] = {
    ".csv": Format.CSV,
    ".tsv": Format.TSV,
    ".tab": Format.TSV,
    ".txt": Format.TEXT,
    ".jsonl": Format.JSONL,
    ".ndjson": Format.JSONL,
    ".json": Format.JSONL,
    ".xlsx": Format.XLSX,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One row of a table."""

    line: int
    """The line it starts on, or the row of the sheet, from 1."""
    cells: Mapping[str, str]
    """Its texts by the name of their column; a column that has no name is called ``column 3``."""
    raw: str
    """The row as it is in the file, or its cells joined by tabs, for reports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that is open."""

    columns: tuple[str, ...]
    """The names of its columns; of JSON lines, those of the first line."""
    records: Iterator[Record | Problem]
    """Its rows, and what could not be made out as one; to be read once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How to open a table."""

    format: Format | None = None
    """How it is written; told from its name and its first bytes if None."""
    encoding: str | None = None
    """A codec that Python knows; UTF-8, or what a byte order mark says, if None."""
    sheet: str | None = None
    """The sheet of a workbook; its first one if None."""


def detect_format(name: str, start: bytes) -> Format:
    """Tell how a table is written.

    Args:
        name: The name of its file.
        start: The first bytes of it.
    """
    if start.startswith(_ZIP_START):
        return Format.XLSX
    known = SUFFIXES.get(Path(name).suffix.lower())
    if known not in {None, Format.XLSX, Format.TEXT}:
        return known or Format.CSV
    text = _decoded_start(start)
    first = text.partition("\n")[0]
    if first.lstrip().startswith("{"):
        return Format.JSONL
    if known is Format.TEXT:
        return Format.TEXT
    if "\t" in first:
        return Format.TSV
    return Format.CSV if "," in first else Format.TEXT


def _decoded_start(start: bytes) -> str:
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return start.removeprefix(mark).decode(encoding, errors="replace")
    return start.decode(errors="replace")


@contextmanager
def open_table(path: Path, *, name: str, opening: Opening) -> Iterator[Table]:
    """Open a table to be read once.

    Args:
        path: Its file.
        name: What the file is called, which may say how it is written.
        opening: How to open it.

    Raises:
        WordlistError: It cannot be opened, or has no header.
    """
    shown = path if path.name == name else Path(name)
    try:
        with path.open("rb") as file:
            start = file.read(_SNIFFED_BYTES)
            file.seek(0)
            kind = opening.format or detect_format(name, start)
            if kind is Format.XLSX:
                with read_sheet(file, shown, sheet=opening.sheet) as (columns, rows):
                    yield Table(columns=_labels(columns), records=_sheet(shown, columns, rows))
                return
            with _row_reader(file, shown, kind, _encoding(start, opening, shown)) as reader:
                yield _text_table(shown, kind, reader)
    except OSError as error:
        raise file_error(
            shown, f"the file cannot be read ({error.strerror})", "check the path"
        ) from (error)


def _encoding(start: bytes, opening: Opening, path: Path) -> tuple[str, int]:
    """The encoding of a file, and how many bytes of it are a mark of that."""
    for mark, encoding in _BOMS:
        if start.startswith(mark):
            return encoding, len(mark)
    encoding = opening.encoding or "utf-8"
    try:
        info = codecs.lookup(encoding)
        "a\n".encode(encoding)
    except (LookupError, UnicodeError) as error:
        raise file_error(
            path, f"there is no encoding {encoding!r}", "try gb18030, or big5"
        ) from error
    return info.name, 0


def _row_reader(file: BinaryIO, path: Path, kind: Format, encoding: tuple[str, int]) -> RowReader:
    codec, skipped = encoding
    file.seek(skipped)
    if kind in {Format.TEXT, Format.JSONL}:
        # A line as it is: neither delimiters nor quotes mean anything in it.
        return RowReader(path, file, encoding=codec, delimiter="\0", quotes=False)
    return RowReader(path, file, encoding=codec, delimiter="\t" if kind is Format.TSV else ",")


def _text_table(path: Path, kind: Format, reader: RowReader) -> Table:
    if kind is Format.TEXT:
        return Table(columns=(TEXT_COLUMN,), records=_texts(path, reader))
    if kind is Format.JSONL:
        return _json_table(path, reader)
    found = iter(reader)
    header = next(found, None)
    if isinstance(header, Problem):
        raise WordlistError([header])
    if header is None:
        raise file_error(path, "the file is empty", "check the path")
    if header.is_damaged:
        raise file_error(
            path,
            "the header is not in the encoding of the file",
            "say which it is, such as --encoding gb18030",
        )
    if len(header.cells) > MAX_COLUMNS:
        what = f"the table has {len(header.cells):,} columns"
        raise file_error(path, what, f"leave out what is not needed: {MAX_COLUMNS} are read")
    return Table(columns=_labels(header.cells), records=_rows(path, header.cells, found))


def _labels(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Name columns as their header does; those without a name, or with another's, by number."""
    labels: list[str] = []
    for number, cell in enumerate(cells, start=1):
        name = " ".join(cell.split())
        labels.append(name if name and name not in labels else f"column {number}")
    return tuple(labels)


def _rows(
    path: Path, header: tuple[str, ...], found: Iterator[Row | Problem]
) -> Iterator[Record | Problem]:
    labels = _labels(header)
    for row in found:
        if isinstance(row, Problem):
            yield row
            continue
        yield _record(path, labels, row.line, row.cells, row.raw, is_damaged=row.is_damaged)


def _record(
    path: Path,
    labels: tuple[str, ...],
    line: int,
    cells: tuple[str, ...],
    raw: str,
    *,
    is_damaged: bool = False,
) -> Record | Problem:
    if is_damaged:
        what = "the row has bytes that are not in the encoding of the file"
        fix = "correct them, or say which encoding it is, such as --encoding gb18030"
        return Problem(path=path, line=line, what=what, fix=fix)
    if not any(cell.strip() for cell in cells):
        return Problem(path=path, line=line, what="the line is blank", fix="delete it")
    if len(cells) < len(labels) or any(cell.strip() for cell in cells[len(labels) :]):
        what = f"{len(cells):,} columns where there should be {len(labels)}"
        return Problem(path=path, line=line, what=what, fix="correct the row")
    return Record(line=line, cells=dict(zip(labels, cells, strict=False)), raw=raw)


def _texts(path: Path, lines: RowReader) -> Iterator[Record | Problem]:
    for row in lines:
        if isinstance(row, Problem):
            yield row
        else:
            text = row.raw.rstrip("\r\n")
            yield _record(
                path, (TEXT_COLUMN,), row.line, (text,), row.raw, is_damaged=row.is_damaged
            )


def _sheet(
    path: Path, header: tuple[str, ...], rows: Iterator[tuple[int, tuple[str, ...]]]
) -> Iterator[Record | Problem]:
    labels = _labels(header)
    for number, cells in rows:
        raw = "\t".join(cells)
        if len(raw) > MAX_ROW_CHARACTERS:
            what = f"the row has more than {MAX_ROW_CHARACTERS:,} characters"
            yield Problem(path=path, line=number, what=what, fix="shorten it")
            continue
        padded = (*cells, *("" for _ in labels[len(cells) :]))
        yield _record(path, labels, number, padded, raw)


def _json_table(path: Path, lines: RowReader) -> Table:
    found = (_json_record(path, row) if not isinstance(row, Problem) else row for row in lines)
    first = next(found, None)
    if first is None:
        raise file_error(path, "the file is empty", "check the path")
    if isinstance(first, Problem):
        raise WordlistError([first])

    def records() -> Iterator[Record | Problem]:
        yield first
        yield from found

    return Table(columns=tuple(first.cells), records=records())


def _json_record(path: Path, row: Row) -> Record | Problem:
    text = row.raw.strip()
    if row.is_damaged or not text:
        return _record(path, (), row.line, (text,), row.raw, is_damaged=row.is_damaged)
    try:
        cells = _json_cells(text)
    # A deep nest ends in RecursionError, a number of 5,000 digits in ValueError.
    except (ValueError, RecursionError) as error:
        what = f"the line is not JSON that holds a row ({error})"
        return Problem(path=path, line=row.line, what=what, fix="write one object a line")
    return _record(path, tuple(cells), row.line, tuple(cells.values()), row.raw)


def _json_cells(text: str) -> dict[str, str]:
    """The values of an object as texts.

    Raises:
        ValueError: It is none, or not one that can be a row.
    """
    if text[0] not in '{"':
        raise ValueError("it is neither an object nor a string")
    value = json.loads(text, object_pairs_hook=_distinct)
    if isinstance(value, str):
        value = {TEXT_COLUMN: value}
    if len(value) > MAX_COLUMNS:
        raise ValueError(f"it has {len(value):,} keys, of which {MAX_COLUMNS} can be read")
    cells = {str(name): _json_text(each) for name, each in value.items()}
    if any(_SURROGATE.search(each) for pair in cells.items() for each in pair):
        raise ValueError("it has half of a surrogate pair")
    return cells


def _distinct(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _json_text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)
