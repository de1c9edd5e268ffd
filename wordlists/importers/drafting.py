"""From a record of somebody's table to the draft of an entry, or to what is wrong with it."""

import datetime
import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import langcodes

from wordlists.categories import categories
from wordlists.characters import misfits
from wordlists.entry import Entry, format_keyword
from wordlists.findings import Finding, check_keyword, check_language, check_source, is_plain
from wordlists.importers.columns import Layout, Role, plain_name
from wordlists.importers.dates import DateOrder, read_date
from wordlists.importers.families import Family
from wordlists.importers.separators import Separator, is_combination, split_keyword
from wordlists.importers.staging import Draft
from wordlists.importers.tables import Record
from wordlists.prior import ANY, DIRECT, GROUP, format_prior
from wordlists.rows import BOM
from wordlists.scripts import guess_language

_ENTITY = re.compile(r"&(#\d+|#[xX][0-9a-fA-F]+|[A-Za-z][A-Za-z0-9]{1,31});")
_WAS_BLOCKED: Final[Mapping[str, bool]] = MappingProxyType(
    {
        "blocked": True,
        "not blocked": False,
        "censored": True,
        "not censored": False,
        "yes": True,
        "no": False,
        "true": True,
        "false": False,
        "1": True,
        "0": False,
    }
)
_LANGUAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "simplified chinese": "zh-Hans",
        "simplified": "zh-Hans",
        "traditional chinese": "zh-Hant",
        "traditional": "zh-Hant",
        "english": "en",
        "tibetan": "bo",
        "uyghur": "ug",
        "uighur": "ug",
        "hindi": "hi",
        "mongolian": "mn",
        "kazakh": "kk",
        "korean": "ko",
        "japanese": "ja",
        "russian": "ru",
        "vietnamese": "vi",
        "arabic": "ar",
    }
)
_LONGEST_NAME: Final = 60  # of a column
_UNSAID: Final = frozenset({"", "chinese", "multiple", "mixed", "other", "unknown", "both"})
"""Languages that leave it to the script of each text."""
_NOTED: Final = frozenset({Role.TRANSLATION, Role.NOTE})
_SOURCED: Final = frozenset({Role.SOURCE, Role.CATEGORY, Role.DATE, Role.KIND, Role.COMPONENTS})
_CHATS: Final = ((Role.GROUP, GROUP), (Role.DIRECT, DIRECT), (Role.ANYWHERE, ANY))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the rows of a file are read: what its family says, or a person instead."""

    family: Family
    layout: Layout
    separator: Separator
    language: str
    """The language of texts that neither the file nor their script tells; may be empty."""
    category: str
    """The category of rows that have none of our codes."""
    origin: str
    """Where the file is from, for the source of each entry; fit for a source."""
    order: DateOrder | None
    today: datetime.date
    """The day of the import, which is when an entry without a date of its own was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """What became of a record."""

    draft: Draft | None
    """None if something is wrong."""
    findings: tuple[Finding, ...]
    """What is wrong."""
    remarks: tuple[Finding, ...]
    """What a person should look at, though it was taken."""


def draft_record(record: Record, reading: Reading) -> Drafted:
    """Read a record of a published list.

    Nothing of it is lost: what does not become a column of ours is kept in the notes or with the
    source, under the name of its column.
    """
    if _is_header(record.cells):
        finding = Finding("the row repeats the header", "nothing, if no word is lost by it")
        return Drafted(draft=None, findings=(finding,), remarks=())
    findings: list[Finding] = []
    remarks: list[Finding] = []
    cells = {name: decode_entities(cell) for name, cell in record.cells.items()}
    layout = reading.layout
    published = record.cells.get(layout.keyword, "")
    text = tidy(cells.get(layout.keyword, ""))
    kind = next((cells.get(each, "") for each in layout.named(Role.KIND)), "")
    components = split_keyword(text, reading.separator, kind)
    findings += _check_components(components, text, reading.separator)
    _count_components(cells, reading, components, kind, remarks)
    language = _language(cells, reading, components, findings)
    was_blocked = _findings_of(cells, reading, findings)
    date = _date(cells, reading, remarks)
    notes = format_prior(
        was_blocked,
        *_details(cells, layout, _NOTED),
        "" if cells.get(layout.keyword) == published else f"published as: {clean(published)}",
    )
    details = "; ".join(_details(cells, layout, _SOURCED))
    if not reading.origin and not details:
        findings += check_source("")
    if findings:
        return Drafted(draft=None, findings=tuple(findings), remarks=())
    draft = Draft(
        line=record.line,
        components=components,
        language=language,
        category=_category(cells, reading),
        date=date,
        origin=reading.origin,
        details=details,
        notes=notes,
        was_blocked=was_blocked,
    )
    return Drafted(draft=draft, findings=(), remarks=tuple(remarks))


def draft_entry(entry: Entry) -> Draft:
    """Take an entry of a list of our own as it is."""
    return Draft(
        line=entry.line,
        components=entry.components,
        language=entry.language,
        category=entry.category,
        date=entry.date_added,
        origin="",
        details=entry.source,
        notes=entry.notes,
        was_blocked={},
        variant_of=entry.variant_of,
        variant=entry.variant,
    )


def decode_entities(text: str) -> str:
    """Turn what a web page wrote for a character into that character: ``&rsquo;`` into ’."""
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text) if "&" in text else text


def tidy(text: str) -> str:
    """Set spaces and normal form right, which changes nothing that a reader of the file saw.

    A byte order mark at the start of a cell is what joining files leaves of them.
    """
    plain = " ".join(text.removeprefix(BOM).split())
    return plain if plain.isascii() else unicodedata.normalize("NFC", plain)


def clean(text: str) -> str:
    """Make a text fit for notes and sources, which are read by people and never sent."""
    plain = tidy(text)
    if is_plain(plain):
        return plain
    unfit = {at for at, _ in misfits(plain)}
    if unfit:
        plain = tidy("".join(c for at, c in enumerate(plain) if at not in unfit))
    return plain


def _is_header(cells: Mapping[str, str]) -> bool:
    """Whether a row names columns, as where two tables were put into one file."""
    same = sum(
        bool(cell) and len(cell) < _LONGEST_NAME and plain_name(cell) == plain_name(name)
        for name, cell in cells.items()
    )
    return same > 1


def _check_components(
    components: tuple[str, ...], text: str, separator: Separator
) -> list[Finding]:
    if not text:
        return [Finding("the keyword is empty", "write one, or leave the row out")]
    if not all(part.strip() for part in components):
        return [Finding(f"keyword {text!r} has an empty component", "correct it")]
    if separator is not Separator.OURS:
        return list(check_keyword(format_keyword(components)))
    return [
        Finding(what, f"{fix}; if all are meant so, import with --separator plus or none")
        if "may or may not" in what
        else Finding(what, fix)
        for what, fix in check_keyword(text)
    ]


def _count_components(
    cells: Mapping[str, str],
    reading: Reading,
    components: tuple[str, ...],
    kind: str,
    remarks: list[Finding],
) -> None:
    """Remark where the file says that there are more, or fewer, components than were found."""
    told = next((cells.get(each, "") for each in reading.layout.named(Role.COMPONENTS)), "").strip()
    if told.isdecimal() and int(told) != len(components):
        remarks.append(
            Finding(f"{told} components are announced and {len(components)} found", "look at it")
        )
    elif is_combination(kind) and len(components) == 1:
        remarks.append(
            Finding(
                f"{components[0]!r} is called a combination, but nothing known separates its parts",
                "look at it; it is taken as one text",
            )
        )


def _language(
    cells: Mapping[str, str],
    reading: Reading,
    components: tuple[str, ...],
    findings: list[Finding],
) -> str:
    told = next((tidy(cells.get(each, "")) for each in reading.layout.named(Role.LANGUAGE)), "")
    if told.casefold() not in _UNSAID:
        known = _LANGUAGES.get(told.casefold())
        if known is not None:
            return known
        if not list(check_language(langcodes.standardize_tag(told) if _is_tag(told) else told)):
            return langcodes.standardize_tag(told)
        if not reading.language:
            findings.append(
                Finding(f"language {told!r} is unknown", "correct it, or say which with --language")
            )
            return ""
        return reading.language
    guessed = guess_language("".join(components)) or reading.language
    if not guessed:
        findings.append(
            Finding(
                f"the language of {' + '.join(components)!r} cannot be told from its script",
                "say which it is with --language",
            )
        )
    return guessed


def _is_tag(text: str) -> bool:
    return text.isascii() and langcodes.tag_is_valid(text)


def _findings_of(
    cells: Mapping[str, str], reading: Reading, findings: list[Finding]
) -> dict[str, bool]:
    was_blocked: dict[str, bool] = {}
    for role, chat in _CHATS:
        for column in reading.layout.named(role):
            cell = tidy(cells.get(column, ""))
            if not cell:
                continue
            if cell.casefold() in _WAS_BLOCKED:
                was_blocked[chat] = _WAS_BLOCKED[cell.casefold()]
            else:
                findings.append(
                    Finding(
                        f"{column} is {cell!r}", f"use one of {', '.join(_WAS_BLOCKED)}, or none"
                    )
                )
    if reading.family.finding is not None and not was_blocked:
        was_blocked[ANY] = reading.family.finding
    return was_blocked


def _date(cells: Mapping[str, str], reading: Reading, remarks: list[Finding]) -> datetime.date:
    for column in reading.layout.named(Role.DATE):
        cell = tidy(cells.get(column, ""))
        if not cell:
            continue
        found = read_date(cell, reading.order)
        if found is not None:
            return found
        remarks.append(
            Finding(
                f"the date {cell!r} cannot be read, or may mean two days; the day of the import is "
                "taken, and the date kept with the source",
                "say --dates month-first or day-first, or correct it",
            )
        )
    return reading.today


def _category(cells: Mapping[str, str], reading: Reading) -> str:
    for column in reading.layout.named(Role.CATEGORY):
        cell = tidy(cells.get(column, ""))
        if cell.upper() in categories():
            return cell.upper()
        if cell.casefold() in reading.family.categories:
            return reading.family.categories[cell.casefold()]
    return reading.category


def _details(cells: Mapping[str, str], layout: Layout, roles: frozenset[Role]) -> list[str]:
    """The texts of columns, each under the name of its column, in the order of the file."""
    details = []
    for column, cell in cells.items():
        if not cell or layout.roles.get(column, Role.SOURCE) not in roles:
            continue
        if column != layout.keyword and (text := clean(cell)):
            is_only = layout.named(Role.TRANSLATION) == (column,)
            details.append(f"{'translation' if is_only else _label(column)}: {text}")
    return details


@lru_cache(maxsize=1_024)
def _label(column: str) -> str:
    return clean(column).lower()
