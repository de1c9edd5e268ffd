"""Who is told when something changed: the tables ``[alerts.NAME]`` of a testbed.

Plain data; `probes.alerts` sends. Where an address or a token would let others write to a channel,
or read it, it comes from the environment and is named here only by its variable.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import httpx

from drivers.border import Border
from drivers.inboxes.veil import is_loopback

_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_ROOM = re.compile(r"![A-Za-z0-9._~/=+:\[\]-]+")


class AlertKind(StrEnum):
    """What a channel speaks."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    NTFY = "ntfy"
    MATRIX = "matrix"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertChannel:
    """Where changes are told.

    Attributes:
        name: Its name in this testbed.
        kind: What it speaks.
        url: Its address; ``None`` where a variable holds it.
        url_env: Environment variable that holds the address.
        token_env: Environment variable that holds the token; ``None`` if none is needed.
        room: Id of the room (Matrix only).
    """

    name: str
    kind: AlertKind
    url: str | None = None
    url_env: str | None = None
    token_env: str | None = None
    room: str | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables it needs."""
        return tuple(each for each in (self.url_env, self.token_env) if each is not None)


class AlertTable(Border):
    """A table ``[alerts.NAME]``."""

    kind: AlertKind
    url: str | None = None
    url_env: str | None = None
    token_env: str | None = None
    room: str | None = None

    def problems(self) -> Iterator[str]:
        """What no single key can see."""
        if (self.url is None) == (self.url_env is None):
            yield "give either url or url_env, the variable that holds the address"
        elif self.url is not None:
            problem = address_problem(self.url)
            if self.kind is AlertKind.SLACK:
                yield (
                    "Slack's address is a secret: take it out of the file, have it replaced, and "
                    "name the variable that holds it in url_env"
                )
            elif problem is not None:
                yield f"url {problem}"
        for key, variable in (("url_env", self.url_env), ("token_env", self.token_env)):
            if variable is not None and _VARIABLE.fullmatch(variable) is None:
                # It may be the secret itself, so it is not repeated.
                yield (
                    f"{key} is not the name of an environment variable (A-Z, 0-9, _). If it is "
                    "the secret itself: take it out of the file, and have it replaced"
                )
        if self.kind is AlertKind.MATRIX:
            if self.room is None or _ROOM.fullmatch(self.room) is None:
                yield "room must be the room's internal id, such as '!abc:example.org'"
            if self.token_env is None:
                yield "token_env is missing; name an environment variable, not its value"
        elif self.room is not None:
            yield "room is for kind = 'matrix' only"

    def to_channel(self, name: str) -> AlertChannel:
        """The channel; only where there are no problems."""
        return AlertChannel(
            name=name,
            kind=self.kind,
            url=self.url,
            url_env=self.url_env,
            token_env=self.token_env,
            room=self.room,
        )


def alert_problems(tables: Mapping[str, AlertTable]) -> Iterator[str]:
    """What is wrong with the channels of a testbed, by their names."""
    for name, table in tables.items():
        if _NAME.fullmatch(name) is None:
            yield f"alerts.{name}: a channel's name is of a-z, 0-9 and -, and begins with a letter"
        for problem in table.problems():
            yield f"alerts.{name}: {problem}"


def address_problem(address: str) -> str | None:
    """Why nothing should be sent to an address; ``None`` if it is one. It is not repeated."""
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        return "is no address"
    if url.scheme not in {"http", "https"} or not url.host:
        return "is no address; it begins with https://"
    if url.userinfo:
        return "holds a name or password; put a token into a variable, see token_env"
    if url.scheme == "http" and not is_loopback(url.host):
        return "begins with http://, so that it could be read on the way; use https://"
    return None
