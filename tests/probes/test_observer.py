"""An observer by itself: whatever becomes of it, nobody waits for it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event

import pytest

from drivers.errors import DriverError, SessionLost
from drivers.evidence import Exhibit
from drivers.incoming import Incoming, Look, Past
from drivers.profile import ReadMode
from drivers.testbed import HandsetConfig, Timing, load_testbed
from probes.observer import Observer, end_all
from results.record import ArrivalRecord, Attempt, Cursor, Sighting, VoidReason
from tests.probes.sessions import wait_until
from tests.results.examples import RUN, sent

TIMING = Timing(look_s=0.0, settle_s=30.0, bracket_messages=8, bracket_s=60.0)


class Script:
    """A receiver that shows what a test says, look by look; with nothing left, nothing new.

    Attributes:
        looks: What each look does.
        recovered: How often it was to recover.
        unable: Why it cannot, time by time; it can when none is left.
        back: What a look back shows; nothing if left out.
        looked_back: Places that were looked back for.
    """

    read_mode = ReadMode.TREE
    tells_removals = True
    warnings: Sequence[str] = ()

    def __init__(self, *looks: Callable[[], Look]) -> None:
        self.looks = list(looks)
        self.recovered = 0
        self.unable: list[Callable[[], object]] = []
        self.back: Callable[[], Look] | None = None
        self.looked_back: list[int] = []

    @property
    def config(self) -> HandsetConfig:
        return load_testbed("embedded").handsets[3]

    def open(self, past: Past | None) -> str | None:
        return None

    def close(self) -> None:
        """There is nothing to close."""

    def recover(self) -> None:
        self.recovered += 1
        if self.unable:
            self.unable.pop(0)()

    def keep_alive(self) -> None:
        """It needs nothing to live on."""

    def exhibits(self) -> Iterator[Exhibit]:
        return iter(())

    def look(self, *, expected: int, patience_s: float = 0.0) -> Look:
        return self.looks.pop(0)() if self.looks else Look()

    def look_back(self, place: int) -> Look:
        self.looked_back.append(place)
        return self.back() if self.back is not None else Look()


class Sightings:
    """What an observer commits, in memory."""

    def __init__(self) -> None:
        self.by_attempt: dict[str, Sighting] = {}
        self.arrivals: list[ArrivalRecord] = []
        self.cursors: list[str] = []

    def record_sightings(
        self,
        sightings: Sequence[Sighting],
        arrivals: Sequence[ArrivalRecord] = (),
        cursor: Cursor | None = None,
    ) -> None:
        self.by_attempt |= {each.attempt_id: each for each in sightings}
        self.arrivals += arrivals
        self.cursors += [cursor.cursor] if cursor is not None else []


def came(place: int, text: str, **what: bool) -> Incoming:
    """Something seen at a receiver."""
    return Incoming(place=place, text=text, seen_at=datetime.now(UTC), **what)


def shows(*incoming: Incoming, cursor: str | None = None) -> Callable[[], Look]:
    """A look that shows this."""
    return lambda: Look(incoming=incoming, cursor=cursor)


def fails(error: DriverError) -> Callable[[], Look]:
    """A look that fails."""

    def look() -> Look:
        raise error

    return look


def observing(script: Script, kept: Sightings, *attempts: Attempt) -> Observer:
    """An observer at work that was told of attempts."""
    observer = Observer(script, run_id=RUN.id, lane="a", journal=kept, timing=TIMING, rest_s=0.0)
    for attempt in attempts:
        observer.expect(attempt)
    observer.start()
    return observer


@pytest.fixture
def kept() -> Sightings:
    """Where sightings are committed."""
    return Sightings()


def test_what_comes_in_is_seen(kept: Sightings) -> None:
    """An arrival, its change and its end are noted of the attempt it belongs to."""
    one, two = sent(0), sent(1)
    script = Script(
        shows(came(0, one.text), cursor="1"),
        shows(came(0, "***", is_edited=True), cursor="2"),
        shows(came(0, "***", is_gone=True), came(1, "a stranger's"), cursor="3"),
    )
    observer = observing(script, kept, one, two)
    wait_until(lambda: not script.looks, "all was shown")
    end_all([observer], 30.0)
    assert observer.down is None
    seen = kept.by_attempt[one.id]
    assert (seen.arrived_text, seen.receiver) == ("***", "cn-4")
    assert None not in {seen.arrived_at, seen.edited_at, seen.gone_at}
    missed = kept.by_attempt[two.id]
    assert missed.arrived_at is None
    assert missed.observed_until is not None
    assert [(each.text, each.attempt_id) for each in kept.arrivals] == [
        (one.text, one.id),
        ("a stranger's", None),
    ]
    assert kept.cursors == ["1", "2", "3"]


def test_trouble_makes_what_was_under_way_doubtful(kept: Sightings) -> None:
    """When it cannot read, what might have come proves nothing; what comes later is seen."""
    one, two = sent(0), sent(1)
    script = Script(fails(SessionLost("gone")), shows(came(0, two.text)))
    observer = observing(script, kept, one, two)
    wait_until(lambda: not script.looks, "it reads again")
    end_all([observer], 30.0)
    assert (observer.down, script.recovered) == (None, 1)
    assert kept.by_attempt[one.id].fault is VoidReason.LANE_DOWN
    assert kept.by_attempt[two.id].arrived_text == two.text


def test_observer_that_keeps_failing_is_given_up(kept: Sightings) -> None:
    """After some failures in a row it ends by itself, and says why."""
    observer = observing(Script(*[fails(SessionLost("gone"))] * 9), kept, sent(0))
    wait_until(lambda: observer.down is not None, "it is given up")
    end_all([observer], 30.0)
    assert observer.down is not None
    assert "failed 3 times in a row: gone" in observer.down


def test_service_that_is_away_for_a_while_is_awaited(kept: Sightings) -> None:
    """What was sent while it could not be read proves nothing unless it comes in after all."""
    one, two, three = sent(0), sent(1), sent(2)
    observers: list[Observer] = []

    def away() -> None:
        observers[0].expect(two)
        observers[0].expect(three)
        raise SessionLost("still busy")

    script = Script(fails(SessionLost("busy")), shows(came(0, three.text)))
    script.unable = [away]
    observer = Observer(script, run_id=RUN.id, lane="a", journal=kept, timing=TIMING, rest_s=0.0)
    observers.append(observer)
    observer.expect(one)
    observer.start()
    wait_until(lambda: not script.looks, "it reads again")
    end_all([observer], 30.0)
    assert (observer.down, script.recovered) == (None, 2)
    doubtful = {each.id for each in (one, two) if kept.by_attempt[each.id].fault is not None}
    assert doubtful == {one.id, two.id}
    assert kept.by_attempt[three.id].arrived_text == three.text


@pytest.mark.parametrize("window_s", [0.01, 60.0])
def test_what_is_removed_later_is_looked_for_once_more(kept: Sightings, window_s: float) -> None:
    """What is out of sight when its time has come, or when all is over, is looked for once."""
    one, two = sent(0), sent(1)
    script = Script(shows(came(0, one.text), came(1, two.text)))
    script.back = lambda: Look(
        incoming=[came(0, one.text, is_gone=True)], still_there=frozenset({1})
    )
    timing = replace(TIMING, removal_window_s=window_s)
    observer = Observer(script, run_id=RUN.id, lane="a", journal=kept, timing=timing)
    observer.expect(one)
    observer.expect(two)
    observer.start()
    wait_until(lambda: len(kept.arrivals) == 2, "both have come")
    if window_s < 1:
        wait_until(lambda: bool(script.looked_back), "they are looked for")
    end_all([observer], 30.0)
    assert (observer.down, script.looked_back) == (None, [0])
    assert kept.by_attempt[one.id].gone_at is not None
    assert kept.by_attempt[two.id].gone_at is None


@pytest.mark.parametrize("tells", [True, False])
def test_what_is_in_sight_or_cannot_be_removed_costs_nothing(
    kept: Sightings, *, tells: bool
) -> None:
    """Nothing is scrolled back for what a look shows anyway, nor where removals are not told."""
    one = sent(0)
    script = Script(shows(came(0, one.text)), lambda: Look(still_there=frozenset({0})))
    script.tells_removals = tells
    timing = replace(TIMING, removal_window_s=0.5)
    observer = Observer(script, run_id=RUN.id, lane="a", journal=kept, timing=timing)
    observer.expect(one)
    observer.start()
    looks_left = 0 if tells else 1
    wait_until(lambda: len(script.looks) == looks_left, "it is seen")
    end_all([observer], 30.0)
    assert (observer.down, script.looked_back) == (None, [])


def test_observer_that_hangs_is_left_behind(kept: Sightings) -> None:
    """Nobody waits for one that hangs, and it writes nothing once the run is over."""
    is_free, has_begun = Event(), Event()
    one = sent(0)

    def hang() -> Look:
        has_begun.set()
        is_free.wait()
        return Look(incoming=[came(0, one.text)])

    observer = observing(Script(hang), kept, one)
    assert has_begun.wait(30.0)
    observer.expect(sent(1))  # never waits
    end_all([observer], 0.0)
    assert observer.down is not None
    assert "did not end in time" in observer.down
    is_free.set()
    observer.join(30.0)
    assert kept.by_attempt == {}


def test_message_that_comes_before_it_is_told_of_in_turn(kept: Sightings) -> None:
    """A message that is sent while the observer looks is known when the look is taken in."""
    one, two = sent(0), sent(1)
    told: list[Observer] = []

    def during() -> Look:
        told[0].expect(two)
        return Look(incoming=[came(0, one.text), came(1, two.text)])

    observer = Observer(Script(during), run_id=RUN.id, lane="a", journal=kept, timing=TIMING)
    told.append(observer)
    observer.expect(one)
    observer.start()
    end_all([observer], 30.0)
    assert [kept.by_attempt[each.id].arrived_text for each in (one, two)] == [one.text, two.text]
