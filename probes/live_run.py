"""A run from its first line to its last: testbed, journal, campaign, exports.

Puts together what the other modules do, and takes it apart again whatever happens in between.
"""

import secrets
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Final

from drivers.consent import consent_to_state, objections
from drivers.errors import DriverError
from drivers.incoming import Incoming, Past
from drivers.lane import Lane
from drivers.open_testbed import Claim, OpenTestbed
from drivers.testbed import Testbed
from probes.campaign import Campaign, Setup
from probes.controls import Controls, harmless
from probes.errors import CampaignError
from probes.lane_worker import LaneWorker
from probes.ledger import Ledger
from probes.message import Room, compose, room_of
from probes.options import Measured
from probes.pacing import Pacer
from probes.selection import Selection, to_record
from probes.strategy import STRATEGIES, Task
from results.bracketing import BracketLimits
from results.errors import JournalError
from results.export import write_run
from results.inference import Limits, Noise
from results.journal import Journal
from results.record import (
    Attempt,
    ChatKind,
    Condition,
    EntryRecord,
    Run,
    Verdict,
    VerdictKind,
)
from wordlists.wordlist import load_controls

JOURNAL_NAME: Final = "journal.sqlite"
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
        files: What was written.
        problem: Why it could not be written; ``None`` if it was.
        changed: Entries whose verdict is not what was first said of them.
        right: For each decided entry, whether the verdict agrees with the truth; ``None`` where
            nobody knows it.
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
    files: Sequence[Path]
    problem: str | None
    changed: Sequence[str]
    right: Mapping[str, bool] | None


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
        is_over: threading.Event,
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
        self._is_over = is_over

    @classmethod
    def begin(
        cls,
        measured: Measured,
        selection: Selection,
        testbed: Testbed,
        *,
        results_dir: Path,
        budget: int | None,
    ) -> "LiveRun":
        """Start a new run.

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
                **_bracket_limits(testbed).to_settings(),
                **({} if testbed.consent is None else {"consent": str(testbed.consent)}),
                "undelivered_version": version("undelivered"),
                "appium_client_version": version("Appium-Python-Client"),
                **{f"wordlist_sha256:{each.name}": each.sha256 for each in selection.wordlists},
            },
        )
        return cls._start(
            run, selection, testbed, results_dir=results_dir, budget=budget, is_new=True
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
            run, selection, testbed, results_dir=results_dir, budget=budget, is_new=False
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
        is_new: bool,
    ) -> "LiveRun":
        chat = ChatKind(run.settings["chat"])
        _refuse_unsafe(testbed, chat)
        folder = results_dir / run.id
        is_over = threading.Event()
        with ExitStack() as closing:
            journal = closing.enter_context(Journal.open(results_dir / JOURNAL_NAME))
            folder.mkdir(exist_ok=True)
            closing.callback(_remove_if_empty, folder)
            open_testbed = closing.enter_context(
                OpenTestbed.start(
                    testbed, chat=str(chat), seed=run.seed, folder=folder, wait=is_over.wait
                )
            )
            earlier = [] if is_new else journal.attempts(run.id)
            lanes, lost = _open_lanes(open_testbed.lanes, journal, run.id, earlier)
            conditions = {lane.name: _condition(lane, chat) for lane in lanes}
            entries = [to_record(entry) for entry in selection.entries]
            _require_that_fit(entries, lanes[0])
            if is_new:
                journal.start_run(run)
            else:
                journal.reopen_run(run.id)
            journal.add_entries(run.id, entries)
            ledger = Ledger(_bracket_limits(testbed))
            for attempt in earlier:
                ledger.put(attempt)
            setup = _setup(
                run,
                entries,
                testbed,
                condition=_only(conditions.values()),
                room=room_of([lane.config for lane in lanes]),
                budget=budget,
            )
            campaign = Campaign(setup, journal, ledger)
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
                )
                for lane in lanes
            ]
            if not is_new:
                for worker in workers:
                    worker.pick_up(journal.arrivals(run.id, worker.name))
            campaign.start(workers)
            return cls(
                run,
                folder,
                journal,
                open_testbed,
                campaign,
                closing=closing.pop_all(),
                lanes_lost=lost,
                warnings=[warning for lane in lanes for warning in lane.warnings],
                is_over=is_over,
            )

    def finish(
        self, interrupted: str | None, on_wait: Callable[[], object] = lambda: None
    ) -> Report:
        """End the run: let lanes finish what they have in hand, write everything, close everything.

        Args:
            interrupted: Why the session ends before all was asked for; if ``None``, verdicts that
                no longer hold are measured again first.
            on_wait: Called again and again while that is done.
        """
        with self._closing:
            if interrupted is None:
                try:
                    self.campaign.settle(on_wait)
                except KeyboardInterrupt:
                    interrupted = INTERRUPTED
            stopped = interrupted or self.campaign.stopped
            self._is_over.set()  # ends pauses, so that lanes can be closed at once
            self.campaign.close()
            # All that the run was ever asked for: a resumed one may be asked for less.
            entries = self._journal.entries(self.run.id)
            verdicts = self.campaign.verdicts(entries)
            self._journal.save_verdicts(self.run.id, verdicts)
            self._journal.finish_run(self.run.id, datetime.now(UTC), stopped)
            files, problem = self._export()
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
                files=files,
                problem=problem,
                changed=[
                    verdict.entry_id
                    for verdict in verdicts
                    if self.campaign.told.get(verdict.entry_id, verdict.kind) is not verdict.kind
                ],
                right=self._compare(entries, verdicts),
            )

    def _export(self) -> tuple[Sequence[Path], str | None]:
        """Write the files; what was measured is in the journal, whether or not that works."""
        try:
            return write_run(self._journal, self.run.id, self._folder), None
        except JournalError as error:
            return (), f"{error}. `undelivered export {self.run.id}` writes the files again."

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


def _remove_if_empty(folder: Path) -> None:
    """Leave no trace of a run that could not begin; logs, if there are any, are kept."""
    if not any(folder.iterdir()):
        folder.rmdir()


def _open_lanes(
    lanes: Sequence[Lane], journal: Journal, run_id: str, earlier: Sequence[Attempt]
) -> tuple[list[Lane], list[str]]:
    """Open all lanes at once; those that cannot be opened are left out, and why is told.

    Raises:
        CampaignError: None can be opened.
    """
    known = {attempt.lane for attempt in earlier}

    def open_lane(lane: Lane) -> str | None:
        past = _past(journal, run_id, lane, earlier) if lane.name in known else None
        try:
            lane.open(past)
        except DriverError as error:
            return f"{lane.name}: {error}"
        return None

    with ThreadPoolExecutor(max_workers=len(lanes)) as pool:
        problems = list(pool.map(open_lane, lanes))
    lost = [problem for problem in problems if problem is not None]
    if len(lost) == len(lanes):
        raise CampaignError("No lane can be opened; nothing was sent.\n" + "\n".join(lost))
    return [lane for lane, problem in zip(lanes, problems, strict=True) if problem is None], lost


def _refuse_unsafe(testbed: Testbed, chat: ChatKind) -> None:
    """Send nothing through an app that people use before all that protects them is stated.

    Raises:
        CampaignError: Something is not; all of it is named.
    """
    problems = objections(testbed.lanes_with(chat), testbed.consent, testbed.pacing)
    if problems:
        raise CampaignError(
            f"{testbed.path}: nothing was sent. "
            + "\n  ".join(problems)
            + f"\n\n{consent_to_state()}"
        )


def _past(journal: Journal, run_id: str, lane: Lane, earlier: Sequence[Attempt]) -> Past:
    """What a lane's receiver had seen when the run was interrupted."""
    gone = {each.id for each in earlier if each.gone_at is not None}
    arrivals = journal.arrivals(run_id, lane.name)
    return Past(
        arrived=[
            Incoming(
                place=each.place, text=each.text, seen_at=each.seen_at, message_id=each.message_id
            )
            for each in arrivals
        ],
        gone=frozenset(each.place for each in arrivals if each.attempt_id in gone),
        cursor=journal.cursor(run_id, lane.config.receiver.name),
    )


def _condition(lane: Lane, chat: ChatKind) -> Condition:
    return Condition(
        app=lane.config.sender.profile.name,
        app_version=lane.app_version(),
        chat=chat,
        sender_region=lane.config.sender.account.region,
        receiver_region=lane.config.receiver.account.region,
    )


def _require_that_fit(entries: Sequence[EntryRecord], lane: Lane) -> None:
    """Refuse entries that the app would cut: what arrives then is not what was to be tested.

    Raises:
        CampaignError: Some are too long; all are named.
    """
    longest = lane.longest_message
    too_long = [
        f"{entry.wordlist}: {entry.keyword[:40]}… ({length} characters)"
        for entry in entries
        if (length := len(compose(entry.components, lane.joiner))) > longest
    ]
    if too_long:
        raise CampaignError(
            f"{lane.config.sender.profile.title} sends no more than {longest} characters whole. "
            "Shorten these entries, or leave them out with -k:\n" + "\n".join(too_long)
        )


def _only(conditions: Iterable[Condition]) -> Condition:
    """The condition all lanes share.

    Raises:
        CampaignError: They do not.
    """
    distinct = sorted(set(conditions), key=str)
    if len(distinct) > 1:
        raise CampaignError(
            "A verdict holds under one condition, and the lanes measure under "
            f"{len(distinct)}: {'; '.join(map(str, distinct))}. Keep them in separate testbeds."
        )
    return distinct[0]


def _setup(
    run: Run,
    entries: Sequence[EntryRecord],
    testbed: Testbed,
    *,
    condition: Condition,
    room: Room,
    budget: int | None,
) -> Setup:
    limits = Limits.from_settings(run.settings)
    return Setup(
        run_id=run.id,
        condition=condition,
        entries=entries,
        strategy=STRATEGIES[run.strategy](Task(entries=entries, limits=limits, room=room)),
        limits=limits,
        controls=_controls(entries, room.joiner),
        canaries=[
            compose(canary.components, room.joiner)
            for canary in testbed.canaries
            if condition.chat in canary.chats
        ],
        pacing=testbed.pacing,
        budget=budget,
        seed=run.seed,
        bracket_messages=testbed.timing.bracket_messages,
    )


def _controls(entries: Sequence[EntryRecord], joiner: str) -> Controls:
    phrases = harmless(
        (compose(each.components, joiner) for each in load_controls().entries),
        (component for entry in entries for component in entry.components),
    )
    if not phrases:
        raise CampaignError(
            "Every control holds a component of an entry that is tested, so that nothing harmless "
            "is left to send. Leave out entries that are part of everyday phrases."
        )
    return Controls(phrases)


def _bracket_limits(testbed: Testbed) -> BracketLimits:
    return BracketLimits(
        bracket_messages=testbed.timing.bracket_messages,
        bracket_s=testbed.timing.bracket_s,
        settle_s=testbed.timing.settle_s,
    )
