"""Turns somebody's table into a list of ours; says of every row what became of it."""

import datetime
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from wordlists.cells import guard
from wordlists.entry import Entry
from wordlists.errors import WHOLE_FILE, Problem, WordlistError
from wordlists.findings import check_category, check_language
from wordlists.importers.columns import Role, lay_out
from wordlists.importers.dates import DateOrder, tell_order
from wordlists.importers.drafting import Reading, clean, draft_entry, draft_record
from wordlists.importers.families import OWN, Family, detect_family
from wordlists.importers.report import SHOWN, ImportReport, Refusal, Tally
from wordlists.importers.separators import Separator
from wordlists.importers.staging import Draft, Staging, open_staging
from wordlists.importers.tables import Format, Opening, Record, Table, detect_format, open_table
from wordlists.licences import UNKNOWN
from wordlists.lint import COLUMNS, VARIANT_COLUMNS, read_cells
from wordlists.rows import Row

_HOPELESS_ROWS: Final = 10_000
_HOPELESS_SHARE: Final = 0.9
_QUOTED = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")
_NUMBER = re.compile(r"\b\d[\d,]*\b")
_OWN_DELIMITED: Final = frozenset({Format.CSV, Format.TSV})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a person says of a file; what is left out is told from the file."""

    opening: Opening = field(default_factory=Opening)
    """How to open it."""
    family: Family | None = None
    """What it is."""
    keyword_column: str | None = None
    """The column that holds the keywords."""
    separator: Separator | None = None
    """What stands between the components of a combination."""
    language: str = ""
    """The language of texts that neither the file nor their script tells."""
    category: str = ""
    """The category of rows that have none of our codes."""
    publisher: str = ""
    """Where the file is from, for the source of each entry."""
    licence: str = ""
    """Its licence, an SPDX identifier."""
    order: DateOrder | None = None
    """What comes first in dates like ``7/1/2016``."""
    today: datetime.date | None = None
    """The day of the import; today, if None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a file looks like before it is read."""

    columns: tuple[str, ...]
    family: Family
    format: Format
    order: DateOrder | None
    """What comes first in its dates, if they tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """What an import reads from and gathers in."""

    table: Table
    staging: Staging
    tally: Tally
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """A file that was read to its end; its entries can be taken as long as it is open."""

    report: ImportReport
    family: Family
    format: Format
    staging: Staging
    name: str
    path: Path
    source: Path

    def entries(self) -> Iterator[Entry]:
        """The entries, in the order of a list, one at a time."""
        return self.staging.entries(wordlist=self.name, path=self.path)

    def refusals(self) -> Iterator[Refusal]:
        """All rows that were left out."""
        return self.staging.refusals(self.source)

    @property
    def has_variants(self) -> bool:
        """Whether any entry is derived from another."""
        return self.staging.has_variants()


def outline(path: Path, *, name: str, wishes: Wishes) -> Outline:
    """Look at a file: what it is, and how its dates are written.

    Args:
        path: The file.
        name: What it is called.
        wishes: What a person says of it.

    Raises:
        WordlistError: It cannot be opened.
    """
    with open_table(path, name=name, opening=wishes.opening) as table:
        family = wishes.family or detect_family(table.columns)
        order = wishes.order or family.order
        if order is None and family is not OWN:
            layout = lay_out(table.columns, keyword=wishes.keyword_column, place=name)
            dates = layout.named(Role.DATE)
            if dates:
                order = tell_order(
                    record.cells.get(column, "")
                    for record in table.records
                    if isinstance(record, Record)
                    for column in dates
                )
        return Outline(
            columns=table.columns,
            family=family,
            format=_format(path, name, wishes),
            order=order,
        )


@contextmanager
def read_foreign(
    path: Path, *, name: str, wordlist: str, destination: Path, wishes: Wishes
) -> Iterator[Import]:
    """Read a table to its end.

    Args:
        path: The file.
        name: What it is called, for messages and sources.
        wordlist: The name of the list that its entries are to be part of.
        destination: The file of that list.
        wishes: What a person says of it.

    Raises:
        WordlistError: It cannot be opened, or nearly all of its rows are refused.
    """
    _judge(wishes, name)
    shown = path if path.name == name else Path(name)
    found = outline(path, name=name, wishes=wishes)
    tally = Tally()
    with open_table(path, name=name, opening=wishes.opening) as table, open_staging() as staging:
        work = _Work(table=table, staging=staging, tally=tally, path=shown)
        read = _read_own if found.family is OWN else _read_other
        read(work, found, wishes)
        yield Import(
            report=tally.report(),
            family=found.family,
            format=found.format,
            staging=staging,
            name=wordlist,
            path=destination,
            source=shown,
        )


def origin_of(name: str, family: Family, wishes: Wishes) -> str:
    """Say where a file is from, as the source of each of its entries starts."""
    publisher = wishes.publisher or family.publisher
    licence = wishes.licence or family.licence
    known = f"{publisher} ({licence})" if publisher and licence != UNKNOWN else publisher
    return clean(f"{known}, {name}" if known else name)


def _format(path: Path, name: str, wishes: Wishes) -> Format:
    if wishes.opening.format is not None:
        return wishes.opening.format
    with path.open("rb") as file:
        return detect_format(name, file.read(65_536))


def _read_other(work: _Work, found: Outline, wishes: Wishes) -> None:
    staging, tally, path = work.staging, work.tally, work.path
    family = found.family
    reading = Reading(
        family=family,
        layout=lay_out(work.table.columns, keyword=wishes.keyword_column, place=path.name),
        separator=wishes.separator or family.separator,
        language=wishes.language or family.language,
        category=wishes.category or family.category,
        origin=origin_of(path.name, family, wishes),
        order=found.order,
        today=wishes.today or datetime.datetime.now(datetime.UTC).date(),
    )
    for record in _records(work):
        drafted = draft_record(record, reading)
        if drafted.draft is None:
            for finding in drafted.findings[1:]:
                staging.refuse(_at(path, record, *finding), record.raw)
            _refuse(staging, tally, _at(path, record, *drafted.findings[0]), record)
            continue
        for finding in drafted.remarks:
            tally.remark(_at(path, record, *finding))
        line = staging.add(drafted.draft)
        if line is None:
            tally.taken += 1
        elif staging.says_otherwise(drafted.draft):
            what = f"contradicts line {line} on the same keyword"
            _refuse(staging, tally, _at(path, record, what, "keep one"), record)
        else:
            staging.merge(drafted.draft)
            tally.merged += 1


def _read_own(work: _Work, found: Outline, wishes: Wishes) -> None:
    """Take entries as they are; in formats that spreadsheets do not run, cells have no guard."""
    staging, tally, path = work.staging, work.tally, work.path
    has_variants = bool(set(VARIANT_COLUMNS) & set(work.table.columns))
    columns = COLUMNS + VARIANT_COLUMNS if has_variants else COLUMNS
    is_guarded = found.format in _OWN_DELIMITED
    for record in _records(work):
        cells = tuple(record.cells.get(column, "") for column in columns)
        row = Row(
            line=record.line,
            cells=cells if is_guarded else tuple(map(guard, cells)),
            raw=record.raw,
            is_damaged=False,
        )
        entry, findings = read_cells(path, columns, row, wordlist=path.stem, today=wishes.today)
        unknown = [name for name in record.cells if name not in columns]
        problems = [_at(path, record, *finding) for finding in findings]
        if unknown:
            what = f"there is a key {unknown[0]!r}, which a list does not have"
            problems.append(_at(path, record, what, "remove it, or put what it says into notes"))
        if problems or entry is None:
            for problem in problems[1:]:
                staging.refuse(problem, record.raw)
            _refuse(staging, tally, problems[0], record)
            continue
        _take_own(draft_entry(entry), record, staging, tally, path)


def _take_own(draft: Draft, record: Record, staging: Staging, tally: Tally, path: Path) -> None:
    line = staging.add(draft)
    if line is None:
        tally.taken += 1
    elif staging.is_same(draft):
        tally.merged += 1
    else:
        what = f"{record.cells['keyword']!r} is a duplicate of line {line}, and says otherwise"
        _refuse(staging, tally, _at(path, record, what, "keep one of them"), record)


def _records(work: _Work) -> Iterator[Record]:
    """The rows that could be made out; the others are refused."""
    for found in work.table.records:
        work.tally.read += 1
        if isinstance(found, Record):
            yield found
        else:
            work.staging.refuse(found, "")
            work.tally.refuse(found, _general(found.what))
        _give_up(work.tally, work.path)


def _give_up(tally: Tally, path: Path) -> None:
    if tally.refused_rows >= _HOPELESS_ROWS and tally.refused_rows > _HOPELESS_SHARE * tally.read:
        problem = Problem(
            path=path,
            line=WHOLE_FILE,
            what=f"{tally.refused_rows:,} of the first {tally.read:,} rows cannot be taken, "
            "so this is something else than it seems",
            fix="look at the reasons below; name the format, the separator or the language",
        )
        raise WordlistError([problem, *tally.report().refused[:SHOWN]])


def _refuse(staging: Staging, tally: Tally, problem: Problem, record: Record) -> None:
    staging.refuse(problem, record.raw)
    tally.refuse(problem, _general(problem.what))


def _general(what: str) -> str:
    """A reason without the value it was found in, so that reasons can be counted."""
    return _NUMBER.sub("…", _QUOTED.sub("…", what))


def _at(path: Path, record: Record, what: str, fix: str) -> Problem:
    return Problem(path=path, line=record.line, what=what, fix=fix)


def _judge(wishes: Wishes, name: str) -> None:
    """Judge what a person says by the rules of a list, before 100,000 rows are refused for it."""
    findings = [
        *(check_language(wishes.language) if wishes.language else ()),
        *(check_category(wishes.category) if wishes.category else ()),
    ]
    if findings:
        raise WordlistError(
            Problem(path=name, line=WHOLE_FILE, what=what, fix=fix) for what, fix in findings
        )
