"""Says in what two lists differ."""

from collections.abc import Iterable
from dataclasses import dataclass

from wordlists.entry import Entry
from wordlists.lint import COLUMNS
from wordlists.writer import cells_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """An entry that both lists have, with other columns."""

    before: Entry
    after: Entry
    columns: tuple[str, ...]
    """The columns that differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """In what two lists differ; entries are told by their id, so their place does not matter."""

    added: tuple[Entry, ...]
    """Only in the second list."""
    removed: tuple[Entry, ...]
    """Only in the first."""
    changed: tuple[Change, ...]
    """In both, with other columns."""
    same: int
    """How many are in both, column by column."""


def compare(before: Iterable[Entry], after: Iterable[Entry]) -> Difference:
    """Compare two lists, entry by entry."""
    old = {entry.id: entry for entry in before}
    new = {entry.id: entry for entry in after}
    shared = [(entry, new[name]) for name, entry in old.items() if name in new]
    changes = tuple(
        Change(before=a, after=b, columns=columns)
        for a, b in shared
        if (columns := differing_columns(a, b))
    )
    return Difference(
        added=tuple(entry for name, entry in new.items() if name not in old),
        removed=tuple(entry for name, entry in old.items() if name not in new),
        changed=changes,
        same=len(shared) - len(changes),
    )


def differing_columns(a: Entry, b: Entry) -> tuple[str, ...]:
    """The columns in which two entries differ."""
    return tuple(
        column for column, x, y in zip(COLUMNS, cells_of(a), cells_of(b), strict=True) if x != y
    )
