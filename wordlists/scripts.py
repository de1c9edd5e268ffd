"""Which script a text is written in, and what that says of its language."""

import re
import unicodedata
from collections import Counter
from functools import cache
from typing import Final

_UYGHUR_LETTERS: Final = frozenset("ېۆۇۈۋەڭھ")
_OTHER_ARABIC_LETTERS: Final = frozenset("ةطظضصثذحع")
# Letters that are not among the common ideographs.
_OTHER_LETTER = re.compile(r"[^\W\d_\u4e00-\u9fff]")
_IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
# Languages that are the only ones, among those written about here, in their script.
_LANGUAGE_OF: Final = (("TIBETAN", "bo"), ("HANGUL", "ko"), ("HIRAGANA", "ja"), ("KATAKANA", "ja"))


@cache
def _script_of_letter(character: str) -> str:
    """The first word of a letter's Unicode name; empty for what is no letter."""
    if not unicodedata.category(character).startswith("L"):
        return ""
    return unicodedata.name(character, "UNKNOWN").partition(" ")[0]


def script_of(text: str) -> str:
    """The script most letters of a text are in, by the first word of their Unicode names.

    Returns:
        ``CJK``, ``LATIN``, ``TIBETAN``, ``ARABIC`` …; empty for a text without letters.
    """
    if not _OTHER_LETTER.search(text):  # nine texts of ten, at a fifth of the time
        return "CJK" if _IDEOGRAPH.search(text) else ""
    scripts = Counter(filter(None, map(_script_of_letter, text)))
    return scripts.most_common(1)[0][0] if scripts else ""


def guess_language(text: str) -> str | None:
    """Tell the language of a text from its script, where that leaves no doubt.

    Latin letters beside others say nothing: Chinese texts have them too (``共产党 9ping``).

    Han characters are told apart by the two national standards, each of which holds the characters
    of one orthography: GB 2312 (1980) the simplified and Big5 (1984) the traditional ones.

    Returns:
        A BCP 47 tag; ``zh`` for Han characters that either orthography could hold, or neither; None
        where many languages use the script.
    """
    script = script_of("".join(c for c in text if _script_of_letter(c) != "LATIN"))
    if script == "CJK":
        letters = "".join(c for c in text if _script_of_letter(c) == "CJK")
        is_simplified = _can_encode(letters, "gb2312")
        is_traditional = _can_encode(letters, "big5")
        if is_simplified == is_traditional:
            return "zh"
        return "zh-Hans" if is_simplified else "zh-Hant"
    if script == "ARABIC":
        found = set(text)
        has_uyghur = bool(found & _UYGHUR_LETTERS)
        return "ug" if has_uyghur and not found & _OTHER_ARABIC_LETTERS else None
    return dict(_LANGUAGE_OF).get(script)


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
