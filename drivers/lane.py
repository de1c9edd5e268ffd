"""A lane: a sender, a receiver and the chat between them.

A lane types and sends one message at a time and tells what has come in at the other end. It knows
nothing of entries, controls or verdicts. Sending is in two steps, so that a caller can write down
that a message is about to be sent after everything has been checked and before anything is tapped::

    lane.prepare(text)      # the right chat is open, the field reads back exactly `text`
    ...                     # commit the attempt to the journal
    sent = lane.send()      # tap
    for arrival in lane.look(): ...
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic

from drivers.chat import Bubble, ChatView, Mark, NoticeKind, read_chat, read_draft
from drivers.conversation import Overlay
from drivers.errors import (
    DriverError,
    InputMismatch,
    NotLoggedIn,
    ReadModeChanged,
    ScreenUnknown,
    Unreadable,
    WrongChat,
)
from drivers.evidence import EvidenceFolder
from drivers.handset import Handset, require
from drivers.notification_reader import NotificationReader
from drivers.obstruction import uncovered
from drivers.ocr_reader import OcrReader
from drivers.profile import ReadMode
from drivers.reading import Reader, TreeReader
from drivers.screen import Found, Screen
from drivers.testbed import ChatConfig, LaneConfig, Timing

_MOST_STEPS_TO_CHAT = 6
_MOST_RESTARTS = 2
_START_S = 5.0
_POLL_S = 0.05
_READERS: Mapping[ReadMode, Callable[[Handset, str], Reader]] = {
    ReadMode.TREE: TreeReader,
    ReadMode.NOTIFICATIONS: NotificationReader,
    ReadMode.OCR: OcrReader,
}
_FRESH_S = 1.0  # how long a snapshot of the sender is trusted to show the chat that is open


@dataclass(frozen=True, slots=True, kw_only=True)
class SentView:
    """What the sender's handset showed after the tap.

    Attributes:
        sent_at: When the tap returned.
        own_text: Text of the newest own bubble; ``None`` where none was seen or could be read.
        mark: Its delivery mark.
        notice: What the app said below it.
    """

    sent_at: datetime
    own_text: str | None
    mark: Mark | None
    notice: NoticeKind | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A text seen at the receiver for the first time, or seen to be gone.

    Attributes:
        place: Order of arrival on the lane, counted from 0.
        text: The text, exact unless it was read by OCR.
        seen_at: When it was first seen; of one that is gone, when that was seen.
        is_gone: Whether it had arrived and is no longer there.
        read_mode: How it was read.
    """

    place: int
    text: str
    seen_at: datetime
    is_gone: bool = False
    read_mode: ReadMode = ReadMode.TREE


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A text that waits in the field for the tap.

    Attributes:
        text: The text.
        button: The send button.
        newest_before: The newest own bubble before the tap.
    """

    text: str
    button: Found
    newest_before: Bubble | None


class Lane:
    """Sends on one handset and reads on another."""

    def __init__(
        self,
        config: LaneConfig,
        *,
        chat: ChatConfig,
        sender: Handset,
        receiver: Handset,
        timing: Timing,
        wait: Callable[[float], object],
        evidence: EvidenceFolder | None = None,
    ) -> None:
        """Put a lane together; `open` brings it to life.

        Args:
            config: Its testbed entry.
            chat: The chat to send in.
            sender: Handset that sends.
            receiver: Handset that reads.
            timing: How long to wait for what.
            wait: Waits a number of seconds between two looks; true when the run ends, at once.
            evidence: Where `keep_evidence` keeps it; ``None`` for nowhere.
        """
        self._evidence = evidence
        self._silent: dict[Handset, str] = {}  # had nothing to show for an attempt; asked again
        self.config = config
        self.chat = chat
        self.timing = timing
        self._sender = sender
        self._receiver = receiver
        self._wait = wait
        self._readers: list[Reader] = [
            _READERS[mode](receiver, chat.receiver_title) for mode in config.receiver.read
        ]
        self._reader = self._readers[0]
        self._texts: list[str] = []  # all incoming texts known, oldest first
        self._places: list[int | None] = []  # their places; None for those from before the run
        self._next_place = 0
        self._prepared: _Prepared | None = None
        self._seen: tuple[Screen, ChatView] | None = None  # the sender's screen when last seen

    @property
    def name(self) -> str:
        """Its name in the testbed."""
        return self.config.name

    @property
    def longest_message(self) -> int:
        """Longest text the app sends whole, in characters."""
        return self.config.sender.profile.longest_message

    @property
    def joiner(self) -> str:
        """What the app profile puts between the components of a combination."""
        return self.config.sender.profile.joiner

    def open(self, arrived: Sequence[str] | None = None) -> None:
        """Start both sessions, open the chat at both ends, and note what is already there.

        Args:
            arrived: Texts known to have arrived in an interrupted run, oldest first. What the
                receiver shows beyond them is then new; otherwise all that it shows is old.

        Raises:
            DriverError: A session cannot be opened or the chat not be found.
        """
        for handset in (self._sender, self._receiver):
            handset.start()
        self._enter(self._sender, self.chat.sender_title)
        self._seen = None
        self._enter(self._receiver, self.chat.receiver_title)
        texts = self._begin_reading(self._readers, is_resumed=bool(arrived))
        if arrived:
            self._texts = list(arrived)
            self._places = list(range(len(arrived)))
            self._next_place = len(arrived)
        else:
            self._texts = list(texts)
            self._places = [None] * len(self._texts)

    def close(self) -> None:
        """End both sessions."""
        for handset in (self._sender, self._receiver):
            handset.stop()

    def recover(self) -> None:
        """Bring both ends back to the chat, with new sessions, keeping what is known to be there.

        Raises:
            DriverError: That is not possible.
        """
        self._prepared = None
        self._come_back(self._sender, lambda: self._enter(self._sender, self.chat.sender_title))
        self._come_back(self._receiver, self._go_on_reading)
        self._seen = None
        silent, self._silent = self._silent, {}
        for handset, attempt in silent.items():
            self._keep_evidence(handset, attempt)

    def keep_alive(self) -> None:
        """Give both sessions something cheap to do, so that they outlive a long pause.

        Raises:
            SessionLost: One is gone nevertheless.
        """
        for handset in (self._sender, self._receiver):
            handset.keep_alive()

    def keep_evidence(self, attempt: str) -> None:
        """Keep what both ends have to show for something that went wrong.

        Args:
            attempt: Id of the attempt in hand.
        """
        for handset in (self._sender, self._receiver):
            self._keep_evidence(handset, attempt)

    def _keep_evidence(self, handset: Handset, attempt: str) -> None:
        if self._evidence is None:
            return
        exhibits = tuple(handset.exhibits())
        self._evidence.keep(exhibits, attempt=attempt, handset=handset.config.name)
        if not exhibits:
            self._silent[handset] = attempt

    @property
    def read_mode(self) -> ReadMode:
        """How arrivals are read now."""
        return self._reader.mode

    def app_version(self) -> str | None:
        """Version of the app at the sender."""
        return self._sender.app_version()

    def own_texts(self) -> tuple[str, ...]:
        """Texts of the sender's own bubbles now visible, oldest first."""
        _, view = self._see_sender()
        return tuple(bubble.text for bubble in view.bubbles if bubble.is_own)

    def prepare(self, text: str) -> None:
        """Type a text into the right chat and read it back.

        Raises:
            WrongChat: Another chat is open. Nothing will be sent.
            InputMismatch: The field does not read back exactly `text`. Nothing will be sent.
            ScreenUnknown: The input field or the send button is not there.
            SessionLost: The sender's session is gone.
        """
        self._prepared = None
        profile = self.config.sender.profile
        screen, view = self._sender_before_typing()
        self._require_chat(view, "Nothing was typed.")
        field = require(screen, profile.screens.input, "input field", self._sender.config)
        self._sender.type_into(field, text, "the input field", clear=bool(view.input_text))
        newest_before = view.last_own
        screen = uncovered(self._sender)
        view = read_draft(screen, profile)
        self._require_chat(view, "It came up while the text was typed; nothing was sent.")
        if view.input_text != text:
            raise InputMismatch(
                f"{self._sender.config.name}: the input field reads {view.input_text!r} after "
                f"{text!r} was typed. Nothing was sent. Check the keyboard and the app's text "
                "settings (autocorrection, longest message)."
            )
        button = require(screen, profile.screens.send, "send button", self._sender.config)
        self._prepared = _Prepared(text, button, newest_before)

    def send(self) -> SentView:
        """Tap *send*, once, and read what the sender's handset shows.

        Raises:
            DriverError: Something went wrong; whether the message was sent is then not known.
        """
        if self._prepared is None:
            raise DriverError(f"{self.name}: nothing is prepared; call prepare() before send().")
        prepared, self._prepared = self._prepared, None
        self._sender.tap(prepared.button, "the send button")
        sent_at = datetime.now(UTC)
        own = self._own_bubble_of(prepared)
        return SentView(
            sent_at=sent_at,
            own_text=None if own is None else own.text or None,
            mark=None if own is None else own.mark,
            notice=None if own is None else own.notice,
        )

    def look(self, *, expected: int) -> list[Incoming]:
        """What has come in at the receiver, or gone, since the last look.

        Args:
            expected: Most messages that can have arrived since; if the screen shows that many and
                none that is known, the conversation need not be scrolled back to find the rest.

        Raises:
            WrongChat: The receiver shows another chat.
            SessionLost: The receiver's session is gone.
            ReadModeChanged: Texts are read in another way from now on. What arrived since the last
                look may never be seen.
            Unreadable: They can be read in none of the ways the testbed allows.
        """
        try:
            over = self._reader.look(tuple(self._texts), expected=expected)
        except Unreadable as error:
            self._change_reader(error)
            raise ReadModeChanged(
                f"{self._receiver.config.name}: reads by {self._reader.mode} from now on: {error}"
            ) from error
        return self._taken_in(over)

    def _begin_reading(self, readers: Sequence[Reader], *, is_resumed: bool) -> tuple[str, ...]:
        """Begin with the first way in which texts can be read; the texts that are there."""
        for reader in readers[:-1]:
            try:
                texts = reader.begin(is_resumed=is_resumed)
            except Unreadable:
                # It may have left the chat before it found out.
                self._enter(self._receiver, self.chat.receiver_title)
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
        self._enter(self._receiver, self.chat.receiver_title)
        self._texts = list(self._begin_reading(others, is_resumed=False))
        self._places = [None] * len(self._texts)

    def _go_on_reading(self) -> None:
        if self._reader.needs_chat:
            self._enter(self._receiver, self.chat.receiver_title)
        self._reader.go_on()

    def _come_back(self, handset: Handset, step: Callable[[], object]) -> None:
        """Take a step on a handset, with a new session if it needs one."""
        for _ in range(_MOST_RESTARTS):
            try:
                step()
            except (NotLoggedIn, WrongChat):
                raise  # a new session would find the same
            except DriverError:
                handset.restart()
            else:
                return
        step()

    def _taken_in(self, over: Overlay) -> list[Incoming]:
        now, mode = datetime.now(UTC), self._reader.mode
        gone = [
            Incoming(place=place, text=self._texts[at], seen_at=now, is_gone=True, read_mode=mode)
            for at in over.gone
            if (place := self._places[at]) is not None
        ]
        for at in reversed(over.gone):
            del self._texts[at], self._places[at]
        new = [
            Incoming(place=self._next_place + offset, text=text, seen_at=now, read_mode=mode)
            for offset, text in enumerate(over.new)
        ]
        self._texts.extend(over.new)
        self._places.extend(incoming.place for incoming in new)
        self._next_place += len(new)
        return gone + new

    def _own_bubble_of(self, prepared: "_Prepared") -> Bubble | None:
        """The bubble of the message just sent, once its mark has settled; ``None`` if none shows.

        Raises:
            ScreenUnknown: The text does not leave the field.
        """
        deadline = monotonic() + self.timing.settle_s
        before: ChatView | None = None
        while True:
            screen, view = self._see_sender()
            has_left = view.input_text != prepared.text
            own = view.last_own
            # An app may empty the field before it draws the bubble; until then, the newest bubble
            # is that of the message before.
            if own is not None and not own.text:
                # The tree hides texts: it is taken for the new one once nothing moves any more.
                own = own if view == before else None
            elif own is not None and own.text != prepared.text and own == prepared.newest_before:
                own = None
            before = view if has_left else None
            if has_left and own is not None and own.mark is not Mark.PENDING:
                self._seen = (screen, view)
                return own
            if monotonic() >= deadline:
                if has_left:
                    return own
                raise ScreenUnknown(
                    f"{self._sender.config.name}: the text is still in the input field "
                    f"{self.timing.settle_s} s after the tap on send."
                )
            if self._wait(_POLL_S):
                deadline = 0.0  # the run is over: one more look has to do

    def _sender_before_typing(self) -> tuple[Screen, ChatView]:
        """The sender's screen: as seen after the last message, unless that is too long ago."""
        seen, self._seen = self._seen, None
        if seen is None or (datetime.now(UTC) - seen[0].taken_at).total_seconds() > _FRESH_S:
            return self._see_sender()
        return seen

    def _see_sender(self) -> tuple[Screen, ChatView]:
        screen = uncovered(self._sender)
        return screen, read_chat(screen, self.config.sender.profile)

    def _require_chat(self, view: ChatView, consequence: str) -> None:
        if view.title != self.chat.sender_title:
            raise WrongChat(
                f"{self._sender.config.name}: the open chat is {view.title!r}, not "
                f"{self.chat.sender_title!r}. {consequence}"
            )

    def _enter(self, handset: Handset, title: str) -> Screen:
        """Go to the chat of this title, from wherever the app is."""
        profile = handset.config.profile
        handset.bring_app_to_front()
        for _ in range(_MOST_STEPS_TO_CHAT):
            screen = self._screen_of_app(handset)
            if profile.screens.login and screen.first(profile.screens.login) is not None:
                raise NotLoggedIn(
                    f"{handset.config.name}: {profile.title} shows its log-in screen. Log in with "
                    f"the account {handset.config.account.label!r} and start again."
                )
            view = read_chat(screen, profile)
            if view.title == title and view.input_text is not None:
                return screen
            if view.input_text is not None:
                handset.go_back()  # another chat is open
                continue
            self._open_row(handset, screen, title)
        raise WrongChat(
            f"{handset.config.name}: could not open the chat {title!r}. Open it by hand once, and "
            "check its title in the testbed."
        )

    def _screen_of_app(self, handset: Handset) -> Screen:
        """What the app shows, once it is in front: one that was not running takes a while."""
        deadline = monotonic() + _START_S
        while True:
            try:
                return uncovered(handset)
            except ScreenUnknown:
                if monotonic() >= deadline:
                    raise
                self._wait(_POLL_S)
                handset.bring_app_to_front()

    def _open_row(self, handset: Handset, screen: Screen, title: str) -> None:
        profile = handset.config.profile
        for row in screen.all(profile.screens.chat_row):
            name = row.first(profile.screens.chat_name)
            if name is not None and name.text == title:
                handset.tap_node(row, f"the chat {title!r}")
                return
        shown = [
            name.text
            for row in screen.all(profile.screens.chat_row)
            if (name := row.first(profile.screens.chat_name)) is not None
        ]
        raise WrongChat(
            f"{handset.config.name}: there is no chat {title!r} in the list; it shows: "
            f"{', '.join(map(repr, shown)) or 'nothing'}. Create it, or correct its title in the "
            "testbed."
        )
