"""Parts that no message has told apart form one class."""

import numpy as np
import pytest

from probes.isolation_classes import Classes, Seen, classify, nested
from probes.isolation_prior import words
from probes.isolation_text import Parts, Pieces
from tests.probes.isolation_filters import LANE

TEXT = "abcdefgh"


def classes_of(text: str, *messages: Pieces, missed: float = 0.0) -> tuple[Parts, Classes]:
    """Classes after messages, each of which costs parts so much that were not in it."""
    parts = Parts(text, ((0, len(text)),), words(text))
    seen = [Seen(pieces, parts.are_in(pieces, "\n"), True, LANE) for pieces in messages]
    return parts, classify(parts, seen, np.full(len(seen), missed))


def strings(text: str, parts: Parts, classes: Classes) -> list[set[str]]:
    """By class, its parts as texts."""
    return [
        {
            text[parts.starts[part] : parts.ends[part]]
            for part in classes.parts[classes.entries(group)]
        }
        for group in range(classes.size)
    ]


def test_without_messages_all_parts_are_alike() -> None:
    """Before anything was sent there is one class, with all the mass."""
    parts, classes = classes_of(TEXT)
    assert classes.size == 1
    assert classes.total.tolist() == [pytest.approx(1)]
    assert classes.parts.size == parts.size


def test_message_tells_parts_apart() -> None:
    """Parts are alike if the same messages carried them, and lie in one place."""
    parts, classes = classes_of("abcd", ((0, 2),))
    assert strings("abcd", parts, classes) == [
        {"a", "b", "ab"},
        {"abc", "abcd", "bc", "bcd", "c", "cd", "d"},
    ]
    assert classes.carried.tolist() == [[1.0], [0.0]]
    assert classes.total.sum() == pytest.approx(1)


def test_parts_in_places_apart_are_two_classes() -> None:
    """What lies at both sides of the pieces that a message had is not one component."""
    parts, classes = classes_of("abcdef", ((0, 2), (4, 6)), ((1, 5),))
    assert {"a", "ab"} in strings("abcdef", parts, classes)
    assert {"f", "ef"} in strings("abcdef", parts, classes)


def test_more_messages_than_bits_are_told_apart() -> None:
    """However many messages there are, parts are alike only if all of them carried both."""
    messages = [((0, 4),)] * 100 + [((0, 3),)]
    parts, classes = classes_of("abcd", *messages)
    found = strings("abcd", parts, classes)
    assert {"a", "b", "c", "ab", "bc", "abc"} in found
    assert len(found) == 2


def test_parts_that_explain_nothing_are_left_out() -> None:
    """A part that many blocked messages did not carry is no component any more."""
    parts, classes = classes_of("abcd", *[((0, 2),)] * 3, missed=10.0)
    assert strings("abcd", parts, classes) == [{"a", "b", "ab"}]


def test_share_is_that_of_mass() -> None:
    """A message that carries all parts of a class carries all its mass; one of none, none."""
    parts, classes = classes_of(TEXT, ((0, 4),))
    table = parts.table(classes.parts, [((0, 8),), ((0, 4),), ()])
    share = classes.share(table)
    assert share[0] == pytest.approx(np.ones(classes.size))
    assert share[1] == pytest.approx([1.0, 0.0])
    assert share[2] == pytest.approx([0.0, 0.0])


def test_what_lies_inside_is_nested() -> None:
    """A class whose parts all hold a stretch of text has inside it what lies in that stretch."""
    parts, classes = classes_of("abcdef", ((1, 5),), ((1, 4),), ((2, 5),))
    inside = nested(parts, classes)
    found = strings("abcdef", parts, classes)
    whole, core = found.index({"bcde"}), found.index({"c", "d", "cd"})
    assert inside[whole, core] == pytest.approx(1)
    assert inside[core, whole] == 0
    outside = next(group for group, each in enumerate(found) if "abcdef" in each)
    assert inside[whole, outside] == 0
