"""Selectors proposed from a screen on which those of a profile found nothing."""

import tomllib
from xml.sax.saxutils import quoteattr

from hypothesis import given
from hypothesis import strategies as st

from drivers.profile import Selector, SelectorKind
from drivers.profile_file import load_profile
from drivers.screen import Screen
from drivers.suggestion import Proposals, propose

TEXT_VIEW = "android.widget.TextView"
PLACES = ("title", "input", "send", "row", "chat_row", "text", "chat_name")


def node(
    class_name: str,
    bounds: tuple[int, int, int, int],
    *inner: str,
    name: str = "",
    text: str = "",
    desc: str = "",
    **flags: str,
) -> str:
    """A node as UiAutomator2 dumps it."""
    left, top, right, bottom = bounds
    attributes = {
        "class": class_name,
        "resource-id": f"com.example:id/{name}" if name else "",
        "text": text,
        "content-desc": desc,
        "bounds": f"[{left},{top}][{right},{bottom}]",
        **flags,
    }
    written = " ".join(f"{key}={quoteattr(value)}" for key, value in attributes.items())
    return f"<{class_name} {written}>{''.join(inner)}</{class_name}>"


def screen(*inner: str) -> Screen:
    """A screen that holds these nodes."""
    return Screen.parse(f'<hierarchy width="1080">{"".join(inner)}</hierarchy>')


def message(top: int, text: str, *, name: str = "") -> str:
    """A row of a conversation with a time and a text."""
    return node(
        "android.widget.RelativeLayout",
        (0, top, 1080, top + 100),
        node(TEXT_VIEW, (0, top, 200, top + 30), text="12:01", name="time" if name else ""),
        node(TEXT_VIEW, (200, top, 900, top + 100), text=text, name="body" if name else ""),
        name=name,
    )


def chat(*, has_ids: bool) -> Screen:
    """A chat: title, three messages, a field with two buttons right of it and one left of it."""

    def called(name: str) -> str:
        return name if has_ids else ""

    button = "android.widget.ImageButton"
    return screen(
        node(TEXT_VIEW, (150, 50, 800, 150), text="Weekend walks", name=called("title")),
        node(
            "android.widget.ListView",
            (0, 200, 1080, 2000),
            *(message(top, f"message {top}", name=called("row")) for top in (200, 300, 400)),
            scrollable="true",
        ),
        node(button, (0, 2050, 100, 2150), clickable="true", name=called("voice"), desc="Voice"),
        node("android.widget.EditText", (120, 2050, 800, 2150), name=called("field")),
        node(button, (820, 2050, 900, 2150), clickable="true", name=called("face"), desc="Emoji"),
        node(button, (920, 2050, 1060, 2150), clickable="true", name=called("go"), desc="发送"),
    )


def by_id(name: str) -> Selector:
    """A selector by resource id."""
    return Selector(kind=SelectorKind.ID, values=(f"com.example:id/{name}",))


def by_xpath(xpath: str) -> Selector:
    """A selector by XPath."""
    return Selector(kind=SelectorKind.XPATH, values=(xpath,))


def test_ids_are_preferred() -> None:
    """Where nodes have resource ids, these are proposed."""
    found = propose(chat(has_ids=True))
    assert found.title[0] == by_id("title")
    assert found.input == (by_id("field"),)
    assert found.send[:2] == (by_id("go"), by_id("face"))
    assert found.row == (by_id("row"),)
    assert found.text[0] == by_id("body")


def test_without_ids_descriptions_and_classes_serve() -> None:
    """Where nodes have no ids, the button is proposed by its description, the rest by class."""
    found = propose(chat(has_ids=False))
    assert found.input == (by_xpath("//android.widget.EditText"),)
    assert found.send[0] == Selector(kind=SelectorKind.DESC, values=("发送",))
    assert found.row == (by_xpath("//android.widget.ListView/android.widget.RelativeLayout"),)
    assert found.text == (by_xpath(".//android.widget.TextView"),)


def test_send_words_win_over_places() -> None:
    """A button that says that it sends is proposed before one that lies further right."""
    button = "android.widget.Button"
    found = propose(
        screen(
            node("android.widget.EditText", (0, 2000, 600, 2100), name="field"),
            node(button, (620, 2000, 800, 2100), clickable="true", text="Send", name="a"),
            node(button, (820, 2000, 1000, 2100), clickable="true", text="+", name="b"),
        )
    )
    assert found.send == (by_id("a"), by_id("b"))


def test_button_below_the_field_comes_after_those_beside_it() -> None:
    """A button below the field is proposed where none beside it is likelier; none above is."""
    button = "android.widget.Button"
    found = propose(
        screen(
            node(button, (0, 100, 1000, 200), clickable="true", name="above"),
            node("android.widget.EditText", (0, 1000, 600, 1100), name="field"),
            node(button, (0, 1110, 600, 1200), clickable="true", name="below"),
        )
    )
    assert found.send == (by_id("below"),)


def test_lowest_field_comes_first() -> None:
    """A search field at the top is less likely than the field at the bottom."""
    edit = "android.widget.EditText"
    found = propose(
        screen(
            node(edit, (0, 0, 1000, 100), name="search"),
            node(edit, (0, 2000, 1000, 2100), name="field"),
        )
    )
    assert found.input == (by_id("field"), by_id("search"))


def test_name_of_a_chat_is_the_first_text_of_its_row() -> None:
    """In rows of chats the name comes before the newest message, however long that is."""
    rows = (
        node(
            "android.view.View",
            (0, top, 1080, top + 150),
            node(TEXT_VIEW, (0, top, 900, top + 70), text="Bo", name="name"),
            node(TEXT_VIEW, (0, top + 70, 900, top + 150), text="a long message", name="newest"),
            name="chat",
        )
        for top in (100, 250)
    )
    found = propose(screen(node("android.view.View", (0, 100, 1080, 2000), *rows)))
    assert found.toml("chat_row") == 'chat_row = [{ id = "com.example:id/chat" }]'
    assert found.of("chat_name") == (by_id("name"), by_id("newest"))
    assert found.of("text") == (by_id("newest"), by_id("name"))


def test_nothing_is_proposed_from_nothing() -> None:
    """An empty screen, or a place that cannot be guessed, gives no proposal."""
    assert propose(screen()) == Proposals()
    assert propose(chat(has_ids=True)).toml("state") == ""


def test_courier_is_proposed_as_its_profile_has_it() -> None:
    """Lines can be pasted: read back as TOML they are a profile's table of selectors."""
    line = propose(chat(has_ids=True)).toml("input")
    assert tomllib.loads(line) == {"input": [{"id": "com.example:id/field"}]}
    assert load_profile("courier").screens.input[0].kind is SelectorKind.ID


boxes = st.tuples(*[st.integers(0, 50)] * 4).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
awkward = st.text(st.sampled_from("ab\"'\\[]{}$:/ 发\n\x7f"), max_size=6)


@st.composite
def nodes(draw: st.DrawFn, depth: int = 3) -> str:
    """A small hierarchy of awkward nodes."""
    written = node(
        draw(st.sampled_from(["android.widget.EditText", TEXT_VIEW, "a.B"])),
        draw(boxes),
        *(draw(st.lists(nodes(depth=depth - 1), max_size=3)) if depth else []),
        text=draw(awkward),
        desc=draw(awkward),
        clickable=draw(st.sampled_from(["true", "false"])),
    )
    identifier = draw(st.one_of(st.just(""), awkward.map("p:id/{}".format)))
    return written.replace('resource-id=""', f"resource-id={quoteattr(identifier)}", 1)


@given(st.lists(nodes(), max_size=4))
def test_proposals_find_something_and_are_toml(inner: list[str]) -> None:
    """Whatever a screen holds, each proposal finds something on it and is a line of TOML."""
    shown = screen(*inner)
    found = propose(shown)
    for place in PLACES:
        line = found.toml(place)
        assert not line or list(tomllib.loads(line)) == [place]
        assert "\n" not in line
    for place in ("title", "input", "send", "row"):
        for selector in found.of(place):
            assert next(selector.find(shown.root), None) is not None
