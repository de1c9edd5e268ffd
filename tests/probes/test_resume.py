"""A run that ends early, however it ends, loses nothing, and goes on where it was."""

import json
import signal
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from results.record import Attempt, MessageKind, Outcome, VerdictKind, VoidReason
from tests.probes.sessions import KEYWORDS, ONE_LANE, Sessions, processes_of, wait_until
from tests.testbeds import rule, write_testbed

BLOCKED = {"达赖喇嘛", "时轮金刚 + 印度"}
RULES = [rule("达赖喇嘛"), rule("时轮金刚", "印度")]
RIGHT = {
    keyword: VerdictKind.CENSORED if keyword in BLOCKED else VerdictKind.CLEAR
    for keyword in KEYWORDS
}


@pytest.fixture
def testbed(tmp_path: Path) -> Path:
    """Two lanes on a network without noise that blocks two of the entries."""
    return write_testbed(tmp_path / "testbed", RULES)


@pytest.fixture
def one_lane(tmp_path: Path) -> Path:
    """One lane on such a network."""
    return write_testbed(tmp_path / "testbed", RULES, changes=ONE_LANE)


def assert_kept(sessions: Sessions, before: list[Attempt]) -> None:
    """All attempts made before are still there, none was sent again, the run is complete."""
    after = sessions.attempts()
    assert [(each.id, each.text) for each in after[: len(before)]] == [
        (each.id, each.text) for each in before
    ]
    assert len({each.id for each in after}) == len(after)
    attempts = Counter((each.sender.replace("cn", "phone"), each.text) for each in after)
    assert sessions.tapped() <= attempts
    assert sessions.verdicts() == RIGHT


def test_ctrl_c(sessions: Sessions, testbed: Path) -> None:
    """Ctrl-C ends with code 2, writes what there is, and says how to go on; --resume finishes."""
    process = sessions.start_until(testbed, 8)
    process.send_signal(signal.SIGINT)
    output = process.communicate()[0].decode()
    assert process.returncode == pytest.ExitCode.INTERRUPTED
    assert "Stopped early: interrupted from the keyboard." in output
    assert f"pytest probes --resume {sessions.folder.name}" in output
    assert "Traceback" not in output
    before = sessions.attempts()
    assert [row.attempt.id for row in sessions.messages()] == [each.id for each in before]
    assert len(before) < 20
    assert not processes_of(sessions.results)

    result = sessions.resume()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["Embedded network: 8 of 8 verdicts agree with its policy"])
    assert_kept(sessions, before)


@pytest.mark.parametrize("attempts", [1, 4, 11, 22])
def test_kill(sessions: Sessions, testbed: Path, attempts: int) -> None:
    """Killed at any moment, a run keeps every attempt, leaves no process, and can be finished."""
    process = sessions.start_until(testbed, attempts)
    sessions.kill(process)
    before = sessions.attempts()
    assert len(before) >= attempts
    result = sessions.resume()
    assert result.ret == pytest.ExitCode.OK
    assert_kept(sessions, before)


def test_resumes_after_the_budget(sessions: Sessions, one_lane: Path) -> None:
    """A budget is for one session: the next goes on, and sends no more than its own."""
    sessions.measure(one_lane, "--budget", 9)
    assert len(sessions.attempts()) <= 9
    sessions.resume("--budget", 9)
    before = sessions.attempts()
    assert 9 < len(before) <= 18
    result = sessions.resume(sessions.folder.name[:20])
    assert result.ret == pytest.ExitCode.OK
    assert_kept(sessions, before)


def test_finished_run_sends_nothing_more(sessions: Sessions, one_lane: Path) -> None:
    """Resuming a run that is finished sends nothing, and a run begun with few stays with these."""
    sessions.measure(one_lane, "-k", "天气 or Way")
    before = sessions.attempts()
    result = sessions.resume()
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*2 clear in *"])
    assert sessions.attempts() == before
    assert set(sessions.verdicts()) == {"天气", "Middle Way"}


def test_changed_list_is_refused(sessions: Sessions, one_lane: Path) -> None:
    """A run cannot go on with a list that is no longer what it was begun with."""
    sessions.measure(one_lane, "--budget", 9)
    before = sessions.attempts()
    text = sessions.wordlist.read_text(encoding="utf-8")
    sessions.wordlist.write_text(text.replace("made for", "written for"), encoding="utf-8")
    result = sessions.resume()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *words.csv: the list was changed since run * began.*"])
    assert sessions.attempts() == before


def test_what_there_is_to_resume(sessions: Sessions, one_lane: Path) -> None:
    """A run that is not there is refused with those that are."""
    result = sessions.resume()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: there is no journal at *run `pytest probes` first*"])
    sessions.measure(one_lane, "-k", "天气")
    result = sessions.resume("nothing")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: *no run 'nothing'; it has *{sessions.folder.name}*"])


def interrupt_at_the_tap(sessions: Sessions) -> Attempt:
    """Leave the journal as if the run had been killed while its last probe was being sent."""
    newest = [each for each in sessions.attempts() if each.kind is MessageKind.PROBE][-1]
    with closing(sqlite3.connect(sessions.results / "journal.sqlite")) as journal, journal:
        later = (newest.run_id, newest.seq)
        arrivals = "SELECT id FROM attempts WHERE run_id = ? AND seq >= ?"
        journal.execute(f"DELETE FROM arrivals WHERE attempt_id IN ({arrivals})", later)
        journal.execute("DELETE FROM verdicts")
        journal.execute("DELETE FROM attempts WHERE run_id = ? AND seq > ?", later)
        journal.execute(
            "UPDATE attempts SET sent_at = NULL, sender_state = NULL, own_text = NULL, "
            "arrived_text = NULL, arrived_at = NULL, observed_until = NULL WHERE id = ?",
            (newest.id,),
        )
    return newest


def forget(sessions: Sessions, attempt: Attempt, *, after: bool) -> None:
    """Let the handsets forget what came after an attempt, or the attempt as well."""
    path = sessions.folder / "handsets.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    shown = [at for at, line in enumerate(lines) if f'"text": {json.dumps(attempt.text)}' in line]
    # Of each message the count comes first, then the sender's bubble, then the receiver's.
    end = shown[-1] + 1 if after else shown[-1] - 1
    path.write_text("".join(lines[:end]), encoding="utf-8")


def test_attempt_in_flight_that_arrived(sessions: Sessions, one_lane: Path) -> None:
    """What was on its way when the run was killed, and did arrive, is found and counts."""
    sessions.measure(one_lane, "-k", "天气")
    flying = interrupt_at_the_tap(sessions)
    forget(sessions, flying, after=True)
    sessions.resume()
    row = next(each for each in sessions.messages() if each.attempt.id == flying.id)
    assert row.score.outcome is Outcome.DELIVERED
    assert row.score.void is None
    assert row.attempt.arrived_text == flying.text
    assert sessions.verdicts() == {"天气": VerdictKind.CLEAR}
    assert flying.id in sessions.verdict("天气").attempts


def test_attempt_in_flight_that_did_not_arrive(sessions: Sessions, one_lane: Path) -> None:
    """One that stands in the sender's chat only stays unknown and void; it is measured anew."""
    sessions.measure(one_lane, "-k", "达赖")
    flying = interrupt_at_the_tap(sessions)
    forget(sessions, flying, after=True)
    before = sessions.attempts()
    sessions.resume()
    row = next(each for each in sessions.messages() if each.attempt.id == flying.id)
    assert (row.score.outcome, row.score.void) == (Outcome.UNKNOWN, VoidReason.SESSION_LOST)
    noted = next(each for each in sessions.attempts() if each.id == flying.id)
    assert noted.own_text == flying.text
    assert noted.fault_detail == "interrupted at the tap; found in the sender's chat"
    assert sessions.verdicts() == {"达赖喇嘛": VerdictKind.CENSORED}
    assert flying.id not in sessions.verdict("达赖喇嘛").attempts
    new = [each for each in sessions.attempts()[len(before) :] if each.entries == flying.entries]
    assert new
    assert flying.id not in {each.id for each in new}


def test_attempt_that_was_never_tapped(sessions: Sessions, one_lane: Path) -> None:
    """One that was written down and never sent stays unknown and void; it is measured anew."""
    sessions.measure(one_lane, "-k", "天气")
    flying = interrupt_at_the_tap(sessions)
    forget(sessions, flying, after=False)
    sessions.resume()
    row = next(each for each in sessions.messages() if each.attempt.id == flying.id)
    assert (row.score.outcome, row.score.void) == (Outcome.UNKNOWN, VoidReason.SESSION_LOST)
    assert row.attempt.own_text is None
    assert sessions.verdicts() == {"天气": VerdictKind.CLEAR}


def test_killed_handsets_leave_nothing(sessions: Sessions, testbed: Path) -> None:
    """When a run is killed, the handsets it started end by themselves."""
    process = sessions.start_until(testbed, 1)
    wait_until(lambda: bool(processes_of(sessions.results)), "the handsets are there")
    process.kill()
    process.communicate()
    wait_until(lambda: not processes_of(sessions.results), "the handsets are gone")
