"""The parts of a testbed: accounts, handsets, inboxes, chats, lanes, and how fast they may go."""

from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import TypeAlias

from drivers.emulator_config import EmulatorConfig
from drivers.inboxes.config import InboxConfig
from drivers.profile import Profile, ReadMode
from drivers.web_config import WebConfig

EMBEDDED = "embedded"
"""Value of a handset's `appium`, or `udid`, that asks for one that ships with the project."""

MANAGED = "managed"
"""Value of a handset's `appium` that asks for a server that the harness starts and stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account of the app, owned by the researcher.

    Attributes:
        label: How it is called everywhere; never a number or a name.
        region: Region it is registered in, ISO 3166-1 alpha-2.
    """

    label: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandsetConfig:
    """A handset and how it is reached.

    Attributes:
        name: Its name in this testbed.
        account: The account that is logged in on it.
        profile: The app on it.
        appium: URL of the Appium server, ``managed``, or ``embedded`` (no server in between).
        udid: Which device of that server, ``embedded`` for one that ships with the project;
            ``None`` where the server has only one.
        version: Version of the app, where the researcher states it; otherwise it is asked.
        read: Ways to read what arrives on it, the first to be tried first.
        emulator: What to boot where it does not run; ``None`` for a handset that is just there.
        web: The page of a web app, which a browser takes the place of a handset for; ``None`` for
            a handset.
        is_on_own_network: Whether the researcher says that the app's servers are theirs alone.
    """

    name: str
    account: Account
    profile: Profile
    appium: str
    udid: str | None
    version: str | None
    read: tuple[ReadMode, ...] = (ReadMode.TREE,)
    emulator: EmulatorConfig | None = None
    web: WebConfig | None = None
    is_on_own_network: bool = False

    @property
    def is_real(self) -> bool:
        """Whether what it sends reaches the servers of an app that others use."""
        return not (self.is_embedded or self.is_on_own_network or self.profile.is_test_app)

    @property
    def is_embedded(self) -> bool:
        """Whether it is one of those that ship with the project."""
        return EMBEDDED in {self.appium, self.udid}

    @property
    def is_managed(self) -> bool:
        """Whether it is reached through a server that the harness looks after."""
        return self.appium == MANAGED


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEnd:
    """An inbox over HTTP that reads in a handset's place.

    Attributes:
        name: Its name in this testbed.
        account: The account that it is the inbox of.
        inbox: How it is reached.
    """

    name: str
    account: Account
    inbox: InboxConfig


ReceiverConfig: TypeAlias = HandsetConfig | InboxEnd
"""What can read at the other end of a lane."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatConfig:
    """A chat between the two ends of a lane.

    Attributes:
        kind: ``direct`` or ``group``.
        sender_title: Its title on the sender's handset.
        receiver_title: Its title on the receiver's handset.
    """

    kind: str
    sender_title: str
    receiver_title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneConfig:
    """A sender, a receiver and the chats between them.

    Attributes:
        name: Its name in this testbed.
        sender: What sends.
        receiver: What reads, and decides what became of a message.
        chats: The chats.
        observers: What else reads in the group chat: accounts that the filter may treat otherwise.
    """

    name: str
    sender: HandsetConfig
    receiver: ReceiverConfig
    chats: tuple[ChatConfig, ...]
    observers: tuple[ReceiverConfig, ...] = ()

    def receivers(self, chat: str) -> tuple[ReceiverConfig, ...]:
        """All that reads in its chat of a kind, the lane's own receiver first."""
        return (self.receiver, *(self.observers if chat == "group" else ()))

    def handsets(self, chat: str) -> tuple[HandsetConfig, ...]:
        """All handsets and browsers in its chat of a kind, the sender first."""
        return (self.sender, *(x for x in self.receivers(chat) if isinstance(x, HandsetConfig)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A text known to be censored.

    Attributes:
        components: What it is composed of.
        chats: The kinds of chat it is known to be censored in.
        source: How that is known.
    """

    components: tuple[str, ...]
    chats: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing:
    """How fast, how much and when accounts may send.

    Attributes:
        pause_s: Shortest and longest pause between two messages of an account.
        daily_budget: Messages an account may send in 24 hours, over all runs.
        quiet_hours: Local start and end of the time in which nothing is sent.
        is_stated: Whether the testbed states the pause, and does not leave it to the default.
    """

    pause_s: tuple[float, float]
    daily_budget: int | None
    quiet_hours: tuple[time, time] | None
    is_stated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long to wait and how wide a bracket may be.

    Attributes:
        look_s: How long to look for a message before the next one is sent.
        settle_s: How long to wait for a message that closes a bracket.
        bracket_messages: Most messages between the two arrivals of a bracket.
        bracket_s: Most seconds between them.
        removal_window_s: How long after its arrival a message is looked for once more, since some
            filters remove what has been delivered; 0 for never.
    """

    look_s: float
    settle_s: float
    bracket_messages: int
    bracket_s: float
    removal_window_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedConfig:
    """What the embedded network does.

    Attributes:
        policy: Path of the policy file. It is the truth that probes are to find: read it nowhere
            but in `drivers.embedded`.
        seed: Seed of its noise; ``None`` takes the run's.
    """

    policy: Path
    seed: int | None
