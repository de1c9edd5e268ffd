"""The embedded handset's server, as the real Appium client sees it."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest
from appium.options.android import UiAutomator2Options
from appium.webdriver.client_config import AppiumClientConfig
from appium.webdriver.common.appiumby import AppiumBy
from appium.webdriver.webdriver import WebDriver
from appium.webdriver.webelement import WebElement
from lxml import etree
from selenium.common.exceptions import (
    InvalidArgumentException,
    InvalidSelectorException,
    InvalidSessionIdException,
    NoSuchElementException,
    StaleElementReferenceException,
    WebDriverException,
)

from drivers.chat import NoticeKind, read_chat
from drivers.embedded.handset import ELEMENT_KEY
from drivers.embedded.process import EmbeddedProcess
from drivers.embedded.uiautomator2 import application
from drivers.profile_file import load_profile
from drivers.screen import Screen
from tests.testbeds import rule, write_testbed

COURIER = load_profile("courier")
ID = f"{COURIER.package}:id/"
TITLE = "Weekend walks"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where commands the handsets do not know are logged."""
    return tmp_path_factory.mktemp("log") / "handsets.log"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory, log: Path) -> Iterator[EmbeddedProcess]:
    """Running handsets."""
    testbed = write_testbed(tmp_path_factory.mktemp("testbed"), [rule("bad", action="refuse")])
    process = EmbeddedProcess.start(testbed, seed=0, log=log)
    yield process
    process.stop()


def connect(url: str, **capabilities: str) -> WebDriver:
    """A session of the real client."""
    options = UiAutomator2Options()
    options.app_package = COURIER.package
    options.load_capabilities({f"appium:{name}": value for name, value in capabilities.items()})
    config = AppiumClientConfig(url, timeout=10, direct_connection=False)
    return WebDriver(options=options, client_config=config)


@pytest.fixture
def driver(network: EmbeddedProcess) -> Iterator[WebDriver]:
    """A session on the first handset, with the app's list of chats on the screen."""
    session = connect(network.handset_url("phone-1"))
    session.back()
    yield session
    with suppress(InvalidSessionIdException):  # another session has taken its place
        session.quit()


def by_id(driver: WebDriver, name: str) -> WebElement:
    """The element with a resource id."""
    found = driver.find_element(AppiumBy.ID, ID + name)
    assert isinstance(found, WebElement)
    return found


def enter(driver: WebDriver, title: str = TITLE) -> None:
    """Open a chat from the list."""
    driver.find_element(AppiumBy.ANDROID_UIAUTOMATOR, f'new UiSelector().text("{title}")').click()


def say(driver: WebDriver, text: str) -> None:
    """Type and send a text in the open chat."""
    by_id(driver, "message_input").send_keys(text)
    by_id(driver, "send_button").click()


def post(url: str, command: str, **body: object) -> httpx.Response:
    """A command sent without the client, to see the protocol as it is."""
    return httpx.post(f"{url}/{command}", json=body, trust_env=False)


def test_session_says_what_it_is(network: EmbeddedProcess, driver: WebDriver) -> None:
    """A session tells its capabilities, and the server that it is ready."""
    assert driver.capabilities["platformName"] == "Android"
    assert driver.capabilities["deviceName"] == "phone-1"
    status = httpx.get(network.handset_url("phone-1") + "/status", trust_env=False).json()
    assert status["value"]["ready"] is True
    assert (driver.current_package, driver.current_activity) == (COURIER.package, ".MainActivity")
    assert driver.get_window_size() == {"width": 1080, "height": 2340}


def test_app_speaks_the_language_asked_for(network: EmbeddedProcess, driver: WebDriver) -> None:
    """The capability `appium:language` decides the app's language; an unknown one is refused."""
    url = network.handset_url("phone-1")
    chinese = connect(url, language="zh")
    enter(chinese)
    assert by_id(chinese, "send_button").get_attribute("content-desc") == "发送"
    say(chinese, "bad")
    view = read_chat(Screen.parse(chinese.page_source), COURIER)
    assert view.last_own is not None
    assert view.last_own.notice is NoticeKind.CONTENT_REJECTED
    assert "消息包含无法发送的内容" in chinese.page_source
    with pytest.raises(WebDriverException, match="speaks en, zh-Hans"):
        connect(url, language="fr")


def test_elements_are_found_by_every_strategy(driver: WebDriver) -> None:
    """All strategies that a profile can ask for lead to the same element."""
    enter(driver)
    field = by_id(driver, "message_input")
    send = by_id(driver, "send_button")
    assert driver.find_element(AppiumBy.ID, "message_input") == field
    assert driver.find_element(AppiumBy.CLASS_NAME, "android.widget.EditText") == field
    assert driver.find_element(AppiumBy.XPATH, "//android.widget.EditText") == field
    assert driver.find_element(AppiumBy.ACCESSIBILITY_ID, "Send") == send
    for selector in (f'resourceId("{ID}send_button")', 'description("Send")'):
        found = driver.find_element(AppiumBy.ANDROID_UIAUTOMATOR, f"new UiSelector().{selector}")
        assert found == send
    buttons = driver.find_elements(AppiumBy.CLASS_NAME, "android.widget.ImageButton")
    assert [each.get_attribute("content-desc") for each in buttons] == ["Back", "Send"]


def test_quotes_in_a_selector(driver: WebDriver) -> None:
    """A text with quotes and backslashes is looked for as it is."""
    text = 'say "hi" \\ "bye"'
    enter(driver)
    say(driver, text)
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    found = driver.find_element(AppiumBy.ANDROID_UIAUTOMATOR, f'new UiSelector().text("{quoted}")')
    assert found.text == text


def test_element_tells_its_properties(driver: WebDriver) -> None:
    """Text, attributes, place and state of an element are those of its node."""
    enter(driver)
    title = by_id(driver, "chat_title")
    assert title.text == TITLE
    assert title.get_attribute("resourceId") == title.get_attribute("resource-id")
    assert title.get_attribute("resource-id") == f"{ID}chat_title"
    assert title.rect == {"x": 160, "y": 110, "width": 640, "height": 100}
    assert title.is_displayed()
    assert title.is_enabled()
    send = by_id(driver, "send_button")
    assert send.get_attribute("contentDescription") == "Send"


def test_nothing_found_is_an_error_or_an_empty_list(driver: WebDriver) -> None:
    """One element that is not there is an error; of several, none are found."""
    with pytest.raises(NoSuchElementException):
        by_id(driver, "no_such_thing")
    assert driver.find_elements(AppiumBy.ID, f"{ID}no_such_thing") == []


@pytest.mark.parametrize(
    ("strategy", "selector"),
    [
        (AppiumBy.XPATH, "//["),
        pytest.param(AppiumBy.XPATH, "//*[@text='\0']", id="what XML cannot hold"),
        (AppiumBy.ANDROID_UIAUTOMATOR, "new UiScrollable(1)"),
        (AppiumBy.IMAGE, "abc"),
    ],
)
def test_selector_that_cannot_be_used(driver: WebDriver, strategy: str, selector: str) -> None:
    """A selector that is broken, or of a kind that is not supported, is said to be invalid."""
    with pytest.raises(InvalidSelectorException):
        driver.find_element(strategy, selector)


def test_element_that_is_gone_is_stale(driver: WebDriver) -> None:
    """An element that is no longer shown is stale; one that still is goes on working."""
    enter(driver)
    field, back = by_id(driver, "message_input"), by_id(driver, "back_button")
    say(driver, "hello")
    field.send_keys("still there")
    assert field.text == "still there"
    field.clear()
    back.click()
    with pytest.raises(StaleElementReferenceException):
        field.send_keys("into nothing")
    with pytest.raises(StaleElementReferenceException):
        back.click()


def test_only_fields_take_text(driver: WebDriver) -> None:
    """Typing into something that is no field is an error."""
    enter(driver)
    with pytest.raises(InvalidArgumentException):
        by_id(driver, "chat_title").send_keys("hello")


def test_second_session_ends_the_first(network: EmbeddedProcess, driver: WebDriver) -> None:
    """A handset has one session: a new one makes the old one invalid, the app stays as it is."""
    enter(driver)
    second = connect(network.handset_url("phone-1"))
    with pytest.raises(InvalidSessionIdException):
        _ = driver.page_source
    assert by_id(second, "chat_title").text == TITLE
    second.quit()
    with pytest.raises(InvalidSessionIdException):
        _ = second.page_source


def test_click_on_a_part_reaches_the_row_around_it(driver: WebDriver) -> None:
    """A click on what cannot be clicked itself goes to what lies under it, as on a phone."""
    names = driver.find_elements(AppiumBy.ID, f"{ID}chat_name")
    assert [name.text for name in names] == ["Bo", TITLE, "Family"]
    names[0].click()
    assert by_id(driver, "chat_title").text == "Bo"
    by_id(driver, "chat_title").click()
    assert by_id(driver, "chat_title").text == "Bo"


def test_click_by_coordinates(driver: WebDriver) -> None:
    """A tap on a place acts on what is there; on an empty place it does nothing."""
    row = driver.find_elements(AppiumBy.ID, f"{ID}chat_row")[1].rect
    driver.execute_script("mobile: clickGesture", {"x": 540, "y": 2300})
    assert driver.find_elements(AppiumBy.ID, f"{ID}chat_title") == []
    place = {"x": row["x"] + row["width"] // 2, "y": row["y"] + row["height"] // 2}
    driver.execute_script("mobile: clickGesture", place)
    assert by_id(driver, "chat_title").text == TITLE


def test_click_without_a_place_is_an_error(driver: WebDriver) -> None:
    """A gesture that lacks a number says which."""
    with pytest.raises(InvalidArgumentException, match="y is None, not a number"):
        driver.execute_script("mobile: clickGesture", {"x": 540})


def test_conversation_scrolls(driver: WebDriver) -> None:
    """Scrolling up shows older messages and tells whether there are more; down leads back."""
    enter(driver, "Bo")
    for place in range(25):
        say(driver, f"message {place}")
    area = {"left": 100, "top": 500, "width": 800, "height": 1200, "percent": 0.8}

    def shown() -> list[str]:
        view = read_chat(Screen.parse(driver.page_source), COURIER)
        return [bubble.text for bubble in view.bubbles]

    assert "message 0" not in shown()
    while driver.execute_script("mobile: scrollGesture", {**area, "direction": "up"}):
        assert "message 24" not in shown()
    assert shown()[0] == "message 0"
    while driver.execute_script("mobile: scrollGesture", {**area, "direction": "down"}):
        assert "message 24" not in shown()
    assert shown()[-1] == "message 24"


def test_page_source_is_a_document(driver: WebDriver) -> None:
    """The page source is XML as UiAutomator2 dumps it: classes, ids and bounds on every node."""
    root = etree.fromstring(driver.page_source.encode())
    assert root.tag == "hierarchy"
    for node in root.iterdescendants():
        assert node.get("class") == node.tag
        assert node.get("package") == COURIER.package
        assert {"text", "resource-id", "content-desc", "bounds", "clickable"} <= set(node.keys())


def test_settings_are_kept(driver: WebDriver) -> None:
    """Settings that are updated can be read again."""
    driver.update_settings({"waitForIdleTimeout": 100})
    assert driver.get_settings()["waitForIdleTimeout"] == 100


def test_shell_tells_the_version_of_the_app(driver: WebDriver) -> None:
    """`dumpsys package` tells the app's version, and no other shell command is known."""
    arguments = {"command": "dumpsys", "args": ["package", COURIER.package]}
    assert "versionName=1.4.2" in driver.execute_script("mobile: shell", arguments)
    with pytest.raises(WebDriverException, match="shell: rm"):
        driver.execute_script("mobile: shell", {"command": "rm", "args": ["-rf", "/"]})


def test_unknown_command_is_an_error_and_is_logged(driver: WebDriver, log: Path) -> None:
    """A command the handset does not know is never silently accepted."""
    with pytest.raises(WebDriverException, match="print"):
        driver.print_page()
    with pytest.raises(WebDriverException, match="mobile: fly"):
        driver.execute_script("mobile: fly")
    logged = log.read_text(encoding="utf-8")
    assert f"phone-1: unknown command: POST /session/{driver.session_id}/print" in logged
    assert "phone-1: unknown command: mobile: fly" in logged


def test_errors_are_those_of_the_protocol(network: EmbeddedProcess, driver: WebDriver) -> None:
    """Errors have the status and the name that the W3C protocol gives them."""
    url = network.handset_url("phone-1")
    session = f"{url}/session/{driver.session_id}"
    answers = {
        "invalid session id": post(url, "session/nobody/back"),
        "no such element": post(session, "element", using="id", value="nothing"),
        "stale element reference": post(session, "element/nothing/click"),
        "unknown command": post(session, "element/nothing/fly"),
        "invalid selector": post(session, "element", using="magic", value="x"),
        "invalid argument": httpx.post(f"{session}/back", content=b"{", trust_env=False),
    }
    for error, answer in answers.items():
        assert answer.json()["value"]["error"] == error
        assert answer.status_code == (
            400 if error in ("invalid selector", "invalid argument") else 404
        )
        assert "message" in answer.json()["value"]


def test_a_search_below_an_element(driver: WebDriver) -> None:
    """An element can be asked for what is in it, and knows nothing of what is not."""
    row = driver.find_elements(AppiumBy.ID, f"{ID}chat_row")[1]
    assert row.find_element(AppiumBy.ID, f"{ID}chat_name").text == TITLE
    assert len(row.find_elements(AppiumBy.ID, f"{ID}chat_name")) == 1
    with pytest.raises(NoSuchElementException):
        row.find_element(AppiumBy.ID, f"{ID}chat_list")


def test_the_app_is_native(driver: WebDriver) -> None:
    """There is one context, that of native apps."""
    assert driver.contexts == ["NATIVE_APP"]
    assert driver.current_context == "NATIVE_APP"


def test_what_goes_wrong_in_the_handset_is_an_error(
    driver: WebDriver,
) -> None:
    """A failure nobody foresaw reaches the client as an error of the protocol, not as a value."""
    handset = Mock(session="s", name="phone-1")
    handset.require_session.side_effect = RuntimeError("broken inside")
    transport = httpx.ASGITransport(application(handset), raise_app_exceptions=False)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url="http://handset") as client:
            return await client.get("/session/s/source")

    answer = asyncio.run(ask())
    assert answer.status_code == 500
    assert answer.json()["value"]["error"] == "unknown error"
    assert "broken inside" in answer.json()["value"]["message"]
    with pytest.raises(InvalidArgumentException, match="percent is 'x', not a number"):
        driver.execute_script(
            "mobile: scrollGesture", {"height": 10, "direction": "up", "percent": "x"}
        )


def test_elements_are_named_as_the_protocol_says(
    network: EmbeddedProcess, driver: WebDriver
) -> None:
    """One node keeps its element id as long as the session lasts."""
    session = f"{network.handset_url('phone-1')}/session/{driver.session_id}"
    first, second = (
        post(session, "element", using="id", value="chat_list").json()["value"] for _ in range(2)
    )
    assert first == second
    assert first[ELEMENT_KEY]


def test_base_path_of_older_servers(network: EmbeddedProcess) -> None:
    """The handset answers below `/wd/hub` as well, where older servers were."""
    url = network.handset_url("phone-2") + "/wd/hub"
    session = connect(url)
    assert session.current_package == COURIER.package
    session.quit()


def test_notifications_of_a_chat_that_is_open(network: EmbeddedProcess) -> None:
    """A message is announced unless its chat is open before the eyes; the home key closes it."""
    sender, receiver = (connect(network.handset_url(name)) for name in ("phone-3", "phone-4"))
    for driver in (sender, receiver):
        driver.back()
        enter(driver, "Reading circle")
    say(sender, "while it is open")
    receiver.execute_script("mobile: pressKey", {"keycode": 3})
    say(sender, "while it is closed")
    receiver.activate_app(COURIER.package)
    assert by_id(receiver, "chat_title").text == "Reading circle"
    for _ in range(2):  # the same each time it is asked
        (posted,) = receiver.execute_script("mobile: getNotifications", {})[
            "statusBarNotifications"
        ]
        assert posted["notification"]["text"] == "while it is closed"
        assert posted["notification"]["title"] == "Reading circle"
        assert posted["postTime"] > 0
    with pytest.raises(InvalidArgumentException, match="does nothing here"):
        receiver.execute_script("mobile: pressKey", {"keycode": 66})
