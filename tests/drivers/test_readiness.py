"""Readiness: every check is named, and all must hold twice in a row."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.adb import Adb
from drivers.errors import DriverError
from drivers.readiness import READINESS_CHECKS, clock_skew, wait_until_ready

UDID = "emulator-5600"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

ADB = """#!/bin/sh
cd "$(dirname "$0")" || exit 1
shift 2
echo "$*" >> calls
case "$*" in
    devices) printf 'List of devices attached\\nemulator-5600\\t%s\\n' "$(cat state)" ;;
    *"shell echo"*) if [ -e deaf ]; then echo nothing; else echo "${*##* }"; fi ;;
    *sys.boot_completed) cat boot ;;
    *init.svc.bootanim) cat animation ;;
    *"pm list packages") cat packages ;;
    *"date +%s") echo $(($(date +%s) - $(cat lag))) ;;
    *"su 0 date"*) if [ -e rooted ]; then echo 0 > lag; else exit 1; fi ;;
    *) exit 1 ;;
esac
"""


@pytest.fixture
def adb(tmp_path: Path) -> Adb:
    """An adb that knows one handset, which is ready; files beside it say what it answers."""
    program = tmp_path / "adb"
    program.write_text(ADB, encoding="utf-8")
    program.chmod(0o755)
    answers = {"state": "device", "boot": "1", "animation": "stopped", "lag": "0"}
    answers["packages"] = "package:android"
    for name, answer in answers.items():
        (tmp_path / name).write_text(f"{answer}\n", encoding="utf-8")
    return Adb(path=program, port=1, environ={"PATH": "/usr/bin:/bin"})


def calls(adb: Adb) -> list[str]:
    """What was asked, in order."""
    return (adb.path.parent / "calls").read_text(encoding="utf-8").splitlines()


def wait(adb: Adb, *, patience_s: float = 0.0, waits: list[float] | None = None) -> None:
    """Wait until the handset is ready, without really waiting."""
    pauses = [] if waits is None else waits
    deadline = time.monotonic() + patience_s
    wait_until_ready(lambda: adb, UDID, deadline=deadline, wait=pauses.append)


def test_ready_handset_is_looked_at_twice(adb: Adb) -> None:
    """A system that was just restored may answer once and fall over: one pass is not enough."""
    wait(adb)
    assert calls(adb).count(f"-s {UDID} shell getprop sys.boot_completed") == 2


@pytest.mark.parametrize(
    ("name", "file", "answer", "told"),
    [
        ("adb", "state", "offline", "adb says offline"),
        ("echo", "deaf", "", "and said 'nothing'"),
        ("boot", "boot", "", "sys.boot_completed is ''"),
        ("package manager", "packages", "", "`pm list packages` says ''"),
        ("boot animation", "animation", "running", "still on the screen"),
        ("clock", "lag", "3600", r"off by (3599|3600) s"),
    ],
)
def test_what_does_not_hold_is_named(
    adb: Adb, name: str, file: str, answer: str, told: str
) -> None:
    """When time is over, the check that fails is told, with what was seen and what to do."""
    (adb.path.parent / file).write_text(f"{answer}\n", encoding="utf-8")
    with pytest.raises(DriverError, match=told) as caught:
        wait(adb)
    (check,) = (each for each in READINESS_CHECKS if each.name == name)
    assert str(caught.value).startswith(f"{UDID} is not ready: {name}: ")
    assert check.remedy in str(caught.value)


def test_clock_is_set_where_that_is_allowed(adb: Adb) -> None:
    """A clock that is behind is set, and looked at again."""
    (adb.path.parent / "lag").write_text("3600", encoding="utf-8")
    (adb.path.parent / "rooted").touch()
    waits: list[float] = []
    wait(adb, patience_s=60.0, waits=waits)
    assert len(waits) == 2
    assert any(f"-s {UDID} shell su 0 date @" in call for call in calls(adb))


def test_unknown_emulator_is_told_to_adb(adb: Adb) -> None:
    """An emulator that adb does not list is named to it by its ports, and no other handset is."""
    program = adb.path.read_text(encoding="utf-8").replace("emulator-5600", "emulator-5998")
    adb.path.write_text(program, encoding="utf-8")

    def stop(_: float) -> None:
        raise DriverError("enough")

    with pytest.raises(DriverError, match="enough"):
        wait_until_ready(lambda: adb, UDID, deadline=time.monotonic() + 60, wait=stop)
    assert "connect emu:5600,5601" in calls(adb)


def test_names_are_unique() -> None:
    """A name in a message leads to one check, and each says what to do."""
    assert len({each.name for each in READINESS_CHECKS}) == len(READINESS_CHECKS)
    assert all(each.remedy for each in READINESS_CHECKS)


@pytest.mark.parametrize(
    ("shown_s", "skew_s"), [(0, 0), (-1, 0), (1, 0), (-4, 3), (4, 3), (3600, 3599)]
)
def test_clock_skew(shown_s: int, skew_s: int) -> None:
    """A clock that shows whole seconds may be a second further than it shows, and no more."""
    shown = NOON + timedelta(seconds=shown_s)
    skew = clock_skew(shown, NOON, NOON + timedelta(seconds=1))
    assert skew == timedelta(seconds=skew_s)
