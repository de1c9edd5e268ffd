"""What fingers do on an embedded handset's screen: tap, scroll, press keys."""

import re
from typing import Final

from lxml import etree

from drivers.embedded.handset import Body, CommandError, Handset, number

_HOME, _BACK = 3, 4  # android.view.KeyEvent
_BOUNDS: Final = re.compile(r"\[(-?\d+),(-?\d+)\]\[(-?\d+),(-?\d+)\]")


def bounds_of(node: etree._Element) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a node, in pixels."""
    match = _BOUNDS.fullmatch(node.get("bounds") or "")
    if match is None:
        raise CommandError("invalid argument", "The element has no bounds")
    left, top, right, bottom = map(int, match.groups())
    return left, top, right, bottom


def tap_at(handset: Handset, x: float, y: float) -> None:
    """Tap a place: what is tapped is the clickable node there, which may be a parent."""
    if handset.app.is_taken_by_banner(x, y):
        return
    hit = None
    for node in handset.app.hierarchy.iterdescendants():
        if node.get("clickable") == "true":
            left, top, right, bottom = bounds_of(node)
            if left <= x < right and top <= y < bottom:
                hit = node  # the last in document order lies on top
    if hit is not None:
        handset.app.tap(handset.app.target(hit))


def scroll(handset: Handset, arguments: Body) -> object:
    """Scroll by a percentage of a height; whether there is more that way."""
    percent = number({"percent": 1.0, **arguments}, "percent")
    pixels = round(number(arguments, "height") * percent)
    return handset.app.scroll(pixels if arguments.get("direction") == "up" else -pixels)


def press_key(handset: Handset, body: Body) -> object:
    """Press a hardware key."""
    if body.get("keycode") == _HOME:
        handset.app.go_home()
    elif body.get("keycode") == _BACK:
        handset.app.go_back()
    else:
        raise CommandError("invalid argument", f"The key {body.get('keycode')!r} does nothing here")
    return None
