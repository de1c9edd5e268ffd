"""Reads a list to its end and says everything that is wrong with it.

A list is a CSV file in UTF-8 without byte order mark, with the columns of `COLUMNS`, no blank lines
and at least one row. A list of derived entries has the two `VARIANT_COLUMNS` besides. What a cell
must look like is said in findings.py.
"""

import datetime
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice
from pathlib import Path
from typing import Final

from wordlists.cells import unguard
from wordlists.duplicates import Sighting, duplicate_key
from wordlists.entry import Entry, VariantKind, entry_id, parse_keyword, split_components, split_id
from wordlists.errors import WHOLE_FILE, Problem
from wordlists.findings import (
    Finding,
    check_category,
    check_date,
    check_guard,
    check_keyword,
    check_language,
    check_notes,
    check_source,
    check_variant,
    check_variant_of,
)
from wordlists.rows import MAX_PROBLEMS, Row, read_rows

COLUMNS: Final = ("keyword", "language", "category", "date_added", "source", "notes")
VARIANT_COLUMNS: Final = ("variant_of", "variant")

_SHOWN_COLUMNS: Final = 20
_SHOWN_CHARACTERS: Final = 300
# A list repeats its languages, categories, days and most sources; each is judged once.
_CACHED_CELLS: Final = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a list holds, and everything that is wrong with it."""

    entries: tuple[Entry, ...]
    """The rows that are in order."""
    sightings: tuple[Sighting, ...]
    """The keywords of all rows; look for duplicates with `find_duplicates`."""
    problems: tuple[Problem, ...]
    """What is wrong, duplicates left out, in the order of the lines."""


def read_list(
    path: Path, data: bytes, *, wordlist: str, today: datetime.date | None = None
) -> Reading:
    """Read and check a list.

    Args:
        path: The file, for messages and entries.
        data: Its content.
        wordlist: The name of the list.
        today: When given, later dates are problems.
    """
    problems: list[Problem] = []
    # One row at a time: 100,000 of them kept would have Python look through them again and again
    # for what it can free.
    rows = _sift(read_rows(path, data), problems)
    header = next(rows, None)
    columns, header_problems, is_entry = read_header(path, header)
    problems += header_problems
    has_rows = False
    entries: list[Entry] = []
    sightings: list[Sighting] = []
    for row in chain([header], rows) if header is not None and is_entry else rows:
        if len(problems) > MAX_PROBLEMS:
            break
        has_rows = True
        if len(row.cells) != len(columns):
            problems.append(_wrong_count(path, row, columns))
            continue
        if row.is_damaged:
            continue
        findings = check_row(columns, row, today=today)
        problems.extend(
            Problem(path=path, line=row.line, what=what, fix=fix) for what, fix in findings
        )
        texts = dict(zip(columns, map(unguard, row.cells), strict=True))
        keyword = texts.get("keyword", "")
        if keyword.strip():
            components = parse_keyword(keyword)
            variant = _variant_kind(texts)
            sightings.append(
                Sighting(
                    key=duplicate_key(components, variant, texts.get("variant_of", "")),
                    keyword=keyword,
                    path=path,
                    line=row.line,
                )
            )
            if not findings and not header_problems:
                entries.append(_entry(path, row.line, wordlist, components, texts))
    if not has_rows and not problems:
        problems.append(
            Problem(path=path, line=WHOLE_FILE, what="the list has no rows", fix="add one")
        )
    return Reading(
        entries=tuple(entries),
        sightings=tuple(sightings),
        problems=_at_most(path, sorted(problems, key=lambda problem: problem.line)),
    )


def read_cells(
    path: Path,
    columns: tuple[str, ...],
    row: Row,
    *,
    wordlist: str,
    today: datetime.date | None = None,
) -> tuple[Entry | None, tuple[Finding, ...]]:
    """Read and check one row whose columns are those of a list.

    Args:
        path: The file, for the entry.
        columns: What the cells are: `COLUMNS`, or these and `VARIANT_COLUMNS`.
        row: The row.
        wordlist: The name of the list.
        today: When given, a later date is a problem.

    Returns:
        The entry, None if something is wrong; and what is wrong.
    """
    findings = check_row(columns, row, today=today)
    if findings:
        return None, findings
    texts = dict(zip(columns, map(unguard, row.cells), strict=True))
    components = parse_keyword(texts["keyword"])
    return _entry(path, row.line, wordlist, components, texts), ()


def read_header(path: Path, header: Row | None) -> tuple[tuple[str, ...], list[Problem], bool]:
    """Judge the header; a wrong one is understood as far as possible, so that rows can be checked.

    Args:
        path: The file, for messages.
        header: The first row of the file; None if there is none.

    Returns:
        The columns the rows are to have, what is wrong with the header, and whether the first row
        is none, but an entry.
    """
    if header is None:
        return COLUMNS, [], False
    if header.cells in (COLUMNS, COLUMNS + VARIANT_COLUMNS):
        return header.cells, [], False
    wanted = ",".join(COLUMNS)
    found = ",".join(header.cells)
    names = tuple(cell.strip().casefold() for cell in header.cells)
    if not set(names) & set(COLUMNS):
        problem = Problem(
            path=path,
            line=header.line,
            what=f"the header is missing; the first row is {_short(found)!r}",
            fix=f"put a line in front that reads {wanted}",
        )
        return COLUMNS, [problem], True
    problem = Problem(
        path=path,
        line=header.line,
        what=f"the header is {_short(found)!r}{_difference(names)}",
        fix=f"make it read {wanted}",
    )
    return names, [problem], False


def _sift(found: Iterable[Row | Problem], problems: list[Problem]) -> Iterator[Row]:
    """Give the rows, and put the problems among them aside."""
    for each in found:
        if isinstance(each, Row):
            yield each
        else:
            problems.append(each)


def check_row(
    columns: tuple[str, ...], row: Row, *, today: datetime.date | None
) -> tuple[Finding, ...]:
    """Say everything that is wrong with the cells of a row.

    Args:
        columns: What the cells are; as many as there are cells.
        row: The row.
        today: When given, a later date is a problem.
    """
    hidden = "variant" in columns and row.cells[columns.index("variant")] != ""
    findings: list[Finding] = []
    for column, cell in zip(columns, row.cells, strict=True):
        if column == "keyword":
            findings += check_guard(column, cell)
            findings += check_keyword(unguard(cell), hidden=hidden)
        elif column == "notes":
            if cell:
                findings += check_guard(column, cell)
                findings += check_notes(unguard(cell))
        elif column not in VARIANT_COLUMNS or hidden or cell:
            findings += _check_cell(column, cell, today if column == "date_added" else None)
    return tuple(findings)


@lru_cache(maxsize=_CACHED_CELLS)
def _check_cell(column: str, cell: str, today: datetime.date | None) -> tuple[Finding, ...]:
    """Judge a cell of a column in which cells repeat."""
    checks = {
        "language": check_language,
        "category": check_category,
        "source": check_source,
        "variant_of": check_variant_of,
        "variant": check_variant,
    }
    text = unguard(cell)
    if column == "date_added":
        found = check_date(text, today)
    elif column in checks:
        found = checks[column](text)
    else:
        return ()
    return (*check_guard(column, cell), *found)


def _at_most(path: Path, problems: list[Problem]) -> tuple[Problem, ...]:
    if len(problems) <= MAX_PROBLEMS:
        return tuple(problems)
    end = Problem(
        path=path,
        line=problems[MAX_PROBLEMS].line,
        what=f"there are more than {MAX_PROBLEMS:,} problems; those from here on are not told",
        fix="check that this is the right file, or mend those above first",
    )
    return (*islice(problems, MAX_PROBLEMS), end)


def _difference(names: tuple[str, ...]) -> str:
    differences = [f"no column {name}" for name in COLUMNS if name not in names]
    for name in names[:_SHOWN_COLUMNS]:
        if name not in COLUMNS + VARIANT_COLUMNS:
            close = difflib.get_close_matches(name, COLUMNS, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            differences.append(f"an unknown column {name!r}{hint}")
    differences += [f"{name} twice" for name in COLUMNS if names.count(name) > 1]
    return f", with {', '.join(differences)}" if differences else ""


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _wrong_count(path: Path, row: Row, columns: tuple[str, ...]) -> Problem:
    found, wanted = len(row.cells), len(columns)
    fix = (
        "add what is missing; an empty cell needs its comma too"
        if found < wanted
        else 'put cells that have a comma within them in double quotes ("a, b")'
    )
    return Problem(
        path=path,
        line=row.line,
        what=f"{found:,} {'column' if found == 1 else 'columns'} where there should be {wanted}"
        f" ({_short(','.join(columns))})",
        fix=fix,
    )


def _variant_kind(texts: dict[str, str]) -> VariantKind | None:
    found = texts.get("variant")
    return VariantKind(found) if found and found in set(VariantKind) else None


def _entry(
    path: Path, line: int, wordlist: str, components: tuple[str, ...], texts: dict[str, str]
) -> Entry:
    variant = _variant_kind(texts)
    is_split = variant is VariantKind.SPLIT
    return Entry(
        id=split_id(split_components(components)) if is_split else entry_id(components),
        components=components,
        language=texts["language"],
        category=texts["category"],
        date_added=datetime.date.fromisoformat(texts["date_added"]),
        source=texts["source"],
        notes=texts["notes"],
        wordlist=wordlist,
        path=path,
        line=line,
        variant_of=texts.get("variant_of", ""),
        variant=variant,
    )
