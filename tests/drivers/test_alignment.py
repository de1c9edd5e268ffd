"""Aligning what was sent with what arrived."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.alignment import Arrived, Match, Sent, align, similarity


def sent(*texts: str) -> list[Sent]:
    """Messages with these texts, in order of sending."""
    return [Sent(place=place, text=text) for place, text in enumerate(texts)]


def arrived(*texts: str, sent_before: int = 99) -> list[Arrived]:
    """Arrivals with these texts, in order of arrival."""
    return [
        Arrived(place=place, text=text, sent_before=sent_before) for place, text in enumerate(texts)
    ]


def pairs(matches: tuple[Match, ...]) -> list[tuple[int, int]]:
    """Matches as pairs of places."""
    return [(match.sent, match.arrived) for match in matches]


def test_lost_message_is_left_out() -> None:
    """A message that did not arrive is matched with nothing."""
    assert pairs(align(sent("a", "b", "c"), arrived("a", "c"))) == [(0, 0), (2, 1)]


def test_second_copy_is_left_out() -> None:
    """A second copy of an arrival is matched with nothing."""
    assert pairs(align(sent("a", "b"), arrived("a", "a", "b"))) in (
        [(0, 0), (1, 2)],
        [(0, 1), (1, 2)],
    )


def test_order_tells_equal_texts_apart() -> None:
    """Of two equal messages, the arrival belongs to the one its neighbours point to."""
    assert pairs(align(sent("x", "c", "x"), arrived("c", "x"))) == [(1, 0), (2, 1)]
    assert pairs(align(sent("x", "c", "x"), arrived("x", "c"))) == [(0, 0), (1, 1)]


def test_time_tells_equal_texts_apart() -> None:
    """An arrival that was seen before a message was sent cannot be that message."""
    assert pairs(align(sent("x", "x"), arrived("x", sent_before=1))) == [(0, 0)]
    assert pairs(align(sent("x", "x"), arrived("x", sent_before=2))) == [(1, 0)]


def test_reordered_message_is_found_and_marked() -> None:
    """A message that arrives after a later one is matched, and marked as out of order."""
    matches = align(sent("a", "b"), arrived("b", "a"))
    assert pairs(matches) == [(0, 1), (1, 0)]
    assert sorted(match.in_order for match in matches) == [False, True]


def test_masked_text_is_found_between_its_neighbours() -> None:
    """A masked message is matched by its place and its shape, with a similarity below 1."""
    matches = align(sent("ok", "达赖喇嘛 灌顶", "fine"), arrived("ok", "**** 灌顶", "fine"))
    assert pairs(matches) == [(0, 0), (1, 1), (2, 2)]
    assert 0.6 <= matches[1].similarity < 1


def test_wholly_masked_text_is_found() -> None:
    """A message of which nothing is left but the mask is still matched."""
    assert pairs(align(sent("a", "刘晓波", "b"), arrived("a", "***", "b"))) == [
        (0, 0),
        (1, 1),
        (2, 2),
    ]


def test_mask_goes_to_the_message_of_its_length() -> None:
    """A text of which only the mask is left belongs to the message of that length."""
    assert pairs(align(sent("敏感词", "harmless"), arrived("***"))) == [(0, 0)]
    assert pairs(align(sent("harmless", "敏感词"), arrived("***"))) == [(1, 0)]


def test_ambiguous_mask_goes_to_the_earliest() -> None:
    """Of several messages that a changed text fits equally well, it belongs to the earliest."""
    assert pairs(align(sent("敏感词", "六四了"), arrived("***"))) == [(0, 0)]


def test_exact_text_goes_before_similar_text() -> None:
    """A similar message never takes the arrival of an exact one."""
    texts = ("时轮金刚灌顶法会一", "时轮金刚灌顶法会二")
    assert pairs(align(sent(*texts), arrived(texts[1]))) == [(1, 0)]


def test_similarity_of_cut_and_foreign_texts() -> None:
    """A text cut short resembles what was sent; a foreign text does not."""
    assert similarity("Kalachakra teachings", "Kalachakra tea…") >= 0.6
    assert similarity("Kalachakra", "good morning") < 0.6
    assert similarity("刘晓波", "早上好") == 0


def test_many_masks_take_no_time() -> None:
    """A text with a mask at every second character is judged without backtracking."""
    text = "ab" * 1000
    assert similarity(text, "a*" * 1000) >= 0.6
    assert similarity(text + "c", "a*" * 1000 + "d") < 1


words = st.sampled_from(["a", "b", "c", "***", "a*c", "abcdef", "abcxef"])


@given(st.lists(words, max_size=8), st.lists(words, max_size=8))
def test_matching_is_one_to_one(sent_texts: list[str], arrived_texts: list[str]) -> None:
    """Whatever is sent and arrives, no message and no arrival is matched twice."""
    matches = align(sent(*sent_texts), arrived(*arrived_texts))
    assert len({match.sent for match in matches}) == len(matches)
    assert len({match.arrived for match in matches}) == len(matches)


@given(st.lists(st.text(min_size=1), unique=True, max_size=12), st.data())
def test_distinct_texts_are_matched_exactly(texts: list[str], data: st.DataObject) -> None:
    """Of distinct messages some of which are lost, exactly those that arrived are matched."""
    kept = data.draw(st.lists(st.booleans(), min_size=len(texts), max_size=len(texts)))
    survivors = [place for place, keep in enumerate(kept) if keep]
    matches = align(sent(*texts), arrived(*(texts[place] for place in survivors)))
    assert pairs(matches) == [(place, order) for order, place in enumerate(survivors)]
    assert all(match.similarity == 1 and match.in_order for match in matches)
