"""Beliefs kept up to date message by message, and what is sent next."""

from collections.abc import Sequence
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit

from probes.pool_book import FEWEST_ARRIVED, MOST_IN_COMPANY, PoolBook
from probes.pool_choice import PoolLimits
from results.inference import Limits, Noise
from results.pooling import Graph, Pool, Rates, propagate

KNOWN = Noise(controls_delivered=990, controls_lost=10, canaries_blocked=990, canaries_slipped=10)
ROOM = PoolLimits(characters=4000, joiner=1, entries=400)


def book_of(size: int, noise: Noise = KNOWN) -> PoolBook:
    """A book of entries of equal length, of which nothing is known."""
    book = PoolBook([9] * size, Limits())
    book.set_noise(noise)
    return book


def run_to_end(
    book: PoolBook, censored: set[int], *, loss: float = 0.0, slip: float = 0.0, seed: int = 0
) -> list[tuple[int, ...]]:
    """Send what the book asks for until it asks for nothing more."""
    random = Random(seed)
    sent: list[tuple[int, ...]] = []
    while pool := book.next_pool(None, ROOM):
        is_hit = not censored.isdisjoint(pool)
        has_arrived = random.random() < (slip if is_hit else 1 - loss)
        key = f"m{len(sent)}"
        book.begin(key, pool)
        book.put(key, pool, is_blocked=not has_arrived)
        sent.append(pool)
        assert len(sent) < 1000
    return sent


def alone(sent: Sequence[tuple[int, ...]]) -> set[int]:
    """Entries that were sent alone."""
    return {pool[0] for pool in sent if len(pool) == 1}


@given(st.sets(st.integers(0, 49), max_size=6))
@settings(max_examples=10, deadline=None)
def test_without_noise_all_is_found_out(censored: set[int]) -> None:
    """Whatever is censored, each entry is decided rightly, and what is censored was sent alone."""
    book = book_of(50)
    sent = run_to_end(book, censored)
    assert {*book.censored.tolist()} == censored
    assert {*book.clear.tolist()} == {*range(50)} - censored
    assert censored <= alone(sent)
    assert len(sent) < 50


def test_no_entry_is_clear_by_one_message() -> None:
    """Each clear entry has arrived twice, so that one pool that slips hides nothing."""
    book = book_of(200)
    times = np.zeros(200)
    for pool in run_to_end(book, set()):
        times[list(pool)] += 1
    assert times.min() >= FEWEST_ARRIVED


def test_a_pool_that_slips_hides_nothing() -> None:
    """Entries whose first message arrived by mistake are found by the second."""
    book = book_of(200)
    first = book.next_pool(None, ROOM)
    censored = {first[0], first[1], first[2]}
    book.put("slipped", first, is_blocked=False)
    assert not {*book.censored.tolist()}
    run_to_end(book, censored)
    assert {*book.censored.tolist()} == censored


@given(st.sets(st.integers(0, 59), max_size=6), st.integers(0, 2**32))
@settings(max_examples=6, deadline=None)
def test_with_noise_it_ends(censored: set[int], seed: int) -> None:
    """Loss and slip of 5 % delay the end, and do not prevent it."""
    book = book_of(60, Noise(controls_delivered=95, controls_lost=5, canaries_blocked=38))
    run_to_end(book, censored, loss=0.05, slip=0.05, seed=seed)
    assert not book.open.size


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[tuple[int, ...], bool]]:
    """Pools over nine entries, and what became of them."""
    pools = st.sets(st.integers(0, 8), min_size=1).map(lambda places: tuple(sorted(places)))
    return draw(st.lists(st.tuples(pools, st.booleans()), min_size=1, max_size=6))


@given(histories())
@settings(max_examples=20, deadline=None)
def test_it_says_what_all_messages_say_at_once(history: list[tuple[tuple[int, ...], bool]]) -> None:
    """Message by message, beliefs come out nearly as from all messages together."""
    if any(
        len(pool) > 1 and history.count((pool, True)) > 1 and (pool, False) not in history
        for pool, _ in history
    ):
        return  # may be taken for a combination, and leave the model
    book = book_of(9)
    for number, (pool, is_blocked) in enumerate(history):
        book.put(f"m{number}", pool, is_blocked=is_blocked)
        assert book.probability.size == 9  # looked at each time, as in a run
    rates = Rates(KNOWN.expected_loss.mean, KNOWN.expected_slip.mean)
    graph = Graph.of(9, [Pool(pool, is_blocked) for pool, is_blocked in history])
    at_once = propagate(graph, np.full(9, logit(book.share)), rates)
    assert book.probability == pytest.approx(at_once.probability, abs=0.05)


@given(histories(), st.integers(0, 5))
@settings(max_examples=20, deadline=None)
def test_a_void_message_is_forgotten(
    history: list[tuple[tuple[int, ...], bool]], which: int
) -> None:
    """What turns out void after all leaves no trace."""
    book, other = book_of(9), book_of(9)
    for number, (pool, is_blocked) in enumerate(history):
        book.put(f"m{number}", pool, is_blocked=is_blocked)
        if number != which:
            other.put(f"m{number}", pool, is_blocked=is_blocked)
    if which < len(history):
        book.put(f"m{which}", history[which][0], is_blocked=None)
    assert book.probability == pytest.approx(other.probability, abs=1e-3)
    assert book.share == pytest.approx(other.share, rel=1e-2)


def test_lanes_get_pools_that_have_nothing_in_common() -> None:
    """While messages are on their way, the next ones carry other entries."""
    book = book_of(1000)
    taken: set[int] = set()
    for lane in range(8):
        pool = book.next_pool(None, ROOM)
        assert taken.isdisjoint(pool)
        taken.update(pool)
        book.begin(f"m{lane}", pool)


def contradicted() -> tuple[PoolBook, tuple[int, ...]]:
    """A book in which a pool was blocked although each of its entries arrives without it."""
    book = book_of(30)
    pool = (0, 1, 2)
    book.put("together", pool, is_blocked=True)
    for place in pool:
        for time in range(3):
            book.put(f"alone {place} {time}", (place,), is_blocked=False)
    return book, pool


def test_a_contradicted_pool_is_sent_again_as_a_whole() -> None:
    """It is sent again if any of its entries may be sent, so that none waits for the others."""
    book, pool = contradicted()
    assert all(book.is_open(place) for place in pool)
    assert book.next_pool([1], ROOM) == pool
    assert book.is_repetition(pool)
    assert book.next_pool([5, 6], ROOM) != pool
    book.begin("again", pool)
    assert book.next_pool([1], ROOM) == ()


def test_bad_luck_and_combinations_are_told_apart() -> None:
    """Delivered the second time, it was bad luck; blocked again, it is a discovered combination."""
    book, pool = contradicted()
    book.put("again", pool, is_blocked=False)
    assert not book.discovered
    assert not any(book.is_open(place) for place in pool)
    book, pool = contradicted()
    book.put("again", pool, is_blocked=True)
    assert {*book.discovered} == {frozenset(pool)}
    assert {*pool} <= {*book.clear.tolist()}
    assert not any(book.is_open(place) for place in pool)


def test_a_pool_alone_makes_nothing_censored() -> None:
    """However often it is blocked in company, an entry is censored once it was blocked alone."""
    book = book_of(30)
    for number in range(1, 6):
        book.put(f"m{number}", (0, number), is_blocked=True)
        book.put(f"c{number}", (number,), is_blocked=False)
    assert 0 not in book.censored
    assert book.next_pool([0], ROOM) == (0,)
    book.put("alone", (0,), is_blocked=True)
    assert 0 in book.censored


def test_who_is_undecided_in_company_for_long_is_sent_alone() -> None:
    """After `MOST_IN_COMPANY` pools an entry is asked for alone."""
    book = book_of(30)
    for number in range(MOST_IN_COMPANY):
        book.put(f"m{number}", (0, 1), is_blocked=number % 2 == 0)
    assert book.next_pool([0], ROOM) == (0,)


def test_doubt_asks_once_more_and_giving_up_ends_it() -> None:
    """A decided entry that is doubted is sent once more; one given up is not, whatever happens."""
    book = book_of(30)
    for number in range(3):
        book.put(f"m{number}", (0,), is_blocked=False)
    assert not book.is_open(0)
    book.doubt(0)
    assert book.is_open(0)
    book.put("again", (0,), is_blocked=False)
    assert not book.is_open(0)
    book.put("contradiction", (0,), is_blocked=True)
    book.put("contradiction 2", (0,), is_blocked=True)
    book.give_up(0)
    assert not book.is_open(0)
    book.doubt(0)
    assert not book.is_open(0)


def test_what_is_told_holds_when_it_is_told() -> None:
    """If rates have moved so that a decision holds no more, it is taken back when asked for."""
    book = book_of(30)
    for number in range(2):
        book.put(f"m{number}", (0, 1, 2), is_blocked=False)
    assert not book.is_open(0)
    bad = Noise(controls_delivered=90, controls_lost=1, canaries_blocked=30, canaries_slipped=12)
    book.set_noise(bad)
    company = book.company(0)
    holds = company.probability_high <= Limits().beta and company.speaks_for_clear
    assert book.is_open(0) is not holds


def test_pools_become_shorter_and_a_repetition_that_does_not_fit_is_left() -> None:
    """A contradicted pool that is longer than messages may be now is asked for no more."""
    book, pool = contradicted()
    assert book.next_pool([1], PoolLimits(characters=10, joiner=1, entries=400)) != pool
    assert not any(book.is_open(place) for place in pool)
