"""Which entries the next pool carries."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from probes.pool_choice import PoolLimits, Ties, best_pool
from results.pooling import Floats, Graph, Places, Pool, Rates, information, propagate

RATES = Rates(0.01, 0.01)
WIDE = PoolLimits(characters=10_000, joiner=1, entries=10_000)


def chosen(
    probability: Floats, lengths: Places | None = None, limits: PoolLimits = WIDE
) -> list[int]:
    """The best pool of entries that nothing ties together."""
    size = probability.size
    pool = best_pool(
        np.arange(size),
        probability=probability,
        ties=Ties(np.full(size, -1), logit(probability), np.zeros(0)),
        lengths=np.ones(size, np.int64) if lengths is None else lengths,
        rates=RATES,
        limits=limits,
    )
    return [int(place) for place in pool]


def test_without_ties_about_half_of_all_pools_arrive() -> None:
    """A pool of entries that are all alike is as likely clear as not."""
    pool = chosen(np.full(1000, 0.01))
    assert 0.99 ** len(pool) == pytest.approx(0.5, abs=0.01)


chances = st.lists(st.floats(0.001, 0.9), min_size=1, max_size=9)
lengths_of = st.lists(st.integers(1, 30), min_size=9, max_size=9)


@given(chances, lengths_of, st.integers(1, 60), st.integers(1, 9))
def test_no_pool_is_longer_than_the_app_takes(
    chance: list[float], lengths: list[int], characters: int, entries: int
) -> None:
    """Each entry is carried once, within the limits; one that is too long goes alone."""
    limits = PoolLimits(characters=characters, joiner=2, entries=entries)
    pool = chosen(np.array(chance), np.array(lengths[: len(chance)]), limits)
    assert len({*pool}) == len(pool) >= 1
    assert len(pool) <= entries
    length = sum(lengths[place] for place in pool) + 2 * (len(pool) - 1)
    assert length <= characters or len(pool) == 1


@given(chances)
def test_it_is_the_best_contiguous_run(chance: list[float]) -> None:
    """No run of entries, in the order of suspicion, tells noticeably more."""
    probability = np.array(chance)
    order = np.sort(probability)[::-1]
    bits = [
        float(information(np.array(np.prod(1 - order[start:end])), RATES))
        for start, end in combinations(range(order.size + 1), 2)
    ]
    pool = chosen(probability)
    told = float(information(np.array(np.prod(1 - probability[pool])), RATES))
    assert told >= 0.985 * max(bits)  # up to 1 % is given up to ask of what is suspected first


@st.composite
def blocked_pools(draw: st.DrawFn) -> list[Pool]:
    """Pools over eight entries, the first of them blocked."""
    first = draw(st.sets(st.integers(0, 7), min_size=2))
    others = draw(
        st.lists(
            st.tuples(st.sets(st.integers(0, 7), min_size=1, max_size=4), st.booleans()), max_size=2
        )
    )
    return [Pool(sorted(first), True), *(Pool(sorted(each), is_it) for each, is_it in others)]


@given(blocked_pools())
@settings(max_examples=50)
def test_a_tied_pool_tells_nearly_as_much_as_the_best(pools: list[Pool]) -> None:
    """By the sum over all cases, the pool tells at least most of what any pool would."""
    size = 8
    prior = np.full(size, logit(0.05))
    graph = Graph.of(size, pools)
    beliefs = propagate(graph, prior, RATES)
    pool = best_pool(
        np.arange(size),
        probability=beliefs.probability,
        ties=Ties.of(graph, beliefs),
        lengths=np.ones(size, np.int64),
        rates=RATES,
        limits=WIDE,
    )
    cases = np.array(list(product((False, True), repeat=size)))
    weight = np.where(cases, 0.05, 0.95).prod(axis=1)
    for sent in pools:
        is_hit = cases[:, np.asarray(sent.places)].any(axis=1)
        blocked = np.where(is_hit, 1 - RATES.slip, RATES.loss)
        weight = weight * (blocked if sent.is_blocked else 1 - blocked)
    weight = weight / weight.sum()

    def told(places: Places) -> float:
        clear = weight[~cases[:, places].any(axis=1)].sum()
        return float(information(np.array(clear), RATES))

    best = max(
        told(np.array(places)) for n in range(1, size + 1) for places in combinations(range(8), n)
    )
    assert told(pool) >= 0.6 * best


def test_entries_of_a_blocked_pool_stand_together() -> None:
    """After a blocked pool, a part of it is asked for and not something new."""
    graph = Graph.of(40, [Pool(range(10), True)])
    beliefs = propagate(graph, np.full(40, logit(0.01)), RATES)
    ties = Ties.of(graph, beliefs)
    assert {*ties.home[:10]} == {0}
    assert {*ties.home[10:]} == {-1}
    pool = best_pool(
        np.arange(40),
        probability=beliefs.probability,
        ties=ties,
        lengths=np.ones(40, np.int64),
        rates=RATES,
        limits=WIDE,
    )
    assert {*pool.tolist()} < {*range(10)}
    assert len(pool) in (4, 5, 6)
