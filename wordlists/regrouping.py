"""Splits a list into several, and merges several into one; no entry is lost on the way."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from wordlists.advice import sort_key
from wordlists.comparison import Change, differing_columns
from wordlists.duplicates import duplicate_key
from wordlists.entry import Entry
from wordlists.places import suggest_name


class Grouping(StrEnum):
    """By what a list is split."""

    LANGUAGE = "language"
    CATEGORY = "category"
    MONTH = "month"
    """The month an entry was added in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Union:
    """Several lists in one."""

    entries: tuple[Entry, ...]
    """All entries, sorted; of duplicates, the one of the list that was named first."""
    taken: tuple[int, ...]
    """How many came from each list."""
    same: int
    """How many were left out because an equal one is there, column by column."""
    kept_out: tuple[Change, ...]
    """Those left out although other columns, or the case of letters, differ: the one that stays,
    the one that does not, and in what they differ."""


def split(entries: Iterable[Entry], name: str, by: Grouping) -> Mapping[str, tuple[Entry, ...]]:
    """Split a list.

    Args:
        entries: Its entries.
        name: Its name, which those of the parts start with.
        by: What the entries of a part have in common.

    Returns:
        The parts by their names, sorted.
    """
    parts: dict[str, list[Entry]] = {}
    for entry in entries:
        parts.setdefault(f"{name}-{suggest_name(_group(entry, by))}", []).append(entry)
    return {part: tuple(sorted(parts[part], key=sort_key)) for part in sorted(parts)}


def merge(lists: Sequence[Iterable[Entry]]) -> Union:
    """Merge lists; where two hold the same keyword, the list that was named first prevails."""
    found: dict[tuple[str, ...], Entry] = {}
    taken: list[int] = []
    same = 0
    kept_out: list[Change] = []
    for entries in lists:
        before = len(found)
        for entry in entries:
            key = duplicate_key(entry.components, entry.variant, entry.variant_of)
            there = found.setdefault(key, entry)
            if there is entry:
                continue
            columns = differing_columns(there, entry)
            if columns:
                kept_out.append(Change(before=there, after=entry, columns=columns))
            else:
                same += 1
        taken.append(len(found) - before)
    return Union(
        entries=tuple(sorted(found.values(), key=sort_key)),
        taken=tuple(taken),
        same=same,
        kept_out=tuple(kept_out),
    )


def _group(entry: Entry, by: Grouping) -> str:
    match by:
        case Grouping.LANGUAGE:
            return entry.language
        case Grouping.CATEGORY:
            return entry.category
        case Grouping.MONTH:
            return f"{entry.date_added:%Y-%m}"
