"""The border between TOML files and our types: reading, and errors a person can act on."""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from drivers.errors import ConfigError


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
        raise config_error(path, what, map(_sentence, error.errors())) from error


def config_error(path: Path, what: str, problems: Iterable[str]) -> ConfigError:
    """One error that lists all problems of a file."""
    lines = "\n".join(f"  {problem}" for problem in problems)
    return ConfigError(f"{path}: this {what} cannot be used:\n{lines}")


def explained(error: ErrorDetails) -> tuple[str, str]:
    """The place of a problem, such as ``handset.0.udid``, and what is wrong there."""
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return place, "nobody knows this key; remove it or correct its spelling"
    if error["type"] == "missing":
        return place, "is missing; add it"
    if error["type"] in {"too_short", "string_too_short"} and not error["input"]:
        return place, "is empty; fill it in"
    return place, f"{error['msg']} (found {error['input']!r})"


def _sentence(error: ErrorDetails) -> str:
    place, what = explained(error)
    return f"{place or '(top level)'}: {what}"
