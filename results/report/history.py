"""What earlier runs said of the same entries: the timeline of each entry."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from results.circumstances import Circumstances
from results.journal import Journal
from results.record import Run, VerdictKind

MOST_RUNS: Final = 200
"""How many runs a timeline reaches back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What runs said, one after the other.

    Attributes:
        runs: The runs, the oldest first.
        said: By entry and circumstances: the place of each run that said anything, and what.
    """

    runs: Sequence[Run]
    said: dict[tuple[str, Circumstances], list[tuple[int, VerdictKind]]]


def past(journal: Journal, last: Run, most: int = MOST_RUNS) -> Past:
    """Read what runs up to one said, from the verdicts they saved.

    Args:
        journal: Where they are.
        last: The newest of them.
        most: How many at most.
    """
    until = (last.started_at, last.id)
    runs = [run for run in journal.runs() if (run.started_at, run.id) <= until][:most][::-1]
    said: defaultdict[tuple[str, Circumstances], list[tuple[int, VerdictKind]]] = defaultdict(list)
    for place, run in enumerate(runs):
        for row in journal.verdict_rows(run.id):
            key = (row.text("entry_id"), Circumstances.from_row(row))
            said[key].append((place, VerdictKind(row.text("verdict"))))
    return Past(runs=runs, said=dict(said))
