"""Pigeon, an app that is made up: a skin to show that a new app takes a profile and no code.

Its messages are told by descriptions, those of others have a picture, and its refusals are marks.
"""

from dataclasses import replace

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH, Box, Target
from drivers.embedded.scene import ChatLine, Row
from drivers.embedded.skins.messenger import (
    BUTTON,
    FRAME,
    IMAGE,
    LIST,
    TEXT,
    Divider,
    Messenger,
    Parts,
    Pen,
    draw_bar,
    draw_empty_list,
    inside,
)
from drivers.embedded.skins.phrases import ENGLISH
from drivers.embedded.skins.skin import Page, Words

_WORDS = replace(ENGLISH, hint="Coo", send="Release", failed="Came back", sent="Away")


class Pigeon(Messenger):
    """Pigeon."""

    title = "Pigeon"
    package = "org.example.pigeon"
    activity = ".Loft"
    chat_activity = ".Flight"
    version = "3.1"
    version_code = 31
    languages = ("en",)
    has_previews = False
    has_quotes = False

    def words(self, language: str) -> Words:
        """What it says; it knows one language."""
        del language
        return _WORDS

    def draw_home_bar(self, page: Page) -> None:
        """Draw the title."""
        page.canvas.node(draw_bar(page), TEXT, text=self.title, box=(60, 110, 500, 210))

    def draw_search_bar(self, page: Page) -> None:
        """Draw the title; there is no search."""
        self.draw_home_bar(page)

    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the list of chats."""
        return draw_empty_list(page, LIST, "loft")

    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat."""
        row = page.canvas.button(chats, FRAME, "perch", box=box, target=Target("chat", line.id))
        page.canvas.node(row, TEXT, "ring", text=line.title, box=inside(box, 60, 30, 800, 100))

    def draw_title(self, page: Page) -> None:
        """Draw the title."""
        bar = draw_bar(page)
        page.canvas.node(bar, TEXT, "bound_for", text=page.scene.title, box=(160, 110, 800, 210))

    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the list of messages."""
        return draw_empty_list(page, LIST, "flights", self.list_bottom)

    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw a message: its text is a description."""
        if row.item is None:
            return
        words = pen.page.words
        node = pen.node(rows, FRAME, "flight", box=at.row)
        target = Target("message", str(row.item.id))
        said = row.item.text
        pen.node(node, IMAGE, "slip", description=said, box=at.body, target=target)
        if row.item.is_own:
            mark = words.failed if row.item.has_failed else words.sent
            pen.node(node, TEXT, "fate", text=mark, box=at.footer)
        else:
            pen.node(node, IMAGE, "pigeon", description="A pigeon", box=at.footer)

    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw a date or an event."""
        row = pen.node(rows, FRAME, "weather", box=what.box)
        pen.node(row, TEXT, text=what.text, box=what.box)

    def draw_composer(self, page: Page) -> None:
        """Draw the field and the button."""
        top = self.list_bottom
        box = page.canvas.node(page.window, FRAME, box=(0, top, WIDTH, HEIGHT))
        self.draw_field(page, box, "ink", (40, top + 30, 860, HEIGHT - 30))
        if page.scene.can_send:
            page.canvas.button(
                box,
                BUTTON,
                text=page.words.send,
                box=(900, top + 30, 1060, HEIGHT - 30),
                target=Target("send"),
            )


SKINS = (Pigeon(),)
