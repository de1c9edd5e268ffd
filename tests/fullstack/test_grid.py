"""The main job on handsets behind a real Selenium Grid, of which parts are lost in the middle.

Three hosts, each with an Appium server, an adb server and a Grid node of its own; on each the two
handsets of a lane. They are on one machine here, and the handsets are simulated.
"""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drivers.capabilities import Device
from drivers.door import Door
from drivers.embedded.network import Event
from drivers.embedded.process import EmbeddedProcess
from drivers.errors import SessionLost
from drivers.handset import Handset
from drivers.lane import Lane, SentView
from drivers.ports import free_ports
from drivers.server import AppiumServer
from drivers.testbed import Testbed, load_testbed
from drivers.tools import Toolchain
from results.record import Attempt, Outcome, VerdictKind, VoidReason
from tests.benchmarks.measuring import Measurement, measure
from tests.fullstack.grid import Grid
from tests.processes import are_gone, group_members
from tests.testbeds import rule, write_lanes
from wordlists.entry import Entry
from wordlists.wordlist import Wordlist, load_all

SEED = 3
SURVIVING, WITHOUT_APPIUM, WITHOUT_HOST = "lane-1", "lane-2", "lane-3"
LANES = (SURVIVING, WITHOUT_APPIUM, WITHOUT_HOST)
MESSAGES_BEFORE_THE_LOSS = 4
PATIENCE_S = 2.0  # a host that is lost in this test does not come back


@dataclass(kw_only=True)
class Hosts:
    """What stands between the harness and the handsets.

    Attributes:
        testbed: The testbed that reaches the handsets through the Grid.
        embedded: The handsets.
        servers: The Appium server of each lane's host.
        grid: The Grid, with a node for each server in the same order.
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

    def lose_appium(self, lane: str) -> None:
        """Kill Appium and adb on the host of a lane."""
        server = self.servers[LANES.index(lane)]
        self.lost |= group_members(server.pid)
        os.killpg(server.pid, signal.SIGKILL)

    def lose_host(self, lane: str) -> None:
        """Kill everything on the host of a lane, the Grid's node first."""
        node = self.grid.nodes[LANES.index(lane)]
        self.lost |= group_members(node.pid)
        node.kill()
        self.lose_appium(lane)

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


@pytest.fixture(scope="module")
def hosts(
    tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain, entries: tuple[Entry, ...]
) -> Iterator[Hosts]:
    """Three hosts behind a Grid, ready; after the tests, all their processes must be gone."""
    folder = tmp_path_factory.mktemp("hosts")
    rules = [rule(*entry.components) for entry in entries[::4]]
    testbed = load_testbed(str(write_lanes(folder / "handsets", len(LANES), rules)))
    with ExitStack() as stack:
        embedded = EmbeddedProcess.start(testbed.path, seed=SEED)
        stack.callback(embedded.stop)
        relayed = {}
        for lane in testbed.lanes:
            udids = [embedded.adb_address(each.name) for each in (lane.sender, lane.receiver)]
            server = AppiumServer(folder / lane.name, udids=udids, toolchain=toolchain)
            stack.callback(server.stop)
            relayed[server] = udids
        with ThreadPoolExecutor(len(relayed)) as pool:
            list(pool.map(AppiumServer.start, relayed))
        grid = stack.enter_context(Grid(folder / "grid", relayed, home=toolchain.home))
        started = Hosts(
            testbed=through_grid(folder / "testbed.toml", testbed, grid.url, embedded),
            embedded=embedded,
            servers=tuple(relayed),
            grid=grid,
        )
        processes = started.processes()
        yield started
    assert are_gone(processes | started.lost)


def through_grid(path: Path, testbed: Testbed, url: str, embedded: EmbeddedProcess) -> Path:
    """The testbed of somebody who knows of the handsets only their udids and the Grid's URL."""
    written = testbed.path.read_text(encoding="utf-8")
    head, _, handsets = written.partition('[embedded]\npolicy = "policy.toml"\n')
    for each in testbed.handsets:
        account = f'account = "{each.account.label}"\napp = "courier"\n'
        udid = embedded.adb_address(each.name)
        through = f'{account}appium = "{url}"\nudid = "{udid}"\n'
        handsets = handsets.replace(f'{account}appium = "embedded"\n', through)
    path.write_text(head + handsets, encoding="utf-8")
    return path


def lose_at_the_tap(
    monkeypatch: pytest.MonkeyPatch,
    hosts: Hosts,
    *,
    before: Mapping[str, Callable[[str], None]],
    after: Mapping[str, Callable[[str], None]],
) -> None:
    """Have lanes lose something at one tap on *send*, so that what they have in hand is known.

    Args:
        monkeypatch: Takes it back after the test.
        hosts: Where it is lost.
        before: By lane, what happens when everything is ready for the tap.
        after: By lane, what happens when the tap has been seen to work.
    """
    send = Lane.send

    def send_and_lose(lane: Lane) -> SentView:
        is_time = len(hosts.sent(lane.name)) == MESSAGES_BEFORE_THE_LOSS
        if is_time and lane.name in before:
            before[lane.name](lane.name)
        view = send(lane)
        if is_time and lane.name in after:
            after[lane.name](lane.name)
        return view

    monkeypatch.setattr(Lane, "send", send_and_lose)


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


def in_hand(found: Measurement, lane: str) -> Attempt:
    """What a lost lane had in hand; nothing of it, nor of what was open before, proves anything."""
    attempts = [each for each in found.attempts if each.lane == lane]
    doubtful = [each for each in attempts if each.fault is not None]
    assert doubtful
    assert doubtful == attempts[-len(doubtful) :]
    assert {found.scores[each.id].outcome for each in doubtful} == {Outcome.UNKNOWN}
    assert all(each.arrived_at is None for each in doubtful)
    return attempts[-1]


def test_handset_that_no_node_has(hosts: Hosts) -> None:
    """A udid that is on no host is refused at once, by its name."""
    config = load_testbed(str(hosts.testbed)).lanes[0].sender
    device = Device(handset=config.name, udid="emulator-5998", system_port=8200, mjpeg_port=8201)
    handset = Handset(config, Door(url=hosts.grid.url, device=device), longest_pause_s=1.0)
    with pytest.raises(SessionLost, match="the Grid has no node for the handset with udid"):
        handset.start()


def test_lost_hosts_cost_what_they_had_in_hand(
    hosts: Hosts,
    wordlist: Wordlist,
    entries: tuple[Entry, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A lost Appium, a lost host: their lanes are given up, the third finishes, nothing is wrong.

    What the lost ones had in hand is unknown. Nothing is sent twice, and nothing that was sent is
    missing from the journal.
    """
    monkeypatch.setattr("drivers.handset._BOOT_S", PATIENCE_S)
    # All hosts are this machine, on which others may use the ports that a remote host has free.
    monkeypatch.setattr("drivers.door.REMOTE_PORTS", free_ports(4 * len(LANES)))
    lose_at_the_tap(
        monkeypatch,
        hosts,
        before={WITHOUT_APPIUM: hosts.lose_appium},
        after={WITHOUT_HOST: hosts.lose_host},
    )
    found = measure(
        hosts.testbed, (wordlist,), entries, chat="direct", seed=SEED, folder=tmp_path / "runs"
    )
    assert {each.entry_id: each.kind for each in found.report.verdicts} == truth(hosts, entries)

    reasons = sorted(found.report.lanes_lost)
    assert len(reasons) == 2
    for lane, reason in zip((WITHOUT_APPIUM, WITHOUT_HOST), reasons, strict=True):
        assert reason.startswith(f"{lane}: sender-")
        assert "the Grid has no node for the handset with udid '127.0.0.1:" in reason

    untapped, tapped = in_hand(found, WITHOUT_APPIUM), in_hand(found, WITHOUT_HOST)
    assert (untapped.sent_at, untapped.fault) == (None, VoidReason.SESSION_LOST)
    assert tapped.sent_at is not None
    assert tapped.fault is VoidReason.LANE_DOWN
    for lane in LANES:
        attempts = [each for each in found.attempts if each.lane == lane]
        tapped_texts = [each.text for each in attempts if each.sent_at is not None]
        assert Counter(event.text for event in hosts.sent(lane)) == Counter(tapped_texts)
