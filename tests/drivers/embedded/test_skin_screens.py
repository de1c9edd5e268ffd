"""What the skins draw, without a server in between."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from drivers.chat import find_chat, read_chat
from drivers.embedded.app import App
from drivers.embedded.canvas import HEIGHT, WIDTH, Target
from drivers.embedded.network import Network
from drivers.embedded.policy import load_policy
from drivers.embedded.skins.registry import SKINS, language_for, skin_for, skins_of
from drivers.embedded.skins.skin import LAUNCHER, PERMISSIONS, Skin
from drivers.errors import ConfigError
from drivers.profile import Profile
from drivers.profile_file import load_profile
from drivers.screen import Node, Screen
from drivers.testbed import load_testbed
from tests.drivers.embedded.skins import WORN, Worn
from tests.testbeds import fault, plays, rule, write_testbed

LOOKS = [
    pytest.param(skin, language, id=f"{skin.title} {skin.version} {language}")
    for skin in SKINS
    for language in skin.languages
]


@pytest.fixture
def network(tmp_path: Path) -> Callable[..., Network]:
    """Makes a network with clutter or without, and with faults."""

    def made(*, clutter: bool = False, faults: str = "") -> Network:
        path = write_testbed(tmp_path, [rule("bad", action="refuse")], clutter=clutter, more=faults)
        testbed = load_testbed(str(path))
        assert testbed.embedded is not None
        return Network(testbed, load_policy(testbed.embedded.policy), 5, None)

    return made


def app(of: Network, skin: Skin, language: str, handset: str = "phone-1") -> App:
    """An app in the group chat."""
    made = App(handset, of, skin, language)
    made.tap(Target("chat", "lane-1/group"))
    return made


def screen(of: App) -> Screen:
    """What it shows, as a page source that was fetched and parsed."""
    return Screen.parse(etree.tostring(of.hierarchy, encoding="unicode"))


def say(of: App, *texts: str) -> None:
    """Type and send texts."""
    for text in texts:
        of.type(text)
        of.tap(Target("send"))


def shown(of: App) -> Iterator[str]:
    """All texts and descriptions in the tree."""
    for node in of.hierarchy.iterdescendants():
        yield from filter(None, (node.get("text"), node.get("content-desc")))


def tap(of: App, text: str) -> None:
    """Tap the innermost node that can be tapped around a text."""
    nodes = [node for node in of.hierarchy.iter() if text in (node.get("text") or "")]
    # The one that says just that, rather than one that says more.
    node: etree._Element | None = min(nodes, key=lambda each: len(each.get("text") or ""))
    while node is not None and node.get("clickable") != "true":
        node = node.getparent()
    assert node is not None
    of.tap(of.target(node))


@pytest.mark.parametrize(("skin", "language"), LOOKS)
def test_everything_lies_within_its_parent(
    network: Callable[..., Network], skin: Skin, language: str
) -> None:
    """On each screen, however it is scrolled, a node lies within the one around it."""
    carrier = network(clutter=True)
    one, other = app(carrier, skin, language), app(carrier, skin, language, "phone-2")
    screens = [screen(one)]
    for number in range(30):
        say(one, f"{number} {'长' * (number * 9 % 150)}", "bad")
    for each in (one, other):
        more = True
        while more:
            screens.append(screen(each))
            more = each.scroll(311)
        each.go_back()
        screens.append(screen(each))
        each.tap(Target("search"))
        each.type("Week")
        screens.append(screen(each))
    for each in screens:
        for element in each.root.iterdescendants():
            inner, parent = Node(element).bounds, element.getparent()
            outer = None if parent is None else Node(parent).bounds
            assert inner is not None
            assert 0 <= inner.left < inner.right <= WIDTH
            assert inner.bottom <= HEIGHT
            assert outer is None or (outer.top <= inner.top < inner.bottom <= outer.bottom), (
                etree.tostring(element)
            )


@pytest.mark.parametrize(("skin", "language"), LOOKS)
def test_plain_network_shows_nothing_but_messages(
    network: Callable[..., Network], skin: Skin, language: str
) -> None:
    """Without clutter, nobody else talks, and neither dates nor dividers are shown."""
    carrier = network()
    one, other = app(carrier, skin, language), app(carrier, skin, language, "phone-2")
    assert [skin.words(language).empty in shown(each) for each in (one, other)] in (
        [True, True],
        [False, False],  # Courier shows nothing
    )
    say(one, "hello", "there")
    words = skin.words(language)
    assert not {words.empty, words.unread} & set(shown(other))
    assert len(carrier.view("phone-2", "lane-1/group")) == 2


@pytest.mark.parametrize(("skin", "language"), LOOKS)
def test_unread_divider_stands_above_what_was_not_read(
    network: Callable[..., Network], skin: Skin, language: str
) -> None:
    """A chat that is opened with unread messages says so above them, until it is left."""
    carrier = network(clutter=True)
    one, other = app(carrier, skin, language), app(carrier, skin, language, "phone-2")
    say(one, "read")
    other.go_back()
    say(one, "not read")
    other.tap(Target("chat", "lane-1/group"))
    is_painted = skin.title == "Signal"  # between the rows, so that it is no node
    assert (skin.words(language).unread in shown(other)) is not is_painted
    other.go_back()
    other.tap(Target("chat", "lane-1/group"))
    assert skin.words(language).unread not in shown(other)


@pytest.mark.parametrize(("skin", "language"), LOOKS)
def test_long_text_is_folded_and_opens_on_a_tap(
    network: Callable[..., Network], skin: Skin, language: str
) -> None:
    """Of a text longer than the app shows whole, the end is behind a tap, at both ends."""
    carrier = network()
    one, other = app(carrier, skin, language), app(carrier, skin, language, "phone-2")
    length = (skin.fold_at or 1200) + 1
    say(one, "x" * length)
    for each in (one, other):
        is_whole = any("x" * length in text for text in shown(each))
        assert is_whole is (skin.fold_at is None and not skin.hides_texts)
        if skin.fold_at is not None:
            tap(each, skin.words(language).more)
        if not skin.hides_texts:
            assert any("x" * length in text for text in shown(each))


@pytest.mark.parametrize("kind", ["popup", "permission", "update", "notifications"])
@pytest.mark.parametrize(("skin", "language"), LOOKS)
def test_popup_covers_the_chat_and_back_closes_it(
    network: Callable[..., Network], skin: Skin, language: str, kind: str
) -> None:
    """A popup is all that a dump shows; back closes it, and what it offers leaves the app."""
    faults = fault("phone-1", kind, after_messages=0)
    packages = {"popup": "android", "permission": PERMISSIONS}
    for closes in ("back", "dismiss"):
        covered = app(network(faults=faults), skin, language)
        assert screen(covered).package == packages.get(kind, skin.package)
        assert "Weekend walks" not in "".join(shown(covered))
        if closes == "back":
            covered.go_back()
        else:
            tap(covered, _dismiss(skin, language, kind))
        assert "Weekend walks" in "".join(shown(covered))
    if kind in {"update", "notifications"}:
        left = app(network(faults=faults), skin, language)
        words = skin.words(language)
        screen(left)
        tap(left, words.update.accept if kind == "update" else words.notifications.accept)
        assert screen(left).package == LAUNCHER


def _dismiss(skin: Skin, language: str, kind: str) -> str:
    words = skin.words(language)
    return {
        "popup": "Later",
        "permission": words.permission.dismiss,
        "update": words.update.dismiss,
        "notifications": words.notifications.dismiss,
    }[kind]


@pytest.mark.parametrize(("skin", "language"), LOOKS)
def test_logged_out_app_says_so(network: Callable[..., Network], skin: Skin, language: str) -> None:
    """Logged out, the app shows its log-in screen and no chat."""
    out = app(network(faults=fault("phone-1", "logged_out", after_messages=0)), skin, language)
    assert skin.words(language).login in shown(out)
    assert "Weekend walks" not in shown(out)


def profile_of(worn: Worn) -> tuple[Skin, Profile]:
    """A skin and the profile that reads it."""
    skin = next(s for s in SKINS if (s.package, s.version) == (worn.package, worn.version))
    return skin, load_profile(worn.app)


@pytest.mark.parametrize("worn", WORN, ids=str)
@given(
    lengths=st.lists(st.integers(0, 290), min_size=1, max_size=12),
    scroll=st.integers(0, 4000),
    seed=st.integers(0, 50),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_comes_in_was_written_by_others(
    tmp_path: Path, worn: Worn, lengths: list[int], scroll: int, seed: int
) -> None:
    """However a cluttered chat is scrolled, what is read as incoming is, and is a whole message."""
    skin, profile = profile_of(worn)
    testbed = load_testbed(str(write_testbed(tmp_path, clutter=True)))
    assert testbed.embedded is not None
    carrier = Network(testbed, load_policy(testbed.embedded.policy), seed, None)
    chat = f"lane-1/{worn.chat}"
    ends = {name: App(name, carrier, skin, worn.language) for name in ("phone-1", "phone-2")}
    for each in ends.values():
        each.tap(Target("chat", chat))
    for length in lengths:
        say(ends["phone-1"], f"ours {'长' * length}".strip())
    for name, each in ends.items():
        each.scroll(scroll)
        incoming = read_chat(screen(each), profile).incoming
        assert set(incoming) <= {item.text for item in carrier.view(name, chat) if not item.is_own}


@pytest.mark.parametrize("worn", WORN, ids=str)
def test_search_finds_a_chat_by_its_name(network: Callable[..., Network], worn: Worn) -> None:
    """The search shows the chats that have the words in their name, and opens them."""
    skin, profile = profile_of(worn)
    searching = App("phone-1", network(), skin, worn.language)
    searching.tap(Target("search"))
    assert find_chat(screen(searching), profile, "Bo")[0] is None
    searching.type("bo")
    row, names = find_chat(screen(searching), profile, "Bo")
    assert row is not None
    assert names == ("Bo",)
    tap(searching, "Bo")
    assert searching.open_chat == "lane-1/direct"


@pytest.mark.parametrize("worn", WORN, ids=str)
def test_blocked_sender_is_told_by_some_apps(network: Callable[..., Network], worn: Worn) -> None:
    """Where the recipient blocks the sender, WeChat says so, and others mark the message."""
    skin, profile = profile_of(worn)
    carrier = network(faults=fault("phone-2", "blocks_sender", after_messages=1))
    one = App("phone-1", carrier, skin, worn.language)
    one.tap(Target("chat", f"lane-1/{worn.chat}"))
    say(one, "heard", "not heard")
    own = read_chat(screen(one), profile).last_own
    assert own is not None
    assert (own.text, own.mark, own.notice) == ("not heard", worn.refused, worn.blocked)
    assert [each.arrived for each in carrier.events] == ["heard", None]


@pytest.mark.parametrize(("skin", "language"), LOOKS)
def test_activity_is_that_of_the_screen(
    network: Callable[..., Network], skin: Skin, language: str
) -> None:
    """The list, a chat and the launcher have the activities that the skin says they have."""
    moving = App("phone-1", network(), skin, language)
    assert (moving.package, moving.activity) == (skin.package, skin.activity)
    moving.tap(Target("chat", "lane-1/group"))
    assert (moving.package, moving.activity) == (skin.package, skin.chat_activity)
    moving.go_home()
    assert (moving.package, moving.activity) == (LAUNCHER, ".Launcher")


def test_newer_wechat_hides_texts(network: Callable[..., Network]) -> None:
    """WeChat 8.0.55 keeps the texts of messages from the tree; the eye sees them."""
    skin = next(each for each in SKINS if each.hides_texts)
    carrier = network()
    one, other = (app(carrier, skin, "zh-Hans", name) for name in ("phone-1", "phone-2"))
    say(one, "hello")
    assert "hello" not in "".join(shown(other))
    assert "hello" in [other.visible_text(node) for node in other.hierarchy.iterdescendants()]
    other.go_back()
    assert "hello" not in "".join(shown(other))


def test_skin_is_that_of_the_apps_version(tmp_path: Path) -> None:
    """The version that a testbed states decides, or else the profile's; others are refused."""

    def skin(app: str, version: str | None = None) -> Skin:
        path = write_testbed(tmp_path, changes=[plays(app, version=version)])
        return skin_for(load_testbed(str(path)).handsets[0], SKINS)

    assert skin("courier").title == "Courier"
    assert skin("wechat", "8.0.32").version == "8.0.32"
    assert skin("wechat").version == "8.0.47"
    with pytest.raises(ConfigError, match=r"plays com\.tencent\.mm in 9; they play 8\.0\.47"):
        skin("wechat", "9")
    line = load_testbed(str(write_testbed(tmp_path, changes=[plays("line")]))).handsets[0]
    with pytest.raises(ConfigError, match=r"plays jp\.naver\.line\.android; they play .*courier"):
        skin_for(line, SKINS[:1])


def test_language_is_the_closest_one() -> None:
    """A language without a script gets the one the app has; one it has not is refused."""
    skin = SKINS[0]
    assert language_for(skin, None) == "en"
    assert language_for(skin, "zh") == "zh-Hans"
    with pytest.raises(ConfigError, match=r"'zh-Hant': Courier 1\.4\.2 .* speaks en, zh-Hans"):
        language_for(skin, "zh-Hant")


def test_file_of_skins_must_have_some(tmp_path: Path) -> None:
    """A file of skins that is not there, or holds none, is named."""
    with pytest.raises(ConfigError, match=r"nowhere\.py: there is no Python file with skins"):
        skins_of(tmp_path / "nowhere.py")
    empty = tmp_path / "empty.py"
    empty.write_text("SKINS = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"empty\.py: SKINS is 3"):
        skins_of(empty)
