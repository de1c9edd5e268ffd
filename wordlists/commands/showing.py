"""``list``, ``show``, ``stats``, ``diff``: look at lists."""

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from wordlists.categories import categories
from wordlists.census import Census, take_census
from wordlists.commands.console import console, count, library_of, plain_errors
from wordlists.comparison import Difference, compare
from wordlists.entry import Entry
from wordlists.errors import place
from wordlists.lint import COLUMNS
from wordlists.places import Library
from wordlists.variants import visible
from wordlists.wordlist import Wordlist, load, load_all, shipped_names
from wordlists.writer import cells_of

_DATE: Final = 10  # 2026-11-24
_GAP: Final = 2
_NARROWEST: Final = 8
_KEYWORD_SHARE: Final = 0.65

Names = Annotated[list[str] | None, typer.Argument(help="Names or paths; all shipped if none.")]


def list_(context: typer.Context) -> None:
    """Show the shipped and the local lists, with how many entries they have by language."""
    library = library_of(context)
    with plain_errors():
        # One by one: local lists may well hold what shipped ones hold.
        wordlists = [
            *load_all(with_controls=True, folder=library.folder),
            *(load(library.local / f"{name}.csv") for name in shipped_names(library.local)),
        ]
    counts = {w.name: Counter(entry.language for entry in w.entries) for w in wordlists}
    totals = sum(counts.values(), Counter[str]())
    languages = [language for language, _ in totals.most_common()]
    table = Table(box=None, pad_edge=False)
    table.add_column("name", overflow="fold")  # a name cut short could not be copied
    table.add_column("licence")
    for heading in ("entries", "combinations", *languages):
        table.add_column(heading, justify="right")
    for wordlist in wordlists:
        by_language = [str(counts[wordlist.name][language] or "") for language in languages]
        combinations = sum(entry.is_combination for entry in wordlist.entries)
        table.add_row(
            wordlist.name,
            wordlist.licence,
            str(len(wordlist.entries)),
            str(combinations or ""),
            *by_language,
        )
    console().print(table)


def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LIST", help="Name or path of a list.")],
    language: Annotated[str | None, typer.Option(help="Only entries in this language.")] = None,
    category: Annotated[str | None, typer.Option(help="Only entries of this category.")] = None,
    grep: Annotated[str | None, typer.Option(help="Only entries that hold this text.")] = None,
) -> None:
    """Show the entries of a list, and how many there are by category and language."""
    with plain_errors():
        wordlist = load(library_of(context).find(name))
    entries = [
        entry
        for entry in wordlist.entries
        if (language is None or entry.language == language)
        and (category is None or entry.category == category)
        and (grep is None or _holds(entry, grep))
    ]
    out = console()
    out.print(_entry_table(entries, out.width))
    out.print()
    out.print(_crossed(take_census(entries)))
    shown = "" if len(entries) == len(wordlist.entries) else f" of {len(wordlist.entries):,}"
    licence = wordlist.licence or "licence not stated"
    out.print(
        f"\n{wordlist.title}: {len(entries):,}{shown} entries; {licence}; "
        f"{place(wordlist.path, 0)}",
        markup=False,
    )


def stats(context: typer.Context, lists: Names = None) -> None:
    """Count what is in lists: languages, categories, lengths, what came in when."""
    library = library_of(context)
    with plain_errors():
        wordlists = _load_each(library, lists)
    out = console()
    out.print(_summary(wordlists))
    entries = [entry for wordlist in wordlists for entry in wordlist.entries]
    census = take_census(entries)
    out.print()
    out.print(_crossed(census))
    out.print()
    out.print(_months(census))


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(metavar="A", help="Name or path of a list.")],
    after: Annotated[str, typer.Argument(metavar="B", help="Name or path of another.")],
) -> None:
    """Say what B has that A has not, what A has that B has not, and which columns differ."""
    library = library_of(context)
    with plain_errors():
        old, new = (load(library.find(name)) for name in (before, after))
    tell_difference(compare(old.entries, new.entries))


def tell_difference(difference: Difference) -> None:
    """Write a difference, one entry a line: ``+`` only in B, ``-`` only in A, ``~`` changed."""
    for sign, entries in (("-", difference.removed), ("+", difference.added)):
        for entry in entries:
            typer.echo(f"{sign} {visible(entry)} ({entry.language}, {entry.category})")
    for change in difference.changed:
        typer.echo(f"~ {visible(change.after)}")
        for column in change.columns:
            at = COLUMNS.index(column)
            a, b = cells_of(change.before)[at], cells_of(change.after)[at]
            typer.echo(f"    {column}: {a!r} → {b!r}")
    typer.echo(
        f"{len(difference.added):,} added, {len(difference.removed):,} removed, "
        f"{len(difference.changed):,} changed, {difference.same:,} the same"
    )


def _entry_table(entries: Sequence[Entry], width: int) -> Table:
    """Lay entries out: a keyword is folded and never cut, notes take what room is left."""
    keywords = [visible(entry) for entry in entries]
    language = max((cell_len(entry.language) for entry in entries), default=0)
    left = width - sum((max(language, len("language")), len("category"), _DATE, 4 * _GAP))
    longest = max(map(cell_len, keywords), default=0)
    keyword_width = max(_NARROWEST, min(longest, int(left * _KEYWORD_SHARE)))
    table = Table(box=None, pad_edge=False)
    table.add_column("keyword", overflow="fold", width=keyword_width)
    for heading in ("language", "category", "added"):
        table.add_column(heading, no_wrap=True)
    notes_width = max(_NARROWEST, left - keyword_width)
    table.add_column("notes", overflow="ellipsis", no_wrap=True, max_width=notes_width)
    for keyword, entry in zip(keywords, entries, strict=True):
        table.add_row(
            Text(keyword),
            entry.language,
            entry.category,
            entry.date_added.isoformat(),
            Text(entry.notes.replace("\n", " ")),
        )
    return table


def _load_each(library: Library, names: Sequence[str] | None) -> list[Wordlist]:
    if names:
        return [load(library.find(name)) for name in names]
    return list(load_all(folder=library.folder))


def _holds(entry: Entry, text: str) -> bool:
    wanted = text.casefold()
    return any(wanted in cell.casefold() for cell in cells_of(entry))


def _summary(wordlists: Sequence[Wordlist]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("list", overflow="fold")
    headings = ("entries", "combinations", "components", "median length", "longest", "prior")
    for heading in headings:
        table.add_column(heading, justify="right")
    for wordlist in wordlists:
        census = take_census(wordlist.entries)
        table.add_row(
            wordlist.name,
            f"{census.entries:,}",
            f"{census.combinations:,}",
            f"{census.mean_components:.2f}" if census.combinations else "",
            f"{census.median_length:g}",
            f"{census.longest:,}",
            f"{census.with_prior:,}" if census.with_prior else "",
        )
    return table


def _crossed(census: Census) -> Table:
    """Entries by category and language."""
    languages = [language for language, _ in census.by_language.most_common()]
    table = Table(box=None, pad_edge=False)
    table.add_column("category")
    for language in languages:
        table.add_column(language, justify="right", no_wrap=True)
    table.add_column("all", justify="right", no_wrap=True)
    table.add_column("what it is")
    for category, total in sorted(census.by_category.items()):
        cells = [str(census.by_both[category, language] or "") for language in languages]
        table.add_row(
            category, *cells, f"{total:,}", categories().get(category, "").partition(":")[0]
        )
    table.add_row(
        "all",
        *(f"{census.by_language[language]:,}" for language in languages),
        f"{census.entries:,}",
        count(census.combinations, "combination"),
    )
    return table


def _months(census: Census) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("month added")
    table.add_column("entries", justify="right")
    for month, number in sorted(census.by_month.items()):
        table.add_row(month, f"{number:,}")
    return table
