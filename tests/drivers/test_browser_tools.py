"""The browser and its driver are found, fit each other, or what to do is said."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from drivers import browser_tools
from drivers.browser_tools import find_chromedriver, find_chromium, require_browser_tools
from drivers.errors import ConfigError
from drivers.pins import load_pins
from drivers.tools import Missing, Places, Tool


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """No browser but those of PATH."""
    monkeypatch.setattr(browser_tools, "_ELSEWHERE", ())


def places(folder: Path, programs: Mapping[str, str], *, has_driver: bool = True) -> Places:
    """A machine on which programs of these names say these things."""
    for name, said in programs.items():
        program = folder / name
        program.write_text(f"#!/bin/sh\n{said}\n", encoding="utf-8")
        program.chmod(0o755)
    if has_driver:
        package = folder / "node_modules" / "appium-chromium-driver"
        package.mkdir(parents=True)
        version = load_pins().chromium
        (package / "package.json").write_text(f'{{"version": "{version}"}}', encoding="utf-8")
    environ = {**os.environ, "PATH": str(folder)}
    return Places(environ=environ, home=folder, node_wheel=None, adb_wheel=None)


def says(version: str) -> str:
    """A program that tells its version."""
    return f"echo 'Chromium {version} built on Debian'"


def test_fitting_tools(tmp_path: Path) -> None:
    """A browser and a driver of one major version are taken."""
    here = places(tmp_path, {"chromium": says("150.0.1.2"), "chromedriver": says("150.0.9.9")})
    tools = require_browser_tools(here)
    assert (tools.chromium, tools.chromedriver) == (
        tmp_path / "chromium",
        tmp_path / "chromedriver",
    )


def test_tools_that_do_not_fit(tmp_path: Path) -> None:
    """A driver of another major version is refused, with both versions named."""
    here = places(tmp_path, {"chromium": says("150.0.1.2"), "chromedriver": says("149.0.1.2")})
    with pytest.raises(ConfigError, match=r"(?s)150\.0\.1\.2.*149\.0\.1\.2.*do not fit"):
        require_browser_tools(here)


def test_all_that_is_missing_is_told_at_once(tmp_path: Path) -> None:
    """Nobody has to install one thing to hear of the next."""
    here = places(tmp_path, {}, has_driver=False)
    with pytest.raises(ConfigError) as told:
        require_browser_tools(here)
    for name in ("undelivered setup", "Chromium: ", "chromedriver: ", "apt-get install"):
        assert name in str(told.value)


def test_first_that_runs_is_found(tmp_path: Path) -> None:
    """A browser that does not run is passed over for the next."""
    here = places(tmp_path, {"chromium": "exit 1", "google-chrome": says("150.0.1.2")})
    found = find_chromium(here)
    assert isinstance(found, Tool)
    assert (found.path, found.version) == (tmp_path / "google-chrome", "150.0.1.2")


def test_one_that_does_not_run_is_named(tmp_path: Path) -> None:
    """Where none runs, the message says which was tried."""
    found = find_chromedriver(places(tmp_path, {"chromedriver": "exit 1"}))
    assert isinstance(found, Missing)
    assert str(tmp_path / "chromedriver") in found.problem
