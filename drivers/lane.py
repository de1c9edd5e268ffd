"""A lane: a sender, a receiver and the chat between them.

A lane types and sends one message at a time and tells what has come in at the other end. It knows
nothing of entries, controls or verdicts. Sending is in two steps, so that a caller can write down
that a message is about to be sent after everything has been checked and before anything is tapped::

    lane.prepare(text)      # the right chat is open, the field reads back exactly `text`
    ...                     # commit the attempt to the journal
    sent = lane.send()      # tap
    for arrival in lane.look(): ...
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic

from drivers.chat import Bubble, ChatView, Mark, NoticeKind, read_chat, read_draft, read_end
from drivers.chat_entry import enter_chat
from drivers.end import End
from drivers.errors import DriverError, InputMismatch, ScreenUnknown, WrongChat
from drivers.evidence import EvidenceFolder
from drivers.handset import require
from drivers.incoming import Incoming, Past
from drivers.obstruction import uncovered
from drivers.profile import ReadMode
from drivers.receiver import Receiver
from drivers.screen import Found, Screen
from drivers.session_care import ScreenCheck, come_back, start
from drivers.testbed import ChatConfig, LaneConfig, Timing

_POLL_S = 0.05
_FRESH_S = 1.0  # how long a snapshot of the sender is trusted to show the chat that is open


@dataclass(frozen=True, slots=True, kw_only=True)
class SentView:
    """What the sender's handset showed after the tap.

    Attributes:
        sent_at: When the tap returned.
        own_text: Text of the newest own bubble; ``None`` where none was seen or could be read.
        mark: Its delivery mark. Where the app hides texts from the tree and has no marks but for
            failure, `Mark.UNMARKED`: the text has left the field and nothing says that it failed.
        notice: What the app said below it.
    """

    sent_at: datetime
    own_text: str | None
    mark: Mark | None
    notice: NoticeKind | None


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
    """Sends on one handset and reads on another.

    Attributes:
        config: Its testbed entry; once it is open, with profiles as they fit the apps' versions.
        chat: The chat it sends in.
        timing: How long it waits for what.
        receiver: What reads at its other end.
        warnings: What is to be said of the apps' versions, once it is open.
    """

    def __init__(
        self,
        config: LaneConfig,
        *,
        chat: ChatConfig,
        sender: End,
        receiver: Receiver,
        timing: Timing,
        wait: Callable[[float], object],
        evidence: EvidenceFolder | None = None,
        check: ScreenCheck | None = None,
    ) -> None:
        """Put a lane together; `open` brings it to life.

        Args:
            config: Its testbed entry.
            chat: The chat to send in.
            sender: The end that sends.
            receiver: What reads at the other end.
            timing: How long to wait for what.
            wait: Waits a number of seconds between two looks; true when the run ends, at once.
            evidence: Where `keep_evidence` keeps it; ``None`` for nowhere.
            check: Looks at an end's screens before anything is sent, where the profile was not
                written for the app's version.
        """
        self._evidence = evidence
        self._check = check
        self.warnings: tuple[str, ...] = ()
        # Had nothing to show for an attempt; asked again.
        self._silent: dict[End | Receiver, str] = {}
        self.config = config
        self.chat = chat
        self.timing = timing
        self._sender = sender
        self.receiver = receiver
        self._wait = wait
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

    def open(self, past: Past | None = None) -> str | None:
        """Open the chat at both ends, and note what is already there.

        Args:
            past: What had arrived in a run that is resumed. What the receiver shows beyond is then
                new; otherwise all that it shows is old.

        Returns:
            The cursor of an inbox, to be committed before anything is sent; ``None`` without one.

        Raises:
            DriverError: A session cannot be opened or the chat not be found.
        """
        title = self.chat.sender_title
        said = start(self._sender, title, is_receiver=False, check=self._check)
        self._enter()
        self._seen = None
        cursor = self.receiver.open(past)
        self.warnings = tuple(f"{self.name}: {each}" for each in (*said, *self.receiver.warnings))
        self.config = replace(
            self.config, sender=self._sender.config, receiver=self.receiver.config
        )
        return cursor

    def close(self) -> None:
        """End both sessions."""
        self._sender.stop()
        self.receiver.close()

    def recover(self) -> None:
        """Bring both ends back to the chat, with new sessions, keeping what is known to be there.

        Raises:
            DriverError: That is not possible.
        """
        self._prepared = None
        come_back(self._sender, self._enter)
        self.receiver.recover()
        self._seen = None
        silent, self._silent = self._silent, {}
        for end, attempt in silent.items():
            self._keep_evidence(end, attempt)

    def keep_alive(self) -> None:
        """Give both sessions something cheap to do, so that they outlive a long pause.

        Raises:
            SessionLost: One is gone nevertheless.
        """
        self._sender.keep_alive()
        self.receiver.keep_alive()

    def keep_evidence(self, attempt: str) -> None:
        """Keep what both ends have to show for something that went wrong.

        Args:
            attempt: Id of the attempt in hand.
        """
        for end in (self._sender, self.receiver):
            self._keep_evidence(end, attempt)

    def _keep_evidence(self, end: End | Receiver, attempt: str) -> None:
        if self._evidence is None:
            return
        exhibits = tuple(end.exhibits())
        self._evidence.keep(exhibits, attempt=attempt, handset=end.config.name)
        if not exhibits:
            self._silent[end] = attempt

    @property
    def read_mode(self) -> ReadMode:
        """How arrivals are read now."""
        return self.receiver.read_mode

    def app_version(self) -> str | None:
        """Version of the app at the sender."""
        return self._sender.app_version()

    def own_texts(self) -> tuple[str, ...]:
        """Texts of the sender's own bubbles now visible, oldest first."""
        view = read_chat(uncovered(self._sender), self.config.sender.profile)
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
        if text.startswith(profile.commands):
            raise InputMismatch(
                f"{self._sender.config.name}: {text!r} begins as a command of {profile.title} does "
                f"({', '.join(profile.commands)}). Nothing was typed. Leave this entry out, or put "
                "something before it."
            )
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
            own_text=own.text or None if own is not None and own.is_whole else None,
            mark=None if own is None else own.mark or (None if own.text else Mark.UNMARKED),
            notice=None if own is None else own.notice,
        )

    def look(self, *, expected: int) -> list[Incoming]:
        """What has come in at the receiver, was changed, or went, since the last look.

        Args:
            expected: Most messages that can have arrived since; if the screen shows that many and
                none that is known, the conversation need not be scrolled back to find the rest.

        Raises:
            DriverError: As for `Receiver.look`, which also tells what is still there.
        """
        return list(self.receiver.look(expected=expected).incoming)

    def _enter(self) -> None:
        enter_chat(self._sender, self.chat.sender_title, wait=self._wait)

    def _own_bubble_of(self, prepared: "_Prepared") -> Bubble | None:
        """The bubble of the message just sent, once its mark has settled; ``None`` if none shows.

        Raises:
            ScreenUnknown: The text does not leave the field.
        """
        deadline = monotonic() + self.timing.settle_s
        before: ChatView | None = None
        shown_at: float | None = None
        while True:
            screen, view = self._see_sender()
            has_left = view.input_text != prepared.text
            own = view.last_own
            # An app may empty the field before it draws the bubble; until then, the newest bubble
            # is that of the message before.
            if own is not None and not own.text:
                # The tree hides texts: it is taken for the new one once nothing moves any more.
                own = own if view == before else None
            elif own is not None and own.is_same(prepared.newest_before):
                # Without an id, one that reads as it should may well be the new one.
                own = own if own.id is None and own.text == prepared.text else None
            before = view if has_left else None
            if has_left and own is not None and own.mark is not Mark.PENDING:
                shown_at = shown_at or monotonic()
                has_notice = own.notice is not None
                if has_notice or monotonic() - shown_at >= self.config.sender.profile.notice_s:
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
        return screen, read_end(screen, self.config.sender.profile)

    def _require_chat(self, view: ChatView, consequence: str) -> None:
        if view.title != self.chat.sender_title:
            raise WrongChat(
                f"{self._sender.config.name}: the open chat is {view.title!r}, not "
                f"{self.chat.sender_title!r}. {consequence}"
            )
