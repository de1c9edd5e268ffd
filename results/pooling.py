"""How probable it is that an entry is censored, given messages that carried several at once.

A message with several entries is blocked if any of them is censored: an OR channel, with *loss*
(blocked although none is) and *slip* (delivered although one is). Entries that were in the same
messages are taken together first (`results.pool_graph.Classes`), which is exact. Parts of what is
left that are small are summed up over all cases (`results.pool_sums`), which is exact too. In the
others the posterior is computed by belief propagation on the factor graph (Pearl 1988; Kschischang,
Frey and Loeliger, *Factor graphs and the sum-product algorithm*, 2001; for group testing, Aldridge,
Johnson and Scarlett, *Group Testing: An Information Theory Perspective*, 2019, section 3.3), which
is exact where that has no cycles. Of entries whose probability does not come to rest it is said so.

Everything here is about arrays: an entry is its place in the run's list. All functions are pure.
"""

from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.special import expit, logit, xlogy
from scipy.stats import beta as beta_distribution

from results.inference import Noise, Rate
from results.pool_graph import Classes, Flags, Floats, Graph, Places, Pool, Rates
from results.pool_sums import MOST_EXACT, summed

__all__ = [
    "MOST_EXACT",
    "Beliefs",
    "Flags",
    "Floats",
    "Graph",
    "Places",
    "Pool",
    "Rates",
    "capacity",
    "entropy",
    "expected_share",
    "information",
    "integrated",
    "propagate",
]

# Share of the old message that is kept, and for how many rounds: the more, the slower, but the less
# do messages swing.
_DAMPING: Final = ((0.3, 40), (0.6, 60), (0.85, 100))
_TOLERANCE: Final = 1e-4  # largest change of a message, in log-odds, that counts as settled
_REST: Final = 1e-2  # largest change of log-odds a round that counts as at rest
_NODES: Final = 3  # of each rate's posterior, for the integral over what is not known of it
_LEAST: Final = 1e-300  # keeps logarithms finite


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What the pools say of each entry.

    Attributes:
        log_odds: By entry, the log-odds of being censored.
        messages: By edge, what the pool says to the entry, in log-odds.
        log_clear: By pool, the log-probability that all its entries are clear by all that is known
            beside this pool.
        has_settled: By entry, whether the computation came to rest; where it did not, the log-odds
            mean nothing.
        begin: By edge, where to begin when more pools are known (see `propagate`).
    """

    log_odds: Floats
    messages: Floats
    log_clear: Floats
    has_settled: Flags
    begin: Floats

    @property
    def probability(self) -> Floats:
        """By entry, the probability of being censored."""
        return np.asarray(expit(self.log_odds), dtype=np.float64)


def propagate(graph: Graph, prior: Floats, rates: Rates, *, begin: Floats | None = None) -> Beliefs:
    """Compute what the pools say of each entry.

    Args:
        graph: The pools.
        prior: By entry, the log-odds before anything was sent.
        rates: Loss and slip.
        begin: By edge, where to begin: that of an earlier result saves rounds.
    """
    if not graph.entry.size:
        nothing = np.zeros(0)
        return Beliefs(prior.copy(), nothing, nothing, np.ones(graph.size, np.bool_), nothing)
    classes = Classes.of(graph, prior)
    sent = np.zeros(classes.graph.entry.size)
    if begin is not None:
        sent[classes.of_edge] = begin
    found = _exact_where_small(classes.graph, classes.prior, rates, sent)
    _exact_where_restless(classes.graph, classes.prior, rates, found)
    is_seen = classes.of_entry >= 0
    log_odds = prior.copy()
    log_odds[is_seen] = classes.of_entries(
        found.log_odds[classes.of_entry[is_seen]], np.flatnonzero(is_seen)
    )
    has_settled = np.ones(graph.size, np.bool_)
    has_settled[is_seen] = found.has_settled[classes.of_entry[is_seen]]
    beside = classes.of_entries(found.beside[classes.of_edge], graph.entry)
    return Beliefs(
        log_odds=log_odds,
        messages=log_odds[graph.entry] - beside,
        log_clear=found.log_clear,
        has_settled=has_settled,
        begin=found.sent[classes.of_edge],
    )


def integrated(
    graph: Graph, prior: Floats, noise: Noise, *, begin: Floats | None = None
) -> Beliefs:
    """Compute what the pools say of each entry, with loss and slip known only from a few controls.

    Each rate's posterior is cut into equally probable slices; the beliefs under the mean rates of
    each pair of slices are averaged, as probabilities. So few controls mean little certainty.

    Args:
        graph: The pools.
        prior: By entry, the log-odds before anything was sent.
        noise: What controls and canaries say of the channel.
        begin: By edge, where to begin, as for `propagate`.

    Returns:
        The beliefs under the mean rates, with the averaged log-odds in their place.
    """
    rates = Rates(noise.expected_loss.mean, noise.expected_slip.mean)
    middle = propagate(graph, prior, rates, begin=begin)
    total = np.zeros(graph.size)
    has_settled = middle.has_settled
    pairs = list(product(_slices(noise.expected_loss), _slices(noise.expected_slip)))
    for loss, slip in pairs:
        beliefs = propagate(graph, prior, Rates(loss, slip), begin=middle.begin)
        total += beliefs.probability
        has_settled = has_settled & beliefs.has_settled
    mean = np.clip(total / len(pairs), _LEAST, 1 - np.finfo(np.float64).epsneg)
    return Beliefs(logit(mean), middle.messages, middle.log_clear, has_settled, middle.begin)


def expected_share(
    probability: Floats, seen: Flags, *, alpha: float = 0.5, beta: float = 49.5
) -> float:
    """Estimate what share of all entries is censored from those seen so far (empirical Bayes).

    Args:
        probability: By entry, the probability of being censored.
        seen: By entry, whether any message that counts has carried it.
        alpha: Of the Beta distribution of the share before anything was sent: together with
            `beta` worth 50 entries, of which half a one is censored.
        beta: The same.
    """
    count = float(np.count_nonzero(seen))
    return (alpha + float(probability[seen].sum())) / (alpha + beta + count)


@dataclass(frozen=True, slots=True)
class _Found:
    """What the pools say of things: entries, or classes of them.

    Attributes:
        log_odds: By thing, the log-odds of being censored.
        beside: By edge, the same by all that is known beside the pool.
        log_clear: By pool, as in `Beliefs`.
        has_settled: By thing, as in `Beliefs`.
        sent: By edge, what the pool says to the thing.
    """

    log_odds: Floats
    beside: Floats
    log_clear: Floats
    has_settled: Flags
    sent: Floats


def _passed(graph: Graph, prior: Floats, rates: Rates, sent: Floats) -> _Found:
    """Pass messages between things and pools until they come to rest."""
    if_clear = np.where(graph.is_blocked, rates.loss, 1 - rates.loss)[graph.pool]
    if_censored = np.where(graph.is_blocked, 1 - rates.slip, rates.slip)[graph.pool]
    log_odds = prior + np.bincount(graph.entry, sent, graph.size)
    moved = np.zeros(graph.size)
    for damping in (share for share, rounds in _DAMPING for _ in range(rounds)):
        clear = -np.logaddexp(0.0, log_odds[graph.entry] - sent)
        others = np.exp(np.minimum(0.0, graph.sum_by_pool(clear)[graph.pool] - clear))
        fresh = np.log(if_censored) - np.log(if_clear * others + if_censored * (1 - others))
        is_at_rest = bool(np.abs(fresh - sent).max() < _TOLERANCE)
        sent = damping * sent + (1 - damping) * fresh
        before, log_odds = log_odds, prior + np.bincount(graph.entry, sent, graph.size)
        moved = np.abs(log_odds - before)
        if is_at_rest:
            break
    beside = log_odds[graph.entry] - sent
    log_clear = graph.sum_by_pool(-np.logaddexp(0.0, beside))
    return _Found(log_odds, beside, log_clear, moved < _REST, sent)


def _exact_where_small(graph: Graph, prior: Floats, rates: Rates, sent: Floats) -> _Found:
    """Sum up small parts with cycles, and pass messages in the others."""
    part = _parts(graph)
    count = int(part.max()) + 1
    things = np.bincount(part, minlength=count)
    pools = np.bincount(part[graph.entry[graph.start]], minlength=count)
    edges = np.bincount(part[graph.entry], minlength=count)
    # A tree has one edge less than nodes; in trees, messages are exact.
    is_summed = (edges >= things + pools) & (things <= MOST_EXACT)
    is_sum_edge = is_summed[part[graph.entry]]
    found = _Found(
        log_odds=prior.copy(),
        beside=np.zeros(graph.entry.size),
        log_clear=np.zeros(graph.start.size),
        has_settled=np.ones(graph.size, np.bool_),
        sent=sent.copy(),
    )
    if not is_sum_edge.all():
        _put_passed(graph, prior, rates, np.flatnonzero(~is_sum_edge), found)
    of_sums = np.flatnonzero(is_sum_edge)
    of_sums = of_sums[np.argsort(part[graph.entry[of_sums]], kind="stable")]
    borders = np.flatnonzero(np.diff(part[graph.entry[of_sums]])) + 1
    for own in np.split(of_sums, borders) if of_sums.size else ():
        _put_sum(graph, prior, rates, edges=own, left_out=graph.log_clear, found=found)
    return found


def _put_passed(graph: Graph, prior: Floats, rates: Rates, edges: Places, found: _Found) -> None:
    """Pass messages along some edges, those of whole parts, and enter what comes out."""
    things, entry = np.unique(graph.entry[edges], return_inverse=True)
    pools, first, pool = np.unique(graph.pool[edges], return_index=True, return_inverse=True)
    passed = _passed(
        Graph(
            size=things.size,
            entry=entry,
            pool=pool,
            start=first,
            is_blocked=graph.is_blocked[pools],
            log_clear=graph.log_clear[pools],
        ),
        prior[things],
        rates,
        found.sent[edges],
    )
    found.log_odds[things] = passed.log_odds
    found.beside[edges] = passed.beside
    found.log_clear[pools] = passed.log_clear
    found.has_settled[things] = passed.has_settled
    found.sent[edges] = passed.sent


def _put_sum(
    graph: Graph, prior: Floats, rates: Rates, *, edges: Places, left_out: Floats, found: _Found
) -> None:
    """Sum up over the things and pools of some edges, and enter what comes out."""
    things, row = np.unique(graph.entry[edges], return_inverse=True)
    pools, column = np.unique(graph.pool[edges], return_inverse=True)
    carries = np.zeros((things.size, pools.size), np.bool_)
    carries[row, column] = True
    sums = summed(carries, graph.is_blocked[pools], left_out[pools], prior[things], rates)
    found.log_odds[things] = sums.log_odds
    found.beside[edges] = sums.beside[row, column]
    found.log_clear[pools] = sums.log_clear
    found.has_settled[things] = True
    found.sent[edges] = sums.log_odds[row] - found.beside[edges]


def _exact_where_restless(graph: Graph, prior: Floats, rates: Rates, found: _Found) -> None:
    """Sum up those that did not come to rest, where they are few, the others taken as they are.

    It happens where pools contradict each other: one was blocked by bad luck, and all its entries
    were then delivered in others.
    """
    is_restless = ~found.has_settled
    if not is_restless.any():
        return
    edges = np.flatnonzero(is_restless[graph.entry])
    things, entry = np.unique(graph.entry[edges], return_inverse=True)
    pools, first, pool = np.unique(graph.pool[edges], return_index=True, return_inverse=True)
    part = _parts(
        Graph(things.size, entry, pool, first, graph.is_blocked[pools], graph.log_clear[pools])
    )
    clear = np.where(is_restless[graph.entry], 0.0, -np.logaddexp(0.0, found.beside))
    others = graph.sum_by_pool(clear)
    for label in np.flatnonzero(np.bincount(part) <= MOST_EXACT):
        _put_sum(
            graph,
            prior,
            rates,
            edges=edges[part[entry] == label],
            left_out=others,
            found=found,
        )


def _parts(graph: Graph) -> Places:
    """By thing, the number of the part of the graph it belongs to."""
    links = coo_array(
        (np.ones(graph.entry.size), (graph.entry, graph.size + graph.pool)),
        shape=(graph.size + graph.start.size, graph.size + graph.start.size),
    )
    _, labels = connected_components(links, directed=False)
    return np.asarray(labels[: graph.size], dtype=np.int64)


def _slices(rate: Rate) -> Floats:
    """Medians of equally probable slices of a rate's posterior."""
    levels = (np.arange(_NODES) + 0.5) / _NODES
    return np.asarray(beta_distribution.ppf(levels, rate.alpha, rate.beta), dtype=np.float64)


def entropy(probability: Floats) -> Floats:
    """Give the entropy of yes-or-no questions, in bits."""
    no = 1 - probability
    return np.asarray(-(xlogy(probability, probability) + xlogy(no, no)) / np.log(2))


def capacity(rates: Rates) -> float:
    """Give how many bits a message can tell at most: the capacity of the channel."""
    chances = np.linspace(0.0, 1.0, 2001)
    return float(information(chances, rates).max())


def information(all_clear: Floats, rates: Rates) -> Floats:
    """Give how many bits a message tells of its entries.

    Args:
        all_clear: Probability that all the entries it carries are clear.
        rates: Loss and slip.
    """
    blocked = rates.loss * all_clear + (1 - rates.slip) * (1 - all_clear)
    return np.asarray(
        entropy(blocked)
        - all_clear * entropy(np.array(rates.loss))
        - (1 - all_clear) * entropy(np.array(rates.slip))
    )
