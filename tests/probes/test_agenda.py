"""What a lane sends next."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from probes.agenda import MOST_CANARIES_AT_FIRST
from results.record import Attempt, MessageKind, VerdictKind
from tests.probes.lanes import CANARY, MemoryLane, measure, prepare
from tests.probes.sessions import wait_until

WORDS = ["apple", "banana", "cherry", "damson", "elder"]


def blocks(*words: str) -> MemoryLane:
    """A lane on which these words, and the canary, do not arrive."""
    return MemoryLane("lane-1", blocks=lambda text: text == CANARY or text in words)


def stretches(lane: list[Attempt]) -> list[list[Attempt]]:
    """The messages of a lane between its controls."""
    parts: list[list[Attempt]] = [[]]
    for attempt in lane:
        if attempt.kind is MessageKind.CONTROL:
            parts.append([])
        else:
            parts[-1].append(attempt)
    return parts


@settings(max_examples=20)
@given(st.integers(min_value=0, max_value=99), st.sets(st.sampled_from(WORDS)))
def test_attempts_of_an_entry_lie_in_different_stretches(seed: int, blocked: set[str]) -> None:
    """No stretch between two controls holds the same text twice."""
    measured = measure(WORDS, [blocks(*blocked)], seed=seed)
    for stretch in stretches(measured.lane("lane-1")):
        texts = [attempt.text for attempt in stretch]
        assert len(set(texts)) == len(texts)


def test_some_controls_are_sent_again() -> None:
    """Controls are repeated as probes are, so that swallowed repetitions show as lost controls."""
    measured = measure([f"word {n}" for n in range(20)], [blocks()], seed=3)
    texts = [attempt.text for attempt in measured.of_kind(MessageKind.CONTROL)]
    assert 0 < len(texts) - len(set(texts)) < len(texts) / 2


def test_canary_comes_first() -> None:
    """Before anything is probed, a canary has shown that censorship would be seen."""
    kinds = [attempt.kind for attempt in measure(WORDS, [blocks()]).lane("lane-1")]
    assert kinds[:3] == [MessageKind.CONTROL, MessageKind.CANARY, MessageKind.PROBE]


def test_blind_run_calls_nothing_clear() -> None:
    """If all canaries arrive, what arrives is not called clear, and not sent for ever."""
    measured = measure(WORDS, [MemoryLane("lane-1")])
    assert set(measured.kinds.values()) == {VerdictKind.INCONCLUSIVE}
    assert len(measured.of_kind(MessageKind.PROBE)) == 2 * len(WORDS)
    first = [attempt.kind for attempt in measured.lane("lane-1") if attempt.text == CANARY]
    assert len(first) >= 3


class PatientLane(MemoryLane):
    """A lane that waits before a message until something has happened elsewhere."""

    waits_before: int
    until: Callable[[], bool]

    def prepare(self, text: str) -> None:
        """Type a text, when it is time."""
        if len(self.tapped) == self.waits_before:
            wait_until(self.until, f"{self.name} may send message {self.waits_before}")
        super().prepare(text)


def test_blind_lane_is_given_up() -> None:
    """A lane that lets its canaries through, while another blocks them, is left out."""
    blind = PatientLane("lane-1")
    seeing = PatientLane("lane-2", blocks=lambda text: text in {CANARY, "banana"})
    words = [*WORDS, *(f"word {n}" for n in range(12))]
    campaign, workers, _ = prepare(words, [blind, seeing])
    # The blind one goes on when the other's canary is known to be blocked; the other, which could
    # measure all of it alone, when the blind one was left out.
    blind.waits_before, blind.until = MOST_CANARIES_AT_FIRST + 1, lambda: len(seeing.tapped) > 9
    seeing.waits_before, seeing.until = 10, lambda: workers[0].down is not None
    campaign.start(workers)
    try:
        assert campaign.verdict("banana").kind is VerdictKind.CENSORED
        (reason,) = campaign.lanes_lost
    finally:
        campaign.close()
    assert reason.startswith("lane-1: all of its 3 canaries arrived, while other lanes block them")
