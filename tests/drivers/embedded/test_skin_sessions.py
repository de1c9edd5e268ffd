"""The main job on real apps' screens: every verdict is what the policy says."""

from pathlib import Path

import pytest

from results.record import VerdictKind
from tests.drivers.embedded.skins import WORN, Worn
from tests.probes.sessions import IMPATIENT, ONE_LANE, Sessions
from tests.testbeds import plays, rule, write_testbed

RULES = (
    rule("达赖喇嘛"),
    rule("时轮金刚", "印度", action="mask"),
    rule("Middle Way", action="refuse"),
    rule("བོད་ལྗོངས", action="remove") + "after_messages = 3\n",
)
CENSORED = {"达赖喇嘛", "时轮金刚 + 印度", "Middle Way", "བོད་ལྗོངས"}


@pytest.fixture
def sessions(pytester: pytest.Pytester, tmp_path: Path) -> Sessions:
    """Sessions with a small list."""
    return Sessions(pytester, tmp_path)


@pytest.mark.parametrize(
    ("worn", "clutter"),
    [
        pytest.param(worn, bool(number % 2), id=f"{worn} {('plain', 'cluttered')[number % 2]}")
        for number, worn in enumerate(WORN)
    ],
)
def test_every_verdict_is_the_policys(
    sessions: Sessions, tmp_path: Path, worn: Worn, clutter: bool
) -> None:
    """Dropped, masked, refused and removed words are found, all others clear, clutter or not."""
    testbed = write_testbed(
        tmp_path / "testbed",
        RULES,
        language=worn.language,
        clutter=clutter,
        changes=[plays(worn.app, version=worn.version), *ONE_LANE, *IMPATIENT],
    )
    result = sessions.measure(testbed, "--chat", worn.chat)
    assert result.ret == 0, result.outlines
    verdicts = sessions.verdicts()
    found = {word for word, kind in verdicts.items() if kind is VerdictKind.CENSORED}
    assert found == CENSORED, result.outlines
    assert set(verdicts.values()) == {VerdictKind.CENSORED, VerdictKind.CLEAR}


@pytest.mark.parametrize("language", ["zh-Hans", "en"])
def test_hidden_texts_are_read_from_notifications(
    sessions: Sessions, tmp_path: Path, language: str
) -> None:
    """Where WeChat keeps its texts from the tree, notifications tell them, without being asked.

    It shows no marks either: that the text has left the field and no failure is shown counts as
    sent, for controls as for probes.
    """
    testbed = write_testbed(
        tmp_path / "testbed",
        [rule("达赖喇嘛"), rule("时轮金刚", "印度", action="mask")],
        language=language,
        changes=[plays("wechat@2025", version="8.0.55"), *ONE_LANE, *IMPATIENT],
    )
    result = sessions.measure(testbed, "--chat", "group")
    assert result.ret == 0, result.outlines
    verdicts = sessions.verdicts()
    assert verdicts.pop("达赖喇嘛") is VerdictKind.CENSORED
    assert verdicts.pop("时轮金刚 + 印度") is VerdictKind.CENSORED
    assert set(verdicts.values()) == {VerdictKind.CLEAR}
    states = {each.sender_state for each in sessions.attempts()}
    assert states == {"unmarked"}
    modes = {each.read_mode for each in sessions.attempts() if each.arrived_text}
    assert modes == {"notifications"}
