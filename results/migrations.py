"""The journal's schema, as named steps that are never edited once released.

Each step runs in one transaction together with the row that records it, so a journal is always at
exactly one version, whatever happens on the way. A change of the schema is a new step at the end.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from results.errors import JournalError
from results.rows import time_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of the schema.

    Attributes:
        name: Unique name, recorded in the journal.
        statements: SQL statements, run in order in one transaction.
    """

    name: str
    statements: tuple[str, ...]


_CONDITION: Final = """
    app TEXT NOT NULL,
    app_version TEXT,
    chat TEXT NOT NULL,
    sender_region TEXT NOT NULL,
    receiver_region TEXT NOT NULL"""

_CHANGE: Final = """
    run_id TEXT NOT NULL REFERENCES runs(id),
    entry_id TEXT NOT NULL,
    keyword TEXT NOT NULL,
    app TEXT NOT NULL,
    chat TEXT NOT NULL,
    sender_region TEXT NOT NULL,
    receiver_region TEXT NOT NULL,
    change TEXT NOT NULL,
    sentence TEXT NOT NULL"""

# No table is STRICT: a text with half an emoji has no UTF-8 form and is kept as a BLOB in the same
# column (results.journal).
MIGRATIONS: Final = (
    Migration(
        name="0001_first",
        statements=(
            """CREATE TABLE runs (
                id TEXT PRIMARY KEY,
                started_at TEXT NOT NULL,
                finished_at TEXT,
                stopped TEXT,
                testbed TEXT NOT NULL,
                strategy TEXT NOT NULL,
                seed TEXT NOT NULL,
                settings TEXT NOT NULL
            )""",
            """CREATE TABLE entries (
                run_id TEXT NOT NULL REFERENCES runs(id),
                id TEXT NOT NULL,
                components TEXT NOT NULL,
                language TEXT NOT NULL,
                category TEXT NOT NULL,
                wordlist TEXT NOT NULL,
                source TEXT NOT NULL,
                PRIMARY KEY (run_id, id)
            )""",
            f"""CREATE TABLE attempts (
                id TEXT PRIMARY KEY,
                run_id TEXT NOT NULL REFERENCES runs(id),
                seq INTEGER NOT NULL,
                lane TEXT NOT NULL,
                lane_seq INTEGER NOT NULL,
                sender TEXT NOT NULL,
                receiver TEXT NOT NULL,
                {_CONDITION},
                kind TEXT NOT NULL,
                entries TEXT NOT NULL,
                text TEXT NOT NULL,
                created_at TEXT NOT NULL,
                sent_at TEXT,
                sender_state TEXT,
                own_text TEXT,
                notice TEXT,
                arrived_text TEXT,
                arrived_at TEXT,
                gone_at TEXT,
                observed_until TEXT,
                fault TEXT,
                fault_detail TEXT,
                UNIQUE (run_id, seq),
                UNIQUE (run_id, lane, lane_seq)
            )""",
            "CREATE INDEX attempts_by_sender ON attempts (sender, created_at)",
            """CREATE TABLE arrivals (
                run_id TEXT NOT NULL REFERENCES runs(id),
                lane TEXT NOT NULL,
                place INTEGER NOT NULL,
                text TEXT NOT NULL,
                seen_at TEXT NOT NULL,
                attempt_id TEXT REFERENCES attempts(id),
                PRIMARY KEY (run_id, lane, place)
            )""",
            f"""CREATE TABLE verdicts (
                run_id TEXT NOT NULL,
                place INTEGER NOT NULL,
                entry_id TEXT NOT NULL,
                {_CONDITION},
                verdict TEXT NOT NULL,
                probability REAL NOT NULL,
                probability_low REAL NOT NULL,
                probability_high REAL NOT NULL,
                blocked INTEGER NOT NULL,
                delivered INTEGER NOT NULL,
                void INTEGER NOT NULL,
                unknown INTEGER NOT NULL,
                attempts TEXT NOT NULL,
                rule_id TEXT NOT NULL,
                rules_version TEXT NOT NULL,
                PRIMARY KEY (run_id, place),
                FOREIGN KEY (run_id, entry_id) REFERENCES entries(run_id, id)
            )""",
        ),
    ),
    Migration(
        name="0002_read_mode",
        statements=(
            "ALTER TABLE attempts ADD COLUMN read_mode TEXT",
            "ALTER TABLE arrivals ADD COLUMN read_mode TEXT",
        ),
    ),
    Migration(
        name="0003_pools",
        statements=(
            "ALTER TABLE verdicts ADD COLUMN pools_blocked INTEGER NOT NULL DEFAULT 0",
            "ALTER TABLE verdicts ADD COLUMN pools_delivered INTEGER NOT NULL DEFAULT 0",
        ),
    ),
    Migration(
        name="0004_receivers",
        statements=(
            "ALTER TABLE attempts ADD COLUMN edited_at TEXT",
            "ALTER TABLE attempts ADD COLUMN still_there_at TEXT",
            # SQLite cannot change a primary key: the table is made anew.
            "ALTER TABLE arrivals RENAME TO arrivals_before",
            """CREATE TABLE arrivals (
                run_id TEXT NOT NULL REFERENCES runs(id),
                lane TEXT NOT NULL,
                receiver TEXT NOT NULL DEFAULT '',
                place INTEGER NOT NULL,
                text TEXT NOT NULL,
                seen_at TEXT NOT NULL,
                attempt_id TEXT REFERENCES attempts(id),
                read_mode TEXT,
                message_id TEXT,
                PRIMARY KEY (run_id, lane, receiver, place)
            )""",
            "INSERT INTO arrivals (run_id, lane, place, text, seen_at, attempt_id, read_mode) "
            "SELECT run_id, lane, place, text, seen_at, attempt_id, read_mode FROM arrivals_before",
            "DROP TABLE arrivals_before",
            """CREATE TABLE sightings (
                attempt_id TEXT NOT NULL REFERENCES attempts(id),
                run_id TEXT NOT NULL REFERENCES runs(id),
                lane TEXT NOT NULL,
                observer TEXT NOT NULL,
                receiver TEXT NOT NULL,
                receiver_region TEXT NOT NULL,
                arrived_text TEXT,
                read_mode TEXT,
                arrived_at TEXT,
                edited_at TEXT,
                gone_at TEXT,
                observed_until TEXT,
                fault TEXT,
                fault_detail TEXT,
                PRIMARY KEY (attempt_id, observer)
            )""",
            "CREATE INDEX sightings_by_run ON sightings (run_id)",
            """CREATE TABLE cursors (
                run_id TEXT NOT NULL REFERENCES runs(id),
                receiver TEXT NOT NULL,
                cursor TEXT NOT NULL,
                PRIMARY KEY (run_id, receiver)
            )""",
        ),
    ),
    Migration(
        name="0005_changes",
        statements=(
            """CREATE TABLE comparisons (
                run_id TEXT PRIMARY KEY REFERENCES runs(id),
                baseline TEXT NOT NULL
            )""",
            f"""CREATE TABLE changes (
                {_CHANGE},
                PRIMARY KEY (run_id, entry_id, app, chat, sender_region, receiver_region)
            )""",
            # What is told stays told, and with the same words, though the run may be resumed.
            f"""CREATE TABLE alerts (
                channel TEXT NOT NULL,
                {_CHANGE},
                delivered_at TEXT,
                PRIMARY KEY (
                    channel, run_id, entry_id, app, chat, sender_region, receiver_region, change)
            )""",
        ),
    ),
)


def applied(connection: sqlite3.Connection, path: Path) -> list[str]:
    """List the steps a database has been through; none for an empty one.

    Raises:
        JournalError: It is a database of something else.
    """
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema")}
    if "migrations" in tables:
        return [
            str(name)
            for (name,) in connection.execute("SELECT name FROM migrations ORDER BY rowid")
        ]
    if tables:
        raise JournalError(
            f"{path} is a SQLite database, but not a journal (its first table is "
            f"{min(tables)!r}); give the path of a journal, or of a file that does not exist yet"
        )
    return []


def check(done: Sequence[str], path: Path, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Refuse a journal that this version does not know in full.

    Raises:
        JournalError: The journal was written by a newer version.
    """
    known = [migration.name for migration in migrations]
    if list(done) != known[: len(done)]:
        unknown = next((name for name in done if name not in known), done[-1])
        raise JournalError(
            f"{path} was written by a newer version of undelivered (it has been through "
            f"{unknown!r}, the last step known here is {known[-1]!r}); install that version"
        )


def migrate(
    connection: sqlite3.Connection, path: Path, migrations: Sequence[Migration] = MIGRATIONS
) -> None:
    """Bring a journal up to date, one transaction a step.

    Args:
        connection: In autocommit mode (``isolation_level=None``).
        path: For messages.
        migrations: All steps, oldest first.

    Raises:
        JournalError: Not a journal, or one of a newer version.
    """
    done = applied(connection, path)
    check(done, path, migrations)
    for migration in migrations[len(done) :]:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(
                "CREATE TABLE IF NOT EXISTS migrations "
                "(name TEXT NOT NULL UNIQUE, applied_at TEXT NOT NULL)"
            )
            for statement in migration.statements:
                connection.execute(statement)
            connection.execute(
                "INSERT INTO migrations VALUES (?, ?)",
                (migration.name, time_text(datetime.now(UTC))),
            )
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
