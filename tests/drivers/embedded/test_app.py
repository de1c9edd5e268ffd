"""The embedded app: what it shows, and what taps and typing do."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from drivers.chat import ChatView, Mark, NoticeKind, read_chat
from drivers.embedded.app import App
from drivers.embedded.canvas import HEIGHT, WIDTH, Target
from drivers.embedded.network import Network
from drivers.embedded.policy import load_policy
from drivers.embedded.skins.courier import WORDS
from drivers.embedded.skins.registry import SKINS
from drivers.profile_file import load_profile
from drivers.screen import Bounds, Node, Screen
from drivers.testbed import load_testbed
from tests.testbeds import fault, rule, write_testbed

COURIER = load_profile("courier")
CHAT = "lane-1/group"
TITLE = "Weekend walks"


def network(folder: Path, *rules: str, faults: str = "") -> Network:
    """A network with these rules and faults."""
    testbed = load_testbed(str(write_testbed(folder, rules, more=faults)))
    assert testbed.embedded is not None
    return Network(testbed, load_policy(testbed.embedded.policy), 0, None)


def app(of: Network, handset: str = "phone-1", *, chat: str | None = CHAT) -> App:
    """The app on a handset, with a chat open."""
    courier = App(handset, of, SKINS[0])
    if chat is not None:
        courier.tap(Target("chat", chat))
    return courier


def screen(courier: App) -> Screen:
    """What it shows, as a page source that was fetched and parsed."""
    return Screen.parse(etree.tostring(courier.hierarchy, encoding="unicode"))


def view(courier: App) -> ChatView:
    """What it shows of a chat."""
    return read_chat(screen(courier), COURIER)


def say(courier: App, *texts: str) -> None:
    """Type and send texts."""
    for text in texts:
        courier.type(text)
        courier.tap(Target("send"))


def nodes(courier: App, name: str) -> list[Node]:
    """The nodes with a resource id."""
    wanted = f"{COURIER.package}:id/{name}"
    return [Node(each) for each in screen(courier).root.iter() if each.get("resource-id") == wanted]


def boxes(courier: App, name: str) -> list[Bounds]:
    """Where they are."""
    found = [node.bounds for node in nodes(courier, name)]
    return [bounds for bounds in found if bounds is not None]


def as_xml_holds_it(text: str) -> str:
    """A text as it can be read back: what XML 1.0 has no way to hold becomes a question mark."""
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "?", text)


def test_list_shows_the_chats_by_name(tmp_path: Path) -> None:
    """The app opens with the list of the handset's own chats, each under its title there."""
    courier = app(network(tmp_path), "phone-2", chat=None)
    assert [node.text for node in nodes(courier, "chat_name")] == ["An", TITLE, "Family"]
    assert view(courier) == ChatView(title=None, input_text=None, bubbles=())


def test_tap_on_a_row_opens_its_chat(tmp_path: Path) -> None:
    """A tapped row leads to the chat it names, and back leads to the list."""
    courier = app(network(tmp_path), chat=None)
    row = next(row for row in courier.hierarchy.iter() if _names(row, TITLE))
    courier.tap(courier.target(row))
    assert view(courier).title == TITLE
    courier.go_back()
    assert view(courier).title is None


def _names(row: etree._Element, title: str) -> bool:
    is_row = (row.get("resource-id") or "").endswith("chat_row")
    return is_row and any(each.get("text") == title for each in row)


def test_texts_arrive_at_the_other_end(tmp_path: Path) -> None:
    """What one app sends, the other shows; each knows which bubbles are its own."""
    carrier = network(tmp_path)
    one, other = app(carrier), app(carrier, "phone-2")
    say(one, "hello")
    say(other, "hi")
    assert [(b.text, b.is_own, b.mark) for b in view(one).bubbles] == [
        ("hello", True, Mark.SENT),
        ("hi", False, None),
    ]
    assert view(other).incoming == ("hello",)
    assert view(one).input_text == ""


def test_nothing_is_sent_without_text(tmp_path: Path) -> None:
    """A tap on send with an empty field does nothing."""
    carrier = network(tmp_path)
    app(carrier).tap(Target("send"))
    assert carrier.events == []


def test_typing_appends_and_clearing_empties(tmp_path: Path) -> None:
    """Typed text is added to what is in the field, until that is cleared."""
    courier = app(network(tmp_path))
    courier.type("one ")
    courier.type("two")
    assert view(courier).input_text == "one two"
    courier.clear()
    assert view(courier).input_text == ""


@pytest.mark.parametrize("hint", ["Message", "消息"])
def test_the_text_of_the_hint_can_be_typed(tmp_path: Path, hint: str) -> None:
    """The word that the empty field shows can be sent like any other."""
    courier = app(network(tmp_path))
    courier.type(hint)
    assert view(courier).input_text == hint


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Network]:
    """Makes networks without rules, quickly enough for the examples of a property."""
    testbed = load_testbed(str(write_testbed(tmp_path_factory.mktemp("fresh"))))
    assert testbed.embedded is not None
    policy = load_policy(testbed.embedded.policy)
    return lambda: Network(testbed, policy, 0, None)


# Lone surrogates included: JSON can carry them from the client to the app.
any_text = st.text(st.characters(exclude_categories=()), min_size=1)


@given(text=any_text)
def test_any_text_reads_back_exactly(fresh: Callable[[], Network], text: str) -> None:
    """Typed and sent texts read back equal; characters that XML cannot hold read back as "?"."""
    carrier = fresh()
    one, other = app(carrier), app(carrier, "phone-2")
    one.type(text)
    assert view(one).input_text == as_xml_holds_it(text)
    one.tap(Target("send"))
    assert carrier.events[-1].arrived == text
    own = view(one).last_own
    assert own is not None
    assert own.text == view(other).incoming[-1] == as_xml_holds_it(text)


@given(scroll=st.integers(min_value=-500, max_value=20_000), lengths=st.lists(st.integers(0, 3000)))
def test_what_is_out_of_sight_is_not_in_the_tree(
    fresh: Callable[[], Network], scroll: int, lengths: list[int]
) -> None:
    """Wherever it is scrolled, the rows are a run of the conversation that fills the list."""
    carrier = fresh()
    one, other = app(carrier), app(carrier, "phone-2")
    say(one, *(f"{length}{'长' * length}" for length in lengths))
    say(one, "x")
    other.scroll(scroll)
    texts = [item.text for item in carrier.view("phone-2", CHAT)]
    shown = list(view(other).incoming)
    starts = [at for at in range(len(texts)) if texts[at : at + len(shown)] == shown]
    assert shown
    assert starts
    (area,) = boxes(other, "messages")
    rows = boxes(other, "message_row")
    assert rows[-1].bottom == area.bottom
    assert rows[0].top >= area.top
    assert rows[0].top == area.top or 0 in starts
    assert all(upper.bottom == lower.top for upper, lower in pairwise(rows))
    assert all(row.top < row.bottom for row in rows)
    assert len(boxes(other, "message_text")) == len(rows)


def test_everything_lies_within_its_parent(tmp_path: Path) -> None:
    """Every node of every screen has bounds that lie within those of the node around it."""
    carrier = network(tmp_path, rule("bad", action="refuse"))
    courier = app(carrier)
    screens = [screen(courier)]
    say(courier, "长" * 2000, "bad", "fine")
    screens.append(screen(courier))
    courier.scroll(1000)
    screens.append(screen(courier))
    courier.go_back()
    screens.append(screen(courier))
    for each in screens:
        for element in each.root.iterdescendants():
            inner, parent = Node(element).bounds, element.getparent()
            outer = None if parent is None else Node(parent).bounds
            assert inner is not None
            assert outer is None or (
                outer.left <= inner.left <= inner.right <= outer.right
                and outer.top <= inner.top <= inner.bottom <= outer.bottom
            )
        assert each.width == WIDTH


def test_very_long_text_fills_the_list_and_is_whole(tmp_path: Path) -> None:
    """A message higher than the screen is clipped to the list, and its text is still complete."""
    carrier = network(tmp_path)
    one, other = app(carrier), app(carrier, "phone-2")
    text = "长" * 2000
    say(one, "before", text)
    assert view(other).incoming == (text,)
    assert boxes(other, "message_row") == boxes(other, "messages")
    while other.scroll(HEIGHT):
        assert view(other).incoming[-1] == text
    assert view(other).incoming == ("before", text)


def test_scrolling_tells_whether_there_is_more(tmp_path: Path) -> None:
    """Scrolling says whether more lies in that direction, and a new chat starts at the bottom."""
    carrier = network(tmp_path)
    one, other = app(carrier), app(carrier, "phone-2")
    assert not other.scroll(900)
    say(one, *(f"message {place}" for place in range(40)))
    assert other.scroll(900)
    while other.scroll(900):
        assert view(other).incoming[0] != "message 0"
    assert view(other).incoming[0] == "message 0"
    assert other.scroll(-900)
    while other.scroll(-900):
        assert view(other).incoming[-1] != "message 39"
    assert view(other).incoming[-1] == "message 39"
    other.scroll(9000)
    other.go_back()
    other.tap(Target("chat", CHAT))
    assert view(other).incoming[-1] == "message 39"


def test_own_bubbles_are_right_of_the_middle(tmp_path: Path) -> None:
    """Own bubbles lie right, others left, so that geometry tells them apart as well."""
    carrier = network(tmp_path)
    one, other = app(carrier), app(carrier, "phone-2")
    say(one, "hello")
    assert boxes(one, "message_text")[0].middle_x > WIDTH / 2
    assert boxes(other, "message_text")[0].middle_x < WIDTH / 2


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_both_languages_are_understood(tmp_path: Path, language: str) -> None:
    """In either UI language, the shipped profile reads marks, notices, hint and send button."""
    carrier = network(tmp_path, rule("bad", action="refuse"))
    courier = app(carrier)
    courier.language = language
    assert view(courier).input_text == ""
    say(courier, "fine", "bad")
    assert [(b.mark, b.notice) for b in view(courier).bubbles] == [
        (Mark.SENT, None),
        (Mark.FAILED, NoticeKind.CONTENT_REJECTED),
    ]
    (send,) = nodes(courier, "send_button")
    assert send.description == WORDS[language].send
    by_description = COURIER.screens.send[1:2]
    assert screen(courier).first(by_description) is not None


@pytest.mark.parametrize(
    ("limits", "notice"),
    [
        ("rate = 1", NoticeKind.RATE_LIMITED),
        ("restrict_after = 1", NoticeKind.ACCOUNT_RESTRICTED),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_limits_are_told(tmp_path: Path, limits: str, notice: NoticeKind, language: str) -> None:
    """An account that is turned away is told below the message, in the app's language."""
    courier = app(network(tmp_path, faults=f"[limits]\n{limits}\n"))
    courier.language = language
    say(courier, "one", "two")
    assert [bubble.notice for bubble in view(courier).bubbles] == [None, notice]


def test_logged_out_app_shows_its_log_in_screen(tmp_path: Path) -> None:
    """Once the account is logged out, only the log-in screen is shown, whatever is tapped."""
    courier = app(network(tmp_path, faults=fault("phone-1", "logged_out", after_messages=1)))
    assert nodes(courier, "login_form") == []
    say(courier, "hello")
    assert len(nodes(courier, "login_form")) == 1
    courier.go_back()
    courier.tap(Target("chat", CHAT))
    assert len(nodes(courier, "login_form")) == 1
    assert screen(courier).first(COURIER.screens.login) is not None


def test_wrong_chat_comes_up_once(tmp_path: Path) -> None:
    """Another chat comes up in place of the open one, once, and swallows what is sent there."""
    carrier = network(tmp_path, faults=fault("phone-1", "wrong_chat", after_messages=1))
    courier = app(carrier)
    say(courier, "hello")
    assert view(courier).title == "Family"
    say(courier, "stray")
    assert [event.text for event in carrier.events] == ["hello"]
    courier.go_back()
    courier.tap(Target("chat", CHAT))
    assert view(courier).title == TITLE


def test_send_button_goes_missing(tmp_path: Path) -> None:
    """A send button that is missing is gone under every name the profile knows."""
    courier = app(
        network(tmp_path, faults=fault("phone-1", "send_button_missing", after_messages=1))
    )
    assert screen(courier).first(COURIER.screens.send) is not None
    say(courier, "hello")
    assert screen(courier).first(COURIER.screens.send) is None


def test_field_garbles_what_is_typed(tmp_path: Path) -> None:
    """A field that garbles input reads back something else than was typed."""
    courier = app(network(tmp_path, faults=fault("phone-1", "input_garbles", after_messages=0)))
    courier.type("hello")
    assert view(courier).input_text == "hell~"


def test_field_garbles_whatever_is_typed(tmp_path: Path) -> None:
    """A text is garbled even if it ends with what others are garbled to."""
    courier = app(network(tmp_path, faults=fault("phone-1", "input_garbles", after_messages=0)))
    courier.type("hello~")
    assert view(courier).input_text != "hello~"


def test_nodes_are_found_again_as_long_as_they_are_shown(tmp_path: Path) -> None:
    """What a node stands for is found in later snapshots, until it is no longer shown."""
    carrier = network(tmp_path)
    one, other = app(carrier), app(carrier, "phone-2")
    say(one, "first")
    texts = [each for each in other.hierarchy.iter() if each.get("text") == "first"]
    titles = [each for each in other.hierarchy.iter() if each.get("text") == TITLE]
    message, title = other.target(texts[0]), other.target(titles[0])
    say(one, "second")
    found, found_title = other.node(message), other.node(title)
    assert found is not None
    assert found.get("text") == "first"
    assert found_title is not None
    assert found_title.get("text") == TITLE
    say(one, *(f"message {place}" for place in range(40)))
    assert other.node(message) is None
    other.go_back()
    assert other.node(title) is None


def test_texts_of_messages_are_hidden_from_the_tree(tmp_path: Path) -> None:
    """The fault takes the texts of messages alone: rows, marks, title and field stay."""
    hides = fault("phone-1", "hides_text", after_messages=2)
    carrier = network(tmp_path, faults=hides)
    courier = app(carrier)
    say(courier, "hello")
    assert not view(courier).hides_texts
    say(courier, "again")
    assert view(courier).hides_texts
    assert (view(courier).title, view(courier).input_text) == (TITLE, "")
    assert [(b.text, b.mark) for b in view(courier).bubbles] == [("", Mark.SENT)] * 2
    seen = [courier.visible_text(each) for each in courier.hierarchy.iterdescendants()]
    assert [text for text in seen if text in {"hello", "again"}] == ["hello", "again"]


def test_app_in_the_background(tmp_path: Path) -> None:
    """In the background the app shows nothing; it comes back with what it showed."""
    courier = app(network(tmp_path))
    courier.type("draft")
    courier.go_home()
    assert view(courier) == ChatView(title=None, input_text=None, bubbles=())
    assert courier.open_chat is None
    courier.come_to_front()
    assert (view(courier).title, view(courier).input_text) == (TITLE, "draft")
