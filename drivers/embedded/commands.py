"""Commands of a session on an embedded handset: its screen, its keys, what Appium adds."""

import base64
from collections.abc import Mapping
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH
from drivers.embedded.elements import ELEMENT_COMMANDS, Command, find_all, find_one
from drivers.embedded.handset import Body, CommandError, Handset, number, table
from drivers.embedded.notifications import notifications
from drivers.embedded.touch import bounds_of, press_key, scroll, tap_at


def _end_session(handset: Handset, _: Body) -> object:
    handset.end_session()
    return None


def _source(handset: Handset, _: Body) -> object:
    text = etree.tostring(handset.app.hierarchy, encoding="unicode")
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
        picture = screenshot(handset.app, box)
    except FontMissing as error:
        raise CommandError("unknown error", str(error)) from error
    return base64.b64encode(picture).decode()


def _notifications(handset: Handset, _: Body) -> object:
    return notifications(handset)


def _activate(handset: Handset, _: Body) -> object:
    handset.app.come_to_front()
    return None


def _back(handset: Handset, _: Body) -> object:
    handset.app.go_back()
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


def _shell(handset: Handset, arguments: Body) -> object:
    command, args = arguments.get("command"), arguments.get("args")
    skin = handset.app.skin
    if command == "dumpsys" and args == ["package", skin.package]:
        return (
            f"Packages:\n  Package [{skin.package}]\n"
            f"    versionCode={skin.version_code} versionName={skin.version}\n"
        )
    raise CommandError("unknown command", f"shell: {command} {args}")


def _device_time(handset: Handset, _: Body) -> object:
    return handset.now().isoformat(timespec="seconds")


def _package(handset: Handset, _: Body) -> object:
    return handset.app.package


def _activity(handset: Handset, _: Body) -> object:
    return handset.app.activity


COMMANDS: Final[Mapping[tuple[str, str], Command]] = {
    ("DELETE", ""): _end_session,
    ("POST", "element"): find_one,
    ("POST", "elements"): find_all,
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
    ("GET", "appium/device/current_package"): _package,
    ("GET", "appium/device/current_activity"): _activity,
}
"""By method and path below ``/session/<id>/``."""

ALL_ELEMENT_COMMANDS: Final[Mapping[tuple[str, str], Command]] = {
    **ELEMENT_COMMANDS,
    ("GET", "screenshot"): _screenshot,
}
"""By method and path below ``/session/<id>/element/<id>/``."""

_MOBILE_COMMANDS: Final[Mapping[str, Command]] = {
    "clickGesture": _click_at,
    "scrollGesture": scroll,
    "shell": _shell,
    "activateApp": _activate,
    "getNotifications": _notifications,
    "pressKey": press_key,
    "getDeviceTime": _device_time,
    "getCurrentPackage": _package,
    "getCurrentActivity": _activity,
}
