"""What can go wrong with a wordlist.

::

    Exception
    └── WordlistError    one or more lists cannot be used; `problems` holds everything wrong

A person who edits a list wants to mend it once, so a list is read to its end and every problem of
every list comes in one error.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

WHOLE_FILE = 0
"""The line of a problem that concerns a file as a whole; lines are counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong in a list, and what to do about it."""

    path: Path
    """The file it is in; shown relative to the current directory where it lies below that."""
    line: int
    """The line it is on, the first line of a row that spans several; or `WHOLE_FILE`."""
    what: str
    """What is wrong, with the value found."""
    fix: str
    """What to do, in the imperative."""

    def __str__(self) -> str:
        return f"{place(self.path, self.line)}: {self.what}; {self.fix}"


def place(path: Path, line: int) -> str:
    """Write a place as ``path:line``, as short as it can be from the current directory."""
    here = Path.cwd()
    shown = path.relative_to(here) if path.is_relative_to(here) else path
    return str(shown) if line == WHOLE_FILE else f"{shown}:{line}"


class WordlistError(Exception):
    """Lists cannot be used. The message has one line a problem: ``path:line: what; how to fix``.

    Attributes:
        problems: Everything that is wrong, in the order of the lists and their lines.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))
