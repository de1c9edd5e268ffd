"""An inbox as the receiver of a lane."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drivers.deliveries import Deliveries
from drivers.errors import DriverError
from drivers.inbox_receiver import InboxReceiver
from drivers.inboxes.errors import ArrivalsLost
from drivers.inboxes.inbox import Arrival, Batch, Change
from drivers.incoming import Incoming, Past
from drivers.profile import ReadMode
from drivers.testbed import InboxEnd, load_testbed
from tests.probes.inbox_bridge import inbox
from tests.probes.sessions import ONE_LANE
from tests.testbeds import write_testbed

NOW = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


class Scripted:
    """An inbox that gives what a test says, look by look.

    Attributes:
        looks: What each look brings; an error is raised.
        asked: The cursors it was asked with, ``None`` at first.
    """

    name = "outside"
    tells_edits = True

    def __init__(self, *looks: Sequence[Arrival] | Exception, tells_removals: bool = True) -> None:
        self.tells_removals = tells_removals
        self.looks = list(looks)
        self.asked: list[str | None] = []

    def check(self) -> None:
        """It can be read."""

    def begin(self, cursor: str | None) -> Batch:
        self.asked.append(cursor)
        return Batch(arrivals=(), cursor=cursor or "0")

    def look(self, cursor: str, *, wait_s: float = 0.0) -> Batch:
        self.asked.append(cursor)
        look = self.looks.pop(0)
        if isinstance(look, Exception):
            raise look
        return Batch(arrivals=tuple(look), cursor=f"{int(cursor) + 1}")

    def close(self) -> None:
        """There is nothing to close."""


def told(name: str, text: str | None, change: Change = Change.NEW) -> Arrival:
    """Something that happened to a message."""
    return Arrival(id=name, change=change, text=text, served_at=None, seen_at=NOW)


@pytest.fixture
def config(tmp_path: Path) -> InboxEnd:
    """The inbox of a testbed's lane."""
    changes = [
        *ONE_LANE,
        ("[[lane]]", inbox("outside", "http://127.0.0.1:1") + "\n[[lane]]"),
        ('receiver = "phone-2"', 'receiver = "outside"'),
    ]
    end = load_testbed(str(write_testbed(tmp_path, changes=changes))).lanes[0].receiver
    assert isinstance(end, InboxEnd)
    return end


def seen(incoming: Sequence[Incoming]) -> list[tuple[int, str, str]]:
    """Place, text and what happened."""
    kinds = {(False, False): "new", (True, False): "gone", (False, True): "edited"}
    return [(each.place, each.text, kinds[each.is_gone, each.is_edited]) for each in incoming]


def test_arrivals_have_places_in_their_order(config: InboxEnd) -> None:
    """Each message has its place, and what becomes of it is told under that place."""
    script = Scripted(
        [told("x", "one"), told("y", "two")],
        [told("x", None, Change.REMOVED), told("y", "zwei", Change.EDITED), told("z", "three")],
        [told("y", None, Change.REMOVED), told("x", None, Change.REMOVED)],
    )
    receiver = InboxReceiver(config, script)
    assert receiver.open() == "0"
    first = receiver.look(expected=1)
    assert seen(first.incoming) == [(0, "one", "new"), (1, "two", "new")]
    assert first.cursor == "1"
    assert {each.read_mode for each in first.incoming} == {ReadMode.INBOX}
    assert [each.message_id for each in first.incoming] == ["x", "y"]
    second = receiver.look(expected=1)
    assert seen(second.incoming) == [
        (0, "one", "gone"),
        (1, "zwei", "edited"),
        (2, "three", "new"),
    ]
    assert second.still_there == {1, 2}
    assert seen(receiver.look(expected=1).incoming) == [(1, "zwei", "gone")]
    assert script.asked == [None, "0", "1", "2"]


def test_what_was_removed_before_it_was_read_takes_its_messages_place(config: InboxEnd) -> None:
    """A message that nobody could read is taken for the one that is awaited, and is gone."""
    receiver = InboxReceiver(config, Scripted([told("x", None)]))
    receiver.open()
    look = receiver.look(expected=1)
    assert seen(look.incoming) == [(0, "", "new"), (0, "", "gone")]
    books = Deliveries()
    books.add_sent(0, "awaited")
    (delivery,) = books.add_incoming(look.incoming)
    assert delivery.sent == 0


def test_changes_of_what_is_old_are_passed_over(config: InboxEnd) -> None:
    """What happens to messages from before the run is no arrival."""
    old = [told("old", "x", Change.EDITED), told("older", None, Change.REMOVED)]
    receiver = InboxReceiver(config, Scripted(old))
    receiver.open()
    assert receiver.look(expected=1).incoming == []


def test_service_that_tells_no_removals_says_nothing_is_still_there(config: InboxEnd) -> None:
    """Where removals are not told, that a message is still there was not observed."""
    receiver = InboxReceiver(config, Scripted([told("x", "one")], tells_removals=False))
    receiver.open()
    assert not receiver.tells_removals
    assert receiver.look(expected=1).still_there == frozenset()


def test_resumed_run_knows_what_it_had_read(config: InboxEnd) -> None:
    """From its cursor on, what is given again is known, and what is new counts on."""
    script = Scripted(
        [told("x", "one"), told("y", "two"), told("x", None, Change.REMOVED)],
    )
    receiver = InboxReceiver(config, script)
    arrived = [Incoming(place=0, text="one", seen_at=NOW, message_id="x")]
    receiver.open(Past(arrived=arrived, cursor="7"))
    assert seen(receiver.look(expected=1).incoming) == [(1, "two", "new"), (0, "one", "gone")]
    assert script.asked == ["7", "7"]


def test_lost_arrivals_are_told_and_the_cursor_stays(config: InboxEnd) -> None:
    """After messages may have been lost, the next look asks with the same cursor."""
    script = Scripted(ArrivalsLost("some"), [told("x", "one")])
    receiver = InboxReceiver(config, script)
    receiver.open()
    with pytest.raises(ArrivalsLost):
        receiver.look(expected=1)
    receiver.recover()
    assert seen(receiver.look_back(0).incoming) == [(0, "one", "new")]
    assert script.asked == [None, "0", "0", "0"]


def test_inbox_must_be_opened_first(config: InboxEnd) -> None:
    """Without a place to read from, nothing is asked."""
    with pytest.raises(DriverError, match="call open"):
        InboxReceiver(config, Scripted()).look(expected=1)
