"""A run with what the rules make of it: its attempts, their scores, its verdicts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from results.attempt_rows import attempt_from
from results.bracketing import BracketLimits
from results.errors import JournalError
from results.inference import Limits, Noise, noise
from results.journal import Journal
from results.pool_evidence import Discovery, weigh
from results.record import Attempt, Condition, EntryRecord, Run, Score, Verdict
from results.rules import score
from results.verdict_rules import verdicts

_Limits = TypeVar("_Limits", BracketLimits, Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Entries that are blocked together and clear apart, under a condition.

    Attributes:
        condition: Under what they are.
        discovery: The entries, and the attempts in which they were blocked.
    """

    condition: Condition
    discovery: Discovery


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRun:
    """A run, its attempts, and what follows from them.

    Attributes:
        run: The run.
        entries: Its entries, by id.
        attempts: Its attempts, in the order of sending.
        scores: What became of them, by attempt id, by the rules of this version.
        verdicts: Those the run saved; if it was killed before it saved any, those its attempts
            give.
    """

    run: Run
    entries: Mapping[str, EntryRecord]
    attempts: Sequence[Attempt]
    scores: Mapping[str, Score]
    verdicts: Sequence[Verdict]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions messages were sent under."""
        return tuple(dict.fromkeys(attempt.condition for attempt in self.attempts))

    def under(self, condition: Condition) -> list[Attempt]:
        """The attempts under a condition."""
        return [attempt for attempt in self.attempts if attempt.condition == condition]

    def noise(self, condition: Condition | None = None) -> Noise:
        """What controls and canaries say, under a condition or all in all."""
        return noise(self.attempts if condition is None else self.under(condition), self.scores)

    def findings(self) -> list[Finding]:
        """Discovered combinations: pools that are blocked though each of their entries is clear."""
        found = []
        for condition in self.conditions:
            under = self.under(condition)
            weighed = weigh(
                self.entries, under, self.scores, noise(under, self.scores), limits_of(self.run)
            )
            if weighed is not None:
                found += [
                    Finding(condition=condition, discovery=each) for each in weighed.discoveries
                ]
        return found


def judge_run(journal: Journal, run_id: str) -> JudgedRun:
    """Read a run and score its attempts.

    Args:
        journal: Where the run is.
        run_id: Its id, the beginning of its id, or ``latest``.

    Raises:
        JournalError: There is no such run, or one of its settings cannot be read.
    """
    run = journal.run(run_id)
    # In this order, a run that is still being written adds nothing that the later lists lack.
    saved = journal.verdicts(run.id)
    attempts = [attempt_from(row) for row in journal.attempt_rows(run.id)]
    entries = journal.entries(run.id)
    scores = score(attempts, bracket_limits_of(run))
    return JudgedRun(
        run=run,
        entries={entry.id: entry for entry in entries},
        attempts=attempts,
        scores=scores,
        verdicts=saved or computed_verdicts(run, entries, attempts, scores),
    )


def computed_verdicts(
    run: Run,
    entries: Sequence[EntryRecord],
    attempts: Sequence[Attempt],
    scores: Mapping[str, Score],
) -> list[Verdict]:
    """Judge the entries of a run under each condition it measured, with its own limits."""
    limits = limits_of(run)
    said: list[Verdict] = []
    for condition in dict.fromkeys(attempt.condition for attempt in attempts):
        under = [attempt for attempt in attempts if attempt.condition == condition]
        seen = noise(under, scores)
        weighed = weigh([entry.id for entry in entries], under, scores, seen, limits)
        company = None if weighed is None else weighed.company
        said += verdicts(entries, under, scores, condition, seen, limits=limits, company=company)
    return said


def bracket_limits_of(run: Run) -> BracketLimits:
    """The limits a run was scored with.

    Raises:
        JournalError: A setting of it cannot be read.
    """
    return _settings_of(run, BracketLimits.from_settings)


def limits_of(run: Run) -> Limits:
    """The limits the entries of a run were judged with.

    Raises:
        JournalError: A setting of it cannot be read.
    """
    return _settings_of(run, Limits.from_settings)


def _settings_of(run: Run, read: Callable[[Mapping[str, str]], _Limits]) -> _Limits:
    try:
        return read(run.settings)
    except ValueError as error:
        raise JournalError(f"run {run.id!r} has a setting that cannot be read: {error}") from error
