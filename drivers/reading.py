"""Readers: the ways to read what has arrived on a handset, in order of trust.

The accessibility tree shows exact texts, but some apps keep them from it (newer WeChat does). Then
notifications tell them, or else they are recognised in a screenshot. Which way a text was read is
recorded with it, because an inexact reading must not be judged like an exact one.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from drivers.chat import ChatView, read_chat
from drivers.conversation import Overlay, join, overlay
from drivers.errors import Unreadable, WrongChat
from drivers.handset import Handset
from drivers.obstruction import uncovered
from drivers.profile import ReadMode

_MOST_SCROLLS = 40


class Reader(Protocol):
    """Gives the incoming texts of one chat on a handset."""

    @property
    def mode(self) -> ReadMode:
        """How it reads."""
        ...

    @property
    def needs_chat(self) -> bool:
        """Whether the chat must be open; otherwise it must not, or the app posts nothing."""
        ...

    def begin(self, *, is_resumed: bool) -> tuple[str, ...]:
        """Begin while the chat is open; the texts that are there already, as far as can be read.

        Args:
            is_resumed: Whether some of what is there may be new, as after an interruption.

        Raises:
            Unreadable: Nothing can be read in this way.
            DriverError: The handset fails.
        """
        ...

    def go_on(self) -> None:
        """Go on after the session was built anew.

        Raises:
            DriverError: The handset fails.
        """
        ...

    def look(self, known: tuple[str, ...], *, expected: int) -> Overlay:
        """What is new, and which of the known texts are gone.

        Args:
            known: Texts known to be there, oldest first.
            expected: Most messages that can have arrived since the last look; nothing older needs
                to be looked for once so many are found.

        Raises:
            Unreadable: Nothing can be read in this way any more.
            DriverError: The handset fails, or shows another chat.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a conversation that is in sight.

    Attributes:
        texts: Incoming texts, oldest first.
        hides_first: Whether there is a message at the upper edge that was left out, as a part of it
            may be out of sight.
    """

    texts: tuple[str, ...]
    hides_first: bool = False


class ScrollingReader(ABC):
    """Reads an open conversation, of which only a part is in sight."""

    def __init__(self, handset: Handset, title: str) -> None:
        """Read a chat.

        Args:
            handset: Where it is read.
            title: Its title there.
        """
        self._handset = handset
        self._title = title

    @property
    @abstractmethod
    def mode(self) -> ReadMode:
        """How it reads."""

    @property
    def needs_chat(self) -> bool:
        """The conversation must be on the screen."""
        return True

    def begin(self, *, is_resumed: bool) -> tuple[str, ...]:
        """Texts in sight; those above them are never asked for."""
        del is_resumed  # what is new shows when it is laid over what is known
        return self._window(is_topmost=False).texts

    def go_on(self) -> None:
        """See that the chat is open again; nothing else is to be done."""
        self._view()

    def look(self, known: tuple[str, ...], *, expected: int) -> Overlay:
        """Lay what is in sight over what is known, scrolling back where they do not meet."""
        window = self._window(is_topmost=False)
        if not self._is_complete(known, window, expected):
            window = self._scrolled_back(known, window, expected)
        return self._overlay(known, window.texts)

    @abstractmethod
    def _window(self, *, is_topmost: bool) -> Window:
        """What is in sight; `is_topmost` if there is nothing above it."""

    def _overlay(self, known: tuple[str, ...], texts: tuple[str, ...]) -> Overlay:
        return overlay(known, texts)

    def _view(self) -> ChatView:
        """The chat as the tree shows it."""
        view = read_chat(uncovered(self._handset), self._handset.config.profile)
        if view.title != self._title:
            raise WrongChat(
                f"{self._handset.config.name}: the open chat is {view.title!r}, not "
                f"{self._title!r}."
            )
        return view

    def _is_complete(self, known: tuple[str, ...], window: Window, expected: int) -> bool:
        """Whether nothing new can lie above the window."""
        if known:
            reaches_known = self._overlay(known, window.texts).is_joined
        else:
            reaches_known = not window.texts and not window.hides_first
        return reaches_known or len(window.texts) >= expected

    def _scrolled_back(self, known: tuple[str, ...], window: Window, expected: int) -> Window:
        scrolls = 0
        more = True
        while more and scrolls < _MOST_SCROLLS and not self._is_complete(known, window, expected):
            more = self._handset.scroll_back()
            scrolls += 1
            upper = self._window(is_topmost=not more)
            window = Window(texts=join(upper.texts, window.texts), hides_first=upper.hides_first)
        while scrolls and self._handset.scroll_forward():
            scrolls -= 1
        return window


class TreeReader(ScrollingReader):
    """Reads exact texts in the accessibility tree."""

    @property
    def mode(self) -> ReadMode:
        """How it reads."""
        return ReadMode.TREE

    def _window(self, *, is_topmost: bool) -> Window:
        del is_topmost  # the tree has the whole text of a row that is cut through
        view = self._view()
        if view.hides_texts:
            raise Unreadable(
                f"{self._handset.config.name}: the accessibility tree shows {view.rows} rows of "
                f"the chat {self._title!r} and no text. The app keeps its texts from it, or "
                "the chat shows nothing but pictures. Add 'notifications' or 'ocr' to the "
                "handset's `read` in the testbed."
            )
        return Window(texts=view.incoming)
