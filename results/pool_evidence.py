"""From the attempts of a run that sent pools to what each entry's own evidence amounts to.

Pools bear on one another through the entries they share, so this looks at all attempts of a run
under one condition at once. Three things are decided here that no single attempt shows:

* the share of censored entries, estimated from the run itself (empirical Bayes). The probability of
  an entry is given as if it were censored as often as others, a third as often and three times as
  often, since a verdict must not hang on what one expected of a word;
* which pools are a *discovered combination*: blocked as a whole more than once while each of their
  entries comes out clear without them. That is no contradiction to be averaged away, and no bad
  luck; such pools leave the model and are reported;
* whether the filter lets censored text through in company (`results.monotony`): then pools are not
  weighed at all, and what each entry is rests on its solo attempts;
* how long a text the filter still reads: a censored text inside a long message that arrives
  (`MessageKind.CANARY` messages of the lengths in use show it) makes delivered messages of that
  length worth nothing.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.special import expit, logit

from results.inference import Limits, Noise
from results.monotony import CompanyCheck, company_check
from results.pooling import (
    Beliefs,
    Flags,
    Floats,
    Graph,
    Pool,
    Rates,
    expected_share,
    integrated,
    propagate,
)
from results.reach import seen_to
from results.record import Attempt, MessageKind, Outcome, Score

PRIOR_FACTOR: Final = 3.0
"""How many times likelier, or less likely, than others an entry may be censored, for a verdict to
hold."""

LEAST_FACTOR: Final = 10.0
"""How many times less probable messages must have made it that an entry is censored, to call it
clear: where few entries are censored, the estimate alone would do, without any message."""

_MOST_SHARE: Final = 0.9
_SHARE_ROUNDS: Final = 20
_SHARE_TOLERANCE: Final = 1e-4  # relative
_TIMES_BLOCKED: Final = 2  # of a pool that is taken for a combination


@dataclass(frozen=True, slots=True, kw_only=True)
class Company:
    """What a run says of one entry, the messages that it shared with others included.

    Attributes:
        probability: Of being censored.
        probability_low: The same if it were a third as likely as others before anything was sent.
        probability_high: The same if it were three times as likely.
        share: The estimated share of censored entries.
        has_settled: Whether the computation came to rest; if not, only solo attempts count.
        attempts: Ids of the counted pools that carried it, in the order given.
        blocked: How many of these were blocked.
        delivered: How many of these arrived.
        is_trusted: Whether the filter blocks in company what it blocks alone, as far as is known;
            if not, only solo attempts count.
    """

    probability: float
    probability_low: float
    probability_high: float
    share: float
    has_settled: bool
    attempts: tuple[str, ...]
    blocked: int
    delivered: int
    is_trusted: bool = True

    @property
    def counts(self) -> bool:
        """Whether pools are to be weighed at all."""
        return self.has_settled and self.is_trusted

    @property
    def speaks_for_clear(self) -> bool:
        """Whether messages, and not the estimated share alone, make it improbable."""
        odds = self.probability / max(1 - self.probability, 1e-12)
        return odds <= self.share / (1 - self.share) / LEAST_FACTOR


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovery:
    """A pool that is blocked although each of its entries is clear: a candidate combination.

    Attributes:
        entries: Ids of the entries it carried.
        attempts: Ids of the attempts in which it was blocked.
    """

    entries: tuple[str, ...]
    attempts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledRun:
    """What the pools of a run amount to.

    Attributes:
        company: By entry id.
        share: The estimated share of censored entries.
        discoveries: Candidate combinations.
        reach: Longest message, in characters, in which censored text is known to be seen; ``None``
            if nothing speaks against any length.
        check: Whether the filter lets censored text through in company.
    """

    company: Mapping[str, Company]
    share: float
    discoveries: tuple[Discovery, ...]
    reach: int | None
    check: CompanyCheck


def weigh(
    entries: Iterable[str],
    attempts: Sequence[Attempt],
    scores: Mapping[str, Score],
    noise: Noise,
    limits: Limits,
) -> PooledRun | None:
    """Weigh the attempts of a run under one condition.

    Args:
        entries: Ids of the entries of the run.
        attempts: Its attempts under the condition.
        scores: Their scores, by attempt id.
        noise: What controls and canaries say of the channel.
        limits: When a verdict is given.

    Returns:
        ``None`` if no attempt that counts carried more than one entry.
    """
    counted = [
        attempt
        for attempt in attempts
        if (score := scores[attempt.id]).void is None and score.outcome is not Outcome.UNKNOWN
    ]
    reach = seen_to(counted, scores)
    probes = [
        attempt
        for attempt in counted
        if attempt.kind is MessageKind.PROBE
        and attempt.entries
        and not _is_beyond(attempt, scores, reach)
    ]
    if all(attempt.is_solo for attempt in probes):
        return None
    places = {
        entry: place
        for place, entry in enumerate(
            dict.fromkeys([*entries, *(entry for each in probes for entry in each.entries)])
        )
    }
    run = _Weighing(places, scores, noise)
    check = company_check(attempts, scores, reach)
    if check.is_alarming:
        company = run.without_pools(probes)
        share = next((each.share for each in company.values()), 0.0)
        return PooledRun(company=company, share=share, discoveries=(), reach=reach, check=check)
    repeated = _blocked_again(probes, scores)
    beyond_doubt = [each for each in probes if frozenset(each.entries) not in repeated]
    beliefs, share = run.beliefs(beyond_doubt)
    is_clear = _looks_clear(beliefs, share, limits)
    discovered = {
        pool
        for pool in repeated
        if all(is_clear[places[entry]] for entry in pool) and beliefs.has_settled.all()
    }
    kept = [each for each in probes if frozenset(each.entries) not in discovered]
    return PooledRun(
        company=run.company(kept),
        share=run.beliefs(kept)[1],
        discoveries=tuple(
            Discovery(entries=same[0].entries, attempts=tuple(attempt.id for attempt in same))
            for pool in sorted(discovered, key=sorted)
            if (same := [each for each in probes if frozenset(each.entries) == pool])
        ),
        reach=reach,
        check=check,
    )


def _looks_clear(beliefs: Beliefs, share: float, limits: Limits) -> Flags:
    """By entry, whether messages, and not the estimated share alone, make it clear."""
    prior = float(logit(min(share, _MOST_SHARE)))
    high = prior_shifts(share)[2]
    is_improbable = beliefs.log_odds + high <= logit(limits.beta)
    is_told = beliefs.log_odds <= prior - np.log(LEAST_FACTOR)
    return np.asarray(is_improbable & is_told, dtype=np.bool_)


def _is_beyond(attempt: Attempt, scores: Mapping[str, Score], reach: int | None) -> bool:
    """Whether it arrived, but is so long that this says nothing."""
    return (
        reach is not None
        and not attempt.is_solo
        and len(attempt.text) > reach
        and not scores[attempt.id].outcome.is_blocked
    )


def _blocked_again(
    probes: Iterable[Attempt], scores: Mapping[str, Score]
) -> frozenset[frozenset[str]]:
    """Sets of entries that were blocked together more than once and never arrived together."""
    blocked: Counter[frozenset[str]] = Counter()
    arrived = set()
    for attempt in probes:
        if not attempt.is_solo:
            pool = frozenset(attempt.entries)
            if scores[attempt.id].outcome.is_blocked:
                blocked[pool] += 1
            else:
                arrived.add(pool)
    return frozenset(
        pool for pool, times in blocked.items() if times >= _TIMES_BLOCKED and pool not in arrived
    )


class _Weighing:
    """The computation over a run's entries."""

    def __init__(
        self, places: Mapping[str, int], scores: Mapping[str, Score], noise: Noise
    ) -> None:
        self._places = places
        self._scores = scores
        self._noise = noise
        self._rates = Rates(noise.expected_loss.mean, noise.expected_slip.mean)

    def beliefs(self, probes: Sequence[Attempt]) -> tuple[Beliefs, float]:
        """What probes say, and the share of censored entries that makes them most probable."""
        graph = self._graph(probes)
        is_seen: Flags = np.zeros(graph.size, np.bool_)
        is_seen[graph.entry] = True
        share = expected_share(np.zeros(0), np.zeros(0, np.bool_))
        beliefs = propagate(graph, _prior(graph.size, share), self._rates)
        for _ in range(_SHARE_ROUNDS):
            before, share = share, expected_share(beliefs.probability, is_seen)
            if abs(share - before) <= _SHARE_TOLERANCE * before:
                break
            beliefs = propagate(graph, _prior(graph.size, share), self._rates, begin=beliefs.begin)
        return beliefs, share

    def company(self, probes: Sequence[Attempt]) -> dict[str, Company]:
        """What probes say of each entry, whatever loss, slip and the share may really be."""
        beliefs, share = self.beliefs(probes)
        graph = self._graph(probes)
        careful = integrated(graph, _prior(graph.size, share), self._noise, begin=beliefs.begin)
        pools = _pools_of(probes)
        company = {}
        for entry, place in self._places.items():
            blocked = sum(self._scores[each].outcome.is_blocked for each in pools[entry])
            low, middle, high = (
                float(expit(careful.log_odds[place] + shift)) for shift in prior_shifts(share)
            )
            company[entry] = Company(
                probability=middle,
                probability_low=low,
                probability_high=high,
                share=share,
                has_settled=bool(careful.has_settled[place]),
                attempts=tuple(pools[entry]),
                blocked=blocked,
                delivered=len(pools[entry]) - blocked,
            )
        return company

    def without_pools(self, probes: Sequence[Attempt]) -> dict[str, Company]:
        """Name the pools of each entry, where they prove nothing; solo attempts alone count."""
        beliefs, share = self.beliefs([attempt for attempt in probes if attempt.is_solo])
        pools = _pools_of(probes)
        company = {}
        for entry, place in self._places.items():
            blocked = sum(self._scores[each].outcome.is_blocked for each in pools[entry])
            low, middle, high = (
                float(expit(beliefs.log_odds[place] + shift)) for shift in prior_shifts(share)
            )
            company[entry] = Company(
                probability=middle,
                probability_low=low,
                probability_high=high,
                share=share,
                has_settled=True,
                attempts=tuple(pools[entry]),
                blocked=blocked,
                delivered=len(pools[entry]) - blocked,
                is_trusted=False,
            )
        return company

    def _graph(self, probes: Sequence[Attempt]) -> Graph:
        return Graph.of(
            len(self._places),
            [
                Pool(
                    [self._places[entry] for entry in dict.fromkeys(attempt.entries)],
                    self._scores[attempt.id].outcome.is_blocked,
                )
                for attempt in probes
            ],
        )


def _pools_of(probes: Iterable[Attempt]) -> defaultdict[str, list[str]]:
    """By entry, the ids of the pools that carried it."""
    pools = defaultdict(list)
    for attempt in probes:
        if not attempt.is_solo:
            for entry in attempt.entries:
                pools[entry].append(attempt.id)
    return pools


def prior_shifts(share: float) -> tuple[float, float, float]:
    """Give what to add to an entry's log-odds if it were likelier, or less likely, than others.

    An entry's own prior enters its posterior as a factor of the odds, whatever else was sent.

    Args:
        share: The estimated share of censored entries.

    Returns:
        For a third of it, for it, and for three times as much.
    """
    low, middle, high = (
        float(logit(min(share * factor, _MOST_SHARE)))
        for factor in (1 / PRIOR_FACTOR, 1.0, PRIOR_FACTOR)
    )
    return low - middle, 0.0, high - middle


def _prior(size: int, share: float) -> Floats:
    return np.full(size, logit(min(share, _MOST_SHARE)))
