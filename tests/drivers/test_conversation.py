"""Piecing a conversation together from windows."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.conversation import join, overlay


def test_new_texts_hang_over() -> None:
    """What hangs over at the end of the window is new."""
    over = overlay(["a", "b", "c"], ["b", "c", "d", "e"])
    assert (over.new, over.gone, over.is_joined) == (("d", "e"), (), True)


def test_nothing_new() -> None:
    """A window that shows only what is known has nothing new."""
    assert overlay(["a", "b"], ["a", "b"]).new == ()


def test_removed_text_is_gone() -> None:
    """A text missing in the middle of the window is gone, and what follows is not new."""
    over = overlay(["a", "b", "c", "d"], ["a", "c", "d", "e"])
    assert (over.new, over.gone) == (("e",), (1,))


def test_removed_last_text_is_gone() -> None:
    """A text missing at the end of the window is gone."""
    over = overlay(["a", "b", "c"], ["a", "b"])
    assert (over.new, over.gone) == ((), (2,))


def test_gap_is_told() -> None:
    """A window with no text in common says that messages may lie between."""
    over = overlay(["a", "b"], ["x", "y"])
    assert (over.new, over.is_joined) == (("x", "y"), False)


def test_first_window_of_an_empty_chat_is_joined() -> None:
    """With nothing known, a window has no gap before it."""
    assert overlay([], ["x"]).is_joined


def test_windows_are_joined() -> None:
    """Two overlapping windows become one."""
    assert join(["a", "b", "c"], ["b", "c", "d"]) == ("a", "b", "c", "d")


@given(
    st.lists(st.text(max_size=3), unique=True, max_size=30),
    st.integers(min_value=0, max_value=30),
    st.integers(min_value=1, max_value=12),
)
def test_windows_of_a_growing_conversation(texts: list[str], known: int, height: int) -> None:
    """However much is visible, what is new is told exactly, if the window reaches what is known."""
    known = min(known, len(texts))
    window = texts[-height:] if texts else []
    over = overlay(texts[:known], window)
    if len(texts) - known < len(window) or known == 0 == len(texts) - len(window):
        assert list(over.new) == texts[known:]
        assert over.is_joined
    assert over.gone == ()
