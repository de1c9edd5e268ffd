"""Whole sessions of `pytest probes`, with a list, a testbed and a policy of one's own.

Most run in this process, which is fast; those that are to be interrupted or killed get their own.

After a session in this process, and once more after the test, pytester forgets every module that
was imported for the first time in it. What is imported late (as httpx does with httpcore) would
then be there twice, and errors of the second copy not be known to who holds the first. So such
modules are kept (`Imports`).
"""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from time import monotonic
from types import ModuleType
from typing import Final

import pytest

from results.errors import JournalError
from results.export import MessageRow, VerdictRow, read_messages, read_verdicts
from results.journal import LATEST, Journal
from results.record import Attempt, MessageKind, Verdict, VerdictKind

ROOT: Final = Path(__file__).parents[2]

KEYWORDS: Final = {
    "达赖喇嘛": "zh-Hans,REL",
    "时轮金刚 + 印度": "zh-Hans,REL",
    "喇嘛": "zh-Hans,REL",
    "天气": "zh-Hans,ENV",
    "Dalai Lama": "en,REL",
    "Middle Way": "en,POLR",
    "བོད": "bo,POLR",
    "བོད་ལྗོངས": "bo,POLR",
}
"""The entries of the list most sessions run, with language and category."""

ONE_LANE: Final = (
    (
        """[[lane]]
name = "lane-2"
sender = "phone-3"
receiver = "phone-4"
chats = [
    { kind = "direct", sender_title = "Dan", receiver_title = "Chen" },
    { kind = "group", title = "Reading circle" },
]
""",
        "",
    ),
)
"""Changes to the shipped testbed that leave it one lane, on which nothing depends on threads."""

IMPATIENT: Final = (("settle_s = 2.0", "settle_s = 0.2"),)
"""Changes to the shipped testbed for networks that lose messages: waits little for them."""

_DEADLINE_S: Final = 30.0
_POLL_S: Final = 0.01


def write_wordlist(path: Path, keywords: Mapping[str, str] = KEYWORDS) -> Path:
    """Write a list of keywords, each with its language and category."""
    rows = (f"{each},{codes},2024-05-01,made for a test," for each, codes in keywords.items())
    header = "keyword,language,category,date_added,source,notes"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait until a condition holds.

    Raises:
        AssertionError: It does not, for longer than anything here should take.
    """
    deadline = monotonic() + _DEADLINE_S
    while not holds():
        assert monotonic() < deadline, f"waited {_DEADLINE_S} s in vain until {what}"
        Event().wait(_POLL_S)


def processes_of(run_folder: Path) -> list[int]:
    """Processes of embedded handsets that work for a run."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (place / "cmdline").read_bytes().decode(errors="replace")
            if "drivers.embedded" in command and str(run_folder) in command:
                found.append(int(place.name))
    return found


class Imports:
    """A plugin that remembers what had been imported when sessions ended."""

    def __init__(self) -> None:
        self._modules: dict[str, ModuleType] = {}

    def pytest_unconfigure(self) -> None:
        """Remember the modules; pytester forgets the new ones right after this."""
        self._modules |= sys.modules

    def keep(self) -> None:
        """Bring back those that were forgotten, but for the probes, which each session imports."""
        for name, module in self._modules.items():
            if not name.startswith("probes.test_"):
                sys.modules.setdefault(name, module)


class Sessions:
    """Runs `pytest probes` and reads what it leaves behind."""

    def __init__(
        self, pytester: pytest.Pytester, folder: Path, imports: Imports | None = None
    ) -> None:
        """Run nothing yet.

        Args:
            pytester: Runs pytest.
            folder: Where the list and the results go.
            imports: Keeps what sessions in this process import; its own if left out.
        """
        self._pytester = pytester
        self._imports = imports or Imports()
        self.wordlist = write_wordlist(folder / "words.csv")
        self.results = folder / "runs"

    def run(
        self, *args: object, where: str = "probes", plugins: Sequence[object] = ()
    ) -> pytest.RunResult:
        """Run a session in this process."""
        arguments = self._arguments(ROOT, where, args)
        result = self._pytester.runpytest_inprocess(*arguments, plugins=[*plugins, self._imports])
        self._imports.keep()
        return result

    def measure(
        self, testbed: Path, *args: object, plugins: Sequence[object] = ()
    ) -> pytest.RunResult:
        """Run a session over the list on a testbed, in this process."""
        return self.run(*self._measured(testbed), *args, plugins=plugins)

    def resume(self, *args: object) -> pytest.RunResult:
        """Go on with the latest run, in this process."""
        return self.run("--resume", *args)

    def start(self, testbed: Path, *args: object, root: Path = ROOT) -> "subprocess.Popen[bytes]":
        """Start a session over the list on a testbed, in a process of its own."""
        arguments = self._arguments(root, "probes", (*self._measured(testbed), *args))
        return self._pytester.popen(
            [sys.executable, "-m", "pytest", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def start_until(self, testbed: Path, attempts: int, *args: object) -> "subprocess.Popen[bytes]":
        """Start a session and wait until its journal holds a number of attempts."""
        process = self.start(testbed, *args)
        wait_until(
            lambda: len(self.attempts()) >= attempts or process.poll() is not None,
            f"{attempts} attempts are made",
        )
        return process

    def kill(self, process: "subprocess.Popen[bytes]") -> None:
        """End a session as a power cut would, and wait until its handsets are gone too."""
        process.send_signal(signal.SIGKILL)
        process.communicate()
        wait_until(lambda: not processes_of(self.results), "the handsets are gone")

    @property
    def run_folders(self) -> list[Path]:
        """The folders of runs."""
        return [path for path in self.results.glob("*") if path.is_dir()]

    @property
    def folder(self) -> Path:
        """The folder of the only run."""
        (folder,) = self.run_folders
        return folder

    def attempts(self) -> list[Attempt]:
        """What the journal holds of the latest run; nothing where there is none yet."""
        try:
            with Journal.open(self.results / "journal.sqlite", read_only=True) as journal:
                return journal.attempts(journal.run(LATEST).id)
        except JournalError:
            return []

    def messages(self) -> list[MessageRow]:
        """The messages.csv of the only run."""
        return list(read_messages(self.folder / "messages.csv"))

    def texts(self) -> list[str]:
        """The texts of the only run's messages, in the order of sending."""
        return [row.attempt.text for row in self.messages()]

    def probed(self) -> set[str]:
        """The keywords that were sent in the only run."""
        keywords = {row.verdict.entry_id: row.keyword for row in self.verdict_rows()}
        return {
            keywords[entry]
            for row in self.messages()
            if row.attempt.kind is MessageKind.PROBE
            for entry in row.attempt.entries
        }

    def verdicts(self) -> dict[str, VerdictKind]:
        """The verdicts.csv of the only run, by keyword."""
        return {row.keyword: row.verdict.kind for row in self.verdict_rows()}

    def verdict(self, keyword: str) -> Verdict:
        """The verdict of a keyword in the only run."""
        return next(row.verdict for row in self.verdict_rows() if row.keyword == keyword)

    def tapped(self) -> Counter[tuple[str, str]]:
        """How often each text was really sent, by handset, as the handsets remember it."""
        lines = (self.folder / "handsets.jsonl").read_text(encoding="utf-8").splitlines()
        events = [json.loads(line) for line in lines]
        return Counter(
            (event["handset"], event["item"]["text"])
            for event in events
            if event["what"] == "add" and event["item"]["is_own"]
        )

    def verdict_rows(self) -> Sequence[VerdictRow]:
        """The rows of verdicts.csv of the only run."""
        return list(read_verdicts(self.folder / "verdicts.csv"))

    def _measured(self, testbed: Path) -> tuple[object, ...]:
        return ("--wordlist", self.wordlist, "--testbed", testbed, "--seed", 1)

    def _arguments(self, root: Path, where: str, args: Sequence[object]) -> list[str]:
        project = ["--rootdir", root, "-c", root / "pyproject.toml", root / where]
        own = ["-p", "no:cacheprovider", "--results-dir", self.results]
        return [str(each) for each in (*project, *own, *args)]
