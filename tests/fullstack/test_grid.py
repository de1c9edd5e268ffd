"""The main job on handsets behind a real Selenium Grid, of which a part is lost in the middle.

Two hosts, each with an Appium server, an adb server and a Grid node of its own; on each the two
handsets of a lane. They are on one machine here, and the handsets are simulated.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers.embedded.network import Event
from drivers.embedded.process import EmbeddedProcess
from drivers.server import AppiumServer, free_ports
from drivers.testbed import Testbed, load_testbed
from drivers.tools import Toolchain
from results.record import Outcome, VerdictKind, VoidReason
from tests.benchmarks.measuring import Measurement, measure
from tests.fullstack.grid import Grid
from tests.processes import are_gone, group_members
from tests.testbeds import rule, write_testbed
from wordlists.entry import Entry
from wordlists.wordlist import Wordlist, load_all

SEED = 3
SURVIVING, DOOMED = "lane-1", "lane-2"
MESSAGES_BEFORE_THE_LOSS = 5
PATIENCE_S = 2.0  # a host that is off in this test does not come back


@dataclass(kw_only=True)
class Hosts:
    """What stands between the harness and the handsets.

    Attributes:
        testbed: The testbed that reaches the handsets through the Grid.
        embedded: The handsets.
        servers: An Appium server for each lane.
        grid: The Grid with a node for each server.
        lost: What has been killed: command lines by process id.
    """

    testbed: Path
    embedded: EmbeddedProcess
    servers: Sequence[AppiumServer]
    grid: Grid
    lost: dict[int, str] = field(default_factory=dict)

    def processes(self) -> dict[int, str]:
        """All that lives: command lines by process id."""
        members = self.grid.members()
        for server in self.servers:
            members |= group_members(server.pid)
        return members | {self.embedded.pid: "embedded handsets"}

    def lose_appium(self) -> None:
        """Kill the second host's Appium and adb."""
        self.lost |= group_members(self.servers[1].pid)
        os.killpg(self.servers[1].pid, signal.SIGKILL)

    def lose_host(self) -> None:
        """Kill everything on the second host, the Grid's node first."""
        self.lost |= group_members(self.grid.nodes[1].pid)
        self.grid.nodes[1].kill()
        self.lose_appium()

    def sent(self, lane: str) -> list[Event]:
        """What has left the sender of a lane."""
        return [event for event in self.embedded.events() if event.chat == f"{lane}/direct"]


@pytest.fixture(scope="module")
def wordlist() -> Wordlist:
    """A list that ships with the project."""
    return next(each for each in load_all() if each.name == "hongkong")


@pytest.fixture(scope="module")
def entries(wordlist: Wordlist) -> tuple[Entry, ...]:
    """What is measured."""
    return wordlist.entries[:8]


@pytest.fixture
def hosts(tmp_path: Path, toolchain: Toolchain, entries: tuple[Entry, ...]) -> Iterator[Hosts]:
    """Two hosts behind a Grid, ready; after the test, all their processes must be gone."""
    rules = [rule(*entry.components) for entry in entries[::4]]
    testbed = load_testbed(str(write_testbed(tmp_path / "handsets", rules)))
    with ExitStack() as stack:
        embedded = EmbeddedProcess.start(testbed.path, seed=SEED)
        stack.callback(embedded.stop)
        relayed = {}
        for lane in testbed.lanes:
            udids = [embedded.adb_address(each.name) for each in (lane.sender, lane.receiver)]
            server = AppiumServer(tmp_path / lane.name, udids=udids, toolchain=toolchain)
            relayed[stack.enter_context(server)] = udids
        grid = stack.enter_context(Grid(tmp_path / "grid", relayed, home=toolchain.home))
        started = Hosts(
            testbed=through_grid(tmp_path / "testbed", testbed, grid.url, embedded),
            embedded=embedded,
            servers=tuple(relayed),
            grid=grid,
        )
        processes = started.processes()
        yield started
    assert are_gone(processes | started.lost)


def through_grid(folder: Path, testbed: Testbed, url: str, embedded: EmbeddedProcess) -> Path:
    """The testbed of somebody who knows of the handsets only their udids and the Grid's URL."""
    changes = [
        (
            f'account = "{each.account.label}"\napp = "courier"\nappium = "embedded"',
            f'account = "{each.account.label}"\napp = "courier"\nappium = "{url}"\n'
            f'udid = "{embedded.adb_address(each.name)}"',
        )
        for each in testbed.handsets
    ]
    return write_testbed(folder, changes=[*changes, ('[embedded]\npolicy = "policy.toml"\n', "")])


def run(
    hosts: Hosts,
    wordlist: Wordlist,
    entries: tuple[Entry, ...],
    lose: Callable[[], object],
) -> Measurement:
    """Run the main job; in the middle, lose a part of what it rests on."""

    def watch() -> None:
        if not hosts.lost and len(hosts.sent(DOOMED)) >= MESSAGES_BEFORE_THE_LOSS:
            lose()

    return measure(
        hosts.testbed,
        (wordlist,),
        entries,
        chat="direct",
        seed=SEED,
        folder=hosts.testbed.parent / "runs",
        on_wait=watch,
    )


def truth(hosts: Hosts, entries: tuple[Entry, ...]) -> dict[str, VerdictKind]:
    """What the network censors."""
    texts = [" ".join(entry.components) for entry in entries]
    answers = hosts.embedded.censored(
        texts, chat="direct", sender_region="CN", receiver_region="CN"
    )
    return {
        entry.id: VerdictKind.CENSORED if is_censored else VerdictKind.CLEAR
        for entry, is_censored in zip(entries, answers, strict=True)
    }


@pytest.mark.parametrize("what", ["appium", "host"])
def test_lost_node_costs_what_it_had_in_hand(
    hosts: Hosts,
    wordlist: Wordlist,
    entries: tuple[Entry, ...],
    what: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a lost node had in hand is unknown, its lane is given up, the other lane finishes.

    All verdicts are right. Nothing is sent twice, and nothing that was sent is missing from the
    journal.
    """
    monkeypatch.setattr("drivers.handset._BOOT_S", PATIENCE_S)
    # Both hosts are this machine, on which others may use the ports that a remote host has free.
    monkeypatch.setattr("drivers.door.REMOTE_PORTS", free_ports(8))
    lose = {"appium": hosts.lose_appium, "host": hosts.lose_host}[what]
    found = run(hosts, wordlist, entries, lose)
    assert hosts.lost
    assert {each.entry_id: each.kind for each in found.report.verdicts} == truth(hosts, entries)

    (reason,) = found.report.lanes_lost
    assert reason.startswith(f"{DOOMED}: phone-")
    assert "the Grid has no node for the handset with udid '127.0.0.1:" in reason

    # In hand are the last one, and what was still to be followed by an arrival.
    faulty = [each for each in found.attempts if each.fault is not None]
    doomed = [each for each in found.attempts if each.lane == DOOMED]
    assert faulty
    assert faulty == doomed[-len(faulty) :]
    assert {each.fault for each in faulty} <= {VoidReason.SESSION_LOST, VoidReason.LANE_DOWN}
    assert {found.scores[each.id].outcome for each in faulty} == {Outcome.UNKNOWN}
    assert all(each.arrived_at is None for each in faulty)

    for name in (SURVIVING, DOOMED):
        attempts = [each for each in found.attempts if each.lane == name]
        sent = Counter(event.text for event in hosts.sent(name))
        assert sent <= Counter(each.text for each in attempts)
        assert sent >= Counter(each.text for each in attempts if each.sent_at is not None)
