"""A run as files for other tools: messages.csv, verdicts.csv, run.json.

UTF-8 without a byte order mark, comma, RFC 4180 quoting. Text is guarded against spreadsheets
(`results.cells`) and comes back identical through `read_messages` and `read_verdicts`. Nothing here
names a person: accounts are labels, and texts that nobody here sent stay in the journal.
"""

import csv
import json
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, TypeVar

from results import cells
from results.bracketing import BracketLimits
from results.columns import MESSAGE_COLUMNS, VERDICT_COLUMNS, Column
from results.errors import JournalError
from results.inference import Limits, Noise, Rate, noise
from results.journal import Journal
from results.record import Attempt, EntryRecord, Outcome, Run, Score, Verdict, VoidReason
from results.rows import (
    Row,
    Value,
    attempt_of,
    attempt_row,
    optional_time_text,
    time_text,
    verdict_of,
    verdict_row,
)
from results.rules import RULES_VERSION, score
from results.verdict_rules import how, verdicts

MESSAGES: Final = "messages.csv"
VERDICTS: Final = "verdicts.csv"
RUN: Final = "run.json"

_Limits = TypeVar("_Limits", BracketLimits, Limits)


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
    """

    verdict: Verdict
    how: str
    keyword: str
    language: str
    category: str
    wordlist: str
    source: str


def write_run(journal: Journal, run_id: str, folder: Path) -> tuple[Path, Path, Path]:
    """Write the three files of a run, each whole or not at all.

    Outcomes are computed here, by the rules of this version. Verdicts are those the run saved; a
    run that was killed before it saved any gets them computed, with the limits it was started with.

    Args:
        journal: Where the run is.
        run_id: Its id, the beginning of its id, or ``latest``.
        folder: Where to write; made if need be.

    Returns:
        The paths of messages.csv, verdicts.csv and run.json.

    Raises:
        JournalError: There is no such run, or the folder cannot be written to.
    """
    run = journal.run(run_id)
    # In this order, a run that is still being written adds nothing that the later lists lack.
    saved = journal.verdicts(run.id)
    attempts = journal.attempts(run.id)
    entries = journal.entries(run.id)
    scores = score(attempts, _settings_of(run, BracketLimits.from_settings))
    said = saved or _verdicts(run, entries, attempts, scores)
    by_id = {entry.id: entry for entry in entries}
    messages, verdict_file, summary = folder / MESSAGES, folder / VERDICTS, folder / RUN
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _whole(messages) as file:
            _write_csv(file, MESSAGE_COLUMNS, (_message_row(a, scores[a.id]) for a in attempts))
        with _whole(verdict_file) as file:
            _write_csv(
                file, VERDICT_COLUMNS, (_verdict_row(v, by_id[v.entry_id], scores) for v in said)
            )
        with _whole(summary) as file:
            json.dump(_summary(run, attempts, scores, said), file, ensure_ascii=False, indent=2)
            file.write("\n")
    except OSError as error:
        raise JournalError(
            f"cannot write to {error.filename or folder} ({error.strerror}); make room or give "
            f"another folder"
        ) from error
    return messages, verdict_file, summary


def read_messages(path: Path) -> Iterator[MessageRow]:
    """Read a messages.csv back, row by row.

    Raises:
        JournalError: It is not a messages.csv as written here.
    """
    for row in _read_csv(path, MESSAGE_COLUMNS):
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
    for row in _read_csv(path, VERDICT_COLUMNS):
        yield VerdictRow(
            verdict=verdict_of(row),
            how=row.text("how"),
            keyword=row.text("keyword"),
            language=row.text("language"),
            category=row.text("category"),
            wordlist=row.text("wordlist"),
            source=row.text("source"),
        )


def _verdicts(
    run: Run,
    entries: list[EntryRecord],
    attempts: list[Attempt],
    scores: Mapping[str, Score],
) -> list[Verdict]:
    """Judge the entries of a run that saved no verdicts, under each condition it measured."""
    limits = _settings_of(run, Limits.from_settings)
    said: list[Verdict] = []
    for condition in dict.fromkeys(attempt.condition for attempt in attempts):
        under = [attempt for attempt in attempts if attempt.condition == condition]
        said += verdicts(entries, under, scores, condition, noise(under, scores), limits=limits)
    return said


def _settings_of(run: Run, read: Callable[[Mapping[str, str]], _Limits]) -> _Limits:
    try:
        return read(run.settings)
    except ValueError as error:
        raise JournalError(f"run {run.id!r} has a setting that cannot be read: {error}") from error


def _message_row(attempt: Attempt, made: Score) -> dict[str, Value]:
    return {
        **attempt_row(attempt),
        "outcome": made.outcome.value,
        "void": None if made.void is None else made.void.value,
        "rule_id": made.rule_id,
        "rules_version": RULES_VERSION,
    }


def _verdict_row(
    verdict: Verdict, entry: EntryRecord, scores: Mapping[str, Score]
) -> dict[str, Value]:
    return {
        **verdict_row(verdict),
        "how": how(verdict.attempts, scores),
        "keyword": entry.keyword,
        "language": entry.language,
        "category": entry.category,
        "wordlist": entry.wordlist,
        "source": entry.source,
    }


def _summary(
    run: Run, attempts: list[Attempt], scores: Mapping[str, Score], said: list[Verdict]
) -> dict[str, object]:
    seen = noise(attempts, scores)
    return {
        "id": run.id,
        "started_at": time_text(run.started_at),
        "finished_at": optional_time_text(run.finished_at),
        "stopped": run.stopped,
        "testbed": run.testbed,
        "strategy": run.strategy,
        "seed": run.seed,
        "settings": {name: _without_folders(value) for name, value in run.settings.items()},
        "rules_version": RULES_VERSION,
        "conditions": [
            {
                "app": condition.app,
                "app_version": condition.app_version,
                "chat": condition.chat.value,
                "sender_region": condition.sender_region,
                "receiver_region": condition.receiver_region,
            }
            for condition in dict.fromkeys(attempt.condition for attempt in attempts)
        ],
        "counts": {
            "messages": len(attempts),
            "kinds": dict(Counter(attempt.kind.value for attempt in attempts)),
            "outcomes": dict(Counter(made.outcome.value for made in scores.values())),
            "void": dict(Counter(made.void.value for made in scores.values() if made.void)),
            "verdicts": dict(Counter(verdict.kind.value for verdict in said)),
        },
        "noise": _noise(seen),
        "noise_by_lane": {
            lane: _noise(noise([each for each in attempts if each.lane == lane], scores))
            for lane in dict.fromkeys(attempt.lane for attempt in attempts)
        },
    }


def _without_folders(value: str) -> str:
    """A setting without the folders of its paths, which can hold a person's name."""
    return "\n".join(line.replace("\\", "/").rpartition("/")[2] for line in value.split("\n"))


def _noise(seen: Noise) -> dict[str, object]:
    return {
        "controls_delivered": seen.controls_delivered,
        "controls_lost": seen.controls_lost,
        "canaries_blocked": seen.canaries_blocked,
        "canaries_slipped": seen.canaries_slipped,
        "loss": _rate(seen.loss),
        "slip": _rate(None if seen.sensitivity is None else seen.slip),
        "specificity": _rate(seen.specificity),
        "sensitivity": _rate(seen.sensitivity),
    }


def _rate(rate: Rate | None) -> dict[str, float] | str:
    if rate is None:
        return "not measured"
    low, high = rate.interval()
    return {"mean": rate.mean, "low": low, "high": high}


@contextmanager
def _whole(path: Path) -> Iterator[IO[str]]:
    """Write a file beside its place and move it there when it is complete and on the disk."""
    with tempfile.NamedTemporaryFile(
        "w",
        encoding="utf-8",
        # Half an emoji can only reach run.json, inside a JSON string, where this is its form.
        errors="backslashreplace",
        newline="",
        prefix=f".{path.name}.",
        dir=path.parent,
        delete=False,
    ) as file:
        temporary = Path(file.name)
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            temporary.chmod(0o644)  # temporary files are closed to others; results are shared
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise


def _write_csv(
    file: IO[str], columns: Iterable[Column], rows: Iterable[Mapping[str, Value]]
) -> None:
    columns = tuple(columns)
    # CR LF also makes the writer quote a lone CR in a text, which it does not after a bare LF.
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(column.name for column in columns)
    for row in rows:
        writer.writerow(_cell(column, row[column.name]) for column in columns)


def _cell(column: Column, value: Value) -> str:
    if not column.cell.is_guarded:
        return "" if value is None else str(value)
    text = None if value is None else cells.encodable(str(value))
    return cells.guard_optional(text) if column.cell.is_optional else cells.guard(text or "")


def _read_csv(path: Path, columns: Iterable[Column]) -> Iterator[Row]:
    columns = tuple(columns)
    names = [column.name for column in columns]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.reader(file, strict=True)
            if next(reader, None) != names:
                raise JournalError(
                    f"{path}:1: the columns are not those of this version of undelivered; export "
                    f"the run again"
                )
            for cells_of_row in reader:
                if len(cells_of_row) != len(names):
                    raise JournalError(
                        f"{path}:{reader.line_num}: {len(cells_of_row)} cells instead of "
                        f"{len(names)}; export the run again"
                    )
                yield Row(
                    {
                        column.name: _value(column, cell)
                        for column, cell in zip(columns, cells_of_row, strict=True)
                    }
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise JournalError(f"cannot read {path}: {error}") from error


def _value(column: Column, cell: str) -> Value:
    if column.cell.is_optional and not cell:
        return None
    return cells.unguard(cell) if column.cell.is_guarded else cell
