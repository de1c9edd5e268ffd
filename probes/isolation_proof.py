"""The proof of a combination: a few messages that do not depend on how it was found."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scipy.special import expit, logit

from probes.isolation_likelihood import Channel, log_evidence
from probes.isolation_result import DECISIVE, Conclusion, ProofItem, ProofKind
from probes.isolation_text import Pieces

_EXPECTED: Final = 0.9  # how far an item is believed to come out as it should, before it is sent
_MOST: Final = 7  # messages of one item after which it stays undecided
_CERTAIN: Final = 1e-3  # a slip rate below which what the search saw needs no second message


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a proof is to show.

    Attributes:
        components: The components, in order.
        pieces: Where they stand in the text.
        left_out: By component, the pieces of a message that has all of the others; empty where
            there is none, or where they cannot be sent without it.
        halved: By component, the pieces of a message that has all of the others and of this one
            everything but the whole; empty where it cannot be sent so.
        spell: Makes a message of pieces.
        joiner: What stands between two components.
        original: The original text, or as much of it as the app takes.
        padding: Harmless text; empty if there is none.
        length: How many characters the message with padding should have.
        characters: Most characters of a message.
    """

    components: tuple[str, ...]
    pieces: Pieces
    left_out: tuple[Pieces, ...]
    halved: tuple[Pieces, ...]
    spell: Callable[[Pieces], str]
    joiner: str
    original: str
    padding: str
    length: int
    characters: int


@dataclass(slots=True)
class _Item:
    """An item of proof while it is asked.

    Attributes:
        kind: What it shows.
        component: About which component.
        text: The message; empty if it cannot be sent.
        pieces: Of which pieces of the text it is made, if of any.
        is_expected_blocked: Whether it should be blocked.
        seen: By lane, messages blocked and delivered.
        pending: Ids of messages on their way.
    """

    kind: ProofKind
    component: int | None
    text: str
    pieces: Pieces | None
    is_expected_blocked: bool
    seen: dict[str, list[int]] = field(default_factory=dict)
    pending: set[int] = field(default_factory=set)

    @property
    def blocked(self) -> int:
        return sum(counts[0] for counts in self.seen.values())

    @property
    def delivered(self) -> int:
        return sum(counts[1] for counts in self.seen.values())

    def conclude(self, channels: Mapping[str, Channel], alpha: float) -> Conclusion:
        """What its messages come to; undecided while they leave too much doubt."""
        if not self.blocked and not self.delivered:
            return Conclusion.NOT_ASKED
        prior = _EXPECTED if self.is_expected_blocked else 1 - _EXPECTED
        odds = logit(prior) + sum(
            log_evidence(blocked, delivered, channels[lane])
            for lane, (blocked, delivered) in self.seen.items()
        )
        if expit(odds) >= 1 - alpha:
            return Conclusion.BLOCKED
        return Conclusion.DELIVERED if expit(odds) <= alpha else Conclusion.UNDECIDED

    def needs_more(self, channels: Mapping[str, Channel], alpha: float) -> bool:
        """Whether another message should be sent."""
        if not self.text or self.pending or self.blocked + self.delivered >= _MOST:
            return False
        return self.conclude(channels, alpha) in (Conclusion.NOT_ASKED, Conclusion.UNDECIDED)


class Proof:
    """Asks for the messages that prove a combination, and says what they come to."""

    def __init__(self, claim: Claim, alpha: float) -> None:
        """Begin.

        Args:
            claim: What is to be shown.
            alpha: Most probability of being wrong that a conclusion may carry.
        """
        self.claim = claim
        self._alpha = alpha
        self._items = list(_items(claim))
        self._asked: dict[int, list[_Item]] = {}

    def next(
        self, channels: Mapping[str, Channel], pending: Iterable[str]
    ) -> tuple[str, Pieces | None] | None:
        """The text of the next message, and the pieces it is made of, if of any.

        Args:
            channels: By lane, what is known of its errors.
            pending: Texts on their way, which are not sent again meanwhile.
        """
        on_their_way = set(pending)
        for item in self._wanted(channels):
            if item.text not in on_their_way and item.needs_more(channels, self._alpha):
                return item.text, item.pieces
        return None

    def send(self, message: int, text: str) -> None:
        """Note that a message was sent."""
        for item in self._items:  # more than one, where the original is the combination alone
            if item.text == text:
                item.pending.add(message)
                self._asked.setdefault(message, []).append(item)

    def put(self, message: int, is_blocked: bool | None, lane: str) -> None:
        """Note what became of a message; ``None`` if it proves nothing."""
        for item in self._items:
            if message in item.pending:
                item.pending.discard(message)
                if is_blocked is not None:
                    item.seen.setdefault(lane, [0, 0])[0 if is_blocked else 1] += 1

    def take_back(self, message: int, was_blocked: bool, lane: str) -> None:
        """Forget what was told of a message, which is on its way again then."""
        for item in self._asked[message]:
            item.seen[lane][0 if was_blocked else 1] -= 1
            item.pending.add(message)

    def is_done(self, channels: Mapping[str, Channel]) -> bool:
        """Whether no item needs another message, and none is on its way."""
        wanted = list(self._wanted(channels))
        return not any(item.pending or item.needs_more(channels, self._alpha) for item in wanted)

    def items(self, channels: Mapping[str, Channel]) -> tuple[ProofItem, ...]:
        """The items, with what was seen."""
        return tuple(
            ProofItem(
                kind=item.kind,
                component=item.component,
                text=item.text,
                is_expected_blocked=item.is_expected_blocked,
                blocked=item.blocked,
                delivered=item.delivered,
                conclusion=item.conclude(channels, self._alpha),
            )
            for item in self._items
        )

    def holds(self, channels: Mapping[str, Channel]) -> bool:
        """Whether every decisive item that could be asked came out as it should."""
        wanted = {id(item) for item in self._wanted(channels)}
        return all(
            told.is_as_expected
            for item, told in zip(self._items, self.items(channels), strict=True)
            if item.kind in DECISIVE and item.text and id(item) in wanted
        )

    def _wanted(self, channels: Mapping[str, Channel]) -> Iterator[_Item]:
        """The items that are worth a message.

        That nothing less than a component will do, the search has seen once. Where censored text
        slips through, once is not enough; nor is it where the order of components matters, which
        the search does not reckon with.
        """
        doubts = any(channel.slip.mean > _CERTAIN for channel in channels.values()) or any(
            item.kind is ProofKind.REVERSED
            and item.conclude(channels, self._alpha) is Conclusion.DELIVERED
            for item in self._items
        )
        for item in self._items:
            if item.kind is not ProofKind.HALVED or doubts:
                yield item


def _items(claim: Claim) -> Iterator[_Item]:
    """The items of proof of a combination."""
    alone = claim.spell(claim.pieces)
    yield _Item(ProofKind.ALONE, None, alone, claim.pieces, is_expected_blocked=True)
    for at, component in enumerate(claim.components):
        if len(claim.components) > 1:
            others = claim.left_out[at]
            text = claim.spell(others)
            yield _Item(ProofKind.LEFT_OUT, at, text, others, is_expected_blocked=False)
        if len(component) > 1:
            text = claim.spell(claim.halved[at])
            yield _Item(ProofKind.HALVED, at, text, claim.halved[at], is_expected_blocked=False)
    if len(claim.components) > 1:
        text = claim.joiner.join(reversed(claim.components))
        yield _Item(ProofKind.REVERSED, None, text, None, is_expected_blocked=True)
    text = _if_fits(pad(claim.components, claim.padding, claim.length, claim.joiner), claim)
    yield _Item(ProofKind.PADDED, None, text, None, is_expected_blocked=True)
    text = _if_fits(claim.original, claim)
    yield _Item(ProofKind.ORIGINAL, None, text, None, is_expected_blocked=True)


def _if_fits(text: str, claim: Claim) -> str:
    return text if len(text) <= claim.characters else ""


def pad(components: Sequence[str], padding: str, length: int, joiner: str) -> str:
    """Components in harmless text, spread over it.

    Args:
        components: The components.
        padding: Harmless text, repeated as often as needed.
        length: How many characters the whole should have, at most.
        joiner: What stands between a component and the text around it.

    Returns:
        The text; empty without padding, or where it leaves no room for any.
    """
    gaps = len(components) + 1
    room = length - sum(map(len, components)) - len(joiner) * 2 * len(components)
    share = room // gaps
    if not padding or share < 1:
        return ""
    filler = padding * (room // len(padding) + 1)
    around = [filler[at * share : (at + 1) * share] for at in range(gaps)]
    pieces = [around[0]]
    for component, after in zip(components, around[1:], strict=True):
        pieces += [component, after]
    return joiner.join(pieces)
