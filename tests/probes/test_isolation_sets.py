"""Sets of classes that may hold the components."""

import numpy as np
import pytest

from probes.isolation_classes import Seen, classify, nested
from probes.isolation_likelihood import Score
from probes.isolation_prior import MOST_COMPONENTS, count_prior, words
from probes.isolation_sets import carried, distinct, log_count_prior, log_prior, refine, search
from probes.isolation_text import Parts
from tests.probes.isolation_filters import LANE, channel

GOOD_LANE = {LANE: channel(0.001, 0.001)}


def rows(*sets: tuple[int, ...], size: int) -> np.ndarray:
    """Sets as rows, filled up."""
    return np.array([[*each, *[size] * (MOST_COMPONENTS - len(each))] for each in sets])


def test_number_of_components_is_weighed() -> None:
    """A set of several components may stand in any order, so each order adds to it."""
    assert np.exp(log_count_prior()[1]) == pytest.approx(count_prior()[1])
    assert np.exp(log_count_prior()[3]) == pytest.approx(6 * count_prior()[3])


def test_distinct_keeps_each_set_once() -> None:
    """Equal rows are kept once, in the order in which they came first."""
    sets = rows((1, 2), (0,), (1, 2), (0,), (3,), size=4)
    assert distinct(sets).tolist() == rows((1, 2), (0,), (3,), size=4).tolist()
    assert distinct(sets[:0]).shape == (0, MOST_COMPONENTS)


def test_sets_are_carried_whole() -> None:
    """A message carries a set if it carries all its classes."""
    parts = Parts("abcd", ((0, 4),), words("abcd"))
    seen = [Seen(piece, parts.are_in(piece, "\n"), True, LANE) for piece in (((0, 2),), ((0, 4),))]
    classes = classify(parts, seen, np.zeros(2))
    sets = rows((0,), (1,), (0, 1), size=classes.size)
    assert carried(sets, classes).tolist() == [[1, 1], [0, 1], [0, 1]]


def test_what_lies_inside_a_component_adds_no_set() -> None:
    """A set of which one class lies inside another has no probability."""
    text = "abcdef"
    parts = Parts(text, ((0, 6),), words(text))
    pieces = [((1, 5),), ((1, 4),), ((2, 5),), ((2, 4),)]
    seen = [Seen(each, parts.are_in(each, "\n"), True, LANE) for each in pieces]
    classes = classify(parts, seen, np.zeros(4))
    whole = next(
        group for group in range(classes.size) if classes.carried[group].tolist() == [1, 0, 0, 0]
    )
    core = next(group for group in range(classes.size) if classes.carried[group].all())
    inside = nested(parts, classes)
    sets = rows((whole,), tuple(sorted((whole, core))), size=classes.size)
    alone, both = log_prior(sets, classes, inside)
    assert np.isfinite(alone)
    assert both == -np.inf


def test_refined_sets_are_those_of_before() -> None:
    """Put into finer classes, a set becomes all sets of the classes that its own were cut into."""
    parts = Parts("abcd", ((0, 4),), words("abcd"))
    first = Seen(((0, 2),), parts.are_in(((0, 2),), "\n"), True, LANE)
    second = Seen(((0, 1),), parts.are_in(((0, 1),), "\n"), True, LANE)
    before = classify(parts, [first], np.zeros(1))
    now = classify(parts, [first, second], np.zeros(2))
    group = next(each for each in range(before.size) if before.carried[each, 0])
    refined = refine(rows((group,), size=before.size), before, now, parts.size)
    expected = [each for each in range(now.size) if now.carried[each, 0]]
    assert sorted(refined[:, 0].tolist()) == expected
    assert (refined[:, 1:] == now.size).all()


def test_search_finds_what_explains_messages() -> None:
    """A pair of classes that every blocked message carried is found, whatever is likelier alone."""
    text = "甲乙丙丁戊己庚辛"
    parts = Parts(text, ((0, 8),), words(text, with_dictionary=False))
    messages = [
        (((0, 1), (7, 8)), True),
        (((0, 4),), False),
        (((4, 8),), False),
        (((0, 1), (3, 8)), True),
        (((1, 8),), False),
        (((0, 7),), False),
    ]
    seen = [Seen(each, parts.are_in(each, "\n"), blocked, LANE) for each, blocked in messages]
    score = Score(seen, GOOD_LANE)
    classes = classify(parts, seen, score.blocked)
    inside = nested(parts, classes)
    sets = search(classes, inside, score, 4, -np.inf)
    weight = log_prior(sets, classes, inside) + score.of(carried(sets, classes))
    best = sets[int(np.argmax(weight))]
    found = {
        text[parts.starts[part] : parts.ends[part]]
        for part in (classes.likeliest(int(group)) for group in best if group < classes.size)
    }
    assert found == {"甲", "辛"}
