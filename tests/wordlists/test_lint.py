"""Everything that can be wrong with a list, and that it is all said at once."""

import datetime
from pathlib import Path

import pytest

from wordlists.duplicates import find_duplicates
from wordlists.lint import COLUMNS, Reading, read_list

HEADER = ",".join(COLUMNS)
GOOD = "Dalai Lama,en,REL,2026-01-31,a book,"
PATH = Path("lists/mine.csv")


def read(*lines: str, header: str = HEADER, today: datetime.date | None = None) -> Reading:
    """Read a list of these lines, the first of which is on line 2."""
    text = "\n".join([header, *lines]) + "\n"
    return read_list(PATH, text.encode(), wordlist="mine", today=today)


def test_good_row_becomes_an_entry() -> None:
    """A row in order becomes an entry that knows its list, file and line."""
    (entry,) = read("Dalai Lama + Kalachakra,en,REL,2026-01-31,a book,note").entries
    assert entry.components == ("Dalai Lama", "Kalachakra")
    assert entry.is_combination
    assert entry.keyword == "Dalai Lama + Kalachakra"
    assert (entry.language, entry.category) == ("en", "REL")
    assert entry.date_added == datetime.date(2026, 1, 31)
    assert (entry.source, entry.notes, entry.wordlist) == ("a book", "note", "mine")
    assert (entry.path, entry.line) == (PATH, 2)


@pytest.mark.parametrize(
    ("row", "what", "fix"),
    [
        # The keyword
        (",en,REL,2026-01-31,a book,", "the keyword is empty", "or delete the line"),
        ("\u200b,en,REL,2026-01-31,a book,", "(U+200B ZERO WIDTH SPACE)", "can be seen"),
        ("a + \u3164,en,REL,2026-01-31,a book,", "of component 2 of 2", "can be seen"),
        (" a,en,REL,2026-01-31,a book,", "' a' starts or ends with a space", "remove the space"),
        ("a ,en,REL,2026-01-31,a book,", "'a ' starts or ends with a space", "remove the space"),
        ("a  b,en,REL,2026-01-31,a book,", "two spaces in a row", "leave one"),
        ("a\u00a0b,en,REL,2026-01-31,a book,", "U+00A0 NO-BREAK SPACE, at 2", "a plain space"),
        ("a\u202eb,en,REL,2026-01-31,a book,", "U+202E RIGHT-TO-LEFT OVERRIDE", "remove it"),
        ("a\x07b,en,REL,2026-01-31,a book,", "a control character, U+0007", "remove it"),
        ('"a\nb",en,REL,2026-01-31,a book,', "a control character, U+000A", "remove it"),
        ("cafe\u0301,en,REL,2026-01-31,a book,", "NFC from character 4 on", r"'caf\xe9'"),
        ("a +  + b,en,REL,2026-01-31,a book,", "component 2 of 'a +  + b' is empty", r"\+"),
        ("a +,en,REL,2026-01-31,a book,", "component 2 of 'a +' is empty", r"\+"),
        ("a + A,en,REL,2026-01-31,a book,", "component 'A' of 'a + A' is repeated", "keep one"),
        ("a+b+c,en,REL,2026-01-31,a book,", "the + at 2 in 'a+b+c'", "'a + b + c' if it does"),
        ("=1,en,REL,2026-01-31,a book,", "keyword '=1' starts like a formula", "put ' in front"),
        ("'s,en,REL,2026-01-31,a book,", "is read as a mark and left out", "write '' to keep it"),
        # The language
        ("a,,REL,2026-01-31,a book,", "the language is empty", "zh-Hans"),
        ("a,chinese,REL,2026-01-31,a book,", "'chinese' is not a valid BCP 47 tag", "zh-Hans"),
        ("a,zz,REL,2026-01-31,a book,", "'zz' is not a valid BCP 47 tag", "zh-Hans"),
        ("a,und,REL,2026-01-31,a book,", "'und' names no language", "zh-Hans"),
        ("a,zh-hans,REL,2026-01-31,a book,", "not in standard form", "write zh-Hans"),
        ("a,zh_Hans,REL,2026-01-31,a book,", "not in standard form", "write zh-Hans"),
        # The category
        ("a,en,POLT,2026-01-31,a book,", "category 'POLT' is unknown", "did you mean POLR?"),
        ("a,en,rel,2026-01-31,a book,", "category 'rel' is unknown", "did you mean REL?"),
        ("a,en,,2026-01-31,a book,", "category '' is unknown", "write one of ALDR"),
        # The date
        ("a,en,REL,2026/1/5,a book,", "'2026/1/5' is not a date", "write 2026-01-05"),
        ("a,en,REL,7/1/2016,a book,", "'7/1/2016' is not a date", "as year, month, day"),
        ("a,en,REL,20260131,a book,", "'20260131' is not a date", "as year, month, day"),
        ("a,en,REL,2026-02-30,a book,", "'2026-02-30' does not exist", "correct it"),
        ("a,en,REL,2026-12-01,a book,", "2026-12-01 is in the future", "the day the row was"),
        # Source and notes
        ("a,en,REL,2026-01-31,,", "the source is empty", "where it is public"),
        ("a,en,REL,2026-01-31,a book ,", "source 'a book ' starts or ends", "remove the space"),
        ("a,en,REL,2026-01-31,-a book,", "source '-a book' starts like a formula", "put '"),
        ("a,en,REL,2026-01-31,a book,b\u200b", "notes has an invisible character", "remove it"),
        ("a,en,REL,2026-01-31,a book,@b", "notes '@b' starts like a formula", "put '"),
        # The row
        ("a,en,REL", "3 columns where there should be 6", "an empty cell needs its comma"),
        ("a", "1 column where there should be 6", "an empty cell needs its comma"),
        ("a,en,REL,2026-01-31,a book, a shop,", "7 columns", "in double quotes"),
        ("", "the line is blank", "delete it"),
        (" , ,,,,", "the line is blank", "delete it"),
        ('"a"b,en,REL,2026-01-31,a book,', "a quoted cell is not closed", 'close it with "'),
    ],
    ids=ascii,
)
def test_problem(row: str, what: str, fix: str) -> None:
    """Each thing that can be wrong with a row is said with its line, value and remedy."""
    reading = read(GOOD, row, GOOD.replace("Dalai", "Panchen"), today=datetime.date(2026, 11, 30))
    assert [problem.line for problem in reading.problems] == [3] * len(reading.problems)
    assert [p for p in reading.problems if what in p.what and fix in p.fix], reading.problems
    assert [entry.line for entry in reading.entries] == [2, 4 + row.count("\n")]


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("keyword,language,category,date_added,source", "with no column notes"),
        ("keyword,language,catgory,date_added,source,notes", "(did you mean category?)"),
        ("Keyword, language,category,date_added,source,notes", "'Keyword, language,"),
        ("language,keyword,category,date_added,source,notes", "'language,keyword,"),
        ("keyword,language,category,date_added,source,notes,notes", "notes twice"),
        (GOOD, "the header is missing"),
    ],
)
def test_header_problem(header: str, what: str) -> None:
    """A header that is not the one wanted is quoted, and the one wanted is given."""
    (problem,) = [p for p in read(header=header).problems if "header" in p.what]
    assert problem.line == 1
    assert what in problem.what
    assert HEADER in problem.fix


def test_rows_below_a_wrong_header_are_checked() -> None:
    """A wrong header hides nothing: cells are judged by the columns it names."""
    reading = read("zz,a,REL,2026-01-31,", header="language,keyword,category,date_added,source")
    assert [problem.line for problem in reading.problems] == [1, 2, 2]
    assert reading.entries == ()


def test_file_problems_and_row_problems_come_together() -> None:
    """Byte order mark, bytes that are not UTF-8, and broken rows are said in one go."""
    data = (
        b"\xef\xbb\xbf" + HEADER.encode() + b"\r\n"
        b"a,en,REL,2026-01-31,a book,\r\n"
        b"\xc1\xf9\xcb\xc4,zh-Hans,REL,2026-01-31,a book,\r\n"
        b"\xc1\xf9,zh-Hans,REL,2026-01-31,a book,\r\n"
        b"b,en,XXX,2026-01-31,a book,\r\n"
    )
    reading = read_list(PATH, data, wordlist="mine")
    found = {problem.line: problem.what for problem in reading.problems}
    assert sorted(found) == [1, 3, 5]
    assert "byte order mark" in found[1]
    offset = data.index(b"\xc1")
    assert f"byte 0xC1 at offset {offset} of the file is not UTF-8" in found[3]
    assert "1 more line" in found[3]
    assert "XXX" in found[5]


def test_utf16_is_named() -> None:
    """A file that a spreadsheet saved as UTF-16 is called that, and nothing else is said of it."""
    reading = read_list(PATH, f"{HEADER}\n{GOOD}\n".encode("utf-16"), wordlist="mine")
    (problem,) = reading.problems
    assert "UTF-16" in problem.what


@pytest.mark.parametrize("text", ["", f"{HEADER}\n"])
def test_list_without_rows_is_a_problem(text: str) -> None:
    """A list that would measure nothing is no list."""
    (problem,) = read_list(PATH, text.encode(), wordlist="mine").problems
    assert problem.what == "the list has no rows"


def test_unclosed_quote_does_not_hide_what_follows() -> None:
    """The rows below a quote that is never closed are checked all the same."""
    reading = read('"a,en,REL,2026-01-31,a book,', GOOD, "b,zz,REL,2026-01-31,a book,")
    assert [(problem.line, "quoted" in problem.what) for problem in reading.problems] == [
        (2, True),
        (4, False),
    ]
    assert [entry.line for entry in reading.entries] == [3]


def test_lines_are_right_after_cells_of_several_lines() -> None:
    """Rows that span lines move the line numbers of all rows below them."""
    reading = read('a,en,REL,2026-01-31,a book,"one\ntwo\n\nthree"', "b,en,REL,2026-01-31,,", GOOD)
    assert [problem.line for problem in reading.problems] == [6]
    assert [(entry.line, entry.notes) for entry in reading.entries] == [
        (2, "one\ntwo\n\nthree"),
        (7, ""),
    ]


def test_separators_that_only_python_knows_do_not_count_as_lines() -> None:
    """U+2028 and U+0085 in a cell are characters to complain of, not ends of lines."""
    reading = read("a\u2028b,en,REL,2026-01-31,a book,", "c\x85d,zz,REL,2026-01-31,a book,")
    assert [problem.line for problem in reading.problems] == [2, 3, 3]


def test_dates_are_not_compared_with_a_clock() -> None:
    """Without a day to compare with, a list is judged the same on every day."""
    assert read("a,en,REL,9999-12-31,a book,").problems == ()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Dalai Lama", "Dalai Lama"),
        ("Dalai Lama", "dalai LAMA"),
        ("VPN", "ＶＰＮ"),
        ("Straße", "STRASSE"),
        ("a + B", "A + b"),
        ("a + b", "a ＋ b"),
    ],
)
def test_duplicates_are_found(first: str, second: str) -> None:
    """Entries that differ only in case or width are duplicates; the second points to the first."""
    reading = read(*(f"{word},en,REL,2026-01-31,a book," for word in (first, second)))
    (problem,) = find_duplicates(reading.sightings)
    assert problem.line == 3
    assert f"{PATH}:2" in problem.what


def test_duplicates_are_found_among_broken_rows() -> None:
    """A row that is wrong in another way can still be a duplicate, and both is said."""
    reading = read(GOOD, "dalai lama,zz,REL,2026-01-31,a book,")
    assert [problem.line for problem in reading.problems] == [3]
    assert [problem.line for problem in find_duplicates(reading.sightings)] == [3]


def test_order_and_grouping_make_different_entries() -> None:
    """Components in another order, or joined, are other entries: filters tell them apart."""
    words = ("a + b", "b + a", "ab", "a b")
    reading = read(*(f"{word},en,REL,2026-01-31,a book," for word in words))
    assert reading.problems == ()
    assert list(find_duplicates(reading.sightings)) == []
