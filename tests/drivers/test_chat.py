"""Reading a chat screen from one snapshot."""

from dataclasses import replace
from xml.sax.saxutils import quoteattr

from hypothesis import given
from hypothesis import strategies as st

from drivers.chat import Bubble, Mark, NoticeKind, read_chat, read_end
from drivers.profile import Ownership
from drivers.profile_file import load_profile
from drivers.screen import Screen

COURIER = load_profile("courier")
ID = "org.undelivered.courier:id/"


def node(name: str, text: str = "", inner: str = "", **attributes: str) -> str:
    """A node of Courier's screen."""
    extra = "".join(
        f" {key.replace('_', '-')}={quoteattr(value)}" for key, value in attributes.items()
    )
    return (
        f'<android.view.View resource-id="{ID}{name}" text={_quoted(text)}{extra}>'
        f"{inner}</android.view.View>"
    )


def _quoted(text: str) -> str:
    return quoteattr(text, {"\n": "&#10;", "\t": "&#9;", "\r": "&#13;"})


def row(text: str, *, mark: str | None = None, bounds: str = "[0,0][400,80]") -> str:
    """A row of its conversation."""
    status = "" if mark is None else node("message_status", content_desc=mark)
    return node("message_row", inner=node("message_text", text, bounds=bounds) + status)


def screen(*inner: str) -> Screen:
    """A screen that holds these nodes."""
    return Screen.parse(f'<hierarchy width="1080">{"".join(inner)}</hierarchy>')


def test_own_and_other_bubbles_are_told_apart() -> None:
    """A bubble with a delivery mark is our own; only the others are incoming."""
    view = read_chat(screen(row("hi"), row("yo", mark="Sent"), row("ok")), COURIER)
    assert view.incoming == ("hi", "ok")
    assert view.last_own == Bubble(text="yo", is_own=True, mark=Mark.SENT)


def test_own_bubbles_by_geometry() -> None:
    """Where an app shows no mark, a bubble right of the middle is our own."""
    profile = replace(COURIER, ownership=Ownership.GEOMETRY)
    left, right = row("a", bounds="[20,0][500,80]"), row("b", bounds="[600,0][1060,80]")
    view = read_chat(screen(left, right), profile)
    assert [bubble.is_own for bubble in view.bubbles] == [False, True]


def test_notice_belongs_to_the_bubble_above_it() -> None:
    """What the app says below a bubble is kept with that bubble, in any UI language."""
    view = read_chat(
        screen(
            row("one", mark="已发送"),
            row("two", mark="发送失败"),
            node("notice_text", "消息包含无法发送的内容。"),
            row("three"),
        ),
        COURIER,
    )
    assert [bubble.notice for bubble in view.bubbles] == [None, NoticeKind.CONTENT_REJECTED, None]
    assert view.bubbles[1].mark is Mark.FAILED


def test_hint_is_not_text() -> None:
    """An empty field that shows its hint is empty."""
    field = node("message_input", "Message", hint="Message")
    assert read_chat(screen(field), COURIER).input_text == ""
    assert read_chat(screen(node("message_input", "Mess", hint="Message")), COURIER).input_text == (
        "Mess"
    )


def test_screen_without_chat() -> None:
    """A screen that shows no chat gives an empty view."""
    view = read_chat(Screen.parse("<hierarchy/>"), COURIER)
    assert (view.title, view.input_text, view.bubbles) == (None, None, ())


@given(st.text())
def test_broken_page_sources_never_crash(source: str) -> None:
    """Whatever a server answers, reading it never crashes and invents no bubble."""
    assert read_chat(Screen.parse(source), COURIER).bubbles == ()


# Characters that XML can hold; a page source cannot hold others.
xml_text = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Co", "Cn")))


@given(st.lists(xml_text, max_size=6), xml_text.map(lambda text: f"{text}\n\t{text}"))
def test_texts_are_read_exactly(texts: list[str], typed: str) -> None:
    """Texts come out of a page source exactly as they are on the screen, line ends included."""
    view = read_chat(screen(*map(row, texts), node("message_input", typed)), COURIER)
    assert list(view.incoming) == texts
    assert view.input_text == typed


rows = st.builds(row, xml_text, mark=st.sampled_from([None, "Sending", "Sent", "Not sent"]))
notices = st.sampled_from(["此账号已被限制", "消息包含无法发送的内容。", "Hello"]).map(
    lambda text: node("notice_text", text)
)


@given(st.lists(rows | notices, max_size=6), xml_text)
def test_end_of_a_chat_is_read_as_the_whole(parts: list[str], typed: str) -> None:
    """What is read from our newest message on is what the whole chat shows there."""
    shown = screen(*parts, node("message_input", typed))
    whole, end = read_chat(shown, COURIER), read_end(shown, COURIER)
    assert replace(end, bubbles=()) == replace(whole, bubbles=())
    assert end.last_own == whole.last_own
    assert end.hides_texts is whole.hides_texts
    assert end.bubbles == whole.bubbles[len(whole.bubbles) - len(end.bubbles) :]
