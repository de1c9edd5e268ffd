"""Verdicts computed again from the raw attempts of a run.

Raw observations are stored, verdicts follow from them. So when the rules have changed, or a verdict
is doubted, it can be had again without sending anything.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from results.errors import JournalError
from results.journal import Journal
from results.judged_run import bracket_limits_of, computed_verdicts
from results.record import Condition, EntryRecord, Run, Verdict
from results.rules import RULES_VERSION, score

KNOWN_VERSIONS = (RULES_VERSION,)
"""Versions of the rules that this version of undelivered can apply."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What a run said of an entry, and what its attempts give.

    Attributes:
        entry: The entry.
        condition: Under what the verdicts hold.
        stored: The verdict the journal holds; ``None`` if it holds none.
        computed: What the attempts give now.
    """

    entry: EntryRecord
    condition: Condition
    stored: Verdict | None
    computed: Verdict

    @property
    def is_changed(self) -> bool:
        """Whether the journal would hold something else."""
        return self.stored != self.computed

    @property
    def is_overturned(self) -> bool:
        """Whether censored, clear or inconclusive is not what it was."""
        return self.stored is None or self.stored.kind is not self.computed.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescoring:
    """A run, judged again.

    Attributes:
        run: The run.
        revisions: One an entry and condition, in the order of the lists.
    """

    run: Run
    revisions: Sequence[Revision]

    @property
    def changed(self) -> list[Revision]:
        """Those the journal would hold something else for."""
        return [each for each in self.revisions if each.is_changed]


def rescore(journal: Journal, run_id: str, *, rules: str = RULES_VERSION) -> Rescoring:
    """Compute the verdicts of a run again; nothing is written.

    Args:
        journal: Where the run is.
        run_id: Its id, the beginning of its id, or ``latest``.
        rules: Version of the rules to apply.

    Raises:
        JournalError: There is no such run, or this version does not have these rules.
    """
    if rules not in KNOWN_VERSIONS:
        raise JournalError(
            f"rules version {rules!r} is not known here; this version of undelivered has "
            f"{', '.join(map(repr, KNOWN_VERSIONS))}. Install the version of undelivered that has "
            f"it, or leave --rules out"
        )
    run = journal.run(run_id)
    stored = {(each.entry_id, each.condition): each for each in journal.verdicts(run.id)}
    entries = journal.entries(run.id)
    attempts = journal.attempts(run.id)
    scores = score(attempts, bracket_limits_of(run))
    by_id = {entry.id: entry for entry in entries}
    return Rescoring(
        run=run,
        revisions=[
            Revision(
                entry=by_id[verdict.entry_id],
                condition=verdict.condition,
                stored=stored.get((verdict.entry_id, verdict.condition)),
                computed=verdict,
            )
            for verdict in computed_verdicts(run, entries, attempts, scores)
        ],
    )


def save(journal: Journal, rescoring: Rescoring) -> None:
    """Record the verdicts in place of those the journal holds.

    Raises:
        JournalError: The journal cannot be written.
    """
    journal.save_verdicts(rescoring.run.id, [revision.computed for revision in rescoring.revisions])


def rescoring_lines(rescoring: Rescoring, *, is_saved: bool) -> list[str]:
    """Tell what another judgement changes, in lines.

    Args:
        rescoring: The judgement.
        is_saved: Whether the journal holds it now.
    """
    run, changed = rescoring.run, rescoring.changed
    lines = [
        f"{each.entry.keyword}: {_told(each.stored)} → {_told(each.computed)}"
        for each in changed
        if each.is_overturned
    ]
    total = len(rescoring.revisions)
    if not changed:
        lines.append(f"run {run.id}: all {total} verdicts are as stored")
        return lines
    done = "saved" if is_saved else "nothing is written"
    lines.append(
        f"run {run.id}: {len(lines)} of {total} verdicts overturned, {len(changed) - len(lines)} "
        f"more with other figures; {done}"
    )
    return lines


def _told(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no verdict"
    return f"{verdict.kind} ({verdict.rule_id}, rules version {verdict.rules_version})"
