"""What the embedded network does to messages: its policy, the truth a run is to find.

The rules are modelled on what is published of WeChat: all components of a rule must be in one
message, the account's region and the kind of chat decide whether it applies, and what happens is
silent unless the rule says otherwise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal
from unicodedata import normalize

from pydantic import Field, field_validator

from drivers.border import Border, read_table


class Action(StrEnum):
    """What happens to a message a rule applies to."""

    DROP = "drop"  # the sender sees a normal bubble, the receiver nothing
    REFUSE = "refuse"  # the sender is told
    MASK = "mask"  # the components arrive as asterisks
    REMOVE = "remove"  # it arrives, and is gone some messages or seconds later


class Party(StrEnum):
    """Whose account must be registered in a rule's regions."""

    SENDER = "sender"
    RECEIVER = "receiver"
    EITHER = "either"


class FaultKind(StrEnum):
    """What can go wrong with a handset."""

    DIES = "dies"  # its server answers no more
    SESSION_LOST = "session_lost"  # its session is gone; a new one can be opened
    SEND_BUTTON_MISSING = "send_button_missing"
    INPUT_GARBLES = "input_garbles"  # the field changes what is typed
    WRONG_CHAT = "wrong_chat"  # another chat comes up once
    LOGGED_OUT = "logged_out"
    BLOCKS_SENDER = "blocks_sender"  # its owner has blocked who writes to it
    STOPS_RECEIVING = "stops_receiving"  # reachable, but nothing arrives any more
    INSTRUMENTATION_DIES = "instrumentation_dies"  # its UiAutomator2 server crashes once
    LINK_DROPS = "link_drops"  # whatever is connected to it is cut off once
    HANGS_UP = "hangs_up"  # its server hangs up in the middle of a command once
    APP_CRASHES = "app_crashes"  # the app ends once; the launcher is on the screen
    POPUP = "popup"  # a dialog of the system comes up over the app once
    PERMISSION = "permission"  # the system asks, once, whether the app may do something
    UPDATE = "update"  # the app offers a newer version of itself once
    NOTIFICATIONS = "notifications"  # the app asks, once, to be allowed to notify
    BANNER = "banner"  # a heads-up notification covers the top of the screen once, and takes taps
    RESTARTS = "restarts"  # it goes off once, and is back after a moment
    HIDES_TEXT = "hides_text"  # its accessibility tree has the rows of a chat, not their texts
    DISTRUSTS_HOST = "distrusts_host"  # adb lists it as unauthorized
    APP_MISSING = "app_missing"  # the app was never installed; from the start only
    CLOCK_WRONG = "clock_wrong"  # its clock is an hour slow, as after a snapshot of an emulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of a filter.

    Attributes:
        components: What must be in the message, all of it; case and width do not matter.
        action: What happens then.
        chats: Kinds of chat it applies in.
        regions: Regions it applies to.
        applies_to: Whose account must be registered there.
        ordered: Whether the components must come in this order.
        extenuating: Texts that switch the rule off.
        after_messages: For `Action.REMOVE`: how many messages of the chat later it is gone.
        after_s: For `Action.REMOVE`: how many seconds later it is gone, whatever is sent; ``None``
            where `after_messages` decides.
        enforced: To what share of the messages it applies to it is applied; below 1, now and then.
    """

    components: tuple[str, ...]
    action: Action
    chats: tuple[str, ...]
    regions: tuple[str, ...]
    applies_to: Party
    ordered: bool
    extenuating: tuple[str, ...]
    after_messages: int
    after_s: float | None = None
    enforced: float = 1.0

    def applies(self, text: str, chat: str, sender_region: str, receiver_region: str) -> bool:
        """Whether the rule applies to a message."""
        regions = {
            Party.SENDER: {sender_region},
            Party.RECEIVER: {receiver_region},
            Party.EITHER: {sender_region, receiver_region},
        }[self.applies_to]
        if chat not in self.chats or not regions.intersection(self.regions):
            return False
        folded = fold(text)
        if any(fold(each) in folded for each in self.extenuating):
            return False
        if not self.ordered:
            return all(fold(each) in folded for each in self.components)
        place = 0
        for each in map(fold, self.components):
            found = folded.find(each, place)
            if found < 0:
                return False
            place = found + len(each)
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterReach:
    """How much of a message the filter looks at; ``None`` for all of it.

    Attributes:
        reads_first: It reads this many characters, and what comes after them never.
        ignores_longer: Messages of more characters than this it lets through unread.
    """

    reads_first: int | None = None
    ignores_longer: int | None = None

    def seen_of(self, text: str) -> str:
        """What the filter sees of a message."""
        if self.ignores_longer is not None and len(text) > self.ignores_longer:
            return ""
        return text[: self.reads_first]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkNoise:
    """What happens to messages for no reason.

    Attributes:
        loss: Share of messages no rule applies to that are lost.
        slip: Share of messages a rule applies to that get through unchanged.
        delay_ms: Shortest and longest time until a message arrives.
        reorder: Share of messages that arrive only after the next one.
        duplicate: Share of messages that arrive twice.
    """

    loss: float
    slip: float
    delay_ms: tuple[float, float]
    reorder: float
    duplicate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When the network turns an account away.

    Attributes:
        rate: Messages an account may send in `rate_window_s`; ``None`` for any number.
        rate_window_s: The window, in seconds.
        restrict_after: Messages after which an account is restricted for good; ``None`` for never.
    """

    rate: int | None
    rate_window_s: float
    restrict_after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Something that goes wrong with a handset.

    Attributes:
        handset: Name of the handset.
        kind: What goes wrong.
        after_messages: After how many messages sent to or from it.
    """

    handset: str
    kind: FaultKind
    after_messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that happens to messages and handsets.

    Attributes:
        rules: What is censored; the first that applies decides.
        noise: What happens for no reason.
        limits: When accounts are turned away.
        faults: What goes wrong with handsets.
        language: UI language of the apps, BCP 47; ``None`` for the first each app has.
        clutter: Whether others talk in the chats, and the apps show all that real ones show
            between messages.
        skins: Python files with more skins, for apps that are made up.
        reach: How much of a message the filter looks at.
    """

    rules: tuple[Rule, ...]
    noise: NetworkNoise
    limits: Limits
    faults: tuple[Fault, ...]
    language: str | None = None
    clutter: bool = False
    skins: tuple[Path, ...] = ()
    reach: FilterReach = FilterReach()

    def rule_for(
        self, text: str, chat: str, sender_region: str, receiver_region: str
    ) -> Rule | None:
        """The first rule that applies to a message, if any does."""
        seen = self.reach.seen_of(text)
        return next(
            (
                rule
                for rule in self.rules
                if rule.applies(seen, chat, sender_region, receiver_region)
            ),
            None,
        )


def load_policy(path: Path) -> Policy:
    """Load a policy.

    Raises:
        ConfigError: It cannot be read or used; every problem is listed.
    """
    return read_table(path, _PolicyTable, "policy").to_policy(path.parent)


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """A text as filters compare it: without case and width."""
    return normalize("NFKC", normalize("NFKC", text).casefold())


def masked(text: str, components: Sequence[str]) -> str:
    """A text with the components' characters as asterisks, wherever they stand.

    A component is found as rules find it, whatever its case and width.
    """
    hidden = text
    for component in components:
        hidden = _hidden(hidden, fold(component))
    return hidden


def _hidden(text: str, part: str) -> str:
    """A text with a folded part of it hidden."""
    pieces = []
    # Folding changes how many characters there are, so places in the folded text are no use.
    while part in fold(text):
        end = next(end for end in range(1, len(text) + 1) if part in fold(text[:end]))
        start = next(start for start in reversed(range(end)) if part in fold(text[start:end]))
        pieces.append(text[:start] + "*" * (end - start))
        text = text[end:]
    return "".join([*pieces, text])


_Share = Field(default=0.0, ge=0, le=1)
_Part = Annotated[str, Field(min_length=1)]  # an empty one would be found in every text
_Delay = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_Region = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]


class _RuleTable(Border):
    components: tuple[_Part, ...] = Field(min_length=1)
    action: Action = Action.DROP
    chats: tuple[Literal["direct", "group"], ...] = ("direct", "group")
    regions: tuple[_Region, ...] = ("CN",)
    applies_to: Party = Party.EITHER
    ordered: bool = False
    extenuating: tuple[_Part, ...] = ()
    after_messages: int = Field(default=3, ge=1)
    after_s: float | None = Field(default=None, ge=0)
    enforced: float = Field(default=1.0, gt=0, le=1)


class _ReachTable(Border):
    reads_first: int | None = Field(default=None, gt=0)
    ignores_longer: int | None = Field(default=None, gt=0)


class _NoiseTable(Border):
    loss: float = _Share
    slip: float = _Share
    delay_ms: tuple[_Delay, _Delay] = (0.0, 0.0)
    reorder: float = _Share
    duplicate: float = _Share

    @field_validator("delay_ms")
    @classmethod
    def _shortest_first(cls, delay_ms: tuple[float, float]) -> tuple[float, float]:
        if delay_ms[0] > delay_ms[1]:
            raise ValueError("the shortest delay comes first, the longest second")
        return delay_ms


class _LimitsTable(Border):
    rate: int | None = Field(default=None, gt=0)
    rate_window_s: float = Field(default=60.0, gt=0)
    restrict_after: int | None = Field(default=None, ge=0)


class _FaultTable(Border):
    handset: str
    what: FaultKind
    after_messages: int = Field(ge=0)


class _PolicyTable(Border):
    title: str
    language: str | None = None
    clutter: bool = False
    skins: tuple[str, ...] = ()
    noise: _NoiseTable = _NoiseTable()
    reach: _ReachTable = _ReachTable()
    limits: _LimitsTable = _LimitsTable()
    rule: tuple[_RuleTable, ...] = ()
    fault: tuple[_FaultTable, ...] = ()

    def to_policy(self, folder: Path) -> Policy:
        return Policy(
            rules=tuple(Rule(**dict(each)) for each in self.rule),
            noise=NetworkNoise(**dict(self.noise)),
            limits=Limits(**dict(self.limits)),
            faults=tuple(
                Fault(handset=each.handset, kind=each.what, after_messages=each.after_messages)
                for each in self.fault
            ),
            language=self.language,
            clutter=self.clutter,
            skins=tuple(folder / each for each in self.skins),
            reach=FilterReach(**dict(self.reach)),
        )
