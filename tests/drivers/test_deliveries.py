"""The books of a lane, under a network that loses, copies, masks and delays."""

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from drivers.deliveries import Deliveries, Delivery
from drivers.incoming import Incoming
from drivers.profile import ReadMode

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def incoming(place: int, text: str, mode: ReadMode = ReadMode.TREE) -> Incoming:
    """A text that came in."""
    return Incoming(place=place, text=text, seen_at=NOW, read_mode=mode)


def matched(deliveries: list[Delivery]) -> list[tuple[int, int | None]]:
    """Deliveries as pairs of places."""
    return [(delivery.incoming.place, delivery.sent) for delivery in deliveries]


def test_later_arrival_ends_the_wait() -> None:
    """A message is no longer expected once a later one has arrived."""
    books = Deliveries()
    books.add_sent(0, "a")
    books.add_sent(1, "b")
    assert books.open_places == (0, 1)
    assert matched(books.add_incoming([incoming(0, "b")])) == [(0, 1)]
    assert books.open_places == ()


def test_misread_arrivals_belong_to_their_messages() -> None:
    """Texts read by OCR are matched by how alike they are, spaces aside."""
    books = Deliveries()
    for place, text in enumerate(["dalai lama", "good morning", "see you"]):
        books.add_sent(place, text)
    came = [incoming(0, "dalailarna", ReadMode.OCR), incoming(1, "seey0u", ReadMode.OCR)]
    assert matched(books.add_incoming(came)) == [(0, 0), (1, 2)]


def test_illegible_arrival_takes_the_place_of_a_message() -> None:
    """What OCR cannot read did arrive: the message it may be is not left as if it had not."""
    books = Deliveries()
    books.add_sent(0, "བོད་ལྗོངས")
    assert matched(books.add_incoming([incoming(0, "", ReadMode.OCR)])) == [(0, 0)]
    assert matched(books.add_incoming([incoming(1, "", ReadMode.OCR)])) == [(1, None)]


def test_preview_belongs_to_its_message() -> None:
    """A notification that shows only the beginning of a message is matched with it."""
    books = Deliveries()
    books.add_sent(0, "a long\nmessage with many words, of which few are shown")
    books.add_sent(1, "another")
    came = [incoming(0, "a long message…", ReadMode.NOTIFICATIONS)]
    assert matched(books.add_incoming(came)) == [(0, 0)]


def test_late_arrival_is_matched_and_shows_reordering() -> None:
    """A message that was given up and arrives after all is matched late."""
    books = Deliveries()
    books.add_sent(0, "a")
    books.add_sent(1, "b")
    books.add_incoming([incoming(0, "b")])
    assert not books.has_reordered
    assert matched(books.add_incoming([incoming(1, "a")])) == [(1, 0)]
    assert books.has_reordered


def test_second_copy_is_not_taken_for_a_changed_message() -> None:
    """A second copy of a message that arrived is strange, however much it resembles an open one."""
    books = Deliveries()
    books.add_sent(0, "abcdefgh")
    books.add_incoming([incoming(0, "abcdefgh")])
    books.add_sent(1, "abcdefgX")
    assert matched(books.add_incoming([incoming(1, "abcdefgh")])) == [(1, None)]
    assert books.open_places == (1,)


def test_second_copy_of_a_changed_text_is_not_taken_for_another() -> None:
    """A masked message that arrives twice leaves the message after it unmatched."""
    books = Deliveries()
    books.add_sent(0, "abc secret")
    books.add_sent(1, "abd secret")
    assert matched(books.add_incoming([incoming(0, "abc ******")])) == [(0, 0)]
    assert matched(books.add_incoming([incoming(1, "abc ******")])) == [(1, None)]
    assert books.open_places == (1,)


def test_copy_of_a_resent_text_is_not_its_lost_twin() -> None:
    """A second copy of a text that was lost once and sent again belongs to neither."""
    books = Deliveries()
    for place, text in enumerate(("x", "c", "x", "d")):
        books.add_sent(place, text)
    books.add_incoming([incoming(0, "c"), incoming(1, "x"), incoming(2, "d")])
    assert matched(books.add_incoming([incoming(3, "x")])) == [(3, None)]


def test_stranger_is_told_once() -> None:
    """A text nobody sent is reported without a message."""
    books = Deliveries()
    books.add_sent(0, "hello")
    assert matched(books.add_incoming([incoming(0, "buy now"), incoming(1, "hello")])) == [
        (1, 0),
        (0, None),
    ]


class LaneAndNetwork(RuleBasedStateMachine):
    """A lane sends distinct texts; a network loses, copies and masks; the books must be right."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Deliveries()
        self.sent = 0
        self.in_transit: list[tuple[int, str]] = []  # what will arrive: whose, and as what
        self.arrivals = 0
        self.told: dict[int, int] = {}  # arrival → message
        self.truth: dict[int, int] = {}

    def _send(self) -> tuple[int, str]:
        # Far apart in every character, so that no text passes for a changed form of another.
        place = self.sent
        text = f"{chr(0x4E00 + 7 * place)}{chr(0x5E00 + 11 * place)}{chr(0x6E00 + 13 * place)}"
        self.books.add_sent(place, text)
        self.sent += 1
        return place, text

    @rule()
    def send_and_lose(self) -> None:
        self._send()

    @rule()
    def send_and_deliver(self) -> None:
        self.in_transit.append(self._send())

    @rule(copies=st.integers(min_value=2, max_value=3))
    def send_and_copy(self, copies: int) -> None:
        self.in_transit.extend([self._send()] * copies)

    @rule(hidden=st.integers(min_value=0, max_value=2))
    def send_and_mask(self, hidden: int) -> None:
        place, text = self._send()
        self.in_transit.append((place, text[:hidden] + "*" + text[hidden + 1 :]))

    @precondition(lambda self: self.in_transit)
    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        count = data.draw(st.integers(min_value=1, max_value=len(self.in_transit)))
        new = []
        for place, text in self.in_transit[:count]:
            self.truth[self.arrivals] = place
            new.append(incoming(self.arrivals, text))
            self.arrivals += 1
        del self.in_transit[:count]
        for delivery in self.books.add_incoming(new):
            if delivery.sent is not None:
                assert delivery.incoming.place not in self.told, "an arrival was matched twice"
                assert delivery.sent not in self.told.values(), "a message was matched twice"
                self.told[delivery.incoming.place] = delivery.sent

    @invariant()
    def matches_are_right(self) -> None:
        assert self.told.items() <= self.truth.items()

    @invariant()
    def every_message_that_arrived_is_matched(self) -> None:
        assert set(self.told.values()) == set(self.truth.values())

    @invariant()
    def the_lane_keeps_its_order(self) -> None:
        assert not self.books.has_reordered


LaneAndNetwork.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestLaneAndNetwork = LaneAndNetwork.TestCase
