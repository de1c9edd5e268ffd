"""What became of each row of an imported file."""

from dataclasses import dataclass

from wordlists.errors import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """Counts of rows, such that ``read == taken + merged + refused_rows``."""

    read: int
    """Rows in the file, without its header."""
    taken: int
    """Rows that became an entry."""
    merged: int
    """Rows that say of a keyword what an earlier row says, and were added to that one's source."""
    refused: tuple[Problem, ...]
    """Why the other rows were left out; a row may have several problems."""

    @property
    def refused_rows(self) -> int:
        """Rows that were left out."""
        return len({problem.line for problem in self.refused})
