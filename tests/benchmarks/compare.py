"""Repeated runs in which little or nothing changes: how many of the called changes are wrong?

Each run is simulated entry by entry: messages are sent until the rules give a verdict, with loss
and slip that the run knows from its controls and canaries alone. The rival calls every pair of
opposite verdicts a change.
"""

import sys
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np

from results.change_record import Change
from results.compare import LEVEL, compare
from results.inference import Limits, Noise
from results.judged_run import JudgedRun
from results.record import (
    Attempt,
    ChatKind,
    Condition,
    EntryRecord,
    MessageKind,
    Outcome,
    Run,
    Score,
    Verdict,
    VerdictKind,
)
from results.rules import RULES_VERSION
from results.verdict_rules import Evidence, VerdictRule, judge
from tests.benchmarks.table import Figure, at_most, run, told

_START = datetime(2026, 5, 1, tzinfo=UTC)
_CONDITION = Condition(
    app="courier",
    app_version="1.4.2",
    chat=ChatKind.GROUP,
    sender_region="CN",
    receiver_region="CA",
)
_MOST_MESSAGES = 12
_CONTROLS_EACH, _CANARIES_EACH = 2, 8  # one control for so many entries, one canary


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A kind of pair of runs.

    Attributes:
        entries: How many entries.
        changed: Share of them that really changes.
        loss: Harmless text that does not arrive.
        slip: Censored text that does.
        flickering: Share of entries that are blocked half of the time, in both runs.
        earlier: How many runs before the first are known.
    """

    entries: int
    changed: float
    loss: float
    slip: float
    flickering: float = 0.0
    earlier: int = 0

    def __str__(self) -> str:
        text = (
            f"{self.entries} entries, {self.changed:.1%} change, "
            f"loss {self.loss:.0%}, slip {self.slip:.1%}"
        )
        if self.earlier:
            text += f", {self.earlier} runs before"
        return text + (f", {self.flickering:.0%} enforced by half" if self.flickering else "")


CASES = (
    Case(entries=60, changed=0.0, loss=0.01, slip=0.005),
    Case(entries=272, changed=0.0, loss=0.01, slip=0.005),
    Case(entries=272, changed=0.011, loss=0.01, slip=0.005),
    Case(entries=272, changed=0.05, loss=0.01, slip=0.005),
    Case(entries=1000, changed=0.003, loss=0.01, slip=0.005),
    Case(entries=272, changed=0.0, loss=0.03, slip=0.03),
    Case(entries=272, changed=0.011, loss=0.03, slip=0.03),
    Case(entries=1000, changed=0.01, loss=0.03, slip=0.03),
    Case(entries=272, changed=0.011, loss=0.05, slip=0.05),
    Case(entries=272, changed=0.0, loss=0.03, slip=0.03, earlier=2),
    Case(entries=272, changed=0.011, loss=0.03, slip=0.03, earlier=2),
)
TOLD = (Case(entries=272, changed=0.011, loss=0.01, slip=0.005, flickering=0.02),)
"""Without a goal: a filter that acts now and then changes its mind, and so does any comparison."""


def simulate(
    blocked_share: Sequence[float], case: Case, number: int, random: np.random.Generator
) -> JudgedRun:
    """Simulate a run.

    Args:
        blocked_share: By entry, how often it does not arrive.
        case: How noisy the channel is.
        number: Place of the run in time.
        random: What is random.
    """
    start = _START + timedelta(hours=6 * number)
    record = Run(
        id=f"{start:%Y%m%dT%H%M%SZ}-{number:06x}",
        started_at=start,
        finished_at=start,
        stopped=None,
        testbed="simulated",
        strategy="solo",
        seed=number,
        settings={},
    )
    controls = max(20, case.entries // _CONTROLS_EACH)
    canaries = max(8, case.entries // _CANARIES_EACH)
    attempts, scores = [], {}
    lost, slipped = random.binomial(controls, case.loss), random.binomial(canaries, case.slip)
    for seq in range(controls + canaries):
        is_control = seq < controls
        is_blocked = seq < lost if is_control else seq >= controls + slipped
        attempt = _attempt(record, seq, MessageKind.CONTROL if is_control else MessageKind.CANARY)
        attempts.append(attempt)
        scores[attempt.id] = Score(
            attempt_id=attempt.id,
            outcome=Outcome.MISSING if is_blocked else Outcome.DELIVERED,
            void=None,
            rule_id="simulated",
        )
    noise = Noise(
        controls_delivered=controls - lost,
        controls_lost=lost,
        canaries_blocked=canaries - slipped,
        canaries_slipped=slipped,
    )
    return JudgedRun(
        run=record,
        entries={f"entry-{place}": entry_of(place) for place in range(case.entries)},
        attempts=attempts,
        scores=scores,
        verdicts=[
            _verdict(f"entry-{place}", share, noise, random)
            for place, share in enumerate(blocked_share)
        ],
    )


@cache
def entry_of(place: int) -> EntryRecord:
    """The entry at a place of a simulated list."""
    return EntryRecord(
        id=f"entry-{place}",
        components=(f"word {place}",),
        language="en",
        category="MISC",
        wordlist="simulated",
        source="made up",
    )


def _attempt(record: Run, seq: int, kind: MessageKind) -> Attempt:
    return Attempt(
        id=f"{record.id}-{seq}",
        run_id=record.id,
        seq=seq,
        lane="a",
        lane_seq=seq,
        sender="cn-1",
        receiver="ca-1",
        condition=_CONDITION,
        kind=kind,
        entries=(),
        text="a text",
        created_at=record.started_at,
    )


@cache
def _judged(blocked: int, delivered: int, noise: Noise) -> tuple[Evidence, VerdictRule]:
    evidence = Evidence.of(blocked, delivered, noise, Limits())
    return evidence, judge(evidence)


def _verdict(entry_id: str, share: float, noise: Noise, random: np.random.Generator) -> Verdict:
    blocked = delivered = 0
    while True:
        if random.random() < share:
            blocked += 1
        else:
            delivered += 1
        evidence, rule = _judged(blocked, delivered, noise)
        sent = blocked + delivered
        if rule.kind is not VerdictKind.INCONCLUSIVE or sent == _MOST_MESSAGES:
            break
    return Verdict(
        entry_id=entry_id,
        condition=_CONDITION,
        kind=rule.kind,
        probability=evidence.probability,
        probability_low=evidence.probability_low,
        probability_high=evidence.probability_high,
        attempts=tuple(f"{entry_id}-{number}" for number in range(sent)),
        blocked=blocked,
        delivered=delivered,
        void=0,
        unknown=0,
        rule_id=rule.rule_id,
        rules_version=RULES_VERSION,
    )


def _runs(case: Case, random: np.random.Generator) -> tuple[list[JudgedRun], set[str]]:
    """Runs in the order of time, and the ids of the entries that changed before the last."""
    was_censored = random.random(case.entries) < 0.06
    changes = np.zeros(case.entries, np.bool_)
    changes[random.choice(case.entries, round(case.changed * case.entries), replace=False)] = True
    flickers = (random.random(case.entries) < case.flickering) & ~changes
    states = [was_censored] * (case.earlier + 1) + [was_censored ^ changes]
    runs = []
    for number, is_censored in enumerate(states):
        share = np.where(is_censored, 1 - case.slip, case.loss)
        share = np.where(flickers, 0.5, share)
        runs.append(simulate(share.tolist(), case, number, random))
    return runs, {f"entry-{place}" for place in np.flatnonzero(changes)}


def measure(arguments: Namespace) -> Iterator[Figure]:
    """Compare pairs of runs of each case."""
    pairs = 25 if arguments.quick else 400
    for case in (*CASES, *TOLD):
        random = np.random.default_rng(20260501)
        false_shares, rival_shares, found, real = [], [], 0, 0
        for _ in range(pairs):
            (*earlier, before, after), changed = _runs(case, random)
            differences = compare(before, after, earlier=earlier[::-1]).differences
            called = {each.entry.id for each in differences if each.change.is_real}
            opposed = called | {
                each.entry.id
                for each in differences
                if each.change is Change.FLICKER
                and each.before is not None
                and each.after is not None
                and VerdictKind.INCONCLUSIVE not in {each.before.kind, each.after.kind}
            }
            false_shares.append(len(called - changed) / max(1, len(called)))
            rival_shares.append(len(opposed - changed) / max(1, len(opposed)))
            found += len(called & changed)
            real += len(changed)
        realised = float(np.mean(false_shares))
        yield (
            told(str(case), "false discovery rate", realised)
            if case.flickering
            else at_most(str(case), "false discovery rate", realised, LEVEL)
        )
        yield told(str(case), "of any opposite verdicts", float(np.mean(rival_shares)))
        if real:
            yield told(str(case), "changes found", found / real)


if __name__ == "__main__":
    sys.exit(run("Changes between repeated runs", measure))
