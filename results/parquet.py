"""Runs as Parquet: typed columns, for a team's analyses (extra ``parquet``).

Texts are not guarded, ids are lists, times are timestamps in UTC; names and meanings are those of
the CSV files, in the metadata of each column. Messages are written a piece at a time.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib.util import find_spec
from itertools import islice
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from results.aggregates import Period
from results.cells import encodable
from results.columns import (
    AGGREGATE_COLUMNS,
    COMBINATION_COLUMNS,
    VERDICT_COLUMNS,
    Cell,
    Column,
)
from results.csv_files import whole_path
from results.errors import JournalError
from results.export import message_columns, writing_to
from results.export_pass import ExportPass
from results.journal import Journal
from results.record import Run
from results.redaction import Redaction
from results.rows import Value
from results.scope import Scope

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE: Final = 20_000

Stored: TypeAlias = str | int | float | datetime | list[str] | None


def write_parquet(
    journal: Journal,
    runs: Sequence[Run],
    folder: Path,
    *,
    scope: Scope | None = None,
    redaction: Redaction | None = None,
    period: Period = Period.DAY,
) -> list[Path]:
    """Write runs as messages, verdicts, aggregates and combinations, each whole or not at all.

    Args:
        journal: Where the runs are.
        runs: The runs.
        folder: Where to write; made if need be.
        scope: Which of their attempts are wanted; all if left out.
        redaction: What is withheld; all that identifies if left out.
        period: How long a period of the aggregates is.

    Returns:
        The paths of the files.

    Raises:
        JournalError: pyarrow is not installed, or the folder cannot be written to.
    """
    if find_spec("pyarrow") is None:
        raise JournalError(
            "Parquet needs pyarrow, which is not installed: pip install 'undelivered[parquet]'"
        )
    passing = ExportPass(journal, runs, scope or Scope(), redaction or Redaction(), period)
    paths = []
    with writing_to(folder):
        for name, columns, rows in _tables(passing):
            paths.append(folder / f"{name}.parquet")
            _write(paths[-1], columns, rows)
    return paths


def _tables(
    passing: ExportPass,
) -> Iterator[tuple[str, Sequence[Column], Iterable[Sequence[Value]]]]:
    """Name, columns and rows of each table; messages first, since the attempts go by with them."""
    messages = map(passing.message, passing.attempts())
    yield "messages", message_columns(passing.redaction), messages
    for name, columns, rows in (
        ("verdicts", VERDICT_COLUMNS, passing.verdicts()),
        ("aggregates", AGGREGATE_COLUMNS, passing.aggregates()),
        ("combinations", COMBINATION_COLUMNS, passing.combinations()),
    ):
        yield name, columns, map(itemgetter(*(column.name for column in columns)), rows)


def _write(path: Path, columns: Sequence[Column], rows: Iterable[Sequence[Value]]) -> None:
    from pyarrow import parquet  # noqa: PLC0415 - an extra, and slow to load

    schema = _schema(columns)
    left = iter(rows)
    with whole_path(path) as temporary, parquet.ParquetWriter(temporary, schema) as writer:
        while piece := list(islice(left, _AT_ONCE)):
            writer.write_table(_table(columns, piece, schema))


def _schema(columns: Sequence[Column]) -> "pa.Schema":
    import pyarrow as pa  # noqa: PLC0415

    types: dict[Cell, pa.DataType] = {
        Cell.INTEGER: pa.int64(),
        Cell.NUMBER: pa.float64(),
        Cell.TIME: pa.timestamp("us", tz="UTC"),
        Cell.OPTIONAL_TIME: pa.timestamp("us", tz="UTC"),
        Cell.IDS: pa.list_(pa.string()),
    }
    return pa.schema(
        [
            pa.field(
                column.name,
                types.get(column.cell, pa.string()),
                metadata={"meaning": column.meaning, "unit": column.unit},
            )
            for column in columns
        ]
    )


def _table(
    columns: Sequence[Column], rows: Sequence[Sequence[Value]], schema: "pa.Schema"
) -> "pa.Table":
    import pyarrow as pa  # noqa: PLC0415

    values = zip(*rows, strict=True)
    return pa.table(
        {
            column.name: [_stored(column.cell, value) for value in of_column]
            for column, of_column in zip(columns, values, strict=True)
        },
        schema=schema,
    )


def _stored(cell: Cell, value: Value) -> Stored:
    if value is None:
        return None
    match cell:
        case Cell.INTEGER | Cell.NUMBER:
            return value
        case Cell.TIME | Cell.OPTIONAL_TIME:
            return datetime.fromisoformat(str(value))
        case Cell.IDS:
            return encodable(str(value)).split()
        case _:
            return encodable(str(value))
