"""Inference against numeric integration, and exact error rates of the sequential test."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from results.inference import Limits, Noise, Priors, Rate, noise, posterior
from results.record import VerdictKind
from results.rules import BracketLimits, score
from results.verdict_rules import Evidence, judge
from tests.results.examples import lane_of

MOST_MESSAGES = 8
channels = st.builds(
    Noise,
    controls_delivered=st.integers(0, 300),
    controls_lost=st.integers(0, 10),
    canaries_blocked=st.integers(0, 100),
    canaries_slipped=st.integers(0, 5),
)
counts = st.integers(0, 6)
chances = st.floats(0.01, 0.99)


@settings(deadline=None)  # a disk or a processor may be busy
@given(counts, counts, channels, chances)
def test_posterior_is_the_integral(
    blocked: int, delivered: int, channel: Noise, prior: float
) -> None:
    """The closed form agrees with integrating over loss and slip on a grid."""
    grid = (np.arange(20_000) + 0.5) / 20_000
    loss, slip = channel.expected_loss, channel.expected_slip
    if_clear = np.mean(
        stats.beta.pdf(grid, loss.alpha, loss.beta) * grid**blocked * (1 - grid) ** delivered
    )
    if_censored = np.mean(
        stats.beta.pdf(grid, slip.alpha, slip.beta) * (1 - grid) ** blocked * grid**delivered
    )
    expected = prior * if_censored / (prior * if_censored + (1 - prior) * if_clear)
    assert posterior(blocked, delivered, channel, prior) == pytest.approx(expected, rel=1e-3)


@given(counts, counts, channels, chances)
def test_posterior_moves_with_the_evidence(
    blocked: int, delivered: int, channel: Noise, prior: float
) -> None:
    """One more blocked message never lowers the probability, one more delivered never raises it."""
    here = posterior(blocked, delivered, channel, prior)
    assert posterior(blocked + 1, delivered, channel, prior) >= here
    assert posterior(blocked, delivered + 1, channel, prior) <= here


@given(channels, chances)
def test_posterior_without_messages_is_the_prior(channel: Noise, prior: float) -> None:
    """Nothing sent, nothing learned."""
    assert posterior(0, 0, channel, prior) == pytest.approx(prior)


@given(st.floats(0.5, 1e4), st.floats(0.5, 1e4), st.floats(0.5, 0.99))
def test_interval_holds_its_level(alpha: float, beta: float, level: float) -> None:
    """The credible interval holds as much of the Beta distribution as it says."""
    low, high = Rate(alpha, beta).interval(level)
    inside = stats.beta.cdf(high, alpha, beta) - stats.beta.cdf(low, alpha, beta)
    assert inside == pytest.approx(level, abs=1e-6)


def test_noise_counts_controls_and_canaries() -> None:
    """Loss counts controls, slip counts canaries; what is void or not settled is left out."""
    lane = lane_of("CCcCnNnCc")
    channel = noise(lane, score(lane, BracketLimits()))
    assert channel == Noise(
        controls_delivered=4, controls_lost=1, canaries_blocked=2, canaries_slipped=1
    )
    assert channel.loss == Rate(1.5, 4.5)
    assert channel.specificity == Rate(4.5, 1.5)
    assert channel.sensitivity == Rate(2.5, 1.5)


def test_canaries_that_all_arrive_leave_nothing_clear() -> None:
    """A run that lets all canaries through is not measured, and calls nothing clear."""
    blind = Noise(controls_delivered=50, canaries_slipped=7)
    assert blind.sensitivity is None
    assert judge(Evidence.of(0, 2, blind, Limits())).kind is VerdictKind.INCONCLUSIVE
    assert judge(Evidence.of(0, 9, blind, Limits())).kind is VerdictKind.INCONCLUSIVE


def sequential_test(
    channel: Noise, blocked_rate: float, limits: Limits | None = None
) -> tuple[dict[VerdictKind, float], float]:
    """Follow a test that stops at a decision or after 8 messages, over all sequences of outcomes.

    Returns:
        The probability of each verdict, and the expected number of messages.
    """
    given_limits = limits or Limits()

    @cache
    def go(blocked: int, delivered: int) -> tuple[dict[VerdictKind, float], float]:
        kind = judge(Evidence.of(blocked, delivered, channel, given_limits)).kind
        if kind is not VerdictKind.INCONCLUSIVE or blocked + delivered == MOST_MESSAGES:
            return {kind: 1.0}, 0.0
        shares = dict.fromkeys(VerdictKind, 0.0)
        messages = 1.0
        for chance, (ends, more) in (
            (blocked_rate, go(blocked + 1, delivered)),
            (1 - blocked_rate, go(blocked, delivered + 1)),
        ):
            messages += chance * more
            for end, share in ends.items():
                shares[end] += chance * share
        return shares, messages

    return go(0, 0)


MEASURED = Noise(controls_delivered=99, controls_lost=1, canaries_blocked=20)


@pytest.mark.parametrize(
    ("blocked_rate", "right", "wrong", "most_wrong", "most_messages"),
    [
        (0.01, VerdictKind.CLEAR, VerdictKind.CENSORED, 2e-6, 2.1),
        (0.995, VerdictKind.CENSORED, VerdictKind.CLEAR, 3e-5, 3.1),
    ],
    ids=["clear entry, 1 % loss", "censored entry, 0.5 % slip"],
)
def test_sequential_test_is_right_and_short(
    blocked_rate: float,
    right: VerdictKind,
    wrong: VerdictKind,
    most_wrong: float,
    most_messages: float,
) -> None:
    """Wrong verdicts are as rare as promised, 99.99 % are given, after as few messages."""
    shares, messages = sequential_test(MEASURED, blocked_rate)
    assert shares[wrong] <= most_wrong
    assert shares[right] >= 0.9999 - most_wrong
    assert messages <= most_messages


@pytest.mark.parametrize("controls", [35, 40, 100, 400])
def test_three_blocked_or_two_delivered_decide(controls: int) -> None:
    """Three blocked, or two delivered, decide once 35 controls arrived and none was lost."""
    channel = Noise(controls_delivered=controls)
    assert judge(Evidence.of(2, 0, channel, Limits())).kind is VerdictKind.INCONCLUSIVE
    assert judge(Evidence.of(3, 0, channel, Limits())).kind is VerdictKind.CENSORED
    assert judge(Evidence.of(0, 2, channel, Limits())).kind is VerdictKind.CLEAR


def test_few_controls_decide_nothing_on_three() -> None:
    """Before the controls, three blocked messages are not enough: the channel is not known yet."""
    assert judge(Evidence.of(3, 0, Noise(), Limits())).kind is VerdictKind.INCONCLUSIVE
    assert judge(Evidence.of(4, 0, Noise(), Limits())).kind is VerdictKind.CENSORED


@pytest.mark.parametrize(
    "bad", [{"low": 0.0}, {"high": 1.0}, {"low": 0.6}, {"low": 0.5, "high": 0.4}]
)
def test_priors_must_rise(bad: dict[str, float]) -> None:
    """Priors that are no rising probabilities are refused by value."""
    with pytest.raises(ValueError, match="priors must rise"):
        Priors(**bad)


def test_limits_are_probabilities() -> None:
    """A limit at even odds or beyond, or of nothing, is refused by name."""
    with pytest.raises(ValueError, match=r"alpha .* not 0\.5"):
        Limits(alpha=0.5)
    with pytest.raises(ValueError, match=r"beta .* not 0"):
        Limits(beta=0)


def test_limits_survive_the_settings() -> None:
    """Limits written into settings are read back the same."""
    limits = Limits(alpha=0.02, beta=0.001, priors=Priors(low=0.1, reference=0.3, high=0.7))
    assert Limits.from_settings(limits.to_settings()) == limits
    assert Limits.from_settings({}) == Limits()
