"""Which words of a text stop it: how many messages it takes to find them, and how often rightly.

Texts hold one combination of two or more components in random places. `probes.isolate` is compared
with component-aware binary splitting (Xiong and Knockel, FOCI 2019), with that where a message that
did not arrive is sent again or each is sent until one answer has come twice, with plain bisection
and with ddmin. All get the same texts. `probes.isolate` is told how often the channel errs, or, in
the rows *estimated*, knows it from 100 controls and 20 canaries, as a run does.

Without ``--combinations`` the shipped lists' are planted. Half of the combinations is, by a hash:
what `probes.isolation_prior` knows of combinations was counted in the other half of three published
lists (Citizen Lab, chat-censorship), which is what to give here:

Run: python -m tests.benchmarks.isolation [--combinations PATH] [--prose PATH] [--seed N]
     [--trials N] [--only CASE ...] [--processes N] [--quick] [--json]

All of it takes about an hour on two cores.
"""

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import lru_cache, partial
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import mean, stdev
from typing import Final

from tests.benchmarks.isolation_methods import (
    bisection,
    ddmin,
    never_again,
    sent_again,
    splitting,
    until_two,
)
from tests.benchmarks.isolation_texts import (
    Components,
    filler,
    half,
    phrases,
    plant,
    prose,
    published,
    shipped,
)
from tests.benchmarks.isolation_trial import (
    Errors,
    Line,
    Trial,
    classical,
    estimated,
    isolate,
    known,
)
from tests.benchmarks.table import Figure, at_most, run, told

ERRORS: Final = tuple(
    Errors(loss=loss, slip=slip)
    for loss, slip in ((0.0, 0.0), (0.01, 0.0), (0.03, 0.0), (0.03, 0.01), (0.05, 0.05))
)
#: By errors, the most messages and the largest share of wrong answers; 1,000 characters of prose.
GOALS: Final = {ERRORS[0]: (38, 0.0), ERRORS[2]: (48, 0.005), ERRORS[4]: (72, 0.01)}
GOAL_LENGTH: Final = 1_000
OURS: Final = {
    "this": lambda errors, _: known(errors),
    "this, estimated": lambda errors, random: estimated(errors, random, controls=100, canaries=20),
}
OTHERS: Final = {
    "splitting": (splitting, never_again),
    "splitting, again": (splitting, sent_again),
    "splitting, until two": (splitting, until_two),
    "bisection": (bisection, never_again),
    "ddmin": (ddmin, never_again),
}
MANUALS: Final = Path("/usr/share/man/zh_CN")  # where Debian's manpages-zh are
PROSE, RANDOM = "prose", "random"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What many trials have in common.

    Attributes:
        length: Characters of the texts.
        around: What the combinations are planted in.
        errors: How often the channel errs.
        method: Who isolates.
        seed: Seed of all chance.
    """

    length: int
    around: str
    errors: Errors
    method: str
    seed: int

    @property
    def case(self) -> str:
        """Its name in the table."""
        return f"{self.length} {self.around}, {self.errors}: {self.method}"


@lru_cache(maxsize=1)
def material(combinations: Path | None, texts: Path | None) -> tuple[Sequence[Components], str]:
    """What is planted, and in what.

    Args:
        combinations: Files of published combinations, if given.
        texts: Prose, if there is any.
    """
    found = shipped() if combinations is None else published(combinations)
    several = [each for each in half(found, is_tested=True) if len(each) > 1]
    return several, phrases(Random("phrases")) if texts is None else prose(texts)


def try_once(combinations: Path | None, texts: Path | None, cell: Cell, number: int) -> Trial:
    """One trial; the same text for all methods and errors."""
    several, around = material(combinations, texts)
    random = Random(f"isolation/{cell.seed}/{cell.length}/{cell.around}/{number}")
    combination = random.choice(several)
    if cell.around == RANDOM:
        around = filler(cell.length, random)
    planted = plant(combination, around, cell.length, random)
    noise = Random(f"isolation/{cell.seed}/{cell.case}/{number}")
    line = Line(combination, cell.errors, noise)
    if cell.method in OURS:
        channel = OURS[cell.method](cell.errors, noise)
        padding = "".join(noise.sample("今天天气很好我们去公园散步吧", 14))
        return isolate(planted, line, channel, padding)
    method, again = OTHERS[cell.method]
    return classical(method, planted, line, again(line.ask))


def figures(cell: Cell, trials: Sequence[Trial]) -> Iterator[Figure]:
    """What the trials of a cell come to."""
    case, count = cell.case, len(trials)
    messages = [trial.messages for trial in trials]
    wrong = [trial for trial in trials if not trial.is_right]
    silent = sum(trial.is_sure is not False for trial in wrong)
    has_goal = cell.method == "this" and (cell.length, cell.around) == (GOAL_LENGTH, PROSE)
    most, share = GOALS.get(cell.errors, (0, 0.0)) if has_goal else (0, 0.0)
    yield told(case, "trials", count)
    if most:
        yield at_most(case, "messages", round(mean(messages), 2), most)
        yield at_most(case, "share wrong", len(wrong) / count, share)
    else:
        yield told(case, "messages", round(mean(messages), 2))
        yield told(case, "share wrong", len(wrong) / count)
    if count > 1:
        yield told(case, "± messages", round(1.96 * stdev(messages) / sqrt(count), 2))
    if cell.method in OURS:
        yield told(case, "proof", round(mean(trial.proof_messages for trial in trials), 2))
        yield at_most(case, "wrong, and sure", silent, 0.1 * len(wrong))
        unsure = sum(trial.is_right and not trial.is_sure for trial in trials)
        yield told(case, "right, not sure", unsure)


def cells(arguments: argparse.Namespace) -> Iterator[tuple[Cell, int]]:
    """All cells, those with goals first, and how many trials each has."""
    quick = arguments.quick
    kinds = [(GOAL_LENGTH, PROSE)]
    if not quick:
        kinds += [(length, PROSE) for length in (200, 5_000)]
        kinds += [(length, RANDOM) for length in (200, GOAL_LENGTH, 5_000)]
    for length, around in kinds:
        for errors in GOALS if quick else ERRORS:
            for method in (*OURS, *OTHERS):
                if (method.endswith("again") and not errors.loss) or (
                    method.endswith("two") and not errors.slip
                ):
                    continue
                trials = 300 if (length, around) == (GOAL_LENGTH, PROSE) else 100
                trials = arguments.trials or (4 if quick else trials)
                cell = Cell(
                    length=length,
                    around=around,
                    errors=errors,
                    method=method,
                    seed=arguments.seed,
                )
                yield cell, trials


def measure_all(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Run all trials of all cells."""
    texts = arguments.prose or (MANUALS if MANUALS.is_dir() else None)
    once = partial(try_once, arguments.combinations, texts)
    # Each process has one core, and arrays here are too small to be worth several threads.
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    with ProcessPoolExecutor(arguments.processes, mp_context=get_context("spawn")) as pool:
        for cell, count in cells(arguments):
            if any(fnmatch(cell.case, pattern) for pattern in arguments.only):
                trials = list(pool.map(partial(once, cell), range(count), chunksize=4))
                yield from figures(cell, trials)


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add: Callable[..., object] = parser.add_argument
    add("--combinations", type=Path, help="CSV file with a column Keyword, or a folder of them")
    add("--prose", type=Path, help="a text or a folder of texts or manual pages, in Chinese")
    add("--seed", type=int, default=0, help="of combinations, places and noise")
    add("--trials", type=int, help="trials of each cell")
    add("--only", nargs="*", default=["*"], help="only these cases: '1000 prose,*: this'")
    add("--processes", type=int, default=2, help="trials at the same time")


if __name__ == "__main__":
    sys.exit(run("Isolation", measure_all, _add_arguments))
