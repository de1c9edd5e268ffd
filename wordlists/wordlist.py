"""Finds lists by name or path and loads them; whatever is wrong comes in one `WordlistError`.

Lists live in three places: the shipped ones beside this module; local ones in ``local/``, which git
ignores and importers write to; and anywhere else, given by path.
"""

import datetime
import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from wordlists.catalogue import Description, find_strays, read_catalogue
from wordlists.categories import CATEGORIES_FILE
from wordlists.duplicates import find_duplicates
from wordlists.entry import Entry
from wordlists.errors import WHOLE_FILE, Problem, WordlistError
from wordlists.lint import Reading, read_list

SHIPPED: Final = Path(__file__).parent
LOCAL: Final = SHIPPED / "local"
CONTROLS_NAME: Final = "controls"

_SUFFIX: Final = ".csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wordlist:
    """One list, free of problems."""

    name: str
    """The name of its file without suffix."""
    title: str
    """What people call it; the name for a list that no lists.toml describes."""
    description: str
    """What it is about; may be empty."""
    maintainers: tuple[str, ...]
    """Who answers questions about it; may be empty."""
    licence: str
    """An SPDX identifier; empty when not known."""
    path: Path
    """Its file."""
    entries: tuple[Entry, ...]
    """Its entries, in the order of its lines."""
    sha256: str
    """The hash of its file, hexadecimal: says exactly which state of the list was used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Lists, and everything that is wrong with them."""

    wordlists: tuple[Wordlist, ...]
    """The lists that could be read, with the entries that are in order."""
    problems: tuple[Problem, ...]
    """What is wrong, in the order of the lists and their lines."""


def shipped_names(folder: Path = SHIPPED) -> tuple[str, ...]:
    """Name the lists of a folder, sorted; controls are no list to test and left out."""
    skipped = {CATEGORIES_FILE.stem, CONTROLS_NAME}
    # A dot marks what is kept beside a list, such as the rows that an import refused.
    return tuple(
        sorted(
            path.stem
            for path in folder.glob(f"*{_SUFFIX}")
            if path.stem not in skipped and "." not in path.stem
        )
    )


def load(path: Path, *, today: datetime.date | None = None) -> Wordlist:
    """Load one list.

    Args:
        path: Its file.
        today: When given, an entry added later is a problem.

    Raises:
        WordlistError: With every problem of the list.
    """
    return load_all([path], today=today)[0]


def load_all(
    names_or_paths: Iterable[str | Path] = (),
    *,
    with_controls: bool = False,
    folder: Path = SHIPPED,
    today: datetime.date | None = None,
) -> tuple[Wordlist, ...]:
    """Load lists that are to be used together.

    Args:
        names_or_paths: What `resolve` understands; nothing means all shipped lists but the
            controls. A list named twice is loaded once.
        with_controls: Whether to load the controls too, as the last list.
        folder: Where the shipped lists are.
        today: When given, an entry added later is a problem.

    Raises:
        WordlistError: With every problem of every list, duplicates across lists among them.
    """
    found = examine(names_or_paths, with_controls=with_controls, folder=folder, today=today)
    if found.problems:
        raise WordlistError(found.problems)
    return found.wordlists


def examine(
    names_or_paths: Iterable[str | Path] = (),
    *,
    with_controls: bool = False,
    folder: Path = SHIPPED,
    today: datetime.date | None = None,
) -> Examination:
    """Read lists that are to be used together, whatever is wrong with them; see `load_all`."""
    wanted = tuple(names_or_paths)
    problems: list[Problem] = []
    if not wanted:
        wanted = shipped_names(folder)
        problems += find_strays(folder, (*wanted, CONTROLS_NAME))
    if with_controls:
        wanted = (*wanted, CONTROLS_NAME)
    paths: dict[Path, Path] = {}
    for name_or_path in wanted:
        try:
            path = resolve(name_or_path, folder=folder)
        except WordlistError as error:
            problems += error.problems
        else:
            paths.setdefault(path.resolve(), path)
    loaded: list[tuple[Path, bytes, Reading]] = []
    for path in paths.values():
        try:
            data = path.read_bytes()
        except OSError as error:
            problems.append(_unreadable(path, error))
        else:
            loaded.append((path, data, read_list(path, data, wordlist=path.stem, today=today)))
    problems += (problem for _, _, reading in loaded for problem in reading.problems)
    problems += find_duplicates(found for _, _, reading in loaded for found in reading.sightings)
    descriptions = {parent: read_catalogue(parent)[0] for parent in {p.parent for p, *_ in loaded}}
    return Examination(
        wordlists=tuple(
            _wordlist(path, data, reading, descriptions[path.parent])
            for path, data, reading in loaded
        ),
        problems=tuple(_in_order(problems, tuple(paths.values()))),
    )


def load_controls(path: Path = SHIPPED / f"{CONTROLS_NAME}{_SUFFIX}") -> Wordlist:
    """Load the harmless texts, entries of category CTRL.

    Raises:
        WordlistError: With every problem of the file.
    """
    return load(path)


def resolve(name_or_path: str | Path, *, folder: Path = SHIPPED) -> Path:
    """Find the file of a list.

    Args:
        name_or_path: A `Path`, or a text with a path separator or the suffix ``.csv``, is a path.
            Any other text is the name of a shipped or a local list.
        folder: Where the shipped lists are; local ones are in its folder ``local``.

    Raises:
        WordlistError: No list has that name.
    """
    if isinstance(name_or_path, Path):
        return name_or_path
    if "/" in name_or_path or "\\" in name_or_path or name_or_path.endswith(_SUFFIX):
        return Path(name_or_path).expanduser()
    for place in (folder, folder / LOCAL.name):
        known = (*shipped_names(place), CONTROLS_NAME)
        path = place / f"{name_or_path}{_SUFFIX}"
        if name_or_path in known and path.is_file():
            return path
    known = (*shipped_names(folder), *shipped_names(folder / LOCAL.name), CONTROLS_NAME)
    close = difflib.get_close_matches(name_or_path, known, n=1)
    hint = f"did you mean {close[0]}? Known lists: " if close else "known lists: "
    raise WordlistError(
        [
            Problem(
                path=folder,
                line=WHOLE_FILE,
                what=f"there is no list named {name_or_path!r}",
                fix=f"{hint}{', '.join(known)}; for a file, give its path, such as ./mine.csv",
            )
        ]
    )


def _in_order(problems: Iterable[Problem], paths: Sequence[Path]) -> list[Problem]:
    """Sort problems by list, in the order in which the lists were named, then by line."""
    places: dict[Path | str, int] = {path: place for place, path in enumerate(paths)}
    return sorted(problems, key=lambda found: (places.get(found.path, -1), found.line))


def _unreadable(path: Path, error: OSError) -> Problem:
    return Problem(
        path=path,
        line=WHOLE_FILE,
        what=f"the list cannot be read ({error.strerror})",
        fix="check the path",
    )


def _wordlist(
    path: Path, data: bytes, reading: Reading, descriptions: Mapping[str, Description]
) -> Wordlist:
    name = path.stem
    description = descriptions.get(name)
    return Wordlist(
        name=name,
        title=description.title if description else name,
        description=description.description if description else "",
        maintainers=description.maintainers if description else (),
        licence=description.licence if description else "",
        path=path,
        entries=reading.entries,
        sha256=sha256(data).hexdigest(),
    )
