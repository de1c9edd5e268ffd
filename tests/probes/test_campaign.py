"""The campaign: what is sent, in which order, and when it ends, whatever lanes do."""

from dataclasses import replace
from datetime import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.errors import CampaignError
from probes.strategy import Solo
from results.record import Attempt, MessageKind, Verdict, VerdictKind
from tests.probes.lanes import (
    BRACKET_MESSAGES,
    CANARY,
    Measured,
    MemoryJournal,
    MemoryLane,
    measure,
    prepare,
)
from tests.results.examples import arrived, sent

KEYWORDS = [f"word {number}" for number in range(6)]
BLOCKED = {CANARY, KEYWORDS[0], KEYWORDS[3]}
FIRST, SECOND = "lane-1", "lane-2"

seeds = st.integers(min_value=0, max_value=2**32)
few = settings(max_examples=25, deadline=None)


def is_blocked(text: str) -> bool:
    """Whether the network of these tests keeps a text back."""
    return text in BLOCKED


def lanes(*names: str) -> list[MemoryLane]:
    """Lanes on which nothing goes wrong."""
    return [MemoryLane(name, blocks=is_blocked) for name in names]


def is_right(measured: Measured) -> bool:
    """Whether every keyword has its verdict."""
    return measured.kinds == {
        keyword: VerdictKind.CENSORED if keyword in BLOCKED else VerdictKind.CLEAR
        for keyword in KEYWORDS
    }


@few
@given(seeds, st.sampled_from([(FIRST,), (FIRST, SECOND)]))
def test_order_of_messages(seed: int, names: tuple[str, ...]) -> None:
    """Each lane begins with a control and a canary, never goes without controls, repeats nothing.

    A bracket can always be closed: with the control that is due, no more than `bracket_messages`
    lie between two controls.
    """
    measured = measure(KEYWORDS, lanes(*names), seed=seed)
    assert is_right(measured)
    for name in {attempt.lane for attempt in measured.journal.attempts}:
        kinds = [attempt.kind for attempt in measured.lane(name)]
        assert kinds[:2] == [MessageKind.CONTROL, MessageKind.CANARY][: len(kinds)]
        controls = [at for at, kind in enumerate(kinds) if kind is MessageKind.CONTROL]
        assert all(later - earlier <= BRACKET_MESSAGES for earlier, later in pairwise(controls))
        texts = [attempt.text for attempt in measured.lane(name)]
        assert all(first != second for first, second in pairwise(texts))


@few
@given(seeds, st.integers(min_value=1, max_value=60), st.sampled_from([(FIRST,), (FIRST, SECOND)]))
def test_budget_is_never_exceeded(seed: int, budget: int, names: tuple[str, ...]) -> None:
    """Whatever the budget and the lanes, no message too many is sent, and the campaign ends."""
    measured = measure(KEYWORDS, lanes(*names), seed=seed, budget=budget)
    assert len(measured.journal.attempts) <= budget
    if measured.campaign.stopped is None:
        assert is_right(measured)
    else:
        assert f"budget of {budget} messages" in measured.campaign.stopped
        assert VerdictKind.INCONCLUSIVE in measured.kinds.values()


@few
@given(seeds, st.integers(min_value=1, max_value=25))
def test_no_probe_without_a_control_after_it(seed: int, budget: int) -> None:
    """The budget is not spent on a probe whose outcome no later control could confirm."""
    measured = measure(KEYWORDS, lanes(FIRST), seed=seed, budget=budget)
    assert measured.lane(FIRST)[-1].kind is MessageKind.CONTROL


@few
@given(seeds, st.sets(st.integers(min_value=0, max_value=40), max_size=8))
def test_messages_stopped_before_the_tap(seed: int, fails_at: set[int]) -> None:
    """Wherever a lane stops a message before the tap, controls too, all verdicts are reached."""
    apart = frozenset(each for each in fails_at if not {each - 1, each - 2} & fails_at)
    lane = MemoryLane(FIRST, blocks=is_blocked, fails_at=apart)
    measured = measure(KEYWORDS, [lane], seed=seed)
    assert is_right(measured)
    sent_texts = [each.text for each in measured.journal.attempts if each.sent_at is not None]
    assert lane.tapped == sent_texts
    assert sent_texts[0].startswith("harmless")


@few
@given(seeds, st.integers(min_value=0, max_value=30))
def test_lane_that_dies_leaves_its_work_to_the_other(seed: int, dies_at: int) -> None:
    """Whenever one of two lanes dies, the other one reaches all verdicts."""
    dying = MemoryLane(SECOND, blocks=is_blocked, dies_at=dies_at)
    assert is_right(measure(KEYWORDS, [*lanes(FIRST), dying], seed=seed))


def test_no_lane_left() -> None:
    """When the last lane dies, the campaign says why instead of waiting."""
    with pytest.raises(CampaignError, match=r"(?s)No lane is left.*lane-1: failed 3 times"):
        measure(KEYWORDS, [MemoryLane(FIRST, dies_at=4)])


def test_receiver_that_receives_nothing_more() -> None:
    """Three controls in a row that do not arrive end a lane; nothing is called censored."""
    texts: list[str] = []

    def is_deaf(text: str) -> bool:
        texts.append(text)
        return len(texts) > 8 or is_blocked(text)

    with pytest.raises(CampaignError, match="3 controls in a row did not arrive at 'phone-2'"):
        measure(KEYWORDS, [MemoryLane(FIRST, blocks=is_deaf)])


def test_same_seed_sends_the_same() -> None:
    """On one lane, a seed decides every text and its place."""
    texts = [
        [each.text for each in measure(KEYWORDS, lanes(FIRST), seed=seed).journal.attempts]
        for seed in (1, 1, 2)
    ]
    assert texts[0] == texts[1] != texts[2]


@few
@given(seeds, st.sampled_from([(FIRST,), (FIRST, SECOND)]))
def test_nothing_is_told_that_is_not_on_the_disk(seed: int, names: tuple[str, ...]) -> None:
    """When a verdict is told, the journal holds all that was observed of what it rests on."""

    def is_written(verdict: Verdict, journal: MemoryJournal) -> None:
        written = {each.id for each in journal.attempts if each.sent_at is not None}
        assert set(verdict.attempts) <= written
        arrived = {each.id for each in journal.attempts if each.arrived_at is not None}
        assert len(arrived.intersection(verdict.attempts)) == verdict.delivered

    measure(KEYWORDS, lanes(*names), seed=seed, on_verdict=is_written)


def test_what_is_observed_is_committed_with_the_next_message() -> None:
    """A commit waits for the disk, so there is one for both."""
    measured = measure(KEYWORDS[1:2], lanes(FIRST))
    attempts = measured.journal.attempts
    assert {each.kind for each in attempts} == set(MessageKind) - {MessageKind.ISOLATION}
    for before, after in pairwise(attempts):
        assert measured.journal.begun_with[after.id] == [before.id]


def test_idle_lane_looks_again_only_when_something_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lane that found nothing to send is woken in vain without asking the strategy again."""
    asked: list[object] = []
    monkeypatch.setattr(Solo, "next", lambda self, ledger, candidates: asked.append(ledger))
    campaign, (worker,), _ = prepare(KEYWORDS, lanes(FIRST))
    worker.is_fresh = False  # no control is due
    worker.since_canary = 0
    waits = iter(range(10))

    def wait(timeout: float) -> None:
        if next(waits, None) is None:
            campaign._is_closing = True

    monkeypatch.setattr(campaign._has_work, "wait", wait)
    campaign._wanted = KEYWORDS[0]
    assert campaign.next_message(worker, may_wait=True) is None
    assert len(asked) == 1


def test_nobody_waits_for_what_nobody_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    """If an entry needs more and no lane has anything to send, it is told as it is, not never."""
    monkeypatch.setattr(Solo, "next", lambda self, ledger, candidates: None)
    measured = measure(KEYWORDS, lanes(FIRST, SECOND))
    assert set(measured.kinds.values()) == {VerdictKind.INCONCLUSIVE}
    assert {each.kind for each in measured.journal.attempts} <= {
        MessageKind.CONTROL,
        MessageKind.CANARY,
    }


def test_daily_budget_rests_one_account() -> None:
    """An account that has sent its share of the day rests; the other lane goes on."""
    others = [replace(sent(seq, lane="other"), sender="cn-3") for seq in range(20)]
    measured = measure(KEYWORDS, lanes(FIRST, SECOND), earlier=others, daily_budget=20)
    assert not measured.lane(SECOND)
    assert len(measured.lane(FIRST)) == 20
    assert measured.campaign.stopped == (
        "the daily budget of 20 messages is spent for 'cn-1', 'cn-3'."
    )
    assert VerdictKind.INCONCLUSIVE in measured.kinds.values()


def test_quiet_hours() -> None:
    """In quiet hours nothing is sent, and why is told."""
    measured = measure(KEYWORDS, lanes(FIRST), quiet_hours=(time.min, time.max))
    assert not measured.journal.attempts
    assert measured.campaign.stopped == "quiet hours have begun."


def made(signs: str, keyword: str) -> list[Attempt]:
    """Attempts of an interrupted run on the first lane: C control, P probe that arrived."""
    kinds = {"C": MessageKind.CONTROL, "P": MessageKind.PROBE}
    attempts = []
    for seq, sign in enumerate(signs):
        entries = [keyword] if sign == "P" else []
        attempt = replace(sent(seq, kinds[sign], *entries, lane=FIRST), id=f"earlier-{seq}")
        attempts.append(arrived(attempt))
    return attempts


@pytest.mark.parametrize("name", [FIRST, SECOND])
def test_resumed_between_the_last_probe_and_its_control(name: str) -> None:
    """A run resumed with all probes sent but none of them final ends, on that lane or another."""
    earlier = made("CPP", KEYWORDS[1])
    measured = measure([KEYWORDS[1]], lanes(name), earlier=earlier)
    assert measured.kinds == {KEYWORDS[1]: VerdictKind.CLEAR}
    new = measured.journal.attempts[len(earlier) :]
    assert all(attempt.lane == name for attempt in new)
    if name == FIRST:
        assert new[0].kind is MessageKind.CONTROL


def test_pause_comes_before_the_choice() -> None:
    """A lane pauses before it asks what to send: a run that ends in a pause sends nothing more.

    So what is sent is also decided by what was known when it could be sent.
    """
    events: list[str] = []
    lane = MemoryLane(FIRST, blocks=is_blocked)
    measured = measure(
        KEYWORDS[1:2], [lane], pause_s=1.0, wait=lambda seconds: events.append(lane.tapped[-1])
    )
    assert measured.kinds == {KEYWORDS[1]: VerdictKind.CLEAR}
    assert events == lane.tapped
