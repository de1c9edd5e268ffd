"""App profiles as files: finding, reading and loading them, and what is wrong with one, by line."""

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from drivers.border import config_error, explained
from drivers.errors import ConfigError
from drivers.profile import Profile
from drivers.profile_tables import ProfileTable
from drivers.toml_lines import TomlLines

SCHEMA: Final = "profile.schema.json"
"""Name of the file that editors complete profiles from; it lies beside the shipped ones."""

_AT_LINE = re.compile(r"line (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something in a profile that keeps it from being used.

    Attributes:
        line: Line of the file, from 1.
        place: Key and table, such as ``selectors.send.0``; empty for the whole file.
        what: What is wrong, and what to do.
    """

    line: int
    place: str
    what: str

    def at(self, path: Path) -> str:
        """The problem with where it is, as editors understand it."""
        return f"{path}:{self.line}: " + ": ".join(filter(None, (self.place, self.what)))


def load_profile(name: str) -> Profile:
    """Load a profile by the name of a shipped one or by the path of a TOML file.

    Args:
        name: ``wechat``, or ``./mine.toml``; with ``@NAME`` behind it, that family of versions is
            in force whatever is installed.

    Raises:
        ConfigError: There is none of that name, or it cannot be used; every problem is listed.
    """
    stem, _, family = name.partition("@")
    path = profile_path(stem)
    table, problems = read_profile(path)
    if table is None:
        raise config_error(path, "app profile", (problem.at(path) for problem in problems))
    profile = table.to_profile(path.stem)
    if not family:
        return profile
    chosen = next((each for each in profile.families if each.name == family), None)
    if chosen is None:
        known = ", ".join(each.name for each in profile.families) or "none"
        raise ConfigError(f"app {name!r}: {path} has no family {family!r}. It has: {known}.")
    return profile.with_family(chosen)


def read_profile(path: Path) -> tuple[ProfileTable | None, tuple[Problem, ...]]:
    """Read a profile.

    Returns:
        The profile as it is written, or ``None`` and everything that is wrong with it.

    Raises:
        ConfigError: The file cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")  # some editors begin a file with a mark
        data = tomllib.loads(text)
    except OSError as error:
        raise ConfigError(
            f"{path}: the app profile cannot be read ({error.strerror}). Check the path."
        ) from error
    except UnicodeDecodeError as error:
        return None, (Problem(line=1, place="", what=f"is not UTF-8 ({error}); save it as UTF-8"),)
    except tomllib.TOMLDecodeError as error:
        line = _AT_LINE.search(str(error))
        what = f"is not valid TOML: {error}"
        return None, (Problem(line=int(line.group(1)) if line else 1, place="", what=what),)
    lines = TomlLines.parse(text)
    try:
        table = ProfileTable.model_validate(data)
    except ValidationError as error:
        return None, _problems(explained(error.errors()), lines)
    problems = _problems(table.problems(), lines)
    return (None if problems else table), problems


def profile_path(name: str) -> Path:
    """Where a profile is: a path, or the name of a shipped one.

    Raises:
        ConfigError: No profile of that name is shipped.
    """
    path = Path(name)
    if path.suffix == ".toml":
        return path
    path = profile_folder() / f"{name}.toml"
    if not path.is_file():
        raise ConfigError(
            f"app {name!r}: there is no such profile. Known: {', '.join(shipped_profiles())}; "
            "or give the path of a .toml file."
        )
    return path


def shipped_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with the project."""
    return tuple(sorted(path.stem for path in profile_folder().glob("*.toml")))


def profile_folder() -> Path:
    """The folder of the profiles that come with the project."""
    return Path(str(files("drivers") / "apps"))


def schema_text() -> str:
    """The JSON schema of a profile, for editors that complete and check TOML by one."""
    schema = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        **ProfileTable.model_json_schema(),
        "title": "App profile of Undelivered",
    }
    # Draft 7, which TOML editors know, has `definitions` where pydantic writes `$defs`.
    return json.dumps(schema, indent=2, ensure_ascii=False).replace("$defs", "definitions") + "\n"


def _problems(found: Iterable[tuple[str, str]], lines: TomlLines) -> tuple[Problem, ...]:
    problems = (Problem(line=lines.of_place(at), place=at, what=what) for at, what in found)
    return tuple(sorted(problems, key=lambda each: (each.line, each.place)))
