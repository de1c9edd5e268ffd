"""What observers saw as files: receivers.csv and receiver_verdicts.csv."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from results.columns import RECEIVER_COLUMNS, RECEIVER_VERDICT_COLUMNS
from results.csv_files import whole, write_csv
from results.journal import Journal
from results.judged_run import bracket_limits_of, limits_of
from results.observers import Seen, observed, observer_verdicts
from results.record import EntryRecord, Run, Score, Verdict
from results.redaction import Redaction
from results.rows import Value, attempt_row, verdict_row
from results.rules import RULES_VERSION, score
from results.scope import Scope
from results.verdict_rules import how

RECEIVERS: Final = "receivers.csv"
RECEIVER_VERDICTS: Final = "receiver_verdicts.csv"


def observed_in(journal: Journal, run: Run) -> list[Seen]:
    """What observers saw in a run, scored by the rules of this version."""
    sightings = journal.sightings(run.id)
    if not sightings:
        return []
    limits = bracket_limits_of(run)
    attempts = journal.attempts(run.id)
    return list(observed(attempts, score(attempts, limits), sightings, limits))


def write_observed(
    journal: Journal,
    runs: Sequence[Run],
    folder: Path,
    redaction: Redaction,
    scope: Scope | None = None,
    *,
    excel: bool = False,
) -> list[Path]:
    """Write what observers saw, each file whole or not at all.

    Args:
        journal: Where the runs are.
        runs: The runs.
        folder: Where to write.
        redaction: What is withheld.
        scope: Which conditions are wanted; all if left out.
        excel: Whether files begin with a byte order mark.

    Returns:
        The paths of both files; none where there were no observers.
    """
    seen = [(run, of_run) for run in runs if (of_run := observed_in(journal, run))]
    if not seen:
        return []
    wanted = scope or Scope()
    receivers, judged = folder / RECEIVERS, folder / RECEIVER_VERDICTS
    with whole(receivers, excel=excel) as file:
        rows = (
            _receiver_row(each, redaction)
            for _, of_run in seen
            for each in of_run
            if wanted.holds(each.attempt.condition)
        )
        write_csv(file, RECEIVER_COLUMNS, rows)
    with whole(judged, excel=excel) as file:
        write_csv(file, RECEIVER_VERDICT_COLUMNS, _verdict_rows(journal, seen, wanted))
    return [receivers, judged]


def _receiver_row(each: Seen, redaction: Redaction) -> dict[str, Value]:
    made = each.score
    return {
        **attempt_row(each.attempt),
        "attempt_id": each.attempt.id,
        "lane": redaction.label(each.attempt.lane),
        "observer": redaction.label(each.sighting.observer),
        "receiver": redaction.label(each.attempt.receiver),
        "arrived_text": redaction.observed(each.attempt.arrived_text, each.attempt.text),
        "outcome": made.outcome.value,
        "void": None if made.void is None else made.void.value,
        "rule_id": made.rule_id,
        "rules_version": RULES_VERSION,
        "comparison": each.comparison.rule_id,
    }


def _verdict_rows(
    journal: Journal, seen: Sequence[tuple[Run, Sequence[Seen]]], scope: Scope
) -> Iterator[dict[str, Value]]:
    for run, of_run in seen:
        entries = journal.entries(run.id)
        by_id = {entry.id: entry for entry in entries}
        scores: defaultdict[str, dict[str, Score]] = defaultdict(dict)
        for each in of_run:
            scores[each.sighting.observer][each.attempt.id] = each.score
        for observer, verdict in observer_verdicts(entries, of_run, limits_of(run)):
            if scope.holds(verdict.condition):
                yield {
                    "observer": observer,
                    "run_id": run.id,
                    **_entry_row(by_id[verdict.entry_id]),
                    **verdict_row(verdict),
                    "how": how(verdict, scores[observer]),
                }


def _entry_row(entry: EntryRecord) -> dict[str, Value]:
    return {
        "keyword": entry.keyword,
        "language": entry.language,
        "category": entry.category,
        "wordlist": entry.wordlist,
        "source": entry.source,
    }


def verdicts_for_observers(
    journal: Journal, run: Run, entries: Sequence[EntryRecord]
) -> list[tuple[str, Verdict]]:
    """What a run says of its entries for each observer; nothing where there were none."""
    return observer_verdicts(entries, observed_in(journal, run), limits_of(run))
