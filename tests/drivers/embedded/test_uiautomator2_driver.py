"""What Appium's driver asks of an embedded handset's server, in the driver's own dialect."""

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from drivers.embedded.handset import Handset
from drivers.embedded.uiautomator2 import application
from drivers.embedded.uiautomator2_driver import DRIVER, SDK
from tests.drivers.embedded.adb_host import network

OPEN = '//*[@text="Bo"]'
SEND = '//*[@content-desc="Send"]'
FIELD = "//android.widget.EditText"


@dataclass(frozen=True, slots=True)
class Server:
    """A handset's server with a session that a driver opened."""

    handset: Handset
    app: Starlette
    session: str = ""

    def request(self, method: str, path: str, **body: object) -> httpx.Response:
        """An HTTP request."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://phone") as client:
                return await client.request(method, path, json=body)

        return asyncio.run(send())

    def start_session(self, **capabilities: str) -> "Server":
        """Open a session as a driver does."""
        asked = {"firstMatch": [capabilities], "alwaysMatch": {}}
        value = self.request("POST", "/session", capabilities=asked).json()["value"]
        assert value["capabilities"].items() >= capabilities.items()
        return Server(self.handset, self.app, value["sessionId"])

    def ask(self, method: str, path: str, **body: object) -> object:
        """A command that succeeds."""
        status, value = self.try_asking(method, path, **body)
        assert status == 200, value
        return value

    def try_asking(self, method: str, path: str, **body: object) -> tuple[int, object]:
        """A command."""
        answer = self.request(method, f"/session/{self.session}/{path}", **body)
        return answer.status_code, answer.json()["value"]

    def find(self, selector: str, context: str = "") -> str:
        """The element of a selector, as the driver looks for it."""
        found = self.ask(
            "POST", "element", strategy="xpath", selector=selector, context=context, multiple=False
        )
        assert isinstance(found, dict)
        return str(found["ELEMENT"])

    def tap(self, selector: str) -> None:
        """Tap an element."""
        self.ask("POST", f"element/{self.find(selector)}/click")

    def field(self) -> object:
        """What is in the input field."""
        return self.ask("GET", f"element/{self.find(FIELD)}/text")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A handset's server with a chat open."""
    handset = Handset("phone-1", network(tmp_path))
    started = Server(handset, application(handset, DRIVER)).start_session(udid="x")
    started.tap(OPEN)
    return started


def test_sessions_are_listed(server: Server) -> None:
    """The open session is listed until it is deleted; a driver looks for leftovers there."""
    (listed,) = server.request("GET", "/sessions").json()["value"]
    assert listed["id"] == server.session
    server.ask("DELETE", "")
    assert server.request("GET", "/sessions").json()["value"] == []


def test_capabilities_of_the_driver(server: Server) -> None:
    """Without a prefix and in firstMatch, as a driver passes them, capabilities count as well."""
    server.start_session(language="zh")
    assert server.handset.app.language == "zh-Hans"


def test_elements_within_an_element(server: Server) -> None:
    """With a context, only what is inside it is found."""
    toolbar = server.find('//*[contains(@resource-id, "toolbar")]')
    title = server.find('.//*[contains(@resource-id, "chat_title")]', toolbar)
    assert server.ask("GET", f"element/{title}/text") == "Bo"
    body = {"strategy": "xpath", "selector": f".{FIELD}", "context": toolbar, "multiple": True}
    assert server.ask("POST", "elements", **body) == []


def test_text_is_appended_or_replaced(server: Server) -> None:
    """A value is appended to the field, or takes its place, and so do keys to what has focus."""
    field = server.find(FIELD)
    assert server.ask("GET", "element/active") == {
        "ELEMENT": field,
        "element-6066-11e4-a52e-4f735466cecf": field,
    }
    server.ask("POST", f"element/{field}/value", text="one", replace=False)
    server.ask("POST", f"element/{field}/value", text=" two", replace=False)
    assert server.field() == "one two"
    server.ask("POST", f"element/{field}/value", text="three", replace=True)
    server.ask("POST", "keys", text=" four")
    assert server.field() == "three four"
    server.ask("POST", "keys", text="five", replace=True)
    assert server.field() == "five"
    server.ask("POST", "back")
    assert server.try_asking("POST", "keys", text="x")[0] == 404


def test_click_gestures(server: Server) -> None:
    """A click at a place, on an element, and at a place within an element all tap."""
    send = server.find(SEND)
    rect = server.ask("GET", f"element/{send}/rect")
    assert isinstance(rect, dict)
    middle = {"x": rect["x"] + rect["width"] / 2, "y": rect["y"] + rect["height"] / 2}
    origin = {"ELEMENT": send}
    for number, gesture in enumerate(
        ({"offset": middle}, {"origin": origin}, {"origin": origin, "offset": {"x": 5, "y": 5}})
    ):
        server.ask("POST", "keys", text=f"message {number}")
        server.ask("POST", "appium/gestures/click", **gesture)
    sent = [event.text for event in server.handset.network.events]
    assert sent == ["message 0", "message 1", "message 2"]
    assert server.try_asking("POST", "appium/gestures/click")[0] == 400


def test_scroll_gesture_and_touches(server: Server) -> None:
    """A scroll and a drag move the conversation; a touch that does not move taps."""
    for number in range(60):
        server.handset.network.send("phone-1", "lane-1/direct", f"message {number}")
    area = {"left": 200, "top": 500, "width": 600, "height": 1000}

    def touch(*places: tuple[int, int]) -> None:
        moves = [{"type": "pointerMove", "x": x, "y": y, "origin": "viewport"} for x, y in places]
        pause = {"type": "pause", "duration": 10}
        steps = [moves[0], {"type": "pointerDown"}, pause, *moves[1:], {"type": "pointerUp"}]
        server.ask("POST", "actions", actions=[{"type": "pointer", "id": "f", "actions": steps}])

    def newest_is_in_sight() -> bool:
        return "message 59" in str(server.ask("GET", "source"))

    scroll = {"area": area, "direction": "up", "percent": 0.8}
    assert server.ask("POST", "appium/gestures/scroll", **scroll) is True
    assert not newest_is_in_sight()
    touch((500, 1500), (500, 400))
    assert newest_is_in_sight()
    touch((500, 600), (500, 1500))
    assert not newest_is_in_sight()
    touch((70, 150))  # the back button
    assert server.find(OPEN)
    wheel = [{"type": "wheel", "id": "w", "actions": [{"type": "scroll"}]}]
    assert server.try_asking("POST", "actions", actions=wheel)[0] == 500


def test_clipboard(server: Server) -> None:
    """What is put into the clipboard is read back; what is no plain text is refused."""
    content = base64.b64encode("བོད་".encode()).decode()
    path = "appium/device/set_clipboard"
    server.ask("POST", path, content=content, contentType="plaintext", label=None)
    assert server.ask("POST", "appium/device/get_clipboard") == content
    assert server.try_asking("POST", path, content="*")[0] == 400
    assert server.try_asking("POST", path, content=content, contentType="image")[0] == 400


def test_what_the_device_says_of_itself(server: Server) -> None:
    """Sizes, versions and states have the shape that the driver reads."""
    size = {"width": 1080, "height": 2340}
    assert server.ask("GET", "window/current/size") == size
    assert server.ask("GET", "appium/device/pixel_ratio") == 2.75
    assert server.ask("GET", "appium/device/display_density") == 440
    assert server.ask("GET", "appium/device/system_bars") == {"statusBar": 80}
    assert server.ask("GET", "appium/device/battery_info") == {"level": 1.0, "status": 5}
    info = server.ask("GET", "appium/device/info")
    assert isinstance(info, dict)
    assert (info["apiVersion"], info["realDisplaySize"]) == (str(SDK), "1080x2340")
    assert server.ask("GET", "orientation") == "PORTRAIT"
    server.ask("POST", "orientation", orientation="PORTRAIT")
    server.ask("POST", "appium/reset_ax_cache")
    send = server.find(SEND)
    assert server.ask("GET", f"element/{send}/name") == "Send"
    assert server.ask("GET", f"element/{send}/selected") is False
    assert server.ask("GET", f"element/{send}/location") == {"x": 880, "y": 2170}
    assert server.ask("GET", f"element/{send}/size") == {"width": 160, "height": 140}


def test_keys(server: Server) -> None:
    """Back goes back, home leaves the app; others are refused, since nothing would happen."""
    assert server.try_asking("POST", "appium/device/press_keycode", keycode=66)[0] == 400
    server.ask("POST", "appium/device/press_keycode", keycode=4, metastate=None, flags=None)
    assert server.find(OPEN)
    server.ask("POST", "appium/device/press_keycode", keycode=3)
    assert server.try_asking("POST", "element", strategy="xpath", selector=OPEN)[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "appium/device/open_notifications", 500),
        ("POST", "appium/gestures/swipe", 404),
        ("POST", "appium/device/long_press_keycode", 404),
    ],
)
def test_what_it_does_not_have(server: Server, method: str, path: str, status: int) -> None:
    """What the handset does not have is an error, never silently accepted."""
    assert server.try_asking(method, path)[0] == status
    assert server.try_asking("POST", "orientation", orientation="LANDSCAPE")[0] == 400
