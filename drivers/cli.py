"""The `undelivered` subcommands of the drivers: `setup`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from drivers.errors import ConfigError, DriverError
from drivers.pins import load_pins
from drivers.setup import install, is_installed
from drivers.tools import Missing, Places, find_all

app = typer.Typer(no_args_is_help=True)


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


def _install(places: Places) -> None:
    pins = load_pins()
    if is_installed(places, pins):
        typer.echo(f"Appium {pins.appium} is installed in {places.home}; nothing to do.")
        return
    typer.echo(
        f"Installing Appium {pins.appium} and its UiAutomator2 driver {pins.uiautomator2} into "
        f"{places.home} (about 150 MB) …"
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
