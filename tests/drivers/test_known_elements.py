"""What a session has found once, with the real client and a server that can lose its elements."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
from lxml import etree

from drivers.door import Door
from drivers.errors import ScreenUnknown
from drivers.handset import Handset
from drivers.profile import SelectorKind
from drivers.screen import Found, Node
from drivers.testbed import load_testbed

CONFIG = load_testbed("embedded").handsets[0]
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
NODE = Node(etree.Element("node", bounds="[0,0][10,10]"))
FIELD = Found(NODE, SelectorKind.ID, "org.undelivered.courier:id/message_input")
BUTTON = Found(NODE, SelectorKind.ID, "org.undelivered.courier:id/send_button")


@dataclass
class Server:
    """What a server was asked, and which elements it has lost.

    Attributes:
        asked: Commands as ``find VALUE`` or ``NAME ELEMENT``, in order.
        handed_out: How many elements it has handed out; they are numbered from 1.
        lost: Elements it no longer has.
        carried_out: Those of the commands that it carried out.
    """

    asked: list[str] = field(default_factory=list)
    handed_out: int = 0
    lost: set[str] = field(default_factory=set)
    carried_out: list[str] = field(default_factory=list)

    def answer(self, path: str, body: dict[str, object]) -> tuple[int, object]:
        """Status and value of the answer to a command."""
        match path.strip("/").split("/"):
            case ["session"]:
                return 200, {"sessionId": "one", "capabilities": {}}
            case ["session", _, "element"]:
                self.asked.append(f"find {body['value']}")
                self.handed_out += 1
                return 200, {ELEMENT: str(self.handed_out)}
            case ["session", _, "element", element, command]:
                said = f"{command} {element}"
                self.asked.append(said)
                if element in self.lost:
                    return 404, {"error": "stale element reference", "message": "It is gone"}
                self.carried_out.append(said)
        return 200, None


@pytest.fixture
def served() -> Iterator[tuple[Handset, Server]]:
    """A handset with an open session, and the server behind it."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, value = server.answer(self.path, json.loads(sent or b"{}"))
            body = json.dumps({"value": value}).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_DELETE(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Say nothing on standard error."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        url = f"http://127.0.0.1:{listening.server_port}"
        phone = Handset(CONFIG, Door(url=url), longest_pause_s=1)
        phone.start()
        yield phone, server
        phone.stop()
        listening.shutdown()
        thread.join()


def send(phone: Handset, text: str = "one") -> None:
    """Type a text and tap the button, as a lane does for each message."""
    phone.type_into(FIELD, text, "the field", clear=False)
    phone.tap(BUTTON, "the button")


def test_field_and_button_are_looked_for_once(served: tuple[Handset, Server]) -> None:
    """From the second message on, nothing is looked for that an id has found."""
    phone, server = served
    send(phone)
    send(phone)
    finding = [f"find {FIELD.value}", "value 1", f"find {BUTTON.value}", "click 2"]
    assert server.asked == [*finding, "value 1", "click 2"]


@pytest.mark.parametrize("kind", [SelectorKind.DESC, SelectorKind.TEXT, SelectorKind.XPATH])
def test_what_may_come_to_mean_another_view_is_looked_for_each_time(
    served: tuple[Handset, Server], kind: SelectorKind
) -> None:
    """Only an id stays with its view: a button found by what it says may say something else."""
    phone, server = served
    for _ in range(2):
        phone.tap(Found(NODE, kind, "Send"), "the button")
    assert server.carried_out == ["click 1", "click 2"]


def test_lost_button_is_not_tapped_a_second_time(served: tuple[Handset, Server]) -> None:
    """A tap that is refused is no tap tried twice; the next message's button is found anew."""
    phone, server = served
    send(phone)
    server.lost.add("2")
    phone.type_into(FIELD, "two", "the field", clear=False)
    with pytest.raises(ScreenUnknown, match="could not tap the button: it was on the screen"):
        phone.tap(BUTTON, "the button")
    assert server.asked[-2:] == ["value 1", "click 2"]
    send(phone, "three")
    assert server.carried_out[-2:] == ["value 3", "click 4"]


def test_lost_field_is_found_anew(served: tuple[Handset, Server]) -> None:
    """Where the screen was built anew, the text is typed into the field that is there now.

    The button that was known before is then not trusted either.
    """
    phone, server = served
    send(phone)
    server.lost |= {"1", "2"}
    send(phone, "two")
    assert server.carried_out == ["value 1", "click 2", "value 3", "click 4"]


def test_field_that_is_not_there_is_looked_for_once(served: tuple[Handset, Server]) -> None:
    """What is lost as soon as it was found is told, not looked for again and again."""
    phone, server = served
    server.lost.add("1")
    with pytest.raises(ScreenUnknown, match="could not type into the field"):
        phone.type_into(FIELD, "one", "the field", clear=False)
    assert server.asked == [f"find {FIELD.value}", "value 1"]


@pytest.mark.parametrize(
    "leave",
    [
        Handset.start,
        Handset.go_back,
        Handset.bring_app_to_front,
        lambda phone: phone.tap_node(NODE, "a row"),
    ],
    ids=["new session", "back", "front", "row"],
)
def test_another_screen_is_another_start(
    served: tuple[Handset, Server], leave: Callable[[Handset], None]
) -> None:
    """After whatever may lead to another screen or session, everything is looked for anew."""
    phone, server = served
    send(phone)
    leave(phone)
    send(phone)
    assert server.carried_out == ["value 1", "click 2", "value 3", "click 4"]
