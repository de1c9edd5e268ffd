"""Cells that a spreadsheet cannot run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.cells import encodable, guard, guard_optional, unguard, unguard_optional
from tests.results.examples import texts


@given(texts)
def test_guard_is_undone_exactly(text: str) -> None:
    """Reading a guarded cell gives the text back."""
    assert unguard(guard(text)) == text


@given(st.none() | texts)
def test_optional_guard_is_undone_exactly(text: str | None) -> None:
    """Empty text and nothing at all stay apart."""
    assert unguard_optional(guard_optional(text)) == text


@given(texts)
def test_guarded_cells_are_no_formulas(text: str) -> None:
    """No guarded cell starts with what a spreadsheet would run."""
    assert not guard(text).startswith(
        ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
    )


@pytest.mark.parametrize(
    ("text", "cell"),
    [("=1+1", "'=1+1"), ("'", "''"), ("'=", "''="), ("达赖", "达赖"), ("", ""), ("1-2", "1-2")],
)
def test_guard_adds_one_mark_where_needed(text: str, cell: str) -> None:
    """Exactly one mark is added, and only to what needs it."""
    assert guard(text) == cell


@given(st.text(st.characters()))
def test_encodable_changes_only_broken_pairs(text: str) -> None:
    """Every text becomes UTF-8; one that was UTF-8 stays as it is."""
    made = encodable(text)
    assert made.encode().decode() == made
    assert made == text or any("\ud800" <= character <= "\udfff" for character in text)
