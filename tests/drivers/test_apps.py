"""The apps that come with the project: their profiles, what they read, and what is said of them."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from drivers import app_table
from drivers.chat import ChatView, find_chat, read_chat
from drivers.profile import Profile, TriedOn, fit_version
from drivers.profile_file import SCHEMA, load_profile, profile_folder, schema_text, shipped_profiles
from drivers.screen import Node, Screen

SCREENS = Path(__file__).parent / "screens"
README = Path(__file__).parents[2] / "README.md"
CHATS = sorted(SCREENS.glob("*-chat.xml"))
PAGES = sorted(SCREENS.glob("*.xml"))
PROFILES = {name: load_profile(name) for name in shipped_profiles()}


def shown(path: Path) -> Screen:
    """A saved page source."""
    return Screen.parse(path.read_text(encoding="utf-8"))


def as_written(view: ChatView) -> list[dict[str, object]]:
    """The messages of a chat as the file beside a page source has them."""
    return [
        {
            "text": bubble.text,
            "by": {True: "own", False: "other", None: "unknown"}[bubble.is_own],
            **({} if bubble.mark is None else {"mark": str(bubble.mark)}),
            **({} if bubble.notice is None else {"notice": str(bubble.notice)}),
            **({} if bubble.is_whole else {"folded": True}),
        }
        for bubble in view.bubbles
    ]


@pytest.mark.parametrize("path", CHATS, ids=lambda path: path.stem)
def test_chat_is_read_as_written_beside_it(path: Path) -> None:
    """Of each saved chat, everything that is read is what the file beside it says."""
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    view = read_chat(shown(path), load_profile(expected["app"]))
    assert view.title == expected["title"]
    assert view.input_text == expected["input"]
    assert as_written(view) == expected["message"]


def test_wechat_without_a_family_reads_the_same() -> None:
    """What holds for every version of WeChat reads a chat as the ids of one version do."""
    screen = shown(SCREENS / "wechat-chat.xml")
    anyhow, exactly = (read_chat(screen, load_profile(name)) for name in ("wechat", "wechat@2025"))
    assert as_written(anyhow) == as_written(exactly)
    assert anyhow.title == exactly.title


@pytest.mark.parametrize("name", ["wechat", "wechat@2025"])
def test_hidden_texts_are_noticed(name: str) -> None:
    """A chat whose texts WeChat keeps from the tree is seen to hide them."""
    view = read_chat(shown(SCREENS / "wechat-hidden.xml"), load_profile(name))
    assert view.hides_texts
    assert not any(view.incoming)


def test_chat_is_found_where_its_name_is_in_a_longer_text() -> None:
    """Telegram's rows say more than the name; the chat is found all the same."""
    screen = shown(SCREENS / "telegram-list.xml")
    row, names = find_chat(screen, PROFILES["telegram"], "Bo")
    assert row is not None
    assert row.text.startswith("Bo. Online")
    assert names == ("Weekend walks", "Bo", "Saved Messages")
    assert find_chat(screen, PROFILES["telegram"], "B")[0] is None


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_no_profile_fails_on_any_screen(path: Path) -> None:
    """Every profile gives a view of every screen, those of other apps and broken ones too."""
    screen = shown(path)
    for profile in PROFILES.values():
        view = read_chat(screen, profile)
        assert set(view.incoming) <= {bubble.text for bubble in view.bubbles}
        find_chat(screen, profile, "Bo")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_screens_never_fail(path: Path, data: st.DataObject) -> None:
    """A page source that was cut off, spliced or garbled anywhere still gives a view."""
    source = path.read_text(encoding="utf-8")
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(0, len(source)))
    inserted = data.draw(st.text(st.sampled_from("<>\"'&/[]=\x00 發a"), max_size=8))
    screen = Screen.parse(source[:start] + inserted + source[end:])
    for profile in PROFILES.values():
        read_chat(screen, profile)


@pytest.mark.parametrize("path", CHATS, ids=lambda path: path.stem)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_is_out_of_sight_makes_no_arrival(path: Path, data: st.DataObject) -> None:
    """Whatever nodes a screen lacks, no own bubble is taken for a message that came in."""
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    own = {each["text"] for each in expected["message"] if each["by"] != "other"}
    screen = shown(path)
    leaves = [each for each in screen.root.iter() if len(each) == 0]
    for leaf in data.draw(st.lists(st.sampled_from(leaves), max_size=12, unique=True)):
        parent = leaf.getparent()
        if parent is not None:
            parent.remove(leaf)
    assert not own & set(read_chat(screen, load_profile(expected["app"])).incoming)


def clip(container: etree._Element, top: int, bottom: int) -> None:
    """Cut a list to what lies between two lines: what is out of sight is not in a tree."""
    for element in list(container.iter(etree.Element)):
        bounds, parent = Node(element).bounds, element.getparent()
        if bounds is None or (parent is None and element is not container):
            continue
        if bounds.bottom <= top or bounds.top >= bottom:
            if parent is not None and element is not container:
                parent.remove(element)
            continue
        cut = (bounds.left, max(top, bounds.top), bounds.right, min(bottom, bounds.bottom))
        element.set("bounds", "[{},{}][{},{}]".format(*cut))


@pytest.mark.parametrize("path", CHATS, ids=lambda path: path.stem)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_rows_cut_at_the_edges_make_no_arrival(path: Path, data: st.DataObject) -> None:
    """Wherever a conversation is cut by the edges of its list, own bubbles are no arrivals.

    Nor is an arrival called our own: it would seem not to have come.
    """
    expected = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    profile = load_profile(expected["app"])
    own = {each["text"] for each in expected["message"] if each["by"] != "other"}
    other = {each["text"] for each in expected["message"] if each["by"] != "own"}
    screen = shown(path)
    container = next(screen.all(profile.screens.row)).element.getparent()
    assert container is not None
    top = data.draw(st.integers(220, 1500))
    clip(container, top, data.draw(st.integers(top + 20, 2060)))
    view = read_chat(screen, profile)
    assert not own & set(view.incoming)
    assert not other & {bubble.text for bubble in view.bubbles if bubble.is_own}


def test_shipped_schema_is_that_of_the_code() -> None:
    """The schema that editors complete profiles from is made of the code that reads them."""
    shipped = (profile_folder() / SCHEMA).read_text(encoding="utf-8")
    assert shipped == schema_text(), f"Run: undelivered app schema > drivers/apps/{SCHEMA}"


@pytest.mark.parametrize("name", shipped_profiles())
def test_profiles_name_their_schema(name: str) -> None:
    """Every shipped profile begins with the line by which editors find the schema."""
    text = (profile_folder() / f"{name}.toml").read_text(encoding="utf-8")
    assert text.startswith(f"#:schema ./{SCHEMA}\n")


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_texts_of_profiles_are_written_once(profile: Profile) -> None:
    """No text of a profile has blanks around it, by which it would match nothing."""
    texts = [*profile.marks, *profile.notices]
    assert [each for each in texts if each != each.strip()] == []


def test_readme_has_the_table_of_apps() -> None:
    """The README's table of apps is the one the profiles give."""
    table = app_table.readme_table(app_table.shipped(), folder=Path("drivers/apps"))
    assert table in README.read_text(encoding="utf-8"), "Paste: undelivered app list --markdown"


def test_untested_apps_are_said_to_be() -> None:
    """An app that was tried on nothing is called untested; one that was has a version and a day."""
    assert app_table.trial_summary(PROFILES["viber"]) == "untested"
    assert app_table.trials(PROFILES["courier"], TriedOn.SIMULATED_HANDSET) == "1.4.2 2026-11-24"


@pytest.mark.parametrize(
    "name",
    [
        *("wechat", "qq", "whatsapp", "telegram", "signal", "line", "kakaotalk", "viber", "zalo"),
        *("element", "element-x", "conversations", "google-messages", "fossify-messages", "briar"),
    ],
)
def test_real_apps_have_profiles(name: str) -> None:
    """Every app the project knows facts of has a profile with a grade and sources."""
    profile = PROFILES[name]
    assert profile.grade in "ABC"
    assert profile.sources
    assert profile.read


@pytest.mark.parametrize(
    ("version", "family", "is_known"),
    [
        ("8.0.47", "8.0.45", True),
        ("6.6.6", "6.6.5", True),
        ("8.0.61", "", False),
        (None, "", False),
    ],
)
def test_family_follows_the_installed_version(
    version: str | None, family: str, is_known: bool
) -> None:
    """The family of the installed version is in force; an unknown one has none and a warning."""
    fit = fit_version(PROFILES["wechat"], version)
    assert (fit.profile.family, fit.is_known) == (family, is_known)
    assert bool(fit.warning) is not is_known
    if family:
        own = next(each for each in PROFILES["wechat"].families if each.name == family)
        assert fit.profile.screens.input[: len(own.selectors["input"])] == own.selectors["input"]
        # What holds for every version comes after, in case the ids have changed again.
        assert fit.profile.screens.input[-1] == PROFILES["wechat"].screens.input[-1]
    else:
        assert "undelivered doctor" in fit.warning


def test_family_that_was_chosen_stays() -> None:
    """A family the researcher chose is kept, with a warning where its versions are others."""
    fit = fit_version(load_profile("wechat@2025"), "8.0.61")
    assert (fit.profile.family, fit.is_known) == ("2025", False)
    assert "'2025'" in fit.warning
    assert fit_version(load_profile("wechat@8.0.45"), "8.0.47").is_known


def test_version_patterns_of_apps_without_families() -> None:
    """Without families a version is known if a pattern covers it."""
    assert fit_version(PROFILES["conversations"], "2.12.8").is_known
    unknown = fit_version(PROFILES["conversations"], "3.0")
    assert not unknown.is_known
    assert re.search(r"2\.12\.\*", unknown.warning)
    assert fit_version(PROFILES["conversations"], None).is_known
