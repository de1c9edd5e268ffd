"""The books of a lane: what was sent, what came in, and what belongs together.

Texts that come in are aligned with the messages that are still open. A lane that delivers in order
settles all earlier messages when a later one arrives; one that was settled so and arrives after
all is matched late, and shows that the lane does not keep the order.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from drivers.alignment import Arrived, Match, Sent, align
from drivers.incoming import Incoming

_REMEMBERED = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A text that came in, and the message it belongs to.

    Attributes:
        incoming: The text.
        sent: Place of its message on the lane; ``None`` for a text that nobody here sent, or for a
            second copy.
    """

    incoming: Incoming
    sent: int | None


class Deliveries:
    """Keeps the books of one lane."""

    def __init__(self) -> None:
        self._sent_count = 0
        self._open: list[Sent] = []
        self._unmatched: list[Incoming] = []
        self._arrived: dict[int, Arrived] = {}  # of the unmatched, by place
        self._overtaken: deque[Sent] = deque(maxlen=_REMEMBERED)
        self._matched: deque[Sent] = deque(maxlen=_REMEMBERED)
        self._last_text: str | None = None
        self._repeated: set[int] = set()  # places of arrivals that repeat the one before
        self._has_reordered = False

    @property
    def open_places(self) -> tuple[int, ...]:
        """Places of the messages that may still be expected, in the order of sending."""
        return tuple(sent.place for sent in self._open)

    @property
    def has_reordered(self) -> bool:
        """Whether a message was seen to arrive after a later one."""
        return self._has_reordered

    def add_sent(self, place: int, text: str) -> None:
        """Note that a message was sent (or that it may have been)."""
        self._sent_count = place + 1
        self._open.append(Sent(place=place, text=text))

    def add_incoming(self, incoming: Iterable[Incoming]) -> list[Delivery]:
        """Note what came in; tells what could be matched, and which texts turned out strange.

        A text that cannot be matched is reported with no message at once, and once more with its
        message should that become clear later.
        """
        new = [each for each in incoming if not each.is_gone]
        for each in new:
            if each.text == self._last_text:
                self._repeated.add(each.place)
            self._last_text = each.text
            self._unmatched.append(each)
            self._arrived[each.place] = Arrived(
                place=each.place,
                text=each.text,
                sent_before=self._sent_count,
                read_mode=each.read_mode,
            )
        matches = align(self._open, self._candidates())
        by_place = {each.place: each for each in self._unmatched}
        deliveries = [
            Delivery(incoming=by_place[match.arrived], sent=match.sent) for match in matches
        ]
        self._settle(matches)
        deliveries.extend(self._late())
        told = {delivery.incoming.place for delivery in deliveries}
        deliveries.extend(
            Delivery(incoming=each, sent=None) for each in new if each.place not in told
        )
        return deliveries

    def _candidates(self) -> list[Arrived]:
        """Unmatched arrivals that may belong to an open message.

        A second copy must not be taken for a changed form of another message: unless it is exactly
        an open one, a text that has arrived before is left out, and so is one that repeats the
        arrival right before it (as a changed text would, if copied).
        """
        awaited = Counter(sent.text for sent in self._open)
        open_texts = set(awaited)
        candidates = []
        for each in self._unmatched:
            if each.text in open_texts:
                # Copies beyond what is open would be taken for changed forms of lost messages.
                is_candidate = awaited[each.text] > 0
                awaited[each.text] -= 1
            else:
                is_candidate = each.place not in self._repeated and not any(
                    sent.text == each.text for sent in self._matched
                )
            if is_candidate:
                candidates.append(self._arrived[each.place])
        return candidates

    def _settle(self, matches: tuple[Match, ...]) -> None:
        if not matches:
            return
        self._has_reordered |= any(not match.in_order for match in matches)
        matched = {match.sent for match in matches}
        self._matched.extend(sent for sent in self._open if sent.place in matched)
        newest = max(match.sent for match in matches)
        self._overtaken.extend(
            sent for sent in self._open if sent.place < newest and sent.place not in matched
        )
        self._open = [sent for sent in self._open if sent.place > newest]
        taken = {match.arrived for match in matches}
        self._unmatched = [each for each in self._unmatched if each.place not in taken]

    def _late(self) -> list[Delivery]:
        """Arrivals that are exactly a message that was overtaken.

        Where the same text was sent again and has arrived since, it is a second copy of that.
        """
        late: list[Delivery] = []
        for incoming in tuple(self._unmatched):
            arrived = self._arrived[incoming.place]
            sent = next(
                (
                    each
                    for each in self._overtaken
                    if each.text == incoming.text
                    and each.place < arrived.sent_before
                    and not self._was_matched_since(each)
                ),
                None,
            )
            if sent is not None:
                self._has_reordered = True
                self._overtaken.remove(sent)
                self._matched.append(sent)
                self._unmatched.remove(incoming)
                late.append(Delivery(incoming=incoming, sent=sent.place))
        del self._unmatched[:-_REMEMBERED]
        self._arrived = {each.place: self._arrived[each.place] for each in self._unmatched}
        self._repeated &= self._arrived.keys()
        return late

    def _was_matched_since(self, sent: Sent) -> bool:
        return any(each.text == sent.text and each.place > sent.place for each in self._matched)
