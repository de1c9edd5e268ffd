"""Runs as files for other tools: messages.csv, verdicts.csv, run.json, and aggregates.

UTF-8, comma, RFC 4180 quoting. Text is guarded against spreadsheets (`results.cells`) and comes
back identical through `read_messages` and `read_verdicts`. Nothing here names a person, unless that
is asked for (`results.redaction`): accounts are labels, and texts that nobody here sent stay in the
journal.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from results.aggregates import Period
from results.columns import (
    AGGREGATE_COLUMNS,
    COMBINATION_COLUMNS,
    MESSAGE_COLUMNS,
    UNREDACTED_COLUMNS,
    VERDICT_COLUMNS,
    Column,
)
from results.csv_files import read_csv, whole, write_csv, write_values
from results.errors import JournalError
from results.export_pass import ExportPass
from results.journal import Journal
from results.observer_files import write_observed
from results.record import Attempt, Outcome, Run, Score, Verdict, VoidReason
from results.redaction import Redaction
from results.rows import Value, attempt_of, verdict_of
from results.scope import Scope

MESSAGES: Final = "messages.csv"
VERDICTS: Final = "verdicts.csv"
AGGREGATES: Final = "aggregates.csv"
COMBINATIONS: Final = "combinations.csv"
RUN: Final = "run.json"
RUNS: Final = "runs.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageRow:
    """One row of messages.csv.

    Attributes:
        attempt: The attempt, with every observation.
        score: What the rules made of it.
        rules_version: Version of these rules.
    """

    attempt: Attempt
    score: Score
    rules_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictRow:
    """One row of verdicts.csv.

    Attributes:
        verdict: The verdict.
        how: In which ways its blocked attempts did not arrive.
        keyword: The entry as it is written in a wordlist.
        language: BCP 47 tag.
        category: Category code.
        wordlist: Name of the list.
        source: Where the entry comes from.
        run_id: The run that says so.
    """

    verdict: Verdict
    how: str
    keyword: str
    language: str
    category: str
    wordlist: str
    source: str
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """A file that is written when all attempts have gone by."""

    name: str
    columns: tuple[Column, ...]
    rows: Callable[[ExportPass], Iterable[Mapping[str, Value]]]


_VERDICTS: Final = _Table(name=VERDICTS, columns=VERDICT_COLUMNS, rows=ExportPass.verdicts)
_AGGREGATES: Final = _Table(name=AGGREGATES, columns=AGGREGATE_COLUMNS, rows=ExportPass.aggregates)
_COMBINATIONS: Final = _Table(
    name=COMBINATIONS, columns=COMBINATION_COLUMNS, rows=ExportPass.combinations
)


def write_run(
    journal: Journal, run_id: str, folder: Path, *, redaction: Redaction | None = None
) -> list[Path]:
    """Write the files of one run; see `write_runs`.

    Args:
        journal: Where the run is.
        run_id: Its id, the beginning of its id, or ``latest``.
        folder: Where to write; made if need be.
        redaction: What is withheld; all that identifies if left out.

    Returns:
        The paths of messages.csv, verdicts.csv and run.json, and of combinations.csv if the run
        sent several entries in one message.

    Raises:
        JournalError: There is no such run, or the folder cannot be written to.
    """
    return write_runs(journal, [journal.run(run_id)], folder, redaction=redaction)


def write_runs(
    journal: Journal,
    runs: Sequence[Run],
    folder: Path,
    *,
    scope: Scope | None = None,
    redaction: Redaction | None = None,
    excel: bool = False,
    period: Period | None = None,
) -> list[Path]:
    """Write runs as CSV, each file whole or not at all.

    Outcomes are computed here, by the rules of this version. Verdicts are those a run saved; a run
    that was killed before it saved any gets them computed, with the limits it was started with.

    Args:
        journal: Where the runs are.
        runs: The runs, in the order in which they are to be written.
        folder: Where to write; made if need be.
        scope: Which of their attempts are wanted; all if left out.
        redaction: What is withheld; all that identifies if left out.
        excel: Whether files begin with a byte order mark.
        period: How long a period of aggregates.csv is; ``None`` writes none.

    Returns:
        The paths of messages.csv, verdicts.csv and run.json (runs.json, with a list, if there are
        several), of aggregates.csv if asked for, of combinations.csv if messages carried several
        entries, and of receivers.csv and receiver_verdicts.csv if there were observers.

    Raises:
        JournalError: The folder cannot be written to, or a setting of a run cannot be read.
    """
    passing = ExportPass(journal, runs, scope or Scope(), redaction or Redaction(), period)
    with writing_to(folder):
        files = [
            write_messages(passing, folder, excel=excel),
            _write(_VERDICTS, passing, folder, excel=excel),
            folder / (RUN if len(runs) == 1 else RUNS),
        ]
        summaries = passing.summaries()
        write_json(files[-1], summaries[0] if len(runs) == 1 else summaries)
        if period is not None:
            files.append(_write(_AGGREGATES, passing, folder, excel=excel))
        if passing.has_pools:
            files.append(_write(_COMBINATIONS, passing, folder, excel=excel))
        files += write_observed(journal, runs, folder, passing.redaction, scope, excel=excel)
    return files


def write_tables(passing: ExportPass, folder: Path) -> None:
    """Write all tables of runs, those without a row too."""
    write_messages(passing, folder)
    for table in (_VERDICTS, _AGGREGATES, _COMBINATIONS):
        _write(table, passing, folder)


def write_messages(passing: ExportPass, folder: Path, *, excel: bool = False) -> Path:
    """Write messages.csv; the attempts go by while that is done, so it comes first."""
    path = folder / MESSAGES
    with whole(path, excel=excel) as file:
        write_values(
            file, message_columns(passing.redaction), map(passing.message, passing.attempts())
        )
    return path


def message_columns(redaction: Redaction) -> tuple[Column, ...]:
    """The columns of messages.csv, for what is withheld and what is not."""
    return MESSAGE_COLUMNS if redaction.is_on else (*MESSAGE_COLUMNS, *UNREDACTED_COLUMNS)


def write_json(path: Path, value: object) -> None:
    """Write a JSON file for people and programs, whole or not at all."""
    with whole(path) as file:
        json.dump(value, file, ensure_ascii=False, indent=2)
        file.write("\n")


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Make a folder if need be, and say in one sentence if it cannot be written to.

    Raises:
        JournalError: It cannot be.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise JournalError(
            f"cannot write to {error.filename or folder} ({error.strerror}); make room or give "
            f"another folder"
        ) from error


def read_messages(path: Path) -> Iterator[MessageRow]:
    """Read a messages.csv back, row by row.

    Raises:
        JournalError: It is not a messages.csv as written here.
    """
    for row in read_csv(path, MESSAGE_COLUMNS, extra=UNREDACTED_COLUMNS):
        void = row.optional_text("void")
        yield MessageRow(
            attempt=attempt_of(row),
            score=Score(
                attempt_id=row.text("id"),
                outcome=Outcome(row.text("outcome")),
                void=None if void is None else VoidReason(void),
                rule_id=row.text("rule_id"),
            ),
            rules_version=row.text("rules_version"),
        )


def read_verdicts(path: Path) -> Iterator[VerdictRow]:
    """Read a verdicts.csv back, row by row.

    Raises:
        JournalError: It is not a verdicts.csv as written here.
    """
    for row in read_csv(path, VERDICT_COLUMNS):
        yield VerdictRow(
            verdict=verdict_of(row),
            how=row.text("how"),
            keyword=row.text("keyword"),
            language=row.text("language"),
            category=row.text("category"),
            wordlist=row.text("wordlist"),
            source=row.text("source"),
            run_id=row.text("run_id"),
        )


def _write(table: _Table, passing: ExportPass, folder: Path, *, excel: bool = False) -> Path:
    path = folder / table.name
    with whole(path, excel=excel) as file:
        write_csv(file, table.columns, table.rows(passing))
    return path
