"""Courier, the app that exists only here: plain screens, every node with a name.

It marks own messages, says why one was refused, and lets everything be read.
"""

from typing import Final

from lxml import etree

from drivers.embedded.canvas import HEIGHT, LINE_PX, WIDTH, Role, Target, clipped
from drivers.embedded.clutter import Happened
from drivers.embedded.network import Item, Says
from drivers.embedded.scene import Row, RowKind, SeenRow
from drivers.embedded.skins.skin import (
    Dialog,
    Page,
    Skin,
    Words,
    day_name,
    event_text,
    line_count,
)

_ROW_PX, _DIVIDER_PX = 48, 64
_BUBBLE_PX = 760
_TEXT, _GROUP = "android.widget.TextView", "android.view.ViewGroup"
_LIST = "androidx.recyclerview.widget.RecyclerView"

WORDS: Final = {
    "en": Words(
        hint="Message",
        send="Send",
        back="Back",
        search="Search",
        sent="Sent",
        failed="Not sent",
        login="Log in",
        decoy="Family",
        empty="No messages yet",
        unread="Unread messages",
        date="%d/%m/%Y",
        more="More",
        happened={
            Happened.JOINED: "{name} joined",
            Happened.MISSED_CALL: "Missed call from {name}",
            Happened.RENAMED: "{name} changed the picture",
        },
        says={
            Says.CONTENT_REJECTED: "This message contains content that cannot be sent.",
            Says.RATE_LIMITED: "You are sending messages too often. Try again later.",
            Says.ACCOUNT_RESTRICTED: "Your account has been restricted.",
            Says.RECIPIENT_REFUSED: "The message was rejected by the recipient.",
        },
        update=Dialog(
            title="New version", text="Courier 1.5 is here.", accept="Update", dismiss="Not now"
        ),
        notifications=Dialog(
            title="Turn on notifications",
            text="Do not miss a message.",
            accept="Turn on",
            dismiss="Not now",
        ),
        permission=Dialog(
            title="",
            text="Allow Courier to access your contacts?",
            accept="Allow",
            dismiss="Don’t allow",
        ),
    ),
    "zh-Hans": Words(
        hint="消息",
        send="发送",
        back="返回",
        search="搜索",
        sent="已发送",
        failed="发送失败",
        login="登录",
        decoy="家人",
        empty="还没有消息",
        unread="未读消息",
        date="%Y年%m月%d日",
        more="更多",
        happened={
            Happened.JOINED: "{name}加入了群聊",
            Happened.MISSED_CALL: "{name}的未接来电",
            Happened.RENAMED: "{name}更换了头像",
        },
        says={
            Says.CONTENT_REJECTED: "消息包含无法发送的内容。",
            Says.RATE_LIMITED: "您发送消息过于频繁，请稍后再试。",
            Says.ACCOUNT_RESTRICTED: "您的账号已被限制。",
            Says.RECIPIENT_REFUSED: "消息已被对方拒收。",
        },
        update=Dialog(title="新版本", text="信使 1.5 已发布。", accept="更新", dismiss="以后再说"),
        notifications=Dialog(
            title="开启通知", text="不错过任何消息。", accept="开启", dismiss="以后再说"
        ),
        permission=Dialog(
            title="", text="允许“Courier”访问您的通讯录吗？", accept="允许", dismiss="不允许"
        ),
    ),
}
"""What it says, by UI language."""


class Courier(Skin):
    """Courier."""

    title = "Courier"
    package = "org.undelivered.courier"
    activity = ".MainActivity"
    chat_activity = ".MainActivity"
    version = "1.4.2"
    version_code = 142
    languages = tuple(WORDS)

    def words(self, language: str) -> Words:
        """What it says in a language."""
        return WORDS[language]

    def height(self, row: Row) -> int:
        """Height of a row, in pixels."""
        item = row.item
        if item is None or item.is_event:
            return _DIVIDER_PX
        lines = line_count(item.text) + (item.says is not None)
        lines += bool(item.author) + bool(item.quote)
        return _ROW_PX + LINE_PX * lines

    def draw_login(self, page: Page) -> None:
        """Draw the log-in screen."""
        form = page.canvas.node(
            page.window, "android.widget.LinearLayout", "login_form", box=(90, 600, 990, 1200)
        )
        page.canvas.node(
            form, "android.widget.Button", text=page.words.login, box=(90, 1000, 990, 1200)
        )

    def draw_list(self, page: Page) -> None:
        """Draw the list of chats."""
        canvas = page.canvas
        canvas.node(page.window, _TEXT, "app_title", text=self.title, box=(60, 110, 500, 210))
        chats = canvas.node(
            page.window,
            _LIST,
            "chat_list",
            box=(0, self.list_top, WIDTH, HEIGHT),
            scrollable="true",
        )
        for place, line in enumerate(page.scene.chats):
            top = self.list_top + 200 * place
            row = canvas.button(
                chats,
                _GROUP,
                "chat_row",
                box=(0, top, WIDTH, top + 200),
                target=Target("chat", line.id),
            )
            canvas.node(
                row, _TEXT, "chat_name", text=line.title, box=(200, top + 40, 900, top + 110)
            )

    def draw_chat(self, page: Page) -> None:
        """Draw the open chat."""
        canvas = page.canvas
        bar = canvas.node(
            page.window, _GROUP, "toolbar", box=(0, 80, WIDTH, self.list_top), role=Role.BAR
        )
        canvas.button(
            bar,
            "android.widget.ImageButton",
            "back_button",
            description=page.words.back,
            box=(0, 80, 140, self.list_top),
            target=Target("back"),
        )
        canvas.node(bar, _TEXT, "chat_title", text=page.scene.title, box=(160, 110, 800, 210))
        rows = canvas.node(
            page.window,
            _LIST,
            "messages",
            box=(0, self.list_top, WIDTH, self.list_bottom),
            scrollable="true",
        )
        for seen in page.scene.rows:
            edges = max(seen.top, self.list_top), min(seen.bottom, self.list_bottom)
            if seen.row.kind is RowKind.MESSAGE and seen.row.item is not None:
                _draw_message(page, rows, seen, seen.row.item, edges)
            else:
                _draw_divider(page, rows, seen.row, edges)
        self._draw_composer(page)

    def _draw_composer(self, page: Page) -> None:
        top, draft, words = self.list_bottom, page.scene.draft, page.words
        box = page.canvas.node(
            page.window, _GROUP, "composer", box=(0, top, WIDTH, HEIGHT), role=Role.BAR
        )
        field = page.canvas.node(
            box,
            "android.widget.EditText",
            "message_input",
            text=draft or words.hint,
            box=(40, top + 30, 860, HEIGHT - 30),
            target=Target("input"),
            role=Role.FIELD,
            clickable="true",
            focusable="true",
            focused="true",
            hint=words.hint,
        )
        field.set("showing-hint", "false" if draft else "true")
        if page.scene.can_send:
            page.canvas.button(
                box,
                "android.widget.ImageButton",
                "send_button",
                description=words.send,
                box=(880, top + 30, 1040, HEIGHT - 30),
                target=Target("send"),
            )


def _draw_divider(page: Page, rows: etree._Element, row: Row, edges: tuple[int, int]) -> None:
    if row.item is not None:
        name, text = "notice_text", event_text(row.item, page.words)
    elif row.kind is RowKind.UNREAD:
        name, text = "unread_divider", page.words.unread
    else:
        name, text = "date_text", day_name(row.day, page.words)
    box = (140, edges[0], WIDTH - 140, edges[1])
    page.canvas.node(rows, _TEXT, name, text=text, box=box, role=Role.GREY)


def _draw_message(
    page: Page, rows: etree._Element, seen: SeenRow, item: Item, edges: tuple[int, int]
) -> None:
    canvas, words = page.canvas, page.words
    top, bottom = edges
    row = canvas.node(rows, _GROUP, "message_row", box=(0, top, WIDTH, bottom))
    left = WIDTH - 40 - _BUBBLE_PX if item.is_own else 40
    right = left + _BUBBLE_PX
    start, area = seen.top, (0, top, WIDTH, bottom)
    for name, text in (("sender_name", item.author), ("quote_text", item.quote)):
        if text:
            line = clipped((left, start, right, start + LINE_PX), area)
            start += LINE_PX
            if line is not None:
                canvas.node(row, _TEXT, name, text=text, box=line, role=Role.GREY)
    body = clipped((left, start, right, bottom), area)
    if body is not None:
        canvas.node(
            row,
            _TEXT,
            "message_text",
            text=item.text,
            box=body,
            target=Target("message", str(item.id)),
            is_hidden=page.scene.hides_texts,
        )
    if item.is_own:
        canvas.node(
            row,
            "android.widget.ImageView",
            "message_status",
            description=words.failed if item.has_failed else words.sent,
            box=(left - 60, max(top, bottom - 60), left, bottom),
            role=Role.TICK,
        )
    if item.says is not None:
        canvas.node(
            rows,
            _TEXT,
            "notice_text",
            text=words.says[item.says],
            box=(140, max(top, bottom - 40), WIDTH - 140, bottom),
            role=Role.GREY,
        )
