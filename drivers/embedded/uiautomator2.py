"""What a UiAutomator2 server speaks, for one embedded handset: W3C WebDriver over HTTP.

The commands, their bodies and their errors are those of the real server with Appium's driver in
front (as far as a client uses them), so that the real client library can talk to it directly. A
command it does not know is an error, never silently accepted.
"""

import base64
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from drivers.embedded.courier import (
    ACTIVITY,
    HEIGHT,
    PACKAGE,
    STRINGS,
    VERSION,
    WIDTH,
    Courier,
    Target,
)
from drivers.embedded.network import Item, Network
from drivers.embedded.notifications import notifications
from drivers.embedded.policy import FaultKind

ELEMENT_KEY: Final = "element-6066-11e4-a52e-4f735466cecf"
"""How the W3C protocol marks an element."""

Body = Mapping[str, object]
Command = Callable[["Handset", Body], object]

_LOG = logging.getLogger("undelivered.handset")
_SLOW_BY = timedelta(hours=1)
_HOME, _BACK = 3, 4  # android.view.KeyEvent
_BOUNDS = re.compile(r"\[(-?\d+),(-?\d+)\]\[(-?\d+),(-?\d+)\]")
_UI_SELECTOR = re.compile(
    r'^\s*new UiSelector\(\)\.(text|resourceId|description|className)\("((?:[^"\\]|\\.)*)"\);?\s*$'
)
_UI_ATTRIBUTES: Final = {
    "text": "text",
    "resourceId": "resource-id",
    "description": "content-desc",
    "className": "class",
}
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


class CommandError(Exception):
    """A command failed, as the protocol says it."""

    def __init__(self, error: str, message: str) -> None:
        """Name the protocol's error and say what happened."""
        super().__init__(message)
        self.error = error


class Handset:
    """One handset: the app, at most one session, and the elements it has handed out."""

    def __init__(self, name: str, network: Network) -> None:
        """Switch it on.

        Args:
            name: Its name in the testbed.
            network: The network its app is on.
        """
        self.name = name
        self.network = network
        self.courier = Courier(name, network)
        self.session: str | None = None
        self.elements: dict[str, Target] = {}
        self.settings: dict[str, object] = {}
        self.clipboard = ""
        self.on_session_end: Callable[[], object] = lambda: None
        self.unannounced: set[int] = set()  # messages that came while their chat was open
        network.on_arrival[name] = self._take_in

    def _take_in(self, chat: str, item: Item) -> None:
        if self.courier.open_chat == chat:
            self.unannounced.add(item.id)

    def now(self) -> datetime:
        """The time its clock shows."""
        is_wrong = self.network.has_fault(self.name, FaultKind.CLOCK_WRONG)
        return datetime.now(UTC) - (_SLOW_BY if is_wrong else timedelta())

    def end_session(self) -> None:
        """End the session, if one is open."""
        self.session = None
        self.on_session_end()

    def restart_app(self) -> None:
        """Stop the app; it comes up as it does when it is opened for the first time."""
        language = self.courier.language
        self.courier = Courier(self.name, self.network)
        self.courier.language = language
        self.elements.clear()

    def require_session(self, session: str) -> None:
        """Refuse a session that is not the open one."""
        if self.network.take_fault(self.name, FaultKind.SESSION_LOST):
            self.end_session()
        if session != self.session:
            raise CommandError(
                "invalid session id", "A session is either terminated or not started"
            )

    def hand_out(self, node: etree._Element) -> dict[str, str]:
        """An element for a node."""
        target = self.courier.target(node)
        element = next((key for key, each in self.elements.items() if each == target), None)
        if element is None:
            element = str(uuid4())
            self.elements[element] = target
        return {ELEMENT_KEY: element, "ELEMENT": element}

    def node_of(self, element: str) -> tuple[etree._Element, Target]:
        """The node an element stands for, if it is still on the screen."""
        target = self.elements.get(element)
        node = None if target is None else self.courier.node(target)
        if target is None or node is None:
            raise CommandError(
                "stale element reference", f"The element {element} is no longer on the screen"
            )
        return node, target


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
    commands = {**_COMMANDS, **more.commands}
    element_commands = {**_ELEMENT_COMMANDS, **more.element_commands}
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
    language = str(asked.get("appium:language", asked.get("language", "en")))
    if language not in STRINGS:
        raise CommandError(
            "invalid argument", f"appium:language {language!r}: it speaks {', '.join(STRINGS)}"
        )
    handset.courier.language = language
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


def _end_session(handset: Handset, _: Body) -> object:
    handset.end_session()
    return None


def _found(handset: Handset, body: Body) -> list[etree._Element]:
    # Clients say using and value, Appium's driver strategy and selector.
    strategy = str(body.get("using", body.get("strategy")))
    selector = str(body.get("value", body.get("selector")))
    root = handset.courier.hierarchy
    if context := str(body.get("context") or ""):
        root, _ = handset.node_of(context)
    if strategy == "xpath":
        try:
            found = root.xpath(selector)
        except (etree.XPathError, ValueError) as error:  # ValueError: what XML cannot hold
            raise CommandError("invalid selector", f"{selector}: {error}") from error
        return [each for each in found if etree.iselement(each)] if isinstance(found, list) else []
    if strategy == "-android uiautomator":
        match = _UI_SELECTOR.match(selector)
        if match is None:
            raise CommandError("invalid selector", f"{selector}: not understood here")
        value = re.sub(r"\\(.)", r"\1", match.group(2))
        return _with_attribute(root, _UI_ATTRIBUTES[match.group(1)], value)
    if strategy == "id":
        full = selector if ":id/" in selector else f"{PACKAGE}:id/{selector}"
        return _with_attribute(root, "resource-id", full)
    if strategy == "accessibility id":
        return _with_attribute(root, "content-desc", selector)
    if strategy == "class name":
        return _with_attribute(root, "class", selector)
    raise CommandError("invalid selector", f"the strategy {strategy!r} is not supported")


def _with_attribute(root: etree._Element, name: str, value: str) -> list[etree._Element]:
    return [node for node in root.iterdescendants() if node.get(name) == value]


def _find_one(handset: Handset, body: Body) -> object:
    found = _found(handset, body)
    if not found:
        raise CommandError(
            "no such element", "An element could not be located on the page using the given search"
        )
    return handset.hand_out(found[0])


def _find_all(handset: Handset, body: Body) -> object:
    return [handset.hand_out(node) for node in _found(handset, body)]


def _within(find: Command) -> Command:
    """A search below an element."""
    return lambda handset, body: find(handset, {**body, "context": body["element"]})


def _click(handset: Handset, body: Body) -> object:
    node, _ = handset.node_of(str(body["element"]))
    left, top, right, bottom = bounds_of(node)
    tap_at(handset, (left + right) / 2, (top + bottom) / 2)
    return None


def _require_input(handset: Handset, body: Body) -> None:
    _, target = handset.node_of(str(body["element"]))
    if target.what != "input":
        raise CommandError("invalid argument", "Cannot set the element to the text: no text field")


def _type(handset: Handset, body: Body) -> object:
    _require_input(handset, body)
    if body.get("replace"):
        handset.courier.clear()
    handset.courier.type(str(body.get("text", "")))
    return None


def _clear(handset: Handset, body: Body) -> object:
    _require_input(handset, body)
    handset.courier.clear()
    return None


def _text(handset: Handset, body: Body) -> object:
    node, _ = handset.node_of(str(body["element"]))
    return node.get("text")


def _attribute(handset: Handset, body: Body) -> object:
    node, _ = handset.node_of(str(body["element"]))
    name = {"resourceId": "resource-id", "contentDescription": "content-desc"}.get(
        str(body["name"]), str(body["name"])
    )
    return node.get(name)


def _rect(handset: Handset, body: Body) -> object:
    node, _ = handset.node_of(str(body["element"]))
    left, top, right, bottom = bounds_of(node)
    return {"x": left, "y": top, "width": right - left, "height": bottom - top}


def _is_displayed(handset: Handset, body: Body) -> object:
    handset.node_of(str(body["element"]))
    return True


def _source(handset: Handset, _: Body) -> object:
    text = etree.tostring(handset.courier.hierarchy, encoding="unicode")
    return f"<?xml version='1.0' encoding='UTF-8' standalone='yes' ?>\n{text}"


def _screenshot(handset: Handset, body: Body) -> object:
    box = None
    if "element" in body:
        node, _ = handset.node_of(str(body["element"]))
        box = bounds_of(node)
    try:
        # Not needed for anything else, and what it draws with comes with an extra.
        from drivers.embedded.screenshot import FontMissing, screenshot  # noqa: PLC0415
    except ImportError as error:
        raise CommandError(
            "unsupported operation", f"Screenshots need pip install 'undelivered[ocr]' ({error})"
        ) from error
    try:
        picture = screenshot(handset.courier, box)
    except FontMissing as error:
        raise CommandError("unknown error", str(error)) from error
    return base64.b64encode(picture).decode()


def _notifications(handset: Handset, _: Body) -> object:
    return notifications(handset.network, handset.name, unannounced=handset.unannounced)


def press_key(handset: Handset, body: Body) -> object:
    """Press a hardware key."""
    if body.get("keycode") == _HOME:
        handset.courier.go_home()
    elif body.get("keycode") == _BACK:
        handset.courier.go_back()
    else:
        raise CommandError("invalid argument", f"The key {body.get('keycode')!r} does nothing here")
    return None


def _activate(handset: Handset, _: Body) -> object:
    handset.courier.come_to_front()
    return None


def _back(handset: Handset, _: Body) -> object:
    handset.courier.go_back()
    return None


def _window_rect(_: Handset, __: Body) -> object:
    return {"x": 0, "y": 0, "width": WIDTH, "height": HEIGHT}


def _set_settings(handset: Handset, body: Body) -> object:
    handset.settings.update(table(body.get("settings")))
    return None


def _get_settings(handset: Handset, _: Body) -> object:
    return handset.settings


def _do_nothing(_: Handset, __: Body) -> object:
    return None


def _execute(handset: Handset, body: Body) -> object:
    script = str(body.get("script", "")).removeprefix("mobile:").strip()
    arguments = body.get("args")
    first = arguments[0] if isinstance(arguments, list) and arguments else {}
    command = _MOBILE_COMMANDS.get(script)
    if command is None:
        raise CommandError("unknown command", f"mobile: {script}")
    return command(handset, table(first))


def _click_at(handset: Handset, arguments: Body) -> object:
    tap_at(handset, number(arguments, "x"), number(arguments, "y"))
    return None


def tap_at(handset: Handset, x: float, y: float) -> None:
    """Tap a place: what is tapped is the clickable node there, which may be a parent."""
    if handset.courier.is_taken_by_banner(x, y):
        return
    hit = None
    for node in handset.courier.hierarchy.iterdescendants():
        left, top, right, bottom = bounds_of(node)
        if node.get("clickable") == "true" and left <= x < right and top <= y < bottom:
            hit = node  # the last in document order lies on top
    if hit is not None:
        handset.courier.tap(handset.courier.target(hit))


def scroll(handset: Handset, arguments: Body) -> object:
    """Scroll by a percentage of a height; whether there is more that way."""
    percent = number({"percent": 1.0, **arguments}, "percent")
    pixels = round(number(arguments, "height") * percent)
    return handset.courier.scroll(pixels if arguments.get("direction") == "up" else -pixels)


def _shell(_: Handset, arguments: Body) -> object:
    command, args = arguments.get("command"), arguments.get("args")
    if command == "dumpsys" and args == ["package", PACKAGE]:
        return f"Packages:\n  Package [{PACKAGE}]\n    versionCode=142 versionName={VERSION}\n"
    raise CommandError("unknown command", f"shell: {command} {args}")


def _device_time(handset: Handset, _: Body) -> object:
    return handset.now().isoformat(timespec="seconds")


def table(value: object) -> Body:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def number(arguments: Body, name: str) -> float:
    """A number a command needs."""
    value = arguments.get(name)
    if not isinstance(value, int | float):
        raise CommandError("invalid argument", f"{name} is {value!r}, not a number")
    return value


def bounds_of(node: etree._Element) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a node, in pixels."""
    match = _BOUNDS.fullmatch(node.get("bounds") or "")
    if match is None:
        raise CommandError("invalid argument", "The element has no bounds")
    left, top, right, bottom = map(int, match.groups())
    return left, top, right, bottom


_COMMANDS: Final[Mapping[tuple[str, str], Command]] = {
    ("DELETE", ""): _end_session,
    ("POST", "element"): _find_one,
    ("POST", "elements"): _find_all,
    ("GET", "source"): _source,
    ("GET", "screenshot"): _screenshot,
    ("POST", "back"): _back,
    ("GET", "window/rect"): _window_rect,
    ("POST", "timeouts"): _do_nothing,
    ("POST", "appium/settings"): _set_settings,
    ("GET", "appium/settings"): _get_settings,
    ("POST", "execute/sync"): _execute,
    ("GET", "contexts"): lambda _, __: ["NATIVE_APP"],
    ("GET", "context"): lambda _, __: "NATIVE_APP",
    ("GET", "appium/device/current_package"): lambda _, __: PACKAGE,
    ("GET", "appium/device/current_activity"): lambda _, __: ACTIVITY,
}

_ELEMENT_COMMANDS: Final[Mapping[tuple[str, str], Command]] = {
    ("POST", "element"): _within(_find_one),
    ("POST", "elements"): _within(_find_all),
    ("POST", "click"): _click,
    ("POST", "value"): _type,
    ("POST", "clear"): _clear,
    ("GET", "text"): _text,
    ("GET", "attribute"): _attribute,
    ("GET", "rect"): _rect,
    ("GET", "screenshot"): _screenshot,
    ("GET", "displayed"): _is_displayed,
    ("GET", "enabled"): _is_displayed,
}

_MOBILE_COMMANDS: Final[Mapping[str, Command]] = {
    "clickGesture": _click_at,
    "scrollGesture": scroll,
    "shell": _shell,
    "activateApp": _activate,
    "getNotifications": _notifications,
    "pressKey": press_key,
    "getDeviceTime": _device_time,
    "getCurrentPackage": lambda _, __: PACKAGE,
    "getCurrentActivity": lambda _, __: ACTIVITY,
}
