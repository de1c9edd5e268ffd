"""Testbeds: data that is checked when it is loaded."""

import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from drivers.consent import objections
from drivers.emulator_config import EmulatorConfig
from drivers.errors import ConfigError
from drivers.profile import ReadMode
from drivers.testbed import InboxEnd, Testbed, load_testbed

TESTBED = """
name = "lab"
[[account]]
label = "one"
region = "CN"
dedicated = true
[[account]]
label = "two"
region = "CA"
dedicated = true
[[handset]]
name = "a"
account = "one"
app = "courier"
appium = "http://127.0.0.1:4723"
udid = "emulator-5554"
[[handset]]
name = "b"
account = "two"
app = "courier"
appium = "http://127.0.0.1:4723"
udid = "emulator-5556"
[[lane]]
name = "lane-1"
sender = "a"
receiver = "b"
chats = [{ kind = "direct", sender_title = "Two", receiver_title = "One" }]
"""


EMULATED = TESTBED.replace(
    'appium = "http://127.0.0.1:4723"\nudid = "emulator-5554"',
    'appium = "managed"\nudid = "emulator-5554"\n[handset.emulator]\navd = "undelivered-a"',
).replace(
    'appium = "http://127.0.0.1:4723"\nudid = "emulator-5556"',
    'appium = "managed"\nudid = "emulator-5556"\n'
    '[handset.emulator]\navd = "undelivered-b"\nsnapshot = "logged-in"\nheadless = false\n'
    "boot_s = 60",
)


def test_emulators(tmp_path: Path) -> None:
    """An emulator's port follows from its udid; where nothing is said it has no window and time."""
    path = tmp_path / "testbed.toml"
    path.write_text(EMULATED, encoding="utf-8")
    first, second = (each.emulator for each in load_testbed(str(path)).handsets)
    assert first == EmulatorConfig(
        avd="undelivered-a", port=5554, snapshot=None, is_headless=True, boot_s=240.0
    )
    assert second == EmulatorConfig(
        avd="undelivered-b", port=5556, snapshot="logged-in", is_headless=False, boot_s=60.0
    )
    assert second.udid == "emulator-5556"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"managed"', '"http://127.0.0.1:4723"', "needs appium = 'managed'"),
        ("emulator-5554", "127.0.0.1:5555", 'needs udid = "emulator-PORT"'),
        ("emulator-5554", "emulator-5555", "even and 5554 to 5682, not 'emulator-5555'"),
        ("emulator-5554", "emulator-5684", "5554 to 5682, not 'emulator-5684'"),
        ("emulator-5554", "emulator-5556", "'managed emulator-5556' is named 2 times"),
        ("undelivered-a", "undelivered-b", "AVD 'undelivered-b' is named 2 times"),
        ("undelivered-a", "-wipe-data", "handset.0.emulator.avd"),
        ("logged-in", "-no-window", "handset.1.emulator.snapshot"),
        ("boot_s = 60", "boot_s = 0", "handset.1.emulator.boot_s"),
        ("headless", "headles", "handset.1.emulator.headles: nobody knows this key"),
    ],
)
def test_broken_emulator_is_explained(tmp_path: Path, old: str, new: str, told: str) -> None:
    """What cannot be booted, or would be booted twice, is refused with the value and the place."""
    path = tmp_path / "testbed.toml"
    path.write_text(EMULATED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_testbed(str(path))
    assert told in str(caught.value)


def test_shipped_testbed_loads() -> None:
    """The testbed that ships with the project has lanes for both kinds of chat."""
    testbed = load_testbed("embedded")
    assert testbed.embedded is not None
    assert len(testbed.lanes_with("direct")) == len(testbed.lanes_with("group")) == 2


def test_defaults_of_a_real_testbed_are_slow(tmp_path: Path) -> None:
    """Where a testbed says nothing of its pace, accounts pause as long as is reported safe."""
    path = tmp_path / "testbed.toml"
    path.write_text(TESTBED, encoding="utf-8")
    assert load_testbed(str(path)).pacing.pause_s == (15.0, 35.0)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("dedicated = true", "dedicated = false", "account 'one': dedicated = false"),
        ('account = "two"', 'account = "three"', "there is no account 'three'"),
        ('receiver = "b"', 'receiver = "c"', "there is no handset 'c', and no inbox"),
        ('receiver = "b"', 'receiver = "a"', "sender and receiver are one handset"),
        ("emulator-5556", "emulator-5554", "is named 2 times"),
        ('appium = "http://127.0.0.1:4723"', 'appium = "embedded"', "needs a table [embedded]"),
        ('appium = "http://127.0.0.1:4723"', 'appium = "4723"', "neither a URL"),
        ('region = "CN"', 'region = "China"', "account.0.region"),
        ('label = "one"', 'label = "+86 139 0000 0000"', "account.0.label"),
        ('app = "courier"', 'app = "courier"\nread = []', "handset.0.read"),
        ('app = "courier"', 'app = "courier"\nread = ["eyes"]', "handset.0.read"),
        ('app = "courier"', 'app = "courier"\nread = ["ocr", "ocr"]', "twice"),
        (', receiver_title = "One"', "", "needs a title"),
        ('app = "courier"', 'app = "whatsupp"', "there is no such profile"),
    ],
)
def test_broken_testbed_is_explained(tmp_path: Path, old: str, new: str, told: str) -> None:
    """What is wrong with a testbed is said with the value and the place."""
    path = tmp_path / "testbed.toml"
    path.write_text(TESTBED.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_testbed(str(path))
    assert told in str(caught.value)


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """A testbed with several problems is answered with all of them."""
    path = tmp_path / "testbed.toml"
    broken = TESTBED.replace("dedicated = true", "dedicated = false").replace(
        'receiver = "b"', 'receiver = "c"'
    )
    path.write_text(broken, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_testbed(str(path))
    assert str(caught.value).count("\n") == 3


@pytest.mark.parametrize("page", ["README.md", "docs/testbed.md"])
def test_testbed_of_a_page_can_be_used(tmp_path: Path, page: str) -> None:
    """The testbeds that the pages show load, and boot what they say they do."""
    text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```toml\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (whole,) = (block for block in blocks if "[[lane]]" in block)
    path = tmp_path / "lab.toml"
    path.write_text(whole, encoding="utf-8")
    testbed = load_testbed(str(path))
    assert testbed.lanes_with("group")
    # It asks to read the statement, and has all else that a run wants to be stated.
    problems = objections(testbed.lanes, testbed.consent, testbed.pacing)
    assert all("is not the statement" in each for each in problems[1:])
    # A page may show one handset by itself, to take the place of the one of that name.
    for part in (block for block in blocks if block.startswith("[[handset]]")):
        rest = re.sub(
            r"\[\[handset\]\]\nname = \"phone-1\".*?(?=\n\[\[)", part, whole, flags=re.DOTALL
        )
        path.write_text(rest, encoding="utf-8")
        testbed = load_testbed(str(path))
    assert testbed.handsets[0].emulator is not None


def test_missing_kind_of_chat_is_explained(tmp_path: Path) -> None:
    """Asking for a chat no lane has is answered with what to do."""
    path = tmp_path / "testbed.toml"
    path.write_text(TESTBED, encoding="utf-8")
    with pytest.raises(ConfigError, match="no lane has a group chat"):
        load_testbed(str(path)).lanes_with("group")


def test_missing_file_is_explained(tmp_path: Path) -> None:
    """A testbed that is not there is named with its path."""
    with pytest.raises(ConfigError, match=r"nowhere\.toml: the testbed cannot be read"):
        load_testbed(str(tmp_path / "nowhere.toml"))


def test_ways_to_read_are_the_handsets_own_or_the_profiles(tmp_path: Path) -> None:
    """What arrives is read as the handset's entry says, else as its app's profile prefers."""
    courier = Path(str(files("drivers") / "apps" / "courier.toml")).read_text(encoding="utf-8")
    profile = tmp_path / "quiet.toml"
    profile.write_text(f'read = ["notifications", "ocr"]\n{courier}', encoding="utf-8")
    path = tmp_path / "testbed.toml"
    text = TESTBED.replace('app = "courier"', f"app = '{profile}'\nread = [\"ocr\"]", 1)
    path.write_text(text.replace('app = "courier"', f"app = '{profile}'"), encoding="utf-8")
    first, second = load_testbed(str(path)).handsets
    assert first.read == (ReadMode.OCR,)
    assert second.read == (ReadMode.NOTIFICATIONS, ReadMode.OCR)


INBOX = """
[[inbox]]
name = "outside"
account = "one"
kind = "matrix"
url = "https://matrix.example.org"
token_env = "OUTSIDE_TOKEN"
room = "!abc:example.org"
sender = "@an:example.org"
"""
GROUP = 'chats = [{ kind = "group", title = "Walks" }]'


def with_inbox(tmp_path: Path, lane: str, *, inbox: str = INBOX, account: str = "three") -> Testbed:
    """A testbed of two handsets, an inbox of a third account or another, and a lane."""
    third = '[[account]]\nlabel = "three"\nregion = "DE"\ndedicated = true\n'
    head, _, _ = TESTBED.partition("[[lane]]")
    path = tmp_path / "testbed.toml"
    own = inbox.replace('"one"', f'"{account}"')
    path.write_text(f"{head}{third}{own}\n[[lane]]\nname = 'l'\n{lane}\n{GROUP}", encoding="utf-8")
    return load_testbed(str(path))


def test_inbox_reads_in_place_of_a_handset(tmp_path: Path) -> None:
    """A lane may be read from an inbox; its account gives the region."""
    lane = with_inbox(tmp_path, 'sender = "a"\nreceiver = "outside"').lanes[0]
    assert isinstance(lane.receiver, InboxEnd)
    assert (lane.receiver.name, lane.receiver.account.region) == ("outside", "DE")
    assert [each.name for each in lane.handsets("group")] == ["a"]


def test_observers_watch_the_group_only(tmp_path: Path) -> None:
    """Observers read beside the receiver in group chats, and have no part in direct ones."""
    lane = with_inbox(tmp_path, 'sender = "a"\nreceiver = "b"\nobservers = ["outside"]').lanes[0]
    assert [each.name for each in lane.receivers("group")] == ["b", "outside"]
    assert [each.name for each in lane.receivers("direct")] == ["b"]


@pytest.mark.parametrize(
    ("lane", "account", "told"),
    [
        ('sender = "outside"\nreceiver = "b"', "three", "there is no handset 'outside'"),
        ('sender = "a"\nreceiver = "b"\nobservers = ["c"]', "three", "handset 'c', and no inbox"),
        ('sender = "a"\nreceiver = "b"\nobservers = ["outside"]', "two", "account 'two' is named"),
        ('sender = "a"\nreceiver = "b"\nobservers = ["a"]', "three", "'a' cannot observe: it is"),
        ('sender = "a"\nreceiver = "b"\nobservers = ["b"]', "three", "'b' cannot observe: it is"),
    ],
)
def test_receivers_that_cannot_be_are_told(
    tmp_path: Path, lane: str, account: str, told: str
) -> None:
    """What a lane names wrongly is said; an observer with the receiver's account sees no more."""
    with pytest.raises(ConfigError) as caught:
        with_inbox(tmp_path, lane, account=account)
    assert told in str(caught.value)


def test_observer_has_the_app_of_its_lane(tmp_path: Path) -> None:
    """An observer in another app would be told of under a condition that is not its own."""
    other = """
[[account]]
label = "four"
region = "DE"
dedicated = true

[[handset]]
name = "d"
account = "four"
app = "wechat"
appium = "http://127.0.0.1:4723"
"""
    lane = 'sender = "a"\nreceiver = "b"\nobservers = ["d"]'
    with pytest.raises(ConfigError, match="its app is wechat, that of the lane courier"):
        with_inbox(tmp_path, lane, inbox=INBOX + other)


def test_problems_of_inboxes_are_told_with_the_others(tmp_path: Path) -> None:
    """An inbox that cannot be used is told together with all else."""
    broken = INBOX.replace("https://", "http://").replace("!abc:example.org", "#alias:example.org")
    with pytest.raises(ConfigError) as caught:
        with_inbox(tmp_path, 'sender = "a"\nreceiver = "nobody"', inbox=broken)
    said = str(caught.value)
    assert "begins with http://" in said
    assert "internal id" in said
    assert "no handset 'nobody'" in said


def test_kind_of_chat_that_an_app_cannot_be_read_in(tmp_path: Path) -> None:
    """A run in a kind of chat that the profile cannot read is refused; in others it is not."""
    path = tmp_path / "testbed.toml"
    path.write_text(TESTBED.replace("chats = [", f"chats = [{GROUP[9:-1]}, "), encoding="utf-8")
    testbed = load_testbed(str(path))
    (lane,) = testbed.lanes
    profile = replace(lane.sender.profile, chats=("direct",))
    lane = replace(lane, sender=replace(lane.sender, profile=profile))
    testbed = replace(testbed, lanes=(lane,))
    assert testbed.lanes_with("direct")
    with pytest.raises(ConfigError, match=r"group chats of Courier cannot be read on 'a', only"):
        testbed.lanes_with("group")
