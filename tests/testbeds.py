"""Embedded testbeds with a policy of one's own, for tests and benchmarks."""

import json
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path

MANAGED = (('appium = "embedded"', 'appium = "managed"\nudid = "embedded"'),)
"""Changes to the shipped testbed that lead through Appium, its UiAutomator2 driver and adb."""


def rule(
    *components: str,
    action: str = "drop",
    chats: Sequence[str] = ("direct", "group"),
) -> str:
    """A rule of an embedded network's policy: what it does to messages with all components."""
    # JSON strings and lists are TOML as well.
    return (
        f"[[rule]]\ncomponents = {json.dumps(components, ensure_ascii=False)}\n"
        f"action = {json.dumps(action)}\nchats = {json.dumps(list(chats))}\n"
    )


def fault(handset: str, what: str, *, after_messages: int) -> str:
    """A fault of an embedded network's policy."""
    return f'[[fault]]\nhandset = "{handset}"\nwhat = "{what}"\nafter_messages = {after_messages}\n'


def reads(handset: str, *modes: str) -> tuple[str, str]:
    """A change to the shipped testbed: how what arrives on a handset is read."""
    name = f'name = "{handset}"\n'
    return name, f"{name}read = {json.dumps(modes)}\n"


def plays(app: str, *, version: str | None = None) -> tuple[str, str]:
    """A change to the shipped testbed: the app on all of its handsets."""
    stated = "" if version is None else f"version = {json.dumps(version)}\n"
    return 'app = "courier"\n', f"app = {json.dumps(app)}\n{stated}"


def write_testbed(
    folder: Path,
    rules: Iterable[str] = (),
    *,
    loss: float = 0.0,
    slip: float = 0.0,
    duplicate: float = 0.0,
    language: str | None = None,
    clutter: bool = False,
    skins: Sequence[Path] = (),
    more: str = "",
    changes: Iterable[tuple[str, str]] = (),
) -> Path:
    """Write the shipped testbed with another policy into a folder.

    Args:
        folder: Where to.
        rules: What the network censors, the canary of the shipped testbed aside.
        loss: Share of harmless messages it loses.
        slip: Share of censored messages it lets through.
        duplicate: Share of messages that arrive twice.
        language: UI language of its apps; by default the first each has.
        clutter: Whether others talk in its chats.
        skins: Python files with more skins.
        more: More TOML for the policy.
        changes: Texts of the testbed to be replaced.

    Returns:
        Path of the testbed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    canary = rule("undelivered canary", "known to be dropped")
    keys = {"title": "test", "clutter": clutter, "skins": [str(each) for each in skins]}
    if language is not None:
        keys["language"] = language
    policy = "".join(f"{key} = {json.dumps(value)}\n" for key, value in keys.items())
    policy += f"[noise]\nloss = {loss}\nslip = {slip}\nduplicate = {duplicate}\n"
    (folder / "policy.toml").write_text(policy + canary + "".join(rules) + more, encoding="utf-8")
    testbed = (files("drivers") / "embedded" / "testbed.toml").read_text(encoding="utf-8")
    for old, new in changes:
        if old not in testbed:
            raise ValueError(f"the shipped testbed does not say {old!r}")
        testbed = testbed.replace(old, new)
    path = folder / "testbed.toml"
    path.write_text(testbed, encoding="utf-8")
    return path


def write_lanes(
    folder: Path,
    count: int,
    rules: Iterable[str] = (),
    *,
    pause_s: tuple[float, float] = (0.0, 0.0),
) -> Path:
    """Write a testbed of embedded handsets with as many lanes as one likes.

    Args:
        folder: Where to.
        count: How many lanes.
        rules: As for `write_testbed`.
        pause_s: Shortest and longest pause between two messages of an account.

    Returns:
        Path of the testbed.
    """
    path = write_testbed(folder, rules)
    # What comes before the first account is said once, whatever the number of lanes.
    head, _, _ = path.read_text(encoding="utf-8").partition("[[account]]")
    canary = """[[canary]]
components = ["undelivered canary", "known to be dropped"]
source = "the policy of this testbed"
"""
    lanes = map(_lane, range(1, count + 1))
    head = head.replace("pause_s = [0, 0]", f"pause_s = {list(pause_s)}")
    path.write_text(head + canary + "".join(lanes), encoding="utf-8")
    return path


def _lane(number: int) -> str:
    handsets = [
        f"""
[[account]]
label = "{end}-{number}"
region = "CN"
dedicated = true

[[handset]]
name = "{end}-{number}"
account = "{end}-{number}"
app = "courier"
appium = "embedded"
"""
        for end in ("sender", "receiver")
    ]
    return f"""{"".join(handsets)}
[[lane]]
name = "lane-{number}"
sender = "sender-{number}"
receiver = "receiver-{number}"
chats = [{{ kind = "direct", sender_title = "Bo {number}", receiver_title = "An {number}" }}]
"""
