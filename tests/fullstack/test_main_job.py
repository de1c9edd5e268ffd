"""The main job through Appium, its UiAutomator2 driver and adb, on embedded handsets."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from drivers.tools import Toolchain
from results.record import MessageKind, VerdictKind
from tests.bookkeeping import compare, read_seen, without_evidence
from tests.probes.sessions import ONE_LANE, Sessions, write_wordlist
from tests.processes import are_gone, marked
from tests.testbeds import MANAGED, fault, rule, write_lanes, write_testbed

CENSORED: Final = ("达赖喇嘛", "时轮金刚", "བོད་ལྗོངས")
RULES: Final = (
    rule("达赖喇嘛"),
    rule("时轮金刚", "印度", action="mask"),
    rule("བོད་ལྗོངས", action="refuse"),
)
FAULTS: Final = (
    "session_lost",
    "instrumentation_dies",
    "hangs_up",
    "link_drops",
    "app_crashes",
    "popup",
    "banner",
    "wrong_chat",
    "restarts",
)
NOTHING: Final = {"sent without attempt": 0, "never sent": 0, "arrived unseen": 0}


@pytest.fixture
def sessions(pytester: pytest.Pytester, tmp_path: Path, toolchain: Toolchain) -> Sessions:
    """Sessions with a small list, and results in a folder of their own."""
    return Sessions(pytester, tmp_path)


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What all processes started by a test carry; none of them may outlive it."""
    text = str(uuid4())
    monkeypatch.setenv("UNDELIVERED_TEST", text)
    yield text
    assert are_gone(marked(text)), marked(text)


def disagreements(sessions: Sessions) -> dict[str, int]:
    """What the journal and the network do not agree on."""
    seen = read_seen(sessions.folder / "handsets.jsonl")
    compared = compare(sessions.attempts(), seen)
    return {
        "sent without attempt": len(compared.sent_without_attempt),
        "never sent": len(compared.never_sent),
        "arrived unseen": len(compared.arrived_unseen),
    }


def finish(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a session that runs in a process of its own has ended well."""
    said, _ = process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")


def test_same_as_without_appium(
    sessions: Sessions, pytester: pytest.Pytester, tmp_path: Path, mark: str
) -> None:
    """On one lane, the same seed gives the same messages, in the same order, and verdicts."""
    managed = write_testbed(tmp_path / "managed", RULES, changes=(*ONE_LANE, *MANAGED))
    direct = write_testbed(tmp_path / "direct", RULES, changes=ONE_LANE)
    (tmp_path / "other").mkdir()
    other = Sessions(pytester, tmp_path / "other")
    both = sessions.start(managed), other.start(direct)
    for process in both:
        finish(process)
    assert sessions.verdicts() == other.verdicts()
    assert sessions.texts() == other.texts()
    assert sum(kind is VerdictKind.CENSORED for kind in sessions.verdicts().values()) == 3
    assert disagreements(sessions) == NOTHING


def test_killed_run_leaves_nothing_and_goes_on(
    sessions: Sessions, tmp_path: Path, mark: str
) -> None:
    """After kill -9 in the middle, all that a run started ends; resumed, it comes to its end."""
    testbed = write_testbed(tmp_path / "testbed", RULES, changes=(*ONE_LANE, *MANAGED))
    process = sessions.start_until(testbed, 6)
    processes = marked(mark)
    for what in ("pytest", "drivers.embedded", "drivers.watchdog", "appium", "nodaemon server"):
        assert any(what in command for command in processes.values()), (what, processes)
    process.kill()
    process.communicate()
    assert are_gone(processes)
    assert not marked(mark)
    before = [each.id for each in sessions.attempts()]
    assert sessions.resume().ret == pytest.ExitCode.OK
    assert [each.id for each in sessions.attempts()][: len(before)] == before
    assert sum(kind is VerdictKind.CENSORED for kind in sessions.verdicts().values()) == 3
    assert disagreements(sessions) == NOTHING


def test_every_fault_once(sessions: Sessions, tmp_path: Path, mark: str) -> None:
    """Whatever happens, at either end, the run goes on, and says nothing wrong."""
    faults = [
        fault(f"phone-{1 + lane * 2 + end}", kind, after_messages=3 + 3 * place)
        for place, kind in enumerate(FAULTS)
        for lane, end in ((0, place % 2), (1, (place + 1) % 2))
    ]
    testbed = write_testbed(
        tmp_path / "testbed",
        RULES,
        more="".join(faults),
        changes=(*MANAGED, ("settle_s = 2.0", "settle_s = 0.5")),
    )
    # As long as it takes until all faults have happened: pools would be done before.
    write_wordlist(sessions.wordlist, {f"harmless {number}": "en,ENV" for number in range(24)})
    finish(sessions.start(testbed, "--strategy", "solo"))
    seen = read_seen(sessions.folder / "handsets.jsonl")
    assert {kind for _, kind in seen.faults} == set(FAULTS)
    assert set(sessions.verdicts().values()) == {VerdictKind.CLEAR}
    assert disagreements(sessions) == NOTHING
    assert any(each.fault is not None for each in sessions.attempts())
    assert not without_evidence(sessions.attempts(), sessions.folder)


def test_eight_lanes_at_once(sessions: Sessions, tmp_path: Path, mark: str) -> None:
    """Sixteen handsets on one Appium server: each lane sends, and none gets into another's way."""
    testbed = write_lanes(tmp_path / "testbed", 8, RULES)
    old, new = MANAGED[0]
    testbed.write_text(testbed.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    write_wordlist(sessions.wordlist, {f"harmless {number}": "en,ENV" for number in range(16)})
    finish(sessions.start(testbed, "--chat", "direct"))
    assert set(sessions.verdicts().values()) == {VerdictKind.CLEAR}
    assert len({each.lane for each in sessions.attempts() if each.kind is MessageKind.PROBE}) == 8
    assert all(each.fault is None for each in sessions.attempts())
    assert disagreements(sessions) == NOTHING
