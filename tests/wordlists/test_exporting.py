"""Exporting lists: what is imported again is what was exported."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wordlists.lists import entry
from tests.wordlists.test_writer import entries
from wordlists.advice import sort_key
from wordlists.duplicates import duplicate_key
from wordlists.entry import Entry
from wordlists.errors import WordlistError
from wordlists.exporting import MAX_CELL_CHARACTERS, export
from wordlists.importers.citizenlab import read_published
from wordlists.variants import derive
from wordlists.wordlist import load_all
from wordlists.writer import cells_of

SUFFIXES = (".csv", ".tsv", ".jsonl", ".xlsx")


def cells(found: Iterator[Entry] | tuple[Entry, ...] | list[Entry]) -> list[tuple[str, ...]]:
    """All that a list says of entries."""
    return [(each.id, *cells_of(each, with_variants=True)) for each in found]


def lists() -> st.SearchStrategy[list[Entry]]:
    """Lists as they should be: sorted, without duplicates."""
    return st.lists(
        entries(), min_size=1, max_size=5, unique_by=lambda each: duplicate_key(each.components)
    ).map(lambda drawn: sorted(drawn, key=sort_key))


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=60)
@given(drawn=lists())
def test_import_of_an_export_is_the_list(drawn: list[Entry], suffix: str) -> None:
    """Whatever a list may hold, exporting and importing gives it back, in every format."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"mine{suffix}"
        export(drawn, path)
        found, report = read_published(path, wordlist="mine")
    assert report.refused == ()
    assert (report.read, report.taken) == (len(drawn), len(drawn))
    assert cells(found) == cells(drawn)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_shipped_lists_and_their_variants_come_back(tmp_path: Path, suffix: str) -> None:
    """The shipped lists, and what is derived from them, are the same after export and import."""
    for wordlist in load_all(with_controls=True):
        path = tmp_path / f"{wordlist.name}{suffix}"
        export(wordlist.entries, path)
        assert cells(read_published(path, wordlist="x")[0]) == cells(wordlist.entries)
        variants = [each for found in wordlist.entries for each in derive(found).variants]
        path = tmp_path / f"{wordlist.name}-variants{suffix}"
        export(variants, path)
        assert sorted(cells(read_published(path, wordlist="x")[0])) == sorted(cells(variants))


def test_workbook_runs_no_formula(tmp_path: Path) -> None:
    """A keyword that looks like a formula is a text in the workbook, without a mark in front."""
    path = tmp_path / "mine.xlsx"
    export([entry("=1+1")], path)
    assert read_published(path, wordlist="x")[0][0].components == ("=1+1",)


def test_cell_that_a_workbook_cannot_hold_is_refused(tmp_path: Path) -> None:
    """A text that would be cut is refused, and no workbook is left behind."""
    with pytest.raises(WordlistError, match="more than 32,767 characters"):
        export([entry("x", notes="a" * (MAX_CELL_CHARACTERS + 1))], tmp_path / "mine.xlsx")
    assert list(tmp_path.iterdir()) == []
