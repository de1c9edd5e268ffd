"""Small sets of pools, summed up exactly over every case of what is censored."""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final

import numpy as np

from results.pool_graph import Flags, Floats, Rates

MOST_EXACT: Final = 10
"""Most things of a part of the graph that is summed up exactly: 2^10 cases."""

_LEAST: Final = 1e-300  # keeps logarithms finite


@dataclass(frozen=True, slots=True)
class Sums:
    """What pools say of a few things.

    Attributes:
        log_odds: By thing, the log-odds of being censored.
        beside: By thing (row) and pool (column), the same by all that is known beside the pool.
        log_clear: By pool, the log-probability that all it carries is clear, likewise.
    """

    log_odds: Floats
    beside: Floats
    log_clear: Floats


def summed(
    carries: Flags, is_blocked: Flags, left_out: Floats, prior: Floats, rates: Rates
) -> Sums:
    """Sum up.

    Args:
        carries: By thing (row) and pool (column), whether the pool carries it.
        is_blocked: By pool, whether it was blocked.
        left_out: By pool, the log-probability that all else that it carries is clear.
        prior: By thing, the log-odds before anything was sent.
        rates: Loss and slip.
    """
    cases = _cases(prior.size)
    is_hit = (cases.astype(np.int64) @ carries.astype(np.int64)) > 0
    # What is left out, being decided, may still be what was blocked.
    clear = np.where(is_hit, 0.0, np.exp(left_out))
    blocked = rates.loss * clear + (1 - rates.slip) * (1 - clear)
    told = np.log(np.maximum(np.where(is_blocked, blocked, 1 - blocked), _LEAST))
    before = np.where(cases, -np.logaddexp(0.0, -prior), -np.logaddexp(0.0, prior)).sum(axis=1)
    everything = before + told.sum(axis=1)
    without = _weights(everything[:, None] - told)
    return Sums(
        log_odds=_log_odds(_weights(everything[:, None]), cases)[:, 0],
        beside=_log_odds(without, cases),
        log_clear=np.log(np.maximum((without * clear).sum(axis=0), _LEAST)),
    )


def _weights(log_weight: Floats) -> Floats:
    weight = np.exp(log_weight - log_weight.max(axis=0))
    return np.asarray(weight / weight.sum(axis=0), dtype=np.float64)


def _log_odds(weight: Floats, cases: Flags) -> Floats:
    """By thing (row) and column of weights, the log-odds of being censored."""
    censored = cases.T.astype(np.float64) @ weight
    clear = (~cases).T.astype(np.float64) @ weight
    return np.asarray(
        np.log(np.maximum(censored, _LEAST)) - np.log(np.maximum(clear, _LEAST)), dtype=np.float64
    )


@lru_cache(maxsize=MOST_EXACT + 1)
def _cases(size: int) -> Flags:
    return np.array(list(product((False, True), repeat=size)), dtype=np.bool_).reshape(-1, size)
