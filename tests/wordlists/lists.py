"""Lists for tests: entries, files and whole folders of them."""

import datetime
from pathlib import Path

from wordlists.entry import Entry, entry_id
from wordlists.lint import COLUMNS

HEADER = ",".join(COLUMNS)
DAY = datetime.date(2026, 1, 31)
TABLE = 'title = "{0}!"\ndescription = "d"\nmaintainers = ["m"]\nlicence = "CC0-1.0"\n'


def entry(*components: str, language: str = "en", category: str = "REL", notes: str = "") -> Entry:
    """An entry of these components."""
    return Entry(
        id=entry_id(components),
        components=components,
        language=language,
        category=category,
        date_added=DAY,
        source="a book",
        notes=notes,
        wordlist="mine",
        path=Path("mine.csv"),
        line=2,
    )


def row(keyword: str, language: str = "en", category: str = "REL") -> str:
    """A row of a list."""
    return f"{keyword},{language},{category},2026-01-31,a book,"


def write_rows(path: Path, *rows: str) -> Path:
    """Write a list of these rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in (HEADER, *rows)), encoding="utf-8")
    return path


def make_library(folder: Path) -> Path:
    """Make a folder of lists: tibet and press with their controls, and a local one, mine."""
    write_rows(
        folder / "tibet.csv",
        row("Dalai Lama"),
        row("Kalachakra"),
        row("达赖喇嘛", "zh-Hans"),
    )
    write_rows(folder / "press.csv", row("Apple Daily", category="NEWS"))
    write_rows(
        folder / "controls.csv",
        row("a cup of tea", category="CTRL"),
        row("good day", category="CTRL"),
        row("天气很好", "zh-Hans", "CTRL"),
    )
    write_rows(folder / "local" / "mine.csv", row("Bodh Gaya"))
    names = ("controls", "press", "tibet")
    text = "\n".join(f"[{name}]\n{TABLE.format(name)}" for name in names)
    (folder / "lists.toml").write_text(text, encoding="utf-8")
    return folder
