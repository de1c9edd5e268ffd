"""Opening tables of every format."""

import datetime
from pathlib import Path

import pytest

from tests.wordlists.importers.hostile import workbook_bytes
from wordlists.errors import WordlistError
from wordlists.importers.tables import Format, Opening, Record, detect_format, open_table

ROWS = [("keyword", "note"), ("六四", "a"), ("x, y", "b")]


def cells(path: Path, **opening: str) -> list[dict[str, str]]:
    """The records of a table; what is none fails the test."""
    with open_table(path, name=path.name, opening=Opening(**opening)) as table:
        found = list(table.records)
    assert all(isinstance(each, Record) for each in found)
    return [dict(each.cells) for each in found if isinstance(each, Record)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", 'keyword,note\n六四,a\n"x, y",b\n'.encode()),
        ("a.csv", '\ufeffkeyword,note\r\n六四,a\r\n"x, y",b'.encode()),
        ("a.csv", 'keyword,note\n六四,a\n"x, y",b\n'.encode("utf-16")),
        ("a.tsv", "keyword\tnote\n六四\ta\nx, y\tb\n".encode()),
        ("a", "keyword\tnote\n六四\ta\nx, y\tb\n".encode()),
        ("a.jsonl", b'{"keyword":"\\u516d\\u56db","note":"a"}\n{"keyword":"x, y","note":"b"}\n'),
        ("a", b'{"keyword":"\\u516d\\u56db","note":"a"}\n{"keyword":"x, y","note":"b"}\n'),
        ("a.xlsx", workbook_bytes(*ROWS)),
        ("a.csv", workbook_bytes(*ROWS)),
    ],
    ids=["csv", "mark", "utf16", "tsv", "tabs", "jsonl", "json", "xlsx", "named wrongly"],
)
def test_formats_give_the_same_records(tmp_path: Path, name: str, data: bytes) -> None:
    """The format is told from the name and the first bytes, and makes no difference."""
    path = tmp_path / name
    path.write_bytes(data)
    assert cells(path) == [{"keyword": "六四", "note": "a"}, {"keyword": "x, y", "note": "b"}]


def test_plain_text_is_a_keyword_a_line(tmp_path: Path) -> None:
    """Nothing in a line of plain text has a meaning, quotes and commas included."""
    path = tmp_path / "a.txt"
    path.write_text('one\n"two, three\n#four\n', encoding="utf-8")
    assert [row["keyword"] for row in cells(path)] == ["one", '"two, three', "#four"]


def test_encoding_can_be_named(tmp_path: Path) -> None:
    """A file in another encoding is read when a person says which."""
    path = tmp_path / "a.csv"
    path.write_bytes("keyword\n六四\n".encode("gb18030"))
    assert cells(path, encoding="gb18030") == [{"keyword": "六四"}]
    with pytest.raises(WordlistError, match="there is no encoding 'klingon'"):
        cells(path, encoding="klingon")


def test_values_of_a_workbook_are_as_a_person_sees_them(tmp_path: Path) -> None:
    """Numbers, days and truth values become the text that the sheet shows."""
    path = tmp_path / "a.xlsx"
    day = datetime.datetime(2016, 7, 1)  # noqa: DTZ001 - a workbook has no zones
    path.write_bytes(workbook_bytes(("keyword", "date", "n"), (8964, day, True), (0.5, None, 1.0)))
    assert cells(path) == [
        {"keyword": "8964", "date": "2016-07-01", "n": "TRUE"},
        {"keyword": "0.5", "date": "", "n": "1"},
    ]


def test_sheet_can_be_named(tmp_path: Path) -> None:
    """A sheet that is not there is named, with those that are."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook_bytes(*ROWS))
    assert len(cells(path, sheet="Sheet")) == 2
    with pytest.raises(WordlistError, match="there is no sheet 'x'; name one of 'Sheet'"):
        cells(path, sheet="x")


def test_columns_without_a_name_are_numbered(tmp_path: Path) -> None:
    """Blank and repeated headers lose no column."""
    path = tmp_path / "a.csv"
    path.write_text("keyword,, keyword \nx,y,z\n", encoding="utf-8")
    assert cells(path) == [{"keyword": "x", "column 2": "y", "column 3": "z"}]


@pytest.mark.parametrize(
    ("name", "start", "kind"),
    [
        ("a.txt", b"a,b", Format.TEXT),
        ("a.txt", b'{"a":1}', Format.JSONL),
        ("a.dat", b"a,b", Format.CSV),
        ("a.dat", b"a", Format.TEXT),
        ("a.xlsx", b"a,b", Format.CSV),
    ],
    ids=["text", "json in text", "comma", "no comma", "no workbook"],
)
def test_format_is_told(name: str, start: bytes, kind: Format) -> None:
    """What the first bytes say counts more than a name that cannot be true."""
    assert detect_format(name, start) is kind
