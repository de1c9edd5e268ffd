"""Strategies: which entries the next message carries, and when an entry needs no more."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Final, Protocol

from probes.expectation import Expectation
from probes.filter_check import CheckedPools
from probes.ledger import Ledger, Tally
from probes.message import Room
from probes.pooled import FEWEST_ENTRIES, Pooled
from results.inference import Limits, Noise
from results.pool_evidence import Company
from results.record import EntryRecord, VerdictKind
from results.verdict_rules import Evidence, judge


class Strategy(Protocol):
    """Decides what to send; the campaign decides when, on which lane, and with which controls."""

    @property
    def name(self) -> str:
        """Its name on the command line."""
        ...

    def next(self, ledger: Ledger, candidates: Iterable[str]) -> tuple[str, ...] | None:
        """The entries that the next message should carry.

        Args:
            ledger: All that is known so far, messages on their way included.
            candidates: Ids of the entries that may be sent now, the most wanted first.

        Returns:
            One entry for a solo message, several for a pool; ``None`` to send nothing now.
        """
        ...

    def needs_more(self, ledger: Ledger, entry_id: str) -> bool:
        """Whether an entry still needs a message beyond those on their way."""
        ...

    def doubt(self, entry_ids: Sequence[str]) -> None:
        """Take up again entries that were decided and are not, by all attempts together."""
        ...

    def company_of(self, ledger: Ledger, entry_ids: Sequence[str]) -> Mapping[str, Company]:
        """What pools say of entries so far; nothing where none were sent."""
        ...

    def escort(self, ledger: Ledger, random: Random, beside: int) -> tuple[str, ...]:
        """Entries to send a canary among, so that it is as long as other messages are.

        Args:
            ledger: All that is known so far.
            random: Source of chance.
            beside: How many characters the canary takes.
        """
        ...

    def wants_canary(self, ledger: Ledger) -> bool:
        """Whether a canary, behind other text or among entries, would tell what must be known."""
        ...

    def filler(self, ledger: Ledger, beside: int) -> int:
        """How many characters of harmless text a canary should be sent behind; 0 for none.

        Args:
            ledger: All that is known so far.
            beside: How many characters the canary takes.
        """
        ...

    def audit(self, ledger: Ledger, random: Random) -> tuple[str, ...]:
        """Clear entries and a censored one, to see whether it is blocked in company as well.

        Nothing if that is not due.
        """
        ...

    def messages(self, count: int, expectation: Expectation) -> tuple[float, float]:
        """Fewest and most messages that so many entries are likely to take (for `--plan`).

        Void ones, controls and canaries aside.

        Args:
            count: How many entries.
            expectation: What is assumed of them.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a strategy is to decide.

    Attributes:
        entries: The entries of the run.
        limits: When a verdict is given.
        room: What fits into a message.
    """

    entries: Sequence[EntryRecord]
    limits: Limits
    room: Room


@dataclass(frozen=True, slots=True, kw_only=True)
class Solo:
    """One entry a message, until the evidence suffices for a verdict: a sequential test.

    Attributes:
        limits: When a verdict is given.
        most_counted: Counted attempts after which an undecided entry stays inconclusive.
        most_wasted: Void and unknown attempts in a row after which it does.
    """

    limits: Limits
    most_counted: int = 9
    most_wasted: int = 9
    name: str = "solo"

    def next(self, ledger: Ledger, candidates: Iterable[str]) -> tuple[str, ...] | None:
        """The first candidate that needs more, alone."""
        return _first_in_need(self, ledger, candidates)

    def needs_more(self, ledger: Ledger, entry_id: str) -> bool:
        """Whether the evidence does not suffice, and nothing on its way could change that."""
        tally = ledger.tally(entry_id)
        if tally.pending or _is_exhausted(tally, self.most_counted, self.most_wasted):
            return False
        return not _suffices(tally.blocked, tally.delivered, ledger.noise, self.limits)

    def doubt(self, entry_ids: Sequence[str]) -> None:
        """Nothing: each entry stands for itself."""

    def company_of(self, ledger: Ledger, entry_ids: Sequence[str]) -> Mapping[str, Company]:
        """Nothing: there are no pools."""
        del ledger, entry_ids
        return {}

    def escort(self, ledger: Ledger, random: Random, beside: int) -> tuple[str, ...]:
        """Nothing: messages are short."""
        del ledger, random, beside
        return ()

    def wants_canary(self, ledger: Ledger) -> bool:
        """Never: no entry has company."""
        del ledger
        return False

    def filler(self, ledger: Ledger, beside: int) -> int:
        """None: messages are short."""
        del ledger, beside
        return 0

    def audit(self, ledger: Ledger, random: Random) -> tuple[str, ...]:
        """Nothing: no entry has company."""
        del ledger, random
        return ()

    def messages(self, count: int, expectation: Expectation) -> tuple[float, float]:
        """Two that are delivered, mostly; four where the entry is blocked, and one more if lost."""
        low, high = expectation.shares
        again = expectation.loss + expectation.slip
        return count * (2 + 2 * low), count * (2 + 2 * high) * (1 + 3 * again) + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """One entry a message, a fixed number of times, whatever comes of it: as published studies do.

    Attributes:
        times: How many counted attempts an entry gets.
        most_wasted: Void and unknown attempts in a row after which it gets no more.
    """

    times: int = 3
    most_wasted: int = 9
    name: str = "fixed"

    def next(self, ledger: Ledger, candidates: Iterable[str]) -> tuple[str, ...] | None:
        """The first candidate that needs more, alone."""
        return _first_in_need(self, ledger, candidates)

    def needs_more(self, ledger: Ledger, entry_id: str) -> bool:
        """Whether it was sent less often than it should be."""
        tally = ledger.tally(entry_id)
        return tally.counted + tally.pending < self.times and not _is_exhausted(
            tally, self.times, self.most_wasted
        )

    def doubt(self, entry_ids: Sequence[str]) -> None:
        """Nothing: each entry stands for itself."""

    def company_of(self, ledger: Ledger, entry_ids: Sequence[str]) -> Mapping[str, Company]:
        """Nothing: there are no pools."""
        del ledger, entry_ids
        return {}

    def escort(self, ledger: Ledger, random: Random, beside: int) -> tuple[str, ...]:
        """Nothing: messages are short."""
        del ledger, random, beside
        return ()

    def wants_canary(self, ledger: Ledger) -> bool:
        """Never: no entry has company."""
        del ledger
        return False

    def filler(self, ledger: Ledger, beside: int) -> int:
        """None: messages are short."""
        del ledger, beside
        return 0

    def audit(self, ledger: Ledger, random: Random) -> tuple[str, ...]:
        """Nothing: no entry has company."""
        del ledger, random
        return ()

    def messages(self, count: int, expectation: Expectation) -> tuple[float, float]:
        """As many as asked for."""
        del expectation
        return float(self.times * count), float(self.times * count)


def _pooled(task: Task) -> Strategy:
    if len(task.entries) < FEWEST_ENTRIES:
        return Solo(limits=task.limits)
    pools = Pooled(task.entries, task.limits, task.room)
    return CheckedPools(pools, Solo(limits=task.limits))


STRATEGIES: Final[Mapping[str, Callable[[Task], Strategy]]] = {
    "pooled": _pooled,
    "solo": lambda task: Solo(limits=task.limits),
    "fixed": lambda _: Fixed(),
}
"""Strategies by name; the first is the default."""


def _first_in_need(
    strategy: Strategy, ledger: Ledger, candidates: Iterable[str]
) -> tuple[str, ...] | None:
    return next(((each,) for each in candidates if strategy.needs_more(ledger, each)), None)


@lru_cache(maxsize=1024)  # lanes ask this of many entries, whose attempts differ little
def _suffices(blocked: int, delivered: int, noise: Noise, limits: Limits) -> bool:
    """Whether more of the same would not change the verdict."""
    evidence = Evidence.of(blocked, delivered, noise, limits)
    # A run that sees no canary blocked would not learn more from more of the same.
    return judge(evidence).kind is not VerdictKind.INCONCLUSIVE or evidence.looks_clear


def _is_exhausted(tally: Tally, most_counted: int, most_wasted: int) -> bool:
    return tally.counted >= most_counted or tally.wasted >= most_wasted
