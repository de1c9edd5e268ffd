"""Which entries are measured, and what is said where none can be."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.errors import CampaignError
from probes.options import Measured
from probes.selection import is_in_shard, select, to_record
from results.record import ChatKind
from tests.probes.sessions import Sessions, write_wordlist
from wordlists.errors import WordlistError
from wordlists.wordlist import shipped_names

ALL = Measured(
    testbed="embedded",
    wordlists=(),
    categories=(),
    languages=(),
    entries=(),
    chat=ChatKind.DIRECT,
    strategy="solo",
    seed=0,
)

BROKEN = """keyword,language,category,date_added,source,notes
天气,zh-Hans,ENV,yesterday,made for a test,
天气,zh-Hans,NONE,2024-05-01,made for a test,
"""


@pytest.fixture
def words(tmp_path: Path) -> Measured:
    """All entries of a small list."""
    return replace(ALL, wordlists=(str(write_wordlist(tmp_path / "words.csv")),))


def keywords(measured: Measured) -> list[str]:
    """The keywords of the entries that are selected."""
    return [entry.keyword for entry in select(measured).entries]


def test_all_shipped_lists_by_default() -> None:
    """Without options, every entry of every shipped list is measured, and no control."""
    selection = select(ALL)
    assert {each.name for each in selection.wordlists} == set(shipped_names())
    assert len(selection.entries) >= 200
    assert not any(entry.category == "CTRL" for entry in selection.entries)


def test_filters(words: Measured) -> None:
    """Categories, languages and entries keep what has one of them; together, what has each."""
    assert keywords(replace(words, languages=("bo", "en"))) == [
        *("Dalai Lama", "Middle Way", "བོད", "བོད་ལྗོངས"),
    ]
    assert keywords(replace(words, categories=("ENV",))) == ["天气"]
    assert keywords(replace(words, languages=("en",), categories=("REL",))) == ["Dalai Lama"]


def test_entries_by_keyword_or_id(words: Measured) -> None:
    """An entry is named by its keyword, in any Unicode form, or by its id."""
    by_keyword = {entry.keyword: entry.id for entry in select(words).entries}
    chosen = ("时轮金刚 + 印度", by_keyword["天气"])
    assert keywords(replace(words, entries=chosen)) == ["时轮金刚 + 印度", "天气"]
    assert keywords(replace(words, entries=("喇嘛",))) == ["喇嘛"]


def test_unknown_entry_is_answered_with_near_ones(words: Measured) -> None:
    """An entry that no list has is refused, with those it may have been meant for."""
    with pytest.raises(CampaignError, match=r"--entry 'Dalai lama': none .* 'Dalai Lama'"):
        select(replace(words, entries=("Dalai lama",)))


def test_filter_that_leaves_nothing(words: Measured) -> None:
    """Every value of a filter must be there, in what the others leave."""
    with pytest.raises(CampaignError, match=r"--language 'xx': none of the 8 entries left"):
        select(replace(words, languages=("bo", "xx")))
    with pytest.raises(CampaignError, match=r"--language 'bo': none of the 1 entries left"):
        select(replace(words, languages=("bo",), categories=("ENV",)))


def test_unknown_list() -> None:
    """A list that is not there is refused with those that are."""
    with pytest.raises(WordlistError, match=r"no list named 'tibt'; did you mean tibet"):
        select(replace(ALL, wordlists=("tibt",)))


def test_only_what_a_run_was_begun_with(words: Measured) -> None:
    """A run that is resumed measures no entry it was not begun with."""
    first, *_ = select(words).entries
    assert select(words, only={first.id}).entries == (first,)


def test_record_says_what_the_list_says(words: Measured) -> None:
    """The journal's record of an entry has its id, keyword and where it comes from."""
    (entry,) = select(replace(words, entries=("时轮金刚 + 印度",))).entries
    record = to_record(entry)
    assert (record.id, record.keyword, record.wordlist) == (entry.id, entry.keyword, "words")
    assert (record.language, record.category, record.source) == (
        "zh-Hans",
        "REL",
        "made for a test",
    )


def test_broken_list(sessions: Sessions) -> None:
    """A broken list ends the session before it starts, with every problem in one message."""
    sessions.wordlist.write_text(BROKEN, encoding="utf-8")
    result = sessions.run("--wordlist", sessions.wordlist)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    for line, what in ((2, "yesterday"), (3, "NONE"), (3, "天气")):
        result.stderr.fnmatch_lines([f"*words.csv:{line}: *{what}*"])
    assert "Traceback" not in result.stdout.str() + result.stderr.str()
    assert not sessions.results.exists()


def test_entry_on_the_command_line(sessions: Sessions) -> None:
    """--entry with a word no list has ends the session with one plain message."""
    result = sessions.run("--wordlist", sessions.wordlist, "--entry", "达赖")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --entry '达赖': none of the 8 * Near it: '达赖喇嘛'*"])
    assert not sessions.results.exists()


@given(st.text(max_size=12), st.integers(1, 50))
def test_every_entry_is_of_one_part(entry_id: str, count: int) -> None:
    """The parts of a list have no entry in common, and together they have all."""
    assert sum(is_in_shard(entry_id, f"{number}/{count}") for number in range(1, count + 1)) == 1


def test_parts_of_a_list(words: Measured) -> None:
    """A part stays the same whatever else is selected, and is about as long as another."""
    parts = [set(keywords(replace(words, shard=f"{number}/3"))) for number in (1, 2, 3)]
    assert set.union(*parts) == set(keywords(words))
    assert sum(map(len, parts)) == len(keywords(words))
    for number, part in enumerate(parts, start=1):
        some = set(keywords(replace(words, languages=("bo", "en"), shard=f"{number}/3")))
        assert some == part & set(keywords(replace(words, languages=("bo", "en"))))
    sizes = [len(select(replace(ALL, shard=f"{number}/4")).entries) for number in range(1, 5)]
    assert max(sizes) < 1.5 * min(sizes)
    # What entries are called by their hash must never change: hosts would measure twice, or not.
    assert [is_in_shard("a", f"{number}/3") for number in (1, 2, 3)].index(True) == 1


def test_part_without_an_entry(words: Measured) -> None:
    """A part that has no entry is refused, with how many there are."""
    empty = next(
        n
        for n in range(1, 100)
        if not any(is_in_shard(entry.id, f"{n}/99") for entry in select(words).entries)
    )
    with pytest.raises(CampaignError, match="none of the 8 entries is of this part"):
        select(replace(words, shard=f"{empty}/99"))
