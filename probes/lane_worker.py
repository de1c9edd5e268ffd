"""One lane at work: sends the messages it is given, one at a time, and writes down what is seen.

A worker runs in a thread of its own. It asks the campaign for the next message and tells it of
every attempt as it develops; it decides nothing about entries. It never sends an attempt twice:
what is interrupted after the tap stays unknown.

An attempt is committed before the tap; what is observed of it, at the end of a look or later (see
`probes.notes`).
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from threading import Thread
from time import monotonic
from typing import Final, Protocol

from drivers.errors import (
    DriverError,
    InputMismatch,
    NotLoggedIn,
    SessionLost,
    WrongChat,
)
from drivers.lane import Lane
from probes.lane_book import Commits, LaneBook
from probes.message import Message
from probes.notes import Observed
from probes.observer import Observer
from probes.pacing import Pacer
from results.errors import JournalError
from results.record import (
    ArrivalRecord,
    Attempt,
    Condition,
    MessageKind,
    Notice,
    SenderState,
    VoidReason,
)

MOST_LOST_CONTROLS: Final = 3
"""Controls in a row that may be lost before the lane is given up."""

MOST_FAILURES: Final = 3
"""Failures in a row, none of its messages arriving in between, before the lane is given up."""

MOST_RATE_LIMITS: Final = 3
"""Messages in a row that may be turned away for haste before the lane is given up."""

_FATAL_NOTICES: Final = frozenset({Notice.ACCOUNT_RESTRICTED, Notice.RECIPIENT_REFUSED})
_RECENT: Final = 24
_CONTROLS_KEPT: Final = 4
_POLL_S: Final = 0.05
_IDLE_S: Final = 0.25  # between two questions whether there is something to send after all
_BEAT_S: Final = 30.0  # pauses longer than this are interrupted by a sign of life
_BACK_OFF_TIMES: Final = 4.0
_FAULTS: Final = (
    (SessionLost, VoidReason.SESSION_LOST),
    (WrongChat, VoidReason.WRONG_CHAT),
    (NotLoggedIn, VoidReason.WRONG_CHAT),
    (InputMismatch, VoidReason.INPUT_MISMATCH),
)


class Books(Commits, Protocol):
    """Where a worker writes what it does, and learns what to do."""

    def new_attempt(self, worker: "LaneWorker", message: Message, observed: Observed) -> Attempt:
        """Make an attempt and commit it, with what was observed before anything is tapped."""
        ...

    def next_message(self, worker: "LaneWorker", *, may_wait: bool) -> Message | None:
        """Something to send; ``None`` when the worker should end.

        Args:
            worker: Who asks; with `may_wait`, it has nothing in hand any more.
            may_wait: Whether to wait for it; if not, ``None`` also says that there is nothing now.
        """
        ...

    def lane_ended(self, worker: "LaneWorker") -> None:
        """Note that a worker has ended, or was given up (see `LaneWorker.down`)."""
        ...


class LaneWorker:
    """Runs one lane."""

    def __init__(
        self,
        lane: Lane,
        condition: Condition,
        books: Books,
        *,
        pacer: Pacer,
        wait: Callable[[float], object],
        earlier: list[Attempt],
        observers: Sequence[Observer] = (),
    ) -> None:
        """Prepare a worker for a lane that is open.

        Args:
            lane: The lane.
            condition: What its attempts are made under.
            books: Where attempts are written.
            pacer: Keeps the sender's pace.
            wait: Waits some seconds; true when the run ends, at once or meanwhile.
            earlier: Attempts of this run on this lane, if it is resumed, in order of sending.
            observers: What watches the lane's messages beside its receiver; they are told of each.
        """
        self.lane = lane
        self.condition = condition
        self.down: str | None = None
        self.is_fresh = True
        self.since_control = 0
        self.since_canary = _since_canary(earlier)
        self.lost_controls = 0
        self.messages = len(earlier)
        self.recent: deque[str] = deque((each.text for each in earlier), maxlen=_RECENT)
        self.controls: deque[str] = deque(maxlen=_CONTROLS_KEPT)
        self.last_probe: str | None = None
        self._failures = 0
        self._rate_limits = 0
        self._books = books
        self._pacer = pacer
        self._wait = wait
        self._observers = observers
        self._book = LaneBook(
            lane.name,
            lane.config.receiver.name,
            books,
            settle_s=lane.timing.settle_s,
            removal_window_s=lane.timing.removal_window_s,
            earlier=earlier,
        )
        self._thread = Thread(target=self._run, name=lane.name, daemon=True)

    @property
    def name(self) -> str:
        """Name of the lane."""
        return self.lane.name

    @property
    def stretch(self) -> frozenset[str]:
        """Texts sent since the last control, and that control's."""
        return frozenset(list(self.recent)[-1 - self.since_control :])

    @property
    def open_messages(self) -> int:
        """How many messages have not arrived and were not overtaken by one that did."""
        return len(self._book.open_places)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the worker to end; whether it has. What one that hangs has seen is committed."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        has_ended = not self._thread.is_alive()
        if not has_ended:
            self.write()
        return has_ended

    def pick_up(self, arrived: list[ArrivalRecord]) -> None:
        """After an interruption: look for what was on its way, at both ends.

        Nothing is sent. What has arrived since is entered; a message whose tap was not seen to
        return and that stands in the sender's chat is noted as found there.

        Args:
            arrived: What had arrived on this lane before.
        """
        self._book.pick_up(arrived, tells_removals=self.lane.receiver.tells_removals)
        self._look(patience_s=0.0)
        self._find_at_sender()

    def _find_at_sender(self) -> None:
        """Note whether the newest message, if its tap was not seen to return, was sent after all.

        The same text may have been sent before, so only the newest bubble can be its own, and only
        if the message before it reads differently.
        """
        attempts = self._book.attempts
        if not attempts:
            return
        newest = attempts[-1]
        if newest.sent_at is not None or newest.fault is not None or newest.arrived_at is not None:
            return
        before = next((each for each in reversed(attempts) if each.sent_at is not None), None)
        own_texts = self.lane.own_texts()
        is_there = bool(own_texts) and own_texts[-1] == newest.text
        if is_there and (before is None or before.text != newest.text):
            self._book.commit(
                replace(
                    newest,
                    own_text=newest.text,
                    fault_detail="interrupted at the tap; found in the sender's chat",
                )
            )

    def _run(self) -> None:
        has_ended = False
        try:
            while self.down is None:
                # The pause comes first, so that what to send is decided when it can be sent, and
                # nothing is sent once the run is over.
                self._pacer.wait(self._pause)
                # Asked once: another thread may write the notes, too.
                may_wait = not (self._book.has_notes or self._book.second_looks)
                message = self._books.next_message(self, may_wait=may_wait)
                if message is not None:
                    self._handle(message)
                elif may_wait:
                    break
                else:
                    self.write()
                    if self._book.second_looks:
                        if self._wait(min(self._book.second_looks.left_s(), _IDLE_S)):
                            break  # the run is over
                        self._look_again()
            has_ended = True
        except JournalError as error:
            self.down = f"{self.name}: {error}"
        finally:
            if not has_ended and self.down is None:
                self.down = f"{self.name}: ended by a bug in the harness; please report it"
            self._books.lane_ended(self)

    def _handle(self, message: Message) -> None:
        """Send one message; whatever goes wrong is written down and, if possible, mended."""
        has_sent = False
        try:
            self._send(message)
            has_sent = True
            self._look(self._patience_s(message))
        except DriverError as error:
            self.write()  # before anything that takes long, such as keeping evidence
            if has_sent:
                self._book.doubt_open(str(error))  # they may have arrived unseen
            self._keep_evidence()
            self._fail(error)
        else:
            if not self.open_messages:
                self._failures = 0
        if message.kind is MessageKind.CONTROL and not self.since_control:
            self._count_control()
            if self.down is None:
                self._look_again()

    def _look_again(self) -> None:
        """Look once more for messages whose time has come, and which are not in sight any more.

        All at once, the chat scrolled back to the oldest. What cannot be seen then is given up: of
        it nothing is known but that it arrived.
        """
        due = self._book.second_looks.due()
        if not due:
            return
        receiver = self.lane.receiver
        try:
            if receiver.tells_removals:
                self._book.prepare_to_look()
                look = receiver.look_back(due[0])
                self._book.take_in(look, tells_removals=receiver.tells_removals)
        except DriverError as error:
            self._book.doubt_open(str(error))
            self._keep_evidence()
            self._fail(error)
        finally:
            self._book.give_up(due)

    def _keep_evidence(self) -> None:
        self.lane.keep_evidence(self._book.attempts[-1].id)

    def _pause(self, seconds: float) -> None:
        """Wait, and see on the way that the sessions do not end for want of commands."""
        self.write()
        while seconds > _BEAT_S:
            if self._wait(_BEAT_S):
                return  # the run is over
            seconds -= _BEAT_S
            try:
                self.lane.keep_alive()
            except DriverError as error:
                self._fail(error)
                if self.down is not None:
                    return
        self._wait(seconds)

    def _fail(self, error: DriverError) -> None:
        """Count a failure, and bring the lane back; what follows must show that it works."""
        self._failures += 1
        self.is_fresh = True
        self._mend(error)
        if self.down is None:
            try:
                self._look(patience_s=0.0)  # the message in hand may be the run's last
            except DriverError as again:
                self._failures += 1
                self._book.doubt_open(str(again))
                self._keep_evidence()

    def _send(self, message: Message) -> None:
        try:
            self.lane.prepare(message.text)
        except DriverError as error:
            attempt = self._begin(message)
            self._book.commit(replace(attempt, fault=_fault_of(error), fault_detail=str(error)))
            raise
        attempt = self._begin(message)
        self._book.expect(attempt)
        for observer in self._observers:
            observer.expect(attempt)
        if message.kind is MessageKind.CONTROL:
            self.is_fresh = False
            self.since_control = 0  # only now: one that was stopped before the tap shows nothing
        if message.kind is MessageKind.CANARY:
            self.since_canary = 0
        try:
            view = self.lane.send()
        except DriverError as error:
            # It may have been sent or not; if it arrives, that will be seen.
            self._book.commit(replace(attempt, fault=_fault_of(error), fault_detail=str(error)))
            raise
        notice = None if view.notice is None else Notice(view.notice.value)
        self._book.note(
            replace(
                attempt,
                sent_at=view.sent_at,
                own_text=view.own_text,
                sender_state=None if view.mark is None else SenderState(view.mark.value),
                notice=notice,
            )
        )
        self._heed(notice)

    def _heed(self, notice: Notice | None) -> None:
        """Slow down, or stop, when the app says so."""
        is_limited = notice is Notice.RATE_LIMITED
        self._rate_limits = self._rate_limits + 1 if is_limited else 0
        self._pacer.note_sent(_BACK_OFF_TIMES**self._rate_limits)
        if self._rate_limits >= MOST_RATE_LIMITS or notice in _FATAL_NOTICES:
            self.down = (
                f"{self.name}: the app reports {str(notice).replace('_', ' ')} for the account "
                f"{self.lane.config.sender.account.label!r}. Look at its handset, and let the "
                "account rest."
            )

    def _begin(self, message: Message) -> Attempt:
        attempt = self._book.begin(message, partial(self._books.new_attempt, self))
        self.messages += 1
        self.recent.append(message.text)
        if message.kind is MessageKind.CONTROL:
            self.controls.append(message.text)
        if message.kind is MessageKind.PROBE:
            self.last_probe = message.text
        self.since_control += 1
        if self.since_canary is not None:
            self.since_canary += 1
        return attempt

    def _patience_s(self, message: Message) -> float:
        """How long to look for the message just sent.

        A later arrival ends the wait for it, so it need not be long; but a lane that was seen to
        reorder proves nothing that way, and a second control in a row has nothing later to wait
        for.
        """
        is_last_hope = message.kind is MessageKind.CONTROL and self.lost_controls > 0
        if self._book.has_reordered or is_last_hope:
            return self.lane.timing.settle_s
        return self.lane.timing.look_s

    def _look(self, patience_s: float) -> None:
        """Look at the receiver until the newest message is there, or patience runs out."""
        deadline = monotonic() + patience_s
        receiver = self.lane.receiver
        while True:
            self._book.prepare_to_look()
            left_s = max(0.0, deadline - monotonic())
            look = receiver.look(expected=self.open_messages + 1, patience_s=left_s)
            self._book.take_in(look, tells_removals=receiver.tells_removals)
            has_ended = not self._book.is_waiting or monotonic() >= deadline
            if has_ended:
                self._book.write_or_wait()
            else:
                self.write()
            if has_ended or self._wait(_POLL_S):
                return

    def _count_control(self) -> None:
        if not self.open_messages:
            self.lost_controls = 0
            return
        self.lost_controls += 1
        if self.lost_controls >= MOST_LOST_CONTROLS and self.down is None:
            reason = (
                f"{self.name}: {self.lost_controls} controls in a row did not arrive at "
                f"{self.lane.config.receiver.name!r}. Check that its app is running, online and "
                "not blocked."
            )
            self._give_up(reason)

    def _mend(self, error: DriverError) -> None:
        if self._failures >= MOST_FAILURES:
            self._give_up(f"{self.name}: failed {self._failures} times in a row, at last: {error}")
            return
        try:
            self.lane.recover()
        except DriverError as second:
            self._give_up(f"{self.name}: {second}")

    def _give_up(self, reason: str) -> None:
        self.down = reason
        self._book.doubt_open(reason)

    def write(self) -> None:
        """Commit what was noted; who is about to tell a verdict asks for it as well."""
        self._book.write()


def _since_canary(attempts: list[Attempt]) -> int | None:
    """How many messages of a lane came after its last canary; ``None`` if it has had none."""
    kinds = [attempt.kind for attempt in reversed(attempts)]
    return kinds.index(MessageKind.CANARY) if MessageKind.CANARY in kinds else None


def _fault_of(error: DriverError) -> VoidReason:
    return next((fault for kind, fault in _FAULTS if isinstance(error, kind)), VoidReason.LANE_DOWN)
