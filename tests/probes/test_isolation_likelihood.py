"""How probable what was seen is, given how often lanes err."""

from math import exp, log

import numpy as np
import pytest

from probes.isolation_classes import Seen
from probes.isolation_likelihood import Channel, Score, log_evidence
from results.inference import Rate
from tests.probes.isolation_filters import EXACT, LANE, channel


def seen(*outcomes: bool | None, lane: str = LANE) -> list[Seen]:
    """Messages with these outcomes."""
    return [Seen(((0, 1),), np.array([True]), outcome, lane) for outcome in outcomes]


def test_one_message_has_the_rates_as_likelihood() -> None:
    """The likelihood of one outcome is the expected rate of it."""
    rates = Channel(loss=Rate(1, 49), slip=Rate(2, 18))
    for is_carried, is_blocked, expected in (
        (1.0, True, 0.9),
        (1.0, False, 0.1),
        (0.0, True, 0.02),
        (0.0, False, 0.98),
    ):
        score = Score(seen(is_blocked), {LANE: rates})
        assert exp(score.of(np.array([[is_carried]]))[0]) == pytest.approx(expected)


def test_outcomes_are_not_independent() -> None:
    """A rate that is not known well is learnt from the messages: two losses are likelier then."""
    rates = Channel(loss=Rate(1, 49), slip=Rate(1, 49))
    score = Score(seen(True, True), {LANE: rates})
    assert exp(score.of(np.zeros((1, 2)))[0]) > 0.02**2


def test_message_on_its_way_says_nothing() -> None:
    """A message without an outcome changes no likelihood."""
    with_it = Score(seen(True, None), {LANE: EXACT}).of(np.array([[1.0, 0.0], [1.0, 1.0]]))
    without = Score(seen(True), {LANE: EXACT}).of(np.array([[1.0], [1.0]]))
    assert with_it == pytest.approx(without)


def test_lanes_err_each_for_itself() -> None:
    """The likelihood of messages of two lanes is the product of both."""
    lanes = {"lane-1": channel(0.1, 0.1), "lane-2": EXACT}
    messages = [*seen(True, lane="lane-1"), *seen(False, lane="lane-2")]
    both = Score(messages, lanes).of(np.array([[0.0, 0.0]]))[0]
    each = [Score([message], lanes).of(np.array([[0.0]]))[0] for message in messages]
    assert both == pytest.approx(sum(each))


def test_chance_of_errors() -> None:
    """So many errors as a lane is known for are no surprise, many more are."""
    messages = seen(*[True] * 3, *[False] * 97)
    carried = np.zeros(100)
    assert Score(messages, {LANE: channel(0.03, 0.0)}).chance(carried) > 0.4
    assert Score(messages, {LANE: EXACT}).chance(carried) < 1e-9
    assert Score([], {LANE: EXACT}).chance(np.zeros(0)) == 1.0


def test_evidence_is_a_bayes_factor() -> None:
    """One blocked message speaks for a block as (1 - slip) / loss does, one delivered against."""
    rates = channel(0.02, 0.1)
    assert log_evidence(1, 0, rates) == pytest.approx(log(0.9 / 0.02), abs=0.01)
    assert log_evidence(0, 1, rates) == pytest.approx(log(0.1 / 0.98), abs=0.01)
    assert log_evidence(0, 0, rates) == 0
