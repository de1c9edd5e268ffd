"""Attempts as rows of stored values, for going through a great many of them.

An `AttemptRow` is an attempt as the journal stores it: times, enumerations and ids are text, in the
order of the columns of messages.csv. Files that hold the same text are written from it without a
detour; `attempt_from` makes an `Attempt` of it where one is needed, faster than `rows.attempt_of`,
which takes any mapping.
"""

from datetime import datetime
from functools import cache
from typing import Final, NamedTuple

from results.record import (
    Attempt,
    ChatKind,
    Condition,
    MessageKind,
    Notice,
    ReadMode,
    SenderState,
    VoidReason,
)


class AttemptRow(NamedTuple):
    """An attempt as it is stored; each field is explained by that of `Attempt`."""

    id: str
    run_id: str
    seq: int
    lane: str
    lane_seq: int
    sender: str
    receiver: str
    app: str
    app_version: str | None
    chat: str
    sender_region: str
    receiver_region: str
    kind: str
    entries: str
    text: str
    created_at: str
    sent_at: str | None
    sender_state: str | None
    own_text: str | None
    notice: str | None
    arrived_text: str | None
    read_mode: str | None
    arrived_at: str | None
    edited_at: str | None
    gone_at: str | None
    still_there_at: str | None
    observed_until: str | None
    fault: str | None
    fault_detail: str | None


_KINDS: Final = {each.value: each for each in MessageKind}
_STATES: Final = {each.value: each for each in SenderState}
_NOTICES: Final = {each.value: each for each in Notice}
_MODES: Final = {each.value: each for each in ReadMode}
_REASONS: Final = {each.value: each for each in VoidReason}


def attempt_from(row: AttemptRow) -> Attempt:
    """Make an attempt of a row."""
    return Attempt(
        id=row.id,
        run_id=row.run_id,
        seq=row.seq,
        lane=row.lane,
        lane_seq=row.lane_seq,
        sender=row.sender,
        receiver=row.receiver,
        condition=condition_from(row),
        kind=_KINDS[row.kind],
        entries=tuple(row.entries.split()),
        text=row.text,
        created_at=datetime.fromisoformat(row.created_at),
        sent_at=_time(row.sent_at),
        sender_state=None if row.sender_state is None else _STATES[row.sender_state],
        own_text=row.own_text,
        notice=None if row.notice is None else _NOTICES[row.notice],
        arrived_text=row.arrived_text,
        read_mode=None if row.read_mode is None else _MODES[row.read_mode],
        arrived_at=_time(row.arrived_at),
        edited_at=_time(row.edited_at),
        gone_at=_time(row.gone_at),
        still_there_at=_time(row.still_there_at),
        observed_until=_time(row.observed_until),
        fault=None if row.fault is None else _REASONS[row.fault],
        fault_detail=row.fault_detail,
    )


def condition_from(row: AttemptRow) -> Condition:
    """Make a condition of a row; the same object for the same condition."""
    return _condition(row.app, row.app_version, row.chat, row.sender_region, row.receiver_region)


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@cache  # a journal has few conditions
def _condition(
    app: str, app_version: str | None, chat: str, sender_region: str, receiver_region: str
) -> Condition:
    return Condition(
        app=app,
        app_version=app_version,
        chat=ChatKind(chat),
        sender_region=sender_region,
        receiver_region=receiver_region,
    )
