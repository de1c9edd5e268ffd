"""The tables [alerts.NAME] of a testbed."""

from pathlib import Path

import pytest

from drivers.alert_channels import AlertChannel, AlertKind
from drivers.errors import ConfigError
from drivers.testbed import load_testbed
from tests.testbeds import write_testbed


def with_alerts(folder: Path, toml: str) -> Path:
    """Write a testbed with alerts."""
    path = write_testbed(folder / "testbed")
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{toml}", encoding="utf-8")
    return path


def test_channels_are_loaded(tmp_path: Path) -> None:
    """Each table is a channel under its name, in order."""
    path = with_alerts(
        tmp_path,
        '[alerts.team]\nkind = "slack"\nurl_env = "TEAM_HOOK"\n'
        '[alerts.room]\nkind = "matrix"\nurl = "https://matrix.example.org"\n'
        'room = "!abc:example.org"\ntoken_env = "ROOM_TOKEN"\n'
        '[alerts.phone]\nkind = "ntfy"\nurl = "http://127.0.0.1:8080/words"\n',
    )
    team, room, phone = load_testbed(str(path)).alerts
    assert team == AlertChannel(name="team", kind=AlertKind.SLACK, url_env="TEAM_HOOK")
    assert (team.variables, room.variables) == (("TEAM_HOOK",), ("ROOM_TOKEN",))
    assert (room.room, phone.url) == ("!abc:example.org", "http://127.0.0.1:8080/words")


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ('[alerts.ops]\nkind = "webhook"', "alerts.ops: give either url or url_env"),
        ('[alerts.ops]\nkind = "fax"\nurl = "https://a.b"', "alerts.ops.kind: "),
        (
            '[alerts.ops]\nkind = "webhook"\nurl = "http://a.b/c"',
            "alerts.ops: url begins with http",
        ),
        ('[alerts.ops]\nkind = "webhook"\nurl = "a.b/c"', "alerts.ops: url is no address"),
        ('[alerts.ops]\nkind = "webhook"\nurl = "https://me:pw@a.b"', "holds a name or password"),
        ('[alerts.ops]\nkind = "slack"\nurl = "https://a.b/xoxb"', "Slack's address is a secret"),
        ('[alerts.ops]\nkind = "ntfy"\nurl_env = "https://a.b/xoxb"', "url_env is not the name"),
        ('[alerts.ops]\nkind = "matrix"\nurl = "https://a.b"', "token_env is missing"),
        ('[alerts.ops]\nkind = "ntfy"\nurl = "https://a.b"\nroom = "!a:b"', "room is for kind"),
        ('[alerts."Ops!"]\nkind = "ntfy"\nurl = "https://a.b/c"', "a channel's name is of a-z"),
    ],
)
def test_problems_are_named(tmp_path: Path, toml: str, problem: str) -> None:
    """What is wrong with a channel is said with its name; a secret in the file is not repeated."""
    with pytest.raises(ConfigError) as caught:
        load_testbed(str(with_alerts(tmp_path, toml)))
    assert problem in str(caught.value)
    assert "xoxb" not in str(caught.value)
