"""From the bytes of a list to its rows, with the line each row starts on.

Everything that can be wrong with a file before its cells mean anything is found here: the encoding,
the quotes, blank lines. Reading goes on after each problem, so that all come at once.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wordlists.errors import WHOLE_FILE, Problem

_BOM: Final = "\ufeff"
_UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a CSV file."""

    line: int
    """The line it starts on, from 1."""
    cells: tuple[str, ...]
    """Its cells as they are in the file, guards included."""
    is_damaged: bool
    """Whether it holds bytes that are not UTF-8, which makes checks of its text pointless."""


def read_rows(path: Path, data: bytes) -> tuple[list[Row], list[Problem]]:
    """Take a CSV file apart.

    Blank lines are refused: readers of CSV disagree on what they are.

    Returns:
        The rows that could be read, and what is wrong with the file.
    """
    if data.startswith(_UTF16_BOMS):
        return [], [
            Problem(
                path=path,
                line=WHOLE_FILE,
                what="the file is UTF-16, not UTF-8",
                fix='save it as UTF-8 (in a spreadsheet: "CSV UTF-8")',
            )
        ]
    text, damaged_lines, problems = _decode(path, data)
    if text.startswith(_BOM):
        text = text.removeprefix(_BOM)
        problems.append(
            Problem(
                path=path,
                line=1,
                what="the file starts with a byte order mark (U+FEFF)",
                fix='save it as "UTF-8 without BOM"',
            )
        )
    rows: list[Row] = []
    for found in _parse(path, text, damaged_lines):
        if isinstance(found, Problem):
            problems.append(found)
        elif any(cell.strip() for cell in found.cells):
            rows.append(found)
        else:
            problems.append(
                Problem(path=path, line=found.line, what="the line is blank", fix="delete it")
            )
    return rows, problems


def _decode(path: Path, data: bytes) -> tuple[str, frozenset[int], list[Problem]]:
    """Decode line by line; the lines that cannot be decoded make one problem together.

    A file in another encoding fails on nearly every line, and always for the same reason.
    """
    texts: list[str] = []
    failures: list[tuple[int, int, int]] = []
    offset = 0
    for number, line in enumerate(data.splitlines(keepends=True), start=1):
        try:
            texts.append(line.decode())
        except UnicodeDecodeError as error:
            texts.append(line.decode(errors="replace"))
            failures.append((number, offset + error.start, line[error.start]))
        offset += len(line)
    if not failures:
        return "".join(texts), frozenset(), []
    number, position, byte = failures[0]
    others = f", nor can {len(failures) - 1} more lines be read" if failures[1:] else ""
    problem = Problem(
        path=path,
        line=number,
        what=f"byte 0x{byte:02X} at offset {position} of the file is not UTF-8{others}",
        fix='save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")',
    )
    return "".join(texts), frozenset(number for number, _, _ in failures), [problem]


def _parse(path: Path, text: str, damaged_lines: frozenset[int]) -> Iterator[Row | Problem]:
    # Not str.splitlines: that would also split at U+2028 and others which CSV knows nothing of.
    lines = list(io.StringIO(text, newline=""))
    first = 0
    while first < len(lines):
        reader = csv.reader(lines[first:], strict=True)
        start = first
        try:
            for cells in reader:
                end = first + reader.line_num
                yield Row(
                    line=start + 1,
                    cells=tuple(cells),
                    is_damaged=not damaged_lines.isdisjoint(range(start + 1, end + 1)),
                )
                start = end
        except csv.Error as error:
            # A quote that is never closed swallows the rest of the file: read on after its line.
            yield Problem(
                path=path,
                line=start + 1,
                what=f"a quoted cell is not closed where it should be ({error})",
                fix='close it with ", and write a " within a cell as ""',
            )
            first = start + 1
        else:
            return
