"""Derives variants of an entry, to find out which normalisations a filter applies.

A filter that folds case stops ``DALAI LAMA`` along with ``Dalai Lama``; one that maps traditional
to simplified characters stops the one form along with the other; one that looks at single messages
misses what is split across two. Each variant is an entry of its own, with an id of its own, that
names the entry it is derived from: measured like any other, it answers one such question.

A variant whose text is that of another entry has that entry's id, since entries are known by their
text; it need not be measured twice.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from pydantic import TypeAdapter
from rich.cells import split_graphemes

from wordlists.characters import has_visible, misfits
from wordlists.entry import (
    Entry,
    VariantKind,
    entry_id,
    format_keyword,
    split_components,
    split_id,
)
from wordlists.errors import WHOLE_FILE, Problem, WordlistError
from wordlists.findings import check_keyword
from wordlists.scripts import script_of

VARIANT_KINDS: Final = tuple(VariantKind)

_JOINER: Final = "\u200d"
_FULL_WIDTH: Final = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_CHINESE: Final = ("zh-Hans", "zh-Hant", "zh")
_TRADITIONAL: Final = "zh-Hant"
_SIMPLIFIED: Final = "zh-Hans"
_PINYIN: Final = "zh-Latn-pinyin"

_CONFUSABLES: Final = TypeAdapter(dict[str, list[dict[str, str]]])
_SYLLABLE = re.compile("[^་]+་?|་")  # the tsheg ends a syllable

_Change = Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """The variants of one entry."""

    entry: Entry
    """The entry they are derived from."""
    variants: tuple[Entry, ...]
    """The derived entries, at most one of each kind, in the order of `VariantKind`; each has a text
    that no other of them has, nor the entry."""
    missing: tuple[VariantKind, ...]
    """The kinds that were asked for and leave this entry as it is: there is no reversed case of
    Chinese, and no simplified form of what is simplified."""


def derive(entry: Entry, kinds: Iterable[VariantKind] = VARIANT_KINDS) -> Derivation:
    """Derive the variants of an entry.

    Args:
        entry: An entry of its own; not itself a variant.
        kinds: Which ones, in any order.

    Raises:
        WordlistError: A library is missing that a kind needs (the extra ``variants``).
    """
    wanted = set(kinds)
    seen = {entry.id}
    variants: list[Entry] = []
    missing: list[VariantKind] = []
    for kind in VARIANT_KINDS:
        if kind not in wanted:
            continue
        variant = _variant(entry, kind)
        if variant is None or variant.id in seen:
            missing.append(kind)
        else:
            seen.add(variant.id)
            variants.append(variant)
    return Derivation(entry=entry, variants=tuple(variants), missing=tuple(missing))


def derive_all(
    entries: Iterable[Entry], kinds: Iterable[VariantKind] = VARIANT_KINDS
) -> Iterator[Derivation]:
    """Derive the variants of entries; those that are variants themselves are left out."""
    wanted = frozenset(kinds)
    for entry in entries:
        if entry.variant is None:
            yield derive(entry, wanted)


def visible(entry: Entry, text: str | None = None) -> str:
    """Show the keyword of an entry with what cannot be seen of it named: ``达<U+200D>赖``.

    What a script or an emoji needs is left as it is, but where the joiners are what was put in.

    Args:
        entry: The entry.
        text: Another way to write it; its keyword if None.
    """
    shown = entry.keyword if text is None else text
    hidden = {at for at, _ in misfits(shown)}
    if entry.variant is VariantKind.ZERO_WIDTH:
        hidden |= {at for at, character in enumerate(shown) if character == _JOINER}
    return "".join(f"<U+{ord(c):04X}>" if at in hidden else c for at, c in enumerate(shown))


def _variant(entry: Entry, kind: VariantKind) -> Entry | None:
    if kind is VariantKind.SPLIT:
        components = _cut(entry.components)
        if components is None:
            return None
        name = split_id(split_components(components))
    else:
        if not _concerns(kind, entry):
            return None
        change = _changes()[kind]
        components = tuple(change(part) for part in entry.components)
        if components == entry.components or not all(map(has_visible, components)):
            return None
        name = entry_id(components)
    if list(check_keyword(format_keyword(components), hidden=True)):
        return None
    return replace(
        entry,
        id=name,
        components=components,
        language=_language(entry, kind),
        notes="",
        variant_of=entry.id,
        variant=kind,
    )


def _concerns(kind: VariantKind, entry: Entry) -> bool:
    """Whether a kind of variant can say something of an entry."""
    has_ideographs = any(script_of(part) == "CJK" for part in entry.components)
    match kind:
        case (
            VariantKind.SIMPLIFIED
            | VariantKind.TRADITIONAL
            | VariantKind.PINYIN
            | VariantKind.PINYIN_TONES
        ):
            return has_ideographs and entry.language in _CHINESE
        case _:
            return True


def _language(entry: Entry, kind: VariantKind) -> str:
    match kind:
        case VariantKind.SIMPLIFIED:
            return _SIMPLIFIED
        case VariantKind.TRADITIONAL:
            return _TRADITIONAL
        case VariantKind.PINYIN | VariantKind.PINYIN_TONES:
            return _PINYIN
        case _:
            return entry.language


@cache
def _changes() -> Mapping[VariantKind, _Change]:
    return MappingProxyType(
        {
            VariantKind.SIMPLIFIED: partial(_convert, "t2s"),
            VariantKind.TRADITIONAL: partial(_convert, "s2t"),
            VariantKind.PINYIN: lambda text: _pinyin(text, tones=False),
            VariantKind.PINYIN_TONES: lambda text: _pinyin(text, tones=True),
            VariantKind.FULL_WIDTH: _full_width,
            VariantKind.SPACED: lambda text: _put_between(text, " "),
            VariantKind.ZERO_WIDTH: lambda text: _put_between(text, _JOINER),
            VariantKind.HOMOGLYPH: _homoglyphs,
            VariantKind.REVERSED_CASE: str.swapcase,
        }
    )


def _full_width(text: str) -> str:
    return text.translate(_FULL_WIDTH)


def _put_between(text: str, sign: str) -> str:
    """Put a sign between any two units of a text, spaces aside."""
    return " ".join(sign.join(units(word)) for word in text.split(" "))


def units(text: str) -> tuple[str, ...]:
    """Take a text apart into what a person sees as characters; Tibetan into its syllables."""
    syllables = tuple(_SYLLABLE.findall(text)) if script_of(text) == "TIBETAN" else ()
    if len(syllables) > 1:
        return syllables
    spans, _ = split_graphemes(text)
    return tuple(text[start:end] for start, end, _ in spans)


def _cut(components: tuple[str, ...]) -> tuple[str, ...] | None:
    """Cut a keyword in two; a combination has its components to be parted by."""
    if len(components) > 1:
        return components
    parts = units(components[0])
    half = len(parts) // 2
    halves = ("".join(parts[:half]).strip(" "), "".join(parts[half:]).strip(" "))
    return halves if all(map(has_visible, halves)) else None


def _convert(config: str, text: str) -> str:
    return _opencc(config)(text)


@cache
def _opencc(config: str) -> _Change:
    try:
        from opencc import OpenCC  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _missing("opencc") from error
    converter = OpenCC(config)

    def convert(text: str) -> str:
        return str(converter.convert(text))

    return convert


def _pinyin(text: str, *, tones: bool) -> str:
    try:
        from pypinyin import Style, lazy_pinyin  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise _missing("pypinyin") from error
    style = Style.TONE if tones else Style.NORMAL
    words = " ".join(lazy_pinyin(text, style=style))
    return unicodedata.normalize("NFC", " ".join(words.split()))


def _homoglyphs(text: str) -> str:
    table = _lookalikes()
    return "".join(table.get(character, character) for character in text)


@cache
def _lookalikes() -> Mapping[str, str]:
    """For each character, another that looks the same, the first in code order.

    Those that Unicode's form NFC turns back into the character itself are of no use: the text would
    be the same. Letters are replaced by letters of other scripts alone, since signs made for
    mathematics or for compatibility are what NFKC undoes, which full width asks about already.
    """
    try:
        # The library's data and not its functions, which tell where texts are confusable and do not
        # make them so.
        data = files("confusable_homoglyphs").joinpath("confusables.json").read_bytes()
    except ModuleNotFoundError as error:
        raise _missing("confusable-homoglyphs") from error
    found: dict[str, str] = {}
    for character, alike in _CONFUSABLES.validate_json(data).items():
        candidates = sorted(
            each["c"]
            for each in alike
            if len(each["c"]) == 1 and len(character) == 1 and _can_replace(character, each["c"])
        )
        if candidates:
            found[character] = candidates[0]
    return MappingProxyType(found)


def _can_replace(character: str, other: str) -> bool:
    if unicodedata.normalize("NFC", other) != other or not other.isprintable():
        return False
    if script_of(character) == "CJK":
        return unicodedata.category(other)[0] in "LS"  # a radical is a symbol
    return (
        character.isalpha()
        and other.isalpha()
        and unicodedata.normalize("NFKC", other) == other
        and script_of(other) != script_of(character)
        and unicodedata.category(character) == unicodedata.category(other)
        and script_of(other) in {"CYRILLIC", "GREEK", "LATIN", "ARMENIAN", "CHEROKEE"}
    )


def _missing(library: str) -> WordlistError:
    return WordlistError(
        [
            Problem(
                path=library,
                line=WHOLE_FILE,
                what="this library, which some variants need, is not installed",
                fix="pip install 'undelivered[variants]', or name other kinds",
            )
        ]
    )
