"""Texts as a page shows them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.report.shown_text import direction, shown


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("達賴喇嘛 + བོད", "達賴喇嘛 + བོད"),
        ("a\nb\r\tc\0", "a↵b␍⇥c␀"),
        ("a\u202eb\u2066c", "a⟨U+202E⟩b⟨U+2066⟩c"),
        ("cut \ud83d", "cut ⟨U+D83D⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("<script>&\"'", "<script>&\"'"),
    ],
    ids=["scripts", "line ends", "directions", "half an emoji", "no width", "joiner", "markup"],
)
def test_what_is_hidden_is_shown(text: str, seen: str) -> None:
    """Controls, halves of emoji and marks of direction are named; scripts stay as they are."""
    assert shown(text) == seen


@given(st.text(st.characters()))
def test_shown_text_hides_nothing(text: str) -> None:
    """Whatever goes in, what comes out is UTF-8 and reverses, ends and hides nothing."""
    seen = shown(text)
    seen.encode()
    hidden = {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}
    assert not [each for each in seen if unicodedata.category(each) in hidden]
    assert not set(seen) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@pytest.mark.parametrize(
    ("text", "way"),
    [("شەرق", "rtl"), ("1 שלום", "rtl"), ("達賴", "ltr"), ("123", "ltr"), ("a ש", "ltr")],
)
def test_direction_is_that_of_the_first_letter(text: str, way: str) -> None:
    """Numbers and signs have no direction of their own."""
    assert direction(text) == way
