"""A web app in a browser of its own: one Appium session, through Appium's Chromium driver.

It offers what a handset offers (`drivers.end`), so that lanes and readers need not know which of
both they have. All that is judged is judged from one snapshot of the page
(`drivers.browser_snapshot`).
"""

import os
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from time import monotonic, sleep
from typing import Final
from urllib.parse import urlsplit

from appium.options.common import AppiumOptions
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from drivers.browser_capabilities import REMOTE_BROWSER_PORTS, Seat, browser_capabilities
from drivers.browser_snapshot import SCRIPT, Look, arguments
from drivers.capabilities import COMMAND_S
from drivers.door import Door
from drivers.errors import ConfigError, DriverError, InputMismatch, NotLoggedIn, ScreenUnknown
from drivers.evidence import EvidenceKind, Exhibit
from drivers.profile import Alternatives, Platform, VersionFit, fit_version
from drivers.screen import Found, Node, Screen
from drivers.session import AppiumSession
from drivers.testbed import HandsetConfig
from drivers.web_config import WebConfig

_SESSION_IS_GONE: Final = re.compile(
    r"session is either terminated|invalid session id|not reachable|disconnected|crashed"
    r"|DevToolsActivePort|session deleted|no such window|target window already closed"
    r"|ECONNREFUSED|ECONNRESET|socket hang up|Could not proxy command",
    re.IGNORECASE,
)
_ADVICE: Final = "Check that its Appium server runs and that the browser was not closed."
_START_S: Final = 20.0  # how long a page may take until the app, or its log-in, is there
_LOG_IN_S: Final = 10.0  # how long it may take from the log-in to the app
_LOOK_S: Final = 0.05
_ROWS: Final = 60  # how many messages are read at a look, the newest
_SNAPSHOTS: Final = 8  # how many of the newest ones what they showed can be tapped in
_LINE_ENDS: Final = re.compile(r"[\n\r\t]")
# WebDriver takes these private characters for keys: U+E007 would send the message.
_KEYS: Final = re.compile("[\ue000-\ue05d]")

# Text comes in as an argument; no text is ever part of a script.
_INSERT: Final = "arguments[0].focus(); document.execCommand('insertText', false, arguments[1]);"
_CLEAR: Final = (
    "arguments[0].focus(); document.execCommand('selectAll'); document.execCommand('delete');"
)
_SCROLL: Final = """
const [row, edge, patience, done] = arguments;
const log = row.parentElement;
const watcher = new MutationObserver(() => finish(true));
const finish = (isMore) => { watcher.disconnect(); done(isMore); };
watcher.observe(log, {childList: true, subtree: true});
setTimeout(() => finish(false), patience);
row.scrollIntoView({block: edge});
"""
_OLDER_MS: Final = 500
_NEWER_MS: Final = 200


class Browser:
    """An Appium session with a web app: start, snapshot, tap, type, stop."""

    def __init__(self, config: HandsetConfig, door: Door, *, longest_pause_s: float) -> None:
        """Prepare a browser; nothing is contacted before `start`.

        Args:
            config: Which app and account.
            door: How its Appium server is reached.
            longest_pause_s: Longest silence to be expected between two commands; the session
                must outlive it.

        Raises:
            ConfigError: The testbed names no page for it, or an environment variable is not set.
        """
        self.config = config
        self._door = door
        self._web = _web_of(config)
        self._seat = door.seat or Seat(handset=config.name, port=REMOTE_BROWSER_PORTS[0])
        self._secrets = _secrets_of(config, self._web)
        self._longest_pause_s = longest_pause_s
        self._session = AppiumSession(
            config.name, door.url, is_gone=_SESSION_IS_GONE, meaning=_nothing, advice=_ADVICE
        )
        self._places = arguments(config.profile)
        self._handles: deque[dict[str, WebElement]] = deque(maxlen=_SNAPSHOTS)
        self._next_handle = 0
        self._look: Look | None = None
        self._rows = _ROWS
        self._has_scrolled = False

    def start(self) -> None:
        """Open a session, go to the app's page, and log in if it asks for that.

        Raises:
            SessionLost: The server does not answer or refuses.
            NotLoggedIn: The app does not accept the log-in.
            ScreenUnknown: The page shows nothing that the profile knows.
        """
        self.stop()
        asked = browser_capabilities(
            self._seat, longest_pause_s=self._longest_pause_s, user_data=self._web.user_data
        )
        self._session.open(AppiumOptions().load_capabilities(dict(asked)), timeout_s=COMMAND_S)
        self._open_page()

    def restart(self) -> None:
        """Build a lost session anew.

        Raises:
            DriverError: It cannot be built.
        """
        self._door.mend()
        self.start()

    def keep_alive(self) -> None:
        """Ask for something cheap, so that the session does not end for want of commands.

        Raises:
            SessionLost: It is gone nevertheless.
        """
        with self._session.translated("ask for a sign of life"):
            self._session.driver.execute_script("return 1")

    def exhibits(self) -> Iterator[Exhibit]:
        """Evidence of what goes on in the browser, as far as it can be had now."""
        if not self._session.is_open:
            return  # asking a session that is gone can take as long as a time-out
        with suppress(DriverError):
            with self._session.translated("read the browser's log"):
                lines = self._session.driver.get_log("browser")
            log = "\n".join(f"{line['level']} {line['message']}" for line in lines)
            yield Exhibit(kind=EvidenceKind.LOG, content=log.encode("utf-8", "replace"))
        with suppress(DriverError):
            self.screen()
            if self._look is not None:
                source = self._look.source.encode("utf-8", "replace")
                yield Exhibit(kind=EvidenceKind.SOURCE, content=source)
            with self._session.translated("read the page"):
                page = self._session.driver.page_source
            yield Exhibit(kind=EvidenceKind.PAGE, content=page.encode("utf-8", "replace"))
            yield Exhibit(kind=EvidenceKind.SCREENSHOT, content=self.screenshot())

    def stop(self) -> None:
        """End the session; one that is gone already is no error."""
        self._handles.clear()
        self._look = None
        self._rows = _ROWS
        self._has_scrolled = False
        self._session.close()

    def screen(self) -> Screen:
        """A snapshot of what the profile knows of the page.

        Raises:
            SessionLost: The session is gone.
        """
        with self._session.translated("read the page"):
            answer = self._session.driver.execute_script(
                SCRIPT, *self._places, self._rows, self._next_handle
            )
        look = Look.of(answer)
        first, self._next_handle = self._next_handle, self._next_handle + len(look.handles)
        self._handles.append({str(first + at): each for at, each in enumerate(look.handles)})
        self._look = look
        return Screen.parse(look.source)

    def tap(self, found: Found, what: str) -> None:
        """Tap what a snapshot showed.

        Raises:
            ScreenUnknown: It is no longer there.
            SessionLost: The session is gone.
        """
        self.tap_node(found.node, what)

    def tap_node(self, node: Node, what: str) -> None:
        """Tap what a snapshot showed, a row among many too.

        Raises:
            ScreenUnknown: It is no longer there.
            SessionLost: The session is gone.
        """
        with self._session.translated(f"tap {what}"):
            self._element(node, what).click()

    def type_into(self, found: Found, text: str, what: str, *, clear: bool) -> None:
        """Put a text into a field.

        Args:
            found: The field, as a snapshot showed it.
            text: The exact text.
            what: What the field is called in messages.
            clear: Whether it holds something that must go first.

        Raises:
            InputMismatch: The text has a line end, and the profile does not say that the app keeps
                them: in most web apps it would send the message.
            ScreenUnknown: The field is no longer there.
            SessionLost: The session is gone.
        """
        has_line_ends = _LINE_ENDS.search(text) is not None
        if has_line_ends and _LINE_ENDS.search(self.config.profile.joiner) is None:
            raise InputMismatch(
                f"{self.config.name}: {text!r} has a line end or a tab, which "
                f"{self.config.profile.title} may take for the key. Nothing was typed. If it keeps "
                "them, let the profile's `joiner` be one."
            )
        if clear:
            self.clear(found, what)
        field = self._element(found.node, what)
        with self._session.translated(f"type into {what}"):
            if has_line_ends or _KEYS.search(text):
                self._session.driver.execute_script(_INSERT, field, text)
            else:
                field.send_keys(text)

    def clear(self, found: Found, what: str) -> None:
        """Empty a field.

        Raises:
            ScreenUnknown: It is no longer there.
            SessionLost: The session is gone.
        """
        field = self._element(found.node, what)
        with self._session.translated(f"clear {what}"):
            self._session.driver.execute_script(_CLEAR, field)

    def screenshot(self) -> bytes:
        """A picture of the page, as far as it is in sight, PNG.

        Raises:
            SessionLost: The session is gone.
        """
        with self._session.translated("take a screenshot"):
            return self._session.driver.get_screenshot_as_png()

    def mobile(self, command: str, **_arguments: str | float | bool) -> object:
        """Refuse: browsers have no such commands.

        Raises:
            DriverError: Always.
        """
        raise DriverError(
            f"{self.config.name}: a browser has no command mobile: {command}. Web apps are read in "
            'the page: read = ["tree"].'
        )

    def scroll_back(self) -> bool:
        """Go back to older messages; whether there are more of them.

        First those that are in the page and were not read, then those that the app adds when the
        oldest one comes in sight.
        """
        look = self._newest_look()
        if look.older:
            self._rows += _ROWS
            return True
        if look.oldest is None:
            return False
        self._has_scrolled = True
        self._rows += _ROWS
        return self._scroll(look.oldest, "end", _OLDER_MS)

    def scroll_forward(self) -> bool:
        """Go on to newer messages; whether there are more of them."""
        self._rows = _ROWS
        look = self._newest_look()
        if not self._has_scrolled or look.newest is None:
            return False
        self._has_scrolled = self._scroll(look.newest, "end", _NEWER_MS)
        return self._has_scrolled

    def go_back(self) -> None:
        """Go back in the history of pages."""
        with self._session.translated("go back"):
            self._session.driver.back()

    def bring_app_to_front(self) -> None:
        """See that the app's page is open; another one is left for it.

        Raises:
            NotLoggedIn: The app does not accept the log-in.
            ScreenUnknown: The page shows nothing that the profile knows.
            SessionLost: The session is gone.
        """
        with self._session.translated("ask for the page's address"):
            shown = self._session.driver.current_url
        if _origin(shown) != _origin(self._web.url):
            self._open_page()

    def app_version(self) -> str | None:
        """Version of the app, as the testbed states it; ``None`` where it does not."""
        return self.config.version

    def fit(self) -> VersionFit:
        """Go by the profile as it fits the version that the testbed states from now on."""
        fit = fit_version(self.config.profile, self.app_version())
        self.config = replace(self.config, profile=fit.profile)
        self._places = arguments(fit.profile)
        return fit

    def _open_page(self) -> None:
        with self._session.translated("open the app's page"):
            self._session.driver.get(self._web.url)
        screens = self.config.profile.screens
        there = (*screens.chat_row, *screens.input, *screens.title)
        screen = self._await(
            lambda screen: _shows(screen, there) or _shows(screen, screens.login), _START_S
        )
        if screen is None:
            raise ScreenUnknown(
                f"{self.config.name}: {self._web.url} shows nothing that the profile "
                f"{self.config.profile.name!r} knows within {_START_S:g} s. Open it in a browser, "
                "and correct the profile, or the url in the testbed."
            )
        if _shows(screen, screens.login) and self._secrets is not None:
            self._log_in(screen)
            if self._await(lambda screen: _shows(screen, there), _LOG_IN_S) is None:
                raise NotLoggedIn(
                    f"{self.config.name}: {self.config.profile.title} does not accept the log-in "
                    f"of the account {self.config.account.label!r}. Check {self._web.user_env} and "
                    f"{self._web.password_env}."
                )

    def _log_in(self, screen: Screen) -> None:
        screens = self.config.profile.screens
        if self._secrets is None:
            return
        for alternatives, text in zip(
            (screens.login_user, screens.login_password), self._secrets, strict=True
        ):
            found = screen.locate(alternatives)
            if found is None:
                raise ScreenUnknown(
                    f"{self.config.name}: the log-in screen has no field "
                    f"{'; '.join(map(str, alternatives)) or 'that the profile names'}. Correct "
                    f"login_user and login_password of the profile {self.config.profile.name!r}."
                )
            field = self._element(found.node, "a field of the log-in")
            self._session.type_secret(field, text, "a field of the log-in")
        button = screen.locate(screens.login_submit)
        if button is not None:
            self.tap(button, "the button that logs in")
            return
        with self._session.translated("press enter to log in"):
            field.send_keys(Keys.ENTER)

    def _await(self, is_there: Callable[[Screen], bool], patience_s: float) -> Screen | None:
        """Look until a screen is there; ``None`` where none comes in time."""
        deadline = monotonic() + patience_s
        while True:
            screen = self.screen()
            if is_there(screen):
                return screen
            if monotonic() >= deadline:
                return None
            sleep(_LOOK_S)

    def _element(self, node: Node, what: str) -> WebElement:
        handle = node.element.get("handle") or ""
        for handles in reversed(self._handles):
            if handle in handles:
                return handles[handle]
        raise ScreenUnknown(
            f"{self.config.name}: {what} was seen too long ago, or cannot be tapped."
        )

    def _newest_look(self) -> Look:
        if self._look is None:
            self.screen()
        if self._look is None:
            raise ScreenUnknown(f"{self.config.name}: the page was not read.")
        return self._look

    def _scroll(self, row: WebElement, edge: str, patience_ms: int) -> bool:
        with self._session.translated("scroll"):
            return bool(self._session.driver.execute_async_script(_SCROLL, row, edge, patience_ms))


def _web_of(config: HandsetConfig) -> WebConfig:
    if config.web is None or config.profile.platform is not Platform.WEB:
        raise ConfigError(f"handset {config.name!r}: {config.profile.title} is no web app.")
    return config.web


def _secrets_of(config: HandsetConfig, web: WebConfig) -> tuple[str, str] | None:
    """What to log in with; ``None`` where the testbed names nothing."""
    names = [name for name in (web.user_env, web.password_env) if name is not None]
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise ConfigError(
            f"handset {config.name!r}: {' and '.join(missing)} must hold what the account "
            f"{config.account.label!r} logs in with: set the environment variable, or take "
            "user_env and password_env out of the testbed."
        )
    if web.user_env is None or web.password_env is None:
        return None
    return os.environ[web.user_env], os.environ[web.password_env]


def _shows(screen: Screen, alternatives: Alternatives) -> bool:
    return screen.first(alternatives) is not None


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _nothing(_said: str) -> None:
    """No Grid stands between us and a browser; its words mean nothing more."""
