"""A state machine drives the embedded network and a real lane, handsets without HTTP in between."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from lxml import etree

from drivers.deliveries import Deliveries
from drivers.embedded.app import App
from drivers.embedded.network import Event, Network
from drivers.embedded.policy import load_policy
from drivers.embedded.skins.registry import SKINS
from drivers.handset import Handset
from drivers.handset_receiver import HandsetReceiver
from drivers.lane import Lane
from drivers.profile import VersionFit, fit_version
from drivers.screen import Found, Node, Screen
from drivers.testbed import HandsetConfig, Testbed, load_testbed
from tests.testbeds import rule as policy_rule
from tests.testbeds import write_testbed

CHAT = "lane-1/direct"


class NearHandset:
    """What a lane needs of a handset, with the app in the same process."""

    def __init__(self, config: HandsetConfig, network: Network) -> None:
        self.config = config
        self._app = App(config.name, network, SKINS[0])

    def start(self) -> None:
        pass

    def fit(self) -> VersionFit:
        return fit_version(self.config.profile, None)

    def bring_app_to_front(self) -> None:
        pass

    def screen(self) -> Screen:
        return Screen.parse(etree.tostring(self._app.hierarchy, encoding="unicode"))

    def tap(self, found: Found, what: str) -> None:
        nodes = self._app.hierarchy.iterdescendants()
        node = next(each for each in nodes if each.get("resource-id") == found.value)
        self._app.tap(self._app.target(node))

    def tap_node(self, node: Node, what: str) -> None:
        for each in self._app.hierarchy.iterdescendants():
            if each.get("bounds") == node.element.get("bounds"):
                self._app.tap(self._app.target(each))

    def type_into(self, found: Found, text: str, what: str, *, clear: bool) -> None:
        if clear:
            self._app.clear()
        self._app.type(text)

    def scroll_back(self) -> bool:
        return self._app.scroll(1500)

    def scroll_forward(self) -> bool:
        return self._app.scroll(-1500)


def near_lane(testbed: Testbed, network: Network) -> Lane:
    """The first lane of a testbed, its apps in this process."""
    config = testbed.lanes[0]
    ends = [NearHandset(each, network) for each in (config.sender, config.receiver)]
    sender, receiver = (cast("Handset", each) for each in ends)
    return Lane(
        config,
        chat=config.chats[0],
        sender=sender,
        receiver=HandsetReceiver(receiver, config.chats[0].receiver_title, wait=lambda _: None),
        timing=testbed.timing,
        wait=lambda _: None,
    )


class NetworkAndLane(RuleBasedStateMachine):
    """Texts are sent and sometimes looked for; what the lane says must be what the network did."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Deliveries()
        self.sent = 0
        self.told: dict[int, tuple[int, str]] = {}  # message → its arrival and the text

    @initialize(
        loss=st.sampled_from([0.0, 0.3]),
        duplicate=st.sampled_from([0.0, 0.3]),
        seed=st.integers(min_value=0, max_value=999),
    )
    def switch_on(self, loss: float, duplicate: float, seed: int) -> None:
        rules = [
            policy_rule("dropped"),
            policy_rule("masked", action="mask"),
            policy_rule("refused", action="refuse"),
        ]
        with TemporaryDirectory() as folder:
            path = write_testbed(Path(folder), rules, loss=loss, duplicate=duplicate)
            testbed = load_testbed(str(path))
            policy = load_policy(path.with_name("policy.toml"))
        self.network = Network(testbed, policy, seed, None)
        self.lane = near_lane(testbed, self.network)
        self.lane.open()

    @rule(
        kind=st.sampled_from(["plain", "plain", "dropped", "masked", "refused"]),
        length=st.sampled_from([0, 0, 0, 40, 900]),
    )
    def send(self, kind: str, length: int) -> None:
        place = self.sent
        # Far apart in every character, so that no text passes for a changed form of another.
        mark = "".join(chr(0x4E00 + (each * 97 + place * 31) % 20_000) for each in range(4))
        text = f"{mark} {kind} " + chr(0x3400 + place) * length
        self.lane.prepare(text)
        self.lane.send()
        self.books.add_sent(place, text)
        self.sent += 1

    @rule()
    def look(self) -> None:
        new = self.lane.look(expected=2 * len(self.books.open_places) + 1)
        for delivery in self.books.add_incoming(new):
            if delivery.sent is not None:
                assert delivery.sent not in self.told, "a message was matched twice"
                self.told[delivery.sent] = (delivery.incoming.place, delivery.incoming.text)

    @invariant()
    def no_arrival_is_matched_twice(self) -> None:
        arrivals = [arrival for arrival, _ in self.told.values()]
        assert len(set(arrivals)) == len(arrivals)

    @invariant()
    def what_is_told_is_what_happened(self) -> None:
        for place, (_, text) in self.told.items():
            assert self._event(place).arrived == text

    def teardown(self) -> None:
        if self.sent:
            self.look()
            arrived = {event.place for event in self.network.events if event.arrived is not None}
            assert set(self.told) == arrived

    def _event(self, place: int) -> Event:
        return next(event for event in self.network.events if event.place == place)


NetworkAndLane.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestNetworkAndLane = NetworkAndLane.TestCase


@settings(max_examples=40, deadline=None)
@given(
    kinds=st.lists(st.sampled_from(["kept", "removed", "long"]), max_size=20),
    after=st.integers(min_value=1, max_value=5),
    is_back=st.booleans(),
)
def test_what_is_removed_is_told_and_nothing_else(
    kinds: list[str], after: int, is_back: bool
) -> None:
    """Each message that is removed is told so once, in sight or scrolled back to; no other is."""
    removal = policy_rule("removed", action="remove") + f"after_messages = {after}\n"
    with TemporaryDirectory() as folder:
        path = write_testbed(Path(folder), [removal])
        testbed = load_testbed(str(path))
        network = Network(testbed, load_policy(path.with_name("policy.toml")), 0, None)
    lane = near_lane(testbed, network)
    lane.open()
    gone: list[int] = []
    for place, kind in enumerate(["kept", *kinds]):
        lane.prepare(f"{chr(0x4E00 + place)} {kind}" + chr(0x3400 + place) * 900 * (kind == "long"))
        lane.send()
        incoming = lane.look(expected=1)
        assert [each.place for each in incoming if each.is_new] == [place]
        gone += [each.place for each in incoming if each.is_gone]
    sent = len(kinds) + 1
    removed = [at + 1 for at, kind in enumerate(kinds) if kind == "removed"]
    due = [place for place in removed if place + after < sent]
    assert set(gone) <= set(due)
    if is_back:
        back = lane.receiver.look_back(0)
        gone += [each.place for each in back.incoming]
        assert sorted(gone) == due
        assert back.still_there == set(range(sent)).difference(due)
