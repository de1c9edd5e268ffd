"""From the attempts of a run that sent pools to what each entry's own evidence amounts to."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logit
from scipy.stats import beta as beta_distribution

from results.inference import Limits, Noise
from results.pool_evidence import Company, PooledRun, prior_shifts, weigh
from results.record import Attempt, MessageKind, Outcome, Score, VoidReason
from tests.results.examples import sent

KNOWN = Noise(controls_delivered=990, controls_lost=10, canaries_blocked=990, canaries_slipped=10)
LIMITS = Limits()
ENTRIES = tuple("abcdefgh")


class Messages:
    """Messages, drawn one after the other."""

    def __init__(self) -> None:
        """Begin with none."""
        self.attempts: list[Attempt] = []
        self.scores: dict[str, Score] = {}

    def send(
        self,
        entries: str,
        outcome: Outcome,
        *,
        kind: MessageKind = MessageKind.PROBE,
        length: int = 10,
        void: VoidReason | None = None,
        times: int = 1,
    ) -> "Messages":
        """Send entries, one a letter, some times."""
        for _ in range(times):
            attempt = replace(sent(len(self.attempts), kind, *entries), text="x" * length)
            self.attempts.append(attempt)
            self.scores[attempt.id] = Score(
                attempt_id=attempt.id,
                outcome=outcome,
                void=void,
                rule_id="by_hand",
            )
        return self

    def weighed(self, entries: Sequence[str] = ENTRIES, noise: Noise = KNOWN) -> PooledRun | None:
        """What they amount to."""
        return weigh(entries, self.attempts, self.scores, noise, LIMITS)

    def company(self, noise: Noise = KNOWN) -> dict[str, Company]:
        """The same by entry, if pools were sent."""
        run = self.weighed(noise=noise)
        assert run is not None
        return dict(run.company)


ARRIVED, BLOCKED = Outcome.DELIVERED, Outcome.MISSING


def test_without_pools_there_is_nothing_to_weigh() -> None:
    """A run of solo messages is for the sequential test."""
    assert Messages().weighed() is None
    assert Messages().send("a", ARRIVED).send("b", BLOCKED).weighed() is None
    assert Messages().send("ab", ARRIVED, void=VoidReason.CONTROL_LOST).weighed() is None
    assert Messages().send("ab", Outcome.UNKNOWN).weighed() is None


def test_counts_are_told_by_entry() -> None:
    """Each entry names the counted pools that carried it, those sent alone aside."""
    company = Messages().send("ab", BLOCKED).send("bc", ARRIVED).send("a", BLOCKED).company()
    assert (company["a"].blocked, company["a"].delivered) == (1, 0)
    assert (company["b"].blocked, company["b"].delivered) == (1, 1)
    assert (company["h"].blocked, company["h"].delivered) == (0, 0)
    assert len(company["a"].attempts) == 1


def test_void_and_unknown_messages_leave_no_trace() -> None:
    """What proves nothing changes nothing."""
    plain = Messages().send("abcd", BLOCKED).send("ab", ARRIVED).company()
    more = Messages().send("abcd", BLOCKED).send("ab", ARRIVED)
    more.send("cd", ARRIVED, void=VoidReason.CONTROL_LOST).send("cd", Outcome.UNKNOWN)
    assert more.company() == plain


histories = st.lists(
    st.tuples(
        st.sets(st.sampled_from(ENTRIES), min_size=1).map(lambda each: "".join(sorted(each))),
        st.sampled_from([ARRIVED, BLOCKED]),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda each: each[0],
)


@given(histories)
@settings(max_examples=25, deadline=None)
def test_probabilities_are_those_of_the_sum_over_all_cases(
    history: list[tuple[str, Outcome]],
) -> None:
    """Loss and slip integrated out over slices of their posteriors, given the estimated share."""
    messages = Messages()
    for entries, outcome in history:
        messages.send(entries, outcome)
    run = messages.weighed()
    if run is None:
        return
    levels = (np.arange(3) + 0.5) / 3
    rates = KNOWN.expected_loss, KNOWN.expected_slip
    slices = [beta_distribution.ppf(levels, each.alpha, each.beta) for each in rates]
    cases = np.array(list(product((False, True), repeat=len(ENTRIES))))
    total = np.zeros(len(ENTRIES))
    for loss, slip in product(*slices):
        weight = np.where(cases, run.share, 1 - run.share).prod(axis=1)
        for entries, outcome in history:
            is_hit = cases[:, [ENTRIES.index(each) for each in entries]].any(axis=1)
            blocked = np.where(is_hit, 1 - slip, loss)
            weight = weight * (blocked if outcome is BLOCKED else 1 - blocked)
        total += (weight[:, None] * cases).sum(axis=0) / weight.sum()
    found = [run.company[each].probability for each in ENTRIES]
    assert found == pytest.approx(list(total / 9), abs=1e-4)


@given(histories)
@settings(max_examples=25, deadline=None)
def test_other_opinions_lie_on_both_sides(history: list[tuple[str, Outcome]]) -> None:
    """Who thought an entry less likely censored finds it so afterwards; who thought more, too."""
    messages = Messages().send("ab", ARRIVED)
    for entries, outcome in history:
        messages.send(entries, outcome)
    for each in messages.company().values():
        assert 0 < each.probability_low <= each.probability <= each.probability_high < 1


def test_few_controls_mean_little_certainty() -> None:
    """The same pools convince less where loss and slip are hardly known."""
    messages = Messages().send("abcd", ARRIVED, times=2).send("ef", BLOCKED).send("e", BLOCKED)
    few, many = messages.company(Noise()), messages.company(KNOWN)
    assert few["a"].probability > many["a"].probability
    assert few["e"].probability < many["e"].probability


def test_a_pool_that_slipped_clears_nobody() -> None:
    """Where one entry of a delivered pool is censored for sure, the others are as before."""
    slipped = Messages().send("ab", ARRIVED).send("a", BLOCKED, times=4).company()
    clear = Messages().send("ab", ARRIVED, times=2).company()
    assert slipped["a"].probability > 0.99
    assert slipped["b"].probability > slipped["b"].share / 2
    assert not slipped["b"].speaks_for_clear
    assert clear["b"].speaks_for_clear


def test_a_pool_blocked_twice_with_clear_entries_is_a_discovery() -> None:
    """It leaves the model, and is told with the messages that show it."""
    messages = Messages().send("abc", BLOCKED, times=2)
    for each in "abc":
        messages.send(each, ARRIVED, times=2)
    run = messages.weighed()
    assert run is not None
    assert [each.entries for each in run.discoveries] == [("a", "b", "c")]
    assert run.discoveries[0].attempts == (messages.attempts[0].id, messages.attempts[1].id)
    assert all(run.company[each].probability < LIMITS.beta for each in "abc")
    assert all(run.company[each].blocked == 0 for each in "abc")


@pytest.mark.parametrize("times", [1, 2])
def test_bad_luck_and_open_questions_are_no_discovery(times: int) -> None:
    """Blocked once, or delivered as well, or with an entry that is not clear: no combination."""
    messages = Messages().send("abc", BLOCKED, times=times)
    messages.send("a", ARRIVED, times=2).send("b", ARRIVED, times=2)
    run = messages.weighed()
    assert run is not None
    assert not run.discoveries  # c may be censored
    assert run.company["c"].probability > 0.5
    messages.send("c", ARRIVED, times=2).send("abc", ARRIVED)
    run = messages.weighed()
    assert run is not None
    assert not run.discoveries


def test_what_lies_beyond_the_reach_clears_nobody() -> None:
    """Where long canaries arrive, long pools that arrive say nothing; blocked ones still do."""
    messages = Messages().send("", BLOCKED, kind=MessageKind.CANARY, length=20)
    messages.send("", ARRIVED, kind=MessageKind.CANARY, length=900, times=2)
    messages.send("abcd", ARRIVED, length=900).send("ef", BLOCKED, length=900)
    messages.send("gh", ARRIVED, length=15)
    run = messages.weighed()
    assert run is not None
    assert run.reach == 20
    assert run.company["a"].delivered == 0
    assert run.company["e"].blocked == 1
    assert run.company["g"].delivered == 1


def test_if_company_lets_text_through_pools_are_not_weighed() -> None:
    """After an alarm, pools are named and not trusted; solo attempts alone count."""
    messages = Messages().send("", BLOCKED, kind=MessageKind.CANARY, times=9)
    messages.send("a", BLOCKED, times=2)
    messages.send("bca", ARRIVED, kind=MessageKind.CANARY, times=4)
    messages.send("bcd", ARRIVED, times=3)
    run = messages.weighed()
    assert run is not None
    assert run.check.is_alarming
    assert not run.company["b"].counts
    assert run.company["b"].delivered == 3
    assert run.company["b"].probability == pytest.approx(run.share, rel=1e-3)
    assert run.company["a"].probability > 0.9


@given(st.floats(0.001, 0.4))
def test_shifts_are_those_of_the_odds(share: float) -> None:
    """A third and three times the share, as differences of log-odds; never beyond 90 %."""
    low, middle, high = prior_shifts(share)
    assert middle == 0
    assert logit(share) + low == pytest.approx(logit(share / 3))
    assert logit(share) + high == pytest.approx(logit(min(3 * share, 0.9)))
