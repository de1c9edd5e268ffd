"""The command `undelivered wordlist check`."""

import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.wordlists.commands.conftest import Run
from tests.wordlists.lists import HEADER, row, write_rows
from wordlists.cli import app
from wordlists.commands.checking import annotation
from wordlists.errors import WHOLE_FILE, Problem, Severity


def test_shipped_lists_pass_the_check() -> None:
    """What ships has no problems and no warnings, which is said with what was checked."""
    result = CliRunner().invoke(app, ["check"], catch_exceptions=False)
    assert result.exit_code == 0
    assert result.stdout.startswith("7 lists, ")
    assert result.stdout.endswith("no problems\n")
    assert result.stderr == ""


def test_all_problems_are_told_and_the_check_fails(run: Run, tmp_path: Path) -> None:
    """All problems of all lists go to stderr, one a line, then their number; the exit code is 1."""
    for name in ("a", "b"):
        write_rows(tmp_path / f"{name}.csv", row("x "))
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


def test_day_of_the_check_is_known(run: Run, tmp_path: Path) -> None:
    """A row that was added in the far future was not."""
    path = write_rows(tmp_path / "a.csv", "x,en,REL,9999-12-31,a book,")
    assert "in the future" in run("check", path).stderr


def test_unknown_list_is_a_plain_message(run: Run) -> None:
    """A name that no list has is one problem, which gives the names there are."""
    result = run("check", "tibett")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 2
    assert "did you mean tibet" in result.stderr


def test_warnings_do_not_fail_the_check(run: Run, library: Path) -> None:
    """Entries without a control, spoilt controls and rows out of order are told, and pass."""
    write_rows(library / "tibet.csv", row("བོད", "bo"), row("good da"), row("Dalai Lama"))
    result = run("check")
    assert result.exit_code == 0
    assert "no problems, 3 warnings" in result.stdout
    tibet = library / "tibet.csv"
    for place, what in (
        (f"{tibet}:2", "warning: no control can be matched with 'བོད': no control is in its script"),
        (f"{tibet}:3", f"'good da' is part of the control 'good day' at {library}/controls.csv:3"),
        (f"{tibet}:4", "'Dalai Lama' stands after 'good da'"),
    ):
        assert any(place in line and what in line for line in result.stderr.splitlines()), what


def test_mended_lists_are_clean_and_the_rest_is_told(run: Run, library: Path) -> None:
    """`--fix` mends what it may, says what it did, and tells what only a person can mend."""
    tibet = library / "tibet.csv"
    write_rows(tibet, row("x "), row("a+b"), row("Dalai Lama"))
    result = run("check", "tibet", "--fix")
    assert result.exit_code == 1
    assert "mended: keyword tidied (1), list sorted (1)" in result.stdout
    assert result.stderr.splitlines()[-1].startswith("1 problem")
    assert tibet.read_text(encoding="utf-8").splitlines()[1:] == [
        row("Dalai Lama"),
        row("a+b"),
        row("x"),
    ]


def test_clean_list_is_not_touched_by_fix(run: Run, library: Path) -> None:
    """A list that nothing is wrong with is not written again."""
    before = (library / "tibet.csv").stat()
    assert run("check", "--fix").exit_code == 0
    assert (library / "tibet.csv").stat() == before


def test_json_holds_everything(run: Run, tmp_path: Path) -> None:
    """A program gets lists, problems with their severity, and what was mended, as one object."""
    path = write_rows(tmp_path / "a.csv", row("long enough "), row("y+z"))
    result = run("check", path, "--json", "--fix")
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    assert found["lists"] == [{"name": "a", "path": str(path), "entries": 1}]
    assert [(each["line"], each["severity"]) for each in found["problems"]] == [(3, "error")]
    assert found["mended"] == {str(path): {"keyword tidied": 1}}


def test_github_comments_on_the_line(run: Run, library: Path) -> None:
    """Each problem becomes an annotation of its file and line, relative to the working copy."""
    write_rows(Path("a.csv"), row("x "), row("བོད", "bo"))
    result = run("check", "a.csv", "--github")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith("::error file=a.csv,line=2,title=wordlist::keyword 'x ' starts")
    assert lines[1].startswith("::warning file=a.csv,line=3,title=wordlist::no control")


@pytest.mark.parametrize(
    ("path", "line", "expected"),
    [
        ("a,b:c.csv", 3, "::error file=a%2Cb%3Ac.csv,line=3,title=wordlist::100%25%0A::x; y"),
        ("a.csv", WHOLE_FILE, "::error file=a.csv,title=wordlist::100%25%0A::x; y"),
    ],
)
def test_annotation_cannot_be_broken_out_of(path: str, line: int, expected: str) -> None:
    """Text from a list never starts a command of its own."""
    problem = Problem(path=path, line=line, what="100%\n::x", fix="y", severity=Severity.ERROR)
    assert annotation(problem) == expected


def test_pull_request_that_adds_a_word_is_one_line(run: Run, library: Path) -> None:
    """`add` changes one line of one file, and CI comments on that line when it is wrong."""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.org", "-C", str(library)]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *command], check=True)
    added = run("add", "tibet", "Norbulingka", "--category", "REL", "--source", "a book")
    assert added.exit_code == 0
    changed = subprocess.run(
        [*git, "diff", "--numstat"], check=True, capture_output=True, text=True
    ).stdout
    assert changed.split() == ["1", "0", "tibet.csv"]
    tibet = library / "tibet.csv"
    text = tibet.read_text(encoding="utf-8")
    tibet.write_text(text.replace("Norbulingka,en", "Norbulingka ,en"), encoding="utf-8")
    result = run("check", "--github")
    assert result.exit_code == 1
    (comment,) = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert comment.startswith(f"::error file={tibet},line=4,")


def test_pre_commit_hook_takes_the_names_of_files(run: Run, library: Path) -> None:
    """The hooks run commands that exist, with the paths of changed lists as arguments."""
    hooks = (Path(__file__).parents[3] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    entries = [line.partition(": ")[2] for line in hooks.splitlines() if "entry:" in line]
    assert entries == ["undelivered wordlist check", "undelivered wordlist check --fix"]
    for command in entries:
        words = command.split()[2:]
        assert run(*words, library / "tibet.csv", library / "press.csv").exit_code == 0


def test_categories_are_no_list(run: Run, library: Path) -> None:
    """A table that is no list says which header a list has."""
    path = library / "other.csv"
    path.write_text("code,description\nX,y\n", encoding="utf-8")
    assert HEADER in run("check", path).stderr
