"""Changes are looked at twice: entries whose verdict is not what it was are sent alone once more.

Two losses in a row make a clear entry look newly censored, and a list of hundreds that is measured
every few hours gives chance many chances. The evidence that a change is judged by may be added to
at any time (`results.change_test`), so a run that sees one sends a few messages more, within its
budget, before it says so.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Final

from probes.expectation import Expectation
from probes.ledger import Ledger
from probes.strategy import Strategy
from results.compare import Comparison
from results.pool_evidence import Company

MORE: Final = 2
"""Counted solo messages that an entry gets beyond what it has, each time it is looked at again."""

MOST_ROUNDS: Final = 4
"""How often at most that is done in a run."""

_GROWTH: Final = 2.0  # of an e-value, below which further messages are not worth sending
_MOST_WASTED: Final = 9


class Confirming:
    """A strategy that also sends again, alone, the entries it is asked to."""

    def __init__(self, strategy: Strategy) -> None:
        """Ask for nothing more yet.

        Args:
            strategy: What is sent otherwise.
        """
        self._strategy = strategy
        self._wanted: dict[str, int] = {}  # entry → counted solo messages it is to have

    @property
    def name(self) -> str:
        """The name of the strategy."""
        return self._strategy.name

    def ask(self, counted: Mapping[str, int]) -> None:
        """Ask for `MORE` messages of entries.

        Args:
            counted: By id of each entry, how many counted solo messages it has.
        """
        self._wanted |= {entry_id: count + MORE for entry_id, count in counted.items()}

    def next(self, ledger: Ledger, candidates: Iterable[str]) -> tuple[str, ...] | None:
        """An entry that is to be looked at again, alone; else what the strategy asks for."""
        candidates = list(candidates)
        for each in candidates:
            if self._lacks(ledger, each):
                return (each,)
        return self._strategy.next(ledger, candidates)

    def needs_more(self, ledger: Ledger, entry_id: str) -> bool:
        """Whether the strategy or a second look needs another message."""
        return self._lacks(ledger, entry_id) or self._strategy.needs_more(ledger, entry_id)

    def _lacks(self, ledger: Ledger, entry_id: str) -> bool:
        wanted = self._wanted.get(entry_id)
        if wanted is None:
            return False
        tally = ledger.tally(entry_id)
        return tally.counted + tally.pending < wanted and tally.wasted < _MOST_WASTED

    def doubt(self, entry_ids: Sequence[str]) -> None:
        """As the strategy does."""
        self._strategy.doubt(entry_ids)

    def company_of(self, ledger: Ledger, entry_ids: Sequence[str]) -> Mapping[str, Company]:
        """As the strategy says."""
        return self._strategy.company_of(ledger, entry_ids)

    def escort(self, ledger: Ledger, random: Random, beside: int) -> tuple[str, ...]:
        """As the strategy says."""
        return self._strategy.escort(ledger, random, beside)

    def wants_canary(self, ledger: Ledger) -> bool:
        """As the strategy says."""
        return self._strategy.wants_canary(ledger)

    def filler(self, ledger: Ledger, beside: int) -> int:
        """As the strategy says."""
        return self._strategy.filler(ledger, beside)

    def audit(self, ledger: Ledger, random: Random) -> tuple[str, ...]:
        """As the strategy says."""
        return self._strategy.audit(ledger, random)

    def messages(self, count: int, expectation: Expectation) -> tuple[float, float]:
        """As the strategy says: how much will change is not foreseen."""
        return self._strategy.messages(count, expectation)


def confirm(
    look: Callable[[], Comparison], measure_again: Callable[[Sequence[str]], bool]
) -> Comparison:
    """Measure again what seems to have changed, until it has or has not.

    Every entry with opposite verdicts is sent again once, changed or not; then those that noise
    still explains, as long as that tells more.

    Args:
        look: Compares what is known by now.
        measure_again: Sends entries again, by id; whether that could be done.
    """
    found = look()
    again = {each.entry.id: each.e_value for each in found.opposed}
    for _ in range(MOST_ROUNDS):
        if not again or not measure_again([*again]):
            break
        found = look()
        again = {
            each.entry.id: each.e_value
            for each in found.to_confirm
            if each.e_value > _GROWTH * again.get(each.entry.id, 0.0)
        }
    return found
