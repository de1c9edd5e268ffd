"""A month of runs, one every six hours, in which three entries really change: who is told of what?

Most runs are simulated entry by entry, as `tests.benchmarks.compare` does; with ``--pooled``,
message by message, with the real pools. Loss and slip are known to a run from its own controls and
canaries alone. What it is compared with, what is measured again, what
is called a change, and what a channel is told, is decided by the code that real runs use, on a real
journal; the channel is the list of alerts that wait in it. The rival tells of every verdict that is
not what the last run said.
"""

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from probes.confirmation import MORE, Confirming, confirm
from probes.strategy import STRATEGIES, Task
from results.baselines import reference
from results.change_record import Alert, Change
from results.compare import Comparison, compare, record_of
from results.inference import Limits, Noise
from results.journal import Journal
from results.judged_run import JudgedRun
from results.record import EntryRecord, Run, Verdict, VerdictKind
from results.verdict_rules import Evidence, judge
from tests.benchmarks.channel import Channel, SimulatedRun
from tests.benchmarks.compare import Case, entry_of, simulate
from tests.benchmarks.table import Figure, exactly, run, told

RUNS = 120
"""A month, one every six hours."""

CHANGES = 3
CHANNEL = "simulated"

_CENSORED = 0.06
_FIRST_CHANGE = 4  # runs before the first change: to see a change one must know what was
_NOW = datetime(2026, 6, 1, tzinfo=UTC)


class Month:
    """Simulated runs with a journal, and what they tell."""

    def __init__(self, case: Case, journal: Journal, seed: int) -> None:
        """Draw what is censored, and what changes when."""
        self._case = case
        self._journal = journal
        self._random = np.random.default_rng(seed)
        self._is_censored = self._random.random(case.entries) < _CENSORED
        changing = self._random.choice(case.entries, CHANGES, replace=False)
        at = self._random.choice(np.arange(_FIRST_CHANGE, RUNS), CHANGES, replace=False)
        self.truth = {int(number): int(entry) for number, entry in zip(at, changing, strict=True)}
        self._runs: dict[str, JudgedRun] = {}
        self.told: list[tuple[int, Alert]] = []
        self.rival = 0
        self.again = 0

    def live(self) -> None:
        """Let the month pass."""
        last: dict[str, VerdictKind] = {}
        for number in range(RUNS):
            if number in self.truth:
                self._is_censored[self.truth[number]] ^= True
            made = self._run(number)
            said = {each.entry_id: each.kind for each in made.verdicts}
            self.rival += sum(
                {last.get(entry, kind), kind} == {VerdictKind.CLEAR, VerdictKind.CENSORED}
                for entry, kind in said.items()
            )
            last |= {
                entry: kind for entry, kind in said.items() if kind is not VerdictKind.INCONCLUSIVE
            }
            alerts = self._journal.alerts()
            self._journal.mark_delivered(alerts, _NOW)
            self.told += [(number, alert) for alert in alerts]

    def _run(self, number: int) -> JudgedRun:
        made = self._measured(number)
        run_id = made.run.id
        self._runs[run_id] = made
        self._journal.start_run(made.run)
        self._journal.add_entries(run_id, [*made.entries.values()])
        self._journal.save_verdicts(run_id, made.verdicts)
        known = reference(self._journal, made.run, judge=self._runs.__getitem__)
        if known is None:
            return made

        def look() -> Comparison:
            return compare(
                known.runs[0],
                self._runs[run_id],
                earlier=known.runs[1:],
                settled=known.settled,
            )

        def measure_again(entry_ids: Sequence[str]) -> bool:
            self.again += MORE * len(entry_ids)
            self._runs[run_id] = self._measured_again(self._runs[run_id], entry_ids)
            return True

        found = confirm(look, measure_again)
        self._journal.save_verdicts(run_id, self._runs[run_id].verdicts)
        self._journal.save_comparison(record_of(self._journal, found), [CHANNEL])
        return made

    def _measured(self, number: int) -> JudgedRun:
        """What a run says before it looks at earlier ones."""
        return simulate(self._shares.tolist(), self._case, number, self._random)

    def _measured_again(self, made: JudgedRun, entry_ids: Sequence[str]) -> JudgedRun:
        """What it says after entries were sent again."""
        shares, noise = self._shares, made.noise()
        verdicts = []
        for place, verdict in enumerate(made.verdicts):
            if verdict.entry_id in entry_ids:
                blocked = int(self._random.binomial(MORE, shares[place]))
                verdicts.append(_with(verdict, blocked, MORE - blocked, noise))
            else:
                verdicts.append(verdict)
        return replace(made, verdicts=verdicts)

    @property
    def _shares(self) -> NDArray[np.float64]:
        """By entry, how often it does not arrive."""
        return np.where(self._is_censored, 1 - self._case.slip, self._case.loss)

    @property
    def late(self) -> int:
        """Real changes that were told by a later run."""
        of = {f"entry-{entry}": number for number, entry in self.truth.items()}
        return sum(of.get(alert.change.entry_id, number) < number for number, alert in self.told)

    @property
    def false(self) -> int:
        """Alerts about entries that did not change, or about the wrong way."""
        real = {f"entry-{entry}" for entry in self.truth.values()}
        return sum(
            alert.change.entry_id not in real
            or (alert.change.change is Change.NEWLY_CENSORED)
            != bool(self._is_censored[int(alert.change.entry_id.removeprefix("entry-"))])
            for _, alert in self.told
        )


class PooledMonth(Month):
    """The same with the default strategy: real pools, controls and canaries, message by message."""

    def _measured(self, number: int) -> JudgedRun:
        like = simulate([], replace(self._case, entries=0), number, self._random)
        entries = [entry_of(place) for place in range(self._case.entries)]
        blocked = {
            entries[place].components[0] for place in np.flatnonzero(self._is_censored).tolist()
        }
        self._campaign = SimulatedRun(
            entries,
            Channel(
                blocks=lambda text: not blocked.isdisjoint(text.split("\n")),
                loss=self._case.loss,
                slip=self._case.slip,
            ),
            seed=int(self._random.integers(2**31)),
            lanes=2,
            make=self._confirming,
        )
        return self._judged(like.run, entries)

    def _confirming(self, task: Task) -> Confirming:
        self._strategy = Confirming(STRATEGIES["pooled"](task))
        return self._strategy

    def _measured_again(self, made: JudgedRun, entry_ids: Sequence[str]) -> JudgedRun:
        counted = {each: self._campaign.ledger.tally(each).counted for each in entry_ids}
        self._strategy.ask(counted)
        return self._judged(made.run, [*made.entries.values()])

    def _judged(self, record: Run, entries: Sequence[EntryRecord]) -> JudgedRun:
        """Send what is to be sent, and see what that says."""
        said = self._campaign.to_the_end().verdicts
        return JudgedRun(
            run=record,
            entries={entry.id: entry for entry in entries},
            attempts=self._campaign.ledger.attempts,
            scores=dict(self._campaign.ledger.scores),
            verdicts=[*said.values()],
        )


def _with(verdict: Verdict, blocked: int, delivered: int, noise: Noise) -> Verdict:
    """A verdict after more messages."""
    blocked, delivered = verdict.blocked + blocked, verdict.delivered + delivered
    evidence = Evidence.of(blocked, delivered, noise, Limits())
    rule = judge(evidence)
    return replace(
        verdict,
        kind=rule.kind,
        rule_id=rule.rule_id,
        probability=evidence.probability,
        probability_low=evidence.probability_low,
        probability_high=evidence.probability_high,
        blocked=blocked,
        delivered=delivered,
        attempts=tuple(f"{verdict.entry_id}-{number}" for number in range(blocked + delivered)),
    )


CASES = (
    Case(entries=272, changed=0.0, loss=0.01, slip=0.01),
    Case(entries=1000, changed=0.0, loss=0.01, slip=0.01),
    Case(entries=60, changed=0.0, loss=0.01, slip=0.01),
)
TOLD = (Case(entries=272, changed=0.0, loss=0.03, slip=0.03),)
"""Without a goal: three times the noise."""


def measure(arguments: Namespace) -> Iterator[Figure]:
    """Live through months."""
    if arguments.pooled:
        yield from _told_in(PooledMonth, CASES[0], arguments.pooled)
        return
    for case in CASES[:1] if arguments.quick else (*CASES, *TOLD):
        yield from _told_in(Month, case, 2 if arguments.quick else 20 if case == CASES[0] else 5)


def _told_in(kind: type[Month], case: Case, months: int) -> Iterator[Figure]:
    lived = []
    for seed in range(months):
        with (
            TemporaryDirectory() as folder,
            Journal.open(Path(folder) / "journal.sqlite") as journal,
        ):
            lived.append(kind(case, journal, seed))
            lived[-1].live()
    pools = ", pools" if kind is PooledMonth else ""
    name = f"{case.entries} entries, loss and slip {case.loss:.0%}{pools}, {months} months"
    figures = {
        "fewest alerts": min(len(month.told) for month in lived),
        "most alerts": max(len(month.told) for month in lived),
    }
    for figure, value in figures.items():
        yield told(name, figure, value) if case in TOLD else exactly(name, figure, value, CHANGES)
    false = sum(month.false for month in lived)
    yield told(name, "false", false) if case in TOLD else exactly(name, "false", false, 0)
    yield told(name, "told by a later run", sum(month.late for month in lived))
    yield told(name, "sent again, a run", sum(m.again for m in lived) / months / RUNS)
    yield told(name, "of any other verdict", sum(m.rival for m in lived) / months)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--pooled", type=int, metavar="N", help="only N months with real pools, minutes each"
    )


if __name__ == "__main__":
    sys.exit(run("A month of scheduled runs with three changes", measure, _add_arguments))
