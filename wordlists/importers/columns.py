"""What the columns of published lists mean, told from their names."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from wordlists.errors import file_error
from wordlists.lint import COLUMNS, VARIANT_COLUMNS


class Role(StrEnum):
    """What a column means to an import."""

    KEYWORD = "keyword"
    LANGUAGE = "language"
    CATEGORY = "category"
    """Becomes the category where it holds one of our codes; is kept with the source anyway."""
    DATE = "date"
    KIND = "kind"
    """Says whether the keyword is a phrase or a combination."""
    COMPONENTS = "components"
    """Says how many components the keyword has."""
    TRANSLATION = "translation"
    NOTE = "note"
    """Kept in the notes."""
    GROUP = "group"
    """Whether it was blocked in group chat."""
    DIRECT = "direct"
    """Whether it was blocked in direct chat."""
    ANYWHERE = "anywhere"
    """Whether it was blocked, in a kind of chat that the file does not name."""
    SOURCE = "source"
    """Kept with the source, under the column's name, as is every column not named here."""


# In order of trust: the first that a file has is its keyword column.
_KEYWORD_NAMES: Final = (
    *("keyword", "keywords", "keyword combination", "keyword added", "word", "words", "phrase"),
    *("extenuating combination", "isolation", "result", "url", "urls", "input", "term", "text"),
    *("敏感词", "关键词", "關鍵詞", "敏感詞"),
)
_ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        "language": Role.LANGUAGE,
        "lang": Role.LANGUAGE,
        "category": Role.CATEGORY,
        "category code": Role.CATEGORY,
        "theme": Role.CATEGORY,
        "date": Role.DATE,
        "date tested": Role.DATE,
        "date added": Role.DATE,
        "detected on": Role.DATE,
        "earliest event date": Role.DATE,
        "keyword type": Role.KIND,
        "of components": Role.COMPONENTS,
        "translation": Role.TRANSLATION,
        "english translation": Role.TRANSLATION,
        "english": Role.TRANSLATION,
        "meaning": Role.TRANSLATION,
        "human translation": Role.TRANSLATION,
        "human translation if necessary": Role.TRANSLATION,
        "human translation if neccessary": Role.TRANSLATION,
        "machine translation": Role.TRANSLATION,
        "machinese translation": Role.TRANSLATION,
        "note": Role.NOTE,
        "notes": Role.NOTE,
        "description": Role.NOTE,
        "pinyin": Role.NOTE,
        "group chat": Role.GROUP,
        "1 1 chat": Role.DIRECT,
        "direct chat": Role.DIRECT,
        "blocked": Role.ANYWHERE,
        "censored": Role.ANYWHERE,
        "was blocked": Role.ANYWHERE,
        "seen blocked": Role.ANYWHERE,
    }
)
_SHOWN: Final = 20
_NO_WORD = re.compile(r"[\W_]+")
OWN_COLUMNS: Final = (COLUMNS, COLUMNS + VARIANT_COLUMNS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which column of a file means what."""

    keyword: str
    """The column of keywords."""
    roles: Mapping[str, Role]
    """What each column means, that of the keywords left out."""
    by_role: Mapping[Role, tuple[str, ...]]
    """The columns of each meaning, in the order of the file."""

    def named(self, role: Role) -> tuple[str, ...]:
        """The columns that have a meaning, in the order of the file."""
        return self.by_role.get(role, ())


@lru_cache(maxsize=4_096)
def plain_name(column: str) -> str:
    """Reduce the name of a column to its words: ``# of Components`` to ``of components``."""
    return _NO_WORD.sub(" ", column.casefold()).strip()


def lay_out(columns: Iterable[str], *, keyword: str | None, place: str) -> Layout:
    """Tell what columns mean.

    Args:
        columns: Their names.
        keyword: The column of keywords, if a person said which it is.
        place: The file, for messages.

    Raises:
        WordlistError: No column can be told to hold keywords.
    """
    names = tuple(columns)
    plain = {plain_name(name): name for name in reversed(names)}
    shown = ", ".join(map(repr, names[:_SHOWN]))
    if keyword is not None:
        chosen = plain.get(plain_name(keyword))
        if chosen is None:
            raise file_error(place, f"no column is named {keyword!r}", f"name one of {shown}")
    else:
        chosen = next((plain[name] for name in _KEYWORD_NAMES if name in plain), None)
        if chosen is None:
            fix = (
                "say which holds the keywords, with --keyword-column; or, if there is no header "
                "and each line is a keyword, with --format text"
            )
            raise file_error(place, f"no column is known to hold keywords; there are {shown}", fix)
    roles = {name: _ROLES.get(plain_name(name), Role.SOURCE) for name in names if name != chosen}
    by_role = {role: tuple(name for name, found in roles.items() if found is role) for role in Role}
    return Layout(keyword=chosen, roles=MappingProxyType(roles), by_role=MappingProxyType(by_role))
