"""Selectors that might be right, guessed from a screen on which those of a profile found nothing.

Guesses for a person to judge: the field is what can be typed into, the button what can be tapped
beside it, a row what repeats and holds text, the title what stands above the rows. Resource ids
are preferred to descriptions, and those to classes. The text of a message never gets into them.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lxml import etree

from drivers.profile import Selector, SelectorKind
from drivers.screen import Bounds, Node, Screen

_MOST: Final = 3
_LEAST_ROWS: Final = 2
_SEND_WORDS = re.compile("send|发送|發送|傳送|传送|보내기|送信", re.IGNORECASE)
_ID = re.compile(r"[\w.:/-]+", re.ASCII)
_CLASS = re.compile(r"[A-Za-z_][\w.]*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposals:
    """Selectors that might be right, each the likeliest first.

    Attributes:
        title: For the title above the rows.
        input: For the field.
        send: For the button beside it.
        row: For rows that repeat.
        text: For the text of a message in such a row, relative to it.
        name: For the name of a chat in such a row, relative to it.
    """

    title: tuple[Selector, ...] = ()
    input: tuple[Selector, ...] = ()
    send: tuple[Selector, ...] = ()
    row: tuple[Selector, ...] = ()
    text: tuple[Selector, ...] = ()
    name: tuple[Selector, ...] = ()

    def of(self, place: str) -> tuple[Selector, ...]:
        """Those for a place of a profile: rows of chats look like rows of a conversation."""
        return {
            "title": self.title,
            "input": self.input,
            "send": self.send,
            "row": self.row,
            "chat_row": self.row,
            "text": self.text,
            "chat_name": self.name,
        }.get(place, ())

    def toml(self, place: str) -> str:
        """A line for the profile's table ``[selectors]``; empty where nothing is proposed."""
        found = self.of(place)
        return f"{place} = [{', '.join(map(selector_toml, found))}]" if found else ""


def propose(screen: Screen) -> Proposals:
    """Guess selectors from a screen."""
    fields = sorted(_fields(screen.root), key=_bottom, reverse=True)
    rows = _rows(screen.root)
    return Proposals(
        title=_selectors(screen.root, _titles(screen.root, rows, fields)),
        input=_selectors(screen.root, fields),
        send=_selectors(screen.root, _buttons(screen.root, fields[0]) if fields else ()),
        row=(_row_selector(rows),) if rows else (),
        text=_row_texts(rows, _longest),
        name=_row_texts(rows, _foremost),
    )


def _fields(root: etree._Element) -> Iterator[Node]:
    return (Node(each) for each in root.iterdescendants() if is_field(each))


def _buttons(root: etree._Element, field: Node) -> list[Node]:
    """What can be tapped right of a field or below it, the likeliest first."""
    at = field.bounds
    if at is None:
        return []
    ancestors = set(field.element.iterancestors())
    found: list[tuple[bool, int, int, Node]] = []
    for element in root.iterdescendants():
        node = Node(element)
        bounds = node.bounds
        is_other = element.get("clickable") == "true" and not is_field(element)
        if not is_other or bounds is None or element in ancestors:
            continue
        is_beside = bounds.left >= at.right and _overlaps(bounds, at)
        is_below = bounds.top >= at.bottom
        if is_beside or is_below:
            says_so = _SEND_WORDS.search(f"{node.description} {node.text} {id_of(element)}")
            # Beside comes before below; and of several beside, the last one is usually it.
            distance = bounds.top - at.bottom if is_below else 0
            found.append((says_so is None, distance, -bounds.right, node))
    return [node for *_, node in sorted(found, key=lambda each: each[:3])]


def _rows(root: etree._Element) -> list[etree._Element]:
    """The largest group of brothers that look alike, lie below each other and hold text."""
    groups: list[list[etree._Element]] = []
    for parent in root.iter():
        alike: dict[tuple[str, str], list[etree._Element]] = defaultdict(list)
        for child in parent:
            if any(Node(each).text for each in child.iter()):
                alike[class_of(child), id_of(child)].append(child)
        groups += [each for each in alike.values() if len(each) >= _LEAST_ROWS and _is_column(each)]
    return max(groups, key=_row_rank, default=[])


def _row_rank(rows: list[etree._Element]) -> tuple[bool, int]:
    parent = rows[0].getparent()
    scrolls = parent is not None and parent.get("scrollable") == "true"
    return scrolls, len(rows)


def _is_column(rows: list[etree._Element]) -> bool:
    tops = [bounds.top for each in rows if (bounds := Node(each).bounds)]
    return len(tops) == len(rows) and all(one < other for one, other in pairwise(tops))


def _row_selector(rows: list[etree._Element]) -> Selector:
    if identifier := id_of(rows[0]):
        return Selector(kind=SelectorKind.ID, values=(identifier,))
    parent = rows[0].getparent()
    above = "" if parent is None else f"//{step(parent)}"
    return Selector(kind=SelectorKind.XPATH, values=(f"{above}/{step(rows[0])}",))


def _row_texts(
    rows: list[etree._Element], fitness: Callable[[int, Node], int]
) -> tuple[Selector, ...]:
    """What holds text in rows: first what most of them have, then what is fittest."""
    kinds: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in rows:
        best: dict[tuple[str, str], int] = {}
        for place, element in enumerate(row.iterdescendants()):
            if Node(element).text:
                kind = (class_of(element), id_of(element))
                fit = fitness(place, Node(element))
                best[kind] = max(best.get(kind, fit), fit)
        for kind, fit in best.items():
            kinds[kind].append(fit)
    likeliest = sorted(kinds.items(), key=lambda each: (-len(each[1]), -sum(each[1]), each[0]))
    return tuple(
        Selector(kind=SelectorKind.ID, values=(identifier,))
        if identifier
        else Selector(kind=SelectorKind.XPATH, values=(f".//{class_name}",))
        for (class_name, identifier), _ in likeliest[:_MOST]
    )


def _longest(_: int, node: Node) -> int:
    """A message is longer than the time or the name beside it."""
    return len(node.text)


def _foremost(place: int, _: Node) -> int:
    """A chat's name stands before its newest message."""
    return -place


def _titles(root: etree._Element, rows: list[etree._Element], fields: list[Node]) -> Iterator[Node]:
    """Texts above the rows, or above the field where there are none; the topmost first."""
    below = [*rows[:1], *(field.element for field in fields[:1])]
    edge = min((bounds.top for each in below if (bounds := Node(each).bounds)), default=None)
    inside = {each for row in rows for each in row.iter()}
    for element in root.iterdescendants():
        node = Node(element)
        bounds = node.bounds
        is_text = bool(node.text) and not is_field(element)
        is_above = bounds is not None and edge is not None and bounds.bottom <= edge
        if is_text and is_above and element not in inside:
            yield node


def _selectors(root: etree._Element, nodes: Iterable[Node]) -> tuple[Selector, ...]:
    found = dict.fromkeys(selector for node in nodes if (selector := selector_of(root, node)))
    return tuple(found)[:_MOST]


def selector_of(root: etree._Element, node: Node) -> Selector | None:
    """The least fragile way to find a node, such that it is the first found."""
    candidates = []
    if identifier := id_of(node.element):
        candidates.append(Selector(kind=SelectorKind.ID, values=(identifier,)))
    if node.description and not _CONTROL.search(node.description):
        candidates.append(Selector(kind=SelectorKind.DESC, values=(node.description,)))
    step = f"//{class_of(node.element)}"
    of_class = Selector(kind=SelectorKind.XPATH, values=(step,))
    place = list(of_class.find(root)).index(node.element) + 1
    candidates += [of_class, Selector(kind=SelectorKind.XPATH, values=(f"({step})[{place}]",))]
    return next((each for each in candidates if next(each.find(root), None) is node.element), None)


def step(element: etree._Element) -> str:
    """A step of an XPath to an element: its class, and its id if it has one."""
    identifier = id_of(element)
    return class_of(element) + (f'[@resource-id="{identifier}"]' if identifier else "")


def class_of(element: etree._Element) -> str:
    """Its class as a step of an XPath; elements are named after it, so far as XML allows."""
    said = element.tag if isinstance(element.tag, str) else ""
    return said if _CLASS.fullmatch(said) else "*"


def is_field(element: etree._Element) -> bool:
    """Whether something can be typed into."""
    return (element.get("class") or str(element.tag)).endswith("EditText")


def id_of(element: etree._Element) -> str:
    """Its resource id with the package; empty where it has none of that kind."""
    said = element.get("resource-id") or ""
    # Ids without a package are those of web pages and of Compose; the profile would add one.
    return said if ":id/" in said and _ID.fullmatch(said) else ""


def _overlaps(one: Bounds, other: Bounds) -> bool:
    return one.top < other.bottom and other.top < one.bottom


def _bottom(node: Node) -> int:
    return 0 if node.bounds is None else node.bounds.bottom


def selector_toml(selector: Selector) -> str:
    """A selector as a profile has it."""
    # JSON strings and lists without control characters are TOML as well.
    if selector.kind in {SelectorKind.ID, SelectorKind.XPATH}:
        return f"{{ {selector.kind} = {json.dumps(selector.values[0], ensure_ascii=False)} }}"
    return f"{{ {selector.kind} = {json.dumps(list(selector.values), ensure_ascii=False)} }}"
