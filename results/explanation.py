"""How a run came to say what it says of one entry: message by message, in words.

The probability is computed again from the raw attempts, once with all of a run's messages up to
each message that carried the entry, and once without that one. Loss, slip and what the filter
reads are taken as the whole run shows them; so the last probability is that of the verdict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import numpy as np
from scipy.special import expit, logit

from results.inference import Limits, Noise, posterior
from results.judged_run import JudgedRun, limits_of
from results.monotony import canary_texts, holds_any
from results.pool_evidence import Company, PooledRun, weigh
from results.pooling import expected_share
from results.record import (
    Attempt,
    EntryRecord,
    MessageKind,
    Outcome,
    Score,
    Verdict,
    VerdictKind,
    VoidReason,
)
from results.rules import OUTCOME_RULES, VOID_RULES
from results.verdict_rules import VERDICT_RULES, Evidence, judge, verdicts

_MOST_MORE: Final = 12  # messages, when it is asked what would change a verdict
_COMMENTS: Final = {
    **{rule.rule_id: rule.comment for rule in OUTCOME_RULES},
    **{rule.rule_id: rule.comment for rule in VOID_RULES},
}
_WHY: Final = {rule.rule_id: rule.comment for rule in VERDICT_RULES}


class Role(StrEnum):
    """What an entry was in a message."""

    ALONE = "alone"
    IN_COMPANY = "in company"
    AUDIT = "audit"  # known to be censored, among clear ones, to test the filter
    ESCORT = "escort"  # clear, around text known to be censored, to test the filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One message that carried the entry.

    Attributes:
        attempt_id: The attempt.
        at: When it was made.
        lane: On which lane.
        role: What the entry was in it.
        others: How many other entries it carried.
        outcome: What became of it.
        void: Why it proves nothing; ``None`` if it counts.
        counts: Whether it bears on the entry.
        before: Probability that the entry is censored, by all messages before it.
        after: The same with it.
        sentence: What it means, in words.
    """

    attempt_id: str
    at: datetime
    lane: str
    role: Role
    others: int
    outcome: Outcome
    void: VoidReason | None
    counts: bool
    before: float
    after: float
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """How a verdict came about.

    Attributes:
        run_id: The run.
        entry: The entry.
        verdict: What the run says of it.
        steps: The messages it was in, in the order of sending.
        start: Probability before any message was sent.
        end: Probability by all messages of the run.
        why: Why the verdict is what it is.
        changes: What would change it, one sentence each.
        now: What the rules of this version make of it, if that is another verdict.
    """

    run_id: str
    entry: EntryRecord
    verdict: Verdict
    steps: tuple[Step, ...]
    start: float
    end: float
    why: str
    changes: tuple[str, ...]
    now: VerdictKind | None


def explain(run: JudgedRun, entry_id: str) -> list[Explanation]:
    """Explain what a run says of an entry, under each condition it measured.

    Args:
        run: The run.
        entry_id: Id of one of its entries.
    """
    return [
        _Explaining(run, run.entries[entry_id], verdict).explanation()
        for verdict in run.verdicts
        if verdict.entry_id == entry_id
    ]


class _Explaining:
    """The attempts of a run under the condition of a verdict, seen from one entry."""

    def __init__(self, run: JudgedRun, entry: EntryRecord, verdict: Verdict) -> None:
        self._run = run
        self._entry = entry
        self._verdict = verdict
        self._scores = run.scores
        self._limits: Limits = limits_of(run.run)
        self._attempts = run.under(verdict.condition)
        self._noise: Noise = run.noise(verdict.condition)
        self._canaries = canary_texts(self._attempts)
        self._weighed: PooledRun | None = weigh(
            run.entries, self._attempts, self._scores, self._noise, self._limits
        )
        self._discovered = {
            each
            for found in (self._weighed.discoveries if self._weighed is not None else ())
            for each in found.attempts
        }
        # Probes that count, so that reach, company and combinations are not looked for again.
        self._counted = [each for each in self._attempts if self._does_count(each)]

    def explanation(self) -> Explanation:
        """The explanation."""
        steps = []
        own = [each for each in self._attempts if self._entry.id in each.entries]
        start = self._probability([])
        for attempt in own:
            before = self._probability([e for e in self._counted if e.seq < attempt.seq])
            after = before
            if self._does_count(attempt):
                after = self._probability([e for e in self._counted if e.seq <= attempt.seq])
            steps.append(self._step(attempt, before, after))
        end = self._probability(self._counted)
        (computed,) = verdicts(
            [self._entry],
            self._attempts,
            self._scores,
            self._verdict.condition,
            self._noise,
            limits=self._limits,
            company=None if self._weighed is None else self._weighed.company,
        )
        return Explanation(
            run_id=self._run.run.id,
            entry=self._entry,
            verdict=self._verdict,
            steps=tuple(steps),
            start=start,
            end=end,
            why=_WHY.get(self._verdict.rule_id, "A rule of another version."),
            changes=tuple(self._changes(computed)),
            now=None if computed.kind is self._verdict.kind else computed.kind,
        )

    def _does_count(self, attempt: Attempt) -> bool:
        score = self._scores[attempt.id]
        if attempt.kind is not MessageKind.PROBE or not _counts_at_all(score):
            return False
        return attempt.is_solo or not (
            attempt.id in self._discovered or self._is_beyond(attempt, score) or self._is_misleading
        )

    @property
    def _is_misleading(self) -> bool:
        return self._weighed is not None and self._weighed.check.is_alarming

    def _is_beyond(self, attempt: Attempt, score: Score) -> bool:
        reach = None if self._weighed is None else self._weighed.reach
        is_too_long = reach is not None and len(attempt.text) > reach
        return is_too_long and not score.outcome.is_blocked

    def _probability(self, attempts: Sequence[Attempt]) -> float:
        """Probability of censored by these attempts alone."""
        if self._weighed is not None and not self._is_misleading:
            weighed = weigh(self._run.entries, attempts, self._scores, self._noise, self._limits)
            if weighed is not None:
                return weighed.company[self._entry.id].probability
            prior = expected_share(np.zeros(0), np.zeros(0, np.bool_))
        else:
            prior = self._limits.priors.reference
        own = [each for each in attempts if each.is_solo and each.entries[0] == self._entry.id]
        blocked = sum(self._scores[each.id].outcome.is_blocked for each in own)
        return posterior(blocked, len(own) - blocked, self._noise, prior)

    def _step(self, attempt: Attempt, before: float, after: float) -> Step:
        score = self._scores[attempt.id]
        role = self._role(attempt)
        return Step(
            attempt_id=attempt.id,
            at=attempt.created_at,
            lane=attempt.lane,
            role=role,
            others=len(attempt.entries) - 1,
            outcome=score.outcome,
            void=score.void,
            counts=self._does_count(attempt),
            before=before,
            after=after,
            sentence=self._sentence(attempt, score, role),
        )

    def _role(self, attempt: Attempt) -> Role:
        if attempt.kind is not MessageKind.CANARY:
            return Role.ALONE if attempt.is_solo else Role.IN_COMPANY
        is_audit = not holds_any(attempt.text, self._canaries)
        return Role.AUDIT if is_audit and attempt.entries[-1] == self._entry.id else Role.ESCORT

    def _sentence(self, attempt: Attempt, score: Score, role: Role) -> str:
        if not _counts_at_all(score):
            return f"Does not count. {_COMMENTS[score.rule_id]}"
        is_blocked = score.outcome.is_blocked
        match role:
            case Role.ALONE:
                return self._alone(is_blocked=is_blocked)
            case Role.IN_COMPANY if self._does_count(attempt):
                return self._in_company(len(attempt.entries), is_blocked=is_blocked)
            case Role.IN_COMPANY:
                return f"Does not count: {self._why_not(attempt)}"
            case Role.AUDIT:
                came = "was, as it should be" if is_blocked else "was not"
                return (
                    "It was known to be censored, and was put among clear entries to see whether "
                    f"it is blocked in company as well: it {came}. This tests the filter, not the "
                    "entry."
                )
            case Role.ESCORT:
                return (
                    "It stood beside text that is known to be censored, to see whether that is "
                    "blocked in company as well. This says nothing of it."
                )

    def _alone(self, *, is_blocked: bool) -> str:
        if is_blocked:
            return (
                "It did not arrive as sent, with nothing else in the message. If it were harmless, "
                f"that would happen to {self._lost}."
            )
        return (
            "It arrived, with nothing else in the message. If it were censored, that would happen "
            f"to {self._slipped}."
        )

    def _in_company(self, size: int, *, is_blocked: bool) -> str:
        if is_blocked:
            return (
                f"It did not arrive as sent: at least one of its {size} entries is censored, or it "
                f"was lost, as {self._lost} are. It does not tell which."
            )
        return f"It arrived. If this entry were censored, that would happen to {self._slipped}."

    def _why_not(self, attempt: Attempt) -> str:
        if self._is_misleading:
            return "this filter lets censored text through in company."
        if attempt.id in self._discovered:
            return (
                f"its {len(attempt.entries)} entries are blocked together again and again, while "
                "each of them is clear. They form a combination."
            )
        reach = self._weighed.reach if self._weighed is not None else None
        return (
            f"it arrived, but with its {len(attempt.text)} characters it is longer than what this "
            f"filter is known to read ({reach})."
        )

    @property
    def _lost(self) -> str:
        return one_in(self._noise.expected_loss.mean)

    @property
    def _slipped(self) -> str:
        return one_in(self._noise.expected_slip.mean)

    def _changes(self, computed: Verdict) -> Iterable[str]:
        """What more messages with the entry alone would make of the verdict."""
        ways = (
            (False, "message alone that arrives", "messages alone that arrive"),
            (True, "message alone that does not arrive", "messages alone that do not arrive"),
        )
        for is_blocked, one, several in ways:
            for more in range(1, _MOST_MORE + 1):
                rule = judge(self._evidence(computed, more, is_blocked=is_blocked))
                if rule.kind is not computed.kind:
                    yield f"{more} more {one if more == 1 else several} would make it {rule.kind}."
                    break

    def _evidence(self, computed: Verdict, more: int, *, is_blocked: bool) -> Evidence:
        blocked = computed.blocked + more * is_blocked
        delivered = computed.delivered + more * (not is_blocked)
        if self._weighed is None or self._entry.id not in self._weighed.company:
            return Evidence.of(blocked, delivered, self._noise, self._limits)
        company = self._weighed.company[self._entry.id]
        loss, slip = self._noise.expected_loss.mean, self._noise.expected_slip.mean
        factor = (1 - slip) / loss if is_blocked else slip / (1 - loss)
        return Evidence.with_company(
            blocked,
            delivered,
            _shifted(company, more * float(np.log(factor))),
            self._noise,
            self._limits,
        )


def _counts_at_all(score: Score) -> bool:
    return score.void is None and score.outcome is not Outcome.UNKNOWN


def _shifted(company: Company, log_odds: float) -> Company:
    low, middle, high = (
        float(expit(logit(np.clip(each, 1e-15, 1 - 1e-15)) + log_odds))
        for each in (company.probability_low, company.probability, company.probability_high)
    )
    return replace(company, probability_low=low, probability=middle, probability_high=high)


def one_in(share: float) -> str:
    """A share as a person would say it: about 1 of 60 messages."""
    if share >= 0.5:  # noqa: PLR2004 - one half
        return f"about {share:.0%} of messages"
    times = 1 / share
    rounded = round(times) if times < 20 else 10 * round(times / 10)  # noqa: PLR2004 - two digits
    return f"about 1 of {rounded:,} messages"
