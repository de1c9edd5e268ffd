"""What the journal keeps of a comparison: which entries it called changed, and who was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from results.circumstances import Circumstances
from results.rows import Row, Value


class Change(StrEnum):
    """What became of an entry from one run to another."""

    NEWLY_CENSORED = "newly censored"
    NEWLY_CLEAR = "newly clear"
    FLICKER = "flicker"  # the verdicts differ, but no more than noise makes them differ
    UNCHANGED = "unchanged"
    NOT_COMPARED = "not compared"  # not measured in both

    @property
    def is_real(self) -> bool:
        """Whether something changed."""
        return self in {Change.NEWLY_CENSORED, Change.NEWLY_CLEAR}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRecord:
    """An entry that a run called changed.

    Attributes:
        run_id: The run that called it so.
        entry_id: The entry.
        keyword: The same as it is written in a wordlist.
        circumstances: Under what.
        change: What became of it.
        sentence: The same in words, with the evidence and since when; no account is in it.
    """

    run_id: str
    entry_id: str
    keyword: str
    circumstances: Circumstances
    change: Change
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRecord:
    """That a run was compared, and what came of it.

    Attributes:
        run_id: The run.
        baseline: The run it was compared with.
        changes: What it called changed.
    """

    run_id: str
    baseline: str
    changes: Sequence[ChangeRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A change that a channel has to be told.

    Attributes:
        channel: Name of the channel.
        change: The change.
    """

    channel: str
    change: ChangeRecord


def change_row(record: ChangeRecord) -> dict[str, Value]:
    """Take a change apart."""
    return {
        "run_id": record.run_id,
        "entry_id": record.entry_id,
        "keyword": record.keyword,
        "app": record.circumstances.app,
        "chat": record.circumstances.chat,
        "sender_region": record.circumstances.sender_region,
        "receiver_region": record.circumstances.receiver_region,
        "change": record.change.value,
        "sentence": record.sentence,
    }


def change_of(row: Row) -> ChangeRecord:
    """Put a change together."""
    return ChangeRecord(
        run_id=row.text("run_id"),
        entry_id=row.text("entry_id"),
        keyword=row.text("keyword"),
        circumstances=Circumstances.from_row(row),
        change=Change(row.text("change")),
        sentence=row.text("sentence"),
    )
