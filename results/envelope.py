"""Verdicts as measurements in the envelope of OONI: one JSON object a line.

The envelope is the base data format of OONI, version 0.2.0
(https://github.com/ooni/spec/blob/master/data-formats/df-000-base.md). A measurement is what a run
found out about one entry under one condition: ``input`` is the entry, ``test_keys`` holds what was
sent to find out (``target``), how well the channel carried messages (``control``) and what follows
(``result``). Nothing in it says where the measurement was made: the address is that which OONI uses
for a withheld one, the country and the network are unknown. The regions of the accounts, which do
matter, are in the annotations.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from results.cells import encodable
from results.csv_files import whole
from results.export import writing_to
from results.journal import Journal
from results.judged_run import JudgedRun, judge_run
from results.record import Attempt, Condition, MessageKind, Run, Verdict
from results.redaction import Redaction
from results.rows import optional_time_text, time_text
from results.rules import RULES_VERSION
from results.run_summary import noise_summary
from results.scope import Scope
from results.verdict_rules import how

DATA_FORMAT_VERSION: Final = "0.2.0"
TEST_NAME: Final = "undelivered"
WITHHELD_IP: Final = "127.0.0.1"
UNKNOWN_ASN: Final = "AS0"
UNKNOWN_COUNTRY: Final = "ZZ"
MEASUREMENTS: Final = "measurements.jsonl"

_LINE_ENDS: Final = "\x85\u2028\u2029"  # to some readers of lines, and not escaped by JSON


def write_envelopes(
    journal: Journal, runs: Sequence[Run], folder: Path, scope: Scope, redaction: Redaction
) -> Path:
    """Write the verdicts of runs, one measurement a line, whole or not at all.

    Args:
        journal: Where the runs are.
        runs: The runs.
        folder: Where to write; made if need be.
        scope: Under which conditions.
        redaction: What is withheld.

    Returns:
        The path of the file.

    Raises:
        JournalError: The folder cannot be written to.
    """
    path = folder / MEASUREMENTS
    with writing_to(folder), whole(path) as file:
        for run in runs:
            for measurement in measurements(judge_run(journal, run.id), scope, redaction):
                file.write(_line(measurement))
    return path


def _line(measurement: Mapping[str, object]) -> str:
    # A lone surrogate has no form in UTF-8; it is shown as in the CSV files.
    text = encodable(json.dumps(measurement, ensure_ascii=False))
    for character in _LINE_ENDS:
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text + "\n"


def measurements(
    run: JudgedRun, scope: Scope, redaction: Redaction
) -> Iterator[Mapping[str, object]]:
    """Give the verdicts of a run as measurements, in the order in which they were said."""
    carried: defaultdict[tuple[str, Condition], list[Attempt]] = defaultdict(list)
    for attempt in run.attempts:
        if attempt.kind is MessageKind.PROBE:
            for entry in dict.fromkeys(attempt.entries):
                carried[entry, attempt.condition].append(attempt)
    noises = {
        condition: noise_summary(run.noise(condition))
        for condition in {verdict.condition for verdict in run.verdicts}
    }
    for verdict in run.verdicts:
        if scope.holds(verdict.condition):
            attempts = carried[verdict.entry_id, verdict.condition]
            yield _measurement(run, verdict, attempts, noises[verdict.condition], redaction)


def _measurement(
    run: JudgedRun,
    verdict: Verdict,
    attempts: Sequence[Attempt],
    noise: Mapping[str, object],
    redaction: Redaction,
) -> Mapping[str, object]:
    entry, condition = run.entries[verdict.entry_id], verdict.condition
    start = attempts[0].created_at if attempts else run.run.started_at
    end = max((_last_seen(attempt) for attempt in attempts), default=start)
    return {
        "annotations": {
            "app": condition.app,
            "app_version": condition.app_version or "",
            "chat": condition.chat.value,
            "sender_region": condition.sender_region,
            "receiver_region": condition.receiver_region,
            "category": entry.category,
            "language": entry.language,
            "wordlist": entry.wordlist,
            "source": entry.source,
            "run_id": run.run.id,
        },
        "data_format_version": DATA_FORMAT_VERSION,
        "extensions": {},
        "input": entry.keyword,
        "measurement_start_time": _utc(start),
        "options": [],
        "probe_asn": UNKNOWN_ASN,
        "probe_cc": UNKNOWN_COUNTRY,
        "probe_ip": WITHHELD_IP,
        "report_id": "",
        "software_name": "undelivered",
        "software_version": run.run.settings.get("undelivered_version", version("undelivered")),
        "test_keys": {
            "control": noise,
            "target": [_target(attempt, run, redaction) for attempt in attempts],
            "result": {
                "entry_id": verdict.entry_id,
                "components": list(entry.components),
                "verdict": verdict.kind.value,
                "probability": verdict.probability,
                "probability_low": verdict.probability_low,
                "probability_high": verdict.probability_high,
                "blocked": verdict.blocked,
                "delivered": verdict.delivered,
                "pools_blocked": verdict.pools_blocked,
                "pools_delivered": verdict.pools_delivered,
                "void": verdict.void,
                "unknown": verdict.unknown,
                "how": how(verdict, run.scores),
                "attempts": list(verdict.attempts),
                "rule_id": verdict.rule_id,
                "rules_version": verdict.rules_version,
            },
        },
        "test_name": TEST_NAME,
        "test_runtime": (end - start).total_seconds(),
        "test_start_time": _utc(run.run.started_at),
        "test_version": RULES_VERSION,
    }


def _target(attempt: Attempt, run: JudgedRun, redaction: Redaction) -> Mapping[str, object]:
    made = run.scores[attempt.id]
    target: dict[str, object] = {
        "id": attempt.id,
        "lane": redaction.label(attempt.lane),
        "sender": redaction.label(attempt.sender),
        "receiver": redaction.label(attempt.receiver),
        "entries": list(attempt.entries),
        "text": attempt.text,
        "sent_at": optional_time_text(attempt.sent_at),
        "sender_state": attempt.sender_state and attempt.sender_state.value,
        "own_text": redaction.observed(attempt.own_text, attempt.text),
        "notice": attempt.notice and attempt.notice.value,
        "arrived_text": redaction.observed(attempt.arrived_text, attempt.text),
        "read_mode": attempt.read_mode and attempt.read_mode.value,
        "arrived_at": optional_time_text(attempt.arrived_at),
        "edited_at": optional_time_text(attempt.edited_at),
        "gone_at": optional_time_text(attempt.gone_at),
        "still_there_at": optional_time_text(attempt.still_there_at),
        "observed_until": optional_time_text(attempt.observed_until),
        "failure": attempt.fault and attempt.fault.value,
        "created_at": time_text(attempt.created_at),
        "outcome": made.outcome.value,
        "void": made.void and made.void.value,
        "rule_id": made.rule_id,
    }
    if not redaction.is_on:
        target["x_fault_detail"] = attempt.fault_detail
    return target


def _last_seen(attempt: Attempt) -> datetime:
    seen = (attempt.created_at, attempt.sent_at, attempt.arrived_at, attempt.gone_at)
    return max(time for time in seen if time is not None)


def _utc(time: datetime) -> str:
    return f"{time.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
