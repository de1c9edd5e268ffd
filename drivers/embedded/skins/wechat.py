"""WeChat: ids that mean nothing and change with each version, no ticks, avatars that are named.

Sources: third-party automation scripts, 2018 to 2025, for ids by version, 搜索, 发送, …头像 and the
two activities; single reports for 重发 and the notice of a refusal. None tells the ids of what
surrounds a message, so those nodes have none. In the English interface only *Send* is known; what
an avatar and a failure are called there is not, and is drawn as in the Chinese one.
"""

from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, WIDTH, Box, Role, Target
from drivers.embedded.network import Says
from drivers.embedded.scene import ChatLine, Row
from drivers.embedded.skins.messenger import (
    BUTTON,
    IMAGE,
    LINEAR,
    LIST,
    RECYCLER,
    RELATIVE,
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
from drivers.embedded.skins.phrases import ENGLISH, SIMPLIFIED_CHINESE
from drivers.embedded.skins.skin import Page, Words

_REFUSED: Final = "消息已发出，但被对方拒收了。"

WORDS: Final = {
    "zh-Hans": replace(
        SIMPLIFIED_CHINESE,
        hint="",
        failed="重发",
        says={Says.RECIPIENT_REFUSED: _REFUSED},
    ),
    "en": replace(
        ENGLISH, hint="", failed="重发", more="展开", says={Says.RECIPIENT_REFUSED: _REFUSED}
    ),
}
"""What it says, by UI language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ids:
    """The ids of a family of versions; empty where no source gives one.

    Attributes:
        row: A chat in the list.
        name: Its name.
        preview: Its newest message.
        title: Title of the open chat.
        messages: The list of messages.
        text: A message's text.
        sender: Name of who wrote it, in a group.
        input: The field.
        send: The button.
    """

    row: str
    name: str
    preview: str
    title: str
    messages: str
    text: str
    sender: str
    input: str
    send: str


_IDS_32: Final = Ids(
    row="bth",
    name="",
    preview="fhs",
    title="obn",
    messages="bn1",
    text="bkl",
    sender="bk0",
    input="b4a",
    send="b8k",
)
_IDS_47: Final = Ids(
    row="cj1",
    name="kbq",
    preview="ht5",
    title="",
    messages="bp0",
    text="bkl",
    sender="",
    input="bkk",
    send="bql",
)


class WeChat(Messenger):
    """A version of WeChat."""

    title = "微信"
    package = "com.tencent.mm"
    activity = ".ui.LauncherUI"
    languages = tuple(WORDS)
    margins = (140, 140)
    fold_at = 600
    has_footer = False
    has_previews = False
    has_more_button = True

    def __init__(
        self,
        version: str,
        version_code: int,
        ids: Ids,
        *,
        has_chat_activity: bool,
        hides_texts: bool = False,
    ) -> None:
        """Describe a version.

        Args:
            version: Its name.
            version_code: Its number.
            ids: Its ids.
            has_chat_activity: Whether a chat has an activity of its own; else it is in the one
                that shows the list.
            hides_texts: Whether it keeps texts of messages from the tree, as 8.0.52 and later do.
        """
        self.version = version
        self.version_code = version_code
        self.hides_texts = hides_texts
        self.chat_activity = ".ui.chatting.ChattingUI" if has_chat_activity else self.activity
        self._ids = ids

    def words(self, language: str) -> Words:
        """What it says in a language."""
        return WORDS[language]

    def draw_home_bar(self, page: Page) -> None:
        """Draw the title, the search and the four tabs."""
        bar = draw_bar(page, class_name=RELATIVE)
        page.canvas.node(bar, TEXT, text=self.title, box=(400, 110, 680, 210))
        page.canvas.button(
            bar,
            RELATIVE,
            description=page.words.search,
            box=(820, 80, 940, 240),
            target=Target("search"),
        )
        tabs = page.canvas.node(page.window, RELATIVE, box=(0, 2160, WIDTH, HEIGHT))
        for number, name in enumerate(("微信", "通讯录", "发现", "我")):
            box = (270 * number, 2160, 270 * (number + 1), HEIGHT)
            page.canvas.node(tabs, TEXT, text=name, box=box)

    def draw_search_bar(self, page: Page) -> None:
        """Draw the field of the search."""
        bar = draw_bar(page, class_name=LINEAR)
        self.draw_search_field(page, bar, "", (60, 100, 860, 220))

    def draw_chats(self, page: Page) -> etree._Element:
        """Draw the list of chats."""
        return draw_empty_list(page, LIST, bottom=2160)

    def draw_line(self, page: Page, chats: etree._Element, line: ChatLine, box: Box) -> None:
        """Draw a chat: its name and its newest message are views that draw their text."""
        row = page.canvas.button(
            chats, LINEAR, self._ids.row, box=box, target=Target("chat", line.id)
        )
        page.canvas.node(
            row, VIEW, self._ids.name, text=line.title, box=inside(box, 200, 30, 800, 100)
        )
        if line.preview:
            preview = "" if self.hides_texts else line.preview
            page.canvas.node(
                row, VIEW, self._ids.preview, text=preview, box=inside(box, 200, 105, 960, 165)
            )
        if line.unread:
            page.canvas.node(
                row, TEXT, text=str(line.unread), box=inside(box, 130, 20, 180, 70), role=Role.GREY
            )

    def draw_title(self, page: Page) -> None:
        """Draw the title; a group's tells how many are in it."""
        bar = draw_bar(page, class_name=RELATIVE)
        page.canvas.button(
            bar,
            LINEAR,
            description=page.words.back,
            box=(0, 80, 140, 240),
            target=Target("back"),
        )
        title = f"{page.scene.title}(6)" if page.scene.is_group else page.scene.title
        page.canvas.node(bar, TEXT, self._ids.title, text=title, box=(280, 110, 800, 210))

    def draw_rows(self, page: Page) -> etree._Element:
        """Draw the list of messages."""
        return draw_empty_list(page, RECYCLER, self._ids.messages, self.list_bottom)

    def draw_message(self, pen: Pen, rows: etree._Element, row: Row, at: Parts) -> None:
        """Draw a message: the quote stands below the text, a failure beside it."""
        item = row.item
        if item is None:
            return
        box = (at.row[0], at.row[1], at.row[2], at.notice[1] if at.notice else at.row[3])
        node = pen.node(rows, RELATIVE, box=box)
        name = "我" if item.is_own else row.sender or pen.page.scene.title
        pen.node(node, IMAGE, description=f"{name}头像", box=at.avatar)
        self._draw_small(pen, node, self._ids.sender, row.sender, at.sender)
        body, quote = at.body, at.quote
        if quote is not None:  # the layout has it above
            height = quote[3] - quote[1]
            body = (body[0], body[1] - height, body[2], body[3] - height)
            quote = (quote[0], body[3], quote[2], body[3] + height)
        self.draw_body(pen, node, row, replace(at, body=body), self._ids.text)
        self._draw_small(pen, node, "", f"{pen.page.scene.title}：{item.quote}", quote)
        more = Target("unfold", str(item.id))
        pen.node(node, TEXT, text=pen.page.words.more, box=at.more, target=more)
        if item.has_failed:
            beside = (at.bubble[0] - 70, body[1], at.bubble[0] - 10, body[1] + 60)
            pen.node(node, IMAGE, description=pen.page.words.failed, box=beside, role=Role.TICK)
        if item.says in pen.page.words.says:
            text = pen.page.words.says[item.says] if item.says else ""
            pen.node(rows, TEXT, text=text, box=at.notice, role=Role.GREY)

    def _draw_small(
        self, pen: Pen, node: etree._Element | None, name: str, text: str, box: Box | None
    ) -> None:
        """Draw what others said beside the message itself; hidden wherever that is."""
        hides = pen.page.scene.hides_texts
        pen.node(node, TEXT, name, text=text, box=box, role=Role.GREY, is_hidden=hides)

    def draw_divider(self, pen: Pen, rows: etree._Element, what: Divider) -> None:
        """Draw a row without an avatar."""
        row = pen.node(rows, LINEAR, box=what.box)
        pen.node(row, TEXT, text=what.text, box=inside(what.box, 200, 10, 880, 70), role=Role.GREY)

    def draw_composer(self, page: Page) -> None:
        """Draw the field; the button is there only while something is typed."""
        top = self.list_bottom
        box = page.canvas.node(page.window, LINEAR, box=(0, top, WIDTH, HEIGHT), role=Role.BAR)
        self.draw_field(page, box, self._ids.input, (120, top + 30, 760, HEIGHT - 30))
        if page.scene.draft and page.scene.can_send:
            page.canvas.button(
                box,
                BUTTON,
                self._ids.send,
                text=page.words.send,
                box=(880, top + 40, 1060, HEIGHT - 40),
                target=Target("send"),
            )


WECHAT: Final = (
    WeChat("8.0.47", 2560, _IDS_47, has_chat_activity=False),
    WeChat("8.0.32", 2320, _IDS_32, has_chat_activity=True),
    WeChat("8.0.55", 2780, _IDS_47, has_chat_activity=False, hides_texts=True),
)
"""Two families of versions that show texts, and one that hides them."""
