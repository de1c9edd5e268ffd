"""A messaging app on an embedded handset: its state, and what taps and typing do to it.

How the state looks, which ids it has and what it is called is the business of a skin.
"""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import Final

from lxml import etree

from drivers.embedded.canvas import Canvas, Role, Target
from drivers.embedded.chats import Chat
from drivers.embedded.network import Item, Network
from drivers.embedded.policy import FaultKind
from drivers.embedded.scene import ChatLine, Place, Popup, Scene
from drivers.embedded.skins.skin import DECOY, LAUNCHER, Skin
from drivers.embedded.timeline import Timeline

_BANNER = (24, 96, 1056, 613)  # the box of a heads-up notification with two buttons
_BANNER_S = 5.0  # how long Android shows one
_POPUPS: Final = {
    FaultKind.POPUP: Popup.SYSTEM,
    FaultKind.PERMISSION: Popup.PERMISSION,
    FaultKind.UPDATE: Popup.UPDATE,
    FaultKind.NOTIFICATIONS: Popup.NOTIFICATIONS,
}


class App:
    """The app on one handset."""

    def __init__(self, handset: str, network: Network, skin: Skin, language: str = "") -> None:
        """Install the app; it opens with the list of chats.

        Args:
            handset: Name of the handset.
            network: The network its chats are on.
            skin: What it looks like.
            language: UI language; by default the first the skin has.
        """
        self.skin = skin
        self.language = language or skin.languages[0]
        self._handset = handset
        self._network = network
        self._place = Place.LIST
        self._chat: str | None = None
        self._left: tuple[Place, str | None] = (Place.LIST, None)  # where it was left
        self._typed = ""
        self._query = ""
        self._scroll_px = 0
        self._popup: Popup | None = None
        self._unfolded: set[int] = set()
        self._read: dict[str, int] = {}  # place of the first message not read yet, by chat
        self._unread_from: int | None = None
        self._banner_until = 0.0
        self._version = 0
        self._measured: tuple[object, int] | None = None  # what was measured, and its height
        self._shown = Canvas(skin.package)
        self._drawn: tuple[int, int] | None = None  # versions of what is shown

    @property
    def hierarchy(self) -> etree._Element:
        """The UI hierarchy now on the screen."""
        return self._canvas.root

    @property
    def open_chat(self) -> str | None:
        """The chat that is open in front of its owner's eyes; ``None`` if none is."""
        return self._chat if self._place is Place.CHAT else None

    @property
    def package(self) -> str:
        """Package of what is in front: the app, or the launcher."""
        return LAUNCHER if self._place is Place.HOME else self.skin.package

    @property
    def activity(self) -> str:
        """Activity that is in front."""
        if self._place is Place.HOME:
            return ".Launcher"
        return self.skin.chat_activity if self._place is Place.CHAT else self.skin.activity

    def visible_text(self, node: etree._Element) -> str:
        """What the eye sees at a node of the current hierarchy."""
        return self._shown.hidden.get(node) or node.get("text") or ""

    def role(self, node: etree._Element) -> Role | None:
        """What a node of the current hierarchy looks like."""
        return self._shown.roles.get(node)

    def target(self, node: etree._Element) -> Target:
        """What a node of the current hierarchy stands for."""
        known = self._shown.targets.get(node)
        return known or Target("node", node.getroottree().getpath(node))

    def node(self, target: Target) -> etree._Element | None:
        """The node that stands for something in the current hierarchy; ``None`` if it is gone."""
        canvas = self._canvas
        for node, each in canvas.targets.items():
            if each == target:
                return node
        if target.what != "node":
            return None
        found = canvas.root.xpath(target.which)
        return next(filter(etree.iselement, found), None) if isinstance(found, list) else None

    def tap(self, target: Target) -> None:
        """Tap something."""
        if target.what == "dismiss":
            self._close_popup()
        elif target.what == "leave":
            self._close_popup()
            self.go_home()
        elif target.what == "app":
            self.come_to_front()
        elif target.what == "chat":
            self._go(Place.CHAT, target.which)
        elif target.what == "search":
            self._go(Place.SEARCH, None)
        elif target.what == "back":
            self.go_back()
        elif target.what == "unfold":
            self._unfolded.add(int(target.which))
            self._version += 1
        elif target.what == "send" and self._typed and self._chat is not None:
            self._send(self._chat)

    def is_taken_by_banner(self, x: float, y: float) -> bool:
        """Whether a heads-up notification takes a tap; it then opens the chat it is about.

        It is a window of its own that nobody asked for, so that no hierarchy shows it.
        """
        left, top, right, bottom = _BANNER
        if monotonic() >= self._banner_until or not (left <= x < right and top <= y < bottom):
            return False
        self._banner_until = 0.0
        self._go(Place.CHAT, DECOY)
        return True

    def type(self, text: str) -> None:
        """Append a text to what is in the field."""
        if self._network.has_fault(self._handset, FaultKind.INPUT_GARBLES):
            text = text[:-1] + ("^" if text.endswith("~") else "~")
        if self._place is Place.SEARCH:
            self._query += text
        else:
            self._typed += text
        self._version += 1

    def clear(self) -> None:
        """Empty the field."""
        if self._place is Place.SEARCH:
            self._query = ""
        else:
            self._typed = ""
        self._version += 1

    def go_back(self) -> None:
        """Close a dialog, or go from a chat or a search to the list of chats."""
        if self._popup is not None:
            self._close_popup()
        elif self._place in {Place.CHAT, Place.SEARCH}:
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
        if self._popup is not None:
            return False
        before = self._scroll_px
        most = max(0, self._height() - (self.skin.list_bottom - self.skin.list_top))
        self._scroll_px = min(most, max(0, before + pixels))
        self._version += 1
        return self._scroll_px < most if pixels > 0 else self._scroll_px > 0

    @property
    def _canvas(self) -> Canvas:
        self._suffer_faults()
        version = (self._version, self._network.version(self._handset))
        if self._drawn != version:
            self._shown = Canvas(self.skin.package)
            self.skin.draw(self._scene(), self._shown)
            self._drawn = version
        return self._shown

    def _send(self, chat: str) -> None:
        text, self._typed = self._typed, ""
        self._scroll_px = 0
        self._unread_from = None  # whoever answers has read
        self._version += 1
        if chat != DECOY:
            self._network.send(self._handset, chat, text)

    def _go(self, place: Place, chat: str | None) -> None:
        if self._chat is not None:
            self._read[self._chat] = self._end_of(self._chat)
        self._place, self._chat = place, chat
        self._query = ""
        self._scroll_px = 0
        self._unread_from = None
        if chat is not None and self._count_unread(chat):
            self._unread_from = self._read.get(chat, 0)
        self._version += 1

    def _suffer_faults(self) -> None:
        if self._network.has_fault(self._handset, FaultKind.LOGGED_OUT):
            if self._place is not Place.LOGIN:
                self._go(Place.LOGIN, None)
        elif self._place is Place.CHAT and self._takes(FaultKind.WRONG_CHAT):
            self._go(Place.CHAT, DECOY)
        if self._place is Place.CHAT:
            for kind, popup in _POPUPS.items():
                if self._takes(kind):
                    self._popup = popup
                    self._version += 1
        if self._place is not Place.HOME and self._takes(FaultKind.BANNER):
            self._banner_until = monotonic() + _BANNER_S

    def _takes(self, kind: FaultKind) -> bool:
        return self._network.take_fault(self._handset, kind)

    def _close_popup(self) -> None:
        self._popup = None
        self._version += 1

    # What there is to see.

    def _scene(self) -> Scene:
        is_chat = self._place is Place.CHAT
        has_fault = self._network.has_fault
        return Scene(
            place=self._place,
            language=self.language,
            popup=self._popup,
            title=self._title() if is_chat else "",
            is_group=is_chat and self._kind() == "group",
            draft=self._query if self._place is Place.SEARCH else self._typed,
            can_send=not has_fault(self._handset, FaultKind.SEND_BUTTON_MISSING),
            hides_texts=self.skin.hides_texts or has_fault(self._handset, FaultKind.HIDES_TEXT),
            chats=() if is_chat else tuple(self._lines()),
            rows=tuple(
                self._timeline().in_sight(
                    self.skin.height,
                    top=self.skin.list_top,
                    bottom=self.skin.list_bottom,
                    scrolled_px=self._scroll_px,
                )
            )
            if is_chat
            else (),
        )

    def _lines(self) -> Iterator[ChatLine]:
        if self._place is Place.SEARCH and not self._query:
            return
        for chat in self._network.chats_of(self._handset):
            items = self._items(chat.id)
            line = ChatLine(
                id=chat.id,
                title=chat.title(self._handset),
                preview=next((i.text for i in reversed(items) if not i.is_event), ""),
                unread=self._count_unread(chat.id),
            )
            if self._is_wanted(line.title):
                yield line
        decoy = self.skin.words(self.language).decoy
        if self._is_wanted(decoy):
            yield ChatLine(id=DECOY, title=decoy)

    def _height(self) -> int:
        """Height of the open conversation: measured anew only when something in it changes."""
        state = (
            self._chat,
            self._network.version(self._handset),
            len(self._unfolded),
            self._unread_from,
        )
        if self._measured is None or self._measured[0] != state:
            self._measured = (state, self._timeline().height(self.skin.height))
        return self._measured[1]

    def _is_wanted(self, title: str) -> bool:
        return self._place is not Place.SEARCH or self._query.casefold() in title.casefold()

    def _timeline(self) -> Timeline:
        chat = self._network.chats.get(self._chat or "")
        return Timeline(
            items=self._items(self._chat),
            has_dividers=self._network.policy.clutter,
            unread_from=self._unread_from if self._network.policy.clutter else None,
            fold_at=self.skin.fold_at,
            unfolded=self._unfolded,
            sender=lambda item: "" if chat is None else self._sender(chat, item),
        )

    def _sender(self, chat: Chat, item: Item) -> str:
        """Name of who wrote a message that came in; a direct chat shows none."""
        if chat.kind != "group":
            return ""
        return item.author or self._network.name_of_other(chat, self._handset)

    def _items(self, chat: str | None) -> Sequence[Item]:
        return self._network.view(self._handset, chat) if chat else ()

    def _end_of(self, chat: str) -> int:
        items = self._items(chat)
        return items[-1].place + 1 if items else 0

    def _count_unread(self, chat: str) -> int:
        start = self._read.get(chat, 0)
        return sum(
            item.place >= start and not (item.is_own or item.is_event) for item in self._items(chat)
        )

    def _kind(self) -> str:
        chat = self._network.chats.get(self._chat or "")
        return "direct" if chat is None else chat.kind

    def _title(self) -> str:
        if self._chat is None or self._chat == DECOY:
            return self.skin.words(self.language).decoy
        return self._network.chats[self._chat].title(self._handset)
