"""What can be wrong with a single cell of a list.

Each check takes the text of a cell and yields findings: what is wrong with it, and how to mend it.
Checks know nothing of files and lines, so importers judge other people's texts by them too.
"""

import datetime
import difflib
import re
import unicodedata
from collections.abc import Iterator
from typing import Final, NamedTuple

import langcodes

from wordlists.categories import categories
from wordlists.cells import FORMULA_STARTS, GUARD, guard, unguard
from wordlists.characters import describe, has_suspects, has_visible, misfits
from wordlists.entry import JOINER, VariantKind, folded, parse_keyword, unclear_pluses

_ENTRY_ID = re.compile(r"[0-9a-f]{10}")
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YEAR_FIRST = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})")
_EXAMPLE_TAGS: Final = "zh-Hans, zh-Hant, bo, ug or en"


class Finding(NamedTuple):
    """What is wrong with a cell, and how to mend it."""

    what: str
    fix: str


def is_plain(text: str) -> bool:
    """Whether a glance shows that nothing is wrong with a text: true of nearly every text."""
    return (
        text.isprintable()
        and text[:1] != " "
        and text[-1:] != " "
        and "  " not in text
        and unicodedata.is_normalized("NFC", text)
        and not has_suspects(text)
    )


def check_guard(column: str, cell: str) -> Iterator[Finding]:
    """A cell that a spreadsheet would run starts with ``'``, and no other cell does."""
    if cell.startswith(FORMULA_STARTS):
        yield Finding(
            f"{column} {cell!r} starts like a formula, which a spreadsheet would run",
            f"put {GUARD} in front of it",
        )
    elif cell.startswith(GUARD) and guard(unguard(cell)) != cell:
        yield Finding(
            f"{column} {cell!r} starts with {GUARD}, which is read as a mark and left out",
            f"write {GUARD}{GUARD} to keep it, or remove it",
        )


def check_text(
    column: str, text: str, *, multiline: bool = False, hidden: bool = False
) -> Iterator[Finding]:
    """A text shows everything it holds, in NFC, with single spaces between words.

    Args:
        column: What to call it.
        text: What to judge.
        multiline: Whether it may have several lines.
        hidden: Whether it may hold what cannot be seen, which is the point of some variants.
    """
    if is_plain(text):
        return
    lines = text.split("\n") if multiline else [text]
    if any(line != line.strip(" ") for line in lines):
        yield Finding(f"{column} {text!r} starts or ends with a space", "remove the space")
    if any("  " in line.strip(" ") for line in lines):
        yield Finding(f"{column} {text!r} has two spaces in a row", "leave one")
    seen: set[str] = set()
    for at, kind in () if hidden else misfits(text, multiline=multiline):
        if text[at] not in seen:
            seen.add(text[at])
            fix = "write a plain space" if kind == "unusual space" else "remove it"
            yield Finding(f"{column} has {_a(kind)}, {describe(text[at])}, at {at + 1}", fix)
    if not unicodedata.is_normalized("NFC", text):
        normal = unicodedata.normalize("NFC", text)
        at = next(
            (at for at, (a, b) in enumerate(zip(text, normal, strict=False)) if a != b),
            min(len(text), len(normal)),
        )
        yield Finding(
            f"{column} {text!r} is not in Unicode's form NFC from character {at + 1} on",
            f"write {normal!a}",
        )


def check_keyword(text: str, *, hidden: bool = False) -> Iterator[Finding]:
    """A keyword has components that can be seen, none of them twice.

    Args:
        text: The keyword.
        hidden: Whether it may hold what cannot be seen beside what can, as some variants do.
    """
    if not text.strip():
        yield Finding("the keyword is empty", "write one, or delete the line")
        return
    components = parse_keyword(text)
    for number, component in enumerate(components, start=1):
        if not component.strip(" "):
            yield Finding(
                f"component {number} of {text!r} is empty",
                "remove the + beside it, or write \\+ if that is part of the keyword",
            )
        elif not has_visible(component):
            named = " ".join(describe(character) for character in component)
            yield Finding(
                f"nothing can be seen of component {number} of {len(components)} ({named})",
                "write a text that can be seen",
            )
    unclear = unclear_pluses(text)
    if unclear:
        apart = "".join(JOINER if at in unclear else sign for at, sign in enumerate(text))
        sign = text[unclear[0]]
        yield Finding(
            f"the {sign} at {unclear[0] + 1} in {text!r} may or may not separate two components",
            f"write {apart!r} if it does, or \\{sign} if it is part of the keyword",
        )
    # The halves of a variant that is sent in two messages may well be alike.
    keys = [] if len(components) == 1 or hidden else folded(components)
    for number, key in enumerate(keys):
        if key in keys[:number] and key.strip():
            yield Finding(f"component {components[number]!r} of {text!r} is repeated", "keep one")
    yield from check_text("keyword", text, hidden=hidden)


def check_language(text: str) -> Iterator[Finding]:
    """A language is a valid BCP 47 tag, in its standard form."""
    if not text:
        yield Finding("the language is empty", f"write a BCP 47 tag such as {_EXAMPLE_TAGS}")
        return
    if not langcodes.tag_is_valid(text):
        yield Finding(
            f"language {text!r} is not a valid BCP 47 tag",
            f"write one such as {_EXAMPLE_TAGS} (see https://r12a.github.io/app-subtags/)",
        )
        return
    if langcodes.Language.get(text).language in {None, "und"}:
        yield Finding(f"language {text!r} names no language", f"write one such as {_EXAMPLE_TAGS}")
        return
    standard = langcodes.standardize_tag(text)
    if standard != text:
        yield Finding(f"language {text!r} is not in standard form", f"write {standard}")


def check_category(text: str) -> Iterator[Finding]:
    """A category is a code of categories.csv."""
    codes = categories()
    if text in codes:
        return
    close = difflib.get_close_matches(text.strip().upper(), codes, n=1)
    fix = f"did you mean {close[0]}? Or write" if close else "write"
    yield Finding(f"category {text!r} is unknown", f"{fix} one of {', '.join(codes)}")


def check_date(text: str, today: datetime.date | None) -> Iterator[Finding]:
    """A date is ISO 8601, exists, and is not after ``today`` where that is given."""
    if not _ISO_DATE.fullmatch(text):
        yield Finding(
            f"date_added {text!r} is not a date of the form YYYY-MM-DD",
            f"write {iso_form(text) or 'it as year, month, day, such as 2026-01-31'}",
        )
        return
    try:
        date = datetime.date.fromisoformat(text)
    except ValueError as error:
        yield Finding(f"date_added {text!r} does not exist ({error})", "correct it")
        return
    if today is not None and date > today:
        yield Finding(f"date_added {text} is in the future", "write the day the row was added")


def check_variant_of(text: str) -> Iterator[Finding]:
    """A derived entry names the entry it is derived from by its id."""
    if not _ENTRY_ID.fullmatch(text):
        yield Finding(
            f"variant_of {text!r} is not the id of an entry",
            "write the 10 hexadecimal digits that `undelivered wordlist variants` shows",
        )


def check_variant(text: str) -> Iterator[Finding]:
    """What was done to derive an entry is one of the known ways."""
    if text not in set(VariantKind):
        close = difflib.get_close_matches(text, [str(kind) for kind in VariantKind], n=1)
        hint = f"did you mean {close[0]}? Or write" if close else "write"
        yield Finding(
            f"variant {text!r} is unknown",
            f"{hint} one of {', '.join(VariantKind)}; or leave both empty",
        )


def check_source(text: str) -> Iterator[Finding]:
    """A source is there, for without one nobody can check why a text is in the list."""
    if not has_visible(text):
        yield Finding("the source is empty", "say where it is public: a reference, with its URL")
    yield from check_text("source", text)


def check_notes(text: str) -> Iterator[Finding]:
    """Notes are any clean text, or none; they may have several lines."""
    yield from check_text("notes", text, multiline=True)


def iso_form(text: str) -> str | None:
    """Write a date that has its year first, which leaves no doubt about the others, in ISO form."""
    match = _YEAR_FIRST.fullmatch(text.strip())
    if match is None:
        return None
    try:
        return datetime.date(*map(int, match.groups())).isoformat()
    except ValueError:
        return None


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
