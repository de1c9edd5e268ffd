"""Gathers the rows of an import on the disk, where memory sets no bound to their number.

A temporary SQLite database that nobody else sees, gone when it is closed: it finds the rows that
say the same, and sorts.
"""

import datetime
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from wordlists.duplicates import duplicate_key
from wordlists.entry import (
    Entry,
    VariantKind,
    entry_id,
    format_keyword,
    parse_keyword,
    split_components,
    split_id,
)
from wordlists.errors import Problem
from wordlists.importers.report import Refusal

MAX_LISTED_LINES: Final = 20
"""So many lines of the file are named in the source of an entry that stands on more."""

_SCHEMA: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -8000;
CREATE TABLE draft (
    key BLOB PRIMARY KEY, line INTEGER NOT NULL, lines TEXT NOT NULL, count INTEGER NOT NULL,
    keyword TEXT NOT NULL, language TEXT NOT NULL, category TEXT NOT NULL, date TEXT NOT NULL,
    origin TEXT NOT NULL, details TEXT NOT NULL, notes TEXT NOT NULL, prior TEXT NOT NULL,
    variant_of TEXT NOT NULL, variant TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE refusal (
    line INTEGER NOT NULL, what TEXT NOT NULL, fix TEXT NOT NULL, row TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A row in the shape of an entry."""

    line: int
    """The line of the file it starts on."""
    components: tuple[str, ...]
    language: str
    category: str
    date: datetime.date
    origin: str
    """Who published it; the lines of the file are added to this. Empty where `details` says all."""
    details: str
    """What else belongs to the source."""
    notes: str
    """The notes, with the findings of `was_blocked` at their start."""
    was_blocked: Mapping[str, bool]
    """What the file found about it."""
    variant_of: str = ""
    variant: VariantKind | None = None


class Staging:
    """The rows gathered so far; open one with `open_staging`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        """Take an open database with the schema."""
        self._database = database

    def add(self, draft: Draft) -> int | None:
        """Gather a row, unless there is one with the same keyword.

        Returns:
            None if it was gathered, else the line of the row that is there.
        """
        cursor = self._database.execute(
            "INSERT INTO draft VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            (
                _key(draft),
                draft.line,
                str(draft.line),
                format_keyword(draft.components),
                draft.language,
                draft.category,
                draft.date.isoformat(),
                draft.origin,
                draft.details,
                draft.notes,
                json.dumps(dict(draft.was_blocked), sort_keys=True),
                draft.variant_of,
                str(draft.variant or ""),
            ),
        )
        if cursor.rowcount:
            return None
        line: int = self._database.execute(
            "SELECT line FROM draft WHERE key = ?", (_key(draft),)
        ).fetchone()[0]
        return line

    def says_otherwise(self, draft: Draft) -> bool:
        """Whether the row that is there found something else about the keyword."""
        (prior,) = self._database.execute(
            "SELECT prior FROM draft WHERE key = ?", (_key(draft),)
        ).fetchone()
        return bool(json.loads(prior) != draft.was_blocked)

    def is_same(self, draft: Draft) -> bool:
        """Whether the row that is there has the same cells, letter by letter."""
        found = self._database.execute(
            "SELECT keyword, language, category, date, details, notes, variant_of "
            "FROM draft WHERE key = ?",
            (_key(draft),),
        ).fetchone()
        return tuple(found) == (
            format_keyword(draft.components),
            draft.language,
            draft.category,
            draft.date.isoformat(),
            draft.details,
            draft.notes,
            draft.variant_of,
        )

    def merge(self, draft: Draft) -> None:
        """Add a row to the one that is there: its line to the source, what is new to the notes."""
        key = _key(draft)
        lines, count, keyword, details, notes = self._database.execute(
            "SELECT lines, count, keyword, details, notes FROM draft WHERE key = ?", (key,)
        ).fetchone()
        if count < MAX_LISTED_LINES:
            lines = f"{lines}, {draft.line}"
        news = [
            format_keyword(draft.components) if format_keyword(draft.components) != keyword else "",
            draft.notes if draft.notes not in notes else "",
            draft.details if draft.details != details and draft.details not in notes else "",
        ]
        told = "; ".join(filter(None, news))
        if told and count < MAX_LISTED_LINES:
            notes = "\n".join(filter(None, [notes, f"line {draft.line}: {told}"]))
        self._database.execute(
            "UPDATE draft SET lines = ?, count = count + 1, notes = ?, date = min(date, ?) "
            "WHERE key = ?",
            (lines, notes, draft.date.isoformat(), key),
        )

    def has_variants(self) -> bool:
        """Whether any row is derived from another entry."""
        found = self._database.execute("SELECT 1 FROM draft WHERE variant_of != '' LIMIT 1")
        return found.fetchone() is not None

    def refuse(self, problem: Problem, row: str) -> None:
        """Gather a row that is left out."""
        self._database.execute(
            "INSERT INTO refusal VALUES (?, ?, ?, ?)",
            (problem.line, problem.what, problem.fix, row),
        )

    def entries(self, *, wordlist: str, path: Path) -> Iterator[Entry]:
        """What was gathered, sorted as a list is.

        Args:
            wordlist: The name of the list that they are to be part of.
            path: Its file.
        """
        rows = self._database.execute(
            "SELECT lines, count, keyword, language, category, date, origin, details, notes, "
            "variant_of, variant FROM draft ORDER BY language, keyword"
        )
        line = 2
        for row in rows:
            (lines, count, keyword, language, category, date, origin, details, notes, of, how) = row
            components = parse_keyword(keyword)
            variant = VariantKind(how) if how else None
            is_split = variant is VariantKind.SPLIT
            yield Entry(
                id=split_id(split_components(components)) if is_split else entry_id(components),
                components=components,
                language=language,
                category=category,
                date_added=datetime.date.fromisoformat(date),
                source=_source(origin, lines, count, details),
                notes=notes,
                wordlist=wordlist,
                path=path,
                line=line,
                variant_of=of,
                variant=variant,
            )
            line += 1 + notes.count("\n")

    def refusals(self, path: Path) -> Iterator[Refusal]:
        """The rows that were left out, in the order of the file.

        Args:
            path: The file that was imported, for messages.
        """
        rows = self._database.execute("SELECT line, what, fix, row FROM refusal ORDER BY line")
        for line, what, fix, row in rows:
            yield Refusal(problem=Problem(path=path, line=line, what=what, fix=fix), row=row)


@contextmanager
def open_staging() -> Iterator[Staging]:
    """Open an empty one, which takes its rows along when it is closed."""
    # The empty name means a database of this connection alone, in a file without a name.
    with closing(sqlite3.connect("", isolation_level=None)) as database:
        database.executescript(_SCHEMA)
        database.execute("BEGIN")
        yield Staging(database)


def _key(draft: Draft) -> bytes:
    parts = duplicate_key(draft.components, draft.variant, draft.variant_of)
    return sha256("\x1f".join(parts).encode()).digest()[:16]


def _source(origin: str, lines: str, count: int, details: str) -> str:
    if not origin:
        return details
    more = f" and {count - MAX_LISTED_LINES:,} more" if count > MAX_LISTED_LINES else ""
    where = f"{origin} line {lines}{more}"
    return f"{where}; {details}" if details else where
