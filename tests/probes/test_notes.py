"""What a lane has observed and not yet committed."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from probes.notes import Notes, Observed
from results.record import ArrivalRecord, Attempt, MessageKind, Notice, VoidReason
from tests.results.examples import RUN, START, arrived, sent

PROBE = arrived(sent(3, MessageKind.PROBE, "e"))


def notes_of(attempts: Sequence[Attempt]) -> Notes:
    """Notes of attempts."""
    notes = Notes()
    for attempt in attempts:
        notes.add(attempt)
    return notes


def test_latest_word_on_each_attempt_is_kept() -> None:
    """What is taken is what is known last of each attempt, in the order of sending, and once."""
    first, second = sent(0), sent(1)
    notes = notes_of([second, first, arrived(second)])
    arrival = ArrivalRecord(run_id=RUN.id, lane="a", place=0, text="text 1", seen_at=START)
    notes.add_arrival(arrival)
    assert notes
    assert notes.take() == Observed(attempts=(first, arrived(second)), arrivals=(arrival,))
    assert not notes
    assert notes.take() == Observed()


def test_text_that_nobody_sent_is_something_to_commit() -> None:
    """An arrival that belongs to no attempt is committed as well."""
    notes = Notes()
    notes.add_arrival(ArrivalRecord(run_id=RUN.id, lane="a", place=0, text="?", seen_at=START))
    assert notes


@pytest.mark.parametrize(
    "attempts",
    [
        [],
        [PROBE],
        [arrived(sent(3, MessageKind.PROBE, "e", "f"))],
        [sent(3, MessageKind.PROBE, "e")],
        [PROBE, arrived(sent(4, MessageKind.CONTROL))],
    ],
    ids=["nothing", "probe", "pool", "on its way", "control"],
)
def test_what_went_well_can_wait(attempts: list[Attempt]) -> None:
    """It is committed with the lane's next message, or before a pause or a verdict."""
    assert notes_of(attempts).can_wait()


@pytest.mark.parametrize(
    "attempt",
    [
        replace(PROBE, gone_at=START),
        replace(PROBE, notice=Notice.RATE_LIMITED),
        replace(PROBE, fault=VoidReason.LANE_DOWN),
    ],
    ids=["gone", "notice", "fault"],
)
def test_what_went_wrong_cannot_wait(attempt: Attempt) -> None:
    """What may be the last that a run sees is on the disk at once."""
    assert not notes_of([arrived(sent(2)), attempt]).can_wait()
