"""Importing published lists: each family, and the published files where they are at hand."""

import csv
from pathlib import Path

import pytest

from tests.wordlists.importers.samples import (
    CONGRESS,
    FILES,
    LIU_XIAOBO,
    ONE_APP,
    SHARED,
    YY,
    write_file,
)
from wordlists.entry import Entry
from wordlists.errors import WordlistError
from wordlists.importers.citizenlab import read_published
from wordlists.importers.importing import Wishes, outline
from wordlists.prior import prior_knowledge
from wordlists.wordlist import load
from wordlists.writer import write_list

# How many rows of each published file become an entry, and how many are merged into one.
PUBLISHED = {
    "liu_xiaobo_keywords_wechat.csv": (60, 60, 0),
    "ncpc19_wechat.csv": (245, 241, 4),
    "wechat_blocked_keywords.csv": (177, 177, 0),
}


def by_keyword(entries: tuple[Entry, ...]) -> dict[str, Entry]:
    """Entries by their keyword."""
    return {entry.keyword: entry for entry in entries}


@pytest.mark.parametrize("mark", [False, True])
@pytest.mark.parametrize("family", FILES)
def test_families_are_told_from_their_columns(tmp_path: Path, family: str, mark: bool) -> None:
    """Each family is known by its header, and its rows become a list that passes the check."""
    path = write_file(tmp_path / "sample.csv", *FILES[family], mark=mark)
    assert outline(path, name=path.name, wishes=Wishes()).family.name == family
    entries, report = read_published(path, wordlist="x")
    assert report.read == report.taken + report.merged + report.refused_rows
    assert report.taken == len(entries) > 0
    write_list(entries, tmp_path / "x.csv")
    assert [entry.id for entry in load(tmp_path / "x.csv").entries] == [e.id for e in entries]


def test_no_published_row_is_lost(tmp_path: Path) -> None:
    """Of the published files, every row is taken, or merged into one that says the same."""
    for path in sorted(SHARED.glob("*.csv")):
        entries, report = read_published(path, wordlist="x")
        assert (report.read, report.taken, report.merged) == PUBLISHED[path.name]
        assert report.refused == ()
        write_list(entries, tmp_path / path.name)
        loaded = load(tmp_path / path.name).entries
        told = "\n".join(f"{entry.notes}\n{entry.source}" for entry in loaded)
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                translation = row.get("Translation") or row.get("translation") or ""
                assert " ".join(translation.split()) in told


def test_findings_become_prior_knowledge(tmp_path: Path) -> None:
    """What was found in group and direct chat stays with the entry, and so do the other columns."""
    entries, _ = read_published(write_file(tmp_path / "s.csv", *LIU_XIAOBO), wordlist="x")
    found = by_keyword(entries)
    assert prior_knowledge(found["甲 + 乙"]) == {"group": True, "direct": False}
    assert prior_knowledge(found["one + two"]) == {"group": True}
    assert found["甲 + 乙"].notes == "group: blocked; direct: not blocked; translation: A + B"
    assert found["丙丁"].source == (
        "Citizen Lab, chat-censorship (CC-BY-NC-SA-4.0), s.csv line 3; date tested: 2017-07-02; "
        "article source: https://example.org/a; article publish time: 2017-07-01T12:00:00"
    )
    assert found["戊 + 己 + 庚"].source.endswith(
        "theme: Illness; category: News; media source: A paper"
    )
    assert [found[each].language for each in ("甲 + 乙", "戊 + 己 + 庚", "one + two")] == [
        "zh-Hans",
        "zh-Hant",
        "en",
    ]


def test_combinations_are_parted_at_spaces_where_the_file_says_so(tmp_path: Path) -> None:
    """Of a combination the spaces part components, of a phrase they belong to the text."""
    entries, report = read_published(write_file(tmp_path / "s.csv", *ONE_APP), wordlist="x")
    found = by_keyword(entries)
    assert set(found) == {"甲 + 乙", "丙x丁", "دىن ئىسلام"}
    assert found["甲 + 乙"].notes == "any: blocked; translation: A B; note: Don’t"
    assert found["甲 + 乙"].date_added.isoformat() == "2016-07-01"
    assert "column 10: http://example.org" in found["丙x丁"].source
    assert (found["甲 + 乙"].category, found["دىن ئىسلام"].language) == ("POLR", "ug")
    (remark,) = report.remarks
    assert remark.line == 3
    assert "is called a combination" in remark.what


def test_rows_that_say_the_same_are_merged_and_nothing_is_lost(tmp_path: Path) -> None:
    """Merged rows leave their lines in the source, and what is new in the notes."""
    entries, report = read_published(write_file(tmp_path / "s.csv", *CONGRESS), wordlist="x")
    found = by_keyword(entries)
    assert (report.taken, report.merged, report.refused_rows) == (3, 1, 0)
    assert "s.csv line 3, 4" in found["周強下台 + 網絡"].source
    assert "line 4: date_tested: 1/26/2017" in found["周強下台 + 網絡"].notes
    assert found["周強下台 + 網絡"].date_added.isoformat() == "2017-01-25"
    assert [found[each].language for each in ("十九大争夺", "周強下台 + 網絡", "VPN + 19")] == [
        "zh-Hans",
        "zh-Hant",
        "zh",
    ]


def test_second_header_is_no_word(tmp_path: Path) -> None:
    """Where two tables are in one file, the header between them is refused, the rows are taken."""
    entries, report = read_published(write_file(tmp_path / "s.csv", *YY), wordlist="x")
    assert {entry.keyword for entry in entries} == {"武汉肺炎", "病毒"}
    assert [(each.line, each.what) for each in report.refused] == [
        (3, "the line is blank"),
        (4, "the row repeats the header"),
    ]


def test_translation_cannot_pass_for_a_finding(tmp_path: Path) -> None:
    """Text in the translation that looks like a finding is not read as one."""
    row = "2017-07-01,甲,simplified Chinese,x; direct: blocked,,,Blocked,,,,"
    path = write_file(tmp_path / "f.csv", LIU_XIAOBO[0], row)
    entries, _ = read_published(path, wordlist="x")
    assert prior_knowledge(entries[0]) == {"group": True}


def test_spreadsheets_of_ones_own_have_findings_too(tmp_path: Path) -> None:
    """A column that says whether a word was blocked is prior knowledge in any table."""
    lines = ("Keyword,English,Blocked", "六四,June 4,yes", "天气,weather,Not blocked", "雨,rain,")
    wishes = Wishes(publisher="Field notes")
    path = write_file(tmp_path / "week.csv", *lines)
    found = by_keyword(read_published(path, wordlist="x", wishes=wishes)[0])
    known = {keyword: dict(prior_knowledge(entry)) for keyword, entry in found.items()}
    assert known == {"六四": {"any": True}, "天气": {"any": False}, "雨": {}}
    assert found["六四"].notes == "any: blocked; translation: June 4"


def test_nothing_is_dropped_without_a_word(tmp_path: Path) -> None:
    """Every row is taken, merged into an equal one, or refused with its line and a reason."""
    path = write_file(
        tmp_path / "f.csv",
        LIU_XIAOBO[0],
        "2017-07-01,甲+乙,simplified Chinese,A + B,,,Blocked,Not blocked,,,",
        "2017-07-02,甲 + 乙,simplified Chinese,A + B,,,Blocked,Not blocked,,,",
        "2017-07-03,甲+乙,simplified Chinese,A + B,,,Blocked,Blocked,,,",
        "31/31/2017,丙,simplified Chinese,C,,,Blocked,Blocked,,,",
        "2017-07-05,丁,Martian,D,,,Perhaps,Blocked,,,",
        "2017-07-06,戊++己,simplified Chinese,E,,,Blocked,Blocked,,,",
        "2017-07-07,庚\u200b,simplified Chinese,F,,,Blocked,Blocked,,,",
        "2017-07-08,辛,simplified Chinese",
        "",
        '2017-07-09,"壬,simplified Chinese,G,,,Blocked,Blocked,,,',
    )
    wishes = Wishes(language="")
    entries, report = read_published(path, wordlist="x", wishes=wishes)
    assert [entry.components for entry in entries] == [("丙",), ("甲", "乙")]
    assert "f.csv line 2, 3" in entries[1].source
    assert (report.read, report.taken, report.merged, report.refused_rows) == (10, 2, 1, 7)
    assert "date tested: 31/31/2017" in entries[0].source
    assert [each.line for each in report.remarks] == [5]
    reasons = {(problem.line, problem.what) for problem in report.refused}
    for line, reason in [
        (4, "contradicts line 2"),
        (6, "Group Chat is 'Perhaps'"),
        (7, "empty component"),
        (8, "U+200B"),
        (9, "3 columns where there should be 11"),
        (10, "blank"),
        (11, "quoted cell is not closed"),
    ]:
        assert any(line == found and reason in what for found, what in reasons), reason


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a,b\n1,2\n", "no column is known to hold keywords; there are 'a', 'b'"),
        ("", "the file is empty"),
    ],
)
def test_files_that_cannot_be_told_are_refused(tmp_path: Path, text: str, what: str) -> None:
    """A file whose columns say nothing is not guessed at; what can be said of it is named."""
    path = tmp_path / "f.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(WordlistError, match=what):
        read_published(path, wordlist="x")


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """A path that leads nowhere is said to."""
    with pytest.raises(WordlistError, match="No such file"):
        read_published(tmp_path / "none.csv", wordlist="x")
