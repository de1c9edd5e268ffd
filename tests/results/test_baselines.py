"""Which earlier runs a run is compared with, entry by entry."""

from datetime import timedelta

from results.baselines import reference
from results.change_record import Alert, Change, ChangeRecord, ComparisonRecord
from results.circumstances import Circumstances
from results.compare import compare, record_of
from results.journal import Journal
from results.judged_run import JudgedRun
from tests.results.examples import CONDITION, START
from tests.results.test_compare import run_of

UNDER = Circumstances.of(CONDITION)


def compared(journal: Journal, run: JudgedRun) -> dict[str, Change]:
    """Compare a run with what came before it, and record that."""
    known = reference(journal, run.run)
    assert known is not None
    found = compare(known.runs[0], run, earlier=known.runs[1:], settled=known.settled)
    journal.save_comparison(record_of(journal, found))
    return {each.entry.id: each.change for each in found.differences}


def test_inconclusive_run_is_looked_past(journal: Journal) -> None:
    """An entry on which the last run came to no verdict is compared with the run before it."""
    run_of(journal, 1, {"e": "PPP", "f": "PPP"})
    run_of(journal, 2, {"e": "p", "f": "PPP"})
    after = run_of(journal, 3, {"e": "pppp", "f": "PPP"})
    assert compared(journal, after) == {"e": Change.NEWLY_CENSORED, "f": Change.UNCHANGED}


def test_entry_of_a_run_further_back_is_compared(journal: Journal) -> None:
    """Lists that are measured in turn are each compared with their own last time."""
    run_of(journal, 1, {"e": "PPP", "f": "PPP"})
    run_of(journal, 2, {"f": "PPP"})
    after = run_of(journal, 3, {"e": "pppp", "f": "PPP"})
    assert compared(journal, after)["e"] is Change.NEWLY_CENSORED


def test_change_that_was_too_weak_is_told_by_the_next_run(journal: Journal) -> None:
    """What noise explained when it was first seen is not the new state: it can be told later."""
    others = {"f": "PPP", "g": "PPP", "h": "PPP"}
    run_of(journal, 1, {"e": "pppp", **others})
    first = run_of(journal, 2, {"e": "PP", **others}, canaries="nnnNN")
    assert compared(journal, first)["e"] is Change.FLICKER
    second = run_of(journal, 3, {"e": "PPPPP", **others})
    assert compared(journal, second)["e"] is Change.NEWLY_CLEAR
    third = run_of(journal, 4, {"e": "PPPPP", **others})
    assert compared(journal, third)["e"] is Change.UNCHANGED


def test_runs_that_nobody_compared_are_taken_as_they_are(journal: Journal) -> None:
    """Where runs were not compared, the last verdict is the state."""
    run_of(journal, 1, {"e": "PPP"})
    run_of(journal, 2, {"e": "pppp"})
    after = run_of(journal, 3, {"e": "pppp"})
    assert compared(journal, after) == {"e": Change.UNCHANGED}


def test_named_run_is_taken_for_all_entries(journal: Journal) -> None:
    """A baseline that is named is the only one, also where it has no verdict."""
    run_of(journal, 1, {"e": "PPP", "f": "PPP"})
    before = run_of(journal, 2, {"e": "p", "f": "PPP"})
    after = run_of(journal, 3, {"e": "pppp", "f": "PPP"})
    known = reference(journal, after.run, before.run.id)
    assert known is not None
    assert (known.runs[0].run, known.settled) == (before.run, {})


def change(run: JudgedRun, sentence: str = "e: newly censored") -> ComparisonRecord:
    """That entry e changed."""
    record = ChangeRecord(
        run_id=run.run.id,
        entry_id="e",
        keyword="e",
        circumstances=UNDER,
        change=Change.NEWLY_CENSORED,
        sentence=sentence,
    )
    return ComparisonRecord(run_id=run.run.id, baseline="another", changes=[record])


def test_alerts_are_kept_until_delivered(journal: Journal) -> None:
    """Each channel has to be told of each change once, whatever is recorded again later."""
    first, second = run_of(journal, 1, {"e": "pppp"}), run_of(journal, 2, {"e": "pppp"})
    journal.save_comparison(change(second), ["ops", "lab"])
    journal.save_comparison(change(first), ["ops"])
    told = [(each.channel, each.change.run_id) for each in journal.alerts()]
    assert told == [("ops", first.run.id), ("ops", second.run.id), ("lab", second.run.id)]
    journal.mark_delivered([each for each in journal.alerts() if each.channel == "ops"], START)
    journal.save_comparison(change(second, "in other words"), ["ops", "lab"])
    (left,) = journal.alerts()
    assert left == Alert(channel="lab", change=change(second).changes[0])
    assert [each.sentence for each in journal.changes(second.run.id)] == ["in other words"]
    assert dict(journal.comparisons()) == {first.run.id: "another", second.run.id: "another"}
    journal.mark_delivered([left], START + timedelta(days=1))
    assert not journal.alerts()
