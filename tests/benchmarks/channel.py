"""Runs without handsets: the real ledger, agenda and strategies on a channel that is simulated.

A lane here keeps what a lane's worker keeps; the text of each message decides whether the channel
blocks it, and chance (loss, slip) whether that is what is seen. Everything else is a run's own
code: which message is a control or a canary, what is known of an attempt and when (a missing one
not before a later one has arrived, nothing for good before the next control), what is void, and
the verdicts. Lanes take turns; a lane's message is seen when its turn comes again, so that each
message is chosen while those of all other lanes are on their way.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from time import process_time
from types import SimpleNamespace

from probes.agenda import Agenda
from probes.controls import Controls
from probes.ledger import Ledger
from probes.message import Message, Room
from probes.strategy import STRATEGIES, Strategy, Task
from results.bracketing import BracketLimits
from results.inference import Limits, Noise
from results.pool_evidence import PooledRun, weigh
from results.record import Attempt, EntryRecord, MessageKind, SenderState, Verdict, VerdictKind
from results.verdict_rules import verdicts
from tests.results.examples import CONDITION, RUN, START

CANARY = "canary of the simulated channel"
PHRASES = [f"harmless phrase {number}" for number in range(200)]
SETTLING_ROUNDS = 5  # as many as a campaign takes
MOST_MESSAGES_AN_ENTRY = 40  # a run that sends more does not end
SECONDS_A_MESSAGE = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What happens to a message.

    Attributes:
        blocks: Whether the filter means to block a text.
        loss: Share of harmless messages that are lost.
        slip: Share of censored messages that arrive.
        knows_canary: Whether it blocks the canary, too; if not, that is left to `blocks`.
    """

    blocks: Callable[[str], bool]
    loss: float
    slip: float
    knows_canary: bool = True

    def lets_through(self, text: str, random: Random) -> bool:
        """Whether a text arrives."""
        is_censored = (self.knows_canary and CANARY in text) or self.blocks(text)
        return random.random() < (self.slip if is_censored else 1 - self.loss)


class GivenRates(Ledger):
    """A ledger that takes rates for known, whatever its controls and canaries show."""

    def __init__(self, limits: BracketLimits, given: Noise) -> None:
        """Start empty."""
        super().__init__(limits)
        self._given = given

    @property
    def noise(self) -> Noise:
        """The rates that were given."""
        return self._given


def known(loss: float, slip: float, messages: int = 10_000) -> Noise:
    """Rates as if they had been seen in so many messages."""
    return Noise(
        controls_delivered=round(messages * (1 - loss)),
        controls_lost=round(messages * loss),
        canaries_blocked=round(messages * (1 - slip)),
        canaries_slipped=round(messages * slip),
    )


@dataclass(slots=True)
class SimulatedLane:
    """What an agenda asks of a lane's worker (`probes.lane_worker.LaneWorker`)."""

    name: str
    room: Room
    is_fresh: bool = True
    since_control: int = 0
    since_canary: int | None = None
    lost_controls: int = 0
    messages: int = 0
    recent: deque[str] = field(default_factory=lambda: deque(maxlen=24))
    controls: deque[str] = field(default_factory=lambda: deque(maxlen=4))
    last_probe: str | None = None
    in_hand: Attempt | None = None

    @property
    def lane(self) -> SimpleNamespace:
        """What its app takes."""
        return SimpleNamespace(joiner=self.room.joiner, longest_message=self.room.characters)

    @property
    def stretch(self) -> frozenset[str]:
        """Texts sent since the last control, and that control's."""
        return frozenset(list(self.recent)[-1 - self.since_control :])

    def note_sent(self, message: Message) -> None:
        """Count a message."""
        self.messages += 1
        self.recent.append(message.text)
        self.since_control += 1
        if self.since_canary is not None:
            self.since_canary += 1
        if message.kind is MessageKind.CONTROL:
            self.controls.append(message.text)
            self.is_fresh = False
            self.since_control = 0
        elif message.kind is MessageKind.CANARY:
            self.since_canary = 0
        else:
            self.last_probe = message.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A run that is over.

    Attributes:
        verdicts: What it says, by entry id.
        told: What its tests said when they ended.
        kinds: Messages by kind.
        confirmations: Probes that carried alone an entry that lacked nothing but that, or clear
            entries that had arrived once.
        void: Probes that did not count.
        weighed: What its pools amount to; ``None`` if it sent none.
        choosing_s: For each probe, how long a processor worked to take in what was learnt since
            the last one and to choose it, in seconds.
        open_at: For each probe, how many entries were undecided then.
    """

    verdicts: Mapping[str, Verdict]
    told: Mapping[str, VerdictKind]
    kinds: Mapping[MessageKind, int]
    confirmations: int
    void: int
    weighed: PooledRun | None
    choosing_s: Sequence[float]
    open_at: Sequence[int]

    @property
    def probes(self) -> int:
        """Messages that carried entries, confirmations aside."""
        return self.kinds[MessageKind.PROBE] - self.confirmations

    @property
    def messages(self) -> int:
        """All messages."""
        return sum(self.kinds.values())

    def called(self, kind: VerdictKind) -> set[str]:
        """The entries that got a verdict."""
        return {each for each, verdict in self.verdicts.items() if verdict.kind is kind}


class SimulatedRun:
    """One run over entries."""

    def __init__(
        self,
        entries: Sequence[EntryRecord],
        channel: Channel,
        *,
        strategy: str = "pooled",
        lanes: int = 1,
        seed: int = 0,
        room: Room | None = None,
        given: Noise | None = None,
        make: Callable[[Task], Strategy] | None = None,
    ) -> None:
        """Prepare a run.

        Args:
            entries: What to measure.
            channel: What happens to messages.
            strategy: What to send.
            lanes: On how many lanes.
            seed: Seed of everything random, noise included.
            room: What fits into a message.
            given: Rates that are taken for known; by default they are estimated as in any run.
            make: Makes the strategy, if not `STRATEGIES` does.
        """
        self.limits = Limits()
        room = room or Room(characters=4096, joiner="\n")
        self._entries = {entry.id: entry for entry in entries}
        self._channel = channel
        self._noise = Random(f"noise/{seed}")
        brackets = BracketLimits()
        self.ledger = Ledger(brackets) if given is None else GivenRates(brackets, given)
        self.strategy = (make or STRATEGIES[strategy])(
            Task(entries=entries, limits=self.limits, room=room)
        )
        self._agenda = Agenda(
            self._entries,
            strategy=self.strategy,
            controls=Controls(PHRASES),
            canaries=[CANARY],
            random=Random(f"agenda/{seed}"),
            bracket_messages=brackets.bracket_messages,
        )
        self._lanes = [SimulatedLane(name=f"lane-{n}", room=room) for n in range(lanes)]
        self._undecided = dict.fromkeys(self._entries)
        self._asked_for: deque[str] = deque(self._entries)  # in this order; the first is wanted
        self._told: dict[str, VerdictKind] = {}
        self._kinds: Counter[MessageKind] = Counter()
        self._confirmations = 0
        self._choosing_s: list[float] = []
        self._open_at: list[int] = []

    def to_the_end(self) -> Course:
        """Send until all is told, and settle what all attempts leave undecided."""
        self._send_all()
        told = dict(self._told)
        for _ in range(SETTLING_ROUNDS):
            _, said = self._verdicts()
            doubtful = [each.entry_id for each in said if each.kind is VerdictKind.INCONCLUSIVE]
            self.strategy.doubt(doubtful)
            self._undecided.update(dict.fromkeys(doubtful))
            self._asked_for.extend(each for each in self._entries if not self._is_done(each))
            before = sum(self._kinds.values())
            self._send_all()
            if sum(self._kinds.values()) == before:
                break
        weighed, said = self._verdicts()
        return Course(
            verdicts={each.entry_id: each for each in said},
            told=told,
            kinds=self._kinds,
            confirmations=self._confirmations,
            void=sum(
                self.ledger.scores[each.id].void is not None
                for each in self.ledger.attempts
                if each.kind is MessageKind.PROBE
            ),
            weighed=weighed,
            choosing_s=self._choosing_s,
            open_at=self._open_at,
        )

    def _send_all(self) -> None:
        """Send for as long as an entry that is asked for needs it."""
        idle = 0
        turn = 0
        self._tell()
        while self._asked_for:
            lane = self._lanes[turn % len(self._lanes)]
            turn += 1
            self._see(lane)
            message = self._choose(lane) if self._asked_for else None
            if message is not None:
                self._send(lane, message)
                idle = 0
            elif any(each.in_hand for each in self._lanes):
                idle = 0  # others may learn what this one waits for
            else:
                idle += 1
            if idle > len(self._lanes):
                self._tell(is_at_rest=True)
                idle = 0
            if sum(self._kinds.values()) > MOST_MESSAGES_AN_ENTRY * len(self._entries) + 1000:
                raise AssertionError("the run does not end")
        for lane in self._lanes:
            self._see(lane)

    def _tell(self, *, is_at_rest: bool = False) -> None:
        """Tell what the tests of a run would, one after the other, each when it is done.

        Args:
            is_at_rest: Whether no lane has anything to send, so that the first is told as it is.
        """
        while self._asked_for and (is_at_rest or self._is_done(self._asked_for[0])):
            is_at_rest = False
            entry = self._asked_for.popleft()
            self._told.setdefault(entry, self._said_now(entry))

    def _is_done(self, entry_id: str) -> bool:
        """Whether an entry needs nothing more, and what it has can no longer change."""
        tally = self.ledger.tally(entry_id)
        is_done = (
            not tally.pending
            and tally.is_final
            and not self.strategy.needs_more(self.ledger, entry_id)
        )
        if is_done:
            self._undecided.pop(entry_id, None)
        return is_done

    def _said_now(self, entry_id: str) -> VerdictKind:
        return verdicts(
            [self._entries[entry_id]],
            self.ledger.of_entry(entry_id),
            self.ledger.scores,
            condition=CONDITION,
            noise=self.ledger.noise,
            limits=self.limits,
            company=self.strategy.company_of(self.ledger, [entry_id]),
        )[0].kind

    def _choose(self, lane: SimulatedLane) -> Message | None:
        began = process_time()
        candidates = dict.fromkeys((self._asked_for[0], *self._undecided))
        message = self._agenda.choose(lane, self.ledger, list(candidates), may_probe=True)
        seconds = process_time() - began
        if message is not None and message.kind is MessageKind.PROBE:
            self._choosing_s.append(seconds)
            self._open_at.append(len(self._undecided))
            self._confirmations += self._is_confirmation(message)
        return message

    def _is_confirmation(self, message: Message) -> bool:
        """Whether it only makes sure of what is known.

        It carries alone an entry that is censored by all that is known but for that, or together
        entries that are clear but have not arrived twice.
        """
        company = self.strategy.company_of(self.ledger, message.entries)
        if not company:
            return False
        if len(message.entries) > 1:
            is_new = not any(
                set(message.entries) == set(attempt.entries)
                for attempt in self.ledger.of_entry(message.entries[0])
            )
            return is_new and all(
                each.speaks_for_clear and each.probability_high <= self.limits.beta
                for each in company.values()
            )
        entry = message.entries[0]
        tally = self.ledger.tally(entry)
        return (
            company[entry].probability >= 1 - self.limits.alpha and tally.blocked <= tally.delivered
        )

    def _send(self, lane: SimulatedLane, message: Message) -> None:
        seq = sum(self._kinds.values())
        self._kinds[message.kind] += 1
        attempt = Attempt(
            id=f"{RUN.id}-{seq:06d}",
            run_id=RUN.id,
            seq=seq,
            lane=lane.name,
            lane_seq=lane.messages,
            sender="sender-1",
            receiver="receiver-1",
            condition=CONDITION,
            kind=message.kind,
            entries=message.entries,
            text=message.text,
            created_at=START + timedelta(seconds=SECONDS_A_MESSAGE * lane.messages),
        )
        self.ledger.begin(attempt)
        lane.note_sent(message)
        lane.in_hand = attempt

    def _see(self, lane: SimulatedLane) -> None:
        """See what became of the message in hand."""
        attempt, lane.in_hand = lane.in_hand, None
        if attempt is None:
            return
        sent_at = attempt.created_at + timedelta(seconds=1)
        seen = replace(
            attempt, sent_at=sent_at, sender_state=SenderState.SENT, own_text=attempt.text
        )
        arrives = self._channel.lets_through(attempt.text, self._noise)
        if arrives:
            at = sent_at + timedelta(seconds=1)
            seen = replace(seen, arrived_text=attempt.text, arrived_at=at, observed_until=at)
        if attempt.kind is MessageKind.CONTROL:
            lane.lost_controls = 0 if arrives else lane.lost_controls + 1
        self.ledger.put(seen)
        self._undecided.update(dict.fromkeys(attempt.entries))
        if arrives:
            self._tell()

    def _verdicts(self) -> tuple[PooledRun | None, list[Verdict]]:
        attempts = self.ledger.attempts
        weighed = weigh(
            list(self._entries), attempts, self.ledger.scores, self.ledger.noise, self.limits
        )
        return weighed, verdicts(
            list(self._entries.values()),
            attempts,
            self.ledger.scores,
            condition=CONDITION,
            noise=self.ledger.noise,
            limits=self.limits,
            company=None if weighed is None else weighed.company,
        )
