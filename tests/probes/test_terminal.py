"""What a person reads at the end of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.cells import cell_len

from probes.alerts import Told
from probes.changes import Changes
from probes.live_run import Report
from probes.terminal import render, summary
from results.bracketing import BracketLimits
from results.change_record import Change
from results.circumstances import Circumstances
from results.compare import Comparison, Difference
from results.inference import noise
from results.monotony import CompanyCheck
from results.pool_evidence import Discovery, PooledRun
from results.record import MessageKind, Verdict, VerdictKind
from results.rules import RULES_VERSION, score
from tests.results.examples import CONDITION, RUN, entry, lane_of

CENSORED, CLEAR, INCONCLUSIVE = VerdictKind.CENSORED, VerdictKind.CLEAR, VerdictKind.INCONCLUSIVE
ENTRIES = {
    each.id: each
    for each in (
        entry("chinese", "达赖喇嘛"),
        entry("english", "Dalai Lama"),
        entry("tibetan", "བོད་ལྗོངས"),
        entry("combination", "时轮金刚", "印度"),
    )
}


def verdict(entry_id: str, kind: VerdictKind, *, attempts: int = 3) -> Verdict:
    """A verdict that rests on a number of attempts."""
    blocked = attempts if kind is CENSORED else 0
    return Verdict(
        entry_id=entry_id,
        condition=CONDITION,
        kind=kind,
        probability=0.9876 if kind is CENSORED else 0.0123,
        probability_low=0.0,
        probability_high=1.0,
        attempts=tuple(f"{entry_id}-{number}" for number in range(attempts)),
        blocked=blocked,
        delivered=attempts - blocked,
        void=0,
        unknown=0,
        rule_id="a rule",
        rules_version=RULES_VERSION,
    )


def shown(
    verdicts: Sequence[Verdict],
    *,
    signs: str = "CnC",
    stopped: str | None = None,
    lanes_lost: Sequence[str] = (),
    right: Mapping[str, bool] | None = None,
    changed: Sequence[str] = (),
    blind_lanes: Sequence[str] = (),
    pools: PooledRun | None = None,
    planned: tuple[int, int] | None = None,
    wasted: int = 0,
    changes: Changes | None = None,
    told: Told | None = None,
    width: int = 100,
) -> str:
    """The summary of a run with these verdicts, on a lane (see `examples.lane_of`)."""
    attempts = lane_of(signs)
    report = Report(
        run_id=RUN.id,
        condition=CONDITION,
        entries=ENTRIES,
        verdicts=verdicts,
        noise=noise(attempts, score(attempts, BracketLimits())),
        blind_lanes=blind_lanes,
        scripts_without_controls=(),
        how={each.entry_id: "missing" for each in verdicts},
        messages={str(kind): sum(each.kind is kind for each in attempts) for kind in MessageKind},
        stopped=stopped,
        lanes_lost=lanes_lost,
        files=[Path("runs") / RUN.id / name for name in ("messages.csv", "verdicts.csv")],
        problem=None,
        changed=changed,
        right=right,
        planned=planned,
        one_by_one=1_036,
        wasted=wasted,
        pools=pools,
        changes=changes,
        told=told,
    )
    return render(
        summary(report, resume=f"pytest probes --resume {RUN.id}"), width=width, colour=False
    )


def test_wide_characters_are_aligned() -> None:
    """Words of every script stand in one column: the next one begins at the same cell."""
    text = shown([verdict(each, CENSORED) for each in ENTRIES])
    rows = [line for line in text.splitlines() if "CENSORED" in line]
    assert len(rows) == len(ENTRIES)
    assert len({cell_len(row[: row.index("CENSORED")]) for row in rows}) == 1
    assert all(each.keyword in text for each in ENTRIES.values())


def test_what_arrived_is_not_listed() -> None:
    """The table holds what did not arrive and what could not be decided, and nothing else."""
    text = shown(
        [verdict("chinese", CENSORED), verdict("english", CLEAR), verdict("tibetan", INCONCLUSIVE)]
    )
    assert "达赖喇嘛" in text
    assert "བོད་ལྗོངས" in text
    assert "Dalai Lama" not in text


def test_without_a_canary_that_works() -> None:
    """A run that saw no canary blocked says that it does not know whether it sees censorship."""
    for signs in ("CC", "CNC"):
        text = shown([verdict("english", CLEAR)], signs=signs)
        assert "sensitivity not measured" in text


def test_noise_is_told_with_its_interval() -> None:
    """Controls and canaries are counted, and what follows is told with an interval."""
    text = shown([verdict("chinese", CENSORED)], signs="CnCnC")
    assert "Controls delivered: 3 of 3" in text
    assert "Canaries blocked: 2 of 2" in text
    assert text.count("95 % interval") == 2


def test_nothing_measured() -> None:
    """A run that measured nothing says so instead of calling everything clear."""
    text = shown([verdict("chinese", INCONCLUSIVE, attempts=0)], signs="", stopped="stopped.")
    assert "Nothing was measured" in text
    assert "is censored" not in text


def test_stopped_early() -> None:
    """A run that stopped says why, what is left, and how to go on."""
    left = [verdict(each, INCONCLUSIVE, attempts=0) for each in ("chinese", "tibetan")]
    text = shown([verdict("english", CLEAR), *left], stopped="the budget is used up.")
    assert "the budget is used up." in text
    assert "2 entries" in text
    assert f"--resume {RUN.id}" in text.replace("\n", " ")


def test_lanes_lost_are_told() -> None:
    """Why a lane was given up is told in full."""
    text = shown([verdict("english", CLEAR)], lanes_lost=["lane-2: phone-4 is off."])
    assert "lane-2: phone-4 is off." in text


def test_changed_verdicts_are_told() -> None:
    """Verdicts that are no longer what their tests said are named."""
    assert "Dalai Lama" in shown([verdict("english", CLEAR)], changed=["english"])


def test_truth_is_compared_where_it_is_known() -> None:
    """On the embedded network wrong verdicts are named; elsewhere nothing is said of a truth."""
    made = [verdict("english", CLEAR), verdict("tibetan", CLEAR)]
    text = shown(made, right={"english": True, "tibetan": False})
    assert "1 of 2 verdicts agree" in text
    assert "wrong: བོད་ལྗོངས" in text
    assert "agree" not in shown(made)


def test_files_are_named() -> None:
    """Where the results are is told."""
    text = shown([verdict("english", CLEAR)])
    assert "messages.csv" in text
    assert "verdicts.csv" in text


def test_narrow_terminal_loses_nothing() -> None:
    """On a narrow terminal words are folded, never cut."""
    text = shown([verdict("combination", CENSORED)], width=44)
    assert all(cell_len(line) <= 44 for line in text.splitlines())
    squeezed = "".join(text.split())
    assert all(part in squeezed for part in ("时轮", "印度", "CENSORED"))


def test_blind_lane_is_told() -> None:
    """A lane that blocked no canary is named, with what that means."""
    text = " ".join(shown([verdict("chinese", CENSORED)], blind_lanes=["lane-2"]).split())
    assert "No canary was blocked on lane-2" in text


def pools(
    *discoveries: Discovery, reach: int | None = None, check: CompanyCheck | None = None
) -> PooledRun:
    """What pools amounted to, but for what they say of entries."""
    return PooledRun(
        company={},
        share=0.05,
        discoveries=discoveries,
        reach=reach,
        check=check or CompanyCheck(),
    )


def test_messages_are_compared_with_one_by_one_and_with_the_plan() -> None:
    """How many messages were saved is told, and what was planned."""
    text = shown([verdict("english", CLEAR)], signs="CnC" * 30, pools=pools(), planned=(60, 1_200))
    assert "Messages: 90, 11.5 times fewer than one by one, three times, with controls" in text
    assert "(about 1,040)" in " ".join(text.split())
    assert "Planned 60 to 1,200 messages, sent 90 (60 controls, 30 canaries)" in text


def test_run_that_stopped_is_not_compared() -> None:
    """A run that did less than it was asked saved nothing, nor did one without pools."""
    stopped = shown([verdict("english", CLEAR)], pools=pools(), stopped="the budget is used up.")
    assert "times fewer" not in stopped
    assert "Messages: 3 (2 controls, 1 canary)" in shown([verdict("english", CLEAR)])


def test_solo_messages_and_pools_have_columns_of_their_own() -> None:
    """With pools, it is told how often an entry was blocked alone, and how often in pools."""
    pooled = replace(verdict("chinese", CENSORED), pools_blocked=4, pools_delivered=1)
    text = shown([pooled, verdict("combination", CENSORED)], pools=pools())
    rows = [line.split("CENSORED")[1].split() for line in text.splitlines() if "CENSORED" in line]
    assert [row[1:7] for row in rows] == [
        ["3", "of", "3", "4", "of", "5"],
        ["3", "of", "3", "0", "of", "0"],
    ]
    assert "alone" not in shown([verdict("chinese", CENSORED)])


def test_discovered_combinations_are_listed() -> None:
    """Entries that are blocked together and clear apart are shown, with how often and where."""
    found = Discovery(entries=("english", "tibetan"), attempts=("a", "b", "c"))
    text = shown([verdict("english", CLEAR), verdict("tibetan", CLEAR)], pools=pools(found))
    assert "combinations.csv" in text
    (row,) = [line for line in text.splitlines() if "Dalai Lama | བོད་ལྗོངས" in line]
    assert row.split()[-1] == "3"


def test_wasted_messages_are_counted_once() -> None:
    """A void message counts once, however many entries it carried."""
    assert "made up for: 2 messages" in shown([verdict("english", CLEAR)], wasted=2)
    assert "made up for: 1 message" in shown([verdict("english", CLEAR)], wasted=1)
    assert "made up for" not in shown([verdict("english", CLEAR)])


def test_odd_filters_are_told() -> None:
    """That pools cannot be trusted, or not long ones, is told with what shows it."""
    check = CompanyCheck(alone_blocked=4, company_blocked=1, company_slipped=3)
    text = " ".join(shown([verdict("english", CLEAR)], pools=pools(check=check)).split())
    assert (
        "Filter is not monotone: of 4 messages with censored text among clear entries 3 arrived, "
        "of 4 with nothing else 0." in text
    )
    suspicious = CompanyCheck(alone_blocked=4, company_blocked=1, company_slipped=1)
    assert "Filter may not be monotone" in shown([], pools=pools(check=suspicious))
    text = " ".join(shown([verdict("english", CLEAR)], pools=pools(reach=142)).split())
    assert "censored text was seen in up to 142 characters" in text


def test_inconsistent_entries_are_named() -> None:
    """Entries that were blocked and delivered in turn are named, with how often."""
    torn = replace(
        verdict("tibetan", INCONCLUSIVE), blocked=4, delivered=5, rule_id="applied_inconsistently"
    )
    text = " ".join(shown([torn, verdict("english", INCONCLUSIVE)]).split())
    assert "Blocked and delivered in turn, alone: བོད་ལྗོངས (4 of 9)" in text


def difference(name: str, change: Change) -> Difference:
    """What became of an entry."""
    return Difference(
        entry=ENTRIES[name],
        circumstances=Circumstances.of(CONDITION),
        change=change,
        before=verdict(name, CLEAR),
        after=verdict(name, CENSORED),
        e_value=1.0,
    )


def test_changes_are_told_before_all_counts() -> None:
    """What changed comes as a sentence each, then how many entries did what, then what flickers."""
    found = [difference("chinese", Change.NEWLY_CENSORED), difference("english", Change.FLICKER)]
    comparison = Comparison(
        before=RUN, after=RUN, differences=found, level=0.05, notes=["the app's version changed"]
    )
    changes = Changes(comparison=comparison, sentences={"chinese": "达赖喇嘛: newly censored"})
    lines = shown([verdict("chinese", CENSORED)], changes=changes, width=140).splitlines()
    start = lines.index("达赖喇嘛: newly censored")
    assert [each.rstrip() for each in lines[start + 1 : start + 4]] == [
        f"Since run {RUN.id} (2024-05-01 12:00 UTC): 1 newly censored, 0 newly clear, 1 flicker",
        "Flicker, no more than noise explains: Dalai Lama",
        "Note: the app's version changed",
    ]


def test_run_that_could_not_be_compared_says_why() -> None:
    """That nothing could be compared is not told like that nothing changed."""
    text = shown([verdict("chinese", CENSORED)], changes=Changes(problem="no common ground"))
    assert "Not compared: no common ground" in text
    assert "Since run" not in text
    first = shown([verdict("chinese", CENSORED)], changes=Changes())
    assert "Nothing to compare with: no earlier run measured any of the same." in first


def test_who_was_told_is_told() -> None:
    """The channels that took alerts are named, and those that did not, with the reason."""
    told = Told(delivered={"ops": 2}, kept=["lab: no answer within 10 s"])
    text = shown([verdict("chinese", CENSORED)], told=told)
    assert "Told of changes: ops (2)" in text
    assert "Alert not delivered, kept for the next run: lab: no answer within 10 s" in text
    assert "Told" not in shown([verdict("chinese", CENSORED)], told=Told(delivered={}, kept=[]))
