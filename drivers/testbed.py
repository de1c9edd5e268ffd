"""A testbed: the handsets, accounts and lanes of one setup, as `testbed.toml` describes them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal

from pydantic import Field

from drivers.alert_channels import AlertChannel, AlertTable, alert_problems
from drivers.border import Border, config_error, read_table
from drivers.consent import Consent, ConsentTable
from drivers.emulator_config import EmulatorTable
from drivers.errors import ConfigError
from drivers.inboxes.config import InboxTable
from drivers.profile import Platform, Profile
from drivers.profile_file import load_profile
from drivers.profile_tables import ReadModes
from drivers.testbed_parts import (
    EMBEDDED,
    MANAGED,
    Account,
    Canary,
    ChatConfig,
    EmbeddedConfig,
    HandsetConfig,
    InboxEnd,
    LaneConfig,
    Pacing,
    ReceiverConfig,
    Timing,
)
from drivers.web_config import WebKeys

__all__ = [
    "EMBEDDED",
    "MANAGED",
    "Account",
    "Canary",
    "ChatConfig",
    "EmbeddedConfig",
    "HandsetConfig",
    "InboxEnd",
    "LaneConfig",
    "Pacing",
    "ReceiverConfig",
    "Testbed",
    "Timing",
    "load_testbed",
]

_PLATFORMS: Final = {
    True: "a web app: give the url of its page",
    False: "no web app: leave out url, or choose another app",
}


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
    consent: Consent | None = None
    alerts: tuple[AlertChannel, ...] = ()

    __test__ = False  # pytest would otherwise collect it for its name

    def lanes_with(self, chat: str) -> tuple[LaneConfig, ...]:
        """The lanes that have a chat of this kind.

        Raises:
            ConfigError: There is none, or one of its ends cannot read such chats.
        """
        lanes = tuple(lane for lane in self.lanes if any(each.kind == chat for each in lane.chats))
        if not lanes:
            raise ConfigError(
                f"{self.path}: no lane has a {chat} chat. Add one to [[lane]] … chats, or choose "
                "another with --chat."
            )
        problems = [
            f"lane {lane.name!r}: {chat} chats of {end.profile.title} cannot be read on "
            f"{end.name!r}, only {' and '.join(end.profile.chats)} chats"
            for lane in lanes
            for end in lane.handsets(chat)
            if chat not in end.profile.chats
        ]
        if problems:
            raise config_error(self.path, "testbed", problems)
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


class _HandsetTable(WebKeys):
    name: str
    account: str
    app: str
    appium: str
    udid: str | None = None
    version: str | None = None
    read: ReadModes | None = None
    emulator: EmulatorTable | None = None
    own_network: bool = False


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
    observers: tuple[str, ...] = ()


class _CanaryTable(Border):
    components: tuple[str, ...] = Field(min_length=1)
    chats: tuple[Literal["direct", "group"], ...] = ("direct", "group")
    source: str


class _PacingTable(Border):
    pause_s: tuple[float, float] = (15.0, 35.0)
    daily_budget: int | None = Field(default=None, gt=0)
    quiet_hours: tuple[time, time] | None = None

    def to_pacing(self) -> Pacing:
        return Pacing(
            pause_s=self.pause_s,
            daily_budget=self.daily_budget,
            quiet_hours=self.quiet_hours,
            is_stated="pause_s" in self.model_fields_set,
        )


class _TimingTable(Border):
    look_s: float = Field(default=2.0, ge=0)
    settle_s: float = Field(default=20.0, ge=0)
    bracket_messages: int = Field(default=8, ge=2)
    bracket_s: float = Field(default=900.0, gt=0)
    # Images were seen to be removed 5 to 30 s after delivery (docs/measurement.md); twice that.
    removal_window_s: float = Field(default=60.0, ge=0, le=3600)

    def to_timing(self) -> Timing:
        return Timing(**dict(self))


class _EmbeddedTable(Border):
    policy: str = "policy.toml"
    seed: int | None = None

    def to_embedded(self, path: Path) -> EmbeddedConfig:
        return EmbeddedConfig(policy=path.parent / self.policy, seed=self.seed)


class _TestbedTable(Border):
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    account: tuple[_AccountTable, ...] = Field(min_length=2)
    handset: tuple[_HandsetTable, ...] = Field(min_length=1)
    inbox: tuple[InboxTable, ...] = ()
    lane: tuple[_LaneTable, ...] = Field(min_length=1)
    canary: tuple[_CanaryTable, ...] = ()
    pacing: _PacingTable = _PacingTable()
    timing: _TimingTable = _TimingTable()
    embedded: _EmbeddedTable | None = None
    consent: ConsentTable | None = None
    alerts: dict[str, AlertTable] = Field(default_factory=dict)

    def problems(self) -> Iterator[str]:
        """What no single table can see: promises, references, uniqueness."""
        yield from _repeated("account", (each.label for each in self.account))
        names = (*(each.name for each in self.handset), *(each.name for each in self.inbox))
        yield from _repeated("handset or inbox", names)
        yield from _repeated("lane", (each.name for each in self.lane))
        yield from self._account_problems()
        yield from self._handset_problems()
        for inbox in self.inbox:
            yield from inbox.problems({each.label for each in self.account})
        yield from self._lane_problems()
        low, high = self.pacing.pause_s
        if not 0 <= low <= high:
            yield f"pacing.pause_s: [{low}, {high}] is not a shortest and a longest pause"
        yield from alert_problems(self.alerts)

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
            if handset.url is not None and (handset.udid or handset.appium == EMBEDDED):
                yield (
                    f"handset {handset.name!r}: a web app is opened in a browser: leave out udid, "
                    f"and let appium be a URL or {MANAGED!r}"
                )
            if EMBEDDED in {handset.appium, handset.udid} and self.embedded is None:
                yield f"handset {handset.name!r}: {EMBEDDED!r} needs a table [embedded]"
            yield from handset.web_problems(handset.name)
            if handset.appium == MANAGED and handset.udid is None and handset.url is None:
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
                if EMBEDDED not in {each.appium, each.udid} and each.url is None
            ),
        )
        yield from _repeated(
            "user_data", (each.user_data for each in self.handset if each.user_data is not None)
        )
        emulated = [(each, each.emulator) for each in self.handset if each.emulator is not None]
        for handset, emulator in emulated:
            yield from emulator.problems(handset.name, appium=handset.appium, udid=handset.udid)
        yield from _repeated("AVD", (emulator.avd for _, emulator in emulated))

    def _lane_problems(self) -> Iterator[str]:
        accounts = {each.name: each.account for each in self.handset}
        accounts |= {each.name: each.account for each in self.inbox}
        senders = {each.name for each in self.handset}
        for lane in self.lane:
            if lane.sender not in senders:
                yield f"lane {lane.name!r}: there is no handset {lane.sender!r}"
            ends = (lane.sender, lane.receiver, *lane.observers)
            for end in ends[1:]:
                if end not in accounts:
                    yield f"lane {lane.name!r}: there is no handset {end!r}, and no inbox"
            if lane.sender == lane.receiver:
                yield f"lane {lane.name!r}: sender and receiver are one handset, {lane.sender!r}"
            for end in sorted({*lane.observers} & {lane.sender, lane.receiver}):
                yield (
                    f"lane {lane.name!r}: {end!r} cannot observe: it is the lane's own sender or "
                    "receiver. An observer is a third account"
                )
            yield from _repeated(f"lane {lane.name!r}: observer", lane.observers)
            if lane.observers:
                labels = [accounts[end] for end in dict.fromkeys(ends) if end in accounts]
                yield from _repeated(f"lane {lane.name!r}: account", labels)
            if lane.observers and not any(each.kind == "group" for each in lane.chats):
                yield (
                    f"lane {lane.name!r}: observers are members of its group, and it has no group "
                    "chat; add one, or leave them out"
                )
            yield from _repeated(f"lane {lane.name!r}: chat", (each.kind for each in lane.chats))
            for chat in lane.chats:
                resolved = chat.to_chat()
                if not (resolved.sender_title and resolved.receiver_title):
                    yield (
                        f"lane {lane.name!r}: the {chat.kind} chat needs a title, or a "
                        "sender_title and a receiver_title"
                    )
        ends_of_lanes = (
            end
            for lane in self.lane
            for end in dict.fromkeys((lane.sender, lane.receiver, *lane.observers))
        )
        yield from _repeated("end of a lane:", (each for each in ends_of_lanes if each in accounts))

    def _profile_problems(self, profiles: Mapping[str, Profile]) -> Iterator[str]:
        for each in self.handset:
            profile = profiles[each.app]
            is_web = profile.platform is Platform.WEB
            if is_web != (each.url is not None):
                yield f"handset {each.name!r}: {profile.title} is {_PLATFORMS[is_web]}"
        app_of = {each.name: profiles[each.app].name for each in self.handset}
        for lane in self.lane:
            for observer in lane.observers:
                if app_of.get(observer, app_of[lane.sender]) != app_of[lane.sender]:
                    yield (
                        f"lane {lane.name!r}: {observer!r} cannot observe: its app is "
                        f"{app_of[observer]}, that of the lane {app_of[lane.sender]}"
                    )

    def to_testbed(self, path: Path) -> Testbed:
        accounts = {each.label: each.to_account() for each in self.account}
        profiles = {name: load_profile(name) for name in {each.app for each in self.handset}}
        problems = list(self._profile_problems(profiles))
        if problems:
            raise config_error(path, "testbed", problems)
        handsets = {
            each.name: HandsetConfig(
                name=each.name,
                account=accounts[each.account],
                profile=profiles[each.app],
                appium=each.appium,
                udid=each.udid,
                version=each.version,
                read=each.read or profiles[each.app].read,
                emulator=None if each.emulator is None else each.emulator.to_emulator(each.udid),
                web=each.to_web(path.parent),
                is_on_own_network=each.own_network,
            )
            for each in self.handset
        }
        receivers: dict[str, ReceiverConfig] = dict(handsets)
        for table in self.inbox:
            receivers[table.name] = InboxEnd(
                name=table.name, account=accounts[table.account], inbox=table.to_inbox()
            )
        return Testbed(
            name=self.name,
            path=path,
            handsets=tuple(handsets.values()),
            lanes=tuple(
                LaneConfig(
                    name=each.name,
                    sender=handsets[each.sender],
                    receiver=receivers[each.receiver],
                    chats=tuple(chat.to_chat() for chat in each.chats),
                    observers=tuple(receivers[name] for name in dict.fromkeys(each.observers)),
                )
                for each in self.lane
            ),
            canaries=tuple(
                Canary(components=each.components, chats=each.chats, source=each.source)
                for each in self.canary
            ),
            pacing=self.pacing.to_pacing(),
            timing=self.timing.to_timing(),
            embedded=self.embedded.to_embedded(path) if self.embedded else None,
            consent=None if self.consent is None else self.consent.to_consent(),
            alerts=tuple(table.to_channel(name) for name, table in self.alerts.items()),
        )


def _repeated(what: str, names: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(names).items():
        if count > 1:
            yield f"{what} {name!r} is named {count} times; each must be unique"
