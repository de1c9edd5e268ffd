"""Recognises the text in a picture of one message.

Two engines: rapidocr for Chinese and Latin, whose models come with it; tesseract for scripts that
rapidocr fails at (Tibetan, Uyghur, Korean), where it is installed. Which script a picture shows is
not known beforehand: all are asked, and tesseract is sure of itself only in its own script.
"""

import csv
import io
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby, product
from shutil import which
from typing import Final, Protocol

import numpy as np
from PIL import Image, ImageOps, ImageStat
from rapidocr import RapidOCR
from rapidocr.utils.output import RapidOCROutput

SCRIPTS: Final[Mapping[str, str]] = {
    "bod": "\u0f00-\u0fff",
    "uig": "\u0600-\u06ff\ufb50-\ufdff\ufe70-\ufeff",
    "kor": "\uac00-\ud7af\u1100-\u11ff",
}
"""Languages tesseract is asked for, and the characters of their scripts."""

# How sure tesseract must be (its confidence, 0 to 100, times the share of characters in the script)
# to be believed where rapidocr is sure of another reading, and where it is not. Mostly it is above
# 90 in the script of the text, and below 35 in another (tests.benchmarks.reading).
_LEAST_AGAINST_RAPID: Final = 80.0
_LEAST: Final = 35.0
_ENOUGH: Final = 90.0
_RAPID_IS_SURE: Final = 0.95
_LAYOUTS: Final = ("7", "6")  # a line, or several: it takes the tall vowels of one line for another
_SCALE: Final = 0.8  # tesseract reads type of some 35 pixels best
_BORDER_PX: Final = 24
_LONGEST_PX: Final = 960
_MIDDLE, _WHITE = 128, 255
_TESSERACT_S: Final = 60.0
_WORD_LEVEL: Final = "5"  # of words in tesseract's table


class Recogniser(Protocol):
    """Recognises text."""

    def read(self, picture: Image.Image) -> str:
        """The text in a picture of one message, line by line; empty where none is recognised."""
        ...


class AnyScript:
    """Recognises Chinese and Latin, and Tibetan, Uyghur and Korean where tesseract can."""

    def __init__(self) -> None:
        """Load the models."""
        self._rapid = RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,  # nothing stands on its head
                # The picture of one line is wide and low: by its height it would be blown up.
                "Det.limit_type": "max",
                "Det.limit_side_len": _LONGEST_PX,
            }
        )
        self._languages = installed_languages()

    def read(self, picture: Image.Image) -> str:
        """The text in a picture of one message."""
        # OpenCV's order of colours.
        found = self._rapid(np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1]))
        # It answers with less where it was asked for a part of its work only.
        lines = found.txts if isinstance(found, RapidOCROutput) and found.txts else ()
        scores = found.scores if isinstance(found, RapidOCROutput) and found.scores else ()
        is_sure = bool(scores) and min(scores) >= _RAPID_IS_SURE
        other = self._by_tesseract(picture)
        least = _LEAST_AGAINST_RAPID if is_sure else _LEAST
        return other.text if other.sureness >= least else "\n".join(lines)

    def _by_tesseract(self, picture: Image.Image) -> "_Reading":
        """What tesseract is most sure of."""
        file = io.BytesIO()
        _plain(picture).save(file, "PNG", compress_level=1)
        best = _Reading("", 0.0)
        for language, layout in product(self._languages, _LAYOUTS):
            reading = _tesseract(file.getvalue(), language, layout)
            if reading.sureness > best.sureness:
                best = reading
            if best.sureness >= _ENOUGH:
                break
        return best


@dataclass(frozen=True, slots=True)
class _Reading:
    """A text line by line, and how sure tesseract is that it is one in the script, 0 to 100."""

    text: str
    sureness: float


def installed_languages() -> tuple[str, ...]:
    """The languages of `SCRIPTS` that tesseract is installed with; none without tesseract."""
    program = which("tesseract")
    if program is None:
        return ()
    listed = subprocess.run(  # noqa: S603 - arguments as a list
        [program, "--list-langs"], capture_output=True, check=True, encoding="utf-8"
    ).stdout.split()
    return tuple(language for language in SCRIPTS if language in listed)


def _plain(picture: Image.Image) -> Image.Image:
    """Dark type on white, without the edges of the bubble, as tesseract likes it."""
    grey = ImageOps.autocontrast(picture.convert("L"))
    if ImageStat.Stat(grey).median[0] < _MIDDLE:
        grey = ImageOps.invert(grey)
    ink = grey.point(lambda value: _WHITE if value < _MIDDLE else 0)
    kept = grey.crop(ink.getbbox() or (0, 0, *grey.size))
    framed = ImageOps.expand(kept, _BORDER_PX, _WHITE)
    return ImageOps.scale(framed, _SCALE, Image.Resampling.LANCZOS)


def _tesseract(file: bytes, language: str, layout: str) -> _Reading:
    """Read a picture as PNG in a language and layout of tesseract's."""
    table = subprocess.run(  # noqa: S603 - arguments as a list
        [which("tesseract") or "tesseract", "-", "-", "-l", language, "--psm", layout, "tsv"],
        input=file,
        capture_output=True,
        check=True,
        timeout=_TESSERACT_S,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},  # on so small a picture, threads cost time
    ).stdout.decode()
    words = list(_words(table))
    letters = sum(len(word.text) for word in words)
    sure = sum(len(word.text) * word.confidence for word in words) / letters if letters else 0.0
    lines = (" ".join(word.text for word in line) for _, line in groupby(words, lambda w: w.line))
    text = "\n".join(lines)
    return _Reading(text, sure * _share(text, SCRIPTS[language]))


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of tesseract's table; `line` is its block, paragraph and line."""

    line: tuple[str, str, str]
    text: str
    confidence: float


def _words(table: str) -> Iterator[_Word]:
    for row in csv.DictReader(table.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
        if row["level"] == _WORD_LEVEL and row["text"].strip():
            line = row["block_num"], row["par_num"], row["line_num"]
            yield _Word(line, row["text"], float(row["conf"]))


def _share(text: str, script: str) -> float:
    """Share of a text's characters that are of a script, spaces aside."""
    bare = "".join(text.split())
    return len(re.findall(f"[{script}]", bare)) / len(bare) if bare else 0.0
