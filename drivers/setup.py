"""Installs the pinned Appium, once, with the Node that is found."""

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from pydantic import BaseModel, ValidationError

from drivers.errors import ConfigError, DriverError
from drivers.pins import PIN_FILES, PROJECT, UIAUTOMATOR2, Pins, load_pins
from drivers.tools import (
    TOOLS_VARIABLE,
    Missing,
    Places,
    Tool,
    find_appium,
    find_node,
    find_npm,
    find_uiautomator2,
)

LOG_NAME: Final = "undelivered-setup.log"

_MARK: Final = ".undelivered-pins"
_CHECK_S: Final = 60.0
_TOLD_LINES: Final = 8
# npm says first what is wrong; then, indented, where in its own code that came up.
_ERROR: Final = re.compile(r"npm (error|ERR!) \w")
_FETCHED: Final = re.compile(rb"^npm http fetch ")

Progress = Callable[[int], None]
"""Told how many files npm has fetched so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """Where the pinned Appium is.

    Attributes:
        home: The folder whose ``node_modules`` holds it.
        appium: Its version.
        uiautomator2: Version of the UiAutomator2 driver.
        is_new: Whether it was installed now; otherwise it was there already.
    """

    home: Path
    appium: str
    uiautomator2: str
    is_new: bool


def _ignore(_fetched: int) -> None:
    """Nobody wants to know."""


def install(
    places: Places,
    *,
    project: Path = PROJECT,
    progress: Progress | None = None,
    for_tests: bool = False,
) -> Installed:
    """Install the pinned Appium; does nothing where it is installed already.

    Other processes that want the same wait for the first one.

    Args:
        places: Where to look for Node, and where to install to.
        project: The folder whose pins to install.
        progress: Told how far it is.
        for_tests: Whether what only the project's own tests need is installed as well.

    Raises:
        ConfigError: There is no Node or npm, or the pins cannot be read.
        DriverError: npm failed, or what it installed does not work; its log is kept.
    """
    pins = load_pins(project)
    home = places.home
    with _only_one(home):
        is_new = not is_installed(places, pins, for_tests=for_tests)
        if is_new:
            _install(places, pins, project, progress or _ignore, for_tests=for_tests)
        return Installed(
            home=home, appium=pins.appium, uiautomator2=pins.uiautomator2, is_new=is_new
        )


def is_installed(places: Places, pins: Pins, *, for_tests: bool = False) -> bool:
    """Whether exactly what is pinned was installed to its end.

    Args:
        places: Where to look.
        pins: What is pinned.
        for_tests: Whether what only the project's own tests need must be there as well; if it is,
            that is right for everyone.
    """
    try:
        mark = (places.home / "node_modules" / _MARK).read_text(encoding="ascii")
    except OSError:
        return False
    fitting = {_mark(pins, for_tests=True), _mark(pins, for_tests=for_tests)}
    return mark in fitting and all(
        isinstance(tool, Tool)
        for tool in (find_appium(places, pins), find_uiautomator2(places, pins))
    )


def _mark(pins: Pins, *, for_tests: bool) -> str:
    return f"{pins.digest} for tests" if for_tests else pins.digest


def _install(
    places: Places, pins: Pins, project: Path, progress: Progress, *, for_tests: bool
) -> None:
    home = places.home
    node = find_node(places, pins)
    if isinstance(node, Missing):
        raise ConfigError(f"Appium cannot be installed. {node}")
    npm = find_npm(places, node)
    if isinstance(npm, Missing):
        raise ConfigError(f"Appium cannot be installed. {npm}")
    if home != project:
        _require_ours(home)
        for name in PIN_FILES:
            shutil.copyfile(project / name, home / name)
    environ = dict(places.environ)
    environ["PATH"] = os.pathsep.join(
        part for part in (str(node.path.parent), environ.get("PATH")) if part
    )
    environ["APPIUM_HOME"] = str(home)
    # Web apps take the chromedriver of the system, which fits the system's browser.
    environ["APPIUM_SKIP_CHROMEDRIVER_INSTALL"] = "1"
    with tempfile.TemporaryFile() as log:
        command = [str(node.path), str(npm.path), "ci"]
        command += ["--include=dev" if for_tests else "--omit=dev"]
        command += ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http"]
        code = _run_npm(command, home, environ, log, progress)
        if code != 0:
            raise DriverError(_npm_failed(command, code, home, log))
        # Appium writes its list of drivers at its first start: now, so that servers started at
        # the same time later do not all write it, and a broken installation is found out here.
        command = [str(node.path), str(home / "node_modules" / "appium" / "index.js")]
        command += ["driver", "list", "--installed"]
        said = _check(command, home, environ, log)
        if pins.uiautomator2 not in said:
            raise DriverError(
                f"Appium was installed in {home}, but does not find its {UIAUTOMATOR2} "
                f"{pins.uiautomator2}. The output is in {_keep(log, home)}."
            )
    (home / "node_modules" / _MARK).write_text(_mark(pins, for_tests=for_tests), encoding="ascii")


class _Manifest(BaseModel):
    name: str = ""


def _require_ours(home: Path) -> None:
    """Refuse a folder that holds something else: npm would wipe its ``node_modules``."""
    manifest = home / "package.json"
    try:
        is_ours = _Manifest.model_validate_json(manifest.read_bytes()).name == "undelivered"
    except FileNotFoundError:
        is_ours = not (home / "node_modules").exists()
    except (OSError, ValidationError):
        is_ours = False
    if not is_ours:
        raise ConfigError(
            f"{TOOLS_VARIABLE}={home}: this folder holds another npm project, which installing "
            "Appium there would overwrite. Name a folder of its own."
        )


def _run_npm(
    command: list[str],
    home: Path,
    environ: dict[str, str],
    log: IO[bytes],
    fetched: Callable[[int], None],
) -> int:
    count = 0
    with subprocess.Popen(  # noqa: S603 - the npm we looked up, arguments as a list
        command,
        cwd=home,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        for line in process.stdout or ():
            log.write(line)
            if _FETCHED.match(line):
                count += 1
                fetched(count)
    return process.returncode


def _check(command: list[str], home: Path, environ: dict[str, str], log: IO[bytes]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - what we have just installed, arguments as a list
            command,
            cwd=home,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_CHECK_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        log.write(str(error).encode())
        return ""
    log.write(done.stdout)
    return done.stdout.decode(errors="replace")


def _npm_failed(command: list[str], code: int, home: Path, log: IO[bytes]) -> str:
    kept = _keep(log, home)
    lines = kept.read_text(encoding="utf-8", errors="replace").splitlines()
    errors = list(filter(_ERROR.match, lines))
    told = "\n".join(f"  {line}" for line in errors[:_TOLD_LINES] or lines[-_TOLD_LINES:])
    return (
        f"npm could not install Appium in {home} (exit code {code}): {' '.join(command)}\n{told}\n"
        f"Check that npm reaches its registry (npm config get registry, proxy) and that {home} can "
        f"be written to, then run again: undelivered setup. The whole output is in {kept}."
    )


def _keep(log: IO[bytes], home: Path) -> Path:
    # Where git does not look, and where the next npm ci clears it away.
    kept = home / "node_modules" / LOG_NAME
    kept.parent.mkdir(exist_ok=True)
    log.seek(0)
    kept.write_bytes(log.read())
    return kept


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    """Keep other processes from installing into a folder; they wait."""
    home.mkdir(parents=True, exist_ok=True)
    folder = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
