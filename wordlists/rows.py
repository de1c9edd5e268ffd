"""From the bytes of a table to its rows, with the line each row starts on.

Everything that can be wrong with a file before its cells mean anything is found here: the
encoding, the quotes, lines that no person wrote. Reading goes on after each problem, so that all
come at once, and never holds more than one row, so that a file may be larger than the memory.
"""

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Self

from wordlists.errors import WHOLE_FILE, Problem

BOM: Final = "\ufeff"
UTF16_BOMS: Final = (b"\xff\xfe", b"\xfe\xff")

MAX_ROW_CHARACTERS: Final = 131_072
"""What a row may hold, which is also what Python's csv module lets a cell hold."""
MAX_ROW_LINES: Final = 1_000
"""The lines a row may span. Without a bound, each quote that is never closed is looked for to the
end of the file, and a file full of them would take the square of its length."""
MAX_OPEN_QUOTES: Final = 1_000
"""After so many quotes that are never closed, the rest of a file is not read."""

MAX_PROBLEMS: Final = 10_000
"""A file with more is another file than the one that was meant, and the rest is not told."""

# Bytes that are not in the encoding, as the error handler "surrogateescape" gives them; the
# decoders of UTF-16 can only replace them.
_DAMAGE = re.compile("[\udc80-\udcff]")
_DAMAGE_REPLACED = re.compile("\ufffd")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table."""

    line: int
    """The line it starts on, from 1."""
    cells: tuple[str, ...]
    """Its cells as they are in the file, guards included."""
    raw: str
    """The text of the row in the file, the end of its last line included."""
    is_damaged: bool
    """Whether it holds bytes that are not in the file's encoding; its text means nothing then."""

    @property
    def is_blank(self) -> bool:
        """Whether no cell holds anything but spaces."""
        return not any(map(str.strip, self.cells))


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Bytes that are not in the encoding of the file."""

    line: int
    """The first line that holds one, from 1."""
    offset: int
    """Where in the file the first one is, in bytes from 0; of a file in UTF-8."""
    byte: int
    """The first one, of a file in UTF-8."""
    lines: int
    """How many lines hold one."""


class RowReader:
    """Reads the rows of a table, one at a time: iterate over it once, then ask for `damage`.

    What cannot be made out as a row comes as a `Problem` in its place.
    """

    def __init__(
        self,
        path: Path,
        file: BinaryIO,
        *,
        encoding: str = "utf-8",
        delimiter: str = ",",
        quotes: bool = True,
    ) -> None:
        """Take a file.

        Args:
            path: Its path, for messages.
            file: Its content.
            encoding: A codec that Python knows; a byte order mark is for the caller to look at.
            delimiter: What stands between two cells.
            quotes: Whether a cell may be quoted to hold delimiters and ends of lines.
        """
        self._path = path
        self._delimiter = delimiter
        self._quotes = quotes
        replaces = encoding.startswith(("utf-16", "utf-32"))
        self._damage_pattern = _DAMAGE_REPLACED if replaces else _DAMAGE
        # newline="" ends a line at \n, \r or \r\n and at nothing else that Python takes for one.
        self._text = io.TextIOWrapper(
            file,
            encoding=encoding,
            errors="replace" if replaces else "surrogateescape",
            newline="",
        )
        self._offset = 0
        self._damage: Damage | None = None
        self._line = 0  # of the row that is being read: the lines before it
        self._taken: list[str] = []
        self._characters = 0
        self._pending: deque[str] = deque()
        self._open_quotes = 0

    @property
    def damage(self) -> Damage | None:
        """The bytes read so far that are not in the encoding; None when all were."""
        return self._damage

    def __iter__(self) -> Iterator[Row | Problem]:
        while self._open_quotes < MAX_OPEN_QUOTES:
            reader = csv.reader(
                iter(self._next_line, None),
                delimiter=self._delimiter,
                quoting=csv.QUOTE_MINIMAL if self._quotes else csv.QUOTE_NONE,
                strict=True,
            )
            try:
                for cells in reader:
                    yield self._row(tuple(cells))
            except csv.Error as error:
                yield self._recover(str(error))
            else:
                return
        yield Problem(
            path=self._path,
            line=self._line + 1,
            what=f"{MAX_OPEN_QUOTES:,} quoted cells above are not closed; reading ends here",
            fix="mend those first, or check that this is a table of this kind",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.detach()  # the file is closed by whoever opened it

    def _row(self, cells: tuple[str, ...]) -> Row:
        raw = self._taken[0] if len(self._taken) == 1 else "".join(self._taken)
        row = Row(
            line=self._line + 1,
            cells=cells,
            raw=raw,
            is_damaged=not raw.isascii() and self._damage_pattern.search(raw) is not None,
        )
        self._line += len(self._taken)
        self._taken = []
        self._characters = 0
        return row

    def _recover(self, error: str) -> Problem:
        """Give up on the line that the row starts on, and read on after it."""
        first, *others = self._taken or [""]
        self._pending.extendleft(reversed(others))
        self._taken = []
        self._characters = 0
        self._line += 1
        if not others and len(first) > MAX_ROW_CHARACTERS:
            return Problem(
                path=self._path,
                line=self._line,
                what=f"the line has more than {MAX_ROW_CHARACTERS:,} characters",
                fix="no row of a list is that long: check that this is the right file",
            )
        self._open_quotes += 1
        return Problem(
            path=self._path,
            line=self._line,
            what=f"a quoted cell is not closed where it should be ({error})",
            fix='close it with ", and write a " within a cell as ""',
        )

    def _next_line(self) -> str | None:
        line = self._pending.popleft() if self._pending else self._read_line()
        if not line:
            return None
        self._taken.append(line)
        self._characters += len(line)
        if self._characters > MAX_ROW_CHARACTERS:
            raise csv.Error(f"the row has more than {MAX_ROW_CHARACTERS:,} characters")
        if len(self._taken) > MAX_ROW_LINES:
            raise csv.Error(f"the row has more than {MAX_ROW_LINES:,} lines")
        return line

    def _read_line(self) -> str:
        line = self._text.readline(MAX_ROW_CHARACTERS + 1)
        rest = line
        # The rest of a line that is too long is skipped unseen.
        while len(rest) > MAX_ROW_CHARACTERS and rest[-1] not in "\r\n":
            rest = self._text.readline(MAX_ROW_CHARACTERS + 1)
        if not line.isascii():
            self._note_damage(line)
        if self._damage is None:
            self._offset += len(line.encode(errors="surrogateescape"))
        return line

    def _note_damage(self, line: str) -> None:
        found = self._damage_pattern.search(line)
        if found is None:
            return
        if self._damage is None:
            before = line[: found.start()].encode(errors="surrogateescape")
            self._damage = Damage(
                line=self._line + len(self._taken) + 1,
                offset=self._offset + len(before),
                byte=ord(found[0]) & 0xFF,
                lines=1,
            )
        else:
            self._damage = Damage(
                line=self._damage.line,
                offset=self._damage.offset,
                byte=self._damage.byte,
                lines=self._damage.lines + 1,
            )


def read_rows(path: Path, data: bytes) -> Iterator[Row | Problem]:
    """Take the bytes of a list apart, one row at a time.

    Blank lines are refused: readers of CSV disagree on what they are.

    Yields:
        The rows that can be read, and what is wrong with the file; after `MAX_PROBLEMS` of these,
        nothing more.
    """
    if data.startswith(UTF16_BOMS):
        yield Problem(
            path=path,
            line=WHOLE_FILE,
            what="the file is UTF-16, not UTF-8",
            fix='save it as UTF-8 (in a spreadsheet: "CSV UTF-8")',
        )
        return
    mark = BOM.encode()
    skipped = len(mark) if data.startswith(mark) else 0
    if skipped:
        yield Problem(
            path=path,
            line=1,
            what="the file starts with a byte order mark (U+FEFF)",
            fix='save it as "UTF-8 without BOM"',
        )
    reader = RowReader(path, io.BytesIO(data[skipped:]))
    problems = 0
    for found in reader:
        if isinstance(found, Row) and not found.is_blank:
            yield found
            continue
        problems += 1
        if problems > MAX_PROBLEMS:
            break
        yield (
            Problem(path=path, line=found.line, what="the line is blank", fix="delete it")
            if isinstance(found, Row)
            else found
        )
    if reader.damage is not None:
        yield describe_damage(path, reader.damage, skipped)


def describe_damage(path: Path, damage: Damage, skipped: int = 0) -> Problem:
    """Say that bytes are not UTF-8: a file in another encoding fails on nearly every line.

    Args:
        path: The file.
        damage: What was found.
        skipped: The bytes of the file that the reader was not given, such as a byte order mark.
    """
    others = f", nor can {damage.lines - 1} more lines be read" if damage.lines > 1 else ""
    return Problem(
        path=path,
        line=damage.line,
        what=f"byte 0x{damage.byte:02X} at offset {damage.offset + skipped} of the file is not "
        f"UTF-8{others}",
        fix='save the file as UTF-8 (in a spreadsheet: "CSV UTF-8")',
    )
