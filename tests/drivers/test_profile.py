"""App profiles: data that is checked when it is loaded."""

from pathlib import Path

import pytest

from drivers.errors import ConfigError
from drivers.profile import SelectorKind, load_profile, shipped_profiles

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
    assert profile.verified is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('title = [{ id = "title" }]', "", "selectors.title: is missing"),
        ('grade = "C"', 'grade = "D"', "grade"),
        ('grade = "C"', 'grade = "C"\ncolour = "red"', "colour: nobody knows this key"),
        ('{ id = "name" }', '{ id = "name", text = ["x"] }', "exactly one of id"),
        ("//android.widget.ListView/*", "//[", "is not valid XPath"),
        ('ownership = "geometry"', 'ownership = "has"', "selectors.own must name the node"),
        ("[selectors]", "[selectors", "not valid TOML"),
        ('grade = "C"', 'grade = "C"\nread = ["tree", "tree"]', "twice"),
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
