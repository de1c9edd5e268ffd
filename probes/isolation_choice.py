"""Which pieces of the text the next message is made of: those whose outcome tells most.

Every message is a part of one that is believed to carry a combination: the *base*, which is the
whole text at first. If it is blocked, it becomes the next base. So messages nest, and where a text
holds several combinations, the search ends at one of them and is not misled by the others (this is
what makes component-aware binary splitting right: Xiong and Knockel, *An Efficient Method to
Determine which Combination of Keywords Triggered Automatic Filtering of a Message*, FOCI 2019).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from probes.isolation_classes import Seen
from probes.isolation_likelihood import Channel
from probes.isolation_posterior import Posterior
from probes.isolation_prior import Floats, Places
from probes.isolation_text import Parts, Piece, Pieces, tidy, width
from results.pooling import entropy

_CUTS: Final = 24  # places looked at in one stretch of text, before the best is looked at closely
_CLOSE: Final = 12
_LOCATED: Final = 8  # a component is located when its first character is known to this many
_SURE: Final = 0.97  # share of its possible ends that a located component is given room for
_BELIEVED: Final = 0.8  # probability of carrying a combination that makes a message the base
_MOST_PENDING: Final = 4  # messages on their way that are reckoned with; more are rarer than lanes
_MOST_CHOICES: Final = 5  # pieces that are narrowed together
_STATES: Final = 8  # likeliest sets of components that are tried as they are
_DOUBTED: Final = 0.01  # probability of an error from which on a message may be sent again
_PROOF: Final = 0.02  # bits that it is worth to cut right behind where a component may begin


@dataclass(frozen=True, slots=True)
class Choice:
    """What to send next.

    Attributes:
        pieces: The pieces of the text.
        bits: How much its outcome tells, expected.
    """

    pieces: Pieces
    bits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a message may be.

    Attributes:
        characters: Most characters.
        joiner: What stands between two pieces.
    """

    characters: int
    joiner: str


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a stretch of text may be cut: a family of messages that differ in one place.

    Attributes:
        before: Pieces before.
        start: Where the stretch starts, at the earliest.
        end: Where it ends, at the latest.
        from_start: Whether its start moves, or its end.
        after: Pieces after.
    """

    before: Pieces
    start: int
    end: int
    from_start: bool
    after: Pieces

    def at(self, place: int) -> Pieces:
        """The message cut at a place."""
        stretch = (place, self.end) if self.from_start else (self.start, place)
        return tidy([*self.before, stretch, *self.after])


class Chooser:
    """Chooses the next message under a posterior."""

    def __init__(
        self,
        parts: Parts,
        whole: Pieces,
        seen: Sequence[Seen],
        *,
        posterior: Posterior,
        channel: Channel,
        room: Room,
    ) -> None:
        """Prepare.

        Args:
            parts: What may be a component.
            whole: All that is searched.
            seen: What was sent so far, and what is on its way.
            posterior: What is known.
            channel: What is known of the errors of the lane that is to send it.
            room: What a message may be.
        """
        self._parts = parts
        self._seen = seen
        self._posterior = posterior
        self._room = room
        self._loss, self._slip = channel.loss.mean, channel.slip.mean
        classes = posterior.classes
        self._starts, self._ends = parts.starts[classes.parts], parts.ends[classes.parts]
        self._marginal = posterior.marginal()
        length = max(end for _, end in whole) + 1
        self._start_mass = np.bincount(self._starts, self._marginal, length)
        self._end_mass = np.bincount(self._ends, self._marginal, length)
        pending = [at for at, each in enumerate(seen) if each.is_blocked is None]
        self._outcomes = self._weights(pending[-_MOST_PENDING:])
        self._pending = {seen[at].pieces for at in pending}
        self.base = self._find_base(whole)

    def best(self) -> Choice | None:
        """The message that tells most; ``None`` if there is none to send."""
        families = list(self._families())
        coarse = [
            (family, place, family.at(place))
            for family in families
            for place in self._thinned(family, family.start, family.end, _CUTS)
        ]
        found = self._rate(
            [(pieces, self._bonus(family, place)) for family, place, pieces in coarse]
            + [(pieces, 0.0) for pieces in self._narrowed()]
            + [(pieces, 0.0) for pieces in self._again()]
        )
        if found is None:
            return None
        at, best = found
        if at < len(coarse):
            family, place, _ = coarse[at]
            places = sorted(each for other, each, _ in coarse if other is family)
            index = places.index(place)
            low = places[index - 1] if index else family.start
            high = places[index + 1] if index + 1 < len(places) else family.end
            close = [
                (family.at(each), self._bonus(family, each))
                for each in self._thinned(family, low, high, 2 * _CLOSE)
            ]
            closer = self._rate(close)
            if closer is not None and closer[1].bits > best.bits:
                best = closer[1]
        return best

    def _find_base(self, whole: Pieces) -> Pieces:
        posterior = self._posterior
        candidates = [(width(whole, self._room.joiner), whole)]
        believed = posterior.weight @ posterior.carried
        for each, probability in zip(self._seen, believed, strict=True):
            if each.is_blocked and probability > _BELIEVED * (1 - posterior.nothing):
                candidates.append((width(each.pieces, self._room.joiner), each.pieces))
        return min(candidates)[1]

    def _families(self) -> Iterator[_Cut]:
        """All places where the base can be cut."""
        base = self.base
        for at, (start, end) in enumerate(base):
            before, after = base[:at], base[at + 1 :]
            if end - start > 1 or len(base) > 1:
                yield _Cut(before, start, end, True, after)
                yield _Cut(before, start, end, False, after)
            windows = self._windows(start, end)
            for count in range(1, len(windows) + 1):
                # The last of them may be where the next one begins, or hide it.
                kept = windows[:count]
                first = kept[-1][0] + 1
                if first < end:
                    yield _Cut((*before, *kept), first, end, True, after)

    def _windows(self, start: int, end: int) -> list[Piece]:
        """Room for each component that is located in a stretch of text, by the likeliest state."""
        found = []
        for group in (group for state in self._likely(1) for group in state):
            entries = self._posterior.classes.entries(group)
            starts, ends = self._starts[entries], self._ends[entries]
            mass = self._posterior.classes.mass[entries]
            inside = (starts >= start) & (ends <= end)
            if not inside.all() or starts.max() - starts.min() >= _LOCATED:
                continue
            order = np.argsort(ends)
            share = np.cumsum(mass[order]) / mass.sum()
            room = int(ends[order][np.searchsorted(share, _SURE)])
            if room - int(starts.min()) < end - start:
                found.append((int(starts.min()), room))
        return found

    def _narrowed(self) -> Iterator[Pieces]:
        """The base with some of its pieces narrowed to the likeliest components in them."""
        states = [[self._top(group) for group in state] for state in self._likely(_STATES)]
        if not states:
            return
        yield from (tidy(state, merges=False) for state in states)
        likeliest = states[0]
        options: list[tuple[Pieces, ...]] = []
        for start, end in self.base:
            inside = tuple(piece for piece in likeliest if start <= piece[0] and piece[1] <= end)
            narrow = tidy(inside)
            options.append((((start, end),), narrow) if narrow != ((start, end),) else (narrow,))
        free = [at for at, option in enumerate(options) if len(option) > 1]
        for at in free[_MOST_CHOICES:]:
            options[at] = options[at][:1]
        for combination in product(*options):
            yield tidy(piece for pieces in combination for piece in pieces)
        exact = sorted(likeliest)
        for at, (start, end) in enumerate(exact):
            others = exact[:at] + exact[at + 1 :]
            wide = [piece for piece in self.base if not (piece[0] <= start and end <= piece[1])]
            for kept in (others, wide):
                yield tidy(kept)
                if end - start > 1:
                    halves = (start, end - 1), (start + 1, end)
                    yield tidy([*kept, *halves], merges=False)
                    yield from (tidy([*kept, half]) for half in halves)

    def _again(self) -> Iterator[Pieces]:
        """The base, and messages of which it is not sure that their outcome was no error."""
        yield self.base
        believed = self._posterior.weight @ self._posterior.carried
        for each, probability in zip(self._seen, believed, strict=True):
            if _DOUBTED < probability < 1 - _DOUBTED:
                yield each.pieces

    def _rate(self, messages: Sequence[tuple[Pieces, float]]) -> tuple[int, Choice] | None:
        """The message that tells most, and its place in the list."""
        usable = [
            at
            for at, (pieces, _) in enumerate(messages)
            if pieces
            and pieces not in self._pending
            and width(pieces, self._room.joiner) <= self._room.characters
        ]
        if not usable:
            return None
        inside = self._parts.table(
            self._posterior.classes.parts, [messages[at][0] for at in usable]
        )
        bits = self._information(self._posterior.carries_all(inside))
        worth = bits * np.array([1 + messages[at][1] for at in usable])
        if self._parts.may_join(self._room.joiner):
            self._correct(worth, bits, [messages[at][0] for at in usable])
        best = int(np.argmax(worth))
        return usable[best], Choice(messages[usable[best]][0], float(bits[best]))

    def _correct(self, worth: Floats, bits: Floats, messages: Sequence[Pieces]) -> None:
        """Reckon with what joiners make, until the best message is known to be the best."""
        corrected: set[int] = set()
        while (best := int(np.argmax(worth))) not in corrected:
            corrected.add(best)
            inside = self._parts.are_in(messages[best], self._room.joiner)
            carries = self._posterior.carries_all(inside[None, self._posterior.classes.parts])
            told = float(self._information(carries)[0])
            worth[best] *= told / bits[best] if bits[best] > 0 else 0.0
            bits[best] = told

    def _weights(self, pending: Sequence[int]) -> Floats:
        """By outcome of what is on its way, the joint probability with each state."""
        weight = np.append(self._posterior.weight, self._posterior.nothing)
        rows = [weight]
        for at in pending:
            carried = np.append(self._posterior.carried[:, at], 0.0)
            blocked = self._loss + (1 - self._slip - self._loss) * carried
            rows = [row * chance for row in rows for chance in (blocked, 1 - blocked)]
        return np.stack(rows)

    def _information(self, carries: Floats) -> Floats:
        """By message, the bits its outcome tells, whatever comes of those on their way."""
        carries = np.concatenate([carries, np.zeros((carries.shape[0], 1))], axis=1)
        chance = self._outcomes.sum(axis=1)
        carried = carries @ self._outcomes.T / np.maximum(chance, 1e-300)
        carried = np.clip(carried, 0.0, 1.0)
        blocked = self._loss + (1 - self._slip - self._loss) * carried
        bits = (
            entropy(blocked)
            - carried * entropy(np.array(self._slip))
            - (1 - carried) * entropy(np.array(self._loss))
        )
        return np.asarray(bits @ chance)

    def _thinned(self, family: _Cut, low: int, high: int, most: int) -> Places:
        """Places of a stretch at which to cut, closer where components are likelier to be."""
        if family.from_start:
            places = np.arange(max(low, family.start) + 1, min(high, family.end) + 1)
            mass = self._start_mass[places - 1]
        else:
            places = np.arange(max(low, family.start), min(high, family.end))
            mass = self._end_mass[places + 1]
        heavy = np.flatnonzero(mass > 0)
        if heavy.size <= most:
            chosen = heavy
        else:
            share = np.cumsum(mass)
            levels = (np.arange(most) + 0.5) / most * share[-1]
            chosen = np.unique(np.minimum(np.searchsorted(share, levels), places.size - 1))
        chosen = places[chosen]
        if family.from_start and high == family.end:
            chosen = np.unique(np.append(chosen, family.end))  # nothing of it is left
        return chosen

    def _bonus(self, family: _Cut, place: int) -> float:
        """Preference for cuts that, if delivered, prove an end of a likely component."""
        mass = self._start_mass if family.from_start else self._end_mass
        at = place - 1 if family.from_start else place + 1
        near = mass[max(0, at - 3) : at + 4].max()
        return _PROOF * float(mass[at] / near) if near else 0.0

    def _likely(self, most: int) -> list[list[int]]:
        """The classes of the likeliest states, the likeliest first."""
        weight = self._posterior.weight
        top = np.argsort(-weight, kind="stable")[:most]
        size = self._posterior.classes.size
        return [[int(group) for group in self._posterior.states[at] if group < size] for at in top]

    def _top(self, group: int) -> Piece:
        part = self._posterior.classes.likeliest(group)
        return int(self._parts.starts[part]), int(self._parts.ends[part])
