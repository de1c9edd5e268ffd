"""Scores of a run that goes by are those of the run as a whole."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from results.attempt_rows import attempt_from
from results.bracketing import BracketLimits
from results.journal import Journal
from results.record import Attempt, Notice, ReadMode, VoidReason
from results.rules import score
from results.scored_stream import scored_attempts
from tests.results.examples import RUN, arrived, lane_of

_LIMITS = BracketLimits(bracket_messages=3, bracket_s=60)


@st.composite
def runs(draw: st.DrawFn) -> list[Attempt]:
    """Two lanes with everything that can happen on one."""
    attempts: list[Attempt] = []
    for lane in "ab":
        signs = draw(st.text(st.sampled_from("CPNcpn"), max_size=30))
        for plain in lane_of(signs, lane):
            attempt = plain
            match draw(st.integers(0, 20)):
                case 0:
                    attempt = replace(plain, fault=draw(st.sampled_from(VoidReason)))
                case 1:
                    attempt = replace(plain, notice=draw(st.sampled_from(Notice)))
                case 2:
                    attempt = arrived(plain, "text ***")
                case 3:
                    attempt = replace(arrived(plain, "text"), read_mode=ReadMode.NOTIFICATIONS)
                case 4:
                    attempt = arrived(plain, after_s=draw(st.sampled_from([15, 70, 200])))
                case 5:
                    attempt = replace(plain, gone_at=plain.created_at)
                case 6:
                    attempt = replace(plain, sent_at=None)
                case 7:
                    attempt = replace(plain, arrived_at=None)
            attempts.append(attempt)
    order = draw(st.permutations(range(len(attempts))))
    queues = {lane: [each for each in attempts if each.lane == lane] for lane in "ab"}
    lanes = [attempts[place].lane for place in order]
    return [
        replace(queues[lane].pop(0), seq=seq, id=f"{RUN.id}-{seq}")
        for seq, lane in enumerate(lanes)
    ]


@settings(deadline=None, max_examples=150)
@given(runs(), st.sampled_from([1, 4, 2_000]))
def test_scores_are_those_of_the_whole_run(attempts: list[Attempt], page: int) -> None:
    """However a run is cut into pieces, no attempt is judged otherwise than in the whole."""
    with TemporaryDirectory() as name, Journal.open(Path(name) / "j") as journal:
        journal.start_run(RUN)
        for attempt in attempts:
            journal.begin_attempt(attempt)
        journal.observe(attempts)
        stream = list(scored_attempts(journal, RUN.id, _LIMITS))
        pages = list(journal.attempt_rows(RUN.id, page))
    assert [each.attempt for each in stream] == attempts
    assert {each.row.id: each.score for each in stream} == score(attempts, _LIMITS)
    assert [attempt_from(row) for row in pages] == attempts
