"""The messaging network between the embedded handsets: delivery, policy, noise, memory.

What happens to a message depends on the policy, the seed, the chat and the message's place in the
chat, and on nothing else: not on which thread was faster. All methods are called from one asyncio
loop.
"""

import asyncio
import json
import os
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from random import Random
from time import monotonic
from typing import IO, Final

from drivers.embedded.chats import Chat, chats_of
from drivers.embedded.clutter import Origin, Remark, remarks
from drivers.embedded.policy import Action, Fault, FaultKind, Policy, Rule, masked
from drivers.errors import ConfigError
from drivers.testbed import ReceiverConfig, Testbed

_BREAKS: Final = (
    FaultKind.INSTRUMENTATION_DIES,
    FaultKind.LINK_DROPS,
    FaultKind.HANGS_UP,
    FaultKind.APP_CRASHES,
    FaultKind.RESTARTS,
)


class Says(StrEnum):
    """What the app can say below a message."""

    CONTENT_REJECTED = "content_rejected"
    RATE_LIMITED = "rate_limited"
    ACCOUNT_RESTRICTED = "account_restricted"
    RECIPIENT_REFUSED = "recipient_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A message as one handset shows it.

    Attributes:
        id: Unique on the network.
        text: What is shown; of an event, which one.
        is_own: Whether this handset's account sent it.
        has_failed: Whether it is marked as not sent.
        says: What the app says below it.
        gone_at: Place in the chat of the message with which it vanishes; ``None`` for never.
        vanishes_at: When it vanishes, whatever is sent, in seconds since 1970; ``None`` for never.
        place: Place among all that the handset was ever given of the chat, counted from 0.
        author: Name of the member of a group who wrote it; empty for the two ends of a lane.
        quote: Text it answers; empty if none.
        is_event: Whether the app says it: somebody joined, a call was missed.
    """

    id: int
    text: str
    is_own: bool
    has_failed: bool = False
    says: Says | None = None
    gone_at: int | None = None
    vanishes_at: float | None = None
    place: int = 0
    author: str = ""
    quote: str = ""
    is_event: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What became of one message; the truth, for tests.

    Attributes:
        chat: Id of the chat.
        place: Place of the message in the chat, counted from 0.
        text: What was sent.
        action: What the policy says should happen; ``None`` for nothing.
        fate: ``delivered``, ``lost``, ``slipped``, ``turned away``, or the action.
        arrived: Text that arrived; ``None`` if nothing did.
    """

    chat: str
    place: int
    text: str
    action: Action | None
    fate: str
    arrived: str | None


class Network:
    """Carries messages between the handsets of a testbed."""

    def __init__(self, testbed: Testbed, policy: Policy, seed: int, state: Path | None) -> None:
        """Start a network, with what its handsets remember if there is a state file.

        Args:
            testbed: Whose embedded handsets it connects.
            policy: What it does to messages.
            seed: Seed of its noise.
            state: Where what handsets show is remembered over restarts.

        Raises:
            ConfigError: The state file belongs to another testbed, or the policy names a handset
                that is not on the network.
        """
        _require_handsets(testbed, policy)
        self.policy = policy
        self.chats = {chat.id: chat for chat in chats_of(testbed)}
        self.events: list[Event] = []
        self.on_death: Callable[[str], object] = lambda _: None
        self.on_break: Callable[[str, FaultKind], object] = lambda _, __: None
        self.on_arrival: dict[str, Callable[[str, Item], object]] = {}  # by handset
        self._seed = seed
        self._views: dict[tuple[str, str], list[Item]] = defaultdict(list)
        self._given: Counter[tuple[str, str]] = Counter()  # items, by handset and chat
        self._counts: Counter[str] = Counter()  # messages, by chat
        self._involved: Counter[str] = Counter()  # messages, by handset
        self._sent: Counter[str] = Counter()  # messages, by account
        self._sent_at: dict[str, deque[float]] = defaultdict(deque)
        self._held: dict[str, list[tuple[str, Item]]] = defaultdict(list)  # to be overtaken
        self._under_way: dict[int, tuple[str, str, Item, bool]] = {}  # by id; not yet shown
        self._fired: set[Fault] = set()
        self._versions: Counter[str] = Counter()
        self._next_id = 0
        self._memory: IO[str] | None = None
        if state is not None:
            if state.exists():
                self._remember(state)
            self._memory = state.open("a", encoding="utf-8")
            self._deliver_what_was_under_way()
            for (handset, chat_id), items in self._views.items():
                for item in tuple(items):
                    self._remove_later(handset, chat_id, item)

    def close(self) -> None:
        """Close the state file; nothing can be sent any more where there is one."""
        if self._memory is not None:
            self._memory.close()

    def version(self, handset: str) -> int:
        """Grows whenever something a handset shows changes."""
        return self._versions[handset]

    def chats_of(self, handset: str) -> list[Chat]:
        """The chats of a handset."""
        return [
            chat for chat in self.chats.values() if any(end.name == handset for end in chat.ends)
        ]

    def name_of_other(self, chat: Chat, handset: str) -> str:
        """What the other end of a chat is called on a handset: the title of their direct chat."""
        direct = self.chats.get(f"{chat.id.rpartition('/')[0]}/direct")
        if direct is None or direct not in self.chats_of(handset):
            return chat.other(handset).account.label
        return direct.title(handset)

    def view(self, handset: str, chat: str) -> list[Item]:
        """What a handset shows of a chat, oldest first."""
        return self._views[handset, chat]

    def has_fault(self, handset: str, kind: FaultKind) -> bool:
        """Whether a lasting fault has set in."""
        return any(
            fault.kind is kind and self._involved[handset] >= fault.after_messages
            for fault in self.policy.faults
            if fault.handset == handset
        )

    def take_fault(self, handset: str, kind: FaultKind) -> bool:
        """Whether a fault that happens once happens now."""
        for fault in self.policy.faults:
            is_its = (fault.handset, fault.kind) == (handset, kind) and fault not in self._fired
            if is_its and self._involved[handset] >= fault.after_messages:
                self._fired.add(fault)
                self._write("fault", **asdict(fault))
                return True
        return False

    def is_censored(self, text: str, chat: str, sender_region: str, receiver_region: str) -> bool:
        """The truth about a text."""
        return self.policy.rule_for(text, chat, sender_region, receiver_region) is not None

    def send(self, handset: str, chat_id: str, text: str) -> None:
        """Take a message from a handset, and do to it what policy and chance say."""
        chat = self.chats[chat_id]
        sender, receiver = chat.end(handset), chat.other(handset)
        place = self._counts[chat_id]
        random = Random(f"{self._seed}/{chat_id}/{place}")  # noqa: S311 - a simulation
        noise = self.policy.noise
        is_lost, is_slipped = random.random() < noise.loss, random.random() < noise.slip
        is_overtaken, is_doubled = (
            random.random() < noise.reorder,
            random.random() < noise.duplicate,
        )
        delay_s = random.uniform(*noise.delay_ms) / 1000

        rule = self.policy.rule_for(text, chat.kind, sender.account.region, receiver.account.region)
        is_slipped |= rule is not None and not self._is_enforced(rule, chat_id, place)
        says = self._turned_away(sender.account.label, receiver.name)
        if says is None and rule is not None and rule.action is Action.REFUSE and not is_slipped:
            says = Says.CONTENT_REJECTED
        fate = _fate(rule, says, is_lost=is_lost, is_slipped=is_slipped)
        arrived = _arriving(text, rule, fate)
        self._count(chat, sender.account.label)
        self._clutter(chat, sender.name, place)
        self._add(
            handset,
            chat_id,
            Item(id=self._new_id(), text=text, is_own=True, has_failed=says is not None, says=says),
        )
        if self.has_fault(receiver.name, FaultKind.STOPS_RECEIVING):
            arrived = None
        self.events.append(
            Event(
                chat=chat_id,
                place=place,
                text=text,
                action=None if rule is None else rule.action,
                fate=fate,
                arrived=arrived,
            )
        )
        held = self._held.pop(chat_id, [])
        if arrived is not None:
            item = self._arrived(arrived, rule if fate == Action.REMOVE else None, place)
            copies = [item, replace(item, id=self._new_id())] if is_doubled else [item]
            if is_overtaken:
                for copy in copies:
                    self._hold(receiver.name, chat_id, copy)
            else:
                for copy in copies:
                    self._deliver(receiver.name, chat_id, copy, delay_s)
        for name, item in held:
            self._deliver(name, chat_id, item, 0.0)
        if says is None:
            for observer in chat.observers(handset):
                self._show(observer, chat, place, text, sender.account.region)
        self._remove_due(chat)
        self._break(chat)

    def _break(self, chat: Chat) -> None:
        for end in chat.ends:
            if self.take_fault(end.name, FaultKind.DIES):
                self.on_death(end.name)
            # After the message is out and before its tap is answered: the worst moment.
            for kind in _BREAKS:
                if self.take_fault(end.name, kind):
                    self.on_break(end.name, kind)

    def _is_enforced(self, rule: Rule, chat: str, place: int) -> bool:
        """Whether a rule is applied this time; what else happens to the message is not changed."""
        random = Random(f"{self._seed}/{chat}/{place}/enforced")  # noqa: S311 - a simulation
        return random.random() < rule.enforced

    def _show(
        self, observer: ReceiverConfig, chat: Chat, place: int, text: str, sender_region: str
    ) -> None:
        """Deliver a message to one who observes the group, as the policy has it for that account.

        Noise is the observer's own: what one does not get, others may.
        """
        random = Random(f"{self._seed}/{chat.id}/{place}/{observer.name}")  # noqa: S311 - simulation
        noise = self.policy.noise
        is_lost, is_slipped = random.random() < noise.loss, random.random() < noise.slip
        rule = self.policy.rule_for(text, chat.kind, sender_region, observer.account.region)
        fate = _fate(rule, None, is_lost=is_lost, is_slipped=is_slipped)
        arrived = _arriving(text, rule, fate)
        if arrived is None or self.has_fault(observer.name, FaultKind.STOPS_RECEIVING):
            return
        item = self._arrived(arrived, rule if fate == Action.REMOVE else None, place)
        self._deliver(observer.name, chat.id, item, random.uniform(*noise.delay_ms) / 1000)

    def _arrived(self, text: str, removal: Rule | None, place: int) -> Item:
        """A message as it arrives, with when it is to vanish if a rule says so."""
        if removal is None:
            return Item(id=self._new_id(), text=text, is_own=False)
        if removal.after_s is not None:
            vanishes_at = datetime.now(UTC).timestamp() + removal.after_s
            return Item(id=self._new_id(), text=text, is_own=False, vanishes_at=vanishes_at)
        gone_at = place + removal.after_messages
        return Item(id=self._new_id(), text=text, is_own=False, gone_at=gone_at)

    def _clutter(self, chat: Chat, sender: str, place: int) -> None:
        """Let others talk before a message, as much as chance says; not on a plain network."""
        if not self.policy.clutter:
            return
        random = Random(f"{self._seed}/{chat.id}/{place}/clutter")  # noqa: S311 - a simulation
        for remark in remarks(random, is_group=chat.kind == "group"):
            for end in chat.ends:
                item = self._remark(remark, end.name, chat.id, is_sender=end.name == sender)
                self._add(end.name, chat.id, item)

    def _remark(self, remark: Remark, handset: str, chat: str, *, is_sender: bool) -> Item:
        newest = next((i.text for i in reversed(self.view(handset, chat)) if not i.is_event), "")
        return Item(
            id=self._new_id(),
            text=remark.text,
            is_own=remark.origin is (Origin.SENDER if is_sender else Origin.RECEIVER),
            author=remark.author,
            quote=newest if remark.is_reply else "",
            is_event=remark.origin is Origin.APP,
        )

    def _turned_away(self, account: str, receiver: str) -> Says | None:
        """Why a message is not even looked at; ``None`` if it is."""
        if self.has_fault(receiver, FaultKind.BLOCKS_SENDER):
            return Says.RECIPIENT_REFUSED
        limits = self.policy.limits
        if limits.restrict_after is not None and self._sent[account] >= limits.restrict_after:
            return Says.ACCOUNT_RESTRICTED
        if limits.rate is not None:
            now = monotonic()
            times = self._sent_at[account]
            while times and now - times[0] > limits.rate_window_s:
                times.popleft()
            if len(times) >= limits.rate:
                return Says.RATE_LIMITED
            times.append(now)
        return None

    def _deliver(self, handset: str, chat: str, item: Item, delay_s: float) -> None:
        if delay_s:
            self._write("under way", handset=handset, chat=chat, item=asdict(item), is_held=False)
            asyncio.get_running_loop().call_later(delay_s, self._add, handset, chat, item)
        else:
            self._add(handset, chat, item)

    def _hold(self, handset: str, chat: str, item: Item) -> None:
        self._held[chat].append((handset, item))
        self._write("under way", handset=handset, chat=chat, item=asdict(item), is_held=True)

    def _deliver_what_was_under_way(self) -> None:
        """Go on with messages that were sent, but not yet shown, when the network was stopped.

        A real network does not lose what it carries because a handset's process was killed; that
        would be loss beyond what the policy says.
        """
        for handset, chat, item, is_held in tuple(self._under_way.values()):
            if is_held:
                self._held[chat].append((handset, item))
            else:
                self._add(handset, chat, item)
        self._under_way.clear()

    def _remove_due(self, chat: Chat) -> None:
        for end in chat.ends:
            for item in tuple(self._views[end.name, chat.id]):
                if item.gone_at is not None and item.gone_at < self._counts[chat.id]:
                    self._remove(end.name, chat.id, item.id)

    # Everything that changes what is remembered goes through the three methods below.

    def _count(self, chat: Chat, account: str) -> None:
        self._apply_count(chat, account)
        self._write("count", chat=chat.id, account=account)

    def _add(self, handset: str, chat: str, item: Item) -> None:
        item = replace(item, place=self._given[handset, chat])
        self._apply_add(handset, chat, item)
        if self._memory is not None:
            self._write("add", handset=handset, chat=chat, item=asdict(item))
        self._remove_later(handset, chat, item)
        if not item.is_own and not item.is_event and handset in self.on_arrival:
            self.on_arrival[handset](chat, item)

    def _remove_later(self, handset: str, chat: str, item: Item) -> None:
        if item.vanishes_at is not None:
            left_s = max(0.0, item.vanishes_at - datetime.now(UTC).timestamp())
            loop = asyncio.get_running_loop()
            loop.call_later(left_s, self._remove, handset, chat, item.id)

    def _remove(self, handset: str, chat: str, item_id: int) -> None:
        self._apply_remove(handset, chat, item_id)
        self._write("remove", handset=handset, chat=chat, id=item_id)

    def _apply_count(self, chat: Chat, account: str) -> None:
        self._counts[chat.id] += 1
        self._sent[account] += 1
        for end in chat.ends:
            self._involved[end.name] += 1
            self._versions[end.name] += 1

    def _apply_add(self, handset: str, chat: str, item: Item) -> None:
        self._under_way.pop(item.id, None)
        self._views[handset, chat].append(item)
        self._given[handset, chat] += 1
        self._versions[handset] += 1
        self._next_id = max(self._next_id, item.id + 1)

    def _apply_remove(self, handset: str, chat: str, item_id: int) -> None:
        view = self._views[handset, chat]
        view[:] = [item for item in view if item.id != item_id]
        self._versions[handset] += 1

    def _write(self, what: str, **values: object) -> None:
        if self._memory is not None:
            self._memory.write(json.dumps({"what": what, **values}) + "\n")
            self._memory.flush()

    def _remember(self, state: Path) -> None:
        *lines, cut_off = state.read_bytes().split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                self._replay(json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                raise ConfigError(
                    f"{state}:{number}: what the handsets remember does not fit this testbed "
                    f"({error!r}). Resume with the testbed the run was begun with."
                ) from error
        if cut_off:  # the process was killed while it wrote; the next line must not be glued to it
            os.truncate(state, state.stat().st_size - len(cut_off))

    def _replay(self, event: dict[str, object]) -> None:
        if event["what"] == "fault":
            self._fired.add(
                Fault(
                    handset=str(event["handset"]),
                    kind=FaultKind(str(event["kind"])),
                    after_messages=int(str(event["after_messages"])),
                )
            )
            return
        chat = self.chats[str(event["chat"])]
        if event["what"] == "count":
            self._apply_count(chat, str(event["account"]))
            return
        handset = str(event["handset"])
        if handset not in {end.name for end in chat.ends}:
            raise KeyError(handset)
        if event["what"] in {"add", "under way"}:
            item = event["item"]
            if not isinstance(item, dict):
                raise TypeError(item)
            says = item["says"]
            known = Item(**{**item, "says": None if says is None else Says(says)})
            if event["what"] == "under way":
                self._under_way[known.id] = (handset, chat.id, known, bool(event["is_held"]))
                self._next_id = max(self._next_id, known.id + 1)
            else:
                self._apply_add(handset, chat.id, known)
        else:
            self._apply_remove(handset, chat.id, int(str(event["id"])))

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id


def _require_handsets(testbed: Testbed, policy: Policy) -> None:
    known = {config.name for config in testbed.handsets if config.is_embedded}
    unknown = {fault.handset for fault in policy.faults} - known
    if unknown:
        raise ConfigError(
            f"{testbed.path}: its policy names faults of {', '.join(map(repr, sorted(unknown)))}. "
            f"The embedded handsets are {', '.join(map(repr, sorted(known)))}."
        )


def _fate(rule: Rule | None, says: Says | None, *, is_lost: bool, is_slipped: bool) -> str:
    if says not in {None, Says.CONTENT_REJECTED}:
        return "turned away"
    if rule is None:
        return "lost" if is_lost else "delivered"
    return "slipped" if is_slipped else str(rule.action)


def _arriving(text: str, rule: Rule | None, fate: str) -> str | None:
    if rule is not None and fate == Action.MASK:
        return masked(text, rule.components)
    return text if fate in {"delivered", "slipped", Action.REMOVE} else None
