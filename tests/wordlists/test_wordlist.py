"""Finding and loading lists."""

from hashlib import sha256
from pathlib import Path

import pytest

from wordlists.errors import WHOLE_FILE, WordlistError
from wordlists.lint import COLUMNS
from wordlists.wordlist import SHIPPED, load, load_all, load_controls, resolve, shipped_names

HEADER = ",".join(COLUMNS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of lists: tibet and press, described, with controls; and a local one."""
    write(tmp_path / "tibet.csv", "Dalai Lama", "Kalachakra")
    write(tmp_path / "press.csv", "Apple Daily")
    write(tmp_path / "controls.csv", "good morning")
    write(tmp_path / "local" / "mine.csv", "Bodh Gaya")
    describe(tmp_path, "tibet", "press", "controls")
    return tmp_path


def write(path: Path, *keywords: str) -> None:
    """Write a list of these keywords."""
    path.parent.mkdir(exist_ok=True)
    rows = [f"{keyword},en,REL,2026-01-31,a book," for keyword in keywords]
    path.write_text("\n".join([HEADER, *rows]) + "\n", encoding="utf-8")


def describe(folder: Path, *names: str) -> None:
    """Describe lists of these names in lists.toml."""
    table = 'title = "{0}!"\ndescription = "d"\nmaintainers = ["m"]\nlicence = "CC0-1.0"\n'
    text = "".join(f"[{name}]\n{table.format(name)}\n" for name in names)
    (folder / "lists.toml").write_text(text, encoding="utf-8")


def problems_of(error: WordlistError) -> list[tuple[str, int]]:
    """Where the problems of an error are: file name and line."""
    return [(problem.path.name, problem.line) for problem in error.problems]


def test_list_knows_what_lists_toml_says_of_it(folder: Path) -> None:
    """A list carries its description, and the hash of the file it was read from."""
    path = folder / "tibet.csv"
    wordlist = load(path)
    assert (wordlist.name, wordlist.title, wordlist.licence) == ("tibet", "tibet!", "CC0-1.0")
    assert (wordlist.description, wordlist.maintainers) == ("d", ("m",))
    assert wordlist.sha256 == sha256(path.read_bytes()).hexdigest()
    assert [entry.wordlist for entry in wordlist.entries] == ["tibet", "tibet"]


def test_list_of_ones_own_needs_no_description(folder: Path) -> None:
    """A list that no lists.toml describes is called by its file and says no more."""
    wordlist = load(folder / "local" / "mine.csv")
    assert (wordlist.name, wordlist.title, wordlist.licence) == ("mine", "mine", "")


def test_all_lists_but_the_controls_are_the_default(folder: Path) -> None:
    """Naming no list means the shipped ones; controls come only when asked for."""
    assert [w.name for w in load_all(folder=folder)] == ["press", "tibet"]
    names = [w.name for w in load_all(with_controls=True, folder=folder)]
    assert names == ["press", "tibet", "controls"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tibet", "tibet.csv"),
        ("controls", "controls.csv"),
        ("mine", "local/mine.csv"),
    ],
)
def test_names_are_looked_up(folder: Path, name: str, expected: str) -> None:
    """A bare word is the name of a shipped or a local list, wherever one stands."""
    assert resolve(name, folder=folder) == folder / expected


@pytest.mark.parametrize("text", ["./tibet", "lists/tibet", "tibet.csv", "..\\tibet"])
def test_paths_are_taken_as_they_are(folder: Path, text: str) -> None:
    """A text with a separator or the suffix of a list is a path, even if a list has that name."""
    assert resolve(text, folder=folder) == Path(text)


def test_unknown_name_is_answered_with_the_known_ones(folder: Path) -> None:
    """Who mistypes a name is told the nearest one and all others."""
    with pytest.raises(WordlistError, match="no list named 'tibett'; did you mean tibet") as caught:
        resolve("tibett", folder=folder)
    assert "press, tibet, mine, controls" in str(caught.value)


@pytest.mark.parametrize("name", ["categories", "lists", "local"])
def test_files_that_are_no_lists_have_no_name(folder: Path, name: str) -> None:
    """The table of categories lies beside the lists and is none of them."""
    (folder / "categories.csv").write_text("code,description\n", encoding="utf-8")
    with pytest.raises(WordlistError, match="there is no list named"):
        resolve(name, folder=folder)


def test_a_list_named_twice_is_loaded_once(folder: Path) -> None:
    """The same list by name and by path is no list full of duplicates."""
    loaded = load_all(["tibet", folder / "tibet.csv", "tibet"], folder=folder)
    assert [w.name for w in loaded] == ["tibet"]


def test_everything_wrong_comes_in_one_error(folder: Path) -> None:
    """Broken, missing and unknown lists, and duplicates across lists, are said at once."""
    write(folder / "a.csv", "", "Kalachakra", "x ")
    write(folder / "b.csv", "KALACHAKRA", "y+z")
    names: list[str | Path] = [
        "tibet",
        folder / "b.csv",
        folder / "none.csv",
        "tibbet",
        folder / "a.csv",
    ]
    with pytest.raises(WordlistError) as caught:
        load_all(names, folder=folder)
    assert problems_of(caught.value) == [
        (folder.name, WHOLE_FILE),
        ("b.csv", 2),
        ("b.csv", 3),
        ("none.csv", WHOLE_FILE),
        ("a.csv", 2),
        ("a.csv", 3),
        ("a.csv", 4),
    ]
    duplicates = [p.what for p in caught.value.problems if "duplicate" in p.what]
    assert [f"{folder / 'tibet.csv'}:3" in what for what in duplicates] == [True, True]


def test_message_has_one_line_a_problem(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each line of the message is a place one can jump to, what is wrong, and what to do."""
    monkeypatch.chdir(folder)
    write(folder / "a.csv", "", "x ")
    with pytest.raises(WordlistError) as caught:
        load(folder / "a.csv")
    assert str(caught.value).splitlines() == [
        "a.csv:2: the keyword is empty; write one, or delete the line",
        "a.csv:3: keyword 'x ' starts or ends with a space; remove the space",
    ]


def test_lists_and_their_descriptions_must_match(folder: Path) -> None:
    """A shipped list without description, and a description without list, are problems."""
    describe(folder, "tibet", "gone", "controls")
    with pytest.raises(WordlistError) as caught:
        load_all(folder=folder)
    assert problems_of(caught.value) == [("lists.toml", 7), ("press.csv", WHOLE_FILE)]


def test_shipped_names_are_sorted_and_leave_out_the_controls(folder: Path) -> None:
    """Controls and the table of categories are not among the lists to test."""
    (folder / "categories.csv").write_text("code,description\n", encoding="utf-8")
    assert shipped_names(folder) == ("press", "tibet")


def test_controls_are_entries() -> None:
    """Controls load like any list."""
    assert load_controls().path == SHIPPED / "controls.csv"
