"""Matching controls with entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wordlists.lists import entry
from wordlists.entry import Entry
from wordlists.matching import Coverage, Frequencies, rank_controls
from wordlists.wordlist import load_all, load_controls

CONTROLS = (
    entry("good day"),
    entry("a cup of tea"),
    entry("the train leaves at nine"),
    entry("天气很好", language="zh-Hans"),
    entry("天氣很好", language="zh-Hant"),
)


def keywords(text: str, language: str = "en", seed: int = 0) -> list[str]:
    """The controls for a text, nearest first."""
    matches = rank_controls(entry(text, language=language), CONTROLS, seed=seed)
    return [match.control.keyword for match in matches]


def test_only_controls_of_the_script_are_taken() -> None:
    """A control is in the script of the entry, and in its language before another."""
    assert keywords("达赖喇嘛", "zh-Hans") == ["天气很好", "天氣很好"]
    assert keywords("達賴喇嘛", "zh-Hant") == ["天氣很好", "天气很好"]
    assert keywords("བོད", "bo") == []


def test_nearest_length_comes_first() -> None:
    """Of controls alike in all else, that of the entry's length is the best."""
    assert keywords("the plane lands at seven")[0] == "the train leaves at nine"
    assert keywords("the game")[0] == "good day"


def test_controls_that_are_much_longer_are_left_out() -> None:
    """A control can be joined to another, but not cut."""
    assert keywords("tea") == []
    assert keywords("tea room") == ["good day", "a cup of tea"]


def test_frequency_decides_between_equal_lengths() -> None:
    """Of controls of one length, that whose letters are as frequent as the entry's is nearer."""
    texts = ["e" * 60, "e" * 40, "q"]
    frequencies = Frequencies.of(texts)
    pair = (entry("eeee"), entry("qqqq"))
    common = rank_controls(entry("eeea"), pair, seed=0, frequencies=frequencies)
    assert [match.control.keyword for match in common] == ["eeee", "qqqq"]
    rare = rank_controls(entry("qqqa"), pair, seed=0, frequencies=frequencies)
    assert [match.control.keyword for match in rare] == ["qqqq", "eeee"]


@given(st.integers(), st.permutations(CONTROLS))
def test_choice_depends_on_the_seed_alone(seed: int, shuffled: list[Entry]) -> None:
    """The same seed gives the same order, in whatever order controls are given."""
    found = rank_controls(entry("a word or two"), tuple(shuffled), seed=seed)
    assert [match.control.keyword for match in found] == keywords("a word or two", seed=seed)


def test_seeds_choose_among_equals() -> None:
    """Controls that are equally near come in an order that the seed decides."""
    pair = (entry("ab cd"), entry("ba dc"))
    firsts = {
        rank_controls(entry("dc ba"), pair, seed=seed)[0].control.keyword for seed in range(20)
    }
    assert firsts == {"ab cd", "ba dc"}


def test_coverage_says_what_ranking_finds() -> None:
    """An entry has a gap exactly when no control is ranked for it, in every shipped list."""
    controls = load_controls().entries
    coverage = Coverage(controls)
    entries = [each for wordlist in load_all() for each in wordlist.entries]
    for each in (*entries, entry("64"), entry("ты"), entry("中", language="zh")):
        assert (coverage.gap(each) is None) == bool(rank_controls(each, controls, seed=0))


@pytest.mark.parametrize("text", ["", "64", "!"])
def test_level_of_what_has_no_letters_is_zero(text: str) -> None:
    """Digits and signs have no frequency."""
    assert Frequencies.of(["abc"]).level(text) == 0.0
