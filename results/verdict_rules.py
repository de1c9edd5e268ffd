"""The rules: from outcomes to verdicts, at all attempts of an entry.

Ordered, frozen data like those of `results.rules`, and under the same `RULES_VERSION`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log
from typing import Final

from results.inference import Limits, Noise, log_inconsistency, posterior
from results.pool_evidence import Company
from results.record import (
    Attempt,
    Condition,
    EntryRecord,
    MessageKind,
    Outcome,
    Score,
    Verdict,
    VerdictKind,
)
from results.rules import RULES_VERSION

DECISIVE: Final = 100.0
"""Bayes factor from which solo attempts show that a rule is applied now and then.

High, since there are many entries in a run, and few rules of that kind.
"""


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
        pools_blocked: Pools that carried it and did not arrive; 0 if pools are not weighed.
        pools_delivered: Pools that carried it and arrived, likewise.
        speaks_for_clear: Whether messages, and not the prior alone, make it improbable.
        pools_set_aside: Pools that carried it and prove nothing, the filter letting censored text
            through in company.
        is_inconsistent: Whether its solo attempts contradict each other more than noise explains.
    """

    blocked: int
    delivered: int
    probability: float
    probability_low: float
    probability_high: float
    is_blind: bool
    limits: Limits
    pools_blocked: int = 0
    pools_delivered: int = 0
    speaks_for_clear: bool = True
    pools_set_aside: int = 0
    is_inconsistent: bool = False

    @property
    def counted(self) -> int:
        """Attempts that count, pools included."""
        return self.blocked + self.delivered + self.pools_blocked + self.pools_delivered

    @property
    def convinces_sceptics(self) -> bool:
        """Whether who thought it improbable would be convinced that it is censored."""
        return self.probability_low >= 1 - self.limits.alpha

    @property
    def looks_clear(self) -> bool:
        """Whether a suspicious reader would be convinced, if the run can see censorship at all."""
        return self.probability_high <= self.limits.beta and self.speaks_for_clear

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
            is_inconsistent=_is_inconsistent(blocked, delivered, noise),
        )

    @classmethod
    def with_company(
        cls, blocked: int, delivered: int, company: Company, noise: Noise, limits: Limits
    ) -> "Evidence":
        """Weigh solo attempts together with the pools of the run (`results.pool_evidence`).

        Where the computation over pools did not come to rest, or the filter lets censored text
        through in company (`results.monotony`), solo attempts alone are weighed.
        """
        alone = cls.of(blocked, delivered, noise, limits)
        if not company.is_trusted:
            return replace(alone, pools_set_aside=company.blocked + company.delivered)
        if not company.counts:
            return alone
        return cls(
            blocked=blocked,
            delivered=delivered,
            probability=company.probability,
            probability_low=company.probability_low,
            probability_high=company.probability_high,
            is_blind=noise.is_blind,
            limits=limits,
            pools_blocked=company.blocked,
            pools_delivered=company.delivered,
            speaks_for_clear=company.speaks_for_clear,
            is_inconsistent=alone.is_inconsistent,
        )


def _is_inconsistent(blocked: int, delivered: int, noise: Noise) -> bool:
    both_ways = blocked > 0 and delivered > 0
    return both_ways and log_inconsistency(blocked, delivered, noise) >= log(DECISIVE)


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
        rule_id="arrived_in_company_only",
        condition=lambda e: e.counted == 0 and e.pools_set_aside > 0,
        kind=VerdictKind.INCONCLUSIVE,
        comment="It was sent together with others only, and this filter lets censored text through "
        "in company: what became of those messages proves nothing.",
    ),
    VerdictRule(
        rule_id="nothing_counted",
        condition=lambda e: e.counted == 0,
        kind=VerdictKind.INCONCLUSIVE,
        comment="No attempt counts: none was made, or all are void or unknown.",
    ),
    VerdictRule(
        rule_id="applied_inconsistently",
        condition=lambda e: e.is_inconsistent,
        kind=VerdictKind.INCONCLUSIVE,
        comment="Alone, it was blocked and delivered in turn, more than noise explains: the filter "
        "applies its rule to some messages and not to others.",
    ),
    VerdictRule(
        rule_id="blocked_even_to_a_sceptic",
        condition=lambda e: e.convinces_sceptics and e.blocked > e.delivered,
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
        rule_id="blocked_in_company_only",
        condition=lambda e: e.convinces_sceptics and e.blocked == e.delivered == 0,
        kind=VerdictKind.INCONCLUSIVE,
        comment="Messages that carried others too were blocked, and none that carried it alone was "
        "sent: a pool never makes a word censored.",
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


INCONSISTENT: Final = frozenset({"applied_inconsistently", "contradictory"})
"""Ids of the rules for entries that were blocked and delivered in turn."""


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
    company: Mapping[str, Company] | None = None,
) -> list[Verdict]:
    """Say of each entry whether it is censored under a condition.

    Args:
        entries: The entries, one verdict each, in this order.
        attempts: Any attempts; those under other conditions are passed over.
        scores: Their scores, by attempt id.
        condition: Under what the verdicts are to hold.
        noise: What is known of loss and slip under the condition.
        limits: When a verdict is given; the defaults if left out.
        company: By entry id, what pools say (`results.pool_evidence`); if left out, solo attempts
            alone count.
    """
    limits = limits or Limits()
    company = company or {}
    own: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.kind is MessageKind.PROBE and attempt.condition == condition:
            for entry_id in attempt.entries:
                own[entry_id].append(attempt)
    return [
        _verdict(
            entry.id,
            own[entry.id],
            scores,
            condition=condition,
            noise=noise,
            limits=limits,
            company=company.get(entry.id),
        )
        for entry in entries
    ]


def how(verdict: Verdict, scores: Mapping[str, Score]) -> str:
    """In which ways solo attempts did not arrive as sent: ``missing``, ``refused 2, …``.

    A pool that was blocked may have been so for any of its entries.

    Args:
        verdict: The verdict they led to.
        scores: Scores by attempt id, at least of those that were blocked.
    """
    alone = verdict.attempts[: verdict.blocked + verdict.delivered]
    ways = Counter(
        scores[each].outcome for each in alone if each in scores and scores[each].outcome.is_blocked
    )
    if len(ways) == 1:
        return str(next(iter(ways)))
    return ", ".join(f"{way} {count}" for way, count in ways.items())


def _verdict(
    entry_id: str,
    attempts: Sequence[Attempt],
    scores: Mapping[str, Score],
    *,
    condition: Condition,
    noise: Noise,
    limits: Limits,
    company: Company | None,
) -> Verdict:
    own = [scores[each.id] for each in attempts if each.is_solo]
    counted = [s for s in own if s.void is None and s.outcome is not Outcome.UNKNOWN]
    blocked = sum(s.outcome.is_blocked for s in counted)
    delivered = len(counted) - blocked
    if company is None:
        evidence = Evidence.of(blocked, delivered, noise, limits)
    else:
        evidence = Evidence.with_company(blocked, delivered, company, noise, limits)
        own = [scores[each.id] for each in attempts]
    rule = judge(evidence)
    return Verdict(
        entry_id=entry_id,
        condition=condition,
        kind=rule.kind,
        probability=evidence.probability,
        probability_low=evidence.probability_low,
        probability_high=evidence.probability_high,
        attempts=(
            *(s.attempt_id for s in counted),
            *(company.attempts if company is not None and company.counts else ()),
        ),
        blocked=blocked,
        delivered=delivered,
        pools_blocked=evidence.pools_blocked,
        pools_delivered=evidence.pools_delivered,
        void=sum(s.void is not None for s in own),
        unknown=sum(s.void is None and s.outcome is Outcome.UNKNOWN for s in own),
        rule_id=rule.rule_id,
        rules_version=RULES_VERSION,
    )
