"""The lists that ship with the project."""

import csv
import unicodedata
from collections import Counter

import pytest

from wordlists.categories import CATEGORIES_FILE, CONTROL, categories
from wordlists.entry import Entry, folded
from wordlists.wordlist import Wordlist, load_all

# The first word of the Unicode names of a script's letters.
SCRIPTS = {"zh-Hans": "CJK", "zh-Hant": "CJK", "bo": "TIBETAN", "ug": "ARABIC", "en": "LATIN"}


@pytest.fixture(scope="module")
def lists() -> tuple[Wordlist, ...]:
    """All shipped lists, the controls last."""
    return load_all(with_controls=True)


@pytest.fixture(scope="module")
def entries(lists: tuple[Wordlist, ...]) -> list[Entry]:
    """The entries of all lists but the controls."""
    return [entry for wordlist in lists[:-1] for entry in wordlist.entries]


@pytest.fixture(scope="module")
def controls(lists: tuple[Wordlist, ...]) -> tuple[Entry, ...]:
    """The controls."""
    return lists[-1].entries


def test_there_are_enough(lists: tuple[Wordlist, ...], entries: list[Entry]) -> None:
    """Tibet and five more topics, at least 200 entries, a good part of them combinations."""
    assert len(lists) == 7
    assert "tibet" in {wordlist.name for wordlist in lists}
    assert len(entries) >= 200
    combinations = sum(entry.is_combination for entry in entries)
    assert 0.25 <= combinations / len(entries) <= 0.5


def test_lists_are_described(lists: tuple[Wordlist, ...]) -> None:
    """Every list says who looks after it and under which licence it may be used."""
    for wordlist in lists:
        assert wordlist.title
        assert wordlist.description
        assert wordlist.maintainers
        assert wordlist.licence == "CC0-1.0"


def test_ids_are_distinct(entries: list[Entry], controls: tuple[Entry, ...]) -> None:
    """No two shipped entries share an id."""
    ids = Counter(entry.id for entry in (*entries, *controls))
    assert [found for found, count in ids.items() if count > 1] == []


def test_every_row_can_be_checked(entries: list[Entry]) -> None:
    """Every source names a public page."""
    assert [entry.keyword for entry in entries if "https://" not in entry.source] == []


def test_rows_are_sorted(lists: tuple[Wordlist, ...]) -> None:
    """Rows are in order of language and keyword, so that additions make small diffs."""
    for wordlist in lists:
        order = [(entry.language, entry.keyword) for entry in wordlist.entries]
        assert order == sorted(order), wordlist.name


def test_text_is_in_the_script_of_its_language(
    entries: list[Entry], controls: tuple[Entry, ...]
) -> None:
    """Every entry has letters of the script its language is written in, and no other's."""
    for entry in (*entries, *controls):
        letters = [c for c in "".join(entry.components) if unicodedata.category(c) == "Lo"]
        scripts = {unicodedata.name(letter).split()[0] for letter in letters} or {"LATIN"}
        assert scripts == {SCRIPTS[entry.language]}, entry.keyword


def test_tibet_is_in_four_scripts(lists: tuple[Wordlist, ...]) -> None:
    """The Kalachakra case is there in every language, alone and as combinations."""
    (tibet,) = [wordlist for wordlist in lists if wordlist.name == "tibet"]
    kinds = {(entry.language, entry.is_combination) for entry in tibet.entries}
    languages = ("en", "zh-Hans", "zh-Hant", "bo")
    assert kinds == {(language, kind) for language in languages for kind in (True, False)}


def test_controls_are_enough_in_every_script(controls: tuple[Entry, ...]) -> None:
    """There are controls to match probes in each script and of each length in use."""
    counts = Counter(entry.language for entry in controls)
    assert len(controls) >= 220
    assert all(counts[language] >= 45 for language in ("zh-Hans", "zh-Hant", "en"))
    assert all(counts[language] >= 30 for language in ("bo", "ug"))
    lengths = {len(entry.keyword) for entry in controls}
    assert set(range(2, 25)) <= lengths


def test_controls_are_harmless(entries: list[Entry], controls: tuple[Entry, ...]) -> None:
    """No control holds any component of any entry, so that none can be censored for one."""
    components = {part for entry in entries for part in folded(entry.components)}
    texts = {folded(entry.components)[0] for entry in controls}
    assert [(text, part) for text in texts for part in components if part in text] == []


def test_controls_are_told_by_their_category(
    entries: list[Entry], controls: tuple[Entry, ...]
) -> None:
    """Controls, and nothing else, have the category CTRL and are no combinations."""
    assert {entry.category for entry in controls} == {CONTROL}
    assert CONTROL not in {entry.category for entry in entries}
    assert not any(entry.is_combination for entry in controls)


def test_categories_are_a_table() -> None:
    """Codes are unique, sorted, and each says what it means."""
    with CATEGORIES_FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    codes = [row["code"] for row in rows]
    assert codes == sorted(set(codes))
    assert all(categories()[code] for code in codes)
