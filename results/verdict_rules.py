"""The rules: from outcomes to verdicts, at all attempts of an entry.

Ordered, frozen data like those of `results.rules`, and under the same `RULES_VERSION`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from results.inference import Limits, Noise, posterior
from results.record import (
    Attempt,
    Condition,
    EntryRecord,
    Outcome,
    Score,
    Verdict,
    VerdictKind,
)
from results.rules import RULES_VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the counted attempts of an entry amount to; what the verdict rules decide on.

    Attributes:
        blocked: Solo attempts that did not arrive as sent.
        delivered: Solo attempts that arrived.
        probability: Posterior probability of *censored* under the reference prior.
        probability_low: The same under the sceptical prior.
        probability_high: The same under the suspicious prior.
        is_blind: Whether canaries arrived and none was ever blocked.
        limits: When a verdict is given.
    """

    blocked: int
    delivered: int
    probability: float
    probability_low: float
    probability_high: float
    is_blind: bool
    limits: Limits

    @property
    def looks_clear(self) -> bool:
        """Whether a suspicious reader would be convinced, if the run can see censorship at all."""
        return self.probability_high <= self.limits.beta

    @classmethod
    def of(cls, blocked: int, delivered: int, noise: Noise, limits: Limits) -> "Evidence":
        """Weigh solo attempts against the noise of the channel."""
        low, middle, high = (
            posterior(blocked, delivered, noise, prior)
            for prior in (limits.priors.low, limits.priors.reference, limits.priors.high)
        )
        return cls(
            blocked=blocked,
            delivered=delivered,
            probability=middle,
            probability_low=low,
            probability_high=high,
            is_blind=noise.is_blind,
            limits=limits,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRule:
    """What the attempts say of an entry.

    Attributes:
        rule_id: Unique over all rules.
        condition: Whether the rule applies.
        kind: What it concludes.
        comment: Why.
    """

    rule_id: str
    condition: Callable[[Evidence], bool]
    kind: VerdictKind
    comment: str


VERDICT_RULES: Final = (
    VerdictRule(
        rule_id="nothing_counted",
        condition=lambda e: e.blocked + e.delivered == 0,
        kind=VerdictKind.INCONCLUSIVE,
        comment="No attempt counts: none was made, or all are void or unknown.",
    ),
    VerdictRule(
        rule_id="blocked_even_to_a_sceptic",
        condition=lambda e: e.probability_low >= 1 - e.limits.alpha and e.blocked > e.delivered,
        kind=VerdictKind.CENSORED,
        comment="Who thought it improbable would be convinced, and more solo attempts were blocked "
        "than delivered.",
    ),
    VerdictRule(
        rule_id="canaries_arrive",
        condition=lambda e: e.looks_clear and e.is_blind,
        kind=VerdictKind.INCONCLUSIVE,
        comment="It arrived, but so did every canary: nothing shows that this run could have seen "
        "censorship.",
    ),
    VerdictRule(
        rule_id="delivered_even_to_a_suspect",
        condition=lambda e: e.looks_clear,
        kind=VerdictKind.CLEAR,
        comment="Who thought it probable would be convinced that it is not censored.",
    ),
    VerdictRule(
        rule_id="contradictory",
        condition=lambda e: e.blocked > 0 and e.delivered > 0,
        kind=VerdictKind.INCONCLUSIVE,
        comment="It was blocked and delivered, and neither outweighs the other: noise, or a filter "
        "that is applied inconsistently.",
    ),
    VerdictRule(
        rule_id="too_few_attempts",
        condition=lambda _: True,
        kind=VerdictKind.INCONCLUSIVE,
        comment="All counted attempts agree, but they are too few for the noise of the channel.",
    ),
)


def judge(evidence: Evidence) -> VerdictRule:
    """Find the verdict rule that applies."""
    return next(rule for rule in VERDICT_RULES if rule.condition(evidence))


def verdicts(
    entries: Sequence[EntryRecord],
    attempts: Sequence[Attempt],
    scores: Mapping[str, Score],
    condition: Condition,
    noise: Noise,
    *,
    limits: Limits | None = None,
) -> list[Verdict]:
    """Say of each entry whether it is censored under a condition.

    Only solo attempts count so far: what arrives in company, or not, says nothing certain of one.

    Args:
        entries: The entries, one verdict each, in this order.
        attempts: Any attempts; those under other conditions are passed over.
        scores: Their scores, by attempt id.
        condition: Under what the verdicts are to hold.
        noise: What is known of loss and slip under the condition.
        limits: When a verdict is given; the defaults if left out.
    """
    limits = limits or Limits()
    solo: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.is_solo and attempt.condition == condition:
            solo[attempt.entries[0]].append(attempt)
    return [
        _verdict(entry.id, [scores[a.id] for a in solo[entry.id]], condition, noise, limits)
        for entry in entries
    ]


def how(attempts: Sequence[str], scores: Mapping[str, Score]) -> str:
    """In which ways attempts did not arrive as sent, for people: ``missing``, ``refused 2, …``.

    Args:
        attempts: Ids of the counted attempts of an entry.
        scores: Their scores.
    """
    ways = Counter(scores[each].outcome for each in attempts if scores[each].outcome.is_blocked)
    if len(ways) == 1:
        return str(next(iter(ways)))
    return ", ".join(f"{way} {count}" for way, count in ways.items())


def _verdict(
    entry_id: str, scores: Sequence[Score], condition: Condition, noise: Noise, limits: Limits
) -> Verdict:
    counted = [s for s in scores if s.void is None and s.outcome is not Outcome.UNKNOWN]
    blocked = sum(s.outcome.is_blocked for s in counted)
    evidence = Evidence.of(blocked, len(counted) - blocked, noise, limits)
    rule = judge(evidence)
    return Verdict(
        entry_id=entry_id,
        condition=condition,
        kind=rule.kind,
        probability=evidence.probability,
        probability_low=evidence.probability_low,
        probability_high=evidence.probability_high,
        attempts=tuple(s.attempt_id for s in counted),
        blocked=blocked,
        delivered=len(counted) - blocked,
        void=sum(s.void is not None for s in scores),
        unknown=sum(s.void is None and s.outcome is Outcome.UNKNOWN for s in scores),
        rule_id=rule.rule_id,
        rules_version=RULES_VERSION,
    )
