"""Reads a Matrix room: ``GET /sync``, and ``GET /rooms/{roomId}/messages`` where it leaves a gap.

After the Client-Server API, v1.16, https://spec.matrix.org/v1.16/client-server-api/:

- `Syncing`_: ``next_batch`` of one answer is ``since`` of the next. A timeline that is ``limited``
  leaves out what came before it; ``prev_batch`` says where that is.
- Filling the gap: ``/messages`` backwards from ``prev_batch`` to ``since``, as a maintainer of the
  specification says in matrix-org/matrix-spec-proposals#2849. Backwards, because only then a server
  asks other servers for what it lacks itself. "An empty chunk does not necessarily imply that no
  more events are available": only an answer without ``end`` is the last.
- `Event replacements`_ (edits): ``m.relates_to`` with ``rel_type: m.replace``; the new text is in
  ``m.new_content``; only the original's sender may edit.
- `Redactions`_: ``m.room.redaction`` names in ``redacts`` what it removes, from room version 11 on
  within ``content``. A redacted event loses its ``body`` and has ``unsigned.redacted_because``.

.. _Syncing: https://spec.matrix.org/v1.16/client-server-api/#syncing
.. _Event replacements: https://spec.matrix.org/v1.16/client-server-api/#event-replacements
.. _Redactions: https://spec.matrix.org/v1.16/client-server-api/#redactions
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

import httpx
from pydantic import Field, JsonValue

from drivers.errors import NotLoggedIn, Unreadable, WrongChat
from drivers.inboxes.answer import Answer, Table
from drivers.inboxes.errors import BadAnswer
from drivers.inboxes.inbox import Arrival, Batch, Change, Cursor, message_id, moment, read_cursor
from drivers.inboxes.service import Service

_API: Final = "/_matrix/client/v3"
_PAGE: Final = 100
_MOST_PAGES: Final = 100
_REMEMBERED: Final = 20
_TEXTS: Final = frozenset({"m.text", "m.notice", "m.emote"})
_MESSAGE: Final = "m.room.message"
_REDACTION: Final = "m.room.redaction"
_ENCRYPTED: Final = "m.room.encrypted"
_ENCRYPTION: Final = "m.room.encryption"
_TIMELINE: Final = {
    "types": [_MESSAGE, _REDACTION, _ENCRYPTED, _ENCRYPTION],
    "limit": _PAGE,
}
_NOTHING: Final[dict[str, list[str]]] = {"types": []}
# Redactions may come from others than the sender, moderators above all: senders are not filtered.
_FILTER: Final = json.dumps(
    {
        "presence": _NOTHING,
        "account_data": _NOTHING,
        "room": {
            "rooms": ["{room}"],
            "timeline": _TIMELINE,
            "state": _NOTHING,
            "ephemeral": _NOTHING,
            "account_data": _NOTHING,
        },
    }
)


class MatrixInbox:
    """Reads what one user sends to one unencrypted room."""

    tells_edits = True
    tells_removals = True

    def __init__(self, service: Service, *, room: str, sender: str) -> None:
        """Read a room.

        Args:
            service: The homeserver; it knows the placeholder ``room``.
            room: Id of the room.
            sender: Id of the user whose messages count.
        """
        self._service = service
        self._room = room
        self._sender = sender

    @property
    def name(self) -> str:
        """Its name in the testbed."""
        return self._service.name

    def check(self) -> None:
        """See that the token is good, the room joined and not encrypted."""
        self._service.read(self._allowed("/account/whoami"), _Account)
        joined = self._service.read(self._allowed("/joined_rooms"), _JoinedRooms)
        if self._room not in joined.joined_rooms:
            raise WrongChat(
                f"{self.name}: the account has not joined the room. Accept the invitation with "
                "any Matrix client, and check `room` in the testbed: it is the internal id, which "
                "begins with '!', not the alias."
            )
        encryption = self._service.get(f"{_API}/rooms/{{room}}/state/{_ENCRYPTION}")
        if encryption.status == httpx.codes.OK:
            raise self._encrypted()
        if encryption.status != httpx.codes.NOT_FOUND:
            raise self._refused(encryption)

    def begin(self, cursor: str | None) -> Batch:
        """See that the room can be read; what is there is old."""
        self.check()
        if cursor is not None:
            read_cursor(cursor, _Position, self.name)
            return Batch(arrivals=(), cursor=cursor)
        sync = self._sync(None, wait_s=0.0)
        timeline = self._room_of(sync).timeline
        return Batch(arrivals=(), cursor=str(self._position(sync, timeline.events, ())))

    def look(self, cursor: str, *, wait_s: float = 0.0) -> Batch:
        """What the sender has said, edited or removed, and what others have removed."""
        position = read_cursor(cursor, _Position, self.name)
        if position.has_left:
            raise WrongChat(
                f"{self.name}: the account left the room, or was removed from it, in the course "
                "of the run. Invite it again and begin a new run: what was said meanwhile is lost."
            )
        self._service.pace()
        sync = self._sync(position.since, wait_s=wait_s)
        timeline = self._room_of(sync).timeline
        events = list(timeline.events)
        if timeline.limited:
            events = [*self._gap(position, timeline), *events]
        now = datetime.now(UTC)
        fresh = list(_unique(events, known=set(position.recent)))
        found = [self._arrival(event, now) for event in fresh]
        arrivals = tuple(each for each in found if each is not None)
        return Batch(
            arrivals=arrivals,
            cursor=str(self._position(sync, fresh, position.recent)),
            ignored=len(found) - len(arrivals),
        )

    def close(self) -> None:
        """Close connections."""
        self._service.close()

    def _sync(self, since: str | None, *, wait_s: float) -> "_Sync":
        query: dict[str, str | int] = {
            "filter": _FILTER,
            "set_presence": "offline",
            "timeout": round(wait_s * 1000),
        }
        if since is not None:
            query["since"] = since
        return self._service.read(self._allowed("/sync", query, hold_s=wait_s), _Sync)

    def _gap(self, position: "_Position", timeline: "_Timeline") -> list["_Event"]:
        """What a limited timeline leaves out, oldest first."""
        newest_first: list[_Event] = []
        known = set(position.recent)
        start = timeline.prev_batch
        for _ in range(_MOST_PAGES):
            if start is None or start == position.since:
                return newest_first[::-1]
            page = self._service.read(
                self._allowed(
                    "/rooms/{room}/messages",
                    {
                        "from": start,
                        "to": position.since,
                        "dir": "b",
                        "limit": _PAGE,
                        "filter": json.dumps(_TIMELINE),
                    },
                ),
                _Page,
            )
            newest_first += page.chunk
            # Not every server stops at `to` (element-hq/dendrite#2257).
            if any(message_id(event.event_id) in known for event in page.chunk):
                return newest_first[::-1]
            start = page.end
        raise BadAnswer(
            f"{self.name}: more than {_MOST_PAGES * _PAGE} events came into the room since the "
            "last look. Use a room in which nobody else talks, and begin a new run."
        )

    def _room_of(self, sync: "_Sync") -> "_Room":
        rooms = sync.rooms
        return rooms.join.get(self._room) or rooms.leave.get(self._room) or _Room()

    def _position(
        self, sync: "_Sync", events: Iterable["_Event"], recent: tuple[str, ...]
    ) -> "_Position":
        seen = (*recent, *(message_id(event.event_id) for event in events))
        return _Position(
            inbox=self.name,
            since=sync.next_batch,
            recent=seen[-_REMEMBERED:],
            has_left=self._room in sync.rooms.leave and self._room not in sync.rooms.join,
        )

    def _arrival(self, event: "_Event", now: datetime) -> Arrival | None:
        """What an event means; ``None`` if it is neither the sender's nor a removal."""
        is_mine = event.sender == self._sender
        if event.type == _ENCRYPTION or (event.type == _ENCRYPTED and is_mine):
            raise self._encrypted()
        if event.type == _REDACTION:
            removed = event.content.get("redacts", event.redacts)
            return _told(Change.REMOVED, removed, None, event, now)
        if event.type != _MESSAGE or not is_mine:
            return None
        if event.unsigned.get("redacted_because") is not None:
            return _told(Change.NEW, event.event_id, None, event, now)
        relation = event.content.get("m.relates_to")
        change = Change.NEW
        of: JsonValue = event.event_id
        content: JsonValue = event.content
        if isinstance(relation, dict) and relation.get("rel_type") == "m.replace":
            change, of = Change.EDITED, relation.get("event_id")
            content = event.content.get("m.new_content")
        text = _text(content)
        return None if text is None else _told(change, of, text, event, now)

    def _allowed(
        self, path: str, query: dict[str, str | int] | None = None, *, hold_s: float = 0.0
    ) -> Answer:
        answer = self._service.get(f"{_API}{path}", query, hold_s=hold_s)
        if answer.status != httpx.codes.OK:
            raise self._refused(answer)
        return answer

    def _refused(self, answer: Answer) -> NotLoggedIn | WrongChat | BadAnswer:
        error = self._service.read(answer, _Error)
        said = self._service.scrub(f"{error.errcode} {error.error}")
        if answer.status == httpx.codes.UNAUTHORIZED:
            remedy = "Log the account in again and set the variable to its new access token."
            return NotLoggedIn(
                self._service.refusal(answer, f"the token is refused ({said}).", remedy)
            )
        if answer.status == httpx.codes.FORBIDDEN:
            return WrongChat(
                self._service.refusal(
                    answer, f"the room is closed to the account ({said}).", "Invite it again."
                )
            )
        return self._service.bad(answer, said)

    def _encrypted(self) -> Unreadable:
        return Unreadable(
            f"{self.name}: the room is encrypted, and encryption cannot be switched off again. "
            "Make a new room without it (in Element: uncheck “Enable end-to-end encryption”, or "
            "make a public room that nobody is told of), and name it in the testbed."
        )


class _Position(Cursor):
    since: str
    recent: tuple[str, ...] = ()
    has_left: bool = False


class _Account(Table):
    user_id: str


class _JoinedRooms(Table):
    joined_rooms: list[str]


class _Error(Table):
    errcode: str
    error: str = ""


class _Event(Table):
    event_id: str
    type: str
    sender: str
    origin_server_ts: int
    # Clients may put anything into these; what is not of the right form is no message.
    content: dict[str, JsonValue] = Field(default_factory=dict)
    unsigned: dict[str, JsonValue] = Field(default_factory=dict)
    redacts: JsonValue = None


class _Timeline(Table):
    events: list[_Event] = Field(default_factory=list)
    limited: bool = False
    prev_batch: str | None = None


class _Room(Table):
    timeline: _Timeline = _Timeline()


class _Rooms(Table):
    join: dict[str, _Room] = Field(default_factory=dict)
    leave: dict[str, _Room] = Field(default_factory=dict)


class _Sync(Table):
    next_batch: str
    rooms: _Rooms = _Rooms()


class _Page(Table):
    chunk: list[_Event]
    end: str | None = None


def _unique(events: Iterable[_Event], known: set[str]) -> Iterator[_Event]:
    """Events that are not known, each once."""
    for event in events:
        name = message_id(event.event_id)
        if name not in known:
            known.add(name)
            yield event


def _text(content: JsonValue) -> str | None:
    if not isinstance(content, dict) or content.get("msgtype") not in _TEXTS:
        return None
    body = content.get("body")
    return body if isinstance(body, str) else None


def _told(
    change: Change, of: JsonValue, text: str | None, event: _Event, now: datetime
) -> Arrival | None:
    if not isinstance(of, str):
        return None
    return Arrival(
        id=message_id(of),
        change=change,
        text=text,
        served_at=moment(event.origin_server_ts),
        seen_at=now,
    )
