"""A receiver that is a handset, or a browser: it reads a chat on its screen."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from drivers.chat_entry import enter_chat
from drivers.conversation import Overlay
from drivers.end import End
from drivers.errors import ReadModeChanged, Unreadable
from drivers.evidence import Exhibit
from drivers.incoming import Incoming, Look, Past
from drivers.notification_reader import NotificationReader
from drivers.ocr_reader import OcrReader
from drivers.profile import ReadMode
from drivers.reading import Reader, TreeReader
from drivers.session_care import ScreenCheck, come_back, start
from drivers.testbed import HandsetConfig

_READERS: Final[Mapping[ReadMode, Callable[[End, str], Reader]]] = {
    ReadMode.TREE: TreeReader,
    ReadMode.NOTIFICATIONS: NotificationReader,
    ReadMode.OCR: OcrReader,
}


class HandsetReceiver:
    """Reads what arrives in one chat on a screen, or in the notifications of its app."""

    def __init__(
        self,
        end: End,
        title: str,
        *,
        wait: Callable[[float], object],
        check: ScreenCheck | None = None,
    ) -> None:
        """Read a chat; nothing is asked before `open`.

        Args:
            end: Where it is read.
            title: Its title there.
            wait: Waits a number of seconds between two looks; true when the run ends, at once.
            check: Looks at its screens before anything is sent, where the profile was not written
                for the app's version.

        Raises:
            ConfigError: A way to read it needs what is not installed.
        """
        self.end = end
        self._title = title
        self._wait = wait
        self._check = check
        self._readers: list[Reader] = [_READERS[mode](end, title) for mode in end.config.read]
        self._reader = self._readers[0]
        self._texts: list[str] = []  # all incoming texts known, oldest first
        self._places: list[int | None] = []  # their places; None for those from before the run
        self._next_place = 0
        self.warnings: Sequence[str] = ()

    @property
    def config(self) -> HandsetConfig:
        """Its testbed entry, with its profile as it fits the app's version once it is open."""
        return self.end.config

    @property
    def read_mode(self) -> ReadMode:
        """How texts are read now."""
        return self._reader.mode

    @property
    def tells_removals(self) -> bool:
        """Whether it is seen that a message was removed."""
        return self._reader.tells_removals

    def open(self, past: Past | None = None) -> str | None:
        """Start the session, open the chat, and note what is already there.

        Args:
            past: What had been seen in a run that is resumed.

        Raises:
            DriverError: A session cannot be opened or the chat not be found.
        """
        self.warnings = start(self.end, self._title, is_receiver=True, check=self._check)
        self._enter()
        arrived = () if past is None else past.arrived
        texts = self._begin_reading(self._readers, is_resumed=bool(arrived))
        if past is not None and arrived:
            left = [each for each in arrived if each.place not in past.gone]
            self._texts = [each.text for each in left]
            self._places = [each.place for each in left]
            self._next_place = 1 + max(each.place for each in arrived)
        else:
            self._texts = list(texts)
            self._places = [None] * len(self._texts)
        return None

    def close(self) -> None:
        """End the session."""
        self.end.stop()

    def recover(self) -> None:
        """Go back to the chat, with a new session if need be, keeping what is known of it.

        Raises:
            DriverError: That is not possible.
        """
        come_back(self.end, self._go_on_reading)

    def keep_alive(self) -> None:
        """Give the session something cheap to do, so that it outlives a long pause.

        Raises:
            SessionLost: It is gone nevertheless.
        """
        self.end.keep_alive()

    def exhibits(self) -> Iterator[Exhibit]:
        """Evidence of what goes on there, as far as it can be had now."""
        return self.end.exhibits()

    def look(self, *, expected: int, patience_s: float = 0.0) -> Look:
        """What has come in, or gone, since the last look; it never waits.

        Raises:
            WrongChat: Another chat is open.
            SessionLost: The session is gone.
            ReadModeChanged: Texts are read in another way from now on.
            Unreadable: They can be read in none of the ways the testbed allows.
        """
        del patience_s
        return self._looked(lambda known: self._reader.look(known, expected=expected))

    def look_back(self, place: int) -> Look:
        """A look that reaches back to a text, as far as one can scroll.

        Raises:
            DriverError: As for `look`.
        """
        if place not in self._places:
            return self.look(expected=0)
        at = self._places.index(place)
        return self._looked(lambda known: self._reader.look_back(known, at))

    def _looked(self, look: Callable[[tuple[str, ...]], Overlay]) -> Look:
        try:
            over = look(tuple(self._texts))
        except Unreadable as error:
            self._change_reader(error)
            raise ReadModeChanged(
                f"{self.config.name}: reads by {self._reader.mode} from now on: {error}"
            ) from error
        there = (
            place
            for at, place in enumerate(self._places[over.top :], over.top)  # what is in sight
            if place is not None and at not in over.gone
        )
        return Look(still_there=frozenset(there), incoming=self._taken_in(over))

    def _taken_in(self, over: Overlay) -> list[Incoming]:
        now, mode = datetime.now(UTC), self._reader.mode
        gone = [
            Incoming(place=place, text=self._texts[at], seen_at=now, is_gone=True, read_mode=mode)
            for at in over.gone
            if (place := self._places[at]) is not None
        ]
        new = [
            Incoming(place=self._next_place + offset, text=text, seen_at=now, read_mode=mode)
            for offset, text in enumerate(over.new)
        ]
        self._next_place += len(new)
        # From the end on, so that places stay what they are.
        for at in sorted({*over.gone, *over.before}, reverse=True):
            if at in over.gone:
                del self._texts[at], self._places[at]
            here = [each for each, below in zip(new, over.before, strict=True) if below == at]
            self._texts[at:at] = [each.text for each in here]
            self._places[at:at] = [each.place for each in here]
        return gone + new

    def _begin_reading(self, readers: Sequence[Reader], *, is_resumed: bool) -> tuple[str, ...]:
        """Begin with the first way in which texts can be read; the texts that are there."""
        for reader in readers[:-1]:
            try:
                texts = reader.begin(is_resumed=is_resumed)
            except Unreadable:
                self._enter()  # it may have left the chat before it found out
            else:
                self._reader = reader
                return texts
        texts = readers[-1].begin(is_resumed=is_resumed)
        self._reader = readers[-1]
        return texts

    def _change_reader(self, error: Unreadable) -> None:
        """Go over to the next way to read; what is there already counts as old."""
        others = self._readers[self._readers.index(self._reader) + 1 :]
        if not others:
            raise error
        self._enter()
        self._texts = list(self._begin_reading(others, is_resumed=False))
        self._places = [None] * len(self._texts)

    def _go_on_reading(self) -> None:
        if self._reader.needs_chat:
            self._enter()
        self._reader.go_on()

    def _enter(self) -> None:
        enter_chat(self.end, self._title, wait=self._wait)
