"""What has to be stated before a run sends through an app that people use."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.consent import consent_to_state, objections, statement, statement_id
from drivers.errors import ConfigError
from drivers.testbed import load_testbed
from tests.drivers.test_testbed import TESTBED

STATED = f"""
[consent]
text = "{statement_id()}"
acknowledged_by = "the ethics board"
date = 2026-01-31
"""
PACING = "[pacing]\npause_s = [15, 35]\ndaily_budget = 100\n"
REAL = ('app = "courier"', 'app = "wechat"')


def refused(tmp_path: Path, text: str, *changes: tuple[str, str]) -> Sequence[str]:
    """Why nothing is sent on a testbed."""
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "testbed.toml"
    path.write_text(text, encoding="utf-8")
    testbed = load_testbed(str(path))
    return objections(testbed.lanes, testbed.consent, testbed.pacing)


def with_all(*, consent: str = STATED, pacing: str = PACING) -> str:
    """A testbed of real handsets, with what a run wants to be stated."""
    head, bracket, rest = TESTBED.partition("[[account]]")
    return head + consent + pacing + bracket + rest


def test_real_app_is_refused_with_all_problems_at_once(tmp_path: Path) -> None:
    """Without consent, a budget and a pace nothing is sent, and each of them is named."""
    said = "\n".join(refused(tmp_path, TESTBED, REAL))
    assert "WeChat: other people use it" in said
    assert "no table [consent]" in said
    assert "daily_budget is missing" in said
    assert "pause_s is missing" in said


def test_real_app_with_all_that_is_wanted(tmp_path: Path) -> None:
    """With the statement acknowledged, a budget and a pace, a run may begin."""
    assert refused(tmp_path, with_all(), REAL) == ()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((statement_id(), "0123456789ab"), "is not the statement below"),
        (("2026-01-31", f"{(datetime.now(UTC) + timedelta(days=9)).date()}"), "has not come yet"),
        (("pause_s = [15, 35]", "pause_s = [0, 35]"), "shorter than 5 s"),
        (("daily_budget = 100\n", ""), "daily_budget is missing"),
        (("pause_s = [15, 35]\n", ""), "pause_s is missing"),
    ],
)
def test_each_problem_is_told(tmp_path: Path, change: tuple[str, str], said: str) -> None:
    """What is missing or wrong is said with the value."""
    title, problem = refused(tmp_path, with_all(), REAL, change)
    assert title.startswith("WeChat")
    assert said in problem


def test_apps_and_servers_of_ones_own_need_no_consent(tmp_path: Path) -> None:
    """An app made for tests, an embedded handset, or a server of one's own reaches nobody else."""
    assert refused(tmp_path, TESTBED) == ()
    own = ('app = "courier"', 'app = "wechat"\nown_network = true')
    assert refused(tmp_path, TESTBED, own) == ()
    embedded = load_testbed("embedded")
    assert objections(embedded.lanes, embedded.consent, embedded.pacing) == ()


def test_statement_is_named_by_its_text() -> None:
    """The refusal shows the statement whole, and the lines that acknowledge just that text."""
    said = consent_to_state()
    assert statement() in said
    assert f'text = "{statement_id()}"' in said


def test_nobody_can_acknowledge_for_nobody(tmp_path: Path) -> None:
    """Who answers for it must be named."""
    with pytest.raises(ConfigError, match="acknowledged_by"):
        refused(tmp_path, with_all(consent=STATED.replace("the ethics board", "")), REAL)
