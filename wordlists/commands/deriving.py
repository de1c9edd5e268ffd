"""``variants`` and ``controls``: what can be derived for entries, and what stands beside them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from wordlists.categories import CONTROL
from wordlists.commands.checking import load_lenient_controls
from wordlists.commands.console import console, count, library_of, plain_errors
from wordlists.entry import Entry, VariantKind
from wordlists.errors import WHOLE_FILE, place
from wordlists.matching import Frequencies, rank_controls
from wordlists.places import Library
from wordlists.variants import VARIANT_KINDS, Derivation, derive_all, visible
from wordlists.wordlist import load
from wordlists.writer import write_list

_SHOWN_CONTROLS = 3


def variants(
    context: typer.Context,
    *,
    name: Annotated[str, typer.Argument(metavar="LIST", help="Name or path of a list.")],
    kind: Annotated[
        list[VariantKind] | None, typer.Option(help="Only this kind; may be repeated.")
    ] = None,
    language: Annotated[str | None, typer.Option(help="Only entries in this language.")] = None,
    entry: Annotated[
        list[str] | None, typer.Option(help="Only this entry, by keyword or id; may be repeated.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write them as a list, for `--wordlist`.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a file that is already there.")
    ] = False,
) -> None:
    """Derive variants of entries: which normalisations does a filter apply?

    What cannot be seen of a text is shown by its code: <U+200D>.
    """
    with plain_errors():
        entries = _chosen(library_of(context), name, language, entry or ())
        derived = list(derive_all(entries, kind or VARIANT_KINDS))
        found = [variant for each in derived for variant in each.variants]
        if output is not None:
            write_list(
                sorted(found, key=lambda each: (each.language, each.keyword, each.variant or "")),
                output,
                overwrite=force,
                with_variants=True,
            )
    if output is None:
        console().print(_table(derived))
    total = f"{count(len(found), 'variant')} of {count(len(entries), 'entry', 'entries')}"
    typer.echo(total if output is None else f"{place(output, WHOLE_FILE)}: {total}")


def controls(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="LIST", help="Name or path of a list.")],
    seed: Annotated[int, typer.Option(help="Decides between controls that are equally near.")] = 0,
    language: Annotated[str | None, typer.Option(help="Only entries in this language.")] = None,
) -> None:
    """Show which controls resemble each entry in script, length and frequency, nearest first."""
    library = library_of(context)
    with plain_errors():
        entries = _chosen(library, name, language, ())
    harmless = load_lenient_controls(library)
    frequencies = Frequencies.of(each.keyword for each in (*entries, *harmless))
    table = Table(box=None, pad_edge=False)
    table.add_column("entry", overflow="fold", ratio=2)
    table.add_column("distance", justify="right")
    table.add_column("nearest controls", overflow="fold", ratio=3)
    for entry in entries:
        matches = rank_controls(entry, harmless, seed=seed, frequencies=frequencies)
        nearest = matches[:_SHOWN_CONTROLS]
        table.add_row(
            Text(visible(entry)),
            f"{nearest[0].distance:.2f}" if nearest else "",
            Text(" / ".join(match.control.keyword for match in nearest) or "none"),
        )
    console().print(table)


def _chosen(
    library: Library, name: str, language: str | None, wanted: list[str] | tuple[str, ...]
) -> list[Entry]:
    return [
        entry
        for entry in load(library.find(name)).entries
        if entry.category != CONTROL
        and (language is None or entry.language == language)
        and (not wanted or entry.id in wanted or entry.keyword in wanted)
    ]


def _table(derived: list[Derivation]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("entry", "kind"):
        table.add_column(heading, overflow="fold")
    table.add_column("text", overflow="fold")
    table.add_column("id", no_wrap=True)
    for each in derived:
        table.add_row(Text(each.entry.keyword, style="bold"), "", "", each.entry.id)
        for variant in each.variants:
            text = " | ".join(" + ".join(parts) for parts in variant.messages)
            table.add_row("", str(variant.variant), Text(visible(variant, text)), variant.id)
    return table
