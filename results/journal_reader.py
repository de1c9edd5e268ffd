"""Reading the journal: what runs, attempts, arrivals and verdicts it holds."""

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from results.attempt_rows import AttemptRow
from results.change_record import Alert, ChangeRecord, change_of
from results.errors import JournalError, explained
from results.record import ArrivalRecord, Attempt, EntryRecord, Run, Sighting, Verdict
from results.rows import (
    Row,
    Value,
    arrival_of,
    attempt_of,
    sighting_of,
    time_text,
    verdict_of,
)
from results.statements import SELECT_ARRIVALS, SELECT_PAGE
from results.stored_values import loaded, stored

LATEST: Final = "latest"


class JournalReader:
    """What can be asked of an open journal; each answer is of one moment.

    Attributes:
        path: The SQLite file.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._threads = threading.RLock()

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

    def attempt_rows(self, run_id: str, page: int = 2_000) -> Iterator[AttemptRow]:
        """Give the attempts of a run as rows of stored values, in the order they were begun.

        They are read in pages, so that a run of a million attempts takes no more memory than one of
        a thousand, and other threads can use the journal in between.

        Args:
            run_id: The run.
            page: How many rows are read at once.
        """
        last = -1
        while True:
            rows = self._pages(SELECT_PAGE, {"run_id": run_id, "last": last, "page": page})
            yield from rows
            if len(rows) < page:
                return
            last = rows[-1].seq

    def reordering_lanes(self, run_id: str) -> frozenset[str]:
        """Name the lanes of a run on which a message overtook another.

        It is what `results.bracketing.has_reordered` tells of each: times are stored as text that
        is in the order of time, and a lane's messages are numbered in the order of sending.
        """
        latest: dict[Value, str] = {}
        reordering: set[Value] = set()
        with self._threads:
            try:
                for lane, arrived_at in self._connection.execute(
                    SELECT_ARRIVALS, stored({"run_id": run_id})
                ):
                    if arrived_at < latest.get(lane, ""):
                        reordering.add(lane)
                    latest[lane] = arrived_at
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
        return frozenset(str(loaded(lane)) for lane in reordering)

    def count_attempts(self, run_id: str) -> int:
        """Count the attempts of a run."""
        sql = "SELECT count(*) AS attempts FROM attempts WHERE run_id = :run_id"
        return self._rows(sql, run_id=run_id)[0].integer("attempts")

    def arrivals(
        self, run_id: str, lane: str | None = None, observer: str = ""
    ) -> list[ArrivalRecord]:
        """List the texts seen in a run, in order of arrival.

        Args:
            run_id: The run.
            lane: On which lane; on all of them if left out.
            observer: Which observer saw them; the lanes' own receivers if left out.
        """
        rows = self._rows(
            "SELECT * FROM arrivals WHERE run_id = :run_id AND receiver = :observer "
            "AND (:lane IS NULL OR lane = :lane) ORDER BY lane, place",
            run_id=run_id,
            lane=lane,
            observer=observer,
        )
        return [arrival_of(row) for row in rows]

    def sightings(self, run_id: str) -> list[Sighting]:
        """List what observers saw in a run, by observer, in the order of sending."""
        rows = self._rows(
            "SELECT sightings.* FROM sightings JOIN attempts ON attempts.id = attempt_id "
            "WHERE sightings.run_id = :run_id ORDER BY observer, seq",
            run_id=run_id,
        )
        return [sighting_of(row) for row in rows]

    def cursor(self, run_id: str, receiver: str) -> str | None:
        """Give where an inbox goes on in a run; ``None`` if it has not begun in it."""
        rows = self._rows(
            "SELECT cursor FROM cursors WHERE run_id = :run_id AND receiver = :receiver",
            run_id=run_id,
            receiver=receiver,
        )
        return rows[0].text("cursor") if rows else None

    def verdicts(self, run_id: str) -> list[Verdict]:
        """List what a run last said of its entries, in the order it said it."""
        return [verdict_of(row) for row in self.verdict_rows(run_id)]

    def verdict_rows(self, run_id: str, page: int = 2_000) -> Iterator[Row]:
        """Give the same as rows of stored values, read in pages like `attempt_rows`.

        Args:
            run_id: The run.
            page: How many rows are read at once.
        """
        last = -1
        while True:
            rows = self._rows(
                "SELECT * FROM verdicts WHERE run_id = :run_id AND place > :last "
                "ORDER BY place LIMIT :page",
                run_id=run_id,
                last=last,
                page=page,
            )
            yield from rows
            if len(rows) < page:
                return
            last = rows[-1].integer("place")

    def comparisons(self) -> Mapping[str, str]:
        """Give the runs that were compared, each with the run it was compared with."""
        rows = self._rows("SELECT * FROM comparisons")
        return {row.text("run_id"): row.text("baseline") for row in rows}

    def changes(self, run_id: str) -> list[ChangeRecord]:
        """List what a run called changed."""
        rows = self._rows("SELECT * FROM changes WHERE run_id = :run_id", run_id=run_id)
        return [change_of(row) for row in rows]

    def alerts(self) -> list[Alert]:
        """List what has still to be told, the oldest run's changes first."""
        rows = self._rows(
            "SELECT alerts.* FROM alerts JOIN runs ON runs.id = run_id "
            "WHERE delivered_at IS NULL ORDER BY started_at, alerts.rowid"
        )
        return [Alert(channel=row.text("channel"), change=change_of(row)) for row in rows]

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

    def _pages(self, sql: str, parameters: Mapping[str, Value]) -> list[AttemptRow]:
        _, rows = self._fetch(sql, parameters)
        return [AttemptRow._make(row) for row in rows]

    def _rows(self, sql: str, **parameters: Value) -> list[Row]:
        names, rows = self._fetch(sql, parameters)
        return [Row(dict(zip(names, row, strict=True))) for row in rows]

    def _fetch(
        self, sql: str, parameters: Mapping[str, Value]
    ) -> tuple[list[str], list[Sequence[Value]]]:
        """Names of columns, and rows; plain tuples, since a run has many."""
        with self._threads:
            try:
                cursor = self._connection.execute(sql, stored(parameters))
                rows = cursor.fetchall()
            except sqlite3.Error as error:
                raise explained(error, self.path) from error
        return [name for name, *_ in cursor.description], [
            list(map(loaded, row)) if bytes in map(type, row) else row for row in rows
        ]


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
