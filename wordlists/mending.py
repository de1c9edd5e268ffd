"""Mends what is wrong with a list and has only one remedy, which changes nothing that can be read.

What is mended: encoding marks, ends of lines, blank lines, the order of columns and rows, rows that
are there twice to the letter, stray and unusual spaces, characters that cannot be seen, Unicode's
normal form, guards of formulas, dates with the year first, the standard form of language tags, the
case of category codes.

What is not: anything of which a person has to say what was meant, such as a plus between two words,
an unknown code, a date like 7/1/2016, a duplicate that differs in other columns, or a control of
text direction, since without it the text reads otherwise. Rows that nothing is wrong with keep
every byte, whatever their quoting, so that the diff shows what was mended and nothing else.
"""

import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final

import langcodes

from wordlists.categories import categories
from wordlists.cells import FORMULA_STARTS, guard, unguard
from wordlists.characters import misfits
from wordlists.findings import iso_form
from wordlists.lint import COLUMNS, VARIANT_COLUMNS, check_row
from wordlists.rows import BOM, UTF16_BOMS, Row, RowReader
from wordlists.writer import format_cells

_SPACES = re.compile(" {2,}")
_REMOVABLE: Final = "invisible character"
_REPLACEABLE: Final = "unusual space"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mending:
    """A list after mending."""

    data: bytes
    """Its content; equal to what it was if nothing could be mended."""
    done: Mapping[str, int]
    """What was done, in words, and how many times."""


def mend(path: Path, data: bytes) -> Mending:
    """Mend a list as far as a machine may.

    A file of which the rows cannot be made out (a quote that is not closed, bytes that are not
    UTF-8, an unknown header) is only rid of its encoding marks: the rest would be guesswork.

    Args:
        path: The file, for messages.
        data: Its content.
    """
    done: Counter[str] = Counter()
    text_data = _decode(data, done)
    reader = RowReader(path, io.BytesIO(text_data))
    rows = list(reader)
    rows_found = [row for row in rows if isinstance(row, Row)]
    if reader.damage is not None:
        return Mending(data=data, done=MappingProxyType({}))
    if len(rows_found) < len(rows) or not rows_found:
        return Mending(data=text_data, done=MappingProxyType(done))
    kept = [row for row in rows_found if not row.is_blank]
    done["blank line deleted"] += len(rows_found) - len(kept)
    if kept:
        kept = _mend_header(kept, done)
    columns = kept[0].cells if kept else ()
    if columns not in (COLUMNS, COLUMNS + VARIANT_COLUMNS):
        return Mending(data=text_data, done=MappingProxyType(+done))
    below = [_mend_row(columns, row, done) for row in kept[1:]]
    below = _sort(columns, _drop_twins(below, done), done)
    text = "".join(_with_line_end(row.raw, done) for row in [kept[0], *below])
    return Mending(data=text.encode(), done=MappingProxyType(+done))


def _decode(data: bytes, done: Counter[str]) -> bytes:
    if data.startswith(UTF16_BOMS):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            return data
        done["file turned from UTF-16 to UTF-8"] += 1
        return text.encode()
    if data.startswith(BOM.encode()):
        done["byte order mark removed"] += 1
        return data.removeprefix(BOM.encode())
    return data


def _mend_header(rows: list[Row], done: Counter[str]) -> list[Row]:
    """Bring columns in order whose names are all there but for case, spaces and place."""
    header, *below = rows
    names = tuple(cell.strip().casefold() for cell in header.cells)
    if header.cells in (COLUMNS, COLUMNS + VARIANT_COLUMNS):
        return rows
    if len(set(names)) < len(names) or any(len(row.cells) != len(names) for row in below):
        return rows
    wanted = COLUMNS + VARIANT_COLUMNS if set(VARIANT_COLUMNS) & set(names) else COLUMNS
    # Notes may be empty, so a list that has none gets them; the other columns hold facts.
    if set(names) | {"notes"} != set(wanted):
        return rows
    done["header put right"] += 1
    places = [names.index(name) if name in names else None for name in wanted]
    return [
        _rewritten(header, wanted),
        *(_rewritten(row, ["" if at is None else row.cells[at] for at in places]) for row in below),
    ]


def _mend_row(columns: tuple[str, ...], row: Row, done: Counter[str]) -> Row:
    if len(row.cells) != len(columns) or not check_row(columns, row, today=None):
        return row
    is_variant = "variant" in columns and row.cells[columns.index("variant")] != ""
    cells = [
        _mend_cell(column, cell, is_variant=is_variant)
        for column, cell in zip(columns, row.cells, strict=True)
    ]
    changed = [column for column, a, b in zip(columns, row.cells, cells, strict=True) if a != b]
    done.update(f"{column} tidied" for column in changed)
    return _rewritten(row, cells) if changed else row


def _mend_cell(column: str, cell: str, *, is_variant: bool) -> str:
    if cell.startswith(FORMULA_STARTS):
        text = cell
    elif guard(unguard(cell)) == cell:
        text = unguard(cell)
    else:
        return cell  # a quote that may or may not belong to the text
    if not (column == "keyword" and is_variant):
        text = _tidy(text, multiline=column == "notes")
    mended = _CELLS[column](text) if column in _CELLS else text
    return guard(mended)


def _tidy(text: str, *, multiline: bool) -> str:
    """Leave of a text what can be seen of it, with single spaces, in NFC."""
    kinds = dict(misfits(text, multiline=multiline))
    seen = "".join(
        " " if kinds.get(at) == _REPLACEABLE else character
        for at, character in enumerate(text)
        if kinds.get(at) != _REMOVABLE
    )
    lines = (_SPACES.sub(" ", line).strip(" ") for line in seen.split("\n"))
    return unicodedata.normalize("NFC", "\n".join(lines))


def _mend_language(text: str) -> str:
    return langcodes.standardize_tag(text) if text and langcodes.tag_is_valid(text) else text


def _mend_category(text: str) -> str:
    return text.upper() if text.upper() in categories() else text


def _mend_date(text: str) -> str:
    return iso_form(text) or text


_CELLS: Final[Mapping[str, Callable[[str], str]]] = MappingProxyType(
    {"language": _mend_language, "category": _mend_category, "date_added": _mend_date}
)


def _drop_twins(rows: list[Row], done: Counter[str]) -> list[Row]:
    distinct = list({row.cells: row for row in reversed(rows)}.values())[::-1]
    done["row deleted that was there twice"] += len(rows) - len(distinct)
    return distinct


def _sort(columns: tuple[str, ...], rows: list[Row], done: Counter[str]) -> list[Row]:
    if any(len(row.cells) != len(columns) for row in rows):
        return rows  # nobody knows what their cells are
    at = (columns.index("language"), columns.index("keyword"))
    ordered = sorted(rows, key=lambda row: tuple(unguard(row.cells[place]) for place in at))
    done["list sorted"] += ordered != rows
    return ordered


def _with_line_end(raw: str, done: Counter[str]) -> str:
    if raw.endswith("\n") and not raw.endswith("\r\n"):
        return raw
    done["end of line put right"] += 1
    return raw.removesuffix("\n").removesuffix("\r") + "\n"


def _rewritten(row: Row, cells: Sequence[str]) -> Row:
    return replace(row, cells=tuple(cells), raw=format_cells(cells))
