"""An app nobody has heard of: to measure it takes one file, its profile."""

from pathlib import Path
from typing import Final

import pytest

from results.record import VerdictKind
from tests.probes.sessions import IMPATIENT, ONE_LANE, Sessions
from tests.testbeds import plays, rule, write_testbed

SKIN: Final = Path(__file__).with_name("pigeon.py")
PROFILE: Final = """
title = "Pigeon"
platform = "android"
package = "org.example.pigeon"
activity = ".Loft"
versions = ["3.*"]
languages = ["en"]
grade = "A"
sources = ["its author"]
longest_message = 500
ownership = "lacks"
text_source = "desc"

[selectors]
title = [{ id = "bound_for" }]
input = [{ id = "ink" }]
send = [{ text = ["Release"] }]
chat_row = [{ id = "perch" }]
chat_name = [{ id = "ring" }]
row = [{ id = "flight" }]
text = [{ id = "slip" }]
other = [{ id = "pigeon" }]
state = [{ id = "fate" }]

[marks]
sent = ["Away"]
failed = ["Came back"]
"""


@pytest.mark.parametrize("clutter", [False, True], ids=["plain", "cluttered"])
def test_new_app_takes_a_profile_and_no_code(
    pytester: pytest.Pytester, tmp_path: Path, clutter: bool
) -> None:
    """With a profile of its own beside the testbed, the main job finds what the policy says."""
    sessions = Sessions(pytester, tmp_path)
    profile = tmp_path / "pigeon.toml"
    profile.write_text(PROFILE, encoding="utf-8")
    testbed = write_testbed(
        tmp_path / "testbed",
        [rule("达赖喇嘛"), rule("Middle Way", action="refuse")],
        clutter=clutter,
        skins=[SKIN],
        changes=[plays(str(profile)), *ONE_LANE, *IMPATIENT],
    )
    result = sessions.measure(testbed, "--chat", "group")
    assert result.ret == 0, result.outlines
    verdicts = sessions.verdicts()
    censored = {word for word, kind in verdicts.items() if kind is VerdictKind.CENSORED}
    assert censored == {"达赖喇嘛", "Middle Way"}, result.outlines
    assert set(verdicts.values()) == {VerdictKind.CENSORED, VerdictKind.CLEAR}
    result.stdout.fnmatch_lines(["*on pigeon 3.1, group chat*"])
