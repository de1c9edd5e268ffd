"""Two hundred faults in a run of five hundred messages, through Appium, its driver and adb.

Whatever happens to a handset, its link or its app in the middle of a message: no verdict may be
wrong for it, no message be sent twice, nothing that was sent or arrived be forgotten, and nothing
be left running. What the journal holds is compared with what the embedded network saw.

Run: python -m tests.benchmarks.faults [--seed N] [--quick] [--json]
"""

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Final
from uuid import uuid4

from drivers.testbed import load_testbed
from probes.ledger import Ledger
from probes.live_run import JOURNAL_NAME, LiveRun, Report
from probes.options import Measured
from probes.selection import Selection
from probes.strategy import Solo
from results.bracketing import BracketLimits
from results.inference import Limits
from results.journal import Journal
from results.record import Attempt, VerdictKind
from tests.benchmarks.table import Figure, at_most, exactly, run, told
from tests.bookkeeping import Seen, compare, read_seen, without_evidence
from tests.processes import are_gone, marked
from tests.testbeds import MANAGED, fault, rule, write_testbed
from wordlists.entry import Entry
from wordlists.wordlist import load_all

KINDS: Final = (
    "session_lost",
    "instrumentation_dies",
    "hangs_up",
    "link_drops",
    "app_crashes",
    "popup",
    "banner",
    "restarts",
    "wrong_chat",
)
LANES: Final = (("phone-1", "phone-2"), ("phone-3", "phone-4"))
CASE: Final = "full stack"
STATE: Final = "handsets.jsonl"


def faults(count: int, random: Random) -> Iterator[str]:
    """Faults of all kinds at both ends of both lanes.

    Two never follow each other on a lane without a message in between that has a chance: a lane on
    which nothing works any more is to be given up, and that is not what is measured here.
    """
    for ends in LANES:
        after = 0
        for kind in islice(cycle(random.sample(KINDS, len(KINDS))), count // len(LANES)):
            after += random.choice((2, 2, 3))
            yield fault(random.choice(ends), kind, after_messages=after)


def measure_all(arguments: argparse.Namespace) -> Iterator[Figure]:
    """One run with all faults."""
    injected, messages = (20, 60) if arguments.quick else (200, 500)
    random = Random(arguments.seed)
    entries = [entry for wordlist in load_all() for entry in wordlist.entries][:400]
    random.shuffle(entries)
    censored = [rule(*entry.components) for entry in entries[::12]]
    mark = str(uuid4())
    os.environ["FAULTS_BENCHMARK"] = mark  # all that is started from here on carries it
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        all_faults = "".join(faults(injected, random))
        testbed = write_testbed(folder, censored, more=all_faults, changes=MANAGED)
        began = monotonic()
        live = _begin(testbed, folder / "runs", tuple(entries), seed=arguments.seed)
        run_folder = folder / "runs" / live.run.id
        asked = []
        interrupted: str | None = "the benchmark failed"
        try:
            for entry in entries:
                asked.append(entry.id)
                live.campaign.verdict(entry.id)
                is_long_enough = live.campaign.messages_sent >= messages
                if is_long_enough and len(read_seen(run_folder / STATE).faults) >= injected:
                    break
            interrupted = None
        finally:
            report = live.finish(interrupted)
        with Journal.open(folder / "runs" / JOURNAL_NAME, read_only=True) as journal:
            attempts = journal.attempts(report.run_id)
            settings = journal.run(report.run_id).settings
        seen = read_seen(run_folder / STATE)
        yield exactly(CASE, "faults", len(seen.faults), injected)
        yield told(CASE, "messages", len(attempts))
        yield exactly(CASE, "lanes lost", len(report.lanes_lost), 0)
        yield from _verdict_figures(report, asked, _need_of(attempts, settings))
        yield from _attempt_figures(attempts, seen, run_folder)
        left = marked(mark)
        yield exactly(CASE, "processes left", 0 if are_gone(left) else len(left), 0)
        yield told(CASE, "seconds", round(monotonic() - began, 1))
        for kind, count in Counter(kind for _, kind in seen.faults).items():
            yield told(kind, "faults", count)


def _verdict_figures(
    report: Report, asked: Sequence[str], needs_more: Callable[[str], bool]
) -> Iterator[Figure]:
    undecided = [
        each.entry_id
        for each in report.verdicts
        if each.kind is VerdictKind.INCONCLUSIVE and each.entry_id in asked
    ]
    yield told(CASE, "decided", len(asked) - len(undecided))
    yield at_most(CASE, "undecided", len(undecided), 0.02 * len(asked))
    yield exactly(CASE, "for no reason", sum(map(needs_more, undecided)), 0)
    wrong = sum(not each for each in (report.right or {}).values())
    yield exactly(CASE, "wrong", wrong, 0)


def _need_of(attempts: Sequence[Attempt], settings: Mapping[str, str]) -> Callable[[str], bool]:
    """Whether an entry needs more messages, as the strategy sees it when nothing more is sent.

    It does not if it is decided, or if so many were spoilt in a row that it was given up.
    """
    ledger = Ledger(BracketLimits.from_settings(settings))
    for attempt in attempts:
        ledger.put(attempt)
    ledger.close_lanes_but(())
    strategy = Solo(limits=Limits.from_settings(settings))
    return partial(strategy.needs_more, ledger)


def _attempt_figures(attempts: Sequence[Attempt], seen: Seen, run_folder: Path) -> Iterator[Figure]:
    compared = compare(attempts, seen)
    yield exactly(CASE, "sent twice or forgotten", len(compared.sent_without_attempt), 0)
    yield exactly(CASE, "claimed, not sent", len(compared.never_sent), 0)
    yield exactly(CASE, "arrived, not seen", len(compared.arrived_unseen), 0)
    yield told(CASE, "failed", sum(each.fault is not None for each in attempts))
    yield exactly(CASE, "no evidence", len(without_evidence(attempts, run_folder)), 0)


def _begin(testbed: Path, folder: Path, entries: tuple[Entry, ...], *, seed: int) -> LiveRun:
    return LiveRun.begin(
        Measured.from_settings(
            {"testbed": str(testbed), "chat": "group", "strategy": "solo", "seed": str(seed)}
        ),
        Selection(wordlists=(), entries=entries),
        load_testbed(str(testbed)),
        results_dir=folder,
        budget=None,
    )


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="of faults, policy and run")


if __name__ == "__main__":
    logging.getLogger("stamina").addHandler(logging.NullHandler())  # it tells of every retry
    sys.exit(run("Injected faults", measure_all, _add_arguments))
