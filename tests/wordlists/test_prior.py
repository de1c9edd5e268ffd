"""What earlier studies found, kept in the notes of entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wordlists.lists import entry
from wordlists.prior import ANY, DIRECT, GROUP, format_prior, prior_knowledge, was_blocked

FINDINGS = st.dictionaries(st.sampled_from([GROUP, DIRECT, ANY]), st.booleans())


@given(FINDINGS, st.text(st.characters(exclude_characters="\r")))
def test_findings_come_back(findings: dict[str, bool], remark: str) -> None:
    """What is written as notes is read again, whatever a remark after it says."""
    notes = format_prior(findings, f"translation: {remark}")
    assert prior_knowledge(entry("x", notes=notes)) == findings


@pytest.mark.parametrize(
    ("notes", "group", "direct"),
    [
        ("group: blocked; direct: not blocked", True, False),
        ("group: blocked", True, None),
        ("direct: blocked", True, True),  # groups are filtered more strictly
        ("group: not blocked", False, False),
        ("direct: not blocked", None, False),
        ("any: blocked; translation: x", True, True),
        ("any: blocked\nline 4: a remark", True, True),
        ("translation: group: blocked", None, None),
        ("", None, None),
    ],
)
def test_what_one_can_expect(notes: str, group: bool | None, direct: bool | None) -> None:
    """A finding in one kind of chat says something of the other in one direction only."""
    known = entry("x", notes=notes)
    assert (was_blocked(known, GROUP), was_blocked(known, DIRECT)) == (group, direct)
