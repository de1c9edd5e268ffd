"""What a person reads at the end of a run."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.cells import cell_len

from probes.live_run import Report
from probes.terminal import render, summary
from results.bracketing import BracketLimits
from results.inference import noise
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
