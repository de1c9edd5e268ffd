"""Web apps in a testbed, and what a browser refuses before anything is opened.

How a browser behaves is tested in tests/fullstack, with a real one.
"""

from collections.abc import Iterable
from pathlib import Path

import pytest

from drivers.browser import Browser
from drivers.browser_snapshot import Look, arguments
from drivers.door import Door, doors
from drivers.ends import end_behind
from drivers.errors import ConfigError, DriverError, SessionLost
from drivers.handset import Handset
from drivers.profile_file import load_profile
from drivers.testbed import HandsetConfig, load_testbed

FULLSTACK = Path(__file__).parents[1] / "fullstack" / "thelounge.toml"
NOWHERE = Door(url="http://127.0.0.1:9")


def write(folder: Path, changes: Iterable[tuple[str, str]]) -> str:
    """Write the testbed of the full-stack tests with changes; its path."""
    text = FULLSTACK.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "testbed.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HandsetConfig:
    """A browser of a testbed, its log-in set."""
    monkeypatch.setenv("THELOUNGE_SENDER", "alice")
    monkeypatch.setenv("THELOUNGE_PASSWORD", "a secret")
    return load_testbed(write(tmp_path, ())).handsets[0]


def test_testbed_says_how_a_web_app_is_opened(config: HandsetConfig, tmp_path: Path) -> None:
    """Page, log-in and folder of log-ins are read; the folder is relative to the testbed."""
    assert config.web is not None
    assert config.web.url == "http://127.0.0.1:9000"
    assert config.web.user_data is None
    changes = [('user_env = "THELOUNGE_SENDER"', 'user_env = "X"\nuser_data = "alice"')]
    web = load_testbed(write(tmp_path, changes)).handsets[0].web
    assert web is not None
    assert (web.user_env, web.user_data) == ("X", tmp_path / "alice")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('url = "http://127.0.0.1:9000"\n', "", "is for web apps, which need a url"),
        ('password_env = "THELOUNGE_PASSWORD"\n', "", "given together or not at all"),
        ('appium = "managed"', 'appium = "managed"\nudid = "emulator-5554"', "leave out udid"),
        ('appium = "managed"', 'appium = "embedded"', "leave out udid"),
        ('app = "thelounge"', 'app = "courier"', "is no web app: leave out url"),
        ('url = "http://127.0.0.1:9000"', 'url = "file:///etc"', "url"),
        ('version = "4.5.2"', 'user_data = "x"', "user_data 'x' is named 2 times"),
    ],
)
def test_testbed_that_does_not_add_up(old: str, new: str, problem: str, tmp_path: Path) -> None:
    """What does not go together is named before anything is opened."""
    with pytest.raises(ConfigError, match=problem):
        load_testbed(write(tmp_path, [(old, new)]))


def test_web_app_needs_a_url(tmp_path: Path) -> None:
    """A web app without a page is told to name it."""
    text = Path(str(load_testbed("embedded").path)).read_text(encoding="utf-8")
    path = tmp_path / "testbed.toml"
    path.write_text(text.replace('"courier"', '"thelounge"', 1), encoding="utf-8")
    with pytest.raises(ConfigError, match="a web app: give the url of its page"):
        load_testbed(str(path))


def test_log_in_comes_from_the_environment(
    config: HandsetConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable that is not set is named, with the account it is for."""
    Browser(config, NOWHERE, longest_pause_s=1)
    monkeypatch.delenv("THELOUNGE_PASSWORD")
    with pytest.raises(ConfigError, match=r"THELOUNGE_PASSWORD.*'alice'"):
        Browser(config, NOWHERE, longest_pause_s=1)


def test_server_that_is_not_there(config: HandsetConfig) -> None:
    """Opening a session where nobody listens says so, and tells no secret."""
    browser = Browser(config, NOWHERE, longest_pause_s=1)
    with pytest.raises(SessionLost, match="Check that its Appium server runs") as told:
        browser.start()
    assert "a secret" not in str(told.value)
    assert list(browser.exhibits()) == []
    browser.stop()


def test_browsers_of_another_server_have_ports_of_their_own(
    tmp_path: Path, config: HandsetConfig
) -> None:
    """Where nobody can be asked for free ports, browsers of one server still share none."""
    path = write(tmp_path, [('appium = "managed"', 'appium = "http://192.0.2.1:4723"')])
    ways = doors(load_testbed(path).handsets, embedded=None, server=None)
    seats = [way.seat for way in ways.values()]
    assert len({seat.port for seat in seats if seat is not None}) == len(seats) == 2
    assert all(seat is not None and seat.tools is None for seat in seats)


def test_ends_are_what_the_app_needs(config: HandsetConfig) -> None:
    """A web app gets a browser, any other a handset."""
    assert isinstance(end_behind(config, NOWHERE, longest_pause_s=1), Browser)
    phone = load_testbed("embedded").handsets[0]
    assert isinstance(end_behind(phone, NOWHERE, longest_pause_s=1), Handset)


def test_script_is_told_the_selectors_and_nothing_else() -> None:
    """Every place of the profile is looked for as the profile writes it."""
    places, rows_of, _, _ = arguments(load_profile("thelounge"))
    assert places["input"] == [{"css": "#input"}]
    assert places["own"][0].keys() == {"xpath"}
    assert rows_of["text"] == "row"
    assert "search" not in places


def test_answer_that_is_no_look_is_refused() -> None:
    """What a broken page gives back is an error of ours, and not shown at length."""
    with pytest.raises(DriverError, match="problems"):
        Look.of({"source": "<html/>" * 1000})
