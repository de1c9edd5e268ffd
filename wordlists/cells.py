"""Text in CSV cells that a spreadsheet cannot run.

Lists are opened in spreadsheets by people who do not program, and a cell that starts with ``=``,
``+``, ``-``, ``@``, a tab or a line break is a formula there. Such a cell gets one leading ``'``;
so does one that starts with ``'`` itself, which makes the rule reversible: reading strips exactly
one. (https://owasp.org/www-community/attacks/CSV_Injection; exports of results do the same.)
"""

from typing import Final

GUARD: Final = "'"
# The full-width signs are formulas too where the spreadsheet runs in Chinese or Japanese.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guard(text: str) -> str:
    """Write a text as a cell that stays text; `unguard` gives the text back."""
    return GUARD + text if text.startswith((GUARD, *FORMULA_STARTS)) else text


def unguard(cell: str) -> str:
    """Give back the text that `guard` wrote."""
    return cell[1:] if cell[:1] == GUARD else cell
