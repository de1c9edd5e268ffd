"""Whether a text that was not read exactly can be the one that was sent.

A notification may cut a text short and flatten its line ends; recognition in a screenshot (OCR)
misreads characters and does not see spaces. What such a reading differs by says nothing of the
app, unless it shows the marks of a mask.
"""

import re
import unicodedata
from typing import Final

from rapidfuzz.distance import Indel

LEAST_OCR_SIMILARITY: Final = 0.8
"""From which similarity on a text read by OCR is taken for the one that was sent."""

LEAST_PREVIEW: Final = 0.5
"""From which share on the beginning of a text, in a notification, is taken for all of it."""

_ELLIPSIS: Final = re.compile(r"(…|\.\.\.)$")
_MASK: Final = re.compile(r"([*＊×✱■█▇●])\1+")


def is_preview(sent: str, shown: str) -> bool:
    """Whether a notification shows the beginning of a text, at least half of it."""
    return _shown_part(sent, shown) >= LEAST_PREVIEW


def is_short_preview(sent: str, shown: str) -> bool:
    """Whether a notification shows the beginning of a text, but not half of it."""
    return 0 < _shown_part(sent, shown) < LEAST_PREVIEW


def _shown_part(sent: str, shown: str) -> float:
    whole, part = _spaced(sent), _spaced(_ELLIPSIS.sub("", shown))
    return len(part) / len(whole) if part and whole.startswith(part) else 0.0


def is_misreading(sent: str, read: str) -> bool:
    """Whether a text read by OCR can be the sent one, misread."""
    return not shows_mask(sent, read) and ocr_similarity(sent, read) >= LEAST_OCR_SIMILARITY


def shows_mask(sent: str, read: str) -> bool:
    """Whether a text shows runs of the characters that apps put in place of those they hide."""
    return len(_MASK.findall(read)) > len(_MASK.findall(sent))


def ocr_similarity(sent: str, read: str) -> float:
    """How alike two texts are to a recogniser, which sees no spaces and no forms, from 0 to 1."""
    return Indel.normalized_similarity(_bare(sent), _bare(read))


def _spaced(text: str) -> str:
    return " ".join(text.split())


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
