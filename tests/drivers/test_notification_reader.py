"""What notifications tell, as Appium's settings app keeps them."""

from dataclasses import replace

import pytest

from drivers.errors import DriverError, SessionLost, Unreadable
from drivers.notification_reader import KEPT, NotificationReader
from drivers.profile_file import load_profile
from tests.drivers.stand_in_handset import TITLE, StandIn

COURIER = load_profile("courier")
HOME = 3


def posted(
    text: str | None,
    time: int,
    *,
    title: str = TITLE,
    key: str = "chat",
    package: str = COURIER.package,
    is_group: bool = False,
    big: str | None = None,
) -> dict[str, object]:
    """A notification."""
    return {
        "packageName": package,
        "key": key,
        "postTime": time,
        "isGroup": is_group,
        "isRemoved": True,
        "notification": {"title": title, "bigTitle": None, "text": text, "bigText": big},
    }


def kept(*oldest_first: dict[str, object]) -> dict[str, object]:
    """What the settings app answers."""
    return {"statusBarNotifications": list(reversed(oldest_first))}


def begun(handset: StandIn) -> NotificationReader:
    """A reader that has noted what is there."""
    reader = NotificationReader(handset.handset, TITLE)
    handset.notifications = handset.notifications or kept()
    assert reader.begin(is_resumed=False) == ()
    return reader


def test_chat_is_left() -> None:
    """An app in front posts nothing for the chat that is open: it is sent to the background."""
    handset = StandIn()
    assert not begun(handset).needs_chat
    assert handset.keys == [HOME]


def test_notification_that_is_replaced_tells_each_text() -> None:
    """An app that has one notification for a chat replaces it: each posting is a message."""
    handset = StandIn(notifications=kept(posted("old", 1)))
    reader = begun(handset)
    handset.notifications = kept(posted("old", 1), posted("same", 2), posted("same", 3))
    assert reader.look((), expected=2).new == ("same", "same")
    assert reader.look(("same", "same"), expected=1).new == ()


def test_only_messages_of_the_chat_count() -> None:
    """Other chats, other apps, summaries of groups and empty notifications are no messages."""
    handset = StandIn()
    reader = begun(handset)
    handset.notifications = kept(
        posted("a", 1, title="Family"),
        posted("b", 2, package="org.example"),
        posted("2 new messages", 3, is_group=True),
        posted(None, 4),
        posted("the beginn…", 5, big="the beginning and the end"),
    )
    assert reader.look((), expected=9).new == ("the beginning and the end",)


def test_what_an_app_puts_before_a_text_is_left_out() -> None:
    """The profile says what part of a notification is the message."""
    pattern = r"(?s)(\[\d+条\])?[^:]+: (?P<text>.*)"
    handset = StandIn(profile=replace(COURIER, notification_text=pattern))
    reader = begun(handset)
    handset.notifications = kept(posted("An: one: two", 1), posted("[2条]An: three\nfour", 2))
    assert reader.look((), expected=2).new == ("one: two", "three\nfour")


def test_lost_notifications_are_not_passed_over() -> None:
    """Where more was posted than is kept, nothing is concluded, now or at the next look."""
    handset = StandIn(notifications=kept(posted("old", 0)))
    reader = begun(handset)
    handset.notifications = kept(*(posted("x", time) for time in range(1, KEPT + 1)))
    for _ in range(2):
        with pytest.raises(DriverError, match="100 notifications were posted since"):
            reader.look((), expected=1)


@pytest.mark.parametrize("answer", [None, {"statusBarNotifications": [{"key": 1}]}])
def test_answer_that_is_not_understood(answer: object) -> None:
    """An answer of another form is no empty list of notifications."""
    handset = StandIn()
    reader = begun(handset)
    handset.notifications = answer
    with pytest.raises(Unreadable, match="is not understood"):
        reader.look((), expected=1)


def test_access_that_is_not_granted() -> None:
    """A server that may not read notifications is answered with what to allow."""
    handset = StandIn(notifications=DriverError("not allowed"))
    with pytest.raises(Unreadable, match=r"not allowed.*notification access"):
        NotificationReader(handset.handset, TITLE).begin(is_resumed=False)


def test_lost_session_is_a_lost_session() -> None:
    """A session that is gone says nothing of notifications."""
    handset = StandIn(notifications=SessionLost("gone"))
    with pytest.raises(SessionLost):
        NotificationReader(handset.handset, TITLE).begin(is_resumed=False)
