"""One observer of a lane at work: it notes which of the lane's messages another account gets.

It runs in a thread of its own and nothing waits for it: whatever becomes of it, the lane goes on
and its verdicts stay what they are. What it misses while it is in trouble is not counted.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import inf
from queue import Empty, SimpleQueue
from threading import Event, Thread
from time import monotonic
from typing import Final, Protocol

from drivers.deliveries import Deliveries
from drivers.errors import DriverError
from drivers.incoming import Incoming
from drivers.receiver import Receiver
from drivers.testbed import Timing
from results.errors import JournalError
from results.record import (
    ArrivalRecord,
    Attempt,
    Cursor,
    ReadMode,
    Sighting,
    VoidReason,
)

_MOST_FAILURES: Final = 3
_REST_S: Final = 10.0
_POLL_S: Final = 0.25
_BEAT_S: Final = 30.0


class RecordsSightings(Protocol):
    """Where an observer's sightings go: the journal."""

    def record_sightings(
        self,
        sightings: Sequence[Sighting],
        arrivals: Sequence[ArrivalRecord] = (),
        cursor: Cursor | None = None,
    ) -> None:
        """Commit what was seen, all or none of it."""
        ...


class Observer:
    """Watches one lane at one account."""

    def __init__(
        self,
        receiver: Receiver,
        *,
        run_id: str,
        lane: str,
        journal: RecordsSightings,
        timing: Timing,
        earlier: Sequence[Sighting] = (),
        texts: Sequence[tuple[int, str, str]] = (),
        arrived: Sequence[ArrivalRecord] = (),
        rest_s: float = _REST_S,
    ) -> None:
        """Prepare an observer whose receiver is open.

        Args:
            receiver: What reads.
            run_id: The run.
            lane: Name of the lane it watches.
            journal: Where sightings are committed.
            timing: How long to wait for what.
            earlier: What it had seen, if the run is resumed.
            texts: Place on the lane, id and text of the lane's messages before that.
            arrived: Texts it had seen before that.
            rest_s: How long to wait after a recovery that failed; after the next, twice as long.
        """
        self.down: str | None = None
        self._receiver = receiver
        self._run_id = run_id
        self._lane = lane
        self._journal = journal
        self._timing = timing
        self._rest_s = rest_s
        self._news: SimpleQueue[Attempt] = SimpleQueue()
        self._is_over = Event()
        self._is_abandoned = False
        self._deliveries = Deliveries()
        self._sightings: dict[int, Sighting] = {}  # by the message's place on the lane
        self._place_of_arrival: dict[int, int] = {}
        self._unseen: dict[int, float] = {}  # place on the lane → until when it is watched for
        self._again: dict[int, float] = {}  # place of an arrival → when to look for it once more
        self._changed: set[int] = set()
        self._failures = 0
        self._pick_up(earlier, texts, arrived)
        self._thread = Thread(target=self._run, name=f"{lane}: {self.name}", daemon=True)

    @property
    def name(self) -> str:
        """Its name in the testbed."""
        return self._receiver.config.name

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def expect(self, attempt: Attempt) -> None:
        """Note that a message is about to be sent. Never waits."""
        self._news.put(attempt)

    def end(self) -> None:
        """Look a last time, then end. Never waits; see `join`."""
        self._is_over.set()

    def join(self, timeout_s: float) -> None:
        """Wait for it to end. One that hangs is left behind and writes nothing any more."""
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            self._is_abandoned = True
            self.down = self.down or f"{self._lane}: {self.name} did not end in time"

    def _pick_up(
        self,
        earlier: Sequence[Sighting],
        texts: Sequence[tuple[int, str, str]],
        arrived: Sequence[ArrivalRecord],
    ) -> None:
        places = {attempt_id: place for place, attempt_id, _ in texts}
        self._sightings = {places[each.attempt_id]: each for each in earlier}
        self._place_of_arrival = {
            each.place: places[each.attempt_id] for each in arrived if each.attempt_id in places
        }
        newest = max(self._place_of_arrival.values(), default=-1)
        for place, _, text in texts:
            if place > newest and place in self._sightings:
                self._deliveries.add_sent(place, text)
                self._unseen[place] = monotonic() + self._timing.settle_s
        # Others had their second look before the interruption.
        last_at = max((each.seen_at for each in arrived), default=None)
        for each in arrived:
            of_lane = self._place_of_arrival.get(each.place)
            is_recent = last_at is not None and last_at - each.seen_at < self._window
            if of_lane is not None and is_recent and self._sightings[of_lane].gone_at is None:
                self._look_later(each.place)

    def _run(self) -> None:
        has_ended = False
        try:
            alive_at = monotonic()
            while self.down is None and not self._is_abandoned:
                is_last = self._is_over.is_set()
                self._take_news(0.0 if is_last else _POLL_S)
                if self._unseen or is_last or self._due():
                    self._look()
                    self._look_back()
                    alive_at = monotonic()
                elif monotonic() - alive_at > _BEAT_S:
                    self._keep_alive()
                    alive_at = monotonic()
                if is_last and self._news.empty():
                    break
            has_ended = True
        except JournalError as error:
            self.down = f"{self._lane}: {self.name}: {error}"
        finally:
            if not has_ended and self.down is None:
                self.down = (
                    f"{self._lane}: {self.name} ended by a bug in the harness; please report it"
                )

    def _take_news(self, patience_s: float) -> None:
        """Take in what is about to be sent, and wait a moment for it if there is nothing."""
        with suppress(Empty):
            self._enter_sent(self._news.get(block=patience_s > 0, timeout=patience_s))
            while True:
                self._enter_sent(self._news.get_nowait())

    def _enter_sent(self, attempt: Attempt) -> None:
        place = attempt.lane_seq
        account = self._receiver.config.account
        self._deliveries.add_sent(place, attempt.text)
        self._unseen[place] = monotonic() + self._timing.settle_s
        self._note(
            place,
            Sighting(
                attempt_id=attempt.id,
                run_id=self._run_id,
                lane=self._lane,
                observer=self.name,
                receiver=account.label,
                receiver_region=account.region,
            ),
        )

    @property
    def _window(self) -> timedelta:
        return timedelta(seconds=self._timing.removal_window_s)

    def _look_later(self, arrival: int) -> None:
        """See once more, as at the lane's receiver, whether a text was removed after it came."""
        if self._window and self._receiver.tells_removals:
            self._again[arrival] = monotonic() + self._timing.removal_window_s

    def _due(self) -> list[int]:
        """Places of the arrivals to be looked for now, the oldest first; in the end, of all."""
        now = inf if self._is_over.is_set() else monotonic()
        return sorted(place for place, at in self._again.items() if now >= at)

    def _look_back(self) -> None:
        """Look for what is due and not in sight; of one that is not found nothing more is known."""
        due = self._due()
        if due and self.down is None:
            self._look(due[0])
            for each in due:
                self._again.pop(each, None)

    def _look(self, back_to: int | None = None) -> None:
        """Look once, and commit what was seen; in trouble, doubt what was under way."""
        try:
            if back_to is None:
                look = self._receiver.look(expected=len(self._deliveries.open_places) + 1)
            else:
                look = self._receiver.look_back(back_to)
        except DriverError as error:
            self._fail(error)
            return
        # Of what came in meanwhile, it was told before it was sent: so it must be known by now.
        self._take_news(0.0)
        arrivals = self._enter(look.incoming)
        for place in look.still_there.intersection(self._due()):
            self._again.pop(place, None)
            sent = self._place_of_arrival[place]
            self._note(sent, replace(self._sightings[sent], observed_until=datetime.now(UTC)))
        self._watch()
        cursor = None
        if look.cursor is not None:
            cursor = Cursor(run_id=self._run_id, receiver=self.name, cursor=look.cursor)
        if arrivals or self._changed or cursor is not None:
            self._commit(arrivals, cursor)

    def _enter(self, incoming: Sequence[Incoming]) -> list[ArrivalRecord]:
        arrivals = []
        for delivery in self._deliveries.add_incoming([x for x in incoming if x.is_new]):
            arrival, place = delivery.incoming, delivery.sent
            mode = ReadMode(arrival.read_mode.value)
            sighting = None if place is None else self._sightings[place]
            arrivals.append(
                ArrivalRecord(
                    run_id=self._run_id,
                    lane=self._lane,
                    place=arrival.place,
                    text=arrival.text,
                    seen_at=arrival.seen_at,
                    attempt_id=None if sighting is None else sighting.attempt_id,
                    read_mode=mode,
                    message_id=arrival.message_id,
                    receiver=self.name,
                )
            )
            if place is not None and sighting is not None:
                self._failures = 0
                self._place_of_arrival[arrival.place] = place
                self._unseen.pop(place, None)
                self._look_later(arrival.place)
                self._note(
                    place,
                    replace(
                        sighting,
                        arrived_text=arrival.text,
                        read_mode=mode,
                        arrived_at=arrival.seen_at,
                        observed_until=arrival.seen_at,
                    ),
                )
        for each in incoming:
            if not each.is_new and (place := self._place_of_arrival.get(each.place)) is not None:
                self._change(place, each)
        return arrivals

    def _change(self, place: int, incoming: Incoming) -> None:
        seen = self._sightings[place]
        if incoming.is_edited:
            edited = replace(seen, arrived_text=incoming.text, edited_at=incoming.seen_at)
            self._note(place, edited)
        elif seen.gone_at is None:
            self._again.pop(incoming.place, None)
            gone = replace(seen, gone_at=incoming.seen_at, observed_until=incoming.seen_at)
            self._note(place, gone)

    def _watch(self) -> None:
        """Note of messages that have not come how long they were watched for."""
        now, clock = datetime.now(UTC), monotonic()
        for place, until in tuple(self._unseen.items()):
            is_overtaken = place not in self._deliveries.open_places
            if is_overtaken or clock >= until or self._is_over.is_set():
                del self._unseen[place]
                self._note(place, replace(self._sightings[place], observed_until=now))

    def _fail(self, error: DriverError) -> None:
        """Doubt what was under way, and try to be able to read again.

        A service that is away or asks for a pause may be back soon; nobody waits for that.
        """
        self._doubt(error)
        self._failures += 1
        while self._failures < _MOST_FAILURES:
            try:
                self._receiver.recover()
            except DriverError as another:
                error = another
            else:
                self._take_news(0.0)
                self._doubt(error)  # what was sent meanwhile as well
                return
            self._is_over.wait(self._rest_s * self._failures)
            self._failures += 1
        self.down = f"{self._lane}: {self.name} failed {self._failures} times in a row: {error}"

    def _doubt(self, error: DriverError) -> None:
        """What has not come in may have come unseen."""
        for place in self._deliveries.open_places:
            seen = self._sightings[place]
            if seen.fault is None:
                self._note(
                    place,
                    replace(seen, fault=VoidReason.LANE_DOWN, fault_detail=str(error)),
                )
        self._commit((), None)

    def _keep_alive(self) -> None:
        try:
            self._receiver.keep_alive()
        except DriverError as error:
            self._fail(error)

    def _note(self, place: int, sighting: Sighting) -> None:
        self._sightings[place] = sighting
        self._changed.add(place)

    def _commit(self, arrivals: Sequence[ArrivalRecord], cursor: Cursor | None) -> None:
        if self._is_abandoned:
            return
        changed = [self._sightings[place] for place in sorted(self._changed)]
        self._changed.clear()
        self._journal.record_sightings(changed, arrivals, cursor)


def end_all(observers: Sequence[Observer], timeout_s: float) -> None:
    """Let observers look a last time and end, all at once.

    Args:
        observers: The observers.
        timeout_s: How long to wait for all of them.
    """
    for observer in observers:
        observer.end()
    deadline = monotonic() + timeout_s
    for observer in observers:
        observer.join(max(0.0, deadline - monotonic()))
