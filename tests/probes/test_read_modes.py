"""Whole runs on phones whose accessibility tree hides texts."""

from pathlib import Path

from results.record import MessageKind, Outcome, ReadMode, VerdictKind
from tests.probes.sessions import KEYWORDS, ONE_LANE, Sessions
from tests.testbeds import fault, reads, rule, write_testbed

BLOCKED = {"达赖喇嘛", "时轮金刚 + 印度"}
RULES = [rule("达赖喇嘛"), rule("时轮金刚", "印度")]


def test_run_by_notifications(sessions: Sessions, tmp_path: Path) -> None:
    """A run whose receiver hides texts in its middle finds the truth, and says how it read."""
    hides = fault("phone-2", "hides_text", after_messages=10)
    changes = [*ONE_LANE, reads("phone-2", "tree", "notifications")]
    sessions.measure(write_testbed(tmp_path / "testbed", RULES, more=hides, changes=changes))
    assert sessions.verdicts() == {
        keyword: VerdictKind.CENSORED if keyword in BLOCKED else VerdictKind.CLEAR
        for keyword in KEYWORDS
    }
    rows = sessions.messages()
    modes = [row.attempt.read_mode for row in rows if row.attempt.read_mode is not None]
    assert modes == sorted(modes, reverse=True)  # first by the tree, then by notifications
    assert set(modes) == {ReadMode.TREE, ReadMode.NOTIFICATIONS}
    controls = [row for row in rows if row.attempt.kind is MessageKind.CONTROL]
    assert {row.score.outcome for row in controls} <= {Outcome.DELIVERED, Outcome.UNKNOWN}


def test_run_whose_sender_hides_texts(sessions: Sessions, tmp_path: Path) -> None:
    """A sender that hides the texts of its bubbles can still be measured with, by their marks."""
    hides = fault("phone-1", "hides_text", after_messages=0)
    sessions.measure(write_testbed(tmp_path / "testbed", RULES, more=hides, changes=ONE_LANE))
    assert {key for key, kind in sessions.verdicts().items() if kind is VerdictKind.CENSORED} == (
        BLOCKED
    )
