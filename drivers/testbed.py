"""A testbed: the handsets, accounts and lanes of one setup, as `testbed.toml` describes them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import Field

from drivers.border import Border, config_error, read_table
from drivers.errors import ConfigError
from drivers.profile import Profile, ReadMode, ReadModes, load_profile

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
    """

    name: str
    account: Account
    profile: Profile
    appium: str
    udid: str | None
    version: str | None
    read: tuple[ReadMode, ...] = (ReadMode.TREE,)

    @property
    def is_embedded(self) -> bool:
        """Whether it is one of those that ship with the project."""
        return EMBEDDED in {self.appium, self.udid}

    @property
    def is_managed(self) -> bool:
        """Whether it is reached through a server that the harness looks after."""
        return self.appium == MANAGED


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
    """A sender, a receiver and the chats between them."""

    name: str
    sender: HandsetConfig
    receiver: HandsetConfig
    chats: tuple[ChatConfig, ...]


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
    """

    pause_s: tuple[float, float]
    daily_budget: int | None
    quiet_hours: tuple[time, time] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long to wait and how wide a bracket may be.

    Attributes:
        look_s: How long to look for a message before the next one is sent.
        settle_s: How long to wait for a message that closes a bracket.
        bracket_messages: Most messages between the two arrivals of a bracket.
        bracket_s: Most seconds between them.
    """

    look_s: float
    settle_s: float
    bracket_messages: int
    bracket_s: float


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Testbed:
    """Everything `testbed.toml` says."""

    name: str
    path: Path
    handsets: tuple[HandsetConfig, ...]
    lanes: tuple[LaneConfig, ...]
    canaries: tuple[Canary, ...]
    pacing: Pacing
    timing: Timing
    embedded: EmbeddedConfig | None

    __test__ = False  # pytest would otherwise collect it for its name

    def lanes_with(self, chat: str) -> tuple[LaneConfig, ...]:
        """The lanes that have a chat of this kind.

        Raises:
            ConfigError: There is none.
        """
        lanes = tuple(lane for lane in self.lanes if any(each.kind == chat for each in lane.chats))
        if not lanes:
            raise ConfigError(
                f"{self.path}: no lane has a {chat} chat. Add one to [[lane]] … chats, or choose "
                "another with --chat."
            )
        return lanes


def load_testbed(name: str) -> Testbed:
    """Load a testbed: ``embedded`` for the one that ships with the project, or a path.

    Raises:
        ConfigError: It cannot be read or used; every problem is listed.
    """
    path = Path(str(files("drivers") / "embedded" / "testbed.toml"))
    if name != EMBEDDED:
        path = Path(name)
        if path.suffix != ".toml":
            raise ConfigError(
                f"testbed {name!r}: give the path of a testbed.toml, or {EMBEDDED!r} for the one "
                "that ships with the project."
            )
    table = read_table(path, _TestbedTable, "testbed")
    problems = list(table.problems())
    if problems:
        raise config_error(path, "testbed", problems)
    return table.to_testbed(path)


class _AccountTable(Border):
    label: str = Field(pattern=r"^[a-z][a-z0-9-]{0,31}$")
    region: str = Field(pattern=r"^[A-Z]{2}$")
    dedicated: bool

    def to_account(self) -> Account:
        return Account(label=self.label, region=self.region)


class _HandsetTable(Border):
    name: str
    account: str
    app: str
    appium: str
    udid: str | None = None
    version: str | None = None
    read: ReadModes | None = None


class _ChatTable(Border):
    kind: Literal["direct", "group"]
    title: str | None = None
    sender_title: str | None = None
    receiver_title: str | None = None

    def to_chat(self) -> ChatConfig:
        return ChatConfig(
            kind=self.kind,
            sender_title=self.sender_title or self.title or "",
            receiver_title=self.receiver_title or self.title or "",
        )


class _LaneTable(Border):
    name: str
    sender: str
    receiver: str
    chats: tuple[_ChatTable, ...] = Field(min_length=1)


class _CanaryTable(Border):
    components: tuple[str, ...] = Field(min_length=1)
    chats: tuple[Literal["direct", "group"], ...] = ("direct", "group")
    source: str


class _PacingTable(Border):
    pause_s: tuple[float, float] = (15.0, 35.0)
    daily_budget: int | None = Field(default=None, gt=0)
    quiet_hours: tuple[time, time] | None = None


class _TimingTable(Border):
    look_s: float = Field(default=2.0, ge=0)
    settle_s: float = Field(default=20.0, ge=0)
    bracket_messages: int = Field(default=8, ge=2)
    bracket_s: float = Field(default=900.0, gt=0)


class _EmbeddedTable(Border):
    policy: str = "policy.toml"
    seed: int | None = None

    def to_embedded(self, path: Path) -> EmbeddedConfig:
        return EmbeddedConfig(policy=path.parent / self.policy, seed=self.seed)


class _TestbedTable(Border):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    account: tuple[_AccountTable, ...] = Field(min_length=2)
    handset: tuple[_HandsetTable, ...] = Field(min_length=2)
    lane: tuple[_LaneTable, ...] = Field(min_length=1)
    canary: tuple[_CanaryTable, ...] = ()
    pacing: _PacingTable = _PacingTable()
    timing: _TimingTable = _TimingTable()
    embedded: _EmbeddedTable | None = None

    def problems(self) -> Iterator[str]:
        """What no single table can see: promises, references, uniqueness."""
        yield from _repeated("account", (each.label for each in self.account))
        yield from _repeated("handset", (each.name for each in self.handset))
        yield from _repeated("lane", (each.name for each in self.lane))
        yield from self._account_problems()
        yield from self._handset_problems()
        yield from self._lane_problems()
        low, high = self.pacing.pause_s
        if not 0 <= low <= high:
            yield f"pacing.pause_s: [{low}, {high}] is not a shortest and a longest pause"

    def _account_problems(self) -> Iterator[str]:
        for account in self.account:
            if not account.dedicated:
                yield (
                    f"account {account.label!r}: dedicated = false. Probing can get an account "
                    "banned and exposes its contacts: use only accounts made for this, then set "
                    "dedicated = true"
                )

    def _handset_problems(self) -> Iterator[str]:
        accounts = {each.label for each in self.account}
        for handset in self.handset:
            if handset.account not in accounts:
                yield f"handset {handset.name!r}: there is no account {handset.account!r}"
            if EMBEDDED in {handset.appium, handset.udid} and self.embedded is None:
                yield f"handset {handset.name!r}: {EMBEDDED!r} needs a table [embedded]"
            if handset.appium == MANAGED and handset.udid is None:
                yield (
                    f"handset {handset.name!r}: appium = {MANAGED!r} needs a udid, as "
                    "`adb devices` lists it"
                )
            if handset.appium not in {EMBEDDED, MANAGED} and not handset.appium.startswith(
                ("http://", "https://")
            ):
                yield (
                    f"handset {handset.name!r}: appium = {handset.appium!r} is neither a URL nor "
                    f"{MANAGED!r} nor {EMBEDDED!r}"
                )
        yield from _repeated(
            "handset with appium and udid",
            (
                f"{each.appium} {each.udid or ''}"
                for each in self.handset
                if EMBEDDED not in {each.appium, each.udid}
            ),
        )

    def _lane_problems(self) -> Iterator[str]:
        handsets = {each.name for each in self.handset}
        for lane in self.lane:
            for end in (lane.sender, lane.receiver):
                if end not in handsets:
                    yield f"lane {lane.name!r}: there is no handset {end!r}"
            if lane.sender == lane.receiver:
                yield f"lane {lane.name!r}: sender and receiver are one handset, {lane.sender!r}"
            yield from _repeated(f"lane {lane.name!r}: chat", (each.kind for each in lane.chats))
            for chat in lane.chats:
                resolved = chat.to_chat()
                if not (resolved.sender_title and resolved.receiver_title):
                    yield (
                        f"lane {lane.name!r}: the {chat.kind} chat needs a title, or a "
                        "sender_title and a receiver_title"
                    )
        yield from _repeated(
            "end of a lane: handset",
            (end for lane in self.lane for end in (lane.sender, lane.receiver) if end in handsets),
        )

    def to_testbed(self, path: Path) -> Testbed:
        accounts = {each.label: each.to_account() for each in self.account}
        profiles = {name: load_profile(name) for name in {each.app for each in self.handset}}
        handsets = {
            each.name: HandsetConfig(
                name=each.name,
                account=accounts[each.account],
                profile=profiles[each.app],
                appium=each.appium,
                udid=each.udid,
                version=each.version,
                read=each.read or profiles[each.app].read,
            )
            for each in self.handset
        }
        return Testbed(
            name=self.name,
            path=path,
            handsets=tuple(handsets.values()),
            lanes=tuple(
                LaneConfig(
                    name=each.name,
                    sender=handsets[each.sender],
                    receiver=handsets[each.receiver],
                    chats=tuple(chat.to_chat() for chat in each.chats),
                )
                for each in self.lane
            ),
            canaries=tuple(
                Canary(components=each.components, chats=each.chats, source=each.source)
                for each in self.canary
            ),
            pacing=Pacing(
                pause_s=self.pacing.pause_s,
                daily_budget=self.pacing.daily_budget,
                quiet_hours=self.pacing.quiet_hours,
            ),
            timing=Timing(
                look_s=self.timing.look_s,
                settle_s=self.timing.settle_s,
                bracket_messages=self.timing.bracket_messages,
                bracket_s=self.timing.bracket_s,
            ),
            embedded=self.embedded.to_embedded(path) if self.embedded else None,
        )


def _repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name!r} is named {count} times; each must be unique"
