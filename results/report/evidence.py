"""The attempts of each entry, packed into the page, a block of entries at a time.

A page with 100,000 attempts in its tables would not open. So attempts lie in it compressed, and the
browser opens the block of an entry when its evidence is asked for.
"""

import base64
import gzip
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from results.judged_run import JudgedRun
from results.record import Attempt, MessageKind
from results.redaction import Redaction
from results.report.shown_text import direction, shown

ENTRIES_OF_BLOCK: Final = 100

JsonValue = str | int | float | bool | None | Sequence["JsonValue"] | Mapping[str, "JsonValue"]


@dataclass(frozen=True, slots=True)
class Block:
    """The attempts of some entries, as the page holds them.

    Attributes:
        text: JSON (entry id to attempts), gzip, base64.
    """

    text: str


def pack(runs: Sequence[JudgedRun], order: Sequence[str], redaction: Redaction) -> list[Block]:
    """Pack the attempts of entries.

    Args:
        runs: The runs they were made in.
        order: Ids of the entries in the order of the report; block ``n`` holds those from
            ``n * ENTRIES_OF_BLOCK`` on.
        redaction: What is withheld.
    """
    of_entry: defaultdict[str, list[JsonValue]] = defaultdict(list)
    for run in runs:
        for attempt in run.attempts:
            if attempt.kind is MessageKind.PROBE:
                packed = _packed(attempt, run, redaction)
                for entry in dict.fromkeys(attempt.entries):
                    of_entry[entry].append(packed)
    return [
        _block({entry: of_entry[entry] for entry in order[first : first + ENTRIES_OF_BLOCK]})
        for first in range(0, len(order), ENTRIES_OF_BLOCK)
    ]


def _block(attempts: Mapping[str, JsonValue]) -> Block:
    text = json.dumps(attempts, ensure_ascii=False, separators=(",", ":"))
    # Without the time of writing, the same run gives the same bytes.
    return Block(base64.b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode("ascii"))


def _packed(attempt: Attempt, run: JudgedRun, redaction: Redaction) -> JsonValue:
    made = run.scores[attempt.id]
    fields: dict[str, JsonValue] = {
        "id": attempt.id,
        "at": attempt.created_at.isoformat(timespec="seconds"),
        "lane": shown(redaction.label(attempt.lane)),
        "outcome": made.outcome.value,
        "void": made.void and made.void.value,
        "rule": made.rule_id,
        "text": shown(attempt.text),
        "dir": direction(attempt.text),
        "own": _other(redaction.observed(attempt.own_text, attempt.text), attempt.text),
        "came": _other(redaction.observed(attempt.arrived_text, attempt.text), attempt.text),
        "read": attempt.read_mode and attempt.read_mode.value,
        "state": attempt.sender_state and attempt.sender_state.value,
        "notice": attempt.notice and attempt.notice.value,
        "fault": attempt.fault and attempt.fault.value,
        "gone": None if attempt.gone_at is None else attempt.gone_at.isoformat(timespec="seconds"),
        "ms": _latency_ms(attempt),
        "with": [
            shown(run.entries[each].keyword) for each in attempt.entries if each in run.entries
        ]
        if len(attempt.entries) > 1
        else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _company(attempt: Attempt, run: JudgedRun) -> Sequence[str] | None:
    """The entries of a message, if there are several: it belongs to each of them."""
    if len(attempt.entries) < 2:  # noqa: PLR2004 - several
        return None
    return [shown(run.entries[each].keyword) for each in attempt.entries if each in run.entries]


def _other(seen: str | None, sent: str) -> str | None:
    return None if seen is None or seen == sent else shown(seen)


def _latency_ms(attempt: Attempt) -> int | None:
    if attempt.sent_at is None or attempt.arrived_at is None:
        return None
    return round((attempt.arrived_at - attempt.sent_at).total_seconds() * 1000)
