"""The border between TOML files and our types: reading, and errors a person can act on."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from drivers.errors import ConfigError

_ENUM = re.compile(r"<\w+\.\w+: ('[^']*')>")  # as pydantic prints the members of one


class Border(BaseModel):
    """A table of a TOML file; a key nobody knows is an error, since it is most likely a typo."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Table = TypeVar("Table", bound=Border)


def read_table(path: Path, model: type[Table], what: str) -> Table:
    """Read and validate a TOML file.

    Args:
        path: The file.
        model: What it must look like.
        what: What such a file is called in messages ("testbed", "app profile").

    Raises:
        ConfigError: It cannot be read, is not TOML, or does not fit; every problem is listed.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{path}: the {what} cannot be read ({error.strerror}). Check the path."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: the {what} is not valid TOML: {error}.") from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = (
            f"{place or '(top level)'}: {told}" for place, told in explained(error.errors())
        )
        raise config_error(path, what, problems) from error


def config_error(path: Path, what: str, problems: Iterable[str]) -> ConfigError:
    """One error that lists all problems of a file."""
    lines = "\n".join(f"  {problem}" for problem in problems)
    return ConfigError(f"{path}: this {what} cannot be used:\n{lines}")


def explained(errors: Sequence[ErrorDetails]) -> Iterator[tuple[str, str]]:
    """Problems in the words of TOML; what follows from another one is left out.

    Returns:
        The place of each, such as ``handset.0.udid``, and what is wrong there.
    """
    for error in errors:
        at = error["loc"]
        inner = (each["loc"] for each in errors if each is not error)
        if error["type"] == "too_short" and any(each[: len(at)] == at for each in inner):
            continue  # pydantic counts the elements that are left
        yield ".".join(map(str, at)), _what(error)


def _what(error: ErrorDetails) -> str:
    match error["type"]:
        case "extra_forbidden":
            return "nobody knows this key; remove it or correct its spelling"
        case "missing":
            return "is missing; add it"
        case "too_short" | "string_too_short" if not error["input"]:
            return "is empty; fill it in"
        case "tuple_type":
            return f"is a list, written [ … ] (found {error['input']!r})"
    said = f"{error['msg'].removeprefix('Value error, ')} (found {error['input']!r})"
    return _ENUM.sub(r"\1", said)
