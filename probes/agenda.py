"""What a lane sends next: a control, a canary, or what the strategy asks for.

What is sent around a probe is part of the measurement. Controls come often enough to close brackets
and stretches, some of them a second time, as probes do, so that an app that swallows repetitions
loses controls as well. Canaries come first of all, until one is seen to be blocked. The attempts of
one entry lie in different stretches, so that one bad moment does not count twice.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Final, Protocol

from probes.controls import Controls
from probes.ledger import Ledger
from probes.message import Message, compose
from probes.strategy import Strategy
from results.record import EntryRecord, MessageKind

MOST_CANARIES_AT_FIRST: Final = 3
"""Canaries that a lane sends one after the other while they all arrive."""

_CONTROL_EVERY: Final = (4, 6)  # messages between two controls, at least and at most
_CANARY_EVERY: Final = 24  # messages of a lane between two canaries
_SHARE_REPEATED: Final = 0.25  # of controls


class LaneRoom(Protocol):
    """What the app of a lane takes."""

    @property
    def joiner(self) -> str:
        """What is put between components and between entries."""
        ...

    @property
    def longest_message(self) -> int:
        """Longest text, in characters, that it sends whole."""
        ...


class SendingLane(Protocol):
    """What must be known of a lane to choose its next message (`probes.lane_worker`)."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def lane(self) -> LaneRoom:
        """What its app takes."""
        ...

    @property
    def stretch(self) -> frozenset[str]:
        """Texts sent since the last control, and that control's."""
        ...

    @property
    def is_fresh(self) -> bool:
        """Whether it must show that it works before anything else is sent."""
        ...

    @property
    def since_control(self) -> int:
        """Messages since the last control."""
        ...

    @property
    def since_canary(self) -> int | None:
        """Messages since the last canary; ``None`` if there was none."""
        ...

    @property
    def lost_controls(self) -> int:
        """Controls that were lost in a row."""
        ...

    @property
    def recent(self) -> Collection[str]:
        """Texts sent lately."""
        ...

    @property
    def controls(self) -> Iterable[str]:
        """The newest controls, in the order of sending."""
        ...

    @property
    def last_probe(self) -> str | None:
        """Text of the newest probe."""
        ...


class Agenda:
    """Chooses messages; knows nothing of budgets, threads or journals."""

    def __init__(
        self,
        entries: Mapping[str, EntryRecord],
        *,
        strategy: Strategy,
        controls: Controls,
        canaries: Sequence[str],
        random: Random,
        bracket_messages: int,
    ) -> None:
        """Prepare to choose.

        Args:
            entries: What may be probed, by id.
            strategy: Which of them comes next.
            controls: Where harmless texts come from.
            canaries: Texts known to be censored; may be empty.
            random: Source of chance.
            bracket_messages: Most messages between the two arrivals of a bracket.
        """
        self._entries = entries
        self._strategy = strategy
        self._controls = controls
        self._canaries = canaries
        self._random = random
        self._bracket_messages = bracket_messages
        self._control_due: dict[str, int] = {}  # lane → messages until its next control

    def choose(
        self, worker: SendingLane, ledger: Ledger, candidates: Iterable[str], *, may_probe: bool
    ) -> Message | None:
        """The next message of a lane; ``None`` if there is nothing to send.

        Args:
            worker: The lane.
            ledger: All that is known so far.
            candidates: Ids of entries that may be sent, the most wanted first.
            may_probe: Whether a budget leaves room for more than controls.
        """
        if self._needs_control(worker):
            return self._control(worker, candidates)
        if may_probe and self._needs_canary(worker, ledger):
            return self._canary(worker, ledger, candidates)
        if may_probe:
            audit = self._audit(worker, ledger)
            if audit is not None:
                return audit
            entries = self._strategy.next(ledger, self._separable(worker, candidates))
            if entries is not None:
                text = self._text_of(entries, worker)
                if text in worker.stretch:  # a pool that is sent again
                    return self._control(worker, candidates)
                return Message(kind=MessageKind.PROBE, text=text, entries=entries)
        # Nothing to probe just now. If something on this lane waits to become final, or what is to
        # be sent must be kept apart from its twin, a control moves things on.
        return self._control(worker, candidates) if worker.since_control else None

    def _needs_control(self, worker: SendingLane) -> bool:
        due = self._control_due.setdefault(worker.name, self._random.randint(*_CONTROL_EVERY))
        return (
            worker.is_fresh  # also of a resumed run, so that what was interrupted becomes final
            or worker.lost_controls > 0
            or worker.since_control >= min(due, self._bracket_messages - 1)
        )

    def _needs_canary(self, worker: SendingLane, ledger: Ledger) -> bool:
        """Whether a canary is due.

        A run that cannot see censorship should know it before it says that something is clear: so
        the first comes right after the lane's first control, and another if it arrives.
        """
        if not self._fitting(worker):
            return False
        blocked, slipped = ledger.canaries(worker.name)
        is_blind_yet = not blocked and 0 < slipped < MOST_CANARIES_AT_FIRST
        is_due = worker.since_canary is None or worker.since_canary >= _CANARY_EVERY - 1
        return is_due or is_blind_yet or (blocked > 0 and self._strategy.wants_canary(ledger))

    def _separable(self, worker: SendingLane, candidates: Iterable[str]) -> Iterator[str]:
        """Candidates that were not sent on the lane since its last control."""
        texts = worker.stretch
        return (each for each in candidates if self._text_of((each,), worker) not in texts)

    def _control(self, worker: SendingLane, candidates: Iterable[str]) -> Message:
        self._control_due[worker.name] = self._random.randint(*_CONTROL_EVERY)
        earlier = [text for text in worker.controls if text not in worker.stretch]
        if len(earlier) > 1 and self._random.random() < _SHARE_REPEATED:
            return Message(kind=MessageKind.CONTROL, text=self._random.choice(earlier[:-1]))
        like = worker.last_probe or next(
            (self._text_of((each,), worker) for each in candidates), ""
        )
        text = self._controls.draw(like, worker.lane.joiner, self._random, worker.recent)
        return Message(kind=MessageKind.CONTROL, text=text)

    def _canary(self, worker: SendingLane, ledger: Ledger, candidates: Iterable[str]) -> Message:
        """A canary, alone, behind harmless text, or among entries that are known to be clear.

        The first is alone. Later ones are as long as other messages are, and the canary is at their
        end, since a filter might not read long ones, or not to the end.
        """
        canary = self._random.choice(self._fitting(worker))
        joiner = worker.lane.joiner
        escort: tuple[str, ...] = ()
        around: list[str] = []
        if ledger.canaries(worker.name)[0]:
            beside = len(joiner) + len(canary)
            filler = self._strategy.filler(ledger, beside)
            if filler:
                around = [self._controls.draw(_as_long(canary, filler), joiner, self._random, ())]
            else:
                escort = self._strategy.escort(ledger, self._random, beside)
                around = [self._text_of((entry,), worker) for entry in escort]
        text = compose([*around, canary], joiner)
        if len(text) > worker.lane.longest_message:
            text, escort = canary, ()
        if text in worker.stretch:
            return self._control(worker, candidates)
        return Message(kind=MessageKind.CANARY, text=text, entries=escort)

    def _fitting(self, worker: SendingLane) -> list[str]:
        """The canaries that the app takes; with none, the run goes on as one without canaries."""
        return [each for each in self._canaries if len(each) <= worker.lane.longest_message]

    def _audit(self, worker: SendingLane, ledger: Ledger) -> Message | None:
        """An entry that is known to be censored, among others that are known to be clear."""
        entries = self._strategy.audit(ledger, self._random)
        if not entries:
            return None
        text = self._text_of(entries, worker)
        if text in worker.stretch or len(text) > worker.lane.longest_message:
            return None
        return Message(kind=MessageKind.CANARY, text=text, entries=entries)

    def _text_of(self, entries: Sequence[str], worker: SendingLane) -> str:
        return compose(
            [part for entry in entries for part in self._entries[entry].components],
            worker.lane.joiner,
        )


def blindness(lane: str, ledger: Ledger) -> str | None:
    """Why a lane must be given up that lets canaries through while others block them.

    Args:
        lane: Its name.
        ledger: All that is known so far.

    Returns:
        The reason, for people; ``None`` if it need not be.
    """
    blocked, slipped = ledger.canaries(lane)
    if blocked or slipped < MOST_CANARIES_AT_FIRST:
        return None
    if not any(ledger.canaries(other)[0] for other in ledger.lanes):
        return None  # it is the canary that is censored no more, or the whole run is blind
    return (
        f"{lane}: all of its {slipped} canaries arrived, while other lanes block them: "
        "it cannot see censorship. Check the regions of its accounts."
    )


def _as_long(text: str, characters: int) -> str:
    """A text repeated to a length, for controls to be drawn like it."""
    return (text * (characters // len(text) + 1))[:characters]
