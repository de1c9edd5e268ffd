"""What the screens of messaging apps have in common, so that a skin says only what is its own.

A list of chats with previews, a search, a conversation that is cut off at the edges of its list:
what lies outside is not in the tree, be it a whole row, or the text or the mark of a row in part.
"""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, LINE_PX, WIDTH, Box, Role, Target, clipped
from drivers.embedded.network import Item
from drivers.embedded.scene import ChatLine, Row, RowKind
from drivers.embedded.skins.skin import (
    Page,
    Skin,
    bubble_width,
    day_name,
    event_text,
    line_count,
    link_in,
)

TEXT: Final = "android.widget.TextView"
IMAGE: Final = "android.widget.ImageView"
IMAGE_BUTTON: Final = "android.widget.ImageButton"
FIELD: Final = "android.widget.EditText"
BUTTON: Final = "android.widget.Button"
GROUP: Final = "android.view.ViewGroup"
VIEW: Final = "android.view.View"
FRAME: Final = "android.widget.FrameLayout"
LINEAR: Final = "android.widget.LinearLayout"
RELATIVE: Final = "android.widget.RelativeLayout"
LIST: Final = "android.widget.ListView"
RECYCLER: Final = "androidx.recyclerview.widget.RecyclerView"

CHAT_ROW_PX: Final = 200
"""Height of a chat in a list."""

_DIVIDER_PX, _GAP_PX, _PADDING_PX = 80, 12, 24
_SENDER_PX, _QUOTE_PX, _MORE_PX, _PREVIEW_PX, _FOOTER_PX, _NOTICE_PX = 44, 84, 56, 150, 44, 64
_AVATAR_PX = 80
_NOTICE_MARGIN_PX: Final = 140
_WIDEST: Final = 30 * "x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Where the parts of a message's row are, top to bottom; ``None`` for those it lacks.

    Attributes:
        row: All of it.
        avatar: Picture of who wrote, beside the bubble.
        bubble: The bubble.
        sender: Name of who wrote.
        quote: What it answers.
        body: The text.
        more: What opens the rest of the text.
        preview: The preview of a link.
        footer: Time and mark.
        notice: What the app says below it.
    """

    row: Box
    avatar: Box
    bubble: Box
    sender: Box | None
    quote: Box | None
    body: Box
    more: Box | None
    preview: Box | None
    footer: Box
    notice: Box | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Divider:
    """A row that is no message.

    Attributes:
        kind: What it is; ``None`` for what an empty chat shows.
        text: What it says.
        box: Where it is.
    """

    kind: RowKind | None
    text: str
    box: Box


class Pen:
    """Draws the conversation: of each node what lies in the list, and no node that does not."""

    def __init__(self, page: Page, area: Box) -> None:
        """Draw on a page.

        Args:
            page: The page.
            area: The list's box.
        """
        self.page = page
        self._area = area

    def node(
        self,
        parent: etree._Element | None,
        class_name: str,
        name: str = "",
        *,
        text: str = "",
        description: str = "",
        box: Box | None,
        target: Target | None = None,
        role: Role | None = None,
        is_hidden: bool = False,
    ) -> etree._Element | None:
        """Add what is in sight of a node; ``None`` if nothing is. Arguments as for a canvas."""
        seen = None if box is None else clipped(box, self._area)
        if parent is None or seen is None:
            return None
        node = self.page.canvas.node(
            parent,
            class_name,
            name,
            text=text,
            description=description,
            box=seen,
            target=target,
            role=role,
            is_hidden=is_hidden,
        )
        if target is not None and target.what != "message":
            node.set("clickable", "true")
        return node


class Messenger(Skin):
    """An app whose screens are laid out as most are."""

    has_footer: bool = True
    """Whether time or mark have a line of their own below the text."""
    has_previews: bool = True
    """Whether it shows a preview of a link below the text."""
    has_quotes: bool = True
    """Whether a message shows what it answers apart from its text."""
    margins: tuple[int, int] = (40, 40)
    """From the left edge to bubbles of others, from our own to the right edge, in pixels."""
    has_more_button: bool = False
    """Whether a folded text is opened by a button; otherwise by the end of the text itself."""

    @abstractmethod
    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw the row of a message."""

    @abstractmethod
    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw a row that is no message: a date, an event, the unread divider."""

    @abstractmethod
    def draw_title(self, page: Page) -> None:
        """Draw what stands above the open chat."""

    @abstractmethod
    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the empty list of messages."""

    @abstractmethod
    def draw_composer(self, page: Page) -> None:
        """Draw the field and the button."""

    @abstractmethod
    def draw_home_bar(self, page: Page) -> None:
        """Draw what stands above the list of chats."""

    @abstractmethod
    def draw_search_bar(self, page: Page) -> None:
        """Draw the field of the search."""

    @abstractmethod
    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the empty list of chats."""

    @abstractmethod
    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat in a list."""

    def height(self, row: Row) -> int:
        """Height of a row, in pixels."""
        if row.kind is not RowKind.MESSAGE or row.item is None:
            return _DIVIDER_PX
        return self._lay_out(row, row.item, 0).row[3]

    def draw_list(self, page: Page) -> None:
        """Draw the list of chats."""
        self.draw_home_bar(page)
        self._draw_lines(page)

    def draw_search(self, page: Page) -> None:
        """Draw the search and what it found."""
        self.draw_search_bar(page)
        self._draw_lines(page)

    def draw_login(self, page: Page) -> None:
        """Draw the log-in screen: a button that says so."""
        page.canvas.node(page.window, TEXT, text=self.title, box=(90, 400, 990, 500))
        page.canvas.node(
            page.window, BUTTON, text=page.words.login, box=(90, 1000, 990, 1200), clickable="true"
        )

    def draw_chat(self, page: Page) -> None:
        """Draw the open chat."""
        self.draw_title(page)
        rows = self.draw_rows(page)
        pen = Pen(page, (0, self.list_top, WIDTH, self.list_bottom))
        for seen in page.scene.rows:
            item = seen.row.item
            if seen.row.kind is RowKind.MESSAGE and item is not None:
                at = self._lay_out(seen.row, item, seen.top)
                self.draw_message(pen, rows, seen.row, at)
            else:
                what = Divider(
                    kind=seen.row.kind,
                    text=_divider_text(page, seen.row),
                    box=(0, seen.top, WIDTH, seen.bottom),
                )
                self.draw_divider(pen, rows, what)
        if not page.scene.rows:
            box = (0, self.list_bottom - 400, WIDTH, self.list_bottom - 300)
            self.draw_divider(pen, rows, Divider(kind=None, text=page.words.empty, box=box))
        self.draw_composer(page)

    def draw_body(
        self, pen: Pen, parent: etree._Element | None, row: Row, at: Parts, name: str
    ) -> None:
        """Draw the text of a message in a node of its own; a folded one opens on a tap."""
        item = row.item
        if item is None:
            return
        text, opens = self.shown(row), row.is_folded and not self.has_more_button
        if row.is_folded:
            text += "…" if self.has_more_button else f"… {pen.page.words.more}"
        pen.node(
            parent,
            TEXT,
            name,
            text=text,
            box=at.body,
            target=Target("unfold" if opens else "message", str(item.id)),
            is_hidden=pen.page.scene.hides_texts,
        )

    def draw_field(self, page: Page, parent: etree._Element, name: str, box: Box) -> None:
        """Draw the field a message is typed into, which shows its hint while it is empty."""
        hint = page.words.hint
        self._draw_field(page, parent, name=name, hint=hint, box=box, what="input")

    def draw_search_field(self, page: Page, parent: etree._Element, name: str, box: Box) -> None:
        """Draw the field of the search."""
        hint = page.words.search
        self._draw_field(page, parent, name=name, hint=hint, box=box, what="search input")

    def _draw_field(
        self, page: Page, parent: etree._Element, *, name: str, hint: str, box: Box, what: str
    ) -> None:
        draft = page.scene.draft
        field = page.canvas.node(
            parent,
            FIELD,
            name,
            text=draft or hint,
            box=box,
            target=Target(what),
            role=Role.FIELD,
            clickable="true",
            focusable="true",
            focused="true",
            hint=hint,
        )
        field.set("showing-hint", "false" if draft else "true")

    def _draw_lines(self, page: Page) -> None:
        chats = self.draw_chats(page)
        for place, line in enumerate(page.scene.chats):
            top = self.list_top + CHAT_ROW_PX * place
            self.draw_line(page, chats, line, (0, top, WIDTH, top + CHAT_ROW_PX))

    def _lay_out(self, row: Row, item: Item, top: int) -> Parts:
        is_wide = item.quote or row.sender or link_in(item.text)
        width = bubble_width(_WIDEST if is_wide else self.shown(row))
        left = WIDTH - self.margins[1] - width if item.is_own else self.margins[0]
        right = left + width
        y = top + _GAP_PX
        boxes: list[Box | None] = []
        lines = LINE_PX * line_count(self.shown(row)) + _PADDING_PX
        for height in (
            _SENDER_PX if row.sender else 0,
            _QUOTE_PX if item.quote and self.has_quotes else 0,
            lines,
            _MORE_PX if row.is_folded and self.has_more_button else 0,
            _PREVIEW_PX if self.has_previews and link_in(item.text) else 0,
            _FOOTER_PX if self.has_footer else 0,
        ):
            boxes.append((left, y, right, y + height) if height else None)
            y += height
        sender, quote, body, more, preview, footer = boxes
        bubble = (left, top + _GAP_PX, right, y)
        notice = None
        if item.says is not None:
            notice = (_NOTICE_MARGIN_PX, y, WIDTH - _NOTICE_MARGIN_PX, y + _NOTICE_PX)
            y += _NOTICE_PX
        at = WIDTH - 20 - _AVATAR_PX if item.is_own else 20
        return Parts(
            row=(0, top, WIDTH, y + _GAP_PX),
            avatar=(at, top + _GAP_PX, at + _AVATAR_PX, top + _GAP_PX + _AVATAR_PX),
            bubble=bubble,
            sender=sender,
            quote=quote,
            body=body or bubble,
            more=more,
            preview=preview,
            footer=footer or (left, body[3] - 1, right, body[3]) if body else bubble,
            notice=notice,
        )


def _divider_text(page: Page, row: Row) -> str:
    if row.item is not None:
        return event_text(row.item, page.words)
    if row.kind is RowKind.UNREAD:
        return page.words.unread
    return day_name(row.day, page.words)


def draw_bar(page: Page, name: str = "", class_name: str = GROUP) -> etree._Element:
    """Draw the bar above a screen."""
    return page.canvas.node(page.window, class_name, name, box=(0, 80, WIDTH, 240), role=Role.BAR)


def draw_empty_list(
    page: Page, class_name: str, name: str = "", bottom: int = HEIGHT
) -> etree._Element:
    """Draw a list below the bar, without its rows."""
    return page.canvas.node(
        page.window, class_name, name, box=(0, 240, WIDTH, bottom), scrollable="true"
    )


def inside(box: Box, left: int, top: int, right: int, bottom: int) -> Box:
    """A box in another one, all sides measured from that one's left and top."""
    return (box[0] + left, box[1] + top, box[0] + right, box[1] + bottom)
