"""A published list with published truth: are both of its columns reproduced?

The list of 60 combinations that WeChat blocked around Liu Xiaobo's death (Citizen Lab, 2017) says
of each whether it was blocked in group chat and in direct chat. A network is given a policy that
says the same; the main job must find all 120 cells, with 1 % loss and 0.5 % slip.

Run: python -m tests.benchmarks.published FILE [--seeds N] [--quick] [--json]
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from results.record import VerdictKind
from tests.benchmarks.measuring import measure
from tests.benchmarks.table import Figure, exactly, run, told
from tests.testbeds import rule, write_testbed
from wordlists.importers.citizenlab import read_published
from wordlists.prior import prior_knowledge
from wordlists.wordlist import load
from wordlists.writer import write_list

CHATS = ("group", "direct")


def measure_both(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Run both kinds of chat for each seed."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        path = folder / "liu-xiaobo.csv"
        entries, _ = read_published(arguments.file, wordlist=path.stem)
        write_list(entries, path)
        wordlist = load(path)
        truth = {entry.id: prior_knowledge(entry) for entry in wordlist.entries}
        testbed = write_testbed(
            folder,
            [
                rule(*entry.components, chats=[chat])
                for entry in wordlist.entries
                for chat in CHATS
                if truth[entry.id][chat]
            ],
            loss=0.01,
            slip=0.005,
        )
        for seed in range(1 if arguments.quick else arguments.seeds):
            for chat in CHATS:
                measurement = measure(
                    testbed,
                    (wordlist,),
                    wordlist.entries,
                    chat=chat,
                    seed=seed,
                    folder=folder / f"runs-{seed}",
                )
                found = {verdict.entry_id: verdict.kind for verdict in measurement.report.verdicts}
                agreeing = sum(
                    found[entry_id] is _expected(known[chat]) for entry_id, known in truth.items()
                )
                case = f"seed {seed}, {chat}"
                yield told(case, "blocked, published", sum(each[chat] for each in truth.values()))
                yield exactly(case, "cells reproduced", agreeing, len(truth))
                yield told(case, "messages", len(measurement.attempts))
                yield told(case, "seconds", round(measurement.seconds, 1))


def _expected(is_blocked: bool) -> VerdictKind:
    return VerdictKind.CENSORED if is_blocked else VerdictKind.CLEAR


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file and the number of seeds."""
    parser.add_argument("file", type=Path, help="liu_xiaobo_keywords_wechat.csv")
    parser.add_argument("--seeds", type=int, default=5, help="how many seeds of noise")


if __name__ == "__main__":
    sys.exit(run("Published list, loss 1 %, slip 0.5 %", measure_both, add_arguments))
