"""CSV files that a spreadsheet can open and a program can read back without loss.

UTF-8, comma, RFC 4180 quoting, guarded cells (`results.cells`); each file is whole or not there.
"""

import csv
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import IO, Final

from results import cells
from results.columns import Column
from results.errors import JournalError
from results.rows import Row, Value

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it, Excel takes a UTF-8 file for one in the code page of the computer."""


@contextmanager
def whole(path: Path, *, excel: bool = False) -> Iterator[IO[str]]:
    """Write a text file beside its place and move it there when it is complete and on the disk.

    Args:
        path: Where it is to be.
        excel: Whether it is to begin with a byte order mark.
    """
    with (
        whole_path(path) as temporary,
        # Half an emoji can only reach JSON, inside a string, where this is its form.
        temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file,
    ):
        if excel:
            file.write(BYTE_ORDER_MARK)
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def whole_path(path: Path) -> Iterator[Path]:
    """Give a path beside a place; what is there at the end is moved to that place."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # temporary files are closed to others; results are shared
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_csv(
    file: IO[str], columns: Sequence[Column], rows: Iterable[Mapping[str, Value]]
) -> None:
    """Write a heading and rows, given by the names of the columns."""
    values = itemgetter(*(column.name for column in columns))
    write_values(file, columns, (list(values(row)) for row in rows))


def write_values(file: IO[str], columns: Sequence[Column], rows: Iterable[list[Value]]) -> None:
    """Write a heading and rows, given by their values in the order of the columns.

    The lists are written as they are, but for the guards; so they are changed.
    """
    # Most cells need no guard: numbers, times, closed lists. Those that do are told by their place.
    guarded = [
        (place, column.cell.is_optional)
        for place, column in enumerate(columns)
        if column.cell.is_guarded and not column.values
    ]
    # CR LF also makes the writer quote a lone CR in a text, which it does not after a bare LF.
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(_guard(row, guarded) for row in rows)


def _guard(values: list[Value], guarded: Sequence[tuple[int, bool]]) -> list[Value]:
    for place, is_optional in guarded:
        value = values[place]
        if not isinstance(value, str):
            continue
        if not value:
            values[place] = cells.GUARD if is_optional else ""
        elif value[0] in cells.GUARDED_STARTS or not value.isascii():
            values[place] = cells.guard(cells.encodable(value))
    return values


def read_csv(
    path: Path, columns: Sequence[Column], *, extra: Sequence[Column] = ()
) -> Iterator[Row]:
    """Read a file back, row by row.

    Args:
        path: The file.
        columns: The columns it must have, in order.
        extra: Columns that may follow them.

    Raises:
        JournalError: It has other columns, or is damaged.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            heading = next(reader, None)
            known = (
                (*columns, *extra)
                if heading == [column.name for column in (*columns, *extra)]
                else tuple(columns)
            )
            if heading != [column.name for column in known]:
                raise JournalError(
                    f"{path}:1: the columns are not those of this version of undelivered; export "
                    f"the run again"
                )
            for cells_of_row in reader:
                if len(cells_of_row) != len(known):
                    raise JournalError(
                        f"{path}:{reader.line_num}: {len(cells_of_row)} cells instead of "
                        f"{len(known)}; export the run again"
                    )
                yield Row(
                    {
                        column.name: _value(column, cell)
                        for column, cell in zip(known, cells_of_row, strict=True)
                    }
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JournalError(f"cannot read {path}: {error}") from error


def _value(column: Column, cell: str) -> Value:
    if column.cell.is_optional and not cell:
        return None
    return cells.unguard(cell) if column.cell.is_guarded else cell
