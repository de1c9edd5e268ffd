"""What an app has to show, whatever it looks like: the state that a skin draws."""

from dataclasses import dataclass
from enum import StrEnum

from drivers.embedded.network import Item


class Place(StrEnum):
    """The screens of an app."""

    LIST = "list"  # of chats
    SEARCH = "search"
    CHAT = "chat"
    LOGIN = "login"
    HOME = "home"  # the app is in the background


class Popup(StrEnum):
    """What can come up over a screen."""

    SYSTEM = "system"  # a dialog of Android: an update is ready
    PERMISSION = "permission"  # Android asks whether the app may do something
    UPDATE = "update"  # the app offers a newer version of itself
    NOTIFICATIONS = "notifications"  # the app asks to be allowed to notify


class RowKind(StrEnum):
    """The rows of a conversation."""

    MESSAGE = "message"
    EVENT = "event"  # the app says that something happened in the chat
    DATE = "date"
    UNREAD = "unread"  # above the first message that was not read yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of a conversation.

    Attributes:
        kind: What it is.
        item: The message or event; ``None`` for others.
        day: For a date: which day of the conversation, counted from 0.
        is_folded: Whether only the beginning of the text is shown.
        sender: Name of who wrote it, where a group shows one.
    """

    kind: RowKind
    item: Item | None = None
    day: int = 0
    is_folded: bool = False
    sender: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenRow:
    """A row that is in sight, at least in part.

    Attributes:
        row: The row.
        top: Its upper edge, which may lie above the list.
        bottom: Its lower edge, which may lie below the list.
    """

    row: Row
    top: int
    bottom: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatLine:
    """A chat in the list of chats.

    Attributes:
        id: Its id.
        title: Its title.
        preview: Text of its newest message; empty if there is none.
        unread: How many messages were not read yet.
    """

    id: str
    title: str
    preview: str = ""
    unread: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything a skin needs to know to draw a screen.

    Attributes:
        place: Which screen.
        language: UI language.
        popup: What lies over it.
        title: Title of the open chat.
        is_group: Whether it is a group.
        draft: What was typed.
        can_send: Whether there is a button to send it.
        hides_texts: Whether texts of messages are kept from the tree.
        chats: For a list, or what was found: the chats.
        rows: For a chat: the rows in sight, top to bottom.
    """

    place: Place
    language: str
    popup: Popup | None = None
    title: str = ""
    is_group: bool = False
    draft: str = ""
    can_send: bool = True
    hides_texts: bool = False
    chats: tuple[ChatLine, ...] = ()
    rows: tuple[SeenRow, ...] = ()
