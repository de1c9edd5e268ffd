"""Telegram: it draws its messages itself, and tells a screen reader all of one in a single text.

Sources: Telegram's own source (ChatMessageCell, ChatActionCell, ChatUnreadCell,
ChatAvatarContainer) and ``values*/strings.xml``; selectors of 12.0.1 in
NetherlandsForensicInstitute/puma. No node of it has an id. In a group, the name of who wrote stands
above the body, in the same text.
"""

from dataclasses import replace
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH, Box, Canvas, Role, Target
from drivers.embedded.network import Item
from drivers.embedded.scene import ChatLine, Row, RowKind
from drivers.embedded.skins.messenger import (
    FRAME,
    GROUP,
    IMAGE,
    IMAGE_BUTTON,
    RECYCLER,
    TEXT,
    VIEW,
    Divider,
    Messenger,
    Parts,
    Pen,
    draw_bar,
    draw_empty_list,
    inside,
)
from drivers.embedded.skins.phrases import ENGLISH, GERMAN
from drivers.embedded.skins.skin import Dialog, Page, Words, clock

WORDS: Final = {
    "en": replace(ENGLISH, back="Go back", failed="Sending error"),
    "de": replace(GERMAN, failed="Sendefehler"),
}
"""What it says, by UI language."""

_LINES: Final = {
    "en": ("Sent at {clock}, {seen}", "Received at {clock}", "Seen", "Not seen"),
    "de": ("Gesendet um {clock}, {seen}", "Empfangen um {clock}", "Gesehen", "Noch nicht gesehen"),
}
"""What stands below a message: ours, theirs, and whether ours was seen."""

_SEEN_RECENTLY: Final = {"en": "last seen recently", "de": "zuletzt kürzlich gesehen"}


class Telegram(Messenger):
    """Telegram."""

    title = "Telegram"
    package = "org.telegram.messenger"
    activity = "org.telegram.ui.LaunchActivity"
    chat_activity = activity
    version = "12.2.10"
    version_code = 62920
    languages = tuple(WORDS)
    has_quotes = False
    has_previews = False

    def words(self, language: str) -> Words:
        """What it says in a language."""
        return WORDS[language]

    def draw_dialog(self, dialog: Dialog, canvas: Canvas) -> None:
        """Draw a dialog of its own, without ids; a tap beside it or *back* closes it."""
        panel = canvas.node(canvas.root, FRAME, box=(70, 900, 1010, 1480))
        canvas.node(panel, TEXT, text=dialog.title, box=(120, 940, 960, 1040))
        canvas.node(panel, TEXT, text=dialog.text, box=(120, 1050, 960, 1300))
        canvas.button(
            panel, TEXT, text=dialog.dismiss, box=(420, 1330, 680, 1450), target=Target("dismiss")
        )
        canvas.button(
            panel, TEXT, text=dialog.accept, box=(700, 1330, 980, 1450), target=Target("leave")
        )

    def draw_home_bar(self, page: Page) -> None:
        """Draw the title and the search."""
        bar = draw_bar(page, class_name=FRAME)
        page.canvas.node(bar, TEXT, text=self.title, box=(160, 110, 500, 210))
        page.canvas.button(
            bar,
            IMAGE_BUTTON,
            description=page.words.search,
            box=(920, 80, 1060, 240),
            target=Target("search"),
        )

    def draw_search_bar(self, page: Page) -> None:
        """Draw the field of the search."""
        bar = draw_bar(page, class_name=FRAME)
        self.draw_search_field(page, bar, "", (140, 100, 1040, 220))

    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the list of chats."""
        return draw_empty_list(page, RECYCLER)

    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat: one view, whose text says everything."""
        said = f"{line.title}, "
        if line.unread:
            said += f"{line.unread} unread. "
        page.canvas.button(
            chats, GROUP, text=said + line.preview, box=box, target=Target("chat", line.id)
        )

    def draw_title(self, page: Page) -> None:
        """Draw the title, and when the other side was there."""
        bar = draw_bar(page, class_name=FRAME)
        page.canvas.button(
            bar, IMAGE, description=page.words.back, box=(0, 80, 140, 240), target=Target("back")
        )
        status = _SEEN_RECENTLY[page.scene.language]
        head = page.canvas.node(
            bar, FRAME, description=f"{page.scene.title}\n{status}", box=(160, 80, 860, 240)
        )
        page.canvas.node(head, TEXT, text=page.scene.title, box=(260, 100, 860, 160))
        page.canvas.node(head, TEXT, text=status, box=(260, 165, 860, 220), role=Role.GREY)

    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the list of messages."""
        return draw_empty_list(page, RECYCLER, bottom=self.list_bottom)

    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw a message: one view, as wide as the screen, with all that is said of it."""
        item = row.item
        if item is None:
            return
        sender = f"{row.sender}\n" if row.sender else ""
        pen.node(
            rows,
            GROUP,
            text=f"{sender}{item.text}\n{self._below(item, pen.page)}\n",
            box=at.row,
            target=Target("message", str(item.id)),
            is_hidden=pen.page.scene.hides_texts,
        )

    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw a date or an event, which are views of the same kind, or the unread divider."""
        if what.kind is RowKind.UNREAD:
            row = pen.node(rows, FRAME, box=what.box)
            pen.node(row, TEXT, text=what.text, box=inside(what.box, 200, 10, 880, 70))
        else:
            pen.node(rows, GROUP, text=what.text, box=what.box, role=Role.GREY)

    def draw_composer(self, page: Page) -> None:
        """Draw the field, and the button, which is there only while something is typed."""
        top = self.list_bottom
        box = page.canvas.node(page.window, FRAME, box=(0, top, WIDTH, HEIGHT), role=Role.BAR)
        self.draw_field(page, box, "", (120, top + 30, 860, HEIGHT - 30))
        if page.scene.draft and page.scene.can_send:
            page.canvas.button(
                box,
                VIEW,
                description=page.words.send,
                box=(900, top + 30, 1060, HEIGHT - 30),
                target=Target("send"),
            )

    def _below(self, item: Item, page: Page) -> str:
        sent, received, seen, unseen = _LINES[page.scene.language]
        if not item.is_own:
            return received.format(clock=clock(item))
        if item.has_failed:
            return page.words.failed
        return sent.format(clock=clock(item), seen=unseen if item.place % 2 else seen)
