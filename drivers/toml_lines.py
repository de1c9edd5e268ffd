"""On which line of a TOML file something is, for messages: the standard library does not tell.

Good for files that people write: one key a line. What cannot be told is said to be on the line of
the table it is in.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_TABLE = re.compile(r"\s*(\[\[?)\s*([\w.\"'-]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"\s*([\w-]+(?:\s*\.\s*[\w-]+)*)\s*=")
_QUOTES = ('"""', "'''")


@dataclass(frozen=True, slots=True)
class TomlLines:
    """Lines of the keys and tables of a file, by place, such as ``family.0.selectors.send``."""

    lines: Mapping[str, int]

    @classmethod
    def of(cls, path: Path) -> "TomlLines":
        """Find them in a file, which need not be valid.

        Raises:
            OSError: It cannot be read.
        """
        return cls.parse(path.read_text(encoding="utf-8", errors="replace"))

    @classmethod
    def parse(cls, text: str) -> "TomlLines":
        """Find them in a text."""
        lines: dict[str, int] = {}
        counts: Counter[str] = Counter()
        table, quote = "", ""
        for number, line in enumerate(text.splitlines(), start=1):
            if quote:  # within a string of several lines
                quote = "" if quote in line else quote
                continue
            header = _TABLE.match(line)
            if header is not None:
                table = _place(header.group(2), header.group(1), counts)
                lines.setdefault(table, number)
                continue
            key = _KEY.match(line)
            if key is not None:
                name = re.sub(r"\s", "", key.group(1))
                lines.setdefault(f"{table}.{name}" if table else name, number)
            quote = next((each for each in _QUOTES if line.count(each) % 2), "")
        return cls(lines)

    def of_place(self, place: str) -> int:
        """The line of a place, or else of what it is in; 1 for the whole file."""
        parts = place.split(".")
        for length in range(len(parts), 0, -1):
            line = self.lines.get(".".join(parts[:length]))
            if line is not None:
                return line
        return 1


def _place(name: str, brackets: str, counts: Counter[str]) -> str:
    """The place of a table, with the number of each list of tables it is in."""
    parts = [part.strip("\"'") for part in name.split(".")]
    place = ""
    for number, part in enumerate(parts):
        place = f"{place}.{part}" if place else part
        is_last = number == len(parts) - 1
        if is_last and brackets == "[[":
            counts[place] += 1
        if counts[place]:
            place = f"{place}.{counts[place] - 1}"
    return place
