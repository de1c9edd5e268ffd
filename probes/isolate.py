"""Which words of a text stop it: isolation as a machine that any number of lanes can feed.

It gives texts to send (`Isolation.next_texts`) and is told what became of each (`Isolation.put`),
in any order and as late as may be. What proved nothing is never taken for an outcome: another
message is sent. It keeps no time, sends nothing and knows nothing of apps.

A text longer than an app takes is cut into stretches that overlap. In each,
`probes.isolation_search` finds a combination and `probes.isolation_proof` proves it; what speaks
against it in the proof is evidence for the search, which goes on then. With `finds_all`, what is
left of the text without the combinations found, in every smallest way to break all of them, must
arrive, or is searched again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Final

from probes.isolation_choice import Room
from probes.isolation_likelihood import Channel
from probes.isolation_prior import words
from probes.isolation_proof import Claim, Proof
from probes.isolation_result import (
    Answer,
    Combination,
    Component,
    Conclusion,
    Ending,
    IsolationResult,
    ProofKind,
    Purpose,
    TextToSend,
)
from probes.isolation_search import Search, State
from probes.isolation_text import Piece, Pieces, fold, may_join, tidy
from results.record import VerdictKind

#: Messages on their way at once; with more, each would be chosen knowing too little.
MOST_PENDING: Final = 4
_MARKS: Final = ".;/|·…※"  # for joiners, the first that the text does not have
_EVEN: Final = 0.5
_MOST_ROUNDS: Final = 3  # times that a proof may send the search back


@dataclass(frozen=True, slots=True, kw_only=True)
class Aims:
    """What isolation is to find, and at what price.

    Attributes:
        alpha: Most probability of being wrong that a combination may carry.
        proof_alpha: The same of one item of a proof.
        finds_all: Whether to go on until the rest of the text arrives.
        most_combinations: Combinations after which it ends.
        most_messages: Messages after which it ends, proofs included.
        most_wasted: Messages in a row that proved nothing, after which it ends.
        overlap: Characters that two stretches of a text that is too long have in common.
    """

    alpha: float = 0.003
    proof_alpha: float = 0.01
    finds_all: bool = False
    most_combinations: int = 8
    most_messages: int = 300
    most_wasted: int = 20
    overlap: int = 200

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("proof_alpha", self.proof_alpha)):
            if not 0 < value < _EVEN:
                raise ValueError(f"{name} is a probability between 0 and 0.5, not {value}")
        if min(self.most_combinations, self.most_messages, self.most_wasted) < 1:
            raise ValueError("the most combinations, messages and wasted messages are at least 1")
        if self.overlap < 0:
            raise ValueError(f"overlap is a number of characters, not {self.overlap}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form that messages take in an app.

    Attributes:
        characters: Most characters of a message.
        joiner: What stands between two pieces of the text, so that they make no new word; where it
            occurs in the text, and so may make one, it gets a mark at both ends.
        padding: Harmless text for the proof; without it, that item is not asked.
    """

    characters: int
    joiner: str = "\n"
    padding: str = ""


class Isolation:
    """Finds and proves the combinations that stop a text."""

    def __init__(
        self,
        text: str,
        *,
        form: Form,
        channels: Mapping[str, Channel],
        aims: Aims | None = None,
        blocked_prior: float = 0.98,
    ) -> None:
        """Begin.

        Args:
            text: The text that does not arrive.
            form: The form that messages take.
            channels: By lane, what is known of its errors; at least one.
            aims: What to find.
            blocked_prior: Probability that the text is blocked, by what was seen of it before.

        Raises:
            ValueError: The text is empty, no lane is given, or messages have no room.
        """
        if not text:
            raise ValueError("an empty text has no words that could stop it")
        if not channels:
            raise ValueError("isolation needs at least one lane, and what is known of its errors")
        if form.characters < 1:
            raise ValueError(f"messages have room for {form.characters} characters: at least 1")
        if not 0 < blocked_prior < 1:
            raise ValueError(f"blocked_prior is a probability between 0 and 1, not {blocked_prior}")
        self._text, self._aims = text, aims or Aims()
        self._form = replace(form, joiner=_parting(form.joiner, text))
        self._channels = dict(channels)
        self._words = words(text)
        stretches = list(_stretches(len(text), form.characters, self._aims.overlap))
        self._blocked_prior = blocked_prior if len(stretches) == 1 else _EVEN
        self._stretch, self._waiting = stretches[0], stretches[1:]
        #: What is left out of the stretch in the search, one component of each combination found;
        #: and what was left out of it when it arrived.
        self._left_out: frozenset[str] = frozenset()
        self._arrived: list[frozenset[str]] = []
        self._search = self._begin((self._stretch,), self._blocked_prior)
        self._proof: Proof | None = None
        self._doubted: Proof | None = None
        self._rounds = 0
        self._found: list[Combination] = []
        self._pending: dict[int, _OnItsWay] = {}
        self._told: dict[int, tuple[_OnItsWay, bool]] = {}
        self._ids = 0
        self._counts = {Purpose.SEARCH: 0, Purpose.PROOF: 0}
        self._void = self._wasted = self._messages = 0
        self._ending: Ending | None = None

    @property
    def is_done(self) -> bool:
        """Whether there is nothing more to send."""
        return self._ending is not None

    @property
    def result(self) -> IsolationResult | None:
        """What came of it; ``None`` until it is done."""
        if self._ending is None:
            return None
        return IsolationResult(
            combinations=tuple(self._found),
            ending=self._ending,
            messages=self._messages,
            void=self._void,
        )

    def set_channel(self, channel: Channel, lane: str) -> None:
        """Take note of what is now known of a lane's errors.

        Args:
            channel: What is known.
            lane: The label of the lane.
        """
        self._channels[lane] = channel
        self._search.forget()
        self._advance()

    def next_texts(self, count: int, lane: str) -> tuple[TextToSend, ...]:
        """Texts to send now on a lane, each once.

        Args:
            count: How many the lane would take.
            lane: The label of the lane.

        Returns:
            So many or fewer; none if it is done, or must wait for outcomes first.

        Raises:
            KeyError: Nothing is known of the errors of such a lane.
        """
        if lane not in self._channels:
            raise KeyError(f"no channel of a lane {lane!r}: known are {sorted(self._channels)}")
        found: list[TextToSend] = []
        self._advance()
        while len(found) < count and not self.is_done and len(self._pending) < MOST_PENDING:
            if self._messages + len(self._pending) >= self._aims.most_messages:
                break
            text = self._next(lane)
            if text is None:
                break
            found.append(text)
        return tuple(found)

    def put(self, text_id: int, answer: Answer) -> None:
        """Tell what became of a text.

        Args:
            text_id: The text's id.
            answer: What became of it.

        Raises:
            KeyError: No such text is on its way.
        """
        if text_id not in self._pending:
            raise KeyError(f"no text with id {text_id} is on its way; was its outcome told before?")
        way = self._pending.pop(text_id)
        is_blocked = None if answer is Answer.NOTHING else answer is Answer.BLOCKED
        if way.is_evidence:
            way.search.put(text_id, is_blocked)
        if way.proof is not None:
            way.proof.put(text_id, is_blocked, way.lane)
        if is_blocked is None:
            self._void += 1
            self._wasted += 1
        else:
            self._told[text_id] = way, is_blocked
            self._messages += 1
            self._wasted = 0
            self._counts[way.text.purpose] += 1
        self._advance()

    def revise(self, text_id: int, answer: Answer) -> None:
        """Tell that a text became something else than was told: removed later, or void after all.

        What had been found by then is inconclusive if it was told before that.

        Args:
            text_id: The text's id; nothing happens if what was told of it proved nothing.
            answer: What became of it.
        """
        is_blocked = None if answer is Answer.NOTHING else answer is Answer.BLOCKED
        if text_id not in self._told or self._told[text_id][1] is is_blocked:
            return
        way, was_blocked = self._told[text_id]
        if way.is_evidence:
            way.search.put(text_id, is_blocked)
        if way.proof is not None:
            way.proof.take_back(text_id, was_blocked, way.lane)
            way.proof.put(text_id, is_blocked, way.lane)
        if is_blocked is None:
            del self._told[text_id]
            self._messages -= 1
            self._void += 1
            self._counts[way.text.purpose] -= way.search is self._search
        else:
            self._told[text_id] = way, is_blocked
        self._found = [replace(each, verdict=VerdictKind.INCONCLUSIVE) for each in self._found]
        self._advance()

    def _next(self, lane: str) -> TextToSend | None:
        """The next text, noted as sent."""
        if self._proof is not None:
            pending = [way.text.text for way in self._pending.values()]
            asked = self._proof.next(self._channels, pending)
            if asked is None:
                return None
            return self._send(*asked, Purpose.PROOF, lane)
        pieces = self._search.next(self._channels, lane)
        if pieces is None:
            if not self._pending:
                self._give_up()
            return None
        return self._send(self._search.spell(pieces), pieces, Purpose.SEARCH, lane)

    def _send(self, text: str, pieces: Pieces | None, purpose: Purpose, lane: str) -> TextToSend:
        sent = TextToSend(id=self._ids, text=text, purpose=purpose)
        self._ids += 1
        if pieces is not None:
            self._search.send(sent.id, pieces, lane)
        if self._proof is not None:
            self._proof.send(sent.id, text)
        self._pending[sent.id] = _OnItsWay(
            sent, lane, self._search, self._proof, is_evidence=pieces is not None
        )
        return sent

    def _advance(self) -> None:
        """Go on to the proof, the next search, or the end, as far as what is known allows."""
        while not self.is_done:
            if self._wasted >= self._aims.most_wasted:
                self._conclude(Ending.TOO_MANY_VOID)
                return
            if not self._step():
                break
        spent = self._messages >= self._aims.most_messages and not self._pending
        if spent and not self.is_done:
            self._conclude(Ending.OUT_OF_MESSAGES)

    def _step(self) -> bool:
        """Take one step; ``False`` if there is none to take before more is known."""
        state = self._search.state(self._channels)
        if self._proof is not None:
            components = self._search.components(self._channels)
            is_same = components == self._proof.claim.pieces and state is not State.OPEN
            if not is_same and self._rounds < _MOST_ROUNDS:
                # What was seen in the proof goes into the search.
                self._doubted, self._proof = self._proof, None
                self._rounds += 1
                return True
            if not self._proof.is_done(self._channels):
                return False
            self._record(self._proof, is_explained=state is State.FOUND)
            return True
        if state is State.OPEN:
            return False
        if state is State.FOUND:
            self._proof = Proof(self._claim(), self._aims.proof_alpha)
        elif state is State.UNEXPLAINED:
            self._give_up()
        else:
            self._arrived.append(self._left_out)
            self._continue()
        return True

    def _claim(self) -> Claim:
        pieces = self._search.components(self._channels)
        start, end = self._stretch
        # Without what breaks the combinations found before: they would be blocked for themselves.
        is_whole = not self._left_out and len(self._text) <= self._form.characters
        return Claim(
            components=tuple(self._text[first:last] for first, last in pieces),
            pieces=pieces,
            left_out=tuple(self._search.left_out(pieces, at) for at in range(len(pieces))),
            halved=tuple(self._search.halved(pieces, at) for at in range(len(pieces))),
            spell=self._search.spell,
            joiner=self._form.joiner,
            original=self._text if is_whole else self._search.spell(self._search.within),
            padding=self._form.padding,
            length=min(end - start, self._form.characters),
            characters=self._form.characters,
        )

    def _record(self, proof: Proof, *, is_explained: bool) -> None:
        """Keep a combination with its proof, and go on."""
        items = proof.items(self._channels)
        told = {item.kind: item.conclusion for item in items}
        probability = self._search.probability(self._channels)
        is_certain = (
            is_explained and proof.holds(self._channels) and probability >= 1 - self._aims.alpha
        )
        combination = Combination(
            components=tuple(
                Component(text=self._text[start:end], places=self._search.occurrences((start, end)))
                for start, end in proof.claim.pieces
            ),
            probability=probability,
            is_order_sensitive=_is_delivered(told.get(ProofKind.REVERSED)),
            is_extenuated=_is_delivered(told.get(ProofKind.ORIGINAL)),
            search_messages=self._counts[Purpose.SEARCH],
            proof_messages=self._counts[Purpose.PROOF],
            proof=items,
            verdict=VerdictKind.CENSORED if is_certain else VerdictKind.INCONCLUSIVE,
        )
        self._counts = dict.fromkeys(self._counts, 0)
        self._found.append(combination)
        self._proof = self._doubted = None
        self._rounds = 0
        if len(self._found) >= self._aims.most_combinations or not self._aims.finds_all:
            self._conclude(Ending.FOUND)
        else:
            self._continue()

    def _give_up(self) -> None:
        """End, with what was thought to be the combination before its proof failed."""
        if self._doubted is not None:
            self._record(self._doubted, is_explained=False)
        self._conclude(Ending.UNEXPLAINED)

    def _continue(self) -> None:
        """Go on to what has not been searched yet, or end."""
        while True:
            for chosen in self._breaks():
                within = self._without(chosen)
                if within and not any(done <= chosen for done in self._arrived):
                    self._left_out = chosen
                    self._search = self._begin(within, _EVEN)
                    return
            if not self._waiting:
                break
            self._stretch, self._arrived = self._waiting.pop(0), []
        self._conclude(Ending.REST_ARRIVES if self._found else Ending.NOTHING_FOUND)

    def _breaks(self) -> list[frozenset[str]]:
        """Smallest choices of components that break every combination found, as far as it is here.

        The fewest components first; one empty choice if none of them is in the stretch.
        """
        here = fold(self._text[slice(*self._stretch)])
        folded = [tuple(map(fold, combination.texts)) for combination in self._found]
        found = [texts for texts in folded if all(each in here for each in texts)]
        choices = {frozenset(choice) for choice in product(*found)}
        smallest = [each for each in choices if not any(other < each for other in choices)]
        return sorted(smallest, key=lambda choice: (len(choice), sorted(choice)))

    def _without(self, chosen: frozenset[str]) -> Pieces:
        """The stretch without any of some components."""
        start, end = self._stretch
        folded = fold(self._text)
        is_out = bytearray(len(folded))
        for each in chosen:
            at = folded.find(each, start)
            while 0 <= at <= end - len(each):
                is_out[at : at + len(each)] = b"\1" * len(each)
                at = folded.find(each, at + 1)
        kept = [at for at in range(start, end) if not is_out[at]]
        return tidy((at, at + 1) for at in kept)

    def _begin(self, within: Pieces, blocked_prior: float) -> Search:
        return Search(
            self._text,
            within,
            words=self._words,
            room=Room(characters=self._form.characters, joiner=self._form.joiner),
            alpha=self._aims.alpha,
            blocked_prior=blocked_prior,
        )

    def _conclude(self, ending: Ending) -> None:
        self._ending = ending


@dataclass(frozen=True, slots=True)
class _OnItsWay:
    """A text that was handed out.

    Attributes:
        text: The text.
        lane: On which lane it is sent.
        search: The search it was sent in.
        proof: The proof it was sent in, if any.
        is_evidence: Whether it is made of pieces of the text, so that the search learns from it.
    """

    text: TextToSend
    lane: str
    search: Search
    proof: Proof | None
    is_evidence: bool


def _stretches(length: int, characters: int, overlap: int) -> Iterator[Piece]:
    """Cut a text into stretches that an app takes, each sharing some characters with the next."""
    step = max(1, characters - min(overlap, characters // 2))
    for start in range(0, max(1, length - characters + step), step):
        yield max(0, min(start, length - characters)), min(start + characters, length)


def _parting(joiner: str, text: str) -> str:
    """A joiner that makes no words of a text together with what it stands between."""
    if not may_join(joiner, text):
        return joiner
    mark = next((mark for mark in _MARKS if mark not in text), "")
    return f"{mark}{joiner}{mark}" or "\n"


def _is_delivered(conclusion: Conclusion | None) -> bool | None:
    """Whether messages came out as delivered; ``None`` if that is not known."""
    if conclusion in (Conclusion.BLOCKED, Conclusion.DELIVERED):
        return conclusion is Conclusion.DELIVERED
    return None
