"""How much may still be sent, and what is said when nothing more may be."""

from datetime import datetime, time

from drivers.testbed import Pacing
from probes.allowance import Allowance


def allowance(
    budget: int | None = None,
    *,
    daily_budget: int | None = None,
    quiet_hours: tuple[time, time] | None = None,
    sent: int = 0,
) -> Allowance:
    """An allowance of accounts each of which has sent so much within a day."""

    def sent_between(account: str, start: datetime, end: datetime) -> int:
        assert account
        assert (end - start).days == 1
        return sent

    pacing = Pacing(pause_s=(0, 0), daily_budget=daily_budget, quiet_hours=quiet_hours)
    return Allowance(budget=budget, pacing=pacing, sent_between=sent_between)


def test_without_limits() -> None:
    """Without a budget and quiet hours, there is always room."""
    endless = allowance()
    endless.note_sent()
    assert endless.may_probe(chosen=8, lanes=8)
    assert not endless.refuses(chosen=8)
    assert not endless.must_rest("lane-1", "cn-1")
    assert endless.spent is None
    assert endless.rest is None


def test_controls_are_kept_room_for() -> None:
    """A probe is sent only if each lane can still send a control after it."""
    limited = allowance(4)
    assert limited.may_probe(chosen=1, lanes=2)
    assert not limited.may_probe(chosen=2, lanes=2)
    limited.note_sent()
    assert not limited.may_probe(chosen=1, lanes=2)
    assert not limited.refuses(chosen=2)
    assert limited.refuses(chosen=3)
    assert limited.spent == "the budget of 4 messages is used up."


def test_rest_that_is_of_no_use() -> None:
    """What is left of a budget although nothing can be done with it is told."""
    limited = allowance(4)
    limited.note_sent()
    limited.use_up(chosen=1)
    assert limited.spent == (
        "the budget of 4 messages is used up; the 2 left are too few for a probe and the controls "
        "after it."
    )


def test_quiet_hours_end_the_run() -> None:
    """In quiet hours nothing more is sent, whatever the budget."""
    quiet = allowance(quiet_hours=(time.min, time.max))
    assert quiet.refuses(chosen=0)
    assert quiet.spent == "quiet hours have begun."


def test_accounts_rest_one_by_one() -> None:
    """An account that has sent its share of a day rests its lane, and only that."""
    daily = allowance(daily_budget=20, sent=20)
    assert daily.must_rest("lane-2", "cn-3")
    assert daily.is_resting("lane-2")
    assert not daily.is_resting("lane-1")
    assert daily.must_rest("lane-1", "cn-1")
    assert daily.rest == "the daily budget of 20 messages is spent for 'cn-1', 'cn-3'."
    assert daily.spent is None
    assert not allowance(daily_budget=20, sent=19).must_rest("lane-1", "cn-1")
