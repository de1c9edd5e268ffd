"""Signal: everything has a name; a message that failed has an alert in place of its mark.

Sources: Signal's own source, 7.2.4 (layouts of conversation/v2, DeliveryStatusView, AlertView) and
its ``values*/strings.xml``. Dates and the unread divider are painted between the rows, and are no
nodes. A text of more than 1000 characters is folded; the rest is behind *Read More*, at its end.
"""

from dataclasses import replace
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH, Box, Role, Target
from drivers.embedded.network import Item
from drivers.embedded.scene import ChatLine, Row, RowKind
from drivers.embedded.skins.messenger import (
    FRAME,
    GROUP,
    IMAGE,
    IMAGE_BUTTON,
    LINEAR,
    RECYCLER,
    TEXT,
    Divider,
    Messenger,
    Parts,
    Pen,
    draw_bar,
    draw_empty_list,
    inside,
)
from drivers.embedded.skins.phrases import ENGLISH, GERMAN
from drivers.embedded.skins.skin import Page, Words, clock, link_in

WORDS: Final = {
    "en": replace(ENGLISH, hint="Signal message", failed="Send failed indicator", more="Read More"),
    "de": replace(GERMAN, hint="Signal-Nachricht", more="Weiterlesen"),
}
"""What it says, by UI language."""

_MARKS: Final = {
    "en": ("Sent", "Delivered", "Message read"),
    "de": ("Gesendet", "Zugestellt", "Nachricht gelesen"),
}


class Signal(Messenger):
    """Signal."""

    title = "Signal"
    package = "org.thoughtcrime.securesms"
    activity = ".RoutingActivity"
    chat_activity = ".conversation.v2.ConversationActivity"
    version = "7.2.4"
    version_code = 141200
    languages = tuple(WORDS)
    fold_at = 1000

    def words(self, language: str) -> Words:
        """What it says in a language."""
        return WORDS[language]

    def draw_home_bar(self, page: Page) -> None:
        """Draw the title and the search."""
        bar = draw_bar(page, "toolbar")
        page.canvas.node(bar, TEXT, text=self.title, box=(160, 110, 500, 210))
        page.canvas.button(
            bar,
            IMAGE_BUTTON,
            "menu_search",
            description=page.words.search,
            box=(820, 80, 940, 240),
            target=Target("search"),
        )

    def draw_search_bar(self, page: Page) -> None:
        """Draw the field of the search."""
        bar = draw_bar(page, "search_toolbar")
        self.draw_search_field(page, bar, "search_src_text", (140, 100, 1040, 220))

    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the list of chats."""
        return draw_empty_list(page, RECYCLER, "list")

    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat."""
        row = page.canvas.button(chats, GROUP, box=box, target=Target("chat", line.id))
        for name, text, place in (
            ("conversation_list_item_name", line.title, (200, 30, 800, 100)),
            ("conversation_list_item_summary", line.preview, (200, 105, 960, 165)),
        ):
            page.canvas.node(row, TEXT, name, text=text, box=inside(box, *place))

    def draw_title(self, page: Page) -> None:
        """Draw the title, in a view that holds more."""
        bar = draw_bar(page, "toolbar")
        page.canvas.button(
            bar,
            IMAGE_BUTTON,
            description=page.words.back,
            box=(0, 80, 140, 240),
            target=Target("back"),
        )
        head = page.canvas.node(bar, GROUP, "conversation_title_view", box=(160, 80, 860, 240))
        content = page.canvas.node(head, LINEAR, "content", box=(260, 80, 860, 240))
        page.canvas.node(content, TEXT, "title", text=page.scene.title, box=(260, 110, 860, 170))

    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the list of messages."""
        return draw_empty_list(page, RECYCLER, "conversation_item_recycler", self.list_bottom)

    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw a message."""
        item = row.item
        if item is None:
            return
        node = pen.node(rows, GROUP, box=at.row)
        pen.node(node, TEXT, "group_message_sender", text=row.sender, box=at.sender)
        quote = pen.node(node, LINEAR, "quote_view", box=at.quote)
        pen.node(quote, TEXT, "quote_text", text=item.quote, box=at.quote, role=Role.GREY)
        wrapper = pen.node(node, FRAME, "conversation_item_body_wrapper", box=at.body)
        self.draw_body(pen, wrapper, row, at, "conversation_item_body")
        preview = pen.node(node, LINEAR, "link_preview", box=at.preview)
        link = f"{link_in(item.text)}"
        pen.node(preview, TEXT, "linkpreview_title", text=link, box=at.preview, role=Role.GREY)
        _, top, right, bottom = at.footer
        when = (right - 170, top, right - 70, bottom)
        name = "conversation_item_footer_date"
        pen.node(node, TEXT, name, text=clock(item), box=when, role=Role.GREY)
        if item.is_own:
            self._draw_mark(pen, node, item, (right - 60, top, right - 10, bottom))

    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw an event; a date or divider is only painted."""
        if what.kind in {RowKind.DATE, RowKind.UNREAD}:
            return
        row = pen.node(rows, GROUP, box=what.box)
        inner = inside(what.box, 200, 10, 880, 70)
        pen.node(row, TEXT, "conversation_update_body", text=what.text, box=inner, role=Role.GREY)

    def draw_composer(self, page: Page) -> None:
        """Draw the field, and the button, which is there only while something is typed."""
        top = self.list_bottom
        box = page.canvas.node(
            page.window, LINEAR, "bottom_panel", box=(0, top, WIDTH, HEIGHT), role=Role.BAR
        )
        self.draw_field(page, box, "embedded_text_editor", (120, top + 30, 860, HEIGHT - 30))
        if page.scene.draft and page.scene.can_send:
            page.canvas.button(
                box,
                IMAGE_BUTTON,
                "send_button",
                description=page.words.send,
                box=(900, top + 30, 1060, HEIGHT - 30),
                target=Target("send"),
            )

    def _draw_mark(self, pen: Pen, node: etree._Element | None, item: Item, box: Box) -> None:
        name, said = "conversation_item_alert", pen.page.words.failed
        if not item.has_failed:
            marks = _MARKS[pen.page.scene.language]
            name, said = "conversation_item_delivery_status", marks[item.place % len(marks)]
        pen.node(node, IMAGE, name, description=said, box=box, role=Role.TICK)
