"""Drafts of profiles, learned from screens on which a person says what is what."""

import tomllib
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from drivers.errors import ConfigError
from drivers.profile import Ownership
from drivers.profile_file import load_profile
from drivers.profile_learning import Lesson, Taught, draft
from drivers.screen import Screen

SCREENS = Path(__file__).parent / "screens"


def saved(name: str) -> Screen:
    """A saved page source."""
    return Screen.parse((SCREENS / f"{name}.xml").read_text(encoding="utf-8"))


def harbour(name: str) -> Screen:
    """A screen of an app that does not exist."""
    return saved(f"harbour/{name}")


def learned(lesson: Lesson) -> dict[str, str]:
    """What was found, by place."""
    return {each.place: each.found for each in lesson.findings}


@pytest.mark.parametrize(
    ("screen", "own", "other", "title", "ownership"),
    [
        ("whatsapp-chat", "再见", "ok", "Bo", Ownership.HAS),
        ("signal-chat", "See you", "Hello", "Bo", Ownership.HAS),
        ("line-chat", "See you", "好", "散步", Ownership.HAS),
        ("conversations-chat", "arrived", "Hello", "Bo", Ownership.HAS),
        ("fossify-messages-chat", "sent", "Hello", "Bo", Ownership.LACKS),
        ("kakaotalk-chat", "네", "안녕하세요", "산책", Ownership.GEOMETRY),
        ("qq-chat", "好", "车站见", "周末散步", Ownership.GEOMETRY),
        ("wechat-chat", "好的 👍🏽", "今天天气很好", "周末散步(3)", Ownership.GEOMETRY),
    ],
)
def test_draft_reads_the_chat_it_was_learned_from(
    screen: str, own: str, other: str, title: str, ownership: Ownership
) -> None:
    """Of two texts on a real app's screen, the rest of the conversation is read."""
    chat = saved(screen)
    lesson = draft("app", Taught(title=title, own=(own,), other=(other,)), (chat,))
    found = learned(lesson)
    assert found["ownership"] == ownership
    assert found["row"]
    assert found["text"]
    assert found["input"]
    assert f"own: {own!r}" in lesson.reads
    assert f"received: {other!r}" in lesson.reads
    # Nothing was said of the list of chats.
    assert tomllib.loads(lesson.text)["selectors"]["chat_row"] == []


TAUGHT = Taught(title="Pier 7", own=("hello",), other=("ahoy",))


def test_draft_of_a_whole_app_is_a_profile(tmp_path: Path) -> None:
    """With the list of chats as well, only what a person must know is left to fill in."""
    lesson = draft("harbour", TAUGHT, (harbour("list"), harbour("chat")))
    assert lesson.reads == (
        "title: 'Pier 7'",
        "received: 'ahoy'",
        "own: 'hello'",
        "received: 'good'",
    )
    path = tmp_path / "harbour.toml"
    path.write_text(lesson.text.replace("languages = []", 'languages = ["en"]'), encoding="utf-8")
    profile = load_profile(str(path))
    assert profile.package == "org.example.harbour"
    assert profile.ownership is Ownership.HAS
    assert profile.marks == {"Sent": "sent"}
    assert profile.screens.chat_name[0].values == ("org.example.harbour:id/pier",)
    assert profile.screens.send[0].values == ("org.example.harbour:id/go",)


def test_no_text_of_the_person_is_in_a_draft() -> None:
    """Neither the title of the chat nor what was written in it gets into a draft."""
    lesson = draft("harbour", TAUGHT, (harbour("list"), harbour("chat")))
    assert not any(text in lesson.text for text in ("Pier 7", "hello", "ahoy", "good"))
    chat = harbour("chat")
    title = chat.root.xpath("//*[@text='Pier 7']")[0]
    del title.attrib["resource-id"]
    title.set("content-desc", "Pier 7")
    assert "Pier 7" not in draft("harbour", TAUGHT, (chat,)).text


def test_own_text_that_tells_own_rows_is_no_mark() -> None:
    """Where own texts have an id of their own, what they say does not become a delivery mark."""
    chat = harbour("chat")
    tick = chat.root.xpath("//*[@content-desc='Sent']")[0]
    tick.getparent().remove(tick)
    text = chat.root.xpath("//*[@text='hello']")[0]
    text.set("resource-id", "org.example.harbour:id/said_by_me")
    lesson = draft("harbour", TAUGHT, (chat,))
    assert "own" in learned(lesson)
    assert not any(text in lesson.text for text in ("hello", "ahoy", "state = [{"))


def test_people_are_in_no_selector() -> None:
    """A field that names the other side is not looked for by that name."""
    chat = harbour("chat")
    field = chat.root.xpath("//*[@text='draft']")[0]
    field.attrib.pop("resource-id", None)
    field.set("content-desc", "Write to Pier 7")
    assert "Pier 7" not in draft("harbour", TAUGHT, (chat,)).text


def test_title_is_not_the_name_beside_a_message() -> None:
    """In a chat where messages bear the name that is the title, the title is what stands above."""
    chat = harbour("chat")
    expected = learned(draft("harbour", TAUGHT, (chat,)))["title"]
    text = chat.root.xpath("//*[@text='ahoy']")[0]
    name = etree.SubElement(text.getparent(), "android.widget.TextView")
    name.set("resource-id", "org.example.harbour:id/from")
    name.set("text", "Pier 7")
    assert expected
    assert learned(draft("harbour", TAUGHT, (chat,)))["title"] == expected


def test_messages_in_descriptions() -> None:
    """Where messages are in content descriptions, the draft says so and reads them there."""
    chat = harbour("chat")
    for each in chat.root.xpath("//*[contains(@resource-id, 'said')]"):
        each.set("content-desc", each.get("text"))
        each.set("text", "")
    lesson = draft("harbour", TAUGHT, (chat,))
    assert 'text_source = "desc"' in lesson.text
    assert "own: 'hello'" in lesson.reads


def test_what_was_not_found_is_left_to_do() -> None:
    """A place that was not found stays in the draft as something to do."""
    lesson = draft("harbour", TAUGHT, (harbour("chat"),))
    assert "chat_row = []  # TODO" in lesson.text
    assert learned(lesson)["chat_row"] == ""
    assert "# TODO failed = []" in lesson.text


@pytest.mark.parametrize(
    ("own", "other", "told"),
    [
        ("hello!", "ahoy", "'hello!'"),
        ("draft", "ahoy", "'draft'"),  # it is in the field, not sent
        ("hello", "hello", "two texts of different messages"),
    ],
)
def test_screen_without_the_texts_is_explained(own: str, other: str, told: str) -> None:
    """A text that no screen shows as a message is named."""
    with pytest.raises(ConfigError, match=told):
        draft("x", Taught(title="Pier 7", own=(own,), other=(other,)), (harbour("chat"),))


@given(
    st.recursive(
        st.tuples(st.sampled_from(["a.B", "android.widget.TextView"]), st.sampled_from("ohx")).map(
            lambda node: f"<{node[0]} text={quoteattr(node[1])}/>"
        ),
        lambda inner: st.lists(inner, min_size=1, max_size=4).map(
            lambda nodes: f'<a.C resource-id="p:id/c">{"".join(nodes)}</a.C>'
        ),
        max_leaves=12,
    )
)
def test_any_screen_gives_a_draft_or_a_reason(inner: str) -> None:
    """Whatever a screen looks like, learning from it ends with TOML or with what is missing."""
    screen = Screen.parse(f"<hierarchy>{inner}</hierarchy>")
    try:
        lesson = draft("x", Taught(title="x", own=("o",), other=("h",)), (screen,))
    except ConfigError:
        return
    assert tomllib.loads(lesson.text)["title"] == "X"
