"""The proof of a combination, which does not depend on how it was found."""

from collections.abc import Mapping
from dataclasses import replace

from probes.isolation_likelihood import Channel
from probes.isolation_proof import Claim, Proof, pad
from probes.isolation_result import Conclusion, ProofKind
from probes.isolation_text import Pieces, spell
from tests.probes.isolation_filters import EXACT, LANE, Blocks, all_of, channel, in_order

TEXT = "abcXYdefgZWhi"
CLAIM = Claim(
    components=("XY", "ZW"),
    pieces=((3, 5), (9, 11)),
    left_out=(((9, 11),), ((3, 5),)),
    halved=(((3, 4), (4, 5), (9, 11)), ((3, 5), (9, 10), (10, 11))),
    spell=lambda pieces: spell(TEXT, pieces, "|"),
    joiner="|",
    original=TEXT,
    padding="..,",
    length=len(TEXT),
    characters=100,
)


def prove(
    claim: Claim, blocks: Blocks, channels: Mapping[str, Channel]
) -> tuple[Proof, list[tuple[str, Pieces | None]]]:
    """Ask all that a proof asks."""
    proof, asked = Proof(claim, 0.01), []
    while (wanted := proof.next(channels, ())) is not None:
        proof.send(len(asked), wanted[0])
        proof.put(len(asked), blocks(wanted[0]), LANE)
        asked.append(wanted)
    assert proof.is_done(channels)
    return proof, asked


def test_right_combination_is_proven() -> None:
    """Where nothing errs, each item takes one message, and the proof holds."""
    proof, asked = prove(CLAIM, all_of("XY", "ZW"), {LANE: EXACT})
    assert proof.holds({LANE: EXACT})
    padded = ".|XY|.|ZW|,"
    assert [text for text, _ in asked] == ["XY|ZW", "ZW", "XY", "ZW|XY", padded, TEXT]
    assert [pieces for _, pieces in asked][:2] == [CLAIM.pieces, ((9, 11),)]


def test_slip_makes_lesser_parts_worth_a_message() -> None:
    """Where censored text slips through, it is asked again that nothing less will do."""
    noisy = {LANE: channel(0.01, 0.05)}
    _, asked = prove(CLAIM, all_of("XY", "ZW"), noisy)
    assert {"X|Y|ZW", "XY|Z|W"} <= {text for text, _ in asked}


def test_order_makes_lesser_parts_worth_a_message() -> None:
    """Where the order of components matters, it is asked again that nothing less will do."""
    proof, asked = prove(CLAIM, in_order("XY", "ZW"), {LANE: EXACT})
    assert {"X|Y|ZW", "XY|Z|W"} <= {text for text, _ in asked}
    (turned,) = (each for each in proof.items({LANE: EXACT}) if each.kind is ProofKind.REVERSED)
    assert turned.conclusion is Conclusion.DELIVERED
    assert proof.holds({LANE: EXACT})


def test_too_many_components_fail() -> None:
    """If the combination without one of its components is blocked as well, the proof fails."""
    proof, _ = prove(CLAIM, all_of("XY"), {LANE: EXACT})
    assert not proof.holds({LANE: EXACT})
    failed = [each for each in proof.items({LANE: EXACT}) if not each.is_as_expected]
    assert (ProofKind.LEFT_OUT, 1) in {(each.kind, each.component) for each in failed}


def test_too_few_components_fail() -> None:
    """If the components alone arrive, the proof fails."""
    proof, _ = prove(CLAIM, all_of("XY", "ZW", "i"), {LANE: EXACT})
    assert not proof.holds({LANE: EXACT})


def test_doubt_is_asked_again() -> None:
    """On a lane that errs an item is asked until it is decided, and never for ever."""
    noisy = {LANE: channel(0.3, 0.3)}
    _, asked = prove(CLAIM, all_of("XY", "ZW"), noisy)
    texts = [text for text, _ in asked]
    assert texts.count("XY|ZW") > 1
    turns = iter(range(1_000))
    proof, asked = prove(CLAIM, lambda _: next(turns) % 2 == 0, noisy)
    assert not proof.holds(noisy)
    assert len(asked) <= 7 * len({text for text, _ in asked})


def test_original_that_is_the_combination_is_asked_once() -> None:
    """Where two items are the same text, a message tells of both."""
    claim = replace(
        CLAIM,
        components=("XY",),
        pieces=((3, 5),),
        left_out=((),),
        halved=(((3, 4), (4, 5)),),
        original="XY",
        length=2,
    )
    proof, asked = prove(claim, all_of("XY"), {LANE: EXACT})
    assert [text for text, _ in asked] == ["XY"]
    assert proof.holds({LANE: EXACT})


def test_what_does_not_fit_is_not_asked() -> None:
    """Without padding, or room for the original, these items are left out and told so."""
    claim = replace(CLAIM, padding="", characters=6)
    proof, asked = prove(claim, all_of("XY", "ZW"), {LANE: EXACT})
    assert all(len(text) <= 6 for text, _ in asked)
    concluded = {each.kind: each.conclusion for each in proof.items({LANE: EXACT})}
    assert concluded[ProofKind.PADDED] is Conclusion.NOT_ASKED
    assert concluded[ProofKind.ORIGINAL] is Conclusion.NOT_ASKED
    assert proof.holds({LANE: EXACT})


def test_void_message_is_asked_again() -> None:
    """A message that proved nothing counts for no item."""
    proof = Proof(CLAIM, 0.01)
    first = proof.next({LANE: EXACT}, ())
    assert first is not None
    proof.send(0, first[0])
    proof.put(0, None, LANE)
    assert proof.next({LANE: EXACT}, ()) == first
    assert {each.blocked + each.delivered for each in proof.items({LANE: EXACT})} == {0}


def test_text_on_its_way_is_not_asked_meanwhile() -> None:
    """Items that are on their way wait for their outcome, and others go first."""
    proof = Proof(CLAIM, 0.01)
    first = proof.next({LANE: EXACT}, ())
    assert first is not None
    proof.send(0, first[0])
    second = proof.next({LANE: EXACT}, [first[0]])
    assert second is not None
    assert second[0] != first[0]
    assert not proof.is_done({LANE: EXACT})


def test_padding_spreads_components() -> None:
    """Components stand apart in harmless text that is as long as it may be."""
    text = pad(("六四", "学生"), "天气好。", 40, "|")
    assert "|六四|" in text
    assert "|学生|" in text
    assert 30 < len(text) <= 40
    assert pad(("六四",), "", 40, "|") == ""
    assert pad(("六四",), "天气好。", 4, "|") == ""
