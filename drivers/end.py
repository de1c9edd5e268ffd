"""One end of a lane: what lanes and readers ask of a handset, or of a browser with a web app."""

from collections.abc import Iterator
from typing import Protocol

from drivers.evidence import Exhibit
from drivers.profile import VersionFit
from drivers.screen import Found, Node, Screen
from drivers.testbed import HandsetConfig


class End(Protocol):
    """A session with one app and one account; `Handset` and `Browser` are such ends.

    Every method raises `SessionLost` when the session is gone, and `ScreenUnknown` when what is to
    be tapped or typed into is.
    """

    @property
    def config(self) -> HandsetConfig:
        """Which handset, app and account."""
        ...

    def start(self) -> None:
        """Open a session and bring the app to the front."""
        ...

    def restart(self) -> None:
        """Build a lost session anew."""
        ...

    def stop(self) -> None:
        """End the session; one that is gone already is no error."""
        ...

    def keep_alive(self) -> None:
        """Ask for something cheap, so that the session does not end for want of commands."""
        ...

    def exhibits(self) -> Iterator[Exhibit]:
        """Evidence of what goes on there, as far as it can be had now."""
        ...

    def screen(self) -> Screen:
        """A snapshot of the screen."""
        ...

    def screenshot(self) -> bytes:
        """A picture of the screen, PNG."""
        ...

    def tap(self, found: Found, what: str) -> None:
        """Tap what a snapshot showed."""
        ...

    def tap_node(self, node: Node, what: str) -> None:
        """Tap what a snapshot showed: a row among many that no selector singles out."""
        ...

    def type_into(self, found: Found, text: str, what: str, *, clear: bool) -> None:
        """Put a text into a field, after emptying it if asked to."""
        ...

    def clear(self, found: Found, what: str) -> None:
        """Empty a field."""
        ...

    def scroll_back(self) -> bool:
        """Scroll the conversation towards older messages; whether there are more of them."""
        ...

    def scroll_forward(self) -> bool:
        """Scroll the conversation towards newer messages; whether there are more of them."""
        ...

    def go_back(self) -> None:
        """Leave what is on the screen for what was there before."""
        ...

    def bring_app_to_front(self) -> None:
        """Start the app, or bring it back from the background."""
        ...

    def mobile(self, command: str, **arguments: str | float | bool) -> object:
        """The answer of one of the driver's own commands, those that are called ``mobile: …``."""
        ...

    def app_version(self) -> str | None:
        """Version of the app; ``None`` where it cannot be told."""
        ...

    def fit(self) -> VersionFit:
        """Ask for the app's version, and go by the profile as it fits that from now on.

        Once the session is open; `config` has that profile then.
        """
        ...
