"""Delivery, noise, limits and memory of the embedded network."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import Mock

import pytest

from drivers.embedded import network as network_module
from drivers.embedded.network import Event, Item, Network, Says
from drivers.embedded.policy import Action, FaultKind, load_policy
from drivers.errors import ConfigError
from drivers.testbed import load_testbed
from tests.probes.inbox_bridge import inbox
from tests.testbeds import fault, rule, write_testbed

GROUP = "lane-1/group"
DIRECT = "lane-1/direct"
OTHER = "lane-2/group"
SENDER = {GROUP: "phone-1", DIRECT: "phone-1", OTHER: "phone-3"}
RECEIVER = {GROUP: "phone-2", DIRECT: "phone-2", OTHER: "phone-4"}


@dataclass(frozen=True, slots=True)
class Built:
    """A testbed on disk, of which networks can be started."""

    path: Path

    def start(self, *, seed: int = 0, state: Path | None = None) -> Network:
        testbed = load_testbed(str(self.path))
        assert testbed.embedded is not None
        return Network(testbed, load_policy(testbed.embedded.policy), seed, state)


def built(folder: Path, rules: Iterable[str] = (), *, noise: str = "", more: str = "") -> Built:
    """A testbed whose network has these rules and this noise."""
    path = write_testbed(folder)
    policy = f'title = "test"\n[noise]\n{noise}\n{"".join(rules)}{more}'
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    return Built(path)


def send(network: Network, *texts: str, chat: str = GROUP) -> None:
    """Send texts from the sender's end of a chat."""
    for text in texts:
        network.send(SENDER[chat], chat, text)


def received(network: Network, chat: str = GROUP) -> list[str]:
    """The texts the receiver shows."""
    return [item.text for item in network.view(RECEIVER[chat], chat) if not item.is_own]


def own(network: Network, chat: str = GROUP) -> list[Item]:
    """The sender's own messages as it shows them."""
    return [item for item in network.view(SENDER[chat], chat) if item.is_own]


def of_chat(network: Network, chat: str) -> list[Event]:
    """What happened in one chat."""
    return [event for event in network.events if event.chat == chat]


def test_harmless_messages_arrive(tmp_path: Path) -> None:
    """Without noise, what no rule applies to arrives in order and is marked as sent."""
    network = built(tmp_path).start()
    send(network, "one", "two")
    assert received(network) == ["one", "two"]
    assert [(item.text, item.has_failed, item.says) for item in own(network)] == [
        ("one", False, None),
        ("two", False, None),
    ]
    assert [(event.place, event.fate, event.action) for event in network.events] == [
        (0, "delivered", None),
        (1, "delivered", None),
    ]


def test_chats_are_apart(tmp_path: Path) -> None:
    """A message is seen in its own chat only, and never on another lane."""
    network = built(tmp_path).start()
    send(network, "hello", chat=DIRECT)
    assert received(network, DIRECT) == ["hello"]
    assert received(network, GROUP) == received(network, OTHER) == []
    assert network.version("phone-2") > 0
    assert network.version("phone-4") == 0


def test_dropped_message_looks_sent(tmp_path: Path) -> None:
    """A dropped message arrives nowhere, and its sender is told nothing."""
    network = built(tmp_path, [rule("bad", "word")]).start()
    send(network, "a bad word", "bad")
    assert received(network) == ["bad"]
    assert [item.has_failed for item in own(network)] == [False, False]
    assert (network.events[0].fate, network.events[0].arrived) == ("drop", None)


def test_refused_message_says_so(tmp_path: Path) -> None:
    """A refused message arrives nowhere, and its sender is told why."""
    network = built(tmp_path, [rule("bad", action="refuse")]).start()
    send(network, "bad")
    assert received(network) == []
    assert [(item.has_failed, item.says) for item in own(network)] == [
        (True, Says.CONTENT_REJECTED)
    ]


def test_masked_message_arrives_changed(tmp_path: Path) -> None:
    """A masked message arrives with asterisks, and its sender sees it whole."""
    network = built(tmp_path, [rule("bad", "word", action="mask")]).start()
    send(network, "a BAD word")
    assert received(network) == ["a *** ****"]
    assert [item.text for item in own(network)] == ["a BAD word"]


def watched(folder: Path, rules: Iterable[str]) -> Built:
    """A testbed whose first group is observed by a handset abroad and by an inbox."""
    one = built(folder, rules)
    text = one.path.read_text(encoding="utf-8")
    text = text.replace(
        '"Weekend walks" },\n]', '"Weekend walks" },\n]\nobservers = ["phone-5", "outside"]', 1
    )
    text += (
        '\n[[account]]\nlabel = "ca-1"\nregion = "CA"\ndedicated = true\n'
        '\n[[account]]\nlabel = "de-1"\nregion = "DE"\ndedicated = true\n'
        '\n[[handset]]\nname = "phone-5"\naccount = "ca-1"\napp = "courier"\nappium = "embedded"\n'
        + inbox("outside", "http://127.0.0.1:1", account="de-1")
    )
    one.path.write_text(text, encoding="utf-8")
    return one


def seen_by(network: Network, name: str) -> list[str]:
    """What one who observes the group shows."""
    return [item.text for item in network.view(name, GROUP)]


def test_observers_get_what_their_accounts_may_have(tmp_path: Path) -> None:
    """What a rule stops for the receiver's region arrives at accounts registered elsewhere."""
    for_some = rule("bad") + 'applies_to = "receiver"\n'
    for_all = rule("worse")
    refused = rule("worst", action="refuse")
    network = watched(tmp_path, [for_some, for_all, refused]).start()
    send(network, "good", "bad", "worse", "worst")
    assert received(network) == ["good"]
    assert seen_by(network, "phone-5") == seen_by(network, "outside") == ["good", "bad"]
    send(network, "just for two", chat=DIRECT)
    assert network.view("phone-5", DIRECT) == []


def test_noise_of_observers_is_their_own(tmp_path: Path) -> None:
    """What is lost on the way to one arrives at others."""
    path = watched(tmp_path, []).path
    policy = path.with_name("policy.toml")
    policy.write_text('title = "test"\n[noise]\nloss = 0.5\n', encoding="utf-8")
    network = Built(path).start()
    send(network, *(f"text {number}" for number in range(40)))
    got = [
        set(received(network)),
        set(seen_by(network, "phone-5")),
        set(seen_by(network, "outside")),
    ]
    assert all(0 < len(each) < 40 for each in got)
    assert got[0] != got[1] != got[2]


async def _vanishes(network: Network, count: int) -> None:
    while len(received(network)) > count:
        await asyncio.sleep(0.01)


def test_removed_message_is_gone_some_time_later(tmp_path: Path) -> None:
    """A message that is removed by the clock goes although nothing is sent, or after a restart."""
    one = built(tmp_path, [rule("bad", action="remove") + "after_s = 0.05\n"])
    state = tmp_path / "state.jsonl"

    async def live() -> None:
        with closing(one.start(state=state)) as network:
            send(network, "bad", "good")
            assert received(network) == ["bad", "good"]
            await asyncio.wait_for(_vanishes(network, 1), timeout=30)
            assert received(network) == ["good"]
            send(network, "bad again")
        with closing(one.start(state=state)) as network:
            assert received(network) == ["good", "bad again"]
            await asyncio.wait_for(_vanishes(network, 1), timeout=30)
            assert received(network) == ["good"]

    asyncio.run(live())


def test_removed_message_is_gone_some_messages_later(tmp_path: Path) -> None:
    """A removed message stays at the receiver until the third message after it is sent."""
    network = built(tmp_path, [rule("bad", action="remove")]).start()
    send(network, "bad", "one", "two")
    assert received(network) == ["bad", "one", "two"]
    send(network, "three")
    assert received(network) == ["one", "two", "three"]
    assert own(network)[0].text == "bad"


def test_truth_is_independent_of_noise(tmp_path: Path) -> None:
    """Whether a text is censored depends on text, chat and regions alone."""
    network = built(tmp_path, [rule("bad", chats=["group"])]).start()
    assert network.is_censored("bad", "group", "CN", "CA")
    assert not network.is_censored("bad", "direct", "CN", "CA")
    assert not network.is_censored("bad", "group", "CA", "CA")
    assert network.events == []


NOISY = "loss = 0.3\nslip = 0.3\nreorder = 0.2\nduplicate = 0.2"


def noisy(folder: Path, *rules: str) -> Built:
    """A testbed whose network does everything that chance can do."""
    return built(folder, [rule("bad"), *rules], noise=NOISY)


@pytest.mark.parametrize("order", ["one chat after the other", "in turns", "the other first"])
def test_noise_depends_on_seed_and_place_alone(tmp_path: Path, order: str) -> None:
    """With one seed, each chat sees the same events whichever chat is used when."""
    testbed = noisy(tmp_path)
    texts = ["bad", "good", "better"] * 20
    reference, network = testbed.start(seed=7), testbed.start(seed=7)
    send(reference, *texts, chat=GROUP)
    send(reference, *texts, chat=OTHER)
    if order == "in turns":
        for text in texts:
            send(network, text, chat=OTHER)
            send(network, text, chat=GROUP)
    else:
        for chat in (OTHER, GROUP) if order == "the other first" else (GROUP, OTHER):
            send(network, *texts, chat=chat)
    for chat in (GROUP, OTHER):
        assert of_chat(network, chat) == of_chat(reference, chat)
        assert received(network, chat) == received(reference, chat)
    assert len({event.fate for event in network.events}) == 4


def test_another_seed_is_other_noise(tmp_path: Path) -> None:
    """Seeds and chats differ in which messages are lost."""
    testbed = noisy(tmp_path)
    fates = []
    for seed, chat in ((1, GROUP), (2, GROUP), (1, OTHER)):
        network = testbed.start(seed=seed)
        send(network, *["good"] * 60, chat=chat)
        fates.append([event.fate for event in network.events])
    assert fates[0] != fates[1]
    assert fates[0] != fates[2]


def test_loss_and_slip_are_as_stated(tmp_path: Path) -> None:
    """Over many messages, as many are lost and slip through as the policy says."""
    testbed = noisy(tmp_path)
    network = testbed.start(seed=3)
    send(network, *["good", "bad"] * 2000)
    fates = Counter(event.fate for event in network.events)
    assert fates["lost"] + fates["delivered"] == fates["slipped"] + fates["drop"] == 2000
    # 0.3 ± 4 standard errors of 2000 draws
    assert abs(fates["lost"] / 2000 - 0.3) < 0.041
    assert abs(fates["slipped"] / 2000 - 0.3) < 0.041


def test_rule_is_enforced_now_and_then(tmp_path: Path) -> None:
    """A rule that is not always applied lets its share through; other messages do not change."""
    rules = [rule("bad"), "enforced = 0.5\n", rule("worse")]
    network = built(tmp_path / "some", rules, noise="loss = 0.2\nslip = 0.1").start(seed=3)
    every = built(tmp_path / "all", [rule("bad"), rule("worse")], noise="loss = 0.2\nslip = 0.1")
    others = every.start(seed=3)
    for each in (network, others):
        send(each, *["good", "bad", "worse"] * 600)
    came = Counter(event.text for event in network.events if event.fate == "slipped")
    # 1 - 0.5 * 0.9 and 0.1 ± 4 standard errors of 600 draws
    assert abs(came["bad"] / 600 - 0.55) < 0.082
    assert abs(came["worse"] / 600 - 0.1) < 0.049
    assert [each.fate for each in network.events if each.text != "bad"] == [
        each.fate for each in others.events if each.text != "bad"
    ]


def test_rules_and_noise_do_not_mix(tmp_path: Path) -> None:
    """Censored messages are never lost, and harmless ones never slip."""
    network = noisy(tmp_path).start(seed=4)
    send(network, *["good", "bad"] * 200)
    assert {(event.action, event.fate) for event in network.events} == {
        (None, "lost"),
        (None, "delivered"),
        (Action.DROP, "drop"),
        (Action.DROP, "slipped"),
    }


def test_reordered_message_comes_after_the_next(tmp_path: Path) -> None:
    """A message that is overtaken arrives right after the next one, and none is lost by it."""
    network = built(tmp_path, noise="reorder = 0.3").start(seed=1)
    texts = [f"message {place}" for place in range(100)]
    send(network, *texts)
    got = received(network)
    assert got != sorted(got, key=texts.index)
    assert set(texts[:-1]) <= set(got)
    assert all(abs(texts.index(text) - place) <= 2 for place, text in enumerate(got))


def test_duplicate_arrives_twice_in_a_row(tmp_path: Path) -> None:
    """A doubled message arrives twice, one copy right after the other."""
    network = built(tmp_path, noise="duplicate = 0.5").start(seed=1)
    texts = [f"message {place}" for place in range(40)]
    send(network, *texts)
    got = received(network)
    assert got == sorted(got, key=texts.index)
    copies = Counter(got)
    assert set(copies) == set(texts)
    assert set(copies.values()) == {1, 2}
    ids = [item.id for item in network.view("phone-2", GROUP)]
    assert len(set(ids)) == len(ids)


def test_delayed_message_arrives_later(tmp_path: Path) -> None:
    """With a delay, a message arrives after the tap has returned."""
    network = built(tmp_path, noise="delay_ms = [1, 2]").start()

    async def send_and_wait() -> tuple[list[str], list[str]]:
        send(network, "hello")
        at_once = received(network)
        while not received(network):
            await asyncio.sleep(0)
        return at_once, received(network)

    assert asyncio.run(asyncio.wait_for(send_and_wait(), 5)) == ([], ["hello"])


def at_times(monkeypatch: pytest.MonkeyPatch, times: Sequence[float]) -> None:
    """Let the network's clock show these times, one a message."""
    monkeypatch.setattr(network_module, "monotonic", Mock(side_effect=times))


def test_rate_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that sends too fast is turned away and told so, until the window has passed."""
    network = built(tmp_path, more="[limits]\nrate = 2\nrate_window_s = 10\n").start()
    at_times(monkeypatch, [0, 1, 2, 9, 10.5])
    send(network, "a", "b", "c", "d", "e")
    assert received(network) == ["a", "b", "e"]
    assert [item.says for item in own(network)] == [
        None,
        None,
        Says.RATE_LIMITED,
        Says.RATE_LIMITED,
        None,
    ]
    assert [event.fate for event in network.events].count("turned away") == 2


def test_rate_is_counted_by_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chats of one account share its limit; another account has its own."""
    network = built(tmp_path, more="[limits]\nrate = 1\n").start()
    at_times(monkeypatch, [0, 1, 2])
    send(network, "a", chat=GROUP)
    send(network, "b", chat=DIRECT)
    send(network, "c", chat=OTHER)
    assert [event.fate for event in network.events] == ["delivered", "turned away", "delivered"]


def test_restricted_account_stays_so(tmp_path: Path) -> None:
    """After so many messages an account is restricted for good, even for censored texts."""
    network = built(
        tmp_path, [rule("bad", action="refuse")], more="[limits]\nrestrict_after = 2\n"
    ).start()
    send(network, "a", "b", "c", "bad")
    assert received(network) == ["a", "b"]
    assert [item.says for item in own(network)][2:] == [Says.ACCOUNT_RESTRICTED] * 2


def test_handset_that_stops_receiving(tmp_path: Path) -> None:
    """From its message on, nothing arrives, while the sender sees its messages as sent."""
    network = built(tmp_path, more=fault("phone-2", "stops_receiving", after_messages=2)).start()
    send(network, "a", "b", "c")
    assert received(network) == ["a"]
    assert [item.has_failed for item in own(network)] == [False] * 3
    assert [event.arrived for event in network.events] == ["a", None, None]


def test_handset_dies_once(tmp_path: Path) -> None:
    """A handset that dies is reported once, with the message that kills it."""
    network = built(tmp_path, more=fault("phone-2", "dies", after_messages=2)).start()
    deaths: list[str] = []
    network.on_death = deaths.append
    send(network, "a")
    assert deaths == []
    send(network, "b", "c")
    assert deaths == ["phone-2"]


def test_faults_that_happen_once(tmp_path: Path) -> None:
    """A fault that happens once is taken by whoever asks first; a lasting one stays."""
    network = built(
        tmp_path,
        more=fault("phone-1", "wrong_chat", after_messages=1)
        + fault("phone-1", "logged_out", after_messages=1),
    ).start()
    assert not network.take_fault("phone-1", FaultKind.WRONG_CHAT)
    send(network, "a")
    assert network.take_fault("phone-1", FaultKind.WRONG_CHAT)
    assert not network.take_fault("phone-1", FaultKind.WRONG_CHAT)
    assert network.has_fault("phone-1", FaultKind.LOGGED_OUT)
    assert network.has_fault("phone-1", FaultKind.LOGGED_OUT)
    assert not network.has_fault("phone-2", FaultKind.LOGGED_OUT)


def test_fault_of_an_unknown_handset_is_explained(tmp_path: Path) -> None:
    """A fault of a handset that is not on the network is an error that names those that are."""
    testbed = built(tmp_path, more=fault("phone-9", "dies", after_messages=2))
    with pytest.raises(ConfigError, match=r"faults of 'phone-9'.*'phone-1'"):
        testbed.start()


def everything(network: Network) -> dict[str, list[Item]]:
    """What all handsets show of all chats."""
    return {
        f"{end} {chat}": list(network.view(end, chat))
        for chat in SENDER
        for end in (SENDER[chat], RECEIVER[chat])
    }


def lived(testbed: Built, state: Path, *texts: str, chat: str = GROUP) -> Network:
    """A network that was started with a state file, has carried texts, and was stopped."""
    with closing(testbed.start(seed=5, state=state)) as network:
        send(network, *texts, chat=chat)
    return network


TEXTS = ("good", "naughty", "rude", "bad", "更好")


def test_restarted_network_remembers(tmp_path: Path) -> None:
    """A network started again with its state shows the same, and goes on as if never stopped."""
    testbed = noisy(tmp_path, rule("naughty", action="remove"), rule("rude", action="mask"))
    state = tmp_path / "handsets.jsonl"
    reference = testbed.start(seed=5)
    send(reference, *TEXTS * 4)
    first = lived(testbed, state, *TEXTS * 4)
    second = lived(testbed, state)
    assert everything(second) == everything(first) == everything(reference)
    send(reference, *TEXTS * 4)
    third = lived(testbed, state, *TEXTS * 4)
    assert everything(third) == everything(reference)
    assert third.events == reference.events[len(TEXTS) * 4 :]
    assert third.events[0].place == len(TEXTS) * 4
    ids = [item.id for view in everything(third).values() for item in view]
    assert len(set(ids)) == len(ids)
    assert everything(lived(testbed, state)) == everything(third)


@pytest.mark.parametrize("noise", ["delay_ms = [60000, 60000]", "reorder = 1.0"])
def test_what_was_under_way_still_arrives(tmp_path: Path, noise: str) -> None:
    """A message that had not arrived when the network was killed arrives once it is back."""
    testbed = built(tmp_path, noise=noise)
    state = tmp_path / "handsets.jsonl"

    async def send_and_stop() -> None:
        lived(testbed, state, "hello")

    asyncio.run(send_and_stop())
    restarted = testbed.start(seed=5, state=state)
    with closing(restarted):
        if "reorder" in noise:
            assert received(restarted) == []
            send(restarted, "next")
        assert received(restarted) == ["hello"]
    with closing(testbed.start(seed=5, state=state)) as again:
        assert received(again) == ["hello"]


def test_fault_that_happened_once_is_remembered(tmp_path: Path) -> None:
    """A fault that happens once does not happen again when the network is restarted."""
    testbed = built(tmp_path, more=fault("phone-1", "session_lost", after_messages=1))
    state = tmp_path / "handsets.jsonl"
    with closing(testbed.start(state=state)) as network:
        send(network, "a")
        assert network.take_fault("phone-1", FaultKind.SESSION_LOST)
    with closing(testbed.start(state=state)) as network:
        assert not network.take_fault("phone-1", FaultKind.SESSION_LOST)


def test_limits_are_remembered(tmp_path: Path) -> None:
    """How much an account has sent is remembered over restarts."""
    testbed = built(tmp_path, more="[limits]\nrestrict_after = 2\n")
    state = tmp_path / "handsets.jsonl"
    lived(testbed, state, "a", "b")
    network = lived(testbed, state, "c")
    assert network.events[0].fate == "turned away"


@pytest.mark.parametrize("cut", [1, 2, 20, 60])
def test_cut_off_last_line_is_ignored(tmp_path: Path, cut: int) -> None:
    """A line cut off by a kill is forgotten, and what is written after it is not lost."""
    testbed = built(tmp_path)
    state = tmp_path / "handsets.jsonl"
    lived(testbed, state, "one", "two")
    state.write_bytes(state.read_bytes()[:-cut])
    network = lived(testbed, state)
    assert received(network) == ["one"]
    assert [item.text for item in own(network)] == ["one", "two"]
    network = lived(testbed, state, "three")
    assert everything(lived(testbed, state)) == everything(network)
    assert received(network) == ["one", "three"]


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"what": "count", "chat": "lane-9/group", "account": "cn-1"}),
        json.dumps({"what": "remove", "chat": GROUP, "handset": "phone-9", "id": 1}),
        json.dumps({"what": "add", "chat": GROUP, "handset": "phone-1", "item": {"text": "a"}}),
        json.dumps({"what": "add", "chat": GROUP, "handset": "phone-1", "item": "a"}),
        json.dumps({"chat": GROUP}),
        "[1, 2]",
        "not JSON at all",
        "\xff",
    ],
)
def test_foreign_state_is_an_error(tmp_path: Path, line: str) -> None:
    """A state file of another testbed, or of another kind, is an error and is left as it is."""
    testbed = built(tmp_path)
    state = tmp_path / "handsets.jsonl"
    lived(testbed, state, "one")
    raw = state.read_bytes() + line.encode("latin-1") + b"\n"
    state.write_bytes(raw)
    with pytest.raises(ConfigError, match=r"handsets\.jsonl:4: .*Resume with the testbed"):
        testbed.start(seed=5, state=state)
    assert state.read_bytes() == raw
