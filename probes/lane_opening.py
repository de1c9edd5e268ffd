"""Opens the lanes of a run, and what observes them, where a resumed run left them."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from drivers.errors import DriverError
from drivers.incoming import Incoming, Past
from drivers.lane import Lane
from drivers.open_testbed import OpenTestbed
from drivers.receiver import Receiver
from drivers.testbed import Timing
from probes.errors import CampaignError
from probes.observer import Observer
from results.journal import Journal
from results.record import ArrivalRecord, Attempt, Cursor


@dataclass(slots=True, kw_only=True)
class Opened:
    """What could be opened.

    Attributes:
        lanes: The lanes, in the order of the testbed.
        lost: Why others could not be opened.
        observers: Open receivers that observe them, by the name of the lane.
        warnings: What is to be said of versions, and of observers that could not be opened.
        cursors: Where inboxes begin; to be committed before anything is sent.
    """

    lanes: list[Lane] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    observers: dict[str, list[Receiver]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)


def open_lanes(
    testbed: OpenTestbed, journal: Journal, run_id: str, earlier: Sequence[Attempt]
) -> Opened:
    """Open all lanes at once, with what observes them; those that cannot be are left out.

    Args:
        testbed: The testbed, started.
        journal: Where the run is.
        run_id: The run.
        earlier: Its attempts so far; none if it is new.

    Raises:
        CampaignError: No lane can be opened.
    """
    with ThreadPoolExecutor(max_workers=len(testbed.lanes)) as pool:
        parts = list(
            pool.map(
                lambda lane: _open(lane, testbed.observers, journal, run_id, earlier), testbed.lanes
            )
        )
    opened = Opened()
    for part in parts:
        opened.lanes += part.lanes
        opened.lost += part.lost
        opened.observers |= part.observers
        opened.warnings += part.warnings
        opened.cursors += part.cursors
    if not opened.lanes:
        raise CampaignError("No lane can be opened; nothing was sent.\n" + "\n".join(opened.lost))
    return opened


def watching(
    receiver: Receiver, run_id: str, lane: str, journal: Journal, timing: Timing
) -> Observer:
    """An observer of a lane, with what it had seen if the run is resumed.

    Args:
        receiver: What it reads with, open.
        run_id: The run.
        lane: Name of the lane.
        journal: Where the run is.
        timing: How long to wait for what.
    """
    name = receiver.config.name
    seen = [x for x in journal.sightings(run_id) if (x.lane, x.observer) == (lane, name)]
    return Observer(
        receiver,
        run_id=run_id,
        lane=lane,
        journal=journal,
        timing=timing,
        earlier=seen,
        texts=[(x.lane_seq, x.id, x.text) for x in journal.attempts(run_id, lane)],
        arrived=journal.arrivals(run_id, lane, name),
    )


def _open(
    lane: Lane,
    observers: Mapping[str, Sequence[Receiver]],
    journal: Journal,
    run_id: str,
    earlier: Sequence[Attempt],
) -> Opened:
    opened = Opened()
    of_lane = [each for each in earlier if each.lane == lane.name]
    gone = {each.id for each in of_lane if each.gone_at is not None}
    try:
        main = lane.config.receiver.name
        cursor = lane.open(_past(journal, run_id, lane.name, main, gone=gone, observes=False))
    except DriverError as error:
        opened.lost.append(f"{lane.name}: {error}")
        return opened
    opened.lanes.append(lane)
    opened.warnings += lane.warnings
    opened.cursors += _cursors(run_id, main, cursor)
    opened.observers[lane.name] = []
    gone_from = {
        (each.observer, each.attempt_id)
        for each in journal.sightings(run_id)
        if each.gone_at is not None
    }
    for receiver in observers[lane.name]:
        name = receiver.config.name
        gone = {attempt for observer, attempt in gone_from if observer == name}
        try:
            past = _past(journal, run_id, lane.name, name, gone=gone, observes=True)
            cursor = receiver.open(past)
        except DriverError as error:
            opened.warnings.append(f"{lane.name}: goes without the observer {name}: {error}")
            continue
        opened.observers[lane.name].append(receiver)
        opened.warnings += [f"{lane.name}: {each}" for each in receiver.warnings]
        opened.cursors += _cursors(run_id, name, cursor)
    return opened


def _past(
    journal: Journal, run_id: str, lane: str, receiver: str, *, gone: set[str], observes: bool
) -> Past | None:
    """What a receiver had seen when the run was interrupted; ``None`` if it had not begun."""
    arrivals = journal.arrivals(run_id, lane, receiver if observes else "")
    cursor = journal.cursor(run_id, receiver)
    if not arrivals and cursor is None:
        return None
    return Past(
        arrived=[_incoming(each) for each in arrivals],
        gone=frozenset(each.place for each in arrivals if each.attempt_id in gone),
        cursor=cursor,
    )


def _incoming(arrival: ArrivalRecord) -> Incoming:
    return Incoming(
        place=arrival.place,
        text=arrival.text,
        seen_at=arrival.seen_at,
        message_id=arrival.message_id,
    )


def _cursors(run_id: str, receiver: str, cursor: str | None) -> list[Cursor]:
    if cursor is None:
        return []
    return [Cursor(run_id=run_id, receiver=receiver, cursor=cursor)]
