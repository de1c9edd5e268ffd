"""What is likely to be a component, before anything was sent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.isolation_prior import MOST_COMPONENTS, TextPrior, count_prior, words


@given(st.text(max_size=60), st.booleans())
def test_words_cover_the_text(text: str, with_dictionary: bool) -> None:
    """Words follow each other without gaps, with a dictionary or without."""
    found = words(text, with_dictionary=with_dictionary)
    assert "".join(text[word.start : word.end] for word in found) == text


@pytest.mark.parametrize(
    ("text", "with_dictionary", "expected"),
    [
        ("我们讨论六四", True, ["我们", "讨论", "六四"]),
        ("我们讨论六四", False, ["我们讨论六四"]),
        ("讨论Kalachakra,明年", False, ["讨论", "Kalachakra", ",", "明年"]),
        ("Dalai Lama", True, ["Dalai", " ", "Lama"]),
        ("1989年", False, ["1989", "年"]),
    ],
)
def test_text_is_cut_into_words(text: str, with_dictionary: bool, expected: list[str]) -> None:
    """Scripts with spaces are cut at them, others by the dictionary where there is one."""
    found = words(text, with_dictionary=with_dictionary)
    assert [text[word.start : word.end] for word in found] == expected


@given(st.text(alphabet="我们讨论六四ab ,", min_size=1, max_size=30), st.booleans())
def test_nothing_is_impossible(text: str, with_dictionary: bool) -> None:
    """Every part of a text may be a component."""
    prior = TextPrior(text, words(text, with_dictionary=with_dictionary))
    starts = np.array([at for at in range(len(text)) for _ in range(at, len(text))])
    ends = np.array([end + 1 for at in range(len(text)) for end in range(at, len(text))])
    assert (prior.weight(starts, ends) > 0).all()


def weigh(text: str, part: str, *, with_dictionary: bool) -> float:
    """How likely a part of a text is to be a component."""
    prior = TextPrior(text, words(text, with_dictionary=with_dictionary))
    start = np.array([text.index(part)])
    return float(prior.weight(start, start + len(part))[0])


def test_whole_words_are_likelier() -> None:
    """A word is likelier to be a component than a piece across two words, and a rare one more."""
    text = "我们在图书馆讨论喇嘛的历史"
    assert weigh(text, "讨论", with_dictionary=True) > weigh(text, "馆讨", with_dictionary=True)
    assert weigh(text, "喇嘛", with_dictionary=True) > weigh(text, "我们", with_dictionary=True)


def test_without_dictionary_all_places_are_alike() -> None:
    """Where no word boundary is known, parts of one length are equally likely."""
    text = "我们在图书馆讨论菩提伽耶的历史"
    assert weigh(text, "讨论", with_dictionary=False) == weigh(text, "馆讨", with_dictionary=False)


def test_words_with_spaces_are_likelier_whole() -> None:
    """In scripts with spaces, words are likelier than pieces of them or with spaces around them."""
    text = "They spoke of Kalachakra in spring"
    whole = weigh(text, "Kalachakra", with_dictionary=True)
    assert whole > weigh(text, "Kalachak", with_dictionary=True)
    assert whole > weigh(text, " Kalachakra", with_dictionary=True)


def test_numbers_of_components_are_probabilities() -> None:
    """Every number of components from 1 to the most is possible."""
    prior = count_prior()
    assert prior[0] == 0
    assert prior.sum() == pytest.approx(1)
    assert prior.size == MOST_COMPONENTS + 1
    assert (prior[1:] > 0).all()
