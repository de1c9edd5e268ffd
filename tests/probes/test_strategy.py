"""Strategies: what to send, and when an entry needs no more."""

import pytest

from probes.ledger import Ledger
from probes.message import Room
from probes.strategy import STRATEGIES, Fixed, Solo, Task
from results.bracketing import BracketLimits
from results.inference import Limits
from tests.results.examples import entry, lane_of

CONTROLS = "C" * 40  # enough to know the loss


def ledger_of(signs: str) -> Ledger:
    """A ledger of a lane on which many controls arrived, then these (see `examples.lane_of`)."""
    ledger = Ledger(BracketLimits())
    for attempt in lane_of(CONTROLS + signs):
        ledger.put(attempt)
    return ledger


@pytest.mark.parametrize(
    ("signs", "needs_more"),
    [
        ("", True),
        ("P", True),
        ("PC", True),
        ("PPC", False),
        ("p", False),  # on its way
        ("pC", True),
        ("pCpC", True),
        ("pCpCpC", False),
        ("PCpC", True),
        ("PpPC", True),  # one was lost or slipped: two to one is not enough
        ("p" + "C" + "P" + "C", True),
        ("PcC", True),  # void: measure again
    ],
)
def test_solo_goes_on_until_the_evidence_suffices(signs: str, *, needs_more: bool) -> None:
    """Two delivered or three blocked decide; contradiction and void attempts ask for more."""
    solo = Solo(limits=Limits())
    assert solo.needs_more(ledger_of(signs), "e") is needs_more


def test_solo_gives_up() -> None:
    """An entry whose attempts contradict each other, or are void, for ever, ends inconclusive."""
    solo = Solo(limits=Limits(), most_counted=4, most_wasted=3)
    assert not solo.needs_more(ledger_of("pCPCpCPC"), "e")
    assert not solo.needs_more(ledger_of("PcPcPcC"), "e")


def test_solo_does_not_give_up_what_counts_now_and_then() -> None:
    """On a bad lane many attempts are void; as long as some count, the entry will be decided."""
    solo = Solo(limits=Limits(), most_wasted=3)
    assert solo.needs_more(ledger_of("PcPcC" + "PC" + "PcPcC"), "e")
    assert not solo.needs_more(ledger_of("PcPcC" + "PC" + "PcPcC" + "PC"), "e")


def test_fixed_sends_as_often_as_asked() -> None:
    """Whatever the outcomes, a fixed number of attempts is counted; void ones are made up for."""
    fixed = Fixed(times=3)
    assert fixed.needs_more(ledger_of("PPC"), "e")
    assert not fixed.needs_more(ledger_of("PPPC"), "e")
    assert fixed.needs_more(ledger_of("PPPcC"), "e")


def test_first_candidate_in_need_goes_next() -> None:
    """Candidates are taken in their order; those that need nothing are passed over."""
    task = Task(
        entries=[entry(name, name) for name in "efg"],
        limits=Limits(),
        room=Room(characters=100, joiner=" "),
    )
    for make in STRATEGIES.values():  # pools are not worth it for so few
        strategy = make(task)
        ledger = ledger_of("PPPC")
        assert strategy.next(ledger, ["e", "f", "g"]) == ("f",)
        assert strategy.next(ledger, ["e"]) is None
