"""Mending lists: what has one remedy is mended, and nothing else is touched."""

import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wordlists.lists import HEADER, row
from wordlists.lint import read_list
from wordlists.mending import mend

PATH = Path("mine.csv")


def mended(*lines: str, header: str = HEADER) -> str:
    """Mend a list of these lines; give its rows."""
    data = "".join(f"{line}\n" for line in (header, *lines)).encode()
    return mend(PATH, data).data.decode().removeprefix(f"{HEADER}\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (" x ,en,REL,2026-01-31,a book,", "x,en,REL,2026-01-31,a book,"),
        ("x  y,en,REL,2026-01-31,a book,", "x y,en,REL,2026-01-31,a book,"),
        ("x\u00a0y,en,REL,2026-01-31,a book,", "x y,en,REL,2026-01-31,a book,"),
        ("x\u200by,en,REL,2026-01-31,a book,", "xy,en,REL,2026-01-31,a book,"),
        ("cafe\u0301,en,REL,2026-01-31,a book,", "café,en,REL,2026-01-31,a book,"),
        ("=x,en,REL,2026-01-31,a book,", "'=x,en,REL,2026-01-31,a book,"),
        ("x,zh_hans,REL,2026-01-31,a book,", "x,zh-Hans,REL,2026-01-31,a book,"),
        ("x,en,rel,2026-01-31,a book,", "x,en,REL,2026-01-31,a book,"),
        ("x,en,REL,2026/1/5,a book,", "x,en,REL,2026-01-05,a book,"),
        ("x,en,REL,2026-01-31,a  book ,", "x,en,REL,2026-01-31,a book,"),
        ('x,en,REL,2026-01-31,a book," a \nb "', 'x,en,REL,2026-01-31,a book,"a\nb"'),
        (f"\n{row('x')}\n , ,,,,", row("x")),
    ],
    ids=ascii,
)
def test_what_has_one_remedy_is_mended(before: str, after: str) -> None:
    """Each mechanical problem is mended in the way the check proposes."""
    assert mended(before) == f"{after}\n"
    assert read_list(PATH, f"{HEADER}\n{after}\n".encode(), wordlist="mine").problems == ()


@pytest.mark.parametrize(
    "line",
    [
        row("a+b"),  # may be one text or two
        row("'x"),  # may be a mark or a quote
        row("a\u202eb"),  # reads otherwise without it
        row("a + A"),
        "x,en,REL,7/1/2016,a book,",
        "x,en,XYZ,2026-01-31,a book,",
        "x,zz,REL,2026-01-31,a book,",
        "x,en,REL",
        '"open,en,REL,2026-01-31,a book,',
        '"quoted without need",en,REL,2026-01-31,a book,',
    ],
    ids=ascii,
)
def test_what_a_person_must_decide_is_left(line: str) -> None:
    """What has several remedies, and what is in order however it is written, keeps every byte."""
    data = f"{HEADER}\n{line}\n".encode()
    assert mend(PATH, data).data == data
    assert not mend(PATH, data).done


def test_rows_are_sorted_and_twins_dropped() -> None:
    """Rows come in order of language and keyword; a row that is there to the letter twice, once."""
    assert mended(row("藏", "zh-Hans"), row("b"), row("a"), row("b")) == "".join(
        f"{line}\n" for line in (row("a"), row("b"), row("藏", "zh-Hans"))
    )


def test_twins_that_differ_stay() -> None:
    """Which of two rows on a keyword is right, a person has to say."""
    lines = (row("a"), row("a", category="POLR"))
    assert mended(*lines) == "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("Keyword , LANGUAGE,category,date_added,source,notes", row("x")),
        ("language,keyword,category,date_added,source,notes", "en,x,REL,2026-01-31,a book,"),
        ("keyword,language,category,date_added,source", "x,en,REL,2026-01-31,a book"),
    ],
)
def test_header_is_put_right(header: str, line: str) -> None:
    """Columns that are all there are put in order; missing notes are empty ones."""
    assert mended(line, header=header) == f"{row('x')}\n"


def test_header_that_lacks_facts_is_left() -> None:
    """Nobody can make up the source of an entry."""
    data = b"keyword,language,category,date_added\nx,en,REL,2026-01-31\n"
    assert mend(PATH, data).data == data


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encoding_marks_are_removed(encoding: str) -> None:
    """What a spreadsheet saved becomes UTF-8 without a mark, with our ends of lines."""
    data = f"{HEADER}\r\n{row('藏', 'zh-Hans')}\r\n".encode(encoding)
    assert mend(PATH, data).data == f"{HEADER}\n{row('藏', 'zh-Hans')}\n".encode()


def test_bytes_that_are_not_utf8_are_left() -> None:
    """A file in another encoding is not touched: which one it is, nobody knows for sure."""
    data = f"{HEADER} \n".encode() + "六四,zh-Hans,REL,2026-01-31,a book,\n".encode("gb18030")
    assert mend(PATH, data).data == data


CELLS = st.text(
    st.sampled_from("ab +\\=' \u00a0\u200b\u202e\"é6\n,") | st.characters(codec="utf-8")
)


@given(st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=4))
def test_mending_twice_changes_nothing_more(rows: list[tuple[str, str, str]]) -> None:
    """A mended list is as good as it gets, and what can be read of its keywords is as it was."""
    lines = [
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in (a, "en", "REL", b, c, ""))
        for a, b, c in rows
    ]
    data = "\n".join([HEADER, *lines, ""]).encode()
    once = mend(PATH, data).data
    assert mend(PATH, once).data == once

    def good(found: bytes) -> set[str]:
        entries = read_list(PATH, found, wordlist="mine", today=datetime.date.max).entries
        return {entry.id for entry in entries}

    assert good(data) <= good(once)
