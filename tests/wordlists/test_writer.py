"""Writing lists: what is written is what is read."""

import datetime
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wordlists.characters import misfits
from wordlists.entry import Entry, entry_id, folded, format_keyword
from wordlists.errors import WordlistError
from wordlists.findings import check_keyword, check_notes, check_source
from wordlists.lint import read_list
from wordlists.wordlist import load
from wordlists.writer import format_list, write_list

PATH = Path("mine.csv")


def tidy(text: str) -> str:
    """Bring most texts into a form that the lint accepts, so that few draws are wasted."""
    bad = {at for at, _ in misfits(text)}
    kept = "".join(character for at, character in enumerate(text) if at not in bad)
    return unicodedata.normalize("NFC", " ".join(kept.split()))


# Much of it from what CSV, the guard and the keyword notation use themselves.
TEXTS = st.text(
    st.sampled_from("+＋\\=-@',\"; aé中ག\u200dئ🔥") | st.characters(codec="utf-8"), max_size=12
).map(tidy)
COMPONENTS = TEXTS.filter(lambda text: not list(check_keyword(format_keyword([text]))))
SOURCES = TEXTS.filter(lambda text: not list(check_source(text)))
NOTES = TEXTS.filter(lambda text: not list(check_notes(text)))


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Draw an entry whose texts the lint accepts."""
    components = tuple(
        draw(
            st.lists(
                COMPONENTS, min_size=1, max_size=3, unique_by=lambda component: folded([component])
            )
        )
    )
    return Entry(
        id=entry_id(components),
        components=components,
        language=draw(st.sampled_from(["zh-Hans", "zh-Hant", "bo", "ug", "en"])),
        category=draw(st.sampled_from(["POLR", "REL"])),
        date_added=draw(st.dates()),
        source=draw(SOURCES),
        notes=draw(st.lists(NOTES, max_size=3).map("\n".join)),
        wordlist=PATH.stem,
        path=PATH,
        line=2,
    )


@given(entries())
def test_what_the_lint_accepts_comes_back_as_it_was(entry: Entry) -> None:
    """Writing and reading is the identity for every text that may be in a list."""
    reading = read_list(PATH, format_list([entry]).encode(), wordlist=PATH.stem)
    assert reading.problems == ()
    assert reading.entries == (entry,)


@given(st.lists(entries(), min_size=1, max_size=4))
def test_lines_come_back_in_order(drawn: list[Entry]) -> None:
    """Entries keep their order, and each knows the line it starts on."""
    reading = read_list(PATH, format_list(drawn).encode(), wordlist=PATH.stem)
    lines = []
    line = 2
    for entry in drawn:
        lines.append(line)
        line += 1 + entry.notes.count("\n")
    assert [entry.line for entry in reading.entries] == lines
    assert [entry.id for entry in reading.entries] == [entry.id for entry in drawn]


@given(TEXTS, st.sampled_from(["upper", "lower", "swapcase", "title"]))
def test_duplicates_do_not_depend_on_case(text: str, change: str) -> None:
    """A change of case that case folding undoes makes no new entry."""
    changed = str(getattr(text, change)())
    assume(text.casefold() == changed.casefold())
    assert folded([text]) == folded([changed])


ENTRY = Entry(
    id=entry_id(["Dalai Lama"]),
    components=("Dalai Lama",),
    language="en",
    category="REL",
    date_added=datetime.date(2026, 1, 31),
    source="a book",
    notes="",
    wordlist="mine",
    path=PATH,
    line=2,
)


def test_a_file_is_not_overwritten_unless_asked(tmp_path: Path) -> None:
    """A list that is there stays as it is until its replacement is asked for."""
    path = tmp_path / "lists" / "mine.csv"
    write_list([ENTRY], path)
    before = path.read_bytes()
    other = replace(ENTRY, components=("Kalachakra",))
    with pytest.raises(WordlistError, match="there is already a file"):
        write_list([other], path)
    assert path.read_bytes() == before
    write_list([other], path, overwrite=True)
    assert load(path).entries[0].components == ("Kalachakra",)


def test_a_write_that_fails_leaves_the_old_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the disk is full, the old list is whole and no half of a new one lies about."""
    path = tmp_path / "mine.csv"
    write_list([ENTRY], path)
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WordlistError, match="No space left on device"):
        write_list([replace(ENTRY, components=("Kalachakra",))], path, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
