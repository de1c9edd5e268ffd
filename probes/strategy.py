"""Strategies: which entries the next message carries, and when an entry needs no more."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from probes.ledger import Ledger, Tally
from results.inference import Limits
from results.record import VerdictKind
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

    def messages_per_entry(self) -> tuple[float, float]:
        """Fewest and most messages an entry is likely to take, void ones aside (for `--plan`)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Solo:
    """One entry a message, until the evidence suffices for a verdict: a sequential test.

    Attributes:
        limits: When a verdict is given.
        most_counted: Counted attempts after which an undecided entry stays inconclusive.
        most_wasted: Void and unknown attempts after which it does.
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
        evidence = Evidence.of(tally.blocked, tally.delivered, ledger.noise, self.limits)
        # A run that sees no canary blocked would not learn more from more of the same.
        return judge(evidence).kind is VerdictKind.INCONCLUSIVE and not evidence.looks_clear

    def messages_per_entry(self) -> tuple[float, float]:
        """Two that are delivered, mostly; more where one was lost, or the entry is blocked."""
        return 2.0, 2.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """One entry a message, a fixed number of times, whatever comes of it: as published studies do.

    Attributes:
        times: How many counted attempts an entry gets.
        most_wasted: Void and unknown attempts after which it gets no more.
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

    def messages_per_entry(self) -> tuple[float, float]:
        """As many as asked for."""
        return float(self.times), float(self.times)


STRATEGIES: Final[Mapping[str, Callable[[Limits], Strategy]]] = {
    "solo": lambda limits: Solo(limits=limits),
    "fixed": lambda _: Fixed(),
}
"""Strategies by name; the first is the default."""


def _first_in_need(
    strategy: Strategy, ledger: Ledger, candidates: Iterable[str]
) -> tuple[str, ...] | None:
    return next(((each,) for each in candidates if strategy.needs_more(ledger, each)), None)


def _is_exhausted(tally: Tally, most_counted: int, most_wasted: int) -> bool:
    return tally.counted >= most_counted or tally.wasted >= most_wasted
