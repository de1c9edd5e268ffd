"""Reads any service that answers ``GET`` with a list of messages in JSON.

The answer must hold the messages that came last, of which some were in the answer before as well;
so a message that is missed cannot go unnoticed. A service that hands out each message once (and
forgets it) cannot be read in this way. Nothing here is after a specification but the pointers
(RFC 6901) and the times (RFC 3339, or seconds or milliseconds since 1970).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import httpx
from pydantic import ConfigDict, JsonValue, RootModel, TypeAdapter, ValidationError

from drivers.errors import NotLoggedIn
from drivers.inboxes.answer import Answer
from drivers.inboxes.errors import ArrivalsLost
from drivers.inboxes.inbox import Arrival, Batch, Change, Cursor, message_id, moment, read_cursor
from drivers.inboxes.pointer import Pointer
from drivers.inboxes.service import Service

_MILLISECONDS: Final = 100_000_000_000  # seconds reach this in the year 5138
_REMEMBERED: Final = 50  # messages that are in the list no more
_TIME: Final = TypeAdapter(datetime)

Order = Literal["oldest_first", "newest_first"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where things are in an answer.

    Attributes:
        items: The list of messages, in the answer.
        id: What tells a message from all others, in a message.
        text: Its text.
        sender: Who sent it.
        time: When; ``None`` where the service does not say.
    """

    items: Pointer
    id: Pointer
    text: Pointer
    sender: Pointer
    time: Pointer | None


class JsonInbox:
    """Reads what one sender has said, in a list of messages."""

    tells_edits = True
    tells_removals = False

    def __init__(self, service: Service, paths: Paths, *, sender: str, order: Order) -> None:
        """Read a list.

        Args:
            service: The service; its address is that of the list.
            paths: Where things are.
            sender: Whose messages count, as the service states it; a number as its digits.
            order: Order of the list.
        """
        self._service = service
        self._paths = paths
        self._sender = sender
        self._order = order
        self._told: str | None = None  # cursor after which it was said that messages may be lost

    @property
    def name(self) -> str:
        """Its name in the testbed."""
        return self._service.name

    def check(self) -> None:
        """See that the list can be read."""
        self._messages()

    def begin(self, cursor: str | None) -> Batch:
        """See that the list can be read; what is in it is old."""
        messages = self._messages()
        if cursor is not None:
            read_cursor(cursor, _Position, self.name)
            return Batch(arrivals=(), cursor=cursor)
        return Batch(arrivals=(), cursor=self._cursor({}, messages))

    def look(self, cursor: str, *, wait_s: float = 0.0) -> Batch:
        """What is new in the list, or has another text than before."""
        del wait_s  # nothing tells such a service to wait
        known = read_cursor(cursor, _Position, self.name).known
        self._service.pace()
        messages = self._messages()
        overlaps = any(message.id in known for message in messages)
        if known and messages and not overlaps and self._told != cursor:
            self._told = cursor
            raise ArrivalsLost(
                f"{self.name}: none of the {len(messages)} messages that the service gives was "
                "there at the last look, so some may have come and gone in between. Let it give "
                "more (a limit in `url`?), or look more often (interval_s). What was under way "
                "must be measured again."
            )
        now = datetime.now(UTC)
        arrivals = []
        ignored = 0
        for message in messages:
            before = known.get(message.id)
            if before == message.digest:
                continue
            if message.sender != self._sender:
                ignored += 1
                continue
            arrivals.append(
                Arrival(
                    id=message.id,
                    change=Change.NEW if before is None else Change.EDITED,
                    text=message.text,
                    served_at=message.time,
                    seen_at=now,
                )
            )
        return Batch(
            arrivals=tuple(arrivals), cursor=self._cursor(known, messages), ignored=ignored
        )

    def close(self) -> None:
        """Close connections."""
        self._service.close()

    def _cursor(self, known: Mapping[str, str], messages: list["_Message"]) -> str:
        current = {message.id: message.digest for message in messages}
        gone = [name for name in known if name not in current]
        kept = {name: known[name] for name in gone[-_REMEMBERED:]}
        return str(_Position(inbox=self.name, known={**kept, **current}))

    def _messages(self) -> list["_Message"]:
        """The messages that the service gives, oldest first."""
        answer = self._service.get("")
        if answer.status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise NotLoggedIn(
                self._service.refusal(
                    answer,
                    "the token is refused, or none was given.",
                    "Name its variable in token_env, and set that.",
                )
            )
        if answer.status != httpx.codes.OK:
            raise self._service.bad(answer, "it should be 200")
        document = self._service.read(answer, _Document).root
        items = self._at(answer, document, self._paths.items, "items")
        if not isinstance(items, list):
            raise self._service.bad(answer, f"items = {self._paths.items.text!r} is no list")
        messages = [self._message(answer, item, at) for at, item in enumerate(items)]
        by_id = {each.id: each for each in messages}
        if any(by_id[each.id].digest != each.digest for each in messages):
            # Each would be taken for an edit of the one before.
            raise self._service.bad(
                answer, f"id = {self._paths.id.text!r} is the same for messages that differ"
            )
        once = list(by_id.values())
        return once if self._order == "oldest_first" else once[::-1]

    def _message(self, answer: Answer, item: JsonValue, at: int) -> "_Message":
        paths = self._paths
        text = self._at(answer, item, paths.text, f"message {at}: text")
        sender = self._name_at(answer, item, paths.sender, f"message {at}: sender")
        if text is None and sender != self._sender:
            text = ""  # a picture, or somebody who came in; nothing of it counts
        if not isinstance(text, str):
            raise self._service.bad(
                answer, f"message {at}: text = {paths.text.text!r} is no text in quotes"
            )
        return _Message(
            id=message_id(self._name_at(answer, item, paths.id, f"message {at}: id")),
            text=text,
            sender=sender,
            time=None if paths.time is None else self._time_at(answer, item, paths.time, at),
        )

    def _name_at(self, answer: Answer, item: JsonValue, pointer: Pointer, what: str) -> str:
        name = self._at(answer, item, pointer, what)
        if isinstance(name, bool) or not isinstance(name, str | int):
            raise self._service.bad(
                answer, f"{what} = {pointer.text!r} is neither a text nor a whole number"
            )
        return str(name)

    def _time_at(
        self, answer: Answer, item: JsonValue, pointer: Pointer, at: int
    ) -> datetime | None:
        what = f"message {at}: time"
        stated = self._at(answer, item, pointer, what)
        if isinstance(stated, int | float) and not isinstance(stated, bool):
            scale = 1 if abs(stated) >= _MILLISECONDS else 1000
            return moment(stated * scale)
        try:
            time = _TIME.validate_python(stated)
        except ValidationError:
            time = None
        if time is None:
            raise self._service.bad(answer, f"{what} = {pointer.text!r} is no time")
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)

    def _at(self, answer: Answer, document: JsonValue, pointer: Pointer, what: str) -> JsonValue:
        try:
            return pointer.find(document)
        except LookupError:
            pass  # what it says may hold a part of the answer
        raise self._service.bad(answer, f"{what} = {pointer.text!r} leads nowhere")


class _Document(RootModel[JsonValue]):
    model_config = ConfigDict(hide_input_in_errors=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    id: str
    text: str
    sender: str
    time: datetime | None

    @property
    def digest(self) -> str:
        """Tells one text of a message from another."""
        return message_id(self.text)[:8]


class _Position(Cursor):
    known: dict[str, str]
