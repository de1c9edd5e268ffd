"""Texts that hold a combination: published ones, or the shipped lists', planted in prose.

Published combinations are halved by a hash of their text: what `probes.isolation_prior` knows of
combinations was counted in the one half, and the benchmark plants the other.
"""

import csv
import gzip
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Final

from wordlists.wordlist import load_all, load_controls

Components = tuple[str, ...]

_COLUMNS: Final = ("keyword", "Keyword")
_SEPARATOR: Final = "+"
_PAGE: Final = re.compile(r"\.[1-9]\w*(\.gz)?")
_REQUEST: Final = re.compile(r"^[.'].*$", re.MULTILINE)
_ESCAPE: Final = re.compile(r"\\(?:f(?:\[\w*\]|\(..|.)|\*?\[\w+\]|\*?\(..|s[-+]?\d+|.)")
_LEAST_CHINESE: Final = 0.6  # share of a line's characters; others are tables, options, code
_FILLER: Final = (0x4E00, 0x9FA5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """A text and the combination in it.

    Attributes:
        text: The text.
        combination: The components.
    """

    text: str
    combination: Components


def published(path: Path) -> tuple[Components, ...]:
    """Combinations of CSV files with a column ``Keyword``, their components parted by ``+``.

    Args:
        path: One file, or a folder of them.
    """
    found: dict[Components, None] = {}
    for each in sorted(path.glob("*.csv")) if path.is_dir() else [path]:
        with each.open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                words = next((row[name] for name in _COLUMNS if row.get(name)), "")
                parts = [part.strip() for part in words.split(_SEPARATOR)]
                found[tuple(part for part in parts if part)] = None
    found.pop((), None)
    return tuple(found)


def shipped() -> tuple[Components, ...]:
    """Chinese entries of the shipped wordlists."""
    return tuple(
        dict.fromkeys(
            entry.components
            for wordlist in load_all()
            for entry in wordlist.entries
            if entry.language.startswith("zh")
        )
    )


def half(combinations: Iterable[Components], *, is_tested: bool) -> tuple[Components, ...]:
    """The half of combinations that the benchmark plants, or that the prior was counted in."""
    return tuple(each for each in combinations if _is_tested(each) is is_tested)


def prose(path: Path) -> str:
    """Chinese text of a file, or of all texts and manual pages of a folder.

    Args:
        path: A file or a folder; of manual pages the formatting is taken away.
    """
    pages = sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    lines = {line for page in pages for line in _lines(page)}  # licences stand in many pages
    return "".join(sorted(lines, key=_hash))


def phrases(random: Random) -> str:
    """Chinese text without any file: the harmless phrases of the shipped controls, shuffled."""
    controls = [each for each in load_controls().entries if each.language.startswith("zh")]
    return "".join(
        "".join(each.components) + random.choice(",。")
        for _ in range(40)
        for each in random.sample(controls, len(controls))
    )


def filler(length: int, random: Random) -> str:
    """Random Chinese characters."""
    return "".join(chr(random.randint(*_FILLER)) for _ in range(length))


def plant(combination: Components, around: str, length: int, random: Random) -> Planted:
    """Put a combination's components, in any order, into random places of a text.

    Args:
        combination: The components.
        around: At least `length` characters.
        length: How many characters the text has in the end.
        random: Source of chance.
    """
    room = length - sum(map(len, combination))
    if room < 0 or len(around) < room:
        raise ValueError(f"{length} characters of {len(around)} have no room for {combination}")
    start = random.randint(0, len(around) - room)
    text = around[start : start + room]
    places = sorted(random.randint(0, room) for _ in combination)
    pieces = random.sample(combination, len(combination))
    at, found = 0, []
    for place, piece in zip(places, pieces, strict=True):
        found += [text[at:place], piece]
        at = place
    return Planted(text="".join([*found, text[at:]]), combination=combination)


def _lines(page: Path) -> Iterator[str]:
    raw = page.read_bytes()
    source = (gzip.decompress(raw) if page.suffix == ".gz" else raw).decode("utf-8", "replace")
    if _PAGE.search(page.name):
        source = _ESCAPE.sub("", _REQUEST.sub("", source))
    for line in source.splitlines():
        text = unicodedata.normalize("NFC", line.strip())
        chinese = sum("\u4e00" <= each <= "\u9fff" for each in text)
        if text and chinese >= _LEAST_CHINESE * len(text):
            yield text


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _is_tested(combination: Components) -> bool:
    return int(_hash(_SEPARATOR.join(combination)), 16) % 2 == 1
