"""A testbed brought to life: what it asks for is started, then handsets and lanes are built."""

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from time import monotonic
from types import TracebackType

from drivers.door import doors, start_server
from drivers.embedded.process import EmbeddedProcess
from drivers.end import End
from drivers.ends import end_behind
from drivers.evidence import EvidenceFolder
from drivers.fleet import Fleet
from drivers.handset_receiver import HandsetReceiver
from drivers.heads_up import HeadsUp
from drivers.inbox_receiver import InboxReceiver
from drivers.inboxes.open_inbox import open_inbox
from drivers.lane import Lane
from drivers.receiver import Receiver
from drivers.selector_check import require_selectors
from drivers.testbed import HandsetConfig, LaneConfig, ReceiverConfig, Testbed
from drivers.tools import Places

_CLOSE_S = 10.0  # for all sessions; one that hangs is left to the server's own time-out


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a run says of a text, to be compared with the truth where that is known.

    Attributes:
        text: The text.
        sender_region: Region of the sender's account.
        receiver_region: Region of the receiver's account.
        is_censored: What the run found.
    """

    text: str
    sender_region: str
    receiver_region: str
    is_censored: bool


class OpenTestbed:
    """The lanes of a testbed that have a chat of one kind, ready to be opened.

    Attributes:
        testbed: The testbed.
        chat: The kind of chat.
        lanes: Its lanes.
        observers: What observes them, by the name of the lane; ready to be opened as well.
    """

    def __init__(
        self,
        testbed: Testbed,
        chat: str,
        lanes: tuple[Lane, ...],
        *,
        observers: Mapping[str, tuple[Receiver, ...]],
        embedded: EmbeddedProcess | None,
        closing: ExitStack,
    ) -> None:
        """Use `OpenTestbed.start`."""
        self.testbed = testbed
        self.chat = chat
        self.lanes = lanes
        self.observers = observers
        self._embedded = embedded
        self._closing = closing

    @classmethod
    def start(
        cls,
        testbed: Testbed,
        *,
        chat: str,
        seed: int,
        folder: Path,
        wait: Callable[[float], object],
    ) -> "OpenTestbed":
        """Start what the testbed needs; lanes are built, not yet opened.

        Args:
            testbed: What to start.
            chat: ``direct`` or ``group``.
            seed: Seed of the embedded network's noise, unless the testbed has its own.
            folder: Where logs, evidence, and what embedded handsets remember, are kept.
            wait: Waits some seconds between two looks; ends early when the run ends.

        Raises:
            ConfigError: No lane has such a chat, or a variable with an inbox's secret is not set.
            DriverError: The embedded network, the Appium server or an emulator does not start.
        """
        configs = testbed.lanes_with(chat)
        ends = [end for lane in configs for end in lane.handsets(chat)]
        evidence = EvidenceFolder(folder)
        with ExitStack() as closing:
            embedded = None
            if testbed.embedded is not None:
                embedded = EmbeddedProcess.start(
                    testbed.path,
                    seed=seed if testbed.embedded.seed is None else testbed.embedded.seed,
                    state=folder / "handsets.jsonl",
                    log=folder / "handsets.log",
                )
                closing.callback(embedded.stop)
            server = start_server(ends, embedded=embedded, folder=folder)
            if server is not None:
                closing.callback(server.stop)
            fleet = Fleet.of(ends, server=server, places=Places.here(), folder=folder)
            closing.callback(fleet.stop)
            fleet.start(loads_snapshots=True)
            ways = fleet.lead(doors(ends, embedded=embedded, server=server))
            heads_up = HeadsUp()
            closing.callback(heads_up.restore)
            heads_up.switch_off(ways.values())

            def end(config: HandsetConfig) -> End:
                pause_s = testbed.pacing.pause_s[1]
                return end_behind(config, ways[config.name], longest_pause_s=pause_s)

            check = partial(require_selectors, settle_s=testbed.timing.settle_s, folder=folder)

            def receiver(config: ReceiverConfig, title: str) -> Receiver:
                if isinstance(config, HandsetConfig):
                    return HandsetReceiver(end(config), title, wait=wait, check=check)
                inbox = open_inbox(config.inbox, folder=folder, environ=os.environ, wait=wait)
                return InboxReceiver(config, inbox)

            def observers(config: LaneConfig) -> tuple[Receiver, ...]:
                which = next(each for each in config.chats if each.kind == chat)
                watching = config.receivers(chat)[1:]
                return tuple(receiver(each, which.receiver_title) for each in watching)

            def lane(config: LaneConfig) -> Lane:
                which = next(each for each in config.chats if each.kind == chat)
                return Lane(
                    config,
                    chat=which,
                    sender=end(config.sender),
                    receiver=receiver(config.receiver, which.receiver_title),
                    timing=testbed.timing,
                    wait=wait,
                    evidence=evidence,
                    check=check,
                )

            return cls(
                testbed,
                chat,
                tuple(map(lane, configs)),
                observers={each.name: observers(each) for each in configs},
                embedded=embedded,
                closing=closing.pop_all(),
            )

    def compare_with_truth(self, claims: Mapping[str, Claim]) -> Mapping[str, bool] | None:
        """Which claims are right, by their keys; ``None`` where nobody knows the truth.

        Only the embedded network knows it. It is asked when all verdicts are final, so that
        nothing of it can leak into them.
        """
        if self._embedded is None:
            return None
        right: dict[str, bool] = {}
        for (sender, receiver), keys in _by_regions(claims).items():
            truth = self._embedded.censored(
                [claims[key].text for key in keys],
                chat=self.chat,
                sender_region=sender,
                receiver_region=receiver,
            )
            right |= {
                key: claims[key].is_censored == is_censored
                for key, is_censored in zip(keys, truth, strict=True)
            }
        return right

    def close(self) -> None:
        """End all sessions, and emulators, Appium server and embedded network, if they are ours."""
        with self._closing:
            watching = [each for group in self.observers.values() for each in group]
            ends: list[Lane | Receiver] = [*self.lanes, *watching]
            closers = [Thread(target=each.close, daemon=True) for each in ends]
            for closer in closers:
                closer.start()
            deadline = monotonic() + _CLOSE_S
            for closer in closers:
                closer.join(max(0.0, deadline - monotonic()))

    def __enter__(self) -> "OpenTestbed":
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _by_regions(claims: Mapping[str, Claim]) -> Mapping[tuple[str, str], Sequence[str]]:
    groups: dict[tuple[str, str], list[str]] = {}
    for key, claim in claims.items():
        groups.setdefault((claim.sender_region, claim.receiver_region), []).append(key)
    return groups
