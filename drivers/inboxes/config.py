"""What a testbed says of its inboxes: the tables ``[[inbox]]``."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

import httpx
from pydantic import Field

from drivers.border import Border
from drivers.inboxes.plain_json import Order, Paths
from drivers.inboxes.pointer import Pointer
from drivers.inboxes.signal import internal_group
from drivers.inboxes.veil import is_loopback

_BOT_API: Final = "https://api.telegram.org"
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_MATRIX_ROOM = re.compile(r"![A-Za-z0-9._~/=+:\[\]-]+")  # from room version 12 on without a server
_MATRIX_USER = re.compile(r"@[A-Za-z0-9._=/+-]+:[A-Za-z0-9.\[\]:-]+")
_CHAT_ID = re.compile(r"-?[0-9]{1,19}")
_USER_ID = re.compile(r"[0-9]{1,19}")
_SIGNAL_USER = re.compile(
    r"\+[0-9]{6,15}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
)
_PLACEHOLDER: Final = "{token}"


class InboxKind(StrEnum):
    """Kinds of inbox."""

    MATRIX = "matrix"
    TELEGRAM = "telegram"
    SIGNAL = "signal"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxConfig:
    """An inbox and how it is reached.

    Attributes:
        name: Its name in this testbed.
        account: Label of the account that it is the inbox of.
        kind: What it speaks.
        url: The service's address.
        token_env: Environment variable that holds the token.
        number_env: Environment variable that holds the account's own number (Signal only).
        room: Id of the chat; ``None`` where there is only one, or for a direct chat (Signal).
        sender: Id of the user whose messages count. It leaves the testbed file no more than the
            room does: not into the journal, not into logs.
        paths: Where things are in an answer (JSON only).
        order: Order of messages in an answer (JSON only).
        interval_s: Shortest time between two looks.
        answer_s: Longest time an answer may take.
    """

    name: str
    account: str
    kind: InboxKind
    url: str
    token_env: str | None
    number_env: str | None
    room: str | None = field(repr=False)
    sender: str = field(repr=False)
    paths: Paths | None
    order: Order
    interval_s: float
    answer_s: float


class PathsTable(Border):
    """The table ``[inbox.paths]``: JSON Pointers (RFC 6901)."""

    items: str = ""
    id: str
    text: str
    sender: str
    time: str | None = None

    def problems(self) -> Iterator[str]:
        """Pointers that are none."""
        for name, text in self.model_dump().items():
            if text is not None:
                try:
                    Pointer.parse(text)
                except ValueError as error:
                    yield f"paths.{name} = {text!r}: {error}"

    def to_paths(self) -> Paths:
        """The pointers."""
        return Paths(
            items=Pointer.parse(self.items),
            id=Pointer.parse(self.id),
            text=Pointer.parse(self.text),
            sender=Pointer.parse(self.sender),
            time=None if self.time is None else Pointer.parse(self.time),
        )


class InboxTable(Border):
    """A table ``[[inbox]]``."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")
    account: str
    kind: InboxKind
    url: str | None = None
    token_env: str | None = None
    number_env: str | None = None
    room: str | None = None
    sender: str
    paths: PathsTable | None = None
    order: Order = "oldest_first"
    interval_s: float | None = Field(default=None, ge=0.1, le=3600)
    answer_s: float | None = Field(default=None, ge=1, le=3600)

    def problems(self, accounts: Collection[str]) -> Iterator[str]:
        """What no single key can see.

        Args:
            accounts: Labels of the testbed's accounts.
        """
        problems = [*self._reference_problems(accounts), *self._address_problems()]
        problems += self._secret_problems()
        problems += self._chat_problems()
        problems += self._json_problems()
        for problem in problems:
            yield f"inbox {self.name!r}: {problem}"

    def _reference_problems(self, accounts: Collection[str]) -> Iterator[str]:
        if self.account not in accounts:
            yield f"there is no account {self.account!r}"

    def _address_problems(self) -> Iterator[str]:
        if self.url is None:
            if self.kind is not InboxKind.TELEGRAM:
                yield "url is missing; add the address of the service"
            return
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL:
            yield "url is no address"
            return
        if url.scheme not in {"http", "https"} or not url.host:
            yield "url is no address; it begins with https://"
        elif url.userinfo:
            yield "url holds a name or password; put the token into a variable, see token_env"
        elif url.scheme == "http" and not is_loopback(url.host):
            yield (
                "url begins with http://, so that token and texts could be read on the way. Use "
                "https://, or forward a port of this machine: ssh -L 8080:localhost:8080 HOST"
            )
        if url.query and self.kind is not InboxKind.JSON:
            yield "url holds a query; remove it"

    def _secret_problems(self) -> Iterator[str]:
        needed = {
            InboxKind.MATRIX: ("token_env",),
            InboxKind.TELEGRAM: ("token_env",),
            InboxKind.SIGNAL: ("number_env",),
            InboxKind.JSON: (),
        }[self.kind]
        variables = {"token_env": self.token_env, "number_env": self.number_env}
        for key, variable in variables.items():
            if variable is None:
                if key in needed:
                    yield f"{key} is missing; name an environment variable, not its value"
            elif _VARIABLE.fullmatch(variable) is None:
                # It may be the secret itself, so it is not repeated.
                yield (
                    f"{key} is not the name of an environment variable (A-Z, 0-9, _). If it is "
                    "the secret itself: take it out of the file, and have it replaced"
                )
        if self.number_env is not None and self.kind is not InboxKind.SIGNAL:
            yield "number_env is for kind = 'signal' only"
        if self.url and _PLACEHOLDER in self.url and self.token_env is None:
            yield f"url holds {_PLACEHOLDER}, and token_env is missing"

    def _chat_problems(self) -> Iterator[str]:
        room, sender = self.room, self.sender
        if self.kind is InboxKind.MATRIX:
            if room is None or _MATRIX_ROOM.fullmatch(room) is None:
                yield "room must be the room's internal id, such as '!abc:example.org'"
            if _MATRIX_USER.fullmatch(sender) is None:
                yield "sender must be a user id, such as '@an:example.org'"
        elif self.kind is InboxKind.TELEGRAM:
            if room is None or _CHAT_ID.fullmatch(room) is None:
                yield "room must be the chat's id, a number in quotes (of a group, below zero)"
            if _USER_ID.fullmatch(sender) is None:
                yield "sender must be the user's id, a number in quotes, not the @name"
        elif self.kind is InboxKind.SIGNAL:
            if room is not None:
                try:
                    internal_group(room)
                except ValueError:
                    yield "room must be a group's id, as GET /v1/groups/{number} gives it"
            if _SIGNAL_USER.fullmatch(sender) is None:
                yield "sender must be a number, such as '+491700000000', or a UUID"
        elif room is not None:
            yield "room is not used with kind = 'json'; let `url` name one chat"

    def _json_problems(self) -> Iterator[str]:
        if self.kind is not InboxKind.JSON:
            if self.paths is not None or self.order != "oldest_first":
                yield "paths and order are for kind = 'json' only"
        elif self.paths is None:
            yield "[inbox.paths] is missing; add it, with id, text and sender"
        else:
            yield from self.paths.problems()

    def to_inbox(self) -> InboxConfig:
        """The inbox; only where there are no problems."""
        is_signal = self.kind is InboxKind.SIGNAL
        return InboxConfig(
            name=self.name,
            account=self.account,
            kind=self.kind,
            url=self.url or _BOT_API,
            token_env=self.token_env,
            number_env=self.number_env,
            room=self.room,
            sender=self.sender,
            paths=None if self.paths is None else self.paths.to_paths(),
            order=self.order,
            interval_s=self.interval_s or (5.0 if is_signal else 1.0),
            # Longer than signal-cli may take (SIGNAL_CLI_CMD_TIMEOUT, 120 s): see there.
            answer_s=self.answer_s or (150.0 if is_signal else 30.0),
        )
