"""The doctor through the real Appium, the real UiAutomator2 driver and the real adb."""

from collections.abc import Iterable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers.cli import app
from drivers.doctor.examination import examine
from drivers.doctor.finding import SESSION, Finding, Status
from drivers.tools import Places, Toolchain
from tests.testbeds import fault, write_testbed

MANAGED = ('appium = "embedded"', 'appium = "managed"\nudid = "embedded"')
SECOND_LANE = (
    '    { kind = "direct", sender_title = "Dan", receiver_title = "Chen" },\n',
    "",
)
"""Without its direct chat the second lane is left alone, which saves half of the time."""


def diagnose(
    folder: Path, *faults: str, changes: Iterable[tuple[str, str]] = (), sends: bool = False
) -> dict[tuple[str, str | None], Finding]:
    """Examine the first lane of the shipped testbed with these faults, through the full stack."""
    path = write_testbed(folder, more="".join(faults), changes=[*changes, MANAGED, SECOND_LANE])
    findings = examine(
        str(path), chat="direct", sends=sends, folder=folder / "kept", places=Places.here()
    )
    return {(each.check, each.handset): each for each in findings}


def failed(findings: dict[tuple[str, str | None], Finding]) -> list[tuple[str, str | None]]:
    """The checks that failed."""
    return [key for key, each in findings.items() if each.status is Status.FAIL]


def test_healthy_testbed(tmp_path: Path, toolchain: Toolchain) -> None:
    """Through the full stack a healthy testbed passes every check, with exit code 0."""
    path = write_testbed(tmp_path, changes=[MANAGED, SECOND_LANE])
    result = CliRunner().invoke(app, ["doctor", "--testbed", str(path), "--send"])
    assert result.exit_code == 0, result.output
    assert ", 0 fail, " in result.stdout
    for check in ("Node", "Appium", "UiAutomator2 driver", "adb", "Appium server"):
        assert f"\nok       {check}: " in result.stdout
    for handset in ("phone-1", "phone-2"):
        for check in ("device", "app", "session", "version", "clock", "notifications", "typing"):
            assert f"\nok       {handset}  {check}: " in result.stdout
    assert "\nok       phone-2  arrival: " in result.stdout


def test_handset_that_distrusts_this_computer(tmp_path: Path, toolchain: Toolchain) -> None:
    """A handset that was never told to trust this computer is told from one that is away."""
    findings = diagnose(tmp_path, fault("phone-1", "distrusts_host", after_messages=0))
    assert failed(findings) == [("device", "phone-1")]
    found = findings["device", "phone-1"]
    assert "unauthorized" in found.detail
    assert "allow this computer" in found.remedy
    assert findings[SESSION, "phone-1"].status is Status.SKIPPED
    assert findings["typing", "phone-2"].status is Status.OK


def test_app_that_is_not_installed(tmp_path: Path, toolchain: Toolchain) -> None:
    """A handset without the app is told before a session is asked for."""
    findings = diagnose(tmp_path, fault("phone-1", "app_missing", after_messages=0))
    assert failed(findings) == [("app", "phone-1")]
    assert "org.undelivered.courier" in findings["app", "phone-1"].detail
    assert findings[SESSION, "phone-1"].status is Status.SKIPPED


def test_device_that_is_away(tmp_path: Path, toolchain: Toolchain) -> None:
    """A serial that adb does not know is told with those that it knows."""
    first = 'account = "cn-1"\napp = "courier"\nappium = "embedded"'
    away = first.replace("embedded", 'managed"\nudid = "emulator-5998')
    findings = diagnose(tmp_path, changes=[(first, away)])
    assert failed(findings)[0] == ("device", "phone-1")
    assert "emulator-5998" in findings["device", "phone-1"].detail


@pytest.mark.parametrize(
    ("what", "check"),
    [
        ("clock_wrong", "clock"),
        ("logged_out", "login"),
        ("wrong_chat", "chat title"),
        ("input_garbles", "typing"),
        ("send_button_missing", "selector send"),
    ],
)
def test_broken_handset(tmp_path: Path, toolchain: Toolchain, what: str, check: str) -> None:
    """What is wrong on a handset is found through the full stack as at the direct door."""
    findings = diagnose(tmp_path, fault("phone-1", what, after_messages=0))
    assert failed(findings) == [(check, "phone-1")]


def test_receiver_that_gets_nothing(tmp_path: Path, toolchain: Toolchain) -> None:
    """A control that does not arrive is told at the receiver, whose screen is kept."""
    findings = diagnose(
        tmp_path,
        fault("phone-2", "stops_receiving", after_messages=0),
        changes=[("settle_s = 2.0", "settle_s = 0.5")],
        sends=True,
    )
    assert findings["control", "phone-1"].status is Status.OK
    assert failed(findings)[0] == ("arrival", "phone-2")
    assert {handset for _, handset in failed(findings)} == {"phone-2"}
    assert list((tmp_path / "kept").glob("phone-2-*.xml"))
