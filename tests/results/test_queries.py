"""The queries of docs/publishing.md, run by DuckDB over the Parquet of two hosts."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from results.bracketing import BracketLimits
from results.journal import Journal
from results.judged_run import computed_verdicts
from results.parquet import write_parquet
from results.rules import score
from tests.results.examples import RUN, entry, lane_of

PAGE = Path(__file__).parents[2] / "docs" / "publishing.md"
QUERIES = re.findall(
    r"^```sql\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
)
BLOCKED, ARRIVED = "CnCnCnCnCpCpCpCpC", "CnCnCnCnCPCPCPCPC"
WHERE = ("courier", "group", "CN", "CA")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which the Parquet of two hosts lies: one entry, first censored, then clear."""
    folder = tmp_path_factory.mktemp("team")
    for day, (host, signs) in enumerate((("one", BLOCKED), ("two", ARRIVED))):
        run = replace(
            RUN, id=f"2024050{day + 1}T120000Z-{host}", started_at=RUN.started_at + timedelta(day)
        )
        with Journal.open(folder / f"{host}.sqlite") as journal:
            journal.start_run(run)
            journal.add_entries(run.id, [entry("e", "達賴")])
            attempts = [
                replace(
                    each,
                    id=f"{run.id}-{each.seq}",
                    run_id=run.id,
                    created_at=each.created_at + timedelta(day),
                )
                for each in lane_of(signs)
            ]
            for attempt in attempts:
                journal.begin_attempt(attempt)
            scores = score(attempts, BracketLimits())
            entries = journal.entries(run.id)
            journal.save_verdicts(run.id, computed_verdicts(run, entries, attempts, scores))
            write_parquet(journal, [run], folder / "team" / host)
    return folder


def rows(query: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Sequence[tuple[object, ...]]:
    """What a query gives in a folder."""
    monkeypatch.chdir(folder)
    return duckdb.sql(query).fetchall()


def test_page_has_queries() -> None:
    """The page shows four, each of which is tested here."""
    assert len(QUERIES) == 4


def test_what_is_censored_now(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The latest run decides: what is clear by then is not listed, and was before."""
    assert rows(QUERIES[0], team, monkeypatch) == []
    first = QUERIES[0].replace("team/*", "team/one")
    ((*found, probability),) = rows(first, team, monkeypatch)
    assert found == ["達賴", *WHERE, "censored"]
    assert isinstance(probability, float)
    assert probability > 0.99


def test_entries_by_category(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run has a row a category, with how many entries got which verdict."""
    assert rows(QUERIES[1], team, monkeypatch) == [
        ("20240501T120000Z-one", "REL", 1, 0, 0),
        ("20240502T120000Z-two", "REL", 0, 1, 0),
    ]


def test_lost_controls_by_day(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lane has a row a day, with the share of controls that did not arrive."""
    found = rows(QUERIES[2], team, monkeypatch)
    assert [(lane, controls, lost) for lane, _, controls, lost in found] == [("a", 9, 0.0)] * 2


def test_disagreeing_runs(team: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry on which runs disagree is listed with the runs on both sides."""
    assert rows(QUERIES[3], team, monkeypatch) == [
        ("達賴", *WHERE, ["20240501T120000Z-one"], ["20240502T120000Z-two"])
    ]
