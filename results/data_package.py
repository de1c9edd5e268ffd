"""Runs as a Frictionless Data Package: CSV files, and what each of their columns means.

`datapackage.json` follows https://specs.frictionlessdata.io/data-package/. It names the licence,
the version of this program and of its rules, and the hash of every wordlist, so that a published
data set says by itself how it came about.
"""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from results.aggregates import Period
from results.columns import (
    AGGREGATE_COLUMNS,
    COMBINATION_COLUMNS,
    VERDICT_COLUMNS,
    Cell,
    Column,
)
from results.errors import JournalError
from results.export import (
    AGGREGATES,
    COMBINATIONS,
    MESSAGES,
    VERDICTS,
    message_columns,
    write_json,
    write_tables,
    writing_to,
)
from results.export_pass import ExportPass
from results.journal import Journal
from results.record import Run
from results.redaction import Redaction
from results.rows import time_text
from results.scope import Scope

DESCRIPTOR: Final = "datapackage.json"
LICENCES: Final[Mapping[str, tuple[str, str]]] = {
    "CC-BY-4.0": (
        "Creative Commons Attribution 4.0",
        "https://creativecommons.org/licenses/by/4.0/",
    ),
    "CC-BY-SA-4.0": (
        "Creative Commons Attribution-ShareAlike 4.0",
        "https://creativecommons.org/licenses/by-sa/4.0/",
    ),
    "CC-BY-NC-SA-4.0": (
        "Creative Commons Attribution-NonCommercial-ShareAlike 4.0",
        "https://creativecommons.org/licenses/by-nc-sa/4.0/",
    ),
    "CC0-1.0": ("CC0 1.0 Universal", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "ODC-BY-1.0": ("Open Data Commons Attribution 1.0", "https://opendatacommons.org/licenses/by/"),
}
DEFAULT_LICENCE: Final = "CC-BY-4.0"

_TYPES: Final = {
    Cell.INTEGER: "integer",
    Cell.NUMBER: "number",
    Cell.TIME: "datetime",
    Cell.OPTIONAL_TIME: "datetime",
}
_LIST_HASH: Final = "wordlist_sha256:"
_GUARD_NOTE: Final = (
    "A text that begins with a sign a spreadsheet would take for a formula has one apostrophe "
    "before it; strip exactly one leading apostrophe to get the text. An empty cell means that "
    "nothing was observed, never no or false."
)


def write_package(
    journal: Journal,
    runs: Sequence[Run],
    folder: Path,
    *,
    scope: Scope | None = None,
    redaction: Redaction | None = None,
    period: Period = Period.DAY,
    licence: str = DEFAULT_LICENCE,
) -> list[Path]:
    """Write a data package: four CSV files, and the descriptor last.

    Args:
        journal: Where the runs are.
        runs: The runs.
        folder: Where to write; made if need be.
        scope: Which of their attempts are wanted; all if left out.
        redaction: What is withheld; all that identifies if left out.
        period: How long a period of aggregates.csv is.
        licence: One of `LICENCES`, by its SPDX id.

    Returns:
        The paths of the files.

    Raises:
        JournalError: The licence is not known, or the folder cannot be written to.
    """
    if licence not in LICENCES:
        raise JournalError(
            f"licence {licence!r} is not known; give one of {', '.join(LICENCES)}, or change "
            f"{DESCRIPTOR} afterwards"
        )
    passing = ExportPass(journal, runs, scope or Scope(), redaction or Redaction(), period)
    with writing_to(folder):
        write_tables(passing, folder)
        write_json(folder / DESCRIPTOR, _descriptor(passing, licence))
    return [folder / name for name in (DESCRIPTOR, MESSAGES, VERDICTS, AGGREGATES, COMBINATIONS)]


def _descriptor(passing: ExportPass, licence: str) -> Mapping[str, object]:
    runs = passing.runs
    title, address = LICENCES[licence]
    return {
        "profile": "tabular-data-package",
        "name": f"undelivered-{runs[-1].id.lower()}",
        "title": "Which words arrived: messages and verdicts of "
        + (f"run {runs[0].id}" if len(runs) == 1 else f"{len(runs)} runs"),
        "description": "Messages sent through a messaging app to find out which words are "
        "censored. " + _GUARD_NOTE,
        "created": time_text(max(run.finished_at or run.started_at for run in runs)),
        "licenses": [{"name": licence, "title": title, "path": address}],
        "keywords": ["censorship", "measurement", "messaging"],
        "undelivered": {
            "version": version("undelivered"),
            "redacted": passing.redaction.is_on,
            "wordlists_sha256": {
                name.removeprefix(_LIST_HASH): value
                for run in runs
                for name, value in run.settings.items()
                if name.startswith(_LIST_HASH)
            },
            "runs": passing.summaries(),
        },
        "resources": [
            _resource(
                MESSAGES,
                "One row an attempt: one sending of one message, with what was observed of it.",
                message_columns(passing.redaction),
                key=["id"],
            ),
            _resource(
                VERDICTS,
                "One row an entry, condition and run: censored, clear or inconclusive.",
                VERDICT_COLUMNS,
                key=["run_id", "entry_id", "app", "chat", "sender_region", "receiver_region"],
            ),
            _resource(
                AGGREGATES,
                "Attempts counted by period, condition and entry, under OONI's names of counts.",
                AGGREGATE_COLUMNS,
            ),
            _resource(
                COMBINATIONS,
                "Entries that were blocked together though each of them is clear apart.",
                COMBINATION_COLUMNS,
            ),
        ],
    }


def _resource(
    path: str, description: str, columns: Sequence[Column], *, key: Sequence[str] = ()
) -> Mapping[str, object]:
    schema: dict[str, object] = {"fields": list(map(_field, columns)), "missingValues": [""]}
    if key:
        schema["primaryKey"] = list(key)
    return {
        "profile": "tabular-data-resource",
        "name": path.removesuffix(".csv"),
        "path": path,
        "description": description,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "dialect": {"lineTerminator": "\r\n", "doubleQuote": True},
        "schema": schema,
    }


def _field(column: Column) -> Mapping[str, object]:
    field: dict[str, object] = {
        "name": column.name,
        "type": _TYPES.get(column.cell, "string"),
        "description": f"{column.meaning} ({column.cell})",
    }
    if column.unit:
        field["unit"] = column.unit
    if column.values:
        field["constraints"] = {"enum": list(column.values)}
    return field
