"""`undelivered evidence` and `undelivered prune-evidence`."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table

from probes.errors import UNDELIVERED_ERRORS, CampaignError
from probes.evidence_shelf import as_json, pieces, prune
from results.explain import meant
from results.journal import LATEST, Journal

DEFAULT_JOURNAL: Final = Path("results/runs/journal.sqlite")
_MEGABYTE: Final = 1_000_000

app = typer.Typer()

JournalOption = Annotated[
    Path, typer.Option("--journal", metavar="PATH", help="The journal; runs lie beside it.")
]


@app.command()
def evidence(
    run: Annotated[
        str, typer.Argument(metavar="[RUN]", help="A run id, the beginning of one, or 'latest'.")
    ] = LATEST,
    entry: Annotated[
        str | None,
        typer.Argument(metavar="[ENTRY]", help="Only of messages with this entry."),
    ] = None,
    *,
    is_opened: Annotated[
        bool, typer.Option("--open", help="Open screenshots and page sources.")
    ] = False,
    is_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    journal: JournalOption = DEFAULT_JOURNAL,
) -> None:
    """List what handsets showed when something went wrong. It is not for publishing."""
    try:
        with Journal.open(journal, read_only=True) as source:
            found_run = source.run(run)
            wanted = None
            if entry is not None:
                entries = {each.id: each for each in source.entries(found_run.id)}
                chosen = meant(entries, entry).id
                wanted = {
                    each.id for each in source.attempts(found_run.id) if chosen in each.entries
                }
        found = pieces(journal.parent / found_run.id, wanted)
    except UNDELIVERED_ERRORS as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    if is_json:
        typer.echo(as_json(found))
    elif not found:
        typer.echo(f"{found_run.id} has no evidence{'' if entry is None else f' of {entry!r}'}")
    else:
        table = Table(
            "time (UTC)",
            "attempt",
            "handset",
            "kind",
            Column("file", overflow="fold"),
            box=None,
            pad_edge=False,
        )
        for piece in found:
            at = f"{piece.at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
            table.add_row(at, piece.attempt, piece.handset, piece.kind, str(piece.path))
        Console(markup=False, highlight=False, emoji=False).print(table)
    if is_opened:
        for path in dict.fromkeys(piece.path for piece in found if piece.kind != "log"):
            typer.launch(str(path))


@app.command("prune-evidence")
def prune_evidence(
    *,
    days: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Delete what is older than N days.")
    ] = None,
    megabytes: Annotated[
        int | None,
        typer.Option(min=0, metavar="N", help="Delete the oldest until N MB are left, all in all."),
    ] = None,
    is_rehearsal: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")
    ] = False,
    journal: JournalOption = DEFAULT_JOURNAL,
) -> None:
    """Delete old evidence of all runs; journal and exports stay as they are."""
    try:
        if days is None and megabytes is None:
            raise CampaignError("say what to keep: --days 30, --megabytes 500, or both")
        done = prune(
            [each for each in sorted(journal.parent.glob("*")) if each.is_dir()],
            before=None if days is None else datetime.now(UTC) - timedelta(days=days),
            most_bytes=None if megabytes is None else megabytes * _MEGABYTE,
            is_rehearsal=is_rehearsal,
        )
    except UNDELIVERED_ERRORS as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    verb = "would be deleted" if is_rehearsal else "deleted"
    typer.echo(
        f"{done.files} files with {done.size / _MEGABYTE:.1f} MB {verb}, "
        f"{done.left / _MEGABYTE:.1f} MB left"
    )
