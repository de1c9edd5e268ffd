"""Entries: their ids, and how a combination is written."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wordlists.entry import entry_id, folded, format_keyword, parse_keyword, unclear_pluses

# Full of what the notation itself uses, so that hypothesis meets every way to confuse it.
NOTATION = st.text(st.sampled_from("+＋\\ abé中་ག('\"")) | st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        (("Dalai Lama",), "ff4d8c39cd"),
        (("达赖喇嘛",), "807b97fce3"),
        (("达赖喇嘛", "时轮金刚"), "22dbc1dad9"),
        (("དུས་ཀྱི་འཁོར་ལོ",), "3de5bd7847"),
    ],
)
def test_ids_are_pinned(components: tuple[str, ...], expected: str) -> None:
    """An entry keeps its id for ever: journals of earlier years refer to it."""
    assert entry_id(components) == expected


@given(st.lists(NOTATION, min_size=1, max_size=3))
def test_id_ignores_the_normal_form(components: list[str]) -> None:
    """The id of a text is the same in NFC and in NFD."""
    decomposed = [unicodedata.normalize("NFD", part) for part in components]
    assert entry_id(components) == entry_id(decomposed)


def test_id_tells_a_combination_from_its_text_and_its_reverse() -> None:
    """Where the components part, and in which order they come, makes another entry."""
    ids = {entry_id(c) for c in [("a", "b"), ("b", "a"), ("ab",), ("a + b",), ("a b",)]}
    assert len(ids) == 5


@given(st.lists(NOTATION, min_size=1, max_size=4))
def test_keyword_notation_is_reversible(components: list[str]) -> None:
    """Whatever the components hold, writing and parsing a keyword gives them back."""
    assert parse_keyword(format_keyword(components)) == tuple(components)


@given(st.lists(NOTATION, min_size=1, max_size=4))
def test_written_keywords_are_never_unclear(components: list[str]) -> None:
    """A keyword that we wrote has no plus of which one cannot say what it is."""
    assert unclear_pluses(format_keyword(components)) == []


@pytest.mark.parametrize(
    ("text", "components"),
    [
        ("C++", ("C++",)),
        ("C++ + Java", ("C++", "Java")),
        ("Google+ account", ("Google+ account",)),
        ("达赖喇嘛 ＋ 西藏", ("达赖喇嘛", "西藏")),
        (r"R\+L", ("R+L",)),
        (r"a \+ b", ("a + b",)),
        ("a + + b", ("a", "", "b")),
        ("+ b", ("", "b")),
        (r"C:\dir", (r"C:\dir",)),
    ],
)
def test_plus_joins_only_between_spaces(text: str, components: tuple[str, ...]) -> None:
    """A plus joins components where it stands between spaces, and is text anywhere else."""
    assert parse_keyword(text) == components


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("六四+刘晓波", [2]),
        ("a+b+c", [1, 3]),
        ("བླ་མ་+བོད", [5]),
        ("“六四”＋刘晓波", [4]),
        ("C++11", []),
        ("+86", []),
        (r"a\+b", []),
    ],
)
def test_tight_plus_between_words_is_unclear(text: str, places: list[int]) -> None:
    """A plus tight between two words may be meant either way; other pluses may not."""
    assert unclear_pluses(text) == places


@given(NOTATION)
def test_folding_is_stable(text: str) -> None:
    """Folding a folded text changes nothing, so being duplicates is an equivalence."""
    assert folded(folded([text])) == folded([text])
