"""The tables of a profile's TOML file: the one description of the format.

The JSON schema that editors complete from is made of them, `undelivered app check` checks by them,
and `docs/profiles.md` is compared with them.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from datetime import date as day
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal

import langcodes
from pydantic import AfterValidator, Field

from drivers.border import Border
from drivers.profile import (
    CAUTIOUS_LENGTH,
    Alternatives,
    DeepLink,
    Edges,
    Family,
    Ownership,
    Platform,
    Profile,
    ReadMode,
    Screens,
    TextSource,
    Trial,
    TriedOn,
)
from drivers.selector_table import SelectorTable

_LINK_PLACE: Final = "{address}"


def _each_once(modes: tuple[ReadMode, ...]) -> tuple[ReadMode, ...]:
    if len(set(modes)) < len(modes):
        raise ValueError("names a way to read twice")
    return modes


_OnAScreen = Literal[ReadMode.TREE, ReadMode.NOTIFICATIONS, ReadMode.OCR]
ReadModes = Annotated[tuple[_OnAScreen, ...], Field(min_length=1), AfterValidator(_each_once)]
"""Ways to read as files give them."""


def _language(tag: str) -> str:
    if not langcodes.tag_is_valid(tag):
        raise ValueError(f"{tag!r} is not a language tag of BCP 47, such as en or zh-Hans")
    return tag


def _pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is not a regular expression ({error})") from error
    return pattern


def _has_group(name: str) -> AfterValidator:
    def check(pattern: str) -> str:
        if name not in re.compile(_pattern(pattern)).groupindex:
            raise ValueError(f"has no group (?P<{name}>…)")
        return pattern

    return AfterValidator(check)


_TextPattern = Annotated[str, _has_group("text")]
_StatePattern = Annotated[str, _has_group("state")]
_NamePattern = Annotated[str, _has_group("name")]
_Share = Annotated[float, Field(gt=0, lt=1)]

_Alternatives = tuple[SelectorTable, ...]
_Needed = Annotated[_Alternatives, Field(min_length=1)]


class SelectorsTable(Border):
    """Where things are on the screen; each a list of alternatives, the first that matches wins."""

    title: _Needed = Field(description="title of the open chat")
    input: _Needed = Field(description="the field a message is typed into")
    send: _Needed = Field(description="the button that sends it")
    chat_row: _Needed = Field(description="rows of the list of chats")
    chat_name: _Needed = Field(description="the name in such a row")
    row: _Needed = Field(description="rows of the conversation, top to bottom")
    text: _Needed = Field(description="the message's text in a row")
    login: _Alternatives = Field(default=(), description="what only the log-in screen shows")
    login_user: _Alternatives = Field(
        default=(), description="its field for the name; where the harness logs in, in web apps"
    )
    login_password: _Alternatives = Field(default=(), description="its field for the password")
    login_submit: _Alternatives = Field(default=(), description="the button that logs in")
    search: _Alternatives = Field(default=(), description="what opens the search for chats")
    search_input: _Alternatives = Field(default=(), description="the field of the search")
    search_row: _Alternatives = Field(default=(), description="rows of what the search found")
    search_name: _Alternatives = Field(default=(), description="the name in such a row")
    bubble: _Alternatives = Field(
        default=(), description="the bubble in a row, where its text does not lie like it"
    )
    own: _Alternatives = Field(default=(), description="what only own rows hold")
    other: _Alternatives = Field(default=(), description="what only rows of others hold")
    state: _Alternatives = Field(
        default=(), description="the node whose text or content-desc is the delivery mark"
    )
    pending: _Alternatives = Field(
        default=(), description="what a row holds while its message is being sent"
    )
    sent: _Alternatives = Field(default=(), description="what a row holds once it was sent")
    failed: _Alternatives = Field(
        default=(), description="what a row holds whose message could not be sent"
    )
    more: _Alternatives = Field(
        default=(), description="what a row holds whose text is folded; a tap on it unfolds it"
    )
    aside: _Alternatives = Field(
        default=(), description="quoted replies, previews of links: all of them are left out"
    )
    divider: _Alternatives = Field(
        default=(), description="rows that are no messages, or what only these hold: all of them"
    )
    notice: _Alternatives = Field(default=(), description="nodes in which the app speaks")

    def places(self) -> Iterator[tuple[str, _Alternatives]]:
        """The alternatives by place."""
        for place in type(self).model_fields:
            yield place, getattr(self, place)


class FamilySelectorsTable(SelectorsTable):
    """Selectors of a family of versions, tried before those of the profile."""

    title: _Alternatives = ()
    input: _Alternatives = ()
    send: _Alternatives = ()
    chat_row: _Alternatives = ()
    chat_name: _Alternatives = ()
    row: _Alternatives = ()
    text: _Alternatives = ()


class FamilyTable(Border):
    """Versions of an app whose screens differ from what the profile says otherwise."""

    name: str = Field(pattern=r"^[\w.+-]+$", description='app = "…@NAME" asks for it by name')
    versions: tuple[str, ...] = Field(
        default=(), description="its versions, such as 8.0.45 or 8.0.*; none if nobody knows them"
    )
    grade: Literal["A", "B", "C"] = Field(description="where its selectors come from")
    sources: tuple[str, ...] = Field(min_length=1, description="where they were found")
    verified: tuple["TrialTable", ...] = Field(
        default=(), description="when it was seen to work; none: untested"
    )
    selectors: FamilySelectorsTable

    def to_family(self, package: str) -> Family:
        """The family it describes."""
        return Family(
            name=self.name,
            versions=self.versions,
            grade=self.grade,
            sources=self.sources,
            verified=tuple(each.to_trial() for each in self.verified),
            selectors={
                place: _selectors(found, package)
                for place, found in self.selectors.places()
                if found
            },
        )


class DeepLinkTable(Border):
    """An address that opens a chat."""

    uri: str = Field(description="the address; {address} is where the other account's goes")
    address: str = Field(description="what is put in there, in words")


class TrialTable(Border):
    """A time the profile was seen to work."""

    on: TriedOn
    date: day = Field(description="day it was tried")
    version: str = Field(default="", description="version of the app there")

    def to_trial(self) -> Trial:
        """The trial it tells of."""
        return Trial(on=self.on, when=self.date, version=self.version)


class EdgesTable(Border):
    """The two lines that bubbles hug, as shares of the screen's width."""

    other: _Share = Field(description="left edge of bubbles of others")
    own: _Share = Field(description="right edge of own bubbles")


class MarksTable(Border):
    """Texts or descriptions of the delivery mark, in all UI languages, exactly."""

    pending: tuple[str, ...] = ()
    sent: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


class NoticesTable(Border):
    """Parts of what the app says, in all UI languages."""

    content_rejected: tuple[str, ...] = ()
    rate_limited: tuple[str, ...] = ()
    account_restricted: tuple[str, ...] = ()
    recipient_refused: tuple[str, ...] = ()


class ProfileTable(Border):
    """What the harness knows of an app's screens; docs/profiles.md explains every key."""

    title: str = Field(min_length=1, description="the app's name for people")
    platform: Platform = Field(description="what the app runs on")
    test_app: bool = Field(
        default=False,
        description="true for an app that exists for tests alone: a run then asks for no consent",
    )
    package: str | None = Field(
        default=None, pattern=r"^[A-Za-z][\w.]*$", description="Android package"
    )
    activity: str | None = Field(
        default=None, description="activity to start; the one its icon starts if left out"
    )
    versions: tuple[str, ...] = Field(
        description="versions it was written for, such as 1.6.*; none if nobody wrote them down"
    )
    languages: tuple[Annotated[str, AfterValidator(_language)], ...] = Field(
        min_length=1, description="UI languages its texts cover, BCP 47"
    )
    grade: Literal["A", "B", "C"] = Field(
        description="A the app's own source or a screen dump, B third-party scripts, C weak or old"
    )
    verified: tuple[TrialTable, ...] = Field(
        default=(), description="what it was tried on; left out until it was"
    )
    sources: tuple[str, ...] = Field(min_length=1, description="where its facts were found")
    longest_message: int | None = Field(
        default=None,
        gt=0,
        description=f"longest text sent whole, in characters; unknown counts as {CAUTIOUS_LENGTH}",
    )
    joiner: str = Field(
        default=" ", description="what is put between the components of a combination"
    )
    read: ReadModes = Field(
        default=(ReadMode.TREE,), description="ways to read arrivals, the first tried first"
    )
    notification_text: _TextPattern = Field(
        default=r"(?s)(?P<text>.*)",
        description="regular expression for a notification's text; its group text is the message",
    )
    ownership: Ownership = Field(description="how own bubbles are told from those of others")
    edges: EdgesTable | None = None
    text_source: TextSource = Field(
        default=TextSource.TEXT, description="attribute of the text's node that holds the message"
    )
    text_pattern: _TextPattern | None = Field(
        default=None,
        description="regular expression for the whole text, where more than the message is in it: "
        "groups text, and if there are any state, own, other",
    )
    state_pattern: _StatePattern | None = Field(
        default=None,
        description="regular expression for the state's node; its group state is the mark",
    )
    title_pattern: _NamePattern | None = Field(
        default=None,
        description="regular expression for the open chat's title; its group name is the title",
    )
    name_pattern: _NamePattern | None = Field(
        default=None,
        description="regular expression for a name in the list of chats; its group is name",
    )
    commands: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(), description="beginnings of texts that the app takes for commands, as /"
    )
    message_id: str = Field(
        default="", description="attribute of a row that names its message for good, as id"
    )
    notice_s: float = Field(
        default=0.0, ge=0, le=10, description="how long after the bubble a notice may come"
    )
    chats: tuple[Literal["direct", "group"], ...] = Field(
        default=("direct", "group"), min_length=1, description="kinds of chat that can be read"
    )
    deep_links: tuple[DeepLinkTable, ...] = Field(
        default=(), description="addresses that open a chat"
    )
    selectors: SelectorsTable
    popups: _Alternatives = Field(
        default=(), description="buttons that close what comes up over a chat"
    )
    marks: MarksTable = MarksTable()
    notices: NoticesTable = NoticesTable()
    family: tuple[FamilyTable, ...] = Field(default=(), description="versions whose screens differ")

    def problems(self) -> Iterator[tuple[str, str]]:
        """What no single key can see: the place, and what is wrong there."""
        yield from self._platform_problems()
        yield from self._selector_problems()
        yield from self._ownership_problems()
        for number, link in enumerate(self.deep_links):
            if link.uri.count(_LINK_PLACE) != 1:
                yield f"deep_links.{number}", f"{link.uri!r} must hold {_LINK_PLACE} once"
        yield from _ambiguities("marks", self.marks)
        yield from _ambiguities("notices", self.notices)
        names = [each.name for each in self.family]
        for number, each in enumerate(self.family):
            if each.name in names[:number]:
                yield f"family.{number}.name", f"{each.name!r} is there twice"
            for pattern in each.versions:
                first = next((x for x in self.family[:number] if _covers(x, pattern)), None)
                if first is not None:
                    yield (
                        f"family.{number}.versions",
                        f"{pattern!r} is of the family {first.name!r} already, which comes first",
                    )
        if self.edges is not None and self.edges.other >= self.edges.own:
            yield "edges", "the line `other` lies left of the line `own`: it must be smaller"
        yield from _early_trials("", self.verified)
        for number, each in enumerate(self.family):
            yield from _early_trials(f"family.{number}.", each.verified)

    def _platform_problems(self) -> Iterator[tuple[str, str]]:
        if self.platform is Platform.ANDROID and self.package is None:
            yield "package", "is missing; an Android app has one, such as org.example.app"
        if self.platform is Platform.WEB:
            for key in ("package", "activity"):
                if getattr(self, key) is not None:
                    yield key, "a web app has none; remove it"

    def _selector_problems(self) -> Iterator[tuple[str, str]]:
        tables = [("selectors", self.selectors)]
        tables += [
            (f"family.{at}.selectors", each.selectors) for at, each in enumerate(self.family)
        ]
        places = [
            (f"{where}.{place}", place, found)
            for where, table in tables
            for place, found in table.places()
        ]
        for where, place, found in (*places, ("popups", "popups", self.popups)):
            for number, selector in enumerate(found):
                problem = selector.problem(self.platform, place)
                if problem is not None:
                    yield f"{where}.{number}", problem

    def _ownership_problems(self) -> Iterator[tuple[str, str]]:
        said = f"ownership is {str(self.ownership)!r}"
        own, other = self.selectors.own, self.selectors.other
        if self.ownership is Ownership.HAS and not own:
            yield "selectors.own", f"{said}: selectors.own must name the node that tells own rows"
        if self.ownership is Ownership.LACKS and not other:
            yield (
                "selectors.other",
                f"{said}: selectors.other must name the node that tells rows of others",
            )
        if self.ownership not in {Ownership.HAS, Ownership.LACKS}:
            for key, found in (("own", own), ("other", other)):
                if found:
                    yield f"selectors.{key}", f"{said}: selectors.{key} must be empty"
        if (self.ownership is Ownership.EDGE) is (self.edges is None):
            yield "edges", f"{said}: edges must be {'given' if self.edges is None else 'left out'}"
        groups = re.compile(self.text_pattern or "").groupindex
        tells = "own" in groups or "other" in groups
        if (self.ownership is Ownership.PATTERN) is not tells:
            yield (
                "text_pattern",
                f"{said}: text_pattern must "
                + ("have no group own or other" if tells else "have a group own or other, or both"),
            )

    def to_profile(self, name: str) -> Profile:
        """The profile it describes."""
        package = self.package or ""
        edges = None if self.edges is None else Edges(other=self.edges.other, own=self.edges.own)
        of_families = (version for each in self.family for version in each.versions)
        return Profile(
            name=name,
            title=self.title,
            platform=self.platform,
            is_test_app=self.test_app,
            package=package,
            activity=self.activity or "",
            versions=tuple(dict.fromkeys((*self.versions, *of_families))),
            languages=self.languages,
            grade=self.grade,
            verified=tuple(each.to_trial() for each in self.verified),
            sources=self.sources,
            longest_message=self.longest_message or CAUTIOUS_LENGTH,
            knows_longest_message=self.longest_message is not None,
            joiner=self.joiner,
            ownership=self.ownership,
            edges=edges,
            screens=Screens(
                **{place: _selectors(found, package) for place, found in self.selectors.places()}
            ),
            text_source=self.text_source,
            text_pattern=None if self.text_pattern is None else re.compile(self.text_pattern),
            state_pattern=None if self.state_pattern is None else re.compile(self.state_pattern),
            title_pattern=None if self.title_pattern is None else re.compile(self.title_pattern),
            name_pattern=None if self.name_pattern is None else re.compile(self.name_pattern),
            chats=self.chats,
            marks=_inverted(self.marks),
            notices=_inverted(self.notices),
            read=self.read,
            notification_text=self.notification_text,
            popups=_selectors(self.popups, package),
            commands=self.commands,
            message_id=self.message_id,
            notice_s=self.notice_s,
            deep_links=tuple(DeepLink(uri=x.uri, address=x.address) for x in self.deep_links),
            families=tuple(each.to_family(package) for each in self.family),
        )


def _covers(family: FamilyTable, pattern: str) -> bool:
    return any(fnmatchcase(pattern, each) for each in family.versions)


def _early_trials(where: str, trials: tuple[TrialTable, ...]) -> Iterator[tuple[str, str]]:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()  # where it is later than here
    for number, each in enumerate(trials):
        if each.date > tomorrow:
            yield f"{where}verified.{number}", f"{each.date} has not come yet"


def _selectors(tables: _Alternatives, package: str) -> Alternatives:
    return tuple(each.to_selector(package) for each in tables)


def _ambiguities(where: str, table: MarksTable | NoticesTable) -> Iterator[tuple[str, str]]:
    meanings: dict[str, str] = {}
    for meaning in type(table).model_fields:
        for text in getattr(table, meaning):
            first = meanings.setdefault(text, meaning)
            if first != meaning:
                yield f"{where}.{meaning}", f"{text!r} is there and under {first}"
            if not text:
                yield f"{where}.{meaning}", "an empty text would be found everywhere"


def _inverted(table: MarksTable | NoticesTable) -> dict[str, str]:
    return {
        text: meaning for meaning in type(table).model_fields for text in getattr(table, meaning)
    }
