"""Sets of classes that may hold the components of a combination, and their prior probability.

A set is a row of class numbers in rising order, filled up with the number of classes. Of all sets
those are wanted that matter under what was seen. They come from two sources: those that mattered
before the last message, with its classes put in the place of theirs; and a search from the first
component to the last that keeps the most promising beginnings (a beam search).
"""

from typing import Final

import numpy as np
from scipy.special import gammaln

from probes.isolation_classes import Classes
from probes.isolation_likelihood import Score
from probes.isolation_prior import MOST_COMPONENTS, Floats, Places, count_prior

NEGLIGIBLE: Final = 12.0  # nats below the best at which a set is left out
_KEPT: Final = 300  # beginnings of each number of components that are kept
_SURVEYED: Final = 4  # times as many are looked at, by a coarser bound
_REFINED: Final = 1500  # sets that are taken over from before
_OVERLAP: Final = 1e-9  # shares smaller than this are rounding errors
_LEAST: Final = 1e-300


def log_count_prior() -> Floats:
    """By number of components, the log-probability of a set of so many, order aside."""
    counts = np.arange(MOST_COMPONENTS + 1)
    return np.asarray(np.log(np.maximum(count_prior(), _LEAST)) + gammaln(counts + 1))


def log_prior(sets: Places, classes: Classes, nested: Floats) -> Floats:
    """By set, its log prior probability; minus infinity if a component lies inside another.

    Args:
        sets: The sets.
        classes: The classes.
        nested: By two classes, the share of the second's mass that lies inside the first.
    """
    size = classes.size
    log_total = np.append(np.log(classes.total), 0.0)
    wide = np.pad(nested, (0, 1))
    total = log_count_prior()[(sets < size).sum(axis=1)]
    run = np.ones(sets.shape[0])
    for at, column in enumerate(sets.T):
        is_used = column < size
        if not is_used.any():
            break
        inside, around = np.zeros(sets.shape[0]), np.zeros(sets.shape[0])
        for earlier in sets.T[:at]:
            inside += wide[earlier, column]
            around += wide[column, earlier]
        own = 1 - np.maximum(inside, around)
        if at:
            run = np.where(column == sets[:, at - 1], run + 1, 1.0)
        with np.errstate(divide="ignore"):
            total = total + log_total[column]
            total += np.where(is_used, np.log(np.where(own > _OVERLAP, own, 0)) - np.log(run), 0)
    return np.asarray(total)


def carried(sets: Places, classes: Classes) -> Floats:
    """By set and message, whether the message carried all components (1.0 or 0.0)."""
    table = np.concatenate([classes.carried, np.ones((1, classes.carried.shape[1]))])
    product = np.ones((sets.shape[0], table.shape[1]))
    for column in sets.T:
        if (column == classes.size).all():
            break
        product *= table[column]
    return product


def refine(sets: Places, before: Classes, classes: Classes, parts: int) -> Places:
    """Put the classes of now in the place of those of before.

    Args:
        sets: Sets of classes of before, the likeliest first.
        before: The classes of before.
        classes: Those of now.
        parts: How many parts the text has.
    """
    now = np.full(parts, classes.size, dtype=np.int64)
    now[classes.parts] = np.repeat(np.arange(classes.size), classes.counts())
    was = np.repeat(np.arange(before.size), before.counts())
    pairs = np.stack(
        divmod(np.unique(was * (classes.size + 1) + now[before.parts]), classes.size + 1)
    )
    pairs = pairs[:, pairs[1] < classes.size]
    first = np.searchsorted(pairs[0], np.arange(before.size + 1))
    children = np.append(np.diff(first), 1)  # what fills a row up stays so
    targets = np.append(pairs[1], classes.size)
    first[-1] = targets.size - 1
    rows = sets[:_REFINED]
    for at in range(rows.shape[1]):
        column = rows[:, at]
        if (column == before.size).all():
            rows = np.where(np.arange(rows.shape[1]) >= at, classes.size, rows)
            break
        counts = children[column]
        source = np.repeat(np.arange(rows.shape[0]), counts)
        offset = np.arange(source.size) - np.repeat(np.cumsum(counts) - counts, counts)
        fresh = targets[first[column][source] + offset]
        rows = rows[source]
        rows[:, at] = fresh
    return distinct(np.sort(rows, axis=1))


def distinct(sets: Places) -> Places:
    """The same sets, each once."""
    if not sets.size:
        return sets
    rows = np.ascontiguousarray(sets.astype(np.int32))
    _, first = np.unique(
        rows.view(np.dtype((np.void, rows.dtype.itemsize * rows.shape[1]))).ravel(),
        return_index=True,
    )
    return sets[np.sort(first)]


def _needed(classes: Classes, score: Score) -> Floats:
    """By class and message, what it costs at least to explain that a message was delivered.

    If a set up to this class does not explain it, then either it slipped through, or one more
    component, of this class or a later one, was not in it.
    """
    missed = (1 - classes.carried) @ score.blocked
    worth = classes.total * np.exp(-missed)
    lacking = (1 - classes.carried) * worth[:, None]
    later = np.cumsum(lacking[::-1], axis=0)[::-1]
    cost = np.where(later > 0, np.log(np.maximum(later * MOST_COMPONENTS, _LEAST)), 0)
    return np.asarray(np.minimum(0, np.maximum(cost, score.delivered)))


def _highest(values: Floats, most: int) -> Places:
    """Places of the highest values, in no order."""
    if values.size <= most:
        return np.arange(values.size)
    return np.asarray(np.argpartition(-values, most)[:most])


def search(classes: Classes, nested: Floats, score: Score, most: int, best: float) -> Places:
    """Find sets that matter, from the first component to the last.

    Args:
        classes: The classes, in order of place.
        nested: By two classes, the share of the second's mass that lies inside the first.
        score: What was seen.
        most: Most components.
        best: The log of prior and likelihood of the best set known so far.
    """
    size = classes.size
    # By class, the delivered messages that a later class could explain.
    lacking = np.logical_or.accumulate((classes.carried == 0)[::-1], axis=0)[::-1]
    later_costs = np.where(lacking, 0.0, classes.carried * score.delivered)
    reachable = np.concatenate([classes.carried, later_costs], axis=1).T
    prior, log_total = log_count_prior(), np.log(classes.total)
    needed = _needed(classes, score)
    chosen, held = np.arange(size)[:, None], classes.carried
    log_mass, run = log_total.copy(), np.ones(size)
    found = []
    for count in range(1, min(most, MOST_COMPONENTS) + 1):
        final = prior[count] + log_mass + held @ score.ratio
        best = max(best, float(final.max()))
        near = chosen[final > best - NEGLIGIBLE]
        found.append(np.pad(near, ((0, 0), (0, MOST_COMPONENTS - count)), constant_values=size))
        if count == min(most, MOST_COMPONENTS):
            break
        last = chosen[:, -1]
        # What a longer set can still reach: what it has missed of blocked messages is lost for it,
        # and so is what was delivered and no later class can explain.
        bound = np.concatenate([held * score.blocked, held], axis=1) @ reachable
        bound += log_mass[:, None] + (log_total + prior[count + 1])
        bound[np.arange(size)[None, :] < last[:, None]] = -np.inf
        rows, columns = np.nonzero(bound > best - NEGLIGIBLE)
        reached = bound[rows, columns]
        top = _highest(reached, _SURVEYED * _KEPT)
        rows, columns, reached = rows[top], columns[top], reached[top]
        # A class again, of which one part is taken already; and what is inside another component.
        runs = np.where(columns == last[rows], run[rows] + 1, 1.0)
        inside, around = np.zeros(rows.size), np.zeros(rows.size)
        for column in chosen.T:
            inside += nested[column[rows], columns]
            around += nested[columns, column[rows]]
        own = np.maximum(1 - np.maximum(inside, around), 0)
        less = np.log(np.maximum(own, _LEAST)) - np.log(runs)
        both = held[rows] * classes.carried[columns]
        reached = reached + less + (both * needed[columns]).min(axis=1, initial=0)
        top = _highest(reached, _KEPT)
        top = top[(reached[top] > best - NEGLIGIBLE) & (own[top] > _OVERLAP)]
        if not top.size:
            break
        rows, columns, held = rows[top], columns[top], both[top]
        chosen = np.concatenate([chosen[rows], columns[:, None]], axis=1)
        log_mass = log_mass[rows] + log_total[columns] + less[top]
        run = runs[top]
    return np.concatenate(found)
