"""What Appium's driver asks of a UiAutomator2 server beyond what clients ask.

A client's command reaches the server in the driver's own dialect: gestures as
``appium/gestures/…``, sizes as ``window/current/size``, attributes for ``displayed``.
"""

import base64
from collections.abc import Mapping
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH
from drivers.embedded.elements import Command
from drivers.embedded.handset import Body, CommandError, Handset, number, table
from drivers.embedded.touch import bounds_of, press_key, scroll, tap_at
from drivers.embedded.uiautomator2 import Dialect

SDK: Final = 34
"""API level of the Android that the handset plays."""

RELEASE: Final = "14"
MODEL: Final = "Embedded handset"
DENSITY: Final = 440
"""Dots per inch of its screen."""

_STATUS_BAR_PX = 80
_DEFAULT_DENSITY = 160
_TAP_PX = 20


def _pixel_ratio(_: Handset, __: Body) -> object:
    return DENSITY / _DEFAULT_DENSITY


def _density(_: Handset, __: Body) -> object:
    return DENSITY


def _system_bars(_: Handset, __: Body) -> object:
    return {"statusBar": _STATUS_BAR_PX}


def _window_size(_: Handset, __: Body) -> object:
    return {"width": WIDTH, "height": HEIGHT}


def _info(handset: Handset, _: Body) -> object:
    return {
        "androidId": handset.name,
        "manufacturer": "Undelivered",
        "model": MODEL,
        "brand": "undelivered",
        "apiVersion": str(SDK),
        "platformVersion": RELEASE,
        "carrierName": "",
        "realDisplaySize": f"{WIDTH}x{HEIGHT}",
        "displayDensity": DENSITY,
        "networks": [],
        "locale": "en_US",
        "timeZone": "UTC",
        "bluetooth": {"state": None},
    }


def _battery(_: Handset, __: Body) -> object:
    return {"level": 1.0, "status": 5}  # BATTERY_STATUS_FULL


def _set_clipboard(handset: Handset, body: Body) -> object:
    if str(body.get("contentType", "plaintext")).lower() != "plaintext":
        raise CommandError("invalid argument", "The clipboard takes only plain text")
    try:
        handset.clipboard = base64.b64decode(str(body.get("content")), validate=True).decode()
    except ValueError as error:
        raise CommandError("invalid argument", f"The content is not base64: {error}") from error
    return None


def _get_clipboard(handset: Handset, _: Body) -> object:
    return base64.b64encode(handset.clipboard.encode()).decode()


def _orientation(_: Handset, __: Body) -> object:
    return "PORTRAIT"


def _set_orientation(_: Handset, body: Body) -> object:
    if body.get("orientation") != "PORTRAIT":
        raise CommandError("invalid argument", "The handset's orientation is fixed to PORTRAIT")
    return None


def _unsupported(what: str) -> Command:
    def refuse(_: Handset, __: Body) -> object:
        raise CommandError("unsupported operation", f"The embedded handset has no {what}")

    return refuse


def _active(handset: Handset, _: Body) -> object:
    return handset.hand_out(_focused(handset))


def _type_keys(handset: Handset, body: Body) -> object:
    _focused(handset)
    if body.get("replace"):
        handset.app.clear()
    handset.app.type(str(body.get("text", "")))
    return None


def _focused(handset: Handset) -> etree._Element:
    for node in handset.app.hierarchy.iterdescendants():
        if node.get("focused") == "true":
            return node
    raise CommandError("no such element", "No element has the focus")


def _click_gesture(handset: Handset, body: Body) -> object:
    origin, offset = table(body.get("origin")), body.get("offset")
    left, top, right, bottom = 0, 0, WIDTH, HEIGHT
    if origin:
        node, _ = handset.node_of(str(next(iter(origin.values()))))
        left, top, right, bottom = bounds_of(node)
    elif offset is None:
        raise CommandError("invalid argument", "A click needs an element or a place")
    if offset is None:
        tap_at(handset, (left + right) / 2, (top + bottom) / 2)
    else:
        tap_at(handset, left + number(table(offset), "x"), top + number(table(offset), "y"))
    return None


def _scroll_gesture(handset: Handset, body: Body) -> object:
    area = table(body.get("area"))
    return scroll(handset, {**body, "height": area.get("height", HEIGHT)})


def _perform_actions(handset: Handset, body: Body) -> object:
    """Play W3C actions: each touch is a tap where it went down, or a vertical scroll."""
    sources = body.get("actions")
    for source in sources if isinstance(sources, list) else []:
        steps = table(source).get("actions")
        x = y = 0.0
        down: tuple[float, float] | None = None
        for step in map(table, steps if isinstance(steps, list) else []):
            kind = step.get("type")
            if kind == "pointerMove" and step.get("origin", "viewport") == "viewport":
                x, y = number(step, "x"), number(step, "y")
            elif kind == "pointerDown":
                down = (x, y)
            elif kind == "pointerUp" and down is not None:
                _touch(handset, down, y)
                down = None
            elif kind not in {"pause", "pointerUp"}:
                raise CommandError("unsupported operation", f"The action {kind!r} is not known")
    return None


def _touch(handset: Handset, down: tuple[float, float], up_y: float) -> None:
    x, y = down
    if abs(up_y - y) < _TAP_PX:
        tap_at(handset, x, y)
    else:
        handset.app.scroll(round(up_y - y))


def _attribute(name: str) -> Command:
    def read(handset: Handset, body: Body) -> object:
        node, _ = handset.node_of(str(body["element"]))
        return node.get(name)

    return read


def _is_selected(handset: Handset, body: Body) -> object:
    node, _ = handset.node_of(str(body["element"]))
    return node.get("selected") == "true"


def _location(handset: Handset, body: Body) -> object:
    node, _ = handset.node_of(str(body["element"]))
    left, top, _, _ = bounds_of(node)
    return {"x": left, "y": top}


def _size(handset: Handset, body: Body) -> object:
    node, _ = handset.node_of(str(body["element"]))
    left, top, right, bottom = bounds_of(node)
    return {"width": right - left, "height": bottom - top}


_COMMANDS: Final[Mapping[tuple[str, str], Command]] = {
    ("GET", "appium/device/pixel_ratio"): _pixel_ratio,
    ("GET", "appium/device/display_density"): _density,
    ("GET", "appium/device/system_bars"): _system_bars,
    ("GET", "appium/device/info"): _info,
    ("GET", "appium/device/battery_info"): _battery,
    ("POST", "appium/device/set_clipboard"): _set_clipboard,
    ("POST", "appium/device/get_clipboard"): _get_clipboard,
    ("POST", "appium/device/press_keycode"): press_key,
    ("POST", "appium/device/open_notifications"): _unsupported("notification shade"),
    ("POST", "appium/reset_ax_cache"): lambda _, __: None,
    ("GET", "window/current/size"): _window_size,
    ("GET", "orientation"): _orientation,
    ("POST", "orientation"): _set_orientation,
    ("GET", "element/active"): _active,
    ("POST", "keys"): _type_keys,
    ("POST", "actions"): _perform_actions,
    ("POST", "appium/gestures/click"): _click_gesture,
    ("POST", "appium/gestures/scroll"): _scroll_gesture,
}

_ELEMENT_COMMANDS: Final[Mapping[tuple[str, str], Command]] = {
    ("GET", "name"): _attribute("content-desc"),
    ("GET", "location"): _location,
    ("GET", "size"): _size,
    ("GET", "selected"): _is_selected,
}

DRIVER: Final = Dialect(commands=_COMMANDS, element_commands=_ELEMENT_COMMANDS)
"""The commands of Appium's driver."""
