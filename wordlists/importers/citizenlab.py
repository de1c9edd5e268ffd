"""Reads the keyword list of Citizen Lab's report on Liu Xiaobo (chat-censorship, wechat/lxb).

The format: ``A+B+C`` for combinations, languages as words, ``Blocked`` or ``Not blocked`` for group
chat and for 1-1 chat, headers with stray spaces. The data is under CC BY-NC-SA 4.0, so an import is
for local use and never becomes one of the shipped lists.
(https://github.com/citizenlab/chat-censorship)
"""

import codecs
import datetime
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import Final

from wordlists.entry import Entry, entry_id, folded, format_keyword
from wordlists.errors import WHOLE_FILE, Problem, WordlistError
from wordlists.findings import Finding, check_date, check_keyword, check_notes, check_source
from wordlists.importers.report import ImportReport
from wordlists.prior import format_prior, prior_knowledge
from wordlists.rows import Row, read_rows

LIU_XIAOBO_COLUMNS: Final = (
    "Date Tested",
    "Keyword",
    "Language",
    "English Translation",
    "Theme",
    "Category",
    "Group Chat",
    "1-1 Chat",
    "Media Source",
    "Article Source",
    "Article Publish Time",
)

_CHAT_COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {"group": "Group Chat", "direct": "1-1 Chat"}
)
_WAS_BLOCKED: Final[Mapping[str, bool]] = MappingProxyType({"blocked": True, "not blocked": False})
_LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {"simplified chinese": "zh-Hans", "traditional chinese": "zh-Hant", "english": "en"}
)
_CATEGORY: Final = "HUMR"
# Kept with the source, under these names, where the file has something to say in them.
_SOURCE_DETAILS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Theme": "theme",
        "Category": "category",
        "Media Source": "medium",
        "Article Source": "article",
        "Article Publish Time": "published",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A row in the shape of an entry, before it is known whether it can be one."""

    components: tuple[str, ...]
    language: str
    date: str
    was_blocked: Mapping[str, bool]
    notes: str
    details: str
    findings: tuple[Finding, ...]


def read_liu_xiaobo(path: Path, *, wordlist: str) -> tuple[tuple[Entry, ...], ImportReport]:
    """Read the list.

    What the ``Group Chat`` and ``1-1 Chat`` columns say is kept in each entry's notes, where
    `wordlists.prior.prior_knowledge` reads it.

    Args:
        path: The file.
        wordlist: The name of the list that the entries are to be part of.

    Returns:
        The entries in the order of the file, and what became of each row.

    Raises:
        WordlistError: The file cannot be read, or does not have this format.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        problem = _problem(path, WHOLE_FILE, Finding(*_unreadable(error)))
        raise WordlistError([problem]) from error
    rows, refused = read_rows(path, data.removeprefix(codecs.BOM_UTF8))
    rows = _below_header(path, rows, refused)
    # Lines that could not be made out as a row count as read: they are among the refused.
    read = len({row.line for row in rows} | {problem.line for problem in refused})
    entries: dict[tuple[str, ...], Entry] = {}
    lines: dict[tuple[str, ...], list[int]] = {}
    for row in rows:
        if row.is_damaged:
            continue
        if len(row.cells) != len(LIU_XIAOBO_COLUMNS):
            what = f"{len(row.cells)} columns where there should be {len(LIU_XIAOBO_COLUMNS)}"
            refused.append(_problem(path, row.line, Finding(what, "correct the row")))
            continue
        draft = _draft(row)
        key = folded(draft.components)
        findings = [*draft.findings]
        if key in entries and prior_knowledge(entries[key]) != draft.was_blocked:
            findings.append(
                Finding(f"contradicts line {lines[key][0]} on the same keyword", "keep one")
            )
        if findings:
            refused += [_problem(path, row.line, finding) for finding in findings]
        elif key in entries:
            lines[key].append(row.line)
        else:
            lines[key] = [row.line]
            entries[key] = _entry(path, row.line, wordlist, draft)
    taken = tuple(
        replace(entry, source=_source(path, lines[key], entry.source))
        for key, entry in entries.items()
    )
    report = ImportReport(
        read=read,
        taken=len(taken),
        merged=sum(len(found) - 1 for found in lines.values()),
        refused=tuple(sorted(refused, key=lambda problem: problem.line)),
    )
    return taken, report


def _below_header(path: Path, rows: list[Row], problems: list[Problem]) -> list[Row]:
    if not rows:
        raise WordlistError(
            problems or [_problem(path, WHOLE_FILE, Finding("the file is empty", "check the path"))]
        )
    header, *below = rows
    found = tuple(cell.strip() for cell in header.cells)
    if found != LIU_XIAOBO_COLUMNS:
        finding = Finding(
            f"the header is {','.join(found)!r}, which is not that of a list this can import",
            f"give a file whose header is {','.join(LIU_XIAOBO_COLUMNS)!r}",
        )
        raise WordlistError([_problem(path, header.line, finding)])
    return below


def _draft(row: Row) -> _Draft:
    cells = dict(zip(LIU_XIAOBO_COLUMNS, map(_tidy, row.cells), strict=True))
    components = tuple(part.strip() for part in cells["Keyword"].split("+"))
    was_blocked = {
        kind: _WAS_BLOCKED[cells[column].casefold()]
        for kind, column in _CHAT_COLUMNS.items()
        if cells[column].casefold() in _WAS_BLOCKED
    }
    notes = format_prior(was_blocked, cells["English Translation"])
    details = "; ".join(
        f"{name}: {cells[column]}" for column, name in _SOURCE_DETAILS.items() if cells[column]
    )
    return _Draft(
        components=components,
        language=_LANGUAGES.get(cells["Language"].casefold(), ""),
        date=cells["Date Tested"],
        was_blocked=was_blocked,
        notes=notes,
        details=details,
        findings=tuple(
            chain(
                _check_components(components),
                check_date(cells["Date Tested"], None),
                _check_words(cells),
                check_source(details) if details else (),
                check_notes(notes),
            )
        ),
    )


def _check_components(components: tuple[str, ...]) -> Iterator[Finding]:
    if all(components):
        yield from check_keyword(format_keyword(components))
    else:
        yield Finding(f"keyword {'+'.join(components)!r} has an empty component", "correct it")


def _check_words(cells: Mapping[str, str]) -> Iterator[Finding]:
    if cells["Language"].casefold() not in _LANGUAGES:
        yield Finding(
            f"Language {cells['Language']!r} is unknown", f"use one of {', '.join(_LANGUAGES)}"
        )
    for column in _CHAT_COLUMNS.values():
        if cells[column] and cells[column].casefold() not in _WAS_BLOCKED:
            yield Finding(
                f"{column} is {cells[column]!r}", f"use one of {', '.join(_WAS_BLOCKED)}, or none"
            )


def _tidy(cell: str) -> str:
    """Set spaces and normal form right, which changes nothing that a reader of the file saw."""
    return unicodedata.normalize("NFC", " ".join(cell.split()))


def _entry(path: Path, line: int, wordlist: str, draft: _Draft) -> Entry:
    return Entry(
        id=entry_id(draft.components),
        components=draft.components,
        language=draft.language,
        category=_CATEGORY,
        date_added=datetime.date.fromisoformat(draft.date),
        source=draft.details,
        notes=draft.notes,
        wordlist=wordlist,
        path=path,
        line=line,
    )


def _source(path: Path, lines: list[int], details: str) -> str:
    numbers = ", ".join(map(str, lines))
    where = f"Citizen Lab, chat-censorship (CC BY-NC-SA 4.0), {path.name} line {numbers}"
    return f"{where}; {details}" if details else where


def _unreadable(error: OSError) -> tuple[str, str]:
    return f"the file cannot be read ({error.strerror})", "check the path"


def _problem(path: Path, line: int, finding: Finding) -> Problem:
    return Problem(path=path, line=line, what=finding.what, fix=finding.fix)
