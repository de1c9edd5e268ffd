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
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from results import migrations
from results.errors import JournalError
from results.lock import WriterLock
from results.record import ArrivalRecord, Attempt, EntryRecord, Run, Verdict
from results.rows import (
    Row,
    Value,
    arrival_of,
    arrival_row,
    attempt_of,
    attempt_row,
    observation_row,
    optional_time_text,
    time_text,
    verdict_of,
    verdict_row,
)

LATEST: Final = "latest"

_INSERT_ATTEMPT: Final = """
    INSERT INTO attempts (
        id, run_id, seq, lane, lane_seq, sender, receiver,
        app, app_version, chat, sender_region, receiver_region,
        kind, entries, text, created_at,
        sent_at, sender_state, own_text, notice, arrived_text, read_mode, arrived_at, gone_at,
        observed_until, fault, fault_detail
    ) VALUES (
        :id, :run_id, :seq, :lane, :lane_seq, :sender, :receiver,
        :app, :app_version, :chat, :sender_region, :receiver_region,
        :kind, :entries, :text, :created_at,
        :sent_at, :sender_state, :own_text, :notice, :arrived_text, :read_mode,
        :arrived_at, :gone_at, :observed_until, :fault, :fault_detail)"""

_UPDATE_ATTEMPT: Final = """
    UPDATE attempts SET
        sent_at = :sent_at, sender_state = :sender_state, own_text = :own_text, notice = :notice,
        arrived_text = :arrived_text, read_mode = :read_mode,
        arrived_at = :arrived_at, gone_at = :gone_at,
        observed_until = :observed_until, fault = :fault, fault_detail = :fault_detail
    WHERE id = :id"""

_UPSERT_ARRIVAL: Final = """
    INSERT INTO arrivals (run_id, lane, place, text, seen_at, attempt_id, read_mode)
    VALUES (:run_id, :lane, :place, :text, :seen_at, :attempt_id, :read_mode)
    ON CONFLICT (run_id, lane, place) DO UPDATE SET
        text = excluded.text, seen_at = excluded.seen_at, attempt_id = excluded.attempt_id,
        read_mode = excluded.read_mode"""

_INSERT_VERDICT: Final = """
    INSERT INTO verdicts VALUES (
        :run_id, :place, :entry_id, :app, :app_version, :chat, :sender_region, :receiver_region,
        :verdict, :probability, :probability_low, :probability_high,
        :blocked, :delivered, :void, :unknown, :attempts, :rule_id, :rules_version)"""


class Journal:
    """An open journal; a context manager, and safe to share between threads.

    One process at a time can write a journal; any number can read it.

    Attributes:
        path: The SQLite file.
        read_only: Whether it was opened for reading only.
    """

    def __init__(
        self, path: Path, connection: sqlite3.Connection, writer: WriterLock | None
    ) -> None:
        self.path = path
        self.read_only = writer is None
        self._connection = connection
        self._writer = writer
        self._threads = threading.RLock()

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
                _stored(row),
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
                _stored(row),
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
                map(_stored, rows),
            )

    def begin_attempt(self, attempt: Attempt) -> None:
        """Record an attempt; on the disk when this returns, so that send can be tapped.

        Raises:
            JournalError: Its id or place is taken, its run is unknown, or the disk refuses: then
                send must not be tapped.
        """
        with self._transaction(f"attempt {attempt.id!r}") as connection:
            connection.execute(_INSERT_ATTEMPT, _stored(attempt_row(attempt)))

    def update_attempt(self, attempt: Attempt) -> None:
        """Record what has been observed of an attempt; what was sent stays as it was begun.

        Raises:
            JournalError: The attempt was never begun, or the disk refuses.
        """
        row = {"id": attempt.id, **observation_row(attempt)}
        with self._transaction(f"attempt {attempt.id!r}") as connection:
            if not connection.execute(_UPDATE_ATTEMPT, _stored(row)).rowcount:
                raise JournalError(
                    f"{self.path} has no attempt {attempt.id!r}; begin it before observing it"
                )

    def add_arrivals(self, arrivals: Sequence[ArrivalRecord]) -> None:
        """Record texts seen at receivers, all or none; one at the same place is replaced.

        Raises:
            JournalError: A run or an attempt is unknown, or the disk refuses.
        """
        with self._transaction(f"{len(arrivals)} arrivals") as connection:
            connection.executemany(
                _UPSERT_ARRIVAL, (_stored(arrival_row(arrival)) for arrival in arrivals)
            )

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
            connection.execute("DELETE FROM verdicts WHERE run_id = ?", (_stored_value(run_id),))
            connection.executemany(_INSERT_VERDICT, map(_stored, rows))

    # -- reading ----------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        """List all runs, the newest first."""
        return [
            _run(row) for row in self._rows("SELECT * FROM runs ORDER BY started_at DESC, id DESC")
        ]

    def run(self, run_id: str) -> Run:
        """Find a run by its id, by the beginning of its id, or as ``latest``.

        Raises:
            JournalError: There is no such run, or the beginning fits several.
        """
        runs = self.runs()
        if run_id == LATEST and runs:
            return runs[0]
        exact = [run for run in runs if run.id == run_id]
        found = exact or [run for run in runs if run_id and run.id.startswith(run_id)]
        if len(found) == 1:
            return found[0]
        if found:
            raise JournalError(
                f"{run_id!r} could be {_named(found)} in {self.path}; give more of the id"
            )
        if not runs:
            raise JournalError(f"{self.path} holds no runs yet; run `pytest probes` first")
        raise JournalError(
            f"{self.path} has no run {run_id!r}; it has {_named(runs)}; give one of them, the "
            f"beginning of one, or {LATEST!r}"
        )

    def entries(self, run_id: str) -> list[EntryRecord]:
        """List the entries of a run, in the order they were added."""
        rows = self._rows(
            "SELECT * FROM entries WHERE run_id = :run_id ORDER BY rowid", run_id=run_id
        )
        return [
            EntryRecord(
                id=row.text("id"),
                components=tuple(map(str, json.loads(row.text("components")))),
                language=row.text("language"),
                category=row.text("category"),
                wordlist=row.text("wordlist"),
                source=row.text("source"),
            )
            for row in rows
        ]

    def attempts(self, run_id: str, lane: str | None = None) -> list[Attempt]:
        """List the attempts of a run, or of one lane of it, in the order they were begun."""
        rows = self._rows(
            "SELECT * FROM attempts WHERE run_id = :run_id AND (:lane IS NULL OR lane = :lane) "
            "ORDER BY seq",
            run_id=run_id,
            lane=lane,
        )
        return [attempt_of(row) for row in rows]

    def count_attempts(self, run_id: str) -> int:
        """Count the attempts of a run."""
        sql = "SELECT count(*) AS attempts FROM attempts WHERE run_id = :run_id"
        return self._rows(sql, run_id=run_id)[0].integer("attempts")

    def arrivals(self, run_id: str, lane: str | None = None) -> list[ArrivalRecord]:
        """List the texts seen in a run, or on one lane of it, in order of arrival."""
        rows = self._rows(
            "SELECT * FROM arrivals WHERE run_id = :run_id AND (:lane IS NULL OR lane = :lane) "
            "ORDER BY lane, place",
            run_id=run_id,
            lane=lane,
        )
        return [arrival_of(row) for row in rows]

    def verdicts(self, run_id: str) -> list[Verdict]:
        """List what a run last said of its entries, in the order it said it."""
        rows = self._rows(
            "SELECT * FROM verdicts WHERE run_id = :run_id ORDER BY place", run_id=run_id
        )
        return [verdict_of(row) for row in rows]

    def sent_between(self, account: str, start: datetime, end: datetime) -> int:
        """Count what an account sent in ``start <= created_at < end``, over all runs.

        An attempt that may have been tapped counts, whatever became of it: a daily budget must hold
        even when the run was killed. Only those stopped before the tap do not.
        """
        rows = self._rows(
            "SELECT count(*) AS sent FROM attempts WHERE sender = :account "
            "AND created_at >= :start AND created_at < :end "
            "AND NOT (sent_at IS NULL AND fault IS NOT NULL "
            "AND fault IN ('input_mismatch', 'wrong_chat'))",
            account=account,
            start=time_text(start),
            end=time_text(end),
        )
        return rows[0].integer("sent")

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

    def _rows(self, sql: str, **parameters: Value) -> list[Row]:
        with self._threads:
            try:
                rows = self._connection.execute(sql, _stored(parameters)).fetchall()
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
        return [Row({name: _loaded(value) for name, value in dict(row).items()}) for row in rows]


def _prepare(connection: sqlite3.Connection, path: Path, *, read_only: bool) -> None:
    connection.row_factory = sqlite3.Row
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


def explained(error: sqlite3.Error, path: Path, what: str | None = None) -> JournalError:
    """Say what a database error means for a journal, and what to do.

    Args:
        error: As SQLite raised it.
        path: The journal.
        what: What was being written, if anything.
    """
    # The low byte is the primary result code; the rest only says where it came from.
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    doing = f"{path}: {what} could not be written: " if what else f"{path}: "
    meaning = {
        sqlite3.SQLITE_NOTADB: "it is not a journal; give the path of one, or of a new file",
        sqlite3.SQLITE_CORRUPT: "the file is damaged; keep it, and start with a new path",
        sqlite3.SQLITE_READONLY: "it is read-only; change its permissions, or give another path",
        sqlite3.SQLITE_PERM: "access is denied; change its permissions, or give another path",
        sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check that it is a file in a folder that "
        "can be written, or give another path",
        sqlite3.SQLITE_BUSY: "another program holds it locked; close that program and try again",
        sqlite3.SQLITE_FULL: "the disk is full; make room, then resume the run",
        sqlite3.SQLITE_IOERR: "the disk failed; check it, then resume the run",
        sqlite3.SQLITE_CONSTRAINT: "it contradicts what is already there, or belongs to a run, "
        "entry or attempt that is not",
    }.get(code)
    if meaning is None:
        return JournalError(f"{doing}{error}")
    return JournalError(f"{doing}{meaning} ({error})")


def _run(row: Row) -> Run:
    settings: Mapping[str, str] = json.loads(row.text("settings"))
    return Run(
        id=row.text("id"),
        started_at=row.time("started_at"),
        finished_at=row.optional_time("finished_at"),
        stopped=row.optional_text("stopped"),
        testbed=row.text("testbed"),
        strategy=row.text("strategy"),
        seed=row.integer("seed"),
        settings=dict(settings),
    )


def _named(runs: Iterable[Run], most: int = 10) -> str:
    ids = [run.id for run in runs]
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more


def _json(value: Mapping[str, str] | Sequence[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _stored(row: Mapping[str, Value]) -> dict[str, Value | bytes]:
    return {name: _stored_value(value) for name, value in row.items()}


def _stored_value(value: Value) -> Value | bytes:
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError:
            return value.encode("utf-8", "surrogatepass")
    return value


def _loaded(value: Value | bytes) -> Value:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value
