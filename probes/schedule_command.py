"""`undelivered schedule`, `undelivered alerts`: runs that start by themselves, and who is told."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

import probes
from drivers.alert_channels import AlertChannel
from drivers.testbed import EMBEDDED, InboxEnd, Testbed, load_testbed
from probes.alert_messages import message
from probes.alerts import deliver, require_variables, send
from probes.errors import UNDELIVERED_ERRORS, CampaignError
from probes.schedule import Schedule, interval
from probes.schedule_install import Scheduler, files_of, install, remove
from results.journal import Journal

DEFAULT_JOURNAL: Final = Path("results/runs/journal.sqlite")
_SET_BY_SCHEDULE: Final = ("--testbed", "--results-dir", "--resume", "--plan")

app = typer.Typer()


@app.command()
def schedule(
    options: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- OPTION...]",
            help="Further options of `pytest probes`, such as -- --wordlist tibet --chat group.",
        ),
    ] = None,
    *,
    every: Annotated[str, typer.Option(metavar="INTERVAL", help="How often: 30m, 6h, 1d, 1w.")],
    testbed: Annotated[str, typer.Option(metavar="NAME", help="testbed.toml, or 'embedded'.")],
    scheduler: Annotated[
        Scheduler, typer.Option("--as", help="What starts the runs.")
    ] = Scheduler.SYSTEMD,
    results_dir: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the journal and the runs are kept."),
    ] = None,
    is_installed: Annotated[
        bool, typer.Option("--install", help="Install it, instead of printing it.")
    ] = False,
    is_removed: Annotated[
        bool, typer.Option("--remove", help="Remove the schedule of this testbed.")
    ] = False,
) -> None:
    """Measure again and again: a timer, a crontab's line, or a job of GitHub Actions."""
    try:
        made = _schedule(every, testbed, options or [], results_dir)
        if is_installed or is_removed:
            act = remove if is_removed else install
            lines = act(made, scheduler, _configuration())
        else:
            files = files_of(made, scheduler)
            lines = [
                f"# {name}\n{text}" if scheduler is not Scheduler.CRON else text.rstrip("\n")
                for name, text in files.items()
            ]
    except UNDELIVERED_ERRORS as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    for line in lines:
        typer.echo(line)
    if made.variables and not is_removed and scheduler is not Scheduler.GITHUB:
        typer.echo(
            f"Put {', '.join(made.variables)} into {made.environment} (chmod 600), NAME=value a "
            "line: a scheduler does not know the environment of your shell.",
            err=True,
        )


@app.command()
def alerts(
    *,
    testbed: Annotated[str, typer.Option(metavar="NAME", help="testbed.toml with [alerts].")],
    journal: Annotated[
        Path, typer.Option(metavar="PATH", help="The journal in which alerts wait.")
    ] = DEFAULT_JOURNAL,
    is_test: Annotated[
        bool, typer.Option("--test", help="Send a message that says that it is a test.")
    ] = False,
) -> None:
    """Deliver what waits to be told of changes, or try whether channels can be reached."""
    try:
        channels = load_testbed(testbed).alerts
        if not channels:
            raise CampaignError(f"{testbed} has no table [alerts.NAME]: nobody is told of changes")
        require_variables(channels)
        if is_test:
            problems = _tried(channels)
        else:
            with Journal.open(journal) as source:
                told = deliver(source, channels)
            for channel, count in told.delivered.items():
                typer.echo(f"{channel}: told of {count}")
            if not told.delivered and not told.kept:
                typer.echo("nothing waits to be told")
            problems = list(told.kept)
    except UNDELIVERED_ERRORS as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    for problem in problems:
        typer.echo(f"error: {problem}", err=True)
    if problems:
        raise typer.Exit(1)


def _tried(channels: Sequence[AlertChannel]) -> list[str]:
    problems = []
    for channel in channels:
        test = message(
            channel,
            title="Undelivered: a test",
            text="Nothing has changed. Changes will be told here.",
            key=os.urandom(8).hex(),
            values={"run": None, "changes": [], "count": 0},
        )
        problem = send(channel, test, os.environ)
        if problem is None:
            typer.echo(f"{channel.name}: told")
        else:
            problems.append(f"{channel.name}: {problem}")
    return problems


def _schedule(every: str, testbed: str, options: list[str], results_dir: Path | None) -> Schedule:
    loaded = load_testbed(testbed)
    refused = [each for each in options if each.partition("=")[0] in _SET_BY_SCHEDULE]
    if refused:
        raise CampaignError(f"{', '.join(refused)}: leave it out after --; the schedule sets it")
    place = testbed if testbed == EMBEDDED else str(Path(testbed).resolve())
    command = [sys.executable, "-m", "pytest", "probes", "--testbed", place]
    if not any(each.partition("=")[0] == "--fail-on" for each in options):
        command += ["--fail-on", "changed"]
    if results_dir is not None:
        command += ["--results-dir", str(results_dir.resolve())]
    return Schedule(
        name=loaded.name,
        every=interval(every),
        command=[*command, *map(_absolute, options)],
        folder=Path(probes.__file__).resolve().parents[1],
        environment=_configuration() / "undelivered" / f"{loaded.name}.env",
        variables=_variables(loaded),
    )


def _variables(testbed: Testbed) -> list[str]:
    """The environment variables that runs on a testbed need, secrets of inboxes and alerts."""
    names = [variable for channel in testbed.alerts for variable in channel.variables]
    for lane in testbed.lanes:
        for end in (lane.receiver, *lane.observers):
            if isinstance(end, InboxEnd):
                names += [
                    each for each in (end.inbox.token_env, end.inbox.number_env) if each is not None
                ]
    return list(dict.fromkeys(names))


def _absolute(option: str) -> str:
    """A path as it is found from the project's folder, if the option is one that is there."""
    is_path = ("/" in option or option.endswith(".csv")) and Path(option).exists()
    return str(Path(option).resolve()) if is_path else option


def _configuration() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
