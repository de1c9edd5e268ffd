"""A run from its first line to its last: testbed, journal, campaign, exports.

Puts together what the other modules do, and takes it apart again whatever happens in between.
"""

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Final

from drivers.alert_channels import AlertChannel
from drivers.errors import DriverError
from drivers.open_testbed import Claim, OpenTestbed
from drivers.testbed import Testbed
from probes.alerts import Told, deliver, require_variables
from probes.campaign import Campaign
from probes.changes import ChangeFinder, Changes
from probes.combinations_file import NAME as COMBINATIONS
from probes.combinations_file import write_combinations
from probes.confirmation import Confirming
from probes.errors import CampaignError
from probes.isolation_campaign import IsolationCampaign
from probes.isolation_result import IsolationResult
from probes.lane_opening import open_lanes, watching
from probes.lane_worker import LaneWorker
from probes.ledger import Ledger
from probes.message import compose, room_of
from probes.observer import Observer, end_all
from probes.options import Measured
from probes.pacing import Pacer
from probes.plan import one_by_one
from probes.run_files import write_files
from probes.run_setup import (
    bracket_limits_of,
    condition_of,
    only,
    refuse_unsafe,
    require_that_fit,
    setup_of,
)
from probes.selection import Selection, to_record
from results.errors import JournalError
from results.inference import Limits, Noise
from results.journal import LATEST, Journal
from results.observer_files import verdicts_for_observers
from results.pool_evidence import PooledRun
from results.record import (
    ChatKind,
    Condition,
    EntryRecord,
    Run,
    Verdict,
    VerdictKind,
)

JOURNAL_NAME: Final = "journal.sqlite"
_OBSERVERS_S: Final = 10.0  # for their last looks
_PLANNED: Final = "planned_messages"
INTERRUPTED: Final = "interrupted from the keyboard."


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a run came to.

    Attributes:
        run_id: The run.
        condition: What it measured under.
        entries: The entries it was asked for, by id.
        verdicts: What it says of them, in the same order.
        noise: What controls and canaries showed.
        blind_lanes: Lanes of which no canary was blocked, though some were sent.
        scripts_without_controls: Scripts of entries that no control is written in.
        how: By entry id, in which ways its attempts were blocked.
        messages: Messages by kind.
        stopped: Why it ended early; ``None`` if it did not.
        lanes_lost: Why lanes were given up.
        observers_lost: Why observers were; the lanes they watched went on.
        filtered_for: By observer, the ids of the entries that are censored for it.
        files: What was written.
        problem: What could not be written, and why; ``None`` if all was.
        changed: Entries whose verdict is not what was first said of them.
        right: For each decided entry, whether the verdict agrees with the truth; ``None`` where
            nobody knows it.
        planned: Fewest and most messages that were planned; ``None`` if none was.
        one_by_one: About how many it would be with one entry a message, three times.
        wasted: Messages with entries that were void, or ended unknown.
        pools: What the messages with several entries amount to; ``None`` if there were none.
        changes: What changed since earlier runs; ``None`` if that was not asked.
        told: Who was told of changes; ``None`` if nobody is to be.
        isolated: By sample, what its isolation came to.
    """

    run_id: str
    condition: Condition
    entries: Mapping[str, EntryRecord]
    verdicts: Sequence[Verdict]
    noise: Noise
    blind_lanes: Sequence[str]
    scripts_without_controls: Sequence[str]
    how: Mapping[str, str]
    messages: Mapping[str, int]
    stopped: str | None
    lanes_lost: Sequence[str]
    observers_lost: Sequence[str] = ()
    filtered_for: Mapping[str, Sequence[str]] = field(default_factory=dict)
    files: Sequence[Path]
    problem: str | None
    changed: Sequence[str]
    right: Mapping[str, bool] | None
    planned: tuple[int, int] | None = None
    one_by_one: int = 0
    wasted: int = 0
    pools: PooledRun | None = None
    changes: Changes | None = None
    told: Told | None = None
    isolated: Mapping[str, IsolationResult] = field(default_factory=dict)


class LiveRun:
    """A run that is under way.

    Attributes:
        run: The run.
        warnings: What is to be said before it begins, of versions of apps.
        campaign: What sends.
        lanes_lost: Why lanes could not be opened.
    """

    def __init__(
        self,
        run: Run,
        folder: Path,
        journal: Journal,
        open_testbed: OpenTestbed,
        campaign: Campaign,
        *,
        closing: ExitStack,
        lanes_lost: Sequence[str],
        warnings: Sequence[str],
        observers: Sequence[Observer],
        is_over: threading.Event,
        changes: ChangeFinder | None,
        channels: Sequence[AlertChannel],
    ) -> None:
        """Use `LiveRun.begin` or `LiveRun.resume`."""
        self.run = run
        self.warnings = warnings
        self.campaign = campaign
        self.lanes_lost = lanes_lost
        self._folder = folder
        self._journal = journal
        self._open_testbed = open_testbed
        self._closing = closing
        self._observers = observers
        self._is_over = is_over
        self._changes = changes
        self._channels = channels

    @classmethod
    def begin(
        cls,
        measured: Measured,
        selection: Selection,
        testbed: Testbed,
        *,
        results_dir: Path,
        budget: int | None,
        baseline: str | None = None,
        planned: tuple[int, int] | None = None,
    ) -> "LiveRun":
        """Start a new run.

        Args:
            measured: What is measured.
            selection: The entries.
            testbed: Where.
            results_dir: Where the journal and the runs are.
            budget: Most messages; ``None`` for no limit.
            baseline: The run to compare with, or ``latest``; ``None``: it is not compared.
            planned: Fewest and most messages that it is likely to take, for its summary.

        Raises:
            UndeliveredError: Of any kind in `probes.errors`; nothing was sent.
        """
        now = datetime.now(UTC)
        limits = Limits()
        run = Run(
            id=f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}",
            started_at=now,
            finished_at=None,
            stopped=None,
            testbed=testbed.name,
            strategy=measured.strategy,
            seed=measured.seed,
            settings={
                **measured.to_settings(),
                **limits.to_settings(),
                **bracket_limits_of(testbed).to_settings(),
                "removal_window_s": repr(testbed.timing.removal_window_s),
                **({} if testbed.consent is None else {"consent": str(testbed.consent)}),
                **({} if planned is None else {_PLANNED: f"{planned[0]} {planned[1]}"}),
                "undelivered_version": version("undelivered"),
                "appium_client_version": version("Appium-Python-Client"),
                **{f"wordlist_sha256:{each.name}": each.sha256 for each in selection.wordlists},
            },
        )
        return cls._start(
            run,
            selection,
            testbed,
            results_dir=results_dir,
            budget=budget,
            baseline=baseline,
            is_new=True,
        )

    @classmethod
    def resume(
        cls,
        run: Run,
        selection: Selection,
        testbed: Testbed,
        *,
        results_dir: Path,
        budget: int | None,
        baseline: str | None = None,
    ) -> "LiveRun":
        """Go on with a run: what its journal holds is known, the rest is measured.

        Raises:
            UndeliveredError: Of any kind in `probes.errors`; nothing was sent.
        """
        for each in selection.wordlists:
            before = run.settings.get(f"wordlist_sha256:{each.name}")
            if before is not None and before != each.sha256:
                raise CampaignError(
                    f"{each.path}: the list was changed since run {run.id} began. Start a new run, "
                    "or put the list back as it was."
                )
        return cls._start(
            run,
            selection,
            testbed,
            results_dir=results_dir,
            budget=budget,
            baseline=baseline,
            is_new=False,
        )

    @classmethod
    def _start(
        cls,
        run: Run,
        selection: Selection,
        testbed: Testbed,
        *,
        results_dir: Path,
        budget: int | None,
        baseline: str | None,
        is_new: bool,
    ) -> "LiveRun":
        chat = ChatKind(run.settings["chat"])
        refuse_unsafe(testbed, chat)
        require_variables(testbed.alerts)
        folder = results_dir / run.id
        is_over = threading.Event()
        with ExitStack() as closing:
            journal = closing.enter_context(Journal.open(results_dir / JOURNAL_NAME))
            if baseline is not None and baseline != LATEST:
                journal.run(baseline)  # before anything is sent for nothing
            folder.mkdir(exist_ok=True)
            closing.callback(_remove_if_empty, folder)
            open_testbed = closing.enter_context(
                OpenTestbed.start(
                    testbed, chat=str(chat), seed=run.seed, folder=folder, wait=is_over.wait
                )
            )
            earlier = [] if is_new else journal.attempts(run.id)
            opened = open_lanes(open_testbed, journal, run.id, earlier)
            lanes = opened.lanes
            conditions = {lane.name: condition_of(lane, chat) for lane in lanes}
            entries = [to_record(entry) for entry in selection.entries]
            isolates = bool(run.settings.get("samples"))
            if not isolates:  # samples that are too long are cut into stretches
                require_that_fit(entries, lanes[0])
            if is_new:
                journal.start_run(run)
            else:
                journal.reopen_run(run.id)
            journal.add_entries(run.id, entries)
            for cursor in opened.cursors:
                journal.observe((), (), cursor)
            observers = {
                name: [watching(each, run.id, name, journal, testbed.timing) for each in receivers]
                for name, receivers in opened.observers.items()
            }
            ledger = Ledger(bracket_limits_of(testbed))
            for attempt in earlier:
                ledger.put(attempt)
            setup = setup_of(
                run,
                entries,
                testbed,
                condition=only(conditions.values()),
                room=room_of([lane.config for lane in lanes]),
                budget=budget,
            )
            confirming = Confirming(setup.strategy)
            make_campaign = IsolationCampaign if isolates else Campaign
            campaign = make_campaign(replace(setup, strategy=confirming), journal, ledger)
            changes = (
                None
                if baseline is None
                else ChangeFinder(journal, run, baseline, campaign, confirming)
            )
            workers = [
                LaneWorker(
                    lane,
                    conditions[lane.name],
                    campaign,
                    pacer=Pacer(
                        testbed.pacing,
                        Random(f"{run.seed}/{lane.name}/{len(earlier)}"),  # noqa: S311
                    ),
                    wait=is_over.wait,
                    earlier=ledger.lane(lane.name),
                    observers=observers[lane.name],
                )
                for lane in lanes
            ]
            if not is_new:
                for worker in workers:
                    worker.pick_up(journal.arrivals(run.id, worker.name))
            everyone = [each for group in observers.values() for each in group]
            for observer in everyone:
                observer.start()
            campaign.start(workers)
            return cls(
                run,
                folder,
                journal,
                open_testbed,
                campaign,
                closing=closing.pop_all(),
                lanes_lost=opened.lost,
                warnings=opened.warnings,
                observers=everyone,
                is_over=is_over,
                changes=changes,
                channels=testbed.alerts,
            )

    def finish(
        self, interrupted: str | None, on_wait: Callable[[], object] = lambda: None
    ) -> Report:
        """End the run: let lanes finish what they have in hand, write everything, close everything.

        Args:
            interrupted: Why the session ends before all was asked for; if ``None``, verdicts that
                no longer hold, or that differ from earlier runs', are measured again first.
            on_wait: Called again and again while that is done.
        """
        with self._closing:
            if interrupted is None:
                try:
                    self.campaign.settle(on_wait)
                    if self._changes is not None:
                        self._changes.confirm(self._journal.entries(self.run.id), on_wait)
                except KeyboardInterrupt:
                    interrupted = INTERRUPTED
            stopped = interrupted or self.campaign.stopped
            self._is_over.set()  # ends pauses, so that lanes can be closed at once
            self.campaign.close()
            end_all(self._observers, _OBSERVERS_S)
            # All that the run was ever asked for: a resumed one may be asked for less.
            entries = self._journal.entries(self.run.id)
            verdicts = self.campaign.verdicts(entries)
            self._journal.save_verdicts(self.run.id, verdicts)
            self._journal.finish_run(self.run.id, datetime.now(UTC), stopped)
            names = [channel.name for channel in self._channels]
            changes = None if self._changes is None else self._changes.conclude(names)
            files, problem = write_files(self._journal, self.run.id, self._folder)
            if isinstance(self.campaign, IsolationCampaign):
                path = self._folder / COMBINATIONS
                write_combinations(path, self.campaign.isolated, self.campaign.setup.condition)
                files = [*files, path]
            told = deliver(self._journal, self._channels) if self._channels else None
            isolated = (
                self.campaign.isolated if isinstance(self.campaign, IsolationCampaign) else {}
            )
            return Report(
                run_id=self.run.id,
                condition=self.campaign.setup.condition,
                entries={entry.id: entry for entry in entries},
                verdicts=verdicts,
                noise=self.campaign.noise,
                blind_lanes=self.campaign.blind_lanes,
                scripts_without_controls=sorted(
                    self.campaign.setup.controls.lacks(entry.keyword for entry in entries)
                ),
                how=self.campaign.how(verdicts),
                messages=self.campaign.sent(),
                stopped=stopped,
                lanes_lost=[*self.lanes_lost, *self.campaign.lanes_lost],
                observers_lost=[each.down for each in self._observers if each.down is not None],
                filtered_for=self._filtered_for(entries),
                files=files,
                problem=problem,
                changed=[
                    verdict.entry_id
                    for verdict in verdicts
                    if self.campaign.told.get(verdict.entry_id, verdict.kind) is not verdict.kind
                ],
                right=self._compare(entries, verdicts),
                planned=_planned(self.run),
                one_by_one=one_by_one(
                    len(entries),
                    self.campaign.lanes,
                    has_canaries=bool(self.campaign.setup.canaries),
                ),
                wasted=self.campaign.wasted(),
                pools=self.campaign.weighed(entries),
                changes=changes,
                told=told,
                isolated=isolated,
            )

    def _filtered_for(self, entries: Sequence[EntryRecord]) -> Mapping[str, Sequence[str]]:
        """What is censored for observers; nothing if that cannot be told."""
        found: dict[str, list[str]] = {each.name: [] for each in self._observers}
        with suppress(JournalError):
            said = verdicts_for_observers(self._journal, self.run, entries)
            for observer, verdict in said:
                if verdict.kind is VerdictKind.CENSORED:
                    found.setdefault(observer, []).append(verdict.entry_id)
        return found

    def _compare(
        self, entries: Sequence[EntryRecord], verdicts: Sequence[Verdict]
    ) -> Mapping[str, bool] | None:
        """Compare decided verdicts with the truth; ``None`` where it is not known, or not told."""
        condition = self.campaign.setup.condition
        joiner = self._open_testbed.lanes[0].joiner
        components = {entry.id: entry.components for entry in entries}
        claims = {
            verdict.entry_id: Claim(
                text=compose(components[verdict.entry_id], joiner),
                sender_region=condition.sender_region,
                receiver_region=condition.receiver_region,
                is_censored=verdict.kind is VerdictKind.CENSORED,
            )
            for verdict in verdicts
            if verdict.kind is not VerdictKind.INCONCLUSIVE
        }
        try:
            return self._open_testbed.compare_with_truth(claims)
        except DriverError:
            return None  # the embedded network has died; what was measured is not lost for that


def _planned(run: Run) -> tuple[int, int] | None:
    """What was planned when the run began; it may have been begun by an older version."""
    figures = run.settings.get(_PLANNED, "").split()
    return (int(figures[0]), int(figures[1])) if figures else None


def _remove_if_empty(folder: Path) -> None:
    """Leave no trace of a run that could not begin; logs, if there are any, are kept."""
    if not any(folder.iterdir()):
        folder.rmdir()
