"""LINE: it counts readers beside own messages, and names others in what describes their picture.

Sources: recorded screen dumps of 2026-09, Chinese interface (SanHsien's LineExtractor), for ids;
own rows hold ``chat_ui_linear_layout_meta_data``, others ``chat_ui_row_layout_metadata`` and, the
first of several in a row, ``chat_ui_row_thumbnail``. The notice of a refusal is of 2013 and 2014
(Citizen Lab, Asia Chats), and known in English alone.
"""

from dataclasses import replace
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH, Box, Role, Target
from drivers.embedded.network import Item, Says
from drivers.embedded.scene import ChatLine, Row
from drivers.embedded.skins.messenger import (
    IMAGE,
    IMAGE_BUTTON,
    LINEAR,
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
from drivers.embedded.skins.phrases import ENGLISH, TRADITIONAL_CHINESE
from drivers.embedded.skins.skin import Page, Words, clock, link_in

_REFUSED: Final = "This message contains forbidden words and cannot be sent."

WORDS: Final = {
    "en": replace(ENGLISH, sent="Read", says={Says.CONTENT_REJECTED: _REFUSED}),
    "zh-Hant": replace(TRADITIONAL_CHINESE, sent="已讀", says={Says.CONTENT_REJECTED: _REFUSED}),
}
"""What it says, by UI language."""

_PICTURES: Final = {"en": "{name}'s profile photo", "zh-Hant": "{name}的個人圖片"}
_RUN: Final = 3
"""After how many messages of others the picture is shown again."""


class Line(Messenger):
    """LINE."""

    title = "LINE"
    package = "jp.naver.line.android"
    activity = ".activity.SplashActivity"
    chat_activity = ".activity.chathistory.ChatHistoryActivity"
    version = "15.14.0"
    version_code = 151400
    languages = tuple(WORDS)
    margins = (140, 40)
    fold_at = 500
    has_footer = False
    has_more_button = True

    def words(self, language: str) -> Words:
        """What it says in a language."""
        return WORDS[language]

    def draw_home_bar(self, page: Page) -> None:
        """Draw the title and the search."""
        bar = draw_bar(page)
        page.canvas.node(bar, TEXT, "header_title", text="Chats", box=(60, 110, 500, 210))
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
        self.draw_search_field(page, bar, "", (140, 100, 1040, 220))

    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the list of chats."""
        return draw_empty_list(page, RECYCLER, "chat_list_recycler_view")

    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat."""
        row = page.canvas.button(chats, RELATIVE, box=box, target=Target("chat", line.id))
        page.canvas.node(row, TEXT, "name", text=line.title, box=inside(box, 200, 30, 800, 100))
        page.canvas.node(row, TEXT, text=line.preview, box=inside(box, 200, 105, 960, 165))
        if line.unread:
            page.canvas.node(row, TEXT, text=str(line.unread), box=inside(box, 970, 60, 1030, 120))

    def draw_title(self, page: Page) -> None:
        """Draw the name of the chat."""
        bar = draw_bar(page)
        page.canvas.button(
            bar,
            IMAGE_BUTTON,
            description=page.words.back,
            box=(0, 80, 140, 240),
            target=Target("back"),
        )
        page.canvas.node(bar, TEXT, "header_title", text=page.scene.title, box=(160, 110, 800, 210))

    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the list of messages."""
        return draw_empty_list(page, RECYCLER, "chathistory_message_list", self.list_bottom)

    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw a message: time and readers stand beside the bubble, at its lower edge."""
        item = row.item
        if item is None:
            return
        box = (at.row[0], at.row[1], at.row[2], at.notice[1] if at.notice else at.row[3])
        node = pen.node(rows, RELATIVE, "chat_ui_row_contentview_container", box=box)
        if not item.is_own and item.place % _RUN == 0:
            name = row.sender or pen.page.scene.title
            said = _PICTURES[pen.page.scene.language].format(name=name)
            pen.node(node, IMAGE, "chat_ui_row_thumbnail", description=said, box=at.avatar)
        pen.node(node, TEXT, text=row.sender, box=at.sender, role=Role.GREY)
        pen.node(node, TEXT, text=item.quote, box=at.quote, role=Role.GREY)
        self.draw_body(pen, node, row, at, "chat_ui_message_text")
        more = Target("unfold", str(item.id))
        pen.node(node, TEXT, text=pen.page.words.more, box=at.more, target=more)
        pen.node(node, TEXT, text=f"{link_in(item.text)}", box=at.preview, role=Role.GREY)
        self._draw_beside(pen, node, item, at)
        if item.says in pen.page.words.says:
            text = pen.page.words.says[item.says] if item.says else ""
            pen.node(rows, TEXT, text=text, box=at.notice, role=Role.GREY)

    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw a date or an event."""
        row = pen.node(rows, LINEAR, box=what.box)
        inner = inside(what.box, 200, 10, 880, 70)
        pen.node(row, TEXT, text=what.text, box=inner, role=Role.GREY)

    def draw_composer(self, page: Page) -> None:
        """Draw the field, and the button, which is there only while something is typed."""
        top = self.list_bottom
        box = page.canvas.node(page.window, LINEAR, box=(0, top, WIDTH, HEIGHT), role=Role.BAR)
        self.draw_field(page, box, "chat_ui_message_edit", (240, top + 30, 860, HEIGHT - 30))
        if page.scene.draft and page.scene.can_send:
            page.canvas.button(
                box,
                IMAGE,
                "chat_ui_send_button_image",
                description=page.words.send,
                box=(900, top + 30, 1060, HEIGHT - 30),
                target=Target("send"),
            )

    def _draw_beside(self, pen: Pen, node: etree._Element | None, item: Item, at: Parts) -> None:
        left, _, right, bottom = at.bubble
        name, start = "chat_ui_row_layout_metadata", right + 10
        if item.is_own:
            name, start = "chat_ui_linear_layout_meta_data", left - 110
        beside = (start, bottom - 80, start + 100, bottom)
        meta = pen.node(node, LINEAR, name, box=beside)
        if item.is_own and not item.has_failed:
            count = inside(beside, 0, 0, 100, 40)
            said = pen.page.words.sent
            pen.node(meta, TEXT, "chat_ui_row_read_count", text=said, box=count, role=Role.GREY)
        when = inside(beside, 0, 40, 100, 80)
        pen.node(meta, TEXT, "chat_ui_row_timestamp", text=clock(item), box=when, role=Role.GREY)
