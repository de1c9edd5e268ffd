"""App profiles: everything the harness knows of an app's screens, as data.

A profile (`drivers/apps/*.toml`) says where things are on the screen and how the app marks what it
did; no code knows an app. Selectors are matched in Python on a parsed snapshot of the screen; what
they hold comes from the profile alone, never from the text of a message.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

from lxml import etree
from pydantic import AfterValidator, Field, field_validator, model_validator

from drivers.border import Border, config_error, read_table
from drivers.errors import ConfigError


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
    """

    kind: SelectorKind
    values: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kind} {' | '.join(self.values)}"

    def find(self, node: etree._Element) -> Iterator[etree._Element]:
        """All nodes below `node` (in document order) that it matches."""
        if self.kind is SelectorKind.XPATH:
            found = node.xpath(self.values[0])
            return filter(etree.iselement, found if isinstance(found, list) else ())
        # Three snapshots a message, a dozen rows each, several selectors a row: this is where the
        # harness spends its time, so there is no generator here.
        attribute, values = _ATTRIBUTES[self.kind], self.values
        return iter([each for each in node.iterdescendants() if each.get(attribute) in values])


_ATTRIBUTES: Mapping[SelectorKind, str] = {
    SelectorKind.ID: "resource-id",
    SelectorKind.DESC: "content-desc",
    SelectorKind.TEXT: "text",
}

Alternatives = tuple[Selector, ...]
"""Selectors to try in order; the first that matches anything wins."""


class Ownership(StrEnum):
    """How a bubble of ours is told from the other side's."""

    GEOMETRY = "geometry"  # the centre of the text lies right of the screen's middle
    HAS = "has"  # the row holds a node that only own rows hold
    LACKS = "lacks"  # the row lacks a node that all others hold


class ReadMode(StrEnum):
    """A way to read what has arrived, in order of trust."""

    TREE = "tree"  # the accessibility tree: exact
    NOTIFICATIONS = "notifications"  # what the app's notifications say: exact, if not cut short
    OCR = "ocr"  # a screenshot: inexact


@dataclass(frozen=True, slots=True, kw_only=True)
class Screens:
    """Where things are.

    Attributes:
        title: Title of the open chat.
        input: The field a message is typed into.
        send: The button that sends it.
        chat_row: Rows of the list of chats.
        chat_name: The name in such a row.
        login: What only the log-in screen shows; empty if unknown.
        row: Rows of the conversation, top to bottom.
        text: The message's text in a row.
        own: The node that tells own rows; empty for `Ownership.GEOMETRY`.
        state: The node whose text or content-desc is the delivery mark.
        notice: Rows in which the app (not a person) speaks.
    """

    title: Alternatives
    input: Alternatives
    send: Alternatives
    chat_row: Alternatives
    chat_name: Alternatives
    login: Alternatives
    row: Alternatives
    text: Alternatives
    own: Alternatives
    state: Alternatives
    notice: Alternatives


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """An app, as far as the harness needs to know it.

    Attributes:
        name: Its name in testbeds; the file's stem.
        title: Its name for people.
        package: Android package.
        activity: Activity to start.
        versions: Versions it was written for, `fnmatch` patterns.
        languages: UI languages its texts cover, BCP 47.
        grade: Where it comes from: A the app's own source or a screen dump, B third-party
            scripts, C weak or old.
        verified: What it was tried on, in words; ``None`` if it never was.
        sources: Where its facts were found.
        longest_message: Longest text the app sends whole, in characters.
        joiner: What is put between the components of a combination.
        ownership: How own bubbles are told.
        screens: Where things are.
        marks: Delivery mark (text or content-desc, any UI language) → ``pending``, ``sent`` or
            ``failed``.
        notices: Part of a notice's text → ``content_rejected``, ``rate_limited``,
            ``account_restricted`` or ``recipient_refused``.
        read: Ways to read what has arrived, the first to be tried first.
        popups: Buttons that close what may come up over a chat, such as an offer to update.
        notification_text: Regular expression whose group ``text`` is the message in the text of a
            notification, where an app puts a name or a number before it.
    """

    name: str
    title: str
    package: str
    activity: str
    versions: tuple[str, ...]
    languages: tuple[str, ...]
    grade: str
    verified: str | None
    sources: tuple[str, ...]
    longest_message: int
    joiner: str
    ownership: Ownership
    screens: Screens
    marks: Mapping[str, str]
    notices: Mapping[str, str]
    read: tuple[ReadMode, ...]
    notification_text: str
    popups: Alternatives


def load_profile(name: str) -> Profile:
    """Load a profile by the name of a shipped one or by the path of a TOML file.

    Raises:
        ConfigError: There is none of that name, or it cannot be used.
    """
    path = Path(name)
    if path.suffix != ".toml":
        path = _folder() / f"{name}.toml"
        if not path.is_file():
            raise ConfigError(
                f"app {name!r}: there is no such profile. Known: {', '.join(shipped_profiles())}; "
                "or give the path of a .toml file."
            )
    table = read_table(path, _ProfileTable, "app profile")
    places = (*table.selectors.places(), ("popups", table.popups))
    problems = [
        f"selectors.{place}: {selector} is not valid XPath ({error})"
        for place, alternatives in places
        for selector in alternatives
        if selector.xpath is not None and (error := _xpath_error(selector.xpath))
    ]
    if problems:
        raise config_error(path, "app profile", problems)
    return table.to_profile(path.stem)


def shipped_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with the project."""
    return tuple(sorted(path.stem for path in _folder().glob("*.toml")))


def _folder() -> Path:
    return Path(str(files("drivers") / "apps"))


def _xpath_error(xpath: str) -> str | None:
    try:
        etree.XPath(xpath)
    except etree.XPathSyntaxError as error:
        return str(error)
    return None


def _each_once(modes: tuple[ReadMode, ...]) -> tuple[ReadMode, ...]:
    if len(set(modes)) < len(modes):
        raise ValueError("names a way to read twice")
    return modes


ReadModes = Annotated[tuple[ReadMode, ...], Field(min_length=1), AfterValidator(_each_once)]
"""Ways to read as files give them."""


class _SelectorTable(Border):
    id: str | None = None
    desc: tuple[str, ...] | None = None
    text: tuple[str, ...] | None = None
    xpath: str | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> "_SelectorTable":
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of id, desc, text, xpath")
        return self

    def __str__(self) -> str:
        return repr(self.xpath)

    def to_selector(self, package: str) -> Selector:
        if self.id is not None:
            full = self.id if ":id/" in self.id else f"{package}:id/{self.id}"
            return Selector(kind=SelectorKind.ID, values=(full,))
        if self.xpath is not None:
            return Selector(kind=SelectorKind.XPATH, values=(self.xpath,))
        if self.desc is not None:
            return Selector(kind=SelectorKind.DESC, values=tuple(self.desc))
        return Selector(kind=SelectorKind.TEXT, values=tuple(self.text or ()))


class _ScreensTable(Border):
    title: tuple[_SelectorTable, ...] = Field(min_length=1)
    input: tuple[_SelectorTable, ...] = Field(min_length=1)
    send: tuple[_SelectorTable, ...] = Field(min_length=1)
    chat_row: tuple[_SelectorTable, ...] = Field(min_length=1)
    chat_name: tuple[_SelectorTable, ...] = Field(min_length=1)
    row: tuple[_SelectorTable, ...] = Field(min_length=1)
    text: tuple[_SelectorTable, ...] = Field(min_length=1)
    login: tuple[_SelectorTable, ...] = ()
    own: tuple[_SelectorTable, ...] = ()
    state: tuple[_SelectorTable, ...] = ()
    notice: tuple[_SelectorTable, ...] = ()

    def places(self) -> Iterator[tuple[str, tuple[_SelectorTable, ...]]]:
        for place in type(self).model_fields:
            yield place, getattr(self, place)


class _MarksTable(Border):
    pending: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class _NoticesTable(Border):
    content_rejected: tuple[str, ...] = ()
    rate_limited: tuple[str, ...] = ()
    account_restricted: tuple[str, ...] = ()
    recipient_refused: tuple[str, ...] = ()


class _ProfileTable(Border):
    title: str
    platform: Literal["android"]
    package: str = Field(pattern=r"^[A-Za-z][\w.]*$")
    activity: str
    versions: tuple[str, ...]
    languages: tuple[str, ...]
    grade: Literal["A", "B", "C"]
    verified: str | None = None
    sources: tuple[str, ...]
    longest_message: int = Field(gt=0)
    joiner: str = " "
    ownership: Ownership
    selectors: _ScreensTable
    popups: tuple[_SelectorTable, ...] = ()
    read: ReadModes = (ReadMode.TREE,)
    notification_text: str = r"(?s)(?P<text>.*)"
    marks: _MarksTable = _MarksTable()
    notices: _NoticesTable = _NoticesTable()

    @model_validator(mode="after")
    def _ownership_has_its_node(self) -> "_ProfileTable":
        if (self.ownership is Ownership.GEOMETRY) == bool(self.selectors.own):
            raise ValueError(
                f"ownership is {str(self.ownership)!r}: selectors.own must "
                + ("be empty" if self.selectors.own else "name the node that tells own rows")
            )
        return self

    @field_validator("notification_text")
    @classmethod
    def _finds_a_text(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"is not a regular expression ({error})") from error
        if "text" not in groups:
            raise ValueError("has no group (?P<text>…)")
        return pattern

    def to_profile(self, name: str) -> Profile:
        return Profile(
            name=name,
            title=self.title,
            package=self.package,
            activity=self.activity,
            versions=tuple(self.versions),
            languages=tuple(self.languages),
            grade=self.grade,
            verified=self.verified,
            sources=tuple(self.sources),
            longest_message=self.longest_message,
            joiner=self.joiner,
            ownership=self.ownership,
            screens=Screens(
                **{
                    place: tuple(each.to_selector(self.package) for each in alternatives)
                    for place, alternatives in self.selectors.places()
                }
            ),
            marks=_inverted(self.marks),
            notices=_inverted(self.notices),
            popups=tuple(each.to_selector(self.package) for each in self.popups),
            read=self.read,
            notification_text=self.notification_text,
        )


def _inverted(table: _MarksTable | _NoticesTable) -> dict[str, str]:
    return {
        text: meaning for meaning in type(table).model_fields for text in getattr(table, meaning)
    }
