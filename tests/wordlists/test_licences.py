"""Licences: which let a list ship, and how they are told."""

from pathlib import Path

import pytest

from wordlists.licences import SHIPPABLE, UNKNOWN, detect, detect_beside, obstacle


@pytest.mark.parametrize("licence", SHIPPABLE)
def test_free_licences_let_a_list_ship(licence: str) -> None:
    """Nothing stands in the way of a list under a free licence."""
    assert obstacle(licence) is None


@pytest.mark.parametrize(
    ("licence", "why"),
    [
        ("CC-BY-NC-SA-4.0", "forbids commercial use"),
        ("CC-BY-ND-4.0", "forbids changed copies"),
        (UNKNOWN, "nobody has stated its licence"),
        ("", "nobody has stated its licence"),
        ("LicenseRef-mine", "is not among the licences known"),
    ],
)
def test_other_licences_do_not(licence: str, why: str) -> None:
    """What stands in the way is said in words."""
    assert why in str(obstacle(licence))


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("Attribution-NonCommercial-ShareAlike 4.0 International", "CC-BY-NC-SA-4.0"),
        ("This data is licensed under CC BY-NC-SA 4.0.", "CC-BY-NC-SA-4.0"),
        ("https://creativecommons.org/licenses/by-sa/3.0/", "CC-BY-SA-3.0"),
        ("Creative Commons CC0 1.0 Universal", "CC0-1.0"),
        ("Permission is hereby granted, free of charge,\n to any person", "MIT"),
        ("All rights reserved.", None),
    ],
)
def test_licence_is_told_from_a_text(text: str, licence: str | None) -> None:
    """Licences are told from their own words, their names and their addresses."""
    assert detect(text) == licence


def test_licence_is_looked_for_in_the_repository(tmp_path: Path) -> None:
    """The licence of a repository holds for the files in it, and not beyond."""
    path = tmp_path / "repository" / "data" / "list.csv"
    path.parent.mkdir(parents=True)
    (tmp_path / "LICENSE").write_text("CC0 1.0", encoding="utf-8")
    assert detect_beside(path) is None
    (tmp_path / "repository" / ".git").mkdir()
    readme = tmp_path / "repository" / "README.md"
    readme.write_text("under CC BY-NC-SA 4.0", encoding="utf-8")
    assert detect_beside(path) == ("CC-BY-NC-SA-4.0", readme)


def test_our_licence_says_nothing_of_other_lists() -> None:
    """A file in a working copy of this project is not under its licence for that."""
    assert detect_beside(Path(__file__).parents[2] / "week.csv") is None
