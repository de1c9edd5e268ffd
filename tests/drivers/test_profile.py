"""App profiles: data that is checked when it is loaded."""

import json
from pathlib import Path

import pytest

from drivers.errors import ConfigError
from drivers.profile import Ownership, SelectorKind, TextSource
from drivers.profile_file import load_profile, shipped_profiles
from drivers.profile_tables import (
    DeepLinkTable,
    EdgesTable,
    FamilyTable,
    MarksTable,
    NoticesTable,
    ProfileTable,
    SelectorsTable,
    TrialTable,
)
from drivers.screen import Screen
from drivers.selector_table import SelectorTable

PAGE = Path(__file__).parents[2] / "docs" / "profiles.md"

PROFILE = """
title = "Made up"
platform = "android"
package = "org.example.app"
activity = ".Main"
versions = ["1.*"]
languages = ["en"]
grade = "C"
sources = ["this test"]
longest_message = 100
ownership = "geometry"
[selectors]
title = [{ id = "title" }]
input = [{ id = "org.example.other:id/input" }]
send = [{ desc = ["Send", "发送"] }]
chat_row = [{ xpath = "//android.widget.ListView/*" }]
chat_name = [{ id = "name" }]
row = [{ id = "row" }]
text = [{ id = "text" }]
"""


FAMILY = """[[family]]
name = "one"
versions = ["2.*"]
grade = "B"
sources = ["this test"]
[family.selectors]
input = [{ id = "obfuscated" }]
"""


def test_shipped_profiles_load() -> None:
    """Every shipped profile can be used."""
    assert "courier" in shipped_profiles()
    for name in shipped_profiles():
        assert load_profile(name).name == name


def test_a_profile_is_one_file(tmp_path: Path) -> None:
    """A profile of one's own is a TOML file anywhere; short ids are completed with the package."""
    path = tmp_path / "made-up.toml"
    path.write_text(PROFILE, encoding="utf-8")
    profile = load_profile(str(path))
    assert profile.name == "made-up"
    assert profile.screens.title[0].values == ("org.example.app:id/title",)
    assert profile.screens.input[0].values == ("org.example.other:id/input",)
    assert profile.screens.send[0].kind is SelectorKind.DESC
    assert profile.verified == ()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = [{ id = "title" }]', "", "selectors.title: is missing"),
        ('grade = "C"', 'grade = "D"', "grade"),
        ('grade = "C"', 'grade = "C"\ncolour = "red"', "colour: nobody knows this key"),
        ('{ id = "name" }', '{ id = "name", text = ["x"] }', "exactly one of id"),
        ("//android.widget.ListView/*", "//[", "is not valid XPath"),
        ('ownership = "geometry"', 'ownership = "has"', "selectors.own must name the node"),
        ('ownership = "geometry"', 'ownership = "lacks"', "selectors.other must name the node"),
        ('ownership = "geometry"', 'ownership = "edge"', "edges must be given"),
        ('ownership = "geometry"', 'ownership = "pattern"', "must have a group own or other"),
        (
            'text = [{ id = "text" }]',
            'text = [{ id = "t" }]\nown = [{ id = "o" }]',
            "must be empty",
        ),
        (
            '{ id = "row" }',
            '{ css = "#row" }',
            "selectors.row.0: css '#row': css selectors are for",
        ),
        ('{ id = "row" }', """{ tag = "ro'w" }""", "a test tag with ' in it"),
        ('{ id = "row" }', "{ desc = [] }", "selectors.row.0.desc: is empty; fill it in"),
        (
            '{ id = "text" }',
            '{ xpath = "(//a)[1]" }',
            "the same node for every row; begin it with .//",
        ),
        ('{ id = "row" }', '{ id = "" }', "selectors.row.0.id: is empty; fill it in"),
        ('{ id = "row" }', '{ text = ["a", ""] }', "selectors.row.0.text.1: is empty; fill it in"),
        ('{ id = "row" }', '{ text = "a" }', "selectors.row.0.text: is a list, written [ … ]"),
        ('{ id = "row" }', '{ xpath = "//a:b" }', "(Undefined namespace prefix)"),
        ('{ id = "row" }', '{ xpath = "//x[a:b]" }', "knows no a:"),
        ('{ id = "row" }', '{ xpath = "//x[matches(@a, 1)]" }', "knows no matches"),
        ('{ id = "row" }', '{ xpath = "//x[@a=$b]" }', "knows no $b"),
        ('{ id = "row" }', '{ xpath = "//x\\u0000" }', "is not valid XPath"),
        ('{ id = "row" }', '{ tag = "x\\u0000" }', "is not valid XPath"),
        ('{ id = "row" }', '{ xpath = "count(//x)" }', "finds no nodes, but a text, a number"),
        ('{ id = "row" }', '{ xpath = "//x[@a]/@b" }', "finds no nodes"),
        ('{ id = "row" }', '{ xpath = "//y | (//x/text())[1]" }', "finds no nodes"),
        (
            'ownership = "geometry"',
            'ownership = "edge"\nedges = { other = 0.9, own = 0.1 }',
            "edges: the line `other` lies left",
        ),
        (
            'grade = "C"',
            'grade = "C"\nverified = [{ on = "real device", date = 2999-01-01 }]',
            "verified.0: 2999-01-01 has not come yet",
        ),
        (
            "[selectors]",
            FAMILY + FAMILY.replace('"one"', '"two"').replace("2.*", "2.7") + "[selectors]",
            "family.1.versions: '2.7' is of the family 'one' already",
        ),
        ('package = "org.example.app"', "", "package: is missing; an Android app has one"),
        ('platform = "android"', 'platform = "web"', "a web app has none; remove it"),
        ('platform = "android"', 'platform = "web"', "a web app has only css and xpath selectors"),
        ('["en"]', '["klingonese"]', "is not a language tag of BCP 47"),
        (
            'grade = "C"',
            'grade = "C"\ndeep_links = [{ uri = "x:", address = "y" }]',
            "{address} once",
        ),
        ('grade = "C"', 'grade = "C"\ntext_pattern = "x"', "has no group (?P<text>"),
        ('grade = "C"', 'grade = "C"\nstate_pattern = "x"', "has no group (?P<state>"),
        (
            "[selectors]",
            '[marks]\nsent = ["a"]\nfailed = ["a"]\n[selectors]',
            "'a' is there and under",
        ),
        (
            "[selectors]",
            '[notices]\nrate_limited = [""]\n[selectors]',
            "an empty text would be found",
        ),
        ("[selectors]", FAMILY + FAMILY + "[selectors]", "family.1.name: 'one' is there twice"),
        ("[selectors]", "[selectors", "not valid TOML"),
        ('grade = "C"', 'grade = "C"\nread = ["tree", "tree"]', "twice"),
        (
            'grade = "C"',
            'grade = "C"\nread = ["eye"]',
            "should be 'tree', 'notifications' or 'ocr'",
        ),
        ('grade = "C"', 'grade = "C"\nnotification_text = "("', "not a regular expression"),
        ('grade = "C"', 'grade = "C"\nnotification_text = ".*"', "has no group (?P<text>"),
    ],
)
def test_broken_profile_is_explained(tmp_path: Path, old: str, new: str, told: str) -> None:
    """What is wrong with a profile is said with the file and the place."""
    path = tmp_path / "broken.toml"
    path.write_text(PROFILE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_profile(str(path))
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_unknown_profile_names_those_there_are() -> None:
    """An unknown name is answered with the known ones."""
    with pytest.raises(ConfigError, match="courier"):
        load_profile("couriers")


def test_problem_is_told_with_its_line(tmp_path: Path) -> None:
    """A problem names its line, as an editor opens it."""
    path = tmp_path / "broken.toml"
    path.write_text(PROFILE.replace('"C"', '"D"'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_profile(str(path))
    assert f"{path}:8: grade: " in str(caught.value)


def test_what_follows_from_a_problem_is_not_told(tmp_path: Path) -> None:
    """One mistake is one problem, in the words of TOML."""
    path = tmp_path / "broken.toml"
    path.write_text(PROFILE.replace('["en"]', '["klingonese"]'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_profile(str(path))
    assert len(str(caught.value).splitlines()) == 2
    assert "Value error" not in str(caught.value)


def test_what_xpath_allows_is_allowed(tmp_path: Path) -> None:
    """No valid selector is refused for what stands in its literals and predicates."""
    for xpath in (
        """//x[@a = 'f(x)' or not(@b = "$y")]""",
        "//a[contains(concat(' ', @class, ' '), ' x:y ')][1]/following-sibling::*[1]",
        "(//*[self::a.b.C or self::d.E]/ancestor-or-self::*)[last()]",
        "//x[normalize-space(text()) and (@a) and count(@*) > 1]/node()",
    ):
        quoted = json.dumps(xpath)
        text = PROFILE.replace('{ id = "row" }', f"{{ xpath = {quoted} }}")
        assert load_profile(load(tmp_path, text)).screens.row[0].values == (xpath,)


def test_mark_of_an_editor_is_no_part_of_a_profile(tmp_path: Path) -> None:
    """A profile that an editor has begun with a byte order mark is read like any other."""
    assert load_profile(load(tmp_path, f"\ufeff{PROFILE}")).title == "Made up"


def load(tmp_path: Path, text: str) -> str:
    """Write a profile; its path."""
    path = tmp_path / "made-up.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_family_comes_before_what_holds_for_all(tmp_path: Path) -> None:
    """A family's selectors are tried first, the profile's own after them."""
    path = load(tmp_path, PROFILE.replace("[selectors]", FAMILY + "[selectors]"))
    profile, chosen = load_profile(path), load_profile(f"{path}@one")
    assert profile.versions == ("1.*", "2.*")
    assert (profile.family, chosen.family, chosen.grade) == ("", "one", "B")
    assert chosen.screens.input[0].values == ("org.example.app:id/obfuscated",)
    assert chosen.screens.input[1:] == profile.screens.input
    assert chosen.screens.send == profile.screens.send
    with pytest.raises(ConfigError, match=r"has no family 'two'\. It has: one"):
        load_profile(f"{path}@two")


def test_what_is_left_out_is_not_known(tmp_path: Path) -> None:
    """Facts that a profile leaves out are empty, and its longest message is a cautious one."""
    text = PROFILE.replace("longest_message = 100\n", "").replace('activity = ".Main"\n', "")
    profile = load_profile(load(tmp_path, text))
    assert (profile.longest_message, profile.knows_longest_message) == (300, False)
    assert profile.activity == ""
    assert profile.screens.more == profile.screens.login == ()
    assert profile.text_source is TextSource.TEXT
    assert profile.chats == ("direct", "group")


def test_test_tags_are_ids_without_a_package(tmp_path: Path) -> None:
    """A test tag of Jetpack Compose is found where a resource id would get the package."""
    text = PROFILE.replace('{ id = "row" }', '{ tag = "message_bubble" }')
    selector = load_profile(load(tmp_path, text)).screens.row[0]
    screen = Screen.parse('<h><a.B resource-id="message_bubble"/><a.B resource-id="b"/></h>')
    assert [node.get("resource-id") for node in selector.find(screen.root)] == ["message_bubble"]
    assert str(selector) == "tag message_bubble"


WEB = """
title = "Made up"
platform = "web"
versions = ["1.*"]
languages = ["en"]
grade = "C"
sources = ["this test"]
ownership = "has"
[selectors]
title = [{ css = "#chat > .title" }]
input = [{ css = "#input" }]
send = [{ css = "button[type=submit]" }]
chat_row = [{ css = ".channel" }]
chat_name = [{ css = ".name" }]
row = [{ css = "#chat .messages .msg, #chat .messages .old" }]
text = [{ css = ".content" }]
own = [{ xpath = "self::*[contains(concat(' ', @class, ' '), ' self ')]" }]
"""


def test_css_selectors_of_web_apps(tmp_path: Path) -> None:
    """A web app's CSS selectors find what a browser would, on the page and in a row."""
    profile = load_profile(load(tmp_path, WEB))
    page = Screen.parse(
        '<html><div id="chat"><p class="title">walks</p><div class="messages">'
        '<div class="msg self"><p class="content" text="one"/></div>'
        '<div class="old"><p class="content" text="two"/></div></div></div>'
        '<div class="msg"><p class="content" text="elsewhere"/></div></html>'
    )
    rows = list(page.all(profile.screens.row))
    assert [row.first(profile.screens.text).text for row in rows] == ["one", "two"]
    assert [row.first(profile.screens.own) is not None for row in rows] == [True, False]
    assert (profile.package, profile.activity, profile.ownership) == ("", "", Ownership.HAS)
    assert str(profile.screens.text[0]) == "css .content"
    with pytest.raises(ConfigError, match="is not a valid CSS selector"):
        load_profile(load(tmp_path, WEB.replace("#input", "#input[")))


@pytest.mark.parametrize(
    "table",
    [
        *(ProfileTable, SelectorsTable, SelectorTable, MarksTable, NoticesTable),
        *(FamilyTable, TrialTable, DeepLinkTable, EdgesTable),
    ],
    ids=lambda table: table.__name__,
)
def test_every_key_is_on_the_page(table: type[ProfileTable]) -> None:
    """docs/profiles.md names every key a profile can have, and the schema explains each."""
    page = PAGE.read_text(encoding="utf-8")
    for key, field in table.model_fields.items():
        name = field.alias or key
        assert (
            f"`{name}`" in page
            or f"[{name}]]`" in page
            or f"[{name}]`" in page
            or f"{name} = " in page
        ), name
