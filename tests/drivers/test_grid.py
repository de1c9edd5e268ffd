"""What a Selenium Grid answers when a handset is out of reach, and what is told of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from drivers.door import Door
from drivers.errors import SessionLost
from drivers.grid import meaning
from drivers.handset import Handset
from drivers.testbed import load_testbed

CONFIG = replace(load_testbed("embedded").handsets[0], udid="emulator-5554")

# As Selenium Grid 4.48 says it.
NO_NODE = "Could not start a new session. No nodes support the capabilities in the request "
TIMED_OUT = "Could not start a new session. New session request timed out "
NO_SESSION = "Unable to find session with ID: 22054dcf-6fd0-4dd5-9313-9b1471a60218"
NODE_GONE = (
    "Unable to execute request for an existing session: Connection error "
    "(GET http://10.0.0.7:5555/session/22054dcf-6fd0-4dd5-9313-9b1471a60218/source)"
)
APPIUM_GONE = "Connection error (GET http://10.0.0.7:4723/session/22054dcf-6fd0-4dd5-9313-9b1471a60218/source)"
APPIUM_CUT_OFF = (
    "Failed to execute request "
    "(POST http://10.0.0.7:4723/session/22054dcf-6fd0-4dd5-9313-9b1471a60218/element)"
)
APPIUM_HANGS = (
    "Timeout when executing request "
    "(GET http://10.0.0.7:4723/session/22054dcf-6fd0-4dd5-9313-9b1471a60218/source)"
)
MORE = "\nHost info: host: 'hub', ip: '10.0.0.1'\nDriver info: driver.version: unknown"


class StandInGrid(BaseHTTPRequestHandler):
    """Answers with errors what it is told to; opens sessions otherwise."""

    errors: Mapping[str, tuple[int, str, str]]  # command → status, error, message
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        command = self.path.rsplit("/", 1)[-1]
        status, value = 200, {"sessionId": "one", "capabilities": {}}
        if command in self.errors:
            status, error, message = self.errors[command]
            value = {"error": error, "message": message + MORE, "stacktrace": ""}
        body = json.dumps({"value": value}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        self.do_POST()

    def do_DELETE(self) -> None:
        self.do_POST()

    def log_message(self, *_: object) -> None:
        """Say nothing on standard error."""


@pytest.fixture
def phone(request: pytest.FixtureRequest) -> Iterator[Handset]:
    """A handset behind a Grid that answers with the errors of the test's parameter."""
    handler = type("Handler", (StandInGrid,), {"errors": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        door = Door(url=f"http://127.0.0.1:{server.server_port}")
        handset = Handset(CONFIG, door, longest_pause_s=1)
        yield handset
        handset.stop()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("phone", "told"),
    [
        ({"session": (500, "session not created", NO_NODE)}, "the Grid has no node for"),
        ({"session": (500, "session not created", TIMED_OUT)}, "did not give .* in time"),
    ],
    ids=["no node", "no free slot"],
    indirect=["phone"],
)
def test_session_that_a_grid_refuses_is_lost(phone: Handset, told: str) -> None:
    """A handset for which a Grid has no node or no slot is out of reach; it is told which."""
    with pytest.raises(SessionLost, match=f"could not open a session: .*{told}") as caught:
        phone.start()
    assert "'emulator-5554'" in str(caught.value)
    assert "Host info" not in str(caught.value)


@pytest.mark.parametrize(
    ("phone", "told"),
    [
        ({"source": (404, "invalid session id", NO_SESSION)}, "the Grid has ended the session"),
        ({"source": (500, "unknown error", NODE_GONE)}, "the Grid does not reach"),
        ({"source": (500, "unknown error", APPIUM_GONE)}, "the Grid does not reach"),
        ({"source": (500, "unknown error", APPIUM_CUT_OFF)}, "the Grid was cut off from"),
        ({"source": (500, "timeout", APPIUM_HANGS)}, "has stopped answering the Grid"),
    ],
    ids=["session", "node", "Appium", "Appium, in the middle", "Appium that hangs"],
    indirect=["phone"],
)
def test_session_behind_a_lost_node_is_lost(phone: Handset, told: str) -> None:
    """A command that a Grid cannot pass on means that the session is lost."""
    phone.start()
    with pytest.raises(SessionLost, match=f"could not read the screen: .*{told}"):
        phone.screen()


@pytest.mark.parametrize(
    "said",
    [
        "An element could not be located on the page using the given search parameters.",
        "'POST /elements' cannot be proxied to UiAutomator2 server",
        "Could not start a new session. Response code 500. Message: adb was not found",
        "",
    ],
)
def test_others_are_left_to_speak_for_themselves(said: str) -> None:
    """What an Appium server says, through a Grid or not, is not a Grid's own."""
    assert meaning(said, "emulator-5554") is None
