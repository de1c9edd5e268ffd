"""What a UiAutomator2 server speaks, for one embedded handset: W3C WebDriver over HTTP.

The commands, their bodies and their errors are those of the real server with Appium's driver in
front (as far as a client uses them), so that the real client library can talk to it directly. A
command it does not know is an error, never silently accepted.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import uuid4

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from drivers.embedded.commands import ALL_ELEMENT_COMMANDS, COMMANDS
from drivers.embedded.elements import Command
from drivers.embedded.handset import Body, CommandError, Handset, table
from drivers.embedded.skins.registry import language_for
from drivers.errors import ConfigError

_LOG = logging.getLogger("undelivered.handset")
_STATUS: Final = {
    "no such element": 404,
    "stale element reference": 404,
    "invalid session id": 404,
    "unknown command": 404,
    "invalid selector": 400,
    "invalid argument": 400,
    "unsupported operation": 500,
    "unknown error": 500,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Commands that a server knows in addition.

    Attributes:
        commands: By method and path below ``/session/<id>/``.
        element_commands: By method and path below ``/session/<id>/element/<id>/``.
    """

    commands: Mapping[tuple[str, str], Command] = field(default_factory=dict)
    element_commands: Mapping[tuple[str, str], Command] = field(default_factory=dict)


def application(handset: Handset, dialect: Dialect | None = None) -> Starlette:
    """The HTTP server of a handset.

    Args:
        handset: The handset.
        dialect: What it knows beside what clients ask.
    """
    more = dialect or Dialect()
    commands = {**COMMANDS, **more.commands}
    element_commands = {**ALL_ELEMENT_COMMANDS, **more.element_commands}
    known = Dialect(commands=commands, element_commands=element_commands)

    async def serve(request: Request) -> Response:
        path = request.url.path.removeprefix("/wd/hub")
        raw = await request.body()
        try:
            body = _parsed(raw)
            value = _dispatch(handset, known, request.method, path, body)
        except CommandError as error:
            if error.error == "unknown command":
                _LOG.error("%s: unknown command: %s", handset.name, error)
            return _failed(error.error, str(error))
        return _answer(value, 200)

    async def fail(_: Request, error: Exception) -> Response:
        # A client takes an answer that is no error of the protocol for a value.
        return _failed("unknown error", repr(error))

    return Starlette(
        routes=[Route("/{path:path}", serve, methods=["GET", "POST", "DELETE"])],
        exception_handlers={Exception: fail},
    )


def _parsed(raw: bytes) -> Body:
    try:
        return table(json.loads(raw or b"{}"))
    except ValueError as error:
        raise CommandError("invalid argument", f"The body is not JSON: {error}") from error


def _answer(value: object, status: int) -> Response:
    content = json.dumps({"value": value}, ensure_ascii=True)
    return Response(content, status_code=status, media_type="application/json; charset=utf-8")


def _failed(error: str, message: str) -> Response:
    return _answer({"error": error, "message": message, "stacktrace": ""}, _STATUS[error])


def _dispatch(handset: Handset, known: Dialect, method: str, path: str, body: Body) -> object:
    parts = [part for part in path.split("/") if part]
    if parts == ["status"]:
        return {"ready": True, "message": "The embedded handset is ready"}
    if parts == ["sessions"] and method == "GET":
        return [{"id": handset.session, "capabilities": {}}] if handset.session else []
    if parts == ["session"] and method == "POST":
        return _new_session(handset, body)
    if len(parts) < 2 or parts[0] != "session":  # noqa: PLR2004 - /session/<id>
        raise CommandError("unknown command", f"{method} {path}")
    handset.require_session(parts[1])
    rest = parts[2:]
    if rest[:1] == ["element"] and len(rest) > 2:  # noqa: PLR2004 - element/<id>/<command>
        element, name = rest[1], "/".join(rest[2:])
        command = known.element_commands.get((method, name.split("/")[0]))
        if command is not None:
            return command(handset, {**body, "element": element, "name": name.partition("/")[2]})
    command = known.commands.get((method, "/".join(rest)))
    if command is None:
        raise CommandError("unknown command", f"{method} {path}")
    return command(handset, body)


def _new_session(handset: Handset, body: Body) -> object:
    asked = _capabilities(table(body.get("capabilities")))
    language = asked.get("appium:language", asked.get("language", handset.network.policy.language))
    try:
        handset.app.language = language_for(
            handset.app.skin, None if language is None else str(language)
        )
    except ConfigError as error:
        raise CommandError("invalid argument", f"appium:{error}") from error
    handset.session = str(uuid4())
    handset.elements.clear()
    capabilities = {"platformName": "Android", "deviceName": handset.name, **asked}
    return {"sessionId": handset.session, "capabilities": capabilities}


def _capabilities(asked: Body) -> Body:
    """What a client asks for in ``alwaysMatch``, Appium's driver in ``firstMatch``, unprefixed."""
    first = asked.get("firstMatch")
    return {
        **table(first[0] if isinstance(first, list) and first else {}),
        **table(asked.get("alwaysMatch")),
    }
