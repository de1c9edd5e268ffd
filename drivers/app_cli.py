"""`undelivered app`: look at the apps there are, and describe one that is not among them."""

import os
import re
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, TypeAdapter
from rich.console import Console
from rich.table import Table

from drivers import app_table
from drivers.errors import ConfigError, DriverError
from drivers.profile import Platform, Profile
from drivers.profile_advice import advice
from drivers.profile_file import (
    SCHEMA,
    Problem,
    profile_folder,
    profile_path,
    read_profile,
    schema_text,
    shipped_profiles,
)
from drivers.profile_learning import Lesson, Taught, draft
from drivers.screen import Screen
from drivers.screen_dump import dump

app = typer.Typer(no_args_is_help=True, help="App profiles: list, check, new, learn.")

_WIDTH_WITHOUT_TERMINAL = 160
_MOST_LANGUAGES = 4
_NAME = re.compile(r"\w[\w.-]*")  # of a file, and of the app in its profile


class Severity(StrEnum):
    """Whether a profile can be used in spite of something."""

    ERROR = "error"
    WARNING = "warning"


class Remark(BaseModel):
    """One line of `undelivered app check --json`."""

    path: str
    line: int
    severity: Severity
    place: str
    what: str


class Listed(BaseModel):
    """One app of `undelivered app list --json`."""

    name: str
    title: str
    platform: Platform
    grade: str
    versions: tuple[str, ...]
    families: tuple[str, ...]
    languages: tuple[str, ...]
    verified: tuple[str, ...]


_REMARKS = TypeAdapter(list[Remark])
_LISTED = TypeAdapter(list[Listed])


@app.command(name="list")
def list_apps(
    *,
    json: Annotated[bool, typer.Option("--json", help="Print a list for programs.")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the README's table of apps.")
    ] = False,
) -> None:
    """Show the apps that have a profile, where it comes from and what it was tried on."""
    try:
        profiles = app_table.shipped()
    except ConfigError as error:
        raise _failed(error) from error
    if json:
        typer.echo(_LISTED.dump_json([_listed(each) for each in profiles], indent=2).decode())
    elif markdown:
        typer.echo(app_table.readme_table(profiles, folder=Path("drivers/apps")), nl=False)
    else:
        _print_table(profiles)


@app.command()
def check(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME|PATH]...", help="Profiles; all that ship if left out."),
    ] = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="Print a list for programs.")] = False,
) -> None:
    """Say everything that is wrong with a profile, and what it does not know."""
    try:
        remarks = [remark for name in names or shipped_profiles() for remark in _remarks(name)]
    except ConfigError as error:
        raise _failed(error) from error
    if json:
        typer.echo(_REMARKS.dump_json(remarks, indent=2).decode())
    else:
        for each in remarks:
            said = ": ".join(filter(None, (each.place, each.what)))
            typer.echo(f"{each.path}:{each.line}: {each.severity}: {said}")
        errors = sum(each.severity is Severity.ERROR for each in remarks)
        typer.echo(f"{errors} errors, {len(remarks) - errors} warnings")
    if any(each.severity is Severity.ERROR for each in remarks):
        raise typer.Exit(1)


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Name of the app in testbeds, such as my-app.")],
    *,
    folder: Annotated[Path, typer.Option(help="Where the profile is written.")] = Path(),
    web: Annotated[bool, typer.Option("--web", help="The app runs in a browser.")] = False,
) -> None:
    """Write an empty profile with an explanation of every key; fill it in, then check it."""
    path = _place(folder, name)
    platform = Platform.WEB if web else Platform.ANDROID
    template = profile_folder() / f"{platform}.toml.template"
    _write(path, template.read_text(encoding="utf-8").replace("TITLE", name.capitalize(), 1))
    typer.echo(f"{path} is written. Fill it in, then run: undelivered app check {path}")


@app.command()
def learn(
    name: Annotated[str, typer.Argument(help="Name of the app in testbeds, such as my-app.")],
    *,
    source: Annotated[
        list[Path] | None,
        typer.Option(help="A saved page source of the app, of a chat or of the list of chats."),
    ] = None,
    appium: Annotated[
        str | None, typer.Option(help="URL of an Appium server, to look at a live handset.")
    ] = None,
    udid: Annotated[str | None, typer.Option(help="Which device of that server.")] = None,
    title: Annotated[str | None, typer.Option(help="Title of the chat.")] = None,
    own: Annotated[
        list[str] | None, typer.Option(help="A text you have sent in that chat, exactly.")
    ] = None,
    other: Annotated[
        list[str] | None, typer.Option(help="A text you have received in that chat, exactly.")
    ] = None,
    folder: Annotated[Path, typer.Option(help="Where the profile is written.")] = Path(),
) -> None:
    """Find out how an app's screens are read, from a chat you have open, and write a draft.

    Nothing is typed, tapped or sent: you send two texts yourself and say which they are.
    """
    path = _place(folder, name)
    try:
        taught = Taught(
            title=title or _asked("--title", "Title of the chat, as the app shows it"),
            own=tuple(own or [_asked("--own", "Text that you have sent in it, exactly")]),
            other=tuple(other or [_asked("--other", "Text that you have received in it, exactly")]),
        )
        screens = _screens(source or [], appium, udid)
        lesson = draft(name, taught, screens)
    except (ConfigError, DriverError) as error:
        raise _failed(error) from error
    _write(path, lesson.text)
    _report(lesson, path)


@app.command()
def schema() -> None:
    """Print the JSON schema of profiles, which editors complete and check them by."""
    typer.echo(schema_text(), nl=False)


def _listed(profile: Profile) -> Listed:
    return Listed(
        name=profile.name,
        title=profile.title,
        platform=profile.platform,
        grade=profile.grade,
        versions=profile.versions,
        families=tuple(each.name for each in profile.families),
        languages=profile.languages,
        verified=tuple(map(str, profile.verified)),
    )


def _print_table(profiles: Iterable[Profile]) -> None:
    table = Table(box=None, pad_edge=False)
    for column in ("app", "name", "grade", "versions", "languages", "verified"):
        table.add_column(column, overflow="fold")
    for profile in profiles:
        shown = profile.languages[:_MOST_LANGUAGES]
        more = len(profile.languages) - len(shown)
        table.add_row(
            profile.title,
            profile.name,
            profile.grade,
            ", ".join(profile.versions) or "not known",
            ", ".join(shown) + (f" and {more} more" if more else ""),
            app_table.trial_summary(profile),
        )
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)
    console.print(table)


def _remarks(name: str) -> list[Remark]:
    path = profile_path(name)
    table, problems = read_profile(path)
    if table is None:
        return [_remark(path, each, Severity.ERROR) for each in problems]
    found = advice(table.to_profile(path.stem), path)
    return [_remark(path, each, Severity.WARNING) for each in found]


def _remark(path: Path, problem: Problem, severity: Severity) -> Remark:
    return Remark(
        path=str(path),
        line=problem.line,
        severity=severity,
        place=problem.place,
        what=problem.what,
    )


def _place(folder: Path, name: str) -> Path:
    """Where a new profile goes, before anybody takes pains over it; none is there yet."""
    if _NAME.fullmatch(name) is None or name.endswith(".toml"):
        typer.echo(
            f"{name!r}: give a plain name of letters, digits, - and _, such as my-app, and the "
            "place by --folder.",
            err=True,
        )
        raise typer.Exit(2)
    path = folder / f"{name}.toml"
    if path.exists():
        raise _is_there(path)
    return path


def _is_there(path: Path) -> typer.Exit:
    typer.echo(f"{path} is there already and was left as it is. Take another name.", err=True)
    return typer.Exit(1)


def _write(path: Path, text: str) -> None:
    """Write a new profile; one that is there is never touched."""
    schema_path = os.path.relpath(profile_folder() / SCHEMA, path.parent)
    if not schema_path.startswith("."):
        schema_path = f"./{schema_path}"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"#:schema {Path(schema_path).as_posix()}\n{text}")
    except FileExistsError:
        raise _is_there(path) from None
    except OSError as error:
        typer.echo(f"{path} cannot be written ({error.strerror}). Check --folder.", err=True)
        raise typer.Exit(1) from error


def _asked(option: str, question: str) -> str:
    """An answer of the person at the terminal; where nobody is there, the option is named."""
    if not can_ask():
        raise ConfigError(f"{option} is missing, and nobody can be asked; give it.")
    answer: str = typer.prompt(question)
    return answer


def can_ask() -> bool:
    """Whether a person is at the terminal."""
    return sys.stdin.isatty()


def _screens(sources: list[Path], appium: str | None, udid: str | None) -> tuple[Screen, ...]:
    screens = [_saved(path) for path in sources]
    if appium is not None:
        for what in (
            "the chat, with a text typed into its field and not sent",
            "the list of chats",
        ):
            if can_ask():
                typer.prompt(f"Open {what}, then press Enter", default="", show_default=False)
            screens.append(Screen.parse(dump(appium, udid)))
            if not can_ask():
                break  # nobody opens another screen
    if not screens:
        raise ConfigError("Give a saved page source by --source, or a live handset by --appium.")
    return tuple(screens)


def _saved(path: Path) -> Screen:
    try:
        return Screen.parse(path.read_text(encoding="utf-8", errors="replace"))
    except OSError as error:
        raise ConfigError(
            f"{path}: the page source cannot be read ({error.strerror}). Check the path."
        ) from error


def _report(lesson: Lesson, path: Path) -> None:
    for finding in lesson.findings:
        typer.echo(f"{finding.place:12} {finding.found or 'not found: TODO in the draft'}")
    if lesson.reads:
        typer.echo("Read back by the draft:")
        for line in lesson.reads:
            typer.echo(f"  {line}")
    typer.echo(f"{path} is written. See to its TODOs, then run: undelivered app check {path}")


def _failed(error: Exception) -> typer.Exit:
    typer.echo(str(error), err=True)
    return typer.Exit(1)
