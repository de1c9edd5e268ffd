"""What one process spends on lanes: messages a second, its own CPU time, its memory.

The main job on testbeds of 1, 8 and 64 lanes, through the real Appium client straight to embedded
handsets. All handsets live in one other process, on the same machine; so messages a second say how
fast this machine is for both, and are no property of real phones. What our own process spends is,
and is measured apart: its threads have one core between them.

As fast as lanes go, nothing is spent on waiting; so the last case keeps them to a tenth of the
pause of real accounts, and with --real-pace, which takes ten minutes, another to the whole of it.

Run: python -m tests.benchmarks.lanes [--quick] [--json] [--real-pace]
"""

import argparse
import resource
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from tests.benchmarks.correctness import policy
from tests.benchmarks.measuring import Measurement, measure
from tests.benchmarks.table import Figure, at_most, exactly, run, told
from tests.testbeds import write_lanes
from wordlists.wordlist import load_all

REAL_PAUSE_S = (15.0, 35.0)
MOST_CPU_MS = 25.0
MOST_CPU_PERCENT = 30.0  # at the real pace: two hundred lanes a core
SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A testbed to measure.

    Attributes:
        name: What it is called.
        lanes: How many lanes it has.
        pause_s: Shortest and longest pause between two messages of an account.
    """

    name: str
    lanes: int
    pause_s: tuple[float, float] = (0.0, 0.0)


# Fewest lanes first, so that the peak of memory is each case's own.
QUICK = (Case(name="1 lane", lanes=1), Case(name="8 lanes", lanes=8))
FULL = (
    *QUICK,
    Case(name="64 lanes", lanes=64),
    Case(name="64 lanes, paced", lanes=64, pause_s=(1.5, 3.5)),
)
REAL = Case(name="64 lanes, real pace", lanes=64, pause_s=REAL_PAUSE_S)


def figures(case: Case, measured: Measurement, handsets_cpu_s: float) -> Iterator[Figure]:
    """What a run says; CPU time of the handsets includes their start, ours does not."""
    name = case.name
    sent = len(measured.attempts)
    sending = measured.sending
    cpu_ms = 1000 * sending.cpu_s / sent
    cpu_percent = 100 * sending.cpu_s / sending.seconds
    right = measured.report.right or {}
    yield told(name, "messages", sent)
    yield told(name, "messages/s", sent / sending.seconds)
    if case is REAL:
        yield told(name, "CPU ms/message", cpu_ms)
        yield at_most(name, "CPU %", cpu_percent, MOST_CPU_PERCENT)
    else:
        yield at_most(name, "CPU ms/message", cpu_ms, MOST_CPU_MS)
        yield told(name, "CPU %", cpu_percent)
    yield told(name, "handsets' CPU ms/message", 1000 * handsets_cpu_s / sent)
    yield told(name, "opening s", measured.opening.seconds)
    yield told(name, "peak MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    yield exactly(name, "lanes lost", len(measured.report.lanes_lost), 0)
    yield exactly(name, "wrong", sum(not each for each in right.values()), 0)


def ended_cpu_s() -> float:
    """CPU time of all processes that were started here and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure_all(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Run all cases over the shipped lists."""
    wordlists = load_all()
    entries = tuple(entry for wordlist in wordlists for entry in wordlist.entries)
    rules = policy(entries, Random(SEED))
    cases = QUICK if arguments.quick else FULL
    for case in (*cases, REAL) if arguments.real_pace else cases:
        with TemporaryDirectory() as temporary:
            folder = Path(temporary)
            testbed = write_lanes(folder, case.lanes, rules, pause_s=case.pause_s)
            before = ended_cpu_s()
            measured = measure(
                testbed, wordlists, entries, chat="direct", seed=SEED, folder=folder / "runs"
            )
            yield from figures(case, measured, ended_cpu_s() - before)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The case that takes long."""
    parser.add_argument("--real-pace", action="store_true", help="one more case, ten minutes")


if __name__ == "__main__":
    sys.exit(run("Lanes of one process, embedded handsets", measure_all, add_arguments))
