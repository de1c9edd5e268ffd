"""An observer by itself: whatever becomes of it, nobody waits for it."""

from collections.abc import Callable, Iterator, Sequence
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
    """

    read_mode = ReadMode.TREE
    tells_removals = True
    warnings: Sequence[str] = ()

    def __init__(self, *looks: Callable[[], Look]) -> None:
        self.looks = list(looks)
        self.recovered = 0

    @property
    def config(self) -> HandsetConfig:
        return load_testbed("embedded").handsets[3]

    def open(self, past: Past | None) -> str | None:
        return None

    def close(self) -> None:
        """There is nothing to close."""

    def recover(self) -> None:
        self.recovered += 1

    def keep_alive(self) -> None:
        """It needs nothing to live on."""

    def exhibits(self) -> Iterator[Exhibit]:
        return iter(())

    def look(self, *, expected: int, patience_s: float = 0.0) -> Look:
        return self.looks.pop(0)() if self.looks else Look()

    def look_back(self, place: int) -> Look:
        return self.look(expected=0)


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
    observer = Observer(script, run_id=RUN.id, lane="a", journal=kept, timing=TIMING)
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
