"""How probable each combination is, given what became of messages."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.isolation_classes import Seen
from probes.isolation_likelihood import Score
from probes.isolation_posterior import Posterior, infer
from probes.isolation_prior import words
from probes.isolation_text import Parts, Pieces, tidy
from tests.probes.isolation_filters import EXACT, LANE, channel

TEXT = "甲乙丙丁戊"
NOISY = channel(0.1, 0.1)
MESSAGES = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), min_size=1, max_size=5
)


def seen_by(parts: Parts, *messages: tuple[Pieces, bool | None]) -> list[Seen]:
    """Messages with their outcomes."""
    return [
        Seen(pieces, parts.are_in(pieces, "\n"), is_blocked, LANE)
        for pieces, is_blocked in messages
    ]


def as_pieces(messages: list[tuple[int, int, bool]]) -> list[tuple[Pieces, bool]]:
    """Messages of one piece each."""
    return [
        (tidy([(min(start, end), max(start, end))]), is_blocked)
        for start, end, is_blocked in messages
    ]


def parts_of(text: str) -> Parts:
    """All parts of a text."""
    return Parts(text, ((0, len(text)),), words(text, with_dictionary=False))


def carried_share(posterior: Posterior, parts: Parts, pieces: Pieces) -> float:
    """The probability that a message carries all components."""
    inside = parts.table(posterior.classes.parts, [pieces])
    return float((posterior.carries_all(inside) @ posterior.weight)[0])


@settings(max_examples=30)
@given(MESSAGES)
def test_single_components_are_weighed_by_prior_and_likelihood(
    messages: list[tuple[int, int, bool]],
) -> None:
    """Of sets of one component, each is as probable as its mass times what its errors cost."""
    parts = parts_of(TEXT)
    seen = seen_by(parts, *as_pieces(messages))
    posterior = infer(parts, seen, {LANE: NOISY}, 0.9)
    classes, score = posterior.classes, Score(seen, {LANE: NOISY})
    expected = {}
    for row, weight in zip(posterior.states, posterior.weight, strict=True):
        groups = row[row < classes.size]
        if groups.size == 1:
            held = classes.carried[groups]
            expected[int(groups[0])] = (
                weight,
                classes.total[groups[0]] * np.exp(score.of(held)[0]),
            )
    assert expected
    ratios = [weight / product for weight, product in expected.values()]
    assert ratios == pytest.approx([ratios[0]] * len(ratios))
    assert posterior.weight.sum() + posterior.nothing == pytest.approx(1)


@settings(max_examples=30)
@given(MESSAGES)
def test_posterior_is_the_same_step_by_step(messages: list[tuple[int, int, bool]]) -> None:
    """The posterior computed from that before the last message is the one computed at once."""
    parts = parts_of(TEXT)
    seen = seen_by(parts, *as_pieces(messages))
    channels = {LANE: NOISY}
    at_once = infer(parts, seen, channels, 0.9)
    before = infer(parts, seen[:-1], channels, 0.9)
    stepwise = infer(parts, seen, channels, 0.9, before)
    assert stepwise.nothing == pytest.approx(at_once.nothing, abs=1e-3)
    assert carried_share(stepwise, parts, ((0, 3),)) == pytest.approx(
        carried_share(at_once, parts, ((0, 3),)), abs=1e-2
    )


def test_blocked_and_delivered_messages_leave_one_combination() -> None:
    """When everything less was delivered and the part alone blocked, it is the combination."""
    parts = parts_of("甲乙丙丁戊己")
    seen = seen_by(
        parts, (((2, 4),), True), (((2, 3), (3, 4)), False), (((0, 3),), False), (((3, 6),), False)
    )
    posterior = infer(parts, seen, {LANE: EXACT}, 0.9)
    (top, *_) = np.argsort(-posterior.weight)
    (group,) = (each for each in posterior.states[top] if each < posterior.classes.size)
    part = posterior.classes.likeliest(int(group))
    assert (parts.starts[part], parts.ends[part]) == (2, 4)
    assert posterior.weight[top] > 0.9


def test_delivered_text_holds_nothing() -> None:
    """A text that arrives again and again holds no combination."""
    parts = parts_of(TEXT)
    posterior = infer(parts, seen_by(parts, *[(((0, 5),), False)] * 4), {LANE: NOISY}, 0.9)
    assert posterior.nothing > 0.99


def test_message_on_its_way_changes_nothing() -> None:
    """A message without an outcome parts classes and leaves probabilities as they were."""
    parts = parts_of(TEXT)
    known = infer(parts, seen_by(parts, (((0, 5),), True)), {LANE: NOISY}, 0.5)
    waiting = infer(parts, seen_by(parts, (((0, 5),), True), (((0, 2),), None)), {LANE: NOISY}, 0.5)
    assert waiting.nothing == pytest.approx(known.nothing, abs=1e-3)
    assert waiting.classes.size > known.classes.size


def test_expected_components() -> None:
    """The parts' expected numbers of being a component sum up to the expected number of them."""
    parts = parts_of(TEXT)
    posterior = infer(parts, seen_by(parts, (((0, 5),), True)), {LANE: NOISY}, 0.9)
    used = (posterior.states < posterior.classes.size).sum(axis=1)
    assert posterior.marginal().sum() == pytest.approx(float(used @ posterior.weight))
