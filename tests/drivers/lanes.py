"""Lanes on the embedded network, with everything a test may want to reach for."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from drivers.chat import read_chat
from drivers.door import Door
from drivers.embedded.process import EmbeddedProcess
from drivers.handset import Handset
from drivers.handset_receiver import HandsetReceiver
from drivers.incoming import Incoming, Past
from drivers.lane import Lane, SentView
from drivers.testbed import LaneConfig, Testbed, load_testbed
from tests.testbeds import write_testbed


@dataclass(frozen=True, slots=True)
class Built:
    """A lane, its ends, and the network it is on."""

    lane: Lane
    sender: Handset
    receiver: Handset
    network: EmbeddedProcess

    def send(self, *texts: str) -> SentView:
        """Send texts; what the sender showed after the last."""
        views = []
        for text in texts:
            self.lane.prepare(text)
            views.append(self.lane.send())
        return views[-1]

    def look(self, *, expected: int = 1) -> list[str]:
        """Texts that have come in since the last look."""
        return [each.text for each in self.lane.look(expected=expected)]

    def sent(self) -> list[str]:
        """Every text the network was given on this lane's chat."""
        chat = f"{self.lane.name}/{self.lane.chat.kind}"
        return [event.text for event in self.network.events() if event.chat == chat]


@dataclass(frozen=True, slots=True)
class Running:
    """A testbed whose network runs."""

    testbed: Testbed
    network: EmbeddedProcess

    def build(self, *, chat: str = "group", lane: int = 0) -> Built:
        """Put a lane together; it is not opened."""
        config = self.testbed.lanes[lane]
        sender, receiver = self._handset(config.sender.name), self._handset(config.receiver.name)
        return Built(self._lane(config, chat, sender, receiver), sender, receiver, self.network)

    def _handset(self, name: str) -> Handset:
        config = next(each for each in self.testbed.handsets if each.name == name)
        return Handset(config, Door(url=self.network.handset_url(name)), longest_pause_s=1)

    def _lane(self, config: LaneConfig, chat: str, sender: Handset, receiver: Handset) -> Lane:
        which = next(each for each in config.chats if each.kind == chat)
        return Lane(
            config,
            chat=which,
            sender=sender,
            receiver=HandsetReceiver(receiver, which.receiver_title, wait=lambda _: None),
            timing=replace(self.testbed.timing, settle_s=0.0),
            wait=lambda _: None,
        )


def run(
    folder: Path, *rules: str, more: str = "", changes: Iterable[tuple[str, str]] = ()
) -> Running:
    """Start a testbed with these rules, faults and changes."""
    path = write_testbed(folder, rules, more=more, changes=changes)
    return Running(load_testbed(str(path)), EmbeddedProcess.start(path, seed=0))


def enter(handset: Handset, title: str) -> None:
    """Go to another chat behind the lane's back."""
    handset.go_back()
    screen = handset.screen()
    screens = handset.config.profile.screens
    for row in screen.all(screens.chat_row):
        name = row.first(screens.chat_name)
        if name is not None and name.text == title:
            handset.tap_node(row, title)


def draft(handset: Handset) -> str | None:
    """Text in the input field."""
    return read_chat(handset.screen(), handset.config.profile).input_text


def past(*texts: str, cursor: str | None = None) -> Past:
    """What had arrived before an interruption, oldest first."""
    now = datetime.now(UTC)
    arrived = [Incoming(place=at, text=text, seen_at=now) for at, text in enumerate(texts)]
    return Past(arrived=arrived, cursor=cursor)
