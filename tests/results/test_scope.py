"""Which runs and conditions are exported."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from results.errors import JournalError
from results.journal import Journal
from results.record import ChatKind
from results.scope import Scope, moment
from tests.results.examples import CONDITION, RUN, START


@pytest.fixture
def three(journal: Journal) -> Journal:
    """A journal with a run a day."""
    for day in (1, 2):
        at = START + timedelta(days=day)
        journal.start_run(replace(RUN, id=f"{at:%Y%m%dT%H%M%SZ}-ab12", started_at=at))
    return journal


def found(journal: Journal, scope: Scope) -> list[int]:
    """The days of May on which the runs of a scope began."""
    return [run.started_at.day for run in scope.find(journal)]


def test_runs_are_named_or_of_a_range_or_the_latest(three: Journal) -> None:
    """Without a wish it is the latest run; a range takes in its start and leaves out its end."""
    assert found(three, Scope()) == [3]
    assert found(three, Scope(runs=("latest", RUN.id, RUN.id))) == [1, 3]
    assert found(three, Scope(since=START + timedelta(days=1))) == [2, 3]
    assert found(three, Scope(until=START + timedelta(days=1))) == [1]
    assert found(three, Scope(runs=("latest",), since=START)) == [3]


def test_empty_range_is_told(three: Journal) -> None:
    """A range without runs is an error that names the range."""
    scope = Scope(since=datetime(2030, 1, 1, tzinfo=UTC), until=datetime(2031, 1, 1, tzinfo=UTC))
    with pytest.raises(JournalError, match=r"since 2030-01-01 00:00 UTC and before 2031-01-01"):
        scope.find(three)


@pytest.mark.parametrize(
    ("scope", "holds"),
    [
        (Scope(), True),
        (Scope(app="courier", chat=ChatKind.GROUP), True),
        (Scope(app="wechat"), False),
        (Scope(chat=ChatKind.DIRECT), False),
        (Scope(sender_region="CN", receiver_region="CA"), True),
        (Scope(receiver_region="CN"), False),
    ],
)
def test_conditions_are_held_or_not(scope: Scope, holds: bool) -> None:
    """Each part of a condition that is asked for must be equal."""
    assert scope.holds(CONDITION) is holds


def test_moments_are_utc() -> None:
    """A date is its first moment; a time without a zone is UTC; another zone is converted."""
    assert moment("2026-05-01") == datetime(2026, 5, 1, tzinfo=UTC)
    assert moment("2026-05-01T06:00") == datetime(2026, 5, 1, 6, tzinfo=UTC)
    east = datetime(2026, 5, 1, 6, tzinfo=timezone(timedelta(hours=8)))
    assert moment("2026-05-01T06:00+08:00") == east
    with pytest.raises(ValueError, match="Invalid isoformat"):
        moment("yesterday")
