"""Lanes that survive what happens to handsets: crashes, dialogs, banners, restarts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.embedded.canvas import SYSTEM
from drivers.embedded.skins.skin import LAUNCHER
from drivers.errors import DriverError, ScreenUnknown, SessionLost
from drivers.evidence import EvidenceFolder, EvidenceKind
from drivers.handset import Handset
from drivers.profile import Selector, SelectorKind
from tests.drivers.lanes import Built, run
from tests.testbeds import fault

Failing = Callable[..., Built]
SENDER, RECEIVER = "phone-1", "phone-2"


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Failing]:
    """Builds an open lane whose handsets suffer these faults after the first message."""
    with ExitStack() as stack:

        def build(*faults: tuple[str, str]) -> Built:
            more = "".join(fault(handset, what, after_messages=1) for handset, what in faults)
            running = run(tmp_path, more=more)
            stack.callback(running.network.stop)
            one = running.build()
            stack.callback(one.lane.close)
            one.lane.open()
            return one

        yield build


def survives(one: Built) -> None:
    """See that a lane comes back, and that its message was sent once and arrives."""
    one.lane.recover()
    assert one.look() == ["in flight"]
    one.send("next")
    assert one.look() == ["next"]
    assert one.sent() == ["in flight", "next"]


@pytest.mark.parametrize("what", ["app_crashes", "hangs_up", "instrumentation_dies", "restarts"])
def test_fault_at_the_sender(failing: Failing, what: str) -> None:
    """A fault in the moment of the tap is told; the message is seen to arrive after recovery."""
    one = failing((SENDER, what))
    with pytest.raises((SessionLost, ScreenUnknown)):
        one.send("in flight")
    survives(one)


@pytest.mark.parametrize("what", ["app_crashes", "instrumentation_dies", "restarts"])
def test_fault_at_the_receiver(failing: Failing, what: str) -> None:
    """A fault at the receiver is told by the next look; what had arrived is seen after recovery."""
    one = failing((RECEIVER, what))
    one.send("in flight")
    with pytest.raises((SessionLost, ScreenUnknown)):
        one.look()
    survives(one)


def test_idle_connection_that_is_cut(failing: Failing) -> None:
    """A connection that is cut while no command is under way is opened again, without a word."""
    one = failing((RECEIVER, "hangs_up"))
    one.send("one")
    assert one.look() == ["one"]


def test_crashed_app_leaves_the_launcher(failing: Failing) -> None:
    """After a crash the launcher is on the screen, and the error says what is in front."""
    one = failing((SENDER, "app_crashes"))
    with pytest.raises(ScreenUnknown, match=f"{LAUNCHER} is in front of Courier"):
        one.send("in flight")
    assert one.sender.screen().package == LAUNCHER


@pytest.mark.parametrize("end", [SENDER, RECEIVER])
def test_popup_is_closed(failing: Failing, end: str) -> None:
    """A dialog of the system hides the chat; it is closed, and nothing is lost for it."""
    one = failing((end, "popup"))
    assert one.send("one").own_text == "one"
    assert one.look() == ["one"]
    one.send("two")
    assert one.look() == ["two"]
    assert one.sent() == ["one", "two"]


def test_popup_hides_the_chat(failing: Failing) -> None:
    """A snapshot with a dialog on top shows the dialog alone; back closes it."""
    one = failing((RECEIVER, "popup"))
    one.send("one")
    assert one.receiver.screen().package == SYSTEM
    one.receiver.go_back()
    assert one.look() == ["one"]


def test_popup_that_the_profile_knows(failing: Failing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the profile names the button that closes a popup, that is tapped, not back."""
    one = failing((RECEIVER, "popup"))
    later = Selector(kind=SelectorKind.ID, values=(f"{SYSTEM}:id/button2",))
    config = one.receiver.config
    one.receiver.config = replace(config, profile=replace(config.profile, popups=(later,)))

    def never(_: Handset) -> None:
        raise AssertionError

    monkeypatch.setattr(Handset, "go_back", never)
    one.send("one")
    assert one.look() == ["one"]


def test_banner_that_takes_the_tap(failing: Failing) -> None:
    """A heads-up notification opens another chat instead; the lane finds back, nothing is sent."""
    one = failing((SENDER, "banner"), (SENDER, "wrong_chat"))
    one.send("in flight")
    with pytest.raises(DriverError, match="the open chat is 'Family'"):
        one.lane.prepare("stray")
    survives(one)


def test_sign_of_life(failing: Failing) -> None:
    """A session can be asked whether it lives; one that does not is told."""
    one = failing((RECEIVER, "session_lost"))
    one.lane.keep_alive()
    one.send("in flight")
    with pytest.raises(SessionLost, match=r"phone-2.*could not ask for a sign of life"):
        one.lane.keep_alive()
    survives(one)


def test_evidence_of_both_ends(failing: Failing, tmp_path: Path) -> None:
    """What both screens show is kept for the attempt in hand, as far as it can be had."""
    one = failing((SENDER, "app_crashes"))
    one.lane._evidence = EvidenceFolder(tmp_path / "run")
    with pytest.raises(ScreenUnknown):
        one.send("in flight")
    one.lane.keep_evidence("run-000001")
    sources = [*(tmp_path / "run" / "evidence").glob(f"*.{EvidenceKind.SOURCE}")]
    texts = [path.read_text(encoding="utf-8") for path in sources]
    assert sorted(LAUNCHER in text for text in texts) == [False, True]


def test_evidence_of_a_lost_session_comes_later(failing: Failing, tmp_path: Path) -> None:
    """An end that can show nothing when it happens is asked once more when it is back."""
    one = failing((SENDER, "session_lost"))
    one.lane._evidence = EvidenceFolder(tmp_path / "run")
    with pytest.raises(SessionLost):
        one.send("in flight")
    one.lane.keep_evidence("run-000001")
    folder = tmp_path / "run" / "evidence"
    assert len([*folder.glob("*.xml")]) == 1
    one.lane.recover()
    assert len([*folder.glob("*.xml")]) == 2
