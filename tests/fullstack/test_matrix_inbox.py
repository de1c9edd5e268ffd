"""The Matrix inbox against a real homeserver: nothing lost, nothing twice, nothing changed."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from threading import Thread

import pytest

from drivers.errors import NotLoggedIn, Unreadable, WrongChat
from drivers.inboxes.config import InboxTable
from drivers.inboxes.inbox import Arrival, Batch, Change, Inbox
from drivers.inboxes.open_inbox import open_inbox
from tests.fullstack.homeserver import Homeserver, MatrixUser, run_homeserver

TEXTS = (
    "明天下午三点在车站见。",
    "བཀྲ་ཤིས་བདེ་ལེགས།",
    "👩‍👩‍👧‍👦 👍🏽 🏳️‍🌈",
    "line one\nline two\n\n  indented, and a tab\t.",
    "مرحبا بالعالم \u202eabc\u202c",
    '<b>not bold</b> & "quoted" \\ {token} %7Broom%7D',
    "e\u0301 is not é; \u200b and \ufeff are kept",
    "长" * 4000,
)
NEWEST = "12"
OLDER = "10"  # before 11, redactions name their event in another place


@pytest.fixture(scope="module")
def homeserver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Homeserver]:
    """A homeserver of our own."""
    with run_homeserver(tmp_path_factory.mktemp("homeserver")) as homeserver:
        yield homeserver


@pytest.fixture(scope="module")
def users(homeserver: Homeserver) -> tuple[MatrixUser, MatrixUser]:
    """Somebody who sends, and somebody whose inbox is read."""
    return homeserver.register("an"), homeserver.register("bo")


@pytest.fixture
def version() -> str:
    """Version of the room; some tests are about several."""
    return NEWEST


@pytest.fixture
def room(version: str, users: tuple[MatrixUser, MatrixUser]) -> str:
    """A room with both."""
    an, bo = users
    room = an.make_room(invited=bo, version=version)
    bo.join(room)
    return room


def inbox_of(reader: MatrixUser, room: str, sender: MatrixUser, *, token: str = "") -> Inbox:
    """An inbox as a testbed describes it; it never has to wait."""
    table = InboxTable(
        name="outside",
        account="de-1",
        kind="matrix",
        url=reader.url,
        token_env="OUTSIDE_TOKEN",
        room=room,
        sender=sender.id,
    )
    assert list(table.problems({"de-1"})) == []
    return open_inbox(
        table.to_inbox(),
        folder=Path(),  # a Matrix inbox keeps nothing
        environ={"OUTSIDE_TOKEN": token or reader.token},
        wait=lambda _: False,
    )


def texts(batch: Batch) -> list[str | None]:
    """The texts of a batch."""
    return [arrival.text for arrival in batch.arrivals]


def test_texts_arrive_exactly_once(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """Each text of the sender comes once, unchanged and in order; nobody else's does, nor old."""
    an, bo = users
    an.say(room, "from before the run")
    inbox = inbox_of(bo, room, an)
    begun = inbox.begin(None)
    assert begun.arrivals == ()
    for text in TEXTS:
        an.say(room, text)
    bo.say(room, "mine")
    batch = inbox.look(begun.cursor)
    assert texts(batch) == list(TEXTS)
    assert batch.ignored == 1
    assert len({arrival.id for arrival in batch.arrivals}) == len(TEXTS)
    for arrival in batch.arrivals:
        assert arrival.change is Change.NEW
        assert arrival.served_at is not None
        assert abs(arrival.seen_at - arrival.served_at) < timedelta(minutes=5)
    assert inbox.look(batch.cursor).arrivals == ()
    inbox.close()


@pytest.mark.parametrize("version", [OLDER, NEWEST])
def test_removals_are_told(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """What was removed is told under the message's id, also if it is from before the run."""
    an, bo = users
    inbox = inbox_of(bo, room, an)
    old = an.say(room, "第一")
    begun = inbox.begin(None)
    new = an.say(room, "第二")
    batch = inbox.look(begun.cursor)
    (arrival,) = batch.arrivals
    an.redact(room, new)
    an.redact(room, old)
    batch = inbox.look(batch.cursor)
    mine, unknown = batch.arrivals
    assert (mine.id, mine.change, mine.text) == (arrival.id, Change.REMOVED, None)
    assert unknown.change is Change.REMOVED
    assert unknown.id != arrival.id
    assert inbox.look(batch.cursor).arrivals == ()
    inbox.close()


def test_an_edit_is_told_with_its_text(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """A message that was edited is told as it was, then as it is; the same message both times."""
    an, bo = users
    inbox = inbox_of(bo, room, an)
    begun = inbox.begin(None)
    an.edit(room, an.say(room, "喇嘛"), "**")
    batch = inbox.look(begun.cursor)
    assert [(each.change, each.text) for each in batch.arrivals] == [
        (Change.NEW, "喇嘛"),
        (Change.EDITED, "**"),
    ]
    assert len({each.id for each in batch.arrivals}) == 1
    inbox.close()


def test_moderators_can_remove(users: tuple[MatrixUser, MatrixUser]) -> None:
    """That somebody else than the sender has removed a message is told as well."""
    an, bo = users
    room = bo.make_room(invited=an, version=NEWEST)  # Bo may redact what others say here
    an.join(room)
    inbox = inbox_of(bo, room, an)
    begun = inbox.begin(None)
    event = an.say(room, "达赖喇嘛")
    batch = inbox.look(begun.cursor)
    bo.redact(room, event)
    removed = inbox.look(batch.cursor)
    assert [(each.id, each.change) for each in removed.arrivals] == [
        (batch.arrivals[0].id, Change.REMOVED)
    ]
    inbox.close()


def test_a_limited_timeline_loses_nothing(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """Of 210 messages between two looks, more than a timeline holds, each comes once, in order."""
    an, bo = users
    inbox = inbox_of(bo, room, an)
    begun = inbox.begin(None)
    gone = an.say(room, "removed before anybody looked")
    an.redact(room, gone)
    said = [f"{number} 号" for number in range(210)]
    for text in said:
        an.say(room, text)
    batch = inbox.look(begun.cursor)
    assert texts(batch) == [None, None, *said]
    first, second = batch.arrivals[:2]
    assert (first.change, second.change) == (Change.NEW, Change.REMOVED)
    assert first.id == second.id
    assert inbox.look(batch.cursor).arrivals == ()
    inbox.close()


@pytest.mark.parametrize("dies_before_commit", [True, False])
def test_resume_neither_loses_nor_doubles(
    users: tuple[MatrixUser, MatrixUser], room: str, *, dies_before_commit: bool
) -> None:
    """A new inbox goes on where the committed cursor is, whenever the old one ended."""
    an, bo = users
    numbers = count()
    committed: list[Arrival] = []

    def say(how_many: int) -> None:
        for _ in range(how_many):
            an.say(room, str(next(numbers)))

    old = inbox_of(bo, room, an)
    cursor = old.begin(None).cursor
    say(30)
    batch = old.look(cursor)
    committed += batch.arrivals
    cursor = batch.cursor
    say(120)
    interrupted = old.look(cursor)
    if not dies_before_commit:
        committed += interrupted.arrivals
        cursor = interrupted.cursor
    old.close()
    say(3)
    new = inbox_of(bo, room, an)
    assert new.begin(cursor).cursor == cursor
    while (batch := new.look(cursor)).arrivals:  # Synapse answers the same question from a cache
        committed += batch.arrivals
        cursor = batch.cursor
    assert [arrival.text for arrival in committed] == [str(number) for number in range(153)]
    assert len({arrival.id for arrival in committed}) == 153
    assert {arrival.id for arrival in interrupted.arrivals} <= {each.id for each in committed}
    new.close()


def test_the_server_may_wait(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """A look that may wait is answered when a message comes, not before."""
    an, bo = users
    inbox = inbox_of(bo, room, an)
    cursor = inbox.begin(None).cursor
    sender = Thread(target=an.say, args=(room, "一会儿见"))
    sender.start()
    batch = inbox.look(cursor, wait_s=30.0)
    sender.join()
    assert texts(batch) == ["一会儿见"]
    inbox.close()


def test_encrypted_rooms_are_refused(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """A room that is encrypted, from the start or later, is said to be unreadable."""
    an, bo = users
    encrypted = an.make_room(invited=bo, version=NEWEST, is_encrypted=True)
    bo.join(encrypted)
    inbox = inbox_of(bo, encrypted, an)
    with pytest.raises(Unreadable, match="outside: the room is encrypted"):
        inbox.begin(None)
    inbox.close()
    inbox = inbox_of(bo, room, an)
    cursor = inbox.begin(None).cursor
    an.call("PUT", f"/rooms/{room}/state/m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    with pytest.raises(Unreadable, match="the room is encrypted"):
        inbox.look(cursor)
    inbox.close()


def test_who_is_not_in_the_room_is_told(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """To be invited only is an error; so is to be removed, once the last text was told."""
    an, bo = users
    invited = an.make_room(invited=bo, version=NEWEST)
    inbox = inbox_of(bo, invited, an)
    with pytest.raises(WrongChat, match="Accept the invitation"):
        inbox.begin(None)
    inbox.close()
    inbox = inbox_of(bo, room, an)
    cursor = inbox.begin(None).cursor
    an.say(room, "the last one")
    an.call("POST", f"/rooms/{room}/kick", {"user_id": bo.id})
    batch = inbox.look(cursor)
    assert texts(batch) == ["the last one"]
    with pytest.raises(WrongChat, match="was removed"):
        inbox.look(batch.cursor)
    inbox.close()


def test_a_bad_token_is_told(users: tuple[MatrixUser, MatrixUser], room: str) -> None:
    """A token that the server does not know is refused, and not repeated."""
    an, bo = users
    inbox = inbox_of(bo, room, an, token="syt_not_a_token_of_anybody")
    with pytest.raises(NotLoggedIn, match="M_UNKNOWN_TOKEN") as caught:
        inbox.begin(None)
    assert "syt_not_a_token" not in str(caught.value)
    inbox.close()
