"""What a lane has sent and what its receiver has shown: who belongs to whom, and what to commit.

The worker sends and looks; here it is entered what that means for each attempt. All that one look
has shown is committed at once, with the cursor of an inbox.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import Final, Protocol

from drivers.deliveries import Deliveries
from drivers.incoming import Incoming, Look
from probes.message import Message
from probes.notes import Notes, Observed
from probes.second_look import SecondLooks
from results.record import ArrivalRecord, Attempt, Cursor, ReadMode, VoidReason

_EXPECTED_AGAIN: Final = 64  # messages before an interruption that are looked for again


class Commits(Protocol):
    """Where a lane's observations go: the campaign, which keeps journal and ledger."""

    @property
    def run_id(self) -> str:
        """Id of the run."""
        ...

    def learn(self, attempts: Sequence[Attempt]) -> None:
        """Take into account what is newly known of attempts."""
        ...

    def observe(self, observed: Observed) -> None:
        """Commit what was observed, then take it into account."""
        ...

    def watch(self, attempt_id: str) -> None:
        """Note that an attempt which arrived will be looked for again."""
        ...

    def release(self, attempts: Sequence[Attempt]) -> None:
        """Note that attempts are not looked for any more; what is known of them is all."""
        ...


class Begins(Protocol):
    """Makes an attempt of a message, and commits it with what was observed before."""

    def __call__(self, message: Message, observed: Observed) -> Attempt:
        """The attempt; on the disk when this returns."""
        ...


class LaneBook:
    """The attempts of one lane and their arrivals; safe to write from another thread."""

    def __init__(
        self,
        lane: str,
        receiver: str,
        commits: Commits,
        *,
        settle_s: float,
        removal_window_s: float,
        earlier: Iterable[Attempt],
    ) -> None:
        """Begin with what is known of a lane.

        Args:
            lane: Its name.
            receiver: Name of what reads at its other end.
            commits: Where what is seen goes.
            settle_s: How long a message is watched for on a lane that reorders.
            removal_window_s: How long after its arrival a message is looked for again; 0 for never.
            earlier: Its attempts before the run was interrupted, in the order of sending.
        """
        self._lane = lane
        self._receiver = receiver
        self._commits = commits
        self._settle_s = settle_s
        self._deliveries = Deliveries()
        self._watched: set[int] = set()  # places of messages sent lately that have not arrived
        self._attempts = {attempt.lane_seq: attempt for attempt in earlier}
        self._notes = Notes()
        self._committing = Lock()  # held until what was noted is taken into account
        self._attempt_of_place: dict[int, int] = {}
        self.second_looks = SecondLooks(removal_window_s)

    @property
    def open_places(self) -> tuple[int, ...]:
        """Places of the messages that may still be expected, in the order of sending."""
        return self._deliveries.open_places

    @property
    def has_reordered(self) -> bool:
        """Whether a message was seen to arrive after a later one."""
        return self._deliveries.has_reordered

    @property
    def is_waiting(self) -> bool:
        """Whether a message may still be seen to arrive."""
        return bool(self.open_places or (self.has_reordered and self._watched))

    @property
    def has_notes(self) -> bool:
        """Whether something is not committed yet."""
        return bool(self._notes)

    @property
    def attempts(self) -> Sequence[Attempt]:
        """All attempts as they are known now, in the order of sending."""
        return [self._attempts[place] for place in sorted(self._attempts)]

    def begin(self, message: Message, begins: Begins) -> Attempt:
        """Make an attempt of a message, committed with what was noted before."""
        with self._committing:
            attempt = begins(message, self._notes.take())
        self._attempts[attempt.lane_seq] = attempt
        return attempt

    def expect(self, attempt: Attempt) -> None:
        """Note that an attempt may arrive from now on."""
        self._deliveries.add_sent(attempt.lane_seq, attempt.text)
        self._watched.add(attempt.lane_seq)

    def pick_up(self, arrived: Sequence[ArrivalRecord], *, tells_removals: bool) -> None:
        """After an interruption: go on with what had arrived, and with what had not.

        Args:
            arrived: What had arrived, in the order of arrival.
            tells_removals: Whether the receiver shows that a message is gone.
        """
        place_of = {attempt.id: place for place, attempt in self._attempts.items()}
        self._attempt_of_place = {
            record.place: place_of[record.attempt_id]
            for record in arrived
            if record.attempt_id is not None
        }
        for record in arrived[-_EXPECTED_AGAIN:]:
            place = self._attempt_of_place.get(record.place)
            if place is not None and tells_removals:
                self._look_later(record.place, self._attempts[place], record.seen_at)
        newest = max(self._attempt_of_place.values(), default=-1)
        for attempt in self.attempts:
            if attempt.lane_seq > newest and (attempt.sent_at or not attempt.fault):
                self.expect(attempt)

    def prepare_to_look(self) -> None:
        """Commit what an inbox has given: it may forget that once it is asked again."""
        if self._notes.has_cursor:
            self.write()

    def take_in(self, look: Look, *, tells_removals: bool) -> None:
        """Note what a look has shown, so that all of it is committed at once."""
        with self._committing:
            # What is new comes first: a message may have come and gone between two looks.
            self._enter([each for each in look.incoming if each.is_new], tells_removals)
            for each in look.incoming:
                if not each.is_new:
                    self._change(each)
            self._confirm(look.still_there)
            if look.cursor is not None:
                self._notes.set_cursor(
                    Cursor(run_id=self._commits.run_id, receiver=self._receiver, cursor=look.cursor)
                )
        self._watch()

    def give_up(self, places: Iterable[int]) -> None:
        """Look no more for messages that arrived at these places."""
        left = [place for place in places if self.second_looks.forget(place)]
        self.write()
        self._commits.release([self._attempts[self._attempt_of_place[each]] for each in left])

    def doubt_open(self, reason: str) -> None:
        """Note of messages under way that nothing can be concluded if they are not seen."""
        for place in self.open_places:
            if self._attempts[place].fault is None:
                self.note(
                    replace(self._attempts[place], fault=VoidReason.LANE_DOWN, fault_detail=reason)
                )
        self.write()

    def note(self, attempt: Attempt) -> None:
        """Note what is newly known of an attempt."""
        self._attempts[attempt.lane_seq] = attempt
        self._notes.add(attempt)

    def commit(self, attempt: Attempt) -> None:
        """Note it, and write all that was noted."""
        self.note(attempt)
        self.write()

    def write(self) -> None:
        """Commit what was noted; who is about to tell a verdict asks for it as well."""
        with self._committing:
            if self._notes:
                self._commits.observe(self._notes.take())

    def write_or_wait(self) -> None:
        """Commit what was noted, unless it can wait for the lane's next message."""
        if not self._notes.can_wait():
            self.write()
            return
        with self._committing:
            self._commits.learn(self._notes.attempts)

    def _enter(self, incoming: list[Incoming], tells_removals: bool) -> None:
        for delivery in self._deliveries.add_incoming(incoming):
            arrival = delivery.incoming
            attempt = None if delivery.sent is None else self._attempts[delivery.sent]
            mode = ReadMode(arrival.read_mode.value)
            self._notes.add_arrival(
                ArrivalRecord(
                    run_id=self._commits.run_id,
                    lane=self._lane,
                    place=arrival.place,
                    text=arrival.text,
                    seen_at=arrival.seen_at,
                    attempt_id=None if attempt is None else attempt.id,
                    read_mode=mode,
                    message_id=arrival.message_id,
                )
            )
            if attempt is None:
                continue
            self._attempt_of_place[arrival.place] = attempt.lane_seq
            if tells_removals:
                self._look_later(arrival.place, attempt, arrival.seen_at)
            self.note(
                replace(
                    attempt,
                    arrived_text=arrival.text,
                    read_mode=mode,
                    arrived_at=arrival.seen_at,
                    observed_until=arrival.seen_at,
                )
            )

    def _look_later(self, place: int, attempt: Attempt, arrived_at: datetime) -> None:
        is_known = attempt.gone_at is not None or attempt.still_there_at is not None
        if self.second_looks.is_on and not is_known:
            self.second_looks.expect(place, arrived_at)
            self._commits.watch(attempt.id)

    def _change(self, incoming: Incoming) -> None:
        """Note that a message that had arrived was changed, or is gone."""
        place = self._attempt_of_place.get(incoming.place)
        if place is None:
            return
        attempt = self._attempts[place]
        if incoming.is_edited:
            self.note(replace(attempt, arrived_text=incoming.text, edited_at=incoming.seen_at))
        elif attempt.gone_at is None:
            self.second_looks.forget(incoming.place)
            self.note(replace(attempt, gone_at=incoming.seen_at))

    def _confirm(self, still_there: Collection[int]) -> None:
        """Note of messages whose time has come that they are still there."""
        now = datetime.now(UTC)
        for place in self.second_looks.due() if still_there else ():
            if place in still_there and self.second_looks.forget(place):
                attempt = self._attempts[self._attempt_of_place[place]]
                self.note(replace(attempt, still_there_at=now))

    def _watch(self) -> None:
        """Note of messages that have not arrived how long the receiver was watched for them.

        Once is enough where a later arrival ended the wait; a lane that was seen to reorder is
        watched until `settle_s` after the tap.
        """
        now = datetime.now(UTC)
        for place in sorted(self._watched):
            attempt = self._attempts[place]
            is_overtaken = place not in self.open_places
            is_settled = (
                attempt.sent_at is not None
                and (now - attempt.sent_at).total_seconds() >= self._settle_s
            )
            has_news = is_settled or (is_overtaken and attempt.observed_until is None)
            if attempt.arrived_at is None and has_news:
                self.note(replace(attempt, observed_until=now))
            if attempt.arrived_at is not None or is_settled:
                self._watched.discard(place)
