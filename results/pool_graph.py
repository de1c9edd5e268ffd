"""Messages that carried several entries, as arrays; and entries that no message tells apart."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]

_FARTHEST = 600.0  # log-odds beyond which exponentials leave the range of floats
_LEAST = 1e-300  # keeps logarithms finite


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the channel errs, as two numbers.

    Attributes:
        loss: Probability that a harmless message does not arrive unchanged.
        slip: Probability that a censored one does.
    """

    loss: float
    slip: float

    def are_near(self, others: "Rates", times: float) -> bool:
        """Whether neither is so many times larger or smaller than the other's."""
        return all(
            theirs / times <= own <= theirs * times
            for own, theirs in ((self.loss, others.loss), (self.slip, others.slip))
        )


@dataclass(frozen=True, slots=True)
class Pool:
    """What became of a message that carried one or more entries.

    Attributes:
        places: Places of its entries, each once.
        is_blocked: Whether it did not arrive as sent.
    """

    places: Sequence[int] | Places
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """Pools as flat arrays: one edge for each entry of each pool, pool by pool.

    Attributes:
        size: How many entries there are.
        entry: By edge, the place of the entry.
        pool: By edge, the number of the pool.
        start: By pool, its first edge.
        is_blocked: By pool, whether it was blocked.
        log_clear: By pool, the log-probability that all those of its entries are clear that have
            no edge, being decided already.
    """

    size: int
    entry: Places
    pool: Places
    start: Places
    is_blocked: Flags
    log_clear: Floats

    @classmethod
    def of(
        cls, size: int, pools: Iterable[Pool], log_clear: Sequence[float] | None = None
    ) -> "Graph":
        """Build it.

        Args:
            size: How many entries there are.
            pools: What was sent; each pool carries at least one entry.
            log_clear: By pool, as the attribute; 0 (nothing left out) if not given.

        Raises:
            ValueError: A pool is empty, or carries an entry twice.
        """
        listed = list(pools)
        places = [np.asarray(pool.places, dtype=np.int64) for pool in listed]
        sizes = np.array([each.size for each in places], dtype=np.int64)
        entry = np.concatenate([np.zeros(0, np.int64), *places])
        number = np.repeat(np.arange(len(listed), dtype=np.int64), sizes)
        if not sizes.all() or np.unique(number * (size + 1) + entry).size != entry.size:
            wrong = next(each for each in places if not each.size or _is_repeating(each))
            raise ValueError(f"a pool carries each of its entries once, not {wrong.tolist()!r}")
        return cls(
            size=size,
            entry=entry,
            pool=number,
            start=np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int64)[: len(listed)],
            is_blocked=np.array([pool.is_blocked for pool in listed], dtype=np.bool_),
            log_clear=np.zeros(len(listed)) if log_clear is None else np.asarray(log_clear, float),
        )

    def sum_by_pool(self, values: Floats) -> Floats:
        """Sum up values of edges by pool, what has no edge included."""
        if not self.start.size:
            return np.zeros(0)
        return np.asarray(np.add.reduceat(values, self.start) + self.log_clear, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Classes:
    """Entries that have been in exactly the same pools, taken together.

    No pool tells such entries apart: all that matters of them is whether one of them is censored.
    A graph of classes instead of entries is smaller, and has far fewer cycles, since two pools that
    share a hundred entries share one class.

    Attributes:
        graph: The pools, of classes instead of entries.
        of_entry: By entry, its class; -1 for entries that were in no pool.
        of_edge: By edge of the entries' graph, the edge of the classes' graph.
        prior: By class, the log-odds that one of its entries is censored, before anything was sent.
        log_share: By entry, minus the log of how likely it is censored if one of its class is.
    """

    graph: Graph
    of_entry: Places
    of_edge: Places
    prior: Floats
    log_share: Floats

    @classmethod
    def of(cls, graph: Graph, prior: Floats) -> "Classes":
        """Find them.

        Args:
            graph: Pools of entries.
            prior: By entry, the log-odds before anything was sent.
        """
        # Entries of the same pools have the same sum of random numbers, one for each pool; others
        # have another (64 bits).
        numbers = np.random.default_rng(0).integers(
            0, 2**63, size=graph.start.size, dtype=np.uint64
        )
        signature = np.zeros(graph.size, dtype=np.uint64)
        np.add.at(signature, graph.entry, numbers[graph.pool])
        is_seen = np.zeros(graph.size, np.bool_)
        is_seen[graph.entry] = True
        distinct, label = np.unique(signature[is_seen], return_inverse=True)
        count = distinct.size
        of_entry = np.full(graph.size, -1, dtype=np.int64)
        of_entry[is_seen] = label
        log_clear = np.bincount(label, -np.logaddexp(0.0, prior[is_seen]), count)
        log_any = np.log(np.maximum(-np.expm1(log_clear), _LEAST))
        log_share = np.zeros(graph.size)
        log_share[is_seen] = log_any[label] + np.logaddexp(0.0, -prior[is_seen])
        _, first, of_edge = np.unique(
            graph.pool * (count + 1) + of_entry[graph.entry],
            return_index=True,
            return_inverse=True,
        )
        pool = graph.pool[first]
        return cls(
            graph=Graph(
                size=count,
                entry=of_entry[graph.entry[first]],
                pool=pool,
                start=np.searchsorted(pool, np.arange(graph.start.size)).astype(np.int64),
                is_blocked=graph.is_blocked,
                log_clear=graph.log_clear,
            ),
            of_entry=of_entry,
            of_edge=of_edge,
            prior=log_any - log_clear,
            log_share=np.maximum(log_share, 0.0),
        )

    def of_entries(self, log_odds: Floats, entry: Places) -> Floats:
        """Give the log-odds of entries.

        Args:
            log_odds: The log-odds that one of the class of each is censored.
            entry: Which entries.
        """
        surprise = np.logaddexp(0.0, -np.maximum(log_odds, -_FARTHEST)) + self.log_share[entry]
        return np.asarray(-np.log(np.expm1(np.maximum(surprise, _LEAST))), dtype=np.float64)


def _is_repeating(places: Places) -> bool:
    return np.unique(places).size < places.size
