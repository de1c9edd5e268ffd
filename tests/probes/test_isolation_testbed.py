"""Isolation through the Appium client, past an embedded network that filters as real ones do."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from drivers.testbed import load_testbed
from probes import live_run
from probes.isolate import Form, Isolation
from probes.isolation_campaign import IsolationCampaign
from probes.isolation_result import Answer, Combination, Ending, IsolationResult
from probes.live_run import JOURNAL_NAME, LiveRun
from probes.options import Measured
from probes.selection import Selection
from results.bracketing import BracketLimits
from results.journal import Journal
from results.record import ChatKind, MessageKind, Outcome, VerdictKind
from results.rules import score
from tests.drivers.lanes import run
from tests.probes.isolation_filters import EXACT, LANE
from tests.probes.sessions import ONE_LANE
from tests.testbeds import rule, write_testbed
from wordlists.entry import Entry, entry_id

SAMPLE = "昨天下午我们讨论了明年的读书计划,有人提到达赖喇嘛和菩提伽耶,大家再见面时带些点心。"


@contextmanager
def isolating(testbed: Path, folder: Path) -> Iterator[LiveRun]:
    """A run of one sample on a testbed."""
    sample = Entry(
        id=entry_id((SAMPLE,)),
        components=(SAMPLE,),
        language="zh-Hans",
        category="POLR",
        date_added=datetime.date(2024, 5, 1),
        source="written for this test",
        notes="",
        wordlist="samples",
        path=testbed,
        line=1,
    )
    live = LiveRun.begin(
        Measured(
            testbed=str(testbed),
            wordlists=(),
            categories=(),
            languages=(),
            entries=(),
            chat=ChatKind.DIRECT,
            strategy="solo",
            seed=1,
        ),
        Selection(wordlists=(), entries=(sample,)),
        load_testbed(str(testbed)),
        results_dir=folder,
        budget=None,
    )
    try:
        yield live
    except BaseException:
        live.finish("the test has failed.")
        raise


def isolate(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *rules: str
) -> tuple[IsolationResult, set[Outcome]]:
    """What a run says of the sample, and how pieces of it were blocked."""
    monkeypatch.setattr(live_run, "Campaign", IsolationCampaign)
    testbed = write_testbed(folder / "testbed", rules, changes=ONE_LANE)
    (folder / "runs").mkdir()
    with isolating(testbed, folder / "runs") as live:
        campaign = live.campaign
        assert isinstance(campaign, IsolationCampaign)
        verdict = campaign.verdict(entry_id((SAMPLE,)))
        assert verdict.kind is VerdictKind.CENSORED
        live.finish(None)
    with Journal.open(folder / "runs" / JOURNAL_NAME, read_only=True) as journal:
        attempts = journal.attempts(live.run.id)
    scores = score(attempts, BracketLimits())
    pieces = [scores[each.id] for each in attempts if each.kind is MessageKind.ISOLATION]
    outcomes = {each.outcome for each in pieces if each.void is None and each.outcome.is_blocked}
    return campaign.isolated[entry_id((SAMPLE,))], outcomes


def only_combination(result: IsolationResult) -> Combination:
    """The only combination that was found, proven."""
    (combination,) = result.combinations
    assert combination.verdict is VerdictKind.CENSORED
    assert result.ending is Ending.REST_ARRIVES
    return combination


@pytest.mark.parametrize(
    ("action", "outcome"),
    [("drop", Outcome.MISSING), ("mask", Outcome.ALTERED), ("refuse", Outcome.REFUSED)],
)
def test_whatever_the_filter_does(
    action: str, outcome: Outcome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts that are dropped, masked or refused lead to the same combination."""
    result, outcomes = isolate(tmp_path, monkeypatch, rule("达赖喇嘛", "菩提伽耶", action=action))
    assert outcomes == {outcome}
    combination = only_combination(result)
    assert combination.texts == ("达赖喇嘛", "菩提伽耶")
    assert combination.is_order_sensitive is False


def test_rule_that_needs_an_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that needs its components in order is told as one that does."""
    ordered = rule("达赖喇嘛", "菩提伽耶") + "ordered = true\n"
    combination = only_combination(isolate(tmp_path, monkeypatch, ordered)[0])
    assert combination.texts == ("达赖喇嘛", "菩提伽耶")
    assert combination.is_order_sensitive is True


def test_components_that_overlap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Components that share characters are found, both whole."""
    overlapping = rule("达赖喇嘛", "喇嘛和菩提", "书计划")
    combination = only_combination(isolate(tmp_path, monkeypatch, overlapping)[0])
    assert combination.texts == ("书计划", "达赖喇嘛", "喇嘛和菩提")


def test_two_rules_in_one_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that two rules stop is told with both combinations, and without them arrives."""
    result, _ = isolate(
        tmp_path, monkeypatch, rule("达赖喇嘛", "菩提伽耶"), rule("读书计划", action="mask")
    )
    found = {frozenset(each.texts) for each in result.combinations}
    assert found == {frozenset({"达赖喇嘛", "菩提伽耶"}), frozenset({"读书计划"})}
    assert result.ending is Ending.REST_ARRIVES


def test_words_that_switch_a_rule_off(tmp_path: Path) -> None:
    """A combination that arrives in its text, for other words in it, is told as extenuated."""
    extenuating = rule("达赖喇嘛", "菩提伽耶") + 'extenuating = ["昨天"]\n'
    running = run(tmp_path, extenuating)
    with running.network:
        built = running.build()
        built.lane.open()
        isolation = Isolation(
            SAMPLE, form=Form(characters=500, joiner=built.lane.joiner), channels={LANE: EXACT}
        )
        while not isolation.is_done:
            (text,) = isolation.next_texts(1, LANE)
            built.send(text.text, "harmless")
            arrived = built.look()
            assert arrived[-1] == "harmless"
            is_blocked = text.text not in arrived
            isolation.put(text.id, Answer.BLOCKED if is_blocked else Answer.DELIVERED)
        built.lane.close()
    assert isolation.result is not None
    (combination,) = isolation.result.combinations
    assert combination.texts == ("达赖喇嘛", "菩提伽耶")
    assert combination.is_extenuated is True
