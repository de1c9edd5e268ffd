"""Which characters have a place in a list."""

import pytest

from wordlists.characters import describe, has_visible, misfits


@pytest.mark.parametrize(
    "text",
    [
        "达赖喇嘛",
        "ཏཱ་ལའི་བླ་མ",
        "ئۇيغۇر",
        "نمی\u200cدانم",  # Persian: a word of two parts
        "क्\u200dष",  # Devanagari: half form
        "👩\u200d👩\u200d👧",
        "❤\ufe0f\u200d🔥",
        "👍\U0001f3fd",
        "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",  # Scotland
        "葛\U000e0100城",  # a variant of the ideograph
        "ᠮᠣᠩ\u180bᠭᠣᠯ",
        "\u0600١٢",  # Arabic number sign: a format character that can be seen
        "a b",
    ],
    ids=ascii,
)
def test_what_scripts_need_is_accepted(text: str) -> None:
    """Joiners and selectors are fine where the script or the emoji before them uses them."""
    assert list(misfits(text)) == []


@pytest.mark.parametrize(
    ("text", "at", "kind"),
    [
        ("a\x00b", 1, "control character"),
        ("a\tb", 1, "control character"),
        ("a\nb", 1, "control character"),
        ("a\u2028b", 1, "line separator"),
        ("a\u00a0b", 1, "unusual space"),
        ("西\u3000藏", 1, "unusual space"),
        ("a\u202eb", 1, "text direction control"),
        ("ئۇ\u200fي", 2, "text direction control"),
        ("a\u200bb", 1, "invisible character"),
        ("a\u200db", 1, "invisible character"),
        ("西\u200c藏", 1, "invisible character"),
        ("\ufeffa", 0, "invisible character"),
        ("a\u00adb", 1, "invisible character"),
        ("\ufe0fa", 0, "invisible character"),
        ("a\u3164b", 1, "invisible character"),
        ("a\U000e0067", 1, "invisible character"),
        ("a\ufffd", 1, "replacement character left by a damaging conversion"),
        ("a\uffff", 1, "code that Unicode keeps for internal use"),
        ("a\U0001fffe", 1, "code that Unicode keeps for internal use"),
    ],
    ids=ascii,
)
def test_what_nobody_sees_is_found(text: str, at: int, kind: str) -> None:
    """A character that cannot be seen, or does not survive copying, is found at its place."""
    assert list(misfits(text)) == [(at, kind)]


def test_line_feeds_are_fine_where_lines_are() -> None:
    """Only texts of several lines may have line feeds, and nothing else that controls."""
    assert list(misfits("a\nb\rc", multiline=True)) == [(3, "control character")]


@pytest.mark.parametrize(
    "text", ["", " ", "\u200b", "\u3164", "\u0301", "\u200c\u200d", "\ufe0f"], ids=ascii
)
def test_nothing_to_see(text: str) -> None:
    """Spaces, fillers, format characters and marks without a letter show nothing."""
    assert not has_visible(text)


@pytest.mark.parametrize("text", ["a", "。", "é", "🧪", "\ue000", "\u0600"], ids=ascii)
def test_something_to_see(text: str) -> None:
    """Letters, punctuation, symbols and the characters of a font's own show something."""
    assert has_visible(text)


def test_describe_names_what_cannot_be_shown() -> None:
    """A message can name a character even when Unicode has no name for it."""
    assert describe("\u200b") == "U+200B ZERO WIDTH SPACE"
    assert describe("\x07") == "U+0007"
