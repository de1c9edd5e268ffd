"""One Appium session on one handset, with a real client and a real server."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from appium.webdriver.webdriver import WebDriver
from lxml import etree
from selenium.common.exceptions import WebDriverException

from drivers.door import Door
from drivers.embedded.process import EmbeddedProcess
from drivers.errors import DriverError, ScreenUnknown, SessionLost
from drivers.handset import Handset, require
from drivers.profile import Selector, SelectorKind
from drivers.profile_file import load_profile
from drivers.screen import Found, Node
from drivers.testbed import HandsetConfig, load_testbed
from tests.testbeds import write_testbed

CONFIG = load_testbed("embedded").handsets[0]
SCREENS = CONFIG.profile.screens


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an embedded handset."""
    process = EmbeddedProcess.start(write_testbed(tmp_path_factory.mktemp("testbed")), seed=0)
    yield process.handset_url(CONFIG.name)
    process.stop()


def handset(url: str, config: HandsetConfig = CONFIG) -> Handset:
    """A handset that is not started."""
    return Handset(config, Door(url=url), longest_pause_s=1)


@pytest.fixture
def phone(url: str) -> Iterator[Handset]:
    """A handset with an open session, the list of chats on its screen."""
    started = handset(url)
    started.start()
    started.go_back()
    yield started
    started.stop()


def enter_chat(phone: Handset) -> None:
    """Open the first chat of the list."""
    row = phone.screen().first(SCREENS.chat_row)
    assert row is not None
    phone.tap_node(row, "the first chat")


def field_text(phone: Handset) -> str:
    """Text in the input field."""
    field = phone.screen().first(SCREENS.input)
    assert field is not None
    return "" if field.shows_hint else field.text


def test_session_is_started_and_stopped(url: str) -> None:
    """Between start and stop the screen can be read; stopping twice is no error."""
    phone = handset(url)
    phone.start()
    phone.bring_app_to_front()
    assert phone.screen().width == 1080
    phone.stop()
    phone.stop()
    with pytest.raises(SessionLost, match="no session is open at http"):
        phone.screen()


def test_starting_again_ends_the_old_session(phone: Handset) -> None:
    """A handset can be started again at any time."""
    phone.start()
    assert phone.screen().first(SCREENS.chat_row) is not None


def test_nobody_listens(url: str) -> None:
    """A server that does not answer is named with its address and what to check."""
    nowhere = "http://127.0.0.1:1"
    with pytest.raises(SessionLost, match=rf"phone-1 \({nowhere}\): could not open a session"):
        handset(nowhere).start()


def test_proxies_of_the_environment_are_not_for_this_machine(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server on this machine is asked directly, even where a proxy is set for everything."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    phone = handset(url)
    phone.start()
    assert phone.screen().first(SCREENS.chat_row) is not None
    phone.stop()


def test_text_is_typed_and_cleared(phone: Handset) -> None:
    """Typing appends to what is in the field, unless it is to be cleared first."""
    enter_chat(phone)
    field = require(phone.screen(), SCREENS.input, "input field", CONFIG)
    phone.type_into(field, "时轮 🎉", "the field", clear=True)
    phone.type_into(field, " one", "the field", clear=False)
    assert field_text(phone) == "时轮 🎉 one"
    phone.type_into(field, "two", "the field", clear=True)
    assert field_text(phone) == "two"


@pytest.mark.parametrize("selector", SCREENS.send, ids=str)
def test_every_kind_of_selector_can_be_tapped(phone: Handset, selector: Selector) -> None:
    """What a snapshot showed is found again by the server, whichever selector found it."""
    enter_chat(phone)
    screen = phone.screen()
    found = screen.locate((selector,))
    if selector.kind is SelectorKind.TEXT:  # no button of this app shows a text; its title does
        title = screen.first(SCREENS.title)
        assert title is not None
        found = Found(title, SelectorKind.TEXT, title.text)
    assert found is not None
    phone.tap(found, "the button")


def test_what_is_gone_cannot_be_tapped(phone: Handset) -> None:
    """Tapping what a snapshot showed and is no longer there is `ScreenUnknown`."""
    enter_chat(phone)
    button = require(phone.screen(), SCREENS.send, "send button", CONFIG)
    phone.go_back()
    with pytest.raises(ScreenUnknown, match="could not tap the button: it was on the screen"):
        phone.tap(button, "the button")


def test_node_without_bounds_cannot_be_tapped(phone: Handset) -> None:
    """A row of which a snapshot does not say where it is cannot be tapped."""
    with pytest.raises(ScreenUnknown, match="a row is on the screen, but not where"):
        phone.tap_node(Node(etree.Element("node")), "a row")


def test_refused_command_is_not_a_lost_session(phone: Handset) -> None:
    """A command that the server refuses is a `DriverError`; the session is still there."""
    enter_chat(phone)
    title = require(phone.screen(), SCREENS.title, "title", CONFIG)
    with pytest.raises(DriverError, match="could not type into the title: Cannot set") as caught:
        phone.type_into(title, "x", "the title", clear=False)
    assert not isinstance(caught.value, SessionLost)
    assert phone.screen().first(SCREENS.title) is not None


def test_session_that_another_took_is_lost(phone: Handset, url: str) -> None:
    """When somebody else opens a session on the handset, ours is lost, and can be opened anew."""
    other = handset(url)
    other.start()
    with pytest.raises(SessionLost, match="could not read the screen: A session is either"):
        phone.screen()
    phone.start()
    assert phone.screen().first(SCREENS.chat_row) is not None
    other.stop()


def test_scrolling_where_all_is_in_sight(phone: Handset) -> None:
    """With nothing out of sight, scrolling tells that there is no more in either direction."""
    enter_chat(phone)
    assert not phone.scroll_back()
    assert not phone.scroll_forward()


def test_version_is_asked_or_stated(phone: Handset, url: str) -> None:
    """The app's version is what the handset tells, unless the testbed states it."""
    assert phone.app_version() == "1.4.2"
    assert handset(url, replace(CONFIG, version="9.9")).app_version() == "9.9"


def test_version_is_not_observed_without_shell(
    phone: Handset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the server does not allow shell commands, the version is not known; no error."""

    def refuse(*_: object) -> None:
        raise WebDriverException("Potentially insecure feature 'adb_shell' has not been enabled")

    monkeypatch.setattr(WebDriver, "execute_script", refuse)
    assert phone.app_version() is None


def test_profile_is_fitted_to_the_version(phone: Handset, url: str) -> None:
    """The version that is installed decides which selectors are tried first; one unknown warns."""
    assert phone.fit().is_known
    strange = handset(url, replace(CONFIG, version="2.0"))
    assert (strange.fit().is_known, strange.config.profile) == (False, CONFIG.profile)
    assert "2.0" in strange.fit().warning
    wechat = load_profile("wechat")
    family = next(each for each in wechat.families if each.versions)
    version = family.versions[0].replace("*", "1")
    newer = handset(url, replace(CONFIG, profile=wechat, version=version))
    assert newer.fit().is_known
    assert newer.config.profile.family == family.name


def test_missing_node_names_all_selectors(phone: Handset) -> None:
    """What the profile promises and the screen does not show is told with all that was tried."""
    with pytest.raises(ScreenUnknown) as caught:
        require(phone.screen(), SCREENS.send, "send button", CONFIG)
    told = str(caught.value)
    assert "phone-1: the send button is not on the screen" in told
    for selector in SCREENS.send:
        assert str(selector) in told


class HangsUp(BaseHTTPRequestHandler):
    """A server that opens sessions, and hangs up in the middle of every other command."""

    asked: Counter[str]  # commands received; set for each server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        self.rfile.read(length)
        command = self.path.rsplit("/", 1)[-1]
        self.asked[command] += 1
        if command in ("session", "settings"):
            value = {"sessionId": "one", "capabilities": {}} if command == "session" else None
            body = json.dumps({"value": value}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        else:
            self.close_connection = True

    def do_GET(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


@pytest.fixture
def hangs_up() -> Iterator[tuple[str, Counter[str]]]:
    """Address of a server that hangs up, and what it was asked."""
    asked: Counter[str] = Counter()
    handler = type("Handler", (HangsUp,), {"asked": asked})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


def test_no_command_is_sent_twice(hangs_up: tuple[str, Counter[str]]) -> None:
    """A command whose answer never came may have been carried out: it is not repeated."""
    url, asked = hangs_up
    phone = handset(url)
    phone.start()
    with pytest.raises(SessionLost, match="could not read the screen"):
        phone.screen()
    with pytest.raises(SessionLost, match="could not tap the button"):
        phone.tap(Found(Node(etree.Element("node")), SelectorKind.ID, "x"), "the button")
    phone.stop()
    assert asked == Counter({"session": 1, "settings": 1, "source": 1, "element": 1, "one": 1})


def test_folders_are_left_alone(phone: Handset, tmp_path: Path) -> None:
    """A text that happens to be the path of a file is typed like any other."""
    file = tmp_path / "text"
    file.touch()
    enter_chat(phone)
    field = require(phone.screen(), SCREENS.input, "input field", CONFIG)
    phone.type_into(field, str(file), "the field", clear=True)
    assert field_text(phone) == str(file)
