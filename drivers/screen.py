"""One snapshot of a handset's screen, parsed once and judged in Python.

Rows of a list are recycled and elements go stale, so nothing is concluded from several calls: one
page source is fetched, parsed with lxml, and everything is read from it.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache

from lxml import etree

from drivers.profile import Alternatives, Selector, SelectorKind

_BOUNDS = re.compile(r"\[(-?\d{1,9}),(-?\d{1,9})\]\[(-?\d{1,9}),(-?\d{1,9})\]")
_WIDTH = re.compile(r"\d{1,9}")
_HALVES = re.compile(r"(?:&#(?:5[5-7]\d{3}|[xX]0{0,4}[dD][89a-fA-F][0-9a-fA-F]{2});)+")
"""References to halves of characters: some servers write an emoji as two of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """A rectangle on the screen, in pixels from the top left."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def middle_x(self) -> float:
        """Horizontal centre."""
        return (self.left + self.right) / 2


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the screen's hierarchy."""

    element: etree._Element

    @property
    def text(self) -> str:
        """Its text; empty where it has none."""
        return self.element.get("text") or ""

    @property
    def description(self) -> str:
        """Its content description; empty where it has none."""
        return self.element.get("content-desc") or ""

    @property
    def shows_hint(self) -> bool:
        """Whether its text is but the hint of an empty field."""
        shown = self.element.get("showing-hint")
        if shown is not None:
            return shown == "true"
        # Older servers do not tell; then a text that is the hint is taken for it.
        return bool(self.text) and self.text == self.element.get("hint")

    @property
    def bounds(self) -> Bounds | None:
        """Where it is; ``None`` where the hierarchy does not say."""
        return _bounds(self.element.get("bounds") or "")

    def first(self, alternatives: Alternatives) -> "Node | None":
        """The first node below it that the first matching alternative finds."""
        for selector in alternatives:
            for each in selector.find(self.element):
                return Node(each)
        return None


@dataclass(frozen=True, slots=True)
class Found:
    """A node and the one selector that found it, so that the driver can be asked for the same."""

    node: Node
    kind: SelectorKind
    value: str


@dataclass(frozen=True, slots=True)
class Screen:
    """A parsed page source.

    Attributes:
        root: Its root element.
        taken_at: When it was fetched.
    """

    root: etree._Element
    taken_at: datetime
    _nodes: dict[str, dict[str | None, list[etree._Element]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # by attribute and its value: the same screen is asked for half a dozen places

    @classmethod
    def parse(cls, source: str) -> "Screen":
        """Parse a page source; of a broken one, whatever can be read."""
        parser = etree.XMLParser(
            recover=True,
            huge_tree=True,
            resolve_entities=False,
            no_network=True,
            collect_ids=False,  # nobody asks for them, and they take a third of the time
            remove_comments=True,
            remove_pis=True,
        )
        if "&#" in source:
            source = _HALVES.sub(_joined, source)
        try:
            root = etree.fromstring(source.encode("utf-8", "replace"), parser)
        except etree.XMLSyntaxError:
            root = None  # not even a beginning of a document
        return cls(etree.Element("hierarchy") if root is None else root, datetime.now(UTC))

    def all(self, alternatives: Alternatives) -> Iterator[Node]:
        """All nodes that the first matching alternative finds, in document order."""
        return map(Node, next(filter(None, map(self._matches, alternatives)), ()))

    def first(self, alternatives: Alternatives) -> Node | None:
        """The first of these, or ``None``."""
        return next(self.all(alternatives), None)

    def locate(self, alternatives: Alternatives) -> Found | None:
        """The first node found, with the selector (one value of it) that finds it."""
        for selector in alternatives:
            for element in self._matches(selector):
                return Found(Node(element), selector.kind, _value_of(selector, element))
        return None

    def _matches(self, selector: Selector) -> list[etree._Element]:
        """All nodes that a selector finds, in document order."""
        attribute = selector.attribute
        if attribute is None:
            return list(selector.find(self.root))
        nodes = self._nodes.get(attribute)
        if nodes is None:
            nodes = self._nodes[attribute] = defaultdict(list)
            for each in self.root.iterdescendants():
                nodes[each.get(attribute)].append(each)
        found = [nodes[value] for value in selector.values if value in nodes]
        if len(found) > 1:  # in several languages at once; seldom, and they must be put in order
            return list(selector.find(self.root))
        return found[0] if found else []

    @property
    def package(self) -> str | None:
        """Package of the app whose window it shows; ``None`` where it shows nothing."""
        packages = (each.get("package") for each in self.root.iterdescendants())
        return next((package for package in packages if package), None)

    @property
    def width(self) -> int:
        """Width of the screen in pixels: the right edge of what lies furthest right."""
        stated = self.root.get("width")
        if stated is not None and _WIDTH.fullmatch(stated):
            return int(stated)
        edges = (Node(each).bounds for each in self.root.iterdescendants())
        return max((bounds.right for bounds in edges if bounds), default=0)


def _joined(halves: re.Match[str]) -> str:
    """The characters that references to their halves stand for; U+FFFD for a half alone."""
    said = (each.strip("&#;") for each in halves[0].split(";") if each)
    units = [int(each[1:], 16) if each[0] in "xX" else int(each) for each in said]
    data = b"".join(unit.to_bytes(2, "big") for unit in units)
    return data.decode("utf-16-be", "replace")


@lru_cache(maxsize=4096)  # rows stand in the same few places in one snapshot after the other
def _bounds(written: str) -> Bounds | None:
    match = _BOUNDS.fullmatch(written)
    if match is None:
        return None
    left, top, right, bottom = map(int, match.groups())
    return Bounds(left=left, top=top, right=right, bottom=bottom)


def _value_of(selector: Selector, element: etree._Element) -> str:
    if selector.kind is SelectorKind.DESC:
        return element.get("content-desc") or ""
    if selector.kind is SelectorKind.TEXT:
        return element.get("text") or ""
    return selector.values[0]
