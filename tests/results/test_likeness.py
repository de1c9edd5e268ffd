"""What an inexact reading may and may not be taken for."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.likeness import LEAST_OCR_SIMILARITY, is_misreading, is_preview, ocr_similarity
from results.record import MessageKind, Outcome, ReadMode
from results.rules import BracketLimits, score
from tests.results.examples import arrived, sent

TEXT = "达赖喇嘛 菩提伽耶 金刚灌顶法会"


def outcome(text: str, read: str, mode: ReadMode) -> Outcome:
    """What becomes of a text that is read as another."""
    attempt = replace(arrived(sent(0, MessageKind.PROBE, "e"), read), text=text, read_mode=mode)
    return score([attempt], BracketLimits())[attempt.id].outcome


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        ("达赖喇嘛菩提伽耶金刚灌顶法会", Outcome.DELIVERED),  # spaces are not seen
        ("达赖喇嘛\n菩提伽耶\n金刚灌頂法会", Outcome.DELIVERED),  # one character misread
        ("法赖刺麻菩是伽邪全冈灌页去云", Outcome.UNKNOWN),  # hardly read at all
        ("**** 菩提伽耶 金刚灌顶法会", Outcome.ALTERED),  # masked, however alike
    ],
)
def test_reading_by_ocr(read: str, expected: Outcome) -> None:
    """A misread text is delivered or unknown, never altered; a mask is altered."""
    assert outcome(TEXT, read, ReadMode.OCR) is expected


@pytest.mark.parametrize(
    ("text", "shown", "expected"),
    [
        ("one two\nthree", "one two three", Outcome.DELIVERED),
        ("one two three", "one two t…", Outcome.DELIVERED),
        ("one two three", "one…", Outcome.UNKNOWN),
        ("one two three", "one *** three", Outcome.ALTERED),
    ],
)
def test_reading_by_notification(text: str, shown: str, expected: Outcome) -> None:
    """A preview that was cut short is delivered; a text that was changed is altered."""
    assert outcome(text, shown, ReadMode.NOTIFICATIONS) is expected


@pytest.mark.parametrize("read", ["达赖喇嘛 菩提伽耶 金刚灌頂法会", "达赖喇嘛 菩提伽耶"])
def test_reading_of_the_tree_is_exact(read: str) -> None:
    """What the accessibility tree shows is taken as it is: any change is a change."""
    assert outcome(TEXT, read, ReadMode.TREE) is Outcome.ALTERED


@given(st.text(min_size=1), st.text())
def test_likeness_is_bounded(sent: str, read: str) -> None:
    """A text resembles itself wholly, and no other more."""
    assert ocr_similarity(sent, sent) == 1.0
    assert 0.0 <= ocr_similarity(sent, read) <= 1.0
    if is_misreading(sent, read):
        assert ocr_similarity(sent, read) >= LEAST_OCR_SIMILARITY
    assert is_preview("a" + sent, "") is False
