"""Cells that a spreadsheet cannot run."""

from hypothesis import given
from hypothesis import strategies as st

from wordlists.cells import FORMULA_STARTS, GUARD, guard, unguard

TEXTS = st.text(st.sampled_from("=+-@\t\r\n'＝a ")) | st.text()


@given(TEXTS)
def test_guard_is_reversible(text: str) -> None:
    """Reading a cell gives the text that was written, whatever it starts with."""
    assert unguard(guard(text)) == text


@given(TEXTS)
def test_no_cell_starts_like_a_formula(text: str) -> None:
    """No written cell starts with a sign that makes it a formula."""
    assert not guard(text).startswith(FORMULA_STARTS)


def test_ordinary_text_stays_as_it_is() -> None:
    """A text that is no formula gets no mark."""
    assert guard("Dalai Lama") == "Dalai Lama"
    assert guard("=1") == f"{GUARD}=1"
