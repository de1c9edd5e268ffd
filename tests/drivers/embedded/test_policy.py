"""What the embedded network does to which message."""

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.embedded.policy import (
    Action,
    FaultKind,
    Party,
    Policy,
    Rule,
    fold,
    load_policy,
    masked,
)
from drivers.errors import ConfigError
from drivers.testbed import Testbed, load_testbed
from wordlists.wordlist import load_all

PLAIN = Rule(
    components=("Dalai Lama", "时轮"),
    action=Action.DROP,
    chats=("direct", "group"),
    regions=("CN",),
    applies_to=Party.EITHER,
    ordered=False,
    extenuating=(),
    after_messages=3,
)


def applies(rule: Rule, text: str, *, chat: str = "group", regions: str = "CN-CN") -> bool:
    """Whether a rule applies to a text; regions are those of sender and receiver."""
    sender, receiver = regions.split("-")
    return rule.applies(text, chat, sender, receiver)


def written(folder: Path, policy: str) -> Path:
    """A policy file with this text."""
    path = folder / "policy.toml"
    path.write_text(f'title = "test"\n{policy}', encoding="utf-8")
    return path


def test_all_components_must_be_there() -> None:
    """A rule applies to texts with all its components, wherever they stand, and to no others."""
    assert applies(PLAIN, "the Dalai Lama and 时轮金刚")
    assert applies(PLAIN, "时轮金刚 by the Dalai Lama")
    assert not applies(PLAIN, "the Dalai Lama")
    assert not applies(PLAIN, "时轮金刚")


@pytest.mark.parametrize("text", ["DALAI LAMA 时轮", "dalai lama 时轮", "Ｄａｌａｉ　Ｌａｍａ时轮"])
def test_case_and_width_do_not_matter(text: str) -> None:
    """A text is compared after NFKC and case folding."""
    assert applies(PLAIN, text)


def test_folding_covers_the_rule_as_well() -> None:
    """It makes no difference whether the text or the rule is written in another form."""
    assert applies(replace(PLAIN, components=("ＳＴＲＡＳＳＥ",)), "Straße")
    assert applies(replace(PLAIN, components=("straße",)), "STRASSE")


def test_ordered_components() -> None:
    """Components of an ordered rule must follow each other without sharing characters."""
    rule = replace(PLAIN, components=("天安", "安门"), ordered=True)
    assert applies(rule, "天安 安门")
    assert not applies(rule, "安门 天安")
    assert not applies(rule, "天安门")
    assert applies(replace(rule, ordered=False), "天安门")


def test_extenuating_text_switches_a_rule_off() -> None:
    """A rule does not apply to a text that holds one of its extenuating texts."""
    rule = replace(PLAIN, extenuating=("Condemn",))
    assert applies(rule, "Dalai Lama 时轮")
    assert not applies(rule, "we CONDEMN Dalai Lama 时轮")


def test_kind_of_chat() -> None:
    """A rule applies in the chats it names only."""
    rule = replace(PLAIN, chats=("group",))
    assert applies(rule, "Dalai Lama 时轮", chat="group")
    assert not applies(rule, "Dalai Lama 时轮", chat="direct")


@pytest.mark.parametrize(
    ("party", "hit"),
    [
        (Party.SENDER, {"CN-CN", "CN-CA"}),
        (Party.RECEIVER, {"CN-CN", "CA-CN"}),
        (Party.EITHER, {"CN-CN", "CN-CA", "CA-CN"}),
    ],
)
def test_whose_region_counts(party: Party, hit: set[str]) -> None:
    """A rule looks at the region of the party it names."""
    rule = replace(PLAIN, applies_to=party)
    every = {"CN-CN", "CN-CA", "CA-CN", "CA-CA"}
    assert {each for each in every if applies(rule, "Dalai Lama 时轮", regions=each)} == hit


words = st.text(min_size=1, max_size=6)


@given(st.lists(words, min_size=1, max_size=3), st.booleans(), st.text(), st.text(), st.data())
def test_more_text_never_switches_a_rule_off(
    components: list[str], ordered: bool, before: str, after: str, data: st.DataObject
) -> None:
    """Without extenuating texts, a text set off by spaces never frees a message from a rule."""
    rule = replace(PLAIN, components=tuple(components), ordered=ordered)
    order = components if ordered else data.draw(st.permutations(components))
    text = " ".join(order)
    assert applies(rule, text)
    assert applies(rule, f"{before} {text} {after}")


@given(words, st.text())
def test_mask_leaves_nothing_of_a_component(component: str, text: str) -> None:
    """After masking, no component is left that a rule would find, and the length is the same."""
    hidden = masked(f"{text} {component} {text}", [component])
    assert len(hidden) == len(f"{text} {component} {text}")
    assert fold(component) not in fold(hidden) or fold(component).strip("*") == ""


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("see the dalai LAMA, Dalai Lama", "see the **********, **********"),
        ("Ｄａｌａｉ　Ｌａｍａ 2012", "********** 2012"),
        ("İstanbul Dalai Lama", "İstanbul **********"),
        ("nothing of it", "nothing of it"),
    ],
)
def test_mask_hides_components_in_any_case_and_width(text: str, told: str) -> None:
    """A mask covers a component wherever it stands and however it is written."""
    assert masked(text, ["Dalai Lama"]) == told


def test_the_first_rule_decides(tmp_path: Path) -> None:
    """Of several rules that apply, the first says what happens."""
    policy = load_policy(
        written(
            tmp_path,
            '[[rule]]\ncomponents = ["a", "b"]\naction = "mask"\n'
            '[[rule]]\ncomponents = ["a"]\naction = "refuse"\n',
        )
    )
    assert [
        rule and rule.action
        for rule in (policy.rule_for(text, "group", "CN", "CN") for text in ("ab", "a", "b"))
    ] == [Action.MASK, Action.REFUSE, None]


@pytest.mark.parametrize(
    ("reach", "hit"),
    [
        ("", {"bad", "bad and more text", "some text, then bad"}),
        ("[reach]\nreads_first = 8\n", {"bad", "bad and more text"}),
        ("[reach]\nignores_longer = 8\n", {"bad"}),
    ],
)
def test_filter_reads_as_much_as_it_is_told(tmp_path: Path, reach: str, hit: set[str]) -> None:
    """A filter may read the beginning of a message only, or no long message at all."""
    policy = load_policy(written(tmp_path, f'{reach}[[rule]]\ncomponents = ["bad"]\n'))
    texts = ("bad", "bad and more text", "some text, then bad")
    assert {text for text in texts if policy.rule_for(text, "group", "CN", "CN")} == hit


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("[[rule]]\ncomponents = []", "rule.0.components"),
        ('[[rule]]\ncomponents = ["a", ""]', "rule.0.components.1"),
        ('[[rule]]\ncomponents = ["a"]\nextenuating = [""]', "rule.0.extenuating.0"),
        ('[[rule]]\ncomponents = ["a"]\naction = "eat"', "rule.0.action"),
        ('[[rule]]\ncomponents = ["a"]\nchats = ["public"]', "rule.0.chats.0"),
        ('[[rule]]\ncomponents = ["a"]\nregions = ["China"]', "rule.0.regions.0"),
        ('[[rule]]\ncomponents = ["a"]\napplies_to = "both"', "rule.0.applies_to"),
        ('[[rule]]\ncomponents = ["a"]\nafter_messages = 0', "rule.0.after_messages"),
        ('[[rule]]\ncomponents = ["a"]\nenforced = 0', "rule.0.enforced"),
        ("[reach]\nreads_first = 0", "reach.reads_first"),
        ('[[rule]]\ncomponent = ["a"]', "rule.0.component: nobody knows this key"),
        ("[noise]\nloss = 1.5", "noise.loss"),
        ("[noise]\nslip = -0.1", "noise.slip"),
        ("[noise]\ndelay_ms = [-1, 5]", "noise.delay_ms.0"),
        ("[noise]\ndelay_ms = [400, 50]", "noise.delay_ms: the shortest delay"),
        ("[limits]\nrate = 0", "limits.rate"),
        ('[[fault]]\nhandset = "a"\nwhat = "melts"\nafter_messages = 1', "fault.0.what"),
        ('[[fault]]\nhandset = "a"\nwhat = "dies"', "fault.0.after_messages: is missing"),
        ("[[rule", "not valid TOML"),
    ],
)
def test_broken_policy_is_explained(tmp_path: Path, broken: str, told: str) -> None:
    """What is wrong with a policy is said with the file and the place."""
    path = written(tmp_path, broken)
    with pytest.raises(ConfigError) as caught:
        load_policy(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_missing_policy_is_explained(tmp_path: Path) -> None:
    """A policy that is not there is named with its path."""
    with pytest.raises(ConfigError, match=r"policy\.toml: the policy cannot be read"):
        load_policy(tmp_path / "policy.toml")


def test_everything_can_be_said(tmp_path: Path) -> None:
    """Noise, limits and every kind of fault are read from a policy."""
    faults = "".join(
        f'[[fault]]\nhandset = "a"\nwhat = "{kind}"\nafter_messages = {number}\n'
        for number, kind in enumerate(FaultKind)
    )
    policy = load_policy(
        written(
            tmp_path,
            "[noise]\nloss = 0.1\nslip = 0.2\ndelay_ms = [1, 2]\nreorder = 0.3\nduplicate = 0.4\n"
            f"[limits]\nrate = 5\nrate_window_s = 9\nrestrict_after = 7\n{faults}",
        )
    )
    noise, limits = policy.noise, policy.limits
    assert (noise.loss, noise.slip, noise.delay_ms) == (0.1, 0.2, (1.0, 2.0))
    assert (noise.reorder, noise.duplicate) == (0.3, 0.4)
    assert (limits.rate, limits.rate_window_s, limits.restrict_after) == (5, 9.0, 7)
    assert [fault.kind for fault in policy.faults] == list(FaultKind)
    assert [fault.after_messages for fault in policy.faults] == list(range(len(FaultKind)))


@pytest.fixture(scope="module")
def testbed() -> Testbed:
    """The testbed that ships with the project."""
    return load_testbed("embedded")


@pytest.fixture(scope="module")
def shipped(testbed: Testbed) -> Policy:
    """Its policy."""
    assert testbed.embedded is not None
    return load_policy(testbed.embedded.policy)


def share_censored(policy: Policy, chat: str) -> float:
    """Share of the shipped entries that a policy censors."""
    texts = [" ".join(entry.components) for each in load_all() for entry in each.entries]
    return sum(policy.rule_for(text, chat, "CN", "CN") is not None for text in texts) / len(texts)


def test_shipped_policy_censors_as_much_as_is_reported(shipped: Policy) -> None:
    """About one entry in twenty is censored in group chat, fewer in direct chat but some."""
    group, direct = share_censored(shipped, "group"), share_censored(shipped, "direct")
    assert 0.04 <= group <= 0.07
    assert 0 < direct < group


def test_shipped_policy_is_for_mainland_accounts(shipped: Policy) -> None:
    """Between accounts registered elsewhere, nothing is censored."""
    canary = "undelivered canary known to be dropped"
    assert shipped.rule_for(canary, "group", "CN", "CA") is not None
    assert shipped.rule_for(canary, "group", "CA", "CA") is None


def test_shipped_canary_is_dropped_silently(shipped: Policy, testbed: Testbed) -> None:
    """The canary that the testbed publishes is dropped wherever it says."""
    (canary,) = testbed.canaries
    for chat in canary.chats:
        rule = shipped.rule_for(" ".join(canary.components), chat, "CN", "CN")
        assert rule is not None
        assert rule.action is Action.DROP
    assert canary.chats == ("direct", "group")


def test_no_control_is_censored(shipped: Policy) -> None:
    """No control phrase, and no two of them joined by a space, is censored anywhere."""
    phrases = [" ".join(entry.components) for entry in load_all(with_controls=True)[-1].entries]
    pairs = map(" ".join, itertools.permutations(phrases, 2))
    hit = [
        text
        for text in itertools.chain(phrases, pairs)
        if shipped.rule_for(text, "group", "CN", "CN") is not None
    ]
    assert hit == []
    # What holds for group chat holds for direct chat: no rule is for direct chat only.
    assert all("group" in rule.chats for rule in shipped.rules)


def test_screens_are_plain_unless_asked_otherwise(tmp_path: Path) -> None:
    """Language, clutter and more skins are keys of the policy; without them, screens are plain."""
    plain = load_policy(written(tmp_path, ""))
    assert (plain.language, plain.clutter, plain.skins) == (None, False, ())
    asked = 'language = "de"\nclutter = true\nskins = ["more/pigeon.py"]\n'
    told = load_policy(written(tmp_path, asked))
    assert (told.language, told.clutter) == ("de", True)
    assert told.skins == (tmp_path / "more" / "pigeon.py",)
