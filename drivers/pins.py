"""Which Appium the project pins: package.json and package-lock.json beside the packages."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import BaseModel, Field, ValidationError

from drivers.errors import ConfigError

APPIUM: Final = "appium"
UIAUTOMATOR2: Final = "appium-uiautomator2-driver"
CHROMIUM: Final = "appium-chromium-driver"
PROJECT: Final = Path(__file__).parent.parent
PIN_FILES: Final = ("package.json", "package-lock.json", ".npmrc")

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_COMPARISON = re.compile(r"(\^|>=)(\d+)\.(\d+)\.(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """What the lock file pins.

    Attributes:
        appium: Version of Appium.
        uiautomator2: Version of the UiAutomator2 driver.
        chromium: Version of the Chromium driver, for web apps; empty where none is pinned.
        node: Versions of Node that Appium runs on, as npm writes them (``^20.19.0 || >=24.0.0``).
        digest: SHA-256 of the pins; another one means that something else is to be installed.
    """

    appium: str
    uiautomator2: str
    node: str
    digest: str
    chromium: str = ""


class _Engines(BaseModel):
    node: str = ">=0.0.0"


class _Package(BaseModel):
    version: str = ""
    engines: _Engines | list[str] = _Engines()  # very old packages give a list


class _Lock(BaseModel):
    packages: dict[str, _Package] = Field(min_length=1)


def load_pins(project: Path = PROJECT) -> Pins:
    """Read the pins.

    Raises:
        ConfigError: The files are not there or pin no Appium.
    """
    lock = project / "package-lock.json"
    try:
        said = lock.read_bytes()
        packages = _Lock.model_validate_json(said).packages
        appium = packages[f"node_modules/{APPIUM}"]
        driver = packages[f"node_modules/{UIAUTOMATOR2}"]
        manifest = (project / "package.json").read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{error.filename}: cannot be read ({error.strerror}). It pins the Appium that the "
            "harness manages and is part of a checkout: run from one."
        ) from error
    except (ValidationError, KeyError) as error:
        raise ConfigError(
            f"{lock}: pins no {APPIUM} and {UIAUTOMATOR2}. Restore it from the repository."
        ) from error
    return Pins(
        appium=appium.version,
        uiautomator2=driver.version,
        chromium=packages.get(f"node_modules/{CHROMIUM}", _Package()).version,
        node=appium.engines.node if isinstance(appium.engines, _Engines) else ">=0.0.0",
        digest=hashlib.sha256(manifest + b"\0" + said).hexdigest(),
    )


def admits(versions: str, version: str) -> bool:
    """Whether a version lies in a range as npm writes it.

    Only the forms that Appium uses are understood: ``^1.2.3``, ``>=1.2.3`` and ``||`` between them.

    Raises:
        ConfigError: The range or the version has another form.
    """
    found = _VERSION.match(version)
    if found is None:
        raise ConfigError(f"{version!r} is not a version of the form 1.2.3.")
    actual = tuple(map(int, found.groups()))
    return any(_admits_one(part.strip(), actual) for part in versions.split("||"))


def _admits_one(comparison: str, actual: tuple[int, ...]) -> bool:
    parsed = _COMPARISON.fullmatch(comparison)
    if parsed is None:
        raise ConfigError(
            f"{comparison!r} is not a range of versions of the form ^1.2.3 or >=1.2.3."
        )
    least = tuple(map(int, parsed.groups()[1:]))
    return actual >= least and (parsed[1] == ">=" or actual[0] == least[0])
