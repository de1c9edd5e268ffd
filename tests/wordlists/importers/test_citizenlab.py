"""Importing Citizen Lab's list on Liu Xiaobo."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import wordlists
from wordlists.errors import WordlistError
from wordlists.importers.citizenlab import LIU_XIAOBO_COLUMNS, read_liu_xiaobo
from wordlists.prior import prior_knowledge
from wordlists.wordlist import load
from wordlists.writer import write_list

HEADER = (
    "Date Tested,Keyword,Language,English Translation,Theme,Category,"
    "Group Chat ,1-1 Chat,Media Source,Article Source ,Article Publish Time"
)
# Our own rows, with the traps of the published file: stray spaces, quotes, empty columns, a single
# phrase among combinations, CRLF.
SAMPLE = (
    HEADER,
    "2017-07-01,甲+乙,simplified Chinese,A + B,,,Blocked,Not blocked,,,",
    '2017-07-02,"丙丁",simplified Chinese,"C, and D",,,Blocked,Blocked,,'
    "https://example.org/a,2017-07-01T12:00:00",
    "2017-07-03, 戊 +己+ 庚 ,traditional Chinese,,Illness,News,Not blocked,Blocked,A paper,,",
    "2017-07-04,one+two,English,,,,Blocked,,,,",
)
PUBLISHED = (
    Path(wordlists.__file__).parents[2] / "shared" / "data" / "liu_xiaobo_keywords_wechat.csv"
)


def write_file(path: Path, *lines: str) -> Path:
    """Write a file of these lines, as a spreadsheet does."""
    path.write_bytes("\r\n".join([*lines, ""]).encode())
    return path


def files(tmp_path: Path) -> Iterator[Path]:
    """The sample, and the published file where it lies beside the project."""
    yield write_file(tmp_path / "sample.csv", *SAMPLE)
    if PUBLISHED.exists():
        yield PUBLISHED


def test_every_row_becomes_the_entry_it_says(tmp_path: Path) -> None:
    """Components, findings and dates are those of the file, and written they can be loaded."""
    for path in files(tmp_path):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                {name.strip(): cell.strip() for name, cell in row.items()}
                for row in csv.DictReader(file)
            ]
        entries, report = read_liu_xiaobo(path, wordlist="lxb")
        write_list(entries, tmp_path / "lxb.csv", overwrite=True)
        assert (report.read, report.taken, report.refused) == (len(rows), len(rows), ())
        assert len({entry.id for entry in entries}) == len(rows)
        for row, entry in zip(rows, load(tmp_path / "lxb.csv").entries, strict=True):
            assert entry.components == tuple(re.split(r"\s*\+\s*", row["Keyword"]))
            assert entry.date_added.isoformat() == row["Date Tested"]
            columns = {"group": row["Group Chat"], "direct": row["1-1 Chat"]}
            assert prior_knowledge(entry) == {
                kind: cell == "Blocked" for kind, cell in columns.items() if cell
            }
            assert row["English Translation"] in entry.notes
            for column in ("Theme", "Category", "Media Source", "Article Source"):
                assert row[column] in entry.source


def test_published_file_gives_sixty_entries(tmp_path: Path) -> None:
    """The file of the report has 60 keywords; the sample has four."""
    counts = {path.name: len(read_liu_xiaobo(path, wordlist="x")[0]) for path in files(tmp_path)}
    expected = {"sample.csv": 4, PUBLISHED.name: 60}
    assert counts == {name: expected[name] for name in counts}


def test_notes_and_source_keep_the_other_columns(tmp_path: Path) -> None:
    """What a person may want to know of a row is in its entry, in a form that can be read back."""
    path = write_file(tmp_path / "sample.csv", *SAMPLE)
    entries, _ = read_liu_xiaobo(path, wordlist="lxb")
    assert entries[0].notes == "group: blocked; direct: not blocked; translation: A + B"
    assert entries[3].notes == "group: blocked"
    assert entries[1].source == (
        "Citizen Lab, chat-censorship (CC BY-NC-SA 4.0), sample.csv line 3; "
        "article: https://example.org/a; published: 2017-07-01T12:00:00"
    )
    assert entries[2].source.endswith("line 4; theme: Illness; category: News; medium: A paper")
    assert [entry.language for entry in entries] == ["zh-Hans", "zh-Hans", "zh-Hant", "en"]


def test_a_translation_cannot_pass_for_a_finding(tmp_path: Path) -> None:
    """Text in the translation that looks like a finding is not read as one."""
    row = "2017-07-01,甲,simplified Chinese,x; direct: blocked,,,Blocked,,,,"
    entries, _ = read_liu_xiaobo(write_file(tmp_path / "f.csv", HEADER, row), wordlist="lxb")
    assert prior_knowledge(entries[0]) == {"group": True}


def test_nothing_is_dropped_without_a_word(tmp_path: Path) -> None:
    """Every row is taken, merged into an equal one, or refused with its line and a reason."""
    path = write_file(
        tmp_path / "f.csv",
        HEADER,
        "2017-07-01,甲+乙,simplified Chinese,A + B,,,Blocked,Not blocked,,,",
        "2017-07-02,甲 + 乙,simplified Chinese,A + B,,,Blocked,Not blocked,,,",
        "2017-07-03,甲+乙,simplified Chinese,A + B,,,Blocked,Blocked,,,",
        "2017/7/4,丙,simplified Chinese,C,,,Blocked,Blocked,,,",
        "2017-07-05,丁,Klingon,D,,,Blocked,Perhaps,,,",
        "2017-07-06,戊++己,simplified Chinese,E,,,Blocked,Blocked,,,",
        "2017-07-07,庚\u200b,simplified Chinese,F,,,Blocked,Blocked,,,",
        "2017-07-08,辛,simplified Chinese",
        "",
        '2017-07-09,"壬,simplified Chinese,G,,,Blocked,Blocked,,,',
    )
    entries, report = read_liu_xiaobo(path, wordlist="lxb")
    assert [entry.components for entry in entries] == [("甲", "乙")]
    assert "f.csv line 2, 3" in entries[0].source
    assert (report.read, report.taken, report.merged, report.refused_rows) == (10, 1, 1, 8)
    reasons = {(problem.line, problem.what) for problem in report.refused}
    for line, reason in [
        (4, "contradicts line 2"),
        (5, "'2017/7/4' is not a date"),
        (6, "'Klingon' is unknown"),
        (6, "1-1 Chat is 'Perhaps'"),
        (7, "empty component"),
        (8, "U+200B"),
        (9, "3 columns where there should be 11"),
        (10, "blank"),
        (11, "quoted cell is not closed"),
    ]:
        assert any(line == found and reason in what for found, what in reasons), reason


def test_byte_order_mark_is_no_problem(tmp_path: Path) -> None:
    """Published files often start with one, and it says nothing."""
    path = tmp_path / "f.csv"
    path.write_bytes(b"\xef\xbb\xbf" + "\n".join(SAMPLE).encode())
    assert read_liu_xiaobo(path, wordlist="lxb")[1].taken == 4


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        (["date_tested,keyword,translation", "7/1/2016,a,b"], "the header is 'date_tested,"),
        ([], "the file is empty"),
    ],
)
def test_other_formats_are_refused(tmp_path: Path, lines: list[str], what: str) -> None:
    """A file with another header is not guessed at; the header wanted is named."""
    path = write_file(tmp_path / "f.csv", *lines) if lines else tmp_path / "f.csv"
    path.touch()
    with pytest.raises(WordlistError, match=what):
        read_liu_xiaobo(path, wordlist="lxb")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere is said to."""
    with pytest.raises(WordlistError, match="No such file"):
        read_liu_xiaobo(tmp_path / "none.csv", wordlist="lxb")


def test_header_is_the_published_one() -> None:
    """The columns are those of the file, without the spaces around them."""
    assert tuple(name.strip() for name in HEADER.split(",")) == LIU_XIAOBO_COLUMNS
