"""All attempts of a run with what the rules make of them so far.

Scores are derived, never stored: when an attempt changes, its lane is scored again between the
controls around it, since no rule looks further (unless the lane was seen to reorder).

A score is *final* once a control has arrived after its attempt on the same lane, or nothing more
comes from the lane: until then a lost control could still void it. One that arrived is final only
when it was looked for again, where that is done: it may have been removed meanwhile.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from results.bracketing import BracketLimits, has_reordered
from results.inference import Noise, noise
from results.record import Attempt, MessageKind, Outcome, Score
from results.rules import has_arrived_whole, score

_TELL_NOISE: Final = frozenset({MessageKind.CONTROL, MessageKind.CANARY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The attempts of one entry.

    Attributes:
        blocked: Solo attempts that count, and did not arrive as sent.
        delivered: Solo attempts that count, and arrived.
        pending: Attempts, pools included, still on their way to an outcome.
        wasted: Solo attempts that are void, or ended unknown, since the last one that counted.
        is_final: Whether no score of any attempt, pools included, can change any more.
    """

    blocked: int = 0
    delivered: int = 0
    pending: int = 0
    wasted: int = 0
    is_final: bool = True

    @property
    def counted(self) -> int:
        """Solo attempts that count."""
        return self.blocked + self.delivered


class Ledger:
    """Attempts, scores and tallies of one run."""

    def __init__(self, limits: BracketLimits) -> None:
        """Start empty.

        Args:
            limits: How wide a bracket may be.
        """
        self._limits = limits
        self._lanes: dict[str, list[Attempt]] = {}
        self._scores: dict[str, Score] = {}
        self._of_entry: dict[str, dict[str, Attempt]] = {}  # by id, in the order of sending
        self._final_before: dict[str, int] = {}  # lane → place of its newest arrived control
        self._reordering: set[str] = set()
        self._in_hand: set[str] = set()
        self._watched: set[str] = set()  # arrived, and will be looked for again
        self._closed: set[str] = set()
        self._canaries: dict[str, dict[str, None]] = {}  # lane → ids
        self._noise: Noise | None = None
        self._of_begun: Score | None = None
        self._changes: list[tuple[str, int]] = []  # lane and place of what changed, in that order

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts, in the order of sending."""
        return sorted(
            (attempt for lane in self._lanes.values() for attempt in lane),
            key=lambda attempt: attempt.seq,
        )

    @property
    def scores(self) -> Mapping[str, Score]:
        """Scores by attempt id."""
        return self._scores

    @property
    def noise(self) -> Noise:
        """What controls and canaries say so far."""
        if self._noise is None:
            self._noise = noise(
                [
                    attempt
                    for lane in self._lanes.values()
                    for attempt in lane
                    if attempt.kind in _TELL_NOISE
                ],
                self._scores,
            )
        return self._noise

    @property
    def wasted(self) -> int:
        """Messages with entries that were void, or ended unknown."""
        scores = [
            self._scores[attempt.id]
            for attempt in self.attempts
            if attempt.kind is MessageKind.PROBE
        ]
        return sum(each.void is not None or each.outcome is Outcome.UNKNOWN for each in scores)

    @property
    def tapped(self) -> Counter[MessageKind]:
        """Messages by kind, those left out that were stopped before the tap."""
        return Counter(
            attempt.kind
            for attempt in self.attempts
            if attempt.sent_at is not None or attempt.fault is None
        )

    @property
    def lanes(self) -> Iterable[str]:
        """Names of the lanes that something was sent on."""
        return self._lanes.keys()

    def changes(self, since: int) -> tuple[list[Attempt], int]:
        """Attempts of which something has changed: score, finality, or that they are on their way.

        Args:
            since: The number that the last call returned; 0 for all.

        Returns:
            The attempts, each once, and the number to ask with next time.
        """
        places = dict.fromkeys(self._changes[since:])
        return [self._lanes[lane][place] for lane, place in places], len(self._changes)

    def is_on_its_way(self, attempt: Attempt) -> bool:
        """Whether nothing has come of it yet, and something may."""
        score = self._scores[attempt.id]
        return attempt.id in self._in_hand or (
            score.void is None and score.outcome is Outcome.UNKNOWN and not self.is_final(attempt)
        )

    def canaries(self, lane: str) -> tuple[int, int]:
        """How many canaries sent alone on a lane were blocked, and how many arrived.

        Void ones aside.
        """
        scores = [self._scores[each] for each in self._canaries.get(lane, ())]
        counted = [each for each in scores if each.void is None]
        blocked = sum(each.outcome.is_blocked for each in counted)
        return blocked, sum(each.outcome is Outcome.DELIVERED for each in counted)

    def lane(self, name: str) -> list[Attempt]:
        """The attempts of a lane, in the order of sending."""
        return list(self._lanes.get(name, ()))

    def of_entry(self, entry_id: str) -> list[Attempt]:
        """The attempts that carry an entry, in the order of sending."""
        return list(self._of_entry.get(entry_id, {}).values())

    def begin(self, attempt: Attempt) -> None:
        """Enter an attempt that is about to be sent.

        Until more is put, it is on its way: unlike one that was interrupted there.
        """
        self._enter(attempt)
        # Nothing has come of it, so the scores of others stay as they are, and its own is that of
        # any other that was just begun.
        if self._of_begun is None:
            self._of_begun = score([attempt], self._limits)[attempt.id]
        self._scores[attempt.id] = replace(self._of_begun, attempt_id=attempt.id)
        self._in_hand.add(attempt.id)
        self._changes.append((attempt.lane, attempt.lane_seq))

    def put(self, attempt: Attempt) -> None:
        """Enter an attempt, or what is newly known of it."""
        self._in_hand.discard(attempt.id)
        self._enter(attempt)
        if attempt.gone_at is not None or attempt.still_there_at is not None:
            self._watched.discard(attempt.id)
        self._score_around(attempt)
        self._changes.append((attempt.lane, attempt.lane_seq))
        if attempt.kind is MessageKind.CONTROL and _has_closed(attempt):
            before = self._final_before.get(attempt.lane, -1)
            self._final_before[attempt.lane] = max(attempt.lane_seq, before)
            self._changes.extend(
                (attempt.lane, place) for place in range(max(before, 0), attempt.lane_seq)
            )

    def _enter(self, attempt: Attempt) -> None:
        lane = self._lanes.setdefault(attempt.lane, [])
        if attempt.lane_seq == len(lane):
            lane.append(attempt)
        else:
            lane[attempt.lane_seq] = attempt
        if attempt.kind is MessageKind.CANARY and not attempt.entries:
            self._canaries.setdefault(attempt.lane, {})[attempt.id] = None
        if attempt.kind is not MessageKind.PROBE:
            return  # entries around a canary are not what it tells of
        for entry in attempt.entries:
            self._of_entry.setdefault(entry, {})[attempt.id] = attempt

    def watch(self, attempt_id: str) -> None:
        """Note that an attempt which arrived will be looked for again, and is not final before."""
        self._watched.add(attempt_id)

    def release(self, attempts: Iterable[Attempt]) -> None:
        """Note that attempts are not looked for any more."""
        for attempt in attempts:
            self._watched.discard(attempt.id)
            self._changes.append((attempt.lane, attempt.lane_seq))

    def close_lane(self, name: str) -> None:
        """Note that nothing more comes from a lane: what it has is final as it is."""
        self._closed.add(name)
        self._changes.extend((name, place) for place in range(len(self._lanes.get(name, ()))))
        self._in_hand -= {attempt.id for attempt in self._lanes.get(name, ())}

    def close_lanes_but(self, names: Iterable[str]) -> None:
        """Close the lanes of which attempts are known, but for these."""
        for name in self._lanes.keys() - set(names):
            self.close_lane(name)

    def is_final(self, attempt: Attempt) -> bool:
        """Whether what the attempt counts for can no longer change."""
        if attempt.lane in self._closed:
            return True
        if attempt.id in self._in_hand or attempt.id in self._watched:
            return False
        has_failed = attempt.fault is not None or attempt.sent_at is None
        return has_failed or attempt.lane_seq < self._final_before.get(attempt.lane, -1)

    def tally(self, entry_id: str) -> Tally:
        """Count the attempts of an entry."""
        blocked = delivered = pending = wasted = 0
        all_final = True
        for attempt in self.of_entry(entry_id):
            score = self._scores[attempt.id]
            is_final = self.is_final(attempt)
            all_final &= is_final
            if not attempt.is_solo:
                pending += self.is_on_its_way(attempt)
                continue
            if attempt.id in self._in_hand:
                pending += 1
            elif score.void is not None:
                wasted += 1
            elif score.outcome is Outcome.UNKNOWN:
                wasted += is_final
                pending += not is_final
            else:
                blocked += score.outcome.is_blocked
                delivered += not score.outcome.is_blocked
                wasted = 0
        return Tally(
            blocked=blocked,
            delivered=delivered,
            pending=pending,
            wasted=wasted,
            is_final=all_final,
        )

    def _score_around(self, attempt: Attempt) -> None:
        lane = self._lanes[attempt.lane]
        if attempt.lane not in self._reordering:
            piece = _piece_around(lane, attempt.lane_seq)
            if not has_reordered(piece):
                self._score(piece)
                return
            self._reordering.add(attempt.lane)
        self._score(lane)

    def _score(self, attempts: Sequence[Attempt]) -> None:
        scores = score(attempts, self._limits)
        # To count noise anew takes longer the longer a run is, and few messages change it.
        if any(
            attempt.kind in _TELL_NOISE and scores[attempt.id] != self._scores.get(attempt.id)
            for attempt in attempts
        ):
            self._noise = None
        self._changes.extend(
            (attempt.lane, attempt.lane_seq)
            for attempt in attempts
            if scores[attempt.id] != self._scores.get(attempt.id)
        )
        self._scores |= scores


def _piece_around(lane: list[Attempt], place: int) -> list[Attempt]:
    """The attempts from the last control that arrived before a place to the next one after it."""
    start = next(_arrived_controls(lane, range(place - 1, -1, -1)), 0)
    end = next(_arrived_controls(lane, range(place + 1, len(lane))), len(lane) - 1)
    return lane[start : end + 1]


def _arrived_controls(lane: list[Attempt], places: Iterable[int]) -> Iterator[int]:
    return (
        place
        for place in places
        if lane[place].kind is MessageKind.CONTROL and _has_closed(lane[place])
    )


def _has_closed(control: Attempt) -> bool:
    """Whether a control arrived so that it closes a stretch: as it was sent, and still there."""
    return control.gone_at is None and has_arrived_whole(control)
