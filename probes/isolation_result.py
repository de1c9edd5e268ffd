"""What isolation finds, and how each part of it was proven."""

from dataclasses import dataclass
from enum import StrEnum

from results.record import VerdictKind


class Answer(StrEnum):
    """What became of a message, as isolation sees it."""

    BLOCKED = "blocked"  # missing, refused, altered or removed
    DELIVERED = "delivered"
    NOTHING = "nothing"  # void or unknown: it proves nothing, and another is sent


class Purpose(StrEnum):
    """Why a message is sent."""

    SEARCH = "search"
    PROOF = "proof"


class Ending(StrEnum):
    """Why isolation ended."""

    FOUND = "found"  # as many combinations as were asked for
    REST_ARRIVES = "rest_arrives"  # what is left without them arrives: there are no others
    NOTHING_FOUND = "nothing_found"  # the text arrives
    UNEXPLAINED = "unexplained"  # no combination of parts explains what was seen
    OUT_OF_MESSAGES = "out_of_messages"
    TOO_MANY_VOID = "too_many_void"


class ProofKind(StrEnum):
    """A message that should confirm a combination, or tells how its rule works."""

    ALONE = "alone"  # the components and nothing else: blocked
    LEFT_OUT = "left_out"  # all but one component: delivered
    HALVED = "halved"  # one without its last and again without its first character: delivered
    REVERSED = "reversed"  # the components from last to first: delivered if order matters
    PADDED = "padded"  # in harmless text as long as the original: blocked
    ORIGINAL = "original"  # in the original: delivered if it has words that switch the rule off


class Conclusion(StrEnum):
    """What the messages of one item of proof come to."""

    BLOCKED = "blocked"
    DELIVERED = "delivered"
    UNDECIDED = "undecided"
    NOT_ASKED = "not_asked"


#: Items that have to come out as expected; the others describe the rule.
DECISIVE = frozenset({ProofKind.ALONE, ProofKind.LEFT_OUT, ProofKind.HALVED, ProofKind.PADDED})


@dataclass(frozen=True, slots=True, kw_only=True)
class TextToSend:
    """One message for a lane to send, once.

    Attributes:
        id: By which its outcome is told; every sending has its own.
        text: The exact text.
        purpose: Why it is sent.
    """

    id: int
    text: str
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofItem:
    """One item of the proof, with what was seen.

    Attributes:
        kind: What it shows.
        component: The number of the component it is about, from 0; ``None`` if about all.
        text: The message.
        is_expected_blocked: Whether it should be blocked.
        blocked: Messages that were.
        delivered: Messages that arrived.
        conclusion: What they come to.
    """

    kind: ProofKind
    component: int | None
    text: str
    is_expected_blocked: bool
    blocked: int
    delivered: int
    conclusion: Conclusion

    @property
    def is_as_expected(self) -> bool:
        """Whether it came out as it should."""
        wanted = Conclusion.BLOCKED if self.is_expected_blocked else Conclusion.DELIVERED
        return self.conclusion is wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component of a combination.

    Attributes:
        text: As it stands in the text.
        places: Where it occurs: first character and the place after the last one, of each.
    """

    text: str
    places: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """A smallest set of components that is blocked.

    Attributes:
        components: In the order in which they stood in the messages that found them.
        probability: That exactly this is the combination, given all that was sent and the prior.
        is_order_sensitive: Whether it is blocked in that order only; ``None`` if not decided.
        is_extenuated: Whether the original text has words that switch the rule off; ``None`` if
            not decided.
        search_messages: Messages that found it.
        proof_messages: Messages of its proof.
        proof: The items of its proof.
        verdict: Censored if every decisive item came out as expected, otherwise inconclusive.
    """

    components: tuple[Component, ...]
    probability: float
    is_order_sensitive: bool | None
    is_extenuated: bool | None
    search_messages: int
    proof_messages: int
    proof: tuple[ProofItem, ...]
    verdict: VerdictKind

    @property
    def texts(self) -> tuple[str, ...]:
        """The components as texts."""
        return tuple(component.text for component in self.components)


@dataclass(frozen=True, slots=True, kw_only=True)
class IsolationResult:
    """What came of the isolation of one text.

    Attributes:
        combinations: Those found, in the order in which they were.
        ending: Why it ended.
        messages: All messages whose outcome counted.
        void: Messages that proved nothing.
    """

    combinations: tuple[Combination, ...]
    ending: Ending
    messages: int
    void: int
