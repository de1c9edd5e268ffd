"""The command `undelivered wordlist import`."""

import csv
import tomllib
from pathlib import Path

import pytest

from tests.wordlists.commands.conftest import Run
from tests.wordlists.importers.samples import LIU_XIAOBO, write_file
from wordlists.wordlist import load

WORDS = ("--language", "en", "--source", "my notes", "--category", "POLR")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A published file with two good rows and a bad one."""
    lines = (*LIU_XIAOBO[:3], "2017-07-02,丙+,simplified Chinese,C,,,Blocked,Blocked,,,")
    return write_file(tmp_path / "Foreign List (1).csv", *lines)


@pytest.fixture
def words(tmp_path: Path) -> Path:
    """A file of words, one a line."""
    path = tmp_path / "week.txt"
    path.write_text("strike\nDalai Lama + exile\n六四\n", encoding="utf-8")
    return path


def test_import_goes_to_the_local_lists(run: Run, library: Path, foreign: Path) -> None:
    """An import is written where its licence keeps it: out of what ships; and it is accounted."""
    result = run("import", foreign)
    assert result.exit_code == 0
    assert "3 rows read: 2 taken, 0 merged, 1 refused" in result.stdout
    assert "not to be shipped: CC-BY-NC-SA-4.0 forbids commercial use" in result.stdout
    assert "pytest probes --wordlist foreign-list-1" in result.stdout
    assert f"refused: {foreign}:4: keyword '丙+' has an empty component" in result.stderr
    path = library / "local" / "foreign-list-1.csv"
    assert {entry.components for entry in load(path).entries} == {("甲", "乙"), ("丙丁",)}


def test_refused_rows_are_kept_beside_the_list(run: Run, library: Path, foreign: Path) -> None:
    """Every refused row is in a table, with its reason, that is taken for no list."""
    run("import", foreign, "--as", "lxb")
    path = library / "local" / "lxb.refused.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["reason"]) for row in rows] == [
        ("4", "keyword '丙+' has an empty component")
    ]
    assert "丙+,simplified Chinese" in rows[0]["row"]
    assert "lxb.refused" not in run("list").stdout
    run("import", write_file(foreign, *LIU_XIAOBO[:3]), "--as", "lxb", "--force")
    assert not path.exists()


def test_import_says_where_it_is_from(run: Run, library: Path, foreign: Path) -> None:
    """lists.toml keeps the licence, the file and its hash, and no path of this machine."""
    run("import", foreign, "--as", "lxb")
    text = (library / "local" / "lists.toml").read_text(encoding="utf-8")
    described = tomllib.loads(text)["lxb"]
    assert described["licence"] == "CC-BY-NC-SA-4.0"
    assert described["origin"]["source"] == foreign.name
    assert described["origin"]["rows_refused"] == 1
    assert str(foreign.parent) not in text
    assert run("check", "lxb").exit_code == 0


def test_words_take_what_a_person_says(run: Run, library: Path, words: Path) -> None:
    """Of plain text, language, category and source are what the options say."""
    result = run("import", words, *WORDS)
    assert result.exit_code == 0
    found = {entry.keyword: entry for entry in load(library / "local" / "week.csv").entries}
    assert found["Dalai Lama + exile"].components == ("Dalai Lama", "exile")
    assert (found["strike"].language, found["六四"].language) == ("en", "zh")
    assert found["strike"].source == "my notes, week.txt line 1"
    assert {entry.category for entry in found.values()} == {"POLR"}
    assert "licence NOASSERTION (nobody states one" in result.stdout


def test_free_lists_can_ship(run: Run, library: Path, words: Path) -> None:
    """A list goes among the shipped ones only under a licence that allows it."""
    refused = run("import", words, *WORDS, "--shipped")
    assert refused.exit_code == 1
    assert "nobody has stated its licence" in refused.stderr
    assert run("import", words, *WORDS, "--shipped", "--licence", "CC0-1.0").exit_code == 0
    assert (library / "week.csv").is_file()
    assert "week" in tomllib.loads((library / "lists.toml").read_text(encoding="utf-8"))


def test_import_overwrites_only_when_forced(run: Run, tmp_path: Path, foreign: Path) -> None:
    """A list that is there is replaced only when asked, and what changed is told."""
    output = tmp_path / "out" / "mine.csv"
    assert run("import", foreign, "--output", output).exit_code == 0
    before = output.read_bytes()
    again = run("import", foreign, "--output", output)
    assert again.exit_code == 1
    assert "there is already a file" in again.stderr
    assert output.read_bytes() == before
    write_file(foreign, *LIU_XIAOBO)
    forced = run("import", foreign, "--output", output, "--force")
    assert "since the last import: 2 added, 0 removed, 0 changed" in forced.stdout
    assert f"--wordlist {output}" in forced.stdout


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--as", "tibet"], "a shipped list is named 'tibet'"),
        (["--as", "controls"], "a shipped list is named 'controls'"),
        (["--as", "a/b"], "'a/b' is not a name"),
        (["--output", "mine.txt"], "must have the suffix .csv"),
        (["--language", "xx"], "'xx' is not a valid BCP 47 tag"),
        (["--category", "XX"], "category 'XX' is unknown"),
        (["--family", "xx"], "there is no such family of lists"),
        (["--keyword-column", "xx"], "no column is named 'xx'; name one of 'Date Tested'"),
        (["--encoding", "xx"], "there is no encoding 'xx'"),
        (["--shipped"], "forbids commercial use"),
    ],
)
def test_import_refuses(
    run: Run, library: Path, foreign: Path, arguments: list[str], what: str
) -> None:
    """What cannot be is said in one message, and nothing is written."""
    before = sorted(library.rglob("*"))
    result = run("import", foreign, *arguments)
    assert result.exit_code == 1
    assert what in result.stderr
    assert sorted(library.rglob("*")) == before


def test_import_cannot_hide_among_the_shipped_lists(run: Run, library: Path, foreign: Path) -> None:
    """No path gets an import under another licence into the folder that ships."""
    result = run("import", foreign, "--output", library / "mine.csv")
    assert "lists in this folder ship with the project" in result.stderr
    result = run("import", foreign, "--output", library / "mine.csv", "--shipped")
    assert "forbids commercial use" in result.stderr


def test_options_say_what_a_file_does_not(run: Run, library: Path, tmp_path: Path) -> None:
    """Columns, separators, dates and encodings that cannot be told can be named."""
    path = tmp_path / "odd.csv"
    path.write_bytes("词,when\n六四 坦克,3/4/2016\n".encode("gb18030"))
    result = run(
        *("import", path, "--encoding", "gb18030", "--keyword-column", "词"),
        *("--separator", "space", "--dates", "day-first", "--source", "x"),
    )
    assert result.exit_code == 0
    (entry,) = load(library / "local" / "odd.csv").entries
    assert entry.components == ("六四", "坦克")
    assert entry.source == "x, odd.csv line 2; when: 3/4/2016"


def test_workbook_that_was_exported_comes_back(run: Run, library: Path, tmp_path: Path) -> None:
    """A list that went through a spreadsheet is the list it was."""
    assert run("export", "tibet", tmp_path / "t.xlsx").exit_code == 0
    result = run("import", tmp_path / "t.xlsx", "--as", "back", "--licence", "CC0-1.0")
    assert result.exit_code == 0
    shipped, back = library / "tibet.csv", library / "local" / "back.csv"
    assert back.read_bytes() == shipped.read_bytes()
