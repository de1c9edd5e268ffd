"""The report in a sentence."""

from dataclasses import replace
from datetime import timedelta

import pytest

from results.journal import Journal
from results.judged_run import judge_run
from results.redaction import Redaction
from results.report.headline import headline
from tests.results.examples import RUN, START, entry, lane_of

WHERE = "courier 2.1, group chat, CN → CA, 1 May 2024"


@pytest.mark.parametrize(
    ("signs", "stopped", "said"),
    [
        ("", None, ["No message was sent in this run."]),
        (
            "C" * 30 + "nCnCpCpCpCpC",
            None,
            [f"1 of 1 entry did not arrive on {WHERE}."],
        ),
        (
            "C" * 30 + "nCnCPCPCPCPC",
            None,
            [f"None of 1 entry is called censored on {WHERE}; 1 is clear."],
        ),
        (
            "C" * 30 + "NCNCPCPCPCPC",
            None,
            [
                f"None of 1 entry is called censored on {WHERE}; 0 are clear.",
                "Every canary arrived: nothing shows that this run could have seen censorship, so "
                "it calls nothing clear.",
                "1 entry is inconclusive.",
            ],
        ),
        (
            "CpC",
            "the budget of 3 messages is spent; the chat 'Aunt Mei' is open.",
            [
                f"None of 1 entry is called censored on {WHERE}; 0 are clear.",
                "1 entry is inconclusive.",
                "The run ended early: the budget of 3 messages is spent; the chat [withheld] is "
                "open.",
            ],
        ),
    ],
)
def test_headline(journal: Journal, signs: str, stopped: str | None, said: list[str]) -> None:
    """What was found, what could not be, and why the run ended early."""
    journal.add_entries(RUN.id, [entry("e")])
    for attempt in lane_of(signs):
        journal.begin_attempt(attempt)
    journal.finish_run(RUN.id, START + timedelta(hours=1), stopped)
    assert headline(judge_run(journal, RUN.id), Redaction()) == said


def test_run_that_is_not_over_says_so(journal: Journal) -> None:
    """A killed run is not taken for a finished one."""
    run = replace(judge_run(journal, RUN.id))
    assert headline(run, Redaction())[-1] == "The run is not finished, or was killed."
