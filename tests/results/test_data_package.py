"""A data package says what its columns mean, and a stranger's tools can read it."""

import json
from dataclasses import replace
from pathlib import Path

import duckdb
import frictionless
import pandas as pd
import pytest

from results.columns import (
    AGGREGATE_COLUMNS,
    COMBINATION_COLUMNS,
    MESSAGE_COLUMNS,
    UNREDACTED_COLUMNS,
    VERDICT_COLUMNS,
)
from results.data_package import DESCRIPTOR, LICENCES, write_package
from results.errors import JournalError
from results.journal import Journal
from results.record import MessageKind
from results.redaction import Redaction
from results.rules import RULES_VERSION
from tests.results.examples import RUN, arrived, entry, lane_of, sent

WORDS = ("達賴喇嘛", "བོད་རང་བཙན", "شەرقىي تۈركىستان", "김정은", "=1+1", "NaN")


@pytest.fixture
def filled(journal: Journal) -> Journal:
    """A journal with words of many scripts, a pool and whatever can be missing."""
    entries = [entry(f"e{place}", word) for place, word in enumerate(WORDS)]
    journal.add_entries(RUN.id, [*entries, entry("e")])
    attempts = [*lane_of("CpCPnNcC")]
    pool = sent(8, MessageKind.PROBE, "e0", "e1")
    word = arrived(replace(sent(9, MessageKind.PROBE, "e4"), text="=1+1\r\nx"), "")
    for attempt in [*attempts, pool, word, arrived(sent(10, MessageKind.CONTROL))]:
        journal.begin_attempt(attempt)
    return journal


@pytest.mark.parametrize("is_on", [True, False])
def test_package_validates(filled: Journal, tmp_path: Path, is_on: bool) -> None:
    """Frictionless finds nothing wrong with it: types, keys and closed lists hold."""
    write_package(filled, filled.runs(), tmp_path, redaction=Redaction(is_on=is_on))
    report = frictionless.Package(str(tmp_path / DESCRIPTOR)).validate()
    assert report.valid, report.flatten(["type", "message"])
    assert {task.name for task in report.tasks} == {
        "messages",
        "verdicts",
        "aggregates",
        "combinations",
    }


def test_descriptor_says_what_it_is(filled: Journal, tmp_path: Path) -> None:
    """Every column with its meaning; licence, list hashes, versions of program and rules."""
    write_package(
        filled, filled.runs(), tmp_path, redaction=Redaction(is_on=False), licence="CC0-1.0"
    )
    descriptor = json.loads((tmp_path / DESCRIPTOR).read_text(encoding="utf-8"))
    fields = {
        each["name"]: {field["name"]: field["description"] for field in each["schema"]["fields"]}
        for each in descriptor["resources"]
    }
    columns = {
        "messages": (*MESSAGE_COLUMNS, *UNREDACTED_COLUMNS),
        "verdicts": VERDICT_COLUMNS,
        "aggregates": AGGREGATE_COLUMNS,
        "combinations": COMBINATION_COLUMNS,
    }
    assert fields == {
        name: {column.name: f"{column.meaning} ({column.cell})" for column in table}
        for name, table in columns.items()
    }
    assert descriptor["licenses"][0]["path"] == LICENCES["CC0-1.0"][1]
    about = descriptor["undelivered"]
    assert about["runs"][0]["rules_version"] == RULES_VERSION
    assert about["runs"][0]["counts"]["messages"] == 11
    assert about["redacted"] is False


def test_hashes_of_lists_are_named(journal: Journal, tmp_path: Path) -> None:
    """The wordlists of the runs are named with their hashes."""
    listed = replace(RUN, id="20240502T000000Z-00", settings={"wordlist_sha256:tibet": "00ff"})
    journal.start_run(listed)
    write_package(journal, [listed], tmp_path)
    descriptor = json.loads((tmp_path / DESCRIPTOR).read_text(encoding="utf-8"))
    assert descriptor["undelivered"]["wordlists_sha256"] == {"tibet": "00ff"}


@pytest.mark.parametrize("engine", ["c", "python", "pyarrow"])
def test_other_readers_see_every_script(filled: Journal, tmp_path: Path, engine: str) -> None:
    """Words come out of the CSV as they went in, but for the guard of formulas, whoever reads."""
    write_package(filled, filled.runs(), tmp_path)
    table = pd.read_csv(tmp_path / "verdicts.csv", keep_default_na=False, engine=engine)
    assert [each.removeprefix("'") for each in table["keyword"]] == [*WORDS, "e"]
    messages = pd.read_csv(tmp_path / "messages.csv", keep_default_na=False, engine=engine)
    assert list(messages["seq"]) == list(range(11))


def test_readers_that_guess_types_guess_right(filled: Journal, tmp_path: Path) -> None:
    """Where types are guessed and empty is NA, as in R, numbers, times and texts are that."""
    write_package(filled, filled.runs(), tmp_path)
    table = duckdb.sql(
        f"SELECT * FROM read_csv('{tmp_path / 'messages.csv'}', nullstr='', sample_size=-1)"
    )
    kinds = dict(zip(table.columns, map(str, table.types), strict=True))
    assert (kinds["seq"], kinds["created_at"]) == ("BIGINT", "TIMESTAMP WITH TIME ZONE")
    assert (kinds["text"], kinds["fault"]) == ("VARCHAR", "VARCHAR")
    assert table.aggregate("count(*)").fetchall() == [(11,)]


def test_unknown_licence_is_refused(filled: Journal, tmp_path: Path) -> None:
    """A licence that is not known by its id is refused, and those that are known are named."""
    with pytest.raises(JournalError, match=r"'MIT' is not known; give one of CC-BY-4.0"):
        write_package(filled, filled.runs(), tmp_path, licence="MIT")
