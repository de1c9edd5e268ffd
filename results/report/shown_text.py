"""Texts as a page can show them: nothing invisible, nothing that turns the page around.

A keyword may hold line ends, NUL, half an emoji, or characters that reverse the order of what
follows. Each of these is shown by a sign or its code point, since it may be what matters.
"""

import unicodedata
from typing import Final

_SIGNS: Final = {"\n": "↵", "\r": "␍", "\t": "⇥", "\0": "␀"}
# Formats that scripts are written with: joiners of Persian, Uyghur and Indic scripts.
_ORTHOGRAPHIC: Final = frozenset("\u200c\u200d")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"})


def shown(text: str) -> str:
    """Give a text with every character visible, fit for UTF-8."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_sign, text))


def _sign(character: str) -> str:
    if character in _SIGNS:
        return _SIGNS[character]
    if character in _ORTHOGRAPHIC or unicodedata.category(character) not in _HIDDEN:
        return character
    return f"⟨U+{ord(character):04X}⟩"


def direction(text: str) -> str:
    """Give the direction a text is read in: that of its first letter, as Unicode has it.

    Returns:
        ``ltr`` or ``rtl``.
    """
    for character in text:
        match unicodedata.bidirectional(character):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return "ltr"
