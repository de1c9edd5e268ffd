"""How fast lists are checked, how much memory an import takes, and what hostile files cost.

- 100,000 rows are checked, with duplicates and warnings, in under 3 s;
- the memory of an import does not grow with the file: 100 MB take no more than 10 MB do, nearly;
- no file of the hostile corpus takes more than 5 s to check and to import.

Each import runs in a process of its own, whose largest memory the system tells.

Run: python -m tests.benchmarks.linting [--quick] [--json]
"""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from tests.benchmarks.table import Figure, at_most, exactly, run, told
from tests.wordlists.importers.hostile import corpus
from wordlists.advice import find_spoilt_controls, find_unmatched, find_unsorted
from wordlists.lint import COLUMNS
from wordlists.wordlist import examine, load_controls

_ROWS: Final = 100_000
_CHECK_GOAL_S: Final = 3.0
_HOSTILE_GOAL_S: Final = 5.0
_GROWTH_GOAL_MB: Final = 30
_SMALL_MB: Final = 10
_LARGE_MB: Final = 100
_SYLLABLES: Final = "达赖喇嘛西藏自治时轮金刚菩提伽耶流亡政府中间道路纪念烛光晚会学生运动"
_MEGABYTE: Final = 1_000_000
# Prints the largest memory of the process in kilobytes, the seconds, and the rows that were taken.
# VmHWM and not getrusage: what that tells starts with the memory of the process that forked.
_IMPORT: Final = """
import sys, time
from pathlib import Path
from wordlists.importers.importing import Wishes, read_foreign
from wordlists.writer import write_list
began = time.perf_counter()
path, target = map(Path, sys.argv[1:])
with read_foreign(
    path, name=path.name, wordlist="x", destination=target, wishes=Wishes(language="zh")
) as read:
    write_list(read.entries(), target)
    taken = read.report.taken + read.report.merged
seconds = time.perf_counter() - began
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(status["VmHWM"].split()[0], seconds, taken)
"""
_COMMAND: Final = (sys.executable, "-c", "from wordlists.cli import app; app()")


def measure(arguments: argparse.Namespace) -> Iterator[Figure]:
    """Measure everything; the quick way takes tenths of the files."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        yield from measure_checks(folder, rounds=1 if arguments.quick else 5)
        yield from measure_imports(folder, _SMALL_MB if arguments.quick else _LARGE_MB)
        yield from measure_hostile(folder)


def measure_checks(folder: Path, *, rounds: int) -> Iterator[Figure]:
    """Check 100,000 rows as the command does; the best of some rounds counts."""
    path = folder / "large.csv"
    write_large(path)
    controls = load_controls().entries
    seconds = []
    for _ in range(rounds):
        began = perf_counter()
        found = examine([path])
        entries = found.wordlists[0].entries
        warnings = [
            *find_unsorted(entries),
            *find_unmatched(entries, controls),
            *find_spoilt_controls(entries, controls),
        ]
        seconds.append(perf_counter() - began)
    case = f"check {_ROWS:,} rows"
    yield exactly(case, "rows in order", len(entries), _ROWS)
    yield told(case, "warnings", len(warnings))
    yield at_most(case, "seconds", round(min(seconds), 2), _CHECK_GOAL_S)


def measure_imports(folder: Path, large_mb: int) -> Iterator[Figure]:
    """Import a small and a large file; the largest memory of each."""
    memory = {}
    for megabytes in (large_mb // 10, large_mb):
        path = folder / f"published-{megabytes}.csv"
        rows = write_published(path, megabytes * _MEGABYTE)
        done = subprocess.run(
            [sys.executable, "-c", _IMPORT, str(path), str(folder / "imported.csv")],
            capture_output=True,
            text=True,
            check=True,
        )
        kilobytes, seconds, taken = done.stdout.split()
        (folder / "imported.csv").unlink()
        path.unlink()
        memory[megabytes] = int(kilobytes) / 1_000
        case = f"import {megabytes} MB"
        yield exactly(case, "rows in order", int(taken), rows)
        yield told(case, "seconds", round(float(seconds), 1))
        yield told(case, "memory, MB", round(memory[megabytes]))
    growth = memory[large_mb] - memory[large_mb // 10]
    yield at_most(f"import {large_mb} MB", "more than a tenth", round(growth), _GROWTH_GOAL_MB)


def measure_hostile(folder: Path) -> Iterator[Figure]:
    """Check and import each file of the corpus; starting Python is part of the time."""
    for name, data in corpus():
        path = folder / name
        path.write_bytes(data)
        for words in (["check"], ["import", "--language", "en", "--output", folder / "out.csv"]):
            began = perf_counter()
            done = subprocess.run(
                [*_COMMAND, *map(str, words), str(path)], capture_output=True, check=False
            )
            seconds = perf_counter() - began
            yield at_most(name, f"{words[0]}, s", round(seconds, 1), _HOSTILE_GOAL_S)
            yield exactly(name, f"{words[0]}, crashes", int(b"Traceback" in done.stderr), 0)
            (folder / "out.csv").unlink(missing_ok=True)
        path.unlink()


def write_large(path: Path) -> None:
    """Write a list of combinations, sorted, such as an import gives."""
    random = Random(1)
    keywords = sorted(f"{phrase(random)}{number} + {phrase(random)}" for number in range(_ROWS))
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number, keyword in enumerate(keywords):
            file.write(
                f'{keyword},zh-Hans,POLR,2026-01-31,"Report {number % 500}, https://example.org",'
                f"any: blocked; translation: number {number}\n"
            )


def write_published(path: Path, size: int) -> int:
    """Write a table in the form of a published one; give the number of its rows."""
    random = Random(2)
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        file.write("date_tested,keyword,translation\n")
        while file.tell() < size:
            for _ in range(1_000):
                keyword = f"{phrase(random)}{rows}+{phrase(random)}"
                file.write(f"{1 + rows % 12}/1/2017,{keyword},{'a translation ' * 12}{rows}\n")
                rows += 1
    return rows


def phrase(random: Random) -> str:
    """A few characters."""
    return "".join(random.choices(_SYLLABLES, k=4))


if __name__ == "__main__":
    sys.exit(run("Checking and importing wordlists", measure))
