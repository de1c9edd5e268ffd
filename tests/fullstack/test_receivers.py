"""The main job with a real Matrix homeserver as the receiving end.

The sender is an embedded handset. What its network lets through for the account of the inbox is
said in a room of a real Synapse by a user of its own, and taken back there when the network removes
it; the inbox reads that room as it reads any other.
"""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest

from results.journal import LATEST, Journal
from results.record import ReadMode, VerdictKind
from tests.fullstack.homeserver import Homeserver, MatrixUser, run_homeserver
from tests.probes.inbox_bridge import InboxBridge
from tests.probes.sessions import IMPATIENT, ONE_LANE, Sessions
from tests.testbeds import rule, write_testbed

WINDOW_S = 2.0
RULES = (
    rule("达赖喇嘛"),
    rule("时轮金刚", "印度", action="mask"),
    rule("བོད་ལྗོངས", action="remove") + "after_s = 0.7\n",
)
CENSORED = {"达赖喇嘛", "时轮金刚 + 印度", "བོད་ལྗོངས"}


class Relay:
    """Says in a room what an embedded account is given, and takes back what is removed."""

    def __init__(self, source: InboxBridge, name: str, user: MatrixUser, room: str) -> None:
        """Begin to relay."""
        self._source = source
        self._name = name
        self._user = user
        self._room = room
        self._is_over = Event()
        self.events: dict[int, str] = {}
        self.removed: set[int] = set()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End it."""
        self._is_over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._is_over.wait(0.02):
            there = {each["id"]: each["body"] for each in self._source.messages(self._name)}
            for number in sorted(there.keys() - self.events.keys()):
                self.events[number] = self._user.say(self._room, there[number])
            for number in self.events.keys() - there.keys() - self.removed:
                self._user.redact(self._room, self.events[number])
                self.removed.add(number)


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
def room(users: tuple[MatrixUser, MatrixUser]) -> str:
    """A room with both."""
    an, bo = users
    room = an.make_room(invited=bo, version="10")
    bo.join(room)
    return room


@pytest.fixture
def sessions(pytester: pytest.Pytester, tmp_path: Path) -> Sessions:
    """Sessions with a small list."""
    return Sessions(pytester, tmp_path)


@pytest.fixture
def relay(sessions: Sessions, users: tuple[MatrixUser, MatrixUser], room: str) -> Iterator[Relay]:
    """What the network gives the inbox's account is said in the room."""
    an, _ = users
    running = Relay(InboxBridge(sessions.results, ""), "outside", an, room)
    yield running
    running.close()


@pytest.fixture
def testbed(
    tmp_path: Path,
    users: tuple[MatrixUser, MatrixUser],
    room: str,
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A testbed whose lane is read from the room."""
    an, bo = users
    monkeypatch.setenv("OUTSIDE_TOKEN", bo.token)
    inbox = f"""
[[inbox]]
name = "outside"
account = "cn-2"
kind = "matrix"
url = "{bo.url}"
token_env = "OUTSIDE_TOKEN"
room = "{room}"
sender = "{an.id}"
interval_s = 0.1
"""
    changes = (
        ('receiver = "phone-2"', 'receiver = "outside"'),
        ("[[lane]]", f"{inbox}\n[[lane]]"),
        ("look_s = 0.0", "look_s = 1.0"),
        ("removal_window_s = 0 ", f"removal_window_s = {WINDOW_S} "),
    )
    return write_testbed(tmp_path / "testbed", RULES, changes=[*ONE_LANE, *IMPATIENT, *changes])


def censored(sessions: Sessions) -> set[str]:
    """The keywords that the only run calls censored."""
    verdicts = sessions.verdicts()
    assert VerdictKind.INCONCLUSIVE not in verdicts.values()
    return {word for word, kind in verdicts.items() if kind is VerdictKind.CENSORED}


def test_filter_is_found_through_a_real_homeserver(
    sessions: Sessions, testbed: Path, relay: Relay
) -> None:
    """Read from a real room, dropped, changed and taken back messages are told, and no others."""
    result = sessions.measure(testbed, "--strategy", "solo")
    assert result.ret == 0, result.outlines
    assert censored(sessions) == CENSORED
    arrived = [row.attempt for row in sessions.messages() if row.attempt.arrived_text is not None]
    assert {each.read_mode for each in arrived} == {ReadMode.INBOX}
    removed = [each for each in arrived if each.gone_at is not None]
    assert {each.text for each in removed} == {"བོད་ལྗོངས"}
    assert len(removed) == len(relay.removed)


def test_killed_run_reads_each_message_of_a_real_room_once(
    sessions: Sessions, testbed: Path, relay: Relay
) -> None:
    """After kill -9 the journal's cursor goes on in the room: nothing lost, nothing twice."""
    sessions.kill(sessions.start_until(testbed, 6, "--strategy", "solo"))
    result = sessions.resume()
    assert result.ret == 0, result.outlines
    assert censored(sessions) == CENSORED
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        arrivals = journal.arrivals(journal.run(LATEST).id)
    ids = [each.message_id for each in arrivals]
    assert len(set(ids)) == len(ids) == len(relay.events)
