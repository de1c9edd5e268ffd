"""Samples are isolated on lanes, between controls and canaries, as entries are measured."""

from collections.abc import Callable, Sequence

import pytest

from probes.campaign import Campaign
from probes.isolation_campaign import IsolationCampaign
from probes.isolation_result import Ending, IsolationResult
from results.record import MessageKind, VerdictKind
from tests.probes import lanes
from tests.probes.isolation_filters import all_of, any_of
from tests.probes.lanes import CANARY, MemoryJournal, MemoryLane, prepare

SAMPLE = "昨天下午我们讨论了明年的读书计划,有人提到达赖喇嘛和菩提伽耶,大家再见面时带些点心。"
HARMLESS = "今天天气很好,我们去公园散步。"


def isolate(
    samples: Sequence[str],
    on: Sequence[MemoryLane],
    monkeypatch: pytest.MonkeyPatch,
    *,
    budget: int | None = None,
    seed: int = 0,
) -> tuple[dict[str, VerdictKind], dict[str, IsolationResult], MemoryJournal]:
    """Measure samples; verdicts and results by text."""
    monkeypatch.setattr(lanes, "Campaign", IsolationCampaign)
    campaign, workers, journal = prepare(samples, on, budget=budget, seed=seed)
    assert isinstance(campaign, IsolationCampaign)
    campaign.start(workers)
    ids = {entry.id: entry.keyword for entry in campaign.setup.entries}
    try:
        kinds = {text: campaign.verdict(entry).kind for entry, text in ids.items()}
    finally:
        campaign.close()
    return kinds, {ids[each]: result for each, result in campaign.isolated.items()}, journal


def blocking(blocks: Callable[[str], bool], name: str = "lane-1") -> MemoryLane:
    """A lane on which such texts, and the canary, do not arrive."""
    return MemoryLane(name, blocks=lambda text: CANARY in text or blocks(text), joiner="\n")


def test_censored_sample_is_isolated(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that does not arrive is told with its combination; one that does is clear."""
    lane = blocking(all_of("达赖喇嘛", "菩提伽耶"))
    kinds, isolated, journal = isolate([SAMPLE, HARMLESS], [lane], monkeypatch)
    assert kinds == {SAMPLE: VerdictKind.CENSORED, HARMLESS: VerdictKind.CLEAR}
    assert isolated.keys() == {SAMPLE}
    (combination,) = isolated[SAMPLE].combinations
    assert combination.texts == ("达赖喇嘛", "菩提伽耶")
    assert combination.verdict is VerdictKind.CENSORED
    assert isolated[SAMPLE].ending is Ending.REST_ARRIVES
    texts = [each for each in journal.attempts if each.kind is MessageKind.ISOLATION]
    assert len(texts) == isolated[SAMPLE].messages + isolated[SAMPLE].void
    assert len(texts) < 60


def test_controls_are_sent_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more messages follow each other without a control than elsewhere, and none is twice."""
    lane = blocking(all_of("达赖喇嘛", "菩提伽耶"))
    _, _, journal = isolate([SAMPLE], [lane], monkeypatch)
    stretch: list[str] = []
    for attempt in journal.attempts:
        if attempt.kind is MessageKind.CONTROL:
            stretch = []
        stretch.append(attempt.text)
        assert len(stretch) <= 7
        assert len(set(stretch)) == len(stretch)
    assert any(each.kind is MessageKind.CANARY for each in journal.attempts)


def test_several_lanes_share_an_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes take texts of the same isolation, and it comes to the same."""
    blocks = any_of(all_of("达赖喇嘛", "菩提伽耶"), all_of("读书计划"))
    pair = [blocking(blocks, "lane-1"), blocking(blocks, "lane-2")]
    _, isolated, journal = isolate([SAMPLE], pair, monkeypatch)
    found = {frozenset(each.texts) for each in isolated[SAMPLE].combinations}
    assert found == {frozenset({"达赖喇嘛", "菩提伽耶"}), frozenset({"读书计划"})}
    used = {each.lane for each in journal.attempts if each.kind is MessageKind.ISOLATION}
    assert used == {"lane-1", "lane-2"}


def test_messages_that_failed_prove_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts stopped before the tap are void, are counted as such, and mislead nobody."""
    lane = blocking(all_of("达赖喇嘛", "菩提伽耶"))
    lane.fails_at = frozenset({9, 14, 22, 30})
    _, isolated, journal = isolate([SAMPLE], [lane], monkeypatch)
    (combination,) = isolated[SAMPLE].combinations
    assert combination.texts == ("达赖喇嘛", "菩提伽耶")
    failed = [
        each
        for each in journal.attempts
        if each.kind is MessageKind.ISOLATION and each.fault is not None
    ]
    assert failed
    assert isolated[SAMPLE].void >= len(failed)


def test_budget_ends_an_isolation(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the budget is spent, the sample keeps its verdict, and nothing is said of its words."""
    lane = blocking(all_of("达赖喇嘛", "菩提伽耶"))
    kinds, isolated, journal = isolate([SAMPLE], [lane], monkeypatch, budget=25)
    assert kinds == {SAMPLE: VerdictKind.CENSORED}
    assert isolated == {}
    assert len(journal.attempts) <= 25


def test_sample_longer_than_a_message_is_isolated_in_stretches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sample that the app would cut is never sent whole, and its combination is found."""
    lane = blocking(all_of("达赖喇嘛", "菩提伽耶"))
    lane.longest_message = 30
    kinds, isolated, _ = isolate([SAMPLE], [lane], monkeypatch)
    assert kinds == {SAMPLE: VerdictKind.INCONCLUSIVE}
    (combination,) = isolated[SAMPLE].combinations
    assert combination.texts == ("达赖喇嘛", "菩提伽耶")
    assert max(map(len, lane.tapped)) <= 30


def test_other_campaigns_are_as_they_were() -> None:
    """Only samples are isolated: an ordinary campaign sends no pieces of anything."""
    campaign, workers, journal = prepare([SAMPLE], [blocking(all_of("达赖喇嘛"))])
    assert type(campaign) is Campaign
    campaign.start(workers)
    try:
        (entry,) = campaign.setup.entries
        assert campaign.verdict(entry.id).kind is VerdictKind.CENSORED
    finally:
        campaign.close()
    assert not any(each.kind is MessageKind.ISOLATION for each in journal.attempts)
