"""What became of each row of an imported file."""

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wordlists.cells import guard
from wordlists.errors import Problem

SHOWN: Final = 100
"""How many refused rows, and how many remarks, a report holds; the others are in its file."""
REFUSED_COLUMNS: Final = ("line", "reason", "fix", "row")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that was left out."""

    problem: Problem
    """Where it is, why it was left out, and what to do."""
    row: str
    """The row as it is in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """Counts of rows, such that ``read == taken + merged + refused_rows``."""

    read: int
    """Rows in the file, without its header."""
    taken: int
    """Rows that became an entry."""
    merged: int
    """Rows that say of a keyword what an earlier row says, and were added to that one's source."""
    refused_rows: int
    """Rows that were left out."""
    refused: tuple[Problem, ...]
    """Why, for the first `SHOWN` of them."""
    reasons: tuple[tuple[str, int], ...]
    """Why, in general, and how many rows each; the most frequent reason first."""
    remarks: tuple[Problem, ...]
    """What a person should look at in rows that were taken, for the first `SHOWN` of them."""
    remarked_rows: int
    """Rows that were taken and should be looked at."""


def write_refusals(refusals: Iterable[Refusal], path: Path) -> None:
    """Write the rows that were left out as a table, so that they can be mended and read again.

    Raises:
        OSError: The file cannot be written.
    """
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(REFUSED_COLUMNS)
        for refusal in refusals:
            problem = refusal.problem
            cells = (str(problem.line), problem.what, problem.fix, refusal.row)
            writer.writerow([guard(cell) for cell in cells])


class Tally:
    """Counts rows while they are read."""

    def __init__(self) -> None:
        self.read = 0
        self.taken = 0
        self.merged = 0
        self.refused_rows = 0
        self.remarked_rows = 0
        self._refused: list[Problem] = []
        self._remarks: list[Problem] = []
        self._reasons: Counter[str] = Counter()

    def refuse(self, problem: Problem, reason: str) -> None:
        """Note a row that is left out, and the kind of reason it is."""
        self.refused_rows += 1
        self._reasons[reason] += 1
        if len(self._refused) < SHOWN:
            self._refused.append(problem)

    def remark(self, problem: Problem) -> None:
        """Note a row that is taken and should be looked at."""
        self.remarked_rows += 1
        if len(self._remarks) < SHOWN:
            self._remarks.append(problem)

    def report(self) -> ImportReport:
        """Sum up."""
        return ImportReport(
            read=self.read,
            taken=self.taken,
            merged=self.merged,
            refused_rows=self.refused_rows,
            refused=tuple(self._refused),
            reasons=tuple(self._reasons.most_common()),
            remarks=tuple(self._remarks),
            remarked_rows=self.remarked_rows,
        )
