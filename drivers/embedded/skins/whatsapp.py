"""WhatsApp: ids with names, marks on own messages alone.

Sources: recorded screen dumps of 2.26 for the ids and for *Sent*, *Delivered*, *Read*, *Pending*
and 已读. It has no sign for a refusal: such a message stays *Sent*, as one nobody received, and one
of an account that was turned away *Pending*. Of the Chinese marks only that of a read message is
known; the others are drawn without a description. That a long text ends in *Read more* is common
knowledge; at which length is a guess.
"""

from dataclasses import replace
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH, Box, Role, Target
from drivers.embedded.network import Item, Says
from drivers.embedded.scene import ChatLine, Row
from drivers.embedded.skins.messenger import (
    FRAME,
    GROUP,
    IMAGE,
    IMAGE_BUTTON,
    LINEAR,
    LIST,
    RECYCLER,
    RELATIVE,
    TEXT,
    Divider,
    Messenger,
    Parts,
    Pen,
    draw_bar,
    draw_empty_list,
    inside,
)
from drivers.embedded.skins.phrases import ENGLISH, SIMPLIFIED_CHINESE
from drivers.embedded.skins.skin import Page, Words, clock, link_in

WORDS: Final = {
    "en": replace(ENGLISH, failed="Pending", more="Read more"),
    "zh-Hans": replace(SIMPLIFIED_CHINESE, failed="", more="查看更多"),
}
"""What it says, by UI language."""

_MARKS: Final = {"en": ("Sent", "Delivered", "Read"), "zh-Hans": ("", "", "已读")}
"""Marks of messages that were sent, received, and read."""


class WhatsApp(Messenger):
    """WhatsApp."""

    title = "WhatsApp"
    package = "com.whatsapp"
    activity = ".Main"
    chat_activity = ".Conversation"
    version = "2.26.4.71"
    version_code = 262604710
    languages = tuple(WORDS)
    fold_at = 768

    def words(self, language: str) -> Words:
        """What it says in a language."""
        return WORDS[language]

    def draw_home_bar(self, page: Page) -> None:
        """Draw the title and the search."""
        bar = draw_bar(page)
        page.canvas.node(bar, TEXT, text=self.title, box=(60, 110, 500, 210))
        page.canvas.button(
            bar,
            IMAGE_BUTTON,
            description=page.words.search,
            box=(820, 80, 940, 240),
            target=Target("search"),
        )

    def draw_search_bar(self, page: Page) -> None:
        """Draw the field of the search."""
        bar = draw_bar(page)
        self.draw_search_field(page, bar, "search_view_edit_text", (140, 100, 1040, 220))

    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the list of chats."""
        return draw_empty_list(page, RECYCLER)

    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat."""
        row = page.canvas.button(chats, RELATIVE, box=box, target=Target("chat", line.id))
        texts = page.canvas.node(row, LINEAR, box=inside(box, 200, 20, 1040, 180))
        page.canvas.node(
            texts,
            TEXT,
            "conversations_row_contact_name",
            text=line.title,
            box=inside(box, 200, 30, 800, 100),
        )
        page.canvas.node(texts, TEXT, text=line.preview, box=inside(box, 200, 105, 960, 165))
        if line.unread:
            page.canvas.node(
                texts, TEXT, text=str(line.unread), box=inside(box, 970, 60, 1030, 120)
            )

    def draw_title(self, page: Page) -> None:
        """Draw the name of the chat."""
        bar = draw_bar(page)
        page.canvas.button(
            bar,
            LINEAR,
            description=page.words.back,
            box=(0, 80, 140, 240),
            target=Target("back"),
        )
        page.canvas.node(
            bar, TEXT, "conversation_contact_name", text=page.scene.title, box=(180, 110, 800, 170)
        )

    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the list of messages."""
        return draw_empty_list(page, LIST, "android:id/list", self.list_bottom)

    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw a message: name, quote and preview above or below the text, time and mark below."""
        item = row.item
        if item is None:
            return
        node = pen.node(rows, GROUP, box=at.row)
        bubble = pen.node(node, LINEAR, box=at.bubble)
        pen.node(bubble, TEXT, text=row.sender, box=at.sender)
        quote = pen.node(bubble, FRAME, box=at.quote)
        pen.node(quote, TEXT, text=item.quote, box=at.quote, role=Role.GREY)
        self.draw_body(pen, bubble, row, at, "message_text")
        preview = pen.node(bubble, FRAME, box=at.preview)
        pen.node(preview, TEXT, text=f"{link_in(item.text)}", box=at.preview, role=Role.GREY)
        _, top, right, bottom = at.footer
        when = (right - 170, top, right - 70, bottom)
        pen.node(bubble, TEXT, "date", text=clock(item), box=when, role=Role.GREY)
        if item.is_own:
            mark = (right - 60, top, right - 10, bottom)
            said = self._mark(item, pen.page)
            pen.node(bubble, IMAGE, "status", description=said, box=mark, role=Role.TICK)

    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw a date or an event: a child of the same list."""
        row = pen.node(rows, FRAME, box=what.box)
        pen.node(row, TEXT, text=what.text, box=inside(what.box, 200, 10, 880, 70), role=Role.GREY)

    def draw_composer(self, page: Page) -> None:
        """Draw the field, and the button, which records voice while nothing is typed."""
        top = self.list_bottom
        box = page.canvas.node(page.window, LINEAR, box=(0, top, WIDTH, HEIGHT), role=Role.BAR)
        self.draw_field(page, box, "entry", (120, top + 30, 760, HEIGHT - 30))
        if page.scene.draft and page.scene.can_send:
            page.canvas.button(
                box,
                IMAGE_BUTTON,
                "send",
                description=page.words.send,
                box=(920, top + 40, 1060, HEIGHT - 40),
                target=Target("send"),
            )

    def _mark(self, item: Item, page: Page) -> str:
        if item.says in {Says.RATE_LIMITED, Says.ACCOUNT_RESTRICTED}:
            return page.words.failed
        marks = _MARKS[page.scene.language]
        return marks[0 if item.has_failed else item.place % len(marks)]
