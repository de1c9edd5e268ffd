"""Characters that have no place in a list, because nobody can see that they are there.

A message with a stray zero-width space is another message than the one a reader of the list
believes was tested, and a filter may well treat it differently. So every character must be seen,
or be one that its script needs: joiners in Arabic and Indic scripts, in emoji, and variation
selectors after something they can vary.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

_JOINERS: Final = "\u200c\u200d"
_JOINING_SCRIPTS: Final = frozenset(
    {
        *("ARABIC", "MANDAIC", "MONGOLIAN", "NKO", "PHAGS-PA", "SYRIAC"),
        *("BENGALI", "DEVANAGARI", "GUJARATI", "GURMUKHI", "KANNADA", "MALAYALAM", "ORIYA"),
        *("KHMER", "MYANMAR", "SINHALA", "TAMIL", "TELUGU", "TIBETAN"),
    }
)
# Cf, but with a shape of their own: number signs of Arabic, Syriac and Kaithi.
_VISIBLE_FORMATS: Final = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)
# Letters, marks and symbols to Unicode, and blank nonetheless.
_BLANKS: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_MONGOLIAN_SELECTORS: Final = "\u180b\u180c\u180d\u180e\u180f"
_BLACK_FLAG: Final = "\U0001f3f4"
_TAGS: Final = range(0xE0020, 0xE0080)
_SELECTORS: Final = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_NONCHARACTERS: Final = range(0xFDD0, 0xFDF0)
_PLANE_ENDS: Final = (0xFFFE, 0xFFFF)  # noncharacters too, in each of the 17 planes

# What `str.isprintable` lets pass although a list may not hold it, or only in its place.
_PRINTABLE_SUSPECTS = re.compile(
    f"[{''.join(sorted(_BLANKS))}{_MONGOLIAN_SELECTORS}\ufffd\ufe00-\ufe0f\U000e0100-\U000e01ef]"
)

_REFUSED_CATEGORIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cc": "control character",
        "Cs": "half of a surrogate pair",
        "Zl": "line separator",
        "Zp": "line separator",
    }
)
_REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "\ufffd": "replacement character left by a damaging conversion",
        **dict.fromkeys(
            "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
            "text direction control",
        ),
    }
)


def describe(character: str) -> str:
    """Name a character that cannot be shown: ``U+200B ZERO WIDTH SPACE``."""
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()


def has_suspects(text: str) -> bool:
    """Whether a printable text holds a character that a list may not hold, or not in any place."""
    return not text.isascii() and _PRINTABLE_SUSPECTS.search(text) is not None


def misfits(text: str, *, multiline: bool = False) -> Iterator[tuple[int, str]]:
    """Find the characters that have no place in a list.

    Args:
        text: A cell.
        multiline: Whether line feeds are fine.

    Yields:
        The index of the character, and the kind it is of ("invisible character").
    """
    # Nearly every text passes here, at a fiftieth of what the walk below takes.
    if text.isprintable() and not has_suspects(text):
        return
    for at, character in enumerate(text):
        if multiline and character == "\n":
            continue
        kind = _kind(text, at, character)
        if kind is not None:
            yield at, kind


def has_visible(text: str) -> bool:
    """Whether anything of the text can be seen."""
    if text[:1].isalnum() and text[0] not in _BLANKS:
        return True
    return any(
        character in _VISIBLE_FORMATS
        or unicodedata.category(character) in {"Cn", "Co"}  # new emoji; a font's own characters
        or (unicodedata.category(character)[0] in "LNPS" and character not in _BLANKS)
        for character in text
    )


def _kind(text: str, at: int, character: str) -> str | None:
    category = unicodedata.category(character)
    refused = _REFUSED_CATEGORIES.get(category) or _REFUSED.get(character)
    if refused is not None:
        return refused
    if category == "Zs" and character != " ":
        return "unusual space"
    if ord(character) in _NONCHARACTERS or ord(character) & 0xFFFF in _PLANE_ENDS:
        return "code that Unicode keeps for internal use"
    if _is_invisible(character, category) and not _is_needed(text[:at], character):
        return "invisible character"
    return None


def _is_invisible(character: str, category: str) -> bool:
    return character in _BLANKS or (
        (category == "Cf" and character not in _VISIBLE_FORMATS) or _is_selector(character)
    )


def _is_selector(character: str) -> bool:
    return character in _MONGOLIAN_SELECTORS or any(
        ord(character) in selectors for selectors in _SELECTORS
    )


def _is_needed(before: str, character: str) -> bool:
    """Whether the script of the text before an invisible character makes use of it."""
    if not before:
        return False
    previous = before[-1]
    if character in _JOINERS:
        emoji = character == "\u200d" and (
            unicodedata.category(previous) in {"So", "Sk"} or _is_selector(previous)
        )
        return emoji or _script(previous) in _JOINING_SCRIPTS
    if character in _MONGOLIAN_SELECTORS:
        return _script(previous) == "MONGOLIAN"
    if ord(character) in _TAGS:
        return previous == _BLACK_FLAG or ord(previous) in _TAGS
    if _is_selector(character):
        return not _is_selector(previous) and unicodedata.category(previous)[0] in "LMNPS"
    return False


def _script(character: str) -> str:
    """The script of a character, which Python knows only as the first word of its name."""
    return unicodedata.name(character, "").partition(" ")[0]
