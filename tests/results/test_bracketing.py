"""Bracket limits travel with the settings of a run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.bracketing import BracketLimits, look_around
from tests.results.examples import lane_of


@given(st.integers(0, 100), st.floats(0, 1e6), st.floats(0, 1e6))
def test_limits_survive_the_settings(messages: int, seconds: float, settle_s: float) -> None:
    """Limits written into settings are read back the same."""
    limits = BracketLimits(bracket_messages=messages, bracket_s=seconds, settle_s=settle_s)
    assert BracketLimits.from_settings(limits.to_settings()) == limits
    assert BracketLimits.from_settings({}) == BracketLimits()


@pytest.mark.parametrize(
    ("place", "previous", "following", "between"),
    [
        (0, None, 3, None),
        (1, 0, 3, 2),
        (2, 0, 3, 2),
        (3, 0, 5, 4),
        (4, 3, 5, 1),
        (5, 3, None, None),
    ],
)
def test_nearest_arrivals(
    place: int, previous: int | None, following: int | None, between: int | None
) -> None:
    """An attempt is seen between the nearest other arrivals on its lane."""
    lane = lane_of("CppCpC")
    seen = look_around(lane, BracketLimits())[place]
    assert seen.previous == (None if previous is None else lane[previous])
    assert seen.next == (None if following is None else lane[following])
    assert seen.messages_between == between
