"""Adds an entry to a list by one line in its place: the diff shows that line and no other."""

import datetime
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wordlists.cells import unguard
from wordlists.duplicates import duplicate_key
from wordlists.entry import Entry, entry_id, format_keyword, parse_keyword
from wordlists.errors import WHOLE_FILE, file_error, place
from wordlists.findings import (
    Finding,
    check_category,
    check_date,
    check_keyword,
    check_language,
    check_notes,
    check_source,
)
from wordlists.lint import COLUMNS, VARIANT_COLUMNS
from wordlists.rows import Row, RowReader
from wordlists.scripts import guess_language, script_of
from wordlists.writer import format_row, replace_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a person wants to add."""

    components: tuple[str, ...]
    language: str
    category: str
    date: datetime.date
    source: str
    notes: str = ""


def parse_request(text: str, components: Sequence[str]) -> tuple[str, ...]:
    """Read the components of what a person typed.

    Args:
        text: The keyword, as a list would have it: ``Dalai Lama + Kalachakra`` has two components.
        components: Further components, each as it is.
    """
    return (*parse_keyword(text), *components)


def check_request(request: Request, today: datetime.date) -> tuple[Finding, ...]:
    """Say everything that is wrong with what a person wants to add."""
    return (
        *check_keyword(format_keyword(request.components)),
        *check_language(request.language),
        *check_category(request.category),
        *check_date(request.date.isoformat(), today),
        *check_source(request.source),
        *check_notes(request.notes),
    )


def find_twin(components: tuple[str, ...], entries: Iterable[Entry]) -> Entry | None:
    """Find the entry that an addition would be a duplicate of."""
    key = duplicate_key(components)
    return next((each for each in entries if duplicate_key(each.components) == key), None)


def suggest_language(components: Sequence[str], entries: Iterable[Entry]) -> str:
    """Suggest the language of an addition: what its script tells, or what the list has most."""
    text = "".join(components)
    guessed = guess_language(text)
    script = script_of(text)
    there = Counter(
        entry.language for entry in entries if script_of("".join(entry.components)) == script
    )
    if guessed is not None and (guessed != "zh" or not there):
        return guessed
    return there.most_common(1)[0][0] if there else ""


def insert(path: Path, request: Request) -> Entry:
    """Add an entry to a list, in its place by language and keyword.

    Every other line keeps its bytes. Where the list is not in order, the line goes before the first
    one that should come after it.

    Returns:
        The entry, which knows its line.

    Raises:
        WordlistError: The list cannot be read as one, or not be written.
    """
    entry = Entry(
        id=entry_id(request.components),
        components=request.components,
        language=request.language,
        category=request.category,
        date_added=request.date,
        source=request.source,
        notes=request.notes,
        wordlist=path.stem,
        path=path,
        line=WHOLE_FILE,
    )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise file_error(
            path, f"the list cannot be read ({error.strerror})", "check the path"
        ) from (error)
    rows = [row for row in RowReader(path, io.BytesIO(data)) if isinstance(row, Row)]
    text = "".join(row.raw for row in rows)
    if not rows or rows[0].cells[: len(COLUMNS)] != COLUMNS or text.encode() != data:
        fix = f"see what is wrong with it: undelivered wordlist check {place(path, WHOLE_FILE)}"
        raise file_error(path, "nothing can be added to the list as it is", fix)
    with_variants = rows[0].cells == COLUMNS + VARIANT_COLUMNS
    at = next(
        (at for at, row in enumerate(rows[1:], start=1) if _key(row) > _key_of(entry)), len(rows)
    )
    before = [row.raw for row in rows[:at]]
    if not before[-1].endswith("\n"):
        before[-1] += "\n"
    line_end = "\r\n" if rows[0].raw.endswith("\r\n") else "\n"
    added = format_row(entry, with_variants=with_variants).removesuffix("\n") + line_end
    replace_file(path, [*before, added, *(row.raw for row in rows[at:])])
    line = rows[at].line if at < len(rows) else "".join(before).count("\n") + 1
    return replace(entry, line=line)


def _key(row: Row) -> tuple[str, str]:
    cells = dict(zip(COLUMNS, row.cells, strict=False))
    return unguard(cells.get("language", "")), unguard(cells.get("keyword", ""))


def _key_of(entry: Entry) -> tuple[str, str]:
    return entry.language, entry.keyword
