"""All attempts of a run with what the rules make of them so far.

Scores are derived, never stored: when an attempt changes, its lane is scored again between the
controls around it, since no rule looks further (unless the lane was seen to reorder).

A score is *final* once a control has arrived after its attempt on the same lane, or nothing more
comes from the lane: until then a lost control could still void it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from results.bracketing import BracketLimits, look_around
from results.inference import Noise, noise
from results.record import Attempt, MessageKind, Outcome, Score
from results.rules import has_arrived_whole, score


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The solo attempts of one entry.

    Attributes:
        blocked: Counted, and did not arrive as sent.
        delivered: Counted, and arrived.
        pending: Still on their way to an outcome.
        wasted: Void, or ended unknown.
        is_final: Whether no score of them can change any more.
    """

    blocked: int = 0
    delivered: int = 0
    pending: int = 0
    wasted: int = 0
    is_final: bool = True

    @property
    def counted(self) -> int:
        """Attempts that count."""
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
        self._of_entry: dict[str, list[Attempt]] = {}
        self._final_before: dict[str, int] = {}  # lane → place of its newest arrived control
        self._reordering: set[str] = set()
        self._in_hand: set[str] = set()
        self._closed: set[str] = set()
        self._canaries: dict[str, dict[str, None]] = {}  # lane → ids
        self._noise: Noise | None = None

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
                    if attempt.kind in {MessageKind.CONTROL, MessageKind.CANARY}
                ],
                self._scores,
            )
        return self._noise

    def canaries(self, lane: str) -> tuple[int, int]:
        """How many canaries of a lane were blocked, and how many arrived; void ones aside."""
        scores = [self._scores[each] for each in self._canaries.get(lane, ())]
        counted = [each for each in scores if each.void is None]
        blocked = sum(each.outcome.is_blocked for each in counted)
        return blocked, sum(each.outcome is Outcome.DELIVERED for each in counted)

    def lane(self, name: str) -> list[Attempt]:
        """The attempts of a lane, in the order of sending."""
        return list(self._lanes.get(name, ()))

    def of_entry(self, entry_id: str) -> list[Attempt]:
        """The attempts that carry an entry, in no particular order."""
        return list(self._of_entry.get(entry_id, ()))

    def begin(self, attempt: Attempt) -> None:
        """Enter an attempt that is about to be sent.

        Until more is put, it is on its way: unlike one that was interrupted there.
        """
        self.put(attempt)
        self._in_hand.add(attempt.id)

    def put(self, attempt: Attempt) -> None:
        """Enter an attempt, or what is newly known of it."""
        self._in_hand.discard(attempt.id)
        lane = self._lanes.setdefault(attempt.lane, [])
        if attempt.lane_seq == len(lane):
            lane.append(attempt)
        else:
            lane[attempt.lane_seq] = attempt
        if attempt.kind is MessageKind.CANARY:
            self._canaries.setdefault(attempt.lane, {})[attempt.id] = None
        for entry in attempt.entries:
            own = self._of_entry.setdefault(entry, [])
            own[:] = [each for each in own if each.id != attempt.id]
            own.append(attempt)
        self._score_around(attempt)
        if attempt.kind is MessageKind.CONTROL and _has_closed(attempt):
            self._final_before[attempt.lane] = max(
                attempt.lane_seq, self._final_before.get(attempt.lane, -1)
            )
        self._noise = None

    def close_lane(self, name: str) -> None:
        """Note that nothing more comes from a lane: what it has is final as it is."""
        self._closed.add(name)
        self._in_hand -= {attempt.id for attempt in self._lanes.get(name, ())}

    def close_lanes_but(self, names: Iterable[str]) -> None:
        """Close the lanes of which attempts are known, but for these."""
        for name in self._lanes.keys() - set(names):
            self.close_lane(name)

    def is_final(self, attempt: Attempt) -> bool:
        """Whether what the attempt counts for can no longer change."""
        if attempt.lane in self._closed:
            return True
        if attempt.id in self._in_hand:
            return False
        has_failed = attempt.fault is not None or attempt.sent_at is None
        return has_failed or attempt.lane_seq < self._final_before.get(attempt.lane, -1)

    def tally(self, entry_id: str) -> Tally:
        """Count the solo attempts of an entry."""
        blocked = delivered = pending = wasted = 0
        all_final = True
        for attempt in self._of_entry.get(entry_id, ()):
            if not attempt.is_solo:
                continue
            score = self._scores[attempt.id]
            is_final = self.is_final(attempt)
            all_final &= is_final
            if attempt.id in self._in_hand:
                pending += 1
            elif score.void is not None:
                wasted += 1
            elif score.outcome is Outcome.UNKNOWN:
                wasted += is_final
                pending += not is_final
            elif score.outcome.is_blocked:
                blocked += 1
            else:
                delivered += 1
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
            if not look_around(piece, self._limits)[0].lane_reorders:
                self._scores |= score(piece, self._limits)
                return
            self._reordering.add(attempt.lane)
        self._scores |= score(lane, self._limits)


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
