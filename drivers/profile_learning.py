"""A draft of an app's profile, from screens on which a person has said what is what.

The person has a chat open, has sent a text in it and received another, and says which they are.
That is enough to find the rows, their texts, and what tells own rows from those of others; what
cannot be found stays in the draft as something to do. No text of theirs gets into the draft.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from lxml import etree

from drivers.errors import ConfigError
from drivers.profile import Alternatives, Ownership, Selector, SelectorKind
from drivers.profile_draft import MAYBE, NEEDED, listed, read_back, written_draft
from drivers.screen import Node, Screen
from drivers.suggestion import class_of, id_of, is_field, propose, selector_of, step

_LEAST_ROWS: Final = 2
_MOST: Final = 2
_SIDE: Final = 0.02  # as a share of the width: nearer to the middle than this is on neither side


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """What the person says.

    Attributes:
        title: Title of the chat.
        own: Texts they have sent in it.
        other: Texts they have received in it.
    """

    title: str
    own: tuple[str, ...]
    other: tuple[str, ...]

    def is_in(self, said: str) -> bool:
        """Whether any of it is in what an app says, which is then no text of the app's."""
        mine = (self.title, *self.own, *self.other)
        return said in mine or any(text in said for text in mine if len(text) > 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found for a key of the profile.

    Attributes:
        place: The key.
        found: Its value, in TOML; empty if nothing was.
    """

    place: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What was learned.

    Attributes:
        text: The draft.
        findings: What is in it, or is not.
        reads: What the draft reads on the chat's screen; empty where it cannot be used yet.
    """

    text: str
    findings: tuple[Finding, ...]
    reads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a conversation that hold the texts the person named."""

    own: tuple[etree._Element, ...]
    other: tuple[etree._Element, ...]
    own_texts: tuple[etree._Element, ...]
    other_texts: tuple[etree._Element, ...]

    @property
    def all(self) -> tuple[etree._Element, ...]:
        return (*self.own, *self.other)

    @property
    def texts(self) -> tuple[etree._Element, ...]:
        return (*self.own_texts, *self.other_texts)


def draft(name: str, taught: Taught, screens: Sequence[Screen]) -> Lesson:
    """Write a draft of a profile.

    Args:
        name: The app's name.
        taught: What the person says.
        screens: Screens of the app: one of the chat, and others, best one of the list of chats.

    Raises:
        ConfigError: No screen shows what the person named; the message says what was not found.
    """
    chat = _chat(taught, screens)
    is_desc, rows = _rows(chat, taught)
    found: dict[str, Alternatives] = {}
    found.update(_surroundings(chat, taught, rows))
    found.update(_row_places(chat, rows))
    ownership = _ownership(chat, rows, found)
    for screen in screens:
        if screen is not chat:
            found.update(_list_places(screen, taught.title))
    marks = _marks(rows, found, taught)
    text = written_draft(name, chat.package, found, ownership, marks, is_desc=is_desc)
    findings = [Finding(place="ownership", found="" if ownership is None else str(ownership))]
    findings += [Finding(place=each, found=listed(found.get(each, ()))) for each in NEEDED]
    findings += [Finding(place=each, found=listed(found[each])) for each in MAYBE if each in found]
    findings += [Finding(place="marks.sent", found=", ".join(map(repr, marks)))] if marks else []
    return Lesson(text=text, findings=tuple(findings), reads=tuple(read_back(text, chat)))


def _chat(taught: Taught, screens: Sequence[Screen]) -> Screen:
    """The screen of the chat: the one that shows what the person has sent and received."""
    wanted = (*taught.own, *taught.other)
    best: tuple[int, bool] = (0, False)
    chat: Screen | None = None
    for screen in screens:
        count = sum(_showing(screen, text)[1] is not None for text in wanted)
        rank = (count, any(is_field(each) for each in screen.root.iter(etree.Element)))
        if rank > best:
            best, chat = rank, screen
    missing = [each for each in wanted if chat is None or _showing(chat, each)[1] is None]
    if chat is None or missing:
        raise ConfigError(
            f"No screen shows {', '.join(map(repr, missing))} as the text of a node. Give the page "
            "source of the open chat, with both texts in sight and exactly as they are written; if "
            "the eye sees them there, the app keeps its texts from the tree, or adds to them: then "
            "write the profile by hand, with `text_pattern` or `read`."
        )
    return chat


def _showing(screen: Screen, text: str) -> tuple[bool, etree._Element | None]:
    """The last node that shows a text, and whether it is its description that does."""
    for is_desc, attribute in ((False, "text"), (True, "content-desc")):
        nodes = [
            each
            for each in screen.root.iterdescendants(etree.Element)
            if each.get(attribute) == text and not is_field(each)
        ]
        if nodes:
            return is_desc, nodes[-1]
    return False, None


def _rows(chat: Screen, taught: Taught) -> tuple[bool, _Rows]:
    shown = {text: _showing(chat, text) for text in (*taught.own, *taught.other)}
    own = tuple(node for text in taught.own if (node := shown[text][1]) is not None)
    other = tuple(node for text in taught.other if (node := shown[text][1]) is not None)
    shared = _shared_ancestor((*own, *other))
    if shared is None:
        raise ConfigError(
            "What was sent and what was received is in one node, or in two that have nothing in "
            "common: these are not rows of a conversation. Give two texts of different messages."
        )
    rows = _Rows(
        own=tuple(_child_above(shared, each) for each in own),
        other=tuple(_child_above(shared, each) for each in other),
        own_texts=own,
        other_texts=other,
    )
    return any(is_desc for is_desc, _ in shown.values()), rows


def _shared_ancestor(nodes: Sequence[etree._Element]) -> etree._Element | None:
    """The innermost element that all are in, none being it."""
    common = list(nodes[0].iterancestors())
    for node in nodes[1:]:
        around = set(node.iterancestors())
        common = [each for each in common if each in around]
    return common[0] if common and len(set(nodes)) > 1 else None


def _child_above(ancestor: etree._Element, node: etree._Element) -> etree._Element:
    chain = [node, *node.iterancestors()]
    return chain[chain.index(ancestor) - 1]


def _surroundings(chat: Screen, taught: Taught, rows: _Rows) -> dict[str, Alternatives]:
    proposals = propose(chat)
    node = _title_node(chat, taught.title, rows)
    title_selector = None if node is None else selector_of(chat.root, Node(node))
    is_usable = title_selector is not None and title_selector.kind is not SelectorKind.DESC
    found = {
        # By its description the title of this one chat alone would be found.
        "title": (title_selector,) if title_selector is not None and is_usable else (),
        "input": _nameless(proposals.input, taught),
        "send": _nameless(proposals.send, taught),
    }
    return {place: each for place, each in found.items() if each}


def _title_node(chat: Screen, title: str, rows: _Rows) -> etree._Element | None:
    """What shows the title: not the name beside a message, which may read the same."""
    parent = rows.all[0].getparent()
    kinds = {step(each) for each in rows.all}
    alike = () if parent is None else (each for each in parent if step(each) in kinds)
    inside = {node for row in alike for node in row.iter()}
    for attribute in ("text", "content-desc"):
        for each in chat.root.iterdescendants(etree.Element):
            if each.get(attribute) == title and each not in inside and not is_field(each):
                return each
    return None


def _nameless(proposed: Alternatives, taught: Taught) -> Alternatives:
    """Proposals that do not go by a person's name, as "Message to Bo" does."""
    found = [each for each in proposed if not any(map(taught.is_in, each.values))]
    return tuple(found[:_MOST])


def _row_places(chat: Screen, rows: _Rows) -> dict[str, Alternatives]:
    text = _shared_selector(rows.texts, rows.all)
    ids = {id_of(each) for each in rows.all}
    parent = rows.all[0].getparent()
    if len(ids) == 1 and "" not in ids:
        row = Selector(kind=SelectorKind.ID, values=(ids.pop(),))
    else:
        steps = {step(each) for each in rows.all}
        above = "" if parent is None else f"//{step(parent)}"
        last = steps.pop() if len(steps) == 1 else "*"
        row = Selector(kind=SelectorKind.XPATH, values=(f"{above}/{last}",))
    places: dict[str, Alternatives] = {}
    if set(row.find(chat.root)) >= set(rows.all):
        places["row"] = (row,)
    if text is not None:
        places["text"] = (text,)
    return places


def _shared_selector(
    nodes: Sequence[etree._Element], rows: Sequence[etree._Element]
) -> Selector | None:
    """One selector that finds, first in each row, that row's node."""
    candidates = []
    ids = {id_of(each) for each in nodes}
    if len(ids) == 1 and "" not in ids:
        candidates.append(Selector(kind=SelectorKind.ID, values=(next(iter(ids)),)))
    classes = {class_of(each) for each in nodes}
    if len(classes) == 1:
        name = next(iter(classes))
        tries = (f".//{name}[@text!='']", f"(.//{name}[@text!=''])[last()]", "self::*")
        candidates += [Selector(kind=SelectorKind.XPATH, values=(each,)) for each in tries]
    pairs = tuple(zip(rows, nodes, strict=True))
    return next(
        (s for s in candidates if all(next(s.find(row), None) is node for row, node in pairs)),
        None,
    )


def _ownership(chat: Screen, rows: _Rows, found: dict[str, Alternatives]) -> Ownership | None:
    """How own rows are told; what tells them is added to what was found."""
    for place, with_it, without_it, ownership in (
        ("own", rows.own, rows.other, Ownership.HAS),
        ("other", rows.other, rows.own, Ownership.LACKS),
    ):
        shared = set.intersection(*(_ids(row) for row in with_it))
        only = sorted(shared.difference(*(_ids(row) for row in without_it)))
        if only:
            found[place] = tuple(
                Selector(kind=SelectorKind.ID, values=(each,)) for each in only[:_MOST]
            )
            return ownership
    own = {_side(chat, each) for each in rows.own_texts}
    other = {_side(chat, each) for each in rows.other_texts}
    return Ownership.GEOMETRY if own == {1} and other == {-1} else None


def _ids(row: etree._Element) -> set[str]:
    return {found for each in row.iter(etree.Element) if (found := id_of(each))}


def _side(chat: Screen, node: etree._Element) -> int:
    """-1 left of the middle, 1 right of it, 0 on neither side or where that is not known."""
    bounds = Node(node).bounds
    if bounds is None:
        return 0
    distance = bounds.middle_x - chat.width / 2
    return 0 if abs(distance) <= _SIDE * chat.width else 1 if distance > 0 else -1


def _list_places(screen: Screen, title: str) -> dict[str, Alternatives]:
    """Rows of the list of chats and the name in them, if a screen is that list."""
    _, name = _showing(screen, title)
    if name is None:
        return {}
    # Most often a row holds the name; in apps such as Telegram it is the name.
    for row, parent in (*pairwise(name.iterancestors()), (name, name.getparent())):
        if parent is None:
            continue
        alike = [each for each in parent if step(each) == step(row)]
        if len(alike) < _LEAST_ROWS and row.get("clickable") != "true":
            continue
        rows = (
            Selector(kind=SelectorKind.ID, values=(id_of(row),))
            if id_of(row)
            else Selector(kind=SelectorKind.XPATH, values=(f"//{step(parent)}/{step(row)}",))
        )
        inside = _shared_selector([name], [row])
        if inside is not None and row in set(rows.find(screen.root)):
            return {"chat_row": (rows,), "chat_name": (inside,)}
    return {}


def _marks(rows: _Rows, found: dict[str, Alternatives], taught: Taught) -> tuple[str, ...]:
    """What own rows say of their delivery: what only they hold may say it."""
    said: list[str] = []
    for row in rows.own:
        node = Node(row).first(found.get("own", ()))
        mark = "" if node is None else node.description or node.text
        if taught.is_in(mark):
            continue  # own texts may be what tells own rows
        if mark and not any(map(str.isdigit, mark)):  # a time of day is no mark
            said.append(mark)
    if said:
        found["state"] = found["own"]
    return tuple(dict.fromkeys(said))
