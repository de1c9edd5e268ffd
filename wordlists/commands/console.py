"""How the commands talk to people: plain errors, counts in words, questions on a terminal only."""

import datetime
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import typer
from rich.console import Console

from wordlists.errors import WordlistError
from wordlists.findings import Finding
from wordlists.places import Library

# Somewhere it is already tomorrow: a date is in the future when no place on earth has it yet.
_EARLIEST_ZONE: Final = datetime.timezone(datetime.timedelta(hours=14))
_PIPED_WIDTH: Final = 120


def library_of(context: typer.Context) -> Library:
    """The lists that the command is about, as its option ``--folder`` says."""
    found = context.obj
    return found if isinstance(found, Library) else Library()


@contextmanager
def plain_errors() -> Iterator[None]:
    """Tell a person what is wrong without a traceback, and end with exit code 1."""
    try:
        yield
    except WordlistError as error:
        typer.echo(str(error), err=True)
        if len(error.problems) > 1:
            typer.echo(f"{len(error.problems)} problems", err=True)
        raise typer.Exit(1) from error


def count(number: int, singular: str, plural: str = "") -> str:
    """Write a number with its noun: ``1 entry``, ``1,200 entries``."""
    return f"{number:,} {singular if number == 1 else plural or singular + 's'}"


def latest_day() -> datetime.date:
    """The day it is where it is latest; what lies after it is in the future everywhere."""
    return datetime.datetime.now(_EARLIEST_ZONE).date()


def today() -> datetime.date:
    """The day it is here."""
    return datetime.datetime.now().astimezone().date()


def is_interactive() -> bool:
    """Whether a person sits at a terminal and can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def ask(
    question: str, *, default: str = "", check: Callable[[str], Iterable[Finding]] | None = None
) -> str:
    """Ask until the answer is in order.

    Args:
        question: What to ask.
        default: What an empty answer means; none if empty.
        check: What may be wrong with an answer.
    """
    while True:
        answer: str = typer.prompt(question, default=default or None).strip()
        findings = list(check(answer)) if check is not None else []
        if not findings:
            return answer
        for what, fix in findings:
            typer.echo(f"  {what}; {fix}", err=True)


def console() -> Console:
    """Where tables go: as wide as the terminal, or wide enough to lose nothing in a pipe."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH, highlight=False)
