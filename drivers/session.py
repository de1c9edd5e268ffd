"""A session on an Appium server, whatever is driven through it.

The real client library does the talking. What it raises is translated into our own errors, so that
nobody else needs to know Selenium. No command is ever sent twice: the client's own retries are
switched off, since a repeated tap on *send* would be a second message.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import httpx
import urllib3.exceptions
from appium.options.common.base import AppiumOptions
from appium.webdriver.client_config import AppiumClientConfig
from appium.webdriver.webdriver import WebDriver
from selenium.common.exceptions import (
    InvalidSessionIdException,
    NoSuchElementException,
    NoSuchWindowException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.remote.webelement import WebElement

from drivers.errors import DriverError, ScreenUnknown, SessionLost

_SENSITIVE: Final = "X-Appium-Is-Sensitive"  # what such a request holds is masked in Appium's log
_SECRET_S: Final = 30.0
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class AppiumSession:
    """One session: opened, used, closed, and opened anew."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        is_gone: re.Pattern[str],
        meaning: Callable[[str], str | None],
        advice: str,
    ) -> None:
        """Prepare a session; nothing is contacted before `open`.

        Args:
            name: Name of the handset, for messages.
            url: The server.
            is_gone: What an error says when the session is gone.
            meaning: What the words of an error mean, if they mean that the session is gone.
            advice: What to check when it is gone for no known reason.
        """
        self._name = name
        self._url = url
        self._is_gone = is_gone
        self._meaning = meaning
        self._advice = advice
        self._driver: WebDriver | None = None
        self.is_lost = False
        """Whether the session is known to be gone."""

    def open(self, options: AppiumOptions, *, timeout_s: float) -> WebDriver:
        """Open it.

        Args:
            options: What is asked of it.
            timeout_s: Longest time a command may take.

        Raises:
            SessionLost: The server does not answer or refuses.
        """
        client = AppiumClientConfig(
            self._url,
            timeout=timeout_s,
            direct_connection=False,
            proxy=_proxy(self._url),
            init_args_for_pool_manager={"init_args_for_pool_manager": {"retries": False}},
        )
        with self.translated("open a session"):
            self._driver = WebDriver(options=options, client_config=client)
        self.is_lost = False
        return self._driver

    @property
    def is_open(self) -> bool:
        """Whether it was opened and is not known to be gone."""
        return self._driver is not None and not self.is_lost

    @property
    def driver(self) -> WebDriver:
        """What commands are given to.

        Raises:
            SessionLost: No session is open.
        """
        if self._driver is None:
            raise SessionLost(f"{self._name}: no session is open at {self._url}.")
        return self._driver

    def close(self) -> None:
        """End it; one that is gone already is no error."""
        driver, self._driver = self._driver, None
        if driver is None:
            return
        try:
            driver.quit()
        except (WebDriverException, urllib3.exceptions.HTTPError):
            return  # it is gone, which is what was asked for

    def type_secret(self, field: WebElement, text: str, what: str) -> None:
        """Type what must not get into the server's log.

        The client library sends one set of headers for all, so this command is sent without it.

        Args:
            field: Where to type it.
            text: The secret.
            what: What the field is called in messages.

        Raises:
            SessionLost: The server does not answer.
            DriverError: It refuses.
        """
        address = f"{self._url}/session/{self.driver.session_id}/element/{field.id}/value"
        try:
            answer = httpx.post(
                address,
                json={"text": text},
                headers={_SENSITIVE: "true"},
                timeout=_SECRET_S,
                trust_env=not _is_here(self._url),
            )
        except httpx.HTTPError as error:
            raise SessionLost(
                f"{self._name} ({self._url}): could not type into {what}: {error}."
            ) from error
        if not answer.is_success:
            raise DriverError(
                f"{self._name} ({self._url}): could not type into {what}: the server answers "
                f"{answer.status_code}."
            )

    @contextmanager
    def translated(self, what: str) -> Iterator[None]:
        """Raise our own errors for what goes wrong within.

        Args:
            what: What is being done, for the message.

        Raises:
            ScreenUnknown: What was on the screen is gone.
            SessionLost: The session is gone.
            DriverError: Anything else.
        """
        place = f"{self._name} ({self._url})"
        try:
            yield
        except (NoSuchElementException, StaleElementReferenceException) as error:
            raise ScreenUnknown(
                f"{place}: could not {what}: it was on the screen and is gone."
            ) from error
        except (
            InvalidSessionIdException,
            NoSuchWindowException,
            urllib3.exceptions.HTTPError,
            OSError,
        ) as error:
            said = first_line(error)
            reason = self._meaning(said) or f"{said}. {self._advice}"
            self.is_lost = True
            raise SessionLost(f"{place}: could not {what}: {reason}") from error
        except WebDriverException as error:
            said = first_line(error)
            meaning = self._meaning(said)
            if meaning is not None:
                self.is_lost = True
                raise SessionLost(f"{place}: could not {what}: {meaning}") from error
            kind = SessionLost if self._is_gone.search(error.msg or "") else DriverError
            self.is_lost = kind is SessionLost
            raise kind(f"{place}: could not {what}: {said}") from error


def first_line(error: Exception) -> str:
    """The first line of what an error says, or else its name."""
    message = error.msg if isinstance(error, WebDriverException) else str(error)
    return ((message or type(error).__name__).strip().splitlines() or [type(error).__name__])[0]


def _proxy(url: str) -> Proxy:
    """No proxy for a server on this machine, whatever the environment says; else the usual one."""
    return Proxy({"proxyType": ProxyType.DIRECT if _is_here(url) else ProxyType.SYSTEM})


def _is_here(url: str) -> bool:
    return urlsplit(url).hostname in _THIS_MACHINE
