"""What lists.toml says about the lists beside it: title, description, maintainers, licence."""

import datetime
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import tomlkit
import tomlkit.items
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from tomlkit.exceptions import TOMLKitError

from wordlists.errors import WHOLE_FILE, Problem, WordlistError
from wordlists.writer import replace_file

CATALOGUE_NAME: Final = "lists.toml"

_Text = Annotated[str, Field(min_length=1)]
_TOML_LINE = re.compile(r"\(at line (\d+)")


class Origin(BaseModel):
    """Where an imported list is from, and what became of its rows."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: _Text
    """The path or the address it was read from."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """The hash of that file, hexadecimal."""
    retrieved: datetime.date
    """The day it was read."""
    family: _Text
    """What it was taken for."""
    format: _Text
    """How it was written."""
    rows_read: Annotated[int, Field(ge=0)]
    rows_taken: Annotated[int, Field(ge=0)]
    rows_merged: Annotated[int, Field(ge=0)]
    rows_refused: Annotated[int, Field(ge=0)]


class Description(BaseModel):
    """One table of lists.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: _Text
    """What people call the list."""
    description: _Text
    """What it is about, in a sentence or two."""
    maintainers: Annotated[tuple[_Text, ...], Field(min_length=1)]
    """Who answers questions about it."""
    licence: _Text
    """An SPDX identifier; ``NOASSERTION`` where nobody states one."""
    origin: Origin | None = None
    """Where it was imported from."""


def read_catalogue(folder: Path) -> tuple[Mapping[str, Description], list[Problem]]:
    """Read the lists.toml of a folder, which need not have one.

    Returns:
        The tables that are in order, by list name, and what is wrong with the others.
    """
    path = folder / CATALOGUE_NAME
    if not path.is_file():
        return {}, []
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        place = _TOML_LINE.search(str(error))
        line = int(place[1]) if place else WHOLE_FILE
        return {}, [Problem(path=path, line=line, what=f"not TOML: {error}", fix="correct it")]
    descriptions: dict[str, Description] = {}
    problems: list[Problem] = []
    for name, table in tables.items():
        try:
            descriptions[name] = Description.model_validate(table)
        except ValidationError as error:
            problems.extend(
                Problem(
                    path=path,
                    line=_line_of(text, name),
                    what=f"{'.'.join(map(str, (name, *detail['loc'])))}: {detail['msg']}",
                    fix=f"give it {', '.join(Description.model_fields)} and nothing else",
                )
                for detail in error.errors()
            )
    return descriptions, problems


def find_strays(folder: Path, names: tuple[str, ...]) -> list[Problem]:
    """Compare lists.toml with the lists that are there.

    Args:
        folder: Where both are.
        names: The lists that are there.
    """
    path = folder / CATALOGUE_NAME
    descriptions, problems = read_catalogue(folder)
    broken = {problem.what.partition(":")[0].partition(".")[0] for problem in problems}
    described = {*descriptions, *broken}
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    return [
        *problems,
        *(
            Problem(
                path=folder / f"{name}.csv",
                line=WHOLE_FILE,
                what=f"the list is not described in {CATALOGUE_NAME}",
                fix=f"add a table [{name}] there",
            )
            for name in names
            if name not in described
        ),
        *(
            Problem(
                path=path,
                line=_line_of(text, name),
                what=f"[{name}] describes a list that is not there",
                fix=f"add {name}.csv or remove the table",
            )
            for name in descriptions
            if name not in names
        ),
    ]


def describe(folder: Path, descriptions: Mapping[str, Description | None]) -> None:
    """Write what lists are about into the lists.toml of their folder, which is made if need be.

    What else is in the file stays as it is, comments included; new tables go where their names
    belong in the order of the alphabet, if the file is in that order, and else to its end.

    Args:
        folder: Where the lists are.
        descriptions: What to say, by the name of the list; None removes what is said.

    Raises:
        WordlistError: The file is broken, or cannot be written.
    """
    path = folder / CATALOGUE_NAME
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        document = tomlkit.parse(text)
    except (TOMLKitError, UnicodeDecodeError, OSError) as error:
        fix = "correct it; nothing was written"
        problem = Problem(path=path, line=WHOLE_FILE, what=f"not TOML: {error}", fix=fix)
        raise WordlistError([problem]) from error
    for name, description in descriptions.items():
        if description is None:
            document.pop(name, None)
        elif name in document:
            document[name] = _table(description)
        else:
            document = _insert(document, name, description)
    replace_file(path, [tomlkit.dumps(document)])


def _insert(
    document: tomlkit.TOMLDocument, name: str, description: Description
) -> tomlkit.TOMLDocument:
    """Put a table in its place by writing it between the texts of its neighbours."""
    text = tomlkit.dumps(document)
    fresh = tomlkit.document()
    fresh[name] = _table(description)
    table = tomlkit.dumps(fresh).strip("\n") + "\n"
    names = list(document)
    later = next((each for each in names if each > name), None)
    at = _line_of(text, later) if later is not None and names == sorted(names) else WHOLE_FILE
    lines = text.splitlines(keepends=True)
    if at == WHOLE_FILE:
        head = "".join(lines).rstrip("\n")
        return tomlkit.parse(f"{head}\n\n{table}" if head else table)
    return tomlkit.parse("".join([*lines[: at - 1], table, "\n", *lines[at - 1 :]]))


def _table(description: Description) -> tomlkit.items.Table:
    table = tomlkit.table()
    for key, value in description.model_dump(exclude_none=True).items():
        table[key] = list(value) if isinstance(value, tuple) else value
    return table


def _line_of(text: str, name: str) -> int:
    head = re.compile(rf"\[\s*[\"']?{re.escape(name)}[\"']?\s*\]")
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if head.match(line)), WHOLE_FILE)
