"""The `undelivered` subcommands of the drivers: `setup`, `doctor` and `app`."""

import shutil
from collections import Counter
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from tempfile import mkdtemp
from typing import Annotated

import typer
from pydantic import TypeAdapter
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from drivers.app_cli import app as app_commands
from drivers.doctor.examination import examine
from drivers.doctor.finding import Finding, Status, report_line
from drivers.errors import ConfigError, DriverError
from drivers.pins import load_pins
from drivers.setup import install, is_installed
from drivers.testbed import EMBEDDED
from drivers.tools import Missing, Places, find_all

app = typer.Typer(no_args_is_help=True)
app.add_typer(app_commands, name="app")

FINDINGS = TypeAdapter(list[Finding])
"""What `undelivered doctor --json` prints."""


class ChatKind(StrEnum):
    """Kinds of chat."""

    DIRECT = "direct"
    GROUP = "group"


@app.command()
def setup(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only say what is there and what is missing.")
    ] = False,
) -> None:
    """Install Appium and its Android driver, at the versions the project pins."""
    places = Places.here()
    try:
        if not check:
            _install(places)
        is_complete = _report(places)
    except (ConfigError, DriverError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if not is_complete:
        raise typer.Exit(1)


@app.command()
def doctor(
    *,
    testbed: Annotated[
        str, typer.Option(help="Path of the testbed, or 'embedded' for the one that ships here.")
    ] = EMBEDDED,
    chat: Annotated[ChatKind, typer.Option(help="Kind of chat.")] = ChatKind.DIRECT,
    send: Annotated[
        bool, typer.Option("--send", help="Send one harmless message on each lane.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a list for programs.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where logs and screens are kept; a new temporary folder otherwise."),
    ] = None,
) -> None:
    """Check everything a measurement rests on, in order; say what is wrong and what to do."""
    kept = Path(mkdtemp(prefix="undelivered-doctor-")) if folder is None else folder
    findings = []
    examination = examine(testbed, chat=chat, sends=send, folder=kept, places=Places.here())
    with closing(examination):
        for finding in examination:
            findings.append(finding)
            if not json:
                typer.echo(report_line(finding))
    counts = Counter(finding.status for finding in findings)
    if json:
        typer.echo(FINDINGS.dump_json(findings, indent=2).decode())
    else:
        typer.echo(", ".join(f"{counts[status]} {status}" for status in Status))
    if counts[Status.FAIL]:
        typer.echo(f"Logs and screens are in {kept}", err=True)
        raise typer.Exit(1)
    if folder is None:
        shutil.rmtree(kept)


def _install(places: Places) -> None:
    pins = load_pins()
    if is_installed(places, pins):
        typer.echo(f"Appium {pins.appium} is installed in {places.home}; nothing to do.")
        return
    typer.echo(
        f"Installing Appium {pins.appium} and its drivers UiAutomator2 {pins.uiautomator2} and "
        f"Chromium {pins.chromium} into {places.home} (about 200 MB) …"
    )
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} files fetched"),
        TimeElapsedColumn(),
    )
    console = Console()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("npm", total=None)
        install(places, progress=lambda fetched: bar.update(task, completed=fetched))
    typer.echo("Installed.")


def _report(places: Places) -> bool:
    """Say of every tool where it is or what to do; whether all are there."""
    tools = find_all(places)
    for tool in tools:
        if isinstance(tool, Missing):
            typer.echo(f"missing  {tool.name}: {tool.problem}\n         {tool.remedy}")
        else:
            typer.echo(f"ok       {tool}")
    return not any(isinstance(tool, Missing) for tool in tools)
