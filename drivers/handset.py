"""One Appium session on one handset, and nothing of any app."""

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial

import stamina
from appium.options.android import UiAutomator2Options
from appium.webdriver.webdriver import WebDriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.remote.webelement import WebElement

from drivers import grid
from drivers.capabilities import COMMAND_S
from drivers.door import Door
from drivers.errors import DriverError, ScreenUnknown
from drivers.evidence import EvidenceKind, Exhibit
from drivers.known_elements import KnownElements
from drivers.profile import Alternatives, VersionFit, fit_version
from drivers.screen import Found, Node, Screen
from drivers.session import AppiumSession
from drivers.testbed import HandsetConfig

_SESSION_IS_GONE = re.compile(
    r"instrumentation process is not running|socket hang up|session is either terminated"
    r"|ECONNREFUSED|ECONNRESET|device .* not found|Could not proxy command"
    # What adb says of a handset that is off or just coming up.
    r"|device (still )?(offline|authorizing|connecting)|no devices/emulators found|error: closed"
    r"|protocol fault|cannot connect to daemon",
    re.IGNORECASE,
)
_INSTALL_S = 240
_BOOT_S = 120.0  # how long a handset that restarts may take until a session can be opened
_EMBEDDED_BOOT_S = 3.0
_VERSION_NAME = re.compile(r"versionName=(\S+)")
_ADVICE = "Check that the handset is on and that its Appium server runs."


class Handset:
    """An Appium session: start, snapshot, tap, type, stop."""

    def __init__(self, config: HandsetConfig, door: Door, *, longest_pause_s: float) -> None:
        """Prepare a handset; nothing is contacted before `start`.

        Args:
            config: Which handset, app and account.
            door: How it is reached.
            longest_pause_s: Longest silence to be expected between two commands; the session
                must outlive it.
        """
        self.config = config
        self._door = door
        self._longest_pause_s = longest_pause_s
        self._appium = AppiumSession(
            config.name,
            door.url,
            is_gone=_SESSION_IS_GONE,
            meaning=partial(grid.meaning, udid=config.udid),
            advice=_ADVICE,
        )
        self._known = KnownElements()
        self._is_prepared = False

    def start(self) -> None:
        """Open a session and bring the app to the front.

        Raises:
            SessionLost: The server does not answer or refuses.
        """
        self.stop()
        asked = self._door.capabilities(
            self.config, longest_pause_s=self._longest_pause_s, is_prepared=self._is_prepared
        )
        options = UiAutomator2Options().load_capabilities(dict(asked))
        # The first session may have to install the driver's own apps.
        is_quick = self._is_prepared or self._door.device is None
        driver = self._appium.open(options, timeout_s=COMMAND_S if is_quick else _INSTALL_S)
        with self._translated("open a session"):
            # The default idle wait of 10 s turns every look-up into a pause.
            driver.update_settings({"waitForIdleTimeout": 100})
        self._is_prepared = True

    def restart(self) -> None:
        """Build a lost session anew; a link that was cut is back at once, a handset after its boot.

        Raises:
            DriverError: It cannot be built.
        """
        patience_s = _EMBEDDED_BOOT_S if self.config.is_embedded else _BOOT_S
        for attempt in stamina.retry_context(
            on=DriverError,
            attempts=None,
            timeout=patience_s,
            wait_initial=0.2,
            wait_max=5.0,
            wait_jitter=0.1,
        ):
            with attempt:
                if attempt.num > 1:
                    self._is_prepared = False  # what Appium left running does not survive a boot
                self._door.mend()
                self.start()

    def keep_alive(self) -> None:
        """Ask for something cheap, so that the session does not end for want of commands.

        Raises:
            SessionLost: It is gone nevertheless.
        """
        with self._translated("ask for a sign of life"):
            self._session().get_settings()

    def exhibits(self) -> Iterator[Exhibit]:
        """Evidence of what goes on at the handset, as far as it can be had now."""
        with suppress(DriverError):
            log = self._door.log()
            if log is not None:
                yield Exhibit(kind=EvidenceKind.LOG, content=log.encode())
        if not self._appium.is_open:
            return  # asking a session that is gone can take as long as a time-out
        with suppress(DriverError):
            with self._translated("read the screen"):
                source = self._session().page_source
            yield Exhibit(kind=EvidenceKind.SOURCE, content=source.encode("utf-8", "replace"))
            yield Exhibit(kind=EvidenceKind.SCREENSHOT, content=self.screenshot())

    def stop(self) -> None:
        """End the session; one that is gone already is no error."""
        self._known.forget()
        self._appium.close()

    def screen(self) -> Screen:
        """A snapshot of the screen.

        Raises:
            SessionLost: The session is gone.
        """
        with self._translated("read the screen"):
            return Screen.parse(self._session().page_source)

    def tap(self, found: Found, what: str) -> None:
        """Tap what a snapshot showed.

        Raises:
            ScreenUnknown: It is no longer there.
            SessionLost: The session is gone.
        """
        with self._translated(f"tap {what}"):
            self._known.act_once(self._session(), found, lambda button: button.click())

    def tap_node(self, node: Node, what: str) -> None:
        """Tap the middle of what a snapshot showed: a row among many that no selector singles out.

        Raises:
            ScreenUnknown: The snapshot does not say where it is.
            SessionLost: The session is gone.
        """
        bounds = node.bounds
        if bounds is None:
            raise ScreenUnknown(f"{self.config.name}: {what} is on the screen, but not where.")
        self._known.forget()  # a row of the list of chats leads to another screen
        with self._translated(f"tap {what}"):
            self._session().execute_script(
                "mobile: clickGesture",
                {"x": round(bounds.middle_x), "y": (bounds.top + bounds.bottom) // 2},
            )

    def type_into(self, found: Found, text: str, what: str, *, clear: bool) -> None:
        """Put a text into a field.

        Args:
            found: The field, as a snapshot showed it.
            text: The exact text.
            what: What the field is called in messages.
            clear: Whether it holds something that must go first.

        Raises:
            ScreenUnknown: It is no longer there.
            SessionLost: The session is gone.
        """

        def type_text(field: WebElement) -> None:
            if clear:
                field.clear()
            field.send_keys(text)

        with self._translated(f"type into {what}"):
            self._known.act(self._session(), found, type_text)

    def clear(self, found: Found, what: str) -> None:
        """Empty a field.

        Raises:
            ScreenUnknown: It is no longer there.
            SessionLost: The session is gone.
        """
        with self._translated(f"clear {what}"):
            self._known.act(self._session(), found, lambda field: field.clear())

    def screenshot(self) -> bytes:
        """A picture of the screen, PNG.

        Raises:
            DriverError: The handset gives none, as where the app forbids it.
            SessionLost: The session is gone.
        """
        with self._translated("take a screenshot"):
            return self._session().get_screenshot_as_png()

    def mobile(self, command: str, **arguments: str | float | bool) -> object:
        """The answer of one of the driver's own commands, those that are called ``mobile: …``.

        Raises:
            DriverError: The server does not know or does not allow it, or it fails.
            SessionLost: The session is gone.
        """
        with self._translated(f"ask for mobile: {command}"):
            answer: object = self._session().execute_script(f"mobile: {command}", arguments)
            return answer

    def scroll_back(self) -> bool:
        """Scroll the conversation towards older messages; whether there are more of them."""
        return self._scroll("up")

    def scroll_forward(self) -> bool:
        """Scroll the conversation towards newer messages; whether there are more of them."""
        return self._scroll("down")

    def go_back(self) -> None:
        """Press the back button."""
        self._known.forget()
        with self._translated("press back"):
            self._session().back()

    def bring_app_to_front(self) -> None:
        """Start the app, or bring it back from the background."""
        self._known.forget()
        with self._translated("bring the app to the front"):
            self._session().activate_app(self.config.profile.package)

    def app_version(self) -> str | None:
        """Version of the app: as the testbed states it, else as the handset tells it."""
        if self.config.version is not None:
            return self.config.version
        with self._translated("ask for the app's version"):
            try:
                answer = self._session().execute_script(
                    "mobile: shell",
                    {"command": "dumpsys", "args": ["package", self.config.profile.package]},
                )
            except WebDriverException as error:
                if "adb_shell" in (error.msg or "") or "insecure" in (error.msg or ""):
                    return None  # the server does not allow shell commands: not observed
                raise
        match = _VERSION_NAME.search(str(answer))
        return match.group(1) if match else None

    def fit(self) -> VersionFit:
        """Ask for the app's version, and go by the profile as it fits that from now on.

        Raises:
            SessionLost: The session is gone.
        """
        fit = fit_version(self.config.profile, self.app_version())
        self.config = replace(self.config, profile=fit.profile)
        return fit

    def _scroll(self, direction: str) -> bool:
        with self._translated("scroll"):
            size = self._session().get_window_size()
            area = {
                "left": size["width"] // 4,
                "top": size["height"] // 4,
                "width": size["width"] // 2,
                "height": size["height"] // 2,
            }
            more = self._session().execute_script(
                "mobile: scrollGesture", {**area, "direction": direction, "percent": 0.8}
            )
            return bool(more)

    def _session(self) -> WebDriver:
        return self._appium.driver

    def _translated(self, what: str) -> AbstractContextManager[None]:
        return self._appium.translated(what)


def require(screen: Screen, alternatives: Alternatives, what: str, config: HandsetConfig) -> Found:
    """Locate what the profile promises.

    Raises:
        ScreenUnknown: No alternative matches; the message names them all.
    """
    found = screen.locate(alternatives)
    if found is None:
        tried = "; ".join(map(str, alternatives)) or "none given"
        raise ScreenUnknown(
            f"{config.name}: the {what} is not on the screen. Profile {config.profile.name!r} "
            f"looks for it by: {tried}. Bring the app to the expected screen, or correct "
            "the profile."
        )
    return found
