"""The search for one combination in a text: what to send, and when it is found.

A combination counts as found when it is probable enough, and when messages have shown it that
would show it to a reader who shares no prior: its components alone were blocked, and for each
component a message was delivered that had all the others, and of this one everything but the
whole: its beginning without the last character and its end without the first. That message carries
every smaller part, so that nothing less than the component will do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Final

import numpy as np

from probes.isolation_choice import Chooser, Room
from probes.isolation_classes import Seen
from probes.isolation_likelihood import Channel
from probes.isolation_posterior import Posterior, infer
from probes.isolation_prior import Word
from probes.isolation_text import (
    LONGEST,
    LONGEST_SPACED,
    Parts,
    Piece,
    Pieces,
    spell,
    tidy,
    width,
)

_WIDER: Final = 4  # times longer components that are looked for where none explains what is seen
_NEAR: Final = 0.6  # share of the longest components from which on there may be longer ones
_TELLS_NOTHING: Final = 1e-6  # bits
_UNLIKELY: Final = 1e-4  # so many errors: longer components are looked for as well
_INCREDIBLE: Final = 1e-8  # so many errors that no combination of parts is believed to explain it


class State(StrEnum):
    """How far a search is."""

    OPEN = "open"
    FOUND = "found"
    NOTHING = "nothing"  # no combination: what is searched arrives
    UNEXPLAINED = "unexplained"


class Search:
    """Searches for one combination in pieces of a text."""

    def __init__(
        self,
        text: str,
        within: Pieces,
        *,
        words: Sequence[Word],
        room: Room,
        alpha: float,
        blocked_prior: float,
    ) -> None:
        """Begin.

        Args:
            text: The text.
            within: The pieces of it that are searched.
            words: Its words, as `probes.isolation_prior.words` gives them.
            room: What a message may be.
            alpha: Most probability of being wrong that a result may carry.
            blocked_prior: Probability that the pieces together are blocked.
        """
        self._text, self._words, self._within = text, words, within
        self._room, self._alpha, self._blocked_prior = room, alpha, blocked_prior
        spaced = sum(word.end - word.start for word in words if word.is_word and word.is_spaced)
        longest = LONGEST if spaced < len(text) / 2 else LONGEST_SPACED
        self._parts = Parts(text, within, words, longest)
        self._seen: dict[int, Seen] = {}
        self._posterior: Posterior | None = None
        self._is_fresh = False

    @property
    def within(self) -> Pieces:
        """The pieces that are searched."""
        return self._within

    def send(self, message: int, pieces: Pieces, lane: str) -> None:
        """Note that a message was sent.

        Args:
            message: Its id.
            pieces: What it is made of.
            lane: On which lane.
        """
        carries = self._parts.are_in(pieces, self._room.joiner)
        self._seen[message] = Seen(pieces, carries, None, lane)
        self._is_fresh = False

    def put(self, message: int, is_blocked: bool | None) -> None:
        """Note what became of a message.

        Args:
            message: Its id.
            is_blocked: Whether it was blocked; ``None`` if it proves nothing.
        """
        if is_blocked is None:
            del self._seen[message]
        else:
            # Put last, so that later outcomes split classes of earlier ones.
            self._seen[message] = replace(self._seen.pop(message), is_blocked=is_blocked)
        self._is_fresh = False

    def forget(self) -> None:
        """Have the posterior computed anew, as when more is known of a lane."""
        self._is_fresh = False

    def next(self, channels: Mapping[str, Channel], lane: str) -> Pieces | None:
        """What to send next on a lane; ``None`` if there is nothing that would tell more.

        Args:
            channels: By lane, what is known of its errors.
            lane: The lane.
        """
        posterior = self._current(channels)
        pending = {each.pieces for each in self._seen.values() if each.is_blocked is None}
        if posterior.weight.size and self._probability(posterior) >= 1 - self._alpha:
            for pieces in self._lacking(self._components(posterior)):
                if pieces not in pending and self._fits(pieces):
                    return pieces
        chooser = Chooser(
            self._parts,
            self._within,
            tuple(self._seen.values()),
            posterior=posterior,
            channel=channels[lane],
            room=self._room,
        )
        choice = chooser.best()
        if choice is None or (choice.bits < _TELLS_NOTHING and pending):
            return None
        return choice.pieces

    def state(self, channels: Mapping[str, Channel]) -> State:
        """How far the search is, by all that is known.

        Args:
            channels: By lane, what is known of its errors.
        """
        posterior = self._current(channels)
        if posterior.chance < _INCREDIBLE:
            return State.UNEXPLAINED
        if posterior.nothing >= 1 - self._alpha:
            return State.NOTHING
        if not posterior.weight.size or self._probability(posterior) < 1 - self._alpha:
            return State.OPEN
        return State.OPEN if self._lacking(self._components(posterior)) else State.FOUND

    def components(self, channels: Mapping[str, Channel]) -> Pieces:
        """The likeliest combination, by the last place of each component."""
        return self._components(self._current(channels))

    def probability(self, channels: Mapping[str, Channel]) -> float:
        """The probability that the likeliest combination is the right one."""
        return self._probability(self._current(channels))

    def occurrences(self, component: Piece) -> Pieces:
        """All places of a component in what is searched."""
        return self._parts.occurrences(self._parts.find(component))

    def _current(self, channels: Mapping[str, Channel]) -> Posterior:
        while not self._is_fresh or self._posterior is None:
            seen = tuple(self._seen.values())
            posterior = infer(self._parts, seen, channels, self._blocked_prior, self._posterior)
            is_short = posterior.chance < _UNLIKELY or self._may_be_longer(posterior)
            if is_short and self._widen():
                continue
            self._posterior, self._is_fresh = posterior, True
        return self._posterior

    def _may_be_longer(self, posterior: Posterior) -> bool:
        """Whether the likeliest components look like parts of one that is too long to be seen."""
        covered = tidy(self._components(posterior))
        return any(end - start > _NEAR * self._parts.longest for start, end in _joined(covered))

    def _widen(self) -> bool:
        """Look for longer components; ``False`` if there are none."""
        longest = max(end - start for start, end in self._within)
        if self._parts.longest >= longest:
            return False
        wider = min(longest, self._parts.longest * _WIDER)
        self._parts = Parts(self._text, self._within, self._words, wider)
        self._posterior = None
        for message, each in self._seen.items():
            carries = self._parts.are_in(each.pieces, self._room.joiner)
            self._seen[message] = replace(each, carries=carries)
        return True

    def _components(self, posterior: Posterior) -> Pieces:
        if not posterior.weight.size:
            return ()
        top = posterior.states[int(np.argmax(posterior.weight))]
        return tuple(sorted(self._place(entry) for entry in self._tops(posterior, top)))

    def _place(self, part: int) -> Piece:
        return int(self._parts.starts[part]), int(self._parts.ends[part])

    def _tops(self, posterior: Posterior, state: np.ndarray) -> list[int]:
        groups = state[state < posterior.classes.size]
        return [posterior.classes.likeliest(int(group)) for group in groups]

    def _probability(self, posterior: Posterior) -> float:
        """Of the likeliest combination; sets that only add what lies inside it are the same."""
        if not posterior.weight.size:
            return 0.0
        classes = posterior.classes
        top = posterior.states[int(np.argmax(posterior.weight))]
        groups = top[top < classes.size]
        pieces = self._components(posterior)
        inside = self._parts.table(classes.parts, [(piece,) for piece in pieces]).any(axis=0)
        adds_nothing = np.append(np.logical_and.reduceat(inside, classes.first), True)
        share = 1.0
        is_same = adds_nothing[posterior.states]
        for group in groups:
            mass = classes.mass[classes.entries(int(group))]
            share *= float(mass.max() / mass.sum())
            is_same |= posterior.states == group
        has_all = np.ones(posterior.weight.size, dtype=np.bool_)
        for group in groups:
            has_all &= (posterior.states == group).any(axis=1)
        return share * float(posterior.weight[has_all & is_same.all(axis=1)].sum())

    def _lacking(self, components: Pieces) -> list[Pieces]:
        """Messages that have yet to show a combination to a reader without a prior."""
        lacking = []
        alone = tidy(components, merges=False)
        numbers = [self._parts.find(component) for component in components]
        if not any(each.pieces == alone and each.is_blocked for each in self._seen.values()):
            lacking.append(alone)
        for at, component in enumerate(components):
            others = numbers[:at] + numbers[at + 1 :]
            for pieces in self._lesser(components, at):
                carries = self._parts.are_in(pieces, self._room.joiner)
                lesser = [self._parts.find(half) for half in _halves(component)]
                wanted = [number for number in (*others, *lesser) if carries[number]]
                if not any(
                    each.is_blocked is False
                    and not each.carries[numbers[at]]
                    and each.carries[wanted].all()
                    for each in self._seen.values()
                ):
                    lacking.append(pieces)
        return [pieces for pieces in lacking if self._fits(pieces)]

    def _lesser(self, components: Pieces, at: int) -> list[Pieces]:
        """Messages with all components, but of one everything except the whole.

        It is one message, or two where one cannot be: one with its beginning, one with its end.
        """
        both = self.halved(components, at)
        if both:
            return [both]
        others = components[:at] + components[at + 1 :]
        each = [tidy([*others, half], merges=False) for half in _halves(components[at])]
        each = each or [others]
        return [pieces for pieces in each if self._can_lack(pieces, components[at])]

    def halved(self, components: Pieces, at: int) -> Pieces:
        """All components, but of one everything except the whole; empty if it cannot be sent."""
        others = components[:at] + components[at + 1 :]
        pieces = tidy([*others, *_halves(components[at])], merges=False)
        return pieces if self._can_lack(pieces, components[at]) else ()

    def left_out(self, components: Pieces, at: int) -> Pieces:
        """All components but one; empty if it cannot be sent."""
        others = components[:at] + components[at + 1 :]
        return others if self._can_lack(others, components[at]) else ()

    def _can_lack(self, pieces: Pieces, component: Piece) -> bool:
        """Whether a message can be sent, and does not carry a component by what joiners make."""
        if not pieces or not self._fits(pieces):
            return False
        carries = self._parts.are_in(pieces, self._room.joiner)
        return not carries[self._parts.find(component)]

    def _fits(self, pieces: Pieces) -> bool:
        return width(pieces, self._room.joiner) <= self._room.characters

    def spell(self, pieces: Pieces) -> str:
        """The message made of pieces."""
        return spell(self._text, pieces, self._room.joiner)


def _joined(pieces: Pieces) -> Pieces:
    """Pieces, those that overlap as one."""
    joined: list[Piece] = []
    for start, end in pieces:
        if joined and start < joined[-1][1]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return tuple(joined)


def _halves(component: Piece) -> tuple[Piece, ...]:
    """A component without its last and without its first character; nothing of a single one."""
    start, end = component
    return ((start, end - 1), (start + 1, end)) if end - start > 1 else ()
