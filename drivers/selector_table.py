"""Selectors as profiles write them: what each key means, and what can be wrong with it."""

import re
from typing import Annotated, Final

from cssselect import HTMLTranslator, SelectorError
from lxml import etree
from pydantic import Field, model_validator

from drivers.border import Border
from drivers.profile import ROW_PLACES, Platform, Selector, SelectorKind, compiled

_BEFORE_BRACKETS: Final = frozenset(
    (
        *("last", "position", "count", "id", "local-name", "namespace-uri", "name"),
        *("string", "concat", "starts-with", "contains", "substring-before", "substring-after"),
        *("substring", "string-length", "normalize-space", "translate", "boolean", "not", "true"),
        *("false", "lang", "number", "sum", "floor", "ceiling", "round"),
        *("comment", "text", "processing-instruction", "node", "and", "or", "div", "mod"),
    )
)
"""Functions, kinds of node and operators of XPath 1.0."""

_LITERAL = re.compile(r""""[^"]*"|'[^']*'""")
_PREDICATE = re.compile(r"\[[^\[\]]*\]")
_CALL = re.compile(r"([\w.-]+)\s*\(")
_PREFIX = re.compile(r"(?<![\w.:-])([\w.-]+):(?!:)")
_VARIABLE = re.compile(r"\$[\w.-]+")
_NO_NODE = re.compile(r"(?:@[\w.*-]+|attribute::[\w.*-]+|(?:text|comment)\(\))\s*\)*\s*$")

_Some = Annotated[str, Field(min_length=1)]


class SelectorTable(Border):
    """One way to find a node; exactly one key."""

    id: _Some | None = Field(
        default=None, description="resource-id; the package is put in front where it is left out"
    )
    tag: _Some | None = Field(
        default=None, description="test tag of Jetpack Compose: a resource-id without a package"
    )
    desc: tuple[_Some, ...] | None = Field(
        default=None, min_length=1, description="content-desc, exactly, in any UI language"
    )
    text: tuple[_Some, ...] | None = Field(
        default=None, min_length=1, description="text, exactly, in any UI language"
    )
    css: _Some | None = Field(default=None, description="CSS selector; only for platform web")
    xpath: _Some | None = Field(
        default=None, description="XPath 1.0; inside a row it begins with .// or self::"
    )

    @model_validator(mode="after")
    def _one_kind(self) -> "SelectorTable":
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of id, tag, desc, text, css, xpath")
        return self

    def problem(self, platform: Platform, place: str) -> str | None:
        """What is wrong with it as a selector for a place; ``None`` if nothing is."""
        if platform is Platform.WEB and self.css is None and self.xpath is None:
            return "a web app has only css and xpath selectors"
        if platform is Platform.ANDROID and self.css is not None:
            return f"css {self.css!r}: css selectors are for platform web; use id or xpath"
        if self.tag is not None and "'" in self.tag:
            return f"tag {self.tag!r}: a test tag with ' in it cannot be looked for"
        if self.tag is not None:
            return _xpath_error(self.to_selector("").values[0], None)
        if self.css is not None:
            return _css_error(self.css)
        return None if self.xpath is None else _xpath_error(self.xpath, ROW_PLACES.get(place))

    def to_selector(self, package: str) -> Selector:
        """The selector it stands for."""
        if self.id is not None:
            full = self.id if ":id/" in self.id else f"{package}:id/{self.id}"
            return Selector(kind=SelectorKind.ID, values=(full,))
        if self.tag is not None:
            xpath = f".//*[@resource-id='{self.tag}']"
            return Selector(kind=SelectorKind.XPATH, values=(xpath,), written=f"tag {self.tag}")
        if self.css is not None:
            xpath = HTMLTranslator().css_to_xpath(self.css, prefix="descendant::")
            return Selector(kind=SelectorKind.XPATH, values=(xpath,), written=f"css {self.css}")
        if self.xpath is not None:
            return Selector(kind=SelectorKind.XPATH, values=(self.xpath,))
        if self.desc is not None:
            return Selector(kind=SelectorKind.DESC, values=tuple(self.desc))
        return Selector(kind=SelectorKind.TEXT, values=tuple(self.text or ()))


def _css_error(css: str) -> str | None:
    try:
        compiled(HTMLTranslator().css_to_xpath(css, prefix="descendant::"))
    except (SelectorError, etree.XPathError, ValueError) as error:
        return f"{css!r} is not a valid CSS selector ({error})"
    return None


def _xpath_error(xpath: str, rows: str | None) -> str | None:
    """What is wrong with an XPath that is looked for on the screen, or in each of some rows."""
    try:
        found = compiled(xpath)(etree.Element("node"))
    except (etree.XPathError, ValueError) as error:
        return f"{xpath!r} is not valid XPath ({error})"
    # What stands in a predicate is looked at only where a screen has such a node: not now.
    bare = _LITERAL.sub("''", xpath)
    unknown = [each for each in _CALL.findall(bare) if each not in _BEFORE_BRACKETS]
    unknown += [f"{each}:" for each in _PREFIX.findall(bare)] + _VARIABLE.findall(bare)
    if unknown:
        return f"{xpath!r} is not valid XPath: 1.0 without namespaces knows no {unknown[0]}"
    while bare != (rest := _PREDICATE.sub("", bare)):
        bare = rest
    if not isinstance(found, list) or any(map(_NO_NODE.search, bare.split("|"))):
        return f"{xpath!r} finds no nodes, but a text, a number or whether something holds"
    if rows is not None and xpath.lstrip("( ").startswith("/"):
        return (
            f"{xpath!r} begins at the root of the screen, so that it finds the same node for every "
            f"{rows}; begin it with .//"
        )
    return None
