"""What lists.toml says about the lists beside it: title, description, maintainers, licence."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wordlists.errors import WHOLE_FILE, Problem

CATALOGUE_NAME: Final = "lists.toml"

_Text = Annotated[str, Field(min_length=1)]
_TOML_LINE = re.compile(r"\(at line (\d+)")


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
    """An SPDX identifier."""


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


def _line_of(text: str, name: str) -> int:
    head = re.compile(rf"\[\s*[\"']?{re.escape(name)}[\"']?\s*\]")
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if head.match(line)), WHOLE_FILE)
