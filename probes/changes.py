"""What a run that is under way finds changed since earlier ones."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from probes.campaign import Campaign
from probes.confirmation import Confirming, confirm
from probes.errors import CampaignError
from results.baselines import Reference, reference
from results.compare import Comparison, compare, record_of
from results.errors import JournalError
from results.journal import Journal
from results.judged_run import judge_run
from results.record import EntryRecord, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What changed.

    Attributes:
        comparison: The run and its baseline, entry by entry; ``None`` if there is no earlier run of
            the same, or if they could not be compared.
        sentences: By entry id, what changed and since when.
        problem: Why they could not be compared.
    """

    comparison: Comparison | None = None
    sentences: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None


class ChangeFinder:
    """Compares a run with earlier ones, and has measured again what seems to have changed."""

    def __init__(
        self, journal: Journal, run: Run, asked: str, campaign: Campaign, confirming: Confirming
    ) -> None:
        """Compare nothing yet.

        Args:
            journal: Where earlier runs are.
            run: The run.
            asked: The baseline, as for `results.baselines.baseline`.
            campaign: What measures.
            confirming: The campaign's strategy.
        """
        self._journal = journal
        self._run = run
        self._asked = asked
        self._campaign = campaign
        self._confirming = confirming
        self._reference: Reference | None = None

    def confirm(
        self, entries: Sequence[EntryRecord], on_wait: Callable[[], object] = lambda: None
    ) -> None:
        """Measure again what seems to have changed, within the budgets of the run.

        Args:
            entries: The entries of the run.
            on_wait: As for `probes.campaign.Campaign.verdict`.
        """

        def look(known: Reference) -> Comparison:
            self._save(entries)
            return self._compare(known)

        def measure_again(entry_ids: Sequence[str]) -> bool:
            self._confirming.ask({each: self._campaign.tally(each).counted for each in entry_ids})
            try:
                for each in entry_ids:
                    self._campaign.verdict(each, on_wait)
            except CampaignError:  # no lane is left: what is known stays as it is
                return False
            return self._campaign.stopped is None

        with suppress(JournalError):  # `conclude` meets it as well, and tells it
            self._save(entries)
            known = self._known()
            if known is not None:
                confirm(partial(look, known), measure_again)

    def conclude(self, channels: Sequence[str] = ()) -> Changes:
        """Compare the verdicts that the run has saved, and record what changed.

        Args:
            channels: Names of those who have to be told.
        """
        try:
            known = self._known()
            if known is None:
                return Changes()
            comparison = self._compare(known)
            record = record_of(self._journal, comparison)
            self._journal.save_comparison(record, channels)
        except JournalError as error:
            return Changes(problem=str(error))
        return Changes(
            comparison=comparison,
            sentences={each.entry_id: each.sentence for each in record.changes},
        )

    def _known(self) -> Reference | None:
        if self._reference is None:
            self._reference = reference(self._journal, self._run, self._asked)
        return self._reference

    def _compare(self, known: Reference) -> Comparison:
        return compare(
            known.runs[0],
            judge_run(self._journal, self._run.id),
            earlier=known.runs[1:],
            settled=known.settled,
        )

    def _save(self, entries: Sequence[EntryRecord]) -> None:
        self._journal.save_verdicts(self._run.id, self._campaign.verdicts(entries))
