"""Pools as long as the filter lets one trust them, and entries alone from then on.

Pools rest on two things that need not hold: that the filter reads the whole of a message, and that
it blocks in company what it blocks alone. So some messages carry text that is known to be censored:

* the testbed's canaries behind harmless text, as long as pools are. If these arrive, the filter
  does not read so much: pools are made as short as it does, and a few such messages of lengths in
  between find out how short that is.
* the canaries among entries that came out clear, and, since their rules are others than those of
  the entries, one in about 60 messages an *audit*: an entry that came out censored, among clear
  ones. If these arrive, nothing that was learnt from pools counts any more, and all entries are
  sent alone, within the budget.

No entry counts as clear by pools alone before a few such messages have shown that it would have
been seen. What they show is computed in `results.reach` and `results.monotony`, from the attempts
alone, so that verdicts can be computed again. This module decides what to send for it.

Nothing here goes on for ever: of messages that come sooner than they would in any case there are at
most `MOST_EAGER` in a run beside one in `MOST_OFTEN`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from math import isqrt
from random import Random
from typing import Final, Protocol

from probes.expectation import Expectation
from probes.ledger import Ledger
from probes.pooled import Pooled
from results.monotony import CompanyCheck, canary_texts, company_check, holds_any
from results.pool_evidence import Company
from results.reach import seen_to
from results.record import Attempt, MessageKind, Outcome

AUDIT_EVERY: Final = 60
"""Messages of a run between two audits: 1.7 %."""

FEWEST_CHECKS: Final = 2
"""Messages with censored text in company that come before any entry is clear by pools alone."""

FEWEST_AUDITS: Final = 2
"""Of these, audits, once an entry came out censored: its rule is another than that of a canary."""

PATIENCE: Final = 24
"""Messages of a run after which a canary goes in company if no entry came out censored yet; before,
it goes only when nothing is left to find out."""

MOST_EAGER: Final = 16
MOST_OFTEN: Final = 12
"""Canaries and audits come sooner than they would, where there is something to find out, as long as
there were fewer than `MOST_EAGER` and one in `MOST_OFTEN` messages."""

_NEAR_ENOUGH: Final = 1.5  # ratio of a length that is not known to be read to one that is


class SentAlone(Protocol):
    """What entries are sent by when pools are not to be trusted."""

    def next(self, ledger: Ledger, candidates: Iterable[str]) -> tuple[str, ...] | None:
        """As `probes.strategy.Strategy.next`."""
        ...

    def needs_more(self, ledger: Ledger, entry_id: str) -> bool:
        """As `probes.strategy.Strategy.needs_more`."""
        ...


class CheckedPools:
    """The pooled strategy, with an eye on what pools rest on."""

    name: Final = "pooled"

    def __init__(self, pools: Pooled, alone: SentAlone) -> None:
        """Begin by trusting pools.

        Args:
            pools: What is sent as long as pools can be trusted.
            alone: What is sent when they cannot.
        """
        self._pools = pools
        self._alone = alone
        self._cursor = 0
        self._sent = 0  # messages of the run
        self._audited_at: int | None = None  # of these, when the newest audit was chosen
        self._audits: dict[str, int] = {}  # entry → how often it was audited
        self._relevant: dict[str, Attempt] = {}  # canaries, audits, solo attempts
        self._solo_at: dict[str, int] = {}  # entry → its newest solo attempt's place in the run
        self._asked_again: set[str] = set()  # audits after which the entry is sent alone again
        self._canaries: frozenset[str] = frozenset()
        self._check = CompanyCheck()
        self._reach: int | None = None
        self._not_read: int | None = None  # shortest message above the reach that arrived
        self._longest_pool = 0  # of those that arrived and count
        self._longest_read = 0  # canary that was blocked
        self._pools_that_arrived: dict[str, int] = {}  # id → length
        self._has_clear = False
        self._has_confirmed = False
        self._is_stuck = False  # no company fits beside the entry to be audited

    def next(self, ledger: Ledger, candidates: Iterable[str]) -> tuple[str, ...] | None:
        """What pools ask for, as long as they can be trusted; else an entry alone."""
        self._take_in(ledger)
        if self._check.is_alarming:
            return self._alone.next(ledger, candidates)
        return self._pools.next(ledger, candidates)

    def needs_more(self, ledger: Ledger, entry_id: str) -> bool:
        """Whether the entry is not decided by what can be trusted."""
        self._take_in(ledger)
        if self._check.is_alarming:
            return self._alone.needs_more(ledger, entry_id)
        rests_on_pools = entry_id not in self._solo_at
        return self._pools.needs_more(ledger, entry_id) or (rests_on_pools and self._is_unsure)

    def doubt(self, entry_ids: Sequence[str]) -> None:
        """Send entries alone once more that all attempts together leave undecided."""
        self._pools.doubt(entry_ids)

    def company_of(self, ledger: Ledger, entry_ids: Sequence[str]) -> Mapping[str, Company]:
        """What pools say of entries by what is known so far, and whether that counts."""
        self._take_in(ledger)
        company = self._pools.company_of(ledger, entry_ids)
        if not self._check.is_alarming:
            return company
        return {each: replace(said, is_trusted=False) for each, said in company.items()}

    def messages(self, count: int, expectation: Expectation) -> tuple[float, float]:
        """As many as pools take, and audits.

        A filter that makes pools useless cannot be foreseen.
        """
        fewest, most = self._pools.messages(count, expectation)
        return fewest + FEWEST_CHECKS, most * (1 + 1 / AUDIT_EVERY) + MOST_EAGER / 2

    def wants_canary(self, ledger: Ledger) -> bool:
        """Whether a canary, not alone, would tell something that is worth knowing now."""
        self._take_in(ledger)
        if self._check.is_alarming or not self._canaries or not self._may_send_another(ledger):
            return False
        if self._length_to_try is not None:
            return not self._has_spent
        # An audit tells more. While pools find things out, a censored entry may turn up for one.
        is_time = self._sent >= PATIENCE or not self._pools.has_undecided(ledger)
        return (
            self._is_unsure_of_company and self._can_check and not self._has_confirmed and is_time
        )

    def filler(self, ledger: Ledger, beside: int) -> int:
        """How many characters of harmless text a canary should be sent behind; 0 for none.

        Args:
            ledger: All that is known so far.
            beside: How many characters the canary takes.
        """
        self._take_in(ledger)
        if self._check.is_alarming:
            return 0
        return max(0, (self._length_to_try or 0) - beside)

    def escort(self, ledger: Ledger, random: Random, beside: int) -> tuple[str, ...]:
        """Clear entries for a canary to be sent among; none while it is rather needed alone."""
        self._take_in(ledger)
        check = self._check
        if check.is_alarming:
            return ()
        if check.is_suspicious and check.alone_blocked + check.alone_slipped < check.company // 2:
            return ()
        return self._pools.escort(ledger, random, beside, self._room)

    def audit(self, ledger: Ledger, random: Random) -> tuple[str, ...]:
        """Clear entries and, last of them, a censored one, if an audit is due.

        The censored one is last, where a filter that reads the beginning only would miss it.
        """
        self._take_in(ledger)
        is_eager = self._is_unsure_of_company and self._can_check and self._may_send_another(ledger)
        is_due = self._audited_at is None or self._sent - self._audited_at >= AUDIT_EVERY
        if self._check.is_alarming or not (is_eager or is_due):
            return ()
        known = self._pools.confirmed(ledger)
        if not known:
            return ()
        entry = min(known, key=lambda each: (self._audits.get(each, 0), random.random()))
        beside = self._pools.length(entry)
        escort = self._pools.escort(ledger, random, beside, self._room)
        if not escort:
            self._is_stuck = True
            return ()
        self._audits[entry] = self._audits.get(entry, 0) + 1
        self._audited_at = self._sent
        return (*escort, entry)

    @property
    def _is_unsure(self) -> bool:
        """Whether it is yet to be seen that text as long as pools is blocked in company."""
        if self._has_spent:
            return False
        return (self._is_unsure_of_company and self._can_check) or (
            self._length_to_try is not None and bool(self._canaries)
        )

    @property
    def _is_unsure_of_company(self) -> bool:
        return (
            self._check.company < FEWEST_CHECKS
            or (self._has_confirmed and self._check.audits < FEWEST_AUDITS)
            or self._check.is_suspicious
        )

    @property
    def _length_to_try(self) -> int | None:
        """How long a message should be to tell what is read; ``None`` if that is known."""
        if self._reach is None:
            is_untried = self._longest_pool > _NEAR_ENOUGH * self._longest_read
            return self._longest_pool if is_untried else None
        if self._not_read is None or self._not_read <= _NEAR_ENOUGH * self._reach:
            return None
        return isqrt(self._reach * self._not_read)

    @property
    def _has_spent(self) -> bool:
        """Whether no more messages may come sooner than they would."""
        spent = sum(each.kind is MessageKind.CANARY for each in self._relevant.values())
        return spent >= MOST_EAGER + self._sent // MOST_OFTEN

    @property
    def _room(self) -> int:
        """How long a message with censored text in company is.

        As long as the longest pools that cleared entries: these cleared most of them, and in longer
        messages there is more that might switch a rule off.
        """
        return self._longest_pool or self._pools.longest

    @property
    def _can_check(self) -> bool:
        """Whether there is censored text to send in company, and company to send it in."""
        if self._is_stuck or self._has_spent or not self._has_clear:
            return False
        has_canary = any(_NEAR_ENOUGH * len(canary) <= self._room for canary in self._canaries)
        return has_canary or self._has_confirmed

    def _may_send_another(self, ledger: Ledger) -> bool:
        """Whether nothing of the kind is on its way, which may tell enough."""
        return not any(
            ledger.is_on_its_way(attempt)
            for attempt in self._relevant.values()
            if attempt.kind is MessageKind.CANARY
        )

    def _take_in(self, ledger: Ledger) -> None:
        """Enter what has changed since the last time."""
        changed, self._cursor = ledger.changes(self._cursor)
        if not changed:
            return
        for attempt in changed:
            self._sent = max(self._sent, attempt.seq + 1)
            if attempt.kind is MessageKind.CANARY or attempt.is_solo:
                self._relevant[attempt.id] = attempt
            elif attempt.kind is MessageKind.PROBE:
                score = ledger.scores[attempt.id]
                has_arrived = score.void is None and score.outcome is Outcome.DELIVERED
                self._pools_that_arrived[attempt.id] = len(attempt.text) if has_arrived else 0
            if attempt.is_solo:
                entry = attempt.entries[0]
                self._solo_at[entry] = max(self._solo_at.get(entry, -1), attempt.seq)
        self._look(ledger)

    def _look(self, ledger: Ledger) -> None:
        """See what text that is known to be censored shows of the filter."""
        attempts = sorted(self._relevant.values(), key=lambda attempt: attempt.seq)
        scores = ledger.scores
        self._reach = seen_to(attempts, scores)
        self._check = company_check(attempts, scores, self._reach)
        self._canaries = canary_texts(attempts)
        counted = [
            attempt
            for attempt in attempts
            if attempt.kind is MessageKind.CANARY
            and scores[attempt.id].void is None
            and scores[attempt.id].outcome is not Outcome.UNKNOWN
        ]
        bare = [each for each in counted if not each.entries]
        is_blocked = {each.id: scores[each.id].outcome.is_blocked for each in counted}
        reach = float("inf") if self._reach is None else self._reach
        self._not_read = min(
            (len(each.text) for each in bare if len(each.text) > reach and not is_blocked[each.id]),
            default=None,
        )
        self._longest_read = max((len(e.text) for e in bare if is_blocked[e.id]), default=0)
        self._longest_pool = max(
            (length for length in self._pools_that_arrived.values() if length <= reach), default=0
        )
        self._has_clear = self._pools.has_clear(ledger)
        self._is_stuck = False
        self._has_confirmed = bool(self._pools.confirmed(ledger))
        audits = [
            each for each in counted if each.entries and not holds_any(each.text, self._canaries)
        ]
        for attempt in audits:
            if (
                not is_blocked[attempt.id]
                and attempt.id not in self._asked_again
                and ledger.is_final(attempt)
            ):
                self._asked_again.add(attempt.id)
                entry = attempt.entries[-1]
                if self._solo_at.get(entry, -1) < attempt.seq:
                    self._pools.doubt([entry])
