"""Verdicts computed again from what was observed."""

from dataclasses import replace

import pytest

from results.errors import JournalError
from results.journal import Journal
from results.record import VerdictKind
from results.rescore import rescore, rescoring_lines, save
from results.rules import RULES_VERSION
from tests.results.examples import RUN, entry, lane_of


@pytest.fixture
def measured(journal: Journal) -> Journal:
    """A journal with a run that saved its verdicts."""
    journal.add_entries(RUN.id, [entry("e", "達賴"), entry("f")])
    for attempt in lane_of("C" * 30 + "nCnCpCpCpCpC"):
        journal.begin_attempt(attempt)
    save(journal, rescore(journal, RUN.id))
    return journal


def test_stored_verdicts_name_rule_and_version(measured: Journal) -> None:
    """Each stored verdict names the rule that gave it, and the version of the rules."""
    said = {each.entry_id: each for each in measured.verdicts(RUN.id)}
    assert said["e"].kind is VerdictKind.CENSORED
    assert {each: verdict.rule_id for each, verdict in said.items()} == {
        "e": "blocked_even_to_a_sceptic",
        "f": "nothing_counted",
    }
    assert {each.rules_version for each in said.values()} == {RULES_VERSION}


def test_verdicts_are_read_in_pages(measured: Journal) -> None:
    """However small the pages, all stored verdicts are read, in their order."""
    for page in (1, 2, 3):
        rows = measured.verdict_rows(RUN.id, page)
        assert [row.text("entry_id") for row in rows] == ["e", "f"]


def test_rescoring_what_was_just_scored_changes_nothing(measured: Journal) -> None:
    """The raw attempts give the stored verdicts, to the last figure."""
    made = rescore(measured, "latest")
    assert not made.changed
    assert rescoring_lines(made, is_saved=False) == [f"run {RUN.id}: all 2 verdicts are as stored"]


def test_stale_verdict_is_overturned(measured: Journal) -> None:
    """A verdict that the attempts do not give is told, with both rules, and put right."""
    stale = [
        replace(
            each, kind=VerdictKind.CLEAR, rule_id="delivered_even_to_a_suspect", rules_version="0"
        )
        for each in measured.verdicts(RUN.id)[:1]
    ]
    measured.save_verdicts(RUN.id, stale)
    made = rescore(measured, RUN.id)
    assert rescoring_lines(made, is_saved=True) == [
        "達賴: clear (delivered_even_to_a_suspect, rules version 0) → censored "
        f"(blocked_even_to_a_sceptic, rules version {RULES_VERSION})",
        f"f: no verdict → inconclusive (nothing_counted, rules version {RULES_VERSION})",
        f"run {RUN.id}: 2 of 2 verdicts overturned, 0 more with other figures; saved",
    ]
    save(measured, made)
    assert not rescore(measured, RUN.id).changed


def test_unknown_rules_are_refused(measured: Journal) -> None:
    """Rules this version does not have are refused, and those it has are named."""
    with pytest.raises(JournalError, match=rf"'7' is not known here; .* has '{RULES_VERSION}'"):
        rescore(measured, RUN.id, rules="7")
