"""The columns of the CSV files: their names, order, meaning and type.

docs/data.md describes the same columns; a test compares the two.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from results.record import (
    ChatKind,
    MessageKind,
    Notice,
    Outcome,
    ReadMode,
    SenderState,
    VerdictKind,
    VoidReason,
)


class Cell(StrEnum):
    """How a value is written in a cell."""

    TEXT = "text"  # guarded against spreadsheets; empty is empty text
    OPTIONAL_TEXT = "text or nothing"  # the same; empty is *not observed*, ' is empty text
    INTEGER = "integer"
    NUMBER = "number"
    TIME = "UTC time, ISO 8601"
    OPTIONAL_TIME = "UTC time, ISO 8601, or nothing"
    IDS = "ids, separated by spaces"

    @property
    def is_guarded(self) -> bool:
        """Whether the cell holds text that must be kept from being run as a formula."""
        return self in {Cell.TEXT, Cell.OPTIONAL_TEXT, Cell.IDS}

    @property
    def is_optional(self) -> bool:
        """Whether an empty cell means *not observed*."""
        return self in {Cell.OPTIONAL_TEXT, Cell.OPTIONAL_TIME}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a CSV file.

    Attributes:
        name: Its heading.
        meaning: What it holds.
        cell: How its values are written.
        unit: Of its numbers; empty where there is none.
        values: All values it can have, where these are a closed list.
    """

    name: str
    meaning: str
    cell: Cell = Cell.TEXT
    unit: str = ""
    values: tuple[str, ...] = ()


def _all(kind: Iterable[StrEnum]) -> tuple[str, ...]:
    return tuple(each.value for each in kind)


CONDITION_COLUMNS: Final = (
    Column("app", "name of the app profile"),
    Column("app_version", "version the handset reported", Cell.OPTIONAL_TEXT),
    Column("chat", "direct or group", values=_all(ChatKind)),
    Column("sender_region", "region the sender's account is registered in (ISO 3166-1)"),
    Column("receiver_region", "region the receiver's account is registered in (ISO 3166-1)"),
)

RULE_COLUMNS: Final = (
    Column("rule_id", "rule that decided"),
    Column("rules_version", "version of the rules"),
)

MESSAGE_COLUMNS: Final = (
    Column("id", "the attempt: <run id>-<seq>"),
    Column("run_id", "the run that sent it"),
    Column("seq", "place in the run, from 0, over all lanes", Cell.INTEGER),
    Column("lane", "name of the lane"),
    Column("lane_seq", "place on the lane, from 0", Cell.INTEGER),
    Column("sender", "label of the sending account"),
    Column("receiver", "label of the receiving account"),
    *CONDITION_COLUMNS,
    Column("kind", "probe, control, canary or isolation", values=_all(MessageKind)),
    Column(
        "entries",
        "ids of the entries it carries; none for controls, and canaries sent alone",
        Cell.IDS,
    ),
    Column("text", "the exact text"),
    Column("created_at", "when its row was written, before the tap on send", Cell.TIME),
    Column("sent_at", "when the tap returned", Cell.OPTIONAL_TIME),
    Column(
        "sender_state",
        "mark at the sender's bubble: pending, sent, failed; unmarked: neither mark nor text "
        "can be seen",
        Cell.OPTIONAL_TEXT,
        values=_all(SenderState),
    ),
    Column("own_text", "text of the sender's own bubble", Cell.OPTIONAL_TEXT),
    Column(
        "notice",
        "what the app told the sender, as classified",
        Cell.OPTIONAL_TEXT,
        values=_all(Notice),
    ),
    Column("arrived_text", "text at the receiver aligned with it", Cell.OPTIONAL_TEXT),
    Column(
        "read_mode",
        "how that text was read: tree, notifications, ocr, inbox",
        Cell.OPTIONAL_TEXT,
        values=_all(ReadMode),
    ),
    Column("arrived_at", "when that text was first seen", Cell.OPTIONAL_TIME),
    Column("edited_at", "when that text was seen to have changed", Cell.OPTIONAL_TIME),
    Column("gone_at", "when that text was seen to be gone", Cell.OPTIONAL_TIME),
    Column(
        "still_there_at",
        "when it was looked for again, long after it came, and was there",
        Cell.OPTIONAL_TIME,
    ),
    Column("observed_until", "last look at the receiver that could show it", Cell.OPTIONAL_TIME),
    Column("fault", "what went wrong on our side", Cell.OPTIONAL_TEXT, values=_all(VoidReason)),
    Column(
        "outcome",
        "delivered, missing, refused, altered, removed or unknown",
        values=_all(Outcome),
    ),
    Column("void", "why it proves nothing", Cell.OPTIONAL_TEXT, values=_all(VoidReason)),
    *RULE_COLUMNS,
)

VERDICT_COLUMNS: Final = (
    Column("entry_id", "the entry"),
    Column("keyword", "the entry as written in a wordlist; ' + ' between components"),
    Column("language", "BCP 47 tag"),
    Column("category", "category code"),
    Column("wordlist", "name of the list"),
    Column("source", "where the entry comes from"),
    *CONDITION_COLUMNS,
    Column("verdict", "censored, clear or inconclusive", values=_all(VerdictKind)),
    Column(
        "probability",
        "probability of censored at even odds before, 0 to 1",
        Cell.NUMBER,
        unit="probability",
    ),
    Column("probability_low", "the same for a sceptic, 0 to 1", Cell.NUMBER, unit="probability"),
    Column(
        "probability_high",
        "the same for one who suspects it, 0 to 1",
        Cell.NUMBER,
        unit="probability",
    ),
    Column(
        "blocked",
        "counted solo attempts that did not arrive as sent",
        Cell.INTEGER,
        unit="attempts",
    ),
    Column("how", "in which ways they did not arrive: outcomes, counted if several"),
    Column(
        "delivered",
        "counted solo attempts that arrived",
        Cell.INTEGER,
        unit="attempts",
    ),
    Column(
        "pools_blocked",
        "counted pools with it that did not arrive as sent",
        Cell.INTEGER,
        unit="attempts",
    ),
    Column(
        "pools_delivered",
        "counted pools with it that arrived",
        Cell.INTEGER,
        unit="attempts",
    ),
    Column("void", "further attempts that are void", Cell.INTEGER, unit="attempts"),
    Column(
        "unknown",
        "further attempts that ended unknown and are not void",
        Cell.INTEGER,
        unit="attempts",
    ),
    Column("attempts", "ids of the counted attempts", Cell.IDS),
    *RULE_COLUMNS,
    Column("run_id", "the run that says so"),
)

RECEIVER_COLUMNS: Final = (
    Column("attempt_id", "the attempt, as in messages.csv"),
    Column("run_id", "the run that sent it"),
    Column("lane", "name of the lane"),
    Column("observer", "name of the observer in the testbed"),
    Column("receiver", "label of the observer's account"),
    *CONDITION_COLUMNS,
    Column("kind", "probe, control, canary or isolation", values=_all(MessageKind)),
    Column("entries", "ids of the entries it carries", Cell.IDS),
    Column("arrived_text", "text at the observer aligned with it", Cell.OPTIONAL_TEXT),
    Column(
        "read_mode",
        "how that text was read: tree, notifications, ocr, inbox",
        Cell.OPTIONAL_TEXT,
        values=_all(ReadMode),
    ),
    Column("arrived_at", "when that text was first seen", Cell.OPTIONAL_TIME),
    Column("edited_at", "when that text was seen to have changed", Cell.OPTIONAL_TIME),
    Column("gone_at", "when that text was seen to be gone", Cell.OPTIONAL_TIME),
    Column("observed_until", "last look at the observer that was for it", Cell.OPTIONAL_TIME),
    Column("fault", "what went wrong on our side", Cell.OPTIONAL_TEXT, values=_all(VoidReason)),
    Column(
        "outcome",
        "what became of it there: delivered, missing, refused, altered, removed or unknown",
        values=_all(Outcome),
    ),
    Column("void", "why that proves nothing", Cell.OPTIONAL_TEXT, values=_all(VoidReason)),
    *RULE_COLUMNS,
    Column("comparison", "what that and the outcome in messages.csv show together"),
)

RECEIVER_VERDICT_COLUMNS: Final = (
    Column("observer", "name of the observer in the testbed"),
    *VERDICT_COLUMNS,
)

#: Only where nothing is withheld, after the others.
UNREDACTED_COLUMNS: Final = (Column("fault_detail", "the fault in words", Cell.OPTIONAL_TEXT),)

AGGREGATE_COLUMNS: Final = (
    Column("period_start", "first moment of the hour, day, week (Monday) or month", Cell.TIME),
    *CONDITION_COLUMNS,
    Column("entry_id", "the entry"),
    Column("keyword", "the entry as written in a wordlist; ' + ' between components"),
    Column("language", "BCP 47 tag"),
    Column("category", "category code"),
    Column("wordlist", "name of the list"),
    Column(
        "measurement_count",
        "attempts that carried the entry; the sum of the next four",
        Cell.INTEGER,
        unit="attempts",
    ),
    Column("ok_count", "of these, arrived as sent", Cell.INTEGER, unit="attempts"),
    Column(
        "confirmed_count",
        "of these, blocked, the entry alone, and its run calls it censored",
        Cell.INTEGER,
        unit="attempts",
    ),
    Column("anomaly_count", "of these, otherwise blocked", Cell.INTEGER, unit="attempts"),
    Column("failure_count", "of these, void or unknown", Cell.INTEGER, unit="attempts"),
    Column("lane_count", "lanes they were sent on", Cell.INTEGER, unit="lanes"),
)

COMBINATION_COLUMNS: Final = (
    Column("run_id", "the run that found it"),
    *CONDITION_COLUMNS,
    Column("entries", "ids of the entries that were sent together", Cell.IDS),
    Column("keywords", "these entries as written in a wordlist, with a bar between them"),
    Column("blocked", "attempts in which they were blocked", Cell.INTEGER, unit="attempts"),
    Column("attempts", "ids of these attempts", Cell.IDS),
)
