"""A testbed brought to life, and taken down again."""

from pathlib import Path

import httpx
import pytest

from drivers.errors import ConfigError, SessionLost
from drivers.open_testbed import Claim, OpenTestbed
from drivers.testbed import Testbed, load_testbed
from tests.drivers.lanes import past
from tests.testbeds import rule, write_testbed

Changes = list[tuple[str, str]]

NO_DIRECT_CHAT: Changes = [
    ('    { kind = "direct", sender_title = "Bo", receiver_title = "An" },\n', ""),
    ('    { kind = "direct", sender_title = "Dan", receiver_title = "Chen" },\n', ""),
]


def start(testbed: Testbed, folder: Path, *, chat: str = "group", seed: int = 0) -> OpenTestbed:
    """Start a testbed; nothing waits."""
    return OpenTestbed.start(testbed, chat=chat, seed=seed, folder=folder, wait=lambda _: None)


def load(folder: Path, *rules: str, loss: float = 0.0, changes: Changes | None = None) -> Testbed:
    """A testbed with these rules."""
    return load_testbed(str(write_testbed(folder, rules, loss=loss, changes=changes or [])))


def exchange(opened: OpenTestbed, *texts: str) -> list[str]:
    """Send texts on the first lane, which is opened for it; what came in."""
    lane = opened.lanes[0]
    lane.open()
    incoming = []
    for text in texts:
        lane.prepare(text)
        lane.send()
        incoming += lane.look(expected=1)
    return [each.text for each in incoming]


@pytest.mark.parametrize("chat", ["direct", "group"])
def test_lanes_with_the_chat_can_be_used(tmp_path: Path, chat: str) -> None:
    """All lanes that have the chat are there, and send in it."""
    with start(load(tmp_path), tmp_path, chat=chat) as opened:
        assert [lane.name for lane in opened.lanes] == ["lane-1", "lane-2"]
        assert {lane.chat.kind for lane in opened.lanes} == {chat}
        assert exchange(opened, "hello") == ["hello"]


def test_lanes_without_the_chat_are_left_out(tmp_path: Path) -> None:
    """A lane that has no such chat is not used for it."""
    with start(load(tmp_path, changes=NO_DIRECT_CHAT[:1]), tmp_path, chat="direct") as opened:
        assert [lane.name for lane in opened.lanes] == ["lane-2"]


def test_nothing_is_started_without_lanes(tmp_path: Path) -> None:
    """Where no lane has such a chat, that is said before anything is started."""
    testbed = load(tmp_path, changes=NO_DIRECT_CHAT)
    with pytest.raises(ConfigError, match="no lane has a direct chat"):
        start(testbed, tmp_path, chat="direct")
    assert not (tmp_path / "handsets.jsonl").exists()


def test_broken_policy_is_told(tmp_path: Path) -> None:
    """What is wrong with the policy reaches whoever starts the testbed."""
    testbed = load(tmp_path, 'rule = "none"\n')
    with pytest.raises(ConfigError, match=r"policy\.toml"):
        start(testbed, tmp_path)


def test_claims_are_compared_with_the_truth(tmp_path: Path) -> None:
    """Each claim is judged under the regions it was made for, and keeps its key."""
    testbed = load(tmp_path, rule("bad"), rule("worse", chats=["direct"]))

    def claim(text: str, regions: str, is_censored: bool) -> Claim:
        sender, receiver = regions.split("-")
        return Claim(
            text=text, sender_region=sender, receiver_region=receiver, is_censored=is_censored
        )

    claims = {
        "found": claim("bad", "CN-CN", True),
        "missed": claim("bad", "CN-CA", False),
        "free elsewhere": claim("bad", "CA-CA", False),
        "made up": claim("bad", "CA-US", True),
        "other chat": claim("worse", "CN-CN", False),
        "harmless": claim("good", "CN-CN", False),
    }
    with start(testbed, tmp_path) as opened:
        assert opened.compare_with_truth(claims) == {
            "found": True,
            "missed": False,
            "free elsewhere": True,
            "made up": False,
            "other chat": True,
            "harmless": True,
        }
        assert opened.compare_with_truth({}) == {}


def arrivals(folder: Path, seed: int, changes: Changes) -> list[str]:
    """What comes in of twelve messages on a network that loses half of them."""
    testbed = load(folder, loss=0.5, changes=changes)
    with start(testbed, folder, seed=seed) as opened:
        return exchange(opened, *(f"message {place}" for place in range(12)))


def test_seed_of_the_run_is_that_of_the_noise(tmp_path: Path) -> None:
    """The run's seed decides what is lost, unless the testbed has a seed of its own."""
    own: Changes = [('policy = "policy.toml"', 'policy = "policy.toml"\nseed = 1')]
    first = arrivals(tmp_path / "1", 1, [])
    assert 0 < len(first) < 12
    assert arrivals(tmp_path / "2", 2, []) != first
    assert arrivals(tmp_path / "3", 2, own) == first


def test_handsets_remember_in_the_folder(tmp_path: Path) -> None:
    """Started again with the same folder, handsets still show what they showed."""
    testbed = load(tmp_path)
    with start(testbed, tmp_path) as opened:
        exchange(opened, "hello", "world")
    with start(testbed, tmp_path) as opened:
        lane = opened.lanes[0]
        lane.open(past("hello"))
        assert [(each.place, each.text) for each in lane.look(expected=1)] == [(1, "world")]
        assert lane.own_texts() == ("hello", "world")


def test_nothing_is_left_after_an_error(tmp_path: Path) -> None:
    """However the testbed is left, its network ends with it."""
    opened = start(load(tmp_path), tmp_path)
    assert opened._embedded is not None
    url = opened._embedded.handset_url("phone-1")
    assert httpx.get(f"{url}/status", trust_env=False).is_success
    with pytest.raises(KeyError), opened:
        raise KeyError
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/status", trust_env=False)


def test_handsets_of_ones_own(tmp_path: Path) -> None:
    """Handsets that are not embedded are reached at their own address; nobody knows the truth."""
    changes: Changes = [('[embedded]\npolicy = "policy.toml"\n', "")]
    for number in range(1, 5):
        handset = f'account = "cn-{number}"\napp = "courier"\nappium = '
        mine = f'"http://127.0.0.1:{number}"'
        changes.append((f'{handset}"embedded"', f"{handset}{mine}"))
    with start(load(tmp_path, changes=changes), tmp_path) as opened:
        assert opened.compare_with_truth({}) is None
        with pytest.raises(SessionLost, match=r"phone-1 \(http://127\.0\.0\.1:1\)"):
            opened.lanes[0].open()
    assert not (tmp_path / "handsets.jsonl").exists()
