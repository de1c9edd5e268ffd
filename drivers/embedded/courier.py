"""Courier, the app on the embedded handsets: what it shows and what taps do.

Renders a real Android UI hierarchy as UiAutomator2 dumps it: class names, resource ids, bounds,
texts, and only the part of a conversation that is in sight, its rows recycled.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import Final
from unicodedata import east_asian_width

from lxml import etree

from drivers.embedded.network import Chat, Item, Network, Says
from drivers.embedded.policy import FaultKind

PACKAGE: Final = "org.undelivered.courier"
ACTIVITY: Final = ".MainActivity"
VERSION: Final = "1.4.2"
LAUNCHER: Final = "com.android.launcher3"
"""The app that is in front when no other is."""

SYSTEM: Final = "android"
"""The package whose dialogs come up over any app."""

WIDTH: Final = 1080
HEIGHT: Final = 2340

_DECOY: Final = "decoy"  # a chat with nobody in it that can come up in place of another
LIST_TOP: Final = 240
LIST_BOTTOM: Final = 2140
LINE_PX: Final = 56
_LINE_CELLS, _ROW_PX = 30, 48
_BUBBLE_PX = 760
_BANNER = (24, 96, 1056, 613)  # the box of a heads-up notification with two buttons
_BANNER_S = 5.0  # how long Android shows one

# What XML cannot hold is shown by the UiAutomator2 server as a question mark.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

STRINGS: Final = {
    "en": {
        "hint": "Message",
        "send": "Send",
        "sent": "Sent",
        "failed": "Not sent",
        "decoy": "Family",
        "login": "Log in",
        Says.CONTENT_REJECTED: "This message contains content that cannot be sent.",
        Says.RATE_LIMITED: "You are sending messages too often. Try again later.",
        Says.ACCOUNT_RESTRICTED: "Your account has been restricted.",
    },
    "zh": {
        "hint": "消息",
        "send": "发送",
        "sent": "已发送",
        "failed": "发送失败",
        "decoy": "家人",
        "login": "登录",
        Says.CONTENT_REJECTED: "消息包含无法发送的内容。",
        Says.RATE_LIMITED: "您发送消息过于频繁，请稍后再试。",
        Says.ACCOUNT_RESTRICTED: "您的账号已被限制。",
    },
}
"""Texts of the app by UI language."""


class Place(StrEnum):
    """The app's screens."""

    LIST = "list"
    CHAT = "chat"
    LOGIN = "login"
    HOME = "home"  # the app is in the background


@dataclass(frozen=True, slots=True)
class Target:
    """What a node stands for, whichever snapshot it is in; what a tap on it acts on."""

    what: str
    which: str = ""


class Courier:
    """The app on one handset."""

    def __init__(self, handset: str, network: Network) -> None:
        """Install the app; it opens with the list of chats.

        Args:
            handset: Name of the handset.
            network: The network its chats are on.
        """
        self.language = "en"
        self._handset = handset
        self._network = network
        self._place = Place.LIST
        self._chat: str | None = None
        self._left: tuple[Place, str | None] = (Place.LIST, None)  # where it was left
        self._input = ""
        self._scroll_px = 0
        self._version = 0
        self._drawn: tuple[tuple[int, int], etree._Element] | None = None
        self._targets: dict[etree._Element, Target] = {}
        self._hidden: dict[etree._Element, str] = {}  # texts that only the eye can see
        self._has_popup = False
        self._banner_until = 0.0

    @property
    def hierarchy(self) -> etree._Element:
        """The UI hierarchy now on the screen."""
        self._suffer_faults()
        version = (self._version, self._network.version(self._handset))
        if self._drawn is None or self._drawn[0] != version:
            self._targets, self._hidden = {}, {}
            self._drawn = (version, self._draw())
        return self._drawn[1]

    @property
    def open_chat(self) -> str | None:
        """The chat that is open in front of its owner's eyes; ``None`` if none is."""
        return self._chat if self._place is Place.CHAT else None

    def visible_text(self, node: etree._Element) -> str:
        """What the eye sees at a node of the current hierarchy."""
        return self._hidden.get(node) or node.get("text") or ""

    def target(self, node: etree._Element) -> Target:
        """What a node of the current hierarchy stands for."""
        return self._targets.get(node) or Target("node", node.getroottree().getpath(node))

    def node(self, target: Target) -> etree._Element | None:
        """The node that stands for something in the current hierarchy; ``None`` if it is gone."""
        root = self.hierarchy
        for node, each in self._targets.items():
            if each == target:
                return node
        if target.what != "node":
            return None
        found = root.xpath(target.which)
        return next(filter(etree.iselement, found), None) if isinstance(found, list) else None

    def tap(self, target: Target) -> None:
        """Tap something."""
        if target.what == "dismiss":
            self._close_popup()
        elif target.what == "app":
            self.come_to_front()
        elif target.what == "chat":
            self._go(Place.CHAT, target.which)
        elif target.what == "back":
            self.go_back()
        elif target.what == "send" and self._input and self._chat is not None:
            text, self._input = self._input, ""
            self._scroll_px = 0
            self._version += 1
            if self._chat != _DECOY:
                self._network.send(self._handset, self._chat, text)

    def is_taken_by_banner(self, x: float, y: float) -> bool:
        """Whether a heads-up notification takes a tap; it then opens the chat it is about.

        It is a window of its own that nobody asked for, so that no hierarchy shows it.
        """
        left, top, right, bottom = _BANNER
        if monotonic() >= self._banner_until or not (left <= x < right and top <= y < bottom):
            return False
        self._banner_until = 0.0
        self._go(Place.CHAT, _DECOY)
        return True

    def type(self, text: str) -> None:
        """Append a text to what is in the field."""
        if self._network.has_fault(self._handset, FaultKind.INPUT_GARBLES):
            text = text[:-1] + ("^" if text.endswith("~") else "~")
        self._input += text
        self._version += 1

    def clear(self) -> None:
        """Empty the field."""
        self._input = ""
        self._version += 1

    def go_back(self) -> None:
        """Close a dialog, or go from a chat to the list of chats."""
        if self._has_popup:
            self._close_popup()
        elif self._place is Place.CHAT:
            self._go(Place.LIST, None)

    def go_home(self) -> None:
        """Put the app into the background; it keeps what it shows."""
        if self._place is not Place.HOME:
            self._left = (self._place, self._chat)
            self._go(Place.HOME, None)

    def come_to_front(self) -> None:
        """Bring it back from the background."""
        if self._place is Place.HOME:
            self._go(*self._left)

    def scroll(self, pixels: int) -> bool:
        """Scroll the conversation, up for older messages; whether there is more that way."""
        if self._has_popup:
            return False
        before = self._scroll_px
        most = max(0, self._content_px() - (LIST_BOTTOM - LIST_TOP))
        self._scroll_px = min(most, max(0, before + pixels))
        self._version += 1
        return self._scroll_px < most if pixels > 0 else self._scroll_px > 0

    def _go(self, place: Place, chat: str | None) -> None:
        self._place, self._chat = place, chat
        self._scroll_px = 0
        self._version += 1

    def _suffer_faults(self) -> None:
        if self._network.has_fault(self._handset, FaultKind.LOGGED_OUT):
            if self._place is not Place.LOGIN:
                self._go(Place.LOGIN, None)
        elif self._place is Place.CHAT and self._network.take_fault(
            self._handset, FaultKind.WRONG_CHAT
        ):
            self._go(Place.CHAT, _DECOY)
        if self._place is Place.CHAT and self._takes(FaultKind.POPUP):
            self._has_popup = True
            self._version += 1
        if self._place is not Place.HOME and self._takes(FaultKind.BANNER):
            self._banner_until = monotonic() + _BANNER_S

    def _takes(self, kind: FaultKind) -> bool:
        return self._network.take_fault(self._handset, kind)

    def _close_popup(self) -> None:
        self._has_popup = False
        self._version += 1

    def _items(self) -> list[Item]:
        return self._network.view(self._handset, self._chat) if self._chat else []

    def _content_px(self) -> int:
        return sum(map(_height, self._items()))

    def _text(self, name: str) -> str:
        return STRINGS[self.language][name]

    def _draw(self) -> etree._Element:
        root = etree.Element(
            "hierarchy",
            {
                "index": "0",
                "class": "hierarchy",
                "rotation": "0",
                "width": str(WIDTH),
                "height": str(HEIGHT),
            },
        )
        if self._has_popup:  # a dump shows the active window alone
            self._draw_popup(root)
            return root
        owner = LAUNCHER if self._place is Place.HOME else PACKAGE
        frame = _node(root, "android.widget.FrameLayout", box=(0, 0, WIDTH, HEIGHT), package=owner)
        window = _node(frame, "android.widget.LinearLayout", box=(0, 80, WIDTH, HEIGHT))
        {
            Place.LIST: self._draw_list,
            Place.CHAT: self._draw_chat,
            Place.LOGIN: self._draw_login,
            Place.HOME: self._draw_home,
        }[self._place](window)
        return root

    def _draw_home(self, window: etree._Element) -> None:
        window.set("package", LAUNCHER)
        icon = _node(
            window,
            "android.widget.TextView",
            text="Courier",
            description="Courier",
            box=(60, 1900, 270, 2120),
            package=LAUNCHER,
            clickable="true",
        )
        self._targets[icon] = Target("app")

    def _draw_popup(self, root: etree._Element) -> None:
        panel = _node(
            root,
            "android.widget.FrameLayout",
            box=(70, 900, 1010, 1480),
            package=SYSTEM,
            **_system_id("parentPanel"),
        )
        for class_name, name, text, box in _POPUP:
            node = _node(panel, class_name, text=text, box=box, package=SYSTEM, **_system_id(name))
            if class_name.endswith("Button"):
                node.set("clickable", "true")
                self._targets[node] = Target("dismiss", name)

    def _draw_login(self, window: etree._Element) -> None:
        form = _node(window, "android.widget.LinearLayout", "login_form", box=(90, 600, 990, 1200))
        _node(form, "android.widget.Button", text=self._text("login"), box=(90, 1000, 990, 1200))

    def _draw_list(self, window: etree._Element) -> None:
        _node(
            window, "android.widget.TextView", "app_title", text="Courier", box=(60, 110, 500, 210)
        )
        chats = _node(
            window,
            "androidx.recyclerview.widget.RecyclerView",
            "chat_list",
            box=(0, LIST_TOP, WIDTH, HEIGHT),
            scrollable="true",
        )
        titles = [(each.id, each.title(self._handset)) for each in self._chats()]
        for place, (chat, title) in enumerate([*titles, (_DECOY, self._text("decoy"))]):
            top = LIST_TOP + 200 * place
            row = _node(
                chats,
                "android.view.ViewGroup",
                "chat_row",
                box=(0, top, WIDTH, top + 200),
                clickable="true",
            )
            self._targets[row] = Target("chat", chat)
            _node(
                row,
                "android.widget.TextView",
                "chat_name",
                text=title,
                box=(200, top + 40, 900, top + 110),
            )

    def _draw_chat(self, window: etree._Element) -> None:
        bar = _node(window, "android.view.ViewGroup", "toolbar", box=(0, 80, WIDTH, LIST_TOP))
        back = _node(
            bar,
            "android.widget.ImageButton",
            "back_button",
            description="Back",
            box=(0, 80, 140, LIST_TOP),
            clickable="true",
        )
        self._targets[back] = Target("back")
        _node(
            bar,
            "android.widget.TextView",
            "chat_title",
            text=self._title(),
            box=(160, 110, 800, 210),
        )
        rows = _node(
            window,
            "androidx.recyclerview.widget.RecyclerView",
            "messages",
            box=(0, LIST_TOP, WIDTH, LIST_BOTTOM),
            scrollable="true",
        )
        for item, top, bottom in self._in_sight():
            self._draw_item(rows, item, top, bottom)
        self._draw_composer(window)

    def _draw_item(self, rows: etree._Element, item: Item, top: int, bottom: int) -> None:
        row = _node(rows, "android.view.ViewGroup", "message_row", box=(0, top, WIDTH, bottom))
        left = WIDTH - 40 - _BUBBLE_PX if item.is_own else 40
        box = (left, top, left + _BUBBLE_PX, bottom)
        is_hidden = self._network.has_fault(self._handset, FaultKind.HIDES_TEXT)
        shown = "" if is_hidden else item.text
        text = _node(row, "android.widget.TextView", "message_text", text=shown, box=box)
        if is_hidden:
            self._hidden[text] = item.text
        self._targets[text] = Target("message", str(item.id))
        if item.is_own:
            mark = self._text("failed" if item.has_failed else "sent")
            _node(
                row,
                "android.widget.ImageView",
                "message_status",
                description=mark,
                box=(left - 60, max(top, bottom - 60), left, bottom),
            )
        if item.says is not None:
            _node(
                rows,
                "android.widget.TextView",
                "notice_text",
                text=self._text(item.says),
                box=(140, max(top, bottom - 40), WIDTH - 140, bottom),
            )

    def _draw_composer(self, window: etree._Element) -> None:
        hint = self._text("hint")
        box = _node(
            window, "android.view.ViewGroup", "composer", box=(0, LIST_BOTTOM, WIDTH, HEIGHT)
        )
        field = _node(
            box,
            "android.widget.EditText",
            "message_input",
            text=self._input or hint,
            box=(40, LIST_BOTTOM + 30, 860, HEIGHT - 30),
            clickable="true",
            focusable="true",
            focused="true",
            hint=hint,
        )
        field.set("showing-hint", "false" if self._input else "true")
        self._targets[field] = Target("input")
        if not self._network.has_fault(self._handset, FaultKind.SEND_BUTTON_MISSING):
            send = _node(
                box,
                "android.widget.ImageButton",
                "send_button",
                description=self._text("send"),
                box=(880, LIST_BOTTOM + 30, 1040, HEIGHT - 30),
                clickable="true",
            )
            self._targets[send] = Target("send")

    def _in_sight(self) -> Iterator[tuple[Item, int, int]]:
        """The items in sight with the top and bottom of what is seen of each, oldest first."""
        bottom = LIST_BOTTOM + self._scroll_px
        seen = []
        for item in reversed(self._items()):
            top = bottom - _height(item)
            if top < LIST_BOTTOM and bottom > LIST_TOP:
                seen.append((item, max(top, LIST_TOP), min(bottom, LIST_BOTTOM)))
            bottom = top
            if bottom <= LIST_TOP:
                break
        return reversed(seen)

    def _chats(self) -> list[Chat]:
        return self._network.chats_of(self._handset)

    def _title(self) -> str:
        if self._chat is None or self._chat == _DECOY:
            return self._text("decoy")
        return self._network.chats[self._chat].title(self._handset)


_POPUP: Final = (
    ("android.widget.TextView", "alertTitle", "System update", (120, 940, 960, 1040)),
    ("android.widget.TextView", "message", "An update is ready.", (120, 1050, 960, 1300)),
    ("android.widget.Button", "button2", "Later", (520, 1330, 720, 1450)),
    ("android.widget.Button", "button1", "Restart", (740, 1330, 960, 1450)),
)


def _system_id(name: str) -> dict[str, str]:
    return {"resource-id": f"{SYSTEM}:id/{name}"}


def line_count(text: str) -> int:
    """How many lines of a bubble a text takes."""
    cells = sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
    return max(1, -(-cells // _LINE_CELLS)) + text.count("\n")


def _height(item: Item) -> int:
    return _ROW_PX + LINE_PX * (line_count(item.text) + (item.says is not None))


def _node(
    parent: etree._Element,
    class_name: str,
    name: str = "",
    *,
    text: str = "",
    description: str = "",
    box: tuple[int, int, int, int],
    **flags: str,
) -> etree._Element:
    """Add a node with all the attributes that UiAutomator2 dumps."""
    left, top, right, bottom = box
    return etree.SubElement(
        parent,
        class_name,
        {
            "index": str(len(parent)),
            "package": PACKAGE,
            "class": class_name,
            "text": _NOT_XML.sub("?", text),
            "content-desc": description,
            "resource-id": f"{PACKAGE}:id/{name}" if name else "",
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
