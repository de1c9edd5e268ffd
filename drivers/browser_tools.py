"""The browser for web apps and what drives it, as this machine has them."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.errors import ConfigError
from drivers.pins import load_pins
from drivers.tools import Missing, Places, Sought, Tool, find_chromium_driver

_BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_DRIVERS: Final = ("chromedriver",)
_ELSEWHERE: Final = (
    Path("/Applications/Chromium.app/Contents/MacOS/Chromium"),
    Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),
)
_VERSION = re.compile(r"(\d+)(?:\.\d+)+")
_ANSWER_S: Final = 20.0
_INSTALL: Final = (
    "Debian and Ubuntu: apt-get install chromium chromium-driver; elsewhere, Chrome and the "
    "chromedriver of its version"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserTools:
    """A browser and the chromedriver that fits it."""

    chromium: Path
    chromedriver: Path


def find_chromium(places: Places) -> Sought:
    """The first Chromium, or Chrome, on PATH."""
    return _find("Chromium", (*_on_path(places, _BROWSERS), *_ELSEWHERE), places)


def find_chromedriver(places: Places) -> Sought:
    """The first chromedriver on PATH."""
    return _find("chromedriver", _on_path(places, _DRIVERS), places)


def require_browser_tools(places: Places) -> BrowserTools:
    """What web apps need besides Appium.

    Raises:
        ConfigError: Something is missing, or the two do not fit.
    """
    chromium, driver = find_chromium(places), find_chromedriver(places)
    appium = find_chromium_driver(places, load_pins())
    if isinstance(chromium, Tool) and isinstance(driver, Tool) and isinstance(appium, Tool):
        if _major(chromium.version) == _major(driver.version):
            return BrowserTools(chromium=chromium.path, chromedriver=driver.path)
        raise ConfigError(
            f"{chromium} and {driver} do not fit: both must be of one major version. {_INSTALL}."
        )
    missing = [each for each in (appium, chromium, driver) if isinstance(each, Missing)]
    raise ConfigError(
        "Web apps need tools that are missing:\n" + "\n".join(f"  {each}" for each in missing)
    )


def _find(name: str, candidates: Sequence[Path], places: Places) -> Sought:
    refused = []
    for candidate in filter(Path.is_file, candidates):
        said = _VERSION.search(_answer(candidate, places))
        if said:
            return Tool(name=name, path=candidate, version=said[0])
        refused.append(f"{candidate} does not run.")
    return Missing(
        name=name, problem=" ".join(refused) or "There is none on PATH.", remedy=f"{_INSTALL}."
    )


def _on_path(places: Places, names: Sequence[str]) -> tuple[Path, ...]:
    found = (shutil.which(name, path=places.environ.get("PATH")) for name in names)
    return tuple(Path(each) for each in found if each is not None)


def _answer(program: Path, places: Places) -> str:
    try:
        return subprocess.run(  # noqa: S603 - a tool we looked up, arguments as a list
            [program, "--version"],
            env=places.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_ANSWER_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return ""


def _major(version: str) -> str:
    return version.partition(".")[0]
