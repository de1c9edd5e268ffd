"""Controls: harmless texts like the probes they accompany."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from probes.controls import Controls, harmless
from wordlists.scripts import script_of
from wordlists.wordlist import load_all, load_controls

PHRASES = [entry.keyword for entry in load_controls().entries]


def test_every_shipped_entry_has_controls_of_its_script() -> None:
    """For every entry that ships with the project there are controls of its own script."""
    scripts = {script_of(phrase) for phrase in PHRASES}
    entries = [entry for wordlist in load_all() for entry in wordlist.entries]
    assert {script_of(entry.keyword) for entry in entries} <= scripts


def test_same_seed_draws_the_same() -> None:
    """Controls are drawn by the seed alone."""
    draws = [
        [Controls(PHRASES).draw("达赖喇嘛", " ", Random(seed), ()) for _ in range(3)]
        for seed in (1, 1, 2)
    ]
    assert draws[0] == draws[1] != draws[2]


@given(
    st.sampled_from(["达赖喇嘛", "Dalai Lama", "བོད་ལྗོངས།", "ياخشىمۇسىز", "藏族"]),
    st.integers(min_value=1, max_value=4),
    st.integers(),
)
def test_control_resembles_its_probe(word: str, times: int, seed: int) -> None:
    """A control has the probe's script and, within a phrase's length, its length."""
    probe = " ".join([word] * times)
    control = Controls(PHRASES).draw(probe, " ", Random(seed), ())
    assert script_of(control) == script_of(probe)
    assert abs(len(control) - len(probe)) <= 8


def test_rare_characters_are_met_with_rare_ones() -> None:
    """Of phrases of one length, those whose characters are about as frequent are drawn."""
    common, rare = ["天天天天"] * 9, ["龘驫鱻麤"] * 8
    controls = Controls([*common, *rare])
    drawn = {controls.draw("龘驫鱻麤", " ", Random(seed), ()) for seed in range(20)}
    assert drawn == {"龘驫鱻麤"}


def test_recent_texts_are_avoided() -> None:
    """A control that was just sent is not drawn again while there are others."""
    controls = Controls(["早上好", "晚上好", "你好吗"])
    for seed in range(20):
        assert controls.draw("刘晓波", " ", Random(seed), {"早上好", "晚上好"}) == "你好吗"


def test_unknown_script_gets_any_control() -> None:
    """A probe in a script without controls is still accompanied by one."""
    assert Controls(["hello"]).draw("ገበያ", " ", Random(0), ()) == "hello"


def test_controls_hold_nothing_that_is_tested() -> None:
    """A phrase that holds a tested component, whatever its case and width, is no control."""
    phrases = ["Good Morning", "good evening", "早上好", "ｇｏｏｄ night"]
    assert harmless(phrases, ["good morning", "早上"]) == ["good evening", "ｇｏｏｄ night"]
    assert harmless(phrases, ["GOOD"]) == ["早上好"]


def test_scripts_without_controls_are_told() -> None:
    """Texts in a script that no phrase is written in are named by it."""
    assert Controls(["hello"]).lacks(["привет", "hi", "123"]) == {"CYRILLIC"}
