"""Samples: longer texts, such as headlines and articles, that are tested as a whole.

They come as text files, one sample a file, or as a CSV file with the columns ``text``,
``language``, ``date``, ``source`` and ``url``, of which only ``text`` must be there. A sample is
measured as an entry of one component; what stops it is what isolation is to find
(`probes.isolation_campaign`).
"""

import csv
import datetime
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final
from unicodedata import normalize

from wordlists.entry import Entry, entry_id
from wordlists.errors import Problem, WordlistError, file_error

WORDLIST: Final = "samples"
"""What stands in exports where the name of a list stands for other entries."""

_UNDETERMINED: Final = "und"  # BCP 47 for a language that is not known
_TABLE, _TEXT = ".csv", ".txt"
_COLUMN: Final = "text"
_COLUMNS: Final = frozenset({_COLUMN, "language", "date", "source", "url"})


def read_samples(path: Path) -> tuple[Entry, ...]:
    """Read samples; a text that comes twice is one sample.

    Args:
        path: A text file, a folder of text files (``*.txt``), or a CSV file.

    Raises:
        WordlistError: It cannot be read, or holds no text; every problem is named.
    """
    try:
        found = tuple(_table(path)) if path.suffix == _TABLE else tuple(map(_text, _files(path)))
    except OSError as error:
        raise file_error(
            path, f"cannot be read: {error.strerror}", "name a text file, a folder, or a CSV file"
        ) from error
    except UnicodeDecodeError as error:
        raise file_error(path, f"is not UTF-8 (byte {error.start})", "save it as UTF-8") from error
    if not found:
        raise file_error(path, "holds no sample", f"write one a line, under {_COLUMN!r}")
    first: dict[str, Entry] = {}
    for each in _checked(found):
        first.setdefault(each.id, each)
    return tuple(first.values())


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(path.glob(f"*{_TEXT}"))
    if not files:
        raise file_error(path, f"holds no {_TEXT} file", "put each sample into one")
    return files


def _text(path: Path) -> Entry:
    return _sample(path.read_text(encoding="utf-8-sig"), path=path, line=1, source=path.name)


def _table(path: Path) -> Iterator[Entry]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        columns = rows.fieldnames or ()
        if _COLUMN not in columns or not _COLUMNS.issuperset(columns):
            known = ", ".join(sorted(_COLUMNS))
            fix = f"name them {known}; only {_COLUMN} must be there"
            what = f"has the columns {', '.join(columns)}" if columns else "is empty"
            raise WordlistError([Problem(path=path, line=1, what=what, fix=fix)])
        end = rows.line_num
        problems: list[Problem] = []
        for row in rows:
            line, end = end + 1, rows.line_num
            date = _date(row.get("date") or "")
            if date is None:
                problems.append(
                    Problem(
                        path=path,
                        line=line,
                        what=f"has the date {row['date']!r}",
                        fix="write it as 2024-05-01, or leave it out",
                    )
                )
                continue
            places = (row.get("source"), row.get("url"))
            yield _sample(
                row[_COLUMN] or "",
                path=path,
                line=line,
                source=" ".join(filter(None, places)),
                language=row.get("language") or _UNDETERMINED,
                date=date,
            )
        if problems:
            raise WordlistError(problems)


def _date(text: str) -> datetime.date | None:
    """A date; today if it is left out, ``None`` if it is none."""
    if not text:
        return datetime.datetime.now(datetime.UTC).date()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        return None


def _sample(
    text: str,
    *,
    path: Path,
    line: int,
    source: str,
    language: str = _UNDETERMINED,
    date: datetime.date | None = None,
) -> Entry:
    # As a field of a handset keeps it: line ends of one kind, nothing around the text.
    text = normalize("NFC", "\n".join(text.splitlines())).strip()
    return Entry(
        id=entry_id((text,)),
        components=(text,),
        language=language,
        category="",
        date_added=date or datetime.datetime.now(datetime.UTC).date(),
        source=source,
        notes="",
        wordlist=WORDLIST,
        path=path,
        line=line,
    )


def _checked(samples: Iterable[Entry]) -> list[Entry]:
    samples = list(samples)
    problems = [
        Problem(path=each.path, line=each.line, what="has no text", fix="write one, or remove it")
        for each in samples
        if not each.components[0]
    ]
    if problems:
        raise WordlistError(problems)
    return samples
