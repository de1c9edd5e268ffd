"""Rules: order, reach, and what they must never conclude."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.inference import Limits, Noise, noise
from results.pool_evidence import Company
from results.reach import seen_to
from results.record import (
    Attempt,
    ChatKind,
    MessageKind,
    Notice,
    Outcome,
    ReadMode,
    SenderState,
    VerdictKind,
    VoidReason,
)
from results.rules import (
    OUTCOME_RULES,
    RULES_VERSION,
    VOID_RULES,
    BracketLimits,
    OutcomeRule,
    VoidRule,
    is_harmless_rewrite,
    score,
)
from results.verdict_rules import VERDICT_RULES, Evidence, VerdictRule, how, judge, verdicts
from tests.results.examples import CONDITION, START, arrived, entry, lane_of, sent

LIMITS = BracketLimits()
NOISE = Noise(controls_delivered=99, controls_lost=1, canaries_blocked=20)
BLOCKED_POOLS = Company(
    probability=0.999,
    probability_low=0.998,
    probability_high=0.9995,
    share=0.01,
    has_settled=True,
    attempts=("p0", "p1"),
    blocked=2,
    delivered=0,
)
KINDS = [MessageKind.PROBE, MessageKind.CONTROL, MessageKind.CANARY, MessageKind.ISOLATION]


def outcomes(attempts: Sequence[Attempt], limits: BracketLimits = LIMITS) -> list[str]:
    """Give the outcome of each attempt, with a reason behind it if it is void."""
    scores = score(attempts, limits)
    return [
        f"{made.outcome}/{made.void}" if made.void else str(made.outcome)
        for made in (scores[attempt.id] for attempt in attempts)
    ]


PROBE = sent(1)
REACHED = {
    "removed_after_arrival": replace(arrived(PROBE), gone_at=START, notice=Notice.RATE_LIMITED),
    "edited_after_arrival": replace(arrived(PROBE), arrived_text="other", edited_at=START),
    "arrived_as_sent": replace(arrived(PROBE), fault=VoidReason.SESSION_LOST, sent_at=None),
    "arrived_as_sender_shows": replace(arrived(PROBE, f" {PROBE.text}"), own_text=f" {PROBE.text}"),
    "arrived_by_notification": replace(arrived(PROBE, "text…"), read_mode=ReadMode.NOTIFICATIONS),
    "unclear_by_notification": replace(arrived(PROBE, "te…"), read_mode=ReadMode.NOTIFICATIONS),
    "arrived_by_ocr": replace(arrived(PROBE, "tekt 1"), read_mode=ReadMode.OCR),
    "unclear_by_ocr": replace(arrived(PROBE, "tckl1"), read_mode=ReadMode.OCR),
    "arrived_altered": replace(arrived(PROBE, "***"), own_text=PROBE.text),
    "notice_rate_limited": replace(PROBE, notice=Notice.RATE_LIMITED),
    "notice_account_restricted": replace(
        PROBE, notice=Notice.ACCOUNT_RESTRICTED, sender_state=SenderState.FAILED
    ),
    "notice_recipient_refused": replace(PROBE, notice=Notice.RECIPIENT_REFUSED),
    **{
        f"fault_{fault}": replace(PROBE, fault=fault, sender_state=SenderState.FAILED)
        for fault in VoidReason
    },
    "interrupted": replace(PROBE, sent_at=None),
    "notice_content_rejected": replace(PROBE, notice=Notice.CONTENT_REJECTED),
    "sender_failed": replace(PROBE, sender_state=SenderState.FAILED),
    "sender_pending": replace(PROBE, sender_state=SenderState.PENDING),
    "sender_not_seen": replace(PROBE, sender_state=None),
}


@pytest.mark.parametrize(("rule_id", "attempt"), REACHED.items(), ids=list(REACHED))
def test_outcome_rules_of_one_attempt(rule_id: str, attempt: Attempt) -> None:
    """Between two controls that arrived, what was observed decides which rule applies."""
    lane = [arrived(sent(0, MessageKind.CONTROL)), attempt, arrived(sent(2, MessageKind.CONTROL))]
    made = score(lane, LIMITS)[attempt.id]
    rule = next(rule for rule in OUTCOME_RULES if rule.rule_id == rule_id)
    assert (made.rule_id, made.outcome, made.void) == (rule_id, rule.outcome, rule.void)


def test_a_filter_in_the_client_is_no_harmless_rewrite() -> None:
    """A text that both ends show masked was altered, and not merely written in another way."""
    both = replace(arrived(PROBE, "text *"), own_text="text *")
    assert score([both], LIMITS)[both.id].outcome is Outcome.ALTERED
    assert is_harmless_rewrite('say "hi"  now ', "say “hi” now")
    assert not is_harmless_rewrite("text 1", "text *")


def test_message_whose_bubble_was_not_seen_is_not_missing() -> None:
    """If the sender's newest bubble is another message's, nothing shows that this one was sent."""
    stale = replace(PROBE, own_text="the message before")
    lane = [arrived(sent(0, MessageKind.CONTROL)), stale, arrived(sent(2, MessageKind.CONTROL))]
    assert score(lane, LIMITS)[stale.id].rule_id == "sender_not_seen"


def test_altered_control_is_a_lost_control() -> None:
    """A control that arrives changed voids what is around it, and closes no stretch."""
    lane = list(lane_of("CPCPC"))
    lane[2] = arrived(lane[2], "****")
    assert outcomes(lane) == [
        "delivered",
        "delivered/control_lost",
        "altered",
        "delivered/control_lost",
        "delivered",
    ]


def test_how_an_entry_was_blocked_is_told() -> None:
    """One way is named; several are counted."""
    lane = [replace(each, entries=("e",)) for each in lane_of("CppC")]
    lane[2] = replace(lane[2], notice=Notice.CONTENT_REJECTED)
    scores = score(lane, LIMITS)

    def told(*attempts: Attempt, solo: int) -> str:
        (verdict,) = verdicts([entry("e")], [], scores, CONDITION, NOISE)
        ids = tuple(attempt.id for attempt in attempts)
        return how(replace(verdict, attempts=ids, blocked=solo), scores)

    assert told(lane[1], solo=1) == "missing"
    assert told(lane[1], lane[2], solo=2) == "missing 1, refused 1"
    assert told(lane[0], solo=1) == ""
    assert told(lane[1], lane[2], solo=1) == "missing"  # the other one is a pool


def test_every_outcome_rule_is_reached() -> None:
    """Each outcome rule decides in one of the cases here, and none is out of reach."""
    in_lanes = {
        made.rule_id
        for lane in (lane_of("CpC"), lane_of("pC"), _reordered())
        for made in score(lane, LIMITS).values()
    }
    assert {*REACHED, *in_lanes} == {rule.rule_id for rule in OUTCOME_RULES}


def test_rule_ids_are_unique_and_explained() -> None:
    """A rule id names one rule, and every rule says why."""
    rules: list[OutcomeRule | VoidRule | VerdictRule] = [
        *OUTCOME_RULES,
        *VOID_RULES,
        *VERDICT_RULES,
    ]
    assert len({rule.rule_id for rule in rules}) == len(rules)
    assert all(rule.comment.endswith(".") for rule in rules)


@pytest.mark.parametrize(
    ("signs", "probe"),
    [
        ("CpC", "missing"),
        ("PpN", "missing"),
        ("CppppppppC", "missing"),  # 8 messages between the arrivals
        ("CpppppppppC", "unknown"),  # 9
        ("Cp", "unknown"),
        ("pC", "unknown"),
        ("p", "unknown"),
    ],
)
def test_bracket_needs_an_arrival_on_both_sides(signs: str, probe: str) -> None:
    """Silence is missing only with arrivals before and after, at most 8 messages apart."""
    lane = lane_of(signs)
    assert outcomes(lane)[signs.index("p")] == probe


@pytest.mark.parametrize(("apart_s", "probe"), [(900, "missing"), (900.001, "unknown")])
def test_bracket_is_limited_in_time(apart_s: float, probe: str) -> None:
    """A bracket of more than bracket_s seconds proves nothing."""
    before, between, after = lane_of("CpC")
    assert before.arrived_at is not None
    late = replace(after, arrived_at=before.arrived_at + timedelta(seconds=apart_s))
    assert outcomes([before, between, late])[1] == probe


BETWEEN = sent(2, MessageKind.PROBE, "e")


@pytest.mark.parametrize(
    ("between", "probe"),
    [
        (replace(BETWEEN, fault=VoidReason.LANE_DOWN), "unknown"),
        (replace(BETWEEN, fault=VoidReason.SESSION_LOST), "unknown"),
        (replace(BETWEEN, notice=Notice.RATE_LIMITED), "unknown"),
        (replace(BETWEEN, notice=Notice.RECIPIENT_REFUSED), "unknown"),
        (replace(BETWEEN, sent_at=None), "unknown"),
        (replace(BETWEEN, fault=VoidReason.INPUT_MISMATCH, sent_at=None), "missing"),
        (replace(BETWEEN, fault=VoidReason.WRONG_CHAT, sent_at=None), "missing"),
    ],
    ids=["lane down", "session lost", "limited", "refused", "interrupted", "input", "chat"],
)
def test_lane_fault_breaks_a_bracket(between: Attempt, probe: str) -> None:
    """A fault of the lane between the arrivals leaves the others there unknown."""
    first, missed, _, last = lane_of("CppC")
    assert outcomes([first, missed, between, last])[1] == probe


def test_fault_outside_the_bracket_does_not_break_it() -> None:
    """A fault before the earlier arrival says nothing of what comes after it."""
    lane = list(lane_of("pCpC"))
    lane[0] = replace(lane[0], fault=VoidReason.LANE_DOWN)
    assert outcomes(lane)[2] == "missing"


def test_fault_at_an_arrival_does_not_break_its_bracket() -> None:
    """What arrived despite a fault bounds a bracket like any other arrival."""
    first, missed, last = lane_of("CpC")
    first = replace(first, fault=VoidReason.SESSION_LOST)
    assert outcomes([first, missed, last])[1] == "missing"


def test_lanes_do_not_bracket_each_other() -> None:
    """Arrivals on one lane are no evidence about another."""
    other = [replace(a, id=f"{a.id}b", lane="b") for a in lane_of("CCC")]
    probe = lane_of("p")[0]
    assert score([*other, probe], LIMITS)[probe.id].outcome is Outcome.UNKNOWN


def _reordered() -> list[Attempt]:
    first, probe, second, third = lane_of("CpCC")
    return [first, probe, arrived(second, after_s=30), third]


def test_reordering_lane_waits() -> None:
    """On a lane seen to reorder, silence counts only after settle_s at the receiver."""
    first, probe, second, third = _reordered()
    assert outcomes([first, probe, second, third])[1] == "unknown"
    assert probe.sent_at is not None
    watched = replace(probe, observed_until=probe.sent_at + timedelta(seconds=LIMITS.settle_s))
    assert outcomes([first, watched, second, third])[1] == "missing"


def test_lost_control_voids_its_stretch() -> None:
    """All but controls are void from the last arrived control to the next arrived one."""
    assert outcomes(lane_of("PCPcNpCP")) == [
        "delivered",
        "delivered",
        "delivered/control_lost",
        "missing",
        "delivered/control_lost",
        "missing/control_lost",
        "delivered",
        "delivered",
    ]


def test_lost_control_voids_to_the_end() -> None:
    """With no later control, the stretch of a lost one goes on to the end of the lane."""
    assert outcomes(lane_of("CPcP"))[1:] == [
        "delivered/control_lost",
        "missing",
        "delivered/control_lost",
    ]


def test_control_on_its_way_voids_nothing() -> None:
    """A control that can still arrive is not lost; once it was watched long enough, it is."""
    lane = list(lane_of("CPc"))
    assert outcomes(lane) == ["delivered", "delivered", "unknown"]
    assert lane[2].sent_at is not None
    lane[2] = replace(lane[2], observed_until=lane[2].sent_at + timedelta(seconds=LIMITS.settle_s))
    assert outcomes(lane) == ["delivered", "delivered/control_lost", "unknown"]


def test_late_control_on_a_reordering_lane_voids_nothing() -> None:
    """Where the lane reorders, a later arrival does not make a control lost."""
    lane = [*lane_of("CCPcPC")]
    lane[0] = arrived(lane[0], after_s=30)
    assert outcomes(lane)[2:5] == ["delivered", "unknown", "delivered"]


def test_own_void_reason_stays() -> None:
    """An attempt that is void by itself keeps its reason in a stretch with a lost control."""
    lane = list(lane_of("CpcC"))
    lane[1] = replace(lane[1], fault=VoidReason.INPUT_MISMATCH)
    assert outcomes(lane)[1] == "unknown/input_mismatch"


@st.composite
def messy_lanes(draw: st.DrawFn) -> list[Attempt]:
    """Draw two lanes on which anything can have been observed."""
    attempts: list[Attempt] = []
    clock_s = 0
    for seq in range(draw(st.integers(0, 25))):
        clock_s += draw(st.sampled_from([1, 10, 400]))
        kind = draw(st.sampled_from(KINDS))
        attempt = replace(
            sent(seq, kind, "e", lane=draw(st.sampled_from("ab"))),
            created_at=START + timedelta(seconds=clock_s),
        )
        if kind in {MessageKind.CONTROL, MessageKind.CANARY}:
            attempt = replace(attempt, entries=())  # those with entries: results.monotony
        if draw(st.booleans()):
            attempt = replace(
                attempt,
                fault=draw(st.none() | st.sampled_from(VoidReason)),
                notice=draw(st.none() | st.sampled_from(Notice)),
                sender_state=draw(st.none() | st.sampled_from(SenderState)),
            )
        has_text = draw(st.sampled_from([True, True, False]))
        attempts.append(arrived(attempt, after_s=0.5) if has_text else attempt)
    return attempts


@given(messy_lanes(), st.integers(0, 4), st.sampled_from([5.0, 100.0, 900.0]))
def test_missing_is_always_bracketed(
    attempts: list[Attempt], messages: int, seconds: float
) -> None:
    """Whatever was observed, missing means: the lane carried messages on both sides, nearby."""
    limits = BracketLimits(bracket_messages=messages, bracket_s=seconds)
    scores = score(attempts, limits)
    for i, attempt in enumerate(attempts):
        if scores[attempt.id].outcome is not Outcome.MISSING:
            continue
        before = [a for a in attempts[:i] if a.lane == attempt.lane]
        after = [a for a in attempts[i + 1 :] if a.lane == attempt.lane]
        earlier = max(k for k, a in enumerate(before) if a.arrived_text is not None)
        later = min(k for k, a in enumerate(after) if a.arrived_text is not None)
        between = [*before[earlier + 1 :], attempt, *after[:later]]
        first, last = before[earlier].arrived_at, after[later].arrived_at
        assert first is not None
        assert last is not None
        assert len(between) <= messages
        assert (last - first).total_seconds() <= seconds
        assert not {a.fault for a in between} & {
            VoidReason.LANE_DOWN,
            VoidReason.SESSION_LOST,
            VoidReason.RATE_LIMITED,
            VoidReason.ACCOUNT_RESTRICTED,
        }


@given(messy_lanes())
def test_void_and_unknown_are_never_counted(attempts: list[Attempt]) -> None:
    """Verdicts and noise rest on attempts that are neither void nor unknown.

    Canaries beyond what the filter was seen to read aside.
    """
    scores = score(attempts, LIMITS)
    counted = {
        a.id
        for a in attempts
        if scores[a.id].void is None and scores[a.id].outcome is not Outcome.UNKNOWN
    }
    channel = noise(attempts, scores)
    (verdict,) = verdicts([entry("e")], attempts, scores, CONDITION, channel)
    assert counted.issuperset(verdict.attempts)
    assert verdict.blocked + verdict.delivered == len(verdict.attempts)
    total = sum(a.is_solo for a in attempts)
    assert len(verdict.attempts) + verdict.void + verdict.unknown == total
    reach = seen_to(attempts, scores)
    counted -= {
        a.id
        for a in attempts
        if a.kind is MessageKind.CANARY and reach is not None and len(a.text) > reach
    }
    of_kind = {kind: sum(a.kind is kind and a.id in counted for a in attempts) for kind in KINDS}
    assert channel.controls_delivered + channel.controls_lost == of_kind[MessageKind.CONTROL]
    assert channel.canaries_blocked + channel.canaries_slipped == of_kind[MessageKind.CANARY]


@given(messy_lanes(), st.randoms(use_true_random=False))
def test_score_does_not_depend_on_the_order_given(
    attempts: list[Attempt], shuffle: random.Random
) -> None:
    """Attempts are put in the order of their lanes, whatever order they are handed over in."""
    mixed = list(attempts)
    shuffle.shuffle(mixed)
    assert score(mixed, LIMITS) == score(attempts, LIMITS)


@pytest.mark.parametrize(
    ("blocked", "delivered", "rule_id"),
    [
        (0, 0, "nothing_counted"),
        (1, 0, "too_few_attempts"),
        (0, 1, "too_few_attempts"),
        (2, 0, "too_few_attempts"),
        (3, 0, "blocked_even_to_a_sceptic"),
        (0, 2, "delivered_even_to_a_suspect"),
        (1, 1, "contradictory"),
        (4, 4, "applied_inconsistently"),
    ],
)
def test_verdict_rules(blocked: int, delivered: int, rule_id: str) -> None:
    """Every verdict rule is reached, by the counts it is meant for."""
    assert judge(Evidence.of(blocked, delivered, NOISE, Limits())).rule_id == rule_id


def test_censored_needs_more_blocked_than_delivered() -> None:
    """However leaky the filter seems, as many delivered as blocked is no censorship."""
    leaky = Noise(controls_delivered=500, canaries_blocked=30, canaries_slipped=30)
    even = Evidence.of(4, 4, leaky, Limits())
    assert even.probability_low > 1 - even.limits.alpha
    assert judge(even).kind is VerdictKind.INCONCLUSIVE
    assert judge(Evidence.of(5, 4, leaky, Limits())).kind is VerdictKind.CENSORED


def test_every_verdict_rule_is_reached() -> None:
    """No verdict rule is out of reach."""
    reached = {
        judge(Evidence.of(b, d, NOISE, Limits())).rule_id for b in range(4) for d in range(4)
    } | {
        judge(Evidence.of(0, 2, Noise(canaries_slipped=3), Limits())).rule_id,
        judge(Evidence.with_company(0, 0, BLOCKED_POOLS, NOISE, Limits())).rule_id,
        judge(Evidence.of(4, 4, NOISE, Limits())).rule_id,
        judge(
            Evidence.with_company(0, 0, replace(BLOCKED_POOLS, is_trusted=False), NOISE, Limits())
        ).rule_id,
    }
    assert reached == {rule.rule_id for rule in VERDICT_RULES}


def test_verdict_names_what_it_rests_on() -> None:
    """A verdict lists its counted attempts and carries the rule and version that made it."""
    lane = lane_of("CpCpCpC")
    (verdict,) = verdicts([entry("e")], lane, score(lane, LIMITS), CONDITION, NOISE)
    assert verdict.kind is VerdictKind.CENSORED
    assert verdict.attempts == (lane[1].id, lane[3].id, lane[5].id)
    assert (verdict.rule_id, verdict.rules_version) == ("blocked_even_to_a_sceptic", RULES_VERSION)


def test_pools_and_other_conditions_do_not_count() -> None:
    """A verdict rests on the entry alone, under its own condition."""
    direct = replace(CONDITION, chat=ChatKind.DIRECT)
    lane = [
        arrived(sent(0, MessageKind.CONTROL)),
        sent(1, MessageKind.PROBE, "e", "f"),
        sent(2, MessageKind.PROBE, "e", condition=direct),
        arrived(sent(3, MessageKind.CONTROL)),
    ]
    (verdict,) = verdicts([entry("e")], lane, score(lane, LIMITS), CONDITION, NOISE)
    assert (verdict.rule_id, verdict.attempts) == ("nothing_counted", ())
