"""Runs on handsets that fail: what happened and what to do is said once, what was seen is kept."""

import re
from collections import Counter
from pathlib import Path

import pytest

from results.record import MessageKind, VerdictKind, VoidReason
from tests.probes.sessions import IMPATIENT, KEYWORDS, ONE_LANE, Sessions
from tests.testbeds import fault, rule, write_testbed

BLOCKED = {"达赖喇嘛", "时轮金刚 + 印度"}
RULES = [rule("达赖喇嘛"), rule("时轮金刚", "印度")]
RIGHT = {
    keyword: VerdictKind.CENSORED if keyword in BLOCKED else VerdictKind.CLEAR
    for keyword in KEYWORDS
}
NOWHERE = "http://127.0.0.1:1"
IMPATIENT_LANE = (*ONE_LANE, *IMPATIENT)


def reached(*handsets: str) -> list[tuple[str, str]]:
    """Changes to the shipped testbed by which handsets are behind a server that is not there."""
    return [
        (
            f'name = "{name}"\naccount = "cn-{name[-1]}"\napp = "courier"\nappium = "embedded"',
            f'name = "{name}"\naccount = "cn-{name[-1]}"\napp = "courier"\n'
            f'appium = "{NOWHERE}"\nudid = "{name}"',
        )
        for name in handsets
    ]


def assert_no_wrong_verdict(sessions: Sessions) -> None:
    """Whatever was decided is right."""
    decided = {
        keyword: kind
        for keyword, kind in sessions.verdicts().items()
        if kind is not VerdictKind.INCONCLUSIVE
    }
    assert decided.items() <= RIGHT.items()


def voids(sessions: Sessions) -> Counter[VoidReason]:
    """How many messages are void, by reason."""
    return Counter(row.score.void for row in sessions.messages() if row.score.void is not None)


def test_unreachable_testbed(sessions: Sessions, tmp_path: Path) -> None:
    """If no handset can be reached, one message says which and what to check; nothing is sent."""
    changes = reached("phone-1", "phone-2", "phone-3", "phone-4")
    result = sessions.measure(write_testbed(tmp_path / "testbed", changes=changes))
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: No lane can be opened; nothing was sent.",
            f"lane-1: phone-1 ({NOWHERE}): could not open a session: *Check that the handset is on "
            "and that its Appium server runs.",
            "lane-2: phone-3 *",
        ]
    )
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert not sessions.attempts()


def test_one_lane_unreachable(sessions: Sessions, tmp_path: Path) -> None:
    """If one lane cannot be opened, the run says so and goes on with the others."""
    result = sessions.measure(
        write_testbed(tmp_path / "testbed", RULES, changes=reached("phone-3")), "-k", "达赖 or 天气"
    )
    assert result.ret == pytest.ExitCode.OK
    assert f"Lane lost: lane-2: phone-3 ({NOWHERE}): could not open a session" in unfolded(result)
    assert {row.attempt.lane for row in sessions.messages()} == {"lane-1"}
    assert sessions.verdicts() == {each: RIGHT[each] for each in ("达赖喇嘛", "天气")}


def unfolded(result: pytest.RunResult) -> str:
    """The output without the line breaks of the summary."""
    return re.sub(r"\s+", " ", result.stdout.str())


@pytest.mark.parametrize(
    ("handset", "what", "told"),
    [
        (
            "phone-1",
            "send_button_missing",
            "phone-1: the send button is not on the screen.*correct",
        ),
        ("phone-1", "input_garbles", "phone-1: the input field reads '.*~' after.*Check the keyb"),
        ("phone-2", "stops_receiving", "3 controls in a row did not arrive at 'phone-2'. Check"),
        ("phone-2", "dies", r"phone-2 \(http.*could not.*Check that the handset is on"),
        ("phone-2", "logged_out", "phone-2: Courier shows its log-in screen. Log in with the acc"),
        ("phone-1", "logged_out", "phone-1: Courier shows its log-in screen. Log in with the acc"),
    ],
    ids=["no button", "garbled", "deaf", "dead", "receiver logged out", "sender logged out"],
)
def test_lane_lost_in_the_middle(
    sessions: Sessions, tmp_path: Path, handset: str, what: str, told: str
) -> None:
    """When the only lane fails for good, its test fails with the reason; the rest is kept.

    The message is there once for the test and once in the summary.
    """
    testbed = write_testbed(
        tmp_path / "testbed",
        RULES,
        more=fault(handset, what, after_messages=12),
        changes=IMPATIENT_LANE,
    )
    result = sessions.measure(testbed, "-k", "not 达赖 and not 印度")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    output = unfolded(result)
    assert len(re.findall(f"No lane is left to measure on. lane-1: [^!]*?{told}", output)) == 1
    assert len(re.findall(f"Lane lost: lane-1: [^!]*?{told}", output)) == 1
    assert "Stopped early: no lane is left." in output
    assert "Traceback" not in output
    assert "another exception" not in output
    assert_no_wrong_verdict(sessions)
    assert VerdictKind.CLEAR in sessions.verdicts().values()
    assert VerdictKind.INCONCLUSIVE in sessions.verdicts().values()


def test_receiver_dies_beside_another_lane(sessions: Sessions, tmp_path: Path) -> None:
    """When one of two receivers dies, the other lane measures everything, and the run passes."""
    testbed = write_testbed(
        tmp_path / "testbed", RULES, more=fault("phone-4", "dies", after_messages=5)
    )
    result = sessions.measure(testbed)
    assert result.ret == pytest.ExitCode.OK
    assert "Lane lost: lane-2: phone-4" in unfolded(result)
    assert sessions.verdicts() == RIGHT


@pytest.mark.parametrize(
    ("problem", "void"),
    [
        (fault("phone-1", "session_lost", after_messages=3), VoidReason.SESSION_LOST),
        (fault("phone-1", "wrong_chat", after_messages=0), VoidReason.WRONG_CHAT),
        (fault("phone-1", "wrong_chat", after_messages=6), VoidReason.WRONG_CHAT),
        (fault("phone-2", "session_lost", after_messages=5), None),
        (fault("phone-2", "wrong_chat", after_messages=1), None),
    ],
    ids=[
        "sender's session",
        "sender's chat at once",
        "sender's chat later",
        "receiver's session",
        "receiver's chat",
    ],
)
def test_lane_recovers(
    sessions: Sessions, tmp_path: Path, problem: str, void: VoidReason | None
) -> None:
    """A session that is lost once, or another chat that comes up once, costs a message at most."""
    testbed = write_testbed(
        tmp_path / "testbed",
        RULES,
        more=problem,
        changes=IMPATIENT_LANE,
    )
    result = sessions.measure(testbed, "-k", "达赖 or 天气")
    assert result.ret == pytest.ExitCode.OK
    assert sessions.verdicts() == {each: RIGHT[each] for each in ("达赖喇嘛", "天气")}
    assert sum(voids(sessions).values()) <= 1
    assert not voids(sessions).keys() - {void}
    attempts = Counter(
        (each.sender.replace("cn", "phone"), each.text) for each in sessions.attempts()
    )
    assert sessions.tapped() <= attempts


@pytest.mark.parametrize(
    ("limits", "void", "told"),
    [
        ("rate = 12\nrate_window_s = 3600\n", VoidReason.RATE_LIMITED, "rate limited"),
        ("restrict_after = 12\n", VoidReason.ACCOUNT_RESTRICTED, "account restricted"),
    ],
    ids=["rate limited", "account restricted"],
)
def test_account_is_turned_away(
    sessions: Sessions, tmp_path: Path, limits: str, void: VoidReason, told: str
) -> None:
    """When the app turns an account away the lane stops, and nothing is taken for censorship."""
    testbed = write_testbed(
        tmp_path / "testbed", RULES, more=f"[limits]\n{limits}", changes=IMPATIENT_LANE
    )
    result = sessions.measure(testbed, "-k", "not 达赖 and not 印度")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert (
        f"lane-1: the app reports {told} for the account 'cn-1'. Look at its handset, and let the "
        "account rest." in unfolded(result)
    )
    assert 1 <= voids(sessions)[void] <= 3
    assert_no_wrong_verdict(sessions)
    assert VerdictKind.CENSORED not in sessions.verdicts().values()


def test_noise_is_measured(sessions: Sessions, tmp_path: Path) -> None:
    """On a network that loses a tenth, verdicts are right and the losses are seen in controls."""
    testbed = write_testbed(tmp_path / "testbed", RULES, loss=0.1, changes=IMPATIENT)
    result = sessions.measure(testbed)
    assert result.ret == pytest.ExitCode.OK
    assert_no_wrong_verdict(sessions)
    controls = [row for row in sessions.messages() if row.attempt.kind is MessageKind.CONTROL]
    delivered = sum(row.attempt.arrived_at is not None for row in controls)
    result.stdout.fnmatch_lines([f"Controls delivered: {delivered} of *"])
