"""A lane of two browsers, on The Lounge: exact texts, long histories, and what may go wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from drivers import browser
from drivers.browser import Browser
from drivers.chat import NoticeKind, find_chat, read_chat
from drivers.errors import InputMismatch, NotLoggedIn, SessionLost, WrongChat
from drivers.handset import require
from drivers.handset_receiver import HandsetReceiver
from drivers.incoming import Incoming
from drivers.lane import Lane
from drivers.open_testbed import OpenTestbed
from drivers.testbed import load_testbed
from drivers.tools import Toolchain
from tests.fullstack.thelounge.guest import Guest
from tests.fullstack.thelounge.measuring import Tapping, write_testbed
from tests.fullstack.thelounge.networks import CHANNEL, Networks
from tests.probes.sessions import wait_until

TEXTS: Final = (
    "今天天气很好",
    "བོད་ཀྱི་སྐད་ཡིག་",
    "ئۇيغۇر تىلى",
    "𠮷野家で",
    "👩‍👩‍👧 and 🏳️‍🌈",
    "cafe\N{COMBINING ACUTE ACCENT}",
    "two  spaces, \N{NO-BREAK SPACE}and one that does not break",
    " a space before and after ",
    # What a chat client may complete, or take for markup, an emoji, a link or a mention.
    "@al",
    ":smi",
    ":) :-D <3",
    "**bold** _not_ `code`",
    "alice: https://example.org/a?b=c&d #walks",
    "<b>&amp;</b>",
    "it's \"quoted\" 'so'",
    "\ue007 is a private character, and a key to WebDriver",
    "文" * 87,
)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Networks]:
    """The Lounge on three networks."""
    with Networks(tmp_path_factory.mktemp("networks")) as running:
        yield running


@pytest.fixture(scope="module")
def running(
    networks: Networks, tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain
) -> Iterator[OpenTestbed]:
    """The testbed on the quiet network, its lane open."""
    folder = tmp_path_factory.mktemp("testbed")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in networks.environ("quiet").items():
            patch.setenv(name, value)
        testbed = load_testbed(str(write_testbed(folder, networks)))
        with OpenTestbed.start(
            testbed, chat="group", seed=0, folder=folder, wait=lambda _: None
        ) as opened:
            opened.lanes[0].open()
            yield opened


@pytest.fixture
def lane(running: OpenTestbed) -> Lane:
    """The lane, which has nothing new to tell."""
    (lane,) = running.lanes
    lane.look(expected=1)
    return lane


def looked(lane: Lane, count: int) -> list[Incoming]:
    """Look until a number of texts have come in."""
    arrived: list[Incoming] = []

    def are_there() -> bool:
        arrived.extend(lane.look(expected=count))
        return len(arrived) >= count

    wait_until(are_there, f"{count} texts have come in")
    return arrived


def go_to(end: Browser, title: str) -> None:
    """Open a chat, as somebody at the computer might."""
    row, _ = find_chat(end.screen(), end.config.profile, title)
    assert row is not None
    end.tap_node(row, title)
    wait_until(
        lambda: read_chat(end.screen(), end.config.profile).title == title, f"{title} is open"
    )


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_exact(text: str, lane: Lane, networks: Networks) -> None:
    """What is typed is what is shown as sent, what the server gets, and what arrives."""
    tapping = Tapping.begin(networks.servers["quiet"])
    lane.prepare(text)
    assert lane.send().own_text == text
    (arrived,) = looked(lane, 1)
    assert arrived.text == text
    assert tapping.received() == [text]


@pytest.mark.parametrize("text", ["/me waves", "/nonsense", "two\nlines", "a\ttab"])
def test_texts_that_are_more_than_text_are_not_typed(
    text: str, lane: Lane, networks: Networks
) -> None:
    """A command or a key never gets into the field, and nothing is sent."""
    tapping = Tapping.begin(networks.servers["quiet"])
    with pytest.raises(InputMismatch, match="Nothing was typed"):
        lane.prepare(text)
    assert read_chat(lane._sender.screen(), lane.config.sender.profile).input_text == ""
    assert tapping.received() == []


def test_draft_is_replaced(lane: Lane) -> None:
    """What somebody has left in the field goes before a text is typed."""
    field = require(
        lane._sender.screen(), lane.config.sender.profile.screens.input, "field", lane.config.sender
    )
    lane._sender.type_into(field, "left over", "the field", clear=False)
    lane._seen = None  # it is what the lane finds at its next look
    lane.prepare("a text of its own")
    assert lane.send().own_text == "a text of its own"
    looked(lane, 1)


def test_same_text_twice(lane: Lane) -> None:
    """Two messages that read alike are two, at both ends, by their ids."""
    for _ in range(2):
        lane.prepare("again")
        assert lane.send().own_text == "again"
    assert [each.text for each in looked(lane, 2)] == ["again", "again"]


def test_long_history_is_read_whole(lane: Lane, networks: Networks) -> None:
    """More messages than are read at a look, or kept in the page, come in complete and in order."""
    texts = [f"message {number}" for number in range(150)]
    with Guest(networks.servers["quiet"].port, "carol", CHANNEL) as guest:
        guest.say(texts)
    assert [each.text for each in looked(lane, len(texts))] == texts
    assert lane.look(expected=1) == []


def test_other_chat_is_noticed(lane: Lane, networks: Networks) -> None:
    """Nothing is typed into another chat than the lane's, and the lane finds back."""
    tapping = Tapping.begin(networks.servers["quiet"])
    assert isinstance(lane._sender, Browser)
    go_to(lane._sender, "bob")
    lane._seen = None
    with pytest.raises(WrongChat, match="the open chat is 'bob'"):
        lane.prepare("not for bob alone")
    lane.recover()
    assert tapping.received() == []
    lane.prepare("for all")
    lane.send()
    assert [each.text for each in looked(lane, 1)] == ["for all"]


def test_page_that_was_left_is_opened_again(lane: Lane) -> None:
    """An end that shows another page finds its way back into the chat."""
    assert isinstance(lane.receiver, HandsetReceiver)
    assert isinstance(lane.receiver.end, Browser)
    lane.receiver.end._session.driver.get("about:blank")
    with pytest.raises(WrongChat):
        lane.look(expected=1)
    lane.recover()
    lane.prepare("are you there")
    lane.send()
    assert [each.text for each in looked(lane, 1)] == ["are you there"]


def test_ended_session_is_lost_and_replaced(lane: Lane) -> None:
    """A session that the server has ended is known to be lost, and is built anew."""
    assert isinstance(lane._sender, Browser)
    lane._sender._session.driver.quit()
    lane._seen = None
    with pytest.raises(SessionLost):
        lane.prepare("nobody is there")
    lane.recover()
    lane.prepare("back again")
    assert lane.send().own_text == "back again"
    looked(lane, 1)


def test_wrong_password_is_told(running: OpenTestbed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log-in that is not accepted is named by its account and its variables, and not shown."""
    receiver = running.lanes[0].receiver
    assert isinstance(receiver, HandsetReceiver)
    end = receiver.end
    assert isinstance(end, Browser)
    monkeypatch.setenv("THELOUNGE_PASSWORD", "not this one")
    monkeypatch.setattr(browser, "_LOG_IN_S", 1.0)
    other = Browser(end.config, end._door, longest_pause_s=1)
    end.stop()
    try:
        with pytest.raises(NotLoggedIn, match=r"account 'bob'.*THELOUNGE_PASSWORD") as told:
            other.start()
    finally:
        other.stop()
    assert "not this one" not in str(told.value)


def test_notice_is_read(
    networks: Networks,
    tmp_path: Path,
    toolchain: Toolchain,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the server says of a message is found below that message, and only there."""
    for name, value in networks.environ("loud").items():
        monkeypatch.setenv(name, value)
    testbed = load_testbed(str(write_testbed(tmp_path, networks)))
    with OpenTestbed.start(
        testbed, chat="direct", seed=0, folder=tmp_path, wait=lambda _: None
    ) as running:
        (lane,) = running.lanes
        lane.open()
        notices = []
        for text in ("before", "法轮功", "after"):
            lane.prepare(text)
            notices.append(lane.send().notice)
        assert notices == [None, NoticeKind.CONTENT_REJECTED, None]
        assert [each.text for each in looked(lane, 2)] == ["before", "after"]
