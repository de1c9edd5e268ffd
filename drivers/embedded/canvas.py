"""A screen that is being drawn: the UI hierarchy as UiAutomator2 dumps it, and its meaning.

Class names, resource ids, bounds and texts are what a client gets to see. What a node stands for,
what it looks like and which text only the eye can see is kept beside the hierarchy.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from lxml import etree

WIDTH: Final = 1080
HEIGHT: Final = 2340
LINE_PX: Final = 56
"""Height of a line of text."""

SYSTEM: Final = "android"
"""The package whose dialogs come up over any app."""

Box: TypeAlias = tuple[int, int, int, int]
"""Left, top, right and bottom, in pixels."""

SCREEN: Final[Box] = (0, 0, WIDTH, HEIGHT)

# What XML cannot hold is shown by the UiAutomator2 server as a question mark.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Target:
    """What a node stands for, whichever snapshot it is in; what a tap on it acts on."""

    what: str
    which: str = ""


class Role(StrEnum):
    """What a node looks like to the eye, where that is more than its text."""

    BAR = "bar"
    FIELD = "field"
    TICK = "tick"
    GREY = "grey"  # small print


class Canvas:
    """The hierarchy of one screen."""

    def __init__(self, package: str) -> None:
        """Begin with nothing on the screen.

        Args:
            package: The app whose nodes are drawn, unless a node says otherwise.
        """
        self.package = package
        self.targets: dict[etree._Element, Target] = {}
        self.hidden: dict[etree._Element, str] = {}  # texts that only the eye can see
        self.roles: dict[etree._Element, Role] = {}
        self.root = etree.Element(
            "hierarchy",
            {
                "index": "0",
                "class": "hierarchy",
                "rotation": "0",
                "width": str(WIDTH),
                "height": str(HEIGHT),
            },
        )

    def node(
        self,
        parent: etree._Element,
        class_name: str,
        name: str = "",
        *,
        text: str = "",
        description: str = "",
        box: Box,
        target: Target | None = None,
        role: Role | None = None,
        package: str | None = None,
        is_hidden: bool = False,
        **flags: str,
    ) -> etree._Element:
        """Add a node with all the attributes that UiAutomator2 dumps.

        Args:
            parent: The node around it.
            class_name: Class of its view.
            name: Its resource id; the package is put in front where there is none.
            text: Its text.
            description: Its content description.
            box: Where it is.
            target: What it stands for.
            role: What it looks like.
            package: Its package, if not that of the app.
            is_hidden: Whether the eye alone sees its text.
            flags: Attributes that are not what they are for most nodes.
        """
        left, top, right, bottom = box
        node = etree.SubElement(
            parent,
            class_name,
            {
                "index": str(len(parent)),
                "package": package or self.package,
                "class": class_name,
                "text": "" if is_hidden else _NOT_XML.sub("?", text),
                "content-desc": _NOT_XML.sub("?", description) if description else "",
                "resource-id": self._full(name, package) if name else "",
                "checkable": "false",
                "checked": "false",
                "clickable": "false",
                "enabled": "true",
                "focusable": "false",
                "focused": "false",
                "long-clickable": "false",
                "password": "false",
                "scrollable": "false",
                "selected": "false",
                "bounds": f"[{left},{top}][{right},{bottom}]",
                "displayed": "true",
                **flags,
            },
        )
        if target is not None:
            self.targets[node] = target
        if role is not None:
            self.roles[node] = role
        if is_hidden:
            self.hidden[node] = text
        return node

    def button(
        self,
        parent: etree._Element,
        class_name: str,
        name: str = "",
        *,
        text: str = "",
        description: str = "",
        box: Box,
        target: Target,
        package: str | None = None,
    ) -> etree._Element:
        """Add a node that can be tapped; arguments as for `node`."""
        return self.node(
            parent,
            class_name,
            name,
            text=text,
            description=description,
            box=box,
            target=target,
            package=package,
            clickable="true",
            focusable="true",
        )

    def _full(self, name: str, package: str | None) -> str:
        return name if ":id/" in name else f"{package or self.package}:id/{name}"


def clipped(box: Box, area: Box) -> Box | None:
    """The part of a box that lies in an area; ``None`` if none of it does."""
    left, top, right, bottom = box
    top, bottom = max(top, area[1]), min(bottom, area[3])
    return (left, top, right, bottom) if top < bottom else None
