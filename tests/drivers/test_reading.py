"""Reading what has arrived, where an app keeps its texts from the accessibility tree."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from drivers.chat import Mark
from drivers.errors import ReadModeChanged, Unreadable
from drivers.profile import ReadMode
from tests.drivers.lanes import Built, past, run
from tests.testbeds import fault, reads

HIDDEN = fault("phone-2", "hides_text", after_messages=0)
Building = Callable[..., Built]


@pytest.fixture
def building(tmp_path: Path) -> Iterator[Building]:
    """Builds an open lane whose receiver is read in these ways, on a network with these faults."""
    with ExitStack() as stack:

        def build(*modes: str, faults: str = HIDDEN) -> Built:
            running = run(tmp_path, more=faults, changes=[reads("phone-2", *modes)])
            stack.callback(running.network.stop)
            one = running.build()
            stack.callback(one.lane.close)
            one.lane.open()
            return one

        yield build


def seen(built: Built) -> list[tuple[int, str, ReadMode]]:
    """What has come in since the last look: place, text, and how it was read."""
    return [(each.place, each.text, each.read_mode) for each in built.lane.look(expected=9)]


def test_tree_is_read_where_it_can_be(building: Building) -> None:
    """A tree with texts is read, whatever else would be allowed; each text says so."""
    one = building("tree", "notifications", faults="")
    one.send("喇嘛", "two\nlines")
    assert seen(one) == [(0, "喇嘛", ReadMode.TREE), (1, "two\nlines", ReadMode.TREE)]


def test_notifications_tell_exact_texts(building: Building) -> None:
    """Where the tree hides texts, notifications tell them exactly and in order, equal ones too."""
    one = building("notifications")
    texts = ["喇嘛", "same", "same", "བོད་ལྗོངས", "two\nlines", "same"]
    one.send(*texts)
    assert seen(one) == [(n, text, ReadMode.NOTIFICATIONS) for n, text in enumerate(texts)]
    assert seen(one) == []
    one.send("same")
    assert seen(one) == [(6, "same", ReadMode.NOTIFICATIONS)]


def test_notifications_outlast_being_read(building: Building) -> None:
    """A message that somebody has read on the phone before the next look is not overlooked."""
    one = building("notifications")
    one.send("first", "second")
    one.receiver.bring_app_to_front()
    one.receiver.go_back()
    one.receiver.mobile("pressKey", keycode=3)
    assert [text for _, text, _ in seen(one)] == ["first", "second"]


def test_what_was_posted_before_is_old(building: Building) -> None:
    """Notifications from before the lane was opened are no arrivals."""
    one = building("notifications")
    one.send("before")
    one.lane.open()
    one.send("after")
    assert [text for _, text, _ in seen(one)] == ["after"]


def test_resumed_lane_finds_what_is_new(building: Building) -> None:
    """After an interruption, notifications are laid over what is known to have arrived."""
    one = building("notifications")
    one.send("known", "known", "under way")
    one.lane.open(past("known", "known"))
    assert seen(one) == [(2, "under way", ReadMode.NOTIFICATIONS)]


def test_next_way_is_taken_when_the_tree_hides(building: Building) -> None:
    """When the tree turns out to hide its texts, the next way is taken, and it is told so."""
    hides_later = fault("phone-2", "hides_text", after_messages=3)
    one = building("tree", "notifications", faults=hides_later)
    one.send("one", "two")
    assert seen(one) == [(0, "one", ReadMode.TREE), (1, "two", ReadMode.TREE)]
    one.send("three")
    with pytest.raises(ReadModeChanged, match="reads by notifications from now on"):
        one.lane.look(expected=1)
    assert one.lane.read_mode is ReadMode.NOTIFICATIONS
    one.send("four", "five")
    assert [text for _, text, _ in seen(one)] == ["four", "five"]


def test_way_is_chosen_when_the_lane_opens(building: Building) -> None:
    """A lane whose chat shows rows without texts begins with the next way."""
    one = building("tree", "notifications")
    one.send("before")
    one.lane.open()
    assert one.lane.read_mode is ReadMode.NOTIFICATIONS
    one.send("after")
    assert [text for _, text, _ in seen(one)] == ["after"]


def test_no_way_left(building: Building) -> None:
    """Where texts can be read in none of the allowed ways, it is said what to do."""
    one = building("tree")
    one.send("hello")
    with pytest.raises(Unreadable, match=r"shows 1 rows .*Add 'notifications' or 'ocr'"):
        one.lane.look(expected=1)


def test_session_of_a_reader_of_notifications_is_rebuilt(building: Building) -> None:
    """A new session does not open the chat: what comes in meanwhile would not be announced."""
    one = building("notifications")
    one.receiver.stop()
    one.lane.recover()
    one.send("hello")
    assert [text for _, text, _ in seen(one)] == ["hello"]


def test_sender_that_hides_texts(building: Building) -> None:
    """At a sender without texts the newest bubble's mark is read once nothing moves any more."""
    one = building("tree", faults=fault("phone-1", "hides_text", after_messages=0))
    one.lane.timing = replace(one.lane.timing, settle_s=2.0)
    view = one.send("one", "two")
    assert (view.own_text, view.mark) == (None, Mark.SENT)
    assert [text for _, text, _ in seen(one)] == ["one", "two"]
