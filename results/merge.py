"""Journals of several hosts, put together into one.

A run is taken over whole, or not at all. One that is there already is passed over if it is the
same; if either journal has gone on with it (it was resumed), the longer one is kept. What was sent
never differs between two copies of one run: where it does, the journals contradict each other, and
nothing is taken over.

Verdicts, comparisons and changes come with the run that said them. Alerts do not: who has to be
told is a matter of the host that found the change.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from results.errors import JournalError, explained
from results.journal import Journal
from results.stored_values import loaded

_SOURCE: Final = "source"
# In this order, each row's references are there before it.
_TABLES: Final = (
    "runs",
    "entries",
    "attempts",
    "arrivals",
    "sightings",
    "cursors",
    "verdicts",
    "comparisons",
    "changes",
)
_AS_SENT: Final = (
    "id, seq, lane, lane_seq, sender, receiver, app, app_version, chat, sender_region, "
    "receiver_region, kind, entries, text, created_at"
)
_AS_BEGUN: Final = "id, started_at, testbed, strategy, seed, settings"
_OBSERVED: Final = ("attempts", "arrivals", "sightings")


class Taken(StrEnum):
    """What became of a run of another journal."""

    ADDED = "added"
    CONTINUED = "continued"  # the other journal had more of it
    KNOWN = "known already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of a run.

    Attributes:
        source: The journal it came from.
        run_id: The run.
        taken: What became of it.
    """

    source: Path
    run_id: str
    taken: Taken


def merge(target: Path, sources: Sequence[Path]) -> list[Merged]:
    """Take over the runs of other journals, all of them or, if anything contradicts, none.

    Args:
        target: The journal that takes them; made if need be.
        sources: The others; nobody may be writing them. One of an older version is brought up to
            date.

    Returns:
        What became of each run, in the order of the sources.

    Raises:
        JournalError: One cannot be read or is being written, or two contradict each other.
    """
    for source in sources:
        if not source.exists():
            raise JournalError(f"there is no journal at {source}; give the path of one")
        if target.exists() and source.samefile(target):
            raise JournalError(f"{source} cannot be merged into itself; name the others")
    merged: list[Merged] = []
    with ExitStack() as opened:
        opened.enter_context(Journal.open(target))  # holds its lock
        for source in sources:
            opened.enter_context(Journal.open(source))
        with _transaction(target, sources) as connection:
            for number, source in enumerate(sources):
                merged += _merge(connection, f"{_SOURCE}{number}", source)
    return merged


@contextmanager
def _transaction(target: Path, sources: Sequence[Path]) -> Iterator[sqlite3.Connection]:
    path = target
    try:
        connection = sqlite3.connect(
            f"{target.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None
        )
        try:
            most = connection.getlimit(sqlite3.SQLITE_LIMIT_ATTACHED)
            if len(sources) > most:
                raise JournalError(
                    f"{len(sources)} journals are too many for one transaction of SQLite, which "
                    f"takes {most}; merge them in several commands"
                )
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA synchronous = FULL")
            for number, source in enumerate(sources):
                path = source
                uri = f"{source.absolute().as_uri()}?mode=ro"
                connection.execute(f"ATTACH ? AS {_SOURCE}{number}", (uri,))
            path = target
            connection.execute("BEGIN IMMEDIATE")
            # A run is taken away and put back: its alerts, which stay, point to it meanwhile.
            connection.execute("PRAGMA defer_foreign_keys = ON")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()  # takes back what was not committed
    except sqlite3.Error as error:
        raise explained(error, path, "what other journals hold") from error


def _merge(connection: sqlite3.Connection, schema: str, source: Path) -> Iterator[Merged]:
    runs = connection.execute(f"SELECT id FROM {schema}.runs ORDER BY started_at, id").fetchall()  # noqa: S608 - names of ours
    for (run_id,) in runs:
        taken = _standing(connection, schema, run_id, source)
        if taken is Taken.CONTINUED:
            for table in reversed(_TABLES):
                key = "id" if table == "runs" else "run_id"
                connection.execute(f"DELETE FROM main.{table} WHERE {key} = ?", (run_id,))  # noqa: S608 - names of ours
        if taken is not Taken.KNOWN:
            _copy(connection, schema, run_id, source)
        yield Merged(source=source, run_id=str(run_id), taken=taken)


def _standing(connection: sqlite3.Connection, schema: str, run_id: str, source: Path) -> Taken:
    """What of a run is there already.

    Raises:
        JournalError: The two copies contradict each other.
    """

    def rows(where: str, columns: str, table: str) -> list[tuple[object, ...]]:
        key, order = ("id", "id") if table == "runs" else ("run_id", "seq")
        sql = f"SELECT {columns} FROM {where}.{table} WHERE {key} = ? ORDER BY {order}"  # noqa: S608 - names of ours
        return connection.execute(sql, (run_id,)).fetchall()

    ours, theirs = rows("main", _AS_BEGUN, "runs"), rows(schema, _AS_BEGUN, "runs")
    if not ours:
        return Taken.ADDED
    if ours != theirs:
        raise _contradiction(source, f"run {run_id!r} was begun differently (id, time or settings)")
    mine, other = rows("main", _AS_SENT, "attempts"), rows(schema, _AS_SENT, "attempts")
    for one, two in zip(mine, other, strict=False):
        if one != two:
            raise _contradiction(source, f"attempt {_id_of(one)!r} was sent differently")
    if len(mine) != len(other):
        return Taken.CONTINUED if len(other) > len(mine) else Taken.KNOWN
    ended = [rows(where, "finished_at", "runs")[0][0] for where in ("main", schema)]
    if ended[0] != ended[1]:
        # As many messages, but one copy was taken before the run had ended, or ended anew.
        return Taken.CONTINUED if str(ended[1] or "") > str(ended[0] or "") else Taken.KNOWN
    for table in _OBSERVED:
        difference = connection.execute(
            f"SELECT count(*) FROM (SELECT * FROM main.{table} WHERE run_id = :run "  # noqa: S608 - names of ours
            f"EXCEPT SELECT * FROM {schema}.{table} WHERE run_id = :run)",
            {"run": run_id},
        ).fetchone()
        if difference[0]:
            raise _contradiction(source, f"run {run_id!r} has other {table} of the same messages")
    return Taken.KNOWN


def _id_of(row: tuple[object, ...]) -> str:
    return str(loaded(row[0])) if isinstance(row[0], bytes | str) else str(row[0])


def _copy(connection: sqlite3.Connection, schema: str, run_id: str, source: Path) -> None:
    for table in _TABLES:
        names = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
        columns = ", ".join(names)
        key = "id" if table == "runs" else "run_id"
        try:
            connection.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM {schema}.{table} "  # noqa: S608 - names of ours
                f"WHERE {key} = ? ORDER BY rowid",
                (run_id,),
            )
        except sqlite3.IntegrityError as error:
            raise _contradiction(
                source, f"of run {run_id!r}, {table} belong to another run here ({error})"
            ) from error


def _contradiction(source: Path, what: str) -> JournalError:
    return JournalError(
        f"{source} contradicts what is here: {what}. Nothing was taken over; find out which copy "
        "is right, and leave the other one out"
    )
