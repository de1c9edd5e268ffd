"""What can go wrong with a wordlist.

::

    Exception
    └── WordlistError    one or more lists cannot be used; `problems` holds everything wrong

A person who edits a list wants to mend it once, so a list is read to its end and every problem of
every list comes in one error. Warnings never make an error; `wordlists.advice` collects them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

WHOLE_FILE = 0
"""The line of a problem that concerns a file as a whole; lines are counted from 1."""


class Severity(StrEnum):
    """How much a problem matters."""

    ERROR = "error"
    """The list cannot be used until it is mended."""
    WARNING = "warning"
    """The list can be used, but the measurement or its reviewers gain from mending it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a list, and what to do about it."""

    path: Path | str
    """The file it is in, shown relative to the current directory where it lies below that; or the
    address of a file on the web, as text."""
    line: int
    """The line it is on, the first line of a row that spans several; or `WHOLE_FILE`."""
    what: str
    """What is wrong, with the value found."""
    fix: str
    """What to do, in the imperative."""
    severity: Severity = Severity.ERROR
    """Whether the list can be used all the same."""

    def __str__(self) -> str:
        warning = "warning: " if self.severity is Severity.WARNING else ""
        return f"{place(self.path, self.line)}: {warning}{self.what}; {self.fix}"


def place(path: Path | str, line: int) -> str:
    """Write a place as ``path:line``, as short as it can be from the current directory."""
    here = Path.cwd()
    is_below = isinstance(path, Path) and path.is_relative_to(here)
    shown = Path(path).relative_to(here) if is_below else path
    return str(shown) if line == WHOLE_FILE else f"{shown}:{line}"


class WordlistError(Exception):
    """Lists cannot be used. The message has one line a problem: ``path:line: what; how to fix``.

    Attributes:
        problems: Everything that is wrong, in the order of the lists and their lines.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def file_error(path: Path | str, what: str, fix: str) -> WordlistError:
    """The error that one thing is wrong with a file as a whole."""
    return WordlistError([Problem(path=path, line=WHOLE_FILE, what=what, fix=fix)])
