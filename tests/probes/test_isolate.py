"""Isolation finds which words of a text stop it, on lanes that err or not."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.isolate import Aims, Form, Isolation
from probes.isolation_likelihood import Channel
from probes.isolation_result import Answer, Conclusion, Ending, ProofKind, Purpose
from results.record import VerdictKind
from tests.probes.isolation_filters import (
    EXACT,
    LANE,
    Lanes,
    all_of,
    any_of,
    channel,
    in_order,
    is_smallest,
)

FORM = Form(characters=2_000, joiner="\n", padding="今天天气很好,我们去公园散步。")
TEXT = (
    "昨天下午我们在城里的图书馆开会,讨论了明年的读书计划。会后有人提到达赖喇嘛和菩提伽耶,"
    "也有人说起金刚灌顶法会的时间。大家决定下个月再见面,带上各自喜欢的书和一些点心。"
)


@st.composite
def texts_with_combinations(draw: st.DrawFn) -> tuple[str, tuple[str, ...]]:
    """A text of few letters, and parts of it: repeated, overlapping or inside each other."""
    text = draw(st.text(alphabet="abcd", min_size=1, max_size=40))
    components = set()
    for _ in range(draw(st.integers(min_value=1, max_value=4))):
        start = draw(st.integers(min_value=0, max_value=len(text) - 1))
        length = draw(st.integers(min_value=1, max_value=6))
        components.add(text[start : start + length])
    return text, tuple(components)


@settings(max_examples=30)
@given(texts_with_combinations())
def test_smallest_combination_is_found(planted: tuple[str, tuple[str, ...]]) -> None:
    """Where nothing errs, what is found is blocked, and nothing less than it is."""
    text, components = planted
    blocks = all_of(*components)
    result = Lanes(blocks).run(Isolation(text, form=FORM, channels={LANE: EXACT}))
    assert result.ending is Ending.FOUND
    (combination,) = result.combinations
    assert is_smallest(blocks, combination.texts)
    assert combination.verdict is VerdictKind.CENSORED


@settings(max_examples=15)
@given(texts_with_combinations(), st.integers(min_value=0, max_value=999))
def test_outcomes_come_in_any_order(planted: tuple[str, tuple[str, ...]], seed: int) -> None:
    """Several lanes, late outcomes and messages that prove nothing change nothing but the price."""
    text, components = planted
    blocks = all_of(*components)
    channels = {"lane-1": EXACT, "lane-2": channel(0.001, 0.001)}
    lanes = Lanes(blocks, void=0.2, late=5, names=tuple(channels), random=Random(seed))
    result = lanes.run(Isolation(text, form=FORM, channels=channels))
    (combination,) = result.combinations
    assert is_smallest(blocks, combination.texts)


@settings(max_examples=15)
@given(texts_with_combinations(), st.integers(min_value=0, max_value=999))
def test_what_proves_nothing_is_not_counted(
    planted: tuple[str, tuple[str, ...]], seed: int
) -> None:
    """A message that proves nothing is in no count but that of void ones, and in no proof."""
    text, components = planted
    lanes = Lanes(all_of(*components), void=0.3, random=Random(seed))
    result = lanes.run(Isolation(text, form=FORM, channels={LANE: EXACT}))
    answers = [answer for _, answer in lanes.sent]
    assert result.void == answers.count(Answer.NOTHING)
    assert result.messages == len(answers) - result.void
    (combination,) = result.combinations
    assert combination.search_messages + combination.proof_messages == result.messages
    told = [text for text, answer in lanes.sent if answer is not Answer.NOTHING]
    for item in combination.proof:
        of_it = [each for each in told if each.text == item.text]
        assert item.blocked + item.delivered <= len(of_it)


@settings(max_examples=15)
@given(
    st.text(alphabet="abcd", min_size=3, max_size=40),
    st.lists(
        st.tuples(st.integers(0, 39), st.integers(1, 4), st.integers(0, 39), st.integers(1, 4)),
        min_size=1,
        max_size=3,
    ),
)
def test_all_combinations_are_found(text: str, spans: list[tuple[int, int, int, int]]) -> None:
    """With `finds_all`, the text arrives, however the combinations that were found are broken."""
    rules = [
        (text[a % len(text) :][:length_a], text[b % len(text) :][:length_b])
        for a, length_a, b, length_b in spans
    ]
    blocks = any_of(*(all_of(*rule) for rule in rules))
    isolation = Isolation(text, form=FORM, channels={LANE: EXACT}, aims=Aims(finds_all=True))
    result = Lanes(blocks).run(isolation)
    assert result.ending is Ending.REST_ARRIVES
    found = [combination.texts for combination in result.combinations]
    assert found
    assert len({frozenset(each) for each in found}) == len(found)
    assert all(is_smallest(blocks, each) for each in found)


def test_two_combinations_in_one_text() -> None:
    """With `finds_all`, combinations that share nothing are both found, and the rest arrives."""
    first, second = ("达赖喇嘛", "金刚灌顶法会"), ("读书计划", "点心")
    blocks = any_of(all_of(*first), all_of(*second))
    isolation = Isolation(TEXT, form=FORM, channels={LANE: EXACT}, aims=Aims(finds_all=True))
    result = Lanes(blocks).run(isolation)
    found = {frozenset(combination.texts) for combination in result.combinations}
    assert found == {frozenset(first), frozenset(second)}
    assert result.ending is Ending.REST_ARRIVES


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("loss", "slip"), [(0.03, 0.0), (0.05, 0.05)])
def test_noise_does_not_mislead(loss: float, slip: float, seed: int) -> None:
    """Where messages get lost and slip through, the same combination is found."""
    components = ("达赖喇嘛", "菩提伽耶", "金刚灌顶法会")
    lanes = Lanes(all_of(*components), loss=loss, slip=slip, random=Random(seed))
    isolation = Isolation(TEXT, form=FORM, channels={LANE: channel(loss, slip)})
    (combination,) = lanes.run(isolation).combinations
    assert set(combination.texts) == set(components)
    assert combination.verdict is VerdictKind.CENSORED


def test_lane_that_errs_more_than_it_is_known_to_is_not_believed() -> None:
    """What speaks against a combination in its proof makes it inconclusive."""
    components = ("达赖喇嘛", "菩提伽耶")
    wrong = 0
    for seed in range(4):
        lanes = Lanes(all_of(*components), loss=0.25, slip=0.25, random=Random(seed))
        for each in lanes.run(Isolation(TEXT, form=FORM, channels={LANE: EXACT})).combinations:
            is_right = set(each.texts) == set(components)
            wrong += not is_right and each.verdict is VerdictKind.CENSORED
    assert wrong == 0


def test_order_that_matters_is_told() -> None:
    """A rule that needs its components in order is found, with the order of the text."""
    components = ("达赖喇嘛", "菩提伽耶", "法会")
    lanes = Lanes(in_order(*components))
    (combination,) = lanes.run(Isolation(TEXT, form=FORM, channels={LANE: EXACT})).combinations
    assert combination.texts == components
    assert combination.is_order_sensitive is True
    assert combination.verdict is VerdictKind.CENSORED


def test_order_that_does_not_matter_is_told() -> None:
    """A rule that takes its components in any order is told from one that does not."""
    lanes = Lanes(all_of("菩提伽耶", "法会"))
    (combination,) = lanes.run(Isolation(TEXT, form=FORM, channels={LANE: EXACT})).combinations
    assert combination.is_order_sensitive is False
    assert combination.is_extenuated is False


def test_order_of_repeated_components_is_never_told_wrongly() -> None:
    """Where components repeat in other orders, an order-sensitive rule is right or inconclusive."""
    blocks = in_order("b", "cbc")
    text = "dccabcdbccbcaddbbbddcdadcddbbdccadddcbbabcccbdbbacb"
    result = Lanes(blocks).run(Isolation(text, form=FORM, channels={LANE: EXACT}))
    assert result.combinations
    for each in result.combinations:
        assert is_smallest(blocks, each.texts) or each.verdict is VerdictKind.INCONCLUSIVE


def test_words_that_switch_a_rule_off_are_told() -> None:
    """A combination is extenuated if it is blocked for itself and arrives in the original text."""
    rule = all_of("达赖喇嘛", "法会")
    lanes = Lanes(lambda text: rule(text) and "图书馆" not in text)
    (combination,) = lanes.run(Isolation(TEXT, form=FORM, channels={LANE: EXACT})).combinations
    assert set(combination.texts) == {"达赖喇嘛", "法会"}
    assert combination.is_extenuated is True
    assert combination.verdict is VerdictKind.CENSORED


@pytest.mark.parametrize("with_dictionary", [True, False])
def test_dictionary_saves_messages_at_most(
    with_dictionary: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without jieba, the same combination is found."""
    monkeypatch.setattr("probes.isolation_prior.has_dictionary", lambda: with_dictionary)
    lanes = Lanes(all_of("菩提伽耶", "读书"))
    (combination,) = lanes.run(Isolation(TEXT, form=FORM, channels={LANE: EXACT})).combinations
    assert set(combination.texts) == {"菩提伽耶", "读书"}
    assert len(lanes.sent) < 60


@pytest.mark.parametrize("length", [26, 40])
def test_long_component_is_found(length: int) -> None:
    """A component longer than any that is looked for at first is found whole."""
    text = TEXT[:60]
    component = text[5 : 5 + length]
    lanes = Lanes(all_of(component))
    (combination,) = lanes.run(Isolation(text, form=FORM, channels={LANE: EXACT})).combinations
    assert combination.texts == (component,)


@pytest.mark.parametrize("joiner", ["\n", " ", "", "a"])
def test_joiner_makes_no_words(joiner: str) -> None:
    """Neighbours that an app's joiner would put together are still told from one component."""
    text = "we met a friend at the harbour and\nate bread with a cup of tea"
    blocks = all_of("a friend", "cup of")
    form = Form(characters=500, joiner=joiner)
    lanes = Lanes(blocks)
    (combination,) = lanes.run(Isolation(text, form=form, channels={LANE: EXACT})).combinations
    assert set(combination.texts) == {"a friend", "cup of"}


def test_text_that_is_too_long_is_cut() -> None:
    """No message is longer than the app takes, and what lies across a cut is found."""
    form = Form(characters=60, joiner="\n")
    aims = Aims(finds_all=True, overlap=20)
    blocks = any_of(all_of("达赖喇嘛", "菩提伽耶"), all_of("点心"))
    for shift in range(0, 60, 17):
        text = "昨天下午我们在城里的图书馆开会。"[:shift] + "好" * shift + TEXT
        lanes = Lanes(blocks)
        result = lanes.run(Isolation(text, form=form, channels={LANE: EXACT}, aims=aims))
        assert max(len(sent.text) for sent, _ in lanes.sent) <= form.characters
        found = {frozenset(combination.texts) for combination in result.combinations}
        assert found == {frozenset({"达赖喇嘛", "菩提伽耶"}), frozenset({"点心"})}
        assert result.ending is Ending.REST_ARRIVES


def test_places_of_a_component_are_told() -> None:
    """A component that occurs several times is told with all its places."""
    text = "苹果和梨,苹果和桃子,还有香蕉。"
    lanes = Lanes(all_of("苹果", "香蕉"))
    (combination,) = lanes.run(Isolation(text, form=FORM, channels={LANE: EXACT})).combinations
    places = {component.text: component.places for component in combination.components}
    assert places == {"苹果": ((0, 2), (5, 7)), "香蕉": ((13, 15),)}


def test_case_of_letters_does_not_matter() -> None:
    """Occurrences that differ in case only are one part, as filters are not known to tell case."""
    text = "They quoted liu xiaobo twice, and Liu Xiaobo again."
    lanes = Lanes(lambda message: "liu xiaobo" in message.lower())
    (combination,) = lanes.run(Isolation(text, form=FORM, channels={LANE: EXACT})).combinations
    assert [each.lower() for each in combination.texts] == ["liu xiaobo"]
    assert len(combination.components[0].places) == 2


def test_proof_has_all_items() -> None:
    """A combination is proven alone, without each component, reversed, padded and in the text."""
    lanes = Lanes(all_of("达赖喇嘛", "法会"))
    (combination,) = lanes.run(Isolation(TEXT, form=FORM, channels={LANE: EXACT})).combinations
    concluded = {(item.kind, item.component): item.conclusion for item in combination.proof}
    assert concluded == {
        (ProofKind.ALONE, None): Conclusion.BLOCKED,
        (ProofKind.LEFT_OUT, 0): Conclusion.DELIVERED,
        (ProofKind.LEFT_OUT, 1): Conclusion.DELIVERED,
        (ProofKind.HALVED, 0): Conclusion.NOT_ASKED,
        (ProofKind.HALVED, 1): Conclusion.NOT_ASKED,
        (ProofKind.REVERSED, None): Conclusion.BLOCKED,
        (ProofKind.PADDED, None): Conclusion.BLOCKED,
        (ProofKind.ORIGINAL, None): Conclusion.BLOCKED,
    }
    (padded,) = (item for item in combination.proof if item.kind is ProofKind.PADDED)
    assert 0.8 * len(TEXT) < len(padded.text) <= len(TEXT)


def test_text_that_arrives_has_no_combination() -> None:
    """If the text arrives when it is sent again, nothing is found."""
    isolation = Isolation(TEXT, form=FORM, channels={LANE: channel(0.01, 0.01)}, blocked_prior=0.5)
    result = Lanes(lambda _: False).run(isolation)
    assert (result.combinations, result.ending) == ((), Ending.NOTHING_FOUND)


def test_it_ends_when_messages_are_spent() -> None:
    """No more messages are sent than it may, whatever is known by then."""
    aims = Aims(most_messages=5)
    lanes = Lanes(all_of("达赖喇嘛", "法会"), late=4)
    result = lanes.run(Isolation(TEXT, form=FORM, channels={LANE: EXACT}, aims=aims))
    assert result.ending is Ending.OUT_OF_MESSAGES
    assert result.messages == len(lanes.sent) == 5


def test_it_ends_when_nothing_proves_anything() -> None:
    """After too many void messages in a row it gives up."""
    lanes = Lanes(all_of("法会"), void=1.0)
    isolation = Isolation(TEXT, form=FORM, channels={LANE: EXACT}, aims=Aims(most_wasted=3))
    result = lanes.run(isolation)
    assert (result.ending, result.void, result.messages) == (Ending.TOO_MANY_VOID, 3, 0)


def test_few_messages_are_on_their_way_at_once() -> None:
    """No more texts are handed out than can be chosen well, and none of them twice."""
    isolation = Isolation(TEXT, form=FORM, channels={LANE: EXACT})
    texts = isolation.next_texts(20, LANE)
    assert 1 < len(texts) <= 4
    assert len({text.text for text in texts}) == len(texts)
    assert isolation.next_texts(20, LANE) == ()
    assert {text.purpose for text in texts} == {Purpose.SEARCH}
    assert isolation.result is None


def test_what_is_learnt_of_a_lane_counts() -> None:
    """When a lane turns out to lose messages, one that was blocked proves less than before."""
    isolation = Isolation("苹果", form=FORM, channels={LANE: EXACT}, blocked_prior=0.5)
    while not isolation.is_done:
        isolation.set_channel(channel(0.4, 0.01), LANE)
        (text,) = isolation.next_texts(1, LANE)
        isolation.put(text.id, Answer.BLOCKED if "苹果" in text.text else Answer.DELIVERED)
    assert isolation.result is not None
    assert isolation.result.messages > 10


def test_outcome_of_no_text_is_refused() -> None:
    """An outcome that was told before, or of another text, is an error."""
    isolation = Isolation(TEXT, form=FORM, channels={LANE: EXACT})
    (text,) = isolation.next_texts(1, LANE)
    isolation.put(text.id, Answer.BLOCKED)
    with pytest.raises(KeyError, match=f"no text with id {text.id} is on its way"):
        isolation.put(text.id, Answer.BLOCKED)


def test_unknown_lane_is_refused() -> None:
    """A lane of whose errors nothing is known gets no texts."""
    isolation = Isolation(TEXT, form=FORM, channels={LANE: EXACT})
    with pytest.raises(KeyError, match="lane-9"):
        isolation.next_texts(1, "lane-9")


@pytest.mark.parametrize(
    ("text", "form", "channels", "prior", "message"),
    [
        ("", FORM, {LANE: EXACT}, 0.9, "empty text"),
        (TEXT, FORM, {}, 0.9, "at least one lane"),
        (TEXT, Form(characters=0), {LANE: EXACT}, 0.9, "room for 0 characters"),
        (TEXT, FORM, {LANE: EXACT}, 1.0, "blocked_prior"),
    ],
)
def test_what_cannot_be_isolated_is_refused(
    text: str, form: Form, channels: dict[str, Channel], prior: float, message: str
) -> None:
    """What makes no sense is refused before anything is sent."""
    with pytest.raises(ValueError, match=message):
        Isolation(text, form=form, channels=channels, blocked_prior=prior)


@pytest.mark.parametrize(
    "wrong",
    [{"alpha": 0.0}, {"proof_alpha": 0.5}, {"most_messages": 0}, {"overlap": -1}],
)
def test_aims_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    """Limits outside their range are refused by name."""
    with pytest.raises(ValueError, match=r"alpha|most|overlap"):
        Aims(**wrong)  # type: ignore[arg-type] # on purpose
