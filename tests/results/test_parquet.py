"""Parquet holds what the CSV files hold, typed."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from results import parquet as ours
from results.errors import JournalError
from results.export import read_messages, read_verdicts, write_run
from results.journal import Journal
from results.parquet import write_parquet
from results.record import MessageKind
from tests.results.examples import RUN, arrived, entry, lane_of, sent


@pytest.fixture
def filled(journal: Journal) -> Journal:
    """A journal with a run in it."""
    journal.add_entries(RUN.id, [entry("e", "=達賴 \ud83d"), entry("f")])
    pool = replace(sent(4, MessageKind.PROBE, "e", "f"), text="+1\r\n\0")
    for attempt in [*lane_of("CpCP"), pool, arrived(sent(5, MessageKind.CONTROL))]:
        journal.begin_attempt(attempt)
    return journal


def test_messages_are_those_of_the_csv(filled: Journal, tmp_path: Path) -> None:
    """The same attempts and outcomes, without guards, with real times, numbers and lists."""
    path = write_parquet(filled, filled.runs(), tmp_path)[0]
    rows = parquet.read_table(path).to_pylist()
    messages = list(read_messages(write_run(filled, RUN.id, tmp_path)[0]))
    assert [row["id"] for row in rows] == [each.attempt.id for each in messages]
    assert [row["text"] for row in rows] == [each.attempt.text for each in messages]
    assert [row["arrived_at"] for row in rows] == [each.attempt.arrived_at for each in messages]
    assert [tuple(row["entries"]) for row in rows] == [each.attempt.entries for each in messages]
    assert [row["outcome"] for row in rows] == [each.score.outcome for each in messages]
    assert rows[0]["created_at"] == datetime(2024, 5, 1, 12, tzinfo=UTC)


def test_columns_are_typed_and_explained(filled: Journal, tmp_path: Path) -> None:
    """Times have a zone, counts are whole numbers, and each column says what it means."""
    messages, verdicts, *_ = write_parquet(filled, filled.runs(), tmp_path)
    schema = parquet.read_schema(messages)
    assert schema.field("sent_at").type == pa.timestamp("us", tz="UTC")
    assert schema.field("seq").type == pa.int64()
    assert schema.field("entries").type == pa.list_(pa.string())
    assert (schema.field("text").metadata or {})[b"meaning"] == b"the exact text"
    assert parquet.read_schema(verdicts).field("probability").type == pa.float64()


def test_verdicts_are_those_of_the_csv(filled: Journal, tmp_path: Path) -> None:
    """The same words, verdicts and figures; half an emoji is U+FFFD in both."""
    path = write_parquet(filled, filled.runs(), tmp_path)[1]
    rows = parquet.read_table(path).to_pylist()
    verdicts = list(read_verdicts(write_run(filled, RUN.id, tmp_path)[1]))
    assert [row["keyword"] for row in rows] == [each.keyword for each in verdicts]
    assert rows[0]["keyword"] == "=達賴 \ufffd"
    assert [row["probability"] for row in rows] == [each.verdict.probability for each in verdicts]


def test_a_long_run_is_written_in_pieces(
    filled: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more than a piece of a run is held at once, and none of it is lost."""
    monkeypatch.setattr(ours, "_AT_ONCE", 2)
    path = write_parquet(filled, filled.runs(), tmp_path)[0]
    assert parquet.ParquetFile(path).num_row_groups == 3
    assert parquet.read_table(path).num_rows == 6


def test_missing_library_is_named(
    filled: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without pyarrow, the error says what to install."""
    monkeypatch.setattr(ours, "find_spec", lambda _: None)
    with pytest.raises(JournalError, match=r"pip install 'undelivered\[parquet\]'"):
        write_parquet(filled, filled.runs(), tmp_path)
