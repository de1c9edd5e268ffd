"""Comparing, splitting and merging lists, and counting what is in them."""

from hypothesis import given
from hypothesis import strategies as st

from tests.wordlists.lists import entry
from tests.wordlists.test_exporting import lists
from wordlists.census import take_census
from wordlists.comparison import compare
from wordlists.entry import Entry
from wordlists.regrouping import Grouping, merge, split


@given(lists(), lists())
def test_differences_account_for_every_entry(before: list[Entry], after: list[Entry]) -> None:
    """Each entry of either list is added, removed, changed or the same, and only one of these."""
    found = compare(before, after)
    assert len(before) == len(found.removed) + len(found.changed) + found.same
    assert len(after) == len(found.added) + len(found.changed) + found.same


@given(lists())
def test_list_does_not_differ_from_itself(drawn: list[Entry]) -> None:
    """A list compared with itself is the same."""
    found = compare(drawn, drawn)
    assert (found.added, found.removed, found.changed, found.same) == ((), (), (), len(drawn))


@given(lists(), st.sampled_from(list(Grouping)))
def test_merging_what_was_split_gives_the_list(drawn: list[Entry], by: Grouping) -> None:
    """No entry is lost or changed by splitting and merging."""
    union = merge(list(split(drawn, "mine", by).values()))
    assert list(union.entries) == drawn
    assert (union.same, union.kept_out) == (0, ())


@given(lists(), lists())
def test_first_list_prevails(first: list[Entry], second: list[Entry]) -> None:
    """A merged list holds all of the first, and each entry of the second or the reason why not."""
    union = merge([first, second])
    assert set(first) <= set(union.entries)
    assert union.taken[0] == len(first)
    assert union.taken[1] + union.same + len(union.kept_out) == len(second)


def test_census_counts() -> None:
    """Entries are counted by what they are, and combinations by their components."""
    census = take_census(
        [
            entry("a"),
            entry("b", "c", notes="group: blocked"),
            entry("d", "e", "f", language="bo", category="POLR"),
        ]
    )
    assert (census.entries, census.combinations, census.with_prior) == (3, 2, 1)
    assert (census.mean_components, census.median_length, census.longest) == (2.5, 3, 5)
    assert census.by_both == {("REL", "en"): 2, ("POLR", "bo"): 1}
    assert take_census([]).longest == 0
