"""The Signal inbox against a contract server; no signal-cli was run by these tests."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from starlette.responses import PlainTextResponse

from drivers.errors import ConfigError, DriverError, NotLoggedIn, SessionLost, Unreadable
from drivers.inboxes.errors import ArrivalsLost
from drivers.inboxes.inbox import Inbox, message_id
from drivers.inboxes.signal import internal_group, received_in
from tests.drivers.inboxes import answers
from tests.drivers.inboxes.answers import admin_removal, data, received, removal
from tests.drivers.inboxes.contract import SignalServer, Waits, cut_off, served
from tests.drivers.inboxes.inboxes import Ledger, signal

T = 1_760_000_000_000


@pytest.fixture
def server() -> SignalServer:
    """signal-cli-rest-api."""
    return SignalServer()


@pytest.fixture
def url(server: SignalServer) -> Iterator[str]:
    """Its address."""
    with served(server.app()) as url:
        yield url


@pytest.fixture
def ledger(url: str, waits: Waits, tmp_path: Path) -> Iterator[Ledger]:
    """An inbox that has begun."""
    ledger = Ledger(signal(url, waits, tmp_path))
    ledger.begin()
    yield ledger
    ledger.inbox.close()


def test_only_the_senders_texts_in_the_chat_arrive(ledger: Ledger, server: SignalServer) -> None:
    """Texts come exactly; others, other chats, reactions and receipts are only counted."""
    server.send(
        received(data(T, "达赖喇嘛\nབོད\n👩‍👩‍👧")),
        received(data(T + 1, "not mine"), number="+4900000", uuid=None),
        received(data(T + 2, "direct", group=None)),
        received(data(T + 3, None)),
        received({"when": T, "isDelivery": True, "timestamps": [T]}, kind="receiptMessage"),
        received({"sentMessage": {"timestamp": T, "message": "own"}}, kind="syncMessage"),
    )
    batch = ledger.look()
    assert batch is not None
    assert batch.ignored == 5
    assert ledger.told() == [("new", "达赖喇嘛\nབོད\n👩‍👩‍👧")]
    assert ledger.arrivals[0].served_at is not None
    assert ledger.arrivals[0].served_at.timestamp() * 1000 == T + 120


@pytest.mark.parametrize("sender", [answers.SENDER_NUMBER, answers.SENDER_UUID])
def test_a_sender_is_known_by_number_or_uuid(
    url: str, server: SignalServer, waits: Waits, tmp_path: Path, sender: str
) -> None:
    """Signal hides numbers from strangers: the UUID does as well, and so does the direct chat."""
    ledger = Ledger(signal(url, waits, tmp_path, sender=sender, room=None))
    ledger.begin()
    server.send(received(data(T, "direct", group=None)), received(data(T + 1, "group")))
    ledger.look()
    assert ledger.told() == [("new", "direct")]
    ledger.inbox.close()


def test_edits_of_edits_and_removals(ledger: Ledger, server: SignalServer) -> None:
    """An edit names what it edits, which may be an edit; all are told under the first one's id."""
    server.send(received(data(T, "one")))
    ledger.look()
    edits = [(T, T + 10, "two"), (T + 10, T + 20, "three")]
    for target, at, text in edits:
        edit = {"targetSentTimestamp": target, "dataMessage": data(at, text)}
        server.send(received(edit, kind="editMessage"))
    server.send(received(removal(T + 30, T + 20)))
    server.send(
        received(data(T + 40, "four")), received(admin_removal(T + 50, T + 40), number="+490")
    )
    ledger.look()
    assert ledger.told() == [
        ("new", "one"),
        ("edited", "two"),
        ("edited", "three"),
        ("removed", None),
        ("new", "four"),
        ("removed", None),
    ]
    assert [arrival.id for arrival in ledger.arrivals] == [message_id(T)] * 4 + [
        message_id(T + 40)
    ] * 2


def test_what_was_there_is_thrown_away(
    url: str, server: SignalServer, waits: Waits, tmp_path: Path
) -> None:
    """What came before the run is old, however much it is."""
    server.send(*(received(data(T + number, "old")) for number in range(450)))
    ledger = Ledger(signal(url, waits, tmp_path))
    ledger.begin()
    server.send(received(data(T + 1000, "new")))
    ledger.look()
    assert ledger.told() == [("new", "new")]
    ledger.inbox.close()


def test_what_was_not_committed_is_given_again(
    ledger: Ledger, server: SignalServer, url: str, waits: Waits, tmp_path: Path
) -> None:
    """The server has deleted it, but the spool keeps it until the journal has it."""
    server.send(received(data(T, "one")), received(data(T + 1, "two")))
    ledger.inbox.look(ledger.cursor)
    assert server.printed == []
    ledger.restart(signal(url, waits, tmp_path))
    ledger.look()
    ledger.look()
    assert ledger.told() == [("new", "one"), ("new", "two")]
    assert "two" not in (tmp_path / "inbox-outside.json").read_text(encoding="utf-8")


def test_the_spool_is_for_its_owner_only(
    ledger: Ledger, server: SignalServer, tmp_path: Path
) -> None:
    """The file holds texts, so nobody else may read it; it holds no number and no group."""
    server.send(received(data(T, "one")))
    ledger.inbox.look(ledger.cursor)
    (file,) = tmp_path.iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    kept = file.read_text(encoding="utf-8")
    assert "one" in kept
    for private in (answers.NUMBER, answers.SENDER_NUMBER, answers.SENDER_UUID, answers.GROUP):
        assert private not in kept


def test_a_crash_while_asking_is_told(
    ledger: Ledger, server: SignalServer, url: str, waits: Waits, tmp_path: Path
) -> None:
    """If the run died between request and answer, that is said once when it is resumed."""
    path = tmp_path / "inbox-outside.json"
    state = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**state, "is_asking": True}), encoding="utf-8")
    server.send(received(data(T, "after")))
    ledger.restart(signal(url, waits, tmp_path))
    ledger.look()
    assert (ledger.gaps, ledger.told()) == (1, [])
    ledger.look()
    assert (ledger.gaps, ledger.told()) == (1, [("new", "after")])


@pytest.mark.parametrize("damage", ["", "{", '{"kept": 7}'])
def test_a_lost_or_damaged_spool_is_told(
    ledger: Ledger, url: str, waits: Waits, tmp_path: Path, damage: str
) -> None:
    """Without the file nobody knows what was handed out; a damaged one is not written over."""
    path = tmp_path / "inbox-outside.json"
    path.write_text(damage, encoding="utf-8")
    inbox = signal(url, waits, tmp_path)
    with pytest.raises(ConfigError, match="is damaged"):
        inbox.begin(ledger.cursor)
    inbox.close()
    assert path.read_text(encoding="utf-8") == damage
    path.unlink()
    ledger.restart(signal(url, waits, tmp_path))
    assert ledger.look() is None
    assert ledger.look() is not None


def test_half_an_answer_is_told(ledger: Ledger, server: SignalServer) -> None:
    """What was cut off on the way is lost: that is said, and nothing is asked twice."""
    server.replies.append(cut_off(b"[" + json.dumps(received(data(T, "gone"))).encode() + b"]"))
    asked = len(server.requests)
    ledger.look()
    assert ledger.gaps == 1
    assert len(server.requests) == asked + 1
    server.send(received(data(T + 1, "next")))
    ledger.look()
    assert ledger.told() == [("new", "next")]


def test_messages_are_saved_from_an_answer_that_is_not_json(
    ledger: Ledger, server: SignalServer
) -> None:
    """signal-cli's errors stand between the messages: those are kept, and the gap is told."""
    one, two = (json.dumps(received(data(T + at, text))) for at, text in ((0, "one"), (1, "two")))
    server.replies.append(PlainTextResponse(f"[{one},ERROR Failed to [do] {{it}},{two}]"))
    ledger.look()
    ledger.look()
    assert ledger.gaps == 1
    assert ledger.told() == [("new", "one"), ("new", "two")]


def test_messages_are_saved_from_a_failure(ledger: Ledger, server: SignalServer) -> None:
    """When signal-cli ends with an error, what it had printed stands in the error: it is kept."""
    server.send(received(data(T, "one")))
    server.failure = f"Error while checking account {answers.NUMBER}: timeout for +49123456789"
    with pytest.raises(ArrivalsLost, match="signal-cli failed") as caught:
        ledger.inbox.look(ledger.cursor)
    said = str(caught.value)
    assert "timeout for …" in said
    for private in (answers.NUMBER, "49123456789", "one", answers.SENDER_UUID):
        assert private not in said
    ledger.look()
    assert ledger.told() == [("new", "one")]


def test_an_account_that_is_not_logged_in(ledger: Ledger, server: SignalServer) -> None:
    """It is told as such, without its number."""
    server.failure = f"User {answers.NUMBER} is not registered."
    with pytest.raises(NotLoggedIn, match="qrcodelink") as caught:
        ledger.inbox.look(ledger.cursor)
    assert answers.NUMBER not in str(caught.value)


@pytest.mark.parametrize("mode", ["json-rpc", "json-rpc-native"])
def test_modes_that_lose_messages_are_refused(
    url: str, server: SignalServer, waits: Waits, tmp_path: Path, mode: str
) -> None:
    """In the modes with a websocket messages get lost while nobody listens: they are refused."""
    server.mode = mode
    inbox = signal(url, waits, tmp_path)
    with pytest.raises(Unreadable, match="MODE=native"):
        inbox.begin(None)
    inbox.close()
    server.mode = "native"
    ledger = Ledger(signal(url, waits, tmp_path))
    ledger.begin()
    server.mode = mode
    with pytest.raises(Unreadable, match="MODE=native"):
        ledger.inbox.look(ledger.cursor)
    ledger.inbox.close()


@pytest.mark.parametrize(
    ("number", "uuid", "is_gap"),
    [
        (answers.SENDER_NUMBER, answers.SENDER_UUID, True),
        (None, None, True),  # a sealed sender: nobody knows whose it was
        ("+4900000", None, False),
    ],
)
def test_what_cannot_be_decrypted_is_a_gap(
    ledger: Ledger, server: SignalServer, number: str | None, uuid: str | None, *, is_gap: bool
) -> None:
    """A message that came and cannot be read must not be taken for missing."""
    server.send(answers.undecryptable(number=number, uuid=uuid))
    ledger.look()
    assert (ledger.gaps == 1) is is_gap


def test_a_server_that_is_away_loses_nothing(
    ledger: Ledger, url: str, waits: Waits, tmp_path: Path
) -> None:
    """What never reached the server was not handed out."""
    inbox = signal("http://127.0.0.1:9", waits, tmp_path)
    with pytest.raises(SessionLost, match="cannot be reached"):
        inbox.begin(ledger.cursor)
    inbox.close()
    ledger.restart(signal(url, waits, tmp_path))
    assert ledger.look() is not None


def test_look_needs_begin(url: str, waits: Waits, tmp_path: Path) -> None:
    """To look first would write over what was not committed."""
    inbox = signal(url, waits, tmp_path)
    with pytest.raises(DriverError, match="begin"):
        inbox.look('{"inbox": "outside", "taken": 0}')
    inbox.close()


def test_both_forms_of_a_groups_id() -> None:
    """The id that GET /v1/groups gives is the internal one, encoded once more."""
    listed = "group.dUxzSEVHcU5zYVF3VURHRXFQMkR4aDNac1hKY0hxV21FSFZ0SzFCUXhWTT0="
    assert internal_group(listed) == answers.GROUP
    assert internal_group(answers.GROUP) == answers.GROUP
    with pytest.raises(ValueError, match="no group id"):
        internal_group("Weekend walks")


@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]))),
    noise=st.text(alphabet='INFOWARE {}[]":,\\x'),
    cut=st.integers(0, 400),
)
def test_whatever_is_printed_whole_messages_are_found(
    texts: list[str], noise: str, cut: int
) -> None:
    """Of any mixture of messages, noise and a cut-off end, the whole messages are found."""
    printed = [json.dumps(received(data(T, text)), ensure_ascii=False) for text in texts]
    found, is_whole = received_in(f"[{','.join(printed)}]")
    assert is_whole
    assert [
        each.envelope.data.text for each in found if each.envelope and each.envelope.data
    ] == texts
    last = json.dumps(received(data(T, "cut off")))[: cut % 300]
    found, is_whole = received_in(f"[{','.join(printed)},{last}")
    kept = [each for each in found if each.envelope and each.envelope.data]
    assert len(kept) == len(texts)
    assert is_whole is not last.startswith("{")
    received_in(noise)


class ExactlyOnceOrTold(RuleBasedStateMachine):
    """Whatever goes wrong: nothing comes twice, and nothing is lost without being told."""

    def __init__(self) -> None:
        super().__init__()
        self.server = SignalServer()
        self.waits = Waits()
        self.serving = served(self.server.app())
        self.url = self.serving.__enter__()
        self.folder = Path(mkdtemp())
        self.ledger = Ledger(self._inbox())
        self.ledger.begin()
        self.said: list[str | None] = []

    def _inbox(self) -> Inbox:
        return signal(self.url, self.waits, self.folder)

    @rule()
    def say(self) -> None:
        text = str(len(self.said))
        self.said.append(text)
        self.server.send(received(data(T + len(self.said), text)))

    @rule()
    def look(self) -> None:
        self.ledger.look()

    @rule()
    def die_before_the_commit(self) -> None:
        with suppress(DriverError):
            self.ledger.inbox.look(self.ledger.cursor)
        self.ledger.restart(self._inbox())

    @rule()
    def fail(self) -> None:
        self.server.failure = "Error while receiving messages: timeout"

    @rule()
    def cut_an_answer_off(self) -> None:
        self.server.replies.append(cut_off(b"[" + b" " * 64 + b"]"))
        self.ledger.look()

    @invariant()
    def nothing_twice_and_losses_are_told(self) -> None:
        told = [text for _, text in self.ledger.told()]
        assert told == sorted(set(told), key=lambda text: int(text or 0))
        assert set(told) <= set(self.said)

    def teardown(self) -> None:
        for _ in range(4):
            self.ledger.look()
        told = [text for _, text in self.ledger.told()]
        assert told == self.said or (self.server.has_lost and self.ledger.gaps)
        self.ledger.inbox.close()
        self.serving.__exit__(None, None, None)
        rmtree(self.folder)


TestExactlyOnceOrTold = ExactlyOnceOrTold.TestCase
TestExactlyOnceOrTold.settings = settings(max_examples=10, stateful_step_count=12)
