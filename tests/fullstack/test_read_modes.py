"""Reading what arrives through the real Appium, driver and adb, where the tree hides texts."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.lane import Lane
from drivers.open_testbed import OpenTestbed
from drivers.profile import ReadMode
from drivers.testbed import load_testbed
from drivers.tools import Toolchain
from results.likeness import is_misreading
from tests.testbeds import MANAGED, fault, reads, write_testbed

TEXTS = ("今天天气很好", "the train is late", "the train is late")


@pytest.fixture
def opened(tmp_path: Path, toolchain: Toolchain) -> Iterator[Callable[[str], Lane]]:
    """Opens a lane whose receiver hides texts and is read in another way."""
    with ExitStack() as stack:

        def opens(mode: str) -> Lane:
            hides = fault("phone-2", "hides_text", after_messages=0)
            changes = [*MANAGED, reads("phone-2", mode)]
            testbed = load_testbed(str(write_testbed(tmp_path, more=hides, changes=changes)))
            running = OpenTestbed.start(
                testbed, chat="group", seed=0, folder=tmp_path, wait=lambda _: None
            )
            stack.enter_context(running)
            lane = running.lanes[0]
            lane.open()
            return lane

        yield opens


def arrived(lane: Lane) -> list[str]:
    """Send the texts; what has come in."""
    came = []
    for text in TEXTS:
        lane.prepare(text)
        lane.send()
        came += [each.text for each in lane.look(expected=1)]
    return came


def test_notifications(opened: Callable[[str], Lane]) -> None:
    """Notifications come through adb and the settings app as exact as they were posted."""
    lane = opened("notifications")
    assert lane.read_mode is ReadMode.NOTIFICATIONS
    assert tuple(arrived(lane)) == TEXTS


def test_screenshots(opened: Callable[[str], Lane]) -> None:
    """Screenshots come through adb and can be read."""
    came = arrived(opened("ocr"))
    assert len(came) == len(TEXTS)
    assert all(map(is_misreading, TEXTS, came))
