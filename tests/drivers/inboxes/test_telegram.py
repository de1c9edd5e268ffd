"""The Telegram inbox against a contract server; no bot was asked by these tests."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from starlette.responses import JSONResponse

from drivers.errors import ConfigError, NotLoggedIn, Unreadable, WrongChat
from drivers.inboxes.errors import ArrivalsLost, BadAnswer
from drivers.inboxes.inbox import Change
from tests.drivers.inboxes import answers
from tests.drivers.inboxes.contract import Script, TelegramServer, Waits, served
from tests.drivers.inboxes.inboxes import TOKEN, Ledger, telegram


@pytest.fixture
def server() -> TelegramServer:
    """The Bot API."""
    return TelegramServer(token=TOKEN)


@pytest.fixture
def ledger(server: TelegramServer, waits: Waits) -> Iterator[Ledger]:
    """An inbox that has begun."""
    with served(server.app()) as url:
        ledger = Ledger(telegram(url, waits))
        ledger.begin()
        yield ledger
        ledger.inbox.close()


def test_only_the_senders_texts_in_the_chat_arrive(ledger: Ledger, server: TelegramServer) -> None:
    """Texts come exactly; what others say, elsewhere, or without text is only counted."""
    server.say(1, "达赖喇嘛\nབོད\n👩‍👩‍👧")
    server.say(2, "not mine", sender=77)
    server.say(3, "elsewhere", chat=answers.SENDER_ID)
    server.say(4, None)
    batch = ledger.look()
    assert batch is not None
    assert batch.ignored == 3
    (arrival,) = batch.arrivals
    assert arrival.text == "达赖喇嘛\nབོད\n👩‍👩‍👧"
    assert arrival.served_at == datetime.fromtimestamp(1_760_000_000, UTC)
    assert not ledger.inbox.tells_removals


def test_what_was_there_is_old(server: TelegramServer, waits: Waits) -> None:
    """Beginning forgets what was said before the run, and nothing after."""
    for number in range(150):
        server.say(number, "old")
    with served(server.app()) as url:
        ledger = Ledger(telegram(url, waits))
        ledger.begin()
        server.say(900, "new")
        ledger.look()
        ledger.inbox.close()
    assert ledger.told() == [("new", "new")]


def test_edits_are_told(ledger: Ledger, server: TelegramServer) -> None:
    """An edit brings the new text, under the message's id."""
    server.say(5, "before")
    server.say(5, "after", kind="edited_message", edit_date=1_760_000_050)
    ledger.look()
    assert ledger.told() == [("new", "before"), ("edited", "after")]
    assert len({arrival.id for arrival in ledger.arrivals}) == 1
    assert ledger.arrivals[1].served_at == datetime.fromtimestamp(1_760_000_050, UTC)


def test_nothing_is_confirmed_before_it_is_committed(
    ledger: Ledger, server: TelegramServer
) -> None:
    """The server keeps what was given until a look goes on from behind it."""
    server.say(1, "one")
    first = ledger.inbox.look(ledger.cursor)
    assert len(server.updates) == 1
    again = ledger.inbox.look(ledger.cursor)
    assert [each.id for each in again.arrivals] == [each.id for each in first.arrivals]
    ledger.inbox.look(again.cursor)
    assert server.updates == []


def test_more_than_a_page_comes_in_order(ledger: Ledger, server: TelegramServer) -> None:
    """The 250 messages of a long pause come in three looks, each once."""
    for number in range(250):
        server.say(number, str(number))
    while (batch := ledger.look()) and batch.arrivals:
        pass
    assert [text for _, text in ledger.told()] == [str(number) for number in range(250)]


def test_numbers_that_begin_anew_are_no_reason_to_drop(
    ledger: Ledger, server: TelegramServer
) -> None:
    """After a quiet week identifiers may be smaller than before; what comes then is new."""
    server.say(1, "one")
    ledger.look()
    ledger.look()
    server.next_id = 20
    server.say(2, "two")
    ledger.look()
    ledger.look()
    assert ledger.told() == [("new", "one"), ("new", "two")]


@pytest.mark.parametrize(
    "kept_from",
    [
        {"sees_all": False, "chat_type": "supergroup"},
        {"sees_all": False, "chat_type": "group"},
    ],
)
def test_privacy_mode_is_noticed(waits: Waits, kept_from: dict[str, Any]) -> None:
    """A bot that would see next to nothing of a group is refused before anything is sent."""
    with served(TelegramServer(token=TOKEN, **kept_from).app()) as url:
        inbox = telegram(url, waits)
        with pytest.raises(Unreadable, match="/setprivacy"):
            inbox.begin(None)
        inbox.close()


@pytest.mark.parametrize(
    "sees",
    [
        {"sees_all": False, "status": "administrator"},
        {"sees_all": True},
        {"sees_all": False, "chat_type": "private"},
    ],
)
def test_who_sees_all_is_let_in(waits: Waits, sees: dict[str, Any]) -> None:
    """Administrators, bots without privacy mode and private chats can be read."""
    with served(TelegramServer(token=TOKEN, **sees).app()) as url:
        inbox = telegram(url, waits)
        assert inbox.begin(None).arrivals == ()
        inbox.close()


def test_a_webhook_takes_the_messages(ledger: Ledger, server: TelegramServer) -> None:
    """Where somebody else takes the bot's messages, that is said at each look, with what to do."""
    server.has_webhook = True
    for _ in range(2):
        with pytest.raises(ArrivalsLost, match="deleteWebhook"):
            ledger.inbox.look(ledger.cursor)
    server.has_webhook = False
    server.say(1, "one")
    ledger.look()
    assert ledger.told() == [("new", "one")]


def test_a_wrong_token_and_a_wrong_chat(server: TelegramServer, waits: Waits) -> None:
    """Each is told apart, without repeating the token."""
    with served(server.app()) as url:
        inbox = telegram(url, waits, room="-42")
        with pytest.raises(WrongChat, match="chat not found"):
            inbox.begin(None)
        inbox.close()
        server.token = "another"
        inbox = telegram(url, waits)
        with pytest.raises(NotLoggedIn, match="@BotFather") as caught:
            inbox.begin(None)
        inbox.close()
    assert TOKEN not in str(caught.value)


def test_a_group_that_moves_is_told(ledger: Ledger, server: TelegramServer) -> None:
    """A group that becomes a supergroup has another id; to go on reading would read nothing."""
    server.say(9, None, migrate_to_chat_id=-100_987)
    with pytest.raises(WrongChat, match="supergroup"):
        ledger.inbox.look(ledger.cursor)


def test_a_day_of_silence_is_a_gap(ledger: Ledger, server: TelegramServer) -> None:
    """Telegram keeps messages for a day: after a longer pause that is said, once."""
    position = json.loads(ledger.cursor)
    position["at"] = (datetime.now(UTC) - timedelta(hours=30)).isoformat()
    ledger.cursor = json.dumps(position)
    server.say(1, "one")
    ledger.look()
    assert (ledger.gaps, ledger.told()) == (1, [])
    ledger.look()
    assert (ledger.gaps, ledger.told()) == (1, [("new", "one")])


def test_the_server_may_wait(ledger: Ledger, server: TelegramServer) -> None:
    """A look that may wait says so to the server, up to what that allows."""
    ledger.inbox.look(ledger.cursor, wait_s=7.4)
    ledger.inbox.look(ledger.cursor, wait_s=500.0)
    waited = [each.query_params.get("timeout") for each in server.requests][-2:]
    assert waited == ["7", "50"]


@pytest.mark.parametrize("cursor", ["", "{}", '{"inbox": "other", "offset": 1, "at": 0}', "x"])
def test_a_foreign_cursor_is_refused(ledger: Ledger, cursor: str) -> None:
    """A cursor of another inbox would confirm messages that nobody has read."""
    with pytest.raises(ConfigError, match="outside: the cursor"):
        ledger.inbox.look(cursor)


@pytest.mark.parametrize(
    "body",
    [
        {"ok": True},
        {"ok": True, "result": {}},
        {"ok": True, "result": [{"message": {}}]},
        {"ok": True, "result": [{"update_id": "7"}]},
        {"ok": True, "result": [{"update_id": 7, "message": {"message_id": 1, "date": 1}}]},
        {"ok": False, "result": []},
    ],
)
def test_answers_that_make_no_sense(ledger: Ledger, waits: Waits, body: dict[str, object]) -> None:
    """They are refused as a whole: the cursor stays, so nothing in them is lost."""
    with served(Script([JSONResponse(body)]).app()) as url:
        inbox = telegram(url, waits)
        with pytest.raises(BadAnswer, match="makes no sense"):
            inbox.look(ledger.cursor)
        inbox.close()


class ExactlyOnce(RuleBasedStateMachine):
    """Whatever is said, edited, looked at, interrupted and resumed: each message comes once."""

    def __init__(self) -> None:
        super().__init__()
        self.server = TelegramServer(token=TOKEN)
        self.waits = Waits()
        self.serving = served(self.server.app())
        self.url = self.serving.__enter__()
        self.ledger = Ledger(telegram(self.url, self.waits))
        self.ledger.begin()
        self.expected: list[tuple[str, str | None]] = []

    @rule(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
    def say(self, text: str) -> None:
        self.server.say(len(self.expected), text)
        self.expected.append((Change.NEW.value, text))

    @rule(count=st.integers(60, 130))
    def say_much(self, count: int) -> None:
        for _ in range(count):
            self.say("much")

    @rule()
    def look(self) -> None:
        self.ledger.look()

    @rule()
    def look_and_die_before_the_commit(self) -> None:
        self.ledger.inbox.look(self.ledger.cursor)
        self.ledger.restart(telegram(self.url, self.waits))

    @rule()
    def resume(self) -> None:
        self.ledger.restart(telegram(self.url, self.waits))

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        told = self.ledger.told()
        assert told == self.expected[: len(told)]

    def teardown(self) -> None:
        while (batch := self.ledger.look()) and batch.arrivals:
            pass
        assert self.ledger.told() == self.expected
        self.ledger.inbox.close()
        self.serving.__exit__(None, None, None)


TestExactlyOnce = ExactlyOnce.TestCase
TestExactlyOnce.settings = settings(max_examples=10, stateful_step_count=12)
