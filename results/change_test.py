"""Whether evidence of two runs tells a change from noise: e-values and a false discovery rate.

For each entry the evidence is an e-value, the ratio of two probabilities: of what both runs saw if
it changed, and of the same if it did not, whether clear or censored in both. How many entries are
censored is estimated from the runs. Earlier runs of the same kind can add to what the first says:
the e-values with none, one and two of them are averaged. Loss and slip are integrated out
(`results.inference`). The ratios are tested with the e-BH procedure (Wang and Ramdas, *False
discovery rate control with e-values*, Journal of the Royal Statistical Society B 84, 2022), for
compound e-values (Ignatiadis, Wang and Ramdas, *Asymptotic and compound e-values: multiple testing
and empirical Bayes*, 2024). It holds for entries that share lanes and pools (any dependence), and
for runs that stop an entry when its verdict is reached (optional stopping), which p-values would
not.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

MOST_LOG: Final = 600.0
"""Largest logarithm that is told apart: beyond it, odds would be infinite."""

_SHARE_ROUNDS: Final = 50


def log_e_values(before: NDArray[np.float64], after: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give for each entry the log of how far a change explains better what was seen.

    Args:
        before: Natural logs of the Bayes factors for *censored* against *clear*, first run.
        after: The same of the second run.
    """
    before, after = (np.clip(each, -MOST_LOG, MOST_LOG) for each in (before, after))
    share = _share(np.concatenate([before, after]))
    if_changed = np.logaddexp(before, after) - np.log(2)
    if_not = np.logaddexp(np.log(share) + before + after, np.log1p(-share))
    return np.asarray(if_changed - if_not, np.float64)


def discoveries(log_e: NDArray[np.float64], level: float) -> NDArray[np.bool_]:
    """Tell which hypotheses are given up, with a false discovery rate of at most ``level`` (e-BH).

    The k-th largest e-value must reach n / (level k).

    Args:
        log_e: Natural logs of (compound) e-values.
        level: Between 0 and 1.
    """
    count = len(log_e)
    if not count:
        return np.zeros(0, np.bool_)
    order = np.argsort(-log_e)
    needed = np.log(count) - np.log(level) - np.log(np.arange(1, count + 1))
    passed = np.flatnonzero(log_e[order] >= needed)
    is_discovery = np.zeros(count, np.bool_)
    if len(passed):
        is_discovery[order[: passed[-1] + 1]] = True
    return is_discovery


def _share(log_factors: NDArray[np.float64]) -> float:
    """Estimate the share of censored entries (EM; one made-up entry of each kind)."""
    share = 0.5
    for _ in range(_SHARE_ROUNDS):
        posterior = expit(logit(share) + log_factors)
        share = float((1 + posterior.sum()) / (2 + len(log_factors)))
    return share
