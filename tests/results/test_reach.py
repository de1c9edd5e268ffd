"""How long a message the filter reads, by what became of canaries."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.reach import seen_to
from results.record import Attempt, MessageKind, Outcome, Score, VoidReason
from tests.results.examples import sent


def reach_of(
    canaries: Iterable[tuple[int, Outcome]],
    *,
    entries: tuple[str, ...] = (),
    kind: MessageKind = MessageKind.CANARY,
    void: VoidReason | None = None,
) -> int | None:
    """The reach by messages of some lengths and what became of them."""
    attempts: list[Attempt] = []
    scores: dict[str, Score] = {}
    for seq, (length, outcome) in enumerate(canaries):
        attempt = replace(sent(seq, kind, *entries), text="x" * length)
        attempts.append(attempt)
        scores[attempt.id] = Score(
            attempt_id=attempt.id, outcome=outcome, void=void, rule_id="by_hand"
        )
    return seen_to(attempts, scores)


SEEN, SLIPPED = Outcome.MISSING, Outcome.DELIVERED


@pytest.mark.parametrize(
    ("canaries", "reach"),
    [
        ([], None),
        ([(10, SEEN), (900, SEEN)], None),
        ([(10, SEEN), (900, SLIPPED)], None),  # one may have slipped through
        ([(10, SEEN), (900, SLIPPED), (900, SLIPPED)], 10),
        ([(10, SEEN), (300, SEEN), (900, SLIPPED), (800, SLIPPED)], 300),
        ([(10, SEEN), (900, SLIPPED), (900, SLIPPED), (900, SEEN), (900, SEEN)], None),
        ([(10, SLIPPED), (20, SLIPPED), (900, SLIPPED)], None),  # no matter of length
        ([(10, SEEN), (900, Outcome.ALTERED), (900, Outcome.REFUSED)], None),
        ([(10, SEEN), (900, Outcome.UNKNOWN), (900, Outcome.UNKNOWN)], None),
    ],
)
def test_reach(canaries: list[tuple[int, Outcome]], reach: int | None) -> None:
    """Long canaries that arrive twice, and oftener than not, show that so much is not read."""
    assert reach_of(canaries) == reach


LONG = [(10, SEEN), (900, SLIPPED), (900, SLIPPED)]


def test_only_canaries_without_entries_tell() -> None:
    """Canaries in company, other messages and void ones are passed over."""
    assert reach_of(LONG) == 10
    assert reach_of(LONG, entries=("e",)) is None
    assert reach_of(LONG, kind=MessageKind.PROBE) is None
    assert reach_of(LONG, kind=MessageKind.CONTROL) is None
    assert reach_of(LONG, void=VoidReason.CONTROL_LOST) is None


@given(st.lists(st.tuples(st.integers(1, 1000), st.sampled_from([SEEN, SLIPPED])), max_size=12))
def test_order_does_not_matter_and_the_reach_was_seen(canaries: list[tuple[int, Outcome]]) -> None:
    """The reach is the length of a canary that was blocked, in whatever order they were sent."""
    reach = reach_of(canaries)
    shuffled = sorted(canaries, key=lambda each: (each[1], -each[0]))
    assert reach_of(shuffled) == reach
    if reach is not None:
        assert (reach, SEEN) in canaries
        longer = [outcome for length, outcome in canaries if length > reach]
        assert longer.count(SLIPPED) > longer.count(SEEN)
