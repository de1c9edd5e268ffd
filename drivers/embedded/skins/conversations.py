"""Conversations, for XMPP: a message that failed says so in the place of its time.

Sources: its own source, 2.12.8 (layouts, MessageAdapter) and its ``values*/strings.xml``. Dates and
events are rows with a body as well, but without a time. The tick comes once the other side has the
message; until then, the box around the picture tells own rows. It has no previews of links.
"""

from dataclasses import replace
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH, Box, Role, Target
from drivers.embedded.network import Item
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
from drivers.embedded.skins.phrases import ENGLISH, GERMAN
from drivers.embedded.skins.skin import Page, Words, clock

WORDS: Final = {
    "en": replace(ENGLISH, hint="Send unencrypted message", failed="delivery failed"),
    "de": replace(GERMAN, hint="Unverschlüsselt schreiben…", failed="Zustellung fehlgeschlagen"),
}
"""What it says, by UI language."""

_SEND: Final = {"en": "Send message", "de": "Nachricht senden"}
_TICK_AFTER: Final = 4
"""One in so many messages was not confirmed by the other side yet."""


class Conversations(Messenger):
    """Conversations."""

    title = "Conversations"
    package = "eu.siacs.conversations"
    activity = ".ui.ConversationActivity"
    chat_activity = ".ui.ConversationsActivity"
    version = "2.12.8"
    version_code = 42060
    languages = tuple(WORDS)
    margins = (140, 140)
    has_previews = False
    has_quotes = False

    def words(self, language: str) -> Words:
        """What it says in a language."""
        return WORDS[language]

    def draw_home_bar(self, page: Page) -> None:
        """Draw the title and the search."""
        bar = draw_bar(page, "toolbar")
        page.canvas.node(bar, TEXT, text=self.title, box=(60, 110, 500, 210))
        page.canvas.button(
            bar,
            TEXT,
            "action_search",
            description=page.words.search,
            box=(820, 80, 940, 240),
            target=Target("search"),
        )

    def draw_search_bar(self, page: Page) -> None:
        """Draw the field of the search."""
        bar = draw_bar(page, "toolbar")
        self.draw_search_field(page, bar, "search_field", (140, 100, 1040, 220))

    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the list of chats."""
        return draw_empty_list(page, RECYCLER, "list")

    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat."""
        frame = page.canvas.button(chats, FRAME, "frame", box=box, target=Target("chat", line.id))
        row = page.canvas.node(frame, RELATIVE, box=box)
        for name, text, place in (
            ("conversation_name", line.title, (200, 30, 800, 100)),
            ("conversation_lastmsg", line.preview, (200, 105, 960, 165)),
        ):
            page.canvas.node(row, TEXT, name, text=text, box=inside(box, *place))

    def draw_title(self, page: Page) -> None:
        """Draw the title."""
        bar = draw_bar(page, "toolbar")
        page.canvas.button(
            bar,
            IMAGE_BUTTON,
            description=page.words.back,
            box=(0, 80, 140, 240),
            target=Target("back"),
        )
        page.canvas.node(bar, TEXT, text=page.scene.title, box=(160, 110, 800, 210))

    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the list of messages."""
        return draw_empty_list(page, LIST, "messages_view", self.list_bottom)

    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw a message; a quote is a part of its text, as on every XMPP client."""
        item = row.item
        if item is None:
            return
        node = pen.node(rows, RELATIVE, box=at.row)
        if item.is_own:
            box = pen.node(node, FRAME, "message_photo_box", box=at.avatar)
            pen.node(box, IMAGE, "message_photo", box=at.avatar)
        else:
            pen.node(node, IMAGE, "message_photo", box=at.avatar)
        bubble = pen.node(node, LINEAR, "message_box", box=at.bubble)
        self.draw_body(pen, bubble, row, at, "message_body")
        _, top, right, bottom = at.footer
        self._draw_footer(pen, bubble, row, (right - 420, top, right - 10, bottom))

    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw a date or an event."""
        row = pen.node(rows, GROUP, box=what.box)
        inner = inside(what.box, 200, 10, 880, 70)
        pen.node(row, TEXT, "message_body", text=what.text, box=inner, role=Role.GREY)

    def draw_composer(self, page: Page) -> None:
        """Draw the field and the button."""
        top = self.list_bottom
        box = page.canvas.node(
            page.window, RELATIVE, "textsend", box=(0, top, WIDTH, HEIGHT), role=Role.BAR
        )
        self.draw_field(page, box, "textinput", (40, top + 30, 860, HEIGHT - 30))
        if page.scene.can_send:
            page.canvas.button(
                box,
                IMAGE_BUTTON,
                "textSendButton",
                description=_SEND[page.scene.language],
                box=(900, top + 30, 1060, HEIGHT - 30),
                target=Target("send"),
            )

    def _draw_footer(self, pen: Pen, bubble: etree._Element | None, row: Row, box: Box) -> None:
        item = row.item
        if item is None:
            return
        line = pen.node(bubble, LINEAR, box=box)
        text = " · ".join(filter(None, (_state(item, pen.page.words), row.sender, clock(item))))
        when = inside(box, 0, 0, 340, 44)
        pen.node(line, TEXT, "message_time", text=text, box=when, role=Role.GREY)
        if item.is_own and not item.has_failed and item.place % _TICK_AFTER:
            tick = inside(box, 350, 0, 400, 44)
            pen.node(line, IMAGE, "indicator_received", box=tick, role=Role.TICK)


def _state(item: Item, words: Words) -> str:
    return words.failed if item.has_failed else ""
