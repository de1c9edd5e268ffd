"""The command ``undelivered wordlist``: check lists, list them, import other people's."""

import datetime
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table

from wordlists.errors import WHOLE_FILE, Problem, WordlistError
from wordlists.importers.citizenlab import read_liu_xiaobo
from wordlists.wordlist import (
    CONTROLS_NAME,
    LOCAL,
    SHIPPED,
    Wordlist,
    load,
    load_all,
    shipped_names,
)
from wordlists.writer import write_list

# Somewhere it is already tomorrow: a date is in the future when no place on earth has it yet.
_EARLIEST_ZONE: Final = datetime.timezone(datetime.timedelta(hours=14))

app = typer.Typer(name="wordlist", no_args_is_help=True, help="Check, list and import wordlists.")


@app.command()
def check(
    lists: Annotated[
        list[str] | None,
        typer.Argument(help="Names or paths of lists; all shipped lists when none is given."),
    ] = None,
) -> None:
    """Say everything that is wrong with lists, and how to mend it."""
    today = datetime.datetime.now(_EARLIEST_ZONE).date()
    with _plain_errors():
        loaded = load_all(lists or (), with_controls=not lists, today=today)
    entries = sum(len(wordlist.entries) for wordlist in loaded)
    typer.echo(f"{_count(len(loaded), 'list')}, {_count(entries, 'entry', 'entries')}: no problems")


@app.command("list")
def show() -> None:
    """Show the shipped and the local lists, with how many entries they have by language."""
    with _plain_errors():
        # One by one: local lists may well hold what shipped ones hold.
        wordlists = [
            *load_all(with_controls=True),
            *(load(LOCAL / f"{name}.csv") for name in shipped_names(LOCAL)),
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
        table.add_row(*_summary(wordlist), *by_language)
    Console().print(table)


@app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="A keyword list of Citizen Lab's report on Liu Xiaobo (CSV).")
    ],
    name: Annotated[
        str | None,
        typer.Option("--as", help="What to call the list; the name of the file by default."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Where to write it; by default wordlists/local/NAME.csv."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a list that is already there.")
    ] = False,
) -> None:
    """Turn a published keyword list into a wordlist for `--wordlist`."""
    with _plain_errors():
        path = _destination(name or source.stem, output)
        entries, report = read_liu_xiaobo(source, wordlist=path.stem)
        write_list(entries, path, overwrite=force)
    for problem in report.refused:
        typer.echo(f"refused: {problem}", err=True)
    typer.echo(
        f"{_count(report.read, 'row')} read: {report.taken} taken, {report.merged} merged, "
        f"{report.refused_rows} refused"
    )
    combinations = sum(entry.is_combination for entry in entries)
    argument = path.stem if path.parent == LOCAL else path
    typer.echo(
        f"{_count(len(entries), 'entry', 'entries')} ({combinations} of several components) "
        f"written to {path}\nMeasure them with: pytest probes --wordlist {argument}"
    )


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Tell a person what is wrong without a traceback, and end with exit code 1."""
    try:
        yield
    except WordlistError as error:
        typer.echo(str(error), err=True)
        if len(error.problems) > 1:
            typer.echo(f"{len(error.problems)} problems", err=True)
        raise typer.Exit(1) from error


def _destination(name: str, output: Path | None) -> Path:
    """Choose where an import goes: anywhere but among the shipped lists, whose licence differs."""
    path = output if output is not None else LOCAL / f"{name}.csv"
    if path.suffix != ".csv":
        finding = "an output must have the suffix .csv", f"write {path}.csv"
    elif output is None and Path(name).name != name:
        finding = f"{name!r} is not a name", "leave out the folder, or use --output"
    elif path.stem in {*shipped_names(), CONTROLS_NAME}:
        finding = f"a shipped list is named {path.stem!r}", "choose another name with --as"
    elif path.resolve().parent == SHIPPED:
        finding = (
            "imports are under a licence that does not let us ship them",
            f"write elsewhere, such as to {LOCAL / path.name}",
        )
    else:
        return path
    what, fix = finding
    raise WordlistError([Problem(path=path, line=WHOLE_FILE, what=what, fix=fix)])


def _summary(wordlist: Wordlist) -> tuple[str, str, str, str]:
    combinations = sum(entry.is_combination for entry in wordlist.entries)
    return (
        wordlist.name,
        wordlist.licence,
        str(len(wordlist.entries)),
        str(combinations or ""),
    )


def _count(number: int, singular: str, plural: str = "") -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
