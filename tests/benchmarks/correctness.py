"""How many verdicts are wrong, over seeds of policy and noise.

Each seed draws a policy over the shipped entries (about 5 % censored, each by a random subset of
its components, as most published rules are combinations) and runs the main job on the embedded
testbed through the real Appium client, with 1 % loss and 0.5 % slip.

Run: python -m tests.benchmarks.correctness [--quick] [--json]
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from results.record import VerdictKind
from tests.benchmarks.measuring import Measurement, measure
from tests.benchmarks.table import Figure, at_most, exactly, run, told
from tests.testbeds import rule, write_testbed
from wordlists.entry import Entry
from wordlists.wordlist import load_all

SHARE_CENSORED = 0.05
LOSS, SLIP = 0.01, 0.005


def policy(entries: tuple[Entry, ...], random: Random) -> list[str]:
    """Rules that censor about 5 % of the entries (others that hold a rule's components, too)."""
    drawn = random.sample(entries, max(1, round(len(entries) * SHARE_CENSORED)))
    return [
        rule(*random.sample(entry.components, random.randint(1, len(entry.components))))
        for entry in drawn
    ]


def figures(case: str, measurement: Measurement) -> Iterator[Figure]:
    """What one run says."""
    report = measurement.report
    right = report.right or {}
    censored = sum(verdict.kind is VerdictKind.CENSORED for verdict in report.verdicts)
    wrong = sum(not each for each in right.values())
    yield told(case, "entries", len(report.verdicts))
    yield told(case, "censored", censored)
    yield told(case, "wrong", wrong)
    yield told(case, "inconclusive", len(report.verdicts) - len(right))
    yield told(case, "messages", len(measurement.attempts))
    yield told(case, "controls lost", report.noise.controls_lost)
    yield exactly(case, "controls not counted", measurement.controls_not_counted, 0)
    yield told(case, "void", measurement.voids)
    yield exactly(case, "void unexplained", measurement.voids_not_explained, 0)
    yield told(case, "seconds", round(measurement.seconds, 1))


def measure_all(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Run all seeds, then sum up."""
    wordlists = load_all()
    everything = tuple(entry for wordlist in wordlists for entry in wordlist.entries)
    seeds = range(3) if arguments.quick else range(20)
    wrong = decided = asked = 0
    for seed in seeds:
        random = Random(f"correctness/{seed}")
        entries = everything[:60] if arguments.quick else everything
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            testbed = write_testbed(folder, policy(entries, random), loss=LOSS, slip=SLIP)
            chat = ("direct", "group")[seed % 2]
            measurement = measure(
                testbed, wordlists, entries, chat=chat, seed=seed, folder=folder / "runs"
            )
        yield from figures(f"seed {seed}, {chat}", measurement)
        right = measurement.report.right or {}
        wrong += sum(not each for each in right.values())
        decided += len(right)
        asked += len(entries)
    yield told("all seeds", "entries", asked)
    yield at_most("all seeds", "wrong", wrong, 0.01 * decided)
    yield at_most("all seeds", "share wrong", wrong / decided, 0.01)
    yield at_most("all seeds", "inconclusive", asked - decided, 0.01 * asked)


if __name__ == "__main__":
    sys.exit(run("Wrong verdicts, solo, loss 1 %, slip 0.5 %", measure_all))
