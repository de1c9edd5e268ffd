"""What others say in the chats of a cluttered network."""

from pathlib import Path

from drivers.embedded.clutter import MEMBERS
from drivers.embedded.network import Item, Network
from drivers.embedded.policy import load_policy
from drivers.testbed import load_testbed
from tests.testbeds import rule, write_testbed

GROUP, DIRECT = "lane-1/group", "lane-1/direct"
OURS = [f"message {number}" for number in range(60)]


def network(folder: Path, *, seed: int, clutter: bool = True, state: Path | None = None) -> Network:
    """A network on which our messages were sent in both chats, unless it remembers them."""
    testbed = load_testbed(str(write_testbed(folder, [rule("message 7")], clutter=clutter)))
    assert testbed.embedded is not None
    made = Network(testbed, load_policy(testbed.embedded.policy), seed, state)
    if not made.view("phone-1", GROUP):
        for text in OURS:
            made.send("phone-1", GROUP, text)
            made.send("phone-1", DIRECT, text)
    return made


def extras(items: list[Item]) -> list[tuple[str, str, bool]]:
    """What is there beside our own messages: text, author, whether it is this account's own."""
    return [(item.text, item.author, item.is_own) for item in items if item.text not in OURS]


def test_seed_decides_who_says_what(tmp_path: Path) -> None:
    """The same seed gives the same talk in the same places, another one other talk."""
    one, again, other = (network(tmp_path, seed=seed) for seed in (1, 1, 2))
    for name in ("phone-1", "phone-2"):
        talk = [(item.place, item.text) for item in one.view(name, GROUP)]
        assert talk == [(item.place, item.text) for item in again.view(name, GROUP)]
        assert talk != [(item.place, item.text) for item in other.view(name, GROUP)]


def test_fate_of_our_messages_does_not_depend_on_clutter(tmp_path: Path) -> None:
    """Whatever others say, the same of our messages arrive, in the same order."""
    assert network(tmp_path, seed=1).events == network(tmp_path, seed=1, clutter=False).events


def test_both_ends_see_the_same_talk_from_their_side(tmp_path: Path) -> None:
    """What one account says on another device is its own at one end and comes in at the other."""
    talking = network(tmp_path, seed=1)
    for chat in (GROUP, DIRECT):
        sender, receiver = (extras(talking.view(name, chat)) for name in ("phone-1", "phone-2"))
        assert [text for text, _, _ in sender] == [text for text, _, _ in receiver]
        pairs = zip(sender, receiver, strict=True)
        said = [(author, own, theirs) for (_, author, own), (_, _, theirs) in pairs]
        assert {(own, theirs) for author, own, theirs in said if not author} == {
            (True, False),
            (False, True),
        }
        assert not any(own or theirs for author, own, theirs in said if author)


def test_only_groups_have_other_members(tmp_path: Path) -> None:
    """In a direct chat nobody else writes; in a group several do, and quote what stands above."""
    talking = network(tmp_path, seed=1)
    items = {chat: talking.view("phone-2", chat) for chat in (GROUP, DIRECT)}
    writers = {
        chat: {item.author for item in view if item.author and not item.is_event}
        for chat, view in items.items()
    }
    assert set() < writers[GROUP] <= set(MEMBERS)
    assert not writers[DIRECT]
    texts = {item.text for item in items[GROUP]}
    quotes = {item.quote for item in items[GROUP] if item.quote}
    assert quotes
    assert quotes <= texts


def test_talk_is_remembered(tmp_path: Path) -> None:
    """After a restart, the handsets show the same talk, each item in its place."""
    state = tmp_path / "state.jsonl"
    before = network(tmp_path, seed=1, state=state)
    views = {name: list(before.view(name, GROUP)) for name in ("phone-1", "phone-2")}
    before.close()
    after = network(tmp_path, seed=1, state=state)
    assert {name: after.view(name, GROUP) for name in views} == views
    after.close()
