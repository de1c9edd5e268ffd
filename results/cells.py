"""Text in CSV cells that a spreadsheet cannot run.

A cell that starts with ``=``, ``+``, ``-``, ``@``, a tab or a line break is a formula to
spreadsheets, and every text here may have been written by someone else. Such a cell gets one
leading ``'``; so does one that starts with ``'`` itself, which makes the rule reversible: reading
strips exactly one. (https://owasp.org/www-community/attacks/CSV_Injection)
"""

from typing import Final

GUARD: Final = "'"
# The full-width signs are formulas too where the spreadsheet runs in Chinese or Japanese.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


GUARDED_STARTS: Final = frozenset((GUARD, *FORMULA_STARTS))
"""With which a text begins that gets a guard."""


def guard(text: str) -> str:
    """Write a text as a cell that stays text; `unguard` gives the text back."""
    return GUARD + text if text[:1] in GUARDED_STARTS else text


def unguard(cell: str) -> str:
    """Give back the text that `guard` wrote."""
    return cell.removeprefix(GUARD)


def guard_optional(text: str | None) -> str:
    """Write a text that may not have been observed: nothing for ``None``, ``'`` for empty text."""
    if text is None:
        return ""
    return guard(text) or GUARD


def unguard_optional(cell: str) -> str | None:
    """Give back what `guard_optional` wrote."""
    return unguard(cell) if cell else None


def encodable(text: str) -> str:
    """Make a text fit for UTF-8: each half of a broken surrogate pair becomes U+FFFD.

    An app that truncates a message can cut an emoji in two. UTF-8 has no form for the half that is
    left; the journal keeps it exactly, a CSV cannot.
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
