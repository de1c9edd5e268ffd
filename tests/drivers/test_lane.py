"""Sending on one handset and reading on another, on the embedded network."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from drivers import chat_entry
from drivers import lane as lane_module
from drivers.chat import Mark, NoticeKind
from drivers.end import End
from drivers.errors import (
    DriverError,
    InputMismatch,
    NotLoggedIn,
    ScreenUnknown,
    SessionLost,
    WrongChat,
)
from drivers.handset import Handset
from drivers.handset_receiver import HandsetReceiver
from drivers.incoming import Incoming
from drivers.lane import Lane
from drivers.selector_check import require_selectors
from drivers.session_care import start
from tests.drivers.lanes import Built, Running, draft, enter, past, run
from tests.testbeds import fault, rule

RULES = (
    rule("drop me"),
    rule("refuse me", action="refuse"),
    rule("mask me", action="mask"),
    rule("remove me", action="remove"),
)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A network with a rule for every action, on which nothing goes wrong."""
    running = run(tmp_path_factory.mktemp("calm"), *RULES)
    yield running
    running.network.stop()


@pytest.fixture
def built(calm: Running) -> Iterator[Built]:
    """An open lane on the calm network."""
    one = calm.build()
    one.lane.open()
    yield one
    one.lane.close()


Failing = Callable[..., Built]


@pytest.fixture
def failing(tmp_path: Path) -> Iterator[Failing]:
    """Builds a lane on a network of its own, with these faults; it is open unless told not to."""
    with ExitStack() as stack:

        def build(*faults: str, is_open: bool = True) -> Built:
            running = run(tmp_path, more="".join(faults))
            stack.callback(running.network.stop)
            one = running.build()
            stack.callback(one.lane.close)
            if is_open:
                one.lane.open()
            return one

        yield build


def test_lane_tells_what_it_is(built: Built) -> None:
    """A lane knows its name and what its app can send; its app tells its version."""
    lane = built.lane
    assert (lane.name, lane.longest_message, lane.joiner) == ("lane-1", 2000, " ")
    assert lane.app_version() == "1.4.2"


def test_message_is_delivered(built: Built) -> None:
    """A harmless message is seen as sent at one end, and once at the other."""
    view = built.send("hello")
    assert (view.own_text, view.mark, view.notice) == ("hello", Mark.SENT, None)
    (incoming,) = built.lane.look(expected=1)
    assert (incoming.place, incoming.text, incoming.is_gone) == (0, "hello", False)
    assert view.sent_at <= incoming.seen_at
    assert built.lane.look(expected=1) == []
    assert built.lane.own_texts()[-1] == "hello"


@pytest.mark.parametrize("chat", ["direct", "group"])
def test_every_chat_of_every_lane(calm: Running, chat: str) -> None:
    """Both kinds of chat work on both lanes."""
    for number in range(2):
        one = calm.build(chat=chat, lane=number)
        one.lane.open()
        one.send("hello")
        assert one.look() == ["hello"]
        one.lane.close()


TEXTS = (
    "two\nlines",
    "\ttab and trailing blank ",
    "Message",  # the hint of the empty field
    "'single' \"double\" \\ & <b> ]]> {x} %s $(rm)",
    "ཏཱ་ལའི་བླ་མ",
    "ئۇيغۇر لاگېر",
    "👩‍👩‍👧 e\N{COMBINING ACUTE ACCENT} \N{RIGHT-TO-LEFT MARK}",
    "长" * 2000,
)


def test_any_text_arrives_as_it_is(built: Built) -> None:
    """What is sent is typed, read back, sent and read at the other end to the last character."""
    for text in TEXTS:
        assert built.send(text).own_text == text
        assert built.look() == [text]


def test_dropped_message_looks_sent(built: Built) -> None:
    """A message that is dropped looks sent, and never comes in."""
    view = built.send("please drop me")
    assert (view.mark, view.notice) == (Mark.SENT, None)
    assert built.look() == []


def test_refused_message_is_seen_as_such(built: Built) -> None:
    """A message that is refused is marked so, with what the app says, and never comes in."""
    view = built.send("refuse me")
    assert (view.own_text, view.mark) == ("refuse me", Mark.FAILED)
    assert view.notice is NoticeKind.CONTENT_REJECTED
    assert built.look() == []
    assert built.send("hello").notice is None


def test_masked_message_comes_in_changed(built: Built) -> None:
    """A message that is masked comes in as the receiver sees it."""
    assert built.send("please mask me").own_text == "please mask me"
    assert built.look() == ["please *******"]


def test_removed_message_is_seen_to_be_gone(built: Built) -> None:
    """A message that vanishes after it has come in is reported again, as gone, under its place."""
    built.send("remove me")
    (incoming,) = built.lane.look(expected=1)
    for text in ("one", "two"):
        built.send(text)
        assert built.look() == [text]
    built.send("three")
    gone, three = built.lane.look(expected=1)
    assert (gone.text, gone.place, gone.is_gone) == ("remove me", incoming.place, True)
    assert (three.text, three.place, three.is_gone) == ("three", incoming.place + 3, False)
    built.send("four")
    assert built.look() == ["four"]


@pytest.mark.parametrize(
    ("limits", "notice"),
    [
        ("rate = 1", NoticeKind.RATE_LIMITED),
        ("restrict_after = 1", NoticeKind.ACCOUNT_RESTRICTED),
    ],
)
def test_limits_are_noticed(failing: Failing, limits: str, notice: NoticeKind) -> None:
    """When the app turns an account away, that is seen with the message."""
    one = failing(f"[limits]\n{limits}\n")
    assert one.send("one").notice is None
    view = one.send("two")
    assert (view.notice, view.mark) == (notice, Mark.FAILED)
    assert one.look(expected=2) == ["one"]


def test_leftover_text_is_cleared(built: Built) -> None:
    """A text that was typed and not sent is gone before the next one is typed."""
    before = built.sent()
    built.lane.prepare("never mind")
    assert draft(built.sender) == "never mind"
    built.send("hello")
    assert built.sent() == [*before, "hello"]


def test_nothing_is_sent_unprepared(built: Built) -> None:
    """One tap belongs to one preparation; a second tap is refused."""
    before = built.sent()
    built.send("hello")
    with pytest.raises(DriverError, match="nothing is prepared"):
        built.lane.send()
    assert built.sent() == [*before, "hello"]


@pytest.mark.parametrize("place", ["Bo", "nowhere"])
def test_wrong_chat_before_typing(built: Built, place: str) -> None:
    """Where another chat, or none, is open at the sender, nothing is typed and nothing sent."""
    before = built.network.events()
    enter(built.sender, place)
    with pytest.raises(WrongChat, match=r"not 'Weekend walks'\. Nothing was typed"):
        built.lane.prepare("hello")
    assert not draft(built.sender)
    built.lane.recover()
    assert built.network.events() == before
    built.send("hello again")
    assert built.look() == ["hello again"]


def test_wrong_chat_long_after_the_last_message(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the sender showed after the last message is not trusted once some time has passed."""
    monkeypatch.setattr(lane_module, "_FRESH_S", 0.0)
    built.send("hello")
    enter(built.sender, "Bo")
    with pytest.raises(WrongChat, match="Nothing was typed"):
        built.lane.prepare("stray")
    assert draft(built.sender) == ""


def test_wrong_chat_while_typing(built: Built) -> None:
    """Where another chat comes up right before typing, the text is not sent there."""
    built.send("hello")
    before = built.network.events()
    enter(built.sender, "Bo")
    with pytest.raises(WrongChat, match=r"open chat is 'Bo'.*nothing was sent"):
        built.lane.prepare("stray")
    with pytest.raises(DriverError, match="nothing is prepared"):
        built.lane.send()
    assert built.network.events() == before
    built.lane.recover()
    built.send("hello again")
    assert built.sent()[-1] == "hello again"


def test_chat_that_comes_up_by_itself(failing: Failing) -> None:
    """When the app jumps to another chat after a tap, the next message is not typed there."""
    one = failing(fault("phone-1", "wrong_chat", after_messages=1))
    view = one.send("hello")
    assert (view.own_text, view.mark) == (None, None)
    assert one.look() == ["hello"]
    with pytest.raises(WrongChat, match="open chat is 'Family', not 'Weekend walks'"):
        one.lane.prepare("stray")
    one.lane.recover()
    one.send("hello again")
    assert one.look() == ["hello again"]
    assert one.sent() == ["hello", "hello again"]


def test_wrong_chat_at_the_receiver(built: Built) -> None:
    """Where the receiver shows another chat, nothing is concluded from what is on its screen."""
    enter(built.receiver, "An")
    built.send("hello")
    with pytest.raises(WrongChat, match="phone-2: the open chat is 'An'"):
        built.lane.look(expected=1)
    built.lane.recover()
    assert built.look() == ["hello"]


def test_garbled_input_is_not_sent(failing: Failing) -> None:
    """A field that reads back something else than was typed is told, and send is never tapped."""
    one = failing(fault("phone-1", "input_garbles", after_messages=1))
    one.send("hello")
    with pytest.raises(InputMismatch, match="reads 'secon~' after 'second' was typed"):
        one.lane.prepare("second")
    with pytest.raises(DriverError, match="nothing is prepared"):
        one.lane.send()
    assert one.sent() == ["hello"]


def test_missing_send_button(failing: Failing) -> None:
    """Without a send button nothing is tapped, and all selectors that were tried are named."""
    one = failing(fault("phone-1", "send_button_missing", after_messages=0))
    with pytest.raises(ScreenUnknown) as caught:
        one.lane.prepare("hello")
    told = str(caught.value)
    assert "phone-1: the send button is not on the screen" in told
    for selector in one.sender.config.profile.screens.send:
        assert str(selector) in told
    assert one.sent() == []


def test_message_in_flight_when_the_session_is_lost(failing: Failing) -> None:
    """A session lost after the tap leaves a message that may have been sent, and is seen if so."""
    one = failing(fault("phone-1", "session_lost", after_messages=1))
    with pytest.raises(SessionLost, match="could not read the screen: A session is either"):
        one.send("in flight")
    one.lane.recover()
    assert one.look() == ["in flight"]
    assert one.lane.own_texts() == ("in flight",)
    one.send("next")
    assert one.look() == ["next"]
    assert one.sent() == ["in flight", "next"]


def test_session_lost_before_the_tap(built: Built, calm: Running) -> None:
    """A session lost while nothing is under way is told, and opened again by `recover`."""
    before = built.sent()
    built.lane.prepare("hello")
    thief = calm.build()
    thief.sender.start()
    with pytest.raises(SessionLost, match="could not tap the send button"):
        built.lane.send()
    assert built.sent() == before
    built.lane.recover()
    built.send("hello")
    assert built.look() == ["hello"]
    assert built.sent() == [*before, "hello"]


def test_session_lost_at_the_receiver(failing: Failing) -> None:
    """What came in while the receiver had no session is seen after `recover`, once."""
    one = failing(fault("phone-2", "session_lost", after_messages=2))
    one.send("one")
    assert one.look() == ["one"]
    one.send("two")
    with pytest.raises(SessionLost, match="phone-2"):
        one.look()
    one.lane.recover()
    assert one.look() == ["two"]
    assert one.look() == []


def test_dead_receiver(failing: Failing) -> None:
    """A receiver that is dead is told with its address, and cannot be recovered."""
    one = failing(fault("phone-2", "dies", after_messages=1))
    one.send("hello")
    for attempt in (one.look, one.lane.recover):
        with pytest.raises(SessionLost, match=r"phone-2 \(http://127\.0\.0\.1:\d+\): could not"):
            attempt()
    assert one.send("hello again").mark is Mark.SENT


def test_dead_sender(failing: Failing) -> None:
    """A sender that dies with the tap has sent its message; it can be seen at the receiver."""
    one = failing(fault("phone-1", "dies", after_messages=1))
    with pytest.raises(SessionLost, match="phone-1"):
        one.send("last words")
    assert one.look() == ["last words"]
    with pytest.raises(SessionLost, match="phone-1"):
        one.lane.prepare("more")


NAMES = [f"message {place}" for place in range(40)]


def test_many_arrivals_are_scrolled_for(built: Built) -> None:
    """Of more arrivals than fit on the screen none is missed, and the end is in sight again."""
    built.send("hello")
    assert built.look() == ["hello"]
    built.send(*NAMES)
    assert built.look(expected=len(NAMES)) == NAMES
    built.send("next")
    assert built.look() == ["next"]


def test_many_arrivals_in_an_empty_chat(failing: Failing) -> None:
    """In a chat in which nothing had come in before, none is missed either."""
    one = failing()
    one.send(*NAMES)
    assert one.look(expected=len(NAMES)) == NAMES
    one.send("next")
    assert one.look() == ["next"]


def test_conversation_is_not_scrolled_without_need(
    built: Built, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As long as what is on the screen reaches back to what is known, it is not scrolled."""

    def never(_: Handset) -> bool:
        raise AssertionError

    built.send("hello")
    assert built.look() == ["hello"]
    monkeypatch.setattr(Handset, "scroll_back", never)
    for text in ("one", "two", "please drop me"):
        built.send(text)
    assert built.look(expected=99) == ["one", "two"]
    assert built.look(expected=99) == []


def test_what_was_there_before_is_old(built: Built, calm: Running) -> None:
    """A lane that is opened anew takes what is on the receiver's screen for known."""
    built.send("from before")
    again = calm.build()
    again.lane.open()
    assert again.look() == []
    again.send("hello")
    incoming = again.lane.look(expected=1)
    assert [(each.place, each.text) for each in incoming] == [(0, "hello")]
    again.lane.close()


def test_interrupted_run_goes_on(built: Built, calm: Running) -> None:
    """Opened with what had arrived, a lane finds what has arrived since, and counts on."""
    built.send("first", "second", "third")
    arrived = ["first", "second"]
    again = calm.build()
    again.lane.open(past(*arrived))
    incoming = again.lane.look(expected=1)
    assert [(each.place, each.text) for each in incoming] == [(2, "third")]
    again.lane.close()


def test_interrupted_run_sees_what_is_gone(failing: Failing, tmp_path: Path) -> None:
    """What had arrived before an interruption and vanished in it is reported as gone."""
    one = failing(rule("fleeting", action="remove"))
    one.send("first", "fleeting", "one", "two")
    arrived = one.look(expected=4)
    assert arrived == ["first", "fleeting", "one", "two"]
    one.send("three")
    one.lane.open(past(*arrived))
    gone, three = one.lane.look(expected=1)
    assert (gone.text, gone.place, gone.is_gone) == ("fleeting", 1, True)
    assert (three.text, three.place) == ("three", 4)


def test_chat_that_is_not_in_the_list(calm: Running) -> None:
    """A title that no chat has is told with those there are, and with what to do."""
    one = calm.build()
    one.lane.chat = replace(one.lane.chat, sender_title="Nobody")
    with pytest.raises(WrongChat) as caught:
        one.lane.open()
    assert "phone-1: there is no chat 'Nobody' in the list" in str(caught.value)
    assert "it shows: 'Bo', 'Weekend walks', 'Family'" in str(caught.value)
    one.lane.close()


def test_unknown_version_is_checked_before_anything_is_sent(failing: Failing) -> None:
    """With a version that the profile does not know, each end's screens are checked first."""
    one = failing(is_open=False)
    for end in (one.sender, one.receiver):
        end.config = replace(end.config, version="9.9")
    checked: list[tuple[str, str, bool]] = []

    def check(end: End, title: str, *, is_receiver: bool) -> None:
        checked.append((end.config.name, title, is_receiver))

    lane = Lane(
        one.lane.config,
        chat=one.lane.chat,
        sender=one.sender,
        receiver=HandsetReceiver(
            one.receiver, one.lane.chat.receiver_title, wait=lambda _: None, check=check
        ),
        timing=one.lane.timing,
        wait=lambda _: None,
        check=check,
    )
    lane.open()
    title = "Weekend walks"
    assert checked == [("phone-1", title, False), ("phone-2", title, True)]
    assert len(lane.warnings) == 2
    assert all("9.9" in warning for warning in lane.warnings)


def test_version_whose_screens_differ_is_refused(failing: Failing, tmp_path: Path) -> None:
    """If a selector that is needed finds nothing, nothing is typed or sent; the doctor says why."""
    one = failing(fault("phone-1", "send_button_missing", after_messages=0), is_open=False)
    one.sender.config = replace(one.sender.config, version="9.9")
    check = partial(require_selectors, settle_s=0.0, folder=tmp_path)
    with pytest.raises(ScreenUnknown, match=r"(?s)Nothing was sent.*fail .*selector send"):
        start(one.sender, one.lane.chat.sender_title, is_receiver=False, check=check)
    assert draft(one.sender) == ""
    assert list((tmp_path / "doctor").glob("phone-1-send*"))
    assert one.sent() == []


def test_receiver_of_an_unknown_version_is_not_typed_at(failing: Failing, tmp_path: Path) -> None:
    """At an end that only reads, the check looks and types nothing."""
    one = failing(fault("phone-2", "send_button_missing", after_messages=0), is_open=False)
    one.receiver.config = replace(one.receiver.config, version="9.9")
    check = partial(require_selectors, settle_s=0.0, folder=tmp_path)
    title = one.lane.chat.receiver_title
    (warning,) = start(one.receiver, title, is_receiver=True, check=check)
    assert "9.9" in warning


def test_chat_out_of_sight_is_searched_for(calm: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is said that there is no chat, it is looked for through the app's search, once."""
    asked: list[str] = []

    def search(handset: End, title: str, *, wait: Callable[[float], object]) -> bool:
        asked.append(title)
        enter(one.sender, "Weekend walks")
        return True

    monkeypatch.setattr(chat_entry, "open_by_search", search)
    one = calm.build()
    one.lane.chat = replace(one.lane.chat, sender_title="Out of sight")
    with pytest.raises(WrongChat, match="search does not find it"):
        one.lane.open()  # what the search opens is another chat: it is left, not typed into
    assert asked == ["Out of sight"]
    one.lane.close()


def test_account_that_is_logged_out(failing: Failing) -> None:
    """An app that asks for a log-in is told with the account it should be."""
    one = failing(fault("phone-1", "logged_out", after_messages=0), is_open=False)
    with pytest.raises(NotLoggedIn, match=r"phone-1: Courier shows its log-in screen.*'cn-1'"):
        one.lane.open()


def test_account_logged_out_in_the_middle(failing: Failing) -> None:
    """When the account is logged out while messages are sent, `recover` says so."""
    one = failing(fault("phone-1", "logged_out", after_messages=1))
    one.send("hello")
    with pytest.raises(WrongChat, match="Nothing was typed"):
        one.lane.prepare("more")
    with pytest.raises(NotLoggedIn, match="'cn-1'"):
        one.lane.recover()
    assert one.look() == ["hello"]
    assert one.sent() == ["hello"]


def test_places_are_counted_over_looks(built: Built) -> None:
    """Every arrival has a place of its own, in the order of arrival, whatever came in between."""
    incoming: list[Incoming] = []
    for text in ("a", "please drop me", "b", "refuse me", "mask me", "c"):
        built.send(text)
        incoming += built.lane.look(expected=1)
    assert [(each.place, each.text) for each in incoming] == [
        (0, "a"),
        (1, "b"),
        (2, "*******"),
        (3, "c"),
    ]
