"""Parts of a text, and which of them a message made of pieces carries."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.isolation_prior import words
from probes.isolation_text import Parts, Pieces, fold, may_join, spell, tidy, width

SPANS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=6)
TEXTS = st.text(alphabet="abcA \n", min_size=1, max_size=30)


def inside(text: str, spans: list[tuple[int, int]]) -> Pieces:
    """Spans as pieces of a text."""
    return tidy((min(span), min(max(span), len(text))) for span in spans)


@given(SPANS)
def test_tidy_keeps_what_is_covered(spans: list[tuple[int, int]]) -> None:
    """Pieces in order cover the same characters, and none lies inside another."""
    pieces = tidy((min(span), max(span)) for span in spans)
    covered = {at for span in spans for at in range(min(span), max(span))}
    assert {at for start, end in pieces for at in range(start, end)} == covered
    assert [start for start, _ in pieces] == sorted({start for start, _ in pieces})
    assert [end for _, end in pieces] == sorted({end for _, end in pieces})


def test_neighbours_are_merged_or_parted() -> None:
    """Neighbours are one piece, unless the joiner is to stand between them."""
    assert tidy([(3, 5), (0, 3)]) == ((0, 5),)
    assert tidy([(3, 5), (0, 3)], merges=False) == ((0, 3), (3, 5))
    assert tidy([(0, 4), (2, 6), (1, 3), (5, 5)]) == ((0, 4), (2, 6))


@given(TEXTS, SPANS, st.sampled_from(["\n", "", "--"]))
def test_width_is_the_length_of_the_message(
    text: str, spans: list[tuple[int, int]], joiner: str
) -> None:
    """How long a message is, is known without spelling it."""
    pieces = inside(text, spans)
    assert width(pieces, joiner) == len(spell(text, pieces, joiner))


@given(TEXTS, SPANS, st.sampled_from(["\n", "", " ", "|", "b"]))
def test_carried_parts_are_those_in_the_message(
    text: str, spans: list[tuple[int, int]], joiner: str
) -> None:
    """A message carries a part if and only if the part's characters stand in it."""
    parts = Parts(text, ((0, len(text)),), words(text))
    pieces = inside(text, spans)
    message = fold(spell(text, pieces, joiner))
    carried = parts.are_in(pieces, joiner)
    for part in range(parts.size):
        string = fold(text[parts.starts[part] : parts.ends[part]])
        assert carried[part] == (len(string) <= parts.longest and string in message)


@given(TEXTS, st.lists(SPANS, min_size=1, max_size=4))
def test_table_says_the_same_but_for_joiners(text: str, many: list[list[tuple[int, int]]]) -> None:
    """Looked at together, messages carry what each of them carries with a joiner of its own."""
    parts = Parts(text, ((0, len(text)),), words(text))
    messages = [inside(text, spans) for spans in many]
    chosen = np.arange(0, parts.size, 2)
    table = parts.table(chosen, messages)
    for row, pieces in zip(table, messages, strict=True):
        assert (row == parts.are_in(pieces, "|")[chosen]).all()


@given(TEXTS)
def test_every_part_is_listed_once(text: str) -> None:
    """Parts are the distinct strings of a text, each with all its places, and found by any."""
    parts = Parts(text, ((0, len(text)),), words(text))
    strings = {
        fold(text[start:end])
        for start in range(len(text))
        for end in range(start + 1, min(len(text), start + parts.longest) + 1)
    }
    assert parts.size == len(strings)
    assert parts.mass.sum() == pytest.approx(1)
    assert (parts.mass > 0).all()
    for part in range(parts.size):
        places = parts.occurrences(part)
        assert len({fold(text[start:end]) for start, end in places}) == 1
        assert {parts.find(place) for place in places} == {part}


def test_only_what_is_searched_has_parts() -> None:
    """Nothing that lies outside the pieces searched, or across them, is a part."""
    text = "abcdef"
    parts = Parts(text, ((0, 2), (4, 6)), words(text))
    found = {text[parts.starts[part] : parts.ends[part]] for part in range(parts.size)}
    assert found == {"a", "b", "ab", "e", "f", "ef"}


def test_folding_keeps_places() -> None:
    """Letters whose small form has another length stay as they are."""
    assert fold("ABCİ六") == "abcİ六"


@pytest.mark.parametrize(
    ("joiner", "expected"), [("\n", False), ("a", True), ("-a", True), ("", True), ("--", False)]
)
def test_joiner_that_may_make_words(joiner: str, expected: bool) -> None:
    """A joiner may make words if there is none, or if one of its ends occurs in the text."""
    assert may_join(joiner, "abc") is expected
