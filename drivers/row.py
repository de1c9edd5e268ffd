"""One row of a conversation: what is written in it, who wrote it, and what became of it.

Whose a message is, is never guessed: where the row does not tell, or two signs contradict each
other, it is left open. An own bubble taken for an arrival would be a message that arrived, and an
arrival taken for an own bubble one that did not.
"""

from typing import Final, NamedTuple

from lxml import etree

from drivers.profile import Alternatives, Ownership, Profile, Screens, TextSource
from drivers.screen import Node

_MARGIN: Final = 0.02
"""How far from a line a bubble may lie, as a share of the screen's width, to tell nothing."""


class RowContent(NamedTuple):
    """What a row shows.

    Attributes:
        text: The message.
        node: The node of its text.
        is_own: Whether this handset sent it; ``None`` where that cannot be told.
        mark: ``pending``, ``sent`` or ``failed``; ``None`` where it shows none.
        more: What unfolds the text where only a part of it is shown; ``None`` where all is.
    """

    text: str
    node: Node
    is_own: bool | None
    mark: str | None
    more: Node | None


def read_row(row: Node, profile: Profile, width: float) -> RowContent | None:
    """Read a row of a conversation.

    Args:
        row: The row.
        profile: The app.
        width: Width of the screen, pixels.

    Returns:
        Its content; ``None`` for a row that is no message.
    """
    screens = profile.screens
    if screens.divider and any(each.is_at(row.element) for each in screens.divider):
        return None
    node = _text_node(row, screens)
    if node is None:
        return None
    text = node.text if profile.text_source is TextSource.TEXT else node.description
    said: str | None = None
    tells: bool | None = None
    if profile.text_pattern is not None:
        parts = profile.text_pattern.fullmatch(text)
        if parts is not None and parts["text"] is not None:
            found = parts.groupdict()
            text, said = parts["text"], found.get("state")
            is_own, is_other = found.get("own") is not None, found.get("other") is not None
            tells = is_own if is_own is not is_other else None
    state = row.first(screens.state)
    return RowContent(
        text=text,
        node=node,
        is_own=tells
        if profile.ownership is Ownership.PATTERN
        else _is_own(row, node, state, profile, width),
        mark=_mark(row, state, said, profile),
        more=row.first(screens.more) if screens.more else None,
    )


def _text_node(row: Node, screens: Screens) -> Node | None:
    if not screens.aside:
        return row.first(screens.text)
    aside: set[etree._Element] = {
        inner
        for selector in screens.aside
        for each in selector.find(row.element)
        for inner in each.iter()
    }
    found = (each for selector in screens.text for each in selector.find(row.element))
    return next((Node(each) for each in found if each not in aside), None)


def _is_own(
    row: Node, text: Node, state: Node | None, profile: Profile, width: float
) -> bool | None:
    screens = profile.screens
    if profile.ownership is Ownership.GEOMETRY:
        return _side(row, text, screens, width)
    if profile.ownership is Ownership.EDGE:
        return _hugs(row, text, profile, width)
    # Many apps tell own rows by the delivery mark, which need not be looked for twice.
    own = state if screens.own == screens.state else row.first(screens.own)
    other = row.first(screens.other) if screens.other else None
    if own is not None or other is not None:
        return None if own is not None and other is not None else own is not None
    # Neither was found, which proves little: what is not drawn yet, or is out of sight, is not
    # there either. The side on which the bubble lies must not contradict, and where a part of the
    # row may be out of sight it must agree.
    expected = profile.ownership is Ownership.LACKS
    side = _side(row, text, screens, width)
    if side is None and not _may_be_cut(row):
        return expected
    return expected if side is expected else None


def _side(row: Node, text: Node, screens: Screens, width: float) -> bool | None:
    """Whether the bubble lies on the side of own ones, the right; ``None`` if on neither."""
    bounds = _bubble(row, text, screens.bubble).bounds
    if bounds is None or not width:
        return None
    distance = bounds.middle_x - width / 2
    return None if abs(distance) <= _MARGIN * width else distance > 0


def _hugs(row: Node, text: Node, profile: Profile, width: float) -> bool | None:
    """Which of two lines the bubble hugs: whether that of own ones; ``None`` if both or none."""
    bounds = _bubble(row, text, profile.screens.bubble).bounds
    if bounds is None or profile.edges is None:
        return None
    is_own = abs(bounds.right - profile.edges.own * width) <= _MARGIN * width
    is_other = abs(bounds.left - profile.edges.other * width) <= _MARGIN * width
    return None if is_own is is_other else is_own


def _bubble(row: Node, text: Node, bubble: Alternatives) -> Node:
    return (row.first(bubble) or text) if bubble else text


def _may_be_cut(row: Node) -> bool:
    """Whether a part of the row may be out of sight: it lies at an edge of what it is in."""
    parent = row.element.getparent()
    own, around = row.bounds, None if parent is None else Node(parent).bounds
    if own is None or around is None:
        return False  # a page in a browser, of which all rows are there
    return own.top <= around.top or own.bottom >= around.bottom


def _mark(row: Node, state: Node | None, said: str | None, profile: Profile) -> str | None:
    """The delivery mark: the worst that the row tells of."""
    screens, marks = profile.screens, profile.marks
    if state is not None and profile.says_marks_plainly:
        return marks.get(state.description) or marks.get(state.text)
    if screens.failed and row.first(screens.failed) is not None:
        return "failed"
    if screens.pending and row.first(screens.pending) is not None:
        return "pending"
    texts = [said] if said is not None else []
    if state is not None:
        texts += [_state(state.description, profile), _state(state.text, profile)]
    mark = next((marks[each] for each in texts if each in marks), None)
    if mark is None and screens.sent and row.first(screens.sent) is not None:
        return "sent"
    return mark


def _state(text: str, profile: Profile) -> str:
    if profile.state_pattern is None:
        return text
    parts = profile.state_pattern.fullmatch(text)
    return text if parts is None else parts["state"] or ""
