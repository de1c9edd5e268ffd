"""Deriving variants of entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wordlists.lists import entry
from tests.wordlists.test_writer import entries
from wordlists.entry import Entry, VariantKind, entry_id
from wordlists.lint import read_list
from wordlists.variants import derive, units, visible
from wordlists.wordlist import load_all
from wordlists.writer import format_list


def texts(derived_from: Entry) -> dict[str, str]:
    """The variants of an entry: keyword by kind."""
    return {str(each.variant): each.keyword for each in derive(derived_from).variants}


def test_variants_of_chinese() -> None:
    """A Chinese entry has its other orthography, both spellings, and what any text has."""
    found = texts(entry("达赖喇嘛", language="zh-Hans"))
    assert found == {
        "traditional": "達賴喇嘛",
        "pinyin": "da lai la ma",
        "pinyin-tones": "dá lài lǎ ma",
        "spaced": "达 赖 喇 嘛",
        "zero-width": "达\u200d赖\u200d喇\u200d嘛",
        "split": "达赖 + 喇嘛",
    }
    assert texts(entry("達賴喇嘛", language="zh-Hant"))["simplified"] == "达赖喇嘛"


def test_variants_of_latin() -> None:
    """A Latin entry has full width, reversed case and lookalikes of other scripts."""
    found = texts(entry("VPN ban"))
    assert found["full-width"] == "ＶＰＮ ｂａｎ"
    assert found["reversed-case"] == "vpn BAN"
    assert found["spaced"] == "V P N b a n"
    assert found["homoglyph"] != "VPN ban"
    assert len(found["homoglyph"]) == len("VPN ban")
    assert "pinyin" not in found


def test_variants_of_ideographs_look_alike() -> None:
    """An ideograph is replaced by the radical that is drawn the same."""
    assert texts(entry("白衣人", language="zh-Hans"))["homoglyph"] == "⽩⾐⼈"


def test_tibetan_is_cut_at_syllables() -> None:
    """What is put between Tibetan characters stands after a tsheg, where a syllable ends."""
    assert texts(entry("ཏཱ་ལའི་བླ་མ", language="bo"))["spaced"] == "ཏཱ་ ལའི་ བླ་ མ"
    assert units("བོད") == ("བོ", "ད")


def test_characters_that_belong_together_stay_together() -> None:
    """An emoji of several codes is one character, and a letter keeps its marks."""
    assert units("👩\u200d👩\u200d👧é") == ("👩\u200d👩\u200d👧", "é")


def test_split_is_sent_in_two_messages() -> None:
    """A split entry has its components in two messages; a combination is parted between them."""
    (single,) = derive(entry("达赖喇嘛"), [VariantKind.SPLIT]).variants
    assert single.messages == (("达赖",), ("喇嘛",))
    (several,) = derive(entry("a", "b", "c"), [VariantKind.SPLIT]).variants
    assert several.messages == (("a",), ("b", "c"))
    assert entry("a", "b").messages == (("a", "b"),)
    assert derive(entry("达"), [VariantKind.SPLIT]).missing == (VariantKind.SPLIT,)


def test_split_is_another_entry_than_the_combination() -> None:
    """Two messages with the components of an entry are not that entry."""
    (found,) = derive(entry("a", "b"), [VariantKind.SPLIT]).variants
    assert found.components == ("a", "b")
    assert found.id != entry_id(["a", "b"])


def test_variants_of_a_variant_are_not_derived() -> None:
    """Shipped entries give variants that all name an entry of their own."""
    originals = {each.id for wordlist in load_all() for each in wordlist.entries}
    derived = [
        variant
        for wordlist in load_all()
        for each in wordlist.entries
        for variant in derive(each).variants
    ]
    assert {variant.variant_of for variant in derived} <= originals
    assert {str(variant.variant) for variant in derived} == {str(kind) for kind in VariantKind}


@given(entries())
def test_variants_are_distinct_and_come_back(drawn: Entry) -> None:
    """No variant is the entry or another variant, and a list of them reads as it was written."""
    derivation = derive(drawn)
    ids = [drawn.id, *(each.id for each in derivation.variants)]
    assert len(set(ids)) == len(ids)
    kinds = [*(each.variant for each in derivation.variants), *derivation.missing]
    assert sorted(map(str, kinds)) == sorted(map(str, VariantKind))
    text = format_list(derivation.variants, with_variants=True)
    reading = read_list(drawn.path, text.encode(), wordlist=drawn.wordlist)
    assert [problem for problem in reading.problems if "no rows" not in problem.what] == []
    assert [each.id for each in reading.entries] == ids[1:]
    assert [each.components for each in reading.entries] == [
        each.components for each in derivation.variants
    ]


@given(st.sampled_from(["a\u200db", "a\u202eb", "a\u00a0b"]))
def test_what_cannot_be_seen_is_named(text: str) -> None:
    """A text is shown without anything that one does not see."""
    assert f"<U+{ord(text[1]):04X}>" in visible(entry(text))


@pytest.mark.parametrize("kind", list(VariantKind))
def test_kinds_can_be_asked_for_one_by_one(kind: VariantKind) -> None:
    """Only the kinds asked for are derived, or said to leave the entry as it is."""
    found = derive(entry("VPN"), [kind])
    assert {*(each.variant for each in found.variants), *found.missing} == {kind}
