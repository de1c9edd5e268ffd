"""The doctor through the real Appium, the real UiAutomator2 driver and the real adb."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

import pytest
from typer.testing import CliRunner

from drivers.cli import app
from drivers.doctor.examination import examine
from drivers.doctor.finding import SESSION, Finding, Status
from drivers.ports import free_ports
from drivers.tools import Places, Toolchain
from tests.testbeds import MANAGED, fault, write_testbed

Findings: TypeAlias = Mapping[tuple[str, str | None], Finding]
"""What was found, by check and handset."""

SECOND_LANE: Final = (
    '    { kind = "direct", sender_title = "Dan", receiver_title = "Chen" },\n',
    "",
)
"""Without its direct chat the second lane is left alone, which saves half of the time."""

BROKEN: Final = (
    # handset, what is wrong with it, the check that finds it, what is told of it
    ("phone-1", "clock_wrong", "clock", r"off by (3599|3600) s"),
    ("phone-2", "logged_out", "login", "'cn-2'"),
    ("phone-3", "wrong_chat", "chat title", "'Family', not 'Dan'"),
    ("phone-4", "input_garbles", "typing", "'今天天气很好' reads back '今天天气很~'"),
    ("phone-1", "distrusts_host", "device", "unauthorized.*allow this computer"),
    ("phone-2", "app_missing", "app", "org.undelivered.courier"),
    ("phone-3", "send_button_missing", "selector send", "id org.undelivered.courier:id/send"),
)
"""What the four handsets of a testbed have, and then three of those of another."""


def place_of(account: str, server: str, udid: str) -> tuple[str, str]:
    """A change to the shipped testbed: where the handset of an account is said to be."""
    said = f'account = "{account}"\napp = "courier"\nappium = '
    return f'{said}"embedded"', f'{said}"{server}"\nudid = "{udid}"'


def diagnose(
    folder: Path, *faults: str, changes: Iterable[tuple[str, str]] = (), sends: bool = False
) -> Findings:
    """Examine the shipped testbed with these faults and changes, through the full stack."""
    path = write_testbed(folder, more="".join(faults), changes=[*changes, *MANAGED])
    findings = examine(
        str(path), chat="direct", sends=sends, folder=folder / "kept", places=Places.here()
    )
    return {(each.check, each.handset): each for each in findings}


def failed(findings: Findings) -> list[tuple[str, str | None]]:
    """The checks that failed."""
    return [key for key, each in findings.items() if each.status is Status.FAIL]


@pytest.fixture(scope="module")
def examined(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Sequence[Findings]:
    """Two testbeds of four handsets, broken in different ways."""
    folder = tmp_path_factory.mktemp("broken")
    found = []
    for place, broken in enumerate((BROKEN[:4], BROKEN[4:])):
        faults = [fault(handset, what, after_messages=0) for handset, what, _, _ in broken]
        found.append(diagnose(folder / str(place), *faults))
    return found


def test_healthy_testbed(tmp_path: Path, toolchain: Toolchain) -> None:
    """Through the full stack a healthy testbed passes every check, with exit code 0."""
    path = write_testbed(tmp_path, changes=[*MANAGED, SECOND_LANE])
    result = CliRunner().invoke(app, ["doctor", "--testbed", str(path), "--send"])
    assert result.exit_code == 0, result.output
    assert ", 0 fail, " in result.stdout
    for check in ("Node", "Appium", "UiAutomator2 driver", "adb", "Appium server"):
        assert f"\nok       {check}: " in result.stdout
    for handset in ("phone-1", "phone-2"):
        for check in ("device", "app", "session", "version", "clock", "notifications", "typing"):
            assert f"\nok       {handset}  {check}: " in result.stdout
    assert "\nok       phone-2  arrival: " in result.stdout


@pytest.mark.parametrize(
    ("handset", "what", "check", "told"), BROKEN, ids=[what for _, what, _, _ in BROKEN]
)
def test_broken_handset(
    examined: Sequence[Findings], handset: str, what: str, check: str, told: str
) -> None:
    """What is wrong with a handset is found, is told, and is all that is found there."""
    place = BROKEN.index((handset, what, check, told)) // 4
    found = [key for key in failed(examined[place]) if key[1] == handset]
    assert found == [(check, handset)]
    finding = examined[place][check, handset]
    assert re.search(told, f"{finding.detail} {finding.remedy}")


def test_nothing_else_is_blamed(examined: Sequence[Findings]) -> None:
    """However many handsets are broken, tools, server and the healthy handset pass."""
    assert [len(failed(findings)) for findings in examined] == [4, 3]


def test_handset_out_of_reach_gets_no_session(examined: Sequence[Findings]) -> None:
    """Where adb or the app is what is wrong, no session is tried, which would take a minute."""
    _, findings = examined
    skipped = {
        key[1]
        for key, each in findings.items()
        if key[0] == SESSION and each.status is Status.SKIPPED
    }
    assert skipped == {"phone-1", "phone-2"}


def test_handset_that_is_not_there(tmp_path: Path, toolchain: Toolchain) -> None:
    """A serial that adb does not know is told, as is a URL behind which nobody listens."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    away = place_of("cn-1", "managed", "emulator-5998"), place_of("cn-3", url, "emulator-5554")
    findings = diagnose(tmp_path, changes=away)
    # The other end of each lane has no such chat without them.
    assert failed(findings) == [
        ("device", "phone-1"),
        ("chat", "phone-2"),
        ("server", "phone-3"),
        ("chat", "phone-4"),
    ]
    assert "emulator-5998" in findings["device", "phone-1"].detail
    assert url in findings["server", "phone-3"].detail


def test_receiver_that_gets_nothing(tmp_path: Path, toolchain: Toolchain) -> None:
    """A control that does not arrive is told at the receiver, whose screen is kept."""
    findings = diagnose(
        tmp_path,
        fault("phone-2", "stops_receiving", after_messages=0),
        changes=[("settle_s = 2.0", "settle_s = 0.5"), SECOND_LANE],
        sends=True,
    )
    assert findings["control", "phone-1"].status is Status.OK
    assert failed(findings)[0] == ("arrival", "phone-2")
    assert {handset for _, handset in failed(findings)} == {"phone-2"}
    assert list((tmp_path / "kept").glob("phone-2-*.xml"))
