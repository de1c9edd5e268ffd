"""The CSV export of large runs: time and memory.

The rival writes the same rows, straight from the database, with `csv.writer`: no rules, no guards
against formulas, no redaction. It is also told how long `csv.writer` alone takes, with the rows in
memory. Time is that of the processor, so that a busy machine does not decide.
"""

import csv
import sqlite3
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from results.export import write_run
from results.journal import Journal
from tests.benchmarks.large_journal import write_journal
from tests.benchmarks.table import Figure, at_most, run, told

_AT_ONCE = 20_000
_MOST_TIMES = 3.0
_MOST_GROWTH = 3.0
"""Times the memory of a run a tenth as long; entries and verdicts grow with it, messages do not."""


def export(journal_path: Path, folder: Path) -> None:
    """Export a run and print the processor's seconds and the peak of memory, in MiB."""
    began = process_time()
    with Journal.open(journal_path, read_only=True) as journal:
        write_run(journal, "latest", folder)
    seconds = process_time() - began
    # Unlike ru_maxrss, this is not inherited from the process that started this one.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    print(seconds, int(status.split("VmHWM:")[1].split()[0]) / 1024)


def _exported(journal_path: Path, folder: Path) -> tuple[float, float]:
    """Export in a process of its own, whose memory is then that of the export."""
    code = (
        "import sys; from pathlib import Path; from tests.benchmarks.exports import export; "
        "export(Path(sys.argv[1]), Path(sys.argv[2]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(journal_path), str(folder)],
        capture_output=True,
        check=True,
        text=True,
    )
    seconds, peak = map(float, done.stdout.split())
    return seconds, peak


def _dumped(journal_path: Path, folder: Path) -> float:
    """Write the rows of attempts and verdicts straight from the database."""
    connection = sqlite3.connect(f"{journal_path.as_uri()}?mode=ro", uri=True)
    began = process_time()
    for table in ("attempts", "verdicts"):
        with (folder / f"dumped-{table}.csv").open("w", encoding="utf-8", newline="") as target:
            csv.writer(target).writerows(connection.execute(f"SELECT * FROM {table}"))
    seconds = process_time() - began
    connection.close()
    return seconds


def _plain(folder: Path) -> float:
    """Write the rows of messages.csv and verdicts.csv again, from memory."""
    seconds = 0.0
    for name in ("messages.csv", "verdicts.csv"):
        with (
            (folder / name).open(encoding="utf-8", newline="") as source,
            (folder / f"plain-{name}").open("w", encoding="utf-8", newline="") as target,
        ):
            reader, writer = csv.reader(source), csv.writer(target)
            while rows := list(islice(reader, _AT_ONCE)):
                began = process_time()
                writer.writerows(rows)
                seconds += process_time() - began
    return seconds


def measure(arguments: Namespace) -> Iterator[Figure]:
    """Export a tenth of the run, and all of it."""
    attempts = 100_000 if arguments.quick else arguments.attempts
    peaks: list[float] = []
    for number in (attempts // 10, attempts):
        case = f"{number:,} attempts"
        with TemporaryDirectory() as name:
            folder = Path(name)
            write_journal(folder / "journal.sqlite", number)
            seconds, peak = _exported(folder / "journal.sqlite", folder)
            dumped = _dumped(folder / "journal.sqlite", folder)
            plain = _plain(folder)
        peaks.append(peak)
        yield told(case, "export, s", seconds)
        yield told(case, "dump, s", dumped)
        yield at_most(case, "times the dump", seconds / dumped, _MOST_TIMES)
        yield told(case, "csv.writer alone, s", plain)
        yield told(case, "peak memory, MiB", peak)
    yield at_most(case, "times the memory of a tenth", peaks[1] / peaks[0], _MOST_GROWTH)


def _add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--attempts", type=int, default=1_000_000, help="how long the run is")


if __name__ == "__main__":
    sys.exit(run("Exports of large runs", measure, _add_arguments))
