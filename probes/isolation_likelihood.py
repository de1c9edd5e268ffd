"""How probable what was seen is under a combination, given how often lanes err."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln
from scipy.stats import betabinom

from probes.isolation_classes import Seen
from probes.isolation_prior import Floats
from results.inference import Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What is known of a lane's errors.

    Attributes:
        loss: Harmless text that does not arrive.
        slip: Blocked text that does.
    """

    loss: Rate
    slip: Rate


class Score:
    """The log-likelihood of sets of components."""

    def __init__(self, seen: Sequence[Seen], channels: Mapping[str, Channel]) -> None:
        self._lanes = [
            (
                channels[lane],
                np.array([each.lane == lane and each.is_blocked is True for each in seen], float),
                np.array([each.lane == lane and each.is_blocked is False for each in seen], float),
            )
            for lane in sorted({each.lane for each in seen})
        ]
        #: By message, the log-likelihood ratio of carrying all components against lacking one.
        self.ratio = np.zeros(len(seen))
        for channel, blocked, delivered in self._lanes:
            loss, slip = channel.loss.mean, channel.slip.mean
            self.ratio += blocked * (np.log1p(-slip) - np.log(loss))
            self.ratio += delivered * (np.log(slip) - np.log1p(-loss))
        #: The same of those blocked and of those delivered, the others 0.
        self.blocked = np.maximum(self.ratio, 0)
        self.delivered = np.minimum(self.ratio, 0)

    def of(self, carried: Floats) -> Floats:
        """By state, its log-likelihood.

        Args:
            carried: By state and message, whether the message carried all components.
        """
        total = np.zeros(carried.shape[0])
        for channel, blocked, delivered in self._lanes:
            stopped, slipped = carried @ blocked, carried @ delivered
            lost, arrived = blocked.sum() - stopped, delivered.sum() - slipped
            total += _beta_binomial(channel.loss, lost, arrived)
            total += _beta_binomial(channel.slip, slipped, stopped)
        return total

    def chance(self, carried: Floats) -> float:
        """The probability that lanes err as often as they did, or more often, if a set is right.

        Args:
            carried: By message, whether it carried all components of the set.
        """
        chance = 1.0
        for channel, blocked, delivered in self._lanes:
            stopped, slipped = carried @ blocked, carried @ delivered
            lost, arrived = blocked.sum() - stopped, delivered.sum() - slipped
            chance *= _at_least(channel.loss, lost, arrived)
            chance *= _at_least(channel.slip, slipped, stopped)
        return chance


def _at_least(rate: Rate, events: float, others: float) -> float:
    """Probability of so many events among so many messages, or more."""
    return float(betabinom.sf(events - 1, events + others, rate.alpha, rate.beta))


def _beta_binomial(rate: Rate, events: Floats, others: Floats) -> Floats:
    return np.asarray(
        betaln(rate.alpha + events, rate.beta + others) - betaln(rate.alpha, rate.beta)
    )


def log_evidence(blocked: int, delivered: int, channel: Channel) -> float:
    """The natural log of the Bayes factor for *is blocked* against *arrives*.

    Args:
        blocked: Messages of one text that were blocked.
        delivered: Messages of it that arrived.
        channel: What is known of the lane they were sent on.
    """
    events, others = np.array([float(blocked)]), np.array([float(delivered)])
    if_blocked = _beta_binomial(channel.slip, others, events)
    if_arrives = _beta_binomial(channel.loss, events, others)
    return float((if_blocked - if_arrives)[0])
