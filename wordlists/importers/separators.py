"""What stands between the components of a combination in published lists."""

import re
from enum import StrEnum
from typing import Final

from wordlists.entry import parse_keyword

_PLUS = re.compile(r"\s*[+＋]\s*")
_SPACE = re.compile(r"\s+")


class Separator(StrEnum):
    """What stands between two components."""

    OURS = "ours"
    """A plus between two spaces, as in our own lists: ``A + B``; ``C++`` is one component."""
    PLUS = "plus"
    """Any plus: ``A+B``, ``A + B``."""
    SPACE = "space"
    """A space: ``A B``."""
    NONE = "none"
    """Nothing: every text is one component."""


_COMBINATIONS: Final = frozenset({"combo", "combination", "combinations"})


def split_keyword(text: str, separator: Separator, kind: str = "") -> tuple[str, ...]:
    """Take a keyword of a published list apart.

    Args:
        text: The keyword.
        separator: What stands between its components.
        kind: What the list says it is; where a list says, only a ``combo`` is taken apart at
            spaces, since those of a phrase are part of it.
    """
    match separator:
        case Separator.PLUS:
            return tuple(part.strip() for part in _PLUS.split(text))
        case Separator.SPACE if not kind or kind.strip().casefold() in _COMBINATIONS:
            return tuple(_SPACE.split(text.strip()))
        case Separator.OURS:
            return parse_keyword(text)
        case _:
            return (text,)


def is_combination(kind: str) -> bool:
    """Whether a list calls something a combination."""
    return kind.strip().casefold() in _COMBINATIONS
