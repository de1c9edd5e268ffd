"""Reads what a Signal account is sent: ``GET /v1/receive/{number}`` of signal-cli-rest-api.

After the sources of bbernhard/signal-cli-rest-api at a08db23 (``src/api/api.go: Receive``,
``src/client/client.go: Receive``, ``src/client/cli.go: Execute``) and of AsamK/signal-cli at
c26e063 (``src/main/java/org/asamk/signal/json/``: ``JsonReceiveMessageHandler``,
``JsonMessageEnvelope``, ``JsonDataMessage``, ``JsonEditMessage``, ``JsonRemoteDelete``,
``JsonAdminDelete``, ``JsonGroupInfo``):

- In the modes ``normal`` and ``native`` each request runs ``signal-cli receive``, which deletes
  from the server what it hands out. In the modes ``json-rpc`` and ``json-rpc-native`` messages come
  by websocket only, and what comes while nobody listens is lost (issues #537, #834): these modes
  are refused. ``GET /v1/about`` tells the mode.
- The answer is a list, ``[{"envelope": …, "account": …}, …]``, put together from the lines that
  signal-cli printed, errors included; so it may not be valid JSON. And when signal-cli ends with an
  error, that is 400 with all it had printed in ``error``. In both cases messages are saved from it.
- "The main identifier of a message is its timestamp", with the sender (AsamK/signal-cli#1698). A
  second edit names the first edit as its target, not the original.
- The server kills signal-cli after SIGNAL_CLI_CMD_TIMEOUT (120 s by default). To hang up earlier
  would lose what it receives.
"""

import base64
import binascii
import json
import re
from datetime import UTC, datetime
from typing import Final

import httpx
from pydantic import Field, JsonValue

from drivers.errors import DriverError, NotLoggedIn, Unreadable
from drivers.inboxes.answer import Answer, Table, readable
from drivers.inboxes.errors import ArrivalsLost, BadAnswer
from drivers.inboxes.inbox import Arrival, Batch, Change, Cursor, message_id, moment, read_cursor
from drivers.inboxes.service import Service
from drivers.inboxes.spool import Spool

_POLLED: Final = frozenset({"normal", "native"})
_PAGE: Final = 200
_GROUP_PREFIX: Final = "group."
_IDENTITY: Final = re.compile(r"\+?\d{6,}|[0-9a-f]{8}-[0-9a-f-]{27}", re.IGNORECASE)
_OBJECT: Final = re.compile(r"^\s*[\[{].*$", re.MULTILINE)
_UNREGISTERED: Final = re.compile(r"is not registered|account does not exist", re.IGNORECASE)


class SignalInbox:
    """Reads what one user sends to an account, directly or in one group."""

    tells_edits = True
    tells_removals = True

    def __init__(self, service: Service, spool: Spool, *, room: str | None, sender: str) -> None:
        """Read a chat.

        Args:
            service: signal-cli-rest-api; it knows the placeholder ``number``.
            spool: Where is kept what was handed out.
            room: Id of the group, in either form; ``None`` for the direct chat.
            sender: Number or UUID of the user whose messages count.
        """
        self._service = service
        self._spool = spool
        self._room = None if room is None else internal_group(room)
        self._sender = sender

    @property
    def name(self) -> str:
        """Its name in the testbed."""
        return self._service.name

    def check(self) -> None:
        """See that the mode is one that can be read."""
        about = self._service.read(self._service.get("/v1/about"), _About)
        if about.mode not in _POLLED:
            raise Unreadable(
                f"{self.name}: signal-cli-rest-api does not run in mode normal or native. In the "
                "others messages come by websocket only, and are lost while nobody listens. Start "
                "it with MODE=native (or normal)."
            )

    def begin(self, cursor: str | None) -> Batch:
        """See that the mode is one that can be read; what has come before is thrown away."""
        self.check()
        if cursor is not None:
            self._spool.open(read_cursor(cursor, _Position, self.name).taken)
            return Batch(arrivals=(), cursor=cursor)
        self._spool.open(None)
        while self._receive(hold_s=1):
            pass  # a page is limited: until there is none
        self._spool.since(self._spool.last)
        self._spool.tell_lack()  # whatever was lost so far was old
        return Batch(arrivals=(), cursor=self._cursor(self._spool.last))

    def look(self, cursor: str, *, wait_s: float = 0.0) -> Batch:
        """What the sender has said, edited or removed."""
        taken = read_cursor(cursor, _Position, self.name).taken
        seen = 0
        self._raise_if_lacking()
        kept = self._spool.since(taken)
        if not kept:
            self._service.pace()
            seen = self._receive(hold_s=max(1, round(wait_s)))
            self._raise_if_lacking()
            kept = self._spool.since(taken)
        return Batch(
            arrivals=tuple(each.to_arrival() for each in kept),
            cursor=self._cursor(kept[-1].number if kept else taken),
            ignored=max(0, seen - len(kept)),
        )

    def close(self) -> None:
        """Close connections."""
        self._service.close()

    def _cursor(self, taken: int) -> str:
        return str(_Position(inbox=self.name, taken=taken))

    def _raise_if_lacking(self) -> None:
        if lack := self._spool.tell_lack():
            raise ArrivalsLost(
                f"{self.name}: messages may be lost: {lack}. What was under way must be measured "
                "again."
            )

    def _receive(self, *, hold_s: int) -> int:
        """Take what there is into the spool; how many messages it was."""
        query: dict[str, str | int] = {
            "timeout": hold_s,
            "max_messages": _PAGE,
            "ignore_attachments": "true",
            "ignore_stories": "true",
        }
        self._spool.asking()
        try:
            answer = self._service.get(
                "/v1/receive/{number}", query, hold_s=hold_s, is_repeatable=False
            )
        except (ArrivalsLost, BadAnswer) as error:
            self._spool.answered()
            raise ArrivalsLost(str(error)) from None
        except DriverError:
            self._spool.answered()  # it was never asked
            raise
        if answer.status != httpx.codes.OK:
            raise self._refused(answer)
        printed = answer.body.decode(errors="replace")
        received, is_whole = received_in(printed)
        self._keep(
            received, "" if is_whole else "signal-cli answered with something beside messages"
        )
        return len(received)

    def _refused(self, answer: Answer) -> DriverError:
        """Keep what can be saved from an error; the error."""
        try:
            said = self._service.read(answer, _Error).error
        except BadAnswer as error:
            self._spool.answered()
            return ArrivalsLost(str(error))
        received, _ = received_in(said)
        spoken = self._service.scrub(_IDENTITY.sub("…", _OBJECT.sub("", said)))
        if "websocket" in said:
            self._spool.answered()
            return Unreadable(
                self._service.refusal(
                    answer, "it wants a websocket.", "Start it with MODE=native (or normal)."
                )
            )
        if _UNREGISTERED.search(said):
            self._keep(received, "")
            return NotLoggedIn(
                self._service.refusal(
                    answer,
                    f"the account is not logged in ({spoken}).",
                    "Link it again (GET /v1/qrcodelink), and check the number in the variable.",
                )
            )
        self._keep(received, "")
        return ArrivalsLost(
            self._service.refusal(
                answer,
                f"signal-cli failed, perhaps after it had taken messages ({spoken}).",
                "What was under way must be measured again.",
            )
        )

    def _keep(self, received: list["_Received"], lack: str) -> None:
        now = datetime.now(UTC)
        arrivals = []
        for each in received:
            envelope = each.envelope
            names = {None} if envelope is None else {envelope.number, envelope.uuid}
            if each.exception is not None and (self._sender in names or names == {None}):
                lack = "a message could not be decrypted"
            elif envelope is not None:
                told = self._told(envelope)
                if told is not None:
                    change, of, text = told
                    at = moment(envelope.received_at or None)
                    arrivals.append(
                        Arrival(id=of, change=change, text=text, served_at=at, seen_at=now)
                    )
        self._spool.answered(arrivals, lack=lack)

    def _told(self, envelope: "_Envelope") -> tuple[Change, str, str | None] | None:
        """What a message says, of which; ``None`` if not of the sender's, or without text."""
        edit = envelope.edit
        data = envelope.data if edit is None else edit.data
        if data is None or (None if data.group is None else data.group.id) != self._room:
            return None
        removed = self._removed(envelope, data)
        if removed is not None:
            return Change.REMOVED, self._spool.original(message_id(removed)), None
        if self._sender not in {envelope.number, envelope.uuid} or not data.text:
            return None
        if edit is None:
            return Change.NEW, message_id(data.timestamp), data.text
        original = self._spool.original(message_id(edit.target))
        self._spool.note_version(message_id(data.timestamp), original)
        return Change.EDITED, original, data.text

    def _removed(self, envelope: "_Envelope", data: "_Data") -> int | None:
        """Which message of the sender's was removed, by itself or by an administrator."""
        by_admin = data.admin_removal
        if by_admin is not None and self._sender in {by_admin.number, by_admin.uuid}:
            return by_admin.timestamp
        if data.removal is not None and self._sender in {envelope.number, envelope.uuid}:
            return data.removal.timestamp
        return None


class _Position(Cursor):
    taken: int


class _About(Table):
    mode: str


class _Error(Table):
    error: str


class _Group(Table):
    id: str = Field(alias="groupId")


class _Removal(Table):
    timestamp: int


class _AdminRemoval(Table):
    timestamp: int = Field(alias="targetSentTimestamp")
    number: str | None = Field(default=None, alias="targetAuthorNumber")
    uuid: str | None = Field(default=None, alias="targetAuthorUuid")


class _Data(Table):
    timestamp: int
    text: str | None = Field(default=None, alias="message")
    group: _Group | None = Field(default=None, alias="groupInfo")
    removal: _Removal | None = Field(default=None, alias="remoteDelete")
    admin_removal: _AdminRemoval | None = Field(default=None, alias="adminDelete")


class _Edit(Table):
    target: int = Field(alias="targetSentTimestamp")
    data: _Data = Field(alias="dataMessage")


class _Envelope(Table):
    number: str | None = Field(default=None, alias="sourceNumber")
    uuid: str | None = Field(default=None, alias="sourceUuid")
    received_at: int = Field(default=0, alias="serverReceivedTimestamp")
    data: _Data | None = Field(default=None, alias="dataMessage")
    edit: _Edit | None = Field(default=None, alias="editMessage")


class _Received(Table):
    envelope: _Envelope | None = None
    exception: dict[str, JsonValue] | None = None


def received_in(printed: str) -> tuple[list[_Received], bool]:
    """The messages in what signal-cli printed, and whether there was nothing else."""
    received = []
    rest = []
    decoder = json.JSONDecoder()
    at = 0
    while (start := printed.find("{", at)) >= 0:
        rest.append(printed[at:start])
        try:
            value, at = decoder.raw_decode(printed, start)
            received.append(_Received.model_validate_json(readable(json.dumps(value).encode())))
        except (ValueError, RecursionError):  # also pydantic's
            rest.append("{")
            at = max(at, start + 1)
    rest.append(printed[at:])
    return received, not "".join(rest).strip("[], \r\n\t")


def internal_group(room: str) -> str:
    """The id by which messages name a group.

    signal-cli-rest-api lists groups by another, which is ``group.`` and the first, encoded once
    more (``src/client/client.go: convertInternalGroupIdToGroupId``).

    Raises:
        ValueError: It is neither.
    """
    listed = room.removeprefix(_GROUP_PREFIX)
    try:
        internal = base64.b64decode(listed, validate=True)
        return internal.decode("ascii") if room.startswith(_GROUP_PREFIX) else room
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError("it is no group id") from None
