"""Records as flat rows of plain values, and back.

The journal's tables and the CSV files hold the same fields under the same names. Here each record
is taken apart into such a row and put together from one; how a value is stored (SQLite type, cell)
is the business of `results.journal` and `results.export`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias

from results.errors import JournalError
from results.record import (
    ArrivalRecord,
    Attempt,
    ChatKind,
    Condition,
    MessageKind,
    Notice,
    ReadMode,
    SenderState,
    Sighting,
    Verdict,
    VerdictKind,
    VoidReason,
)

Value: TypeAlias = str | int | float | None


def time_text(time: datetime) -> str:
    """Write a time as ISO 8601 in UTC with microseconds, so that text order is time order.

    Raises:
        JournalError: The time has no zone.
    """
    if time.tzinfo is None:
        raise JournalError(f"the time {time.isoformat()} has no time zone; give an aware UTC time")
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def optional_time_text(time: datetime | None) -> str | None:
    """Write a time that may not have been observed."""
    return None if time is None else time_text(time)


def joined_ids(ids: tuple[str, ...]) -> str:
    """Write ids with single spaces between them.

    Raises:
        JournalError: An id is empty or holds white space, so it could not be told apart again.
    """
    for one in ids:
        if one.split() != [one]:
            raise JournalError(
                f"{one!r} cannot be an id: ids are not empty and hold no white space"
            )
    return " ".join(ids)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read, with typed access by column name.

    Attributes:
        values: Column name to value; numbers may still be text (CSV).
    """

    values: Mapping[str, Value]

    def optional_text(self, column: str) -> str | None:
        """Give the text of a column, or ``None`` if nothing was observed."""
        value = self.values[column]
        return None if value is None else str(value)

    def text(self, column: str) -> str:
        """Give the text of a column that always holds one."""
        value = self.values[column]
        return "" if value is None else str(value)

    def integer(self, column: str) -> int:
        """Give a whole number."""
        return int(self.text(column))

    def number(self, column: str) -> float:
        """Give a number."""
        return float(self.text(column))

    def time(self, column: str) -> datetime:
        """Give an aware UTC time."""
        return datetime.fromisoformat(self.text(column))

    def optional_time(self, column: str) -> datetime | None:
        """Give an aware UTC time, or ``None`` if nothing was observed."""
        return None if self.values[column] is None else self.time(column)

    def ids(self, column: str) -> tuple[str, ...]:
        """Give the ids of a column written by `joined_ids`."""
        return tuple(self.text(column).split())


def condition_row(condition: Condition) -> dict[str, Value]:
    """Take a condition apart."""
    return {
        "app": condition.app,
        "app_version": condition.app_version,
        "chat": condition.chat.value,
        "sender_region": condition.sender_region,
        "receiver_region": condition.receiver_region,
    }


def condition_of(row: Row) -> Condition:
    """Put a condition together."""
    return Condition(
        app=row.text("app"),
        app_version=row.optional_text("app_version"),
        chat=ChatKind(row.text("chat")),
        sender_region=row.text("sender_region"),
        receiver_region=row.text("receiver_region"),
    )


def observation_row(attempt: Attempt) -> dict[str, Value]:
    """Take apart the part of an attempt that is filled in after its row was begun."""
    return {
        "sent_at": optional_time_text(attempt.sent_at),
        "sender_state": None if attempt.sender_state is None else attempt.sender_state.value,
        "own_text": attempt.own_text,
        "notice": None if attempt.notice is None else attempt.notice.value,
        "arrived_text": attempt.arrived_text,
        "read_mode": None if attempt.read_mode is None else attempt.read_mode.value,
        "arrived_at": optional_time_text(attempt.arrived_at),
        "edited_at": optional_time_text(attempt.edited_at),
        "gone_at": optional_time_text(attempt.gone_at),
        "still_there_at": optional_time_text(attempt.still_there_at),
        "observed_until": optional_time_text(attempt.observed_until),
        "fault": None if attempt.fault is None else attempt.fault.value,
        "fault_detail": attempt.fault_detail,
    }


def attempt_row(attempt: Attempt) -> dict[str, Value]:
    """Take an attempt apart."""
    return {
        "id": attempt.id,
        "run_id": attempt.run_id,
        "seq": attempt.seq,
        "lane": attempt.lane,
        "lane_seq": attempt.lane_seq,
        "sender": attempt.sender,
        "receiver": attempt.receiver,
        **condition_row(attempt.condition),
        "kind": attempt.kind.value,
        "entries": joined_ids(attempt.entries),
        "text": attempt.text,
        "created_at": time_text(attempt.created_at),
        **observation_row(attempt),
    }


def attempt_of(row: Row) -> Attempt:
    """Put an attempt together."""
    state, notice, fault, mode = (
        row.optional_text(c) for c in ("sender_state", "notice", "fault", "read_mode")
    )
    return Attempt(
        id=row.text("id"),
        run_id=row.text("run_id"),
        seq=row.integer("seq"),
        lane=row.text("lane"),
        lane_seq=row.integer("lane_seq"),
        sender=row.text("sender"),
        receiver=row.text("receiver"),
        condition=condition_of(row),
        kind=MessageKind(row.text("kind")),
        entries=row.ids("entries"),
        text=row.text("text"),
        created_at=row.time("created_at"),
        sent_at=row.optional_time("sent_at"),
        sender_state=None if state is None else SenderState(state),
        own_text=row.optional_text("own_text"),
        notice=None if notice is None else Notice(notice),
        arrived_text=row.optional_text("arrived_text"),
        read_mode=None if mode is None else ReadMode(mode),
        arrived_at=row.optional_time("arrived_at"),
        edited_at=row.optional_time("edited_at"),
        gone_at=row.optional_time("gone_at"),
        still_there_at=row.optional_time("still_there_at"),
        observed_until=row.optional_time("observed_until"),
        fault=None if fault is None else VoidReason(fault),
        # Exports leave it out: it can hold addresses and the titles of chats.
        fault_detail=row.optional_text("fault_detail") if "fault_detail" in row.values else None,
    )


def arrival_row(arrival: ArrivalRecord) -> dict[str, Value]:
    """Take an arrival apart."""
    return {
        "run_id": arrival.run_id,
        "lane": arrival.lane,
        "place": arrival.place,
        "text": arrival.text,
        "seen_at": time_text(arrival.seen_at),
        "attempt_id": arrival.attempt_id,
        "read_mode": None if arrival.read_mode is None else arrival.read_mode.value,
        "message_id": arrival.message_id,
        "receiver": arrival.receiver,
    }


def arrival_of(row: Row) -> ArrivalRecord:
    """Put an arrival together."""
    mode = row.optional_text("read_mode")
    return ArrivalRecord(
        run_id=row.text("run_id"),
        lane=row.text("lane"),
        place=row.integer("place"),
        text=row.text("text"),
        seen_at=row.time("seen_at"),
        attempt_id=row.optional_text("attempt_id"),
        read_mode=None if mode is None else ReadMode(mode),
        message_id=row.optional_text("message_id"),
        receiver=row.text("receiver"),
    )


def sighting_row(sighting: Sighting) -> dict[str, Value]:
    """Take apart what an observer saw."""
    return {
        "attempt_id": sighting.attempt_id,
        "run_id": sighting.run_id,
        "lane": sighting.lane,
        "observer": sighting.observer,
        "receiver": sighting.receiver,
        "receiver_region": sighting.receiver_region,
        "arrived_text": sighting.arrived_text,
        "read_mode": None if sighting.read_mode is None else sighting.read_mode.value,
        "arrived_at": optional_time_text(sighting.arrived_at),
        "edited_at": optional_time_text(sighting.edited_at),
        "gone_at": optional_time_text(sighting.gone_at),
        "observed_until": optional_time_text(sighting.observed_until),
        "fault": None if sighting.fault is None else sighting.fault.value,
        "fault_detail": sighting.fault_detail,
    }


def sighting_of(row: Row) -> Sighting:
    """Put together what an observer saw."""
    mode, fault = row.optional_text("read_mode"), row.optional_text("fault")
    return Sighting(
        attempt_id=row.text("attempt_id"),
        run_id=row.text("run_id"),
        lane=row.text("lane"),
        observer=row.text("observer"),
        receiver=row.text("receiver"),
        receiver_region=row.text("receiver_region"),
        arrived_text=row.optional_text("arrived_text"),
        read_mode=None if mode is None else ReadMode(mode),
        arrived_at=row.optional_time("arrived_at"),
        edited_at=row.optional_time("edited_at"),
        gone_at=row.optional_time("gone_at"),
        observed_until=row.optional_time("observed_until"),
        fault=None if fault is None else VoidReason(fault),
        fault_detail=row.optional_text("fault_detail"),
    )


def verdict_row(verdict: Verdict) -> dict[str, Value]:
    """Take a verdict apart."""
    return {
        "entry_id": verdict.entry_id,
        **condition_row(verdict.condition),
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
        "attempts": joined_ids(verdict.attempts),
        "rule_id": verdict.rule_id,
        "rules_version": verdict.rules_version,
    }


def verdict_of(row: Row) -> Verdict:
    """Put a verdict together."""
    return Verdict(
        entry_id=row.text("entry_id"),
        condition=condition_of(row),
        kind=VerdictKind(row.text("verdict")),
        probability=row.number("probability"),
        probability_low=row.number("probability_low"),
        probability_high=row.number("probability_high"),
        attempts=row.ids("attempts"),
        blocked=row.integer("blocked"),
        delivered=row.integer("delivered"),
        pools_blocked=row.integer("pools_blocked"),
        pools_delivered=row.integer("pools_delivered"),
        void=row.integer("void"),
        unknown=row.integer("unknown"),
        rule_id=row.text("rule_id"),
        rules_version=row.text("rules_version"),
    )
