"""Which pools were sent, and what became of them: the facts that a `probes.pool_book` rests on."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from probes.pool_repeats import Repeats
from results.pooling import Flags, Floats, Places


@dataclass(slots=True)
class SentPool:
    """A pool whose outcome is known, and what it last said to each of its entries.

    Attributes:
        places: Its entries.
        pool: The same, as a set.
        is_blocked: Whether it was blocked.
        messages: By entry, what it says, in log-odds.
        begin: By entry, where to begin to compute that (`results.pooling.propagate`).
    """

    places: Places
    pool: frozenset[int]
    is_blocked: bool
    messages: Floats
    begin: Floats


class SentPools:
    """The pools of a run, by the id of their attempt.

    Attributes:
        times: By entry, how many pools have carried it.
        arrived: By entry, how many of these were delivered.
        alone: By entry, how many messages that carried it alone were delivered, and blocked.
        repeats: Pools of the same entries.
    """

    def __init__(self, size: int) -> None:
        """Begin with nothing sent.

        Args:
            size: How many entries there are.
        """
        self.times: Places = np.zeros(size, np.int64)
        self.arrived: Places = np.zeros(size, np.int64)
        self.alone: Places = np.zeros((size, 2), np.int64)
        self.repeats = Repeats()
        self._size = size
        self._pools: dict[str, SentPool] = {}
        self._in_flight: dict[str, Places] = {}
        self._of_entry: list[dict[str, None]] = [{} for _ in range(size)]

    def __getitem__(self, key: str) -> SentPool:
        """A pool whose outcome is known.

        Raises:
            KeyError: It is not.
        """
        return self._pools[key]

    def __contains__(self, key: str) -> bool:
        """Whether the outcome of a pool is known."""
        return key in self._pools

    @property
    def in_flight(self) -> Collection[Places]:
        """The entries of each pool that is on its way."""
        return self._in_flight.values()

    @property
    def is_waiting(self) -> Flags:
        """By entry, whether a message that carries it is on its way."""
        is_waiting = np.zeros(self._size, np.bool_)
        for places in self._in_flight.values():
            is_waiting[places] = True
        return is_waiting

    def outcome(self, key: str) -> bool | None:
        """Whether a pool was blocked; ``None`` if its outcome is not known."""
        return self._pools[key].is_blocked if key in self._pools else None

    def of(self, place: int) -> Collection[str]:
        """Pools that carried an entry, in the order of their outcomes."""
        return self._of_entry[place].keys()

    def of_all(self, places: Iterable[int]) -> list[str]:
        """Pools that carried any of some entries, those aside that are taken for combinations."""
        keys = dict.fromkeys(key for place in places for key in self._of_entry[place])
        return [key for key in keys if not self.repeats.is_discovered(self._pools[key].pool)]

    def delivered_with(self, places: Places) -> Flags:
        """By entry, whether a delivered pool carried it together with any of some entries."""
        company = np.zeros(self._size, np.bool_)
        for key in dict.fromkeys(key for place in places.tolist() for key in self._of_entry[place]):
            if not self._pools[key].is_blocked:
                company[self._pools[key].places] = True
        return company

    def begin(self, key: str, places: Sequence[int]) -> None:
        """Note that a pool is on its way."""
        self._in_flight[key] = np.asarray(places, dtype=np.int64)

    def land(self, key: str) -> bool:
        """Note that a pool is no longer on its way; whether it was."""
        return self._in_flight.pop(key, None) is not None

    def add(self, key: str, places: Sequence[int], *, is_blocked: bool) -> SentPool:
        """Note what became of a pool."""
        sent = SentPool(
            places=np.asarray(places, dtype=np.int64),
            pool=frozenset(places),
            is_blocked=is_blocked,
            messages=np.zeros(len(places)),
            begin=np.zeros(len(places)),
        )
        self._pools[key] = sent
        for place in places:
            self._of_entry[place][key] = None
        self._count(sent, 1)
        if sent.places.size > 1:
            self.repeats.add(sent.pool, key, is_blocked=is_blocked)
        return sent

    def remove(self, key: str) -> SentPool:
        """Forget what became of a pool."""
        sent = self._pools.pop(key)
        for place in sent.places:
            del self._of_entry[place][key]
        self._count(sent, -1)
        if sent.places.size > 1:
            self.repeats.remove(sent.pool, key)
        return sent

    def _count(self, sent: SentPool, by: int) -> None:
        self.times[sent.places] += by
        self.arrived[sent.places] += by * (not sent.is_blocked)
        if sent.places.size == 1:
            self.alone[sent.places, int(sent.is_blocked)] += by
