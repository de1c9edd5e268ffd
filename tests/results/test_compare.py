"""What changed between two runs, and what is noise."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.baselines import baseline, earlier_runs
from results.change_record import Change
from results.change_test import discoveries, log_e_values
from results.compare import (
    Difference,
    compare,
    comparison_lines,
    sentence,
    since,
)
from results.errors import JournalError
from results.journal import Journal
from results.judged_run import JudgedRun, computed_verdicts, judge_run
from results.record import Attempt, MessageKind, Run
from results.rules import BracketLimits, score
from tests.results.examples import CONDITION, RUN, START, arrived, entry, sent

ENTRIES = [entry("e", "達賴"), entry("f"), entry("g"), entry("h")]


def run_of(
    journal: Journal, day: int, outcomes: dict[str, str], *, canaries: str = "nnnn"
) -> JudgedRun:
    """Write a run of a day: by entry, P arrived and p blocked; N a canary that arrived."""
    at = START + timedelta(days=day)
    run = replace(RUN, id=f"{at:%Y%m%dT%H%M%SZ}-{day:04x}", started_at=at, settings={})
    journal.start_run(run)
    journal.add_entries(run.id, [each for each in ENTRIES if each.id in outcomes])
    signs: list[tuple[str, tuple[str, ...]]] = [("C", ())] * 40
    for sign in canaries:
        signs += [(sign, ()), ("C", ())]
    for name, each in outcomes.items():
        for sign in each:
            signs += [(sign, (name,)), ("C", ())]
    attempts = list(map(_attempt(run), range(len(signs)), *zip(*signs, strict=True)))
    for attempt in attempts:
        journal.begin_attempt(attempt)
    entries = journal.entries(run.id)
    said = computed_verdicts(run, entries, attempts, score(attempts, BracketLimits()))
    journal.save_verdicts(run.id, said)
    return judge_run(journal, run.id)


def _attempt(run: Run) -> Callable[[int, str, tuple[str, ...]], Attempt]:
    kinds = {"C": MessageKind.CONTROL, "N": MessageKind.CANARY, "P": MessageKind.PROBE}

    def make(seq: int, sign: str, names: tuple[str, ...]) -> Attempt:
        attempt = replace(sent(seq, kinds[sign.upper()], *names), id=f"{run.id}-{seq}")
        attempt = replace(
            attempt,
            run_id=run.id,
            created_at=run.started_at + timedelta(seconds=10 * seq),
            sent_at=run.started_at + timedelta(seconds=10 * seq + 1),
        )
        return arrived(attempt) if sign.isupper() else attempt

    return make


def changes(differences: Sequence[Difference]) -> dict[str, Change]:
    """What became of each entry, by id."""
    return {each.entry.id: each.change for each in differences}


def test_each_entry_gets_its_class(journal: Journal) -> None:
    """Clear to censored, censored to clear, noise, and the same: each under its name."""
    before = run_of(journal, 1, {"e": "PPP", "f": "pppp", "g": "PPP", "h": "pppp"})
    after = run_of(journal, 2, {"e": "pppp", "f": "PPP", "g": "PPp", "h": "pppp"})
    found = compare(before, after)
    assert changes(found.differences) == {
        "e": Change.NEWLY_CENSORED,
        "f": Change.NEWLY_CLEAR,
        "g": Change.FLICKER,
        "h": Change.UNCHANGED,
    }
    assert [each.entry.id for each in found.changed] == ["e", "f"]
    assert found.counts[Change.FLICKER] == 1


def test_entry_of_one_run_only_is_not_compared(journal: Journal) -> None:
    """What one run did not measure is told apart from what did not change."""
    before = run_of(journal, 1, {"e": "PPP", "f": ""})
    after = run_of(journal, 2, {"e": "PPP", "f": "pppp", "g": "pppp"})
    assert changes(compare(before, after).differences) == {
        "e": Change.UNCHANGED,
        "f": Change.NOT_COMPARED,
        "g": Change.NOT_COMPARED,
    }


def test_runs_without_a_common_entry_are_compared(journal: Journal) -> None:
    """Where no entry was measured in both, nothing changed, and that is no error."""
    before, after = run_of(journal, 1, {"e": "PPP"}), run_of(journal, 2, {"e": "", "f": "PPP"})
    found = compare(before, after)
    assert {each.change for each in found.differences} == {Change.NOT_COMPARED}


def test_blind_run_makes_nothing_newly_anything(journal: Journal) -> None:
    """A run whose canaries arrive calls nothing clear: nothing is newly censored after it."""
    before = run_of(journal, 1, {"e": "PPP"}, canaries="NNNN")
    after = run_of(journal, 2, {"e": "pppp"})
    found = compare(before, after)
    assert changes(found.differences) == {"e": Change.FLICKER}
    assert "is blind" in found.notes[0]


def test_other_version_is_noted_and_compared(journal: Journal) -> None:
    """A newer version of the app does not matter; that it is newer is said."""
    before = run_of(journal, 1, {"e": "PPP"})
    newer = replace(CONDITION, app_version="2.2")
    after = run_of(journal, 2, {"e": "pppp"})
    after = replace(
        after,
        attempts=[replace(each, condition=newer) for each in after.attempts],
        verdicts=[replace(each, condition=newer) for each in after.verdicts],
    )
    found = compare(before, after)
    assert changes(found.differences) == {"e": Change.NEWLY_CENSORED}
    assert found.notes == ["the app's version changed: 2.1 → 2.2"]


def test_runs_with_nothing_in_common_are_refused(journal: Journal) -> None:
    """Another app cannot be compared; both are named."""
    before, after = run_of(journal, 1, {"e": "PPP"}), run_of(journal, 2, {"e": "PPP"})
    other = replace(CONDITION, app="wechat")
    after = replace(after, verdicts=[replace(each, condition=other) for each in after.verdicts])
    with pytest.raises(JournalError, match=r"courier, group chat, CN → CA.*wechat, group chat"):
        compare(before, after)


def test_pools_count_as_evidence(journal: Journal) -> None:
    """An entry whose messages carried others too is compared by what these say of it."""
    before = run_of(journal, 1, {"e": "PPP", "f": "PPP"})
    at = START + timedelta(days=2)
    run = replace(RUN, id=f"{at:%Y%m%dT%H%M%SZ}-0002", started_at=at, settings={})
    journal.start_run(run)
    journal.add_entries(run.id, ENTRIES[:2])
    signs = [("C", ())] * 40 + [("n", ()), ("C", ())] * 4
    signs += [("p", ("e", "f")), ("C", ()), ("P", ("f",)), ("C", ())] * 3
    signs += [("p", ("e",)), ("C", ())] * 4
    attempts = list(map(_attempt(run), range(len(signs)), *zip(*signs, strict=True)))
    for attempt in attempts:
        journal.begin_attempt(attempt)
    found = compare(before, judge_run(journal, run.id))
    assert changes(found.differences) == {"e": Change.NEWLY_CENSORED, "f": Change.UNCHANGED}
    after = found.differences[0].after
    assert after is not None
    assert after.pools_blocked


def test_earlier_runs_add_to_the_first(journal: Journal) -> None:
    """What is too little to go by in one run can be enough in two."""
    first = run_of(journal, 1, {"e": "PP", "f": "PP", "g": "PP"})
    second = run_of(journal, 2, {"e": "PP", "f": "PP", "g": "PP"})
    after = run_of(journal, 3, {"e": "pppppp", "f": "PP", "g": "PP"})
    alone = compare(second, after, level=1e-4)
    assert changes(alone.differences)["e"] is Change.FLICKER
    assert [each.entry.id for each in alone.to_confirm] == ["e"]
    together = compare(second, after, earlier=[first], level=1e-4)
    assert [each.entry.id for each in together.changed] == ["e"]
    assert earlier_runs(journal, after.run) == [second.run, first.run]


def test_baseline_is_the_last_run_of_the_same(journal: Journal) -> None:
    """The newest earlier run that said anything of the same entries, unless another is named."""
    first = run_of(journal, 1, {"e": "PPP"})
    run_of(journal, 2, {"f": "PPP"})
    last = run_of(journal, 3, {"e": "pppp"})
    assert baseline(journal, last.run) == first.run
    assert baseline(journal, first.run) is None
    assert baseline(journal, last.run, "20240503") == journal.run("20240503")
    with pytest.raises(JournalError, match="compared with itself"):
        baseline(journal, last.run, last.run.id)


def test_since_when_is_told(journal: Journal) -> None:
    """A change is dated by the first run of the present streak, and the last that differed."""
    first = run_of(journal, 1, {"e": "pppp"})
    run_of(journal, 2, {"e": "PPP"})
    run_of(journal, 3, {"f": "PPP"})
    run_of(journal, 4, {"e": "pppp"})
    last = run_of(journal, 5, {"e": "pppp"})
    before = judge_run(journal, "20240503")
    (difference,) = compare(before, last).changed
    (dated,) = since(journal, last.run, [difference])
    assert (dated.first.day, dated.last_other and dated.last_other.day) == (5, 3)
    assert sentence(difference, dated) == (
        "達賴: newly censored on courier, group chat, CN → CA, since 2024-05-05 12:00 UTC "
        "(otherwise last on 2024-05-03 12:00); before: clear, 0 blocked, 3 arrived; "
        "now: censored, 4 blocked, 0 arrived"
    )
    assert since(journal, first.run, [difference])[0].last_other is None


def test_lines_tell_what_changed_first(journal: Journal, tmp_path: Path) -> None:
    """Changes come first, then what flickers, then all counts."""
    before = run_of(journal, 1, {"e": "PPP", "g": "PPP", "h": "pppp"})
    after = run_of(journal, 2, {"e": "pppp", "g": "PPp", "h": "pppp"})
    lines = comparison_lines(journal, compare(before, after))
    assert lines[1].startswith("達賴: newly censored")
    assert lines[2].startswith("g: flicker")
    assert lines[3].startswith("1 newly censored, 1 flicker, 1 unchanged (at most 5%")
    same = comparison_lines(journal, compare(before, before))
    assert same[1] == "nothing changed"


factors = st.lists(st.tuples(st.floats(-30, 30), st.floats(-30, 30)), min_size=1, max_size=40)


@given(factors)
def test_e_values_favour_opposite_evidence(pairs: list[tuple[float, float]]) -> None:
    """Evidence is symmetric in time, and none is infinite or not a number."""
    before, after = (np.array(each) for each in zip(*pairs, strict=True))
    values = log_e_values(before, after)
    assert np.isfinite(values).all()
    assert np.allclose(values, log_e_values(after, before))


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40), st.sampled_from([0.01, 0.05, 0.2]))
def test_discoveries_meet_their_threshold(values: list[float], level: float) -> None:
    """All k that are given up reach n / (level k), and no larger number would (e-BH)."""
    log_e = np.array(values)
    found = discoveries(log_e, level)
    count, n = int(found.sum()), len(values)
    ordered = np.sort(log_e)[::-1]
    reach = [k for k in range(1, n + 1) if ordered[k - 1] >= np.log(n / (level * k)) - 1e-9]
    assert (
        count == (max(reach) if reach else 0)
        or np.isclose(ordered[:n], np.log(n / (level * np.arange(1, n + 1)))).any()
    )
    assert not count or log_e[found].min() >= log_e[~found].max(initial=-np.inf)
