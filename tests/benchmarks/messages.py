"""How many messages an entry takes: pools, entries alone, and what information theory allows.

Runs on a simulated channel (`tests.benchmarks.channel`), with the real ledger, agenda and
strategies: controls and canaries are sent as in any run, loss and slip are estimated from these,
what is missing is known late, and a stretch with a lost control is void. Beside them, runs that are
told the rates (rightly, or wrongly by a factor of 3), the other strategies, and two classical
methods of group testing that are told rates and number of censored entries.

Two figures are compared with the bound log2 C(N, d) / C(loss, slip), C being the capacity of the
binary asymmetric channel: no method can do with fewer messages on average (Shannon 1948).

* "/ bound": messages that ask something of entries, void ones included;
* "all / bound": controls, canaries, audits, and solo messages that only confirm what was known to
  be censored already, too.

The seeds of a case are in its name. None of them was used to choose how pools are made; for that,
seeds from 1000 on were.

Columns: messages an entry; the two ratios; wrong verdicts in percent of all entries, and of those
called censored; how many should be by the verdicts' own probabilities; entries of which a test
first told something else; entries left undecided; median milliseconds to take in what is new and
choose a message.

Run: python -m tests.benchmarks.messages [--quick] [--json] [--all] [--published FOLDER]
or:  python -m tests.benchmarks.messages --n 1000 --prevalence 1 5 --lanes 8 --seeds 20
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import product
from math import comb, log2
from pathlib import Path
from random import Random
from statistics import mean, median
from typing import Final

from probes.message import compose
from probes.strategy import STRATEGIES
from results.pooling import Rates, capacity
from results.record import EntryRecord, VerdictKind
from tests.benchmarks.channel import Channel, SimulatedRun, known
from tests.benchmarks.classics import Method, Questions, dorfman, splitting
from tests.benchmarks.table import Figure, at_most, run, told
from wordlists.entry import Entry
from wordlists.importers.citizenlab import read_published

JOINER: Final = "\n"
SIZES: Final = (100, 1_000, 10_000)
SHARES: Final = (0.005, 0.01, 0.05, 0.1, 0.2)
NOISES: Final = (0.0, 0.01, 0.05)
LANES: Final = (1, 8)
CLASSICS: Final[dict[str, Method]] = {"dorfman": dorfman, "splitting": splitting}
METHODS: Final = (*STRATEGIES, *CLASSICS)

FEWEST_SEEDS: Final = 20  # for goals
MOST_OVER_BOUND: Final = {1: 1.10, 8: 1.25}  # by lanes
MOST_EVERYTHING: Final = 1.6
MOST_WRONG: Final = 0.01  # of all entries
MOST_WRONG_CENSORED: Final = 0.02  # of those called censored
MOST_MS: Final = 50.0
MOST_PERCENT: Final = 50.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is measured.

    Attributes:
        entries: How many.
        share: Share of them that is censored.
        loss: Share of harmless messages that are lost.
        slip: Share of censored messages that arrive.
        lanes: On how many lanes at once.
        method: A strategy, or a classical method.
        given: Loss and slip that a run is told; by default it estimates them.
        is_mixed: Whether a quarter of the entries is three times as often censored as the share,
            and the others a third as often.
        published: Where the entries are from; by default they are made up.
        seeds: From which seeds.
    """

    entries: int
    share: float
    loss: float = 0.01
    slip: float = 0.01
    lanes: int = 1
    method: str = "pooled"
    given: Rates | None = None
    is_mixed: bool = False
    published: Path | None = None
    seeds: range = range(1, 21)

    @property
    def has_goals(self) -> bool:
        """Whether messages have goals; errors always have."""
        return (
            (self.entries, self.loss, self.slip, self.method) == (1_000, 0.01, 0.01, "pooled")
            and self.share in (0.01, 0.05, 0.1)
            and self.lanes in MOST_OVER_BOUND
            and self.given is None
            and not self.is_mixed
            and len(self.seeds) >= FEWEST_SEEDS
        )

    def __str__(self) -> str:
        noise = (
            f"noise {100 * self.loss:g}%"
            if self.loss == self.slip
            else f"loss {100 * self.loss:g}%, slip {100 * self.slip:g}%"
        )
        of = f"{self.entries:,}" if self.published is None else "published"
        parts = [f"{100 * self.share:g}% of {of}", noise]
        if self.lanes > 1:
            parts.append(f"{self.lanes} lanes")
        if self.method != "pooled":
            parts.append(self.method)
        if self.given is not None:
            parts.append(f"told {100 * self.given.loss:g}%")
        if self.is_mixed:
            parts.append("own share 3x off")
        return f"{', '.join(parts)}; seeds {self.seeds[0]}–{self.seeds[-1]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one seed of a case came to.

    Attributes:
        entries: How many were decided upon.
        censored: How many of them are censored.
        asked: Messages that ask something of entries.
        sent: All messages.
        called: Entries called censored.
        called_wrongly: Those of them that are not.
        missed: Censored entries called clear.
        expected_wrong: How many verdicts are wrong by their own probabilities.
        changed: Entries that were first told undecided, or otherwise than in the end.
        undecided: Entries without a verdict.
        discovered: Combinations that were discovered.
        ms: Median milliseconds of a processor to take in what is new and choose a message, in the
            first and in the last quarter of the run, and of all of it.
    """

    entries: int
    censored: int
    asked: int
    sent: int
    called: int
    called_wrongly: int
    missed: int
    expected_wrong: float = 0.0
    changed: int = 0
    undecided: int = 0
    discovered: int = 0
    ms: tuple[float, float, float] | None = None


def bound(entries: int, censored: int, rates: Rates) -> float:
    """Fewest messages that could tell which so many entries of a list are censored."""
    return log2(comb(entries, censored)) / capacity(rates)


def measure(case: Case, seed: int) -> Result:
    """Run one seed of a case."""
    # The same for all methods and lanes, so that they are compared on the same lists.
    random = Random(f"policy/{case.entries}/{case.share}/{seed}")
    records, rules = _policy(case, random)
    texts = {each.id: compose(each.components, JOINER) for each in records}
    blocks = _filter(rules)
    censored = {entry_id for entry_id, text in texts.items() if blocks(text)}
    if case.method in CLASSICS:
        return _measure_classic(case, [each.id in censored for each in records], random)
    course = SimulatedRun(
        records,
        Channel(blocks=blocks, loss=case.loss, slip=case.slip),
        strategy=case.method,
        lanes=case.lanes,
        seed=seed,
        given=None if case.given is None else known(case.given.loss, case.given.slip),
    ).to_the_end()
    called = course.called(VerdictKind.CENSORED)
    clear = course.called(VerdictKind.CLEAR)
    ms = [1000 * seconds for seconds in course.choosing_s]
    quarter = max(1, len(ms) // 4)
    return Result(
        entries=len(records),
        censored=len(censored),
        asked=course.probes,
        sent=course.messages,
        called=len(called),
        called_wrongly=len(called - censored),
        missed=len(clear & censored),
        expected_wrong=sum(
            1 - course.verdicts[each].probability
            if each in called
            else course.verdicts[each].probability
            for each in called | clear
        ),
        changed=sum(
            verdict.kind is not course.told[entry_id]
            for entry_id, verdict in course.verdicts.items()
        ),
        undecided=len(records) - len(called) - len(clear),
        discovered=0 if course.weighed is None else len(course.weighed.discoveries),
        ms=(median(ms[:quarter]), median(ms[-quarter:]), median(ms)),
    )


def _measure_classic(case: Case, censored: Sequence[bool], random: Random) -> Result:
    """Run a classical method; controls and canaries are added as often as a run sends them."""
    ask = Questions(censored, Rates(case.loss, case.slip), random)
    order = random.sample(range(len(censored)), len(censored))
    ask.censored = [censored[place] for place in order]
    found = CLASSICS[case.method](ask, sum(censored))
    right = {place for place, is_censored in enumerate(ask.censored) if is_censored}
    return Result(
        entries=len(censored),
        censored=sum(censored),
        asked=ask.messages,
        sent=round(ask.messages * (1 + 1 / 5 + 1 / 24)),
        called=len(found),
        called_wrongly=len(found - right),
        missed=len(right - found),
    )


def _policy(case: Case, random: Random) -> tuple[list[EntryRecord], list[tuple[str, ...]]]:
    """The entries of a case, and the combinations that the filter blocks."""
    if case.published is not None:
        records = [_record(each) for each in _published(case.published)]
        count = round(len(records) * case.share)
        return records, [each.components for each in random.sample(records, count)]
    records = [
        EntryRecord(
            id=f"e{number}",
            components=(f"word{number:05d}",),
            language="zh-Hans",
            category="REL",
            wordlist="made-up",
            source="simulated",
        )
        for number in range(case.entries)
    ]
    count = max(1, round(case.entries * case.share))
    if not case.is_mixed:
        return records, [each.components for each in random.sample(records, count)]
    shuffled = random.sample(records, len(records))
    often, seldom = shuffled[: len(records) // 4], shuffled[len(records) // 4 :]
    drawn = random.sample(often, round(count * 0.75))
    drawn += random.sample(seldom, count - len(drawn))
    return records, [each.components for each in drawn]


def _published(folder: Path) -> list[Entry]:
    """The entries of all lists of a folder, each once."""
    entries = {
        entry.components: entry
        for path in sorted(folder.glob("*.csv"))
        for entry in read_published(path, wordlist=path.stem.replace("_", "-"))[0]
    }
    return list(entries.values())


def _record(entry: Entry) -> EntryRecord:
    return EntryRecord(
        id=entry.id,
        components=entry.components,
        language=entry.language,
        category=entry.category,
        wordlist="published",
        source="published",
    )


def _filter(rules: Sequence[tuple[str, ...]]) -> Callable[[str], bool]:
    """A filter that blocks a text that holds all components of one of its rules."""
    if all(len(rule) == 1 for rule in rules) and not any(JOINER in rule[0] for rule in rules):
        words = {rule[0] for rule in rules}
        return lambda text: not words.isdisjoint(text.split(JOINER))
    return lambda text: any(all(part in text for part in rule) for rule in rules)


def figures(case: Case, results: Sequence[Result]) -> Iterator[Figure]:
    """What a case came to: means over its seeds, and errors summed up over them."""
    name = str(case)
    rates = Rates(case.loss, case.slip)
    fewest = sum(bound(each.entries, each.censored, rates) for each in results)
    entries = sum(each.entries for each in results)
    asked = sum(each.asked for each in results)
    sent = sum(each.sent for each in results)
    called = sum(each.called for each in results)
    wrongly = sum(each.called_wrongly for each in results)
    wrong = wrongly + sum(each.missed for each in results)
    yield told(name, "an entry", sent / entries)
    if case.has_goals:
        yield at_most(name, "/ bound", asked / fewest, MOST_OVER_BOUND[case.lanes])
        yield at_most(name, "all / bound", sent / fewest, MOST_EVERYTHING)
    else:
        yield told(name, "/ bound", asked / fewest)
        yield told(name, "all / bound", sent / fewest)
    share = wrongly / max(called, 1)
    if case.method == METHODS[0]:
        yield at_most(name, "wrong %", 100 * wrong / entries, 100 * MOST_WRONG)
        yield at_most(name, "of censored %", 100 * share, 100 * MOST_WRONG_CENSORED)
    else:
        yield told(name, "wrong %", 100 * wrong / entries)
        yield told(name, "of censored %", 100 * share)
    if case.method in STRATEGIES:
        expected = sum(each.expected_wrong for each in results)
        yield told(name, "expected", 100 * expected / entries)
        yield told(name, "changed", sum(each.changed for each in results))
        yield told(name, "undecided", sum(each.undecided for each in results))
    if case.published is not None:
        yield told(name, "discovered", sum(each.discovered for each in results))
    if case.method == METHODS[0]:
        early, late, whole = (
            mean(each.ms[at] for each in results if each.ms is not None) for at in range(3)
        )
        yield at_most(name, "ms", whole, MOST_MS)
        if case.entries >= max(SIZES):
            yield told(name, "ms first ¼", early)
            yield told(name, "ms last ¼", late)


def cases_of(arguments: argparse.Namespace) -> Iterator[Case]:
    """The cases; all methods of one kind of case side by side."""
    selection = arguments.n, arguments.prevalence, arguments.noise, arguments.lanes
    selects = any(each is not None for each in (*selection, arguments.method, arguments.seeds))
    if selects:
        yield from _selected(arguments)
    elif arguments.quick:
        yield from _quick()
    elif arguments.all:
        yield from _grid()
    else:
        yield from _with_goals()
        yield from _misled()
        yield Case(entries=10_000, share=0.01, seeds=range(1, 3))
        yield Case(entries=10_000, share=0.05, seeds=range(1, 2))
    if arguments.published is not None and not selects:
        few = arguments.quick
        for share in (0.05,) if few else (0.01, 0.05, 0.1):
            seeds = range(1, 3 if few else 6)
            yield Case(entries=0, share=share, published=arguments.published, seeds=seeds)


def _selected(arguments: argparse.Namespace) -> Iterator[Case]:
    """What the command line asks for."""
    sizes = arguments.n or ([0] if arguments.published else [1_000])
    for size, percent, noise, lanes, method in product(
        sizes,
        arguments.prevalence or [1.0],
        arguments.noise or [1.0],
        arguments.lanes or [1],
        arguments.method or [METHODS[0]],
    ):
        if method in CLASSICS and lanes > 1:
            continue  # they ask one thing after the other
        yield Case(
            entries=size,
            share=percent / 100,
            loss=noise / 100,
            slip=noise / 100,
            lanes=lanes,
            method=method,
            published=arguments.published,
            seeds=range(arguments.first_seed, arguments.first_seed + (arguments.seeds or 20)),
        )


def _quick() -> Iterator[Case]:
    seeds = range(1, 4)
    for lanes in LANES:
        yield Case(entries=1_000, share=0.01, lanes=lanes, seeds=seeds)
    for method in METHODS:
        yield Case(entries=200, share=0.05, method=method, seeds=seeds)
    yield Case(entries=200, share=0.05, loss=0.03, slip=0.03, given=Rates(0.01, 0.01), seeds=seeds)
    yield Case(entries=10_000, share=0.001, seeds=range(1, 2))


def _with_goals() -> Iterator[Case]:
    """The cases of the issue's goals, and the other methods beside them."""
    for share in (0.01, 0.05, 0.1):
        for lanes in LANES:
            yield Case(entries=1_000, share=share, lanes=lanes)
        yield Case(entries=1_000, share=share, given=Rates(0.01, 0.01), seeds=range(1, 6))
        for method in METHODS[1:]:
            seeds = range(1, 21) if method in CLASSICS else range(1, 3)
            yield Case(entries=1_000, share=share, method=method, seeds=seeds)


def _misled() -> Iterator[Case]:
    """Runs that are told wrong rates, and entries that are censored oftener than others."""
    for share, seeds in ((0.01, range(1, 21)), (0.05, range(1, 11))):
        case = Case(entries=1_000, share=share, seeds=seeds)
        yield replace(case, loss=0.03, given=Rates(0.01, 0.01))
        yield replace(case, slip=0.03, given=Rates(0.01, 0.01))
        yield replace(case, loss=0.03, slip=0.03, given=Rates(0.01, 0.01))
        yield replace(case, given=Rates(0.03, 0.03))
        yield replace(case, is_mixed=True)


def _grid() -> Iterator[Case]:
    """All sizes, shares, rates and numbers of lanes, from few seeds."""
    for size, share, noise in product(SIZES, SHARES, NOISES):
        seeds = range(1, 2) if size == max(SIZES) else range(1, 6)
        case = Case(entries=size, share=share, loss=noise, slip=noise, seeds=seeds)
        for lanes in LANES:
            yield replace(case, lanes=lanes)
        for method in METHODS[1:]:
            yield replace(case, method=method, seeds=range(1, 2))


def measure_all(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Measure all cases, one after the other, or several seeds at once."""
    if arguments.jobs == 1:
        for case in cases_of(arguments):
            yield from figures(case, [measure(case, seed) for seed in case.seeds])
        return
    cases = list(cases_of(arguments))
    with ProcessPoolExecutor(max_workers=arguments.jobs) as workers:
        running = [[workers.submit(measure, case, seed) for seed in case.seeds] for case in cases]
        for case, seeds in zip(cases, running, strict=True):
            yield from figures(case, [each.result() for each in seeds])


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to measure, if not the cases with goals."""
    parser.add_argument("--n", type=_count, nargs="+", help="how many entries")
    parser.add_argument("--prevalence", type=_percent, nargs="+", help="percent censored")
    parser.add_argument("--noise", type=_percent, nargs="+", help="percent of loss, and of slip")
    parser.add_argument("--lanes", type=_count, nargs="+", help="how many lanes at once")
    parser.add_argument("--method", choices=METHODS, nargs="+", help="pooled if left out")
    parser.add_argument("--seeds", type=_count, help="how many seeds; 20 if left out")
    parser.add_argument("--first-seed", type=_count, default=1, metavar="SEED")
    parser.add_argument("--all", action="store_true", help="the whole grid of cases, some hours")
    parser.add_argument(
        "--published", type=_folder, metavar="FOLDER", help="CSV files of published combinations"
    )
    parser.add_argument(
        "--jobs", type=_count, default=1, help="processes; 1, so that times compare"
    )


def _count(text: str) -> int:
    """A number of things, at least one."""
    if not text.replace(",", "").isdecimal() or not int(text.replace(",", "")):
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, not {text!r}")
    return int(text.replace(",", ""))


def _percent(text: str) -> float:
    """A share in percent, below 50."""
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent < MOST_PERCENT:
        raise argparse.ArgumentTypeError(f"percent, from 0 to below 50, not {text!r}")
    return percent


def _folder(text: str) -> Path:
    """A folder that holds CSV files."""
    folder = Path(text)
    if not any(folder.glob("*.csv")):
        raise argparse.ArgumentTypeError(f"a folder with CSV files, not {text!r}")
    return folder


if __name__ == "__main__":
    sys.exit(run("Messages an entry takes, and the bound", measure_all, add_arguments))
