"""Reading lists.toml."""

from pathlib import Path

import pytest

from wordlists.catalogue import find_strays, read_catalogue
from wordlists.errors import WHOLE_FILE

GOOD = 'title = "Tibet"\ndescription = "d"\nmaintainers = ["m"]\nlicence = "CC0-1.0"\n'


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        (f"[other]\n{GOOD}\n[tibet]\n", 7, "tibet.title: Field required"),
        (f'[tibet]\n{GOOD}license = "CC0-1.0"\n', 1, "tibet.license: Extra inputs"),
        ("[tibet]\n" + GOOD.replace('"m"', ""), 1, "tibet.maintainers: Tuple should have"),
        ("[tibet]\n" + GOOD.replace('"d"', '""'), 1, "tibet.description: String should have"),
        ("[tibet\n", 1, "not TOML"),
        ("tibet = 1\n", WHOLE_FILE, "tibet: Input should be"),
    ],
)
def test_problem(tmp_path: Path, text: str, line: int, what: str) -> None:
    """What is wrong with lists.toml is said with the table it is in."""
    (tmp_path / "lists.toml").write_text(text, encoding="utf-8")
    _, problems = read_catalogue(tmp_path)
    assert problems[0].line == line
    assert problems[0].what.startswith(what)


def test_folder_without_lists_toml_describes_nothing(tmp_path: Path) -> None:
    """A folder of one's own needs no lists.toml."""
    assert read_catalogue(tmp_path) == ({}, [])


def test_broken_table_is_not_said_to_be_missing_too(tmp_path: Path) -> None:
    """One mistake in a table makes one problem."""
    (tmp_path / "lists.toml").write_text(f"[tibet]\n{GOOD}x = 1\n", encoding="utf-8")
    assert len(find_strays(tmp_path, ("tibet",))) == 1
