"""The `undelivered` subcommands that read the journal: `export` and `runs`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Column, Table

from results.errors import JournalError
from results.export import write_run
from results.journal import LATEST, Journal

DEFAULT_JOURNAL: Final = Path("results/runs/journal.sqlite")

app = typer.Typer(no_args_is_help=True)

JournalOption = Annotated[
    Path, typer.Option("--journal", metavar="PATH", help="The journal that holds the runs.")
]


class Format(StrEnum):
    """What a run can be exported as."""

    CSV = "csv"


@app.command()
def export(
    run: Annotated[
        str,
        typer.Argument(metavar="RUN", help="A run id, the beginning of one, or 'latest'."),
    ] = LATEST,
    *,
    output_format: Annotated[Format, typer.Option("--format", help="Kind of files.")] = Format.CSV,
    journal: JournalOption = DEFAULT_JOURNAL,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", metavar="DIR", help="Where to; default: beside the journal, by run id."
        ),
    ] = None,
) -> None:
    """Write a run as messages.csv, verdicts.csv and run.json."""
    try:
        with Journal.open(journal, read_only=True) as source:
            found = source.run(run)
            match output_format:
                case Format.CSV:
                    files = write_run(source, found.id, output or journal.parent / found.id)
    except JournalError as error:
        raise _failed(error) from error
    for file in files:
        typer.echo(str(file))


@app.command()
def runs(journal: JournalOption = DEFAULT_JOURNAL) -> None:
    """List the runs in the journal, the newest first."""
    table = Table(
        Column("run", overflow="fold"),
        "testbed",
        "strategy",
        "messages",
        "ended",
        box=None,
        pad_edge=False,
    )
    try:
        with Journal.open(journal, read_only=True) as source:
            for run in source.runs():
                ended = (
                    f"{run.finished_at:%Y-%m-%d %H:%M} UTC"
                    if run.finished_at
                    else "not yet, or killed"
                )
                table.add_row(
                    run.id,
                    run.testbed,
                    run.strategy,
                    str(source.count_attempts(run.id)),
                    f"{ended} ({run.stopped})" if run.stopped else ended,
                )
    except JournalError as error:
        raise _failed(error) from error
    if not table.row_count:
        typer.echo(f"{journal} holds no runs yet; run `pytest probes` first")
        return
    Console(markup=False, highlight=False).print(table)


def _failed(error: JournalError) -> typer.Exit:
    typer.echo(f"error: {error}", err=True)
    return typer.Exit(1)
