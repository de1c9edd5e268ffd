"""What a skin is: how an app draws its state, by which names its nodes go, and what it says.

A skin has no state of its own. What it draws is as close to the real app as its sources go; where
they are silent, a node has no id, as the many nodes of real screens that have none.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Final
from unicodedata import east_asian_width

from lxml import etree

from drivers.embedded.canvas import HEIGHT, SCREEN, SYSTEM, WIDTH, Canvas, Target
from drivers.embedded.clutter import Happened
from drivers.embedded.network import Item, Says
from drivers.embedded.scene import Place, Popup, Row, Scene

LAUNCHER: Final = "com.android.launcher3"
"""The app that is in front when no other is."""

PERMISSIONS: Final = "com.android.permissioncontroller"
"""The app that asks for permissions."""

DECOY: Final = "decoy"
"""Id of a chat with nobody in it that can come up in place of another."""

_FIRST_DAY: Final = date(2025, 3, 1)
_FIRST_MINUTE: Final = 8 * 60
_MINUTES_A_DAY: Final = 14 * 60
_LINE_CELLS, _LEAST_CELLS, _CELL_PX = 30, 6, 22


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """What a popup says.

    Attributes:
        title: Its title.
        text: What it says.
        accept: The button that does what it wants, and leaves the app.
        dismiss: The button that closes it.
    """

    title: str
    text: str
    accept: str
    dismiss: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an app says in one UI language.

    Attributes:
        hint: In the empty input field.
        send: At the send button.
        back: At the back button.
        search: At the search button and in the empty search field.
        sent: The mark of a message that was sent.
        failed: The mark of one that was not.
        login: At the button of the log-in screen.
        decoy: Title of a chat with nobody in it.
        empty: In a chat without messages.
        unread: Above the first message that was not read.
        date: How a date is written, as for `date.strftime`.
        more: What opens a text that is folded.
        happened: Events; ``{name}`` stands for who was involved.
        says: What is said below a message.
        update: The offer of a newer version.
        notifications: The question whether the app may notify.
        permission: The question of the system, and its two buttons.
    """

    hint: str
    send: str
    back: str
    search: str
    sent: str
    failed: str
    login: str
    decoy: str
    empty: str
    unread: str
    date: str
    more: str
    happened: Mapping[str, str]
    says: Mapping[Says, str]
    update: Dialog
    notifications: Dialog
    permission: Dialog


@dataclass(frozen=True, slots=True)
class Page:
    """A screen of the app on which is drawn.

    Attributes:
        scene: What there is to see.
        words: What the app says in the scene's language.
        canvas: Where it is drawn.
        window: The node around everything.
    """

    scene: Scene
    words: Words
    canvas: Canvas
    window: etree._Element


class Skin(ABC):
    """How one version of an app looks."""

    title: str
    """The app's name for people."""
    package: str
    """Android package."""
    activity: str
    """Activity the app starts with."""
    chat_activity: str
    """Activity in which a chat is open."""
    version: str
    """Version of the app, for people."""
    version_code: int
    """The same as a number that grows; made up, as sources give names alone."""
    languages: tuple[str, ...]
    """UI languages it can be drawn in, BCP 47; the first is the default."""
    fold_at: int | None = None
    """Longest text that is shown whole, in characters."""
    hides_texts: bool = False
    """Whether it keeps the texts of messages from the accessibility tree."""
    list_top: int = 240
    """Upper edge of the conversation, in pixels."""
    list_bottom: int = 2140
    """Its lower edge."""

    @abstractmethod
    def words(self, language: str) -> Words:
        """What it says in a language."""

    @abstractmethod
    def height(self, row: Row) -> int:
        """Height of a row of the conversation, in pixels."""

    @abstractmethod
    def draw_list(self, page: Page) -> None:
        """Draw the list of chats."""

    @abstractmethod
    def draw_chat(self, page: Page) -> None:
        """Draw the open chat."""

    @abstractmethod
    def draw_login(self, page: Page) -> None:
        """Draw the log-in screen."""

    def draw_search(self, page: Page) -> None:
        """Draw the search; an app without one shows its list."""
        self.draw_list(page)

    def draw_dialog(self, dialog: Dialog, canvas: Canvas) -> None:
        """Draw a popup of the app: Android's own dialog, unless the app has another."""
        draw_alert(canvas, canvas.package, dialog, accept=Target("leave"))

    def draw(self, scene: Scene, canvas: Canvas) -> None:
        """Draw a screen; where a dialog lies on top, a dump shows that alone."""
        words = self.words(scene.language)
        if scene.popup is Popup.SYSTEM:
            draw_alert(canvas, SYSTEM, _SYSTEM_UPDATE, accept=Target("dismiss", "button1"))
        elif scene.popup is Popup.PERMISSION:
            _draw_permission(canvas, words.permission)
        elif scene.popup is Popup.UPDATE:
            self.draw_dialog(words.update, canvas)
        elif scene.popup is Popup.NOTIFICATIONS:
            self.draw_dialog(words.notifications, canvas)
        elif scene.place is Place.HOME:
            self._draw_home(canvas)
        else:
            frame = canvas.node(canvas.root, "android.widget.FrameLayout", box=SCREEN)
            window = canvas.node(frame, "android.widget.LinearLayout", box=(0, 80, WIDTH, HEIGHT))
            {
                Place.LIST: self.draw_list,
                Place.SEARCH: self.draw_search,
                Place.CHAT: self.draw_chat,
                Place.LOGIN: self.draw_login,
            }[scene.place](Page(scene, words, canvas, window))

    def shown(self, row: Row) -> str:
        """The text of a message as far as it is shown."""
        text = "" if row.item is None else row.item.text
        return text[: self.fold_at] if row.is_folded else text

    def _draw_home(self, canvas: Canvas) -> None:
        frame = canvas.node(canvas.root, "android.widget.FrameLayout", box=SCREEN, package=LAUNCHER)
        window = canvas.node(
            frame, "android.widget.LinearLayout", box=(0, 80, WIDTH, HEIGHT), package=LAUNCHER
        )
        canvas.button(
            window,
            "android.widget.TextView",
            text=self.title,
            description=self.title,
            box=(60, 1900, 270, 2120),
            package=LAUNCHER,
            target=Target("app"),
        )


_SYSTEM_UPDATE: Final = Dialog(
    title="System update", text="An update is ready.", accept="Restart", dismiss="Later"
)


def draw_alert(canvas: Canvas, package: str, dialog: Dialog, *, accept: Target) -> None:
    """Draw Android's own dialog (``AlertDialog``), whose ids are always the system's."""
    panel = canvas.node(
        canvas.root,
        "android.widget.FrameLayout",
        f"{SYSTEM}:id/parentPanel",
        box=(70, 900, 1010, 1480),
        package=package,
    )
    text, button = "android.widget.TextView", "android.widget.Button"
    for class_name, name, said, box, target in (
        (text, "alertTitle", dialog.title, (120, 940, 960, 1040), None),
        (text, "message", dialog.text, (120, 1050, 960, 1300), None),
        (button, "button2", dialog.dismiss, (520, 1330, 720, 1450), Target("dismiss", "button2")),
        (button, "button1", dialog.accept, (740, 1330, 960, 1450), accept),
    ):
        node = canvas.node(
            panel,
            class_name,
            f"{SYSTEM}:id/{name}",
            text=said,
            box=box,
            package=package,
            target=target,
        )
        if target is not None:
            node.set("clickable", "true")


def _draw_permission(canvas: Canvas, dialog: Dialog) -> None:
    panel = canvas.node(
        canvas.root,
        "android.widget.LinearLayout",
        "grant_dialog",
        box=(70, 800, 1010, 1500),
        package=PERMISSIONS,
    )
    canvas.node(
        panel,
        "android.widget.TextView",
        "permission_message",
        text=dialog.text,
        box=(120, 900, 960, 1100),
        package=PERMISSIONS,
    )
    for number, (name, said) in enumerate(
        (
            ("permission_allow_button", dialog.accept),
            ("permission_deny_button", dialog.dismiss),
        )
    ):
        canvas.button(
            panel,
            "android.widget.Button",
            name,
            text=said,
            box=(120, 1140 + 160 * number, 960, 1280 + 160 * number),
            package=PERMISSIONS,
            target=Target("dismiss", name),
        )


@lru_cache(maxsize=16384)
def line_count(text: str) -> int:
    """How many lines of a bubble a text takes."""
    cells = sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
    return max(1, -(-cells // _LINE_CELLS)) + text.count("\n")


@lru_cache(maxsize=16384)
def bubble_width(text: str) -> int:
    """How wide a bubble is that hugs its text, in pixels."""
    longest = max(
        sum(2 if east_asian_width(character) in "WF" else 1 for character in line)
        for line in text.split("\n")
    )
    return 2 * _CELL_PX + _CELL_PX * max(_LEAST_CELLS, min(longest, _LINE_CELLS))


def clock(item: Item) -> str:
    """The time an app shows at a message: a minute later for each, however fast they came."""
    minute = _FIRST_MINUTE + item.place % _MINUTES_A_DAY
    return f"{minute // 60:02d}:{minute % 60:02d}"


def day_name(day: int, words: Words) -> str:
    """What an app shows above the messages of a day."""
    return (_FIRST_DAY + timedelta(days=day)).strftime(words.date)


def event_text(item: Item, words: Words) -> str:
    """What an app says that happened."""
    return words.happened[Happened(item.text)].format(name=item.author)


def link_in(text: str) -> str | None:
    """The first link in a text, of which apps show a preview; ``None`` without one."""
    return next((word for word in text.split() if word.startswith("https://")), None)
