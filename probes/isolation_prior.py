"""What is likely to be a component of a combination, before anything was sent.

A prior steers the search and never settles it: whatever it thinks unlikely stays possible, and a
result also needs messages that prove it without any prior (`probes.isolation_search`).

The figures were counted in 238 combinations that were published of WeChat: half of the 477 of three
lists (Citizen Lab, chat-censorship: Liu Xiaobo, the 19th party congress, One App Two Systems),
drawn by a hash of their text; the benchmark plants those of the other half. They are how many
components combinations have, and how long these are; that 95 % begin and 94 % end where a segmenter
sees a boundary, also when they stand in a random place of other text; and how much commoner rare
words are among them than in running text, by the dictionary's own word counts. Single keywords,
43 % of these lists, are reckoned with half as often, because a larger list (1,641 combinations) has
2.95 components on average.
"""

import logging
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from math import log10
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

MOST_COMPONENTS: Final = 12
"""Most components of a combination that are looked for."""

#: Share of combinations with 1, 2, ... components; beyond these, each has half the last one's.
_COUNTS: Final = (0.22, 0.25, 0.28, 0.2, 0.03, 0.01)
#: Share of components of 1, 2, ... characters, in scripts that are written without spaces.
_LENGTHS: Final = (0.015, 0.265, 0.265, 0.25, 0.1, 0.055, 0.025, 0.01, 0.005)
#: Share of components of 1, 2, ... words, in scripts that are written with spaces.
_WORDS: Final = (0.55, 0.25, 0.1, 0.05)
#: Share of the last figure of each table that one more has.
_TAIL: Final = 0.7
_LONG: Final = 30  # beyond this many, every length is thought as likely as this one

_INSIDE_WORD: Final = 0.08  # how likely a place inside a word is, compared with one at its edge
_INSIDE_SPACED_WORD: Final = 0.02  # the same where words have spaces between them
_NO_WORD_EDGE: Final = 0.05  # a component that begins or ends with a space or a comma
_NO_WORD: Final = -1.0  # log-likelihood ratio of spaces and punctuation
_UNKNOWN_WORD: Final = 1.7  # of words that the dictionary does not have: mostly names
#: Log-likelihood ratio of a word by the power of ten of its count in the dictionary.
_BY_COUNT: Final = (1.4, 0.9, 0.5, 0.0, -0.6, -1.2)

_SPACED: Final = frozenset(
    {"LATIN", "CYRILLIC", "GREEK", "ARABIC", "HEBREW", "HANGUL", "ARMENIAN", "GEORGIAN", "DIGIT"}
    | {"DEVANAGARI", "TIBETAN"}  # Tibetan has a mark between syllables
)


class Word(NamedTuple):
    """A word of a text, or a mark between words.

    Attributes:
        start: Its first character.
        end: After its last one.
        log_ratio: How much likelier than others it is to be part of a component: a log.
        is_word: Whether it is more than spaces and punctuation.
        is_spaced: Whether its script has marks between words, so that its edges are known.
        is_whole: Whether its inside is known to be the inside of a word.
    """

    start: int
    end: int
    log_ratio: float
    is_word: bool
    is_spaced: bool
    is_whole: bool


def count_prior() -> Floats:
    """Probability of 0, 1, ... `MOST_COMPONENTS` components; 0 of none."""
    share = np.zeros(MOST_COMPONENTS + 1)
    share[1 : len(_COUNTS) + 1] = _COUNTS
    for count in range(len(_COUNTS) + 1, MOST_COMPONENTS + 1):
        share[count] = share[count - 1] / 2
    return np.asarray(share / share.sum())


def words(text: str, *, with_dictionary: bool | None = None) -> list[Word]:
    """Cut a text into words.

    Runs of one script make a word; runs in scripts without spaces are cut by jieba, where it is
    installed (the extra ``[zh]``), and otherwise stay whole, with every place in them equally
    likely.

    Args:
        text: Any text.
        with_dictionary: Whether to use jieba; ``None`` to use it where it is installed.
    """
    if with_dictionary is None:
        with_dictionary = has_dictionary()
    found = []
    for start, end in _runs(text):
        run = text[start:end]
        script = _script(run[0])
        if script is None:
            found.append(Word(start, end, _NO_WORD, False, True, False))
        elif script in _SPACED:
            found.append(Word(start, end, 0.0, True, True, True))
        elif with_dictionary:
            found += [
                Word(start + first, start + last, ratio, True, False, True)
                for first, last, ratio in _segment(run)
            ]
        else:
            found.append(Word(start, end, 0.0, True, False, False))
    return found


def has_dictionary() -> bool:
    """Whether jieba is installed."""
    return find_spec("jieba") is not None


class TextPrior:
    """How likely each part of a text is to be a component."""

    def __init__(self, text: str, found: Sequence[Word]) -> None:
        """Prepare for a text.

        Args:
            text: The text.
            found: Its words, as `words` gives them.
        """
        size = len(text)
        self._edge = np.ones(size + 1)
        self._is_spaced = np.zeros(size, dtype=np.bool_)
        ratio = np.zeros(size)
        outside = np.zeros(size, dtype=np.bool_)
        begins = np.zeros(size + 1, dtype=np.int64)
        for word in found:
            if word.is_whole:
                inside = _INSIDE_SPACED_WORD if word.is_spaced else _INSIDE_WORD
                self._edge[word.start + 1 : word.end] = inside
            self._is_spaced[word.start : word.end] = word.is_spaced
            ratio[word.start : word.end] = word.log_ratio
            outside[word.start : word.end] = not word.is_word
            begins[word.start] = word.is_word
        self._begins = np.where(outside, _NO_WORD_EDGE, 1.0)
        self._ratios = np.concatenate(([0.0], np.cumsum(ratio)))
        self._words = np.cumsum(begins)

    def weight(self, starts: Places, ends: Places) -> Floats:
        """How likely parts of the text are, compared with each other; never 0.

        Args:
            starts: First character of each part.
            ends: After the last one of each.
        """
        lengths = ends - starts
        counts = self._words[ends - 1] - self._words[starts] + 1
        by_length = np.where(
            self._is_spaced[starts], _shares(_WORDS)[counts], _shares(_LENGTHS)[lengths]
        )
        edges = (
            self._edge[starts] * self._edge[ends] * self._begins[starts] * self._begins[ends - 1]
        )
        ratio = np.exp((self._ratios[ends] - self._ratios[starts]) / lengths)
        return np.asarray(by_length * edges * ratio, dtype=np.float64)


class _Shares:
    """A table of shares that goes on for ever."""

    def __init__(self, table: tuple[float, ...]) -> None:
        tail = [table[-1] * _TAIL**more for more in range(1, _LONG - len(table) + 1)]
        self._table = np.array([table[0], *table, *tail])

    def __getitem__(self, counts: Places) -> Floats:
        return np.asarray(self._table[np.clip(counts, 0, self._table.size - 1)])


@lru_cache(maxsize=8)
def _shares(table: tuple[float, ...]) -> _Shares:
    return _Shares(table)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Stretches of characters of one script."""
    scripts = [_script(each) for each in text]
    changes = [at for at in range(1, len(text)) if scripts[at] != scripts[at - 1]]
    yield from pairwise([0, *changes, len(text)] if text else [])


@lru_cache(maxsize=4096)
def _script(character: str) -> str | None:
    """The script of a character by its Unicode name; ``None`` of spaces and punctuation."""
    category = unicodedata.category(character)
    if category == "Nd":
        return "DIGIT"
    if category[0] not in "LMN":
        return None
    name = unicodedata.name(character, "")
    return name.removeprefix("FULLWIDTH ").split(" ")[0].split("-")[0]


def _segment(run: str) -> Iterator[tuple[int, int, float]]:
    """Words by jieba, each with its log-likelihood ratio."""
    import jieba  # noqa: PLC0415 # an optional dependency, and slow to load

    jieba.setLogLevel(logging.WARNING)
    for word, start, end in jieba.tokenize(run):
        count = jieba.dt.FREQ.get(word, 0)
        ratio = _BY_COUNT[min(int(log10(count)), len(_BY_COUNT) - 1)] if count else _UNKNOWN_WORD
        yield start, end, ratio
