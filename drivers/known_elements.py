"""Elements that a session has found once and need not look for again.

A script that looks for the field and the button anew at each message spends two calls of seven on
it. The server keeps the elements it has handed out for as long as the session lasts. One that the
app has drawn anew it finds by itself, with the locator that found it first, and of one that is gone
it says so before it does anything (appium-uiautomator2-server, `ElementsCache`).
"""

from collections.abc import Callable
from typing import TypeAlias

from appium.webdriver.common.appiumby import AppiumBy
from appium.webdriver.webdriver import WebDriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.remote.webelement import WebElement

from drivers.profile import SelectorKind
from drivers.screen import Found

_Locator: TypeAlias = tuple[str, str]
_IS_GONE = (NoSuchElementException, StaleElementReferenceException)


class KnownElements:
    """The elements of one screen of an app, by what found them.

    Only those found by id are kept. A view has one id for as long as it lasts, while the same view
    may read *Send* now and *Record* a moment later: what a text or description found is looked for
    each time, and so is what an XPath found. Rows of a list, which are recycled, are not tapped
    through elements at all.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._elements: dict[_Locator, WebElement] = {}

    def forget(self) -> None:
        """Look for all of them anew: another screen may have come up, or another session."""
        self._elements.clear()

    def act_once(
        self, driver: WebDriver, found: Found, action: Callable[[WebElement], object]
    ) -> None:
        """Do to what a snapshot showed what must not be done twice, as a tap.

        Raises:
            WebDriverException: What goes wrong; the element is not kept if it is gone.
        """
        try:
            action(self._find(driver, found))
        except _IS_GONE:
            self.forget()
            raise

    def act(self, driver: WebDriver, found: Found, action: Callable[[WebElement], object]) -> None:
        """Do to what a snapshot showed what may be done twice; anew if what is kept of it is gone.

        Raises:
            WebDriverException: What goes wrong.
        """
        was_known = _locator(found) in self._elements
        try:
            self.act_once(driver, found, action)
        except _IS_GONE:
            if not was_known:
                raise
            self.act_once(driver, found, action)

    def _find(self, driver: WebDriver, found: Found) -> WebElement:
        locator = _locator(found)
        element = self._elements.get(locator)
        if element is None:
            element = driver.find_element(*locator)
            if found.kind is SelectorKind.ID:
                self._elements[locator] = element
        return element


def _locator(found: Found) -> _Locator:
    """How the driver finds what a snapshot showed.

    Only what the profile says gets in here: never the text of a message.
    """
    if found.kind is SelectorKind.ID:
        return AppiumBy.ID, found.value
    if found.kind is SelectorKind.DESC:
        return AppiumBy.ACCESSIBILITY_ID, found.value
    if found.kind is SelectorKind.XPATH:
        return AppiumBy.XPATH, found.value
    quoted = found.value.replace("\\", "\\\\").replace('"', '\\"')
    return AppiumBy.ANDROID_UIAUTOMATOR, f'new UiSelector().text("{quoted}")'
