"""Parts of a text that no message has told apart yet, as classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from probes.isolation_prior import Floats, Places
from probes.isolation_text import Flags, Parts, Pieces

_HOPELESS: Final = 24.0  # nats by which a part alone has missed blocked messages and is left out
_MOST_PLACES: Final = 4
_AT_ONCE: Final = 40  # messages that are looked at together; a class's number needs bits as well


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a message.

    Attributes:
        pieces: What it was made of.
        carries: By part, whether it carried it.
        is_blocked: Whether it was blocked; ``None`` while it is on its way.
        lane: The label of the lane it was sent on.
    """

    pieces: Pieces
    carries: Flags
    is_blocked: bool | None
    lane: str


@dataclass(frozen=True, slots=True)
class Classes:
    """Parts that still matter, by class.

    Attributes:
        parts: The parts, class by class.
        mass: By entry of `parts`, its prior probability.
        first: By class, its first entry in `parts`.
        total: By class, the sum of its parts' mass.
        carried: By class and message, whether the message carried its parts (1.0 or 0.0).
    """

    parts: Places
    mass: Floats
    first: Places
    total: Floats
    carried: Floats

    @property
    def size(self) -> int:
        """How many classes there are."""
        return int(self.first.size)

    def share(self, inside: Flags) -> Floats:
        """By message and class, the share of the class's mass that a message carries.

        Args:
            inside: By message and entry of `parts`, whether it carries the part.
        """
        sums = np.add.reduceat(inside * self.mass, self.first, axis=1)
        return np.asarray(sums / self.total)

    def entries(self, group: int) -> slice:
        """The entries of `parts` that a class has."""
        end = self.first[group + 1] if group + 1 < self.size else self.parts.size
        return slice(int(self.first[group]), int(end))

    def likeliest(self, group: int) -> int:
        """The likeliest part of a class."""
        entries = self.entries(group)
        return int(self.parts[entries.start + int(np.argmax(self.mass[entries]))])

    def counts(self) -> Places:
        """By class, how many parts it has."""
        return np.asarray(np.diff(np.append(self.first, self.parts.size)))


def classify(parts: Parts, seen: Sequence[Seen], blocked: Floats) -> Classes:
    """Put parts that the same messages carried together, without those that cannot matter.

    Args:
        parts: What may be a component.
        seen: What was sent.
        blocked: By message, what it costs a part, in nats, not to have been in it.
    """
    missed = np.zeros(parts.size)
    for each, cost in zip(seen, blocked, strict=True):
        if cost:
            missed += cost * ~each.carries
    alive = np.flatnonzero(missed < missed.min() + _HOPELESS)
    carried = np.array([each.carries[alive] for each in seen], dtype=np.bool_)
    carried = carried.reshape(len(seen), alive.size)
    label = _alike(carried)
    label = _split_at_gaps(label, parts.starts[alive], parts.ends[alive])
    # In order of place, so that a set is built from its first component to its last.
    mean = np.bincount(label, parts.starts[alive] * 1.0) / np.bincount(label)
    rank = np.empty(mean.size, dtype=np.int64)
    rank[np.argsort(mean, kind="stable")] = np.arange(mean.size)
    label = rank[label]
    order = np.argsort(label, kind="stable")
    first = np.flatnonzero(np.diff(label[order], prepend=-1))
    mass = parts.mass[alive[order]]
    return Classes(
        parts=alive[order],
        mass=mass,
        first=first,
        total=np.add.reduceat(mass, first),
        carried=carried[:, order[first]].T.astype(np.float64),
    )


def _alike(carried: Flags) -> Places:
    """By column, a number that equal columns share."""
    label = np.zeros(carried.shape[1], dtype=np.int64)
    for at in range(0, carried.shape[0], _AT_ONCE):
        bits = np.zeros(carried.shape[1], dtype=np.int64)
        for row in carried[at : at + _AT_ONCE]:
            bits = bits * 2 + row
        _, label = np.unique(label << _AT_ONCE | bits, return_inverse=True)
    return label


def _split_at_gaps(label: Places, starts: Places, ends: Places) -> Places:
    """Split classes whose parts lie in places apart, as what lies inside two components does."""
    order = np.lexsort((starts, label))
    label, starts, ends = label[order], starts[order], ends[order]
    # Ends are shifted class by class, so that the furthest end so far is that of the own class.
    shift = label * (int(ends.max(initial=0)) + 1)
    furthest = np.maximum.accumulate(ends + shift)
    is_new = np.ones(label.size, dtype=np.bool_)
    is_new[1:] = (label[1:] != label[:-1]) | (starts[1:] + shift[1:] >= furthest[:-1])
    # What lies here and there all over the text is not inside components.
    groups = np.bincount(label, is_new)
    begins = np.append(True, label[1:] != label[:-1])[: label.size]
    is_new &= begins | (groups[label] <= _MOST_PLACES)
    fresh = np.empty(label.size, dtype=np.int64)
    fresh[order] = np.cumsum(is_new) - 1
    return fresh


def nested(parts: Parts, classes: Classes) -> Floats:
    """By two classes, the share of the second's mass that lies inside all parts of the first.

    What lies inside a component makes no set of its own with it: it adds nothing.
    """
    low = np.maximum.reduceat(parts.starts[classes.parts], classes.first)
    high = np.minimum.reduceat(parts.ends[classes.parts], classes.first)
    cores = [((int(start), int(end)),) for start, end in zip(low, high, strict=True)]
    inside = parts.table(classes.parts, cores)
    return classes.share(inside)
