"""Samples are read from text files, folders and tables, and every problem is told at once."""

import datetime
from pathlib import Path

import pytest

from probes.samples import read_samples
from wordlists.entry import entry_id
from wordlists.errors import WordlistError


def write(path: Path, text: str) -> Path:
    """Write a file."""
    path.write_text(text, encoding="utf-8")
    return path


def test_text_file_is_one_sample(tmp_path: Path) -> None:
    """A file is one sample, without the empty lines around it and whatever its line ends are."""
    path = write(tmp_path / "headline.txt", "\n今天的新闻\r\n第二行\n\n")
    (sample,) = read_samples(path)
    assert sample.components == ("今天的新闻\n第二行",)
    assert sample.id == entry_id(sample.components)
    assert (sample.source, sample.wordlist, sample.language) == ("headline.txt", "samples", "und")


def test_folder_has_a_sample_a_file(tmp_path: Path) -> None:
    """The text files of a folder come in the order of their names; other files are left alone."""
    write(tmp_path / "b.txt", "second")
    write(tmp_path / "a.txt", "first")
    write(tmp_path / "notes.md", "not a sample")
    assert [each.components for each in read_samples(tmp_path)] == [("first",), ("second",)]


def test_table_has_a_sample_a_row(tmp_path: Path) -> None:
    """Rows of a table keep language, date, source and the line they start on."""
    path = write(
        tmp_path / "samples.csv",
        'text,language,date,source,url\n"one,\ntwo",en,2024-05-01,A paper,https://example.org/1\n'
        "三,zh-Hans,,,\n",
    )
    first, second = read_samples(path)
    assert first.components == ("one,\ntwo",)
    assert (first.language, first.date_added) == ("en", datetime.date(2024, 5, 1))
    assert first.source == "A paper https://example.org/1"
    assert (first.line, second.line) == (2, 4)
    assert second.components == ("三",)


def test_text_that_comes_twice_is_one_sample(tmp_path: Path) -> None:
    """The same text is measured once, as the sample that came first."""
    path = write(tmp_path / "samples.csv", "text,source\nA,x\nB,y\nA,z\n")
    assert [(each.components[0], each.source) for each in read_samples(path)] == [
        ("A", "x"),
        ("B", "y"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", " \n", r"a\.txt:1: has no text; write one"),
        ("a.csv", "", r"a\.csv:1: is empty; name them"),
        ("a.csv", "texts\nA\n", r"a\.csv:1: has the columns texts; name them"),
        ("a.csv", "text,when\nA,now\n", r"a\.csv:1: has the columns text, when; name them"),
        ("a.csv", "text\n", r"a\.csv: holds no sample; write one a line"),
        ("a.csv", "text,date\nA,May\n", r"a\.csv:2: has the date 'May'; write it as 2024-05-01"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, name: str, text: str, message: str) -> None:
    """A problem is told with its place, what was found and what to do."""
    with pytest.raises(WordlistError, match=message):
        read_samples(write(tmp_path / name, text))


def test_all_wrong_rows_are_told_at_once(tmp_path: Path) -> None:
    """Every row without text, or with a wrong date, is named."""
    path = write(tmp_path / "a.csv", 'text,date\n"",\nA,2024-05-01\n" ",\n')
    with pytest.raises(WordlistError) as raised:
        read_samples(path)
    assert [problem.line for problem in raised.value.problems] == [2, 4]
    path = write(tmp_path / "b.csv", "text,date\nA,May\nB,2024-05-01\nC,June\n")
    with pytest.raises(WordlistError) as raised:
        read_samples(path)
    assert [problem.line for problem in raised.value.problems] == [2, 4]


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    """What is not there, not UTF-8 or a folder without texts is named, with what to do."""
    with pytest.raises(WordlistError, match=r"none\.txt: cannot be read: No such file"):
        read_samples(tmp_path / "none.txt")
    with pytest.raises(WordlistError, match=r"holds no \.txt file"):
        read_samples(tmp_path)
    (tmp_path / "gbk.txt").write_bytes("今天".encode("gbk"))
    with pytest.raises(WordlistError, match=r"is not UTF-8"):
        read_samples(tmp_path / "gbk.txt")
