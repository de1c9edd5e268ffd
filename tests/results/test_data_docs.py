"""docs/data.md describes what is written."""

import json
import re
import sqlite3
from pathlib import Path

import pytest

from results.bracketing import BracketLimits
from results.columns import (
    AGGREGATE_COLUMNS,
    COMBINATION_COLUMNS,
    MESSAGE_COLUMNS,
    RECEIVER_COLUMNS,
    RECEIVER_VERDICT_COLUMNS,
    UNREDACTED_COLUMNS,
    VERDICT_COLUMNS,
    Column,
)
from results.envelope import write_envelopes
from results.export import write_run
from results.inference import Limits
from results.journal import Journal
from results.observers import COMPARISON_RULES
from results.record import MessageKind
from results.redaction import Redaction
from results.rules import OUTCOME_RULES, RULES_VERSION, VOID_RULES, OutcomeRule, VoidRule
from results.scope import Scope
from results.verdict_rules import VERDICT_RULES, VerdictRule
from tests.results.examples import RUN, entry, sent

TEXT = (Path(__file__).parents[2] / "docs" / "data.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """Give the text under a heading."""
    return TEXT.split(f"\n## {title}\n")[1].split("\n## ")[0]


def named_in(text: str) -> list[str]:
    """Give the names in the first column of the tables of a text."""
    rows = re.findall(r"^\| (`.*?`) \|", text, flags=re.MULTILINE)
    return [name for row in rows for name in re.findall(r"`([^`]+)`", row)]


@pytest.mark.parametrize(
    ("file", "columns"),
    [
        ("messages.csv", (*MESSAGE_COLUMNS, *UNREDACTED_COLUMNS)),
        ("verdicts.csv", VERDICT_COLUMNS),
        ("aggregates.csv", AGGREGATE_COLUMNS),
        ("combinations.csv", COMBINATION_COLUMNS),
        ("receiver_verdicts.csv", RECEIVER_VERDICT_COLUMNS),
    ],
)
def test_columns_are_documented(file: str, columns: tuple[Column, ...]) -> None:
    """Every column is described, in order, with its meaning and type, and no other is."""
    assert named_in(section(file)) == [column.name for column in columns]
    for column in columns:
        meaning = column.meaning.replace("<", "&lt;").replace(">", "&gt;")
        assert f"| `{column.name}` | {meaning} | {column.cell} |" in section(file)


def test_keys_of_measurements_are_documented(journal: Journal, tmp_path: Path) -> None:
    """Every key of a measurement of ours, in its three parts, is described."""
    journal.add_entries(RUN.id, [entry("e")])
    journal.begin_attempt(sent(0, MessageKind.PROBE, "e"))
    path = write_envelopes(journal, [RUN], tmp_path, Scope(), Redaction())
    measurement = json.loads(path.read_text(encoding="utf-8"))
    told = section("measurements.jsonl")
    keys = measurement["test_keys"]
    for key in (*keys, *keys["control"], *keys["result"], *keys["target"][0]):
        assert f"`{key}`" in told
    assert all(f"`{key}`" in told for key in measurement["annotations"])


def test_rules_are_documented() -> None:
    """Every rule is listed in order, with its comment, under the version in force."""
    rules: list[OutcomeRule | VoidRule | VerdictRule] = [
        *OUTCOME_RULES,
        *VOID_RULES,
        *VERDICT_RULES,
    ]
    assert named_in(section("Rules")) == [rule.rule_id for rule in rules]
    assert all(rule.comment in section("Rules") for rule in rules)
    assert f"Version {RULES_VERSION}." in section("Rules")


def test_receivers_are_documented() -> None:
    """Every column of receivers.csv is described, and every comparison that one of them holds."""
    told = section("receivers.csv")
    comparisons = [rule.rule_id for rule in COMPARISON_RULES]
    assert named_in(told) == [*(column.name for column in RECEIVER_COLUMNS), *comparisons]
    assert all(f"| {column.meaning} | {column.cell} |" in told for column in RECEIVER_COLUMNS)
    assert all(rule.comment in told for rule in COMPARISON_RULES)


def test_run_file_is_documented(journal: Journal, tmp_path: Path) -> None:
    """Every key of run.json is described, nested ones too."""
    summary = json.loads(write_run(journal, RUN.id, tmp_path)[2].read_text(encoding="utf-8"))
    assert sorted(named_in(section("run.json"))) == sorted(summary)
    for part in ("counts", "noise"):
        assert all(f"`{key}`" in section("run.json") for key in summary[part])


def test_tables_are_documented(journal: Journal) -> None:
    """Every table of the journal is described."""
    reader = sqlite3.connect(journal.path)
    tables = {
        name for (name,) in reader.execute("SELECT name FROM sqlite_schema WHERE type='table'")
    }
    reader.close()
    assert tables <= set(named_in(section("The journal")))


def test_default_limits_are_documented() -> None:
    """The numbers in the text are the defaults in the code."""
    limits, bracket = Limits(), BracketLimits()
    for words in (
        f"`bracket_messages` ({bracket.bracket_messages})",
        f"`bracket_s` ({bracket.bracket_s:g})",
        f"`settle_s` ({bracket.settle_s:g})",
        f"a prior of {limits.priors.low:.1%}".replace("%", " %"),
        f"(a prior of {limits.priors.high:.0%}".replace("%", " %"),
        f"α and β are {limits.alpha}",
    ):
        assert words in " ".join(TEXT.split())
    assert limits.alpha == limits.beta
