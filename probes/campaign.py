"""The loop: ask the strategy, hand messages to lanes, feed outcomes back, stop at the budget.

A campaign is lazy. It sends only while somebody waits for the verdict of an entry, and then until
that entry is decided; while the wanted one waits for what must happen after it (a later arrival, a
control), the entries that will be asked for next are sent in its company.
"""

import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from time import monotonic
from typing import Final

from probes.agenda import Agenda, blindness
from probes.allowance import Allowance
from probes.errors import CampaignError
from probes.lane_worker import LaneWorker
from probes.ledger import Ledger, Tally
from probes.message import Message
from probes.notes import Observed
from probes.run_setup import Setup
from results.inference import Noise
from results.journal import Journal
from results.pool_evidence import Company, PooledRun, weigh
from results.record import (
    Attempt,
    EntryRecord,
    MessageKind,
    Verdict,
    VerdictKind,
)
from results.verdict_rules import how, verdicts

_SETTLING_ROUNDS: Final = 5
_TICK_S: Final = 0.1


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
        self._lock = threading.RLock()
        # Two conditions, so that nobody is woken for what is not for him: a thread that is woken
        # takes more time from the lane that woke it than all that is computed here.
        self._has_work = threading.Condition(self._lock)  # lanes wait for it
        self._has_news = threading.Condition(self._lock)  # who asked for a verdict waits for it
        self._revision = 0  # of all that decides whether a lane has something to send
        self._idle_since: dict[str, int] = {}  # lane → revision at which it found nothing to send
        self._workers: list[LaneWorker] = []
        self._counts = Counter(attempt.kind for attempt in ledger.attempts)
        self._entries = {entry.id: entry for entry in setup.entries}
        self._undecided = dict.fromkeys(self._entries)
        self._wanted: str | None = None
        self._offered: tuple[str, int] | None = None  # entry, attempts: offered to lanes at rest
        self._busy: set[str] = set()  # lanes with a message in hand
        self._taken: dict[str, tuple[str, ...]] = {}  # lane → entries it is about to send
        self._told: dict[str, VerdictKind] = {}
        self._is_closing = False
        self._attempts_made = len(ledger.attempts)
        self._allowance = Allowance(
            budget=setup.budget, pacing=setup.pacing, sent_between=journal.sent_between
        )
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
    def in_hand(self) -> int:
        """How many lanes have a message in hand."""
        with self._lock:
            return len(self._busy)

    @property
    def decided(self) -> int:
        """How many entries need nothing more."""
        return len(self._entries) - len(self._undecided)

    @property
    def stopped(self) -> str | None:
        """Why nothing more is sent although entries are undecided; ``None`` if they need not be."""
        with self._lock:
            reason = self._nothing_more()
            if reason is None or all(map(self._is_done, self._entries)):
                return None
            return reason

    def _nothing_more(self) -> str | None:
        """Why nothing more can be sent; ``None`` if it can."""
        if self._allowance.spent is not None:
            return self._allowance.spent
        if self._workers and not self._lanes_at_work:
            # Why lanes were lost, in words, can hold what must not be exported.
            return self._allowance.rest or "no lane is left."
        return None

    @property
    def _lanes_at_work(self) -> list[LaneWorker]:
        return [
            worker
            for worker in self._workers
            if worker.down is None and not self._allowance.is_resting(worker.name)
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
        with self._lock:
            return self._ledger.noise

    @property
    def blind_lanes(self) -> list[str]:
        """Lanes that sent canaries of which none was blocked."""
        with self._lock:
            seen = {worker.name: self._ledger.canaries(worker.name) for worker in self._workers}
        return [name for name, (blocked, slipped) in seen.items() if slipped and not blocked]

    def how(self, verdicts: Sequence[Verdict]) -> Mapping[str, str]:
        """By entry id, in which ways the attempts behind verdicts were blocked."""
        with self._lock:
            return {each.entry_id: how(each, self._ledger.scores) for each in verdicts}

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
        with self._lock:
            self._wanted = entry_id
            self._offer_work()
        try:
            while self._has_to_wait(entry_id):
                on_wait()  # without the lock: a stalled terminal must not stall the lanes
        finally:
            with self._lock:
                self._wanted = None
        with self._lock:
            if self.is_down and not self._is_done(entry_id):
                raise CampaignError("\n".join(["No lane is left to measure on.", *self.lanes_lost]))
            verdict = self._verdicts(
                [self._entries[entry_id]],
                self._ledger.of_entry(entry_id),
                self.setup.strategy.company_of(self._ledger, [entry_id]),
            )[0]
            self._told.setdefault(entry_id, verdict.kind)
        for worker in self._workers:
            worker.write()  # all that it rests on is on the disk before it is told
        return verdict

    def _has_to_wait(self, entry_id: str) -> bool:
        """Wait a moment, unless the entry is decided or nothing more comes."""
        with self._lock:
            # What lanes have in hand when the budget is spent may still decide the entry.
            is_over = not self._busy and self._nothing_more() is not None
            if is_over or self._is_done(entry_id):
                return False
            if not self._busy and self._is_at_rest:
                if self._offered == (entry_id, self._attempts_made):
                    return False  # nobody has anything to send: waiting would last for ever
                self._offered = entry_id, self._attempts_made
                self._offer_work()
            self._has_news.wait(_TICK_S)
            return True

    @property
    def _is_at_rest(self) -> bool:
        """Whether no lane has found anything to send since something changed."""
        lanes = self._lanes_at_work
        return bool(lanes) and all(
            self._idle_since.get(worker.name) == self._revision for worker in lanes
        )

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
            self._doubt()
            with self._lock:
                open_again = [entry_id for entry_id in self._told if not self._is_done(entry_id)]
            if not open_again or self.stopped is not None:
                return
            for entry_id in open_again:
                try:
                    self.verdict(entry_id, on_wait)
                except CampaignError:
                    return

    def _doubt(self) -> None:
        """Let the strategy doubt what all attempts together do not bear out."""
        told = [self._entries[entry_id] for entry_id in self._told]
        undecided = [
            verdict.entry_id
            for verdict in self.verdicts(told)
            if verdict.kind is VerdictKind.INCONCLUSIVE
        ]
        with self._lock:
            self.setup.strategy.doubt(undecided)
            self._undecided.update(dict.fromkeys(undecided))

    def verdicts(self, entries: Sequence[EntryRecord]) -> list[Verdict]:
        """What all attempts so far say of entries."""
        weighed = self.weighed(entries)
        with self._lock:
            return self._verdicts(
                entries, self._ledger.attempts, None if weighed is None else weighed.company
            )

    def weighed(self, entries: Sequence[EntryRecord]) -> PooledRun | None:
        """What the pools so far amount to; ``None`` if there are none."""
        with self._lock:
            return weigh(
                [entry.id for entry in entries],
                [
                    attempt
                    for attempt in self._ledger.attempts
                    if attempt.condition == self.setup.condition
                ],
                self._ledger.scores,
                self._ledger.noise,
                self.setup.limits,
            )

    def _verdicts(
        self,
        entries: Sequence[EntryRecord],
        attempts: Sequence[Attempt],
        company: Mapping[str, Company] | None,
    ) -> list[Verdict]:
        return verdicts(
            entries,
            attempts,
            self._ledger.scores,
            condition=self.setup.condition,
            noise=self._ledger.noise,
            limits=self.setup.limits,
            company=company,
        )

    def tally(self, entry_id: str) -> Tally:
        """The attempts of an entry so far."""
        with self._lock:
            return self._ledger.tally(entry_id)

    def close(self, timeout_s: float = 15.0) -> None:
        """Let each lane finish the message in hand, and end.

        Args:
            timeout_s: How long to wait for all of them; a lane that hangs longer is left behind,
                its attempt in flight staying unknown.
        """
        with self._lock:
            self._is_closing = True
            self._offer_work()
        deadline = monotonic() + timeout_s
        for worker in self._workers:
            worker.join(max(0.0, deadline - monotonic()))

    # What follows is called by the lanes' threads (see `lane_worker.Books`).

    def new_attempt(self, worker: LaneWorker, message: Message, observed: Observed) -> Attempt:
        """Make an attempt and commit it, with what was observed before anything is tapped."""
        with self._lock:
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
            self._journal.begin_attempt(
                attempt, observed.attempts, observed.arrivals, observed.cursor
            )
            self._attempts_made += 1
            self._allowance.note_sent()
            self._counts[message.kind] += 1
            self._ledger.begin(attempt)
            self._taken.pop(worker.name, None)
            return attempt

    def observe(self, observed: Observed) -> None:
        """Commit what was observed, then take it into account."""
        # Without the lock, since the disk takes its time.
        self._journal.observe(observed.attempts, observed.arrivals, observed.cursor)
        self.learn(observed.attempts)

    def watch(self, attempt_id: str) -> None:
        """Note that an attempt which arrived will be looked for again."""
        with self._lock:
            self._ledger.watch(attempt_id)

    def release(self, attempts: Sequence[Attempt]) -> None:
        """Note that attempts are not looked for any more; what is known of them is all."""
        with self._lock:
            self._ledger.release(attempts)
            self._offer_work()
            self._has_news.notify_all()

    def learn(self, attempts: Sequence[Attempt]) -> None:
        """Take into account what is newly known of attempts."""
        with self._lock:
            for attempt in attempts:
                self._ledger.put(attempt)
                for entry_id in attempt.entries:
                    if entry_id in self._entries:
                        self._undecided.setdefault(entry_id)
            self._offer_work()
            # A verdict rests on what is final, and on what controls and canaries show.
            if any(
                each.kind is not MessageKind.PROBE or self._ledger.is_final(each)
                for each in attempts
            ):
                self._has_news.notify_all()

    def lane_ended(self, worker: LaneWorker) -> None:
        """Note that a lane has ended: what it did not settle stays open for other lanes."""
        with self._lock:
            self._ledger.close_lane(worker.name)
            self._taken.pop(worker.name, None)
            self._busy.discard(worker.name)
            self._offer_work()
            self._has_news.notify_all()

    def next_message(self, worker: LaneWorker, *, may_wait: bool) -> Message | None:
        """Something to send; ``None`` when the worker should end, or might have to wait."""
        with self._lock:
            if may_wait:
                self._busy.discard(worker.name)
            seen: int | None = None
            while not self._is_closing:
                # Who found nothing to send need not look again before something has changed.
                if self._wanted is not None and seen != self._revision:
                    seen = self._revision
                    worker.down = worker.down or blindness(worker.name, self._ledger)
                    message = None if worker.down else self._choose(worker)
                    if worker.down or (message is not None and self._must_rest(worker)):
                        return None
                    if message is not None:
                        self._taken[worker.name] = message.entries
                        self._busy.add(worker.name)
                        return message
                    if may_wait:  # one that looks once more for what arrived may learn something
                        self._idle_since[worker.name] = self._revision
                        self._has_news.notify_all()
                if not may_wait:
                    return None
                if self._allowance.spent is not None:
                    self._has_news.notify_all()
                self._has_work.wait(_TICK_S * 5)
            return None

    def _offer_work(self) -> None:
        self._revision += 1
        self._has_work.notify_all()

    def _choose(self, worker: LaneWorker) -> Message | None:
        """What a lane may send now; nothing once the budget is used up."""
        chosen = len(self._taken)
        if self._allowance.spent is not None:
            return None
        may_probe = self._allowance.may_probe(chosen=chosen, lanes=len(self._lanes_at_work))
        message = self._agenda.choose(worker, self._ledger, self._candidates(), may_probe=may_probe)
        if message is not None:
            return None if self._allowance.refuses(chosen=chosen) else message
        waits_for_control = any(each.since_control for each in self._lanes_at_work)
        if not may_probe and not self._busy and not waits_for_control:
            self._allowance.use_up(chosen=chosen)
        return None

    def _candidates(self) -> list[str]:
        """Entries that may be sent now, the wanted one first."""
        taken = {entry_id for entries in self._taken.values() for entry_id in entries}
        wanted = () if self._wanted is None else (self._wanted,)
        return [each for each in dict.fromkeys((*wanted, *self._undecided)) if each not in taken]

    def _must_rest(self, worker: LaneWorker) -> bool:
        return self._allowance.must_rest(worker.name, worker.lane.config.sender.account.label)

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

    def wasted(self) -> int:
        """Messages with entries that were void, or ended unknown."""
        with self._lock:
            return self._ledger.wasted

    @property
    def lanes(self) -> int:
        """How many lanes were set to work."""
        return len(self._workers)

    def counts(self) -> Mapping[str, int]:
        """Messages by kind."""
        return {str(kind): self._counts[kind] for kind in MessageKind}

    def sent(self) -> Mapping[str, int]:
        """Messages by kind, those left out that were stopped before the tap."""
        with self._lock:
            tapped = self._ledger.tapped
        return {str(kind): tapped[kind] for kind in MessageKind}
