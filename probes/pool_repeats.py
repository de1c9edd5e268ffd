"""Pools of exactly the same entries that were sent more than once.

A pool that is blocked although each of its entries is clear was bad luck, or its entries make a
combination that no one of them makes alone. Sent once more, it tells: if it arrives, it was bad
luck; if it is blocked again, it is a *discovered combination* and leaves the model.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final

_MOST_BLOCKED: Final = 4  # times that a pool is blocked before it is asked no more


class Repeats:
    """Which sets of entries were sent together, and how often they were blocked or arrived."""

    def __init__(self) -> None:
        """Begin with nothing sent."""
        self._blocked: defaultdict[frozenset[int], dict[str, None]] = defaultdict(dict)
        self._delivered: defaultdict[frozenset[int], dict[str, None]] = defaultdict(dict)
        self._discovered: set[frozenset[int]] = set()
        self._beyond: set[frozenset[int]] = set()

    @property
    def discovered(self) -> Mapping[frozenset[int], Sequence[str]]:
        """Sets that are taken for combinations, with the keys of the pools."""
        return {pool: list(self._blocked[pool]) for pool in self._discovered}

    def add(self, pool: frozenset[int], key: str, *, is_blocked: bool) -> None:
        """Note what became of a pool."""
        (self._blocked if is_blocked else self._delivered)[pool][key] = None
        self._look_at(pool)

    def remove(self, pool: frozenset[int], key: str) -> None:
        """Forget what became of a pool."""
        self._blocked[pool].pop(key, None)
        self._delivered[pool].pop(key, None)
        self._look_at(pool)

    def undo(self, pool: frozenset[int]) -> None:
        """Take a set for no combination: one of its entries may be what was blocked."""
        self._discovered.discard(pool)

    def leave(self, pool: frozenset[int]) -> None:
        """Ask no more whether it was bad luck: it is too long to be sent again."""
        self._beyond.add(pool)

    def is_discovered(self, pool: frozenset[int]) -> bool:
        """Whether it is taken for a combination."""
        return pool in self._discovered

    def is_open(self, pool: frozenset[int]) -> bool:
        """Whether sending it again would tell why it was blocked."""
        return (
            0 < len(self._blocked[pool]) < _MOST_BLOCKED
            and not self._delivered[pool]
            and pool not in self._discovered
            and pool not in self._beyond
        )

    def _look_at(self, pool: frozenset[int]) -> None:
        if len(self._blocked[pool]) > 1 and not self._delivered[pool]:
            self._discovered.add(pool)  # unless its entries turn out not to be clear without it
        else:
            self._discovered.discard(pool)
