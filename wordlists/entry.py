r"""One line of a wordlist, and how a combination is written in its keyword cell.

A combination is written with a plus between two spaces: ``Dalai Lama + Kalachakra`` has two
components. A plus that touches a letter is part of the keyword (``C++``, ``Google+``), with one
exception: tight between two words (``A+B``) it may mean either, so the lint asks which. A backslash
settles it: ``R\+L`` is one component with a plus in it, ``\\`` is a backslash.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

JOINER: Final = " + "
# The full-width sign is what a Chinese or Japanese keyboard gives for a plus.
PLUSES: Final = frozenset("+＋")

# A list holds no control characters, so this cannot occur within a component.
_ID_SEPARATOR: Final = "\x1f"
_ID_LENGTH: Final = 10

_ESCAPED = re.compile(r"\\([\\+＋])")
# What may touch a plus that was meant as a joiner: letters, marks and digits, with the bracket or
# quote that closes one word or opens the next.
_WORD_ENDS: Final = frozenset({"L", "M", "N", "Pe", "Pf"})
_WORD_STARTS: Final = frozenset({"L", "N", "Ps", "Pi"})
_TSHEG: Final = "་"  # ends a Tibetan syllable


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A keyword, or a combination of components that must appear together in one message."""

    id: str
    """What the entry is called everywhere: `entry_id` of its components."""
    components: tuple[str, ...]
    """The texts that must appear together, in the order in which they are sent; at least one."""
    language: str
    """BCP 47, in its standard form (``zh-Hans``, ``bo``)."""
    category: str
    """A code of categories.csv."""
    date_added: datetime.date
    """The day the entry came into the list."""
    source: str
    """Where it is public that the topic is censored, or what the text means: reference and URL."""
    notes: str
    """Anything else; may be empty. Importers keep earlier findings here."""
    wordlist: str
    """The name of the list."""
    path: Path
    """The file the entry is in."""
    line: int
    """The line of the file on which the entry starts, from 1."""

    @property
    def keyword(self) -> str:
        """The entry as its keyword cell has it: the components joined by `` + ``."""
        return format_keyword(self.components)

    @property
    def is_combination(self) -> bool:
        """Whether there is more than one component."""
        return len(self.components) > 1


def entry_id(components: Sequence[str]) -> str:
    """Name an entry by its text alone, so that it keeps its name across lists, years and machines.

    The order of components counts: some filters are sensitive to it, so ``A + B`` and ``B + A`` are
    different entries.

    Returns:
        The first 10 hexadecimal digits (40 bits) of the SHA-256 of the NFC-normalised components,
        UTF-8, joined by U+001F. Among 10,000 entries two share an id with probability 5e-5.
    """
    text = _ID_SEPARATOR.join(unicodedata.normalize("NFC", part) for part in components)
    return sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def folded(components: Iterable[str]) -> tuple[str, ...]:
    """Reduce components to what makes two entries duplicates: NFKC and case folding.

    Folding can undo normalisation and the other way round, hence NFKC on both sides (Unicode
    Standard, 3.13, D146).
    """
    return tuple(
        unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", part).casefold())
        for part in components
    )


def parse_keyword(text: str) -> tuple[str, ...]:
    """Take a keyword cell apart; what is empty or unclear in it is for the lint to say."""
    components: list[list[str]] = [[]]
    for word in text.split(" "):
        if word in PLUSES:
            components.append([])
        else:
            components[-1].append(_ESCAPED.sub(r"\1", word))
    return tuple(" ".join(words) for words in components)


def format_keyword(components: Iterable[str]) -> str:
    """Write components as a keyword cell; `parse_keyword` gives them back."""
    return JOINER.join(
        " ".join(_escape(word) for word in component.split(" ")) for component in components
    )


def unclear_pluses(text: str) -> list[int]:
    """Find the pluses in a keyword cell that may be meant as joiners: their indices."""
    return [at for at, sign in enumerate(text) if _joins_words(text, at, sign)]


def _escape(word: str) -> str:
    if word in PLUSES:
        return "\\" + word
    return "".join(
        "\\" + sign if sign == "\\" or _joins_words(word, at, sign) else sign
        for at, sign in enumerate(word)
    )


def _joins_words(text: str, at: int, sign: str) -> bool:
    if sign not in PLUSES or not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    return (before == _TSHEG or _is_of(before, _WORD_ENDS)) and _is_of(after, _WORD_STARTS)


def _is_of(character: str, kinds: frozenset[str]) -> bool:
    category = unicodedata.category(character)
    return category in kinds or category[0] in kinds
