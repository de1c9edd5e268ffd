"""A real app's screens behind the real Appium, its UiAutomator2 driver and adb."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from drivers.embedded.process import EmbeddedProcess
from drivers.server import AppiumServer
from drivers.tools import Toolchain
from results.record import VerdictKind
from tests.probes.sessions import IMPATIENT, ONE_LANE, Sessions
from tests.testbeds import MANAGED, plays, rule, write_testbed

PACKAGE: Final = "com.tencent.mm"
VERSION: Final = "8.0.32"
APP: Final = plays("wechat@8.0.31", version=VERSION)


@pytest.fixture
def sessions(pytester: pytest.Pytester, tmp_path: Path, toolchain: Toolchain) -> Sessions:
    """Sessions with a small list, and results in a folder of their own."""
    return Sessions(pytester, tmp_path)


@pytest.fixture
def shell(tmp_path: Path, toolchain: Toolchain) -> Iterator["Shell"]:
    """The shell of a handset with the app, through the real adb."""
    testbed = write_testbed(tmp_path / "testbed", changes=[APP])
    with ExitStack() as stack:
        process = stack.enter_context(EmbeddedProcess.start(testbed, seed=1))
        udid = process.adb_address("phone-1")
        server = stack.enter_context(AppiumServer(tmp_path, udids=[udid], toolchain=toolchain))
        yield Shell(server, udid)


class Shell:
    """Runs commands on a handset."""

    def __init__(self, server: AppiumServer, udid: str) -> None:
        self._adb = server.adb
        self._udid = udid

    def __call__(self, *command: str) -> str:
        """What a command says."""
        return self._adb.run("-s", self._udid, "shell", *command)


def test_handset_says_that_it_has_the_app(shell: Shell) -> None:
    """Packages, versions, activities and processes that adb tells are those of the app."""
    assert f"package:{PACKAGE}\n" in shell("pm", "list", "packages")
    assert "courier" not in shell("pm", "list", "packages")
    assert f"versionName={VERSION}\n" in shell("dumpsys", "package", PACKAGE)
    started = shell("cmd", "package", "resolve-activity", "--brief", PACKAGE)
    assert started.endswith(f"{PACKAGE}/.ui.LauncherUI\n")
    assert f" {PACKAGE}/.ui.LauncherUI " in shell("dumpsys", "window", "displays")
    assert f":{PACKAGE}/" in shell("dumpsys", "activity", "processes")


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_main_job_on_the_app(sessions: Sessions, tmp_path: Path, language: str) -> None:
    """On cluttered screens, through Appium and adb, every verdict is what the policy says."""
    testbed = write_testbed(
        tmp_path / "testbed",
        [
            rule("达赖喇嘛"),
            rule("时轮金刚", "印度", action="mask"),
            rule("བོད་ལྗོངས", action="refuse"),
        ],
        language=language,
        clutter=True,
        changes=[APP, *ONE_LANE, *MANAGED, *IMPATIENT],
    )
    result = sessions.measure(testbed, "--chat", "group")
    assert result.ret == 0, result.outlines
    verdicts = sessions.verdicts()
    censored = {word for word, kind in verdicts.items() if kind is VerdictKind.CENSORED}
    assert censored == {"达赖喇嘛", "时轮金刚 + 印度", "བོད་ལྗོངས"}, result.outlines
    assert set(verdicts.values()) == {VerdictKind.CENSORED, VerdictKind.CLEAR}
    result.stdout.fnmatch_lines([f"*on wechat {VERSION}, group chat*"])
