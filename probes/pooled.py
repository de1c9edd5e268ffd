"""The pooled strategy: several entries a message, chosen so that each message tells most.

A message is blocked if any of its entries is censored. While most entries are clear, one that
arrives clears dozens of them, and one that does not is taken apart by further ones that overlap it.
`probes.pool_book` keeps what is known, `probes.pool_choice` chooses. Each entry that comes out
censored is then sent alone: a pool never makes a word censored.
"""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from statistics import median
from typing import Final

import numpy as np

from probes.expectation import Expectation
from probes.ledger import Ledger
from probes.message import Room, compose
from probes.pool_book import PoolBook
from probes.pool_choice import PoolLimits
from results.inference import Limits
from results.pool_evidence import Company
from results.pooling import Rates, capacity, entropy
from results.reach import seen_to
from results.record import Attempt, EntryRecord, MessageKind, Outcome, Score

FEWEST_ENTRIES: Final = 24
"""Fewer entries are sent alone: the share of censored ones, which pools rest on, cannot be
estimated from so few."""

_MOST_ENTRIES: Final = (
    400  # in a pool; more would not tell more unless fewer than 0.2 % are censored
)
_MOST_ALONE: Final = 9  # counted solo messages after which an undecided entry stays inconclusive
_MOST_WASTED: Final = 9  # void and unknown messages in a row after which it does
_RECENT: Final = 8  # pools whose size tells how long messages are
_LIKELY_EXCESS: Final = (1.0, 1.25)  # messages over the bound (docs/measurement.md)


class Pooled:
    """Adaptive pools; solo messages where a verdict needs them."""

    name: Final = "pooled"

    def __init__(self, entries: Sequence[EntryRecord], limits: Limits, room: Room) -> None:
        """Begin with nothing known.

        Args:
            entries: The entries of the run.
            limits: When a verdict is given.
            room: What fits into a message.
        """
        self._ids = [entry.id for entry in entries]
        self._places = {entry_id: place for place, entry_id in enumerate(self._ids)}
        self._texts = [compose(entry.components, room.joiner) for entry in entries]
        self._combinations = [entry.components for entry in entries if len(entry.components) > 1]
        self._room = room
        self._book = PoolBook([len(text) for text in self._texts], limits)
        self._cursor = 0
        self._probes: dict[str, Attempt] = {}
        self._canaries: dict[str, Attempt] = {}
        self._reach: int | None = None
        self._wasted = np.zeros(len(entries), dtype=np.int64)  # solo messages in a row
        self._sizes: list[int] = []  # of the newest pools

    def next(self, ledger: Ledger, candidates: Iterable[str]) -> tuple[str, ...] | None:
        """The pool that tells most, or an entry alone that lacks nothing but that."""
        self._take_in(ledger)
        chosen = self._book.next_pool([self._places[each] for each in candidates], self._limits)
        if not chosen:
            return None
        if not self._book.is_repetition(chosen):
            chosen = self._without_accidents(chosen)
        self._sizes = [*self._sizes[1 - _RECENT :], len(chosen)]
        return tuple(self._ids[place] for place in chosen)

    def needs_more(self, ledger: Ledger, entry_id: str) -> bool:
        """Whether the entry is not decided."""
        self._take_in(ledger)
        return self._book.is_open(self._places[entry_id])

    def doubt(self, entry_ids: Sequence[str]) -> None:
        """Send entries alone once more that all attempts together leave undecided."""
        for entry_id in entry_ids:
            self._book.doubt(self._places[entry_id])

    def company_of(self, ledger: Ledger, entry_ids: Sequence[str]) -> Mapping[str, Company]:
        """What pools say of entries by what is known so far."""
        self._take_in(ledger)
        return {each: self._book.company(self._places[each]) for each in entry_ids}

    def confirmed(self, ledger: Ledger) -> tuple[str, ...]:
        """The entries that came out censored so far."""
        self._take_in(ledger)
        return tuple(self._ids[place] for place in self._book.censored)

    def escort(
        self, ledger: Ledger, random: Random, beside: int, characters: int | None = None
    ) -> tuple[str, ...]:
        """Clear entries, as many as pools in use carry, for censored text to be sent among.

        Args:
            ledger: All that is known so far.
            random: Source of chance.
            beside: How many characters the censored text takes.
            characters: How long the whole should be; if left out, as pools in use are.
        """
        self._take_in(ledger)
        clear = self._book.clear
        size = round(median(self._sizes)) - 1 if self._sizes else 0
        if characters is not None:
            size = clear.size
        room = self._limits.characters if characters is None else characters
        chosen = random.sample(clear.tolist(), max(0, min(size, clear.size, _MOST_ENTRIES)))
        lengths = [len(self._texts[place]) + len(self._room.joiner) for place in chosen]
        while chosen and sum(lengths) + beside > room:
            chosen.pop()
            lengths.pop()
        return tuple(self._ids[place] for place in chosen)

    def has_clear(self, ledger: Ledger) -> bool:
        """Whether any entry came out clear so far."""
        self._take_in(ledger)
        return self._book.clear.size > 0

    def has_undecided(self, ledger: Ledger) -> bool:
        """Whether any entry is undecided so far."""
        self._take_in(ledger)
        return self._book.has_undecided

    @property
    def longest(self) -> int:
        """How long a pool may be, in characters."""
        return self._limits.characters

    def length(self, entry_id: str) -> int:
        """How many characters an entry takes."""
        return len(self._texts[self._places[entry_id]])

    def messages(self, count: int, expectation: Expectation) -> tuple[float, float]:
        """Fewest and most messages that so many entries are likely to take.

        The Shannon bound, what is lost to it, and each censored entry alone once or twice more.
        """
        low, high = expectation.shares
        bits = entropy(np.array([low, high, min(max(low, 0.5), high)]))  # most at one half
        a_message = capacity(Rates(expectation.loss, expectation.slip))
        least, most = (float(each) * count / a_message for each in (bits.min(), bits.max()))
        return (
            _LIKELY_EXCESS[0] * least + low * count,
            _LIKELY_EXCESS[1] * most + 2 * high * count,
        )

    @property
    def _limits(self) -> PoolLimits:
        characters = self._room.characters
        if self._reach is not None:
            characters = min(characters, self._reach)
        return PoolLimits(
            characters=characters, joiner=len(self._room.joiner), entries=_MOST_ENTRIES
        )

    def _take_in(self, ledger: Ledger) -> None:
        """Enter what has changed since the last time."""
        changed, self._cursor = ledger.changes(self._cursor)
        for attempt in changed:
            if attempt.kind is MessageKind.CANARY:
                self._canaries[attempt.id] = attempt
            elif attempt.kind is MessageKind.PROBE and self._places.keys() >= set(attempt.entries):
                self._probes[attempt.id] = attempt
                self._enter(ledger, attempt)
        if any(attempt.kind is MessageKind.CANARY for attempt in changed):
            reach = seen_to(self._canaries.values(), ledger.scores)
            if reach != self._reach:
                self._reach = reach
                for attempt in self._probes.values():
                    self._enter(ledger, attempt)
        if changed:
            self._book.set_noise(ledger.noise)

    def _enter(self, ledger: Ledger, attempt: Attempt) -> None:
        places = [self._places[entry_id] for entry_id in attempt.entries]
        if ledger.is_on_its_way(attempt):
            if _was_looked_for(attempt):
                # It is missing once a later one has arrived. What to send meanwhile is chosen as
                # if it were, which costs nothing if it is not; no verdict rests on it yet.
                self._book.put(attempt.id, places, is_blocked=True)
            else:
                self._book.begin(attempt.id, places)
            return
        score = ledger.scores[attempt.id]
        self._book.put(attempt.id, places, self._is_blocked(attempt, score))
        if attempt.is_solo and ledger.is_final(attempt):
            tally = ledger.tally(attempt.entries[0])
            if tally.counted >= _MOST_ALONE or tally.wasted >= _MOST_WASTED:
                self._book.give_up(places[0])

    def _is_blocked(self, attempt: Attempt, score: Score) -> bool | None:
        """Whether it was blocked; ``None`` if that cannot be said or says nothing."""
        if score.void is not None or score.outcome is Outcome.UNKNOWN:
            return None
        is_blocked = score.outcome.is_blocked
        is_beyond = self._reach is not None and len(attempt.text) > self._reach
        return None if is_beyond and not is_blocked and not attempt.is_solo else is_blocked

    def _without_accidents(self, places: tuple[int, ...]) -> tuple[int, ...]:
        """The pool without entries that complete a known combination together with others."""
        kept = list(places)
        text = compose([self._texts[place] for place in kept], self._room.joiner)
        for combination in self._combinations:
            if all(part in text for part in combination) and not any(
                all(part in self._texts[place] for part in combination) for place in kept
            ):
                # Without the last entry that holds one part only of it, it is not complete.
                kept = self._broken_up(kept, combination)
                text = compose([self._texts[place] for place in kept], self._room.joiner)
        return tuple(kept)

    def _broken_up(self, places: list[int], combination: Sequence[str]) -> list[int]:
        """Leave out the entries that hold one of the parts, the part that costs fewest of them."""
        holders = [
            {place for place in places if part in self._texts[place]} for part in combination
        ]
        fewest = min((each for each in holders if each), key=len, default=set())
        left = [place for place in places if place not in fewest]
        return left or places[:1]


def _was_looked_for(attempt: Attempt) -> bool:
    """Whether it was sent and looked for, and has not arrived."""
    return attempt.sent_at is not None and attempt.fault is None and attempt.arrived_at is None
