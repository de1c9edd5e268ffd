"""A second look at what arrived: filters that remove after delivery."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from probes.second_look import SecondLooks
from results.record import VerdictKind
from tests.probes.sessions import ONE_LANE, Sessions
from tests.testbeds import rule, write_testbed

WORD = "达赖喇嘛"


@pytest.fixture
def sessions(pytester: pytest.Pytester, tmp_path: Path) -> Sessions:
    """Sessions with a small list."""
    return Sessions(pytester, tmp_path)


def removed(*components: str, after_s: float) -> str:
    """A rule that removes messages some time after they were delivered."""
    return f"{rule(*components, action='remove')}after_s = {after_s}\n"


def window(seconds: float) -> tuple[str, str]:
    """A change to the shipped testbed: how long after it came a message is looked for again."""
    return "removal_window_s = 0 ", f"removal_window_s = {seconds} "


def test_what_is_removed_later_is_censored(sessions: Sessions, tmp_path: Path) -> None:
    """A message that is removed after all was sent is found by the second look, and no other is."""
    testbed = write_testbed(
        tmp_path / "testbed", [removed(WORD, after_s=0.8)], changes=[*ONE_LANE, window(1.5)]
    )
    result = sessions.measure(testbed, "--chat", "group", "--strategy", "solo")
    assert result.ret == 0, result.outlines
    verdicts = sessions.verdicts()
    assert {word for word, kind in verdicts.items() if kind is VerdictKind.CENSORED} == {WORD}
    assert VerdictKind.INCONCLUSIVE not in verdicts.values()
    arrived = [row.attempt for row in sessions.messages() if row.attempt.entries]
    for attempt in arrived:
        assert (attempt.gone_at is not None) is (attempt.text == WORD)
        seen_again = attempt.still_there_at or attempt.gone_at
        assert attempt.arrived_at is not None
        assert seen_again is not None
        if attempt.still_there_at is not None:
            assert attempt.still_there_at - attempt.arrived_at >= timedelta(seconds=1.5)


def test_without_a_window_nothing_is_looked_for_again(sessions: Sessions, tmp_path: Path) -> None:
    """With a window of 0, nothing is claimed of what became of a message after it came."""
    testbed = write_testbed(
        tmp_path / "testbed", [removed(WORD, after_s=60.0)], changes=[*ONE_LANE]
    )
    result = sessions.measure(testbed, "--chat", "group", "--strategy", "solo")
    assert result.ret == 0, result.outlines
    assert sessions.verdicts()[WORD] is VerdictKind.CLEAR
    assert {row.attempt.still_there_at for row in sessions.messages()} == {None}


def test_run_that_is_interrupted_looks_again(sessions: Sessions, tmp_path: Path) -> None:
    """What was removed while nobody looked is found when the run is resumed."""
    testbed = write_testbed(
        tmp_path / "testbed", [removed(WORD, after_s=0.5)], changes=[*ONE_LANE, window(600)]
    )
    process = sessions.start_until(testbed, 6, "--chat", "group", "--strategy", "solo")
    sessions.kill(process)
    assert WORD in {each.text for each in sessions.attempts() if each.arrived_at is not None}
    # Well after the removal, which is due half a second after the message came.
    shorter = testbed.read_text(encoding="utf-8").replace("= 600", "= 2")
    testbed.write_text(shorter, encoding="utf-8")
    result = sessions.resume()
    assert result.ret == 0, result.outlines
    assert sessions.verdicts()[WORD] is VerdictKind.CENSORED
    first = [each for each in sessions.attempts() if each.text == WORD and each.arrived_at]
    assert all(each.gone_at is not None for each in first)


def test_time_of_a_second_look() -> None:
    """A message is due when the window has passed, once, and the oldest comes first."""
    looks = SecondLooks(60.0)
    assert not looks
    assert looks.left_s() == 0.0
    now = datetime.now(UTC)
    looks.expect(4, now - timedelta(seconds=61))
    looks.expect(3, now - timedelta(seconds=90))
    looks.expect(5, now)
    assert looks.due() == [3, 4]
    assert looks.forget(3)
    assert not looks.forget(3)
    assert looks.due() == [4]
    assert looks.left_s() == 0.0
    looks.forget(4)
    assert 0 < looks.left_s() <= 60
    assert not SecondLooks(0.0).is_on
