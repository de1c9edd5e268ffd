"""Piecing a conversation together from windows."""

from collections.abc import Iterator, Sequence
from itertools import combinations

from hypothesis import assume, example, given
from hypothesis import strategies as st

from drivers.conversation import Overlay, join, overlay


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


def test_text_that_was_removed_and_sent_again() -> None:
    """A text that is gone and came in once more is both, though it reads as if it had moved."""
    over = overlay(["a", "b", "X", "c"], ["a", "b", "c", "X"])
    assert (over.new, over.gone) == (("X",), (2,))


def test_text_above_a_removed_one_comes_into_sight() -> None:
    """Old texts that slide into the window from above are not new."""
    over = overlay(["a", "b", "c"], ["older", "oldest", "b", "c"])
    assert (over.new, over.gone) == ((), (0,))


def test_text_that_was_sorted_in_is_new() -> None:
    """A text that came in between known ones is told with its place."""
    over = overlay(["a", "b", "c"], ["a", "late", "b", "c", "d"])
    assert (over.new, over.before, over.gone) == (("late", "d"), (1, 3), ())
    assert over.at_end == 1


def test_text_that_was_changed_in_its_place() -> None:
    """A text that reads differently from one look to the next is gone, and a new one there."""
    over = overlay(["a", "b", "c", "d"], ["a", "***", "c", "d"])
    assert (over.new, over.before, over.gone) == (("***",), (2,), (1,))


def test_gap_is_told() -> None:
    """A window with no text in common says that messages may lie between."""
    over = overlay(["a", "b"], ["x", "y"])
    assert (over.new, over.is_joined) == (("x", "y"), False)


def test_more_is_gone_than_is_left() -> None:
    """A single text that is left is the known one if nothing stands above it; else it is new."""
    whole = overlay(["a", "b", "c", "d"], ["a"], is_whole=True)
    assert (whole.new, whole.gone) == ((), (1, 2, 3))
    part = overlay(["a", "b", "c", "d"], ["a"])
    assert (part.new, part.is_joined) == (("a",), False)


def test_first_window_of_an_empty_chat_is_joined() -> None:
    """With nothing known, a window has no gap before it."""
    assert overlay([], ["x"]).is_joined


def test_what_was_shown_is_told() -> None:
    """Texts that stand for inexact readings place the window; the readings are told."""
    over = overlay(["a", "b"], ["b", "c"], shown=["8", "C"])
    assert over.new == ("C",)


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


def explanations(known: str, window: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    """All that can have happened: some known texts went, some texts came in at the end.

    Each is what came in and what went of that which should be in sight.
    """
    for count in range(len(window)):
        old, new = window[: len(window) - count], window[len(window) - count :]
        for start in range(len(known)):
            places = range(start, len(known))
            for kept in combinations(places, len(old)):
                if kept[:1] == (start,) and "".join(known[each] for each in kept) == old:
                    yield new, tuple(each for each in places if each not in kept)
        for height in range(1, len(old)):  # texts that nobody knew, above all that is known
            if not set(old[: len(old) - height]).isdisjoint(known):
                continue
            for kept in combinations(range(len(known)), height):
                if "".join(known[each] for each in kept) == old[len(old) - height :]:
                    yield new, tuple(each for each in range(len(known)) if each not in kept)


@example(known="abXc", gone={2}, came="X", height=4)
@example(known="ab", gone={0, 1}, came="c", height=3)
@given(
    known=st.text("abcX", min_size=1, max_size=6),
    gone=st.sets(st.integers(min_value=0, max_value=5)),
    came=st.text("abcXY", max_size=3),
    height=st.integers(min_value=1, max_value=8),
)
def test_what_happened_is_told_where_it_is_determined(
    known: str, gone: set[int], came: str, height: int
) -> None:
    """Of all that explains a window, the one with the fewest changes is told, if there is one."""
    left = "zyxw" + "".join(text for place, text in enumerate(known) if place not in gone)
    window = (left + came)[-height:]
    possible = set(explanations(known, window))
    assume(possible)
    fewest = min(len(new) + len(gone) for new, gone in possible)
    best = [each for each in possible if len(each[0]) + len(each[1]) == fewest]
    over = overlay(known, window)
    assume(fewest < len(window))  # else all of it may be new, with messages in between
    assert len(over.new) + len(over.gone) <= fewest, "a worse explanation was told"
    if not _is_sorted_in(over, known):
        assert ("".join(over.new), over.gone) in best
    else:
        assert len(over.new) + len(over.gone) < fewest, "texts come in at the end, if they can"


def _is_sorted_in(over: Overlay, known: Sequence[str]) -> bool:
    return any(place < len(known) for place in over.before)


@given(st.data())
def test_history_is_told_from_windows(data: st.DataObject) -> None:
    """Whatever comes and goes, all of it is told, as long as most of a window is known."""
    texts = (chr(0x4E00 + number) for number in range(10_000))
    known: list[str] = []
    for _ in range(data.draw(st.integers(1, 8))):
        height = data.draw(st.integers(4, 10))
        seen = range(max(0, len(known) - height + 2), len(known))
        gone = data.draw(st.sets(st.sampled_from(seen), max_size=len(seen) // 3)) if seen else set()
        left = [text for place, text in enumerate(known) if place not in gone]
        # One that was the last is not seen to have gone and come again.
        before_others = [place for place in gone if left and place < known.index(left[-1])]
        again = [known[max(before_others)]] if before_others and data.draw(st.booleans()) else []
        came = again + [next(texts) for _ in range(data.draw(st.integers(0, 2)))]
        window = [*left, *came][-max(height, len(came) + 1) :]
        assume(not known or len(came) + len(gone) < len(window) - len(came))
        over = overlay(known, window)
        in_sight = known.index(window[0]) if known else 0
        assert set(over.gone) == {place for place in gone if place >= in_sight}
        assert list(over.new) == came
        known = [text for place, text in enumerate(known) if place not in over.gone] + came


@given(st.text("abcX", max_size=6), st.text("abcXY", max_size=6), st.booleans())
def test_any_window_is_laid(known: str, window: str, is_whole: bool) -> None:
    """Whatever is laid over whatever, what is told turns the known texts into those of the window.

    But for those above the window, and those of the window above all that is known.
    """
    over = overlay(known, window, is_whole=is_whole)
    now: list[str] = []
    for place in range(len(known) + 1):
        now += [text for text, at in zip(over.new, over.before, strict=True) if at == place]
        now += [] if place in over.gone else known[place : place + 1]
    assert "".join(now).endswith(window) or (over.is_joined and window.endswith("".join(now)))
