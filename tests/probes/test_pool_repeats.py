"""Pools of the same entries, sent more than once."""

from hypothesis import given
from hypothesis import strategies as st

from probes.pool_repeats import Repeats

POOL = frozenset({1, 2, 3})


def repeats_of(signs: str) -> Repeats:
    """Pools of the same entries: D delivered, B blocked."""
    repeats = Repeats()
    for number, sign in enumerate(signs):
        repeats.add(POOL, f"m{number}", is_blocked=sign == "B")
    return repeats


def test_blocked_once_is_worth_sending_again() -> None:
    """What was blocked once was bad luck or a combination: sending it again tells."""
    assert repeats_of("B").is_open(POOL)
    assert not repeats_of("B").discovered
    assert not repeats_of("").is_open(POOL)


def test_blocked_twice_is_taken_for_a_combination() -> None:
    """Blocked twice and never delivered, it is discovered, with the messages that show it."""
    repeats = repeats_of("BB")
    assert repeats.is_discovered(POOL)
    assert repeats.discovered == {POOL: ["m0", "m1"]}
    assert not repeats.is_open(POOL)


@given(st.text("BD", max_size=6).filter(lambda signs: "D" in signs))
def test_what_arrived_once_is_no_combination(signs: str) -> None:
    """A pool that has arrived is never taken for a combination, nor asked again."""
    repeats = repeats_of(signs)
    assert not repeats.is_discovered(POOL)
    assert not repeats.is_open(POOL)


@given(st.text("BD", max_size=6), st.integers(0, 5))
def test_taking_a_message_back_is_as_if_it_had_not_been(signs: str, which: int) -> None:
    """A message that turns out void leaves what the others say."""
    repeats = repeats_of(signs)
    if which < len(signs):
        repeats.remove(POOL, f"m{which}")
        signs = signs[:which] + signs[which + 1 :]
    other = repeats_of(signs)
    assert repeats.is_open(POOL) == other.is_open(POOL)


def test_a_combination_that_turns_out_none_is_asked_again_a_few_times() -> None:
    """If one of its entries may be what was blocked, it is sent again, but not for ever."""
    repeats = repeats_of("BB")
    repeats.undo(POOL)
    assert repeats.is_open(POOL)
    for number in range(2, 4):
        repeats.add(POOL, f"m{number}", is_blocked=True)
        repeats.undo(POOL)
    assert not repeats.is_open(POOL)


def test_what_is_too_long_is_left() -> None:
    """A pool that can be sent no more (pools have become shorter) is asked no more."""
    repeats = repeats_of("B")
    repeats.leave(POOL)
    assert not repeats.is_open(POOL)
