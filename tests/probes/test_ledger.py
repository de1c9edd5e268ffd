"""The ledger: what the rules make of a run so far."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from probes.ledger import Ledger, Tally
from results.bracketing import BracketLimits
from results.inference import noise
from results.record import Attempt, MessageKind
from results.rules import score
from tests.results.examples import arrived, lane_of, sent

LIMITS = BracketLimits(bracket_messages=4, settle_s=5)


def ledger_of(signs: str) -> Ledger:
    """A ledger with one lane: C control, N canary, P probe of "e"; lower case did not arrive."""
    ledger = Ledger(LIMITS)
    for attempt in lane_of(signs):
        ledger.put(attempt)
    return ledger


def test_counts_what_is_known() -> None:
    """Delivered and missing probes between controls are counted, and final."""
    assert ledger_of("CPpC").tally("e") == Tally(blocked=1, delivered=1, is_final=True)


def test_nothing_is_final_before_a_control_arrives() -> None:
    """A score can change until a control has arrived after it."""
    assert ledger_of("CP").tally("e") == Tally(delivered=1, is_final=False)


def test_message_on_its_way_is_pending() -> None:
    """A probe that has not arrived, with nothing after it, is pending."""
    assert ledger_of("Cp").tally("e") == Tally(pending=1, is_final=False)


def test_message_in_hand_is_pending() -> None:
    """A probe that is being sent is on its way; one that was interrupted there is wasted."""
    ledger = ledger_of("C")
    attempt = _as_begun(sent(1, MessageKind.PROBE, "e"))
    ledger.begin(attempt)
    assert ledger.tally("e") == Tally(pending=1, is_final=False)
    ledger.put(attempt)
    assert ledger.tally("e") == Tally(wasted=1, is_final=True)


def test_lost_control_wastes_what_is_around_it() -> None:
    """Probes between two controls are void if a control among them was lost."""
    assert ledger_of("CPcPC").tally("e") == Tally(wasted=2, is_final=True)


def test_pools_are_waited_for_and_not_counted() -> None:
    """A message that carries several entries is no solo attempt, but what it says can change."""
    ledger = Ledger(LIMITS)
    pool = sent(0, MessageKind.PROBE, "e", "f")
    ledger.begin(pool)
    assert ledger.tally("e") == Tally(pending=1, is_final=False)
    ledger.put(arrived(pool))
    assert ledger.tally("e") == Tally(is_final=False)
    ledger.put(arrived(sent(1, MessageKind.CONTROL)))
    assert ledger.tally("e") == Tally(is_final=True)


def test_changes_are_told_once() -> None:
    """What has changed since one asked is told, each attempt once, and again when it is final."""
    ledger = Ledger(LIMITS)
    probe = sent(0, MessageKind.PROBE, "e")
    ledger.begin(probe)
    changed, cursor = ledger.changes(0)
    assert [each.id for each in changed] == [probe.id]
    assert ledger.is_on_its_way(probe)
    assert ledger.changes(cursor) == ([], cursor)
    ledger.put(arrived(probe))
    ledger.put(arrived(sent(1, MessageKind.CONTROL)))
    changed, cursor = ledger.changes(cursor)
    assert sorted(each.seq for each in changed) == [0, 1]
    assert ledger.is_final(changed[0])
    assert ledger.changes(cursor) == ([], cursor)


signs = st.text("CcNnPp", min_size=1, max_size=25)


@given(signs, st.randoms(use_true_random=False))
def test_scoring_piece_by_piece_is_scoring_whole(signs: str, random: object) -> None:
    """However attempts come in and develop, the scores are those of the whole lane."""
    final = lane_of(signs)
    ledger = Ledger(LIMITS)
    for place, attempt in enumerate(final):
        begun = _as_begun(attempt)
        ledger.begin(begun)
        assert ledger.scores == score([*final[:place], begun], LIMITS)
        ledger.put(attempt)
        assert ledger.noise == noise(final[: place + 1], ledger.scores)
    assert ledger.scores == score(final, LIMITS)
    assert ledger.noise == noise(final, ledger.scores)


@given(signs, st.data())
def test_late_arrivals_change_scores_as_they_should(signs: str, data: st.DataObject) -> None:
    """An arrival that is seen late, even out of order, leads to the scores of the whole lane."""
    attempts = list(lane_of(signs))
    ledger = Ledger(LIMITS)
    for attempt in attempts:
        ledger.put(attempt)
    place = data.draw(st.integers(min_value=0, max_value=len(attempts) - 1))
    after_s = data.draw(st.sampled_from([2.0, 25.0]))
    attempts[place] = arrived(attempts[place], after_s=after_s)
    ledger.put(attempts[place])
    assert ledger.scores == score(attempts, LIMITS)


@given(signs)
def test_final_means_final(signs: str) -> None:
    """On a lane in order, what is final stays as it is whatever is sent after it."""
    attempts = lane_of(signs)
    ledger = Ledger(LIMITS)
    fixed = {}
    for attempt in attempts:
        ledger.put(attempt)
        for earlier in ledger.lane(attempt.lane):
            made = ledger.scores[earlier.id]
            assert fixed.get(earlier.id, made) == made
            if ledger.is_final(earlier):
                fixed[earlier.id] = made


def _as_begun(attempt: Attempt) -> Attempt:
    return replace(attempt, sent_at=None, sender_state=None, arrived_text=None, arrived_at=None)
