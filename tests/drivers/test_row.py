"""Rows of a conversation: texts, owners and marks, and what must be left open."""

from dataclasses import replace
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.profile import Edges, Ownership, Selector, SelectorKind, TextSource
from drivers.profile_file import load_profile
from drivers.row import RowContent, read_row
from drivers.screen import Node, Screen

COURIER = load_profile("courier")
TELEGRAM = load_profile("telegram")
ID = "org.undelivered.courier:id/"
LEFT, RIGHT, MIDDLE = "[20,500][600,600]", "[480,500][1060,600]", "[240,500][840,600]"
WIDTH = 1080


def by_id(name: str) -> tuple[Selector, ...]:
    """A selector by one of Courier's ids."""
    return (Selector(kind=SelectorKind.ID, values=(ID + name,)),)


def node(name: str, inner: str = "", **attributes: str) -> str:
    """A node of Courier's screen."""
    written = "".join(
        f" {key.replace('_', '-')}={quoted(value)}" for key, value in attributes.items()
    )
    return f'<a.B resource-id="{ID}{name}"{written}>{inner}</a.B>'


def quoted(text: str) -> str:
    """An attribute's value that keeps its line ends."""
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def row_of(inner: str, *, bounds: str = "[0,500][1080,600]") -> Node:
    """A row in a list that is 200 to 2000 pixels from the top."""
    screen = Screen.parse(
        f'<hierarchy><a.List bounds="[0,200][1080,2000]">'
        f"{node('message_row', inner, bounds=bounds)}</a.List></hierarchy>"
    )
    return next(iter(screen.all(COURIER.screens.row)))


def read(inner: str, *, bounds: str = "[0,500][1080,600]", **changes: object) -> RowContent:
    """What a row of Courier is read as, with a profile that is changed."""
    content = read_row(row_of(inner, bounds=bounds), replace(COURIER, **changes), WIDTH)
    assert content is not None
    return content


def text(bounds: str = LEFT, said: str = "hi") -> str:
    """The text of a message."""
    return node("message_text", text=said, bounds=bounds)


STATUS = node("message_status", content_desc="Sent")


@pytest.mark.parametrize(
    ("inner", "bounds", "is_own"),
    [
        (text(LEFT), "[0,500][1080,600]", False),
        (text(RIGHT) + STATUS, "[0,500][1080,600]", True),
        (text(LEFT) + STATUS, "[0,500][1080,600]", True),
        (text(RIGHT), "[0,500][1080,600]", None),  # failed, or not drawn yet
        (text(MIDDLE), "[0,500][1080,600]", False),  # one as wide as the screen
        (text(LEFT), "[0,200][1080,300]", False),
        (text(MIDDLE), "[0,200][1080,300]", None),  # the mark may be above the edge
        (text(MIDDLE), "[0,1900][1080,2000]", None),  # or below it
        (node("message_text", text="hi"), "[0,1900][1080,2000]", None),
        (node("message_text", text="hi"), "", False),  # a page, which has no edges
    ],
)
def test_absence_of_a_mark_proves_little(inner: str, bounds: str, is_own: bool | None) -> None:
    """A row without what own rows hold is another's only if nothing speaks against it."""
    assert read(inner, bounds=bounds).is_own is is_own


@pytest.mark.parametrize(
    ("inner", "bounds", "is_own"),
    [
        (text(LEFT) + STATUS, "[0,500][1080,600]", False),
        (text(RIGHT), "[0,500][1080,600]", True),
        (text(LEFT), "[0,500][1080,600]", None),
        (text(MIDDLE), "[0,500][1080,600]", True),
        (text(MIDDLE), "[0,200][1080,300]", None),
    ],
)
def test_absence_of_what_others_have_proves_little(
    inner: str, bounds: str, is_own: bool | None
) -> None:
    """A row without what rows of others hold is our own only if nothing speaks against it."""
    screens = replace(COURIER.screens, own=(), other=by_id("message_status"))
    found = read(inner, bounds=bounds, screens=screens, ownership=Ownership.LACKS)
    assert found.is_own is is_own


def test_two_signs_that_contradict_each_other() -> None:
    """A row with what only own rows and what only others hold is nobody's."""
    screens = replace(COURIER.screens, other=by_id("photo"))
    photo = node("photo")
    assert read(text() + photo + STATUS, screens=screens).is_own is None
    assert read(text(RIGHT) + photo, screens=screens).is_own is False


@pytest.mark.parametrize(
    ("bounds", "is_own"), [(LEFT, False), (RIGHT, True), (MIDDLE, None), ("", None), ("[x]", None)]
)
def test_geometry_without_a_side_tells_nothing(bounds: str, is_own: bool | None) -> None:
    """By geometry, a bubble in the middle or without a place is nobody's."""
    assert read(text(bounds), ownership=Ownership.GEOMETRY).is_own is is_own
    screens = replace(COURIER.screens, bubble=by_id("bubble"))
    inner = node("bubble", text(MIDDLE), bounds=bounds)
    assert read(inner, ownership=Ownership.GEOMETRY, screens=screens).is_own is is_own


@pytest.mark.parametrize(
    ("bounds", "is_own"),
    [
        ("[140,0][1000,9]", False),  # far beyond the middle, but it begins where others do
        ("[100,0][940,9]", True),
        ("[140,0][940,9]", None),
        ("[300,0][700,9]", None),
        ("", None),
    ],
)
def test_edges(bounds: str, is_own: bool | None) -> None:
    """By edges, a bubble is whose line it hugs; one at both or at none is nobody's."""
    found = read(text(bounds), ownership=Ownership.EDGE, edges=Edges(other=0.13, own=0.87))
    assert found.is_own is is_own


def test_quoted_reply_is_not_the_message() -> None:
    """A text within what is beside the message is never taken for it."""
    screens = replace(COURIER.screens, aside=(*by_id("quote"), *by_id("preview")))
    quote = node("quote", text(said="what was said before"))
    preview = node("preview", text(said="a page's title"))
    assert read(quote + preview + text(said="my answer"), screens=screens).text == "my answer"
    assert read_row(row_of(quote), replace(COURIER, screens=screens), WIDTH) is None


def test_dividers_are_no_messages() -> None:
    """A row that is or holds a divider is no message, though it has a text."""
    for divider in (
        by_id("unread"),
        by_id("message_row"),
        (Selector(kind=SelectorKind.XPATH, values=("self::*[not(*[2])]",)),),
    ):
        screens = replace(COURIER.screens, divider=divider)
        inner = node("unread") + text() if divider == by_id("unread") else text()
        assert read_row(row_of(inner), replace(COURIER, screens=screens), WIDTH) is None


def test_folded_text_is_told() -> None:
    """A text of which only the beginning is shown comes with what unfolds it."""
    screens = replace(COURIER.screens, more=by_id("more"))
    folded = read(text() + node("more", text="Read more"), screens=screens)
    assert folded.more is not None
    assert folded.more.text == "Read more"
    assert read(text(), screens=screens).more is None


def test_marks_by_node_and_by_text() -> None:
    """The worst that a row tells of its message is its mark, whether by a node or by a text."""
    screens = replace(
        COURIER.screens, failed=by_id("alert"), pending=by_id("clock"), sent=by_id("tick")
    )
    marks = {
        STATUS + node("alert") + node("clock"): "failed",
        STATUS + node("clock"): "pending",
        node("message_status", text="Not sent") + node("tick"): "failed",
        node("message_status", text="?") + node("tick"): "sent",
        node("message_status", text="?"): None,
    }
    for inner, mark in marks.items():
        assert read(text(RIGHT) + inner, screens=screens).mark == mark


def test_text_may_be_a_description() -> None:
    """Where a profile says so, the message is in the content description."""
    inner = node("message_text", text="10:05", content_desc="hi", bounds=LEFT)
    assert read(inner, text_source=TextSource.DESC).text == "hi"


def telegram_row(said: str) -> Node:
    """A row of Telegram."""
    return Node(
        Screen.parse(
            f'<hierarchy><android.view.ViewGroup text={quoted(said)} bounds="[0,0][1080,99]"/>'
            "</hierarchy>"
        ).root[0]
    )


# As they come out of a page source; other line ends are not told from these.
bodies = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn"))) | (
    st.lists(
        st.sampled_from(["Received at 9:58", "Sent at 9:58, Seen", "Seen", "a", ""]), min_size=1
    ).map("\n".join)
)


@given(bodies, st.booleans(), st.sampled_from(["", "\n", "\nBo reacted with 👍\n"]))
def test_text_with_all_that_is_said_of_it(body: str, is_own: bool, end: str) -> None:
    """Of a text with its own line ends and even lines like the app's, the last such line counts."""
    said = "Sent at 10:05, Not seen" if is_own else "Received at 10:05"
    content = read_row(telegram_row(f"{body}\n{said}{end}"), TELEGRAM, WIDTH)
    assert content is not None
    assert (content.text, content.is_own) == (body, is_own)
    assert content.mark == ("sent" if is_own else None)


@pytest.mark.parametrize(
    ("said", "is_own", "mark"),
    [
        ("hi\nGesendet um 10:05, Noch nicht gesehen\n", True, "sent"),
        ("hi\nEmpfangen um 10:05\n", False, None),
        ("hi\nSendefehler\n", True, "failed"),
        ("hi\nSending42%\n", True, "pending"),
        ("hi\n오늘 10:05 보냄, 접속함\n", True, "sent"),
        ("hi\n오늘 10:05 받음\n", False, None),
    ],
)
def test_line_below_in_other_languages(said: str, is_own: bool, mark: str | None) -> None:
    """The line below a message is understood in every language of the profile."""
    content = read_row(telegram_row(said), TELEGRAM, WIDTH)
    assert content is not None
    assert (content.text, content.is_own, content.mark) == ("hi", is_own, mark)


def test_text_of_an_unknown_form_is_nobodys() -> None:
    """A row whose text does not look as the profile says is read whole, and is nobody's."""
    content = read_row(telegram_row("hi\nОтправлено в 10:05"), TELEGRAM, WIDTH)
    assert content is not None
    assert (content.text, content.is_own) == ("hi\nОтправлено в 10:05", None)
