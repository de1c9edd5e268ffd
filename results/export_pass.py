"""One pass over the attempts of runs: each goes by once, and what must be known of all is counted.

So a run of a million attempts is exported in the memory of a small one. Verdicts, aggregates and
the summary are asked for when all attempts have gone by.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from results.aggregates import Aggregates, Period
from results.attempt_rows import AttemptRow, condition_from
from results.journal import Journal
from results.judged_run import bracket_limits_of, computed_verdicts, judge_run
from results.record import Condition, EntryRecord, MessageKind, Run, Score, VerdictKind
from results.redaction import Redaction
from results.rows import (
    Row,
    Value,
    condition_of,
    condition_row,
    joined_ids,
    verdict_of,
    verdict_row,
)
from results.rules import RULES_VERSION, score
from results.run_summary import RunCount, summary
from results.scope import Scope
from results.scored_stream import Scored, scored_attempts
from results.verdict_rules import how

_PROBE: Final = MessageKind.PROBE.value
_LANE, _SENDER, _RECEIVER, _OWN_TEXT, _ARRIVED_TEXT, _FAULT_DETAIL = map(
    AttemptRow._fields.index,
    ("lane", "sender", "receiver", "own_text", "arrived_text", "fault_detail"),
)


class ExportPass:
    """What is exported of runs.

    Attributes:
        runs: The runs, in order.
        redaction: What is withheld.
    """

    def __init__(
        self,
        journal: Journal,
        runs: Sequence[Run],
        scope: Scope,
        redaction: Redaction,
        period: Period | None = None,
    ) -> None:
        """Read what the runs say of their entries.

        Args:
            journal: Where the runs are.
            runs: The runs.
            scope: Which of their attempts are wanted.
            redaction: What is withheld.
            period: How long a period of the aggregates is; ``None``: there are none.
        """
        self.runs = runs
        self.redaction = redaction
        self._journal = journal
        self._scope = scope
        self._entries: dict[str, Mapping[str, EntryRecord]] = {}
        self._computed: dict[str, list[Row]] = {}
        for run in runs:
            if not any(journal.verdict_rows(run.id, page=1)):
                self._computed[run.id] = self._compute(run)
            self._entries[run.id] = {entry.id: entry for entry in journal.entries(run.id)}
        self._counts = {run.id: RunCount() for run in runs}
        self._verdicts = {run.id: Counter[str]() for run in runs}
        self._blocked: dict[str, Score] = {}
        self._with_pools: set[str] = set()
        self._aggregates = None if period is None else Aggregates(period)
        self._conditions: dict[tuple[object, ...], tuple[Condition, bool]] = {}

    def _compute(self, run: Run) -> list[Row]:
        """Judge the entries of a run that was killed before it saved any verdict."""
        attempts = self._journal.attempts(run.id)
        scores = score(attempts, bracket_limits_of(run))
        said = computed_verdicts(run, self._journal.entries(run.id), attempts, scores)
        return [Row({"run_id": run.id, **verdict_row(verdict)}) for verdict in said]

    def _said(self, run: Run) -> Iterator[Row]:
        rows = self._computed.get(run.id)
        for row in self._journal.verdict_rows(run.id) if rows is None else rows:
            if self._scope.holds_all or self._scope.holds(condition_of(row)):
                yield row

    def attempts(self) -> Iterator[Scored]:
        """Let the attempts go by, run by run, in the order of sending."""
        for run in self.runs:
            entries, count = self._entries[run.id], self._counts[run.id]
            censored = self._censored(run) if self._aggregates is not None else frozenset()
            for each in scored_attempts(self._journal, run.id, bracket_limits_of(run)):
                condition, is_wanted = self._condition(each.row)
                if not is_wanted:
                    continue
                count.add(each, condition)
                if each.row.kind == _PROBE:
                    if not each.is_exact and each.score.outcome.is_blocked:
                        self._blocked[each.row.id] = each.score
                    if " " in each.row.entries:
                        self._with_pools.add(run.id)
                    if self._aggregates is not None:
                        self._aggregates.add(each.attempt, each.score, entries, censored)
                yield each

    def _censored(self, run: Run) -> frozenset[tuple[str, Condition]]:
        return frozenset(
            (row.text("entry_id"), condition_of(row))
            for row in self._said(run)
            if row.text("verdict") == VerdictKind.CENSORED
        )

    def _condition(self, row: AttemptRow) -> tuple[Condition, bool]:
        """The condition of an attempt, and whether it is wanted."""
        key = row.app, row.app_version, row.chat, row.sender_region, row.receiver_region
        found = self._conditions.get(key)
        if found is None:
            condition = condition_from(row)
            found = self._conditions[key] = condition, self._scope.holds(condition)
        return found

    def message(self, each: Scored) -> list[Value]:
        """Give the values of a row of messages.csv."""
        redaction, row, made = self.redaction, each.row, each.score
        values: list[Value] = [
            *row[:_FAULT_DETAIL],
            each.outcome,
            each.void,
            made.rule_id,
            RULES_VERSION,
        ]
        if redaction.is_on:
            values[_LANE] = redaction.label(row.lane)
            values[_SENDER] = redaction.label(row.sender)
            values[_RECEIVER] = redaction.label(row.receiver)
            if row.own_text != row.text:
                values[_OWN_TEXT] = redaction.observed(row.own_text, row.text)
            if row.arrived_text != row.text:
                values[_ARRIVED_TEXT] = redaction.observed(row.arrived_text, row.text)
        else:
            values.append(row.fault_detail)
        return values

    def verdicts(self) -> Iterator[dict[str, Value]]:
        """Give the rows of verdicts.csv."""
        for run in self.runs:
            entries = self._entries[run.id]
            count = self._verdicts[run.id] = Counter()
            for row in self._said(run):
                count[row.text("verdict")] += 1
                entry = entries[row.text("entry_id")]
                is_blocked = row.values["blocked"] != 0
                yield {
                    **row.values,
                    "how": how(verdict_of(row), self._blocked) if is_blocked else "",
                    "keyword": entry.keyword,
                    "language": entry.language,
                    "category": entry.category,
                    "wordlist": entry.wordlist,
                    "source": entry.source,
                }

    @property
    def has_pools(self) -> bool:
        """Whether a message that went by carried several entries."""
        return bool(self._with_pools)

    def aggregates(self) -> Iterator[Mapping[str, Value]]:
        """Give the rows of aggregates.csv."""
        return iter(()) if self._aggregates is None else self._aggregates.rows()

    def combinations(self) -> Iterator[dict[str, Value]]:
        """Give the rows of combinations.csv."""
        for run in self.runs:
            if run.id in self._with_pools:
                entries = self._entries[run.id]
                for finding in judge_run(self._journal, run.id).findings():
                    if self._scope.holds(finding.condition):
                        found = finding.discovery
                        yield {
                            "run_id": run.id,
                            **condition_row(finding.condition),
                            "entries": joined_ids(found.entries),
                            "keywords": " | ".join(entries[each].keyword for each in found.entries),
                            "blocked": len(found.attempts),
                            "attempts": joined_ids(found.attempts),
                        }

    def summaries(self) -> list[dict[str, object]]:
        """Give run.json of each run, when its attempts and its verdicts have gone by."""
        return [
            summary(
                run,
                self._counts[run.id],
                self._verdicts[run.id],
                self.redaction,
            )
            for run in self.runs
        ]
