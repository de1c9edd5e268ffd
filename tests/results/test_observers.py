"""What observers saw: by the same rules, under a condition of their own, and beside the lane's."""

import csv
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from results.bracketing import BracketLimits
from results.export import write_run
from results.inference import Limits
from results.journal import Journal
from results.observer_files import RECEIVER_VERDICTS, RECEIVERS, verdicts_for_observers
from results.observers import COMPARISON_RULES, Pair, compare, observed, observer_verdicts
from results.record import (
    Attempt,
    MessageKind,
    Outcome,
    ReadMode,
    Score,
    Sighting,
    VerdictKind,
    VoidReason,
)
from results.rules import score
from tests.results.examples import CONDITION, RUN, START, arrived, entry, sent

LIMITS = BracketLimits()
BLOCKED, CLEAR = entry("blocked"), entry("clear")


def sighting(attempt: Attempt, *, came: bool = True, observer: str = "abroad") -> Sighting:
    """What an observer abroad saw of an attempt."""
    seen = Sighting(
        attempt_id=attempt.id,
        run_id=attempt.run_id,
        lane=attempt.lane,
        observer=observer,
        receiver="de-1",
        receiver_region="DE",
        observed_until=attempt.created_at,
    )
    if not came:
        return seen
    return replace(
        seen,
        arrived_text=attempt.text,
        read_mode=ReadMode.INBOX,
        arrived_at=attempt.created_at,
    )


def lane(times: int = 4) -> list[Attempt]:
    """A lane on which one entry is missing at the receiver, time after time."""
    attempts: list[Attempt] = []
    for _ in range(times):
        attempts.append(arrived(sent(len(attempts), MessageKind.CONTROL)))
        attempts.append(sent(len(attempts), MessageKind.PROBE, "blocked"))
        attempts.append(arrived(sent(len(attempts), MessageKind.PROBE, "clear")))
    attempts.append(arrived(sent(len(attempts), MessageKind.CONTROL)))
    return attempts


def made(outcome: Outcome, void: VoidReason | None = None) -> Score:
    """A score."""
    return Score(attempt_id="a", outcome=outcome, void=void, rule_id="r")


@pytest.mark.parametrize(
    ("receiver", "observer", "rule_id"),
    [
        (Outcome.DELIVERED, Outcome.DELIVERED, "seen_by_both"),
        (Outcome.MISSING, Outcome.DELIVERED, "filtered_for_the_receiver"),
        (Outcome.ALTERED, Outcome.DELIVERED, "filtered_for_the_receiver"),
        (Outcome.DELIVERED, Outcome.REMOVED, "filtered_for_the_observer"),
        (Outcome.MISSING, Outcome.ALTERED, "filtered_for_both"),
        (Outcome.REMOVED, Outcome.MISSING, "filtered_for_both"),
        (Outcome.MISSING, Outcome.MISSING, "seen_by_nobody"),
        (Outcome.REFUSED, Outcome.MISSING, "seen_by_nobody"),
        (Outcome.REFUSED, Outcome.DELIVERED, "filtered_for_the_receiver"),
        (Outcome.UNKNOWN, Outcome.DELIVERED, "nothing_to_compare"),
        (Outcome.MISSING, Outcome.UNKNOWN, "nothing_to_compare"),
    ],
)
def test_what_two_receivers_show_together(
    receiver: Outcome, observer: Outcome, rule_id: str
) -> None:
    """Who got a message and who did not tells a filter for some from one for all."""
    assert compare(Pair(receiver=made(receiver), observer=made(observer))).rule_id == rule_id


def test_void_attempts_are_not_compared() -> None:
    """What proves nothing at one end proves nothing beside the other."""
    void = made(Outcome.MISSING, VoidReason.CONTROL_LOST)
    delivered = made(Outcome.DELIVERED)
    assert compare(Pair(receiver=void, observer=delivered)).rule_id == "nothing_to_compare"
    assert compare(Pair(receiver=delivered, observer=void)).rule_id == "nothing_to_compare"


def test_comparison_rules_have_ids_of_their_own() -> None:
    """No two rules share an id, and the last applies to anything."""
    ids = [rule.rule_id for rule in COMPARISON_RULES]
    assert len(set(ids)) == len(ids)
    assert ids[-1] == "nothing_to_compare"


@pytest.mark.parametrize(
    ("looked_after_s", "rule_id"), [(1, "filtered_for_the_receiver"), (-1, "nothing_to_compare")]
)
def test_removal_at_one_account_is_compared_with_a_later_look(
    looked_after_s: int, rule_id: str
) -> None:
    """Only an observer that still saw a text later shows that it was removed for the other."""
    attempts = [
        arrived(sent(0, MessageKind.CONTROL)),
        arrived(sent(1, MessageKind.PROBE, "blocked")),
        arrived(sent(2, MessageKind.CONTROL)),
    ]
    gone_at = attempts[2].created_at
    attempts[1] = replace(attempts[1], gone_at=gone_at)
    seen_until = gone_at + timedelta(seconds=looked_after_s)
    sightings = [replace(sighting(each), observed_until=seen_until) for each in attempts]
    seen = list(observed(attempts, score(attempts, LIMITS), sightings, LIMITS))
    assert [each.comparison.rule_id for each in seen] == ["seen_by_both", rule_id, "seen_by_both"]


def test_observer_is_judged_by_the_rules_of_receivers() -> None:
    """Its outcomes are bracketed by its own arrivals, under a condition with its own region."""
    attempts = lane()
    sightings = [sighting(each) for each in attempts]
    seen = list(observed(attempts, score(attempts, LIMITS), sightings, LIMITS))
    assert {each.score.outcome for each in seen} == {Outcome.DELIVERED}
    assert {each.attempt.condition.receiver_region for each in seen} == {"DE"}
    of_blocked = [each for each in seen if "blocked" in each.attempt.entries]
    assert {each.comparison.rule_id for each in of_blocked} == {"filtered_for_the_receiver"}


def test_observer_that_was_not_there_proves_nothing() -> None:
    """Attempts it has no sighting of are not missing there, and close no bracket."""
    attempts = lane()
    there = attempts[:5]
    seen = observed(attempts, score(attempts, LIMITS), [sighting(x) for x in there], LIMITS)
    assert [each.attempt.id for each in seen] == [each.id for each in there]
    lost = [sighting(each, came="clear" in each.entries) for each in attempts[:3]]
    seen = observed(attempts, score(attempts, LIMITS), lost, LIMITS)
    assert [each.score.outcome for each in seen][:2] == [Outcome.UNKNOWN, Outcome.UNKNOWN]


def test_fault_of_the_receiver_is_not_the_observers() -> None:
    """What went wrong at the lane's own receiver after the tap leaves the observer's view whole."""
    attempts = lane()
    attempts[1] = replace(attempts[1], fault=VoidReason.LANE_DOWN)
    attempts[4] = replace(
        attempts[4], sent_at=None, fault=VoidReason.INPUT_MISMATCH, sender_state=None
    )
    sightings = [sighting(each, came=each is not attempts[4]) for each in attempts]
    seen = list(observed(attempts, score(attempts, LIMITS), sightings, LIMITS))
    assert seen[1].score.outcome is Outcome.DELIVERED
    assert seen[4].score.void is VoidReason.INPUT_MISMATCH


def test_verdicts_of_observers_hold_under_their_condition() -> None:
    """What is censored for the receiver and not for the observer is told apart."""
    attempts = lane()
    sightings = [sighting(each) for each in attempts]
    seen = list(observed(attempts, score(attempts, LIMITS), sightings, LIMITS))
    said = observer_verdicts([BLOCKED, CLEAR], seen, Limits())
    assert [(observer, v.entry_id, v.kind) for observer, v in said] == [
        ("abroad", "blocked", VerdictKind.CLEAR),
        ("abroad", "clear", VerdictKind.CLEAR),
    ]
    assert {v.condition for _, v in said} == {replace(CONDITION, receiver_region="DE")}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal with a run that was observed."""
    journal = Journal.open(tmp_path / "j.sqlite")
    journal.start_run(RUN)
    journal.add_entries(RUN.id, [BLOCKED, CLEAR])
    return journal


def fill(journal: Journal, attempts: Sequence[Attempt], sightings: Sequence[Sighting]) -> None:
    """Enter what was sent and seen."""
    for each in attempts:
        journal.begin_attempt(each)
        journal.observe([each])
    journal.record_sightings(sightings)


def test_files_of_observers(journal: Journal, tmp_path: Path) -> None:
    """An observed run leaves a row an attempt and observer, and verdicts of each observer."""
    attempts = lane()
    fill(journal, attempts, [sighting(each) for each in attempts])
    files = write_run(journal, RUN.id, tmp_path / "out")
    assert [path.name for path in files][-2:] == [RECEIVERS, RECEIVER_VERDICTS]
    with (tmp_path / "out" / RECEIVERS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["attempt_id"] for row in rows] == [each.id for each in attempts]
    assert rows[1]["comparison"] == "filtered_for_the_receiver"
    with (tmp_path / "out" / RECEIVER_VERDICTS).open(encoding="utf-8", newline="") as file:
        verdicts = list(csv.DictReader(file))
    assert [(row["observer"], row["verdict"]) for row in verdicts] == [("abroad", "clear")] * 2
    assert [v.kind for _, v in verdicts_for_observers(journal, RUN, [BLOCKED])] == ["clear"]
    journal.close()


def test_run_without_observers_has_no_such_files(journal: Journal, tmp_path: Path) -> None:
    """Where nobody observed, nothing of it is written."""
    fill(journal, lane(), [])
    names = {path.name for path in write_run(journal, RUN.id, tmp_path / "out")}
    assert not names & {RECEIVERS, RECEIVER_VERDICTS}
    journal.close()


def test_sightings_come_back_as_they_went_in(journal: Journal) -> None:
    """What an observer saw is read as it was written, the later over the earlier."""
    attempts = lane(1)
    fill(journal, attempts, [sighting(attempts[0], came=False)])
    later = replace(
        sighting(attempts[0]),
        edited_at=START,
        gone_at=START,
        fault=VoidReason.LANE_DOWN,
        fault_detail="why",
    )
    journal.record_sightings([later, sighting(attempts[1])])
    assert journal.sightings(RUN.id) == [later, sighting(attempts[1])]
    journal.close()
