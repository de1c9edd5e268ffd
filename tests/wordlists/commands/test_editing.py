"""The commands `undelivered wordlist add|new|split|merge|export`."""

import os
import pty
import select
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.wordlists.commands.conftest import Run
from tests.wordlists.lists import row, write_rows
from wordlists.wordlist import load, load_all

ADD = ("--category", "REL", "--source", "a book", "--date", "2026-01-31")


def lines_of(path: Path) -> list[str]:
    """The rows of a list, without its header."""
    return path.read_text(encoding="utf-8").splitlines()[1:]


def test_add_puts_one_line_in_its_place(run: Run, library: Path) -> None:
    """The new row stands where the order has it, and every other line is as it was."""
    before = lines_of(library / "tibet.csv")
    result = run("add", "tibet", "Jokhang", *ADD, "--notes", "a temple")
    assert result.exit_code == 0
    assert "tibet.csv:3: added Jokhang (en, REL)" in result.stdout
    after = lines_of(library / "tibet.csv")
    assert after == [before[0], row("Jokhang") + "a temple", *before[1:]]
    assert load_all(folder=library)


def test_add_takes_combinations(run: Run, library: Path) -> None:
    """Components come in the notation of the lists, or one by one."""
    run("add", "tibet", "Dalai Lama + exile", *ADD)
    run("add", "tibet", "Potala", "--component", "R+L", *ADD)
    found = {entry.components for entry in load(library / "tibet.csv").entries}
    assert {("Dalai Lama", "exile"), ("Potala", "R+L")} <= found


def test_add_tells_the_language_from_the_script(run: Run, library: Path) -> None:
    """What the script tells, or what the list has in that script, need not be said."""
    for text in ("བོད", "達賴", "十大", "Lhasa"):
        assert run("add", "tibet", text, *ADD).exit_code == 0
    found = {entry.keyword: entry.language for entry in load(library / "tibet.csv").entries}
    assert [found[text] for text in ("བོད", "達賴", "十大", "Lhasa")] == [
        "bo",
        "zh-Hant",
        "zh-Hans",
        "en",
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("dalai LAMA", "tibet.csv:2"),
        ("Apple Daily", "press.csv:2"),
        ("GOOD DAY", "controls.csv:3"),
    ],
)
def test_add_refuses_a_twin_and_points_to_it(
    run: Run, library: Path, text: str, place: str
) -> None:
    """A duplicate in any shipped list is refused with the place of the entry that is there."""
    before = (library / "tibet.csv").read_bytes()
    result = run("add", "tibet", text, *ADD)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{library}/{place}: {text!r} is there already")
    assert (library / "tibet.csv").read_bytes() == before


def test_add_names_everything_that_is_missing(run: Run, library: Path) -> None:
    """Where nobody can be asked, all that is wrong comes at once, and nothing is written."""
    before = (library / "tibet.csv").read_bytes()
    result = run("add", "tibet", "Lhasa", "--language", "xx")
    assert result.exit_code == 1
    for what in ("language 'xx'", "category ''", "the source is empty"):
        assert what in result.stderr
    assert (library / "tibet.csv").read_bytes() == before


def test_add_refuses_a_list_it_would_make_worse(run: Run, tmp_path: Path) -> None:
    """A file that is no list in order is left alone."""
    path = tmp_path / "x.csv"
    path.write_text('keyword,notes\n"open,x\n', encoding="utf-8")
    result = run("add", path, "Lhasa", *ADD)
    assert result.exit_code == 1
    assert path.read_text(encoding="utf-8") == 'keyword,notes\n"open,x\n'


def test_add_warns_when_no_control_resembles_the_word(run: Run, library: Path) -> None:
    """Whoever adds the first word of a script learns that controls are missing."""
    result = run("add", "tibet", "བོད", *ADD)
    assert "no control can be matched with 'བོད'" in result.stderr


def test_add_asks_on_a_terminal(library: Path) -> None:
    """On a terminal, what is missing is asked for, a wrong answer again, and then it is added."""
    answers = ["", "XYZ", "REL", "Wikipedia, https://example.org"]
    prompts = ["language (BCP 47) [en]:", "category [REL]:", "category [REL]:", "source"]
    leader, follower = pty.openpty()
    command = [
        *(sys.executable, "-c", "from wordlists.cli import app; app()"),
        *("--folder", str(library), "add", "tibet", "Norbulingka"),
    ]
    with subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, close_fds=True
    ) as process:
        os.close(follower)
        shown = ""
        for prompt, answer in zip(prompts, answers, strict=True):
            shown = read_until(leader, prompt, shown)
            os.write(leader, f"{answer}\n".encode())
        assert process.wait(timeout=60) == 0
    os.close(leader)
    assert "Norbulingka" in "\n".join(lines_of(library / "tibet.csv"))


def read_until(terminal: int, prompt: str, before: str) -> str:
    """Read what a terminal shows until it shows a prompt; give what came after that."""
    shown = before
    while prompt not in shown:
        ready, _, _ = select.select([terminal], [], [], 60)
        assert ready, f"no {prompt!r} in {shown!r}"
        shown += os.read(terminal, 4096).decode(errors="replace")
    return shown.split(prompt, 1)[1]


def test_new_makes_a_list_that_can_be_added_to(run: Run, library: Path) -> None:
    """A new list is described in its place in lists.toml, and takes a first word."""
    made = run("new", "labour", "--title", "Labour", "--description", "d", "--maintainer", "m")
    assert made.exit_code == 0
    assert run("add", "labour", "strike", "--category", "ECON", "--source", "x").exit_code == 0
    text = (library / "lists.toml").read_text(encoding="utf-8")
    assert list(tomllib.loads(text)) == ["controls", "labour", "press", "tibet"]
    assert tomllib.loads(text)["labour"]["licence"] == "CC0-1.0"
    assert run("check").exit_code == 0


def test_new_keeps_a_local_list_out(run: Run, library: Path) -> None:
    """A local list lies in the folder that git ignores."""
    answers = ("--title", "T", "--description", "d", "--maintainer", "m")
    assert run("new", "secret", "--local", *answers).exit_code == 0
    assert (library / "local" / "secret.csv").is_file()
    assert not (library / "secret.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["tibet"], "a shipped list is named 'tibet'"),
        (["categories"], "a shipped list is named 'categories'"),
        (["../../evil"], "'../../evil' is not a name for a list"),
        (["a/b"], "'a/b' is not a name for a list"),
        ([".hidden"], "'.hidden' is not a name"),
        (["a" * 65], "is not a name for a list"),
        (["CON\x00"], "is not a name for a list"),
        (["x", "--licence", "CC-BY-NC-4.0"], "forbids commercial use"),
    ],
)
def test_new_refuses(run: Run, library: Path, arguments: list[str], what: str) -> None:
    """No name leads out of the folder, or to a list that is there; no licence is disregarded."""
    before = sorted(library.parent.rglob("*"))
    result = run("new", *arguments, "--title", "T", "--description", "d", "--maintainer", "m")
    assert result.exit_code == 1
    assert what in result.stderr
    assert sorted(library.parent.rglob("*")) == before


def test_new_names_what_is_missing(run: Run) -> None:
    """Where nobody can be asked, all missing options are named."""
    result = run("new", "labour")
    assert "--title, --description, --maintainer missing" in result.stderr


def test_split_and_merge_lose_nothing(run: Run, library: Path, tmp_path: Path) -> None:
    """The parts of a list, merged again, are the list."""
    before = (library / "tibet.csv").read_bytes()
    assert run("split", "tibet", "--by", "language", "--folder", tmp_path / "p").exit_code == 0
    parts = sorted((tmp_path / "p").glob("*.csv"))
    assert [path.name for path in parts] == ["tibet-en.csv", "tibet-zh-hans.csv"]
    merged = run("merge", *parts, "--as", "whole", "--local")
    assert merged.exit_code == 0
    assert (library / "local" / "whole.csv").read_bytes() == before


def test_split_in_place_keeps_the_folder_in_order(run: Run, library: Path) -> None:
    """A shipped list is replaced by its parts, which are described; the lists pass the check."""
    assert "duplicates" in run("split", "tibet", "--by", "category").stderr
    assert run("split", "tibet", "--by", "language", "--replace").exit_code == 0
    assert not (library / "tibet.csv").exists()
    assert run("check").exit_code == 0


def test_merge_says_what_it_leaves_out(run: Run, library: Path, tmp_path: Path) -> None:
    """The weekly words are added in order; what is there already is told, with both places."""
    week = write_rows(
        tmp_path / "week.csv", row("Dalai lama", category="POLR"), row("Jokhang"), row("Kalachakra")
    )
    result = run("merge", "tibet", week)
    assert result.exit_code == 0
    assert [line.split(",")[0] for line in lines_of(library / "tibet.csv")] == [
        "Dalai Lama",
        "Jokhang",
        "Kalachakra",
        "达赖喇嘛",
    ]
    assert f"{week}:2: 'Dalai lama' left out; {library}/tibet.csv:2 stays" in result.stderr
    assert "week: 1 of 3 taken" in result.stdout
    assert "4 entries, 1 equal ones and 1 that differ left out" in result.stdout


def test_merge_keeps_licences_apart(run: Run, library: Path) -> None:
    """A list that may not ship does not slip into one that does."""
    text = '[mine]\ntitle = "t"\ndescription = "d"\nmaintainers = ["m"]\nlicence = "{}"\n'
    (library / "local" / "lists.toml").write_text(text.format("CC-BY-NC-SA-4.0"), encoding="utf-8")
    before = (library / "tibet.csv").read_bytes()
    result = run("merge", "tibet", "mine")
    assert result.exit_code == 1
    assert "forbids commercial use" in result.stderr
    assert (library / "tibet.csv").read_bytes() == before


def test_export_does_not_overwrite(run: Run, tmp_path: Path) -> None:
    """A file that is there is replaced only when asked; an unknown format is named."""
    path = tmp_path / "t.xlsx"
    assert run("export", "tibet", path).exit_code == 0
    assert "there is already a file" in run("export", "tibet", path).stderr
    assert run("export", "tibet", path, "--force").exit_code == 0
    assert "use one of .csv" in run("export", "tibet", tmp_path / "t.doc").stderr
