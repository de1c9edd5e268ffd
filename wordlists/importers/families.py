"""Families of published lists: files of one publisher that share columns and meaning."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from wordlists.importers.columns import OWN_COLUMNS, plain_name
from wordlists.importers.dates import DateOrder
from wordlists.importers.separators import Separator
from wordlists.licences import UNKNOWN

_CHAT_CENSORSHIP: Final = "Citizen Lab, chat-censorship"
_NONCOMMERCIAL: Final = "CC-BY-NC-SA-4.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What is known of files with certain columns."""

    name: str
    """What reports and lists.toml call it."""
    columns: frozenset[str]
    """The columns by which it is told, as `plain_name` gives them; all must be there."""
    publisher: str = ""
    """Who published it, for the source of each entry; empty where a person has to say."""
    licence: str = UNKNOWN
    """An SPDX identifier."""
    separator: Separator = Separator.OURS
    """What stands between components."""
    language: str = ""
    """The language of texts whose script cannot tell, such as ``8964`` or ``VPN`` in a list of
    Chinese; empty where a person has to say."""
    category: str = "MISC"
    """The category of rows that have none of our codes."""
    categories: Mapping[str, str] = field(default_factory=dict)
    """Our code for a category or theme of the file, in lower case."""
    order: DateOrder | None = None
    """What comes first in ``7/1/2016``."""
    finding: bool | None = None
    """Whether every row was found blocked; None where the file says it, or nothing."""


_THEMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "political": "POLR",
        "event": "POLR",
        "people": "POLR",
        "prurient": "PORN",
        "technology": "ANON",
    }
)

OWN: Final = Family(name="undelivered", columns=frozenset(OWN_COLUMNS[0]))
"""Our own lists, whatever they are written as: their texts are taken as they are."""
OTHER: Final = Family(name="other", columns=frozenset())
"""Any other table with a column of keywords."""

# The more columns tell a family, the surer it is: the first match wins.
FAMILIES: Final = (
    Family(
        name="citizenlab-liu-xiaobo",
        columns=frozenset(
            {"date tested", "keyword", "english translation", "group chat", "1 1 chat"}
        ),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.PLUS,
        language="zh",
        category="HUMR",
        order=DateOrder.MONTH_FIRST,
    ),
    Family(
        name="citizenlab-one-app-two-systems",
        columns=frozenset({"date tested", "keyword", "translation", "theme", "keyword type"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.SPACE,
        language="zh",
        categories=_THEMES,
        order=DateOrder.MONTH_FIRST,
        finding=True,
    ),
    Family(
        name="citizenlab-709-crackdown",
        columns=frozenset({"date tested", "keyword", "translation", "of components", "language"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.PLUS,
        language="zh",
        category="HUMR",
        order=DateOrder.MONTH_FIRST,
        finding=True,
    ),
    Family(
        name="citizenlab-19th-congress",
        columns=frozenset({"date tested", "keyword", "translation"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.PLUS,
        language="zh",
        category="POLR",
        order=DateOrder.MONTH_FIRST,
        finding=True,
    ),
    Family(
        name="citizenlab-coronavirus-wechat",
        columns=frozenset({"keyword combination", "detected on"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.PLUS,
        language="zh",
        category="PUBH",
        finding=True,
    ),
    Family(
        name="citizenlab-coronavirus-yy",
        columns=frozenset({"keyword added", "language", "theme", "date"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.NONE,
        language="zh",
        category="PUBH",
    ),
    Family(
        name="citizenlab-livestream",
        columns=frozenset({"client", "word", "earliest event type", "latest event type"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.NONE,
        language="zh",
        categories=_THEMES,
    ),
    Family(
        name="citizenlab-words",
        columns=frozenset({"word id", "word", "client", "lists", "theme"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.NONE,
        language="zh",
        categories=_THEMES,
    ),
    Family(
        name="citizenlab-search",
        columns=frozenset({"result", "idx", "date", "source"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        language="zh",
    ),
    Family(
        name="citizenlab-qqmail-extenuating",
        columns=frozenset({"extenuating combination"}),
        publisher=_CHAT_CENSORSHIP,
        licence=_NONCOMMERCIAL,
        separator=Separator.PLUS,
        language="zh",
    ),
    Family(
        name="test-lists",
        columns=frozenset({"url", "category code", "date added", "source", "notes"}),
        publisher="Citizen Lab, test-lists",
        licence=_NONCOMMERCIAL,
        separator=Separator.NONE,
        language="en",
    ),
    Family(
        name="chinese-keywords",
        columns=frozenset({"keyword", "sensitivewords", "popularwords"}),
        publisher="jasonqng/chinese-keywords",
        separator=Separator.NONE,
        language="zh",
    ),
)


def detect_family(columns: Iterable[str]) -> Family:
    """Tell the family of a file from its columns; `OTHER` if it is none that is known."""
    names = tuple(columns)
    if names in OWN_COLUMNS:
        return OWN
    found = {plain_name(name) for name in names}
    return next((each for each in FAMILIES if each.columns <= found), OTHER)


def named_family(name: str) -> Family | None:
    """Find a family by its name."""
    return next((each for each in (OWN, OTHER, *FAMILIES) if each.name == name), None)
