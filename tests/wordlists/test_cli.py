"""The command `undelivered wordlist`."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from wordlists import cli
from wordlists.cli import app
from wordlists.lint import COLUMNS
from wordlists.wordlist import SHIPPED, load, shipped_names

HEADER = ",".join(COLUMNS)
FOREIGN = (
    "Date Tested,Keyword,Language,English Translation,Theme,Category,"
    "Group Chat ,1-1 Chat,Media Source,Article Source ,Article Publish Time\n"
    "2017-07-01,甲+乙,simplified Chinese,A + B,,,Blocked,Not blocked,,,\n"
    "2017-07-02,丙,Klingon,C,,,Blocked,Blocked,,,\n"
)


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A file in the format that can be imported, with one good row and one bad."""
    path = tmp_path / "foreign.csv"
    path.write_text(FOREIGN, encoding="utf-8")
    return path


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for local lists that is not the one of this working copy."""
    folder = tmp_path / "local"
    monkeypatch.setattr(cli, "LOCAL", folder)
    return folder


def run(*arguments: str | Path) -> Result:
    """Run the command; an error it does not turn into a message fails the test."""
    return CliRunner().invoke(app, [str(a) for a in arguments], catch_exceptions=False)


def test_shipped_lists_pass_the_check() -> None:
    """What ships has no problems, which is said with what was checked."""
    result = run("check")
    assert result.exit_code == 0
    assert result.stdout.startswith("7 lists, ")
    assert "no problems" in result.stdout


def test_check_says_all_problems_and_fails(tmp_path: Path) -> None:
    """All problems of all lists go to stderr, one a line, then their number; the exit code is 1."""
    for name in ("a", "b"):
        text = f"{HEADER}\nx ,en,REL,2026-01-31,a book,\n"
        (tmp_path / f"{name}.csv").write_text(text, encoding="utf-8")
    result = run("check", tmp_path / "a.csv", tmp_path / "b.csv")
    lines = result.stderr.splitlines()
    assert result.exit_code == 1
    assert result.stdout == ""
    assert [line.partition(": ")[0] for line in lines[:-1]] == [
        f"{tmp_path}/a.csv:2",
        f"{tmp_path}/b.csv:2",
        f"{tmp_path}/b.csv:2",
    ]
    assert lines[-1] == "3 problems"


def test_check_knows_what_day_it_is(tmp_path: Path) -> None:
    """A row that was added in the far future was not."""
    path = tmp_path / "a.csv"
    path.write_text(f"{HEADER}\nx,en,REL,9999-12-31,a book,\n", encoding="utf-8")
    assert "in the future" in run("check", path).stderr


def test_unknown_list_is_a_plain_message() -> None:
    """A name that no list has ends with one line and the names there are."""
    result = run("check", "tibett")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "did you mean tibet" in result.stderr


def test_list_shows_every_shipped_list(local: Path, foreign: Path) -> None:
    """Shipped and local lists are shown with the number of their entries."""
    run("import", foreign, "--as", "mine")
    result = run("list")
    rows = {line.split()[0]: line.split() for line in result.stdout.splitlines()[1:]}
    assert list(rows) == [*shipped_names(), "controls", "mine"]
    count = len(load(SHIPPED / "tibet.csv").entries)
    assert rows["tibet"][1:3] == ["CC0-1.0", str(count)]
    assert rows["mine"][1:] == ["1", "1", "1"]


def test_import_goes_to_the_local_lists(local: Path, foreign: Path) -> None:
    """An import is written where its licence keeps it: out of what ships; and it is accounted."""
    result = run("import", foreign)
    assert result.exit_code == 0
    assert "2 rows read: 1 taken, 0 merged, 1 refused" in result.stdout
    assert "pytest probes --wordlist foreign" in result.stdout
    assert f"refused: {foreign}:3: Language 'Klingon' is unknown" in result.stderr
    assert load(local / "foreign.csv").entries[0].components == ("甲", "乙")


def test_import_overwrites_only_when_forced(local: Path, foreign: Path) -> None:
    """A list that is there is replaced only when asked."""
    output = foreign.parent / "out" / "mine.csv"
    assert run("import", foreign, "--output", output).exit_code == 0
    again = run("import", foreign, "--output", output)
    assert again.exit_code == 1
    assert "there is already a file" in again.stderr
    assert run("import", foreign, "--output", output, "--force").exit_code == 0
    assert f"--wordlist {output}" in run("import", foreign, "--output", output, "--force").stdout


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--as", "tibet"], "a shipped list is named 'tibet'"),
        (["--as", "controls"], "a shipped list is named 'controls'"),
        (["--as", "a/b"], "'a/b' is not a name"),
        (["--output", str(SHIPPED / "mine.csv")], "does not let us ship them"),
        (["--output", "mine.txt"], "must have the suffix .csv"),
    ],
)
def test_import_refuses_bad_places(foreign: Path, arguments: list[str], what: str) -> None:
    """An import can neither stand among the shipped lists nor take the name of one."""
    result = run("import", foreign, *arguments)
    assert result.exit_code == 1
    assert what in result.stderr


def test_import_of_another_format_is_a_plain_message(local: Path, tmp_path: Path) -> None:
    """A file that cannot be imported ends with one line, and nothing is written."""
    path = tmp_path / "other.csv"
    path.write_text("keyword\nx\n", encoding="utf-8")
    result = run("import", path)
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert not local.exists()
