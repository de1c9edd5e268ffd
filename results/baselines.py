"""Which earlier runs a run is compared with, and entry by entry with which of them.

The last run of the same kind is not always the right one for each entry. It may have come to no
verdict on one; or its verdict differed from those before it, and the difference was not called a
change: then the state of that entry is what it was before. Otherwise a change that is too weakly
supported in the run in which it is first seen would never be told, as the next run would agree with
that one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Final, TypeAlias

from results.circumstances import Circumstances
from results.errors import JournalError
from results.journal import LATEST, Journal
from results.judged_run import JudgedRun, judge_run
from results.record import Run, VerdictKind

MOST_EARLIER: Final = 2
"""How many runs before the baseline add to what it says."""

REACH: Final = 6
"""How many runs back the state of an entry is looked for."""

Key: TypeAlias = tuple[str, Circumstances]
"""An entry, and under what it was measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a run is compared with.

    Attributes:
        runs: The baseline and runs before it, the newest first.
        settled: Place among these of the newest that shows the state of an entry; 0 where it is not
            named.
    """

    runs: Sequence[JudgedRun]
    settled: Mapping[Key, int]


def reference(
    journal: Journal,
    run: Run,
    asked: str = LATEST,
    *,
    judge: Callable[[str], JudgedRun] | None = None,
) -> Reference | None:
    """Find and judge what a run is to be compared with.

    Args:
        journal: Where the runs are; the verdicts of this one are saved.
        run: The run.
        asked: As for `baseline`.
        judge: Gives a run by its id; reads it from the journal if left out.

    Returns:
        ``None`` if there is no earlier run to compare with.

    Raises:
        JournalError: The run that was asked for is not there, or is the run itself.
    """
    judge = judge or partial(judge_run, journal)
    if asked != LATEST:
        first = _named(journal, run, asked)
        runs = [first, *earlier_runs(journal, first)]
        return Reference(runs=[judge(each.id) for each in runs], settled={})
    like = list(islice(_runs_like(journal, run), REACH))
    if not like:
        return None
    settled = _settled(journal, like)
    reach = 1 + MOST_EARLIER + max(settled.values(), default=0)
    return Reference(runs=[judge(each.id) for each, _ in like[:reach]], settled=settled)


def baseline(journal: Journal, run: Run, asked: str = LATEST) -> Run | None:
    """Find the run to compare with.

    Args:
        journal: Where the runs are.
        run: The run to be compared.
        asked: A run id, the beginning of one, or ``latest``: the newest earlier run that said
            anything of the same entries under the same circumstances.

    Returns:
        ``None`` if there is no such earlier run.

    Raises:
        JournalError: The run that was asked for is not there, or is the run itself.
    """
    if asked != LATEST:
        return _named(journal, run, asked)
    return next((each for each, _ in _runs_like(journal, run)), None)


def earlier_runs(journal: Journal, run: Run, most: int = MOST_EARLIER) -> list[Run]:
    """Find the newest runs before one that said anything of the same entries.

    Args:
        journal: Where the runs are.
        run: The run.
        most: How many at most.
    """
    return [each for each, _ in islice(_runs_like(journal, run), most)]


def age(run: Run) -> tuple[datetime, str]:
    """What runs are ordered by: their start, and their id where that is the same."""
    return run.started_at, run.id


def _named(journal: Journal, run: Run, asked: str) -> Run:
    found = journal.run(asked)
    if found.id == run.id:
        raise JournalError(f"run {run.id!r} cannot be compared with itself; name another run")
    return found


def _runs_like(journal: Journal, run: Run) -> Iterator[tuple[Run, Mapping[Key, VerdictKind]]]:
    """Earlier runs that said anything of the same entries, the newest first, and what they said."""
    wanted = _said(journal, run).keys()
    for each in journal.runs():
        if age(each) < age(run):
            said = _said(journal, each)
            if not wanted.isdisjoint(said):
                yield each, said


def _settled(
    journal: Journal, runs: Sequence[tuple[Run, Mapping[Key, VerdictKind]]]
) -> dict[Key, int]:
    """The place of the newest run that shows the state of each entry."""
    compared = journal.comparisons()
    state: dict[Key, tuple[VerdictKind, int]] = {}
    for place, (run, said) in reversed([*enumerate(runs)]):  # the oldest first
        called = {(each.entry_id, each.circumstances) for each in journal.changes(run.id)}
        for key, kind in said.items():
            if kind is VerdictKind.INCONCLUSIVE:
                continue
            known, _ = state.get(key, (kind, place))
            # A run that nobody compared takes nothing back and calls nothing a change.
            if kind is known or key in called or run.id not in compared:
                state[key] = kind, place
    return {key: place for key, (_, place) in state.items()}


def _said(journal: Journal, run: Run) -> dict[Key, VerdictKind]:
    return {
        (row.text("entry_id"), Circumstances.from_row(row)): VerdictKind(row.text("verdict"))
        for row in journal.verdict_rows(run.id)
    }
