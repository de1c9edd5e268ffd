"""Elements of an embedded handset's screen: how they are found, and what can be done with them."""

import re
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from lxml import etree

from drivers.embedded.handset import Body, CommandError, Handset
from drivers.embedded.touch import bounds_of, tap_at

Command: TypeAlias = Callable[[Handset, Body], object]
"""What a command does: the handset, the body of the request, and the value of the answer."""

_FIELDS: Final = frozenset({"input", "search input"})
_UI_SELECTOR: Final = re.compile(
    r'^\s*new UiSelector\(\)\.(text|resourceId|description|className)\("((?:[^"\\]|\\.)*)"\);?\s*$'
)
_UI_ATTRIBUTES: Final = {
    "text": "text",
    "resourceId": "resource-id",
    "description": "content-desc",
    "className": "class",
}


def _found(handset: Handset, body: Body) -> list[etree._Element]:
    # Clients say using and value, Appium's driver strategy and selector.
    strategy = str(body.get("using", body.get("strategy")))
    selector = str(body.get("value", body.get("selector")))
    root = handset.app.hierarchy
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
        full = selector if ":id/" in selector else f"{handset.app.skin.package}:id/{selector}"
        return _with_attribute(root, "resource-id", full)
    if strategy == "accessibility id":
        return _with_attribute(root, "content-desc", selector)
    if strategy == "class name":
        return _with_attribute(root, "class", selector)
    raise CommandError("invalid selector", f"the strategy {strategy!r} is not supported")


def _with_attribute(root: etree._Element, name: str, value: str) -> list[etree._Element]:
    return [node for node in root.iterdescendants() if node.get(name) == value]


def find_one(handset: Handset, body: Body) -> object:
    """The first element that a selector finds."""
    found = _found(handset, body)
    if not found:
        raise CommandError(
            "no such element", "An element could not be located on the page using the given search"
        )
    return handset.hand_out(found[0])


def find_all(handset: Handset, body: Body) -> object:
    """All elements that a selector finds."""
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
    if target.what not in _FIELDS:
        raise CommandError("invalid argument", "Cannot set the element to the text: no text field")


def _type(handset: Handset, body: Body) -> object:
    _require_input(handset, body)
    if body.get("replace"):
        handset.app.clear()
    handset.app.type(str(body.get("text", "")))
    return None


def _clear(handset: Handset, body: Body) -> object:
    _require_input(handset, body)
    handset.app.clear()
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


ELEMENT_COMMANDS: Final[Mapping[tuple[str, str], Command]] = {
    ("POST", "element"): _within(find_one),
    ("POST", "elements"): _within(find_all),
    ("POST", "click"): _click,
    ("POST", "value"): _type,
    ("POST", "clear"): _clear,
    ("GET", "text"): _text,
    ("GET", "attribute"): _attribute,
    ("GET", "rect"): _rect,
    ("GET", "displayed"): _is_displayed,
    ("GET", "enabled"): _is_displayed,
}
"""By method and path below ``/session/<id>/element/<id>/``."""
