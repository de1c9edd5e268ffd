"""An app's chat screen as its profile describes it, read from one snapshot."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from lxml import etree

from drivers.profile import Alternatives, Profile
from drivers.row import read_row
from drivers.screen import Bounds, Node, Screen

_ROWS_OF_A_FRESH_CHAT = 2  # in which the app says that one may begin


class Mark(StrEnum):
    """The delivery mark at one of our bubbles."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    UNMARKED = "unmarked"
    """It has none, nor a text that could be read: all there is to see is that it was drawn."""


class NoticeKind(StrEnum):
    """What the app said in place of, or beside, sending."""

    CONTENT_REJECTED = "content_rejected"
    RATE_LIMITED = "rate_limited"
    ACCOUNT_RESTRICTED = "account_restricted"
    RECIPIENT_REFUSED = "recipient_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """A message on the screen.

    Attributes:
        text: Its exact text.
        is_own: Whether this handset sent it; ``None`` where the screen does not tell. Such a one is
            neither an arrival nor a message of ours.
        mark: Its delivery mark; ``None`` where none is shown.
        notice: What the app said right below it; ``None`` if nothing.
        id: What names it for good; ``None`` where nothing does.
        node: The node of its text, on the screen that showed it. It is the same message wherever
            it has moved to.
        row: Its row, likewise.
        more: What unfolds its text, of which `text` is then but the beginning; ``None`` where
            `text` is all of it.
    """

    text: str
    is_own: bool | None
    mark: Mark | None = None
    notice: NoticeKind | None = None
    id: str | None = None
    node: Node | None = field(default=None, compare=False)
    row: Node | None = field(default=None, compare=False)
    more: Node | None = field(default=None, compare=False)

    def is_same(self, other: "Bubble | None") -> bool:
        """Whether it is the message that another snapshot showed, as far as that can be told.

        Where messages have no ids, two that read alike are told apart by nothing.
        """
        if other is None:
            return False
        if self.id is not None and other.id is not None:
            return self.id == other.id
        return self == other

    @property
    def is_whole(self) -> bool:
        """Whether all of its text is shown."""
        return self.more is None

    @property
    def bounds(self) -> Bounds | None:
        """Where its text is; ``None`` where the screen does not say."""
        return None if self.node is None else self.node.bounds

    @property
    def is_first(self) -> bool:
        """Whether it lies at the upper edge of the conversation.

        A part of it may then be out of sight.
        """
        parent = None if self.row is None else self.row.element.getparent()
        around = None if parent is None else Node(parent).bounds
        own = None if self.row is None else self.row.bounds
        return own is not None and around is not None and own.top <= around.top


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatView:
    """What one snapshot shows of a chat.

    Attributes:
        title: Title of the open chat; ``None`` where no chat is open.
        input_text: Text in the input field; empty while it shows its hint; ``None`` without one.
        bubbles: The visible messages, oldest first.
        rows: How many rows the conversation shows, those without a text too.
    """

    title: str | None
    input_text: str | None
    bubbles: tuple[Bubble, ...]
    rows: int = 0

    @property
    def hides_texts(self) -> bool:
        """Whether messages are there and none has a text, as if it were kept from us."""
        if any(bubble.text for bubble in self.bubbles):
            return False
        return bool(self.bubbles) or self.rows > _ROWS_OF_A_FRESH_CHAT

    @property
    def incoming(self) -> tuple[str, ...]:
        """Texts of the visible messages that others sent, oldest first."""
        return tuple(bubble.text for bubble in self.bubbles if bubble.is_own is False)

    @property
    def is_unsure(self) -> bool:
        """Whether there is a message of which it cannot be told whose it is."""
        return any(bubble.is_own is None for bubble in self.bubbles)

    @property
    def last_own(self) -> Bubble | None:
        """The newest visible message of ours."""
        return next((bubble for bubble in reversed(self.bubbles) if bubble.is_own), None)


def read_chat(screen: Screen, profile: Profile) -> ChatView:
    """Read a chat screen; a screen that shows no chat gives an empty view, never an error."""
    rows = tuple(screen.all(profile.screens.row))
    bubbles = tuple(_bubbles(screen, rows, profile))
    return replace(read_draft(screen, profile), bubbles=bubbles, rows=len(rows))


def read_end(screen: Screen, profile: Profile) -> ChatView:
    """Read a chat screen from our newest message on: all that a sender wants to know of it."""
    if screen.first(profile.screens.notice) is not None:
        return read_chat(screen, profile)  # whose notice it is shows in what stands above it
    rows = tuple(screen.all(profile.screens.row))
    middle = screen.width / 2
    bubbles: list[Bubble] = []
    for row in reversed(rows):
        bubble = _bubble(row, profile, middle)
        if bubble is None:
            continue
        if not bubble.text:
            return read_chat(screen, profile)  # without texts, all there is shows what has moved
        bubbles.append(bubble)
        if bubble.is_own:
            break
    newest = tuple(reversed(bubbles))
    return replace(read_draft(screen, profile), bubbles=newest, rows=len(rows))


def read_draft(screen: Screen, profile: Profile) -> ChatView:
    """Read only which chat is open and what is in its input field: most of a screen is bubbles."""
    title = screen.first(profile.screens.title)
    field = screen.first(profile.screens.input)
    return ChatView(
        title=None if title is None else _title(title, profile),
        input_text=None if field is None else "" if field.shows_hint else field.text,
        bubbles=(),
    )


def chat_name(row: Node, profile: Profile) -> str | None:
    """Name of the chat that a row of the list of chats stands for; ``None`` where it has none."""
    return _name_in(row, profile.screens.chat_name, profile)


def find_searched(screen: Screen, profile: Profile, title: str) -> Node | None:
    """Look for a chat among what the app's search has found: its row; ``None`` if not there."""
    screens = profile.screens
    for row in screen.all(screens.search_row or screens.chat_row):
        if title == _name_in(row, screens.search_name or screens.chat_name, profile):
            return row
    return None


def find_chat(screen: Screen, profile: Profile, title: str) -> tuple[Node | None, tuple[str, ...]]:
    """Look for a chat in a list of chats.

    Returns:
        Its row, ``None`` where it is not in sight; and the names of all that are.
    """
    rows = tuple(screen.all(profile.screens.chat_row))
    names = tuple(chat_name(row, profile) for row in rows)
    row = rows[names.index(title)] if title in names else None
    return row, tuple(name for name in names if name is not None)


def _name_in(row: Node, alternatives: Alternatives, profile: Profile) -> str | None:
    node = row.first(alternatives)
    return None if node is None else _named(node.text or node.description, profile.name_pattern)


def _title(node: Node, profile: Profile) -> str:
    return _named(node.text or node.description, profile.title_pattern)


def _named(text: str, pattern: re.Pattern[str] | None) -> str:
    """The name in a text that may say more than that."""
    parts = None if pattern is None else pattern.fullmatch(text)
    return text if parts is None else parts["name"] or ""


def _bubbles(screen: Screen, rows: tuple[Node, ...], profile: Profile) -> Iterator[Bubble]:
    middle = screen.width / 2
    notices = {
        node.element: kind
        for node in screen.all(profile.screens.notice)
        if (kind := _notice_kind(node.text, profile)) is not None
    }
    if not notices:
        yield from (bubble for row in rows if (bubble := _bubble(row, profile, middle)) is not None)
        return
    last: Bubble | None = None
    row_of = {row.element: row for row in rows}
    written: set[etree._Element] = set()  # by people, who may write what looks like a notice
    for element in screen.root.iter():
        if element in notices and element not in written and last is not None:
            last = replace(last, notice=notices[element])
        elif element in row_of:
            bubble = _bubble(row_of[element], profile, middle)
            if bubble is None or bubble.node is None:
                continue
            if bubble.node.element in notices and bubble.is_own is None:
                continue  # the app speaks in a row of its own, which is nobody's
            written.add(bubble.node.element)
            if last is not None:
                yield last
            last = bubble
    if last is not None:
        yield last


def _bubble(row: Node, profile: Profile, middle: float) -> Bubble | None:
    content = read_row(row, profile, 2 * middle)
    if content is None:
        return None
    return Bubble(
        text=content.text,
        is_own=content.is_own,
        mark=None if content.mark is None else Mark(content.mark),
        id=row.element.get(profile.message_id) if profile.message_id else None,
        node=content.node,
        row=row,
        more=content.more,
    )


def _notice_kind(text: str, profile: Profile) -> NoticeKind | None:
    return next((NoticeKind(kind) for part, kind in profile.notices.items() if part in text), None)
