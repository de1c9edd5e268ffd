"""The journal: every run, attempt and arrival in one SQLite file that survives ``kill -9``.

Each method is one transaction, on the disk when it returns (write-ahead log,
``synchronous=FULL``). So the row of an attempt, begun before the tap on send, is there whatever
happens after the tap.

Texts come back exactly as they went in, NUL and every other code point included. A text with half
an emoji (a lone surrogate, as an app that truncates may leave) has no UTF-8 form; its column then
holds a BLOB of its UTF-8 bytes with the surrogate encoded like any other code point. Refusing it
would lose an observation.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from results import migrations
from results.change_record import Alert, ComparisonRecord, change_row
from results.errors import JournalError, explained
from results.journal_reader import LATEST, JournalReader
from results.lock import WriterLock
from results.record import (
    ArrivalRecord,
    Attempt,
    Cursor,
    EntryRecord,
    Run,
    Sighting,
    Verdict,
)
from results.rows import (
    Value,
    arrival_row,
    attempt_row,
    observation_row,
    optional_time_text,
    sighting_row,
    time_text,
    verdict_row,
)
from results.statements import (
    INSERT_ALERT,
    INSERT_ATTEMPT,
    INSERT_CHANGE,
    INSERT_COMPARISON,
    INSERT_VERDICT,
    MARK_ALERT,
    UPDATE_ATTEMPT,
    UPSERT_ARRIVAL,
    UPSERT_CURSOR,
    UPSERT_SIGHTING,
)
from results.stored_values import stored, stored_value

__all__ = ["LATEST", "Journal"]


class Journal(JournalReader):
    """An open journal; a context manager, and safe to share between threads.

    One process at a time can write a journal; any number can read it.

    Attributes:
        path: The SQLite file.
        read_only: Whether it was opened for reading only.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, writer: WriterLock | None
    ) -> None:
        super().__init__(path, connection)
        self.read_only = writer is None
        self._writer = writer

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> Self:
        """Open a journal; a new one is made unless it is only to be read.

        Raises:
            JournalError: There is none to read, another process writes it, it is no journal, it is
                of a newer version, or the disk refuses.
        """
        if read_only and not path.exists():
            raise JournalError(
                f"there is no journal at {path}; run `pytest probes` first, or give the path of one"
            )
        writer = None
        if not read_only:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise JournalError(
                    f"cannot make the folder {path.parent} for the journal ({error.strerror}); "
                    f"give another path"
                ) from error
            writer = WriterLock(path)
        connection = None
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rwc'}",
                uri=True,
                isolation_level=None,
                check_same_thread=False,
            )
            _prepare(connection, path, read_only=read_only)
        except BaseException as error:
            if connection is not None:
                connection.close()
            if writer is not None:
                writer.release()
            if isinstance(error, sqlite3.Error):
                raise explained(error, path) from error
            raise
        return cls(path, connection, writer)

    def close(self) -> None:
        """Close the file and let the next writer in; harmless when repeated."""
        with self._threads:
            self._connection.close()
            if self._writer is not None:
                self._writer.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # -- writing ----------------------------------------------------------------------------------

    def start_run(self, run: Run) -> None:
        """Record a new run.

        Raises:
            JournalError: There is a run with that id already, or the disk refuses.
        """
        row: dict[str, Value] = {
            "id": run.id,
            "started_at": time_text(run.started_at),
            "finished_at": optional_time_text(run.finished_at),
            "stopped": run.stopped,
            "testbed": run.testbed,
            "strategy": run.strategy,
            "seed": str(run.seed),  # as text: a seed may be wider than SQLite's 64 bits
            "settings": _json(run.settings),
        }
        with self._transaction(f"run {run.id!r}") as connection:
            connection.execute(
                "INSERT INTO runs VALUES (:id, :started_at, :finished_at, :stopped, :testbed, "
                ":strategy, :seed, :settings)",
                stored(row),
            )

    def finish_run(self, run_id: str, finished_at: datetime, stopped: str | None) -> None:
        """Record the end of a run, and in words why it came early (``None``: it did not).

        Raises:
            JournalError: There is no such run, or the disk refuses.
        """
        self._end_run(run_id, time_text(finished_at), stopped)

    def reopen_run(self, run_id: str) -> None:
        """Take back the end of a run, to resume it.

        Raises:
            JournalError: There is no such run, or the disk refuses.
        """
        self._end_run(run_id, None, None)

    def _end_run(self, run_id: str, finished_at: str | None, stopped: str | None) -> None:
        row: dict[str, Value] = {"id": run_id, "finished_at": finished_at, "stopped": stopped}
        with self._transaction(f"run {run_id!r}") as connection:
            changed = connection.execute(
                "UPDATE runs SET finished_at = :finished_at, stopped = :stopped WHERE id = :id",
                stored(row),
            ).rowcount
            if not changed:
                raise JournalError(f"{self.path} has no run {run_id!r}; start it first")

    def add_entries(self, run_id: str, entries: Sequence[EntryRecord]) -> None:
        """Record the entries of a run; those it has already stay as they are.

        Raises:
            JournalError: There is no such run, or the disk refuses.
        """
        rows: list[dict[str, Value]] = [
            {
                "run_id": run_id,
                "id": entry.id,
                "components": _json(entry.components),
                "language": entry.language,
                "category": entry.category,
                "wordlist": entry.wordlist,
                "source": entry.source,
            }
            for entry in entries
        ]
        with self._transaction(f"the entries of run {run_id!r}") as connection:
            connection.executemany(
                "INSERT INTO entries VALUES (:run_id, :id, :components, :language, :category, "
                ":wordlist, :source) ON CONFLICT (run_id, id) DO NOTHING",
                map(stored, rows),
            )

    def begin_attempt(
        self,
        attempt: Attempt,
        observed: Sequence[Attempt] = (),
        arrivals: Sequence[ArrivalRecord] = (),
        cursor: Cursor | None = None,
    ) -> None:
        """Record an attempt; on the disk when this returns, so that send can be tapped.

        Args:
            attempt: The attempt.
            observed: Earlier attempts of which more is known, as for `observe`; all or none.
            arrivals: Likewise.
            cursor: Likewise.

        Raises:
            JournalError: Its id or place is taken, its run is unknown, or the disk refuses: then
                send must not be tapped.
        """
        with self._transaction(f"attempt {attempt.id!r}") as connection:
            self._observe(connection, observed, arrivals, cursor)
            connection.execute(INSERT_ATTEMPT, stored(attempt_row(attempt)))

    def observe(
        self,
        attempts: Sequence[Attempt],
        arrivals: Sequence[ArrivalRecord] = (),
        cursor: Cursor | None = None,
    ) -> None:
        """Record what has been observed, all or none of it.

        Args:
            attempts: Attempts of which more is known; what was sent stays as it was begun.
            arrivals: Texts seen at receivers; one at the same place is replaced.
            cursor: Where the inbox that gave the arrivals goes on.

        Raises:
            JournalError: An attempt was never begun, a run is unknown, or the disk refuses.
        """
        named = (*(f"attempt {each.id!r}" for each in attempts), f"{len(arrivals)} arrivals")
        with self._transaction(", ".join(named)) as connection:
            self._observe(connection, attempts, arrivals, cursor)

    def record_sightings(
        self,
        sightings: Sequence[Sighting],
        arrivals: Sequence[ArrivalRecord] = (),
        cursor: Cursor | None = None,
    ) -> None:
        """Record what an observer has seen, all or none of it.

        Args:
            sightings: What it saw of attempts, in place of what it had seen of them.
            arrivals: Texts it saw.
            cursor: Where it goes on, if it is an inbox.

        Raises:
            JournalError: An attempt was never begun, or the disk refuses.
        """
        with self._transaction(f"{len(sightings)} sightings") as connection:
            self._observe(connection, (), arrivals, cursor)
            connection.executemany(
                UPSERT_SIGHTING, (stored(sighting_row(each)) for each in sightings)
            )

    def _observe(
        self,
        connection: sqlite3.Connection,
        attempts: Sequence[Attempt],
        arrivals: Sequence[ArrivalRecord],
        cursor: Cursor | None,
    ) -> None:
        for attempt in attempts:
            row = {"id": attempt.id, **observation_row(attempt)}
            if not connection.execute(UPDATE_ATTEMPT, stored(row)).rowcount:
                raise JournalError(
                    f"{self.path} has no attempt {attempt.id!r}; begin it before observing it"
                )
        connection.executemany(
            UPSERT_ARRIVAL, (stored(arrival_row(arrival)) for arrival in arrivals)
        )
        if cursor is not None:
            row = {"run_id": cursor.run_id, "receiver": cursor.receiver, "cursor": cursor.cursor}
            connection.execute(UPSERT_CURSOR, stored(row))

    def save_verdicts(self, run_id: str, verdicts: Sequence[Verdict]) -> None:
        """Record what a run says of its entries, in place of what it said before.

        Raises:
            JournalError: An entry was not added to the run, or the disk refuses.
        """
        rows = [
            {"run_id": run_id, "place": place, **verdict_row(verdict)}
            for place, verdict in enumerate(verdicts)
        ]
        with self._transaction(f"the verdicts of run {run_id!r}") as connection:
            connection.execute("DELETE FROM verdicts WHERE run_id = ?", (stored_value(run_id),))
            connection.executemany(INSERT_VERDICT, map(stored, rows))

    def save_comparison(self, record: ComparisonRecord, channels: Sequence[str] = ()) -> None:
        """Record what a run was compared with and what changed, in place of an earlier record.

        Args:
            record: The comparison.
            channels: Who has to be told of each change, once; what they were told stays told.

        Raises:
            JournalError: There is no such run, or the disk refuses.
        """
        row = {"run_id": record.run_id, "baseline": record.baseline}
        rows = [change_row(each) for each in record.changes]
        with self._transaction(f"what changed in run {record.run_id!r}") as connection:
            connection.execute(INSERT_COMPARISON, stored(row))
            connection.execute(
                "DELETE FROM changes WHERE run_id = ?", (stored_value(record.run_id),)
            )
            connection.executemany(INSERT_CHANGE, map(stored, rows))
            connection.executemany(
                INSERT_ALERT,
                (stored({"channel": channel, **each}) for channel in channels for each in rows),
            )

    def mark_delivered(self, alerts: Sequence[Alert], at: datetime) -> None:
        """Record that alerts were delivered.

        Raises:
            JournalError: The disk refuses.
        """
        with self._transaction(f"that {len(alerts)} alerts were delivered") as connection:
            connection.executemany(
                MARK_ALERT,
                (
                    stored(
                        {
                            "channel": each.channel,
                            "delivered_at": time_text(at),
                            **change_row(each.change),
                        }
                    )
                    for each in alerts
                ),
            )

    # -- the connection ---------------------------------------------------------------------------

    @contextmanager
    def _transaction(self, what: str) -> Iterator[sqlite3.Connection]:
        with self._threads:
            if self.read_only:
                raise JournalError(
                    f"{self.path} was opened for reading only; {what} cannot be written"
                )
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    # Some errors (a full disk) end the transaction by themselves.
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise explained(error, self.path, what) from error


def _prepare(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    connection.execute("PRAGMA foreign_keys = ON")
    if not read_only:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        migrations.migrate(connection, path)
        return
    done = migrations.applied(connection, path)
    migrations.check(done, path)
    if len(done) < len(migrations.MIGRATIONS):
        raise JournalError(
            f"{path} is empty or was written by an older version of undelivered; a run that writes "
            f"to it brings it up to date"
        )


def _json(value: Mapping[str, str] | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False)
