"""An app's chat screen as its profile describes it, read from one snapshot."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from drivers.profile import Ownership, Profile
from drivers.screen import Node, Screen


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
    """

    text: str
    is_own: bool
    mark: Mark | None = None
    notice: NoticeKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatView:
    """What one snapshot shows of a chat.

    Attributes:
        title: Title of the open chat; ``None`` where no chat is open.
        input_text: Text in the input field; empty while it shows its hint; ``None`` without one.
        bubbles: The visible messages, oldest first.
    """

    title: str | None
    input_text: str | None
    bubbles: tuple[Bubble, ...]

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
    title = screen.first(profile.screens.title)
    field = screen.first(profile.screens.input)
    return ChatView(
        title=None if title is None else title.text or title.description,
        input_text=None if field is None else "" if field.shows_hint else field.text,
        bubbles=tuple(_bubbles(screen, profile)),
    )


def _bubbles(screen: Screen, profile: Profile) -> Iterator[Bubble]:
    notices = {
        node.element: kind
        for node in screen.all(profile.screens.notice)
        if (kind := _notice_kind(node.text, profile)) is not None
    }
    middle = screen.width / 2
    last: Bubble | None = None
    rows = {node.element: node for node in screen.all(profile.screens.row)}
    for element in screen.root.iter():
        if element in notices and last is not None:
            last = Bubble(
                text=last.text, is_own=last.is_own, mark=last.mark, notice=notices[element]
            )
        elif element in rows:
            bubble = _bubble(rows[element], profile, middle)
            if bubble is not None:
                if last is not None:
                    yield last
                last = bubble
    if last is not None:
        yield last


def _bubble(row: Node, profile: Profile, middle: float) -> Bubble | None:
    text = row.first(profile.screens.text)
    if text is None:
        return None
    mark = row.first(profile.screens.state)
    return Bubble(
        text=text.text, is_own=_is_own(row, text, profile, middle), mark=_mark(mark, profile)
    )


def _is_own(row: Node, text: Node, profile: Profile, middle: float) -> bool:
    if profile.ownership is Ownership.GEOMETRY:
        bounds = text.bounds
        return bounds is not None and bounds.middle_x > middle
    has = row.first(profile.screens.own) is not None
    return has if profile.ownership is Ownership.HAS else not has


def _mark(node: Node | None, profile: Profile) -> Mark | None:
    if node is None:
        return None
    meaning = profile.marks.get(node.description) or profile.marks.get(node.text)
    return None if meaning is None else Mark(meaning)


def _notice_kind(text: str, profile: Profile) -> NoticeKind | None:
    return next((NoticeKind(kind) for part, kind in profile.notices.items() if part in text), None)
