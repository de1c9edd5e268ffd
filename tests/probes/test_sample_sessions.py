"""Whole sessions of `pytest probes/test_samples.py --samples PATH`."""

import csv
from pathlib import Path

import pytest

from tests.probes.sessions import ONE_LANE, Sessions
from tests.testbeds import rule, write_testbed

SAMPLE = "昨天下午我们讨论了明年的读书计划,有人提到达赖喇嘛和菩提伽耶,大家再见面时带些点心。"
JOB = "probes/test_samples.py"


@pytest.fixture
def samples(tmp_path: Path) -> Path:
    """A table of two samples, of which the first is censored."""
    path = tmp_path / "samples.csv"
    rows = f'"{SAMPLE}",zh-Hans\n今天天气很好。,zh-Hans\n'
    path.write_text(f"text,language\n{rows}", encoding="utf-8")
    return path


def test_words_that_stop_a_sample_are_told(
    sessions: Sessions, tmp_path: Path, samples: Path
) -> None:
    """A censored sample has its combination in sample_combinations.csv; its test passes."""
    testbed = write_testbed(tmp_path / "testbed", [rule("达赖喇嘛", "菩提伽耶")], changes=ONE_LANE)
    arguments = ("--samples", samples, "--testbed", testbed, "--results-dir", sessions.results)
    result = sessions.run(*arguments, "--seed", 1, where=JOB)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*test_samples.py C.*"])
    with (sessions.folder / "sample_combinations.csv").open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["components"] == "达赖喇嘛 + 菩提伽耶"
    assert (row["verdict"], row["ending"]) == ("censored", "rest_arrives")


@pytest.mark.parametrize(
    ("where", "more", "message"),
    [
        (JOB, (), "*test_samples.py: it takes texts: name them with --samples PATH"),
        ("probes/test_keywords.py", ("--samples", "x.csv"), "*name test_samples.py instead"),
        (JOB, ("--samples", "x.csv", "--wordlist", "tibet"), "*leave out --wordlist"),
        (JOB, ("--samples", "nowhere.csv"), "*nowhere.csv: cannot be read: No such file*"),
    ],
)
def test_what_does_not_go_together_is_refused(
    sessions: Sessions, where: str, more: tuple[str, ...], message: str
) -> None:
    """Samples without a path, or with lists, are refused before anything is sent."""
    result = sessions.run(*more, where=where)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
