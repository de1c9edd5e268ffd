"""App profiles: everything the harness knows of an app's screens, as data.

A profile (`drivers/apps/*.toml`) says where things are on the screen and how the app marks what it
did; no code knows an app. Selectors are matched in Python on a parsed snapshot of the screen; what
they hold comes from the profile alone, never from the text of a message. `drivers.profile_file`
reads the files.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Final

from lxml import etree

CAUTIOUS_LENGTH: Final = 300
"""Longest message, in characters, where a profile does not know what the app sends whole."""


class Platform(StrEnum):
    """What an app runs on."""

    ANDROID = "android"
    WEB = "web"  # in a browser


class SelectorKind(StrEnum):
    """What of a node a selector looks at."""

    ID = "id"  # resource-id; the package is put in front where it is left out
    DESC = "desc"  # content-desc, any of several UI languages
    TEXT = "text"  # text, any of several UI languages
    XPATH = "xpath"  # XPath 1.0, relative to the screen or the row


@dataclass(frozen=True, slots=True, kw_only=True)
class Selector:
    """One way to find a node on a screen.

    Attributes:
        kind: What it looks at.
        values: The alternatives; one for ids and XPaths, one a UI language otherwise.
        written: How the profile has it, where that is neither of the kinds: a CSS selector or a
            test tag, which are translated to XPath.
    """

    kind: SelectorKind
    values: tuple[str, ...]
    written: str = field(default="", compare=False)

    def __str__(self) -> str:
        return self.written or f"{self.kind} {' | '.join(self.values)}"

    @property
    def attribute(self) -> str | None:
        """The attribute that it compares; ``None`` for an XPath."""
        return _ATTRIBUTES.get(self.kind)

    def find(self, node: etree._Element) -> Iterator[etree._Element]:
        """All nodes below `node` (in document order) that it matches."""
        if self.kind is SelectorKind.XPATH:
            found = compiled(self.values[0])(node)
            return filter(etree.iselement, found if isinstance(found, list) else ())
        # Three snapshots a message, a dozen rows each, several selectors a row: this is where the
        # harness spends its time, so there is no generator here.
        attribute, values = _ATTRIBUTES[self.kind], self.values
        return iter([each for each in node.iterdescendants() if each.get(attribute) in values])

    def is_at(self, node: etree._Element) -> bool:
        """Whether it matches `node` itself or something below it."""
        if self.kind is SelectorKind.XPATH:
            return bool(compiled(self.values[0])(node))
        is_itself = node.get(_ATTRIBUTES[self.kind]) in self.values
        return is_itself or next(self.find(node), None) is not None


@lru_cache(maxsize=1024)
def compiled(xpath: str) -> etree.XPath:
    """An XPath ready for use; to compile it anew at each look takes longer than the look.

    Raises:
        lxml.etree.XPathSyntaxError: It is not valid XPath 1.0.
    """
    return etree.XPath(xpath)


_ATTRIBUTES: Mapping[SelectorKind, str] = {
    SelectorKind.ID: "resource-id",
    SelectorKind.DESC: "content-desc",
    SelectorKind.TEXT: "text",
}

Alternatives = tuple[Selector, ...]
"""Selectors to try in order; the first that matches anything wins."""


class Ownership(StrEnum):
    """How a bubble of ours is told from the other side's."""

    HAS = "has"  # own rows hold the node `own`; what holds none is the other side's
    LACKS = "lacks"  # rows of others hold the node `other`; what holds none is our own
    GEOMETRY = "geometry"  # the bubble's centre lies right of the screen's middle
    EDGE = "edge"  # which of two lines the bubble hugs
    PATTERN = "pattern"  # `text_pattern` tells


class TextSource(StrEnum):
    """Attribute of a node that holds a message's text."""

    TEXT = "text"
    DESC = "desc"  # the content description


class ReadMode(StrEnum):
    """A way to read what has arrived, in order of trust."""

    TREE = "tree"  # the accessibility tree: exact
    NOTIFICATIONS = "notifications"  # what the app's notifications say: exact, if not cut short
    OCR = "ocr"  # a screenshot: inexact
    INBOX = "inbox"  # what a service hands out over HTTP: exact; no screen is read in this way


class TriedOn(StrEnum):
    """What a profile can have been tried on."""

    SIMULATED_HANDSET = "simulated handset"
    REAL_WEB_APP = "real web app"
    REAL_DEVICE = "real device"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A time a profile was seen to work.

    Attributes:
        on: What it was tried on.
        when: Day it was tried.
        version: Version of the app there; empty where that means nothing.
    """

    on: TriedOn
    when: date
    version: str = ""

    def __str__(self) -> str:
        app = f" ({self.version})" if self.version else ""
        return f"{self.on}{app}, {self.when}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepLink:
    """An address that opens a chat.

    Attributes:
        uri: The address, with ``{address}`` where the other account's is put in.
        address: What is put in there, in words.
    """

    uri: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """The two lines that bubbles hug, as shares of the screen's width.

    Attributes:
        other: Left edge of bubbles of others.
        own: Right edge of own bubbles.
    """

    other: float
    own: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """Where things are. All but the first group may be empty: not known, or not there.

    Attributes:
        title: Title of the open chat.
        input: The field a message is typed into.
        send: The button that sends it.
        chat_row: Rows of the list of chats.
        chat_name: The name in such a row.
        row: Rows of the conversation, top to bottom.
        text: The message's text in a row.
        login: What only the log-in screen shows.
        login_user: The field of the log-in for the account, in a web app.
        login_password: The field for its password.
        login_submit: The button that logs in; without one, the enter key does.
        search: What opens the search for chats.
        search_input: The field of the search.
        search_row: Rows of what it found.
        search_name: The name in such a row.
        bubble: The bubble in a row, for geometry; the text's node where it is empty.
        own: What only own rows hold.
        other: What only rows of others hold.
        state: The node whose text or content-desc is the delivery mark.
        pending: What a row holds while its message is being sent.
        sent: What it holds once it was sent.
        failed: What it holds if it could not be sent.
        more: What a row holds whose text is folded; a tap on it unfolds it.
        aside: Parts of a row that are not the message, as a quoted reply or the preview of a link.
            All alternatives count, not the first alone.
        divider: Rows, or what only such rows hold, that are no messages, as dates and "unread".
            All alternatives count.
        notice: Nodes in which the app (not a person) speaks.
    """

    title: Alternatives
    input: Alternatives
    send: Alternatives
    chat_row: Alternatives
    chat_name: Alternatives
    row: Alternatives
    text: Alternatives
    login: Alternatives = ()
    login_user: Alternatives = ()
    login_password: Alternatives = ()
    login_submit: Alternatives = ()
    search: Alternatives = ()
    search_input: Alternatives = ()
    search_row: Alternatives = ()
    search_name: Alternatives = ()
    bubble: Alternatives = ()
    own: Alternatives = ()
    other: Alternatives = ()
    state: Alternatives = ()
    pending: Alternatives = ()
    sent: Alternatives = ()
    failed: Alternatives = ()
    more: Alternatives = ()
    aside: Alternatives = ()
    divider: Alternatives = ()
    notice: Alternatives = ()

    def of(self, place: str) -> Alternatives:
        """The selectors for a place, by its name.

        Raises:
            KeyError: There is no such place.
        """
        if place not in PLACES:
            raise KeyError(place)
        alternatives: Alternatives = getattr(self, place)
        return alternatives


PLACES: Final = tuple(each.name for each in fields(Screens))
"""Names of all places on an app's screens."""

ROW_PLACES: Final[Mapping[str, str]] = {
    "chat_name": "chat_row",
    "search_name": "search_row",
    **dict.fromkeys(("text", "bubble", "own", "other", "more", "aside", "divider"), "row"),
    **dict.fromkeys(("state", "pending", "sent", "failed"), "row"),
}
"""Places that are looked for inside rows, with the place of the rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Versions of an app whose screens differ from what the profile says otherwise.

    Attributes:
        name: Its name; ``app = "wechat@NAME"`` in a testbed asks for it whatever is installed.
        versions: The versions it is of, `fnmatch` patterns; empty where nobody wrote them down.
        grade: Where its selectors come from.
        sources: Where they were found.
        verified: What it was tried on.
        selectors: Selectors by place, tried before those of the profile.
    """

    name: str
    versions: tuple[str, ...]
    grade: str
    sources: tuple[str, ...]
    verified: tuple[Trial, ...]
    selectors: Mapping[str, Alternatives]

    def covers(self, version: str) -> bool:
        """Whether a version of the app belongs to it."""
        return any(fnmatchcase(version, pattern) for pattern in self.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An app, as far as the harness needs to know it.

    Attributes:
        name: Its name in testbeds; the file's stem.
        title: Its name for people.
        platform: What it runs on.
        package: Android package; empty for web apps.
        activity: Activity to start; empty for the one its icon starts, and for web apps.
        versions: Versions it was written for, those of its families too, `fnmatch` patterns.
        languages: UI languages its texts cover, BCP 47.
        grade: Where it comes from: A the app's own source or a screen dump, B third-party
            scripts, C weak or old. Where a family is in force, the family's.
        verified: What it was tried on; empty if it never was.
        sources: Where its facts were found.
        longest_message: Longest text the app sends whole, in characters; `CAUTIOUS_LENGTH` where
            that is not known.
        knows_longest_message: Whether it is.
        joiner: What is put between the components of a combination.
        ownership: How own bubbles are told.
        edges: The lines that bubbles hug, for `Ownership.EDGE`.
        screens: Where things are; the selectors of the family in force come first.
        text_source: Which attribute of the text's node holds it.
        text_pattern: What the whole of it looks like, where more than the message is in it: group
            ``text`` is the message, ``state`` its delivery mark, ``own`` and ``other`` match only
            in own rows and in those of others. ``None`` where the message is all there is.
        state_pattern: Likewise for the node `Screens.state`; its group ``state`` is the mark.
        title_pattern: Likewise for the title of the open chat; its group ``name`` is the title.
        name_pattern: Likewise for a name in the list of chats; its group is ``name``.
        commands: Beginnings of texts that the app takes for commands and does not send as they are.
        message_id: Attribute of a row that names its message for good, as in web apps; empty
            where there is none.
        notice_s: How long after the bubble a notice may come, seconds.
        chats: Kinds of chat that can be read, ``direct``, ``group`` or both.
        marks: Delivery mark (text or content-desc, any UI language) → ``pending``, ``sent`` or
            ``failed``.
        notices: Part of a notice's text → ``content_rejected``, ``rate_limited``,
            ``account_restricted`` or ``recipient_refused``.
        read: Ways to read what has arrived, the first to be tried first.
        popups: Buttons that close what may come up over a chat, such as an offer to update.
        notification_text: Regular expression whose group ``text`` is the message in the text of a
            notification, where an app puts a name or a number before it.
        deep_links: Addresses that open a chat.
        families: Versions whose screens differ.
        family: Name of the family in force; empty if none is.
        is_test_app: Whether the app exists for tests alone, so that nobody else is on its servers.
    """

    name: str
    title: str
    platform: Platform = Platform.ANDROID
    package: str
    activity: str
    versions: tuple[str, ...]
    languages: tuple[str, ...]
    grade: str
    verified: tuple[Trial, ...]
    sources: tuple[str, ...]
    longest_message: int
    knows_longest_message: bool = True
    joiner: str
    ownership: Ownership
    edges: Edges | None = None
    screens: Screens
    text_source: TextSource = TextSource.TEXT
    text_pattern: re.Pattern[str] | None = None
    state_pattern: re.Pattern[str] | None = None
    title_pattern: re.Pattern[str] | None = None
    name_pattern: re.Pattern[str] | None = None
    commands: tuple[str, ...] = ()
    message_id: str = ""
    notice_s: float = 0.0
    chats: tuple[str, ...] = ("direct", "group")
    marks: Mapping[str, str]
    notices: Mapping[str, str]
    read: tuple[ReadMode, ...]
    notification_text: str
    popups: Alternatives
    deep_links: tuple[DeepLink, ...] = ()
    families: tuple[Family, ...] = ()
    family: str = ""
    is_test_app: bool = False

    @property
    def says_marks_plainly(self) -> bool:
        """Whether the node of the delivery mark alone tells it, by all of its text."""
        screens = self.screens
        return not (screens.failed or screens.pending or screens.sent) and (
            self.state_pattern is None and self.text_pattern is None
        )

    def with_family(self, family: Family) -> "Profile":
        """The same with a family in force."""
        screens = replace(
            self.screens,
            **{
                place: (*alternatives, *self.screens.of(place))
                for place, alternatives in family.selectors.items()
            },
        )
        return replace(
            self,
            screens=screens,
            grade=family.grade,
            sources=(*self.sources, *family.sources),
            family=family.name,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionFit:
    """How a profile fits the version of an app that is installed.

    Attributes:
        profile: The profile to use, with the family of that version in force if there is one.
        is_known: Whether it was written for that version. If not, every selector has to be looked
            for on the live screen before anything is sent.
        warning: What to say of it; empty where nothing is.
    """

    profile: Profile
    is_known: bool
    warning: str


def fit_version(profile: Profile, version: str | None) -> VersionFit:
    """Which family of a profile applies to a version of its app.

    Args:
        profile: A profile as loaded. One for which the researcher chose a family keeps it.
        version: The installed version; ``None`` where the handset does not tell.
    """
    look = "Check every selector on the live screen first: undelivered doctor"
    if version is None:
        # Without families there is but one way to read the screen, whatever the version.
        is_known = bool(profile.family) or not profile.families
        warning = (
            ""
            if is_known
            else f"{profile.title}: the handset does not tell the app's version, so that only "
            "selectors that hold for every version are used. State `version` in the testbed. "
            + look
        )
        return VersionFit(profile=profile, is_known=is_known, warning=warning)
    family = next((each for each in profile.families if each.covers(version)), None)
    if profile.family:
        is_known = family is not None and family.name == profile.family
        warning = (
            ""
            if is_known
            else f"{profile.title} {version} is used with the family {profile.family!r}, which is "
            f"not known to be of that version. {look}"
        )
        return VersionFit(profile=profile, is_known=is_known, warning=warning)
    if family is not None:
        return VersionFit(profile=profile.with_family(family), is_known=True, warning="")
    is_known = any(fnmatchcase(version, pattern) for pattern in profile.versions)
    warning = (
        ""
        if is_known
        else f"{profile.title} {version}: profile {profile.name!r} was written for "
        f"{', '.join(profile.versions) or 'no version in particular'}. {look}"
    )
    return VersionFit(profile=profile, is_known=is_known, warning=warning)
