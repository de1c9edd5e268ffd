"""What a live handset shows, without an app profile: for describing an app that has none yet."""

import urllib3.exceptions
from appium.options.android import UiAutomator2Options
from appium.webdriver.client_config import AppiumClientConfig
from appium.webdriver.webdriver import WebDriver
from selenium.common.exceptions import WebDriverException

from drivers.capabilities import COMMAND_S
from drivers.errors import DriverError


def dump(url: str, udid: str | None) -> str:
    """The page source of whatever is in front on a handset; nothing is started, typed or tapped.

    Args:
        url: Its Appium server.
        udid: Which of the server's devices; ``None`` where it has only one.

    Raises:
        DriverError: The server or the handset does not answer.
    """
    asked: dict[str, str | bool] = {
        "appium:noReset": True,
        "appium:autoLaunch": False,  # the app stays on the screen that is to be learned
        "appium:disableWindowAnimation": True,
        "appium:ignoreHiddenApiPolicyError": True,
        "appium:suppressKillServer": True,
    }
    if udid is not None:
        asked["appium:udid"] = udid
    client = AppiumClientConfig(url, timeout=COMMAND_S, direct_connection=False)
    driver: WebDriver | None = None
    try:
        driver = WebDriver(
            options=UiAutomator2Options().load_capabilities(asked), client_config=client
        )
        source: str = driver.page_source
    except (WebDriverException, urllib3.exceptions.HTTPError, OSError) as error:
        raise DriverError(
            f"{url}: the handset's screen cannot be read ({str(error).strip().splitlines()[0]}). "
            "Check that the Appium server runs there and knows the device."
        ) from error
    else:
        return source
    finally:
        if driver is not None:
            driver.quit()
