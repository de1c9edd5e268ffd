"""A whole run through the real Appium client, without pytest around it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, process_time

from drivers.testbed import load_testbed
from probes.live_run import LiveRun, Report
from probes.options import Measured
from probes.selection import Selection
from results.bracketing import BracketLimits
from results.journal import Journal
from results.record import Attempt, MessageKind, Outcome, Score, VoidReason
from results.rules import score
from wordlists.entry import Entry
from wordlists.wordlist import Wordlist


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a stretch of a run took.

    Attributes:
        seconds: Time that passed.
        cpu_s: Time that processors worked for this process, seconds, all threads together.
    """

    seconds: float
    cpu_s: float

    @classmethod
    def now(cls) -> "Usage":
        """A mark to count from."""
        return cls(seconds=monotonic(), cpu_s=process_time())

    def since(self, mark: "Usage") -> "Usage":
        """What the time since a mark took."""
        return Usage(seconds=self.seconds - mark.seconds, cpu_s=self.cpu_s - mark.cpu_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """A finished run with all it rests on.

    Attributes:
        report: What it came to.
        attempts: All attempts.
        scores: What the rules make of them.
        opening: What starting the testbed and opening its lanes took.
        sending: What followed took, up to the last verdict.
        seconds: How long everything took.
    """

    report: Report
    attempts: list[Attempt]
    scores: dict[str, Score]
    opening: Usage
    sending: Usage
    seconds: float

    @property
    def controls_not_counted(self) -> int:
        """Controls that were sent and are neither counted nor void for a reason that is told."""
        counted = self.report.noise.controls_delivered + self.report.noise.controls_lost
        sent = [each for each in self.attempts if each.kind is MessageKind.CONTROL]
        void = sum(self.scores[each.id].void is not None for each in sent)
        return len(sent) - counted - void

    @property
    def voids(self) -> int:
        """Void attempts."""
        return sum(each.void is not None for each in self.scores.values())

    @property
    def voids_not_explained(self) -> int:
        """Void attempts whose reason cannot be seen in what was recorded.

        A lost control must stand beside them; any other reason must have left a notice or a fault
        in words.
        """
        return sum(
            not self._is_explained(each)
            for each in self.attempts
            if self.scores[each.id].void is not None
        )

    def _is_explained(self, attempt: Attempt) -> bool:
        if self.scores[attempt.id].void is not VoidReason.CONTROL_LOST:
            return bool(attempt.notice or attempt.fault_detail)
        controls = [
            each
            for each in self.attempts
            if each.kind is MessageKind.CONTROL and each.lane == attempt.lane
        ]
        before = [each for each in controls if each.lane_seq < attempt.lane_seq]
        after = [each for each in controls if each.lane_seq > attempt.lane_seq]
        nearest = (*before[-2:], *after[:2])
        return any(self.scores[each.id].outcome is Outcome.MISSING for each in nearest)


def measure(
    testbed_path: Path,
    wordlists: tuple[Wordlist, ...],
    entries: tuple[Entry, ...],
    *,
    chat: str,
    seed: int,
    strategy: str = "solo",
    folder: Path,
    on_wait: Callable[[], object] = lambda: None,
) -> Measurement:
    """Run a campaign over entries and give all it rests on.

    Args:
        testbed_path: The testbed.
        wordlists: The lists the entries are from.
        entries: What to measure.
        chat: ``direct`` or ``group``.
        seed: Seed of everything random.
        strategy: What to send.
        folder: Where the journal and the run's folder are written.
        on_wait: Called again and again while messages are sent.
    """
    began = Usage.now()
    testbed = load_testbed(str(testbed_path))
    measured = Measured.from_settings(
        {"testbed": str(testbed_path), "chat": chat, "strategy": strategy, "seed": str(seed)}
    )
    live = LiveRun.begin(
        measured,
        Selection(wordlists=wordlists, entries=entries),
        testbed,
        results_dir=folder,
        budget=None,
    )
    opened = decided = Usage.now()
    interrupted: str | None = "the benchmark failed"
    try:
        for entry in entries:
            live.campaign.verdict(entry.id, on_wait)
        decided = Usage.now()
        interrupted = None
    finally:
        report = live.finish(interrupted, on_wait)
    with Journal.open(folder / "journal.sqlite", read_only=True) as journal:
        attempts = journal.attempts(report.run_id)
        limits = BracketLimits.from_settings(journal.run(report.run_id).settings)
    return Measurement(
        report=report,
        attempts=attempts,
        scores=score(attempts, limits),
        opening=opened.since(began),
        sending=decided.since(opened),
        seconds=Usage.now().since(began).seconds,
    )
