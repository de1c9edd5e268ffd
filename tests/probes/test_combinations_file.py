"""sample_combinations.csv says which combinations were found, and how each was proven."""

import csv
from pathlib import Path

import pytest

from probes.combinations_file import COLUMNS, NAME, write_combinations
from probes.isolate import Aims, Form, Isolation
from probes.isolation_result import IsolationResult
from tests.probes.isolation_filters import EXACT, LANE, Blocks, Lanes, all_of, any_of
from tests.results.examples import CONDITION
from wordlists.entry import parse_keyword

TEXT = "我们讨论了苹果 + 梨子,还有香蕉和一杯茶。"


def isolated(blocks: Blocks) -> IsolationResult:
    """What isolation comes to."""
    isolation = Isolation(
        TEXT,
        form=Form(characters=200, padding="今天天气很好,"),
        channels={LANE: EXACT},
        aims=Aims(finds_all=True),
        blocked_prior=0.5,
    )
    return Lanes(blocks).run(isolation)


@pytest.fixture
def told(tmp_path: Path) -> list[dict[str, str]]:
    """The rows of two samples: one that two rules stop, and one that arrives."""
    results = {
        "s1": isolated(any_of(all_of("苹果 + 梨子", "香蕉"), all_of("茶"))),
        "s2": isolated(lambda _: False),
    }
    path = tmp_path / NAME
    write_combinations(path, results, CONDITION)
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_row_a_combination(told: list[dict[str, str]]) -> None:
    """Each combination has a row, and so has a sample in which none was found."""
    assert [row["sample_id"] for row in told] == ["s1", "s1", "s2"]
    assert {row["number"] for row in told[:2]} == {"1", "2"}
    assert told[2]["components"] == told[2]["number"] == ""
    assert told[2]["ending"] == "nothing_found"
    assert {row["app"] for row in told} == {CONDITION.app}
    assert told[0].keys() == COLUMNS.keys()


def test_components_are_written_as_in_wordlists(told: list[dict[str, str]]) -> None:
    """What is found can be put into a wordlist as it stands, pluses of its own included."""
    found = {frozenset(parse_keyword(row["components"])) for row in told[:2]}
    assert found == {frozenset({"苹果 + 梨子", "香蕉"}), frozenset({"茶"})}


def test_proof_is_told_item_by_item(told: list[dict[str, str]]) -> None:
    """A row says how many messages of each item of the proof were blocked and delivered."""
    several = next(row for row in told if "香蕉" in row["components"])
    items = several["proof"].split("; ")
    assert "alone 1/0 blocked" in items
    assert {"left_out 1 0/1 delivered", "left_out 2 0/1 delivered"} <= set(items)
    assert several["verdict"] == "censored"
    assert several["order_sensitive"] == "false"
    assert float(several["probability"]) > 0.99
    assert int(several["search_messages"]) > int(several["proof_messages"]) > 3
