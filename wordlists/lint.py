"""Reads a list to its end and says everything that is wrong with it.

A list is a CSV file in UTF-8 without byte order mark, with the columns of `COLUMNS`, no blank lines
and at least one row. What a cell must look like is said in findings.py.
"""

import datetime
import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wordlists.cells import unguard
from wordlists.entry import Entry, entry_id, folded, parse_keyword
from wordlists.errors import WHOLE_FILE, Problem, place
from wordlists.findings import (
    Finding,
    check_category,
    check_date,
    check_guard,
    check_keyword,
    check_language,
    check_notes,
    check_source,
)
from wordlists.rows import Row, read_rows

COLUMNS: Final = ("keyword", "language", "category", "date_added", "source", "notes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A keyword and where it stands, kept for broken rows too: they can be duplicates as well."""

    components: tuple[str, ...]
    """The components, reduced to what makes two entries duplicates."""
    keyword: str
    """The keyword as it is in the list."""
    path: Path
    """The file it is in."""
    line: int
    """The line it is on, from 1."""


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
    rows, problems = read_rows(path, data)
    columns, rows, header_problems = _read_header(path, rows)
    problems.extend(header_problems)
    entries: list[Entry] = []
    sightings: list[Sighting] = []
    for row in rows:
        if len(row.cells) != len(columns):
            problems.append(_wrong_count(path, row, columns))
            continue
        if row.is_damaged:
            continue
        cells = dict(zip(columns, row.cells, strict=True))
        texts = {column: unguard(cell) for column, cell in cells.items()}
        findings = list(_check(cells, texts, today))
        problems.extend(
            Problem(path=path, line=row.line, what=what, fix=fix) for what, fix in findings
        )
        keyword = texts.get("keyword", "")
        if keyword.strip():
            sightings.append(
                Sighting(
                    components=folded(parse_keyword(keyword)),
                    keyword=keyword,
                    path=path,
                    line=row.line,
                )
            )
        if not findings and not header_problems:
            entries.append(_entry(path, row.line, wordlist, texts))
    if not rows and not problems:
        problems.append(
            Problem(path=path, line=WHOLE_FILE, what="the list has no rows", fix="add one")
        )
    return Reading(
        entries=tuple(entries),
        sightings=tuple(sightings),
        problems=tuple(sorted(problems, key=lambda problem: problem.line)),
    )


def find_duplicates(sightings: Iterable[Sighting]) -> Iterator[Problem]:
    """Find entries that differ in nothing but case or compatibility forms (NFKC, case folding).

    Yields:
        A problem at each sighting but the first, which it points to.
    """
    firsts: dict[tuple[str, ...], Sighting] = {}
    for sighting in sightings:
        first = firsts.setdefault(sighting.components, sighting)
        if first is not sighting:
            yield Problem(
                path=sighting.path,
                line=sighting.line,
                what=f"{sighting.keyword!r} is a duplicate of {first.keyword!r} "
                f"at {place(first.path, first.line)}",
                fix="keep one of them",
            )


def _read_header(path: Path, rows: list[Row]) -> tuple[tuple[str, ...], list[Row], list[Problem]]:
    """Judge the header; a wrong one is understood as far as possible, so that rows can be checked.

    Returns:
        The columns the rows are to have, the rows below the header, and what is wrong with it.
    """
    if not rows:
        return COLUMNS, [], []
    header, *below = rows
    if header.cells == COLUMNS:
        return COLUMNS, below, []
    wanted = ",".join(COLUMNS)
    found = ",".join(header.cells)
    names = tuple(cell.strip().casefold() for cell in header.cells)
    if not set(names) & set(COLUMNS):
        problem = Problem(
            path=path,
            line=header.line,
            what=f"the header is missing; the first row is {found!r}",
            fix=f"put a line in front that reads {wanted}",
        )
        return COLUMNS, rows, [problem]
    problem = Problem(
        path=path,
        line=header.line,
        what=f"the header is {found!r}{_difference(names)}",
        fix=f"make it read {wanted}",
    )
    return names, below, [problem]


def _difference(names: tuple[str, ...]) -> str:
    differences = [f"no column {name}" for name in COLUMNS if name not in names]
    for name in names:
        if name not in COLUMNS:
            close = difflib.get_close_matches(name, COLUMNS, n=1)
            hint = f" (did you mean {close[0]}?)" if close else ""
            differences.append(f"an unknown column {name!r}{hint}")
    differences += [f"{name} twice" for name in COLUMNS if names.count(name) > 1]
    return f", with {', '.join(differences)}" if differences else ""


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
        what=f"{found} {'column' if found == 1 else 'columns'} where there should be {wanted}"
        f" ({','.join(columns)})",
        fix=fix,
    )


def _check(
    cells: dict[str, str], texts: dict[str, str], today: datetime.date | None
) -> Iterator[Finding]:
    for column in COLUMNS:
        if column not in texts:
            continue
        yield from check_guard(column, cells[column])
        text = texts[column]
        match column:
            case "keyword":
                yield from check_keyword(text)
            case "language":
                yield from check_language(text)
            case "category":
                yield from check_category(text)
            case "date_added":
                yield from check_date(text, today)
            case "source":
                yield from check_source(text)
            case "notes":
                yield from check_notes(text)


def _entry(path: Path, line: int, wordlist: str, texts: dict[str, str]) -> Entry:
    components = parse_keyword(texts["keyword"])
    return Entry(
        id=entry_id(components),
        components=components,
        language=texts["language"],
        category=texts["category"],
        date_added=datetime.date.fromisoformat(texts["date_added"]),
        source=texts["source"],
        notes=texts["notes"],
        wordlist=wordlist,
        path=path,
        line=line,
    )
