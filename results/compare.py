"""What really changed between two runs, and what is noise.

An entry has changed if it was clear and is censored now, or the other way round. With hundreds of
entries and a run every few hours, some verdicts differ by bad luck alone. So a change is called one
only if the evidence of both runs together stands against *nothing changed*, and so that at most 5 %
of all changes that are called are wrong (the false discovery rate).

The test is that of `results.change_test`.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import logit

from results.baselines import Key, age
from results.change_record import Change, ChangeRecord, ComparisonRecord
from results.change_test import MOST_LOG, discoveries, log_e_values
from results.circumstances import Circumstances
from results.errors import JournalError
from results.inference import Noise, log_evidence
from results.journal import Journal
from results.judged_run import JudgedRun, limits_of
from results.pool_evidence import PooledRun, weigh
from results.record import Condition, EntryRecord, Run, Verdict, VerdictKind

LEVEL: Final = 0.05
"""Largest expected share of wrong ones among the changes that are called."""

_LEAST_PROBABILITY: Final = 1e-12  # what belief propagation can still tell from none


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """An entry in two runs.

    Attributes:
        entry: The entry.
        circumstances: Under what it was measured, whatever version the app had.
        change: What became of it.
        before: What the first run says; ``None`` if it does not have it.
        after: What the second run says.
        e_value: How many times more probable a change makes what was seen than none does.
    """

    entry: EntryRecord
    circumstances: Circumstances
    change: Change
    before: Verdict | None
    after: Verdict | None
    e_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs, entry by entry.

    Attributes:
        before: The first run.
        after: The second.
        differences: All entries of either, in the order of the second.
        level: The false discovery rate that is kept.
        notes: What else differs between the runs, in words.
    """

    before: Run
    after: Run
    differences: Sequence[Difference]
    level: float
    notes: Sequence[str]

    @property
    def changed(self) -> list[Difference]:
        """The entries that really changed."""
        return [each for each in self.differences if each.change.is_real]

    @property
    def opposed(self) -> list[Difference]:
        """Entries with opposite verdicts, whether or not that is called a change."""
        return [
            each
            for each in self.differences
            if each.before is not None
            and each.after is not None
            and _is_opposed(each.before, each.after)
        ]

    @property
    def to_confirm(self) -> list[Difference]:
        """Entries with opposite verdicts that noise could explain: more attempts would tell."""
        return [each for each in self.opposed if each.change is Change.FLICKER]

    @property
    def counts(self) -> Mapping[Change, int]:
        """How many entries became what."""
        counts = Counter(each.change for each in self.differences)
        return {change: counts[change] for change in Change}


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """Since when an entry is what it is.

    Attributes:
        first: Start of the first run that said so, with no other verdict after it.
        last_other: Start of the last run before that which said the opposite; ``None`` if none did.
    """

    first: datetime
    last_other: datetime | None


def compare(
    before: JudgedRun,
    after: JudgedRun,
    *,
    earlier: Sequence[JudgedRun] = (),
    settled: Mapping[Key, int] | None = None,
    level: float = LEVEL,
) -> Comparison:
    """Compare two runs.

    Args:
        before: The first.
        after: The second.
        earlier: Runs before the first, the newest first, that add to what it says. Runs that send
            few messages an entry need them: one message that arrived is little to go by.
        settled: Place of the run that an entry is compared with, 0 for the first, 1 for the newest
            of the earlier ones, …; 0 where it is not named (`results.baselines`).
        level: The false discovery rate to keep.

    Raises:
        JournalError: They have no circumstances in common.
    """
    runs = (before, *earlier)
    said = [_by_circumstances(run) for run in runs]
    places = settled or {}
    of_before = {**said[0], **{key: said[place][key] for key, place in places.items()}}
    of_after = _by_circumstances(after)
    keys = list(dict.fromkeys((*of_after, *of_before)))
    if not {shared for _, shared in of_before} & {shared for _, shared in of_after}:
        raise JournalError(
            f"runs {before.run.id!r} ({_all_circumstances(of_before)}) and {after.run.id!r} "
            f"({_all_circumstances(of_after)}) measured under nothing in common; compare "
            f"runs with the same app, kind of chat and regions"
        )
    tested = [
        key
        for key in keys
        if (first := of_before.get(key)) and (second := of_after.get(key))
        if first.attempts and second.attempts
    ]
    log_e = _log_e_values(
        [_evidence(run, verdicts, tested) for run, verdicts in zip(runs, said, strict=True)],
        _evidence(after, of_after, tested),
        np.array([places.get(key, 0) for key in tested], np.int64),
    )
    # What the verdicts do not support cannot be a change: a smaller e-value is still an e-value.
    opposed = np.array([_is_opposed(of_before[key], of_after[key]) for key in tested], np.bool_)
    is_change = discoveries(np.where(opposed, log_e, -np.inf), level)
    found = {
        key: (float(each), bool(is_one))
        for key, each, is_one in zip(tested, log_e, is_change, strict=True)
    }
    entries = {**before.entries, **after.entries}
    return Comparison(
        before=before.run,
        after=after.run,
        differences=[
            _difference(
                entries[key[0]],
                key[1],
                of_before.get(key),
                of_after.get(key),
                found.get(key),
            )
            for key in keys
        ],
        level=level,
        notes=_notes(before, after),
    )


def _log_e_values(
    then: Sequence[NDArray[np.float64]], now: NDArray[np.float64], start: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Average over how many runs, from the one each entry is compared with, were like that one.

    That cannot be chosen by looking, but a mean of e-values is one.
    """
    rows, columns = np.array(then).reshape(len(then), len(now)), np.arange(len(now))
    total, nested = np.zeros(len(now)), []
    for depth in range(len(then)):
        place = start + depth
        is_there = place < len(then)
        total = total + np.where(is_there, rows[np.where(is_there, place, 0), columns], 0.0)
        nested.append(log_e_values(total, now))
    return np.asarray(np.logaddexp.reduce(nested) - np.log(len(nested)), np.float64)


def _evidence(
    run: JudgedRun, said: Mapping[Key, Verdict], keys: Sequence[Key]
) -> NDArray[np.float64]:
    """What a run says of entries, as logs of Bayes factors; 0 where it says nothing."""
    evidence = _Evidence(run)
    return np.array([evidence.of(said[key]) if key in said else 0.0 for key in keys], np.float64)


def since(journal: Journal, run: Run, differences: Sequence[Difference]) -> list[Since]:
    """Find out since when entries are what a run says they are.

    Args:
        journal: Where the runs are.
        run: The run.
        differences: The entries.

    Returns:
        The same for each, in their order.
    """
    found = {_key(each): Since(first=run.started_at, last_other=None) for each in differences}
    kinds = {_key(each): each.after.kind for each in differences if each.after is not None}
    open_keys = set(kinds)
    for each in journal.runs():  # the newest first
        if not open_keys:
            break
        if age(each) >= age(run):
            continue
        said: dict[Key, set[VerdictKind]] = {}
        for row in journal.verdict_rows(each.id):
            key = row.text("entry_id"), Circumstances.from_row(row)
            if key in open_keys:
                said.setdefault(key, set()).add(VerdictKind(row.text("verdict")))
        for key, kinds_said in said.items():
            if kinds_said == {kinds[key]}:
                found[key] = Since(first=each.started_at, last_other=None)
            elif kinds_said != {VerdictKind.INCONCLUSIVE}:
                found[key] = Since(first=found[key].first, last_other=each.started_at)
                open_keys.discard(key)
    return [found[_key(each)] for each in differences]


def _key(difference: Difference) -> Key:
    return difference.entry.id, difference.circumstances


def sentence(difference: Difference, since: Since | None = None) -> str:
    """Say what changed, under what, on which evidence, and since when."""
    text = f"{difference.entry.keyword}: {difference.change} on {difference.circumstances}"
    if since is not None:
        text += f", since {since.first:%Y-%m-%d %H:%M} UTC"
        if since.last_other is not None:
            text += f" (otherwise last on {since.last_other:%Y-%m-%d %H:%M})"
    return f"{text}; before: {_told(difference.before)}; now: {_told(difference.after)}"


def record_of(journal: Journal, comparison: Comparison) -> ComparisonRecord:
    """Put a comparison into the form the journal keeps.

    Args:
        journal: Where earlier runs are, to say since when.
        comparison: The comparison.
    """
    changed = comparison.changed
    dated = since(journal, comparison.after, changed)
    return ComparisonRecord(
        run_id=comparison.after.id,
        baseline=comparison.before.id,
        changes=[
            ChangeRecord(
                run_id=comparison.after.id,
                entry_id=each.entry.id,
                keyword=each.entry.keyword,
                circumstances=each.circumstances,
                change=each.change,
                sentence=sentence(each, when),
            )
            for each, when in zip(changed, dated, strict=True)
        ],
    )


def comparison_lines(journal: Journal, comparison: Comparison) -> list[str]:
    """Tell a comparison in lines: what changed, what flickers, and how many entries did neither.

    Args:
        journal: Where earlier runs are, to say since when.
        comparison: The comparison.
    """
    before, after = comparison.before, comparison.after
    lines = [
        f"run {before.id} ({before.started_at:%Y-%m-%d %H:%M} UTC) and "
        f"run {after.id} ({after.started_at:%Y-%m-%d %H:%M} UTC)",
        *(f"note: {note}" for note in comparison.notes),
    ]
    dated = since(journal, after, comparison.changed)
    lines += list(map(sentence, comparison.changed, dated)) or ["nothing changed"]
    lines += [sentence(each) for each in comparison.differences if each.change is Change.FLICKER]
    counts = ", ".join(f"{count} {change}" for change, count in comparison.counts.items() if count)
    lines.append(
        f"{counts or 'no entries'} (at most {comparison.level:.0%} of all changes that are called "
        f"so are wrong)"
    )
    return lines


def _told(verdict: Verdict | None) -> str:
    if verdict is None:
        return "not measured"
    return (
        f"{verdict.kind}, {verdict.blocked + verdict.pools_blocked} blocked, "
        f"{verdict.delivered + verdict.pools_delivered} arrived"
    )


class _Evidence:
    """What the attempts of a run say of its entries, as logs of Bayes factors."""

    def __init__(self, run: JudgedRun) -> None:
        self._run = run
        self._noise: dict[Condition, Noise] = {}
        self._pools: dict[Condition, PooledRun | None] = {}

    def of(self, verdict: Verdict) -> float:
        condition = verdict.condition
        if condition not in self._noise:
            under = self._run.under(condition)
            noise = self._run.noise(condition)
            self._noise[condition] = noise
            self._pools[condition] = weigh(
                self._run.entries, under, self._run.scores, noise, limits_of(self._run.run)
            )
        pools = self._pools[condition]
        if pools is not None and verdict.pools_blocked + verdict.pools_delivered:
            company = pools.company[verdict.entry_id]
            probability = np.clip(company.probability, _LEAST_PROBABILITY, 1 - _LEAST_PROBABILITY)
            return float(logit(probability) - logit(company.share))
        return log_evidence(verdict.blocked, verdict.delivered, self._noise[condition])


def _by_circumstances(run: JudgedRun) -> dict[Key, Verdict]:
    return {
        (verdict.entry_id, Circumstances.of(verdict.condition)): verdict for verdict in run.verdicts
    }


def _is_opposed(before: Verdict, after: Verdict) -> bool:
    return {before.kind, after.kind} == {VerdictKind.CENSORED, VerdictKind.CLEAR}


def _difference(
    entry: EntryRecord,
    circumstances: Circumstances,
    before: Verdict | None,
    after: Verdict | None,
    found: tuple[float, bool] | None,
) -> Difference:
    """Name what became of an entry; ``found``: the log of its e-value, whether it is a change."""
    if found is None or before is None or after is None:
        change = Change.NOT_COMPARED
    elif found[1]:
        is_censored = after.kind is VerdictKind.CENSORED
        change = Change.NEWLY_CENSORED if is_censored else Change.NEWLY_CLEAR
    else:
        change = Change.UNCHANGED if before.kind is after.kind else Change.FLICKER
    return Difference(
        entry=entry,
        circumstances=circumstances,
        change=change,
        before=before,
        after=after,
        e_value=0.0 if found is None else exp(min(found[0], MOST_LOG)),
    )


def _notes(before: JudgedRun, after: JudgedRun) -> list[str]:
    notes = []
    versions = [
        sorted({condition.app_version or "unknown" for condition in run.conditions})
        for run in (before, after)
    ]
    if versions[0] != versions[1]:
        notes.append(
            f"the app's version changed: {', '.join(versions[0])} → {', '.join(versions[1])}"
        )
    notes += [
        f"run {run.run.id} is blind: its canaries arrived, so that it calls nothing clear"
        for run in (before, after)
        if run.noise().is_blind
    ]
    return notes


def _all_circumstances(verdicts: Mapping[Key, Verdict]) -> str:
    return "; ".join(sorted({str(each) for _, each in verdicts})) or "no verdicts"
