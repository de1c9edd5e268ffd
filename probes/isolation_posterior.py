"""How probable each combination is, given what became of messages made of pieces of the text.

The hypothesis is a set of components, each a part of the text; a message that carries all of them
is blocked, but for *slip*, and one that does not arrives, but for *loss*. Parts that the same
messages carried cannot be told apart yet, so they form one class; the posterior is summed over
sets of classes. Of these there are few that matter: a component has to be in nearly every blocked
message, and every delivered one has to lack a component.

The likelihood of a set is that of the counts it leaves: messages lost, arrived, slipped, blocked,
with the rates integrated over what is known of them (beta-binomial, as in `results.inference`).

All functions are pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from probes.isolation_classes import Classes, Seen, classify, nested
from probes.isolation_likelihood import Channel, Score
from probes.isolation_prior import MOST_COMPONENTS, Floats, Places
from probes.isolation_sets import NEGLIGIBLE, carried, distinct, log_prior, refine, search
from probes.isolation_text import Flags, Parts

_AT_FIRST: Final = 6  # most components that are searched for at first
_MORE: Final = 2  # and more than the likeliest set has
_LEAST: Final = 1e-300


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known of the combination.

    Attributes:
        classes: The classes.
        states: By state, the classes of its components, in order of place; filled up with the
            number of classes.
        weight: By state, its probability.
        carried: By state and message, whether the message carried all its components.
        nothing: The probability that nothing in the text is censored.
        chance: The probability of so many errors as the likeliest explanation needs, or more;
            where it is tiny, no set of parts explains what was seen.
    """

    classes: Classes
    states: Places
    weight: Floats
    carried: Floats
    nothing: float
    chance: float

    def carries_all(self, inside: Flags) -> Floats:
        """By message and state, the probability that a message carries all components.

        Args:
            inside: By message and entry of the classes' parts, whether it carries the part.
        """
        share = self.classes.share(inside)
        share = np.concatenate([share, np.ones((share.shape[0], 1))], axis=1)
        probability = np.ones((share.shape[0], self.states.shape[0]))
        for column in self.states.T:
            probability *= share[:, column]
        return probability

    def marginal(self) -> Floats:
        """By entry of the classes' parts, how many components it is expected to be."""
        counts = np.zeros(self.classes.size + 1)
        for column in self.states.T:
            counts += np.bincount(column, self.weight, self.classes.size + 1)
        per_class = counts[:-1] / self.classes.total
        return np.asarray(np.repeat(per_class, self.classes.counts()) * self.classes.mass)


def infer(
    parts: Parts,
    seen: Sequence[Seen],
    channels: Mapping[str, Channel],
    blocked_prior: float,
    before: Posterior | None = None,
) -> Posterior:
    """Compute the posterior.

    Args:
        parts: What may be a component.
        seen: What was sent so far; messages on their way only part classes.
        channels: By lane, what is known of its errors.
        blocked_prior: Probability, before any of `seen`, that the text holds a combination.
        before: The posterior before the last of `seen`, of the same parts.
    """
    score = Score(seen, channels)
    classes = classify(parts, seen, score.blocked)
    inside = nested(parts, classes)
    sets = np.zeros((0, MOST_COMPONENTS), dtype=np.int64)
    best, most = -np.inf, _AT_FIRST
    if before is not None and before.weight.size:
        order = np.argsort(-before.weight, kind="stable")
        sets = refine(before.states[order], before.classes, classes, parts.size)
        most = max(most, int((before.states[order[0]] < before.classes.size).sum()) + _MORE)
    if sets.size:
        best = float(
            (log_prior(sets, classes, inside) + carried(sets, classes) @ score.ratio).max()
        )
    sets = distinct(np.concatenate([sets, search(classes, inside, score, most, best)]))
    held = carried(sets, classes)
    log_weight = log_prior(sets, classes, inside) + score.of(held) + np.log(blocked_prior)
    log_nothing = float(score.of(np.zeros((1, len(seen))))[0]) + np.log(
        max(1 - blocked_prior, _LEAST)
    )
    top = max(float(log_weight.max(initial=-np.inf)), log_nothing)
    kept = log_weight > top - NEGLIGIBLE
    weight = np.exp(log_weight[kept] - top)
    nothing = np.exp(log_nothing - top)
    total = float(weight.sum() + nothing)
    likeliest = int(np.argmax(weight)) if weight.max(initial=0.0) > nothing else None
    explained = np.zeros(len(seen)) if likeliest is None else held[kept][likeliest]
    return Posterior(
        classes=classes,
        states=sets[kept],
        weight=weight / total,
        carried=held[kept],
        nothing=float(nothing / total),
        chance=score.chance(explained),
    )
