"""An embedded handset: an app, at most one session, and the elements it has handed out."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias
from uuid import uuid4

from lxml import etree

from drivers.embedded.app import App
from drivers.embedded.canvas import Target
from drivers.embedded.network import Item, Network
from drivers.embedded.policy import FaultKind
from drivers.embedded.skins.registry import SKINS, language_for
from drivers.embedded.skins.skin import Skin

ELEMENT_KEY: Final = "element-6066-11e4-a52e-4f735466cecf"
"""How the W3C protocol marks an element."""

Body: TypeAlias = Mapping[str, object]
"""The body of a command."""

_SLOW_BY: Final = timedelta(hours=1)


class CommandError(Exception):
    """A command failed, as the protocol says it."""

    def __init__(self, error: str, message: str) -> None:
        """Name the protocol's error and say what happened."""
        super().__init__(message)
        self.error = error


class Handset:
    """One handset."""

    def __init__(self, name: str, network: Network, skin: Skin = SKINS[0]) -> None:
        """Switch it on.

        Args:
            name: Its name in the testbed.
            network: The network its app is on.
            skin: What its app looks like.

        Raises:
            ConfigError: The app does not speak the language of the network's policy.
        """
        self.name = name
        self.network = network
        self.app = App(name, network, skin, language_for(skin, network.policy.language))
        self.session: str | None = None
        self.elements: dict[str, Target] = {}
        self.settings: dict[str, object] = {}
        self.clipboard = ""
        self.on_session_end: Callable[[], object] = lambda: None
        self.unannounced: set[int] = set()  # messages that came while their chat was open
        network.on_arrival[name] = self._take_in

    def _take_in(self, chat: str, item: Item) -> None:
        if self.app.open_chat == chat:
            self.unannounced.add(item.id)

    def now(self) -> datetime:
        """The time its clock shows."""
        is_wrong = self.network.has_fault(self.name, FaultKind.CLOCK_WRONG)
        return datetime.now(UTC) - (_SLOW_BY if is_wrong else timedelta())

    def end_session(self) -> None:
        """End the session, if one is open."""
        self.session = None
        self.on_session_end()

    def restart_app(self) -> None:
        """Stop the app; it comes up as it does when it is opened for the first time."""
        self.app = App(self.name, self.network, self.app.skin, self.app.language)
        self.elements.clear()

    def require_session(self, session: str) -> None:
        """Refuse a session that is not the open one."""
        if self.network.take_fault(self.name, FaultKind.SESSION_LOST):
            self.end_session()
        if session != self.session:
            raise CommandError(
                "invalid session id", "A session is either terminated or not started"
            )

    def hand_out(self, node: etree._Element) -> dict[str, str]:
        """An element for a node."""
        target = self.app.target(node)
        element = next((key for key, each in self.elements.items() if each == target), None)
        if element is None:
            element = str(uuid4())
            self.elements[element] = target
        return {ELEMENT_KEY: element, "ELEMENT": element}

    def node_of(self, element: str) -> tuple[etree._Element, Target]:
        """The node an element stands for, if it is still on the screen."""
        target = self.elements.get(element)
        node = None if target is None else self.app.node(target)
        if target is None or node is None:
            raise CommandError(
                "stale element reference", f"The element {element} is no longer on the screen"
            )
        return node, target


def table(value: object) -> Body:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def number(arguments: Body, name: str) -> float:
    """A number a command needs."""
    value = arguments.get(name)
    if not isinstance(value, int | float):
        raise CommandError("invalid argument", f"{name} is {value!r}, not a number")
    return value
