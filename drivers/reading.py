"""Readers: the ways to read what has arrived on a handset, in order of trust.

The accessibility tree shows exact texts, but some apps keep them from it (newer WeChat does). Then
notifications tell them, or else they are recognised in a screenshot. Which way a text was read is
recorded with it, because an inexact reading must not be judged like an exact one.
"""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

from drivers.chat import Bubble, ChatView, read_chat
from drivers.conversation import Overlay, join, overlay
from drivers.end import End
from drivers.errors import ScreenUnknown, Unreadable, WrongChat
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

    @property
    def tells_removals(self) -> bool:
        """Whether it is seen that a message was removed."""
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

    def look_back(self, known: tuple[str, ...], place: int) -> Overlay:
        """A look that reaches back to one of the known texts, as far as that can be done.

        Raises:
            Unreadable: Nothing can be read in this way any more.
            DriverError: The handset fails, or shows another chat.
        """
        ...


class Doubt(NamedTuple):
    """A message that may have come in: it is not told whose it is, or only a part of it is shown.

    Attributes:
        place: How many of the window's texts stand above it.
        text: What is shown of it.
    """

    place: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a conversation that is in sight.

    Attributes:
        texts: Incoming texts, oldest first.
        hides_first: Whether there is a message at the upper edge that was left out, as a part of it
            may be out of sight.
        doubts: Messages that may have come in and are not among the texts.
        is_whole: Whether nothing is above it, as is known only once one has tried to scroll there.
    """

    texts: tuple[str, ...]
    hides_first: bool = False
    doubts: tuple[Doubt, ...] = ()
    is_whole: bool = False


class ScrollingReader(ABC):
    """Reads an open conversation, of which only a part is in sight."""

    def __init__(self, handset: End, title: str) -> None:
        """Read a chat.

        Args:
            handset: Where it is read.
            title: Its title there.
        """
        self._handset = handset
        self._title = title
        self._told = (0, 0)  # how many texts were known, how many doubts below them were told of

    @property
    @abstractmethod
    def mode(self) -> ReadMode:
        """How it reads."""

    @property
    def needs_chat(self) -> bool:
        """The conversation must be on the screen."""
        return True

    @property
    def tells_removals(self) -> bool:
        """What is gone from the conversation is missed in it."""
        return True

    def begin(self, *, is_resumed: bool) -> tuple[str, ...]:
        """Texts in sight; those above them are never asked for."""
        del is_resumed  # what is new shows when it is laid over what is known
        window = self._window(is_topmost=False)
        count = len(window.texts)
        self._told = (count, sum(doubt.place >= count for doubt in window.doubts))
        return window.texts

    def go_on(self) -> None:
        """See that the chat is open again; nothing else is to be done."""
        self._view()

    def look(self, known: tuple[str, ...], *, expected: int) -> Overlay:
        """Lay what is in sight over what is known, scrolling back where they do not meet."""
        return self._look(known, lambda window: self._is_complete(known, window, expected))

    def look_back(self, known: tuple[str, ...], place: int) -> Overlay:
        """Lay the conversation from that text on over what is known."""

        def reaches(window: Window) -> bool:
            over = self._overlay(known, window.texts, is_whole=False)
            return over.is_joined and over.top <= place

        return self._look(known, reaches)

    def _look(self, known: tuple[str, ...], suffices: Callable[[Window], bool]) -> Overlay:
        window = self._window(is_topmost=False)
        if not suffices(window):
            window = self._scrolled_back(window, suffices)
        over = self._overlay(known, window.texts, is_whole=window.is_whole)
        if not window.doubts:
            return over
        self._tell_doubts(known, window, over)
        # One that cannot be told may be the one that seems to be gone.
        return replace(over, gone=(), top=len(known))

    def _tell_doubts(self, known: tuple[str, ...], window: Window, over: Overlay) -> None:
        """Tell, once, that a message that may have come in stands below all that is known.

        Raises:
            ScreenUnknown: There is one.
        """
        first_new = len(window.texts) - over.at_end
        seems_gone = {known[place] for place in over.gone}
        count = sum(
            doubt.place >= first_new and doubt.text not in seems_gone for doubt in window.doubts
        )
        told_at, told = self._told
        self._told = (len(known), count)
        if count <= (told if told_at == len(known) else 0):
            return
        raise ScreenUnknown(
            f"{self._handset.config.name}: the chat {self._title!r} shows messages ({count}) that "
            "may or may not have come in: it cannot be told whose they are, or they are folded and "
            "do not unfold. What was under way is unknown. See that the profile "
            f"{self._handset.config.profile.name!r} tells own rows from others, and send nothing "
            "longer than the app shows whole."
        )

    @abstractmethod
    def _window(self, *, is_topmost: bool) -> Window:
        """What is in sight; `is_topmost` if there is nothing above it."""

    def _overlay(
        self, known: tuple[str, ...], texts: tuple[str, ...], *, is_whole: bool
    ) -> Overlay:
        return overlay(known, texts, is_whole=is_whole)

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
        if not known:
            reaches_known = not window.texts and not window.hides_first
            return reaches_known or len(window.texts) >= expected
        if self._overlay(known, window.texts, is_whole=False).is_joined:
            return True
        # Texts that have come in before may be the same ones, all below them being gone.
        return len(window.texts) >= expected and set(known).isdisjoint(window.texts)

    def _scrolled_back(self, window: Window, suffices: Callable[[Window], bool]) -> Window:
        scrolls = 0
        more = True
        while more and scrolls < _MOST_SCROLLS and not suffices(window):
            more = self._handset.scroll_back()
            scrolls += 1
            upper = self._window(is_topmost=not more)
            window = replace(_joined(upper, window), is_whole=not more)
        while scrolls and self._handset.scroll_forward():
            scrolls -= 1
        return window


class TreeReader(ScrollingReader):
    """Reads exact texts in the accessibility tree."""

    def __init__(self, handset: End, title: str) -> None:
        """Read a chat.

        Args:
            handset: Where it is read.
            title: Its title there.
        """
        super().__init__(handset, title)
        self._stubborn: set[str] = set()  # beginnings of texts that do not unfold

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
        view = self._unfolded(view)
        return window_of((bubble, bubble.text) for bubble in view.bubbles)

    def _unfolded(self, view: ChatView) -> ChatView:
        """The chat with long messages unfolded, as far as that can be done."""
        while True:
            folded = [bubble for bubble in view.bubbles if not (bubble.is_whole or bubble.is_own)]
            texts = Counter(bubble.text for bubble in folded)
            bubble = next((each for each in folded if each.text not in self._stubborn), None)
            if bubble is None or bubble.more is None:
                return view
            self._handset.tap_node(bubble.more, "what unfolds a long message")
            try:
                view = self._view()
            except WrongChat:
                self._handset.go_back()  # it has a screen of its own for them
                view = self._view()
            left = sum(not each.is_whole and each.text == bubble.text for each in view.bubbles)
            if left >= texts[bubble.text]:
                self._stubborn.add(bubble.text)


def window_of(read: Iterable[tuple[Bubble, str]], *, hides_first: bool = False) -> Window:
    """The window that some bubbles are, each given with what was read of it, oldest first."""
    texts: list[str] = []
    doubts: list[Doubt] = []
    for bubble, text in read:
        if bubble.is_own is False and bubble.is_whole:
            texts.append(text)
        elif not bubble.is_own:
            doubts.append(Doubt(len(texts), text))
    return Window(texts=tuple(texts), hides_first=hides_first, doubts=tuple(doubts))


def _joined(upper: Window, lower: Window) -> Window:
    """Two windows as one; what is in doubt in the one and sure in the other is sure."""
    texts = join(upper.texts, lower.texts)
    shift = len(texts) - len(lower.texts)
    above = Counter(doubt for doubt in upper.doubts if doubt.text not in lower.texts)
    below = Counter(
        Doubt(doubt.place + shift, doubt.text)
        for doubt in lower.doubts
        if doubt.text not in upper.texts
    )
    # One that both show is one.
    doubts = tuple(sorted((above | below).elements()))
    return Window(texts=texts, hides_first=upper.hides_first, doubts=doubts)
