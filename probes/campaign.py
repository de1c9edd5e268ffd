"""The loop: ask the strategy, hand messages to lanes, feed outcomes back, stop at the budget.

A campaign is lazy. It sends only while somebody waits for the verdict of an entry, and then until
that entry is decided; while the wanted one waits for what must happen after it (a later arrival, a
control), the entries that will be asked for next are sent in its company.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from time import monotonic
from typing import Final

from drivers.testbed import Pacing
from probes.agenda import MOST_CANARIES_AT_FIRST, Agenda
from probes.controls import Controls
from probes.errors import CampaignError
from probes.lane_worker import LaneWorker
from probes.ledger import Ledger, Tally
from probes.message import Message
from probes.pacing import is_quiet, last_day
from probes.strategy import Strategy
from results.inference import Limits, Noise
from results.journal import Journal
from results.record import (
    ArrivalRecord,
    Attempt,
    Condition,
    EntryRecord,
    MessageKind,
    Verdict,
    VerdictKind,
)
from results.verdict_rules import how, verdicts

_SETTLING_ROUNDS: Final = 5
_TICK_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a campaign measures, and how.

    Attributes:
        run_id: Id of the run.
        condition: What is measured under; the same on all lanes.
        entries: The entries that will be asked for, in this order.
        strategy: What to send.
        limits: When a verdict is given.
        controls: Where harmless texts come from.
        canaries: Texts known to be censored under the condition; may be empty.
        pacing: Pace and budgets of accounts.
        budget: Most messages of this run, controls included; ``None`` for no limit.
        seed: Seed of everything random.
        bracket_messages: Most messages between the two arrivals of a bracket.
    """

    run_id: str
    condition: Condition
    entries: Sequence[EntryRecord]
    strategy: Strategy
    limits: Limits
    controls: Controls
    canaries: Sequence[str]
    pacing: Pacing
    budget: int | None
    seed: int
    bracket_messages: int


class Campaign:
    """Measures entries on the lanes it is given."""

    def __init__(self, setup: Setup, journal: Journal, ledger: Ledger) -> None:
        """Prepare a campaign; `start` sets its lanes to work.

        Args:
            setup: What to measure.
            journal: Where attempts are committed.
            ledger: What is known already, if the run is resumed; empty otherwise.
        """
        self.setup = setup
        self._journal = journal
        self._ledger = ledger
        self._changed = threading.Condition(threading.RLock())
        self._workers: list[LaneWorker] = []
        self._counts = Counter(attempt.kind for attempt in ledger.attempts)
        self._entries = {entry.id: entry for entry in setup.entries}
        self._undecided = dict.fromkeys(self._entries)
        self._wanted: str | None = None
        self._busy: set[str] = set()  # lanes with a message in hand
        self._resting: dict[str, str] = {}  # lane → its account, which has sent all it may today
        self._taken: dict[str, tuple[str, ...]] = {}  # lane → entries it is about to send
        self._told: dict[str, VerdictKind] = {}
        self._is_closing = False
        self._spent: str | None = None
        self._attempts_made = len(ledger.attempts)
        self._sent_now = 0
        self._agenda = Agenda(
            self._entries,
            strategy=setup.strategy,
            controls=setup.controls,
            canaries=setup.canaries,
            random=Random(f"{setup.seed}/{self._attempts_made}"),  # noqa: S311 - not a secret
            bracket_messages=setup.bracket_messages,
        )

    @property
    def run_id(self) -> str:
        """Id of the run."""
        return self.setup.run_id

    @property
    def messages_sent(self) -> int:
        """Messages of this run so far, controls included."""
        return self._attempts_made

    @property
    def decided(self) -> int:
        """How many entries need nothing more."""
        return len(self._entries) - len(self._undecided)

    @property
    def stopped(self) -> str | None:
        """Why nothing more is sent although entries are undecided; ``None`` if they need not be."""
        with self._changed:
            reason = self._nothing_more()
            if reason is None or all(map(self._is_done, self._entries)):
                return None
            return reason

    def _nothing_more(self) -> str | None:
        """Why nothing more can be sent; ``None`` if it can."""
        if self._spent is not None:
            return self._spent
        if self._workers and not self._lanes_at_work:
            if not self._resting:
                return "no lane is left."  # why, in words, can hold what must not be exported
            return (
                f"the daily budget of {self.setup.pacing.daily_budget} messages is spent for "
                f"{', '.join(map(repr, sorted(set(self._resting.values()))))}."
            )
        return None

    @property
    def _lanes_at_work(self) -> list[LaneWorker]:
        return [
            worker
            for worker in self._workers
            if worker.down is None and worker.name not in self._resting
        ]

    @property
    def is_down(self) -> bool:
        """Whether no lane is left to measure with."""
        return bool(self._workers) and all(worker.down for worker in self._workers)

    @property
    def lanes_lost(self) -> list[str]:
        """Why lanes were given up."""
        return [worker.down for worker in self._workers if worker.down is not None]

    @property
    def noise(self) -> Noise:
        """What controls and canaries say so far."""
        with self._changed:
            return self._ledger.noise

    @property
    def blind_lanes(self) -> list[str]:
        """Lanes that sent canaries of which none was blocked."""
        with self._changed:
            seen = {worker.name: self._ledger.canaries(worker.name) for worker in self._workers}
        return [name for name, (blocked, slipped) in seen.items() if slipped and not blocked]

    def how(self, verdicts: Sequence[Verdict]) -> Mapping[str, str]:
        """By entry id, in which ways the attempts behind verdicts were blocked."""
        with self._changed:
            return {each.entry_id: how(each.attempts, self._ledger.scores) for each in verdicts}

    def start(self, workers: Sequence[LaneWorker]) -> None:
        """Set lanes to work (they wait until a verdict is asked for)."""
        self._workers = list(workers)
        self._ledger.close_lanes_but(worker.name for worker in self._workers)
        for worker in self._workers:
            worker.start()

    def verdict(self, entry_id: str, on_wait: Callable[[], object] = lambda: None) -> Verdict:
        """Measure until an entry is decided, and say what came out.

        Args:
            entry_id: One of the campaign's entries.
            on_wait: Called again and again while waiting, in the caller's thread.

        Returns:
            The verdict; inconclusive if the budget was spent before it could be reached.

        Raises:
            CampaignError: No lane is left, so that nothing more can be measured.
        """
        with self._changed:
            self._wanted = entry_id
            self._changed.notify_all()
        try:
            while self._has_to_wait(entry_id):
                on_wait()  # without the lock: a stalled terminal must not stall the lanes
        finally:
            with self._changed:
                self._wanted = None
        with self._changed:
            if self.is_down and not self._is_done(entry_id):
                raise CampaignError("\n".join(["No lane is left to measure on.", *self.lanes_lost]))
            verdict = self._verdicts([self._entries[entry_id]], self._ledger.of_entry(entry_id))[0]
            self._told.setdefault(entry_id, verdict.kind)
            return verdict

    def _has_to_wait(self, entry_id: str) -> bool:
        """Wait a moment, unless the entry is decided or nothing more comes."""
        with self._changed:
            # What lanes have in hand when the budget is spent may still decide the entry.
            is_over = not self._busy and self._nothing_more() is not None
            if is_over or self._is_done(entry_id):
                return False
            self._changed.wait(_TICK_S)
            return True

    @property
    def told(self) -> Mapping[str, VerdictKind]:
        """What was first said of the entries that were asked for."""
        return dict(self._told)

    def settle(self, on_wait: Callable[[], object] = lambda: None) -> None:
        """Measure again what was decided and no longer holds.

        What controls and canaries show later in a run bears on all its verdicts: after a control
        was lost, two blocked messages may no longer suffice. Budgets are kept; if no lane is left,
        the entries stay as they are.

        Args:
            on_wait: As for `verdict`.
        """
        for _ in range(_SETTLING_ROUNDS):
            with self._changed:
                open_again = [entry_id for entry_id in self._told if not self._is_done(entry_id)]
            if not open_again or self.stopped is not None:
                return
            for entry_id in open_again:
                try:
                    self.verdict(entry_id, on_wait)
                except CampaignError:
                    return

    def verdicts(self, entries: Sequence[EntryRecord]) -> list[Verdict]:
        """What the attempts so far say of entries."""
        with self._changed:
            return self._verdicts(entries, self._ledger.attempts)

    def _verdicts(
        self, entries: Sequence[EntryRecord], attempts: Sequence[Attempt]
    ) -> list[Verdict]:
        return verdicts(
            entries,
            attempts,
            self._ledger.scores,
            condition=self.setup.condition,
            noise=self._ledger.noise,
            limits=self.setup.limits,
        )

    def tally(self, entry_id: str) -> Tally:
        """The attempts of an entry so far."""
        with self._changed:
            return self._ledger.tally(entry_id)

    def close(self, timeout_s: float = 15.0) -> None:
        """Let each lane finish the message in hand, and end.

        Args:
            timeout_s: How long to wait for all of them; a lane that hangs longer is left behind,
                its attempt in flight staying unknown.
        """
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        deadline = monotonic() + timeout_s
        for worker in self._workers:
            worker.join(max(0.0, deadline - monotonic()))

    # What follows is called by the lanes' threads (see `lane_worker.Books`).

    def new_attempt(self, worker: LaneWorker, message: Message) -> Attempt:
        """Make an attempt and commit it, before anything is tapped."""
        with self._changed:
            seq = self._attempts_made
            attempt = Attempt(
                id=f"{self.run_id}-{seq:06d}",
                run_id=self.run_id,
                seq=seq,
                lane=worker.name,
                lane_seq=worker.messages,
                sender=worker.lane.config.sender.account.label,
                receiver=worker.lane.config.receiver.account.label,
                condition=worker.condition,
                kind=message.kind,
                entries=message.entries,
                text=message.text,
                created_at=datetime.now(UTC),
            )
            self._journal.begin_attempt(attempt)
            self._attempts_made += 1
            self._sent_now += 1
            self._counts[message.kind] += 1
            self._ledger.begin(attempt)
            self._taken.pop(worker.name, None)
            return attempt

    def update(self, attempt: Attempt) -> None:
        """Commit what is newly known of an attempt."""
        with self._changed:
            self._journal.update_attempt(attempt)
            self._ledger.put(attempt)
            for entry_id in self._entries.keys() & set(attempt.entries):
                self._undecided.setdefault(entry_id)
            self._changed.notify_all()

    def add_arrivals(self, arrivals: list[ArrivalRecord]) -> None:
        """Commit texts seen at the receiver."""
        self._journal.add_arrivals(arrivals)

    def lane_ended(self, worker: LaneWorker) -> None:
        """Note that a lane has ended: what it did not settle stays open for other lanes."""
        with self._changed:
            self._ledger.close_lane(worker.name)
            self._taken.pop(worker.name, None)
            self._busy.discard(worker.name)
            self._changed.notify_all()

    def next_message(self, worker: LaneWorker) -> Message | None:
        """Wait for something to send; ``None`` when the worker should end."""
        with self._changed:
            self._busy.discard(worker.name)
            self._changed.notify_all()
            while not self._is_closing:
                if self._wanted is not None and self._spent is None:
                    worker.down = worker.down or self._blindness(worker)
                    if worker.down:
                        return None
                    message = self._agenda.choose(
                        worker, self._ledger, self._candidates(), may_probe=self._may_probe()
                    )
                    self._spent = self._what_is_spent(message)
                    if self._spent is not None:
                        self._changed.notify_all()
                    elif message is not None:
                        if self._must_rest(worker):
                            return None
                        self._taken[worker.name] = message.entries
                        self._busy.add(worker.name)
                        return message
                self._changed.wait(_TICK_S * 5)
            return None

    def _may_probe(self) -> bool:
        """Whether the budget leaves room for a probe and, on every lane, for a control after it."""
        left = self._budget_left()
        return left is None or left > len(self._lanes_at_work)

    def _budget_left(self) -> int | None:
        budget = self.setup.budget
        return None if budget is None else budget - self._sent_now - len(self._taken)

    def _candidates(self) -> list[str]:
        """Entries that may be sent now, the wanted one first."""
        taken = {entry_id for entries in self._taken.values() for entry_id in entries}
        wanted = () if self._wanted is None else (self._wanted,)
        return [each for each in dict.fromkeys((*wanted, *self._undecided)) if each not in taken]

    def _blindness(self, worker: LaneWorker) -> str | None:
        """Why a lane must be given up that lets canaries through while others block them."""
        blocked, slipped = self._ledger.canaries(worker.name)
        others = [each.name for each in self._workers if each is not worker]
        if blocked or slipped < MOST_CANARIES_AT_FIRST:
            return None
        if not any(self._ledger.canaries(name)[0] for name in others):
            return None  # it is the canary that is censored no more, or the whole run is blind
        return (
            f"{worker.name}: all of its {slipped} canaries arrived, while other lanes block them: "
            "it cannot see censorship. Check the regions of its accounts."
        )

    def _what_is_spent(self, message: Message | None) -> str | None:
        """Why the run may send nothing more, the chosen message included; ``None`` if it may."""
        left = self._budget_left()
        if message is None:
            is_over = not self._may_probe() and not self._busy and not self._open_lanes
            return self._budget_is_spent if is_over else None
        if left is not None and left <= 0:
            return self._budget_is_spent
        if is_quiet(self.setup.pacing.quiet_hours, datetime.now().astimezone().time()):
            return "quiet hours have begun."
        return None

    @property
    def _budget_is_spent(self) -> str:
        left = self._budget_left() or 0
        rest = (
            f"; the {left} left are too few for a probe and the controls after it" if left else ""
        )
        return f"the budget of {self.setup.budget} messages is used up{rest}."

    @property
    def _open_lanes(self) -> list[LaneWorker]:
        """Lanes that wait for a control to make what they sent final."""
        return [worker for worker in self._lanes_at_work if worker.since_control]

    def _must_rest(self, worker: LaneWorker) -> bool:
        """Whether a lane's account has sent all it may in a day."""
        daily = self.setup.pacing.daily_budget
        account = worker.lane.config.sender.account.label
        if daily is None or self._journal.sent_between(account, *last_day()) < daily:
            return False
        self._resting[worker.name] = account
        return True

    def _is_done(self, entry_id: str) -> bool:
        """Whether an entry needs nothing more, and what it has can no longer change."""
        tally = self._ledger.tally(entry_id)
        is_done = (
            not tally.pending
            and tally.is_final
            and not self.setup.strategy.needs_more(self._ledger, entry_id)
        )
        if is_done:
            self._undecided.pop(entry_id, None)
        return is_done

    def counts(self) -> Mapping[str, int]:
        """Messages by kind."""
        return {str(kind): self._counts[kind] for kind in MessageKind}

    def sent(self) -> Mapping[str, int]:
        """Messages by kind, those left out that were stopped before the tap."""
        with self._changed:
            tapped = Counter(
                attempt.kind
                for attempt in self._ledger.attempts
                if attempt.sent_at is not None or attempt.fault is None
            )
        return {str(kind): tapped[kind] for kind in MessageKind}
