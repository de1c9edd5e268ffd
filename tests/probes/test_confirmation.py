"""Entries that seem to have changed are sent alone again."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from probes.confirmation import MORE, MOST_ROUNDS, Confirming, confirm
from probes.ledger import Ledger
from probes.strategy import Solo
from results.bracketing import BracketLimits
from results.change_record import Change
from results.circumstances import Circumstances
from results.compare import Comparison, Difference
from results.inference import Limits
from results.record import MessageKind, VerdictKind
from tests.probes.test_terminal import verdict
from tests.results.examples import CONDITION, RUN, arrived, entry, lane_of, sent


def difference(name: str, change: Change, e_value: float = 5.0) -> Difference:
    """An entry that was clear and is censored."""
    return Difference(
        entry=entry(name),
        circumstances=Circumstances.of(CONDITION),
        change=change,
        before=verdict(name, VerdictKind.CLEAR),
        after=verdict(name, VerdictKind.CENSORED),
        e_value=e_value,
    )


def comparison(*differences: Difference) -> Comparison:
    """A comparison with these."""
    return Comparison(before=RUN, after=RUN, differences=differences, level=0.05, notes=())


class Looks:
    """Comparisons one after the other, and what was asked to be measured in between."""

    def __init__(self, *comparisons: Comparison, can_measure: bool = True) -> None:
        self._comparisons = list(comparisons)
        self._can_measure = can_measure
        self.asked: list[list[str]] = []

    def look(self) -> Comparison:
        return self._comparisons.pop(0) if len(self._comparisons) > 1 else self._comparisons[0]

    def measure_again(self, entry_ids: Sequence[str]) -> bool:
        self.asked.append(list(entry_ids))
        return self._can_measure


def test_every_change_is_measured_again_once() -> None:
    """What is called changed at once is confirmed too; what is not opposed is left alone."""
    same = replace(difference("same", Change.UNCHANGED), before=None)
    found = comparison(difference("e", Change.NEWLY_CENSORED), same)
    looks = Looks(found)
    assert confirm(looks.look, looks.measure_again) is found
    assert looks.asked == [["e"]]


def test_flicker_is_measured_again_while_that_tells_more() -> None:
    """An entry is sent again as long as its e-value grows; then it stays what it is."""
    values = (5.0, 50.0, 60.0)
    looks = Looks(*(comparison(difference("e", Change.FLICKER, each)) for each in values))
    found = confirm(looks.look, looks.measure_again)
    assert looks.asked == [["e"], ["e"]]
    assert found.differences[0].e_value == values[-1]


def test_rounds_are_limited() -> None:
    """However its e-value grows, an entry is not sent for ever."""
    looks = Looks(*(comparison(difference("e", Change.FLICKER, 10.0**n)) for n in range(9)))
    confirm(looks.look, looks.measure_again)
    assert len(looks.asked) == MOST_ROUNDS


def test_spent_budget_ends_it() -> None:
    """If nothing can be measured, what is known is what is told."""
    looks = Looks(comparison(difference("e", Change.FLICKER)), can_measure=False)
    assert confirm(looks.look, looks.measure_again).to_confirm
    assert len(looks.asked) == 1


@pytest.fixture
def ledger() -> Ledger:
    """A lane on which entry e was blocked three times, each time between controls."""
    ledger = Ledger(BracketLimits())
    for attempt in lane_of("CpCpCpC"):
        ledger.put(attempt)
    return ledger


def test_asked_entries_are_sent_alone(ledger: Ledger) -> None:
    """An entry that is decided is sent again if that is asked, until it has what was asked."""
    strategy = Confirming(Solo(limits=Limits()))
    strategy.ask({"e": ledger.tally("e").counted})
    for seq in range(7, 7 + 2 * MORE, 2):
        assert strategy.needs_more(ledger, "e")
        assert strategy.next(ledger, ["e"]) == ("e",)
        ledger.put(sent(seq, MessageKind.PROBE, "e"))
        ledger.put(arrived(sent(seq + 1, MessageKind.CONTROL)))
    assert ledger.tally("e").counted == 3 + MORE
    assert not strategy.needs_more(ledger, "e")


def test_other_entries_are_as_the_strategy_has_them(ledger: Ledger) -> None:
    """Entries that nobody asked for are sent by the strategy, after those that were."""
    solo = Solo(limits=Limits())
    strategy = Confirming(solo)
    assert strategy.name == "solo"
    assert strategy.next(ledger, iter(["other"])) == ("other",)
    strategy.ask({"e": 3})
    assert strategy.next(ledger, iter(["other", "e"])) == ("e",)
    assert strategy.needs_more(ledger, "other")
