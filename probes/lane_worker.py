"""One lane at work: sends the messages it is given, one at a time, and writes down what is seen.

A worker runs in a thread of its own. It asks the campaign for the next message and tells it of
every attempt as it develops; it decides nothing about entries. It never sends an attempt twice:
what is interrupted after the tap stays unknown.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Thread
from time import monotonic
from typing import Final, Protocol

from drivers.deliveries import Deliveries
from drivers.errors import (
    DriverError,
    InputMismatch,
    NotLoggedIn,
    SessionLost,
    WrongChat,
)
from drivers.lane import Incoming, Lane
from probes.message import Message
from probes.pacing import Pacer
from results.errors import JournalError
from results.record import (
    ArrivalRecord,
    Attempt,
    Condition,
    MessageKind,
    Notice,
    ReadMode,
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
_BEAT_S: Final = 30.0  # pauses longer than this are interrupted by a sign of life
_BACK_OFF_TIMES: Final = 4.0
_FAULTS: Final = (
    (SessionLost, VoidReason.SESSION_LOST),
    (WrongChat, VoidReason.WRONG_CHAT),
    (NotLoggedIn, VoidReason.WRONG_CHAT),
    (InputMismatch, VoidReason.INPUT_MISMATCH),
)


class Books(Protocol):
    """Where a worker writes what it does: the campaign, which keeps journal and ledger."""

    @property
    def run_id(self) -> str:
        """Id of the run."""
        ...

    def new_attempt(self, worker: "LaneWorker", message: Message) -> Attempt:
        """Make an attempt and commit it, before anything is tapped."""
        ...

    def update(self, attempt: Attempt) -> None:
        """Commit what is newly known of an attempt."""
        ...

    def add_arrivals(self, arrivals: list[ArrivalRecord]) -> None:
        """Commit texts seen at the receiver."""
        ...

    def next_message(self, worker: "LaneWorker") -> Message | None:
        """Wait for something to send; ``None`` when the worker should end."""
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
    ) -> None:
        """Prepare a worker for a lane that is open.

        Args:
            lane: The lane.
            condition: What its attempts are made under.
            books: Where attempts are written.
            pacer: Keeps the sender's pace.
            wait: Waits some seconds; true when the run ends, at once or meanwhile.
            earlier: Attempts of this run on this lane, if it is resumed, in order of sending.
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
        self._deliveries = Deliveries()
        self._watched: set[int] = set()  # places of messages sent lately that have not arrived
        self._attempts = {attempt.lane_seq: attempt for attempt in earlier}
        self._attempt_of_place: dict[int, int] = {}
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
        return len(self._deliveries.open_places)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def join(self, timeout_s: float) -> bool:
        """Wait for the worker to end; whether it has."""
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def pick_up(self, arrived: list[ArrivalRecord]) -> None:
        """After an interruption: look for what was on its way, at both ends.

        Nothing is sent. What has arrived since is entered; a message whose tap was not seen to
        return and that stands in the sender's chat is noted as found there.

        Args:
            arrived: What had arrived on this lane before.
        """
        self._attempt_of_place = {
            record.place: self._place_of(record.attempt_id)
            for record in arrived
            if record.attempt_id is not None
        }
        newest = max(self._attempt_of_place.values(), default=-1)
        for place, attempt in sorted(self._attempts.items()):
            if place > newest and (attempt.sent_at or not attempt.fault):
                self._deliveries.add_sent(place, attempt.text)
                self._watched.add(place)
        self._look(patience_s=0.0)
        self._find_at_sender()

    def _find_at_sender(self) -> None:
        """Note whether the newest message, if its tap was not seen to return, was sent after all.

        The same text may have been sent before, so only the newest bubble can be its own, and only
        if the message before it reads differently.
        """
        if not self._attempts:
            return
        newest = self._attempts[max(self._attempts)]
        if newest.sent_at is not None or newest.fault is not None or newest.arrived_at is not None:
            return
        tapped = [each for each in self._attempts.values() if each.sent_at is not None]
        before = max(tapped, key=lambda attempt: attempt.lane_seq, default=None)
        own_texts = self.lane.own_texts()
        is_there = bool(own_texts) and own_texts[-1] == newest.text
        if is_there and (before is None or before.text != newest.text):
            self._commit(
                replace(
                    newest,
                    own_text=newest.text,
                    fault_detail="interrupted at the tap; found in the sender's chat",
                )
            )

    def _place_of(self, attempt_id: str) -> int:
        return next(p for p, attempt in self._attempts.items() if attempt.id == attempt_id)

    def _run(self) -> None:
        has_ended = False
        try:
            while self.down is None:
                # The pause comes first, so that what to send is decided when it can be sent, and
                # nothing is sent once the run is over.
                self._pacer.wait(self._pause)
                message = self._books.next_message(self)
                if message is None:
                    break
                self._handle(message)
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
            if has_sent:
                self._doubt_open(str(error))  # they may have arrived unseen
            self._keep_evidence()
            self._fail(error)
        else:
            if not self.open_messages:
                self._failures = 0
        if message.kind is MessageKind.CONTROL and not self.since_control:
            self._count_control()

    def _keep_evidence(self) -> None:
        self.lane.keep_evidence(self._attempts[self.messages - 1].id)

    def _pause(self, seconds: float) -> None:
        """Wait, and see on the way that the sessions do not end for want of commands."""
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
                self._doubt_open(str(again))
                self._keep_evidence()

    def _send(self, message: Message) -> None:
        try:
            self.lane.prepare(message.text)
        except DriverError as error:
            attempt = self._begin(message)
            self._commit(replace(attempt, fault=_fault_of(error), fault_detail=str(error)))
            raise
        attempt = self._begin(message)
        self._deliveries.add_sent(attempt.lane_seq, message.text)
        self._watched.add(attempt.lane_seq)
        if message.kind is MessageKind.CONTROL:
            self.is_fresh = False
            self.since_control = 0  # only now: one that was stopped before the tap shows nothing
        if message.kind is MessageKind.CANARY:
            self.since_canary = 0
        try:
            view = self.lane.send()
        except DriverError as error:
            # It may have been sent or not; if it arrives, that will be seen.
            self._commit(replace(attempt, fault=_fault_of(error), fault_detail=str(error)))
            raise
        notice = None if view.notice is None else Notice(view.notice.value)
        self._commit(
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
        attempt = self._books.new_attempt(self, message)
        self._attempts[attempt.lane_seq] = attempt
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
        if self._deliveries.has_reordered or is_last_hope:
            return self.lane.timing.settle_s
        return self.lane.timing.look_s

    def _look(self, patience_s: float) -> None:
        """Look at the receiver until the newest message is there, or patience runs out."""
        deadline = monotonic() + patience_s
        while True:
            self._enter(self.lane.look(expected=self.open_messages + 1))
            self._watch()
            is_waiting = self.open_messages or (self._deliveries.has_reordered and self._watched)
            if not is_waiting or monotonic() >= deadline or self._wait(_POLL_S):
                return

    def _watch(self) -> None:
        """Note of messages that have not arrived how long the receiver was watched for them.

        Once is enough where a later arrival ended the wait; a lane that was seen to reorder is
        watched until `settle_s` after the tap.
        """
        now = datetime.now(UTC)
        for place in sorted(self._watched):
            attempt = self._attempts[place]
            is_overtaken = place not in self._deliveries.open_places
            is_settled = (
                attempt.sent_at is not None
                and (now - attempt.sent_at).total_seconds() >= self.lane.timing.settle_s
            )
            has_news = is_settled or (is_overtaken and attempt.observed_until is None)
            if attempt.arrived_at is None and has_news:
                self._commit(replace(attempt, observed_until=now))
            if attempt.arrived_at is not None or is_settled:
                self._watched.discard(place)

    def _enter(self, incoming: list[Incoming]) -> None:
        for each in incoming:
            place = self._attempt_of_place.get(each.place)
            if each.is_gone and place is not None and self._attempts[place].gone_at is None:
                self._commit(replace(self._attempts[place], gone_at=each.seen_at))
        arrivals = []
        for delivery in self._deliveries.add_incoming(incoming):
            attempt = None if delivery.sent is None else self._attempts[delivery.sent]
            arrivals.append(
                ArrivalRecord(
                    run_id=self._books.run_id,
                    lane=self.name,
                    place=delivery.incoming.place,
                    text=delivery.incoming.text,
                    seen_at=delivery.incoming.seen_at,
                    attempt_id=None if attempt is None else attempt.id,
                    read_mode=ReadMode(delivery.incoming.read_mode.value),
                )
            )
            if attempt is not None:
                self._attempt_of_place[delivery.incoming.place] = attempt.lane_seq
                self._commit(
                    replace(
                        attempt,
                        arrived_text=delivery.incoming.text,
                        read_mode=ReadMode(delivery.incoming.read_mode.value),
                        arrived_at=delivery.incoming.seen_at,
                        observed_until=delivery.incoming.seen_at,
                    )
                )
        if arrivals:
            self._books.add_arrivals(arrivals)

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
        self._doubt_open(reason)

    def _doubt_open(self, reason: str) -> None:
        """Note of messages under way that nothing can be concluded if they are not seen."""
        for place in self._deliveries.open_places:
            if self._attempts[place].fault is None:
                self._commit(
                    replace(self._attempts[place], fault=VoidReason.LANE_DOWN, fault_detail=reason)
                )

    def _commit(self, attempt: Attempt) -> None:
        self._attempts[attempt.lane_seq] = attempt
        self._books.update(attempt)


def _since_canary(attempts: list[Attempt]) -> int | None:
    """How many messages of a lane came after its last canary; ``None`` if it has had none."""
    kinds = [attempt.kind for attempt in reversed(attempts)]
    return kinds.index(MessageKind.CANARY) if MessageKind.CANARY in kinds else None


def _fault_of(error: DriverError) -> VoidReason:
    return next((fault for kind, fault in _FAULTS if isinstance(error, kind)), VoidReason.LANE_DOWN)
