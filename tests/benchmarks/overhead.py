"""How much longer a message takes with the harness than the bare client calls it cannot do without.

Bare is what any script would do: find the field and set the text, read it back, find the button and
tap it, one snapshot at each end. The harness reads back from a snapshot, which shows the chat as
well, and journals, aligns, scores and decides what comes next; but it keeps the field and the
button once it has found them (`drivers.known_elements`). Both send the same texts through the same
kind of door, in turns, on handsets of their own, within one run.

What the journal takes of it is told too: its commits wait for the disk (write-ahead, before the
tap), so on a slow or busy disk it is what the harness costs.

Run: python -m tests.benchmarks.overhead [--quick] [--json]
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Final

from appium.webdriver.common.appiumby import AppiumBy
from appium.webdriver.webdriver import WebDriver

from drivers.door import doors, start_server
from drivers.embedded.process import EmbeddedProcess
from drivers.handset import Handset
from drivers.handset_receiver import HandsetReceiver
from drivers.lane import Lane
from drivers.testbed import load_testbed
from probes.live_run import JOURNAL_NAME, LiveRun
from probes.options import Measured
from probes.selection import Selection
from results.journal import Journal
from tests.benchmarks.table import Figure, at_most, run, told
from tests.probes.sessions import ONE_LANE
from tests.testbeds import MANAGED, write_testbed
from wordlists.entry import Entry
from wordlists.wordlist import load_all

CHAT: Final = "group"
PACKAGE: Final = "org.undelivered.courier"
MESSAGES_A_TURN: Final = 10
LOOK_S: Final = 0.0005
MOST_OVERHEAD: Final = 1.3


@dataclass(frozen=True, slots=True)
class Turn:
    """What was sent in one turn, and how long that took.

    Attributes:
        texts: The texts, in order.
        seconds: Wall time.
        journal_s: Seconds of it that the journal took.
    """

    texts: Sequence[str]
    seconds: float
    journal_s: float = 0.0

    @property
    def ms_per_message(self) -> float:
        """Milliseconds a message."""
        return 1000 * self.seconds / len(self.texts)

    @property
    def journal_ms_per_message(self) -> float:
        """Milliseconds a message that the journal took of these."""
        return 1000 * self.journal_s / len(self.texts)


class Stopwatch:
    """Adds up what calls take.

    Attributes:
        seconds: What they took so far.
    """

    def __init__(self) -> None:
        """Begin at zero."""
        self.seconds = 0.0

    def time(self, owner: object, method: str) -> None:
        """Add up the calls of a method from now on."""
        call = getattr(owner, method)

        def timed(*args: object) -> object:
            began = perf_counter()
            try:
                return call(*args)
            finally:
                self.seconds += perf_counter() - began

        setattr(owner, method, timed)


class Harness:
    """The main job on one lane; each turn decides some entries."""

    def __init__(self, testbed: Path, folder: Path, entries: Sequence[Entry]) -> None:
        """Start a run."""
        self._folder = folder
        self._live = LiveRun.begin(
            Measured.from_settings(
                {"testbed": str(testbed), "chat": CHAT, "strategy": "solo", "seed": "0"}
            ),
            Selection(wordlists=(), entries=tuple(entries)),
            load_testbed(str(testbed)),
            results_dir=folder,
            budget=None,
        )
        self._entries = iter(entries)
        self._sent = 0
        self._journal = Stopwatch()
        for method in ("begin_attempt", "observe"):
            self._journal.time(self._live._journal, method)

    def turn(self) -> Turn:
        """Decide entries until enough messages are sent, and see the last of them through."""
        campaign = self._live.campaign
        journal_before = self._journal.seconds
        began = perf_counter()
        while campaign.messages_sent < self._sent + MESSAGES_A_TURN:
            campaign.verdict(next(self._entries).id)
        while campaign.in_hand:
            sleep(LOOK_S)
        seconds = perf_counter() - began
        journal_s = self._journal.seconds - journal_before
        with Journal.open(self._folder / JOURNAL_NAME, read_only=True) as journal:
            attempts = journal.attempts(self._live.run.id)[self._sent :]
        self._sent += len(attempts)
        return Turn([attempt.text for attempt in attempts], seconds, journal_s)

    def close(self) -> None:
        """End the run."""
        self._live.finish("the benchmark is over")


class Bare:
    """The bare client calls on one lane."""

    def __init__(self, sender: WebDriver, receiver: WebDriver) -> None:
        """Use sessions whose chat is open."""
        self._sender = sender
        self._receiver = receiver

    def turn(self, texts: Sequence[str]) -> Turn:
        """Send texts."""
        began = perf_counter()
        for text in texts:
            self._send(text)
        return Turn(texts, perf_counter() - began)

    def _send(self, text: str) -> None:
        field = self._sender.find_element(AppiumBy.ID, f"{PACKAGE}:id/message_input")
        field.send_keys(text)
        if field.text != text:
            raise AssertionError(f"the field reads {field.text!r} instead of {text!r}")
        self._sender.find_element(AppiumBy.ID, f"{PACKAGE}:id/send_button").click()
        for end in (self._sender, self._receiver):
            if PACKAGE not in end.page_source:
                raise AssertionError("the snapshot does not show the app")


def open_bare(testbed_path: Path, folder: Path, closing: ExitStack) -> Bare:
    """Open a lane's chat at both ends, and take its sessions."""
    testbed = load_testbed(str(testbed_path))
    (config,) = testbed.lanes
    folder.mkdir()
    # Handsets as the harness has them, which remember their chats on the disk, as phones do.
    embedded = closing.enter_context(
        EmbeddedProcess.start(
            testbed_path,
            seed=0,
            state=folder / "handsets.jsonl",
            log=folder / "handsets.log",
        )
    )
    ends = config.handsets(CHAT)
    server = start_server(ends, embedded=embedded, folder=folder)
    if server is not None:
        closing.callback(server.stop)
    ways = doors(ends, embedded=embedded, server=server)
    sender, receiver = (Handset(end, ways[end.name], longest_pause_s=60.0) for end in ends)
    chat = next(each for each in config.chats if each.kind == CHAT)
    lane = Lane(
        config,
        chat=chat,
        sender=sender,
        receiver=HandsetReceiver(receiver, chat.receiver_title, wait=lambda _: None),
        timing=testbed.timing,
        wait=lambda _: None,
    )
    closing.callback(lane.close)
    lane.open()
    return Bare(sender._session(), receiver._session())


def measure_both(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Both doors, the harness and the bare calls in turns."""
    entries = [entry for wordlist in load_all() for entry in wordlist.entries]
    turns = {"direct": 10 if arguments.quick else 40, "full stack": 6 if arguments.quick else 40}
    with TemporaryDirectory() as temporary, ExitStack() as closing:
        folder = Path(temporary)
        sides: dict[str, tuple[Harness, Bare]] = {}
        for door, changes in (("direct", ONE_LANE), ("full stack", (*ONE_LANE, *MANAGED))):
            place = folder / door.replace(" ", "-")
            testbed = write_testbed(place, changes=changes)
            harness = Harness(testbed, place / "runs", entries)
            closing.callback(harness.close)
            sides[door] = harness, open_bare(testbed, place / "bare", closing)
        ratios: dict[str, list[float]] = {door: [] for door in sides}
        pairs: dict[str, list[tuple[Turn, Turn]]] = {door: [] for door in sides}
        for number in range(max(turns.values()) + 1):
            for door, (harness, bare) in sides.items():
                if number > turns[door]:
                    continue
                pair = _in_turns(harness, bare)
                if number:  # the first warms up
                    pairs[door].append(pair)
        for door, both in pairs.items():
            ratios[door] = [ours.ms_per_message / theirs.ms_per_message for ours, theirs in both]
            yield told(door, "messages", sum(len(ours.texts) for ours, _ in both))
            yield told(door, "harness ms", median(ours.ms_per_message for ours, _ in both))
            yield told(door, "journal ms", median(ours.journal_ms_per_message for ours, _ in both))
            yield told(door, "bare ms", median(theirs.ms_per_message for _, theirs in both))
            yield told(
                door,
                "without journal",
                median(
                    (ours.ms_per_message - ours.journal_ms_per_message) / theirs.ms_per_message
                    for ours, theirs in both
                ),
            )
            yield at_most(door, "overhead", median(ratios[door]), MOST_OVERHEAD)


def _in_turns(harness: Harness, bare: Bare) -> tuple[Turn, Turn]:
    ours = harness.turn()
    return ours, bare.turn(ours.texts)


if __name__ == "__main__":
    sys.exit(run("Wall time a message, harness over bare client calls", measure_both))
