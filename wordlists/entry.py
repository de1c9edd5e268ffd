r"""One line of a wordlist, and how a combination is written in its keyword cell.

A combination is written with a plus between two spaces: ``Dalai Lama + Kalachakra`` has two
components. A plus that touches a letter is part of the keyword (``C++``, ``Google+``), with one
exception: tight between two words (``A+B``) it may mean either, so the lint asks which. A backslash
settles it: ``R\+L`` is one component with a plus in it, ``\\`` is a backslash.

An entry may be derived from another one, to find out which normalisations a filter applies: see
`wordlists.variants`.
"""

import datetime
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Final

JOINER: Final = " + "
# The full-width sign is what a Chinese or Japanese keyboard gives for a plus.
PLUSES: Final = frozenset("+＋")

# A list holds no control characters, so these cannot occur within a component.
_ID_SEPARATOR: Final = "\x1f"
_MESSAGE_SEPARATOR: Final = "\x1e"
_ID_LENGTH: Final = 10

_ESCAPED = re.compile(r"\\([\\+＋])")
# A keyword is looked at by several checks in turn, and what each of them asks is the same.
_RECENT: Final = 256

_NOTATION = re.compile(r"[\\+＋]")
_PLUS = re.compile("[+＋]")
_TIGHT_PLUS = re.compile(r"[^ \\][+＋][^ ]")
# What may touch a plus that was meant as a joiner: letters, marks and digits, with the bracket or
# quote that closes one word or opens the next.
_WORD_ENDS: Final = frozenset({"L", "M", "N", "Pe", "Pf"})
_WORD_STARTS: Final = frozenset({"L", "N", "Ps", "Pi"})
_TSHEG: Final = "་"  # ends a Tibetan syllable


class VariantKind(StrEnum):
    """How the text of a derived entry differs from that of the entry it is derived from."""

    SIMPLIFIED = "simplified"
    """In simplified characters."""
    TRADITIONAL = "traditional"
    """In traditional characters."""
    PINYIN = "pinyin"
    """In the Latin spelling of Mandarin, without tones."""
    PINYIN_TONES = "pinyin-tones"
    """In the Latin spelling of Mandarin, with tone marks."""
    FULL_WIDTH = "full-width"
    """Latin letters, digits and signs as wide as ideographs."""
    SPACED = "spaced"
    """With a space between any two characters."""
    ZERO_WIDTH = "zero-width"
    """With a zero-width joiner between any two characters: it looks the same."""
    HOMOGLYPH = "homoglyph"
    """With characters that look alike (Unicode Technical Standard 39, confusables)."""
    REVERSED_CASE = "reversed-case"
    """Capital letters small and small ones capital."""
    SPLIT = "split"
    """In two messages, one right after the other."""


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
    variant_of: str = ""
    """The id of the entry that this one is derived from; empty for an entry of its own."""
    variant: VariantKind | None = None
    """What was done to derive it; None for an entry of its own."""

    @property
    def keyword(self) -> str:
        """The entry as its keyword cell has it: the components joined by `` + ``."""
        return format_keyword(self.components)

    @property
    def is_combination(self) -> bool:
        """Whether there is more than one component."""
        return len(self.components) > 1

    @property
    def messages(self) -> tuple[tuple[str, ...], ...]:
        """The components by the message they are sent in: two messages if split, else one."""
        if self.variant is not VariantKind.SPLIT:
            return (self.components,)
        return split_components(self.components)


def split_components(components: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Cut components in two messages; of an odd number, the second has one more."""
    half = len(components) // 2
    return components[:half], components[half:]


def entry_id(components: Sequence[str]) -> str:
    """Name an entry by its text alone, so that it keeps its name across lists, years and machines.

    The order of components counts: some filters are sensitive to it, so ``A + B`` and ``B + A`` are
    different entries.

    Returns:
        The first 10 hexadecimal digits (40 bits) of the SHA-256 of the NFC-normalised components,
        UTF-8, joined by U+001F. Among 10,000 entries two share an id with probability 5e-5.
    """
    text = _ID_SEPARATOR.join(unicodedata.normalize("NFC", part) for part in components)
    return _hash(text)


def split_id(messages: Iterable[Sequence[str]]) -> str:
    """Name an entry that is sent in several messages; its text alone would name another entry."""
    return _hash(
        _MESSAGE_SEPARATOR.join(
            unicodedata.normalize("NFC", _ID_SEPARATOR.join(parts)) for parts in messages
        )
    )


def folded(components: Iterable[str]) -> tuple[str, ...]:
    """Reduce components to what makes two entries duplicates: NFKC and case folding.

    Folding can undo normalisation and the other way round, hence NFKC on both sides (Unicode
    Standard, 3.13, D146).
    """
    return tuple(map(_folded, components))


@lru_cache(maxsize=_RECENT)
def _folded(part: str) -> str:
    if part.isascii():
        return part.lower()  # which is all that the rest would do
    if part.casefold() == part and unicodedata.is_normalized("NFKC", part):
        return part
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", part).casefold())


@lru_cache(maxsize=_RECENT)
def parse_keyword(text: str) -> tuple[str, ...]:
    """Take a keyword cell apart; what is empty or unclear in it is for the lint to say."""
    if "＋" not in text and "\\" not in text:
        parts = tuple(text.split(JOINER))
        if text.count("+") == len(parts) - 1:  # every plus joins: nearly every keyword
            return parts
    components: list[list[str]] = [[]]
    is_escaped = "\\" in text
    for word in text.split(" "):
        if word in PLUSES:
            components.append([])
        else:
            components[-1].append(_ESCAPED.sub(r"\1", word) if is_escaped else word)
    return tuple(" ".join(words) for words in components)


def format_keyword(components: Iterable[str]) -> str:
    """Write components as a keyword cell; `parse_keyword` gives them back."""
    components = tuple(components)
    if not any(_NOTATION.search(component) for component in components):
        return JOINER.join(components)
    return JOINER.join(
        " ".join(_escape(word) for word in component.split(" ")) for component in components
    )


def unclear_pluses(text: str) -> list[int]:
    """Find the pluses in a keyword cell that may be meant as joiners: their indices."""
    if not _TIGHT_PLUS.search(text):
        return []
    return [match.start() for match in _PLUS.finditer(text) if _joins_words(text, match.start())]


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_ID_LENGTH]


def _escape(word: str) -> str:
    if word in PLUSES:
        return "\\" + word
    return "".join(
        "\\" + sign if sign == "\\" or (sign in PLUSES and _joins_words(word, at)) else sign
        for at, sign in enumerate(word)
    )


def _joins_words(text: str, at: int) -> bool:
    """Whether the plus at an index is tight between two words."""
    if not 0 < at < len(text) - 1:
        return False
    before, after = text[at - 1], text[at + 1]
    return (before == _TSHEG or _is_of(before, _WORD_ENDS)) and _is_of(after, _WORD_STARTS)


def _is_of(character: str, kinds: frozenset[str]) -> bool:
    category = unicodedata.category(character)
    return category in kinds or category[0] in kinds
