"""An app's chat screen as its profile describes it, read from one snapshot."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from drivers.profile import Ownership, Profile
from drivers.screen import Bounds, Node, Screen

_ROWS_OF_A_FRESH_CHAT = 2  # in which the app says that one may begin


class Mark(StrEnum):
    """The delivery mark at one of our bubbles."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"


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
        is_own: Whether this handset sent it.
        mark: Its delivery mark; ``None`` where none is shown.
        notice: What the app said right below it; ``None`` if nothing.
        node: The node of its text, on the screen that showed it. It is the same message wherever
            it has moved to.
        row: Its row, likewise.
    """

    text: str
    is_own: bool
    mark: Mark | None = None
    notice: NoticeKind | None = None
    node: Node | None = field(default=None, compare=False)
    row: Node | None = field(default=None, compare=False)

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
        return tuple(bubble.text for bubble in self.bubbles if not bubble.is_own)

    @property
    def last_own(self) -> Bubble | None:
        """The newest visible message of ours."""
        return next((bubble for bubble in reversed(self.bubbles) if bubble.is_own), None)


def read_chat(screen: Screen, profile: Profile) -> ChatView:
    """Read a chat screen; a screen that shows no chat gives an empty view, never an error."""
    rows = tuple(screen.all(profile.screens.row))
    bubbles = tuple(_bubbles(screen, rows, profile))
    return replace(read_draft(screen, profile), bubbles=bubbles, rows=len(rows))


def read_draft(screen: Screen, profile: Profile) -> ChatView:
    """Read only which chat is open and what is in its input field: most of a screen is bubbles."""
    title = screen.first(profile.screens.title)
    field = screen.first(profile.screens.input)
    return ChatView(
        title=None if title is None else title.text or title.description,
        input_text=None if field is None else "" if field.shows_hint else field.text,
        bubbles=(),
    )


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
    for element in screen.root.iter():
        if element in notices and last is not None:
            last = replace(last, notice=notices[element])
        elif element in row_of:
            bubble = _bubble(row_of[element], profile, middle)
            if bubble is not None:
                if last is not None:
                    yield last
                last = bubble
    if last is not None:
        yield last


def _bubble(row: Node, profile: Profile, middle: float) -> Bubble | None:
    screens = profile.screens
    text = row.first(screens.text)
    if text is None:
        return None
    mark = row.first(screens.state)
    if profile.ownership is Ownership.GEOMETRY:
        bounds = text.bounds
        is_own = bounds is not None and bounds.middle_x > middle
    else:
        # Many apps tell own rows by the delivery mark, which need not be looked for twice.
        own = mark if screens.own == screens.state else row.first(screens.own)
        is_own = (own is not None) is (profile.ownership is Ownership.HAS)
    return Bubble(text=text.text, is_own=is_own, mark=_mark(mark, profile), node=text, row=row)


def _mark(node: Node | None, profile: Profile) -> Mark | None:
    if node is None:
        return None
    meaning = profile.marks.get(node.description) or profile.marks.get(node.text)
    return None if meaning is None else Mark(meaning)


def _notice_kind(text: str, profile: Profile) -> NoticeKind | None:
    return next((NoticeKind(kind) for part, kind in profile.notices.items() if part in text), None)
