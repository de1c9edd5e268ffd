"""Reads a sheet of an XLSX workbook, row by row, and refuses those that are made to do harm.

A workbook is a ZIP archive of XML files, so a few kilobytes can unpack to gigabytes, and XML can
define entities that grow without bound. Both are refused before anything is unpacked.
"""

import datetime
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from xml.etree.ElementTree import ParseError

from wordlists.errors import file_error

MAX_UNPACKED_BYTES: Final = 100 * 1024 * 1024
MAX_FILES: Final = 1_000
MAX_RATIO: Final = 200
"""How many times smaller packing may make a file; text of people gets about 10 times smaller."""
_SMALL_BYTES: Final = 1024 * 1024
_WIDE_COLUMNS: Final = 1_000
_MAX_WIDE_ROWS: Final = 1_000
_HEAD_BYTES: Final = 4_096

_Rows = Iterator[tuple[int, tuple[str, ...]]]


@contextmanager
def read_sheet(
    file: BinaryIO, path: Path, *, sheet: str | None
) -> Iterator[tuple[tuple[str, ...], _Rows]]:
    """Open a sheet.

    Args:
        file: The workbook.
        path: Its path, for messages.
        sheet: The name of the sheet; the first one if None.

    Yields:
        The cells of its first row, and the rows below with their numbers, blank ones left out.

    Raises:
        WordlistError: It is no workbook, it could do harm, or the sheet is not there.
    """
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - an extra, and slow to import
    except ImportError as error:
        what = "openpyxl, which reads workbooks, is not installed"
        raise file_error(
            path, what, "pip install 'undelivered[xlsx]', or save it as CSV"
        ) from error
    _inspect(file, path)
    try:
        workbook = load_workbook(file, read_only=True, data_only=True, keep_links=False)
    except _BROKEN as error:
        raise file_error(path, f"this is no XLSX workbook ({error})", "save it again") from error
    try:
        names = [each.title for each in workbook.worksheets]
        if sheet is not None and sheet not in names:
            what = f"there is no sheet {sheet!r}"
            raise file_error(path, what, f"name one of {', '.join(map(repr, names))}")
        if not names:
            raise file_error(path, "the workbook has no sheet", "save it again")
        chosen = workbook[sheet or names[0]]
        # The size a sheet claims to have is what anybody wrote into it, and rows would be filled up
        # to it with empty cells.
        chosen.reset_dimensions()
        values = chosen.iter_rows(values_only=True)
        rows = _texts(path, values)
        header = next(rows, None)
        if header is None:
            raise file_error(path, "the sheet is empty", "name another one with --sheet")
        yield header[1], rows
    finally:
        workbook.close()


def _texts(path: Path, values: Iterator[tuple[object, ...]]) -> _Rows:
    number = wide = 0
    try:
        for number, row in enumerate(values, start=1):
            if len(row) > _WIDE_COLUMNS:
                wide += 1
                if wide > _MAX_WIDE_ROWS:
                    what = f"more than {_MAX_WIDE_ROWS:,} rows have over {_WIDE_COLUMNS:,} cells"
                    raise file_error(path, what, "delete the columns that are not needed")
            cells = [_text(value) for value in row]
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                yield number, tuple(cells)
    except _BROKEN as error:
        what = f"the sheet cannot be read below row {number} ({error})"
        raise file_error(path, what, "save the workbook again") from error


def _text(value: object) -> str:
    """Write a value of a cell as a person sees it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case float() if value.is_integer():
            return str(int(value))
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case _:
            return str(value).replace("\r\n", "\n").replace("\r", "\n")


def _inspect(file: BinaryIO, path: Path) -> None:
    """Judge an archive by its table of contents, which `zipfile` holds unpacking to."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            unpacked = sum(member.file_size for member in members)
            if len(members) > MAX_FILES or unpacked > MAX_UNPACKED_BYTES:
                what = f"it unpacks to {len(members):,} files of {unpacked / 1024**2:,.0f} MiB"
                raise file_error(path, what, "save it as CSV, which may be larger")
            for member in members:
                ratio = member.file_size / max(1, member.compress_size)
                if member.file_size > _SMALL_BYTES and ratio > MAX_RATIO:
                    what = f"{member.filename} in it is packed {ratio:,.0f} to 1, as no text is"
                    raise file_error(path, what, "do not open it; ask whoever sent it")
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as head:
                        if b"<!DOCTYPE" in head.read(_HEAD_BYTES):
                            what = f"{member.filename} in it defines XML entities"
                            raise file_error(path, what, "do not open it; ask whoever sent it")
    except _BROKEN as error:
        raise file_error(path, f"this is no XLSX workbook ({error})", "save it again") from error
    file.seek(0)


# What broken archives and broken XML make zipfile and openpyxl raise; openpyxl has no error of its
# own for most of it.
_BROKEN: Final = (
    *(zipfile.BadZipFile, ParseError, EOFError, NotImplementedError, RuntimeError),
    *(KeyError, ValueError, TypeError, IndexError, AttributeError, OverflowError),
)
