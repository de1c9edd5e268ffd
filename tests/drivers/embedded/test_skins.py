"""Real apps' screens on the embedded handsets, driven by lanes through the real Appium client."""

from collections.abc import Iterator

import pytest

from drivers.chat import find_chat, read_chat
from drivers.deliveries import Deliveries
from drivers.errors import DriverError, WrongChat
from tests.drivers.embedded.skins import WORN, Worn
from tests.drivers.lanes import Built, Running
from tests.testbeds import fault

POPUPS = ("popup", "permission", "update", "notifications")
FAULTS = "".join(
    fault("phone-3", kind, after_messages=after)
    for after, kind in enumerate((*POPUPS, "wrong_chat"), start=1)
)


@pytest.fixture(scope="module", params=WORN, ids=str)
def worn(request: pytest.FixtureRequest) -> Worn:
    """Each skin in each of its languages."""
    assert isinstance(request.param, Worn)
    return request.param


@pytest.fixture(scope="module")
def plain(worn: Worn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A testbed with nothing but our own messages; the second lane suffers faults."""
    with worn.run(tmp_path_factory.mktemp("plain"), faults=FAULTS) as running:
        yield running


@pytest.fixture(scope="module")
def cluttered(worn: Worn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A testbed in whose chats others talk as well."""
    with worn.run(tmp_path_factory.mktemp("cluttered"), clutter=True, seed=2) as running:
        yield running


def opened(running: Running, worn: Worn, *, lane: int = 0) -> Built:
    """A lane, opened from whatever the handsets show."""
    built = running.build(chat=worn.chat, lane=lane)
    built.lane.open()
    return built


def say_whatever_comes(built: Built, text: str) -> None:
    """Send a text; one that something got in the way of is not sent."""
    try:
        built.send(text)
    except DriverError:
        built.lane.recover()


def test_message_is_sent_and_read(plain: Running, worn: Worn) -> None:
    """What is sent is shown as our own at one end and read exactly at the other."""
    built = opened(plain, worn)
    for text in ("hello", "两行\nof text", "dropped", "ཏཱ་ལའི་བླ་མ", "see https://example.org/x"):
        sent = built.send(text)
        assert sent.own_text == text
        assert sent.mark is None or sent.mark == "sent"
        assert sent.notice is None
        assert built.look() == ([] if text == "dropped" else [text])
    assert built.lane.app_version() == worn.version
    built.lane.close()


def test_refusal_is_read(plain: Running, worn: Worn) -> None:
    """A message that the network refuses shows what the app shows then, and does not arrive."""
    built = opened(plain, worn)
    before = built.send("fine")
    refused = built.send("bad idea")
    assert (refused.own_text, refused.mark, refused.notice) == (
        "bad idea",
        worn.refused,
        worn.notice,
    )
    assert before.mark != "failed"
    assert built.look() == ["fine"]
    assert built.send("fine again").mark != "failed"
    built.lane.close()


def test_missed_messages_are_scrolled_back_to(plain: Running, worn: Worn) -> None:
    """Messages that have scrolled out of sight since the last look are found, each once."""
    built = opened(plain, worn)
    built.send("the last one seen")
    built.look()
    texts = [f"message {number} " + "长" * (number % 5 * 20) for number in range(30)]
    built.send(*texts)
    assert built.look(expected=len(texts)) == texts
    assert built.look() == []
    built.lane.close()


def test_popups_and_another_chat_on_top(plain: Running, worn: Worn) -> None:
    """Whatever comes up over the chat, nothing goes astray, and the lane finds its way back."""
    built = opened(plain, worn, lane=1)
    arrived: list[str] = []
    for number in range(len(POPUPS) + 3):
        say_whatever_comes(built, f"message {number}")
        arrived += built.look(expected=2)
    assert arrived == built.sent()
    assert len(arrived) >= len(POPUPS) + 1
    built.lane.close()


def test_clutter_is_never_taken_for_an_arrival(cluttered: Running, worn: Worn) -> None:
    """Of all that goes on in a chat, exactly what we sent is matched with what we sent."""
    built = opened(cluttered, worn)
    books = Deliveries()
    matched: dict[int, str] = {}
    texts = [f"ours {number} {'and long ' * (number % 3)}".strip() for number in range(24)]
    texts[5], texts[11] = "dropped once", "dropped twice"
    for place, text in enumerate(texts):
        built.send(text)
        books.add_sent(place, text)
        for each in books.add_incoming(built.lane.look(expected=3)):
            if each.sent is not None:
                matched[each.sent] = each.incoming.text
    wanted = {place: text for place, text in enumerate(texts) if not text.startswith("dropped")}
    assert matched == wanted
    built.lane.close()


def test_own_messages_are_never_incoming(cluttered: Running, worn: Worn) -> None:
    """Wherever the conversation is scrolled to, at either end, nothing of our own comes in."""
    built = opened(cluttered, worn)
    built.send(*(f"own {number} {'长' * (number % 4 * 30)}" for number in range(12)))
    profile = built.sender.config.profile
    incoming: set[str] = set()
    more = True
    while more:
        more = built.sender.scroll_back()
        incoming.update(read_chat(built.sender.screen(), profile).incoming)
    assert not any(text.startswith(("own", "ours", "dropped")) for text in incoming)
    built.lane.close()


def test_other_chat_is_recognised(plain: Running, worn: Worn) -> None:
    """With another chat open, nothing is typed."""
    built = opened(plain, worn)
    other = plain.build(chat="direct" if worn.chat == "group" else "group")
    built.sender.go_back()
    profile, title = built.sender.config.profile, other.lane.chat.sender_title
    row, names = find_chat(built.sender.screen(), profile, title)
    assert row is not None, names
    built.sender.tap_node(row, "another chat")
    with pytest.raises(WrongChat):
        built.lane.prepare("stray")
    built.lane.recover()
    assert built.send("back again").own_text == "back again"
    built.lane.close()
