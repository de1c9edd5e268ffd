"""Filters for tests of isolation: functions that say whether a text is blocked, and a channel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from probes.isolate import Isolation
from probes.isolation_likelihood import Channel
from probes.isolation_result import Answer, IsolationResult, TextToSend
from results.inference import Rate

Blocks = Callable[[str], bool]

#: A lane that has never erred.
EXACT = Channel(loss=Rate(0.1, 1e5), slip=Rate(0.1, 1e5))
LANE = "lane-1"


def channel(loss: float, slip: float) -> Channel:
    """A lane of which it is known how often it errs."""
    return Channel(
        loss=Rate(loss * 1e4 + 0.1, (1 - loss) * 1e4),
        slip=Rate(slip * 1e4 + 0.1, (1 - slip) * 1e4),
    )


def all_of(*components: str) -> Blocks:
    """A rule that needs all components, in any order, overlapping or not."""
    return lambda text: all(component in text for component in components)


def in_order(*components: str) -> Blocks:
    """A rule that needs its components one after another."""

    def blocks(text: str) -> bool:
        at = 0
        for component in components:
            at = text.find(component, at)
            if at < 0:
                return False
            at += len(component)
        return True

    return blocks


def any_of(*rules: Blocks) -> Blocks:
    """A filter with several rules."""
    return lambda text: any(rule(text) for rule in rules)


def is_smallest(blocks: Blocks, components: Sequence[str], joiner: str = "\n") -> bool:
    """Whether components are blocked together, and nothing less than all of each of them is."""
    if not components or not blocks(joiner.join(components)):
        return False
    for at, component in enumerate(components):
        for less in (component[1:], component[:-1]):
            kept = [*components[:at], *([less] if less else []), *components[at + 1 :]]
            if blocks(joiner.join(kept)):
                return False
    return True


@dataclass(slots=True)
class Lanes:
    """Sends what an isolation asks for, past a filter.

    Attributes:
        blocks: The filter.
        loss: Share of harmless messages that are lost.
        slip: Share of blocked messages that arrive.
        void: Share of messages that prove nothing.
        late: Most messages that are on their way at once; outcomes come in any order.
        names: The lanes, which take turns.
        random: Source of chance.
        sent: All that was sent, with what became of it.
    """

    blocks: Blocks
    loss: float = 0.0
    slip: float = 0.0
    void: float = 0.0
    late: int = 1
    names: tuple[str, ...] = (LANE,)
    random: Random = field(default_factory=lambda: Random(0))
    sent: list[tuple[TextToSend, Answer]] = field(default_factory=list)

    def run(self, isolation: Isolation) -> IsolationResult:
        """Send until there is nothing more to send."""
        on_their_way: list[TextToSend] = []
        turn = 0
        while not isolation.is_done:
            lane = self.names[turn % len(self.names)]
            turn += 1
            fresh = isolation.next_texts(self.late - len(on_their_way), lane)
            on_their_way += fresh
            if not on_their_way:
                raise AssertionError("isolation is not done, sends nothing and waits for nothing")
            if len(on_their_way) >= self.late or not fresh or self.random.random() < 0.5:
                text = on_their_way.pop(self.random.randrange(len(on_their_way)))
                answer = self._answer(text.text)
                self.sent.append((text, answer))
                isolation.put(text.id, answer)
        for text in on_their_way:
            isolation.put(text.id, Answer.NOTHING)
        result = isolation.result
        assert result is not None
        return result

    def _answer(self, text: str) -> Answer:
        chance = self.random.random()
        if self.random.random() < self.void:
            return Answer.NOTHING
        is_blocked = chance >= self.slip if self.blocks(text) else chance < self.loss
        return Answer.BLOCKED if is_blocked else Answer.DELIVERED
