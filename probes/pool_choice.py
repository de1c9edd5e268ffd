"""Which entries the next pool should carry: those whose outcome is worth most.

Entries are put in an order in which a good pool is a contiguous run: those that share a blocked
message stand together, the most suspicious first, then those about which nothing is known. Of all
runs that an app can take, the one whose outcome tells most bits is sent (the contiguous pools of
MEASUREMENT, "Strategies"; in group testing, Cuturi, Teboul and Vert, *Noisy adaptive group testing
using Bayesian sequential experimental design*, 2020).

That a message was blocked ties its entries together: if one is clear, another is more suspicious.
A pool's chance of being all clear is therefore computed within such a message jointly, and not as
the product of its entries' chances; with the product, 1,000 entries of which 1 % are censored take
a fifth more messages.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from results.pooling import Beliefs, Floats, Graph, Places, Rates, information

_TARGETS: Final = (0.4, 0.5, 0.6)
"""Chances of being all clear around which the best run lies; 0.5 without noise."""

_AS_GOOD: Final = 0.01
"""Share of the most bits that is given up to ask of what is suspected rather than of what is not
known yet: so that entries are decided one after the other, and not all at the end."""

_LEAST: Final = 1e-12
_NOWHERE: Final = -1
_SUSPICION: Final = 0.05  # log-odds that a message must add to tie an entry to it


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolLimits:
    """What an app takes in one message.

    Attributes:
        characters: Longest text.
        joiner: How many characters lie between two entries.
        entries: Most entries, whatever their length.
    """

    characters: int
    joiner: int
    entries: int


@dataclass(frozen=True, slots=True)
class Ties:
    """Which blocked message explains most of what is suspected of each entry.

    Attributes:
        home: By entry, the number of that message's pool; -1 for none.
        log_odds: By entry, the log-odds by all that is known beside that message.
        log_clear: By pool, the log-probability that all its entries are clear, likewise.
    """

    home: Places
    log_odds: Floats
    log_clear: Floats

    @classmethod
    def none(cls, size: int) -> "Ties":
        """No ties between any of `size` entries."""
        return cls(np.full(size, _NOWHERE, dtype=np.int64), np.zeros(size), np.zeros(0))

    @classmethod
    def of(cls, graph: Graph, beliefs: Beliefs) -> "Ties":
        """Find them.

        Args:
            graph: The pools.
            beliefs: What they say.
        """
        home = np.full(graph.size, _NOWHERE, dtype=np.int64)
        log_odds = beliefs.log_odds.copy()
        if graph.entry.size:
            edges = np.flatnonzero(graph.is_blocked[graph.pool] & (beliefs.messages > _SUSPICION))
            edges = edges[np.argsort(beliefs.messages[edges], kind="stable")]  # strongest last
            home[graph.entry[edges]] = graph.pool[edges]
            log_odds[graph.entry[edges]] = (
                beliefs.log_odds[graph.entry[edges]] - beliefs.messages[edges]
            )
        return cls(home, log_odds, beliefs.log_clear)

    def among(self, places: Places, log_odds: Floats) -> "Ties":
        """The same among more entries.

        Args:
            places: Which of them these are.
            log_odds: By entry, the log-odds of all of them.
        """
        home = np.full(log_odds.size, _NOWHERE, dtype=np.int64)
        home[places] = self.home
        beside = log_odds.copy()
        beside[places] = self.log_odds
        return Ties(home, beside, self.log_clear)


def untied(free: Places, ties: Ties, in_flight: Collection[Places]) -> Places:
    """Give those that no message in flight bears on, or all if there are none.

    What comes out of a half of a blocked pool nearly tells the other half; sending it at the same
    time would ask twice.

    Args:
        free: Places of the entries that may be sent.
        ties: What ties entries together.
        in_flight: The entries of each pool that is on its way.
    """
    if not in_flight:
        return free
    homes = np.unique(np.concatenate([ties.home[places] for places in in_flight]))
    others = free[~np.isin(ties.home[free], homes[homes >= 0])]
    return others if others.size else free


def as_many_as_fit(places: Places, lengths: Places, limits: PoolLimits) -> Places:
    """Give the first of some entries, as many as the app takes in one message, but at least one.

    Args:
        places: The entries.
        lengths: By entry, how many characters it takes.
        limits: What the app takes.
    """
    ends = np.cumsum(lengths[places] + limits.joiner) - limits.joiner
    fitting = int(np.searchsorted(ends, limits.characters, "right"))
    return places[: min(limits.entries, max(1, fitting))]


def best_pool(
    candidates: Places,
    *,
    probability: Floats,
    ties: Ties,
    lengths: Places,
    rates: Rates,
    limits: PoolLimits,
) -> Places:
    """Choose the entries of the next pool.

    Args:
        candidates: Places of the entries that may be sent, at least one.
        probability: By entry, the probability of being censored.
        ties: What ties entries together.
        lengths: By entry, how many characters it takes.
        rates: Loss and slip.
        limits: What the app takes. A single entry is chosen even if it is too long.

    Returns:
        Their places.
    """
    order = _ordered(candidates, probability, ties.home)
    runs = _Runs(order, ties, rates)
    most = _furthest(lengths[order] + limits.joiner, limits)
    starts = np.arange(order.size)
    bits = np.full(order.size, -1.0)
    ends = starts + 1
    for target in _TARGETS:
        for near in runs.ends_near(target):
            for nudge in (-1, 0, 1):
                tried = np.clip(near + nudge, starts + 1, most)
                told = information(np.exp(runs.log_clear(starts, tried)), rates)
                is_better = told > bits
                bits[is_better] = told[is_better]
                ends[is_better] = tried[is_better]
    start = int(np.argmax(bits >= (1 - _AS_GOOD) * bits.max()))
    return order[start : ends[start]]


def _ordered(candidates: Places, probability: Floats, home: Places) -> Places:
    """Candidates with those tied together side by side, the most suspicious first."""
    homes, group = np.unique(home[candidates], return_inverse=True)
    suspicion = np.zeros(homes.size)
    np.maximum.at(suspicion, group, probability[candidates])
    suspicion[homes == _NOWHERE] = -1.0
    order = np.lexsort((-probability[candidates], group, -suspicion[group]))
    return candidates[order]


def _furthest(widths: Places, limits: PoolLimits) -> Places:
    """By start, the furthest end of a run that the app takes."""
    total = np.concatenate(([0], np.cumsum(widths)))
    # The last entry of a run has no joiner behind it.
    by_length = np.searchsorted(total, total[:-1] + limits.characters + limits.joiner, "right") - 1
    starts = np.arange(widths.size)
    return np.minimum(np.maximum(by_length, starts + 1), starts + limits.entries)


class _Runs:
    """The chance of every contiguous run of being all clear, without a table of all runs."""

    def __init__(self, order: Places, ties: Ties, rates: Rates) -> None:
        home = ties.home[order]
        is_tied = home != _NOWHERE
        begins = np.ones(order.size, dtype=np.bool_)
        begins[1:] = (home[1:] != home[:-1]) | ~is_tied[1:]
        self._group = np.cumsum(begins) - 1
        self._first = np.flatnonzero(begins)
        self._end = np.append(self._first[1:], order.size)
        self._is_tied = is_tied[self._first]
        log_clear = -np.logaddexp(0.0, ties.log_odds[order])
        self._sum = np.concatenate(([0.0], np.cumsum(log_clear)))
        known = home[self._first]
        self._all = (
            np.exp(ties.log_clear[np.maximum(known, 0)])
            if ties.log_clear.size
            else np.zeros(known.size)
        )
        self._loss, self._hit = rates.loss, 1 - rates.slip
        self._total = self._loss * self._all + self._hit * (1 - self._all)
        groups = np.arange(self._first.size)
        whole = self._part(self._sum[self._end] - self._sum[self._first], groups)
        self._before = np.concatenate(([0.0], np.cumsum(whole)))
        ends = np.arange(1, order.size + 1)
        group = self._group[ends - 1]
        # From the very beginning to each end, and from each start to the end of its group.
        self._head = self._before[group] + self._part(
            self._sum[ends] - self._sum[self._first[group]], group
        )
        starts = np.arange(order.size)
        self._tail = self._part(self._sum[self._end[self._group]] - self._sum[starts], self._group)

    def log_clear(self, starts: Places, ends: Places) -> Floats:
        """Log-probability that all from a start to before an end are clear."""
        group = self._group[starts]
        within = self._part(self._sum[ends] - self._sum[starts], group)
        across = self._tail[starts] + self._head[ends - 1] - self._before[group + 1]
        return np.where(group == self._group[ends - 1], within, across)

    def ends_near(self, target: float) -> tuple[Places, Places]:
        """By start, where a run that goes on into other groups, or stays in its own, should end.

        Args:
            target: The chance of being all clear that it should have.
        """
        starts = np.arange(self._group.size)
        group = self._group
        wanted = np.log(target) - self._tail + self._before[group + 1]
        across = np.searchsorted(-self._head, -wanted) + 1
        share = np.log(np.maximum(self._inverse(target, group), _LEAST))
        wanted = np.where(self._is_tied[group], share, np.log(target))
        within = np.searchsorted(-self._sum, -(self._sum[starts] + wanted))
        return across, np.minimum(within, self._end[group])

    def _part(self, log_clear: Floats, group: Places) -> Floats:
        """Log-probability that a part of a group is clear, given that its message was blocked.

        Args:
            log_clear: The same by all that is known beside that message.
            group: The group.
        """
        everything = self._all[group]
        joint = self._loss * everything + self._hit * np.maximum(np.exp(log_clear) - everything, 0)
        tied = np.log(np.clip(joint / self._total[group], _LEAST, 1.0))
        return np.where(self._is_tied[group], tied, log_clear)

    def _inverse(self, target: float, group: Places) -> Floats:
        """What `_part` must be given to return a target."""
        everything = self._all[group]
        return (target * self._total[group] - self._loss * everything) / self._hit + everything
