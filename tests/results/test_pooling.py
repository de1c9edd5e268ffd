"""Tests of `results.pooling`: belief propagation against the sum over all cases."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from results import pooling
from results.inference import Noise
from results.pooling import Floats, Graph, Pool, Rates, expected_share, information, integrated

RATES = Rates(0.02, 0.03)


def summed(size: int, pools: list[Pool], prior: Floats, rates: Rates) -> Floats:
    """Probabilities by summing over every case of which entries are censored."""
    total = np.zeros(size)
    everything = 0.0
    for case in product((False, True), repeat=size):
        weight = float(
            np.prod([expit(p) if one else expit(-p) for p, one in zip(prior, case, strict=True)])
        )
        for pool in pools:
            is_hit = any(case[place] for place in pool.places)
            blocked = 1 - rates.slip if is_hit else rates.loss
            weight *= blocked if pool.is_blocked else 1 - blocked
        everything += weight
        total += weight * np.array(case)
    return total / everything


@st.composite
def pools_of(draw: st.DrawFn, size: int, most: int) -> list[Pool]:
    """Pools over some entries."""
    return [
        Pool(sorted(draw(st.sets(st.integers(0, size - 1), min_size=1))), draw(st.booleans()))
        for _ in range(draw(st.integers(0, most)))
    ]


@given(data=st.data(), size=st.integers(1, pooling.MOST_EXACT))
@settings(max_examples=60)
def test_small_runs_are_exact(data: st.DataObject, size: int) -> None:
    """Up to ten entries, the posterior is that of the sum over all cases, cycles or not."""
    pools = data.draw(pools_of(size, 6))
    prior = np.array(data.draw(st.lists(st.floats(-6, 3), min_size=size, max_size=size)))
    beliefs = pooling.propagate(Graph.of(size, pools), prior, RATES)
    assert beliefs.has_settled.all()
    assert beliefs.probability == pytest.approx(summed(size, pools, prior, RATES), abs=1e-4)


@given(data=st.data(), size=st.integers(1, 8))
@settings(max_examples=40)
def test_entries_set_aside_weigh_as_much_as_entries_there(data: st.DataObject, size: int) -> None:
    """A pool with an entry left out, its chance of being clear given, says the same."""
    pools = data.draw(pools_of(size, 4))
    chance = data.draw(st.floats(0.01, 0.99))
    prior = np.full(size, -2.0)
    # One more entry in the first pool, of which nothing else is known.
    if not pools:
        return
    more = [Pool([*pools[0].places, size], pools[0].is_blocked), *pools[1:]]
    whole = summed(size + 1, more, np.append(prior, logit(chance)), RATES)
    aside = [float(np.log(1 - chance)), *[0.0] * (len(pools) - 1)]
    graph = Graph.of(size, pools, aside)
    beliefs = pooling.propagate(graph, prior, RATES)
    assert beliefs.probability == pytest.approx(whole[:size], abs=1e-4)


def test_a_tree_is_exact_without_summing() -> None:
    """Belief propagation alone is exact where no two pools share more than one entry."""
    size = 25  # more than is summed up
    pools = [
        Pool(range(10), True),
        Pool(range(9, 18), False),
        Pool([20, 0], True),
        Pool([5], False),
    ]
    prior = np.full(size, logit(0.05))
    beliefs = pooling.propagate(Graph.of(size, pools), prior, RATES)
    assert beliefs.probability[20] == pytest.approx(_tree_by_hand(), abs=1e-4)


def _tree_by_hand() -> float:
    """Entry 20 of the tree: its pool-mate 0 is in a blocked pool of ten."""
    p, loss, slip = 0.05, RATES.loss, RATES.slip
    # Entry 9 was in a delivered pool of nine; entry 5 was delivered alone.
    others_clear = (1 - p) ** 8
    nine = p * slip / (p * slip + (1 - p) * (others_clear * (1 - loss) + (1 - others_clear) * slip))
    five = p * slip / (p * slip + (1 - p) * (1 - loss))
    rest_clear = (1 - p) ** 7 * (1 - nine) * (1 - five)
    if_censored = 1 - slip
    if_clear = rest_clear * loss + (1 - rest_clear) * (1 - slip)
    zero = p * if_censored / (p * if_censored + (1 - p) * if_clear)
    both_clear = (1 - zero) * loss + zero * (1 - slip)
    return p * (1 - slip) / (p * (1 - slip) + (1 - p) * both_clear)


def test_few_controls_mean_little_certainty() -> None:
    """With loss and slip known from a few controls only, the same pools convince less."""
    graph = Graph.of(3, [Pool([0], True), Pool([0], True), Pool([1], False), Pool([1, 2], False)])
    prior = np.full(3, logit(0.05))
    few = integrated(graph, prior, Noise())
    many = integrated(
        graph,
        prior,
        Noise(controls_delivered=990, controls_lost=10, canaries_blocked=990, canaries_slipped=10),
    )
    assert few.log_odds[0] < many.log_odds[0]
    assert few.log_odds[1] > many.log_odds[1]


def test_nothing_sent_leaves_the_prior() -> None:
    """Without pools, each entry keeps its prior."""
    prior = np.array([-1.0, 0.0, 2.0])
    beliefs = pooling.propagate(Graph.of(3, []), prior, RATES)
    assert beliefs.log_odds == pytest.approx(prior)


@pytest.mark.parametrize("places", [[], [1, 1]])
def test_a_pool_carries_each_entry_once(places: list[int]) -> None:
    """A pool without entries, or with one twice, is refused."""
    with pytest.raises(ValueError, match="each of its entries once"):
        Graph.of(3, [Pool(places, True)])


def test_information_is_highest_at_an_even_chance_and_never_above_one_bit() -> None:
    """With equal loss and slip, a message tells most if it is as likely blocked as not."""
    chance = np.linspace(0, 1, 101)
    bits = information(chance, Rates(0.01, 0.01))
    assert int(np.argmax(bits)) == 50
    assert bits.max() == pytest.approx(1 - 0.0808, abs=1e-3)  # capacity at an error rate of 1 %
    assert bits[[0, -1]] == pytest.approx(0.0, abs=1e-9)


@given(share=st.floats(0.01, 0.5))
def test_the_expected_share_follows_what_is_seen(share: float) -> None:
    """After many entries, the estimate is their share; before any, it is 1 %."""
    size = 5000
    probability = np.zeros(size)
    probability[: round(size * share)] = 1.0
    seen = np.ones(size, np.bool_)
    assert expected_share(probability, seen) == pytest.approx(share, abs=0.01)
    assert expected_share(probability, ~seen) == pytest.approx(0.01)
