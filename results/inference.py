"""How probable it is that an entry is censored, given how often the channel errs.

Two rates describe a channel: *loss*, harmless text that does not arrive unchanged, and *slip*,
censored text that arrives. Neither is known; controls and canaries give a Beta posterior for each.
The probability of what was seen of an entry is integrated over both posteriors, which has a closed
form (beta-binomial), so that few controls mean little certainty, and not a guess taken for a fact.

All functions are pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scipy.special import betaincinv, betaln, expit, logit

from results.monotony import canary_texts, company_check, holds_any
from results.reach import seen_to
from results.record import Attempt, MessageKind, Outcome, Score

#: Weakly informative prior of loss and slip for inference: mean 2 %, worth 50 messages. Messaging
#: apps that lose more than a few percent of all messages are not in use; and before the first
#: control has arrived, a flat prior would say that half of all messages are lost.
PRIOR_ALPHA: Final = 1.0
PRIOR_BETA: Final = 49.0
#: Jeffreys prior, for reporting: what the counts alone say.
JEFFREYS: Final = 0.5
EVEN_ODDS: Final = 0.5


@dataclass(frozen=True, slots=True)
class Rate:
    """What is known of a rate: a Beta distribution.

    Attributes:
        alpha: Events seen, plus the prior's.
        beta: Non-events seen, plus the prior's.
    """

    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """The expected rate, 0 to 1."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def complement(self) -> "Rate":
        """What is known of one minus the rate."""
        return Rate(self.beta, self.alpha)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Give the central credible interval.

        Args:
            level: Probability that the rate lies inside, between 0 and 1.
        """
        tail = (1 - level) / 2
        return (
            float(betaincinv(self.alpha, self.beta, tail)),
            float(betaincinv(self.alpha, self.beta, 1 - tail)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What controls and canaries say of a channel.

    Attributes:
        controls_delivered: Controls that arrived unchanged.
        controls_lost: Controls that did not (missing, refused, altered, removed).
        canaries_blocked: Canaries that did not arrive unchanged.
        canaries_slipped: Canaries that did.
    """

    controls_delivered: int = 0
    controls_lost: int = 0
    canaries_blocked: int = 0
    canaries_slipped: int = 0

    @property
    def loss(self) -> Rate:
        """Harmless text that does not arrive unchanged, for reporting."""
        return Rate(JEFFREYS + self.controls_lost, JEFFREYS + self.controls_delivered)

    @property
    def slip(self) -> Rate:
        """Censored text that arrives, for reporting."""
        return Rate(JEFFREYS + self.canaries_slipped, JEFFREYS + self.canaries_blocked)

    @property
    def specificity(self) -> Rate:
        """Harmless text that arrives unchanged."""
        return self.loss.complement

    @property
    def sensitivity(self) -> Rate | None:
        """Censored text that is blocked; ``None`` (not measured) if no canary was ever blocked.

        A canary that always arrives shows nothing: it may simply not be censored any more.
        """
        return self.slip.complement if self.canaries_blocked else None

    @property
    def expected_loss(self) -> Rate:
        """Loss as verdicts take it into account."""
        return Rate(PRIOR_ALPHA + self.controls_lost, PRIOR_BETA + self.controls_delivered)

    @property
    def expected_slip(self) -> Rate:
        """Slip as verdicts take it into account; the prior alone if no canary was ever blocked."""
        if not self.canaries_blocked:
            return Rate(PRIOR_ALPHA, PRIOR_BETA)
        return Rate(PRIOR_ALPHA + self.canaries_slipped, PRIOR_BETA + self.canaries_blocked)

    @property
    def is_blind(self) -> bool:
        """Whether canaries arrived and none was ever blocked: nothing can be called clear then."""
        return self.canaries_slipped > 0 and not self.canaries_blocked


@dataclass(frozen=True, slots=True, kw_only=True)
class Priors:
    """Probabilities, before anything was sent, that an entry is censored.

    A verdict must not hang on how many words one expected to be censored. So it has to hold for a
    reader of the other opinion: *censored* under the sceptical prior, *clear* under the suspicious
    one. At even odds the probability that is reported is the evidence alone.

    To call a word censored is the graver claim, and a list that is measured every few hours gives
    many chances to make it wrongly: a loss of 1 % takes both of two messages of one in 10,000 clear
    entries. So the sceptic believes one word in 1,000 to be censored, which asks for three blocked
    messages (four before about 35 controls have arrived). 90 % is as far from even odds as two
    delivered messages reach before the first canary. With loss 1 % and slip 0.5 % (100 controls, 1
    lost; 20 canaries, none slipped) a clear entry is called censored in 0.0001 % of cases and a
    censored one clear in 0.0025 %, after 2.06 and 3.05 messages on average
    (tests/results/test_inference.py).

    Attributes:
        low: The sceptic's.
        reference: The reported one.
        high: The suspicious one's.
    """

    low: float = 0.001
    reference: float = EVEN_ODDS
    high: float = 0.9

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.reference <= self.high < 1:
            raise ValueError(
                f"priors must rise between 0 and 1: low {self.low}, reference {self.reference}, "
                f"high {self.high}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When a verdict is given.

    Attributes:
        alpha: Most probability of being wrong that a *censored* may carry.
        beta: Most probability of being wrong that a *clear* may carry.
        priors: Under which priors these must hold.
    """

    alpha: float = 0.01
    beta: float = 0.01
    priors: Priors = Priors()

    def __post_init__(self) -> None:
        for name, value in (("alpha", self.alpha), ("beta", self.beta)):
            if not 0 < value < EVEN_ODDS:  # beyond, both verdicts could hold at once
                raise ValueError(f"{name} is a probability between 0 and 0.5, not {value}")

    def to_settings(self) -> dict[str, str]:
        """Write the limits as settings of a run, so that it can be judged the same way later."""
        return {
            "alpha": repr(self.alpha),
            "beta": repr(self.beta),
            "prior_low": repr(self.priors.low),
            "prior_reference": repr(self.priors.reference),
            "prior_high": repr(self.priors.high),
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "Limits":
        """Read the limits a run was judged with; what it does not say is the default."""
        default = cls()
        return cls(
            alpha=float(settings.get("alpha", default.alpha)),
            beta=float(settings.get("beta", default.beta)),
            priors=Priors(
                low=float(settings.get("prior_low", default.priors.low)),
                reference=float(settings.get("prior_reference", default.priors.reference)),
                high=float(settings.get("prior_high", default.priors.high)),
            ),
        )


def noise(attempts: Sequence[Attempt], scores: Mapping[str, Score]) -> Noise:
    """Count what became of controls and canaries; void and unknown ones are left out.

    So are canaries in messages longer than the filter reads, which tell how long that is
    (`results.reach`) and not how often it fails; canaries in company, if company lets them through
    (`results.monotony`); and audits, of whose rules it is not known how well they are enforced.

    Args:
        attempts: Any attempts; those of other kinds are passed over.
        scores: Their scores, by attempt id.
    """
    reach = seen_to(attempts, scores)
    sent_as_canaries = [each for each in attempts if each.kind is MessageKind.CANARY]
    canaries = canary_texts(sent_as_canaries)
    shows_alone_only = company_check(sent_as_canaries, scores, reach).is_alarming
    counts = {
        (kind, blocked): 0
        for kind in (MessageKind.CONTROL, MessageKind.CANARY)
        for blocked in (True, False)
    }
    for attempt in attempts:
        score = scores[attempt.id]
        place = attempt.kind, score.outcome.is_blocked
        is_beyond = (
            reach is not None and attempt.kind is MessageKind.CANARY and len(attempt.text) > reach
        )
        is_other = (
            attempt.kind is MessageKind.CANARY
            and bool(attempt.entries)
            and (shows_alone_only or not holds_any(attempt.text, canaries))
        )
        counts_at_all = score.void is None and score.outcome is not Outcome.UNKNOWN
        if counts_at_all and not is_beyond and not is_other and place in counts:
            counts[place] += 1
    return Noise(
        controls_delivered=counts[MessageKind.CONTROL, False],
        controls_lost=counts[MessageKind.CONTROL, True],
        canaries_blocked=counts[MessageKind.CANARY, True],
        canaries_slipped=counts[MessageKind.CANARY, False],
    )


def log_evidence(blocked: int, delivered: int, noise: Noise) -> float:
    """Give the natural log of the Bayes factor for *censored* against *clear*.

    ``P(seen | censored) / P(seen | clear)`` for messages that carry the entry alone, in the order
    they were sent, with loss and slip integrated out: each is a beta-binomial marginal, a ratio of
    two Beta functions.

    Args:
        blocked: Messages that did not arrive unchanged.
        delivered: Messages that did.
        noise: What is known of loss and slip.
    """
    loss, slip = noise.expected_loss, noise.expected_slip
    if_censored = betaln(slip.alpha + delivered, slip.beta + blocked) - betaln(
        slip.alpha, slip.beta
    )
    if_clear = betaln(loss.alpha + blocked, loss.beta + delivered) - betaln(loss.alpha, loss.beta)
    return float(if_censored - if_clear)


def log_inconsistency(blocked: int, delivered: int, noise: Noise) -> float:
    """Give the natural log of the Bayes factor for a rule that is applied now and then.

    Against the better of *censored* and *clear*. How often such a rule is applied is not known at
    all (uniform). From 4.6, one against 100, it is decisive (Jeffreys, *Theory of Probability*,
    1961, appendix B).

    Args:
        blocked: Messages that carry the entry alone and did not arrive unchanged.
        delivered: Messages that carry it alone and did.
        noise: What is known of loss and slip.
    """
    loss, slip = noise.expected_loss, noise.expected_slip
    if_censored = betaln(slip.alpha + delivered, slip.beta + blocked) - betaln(
        slip.alpha, slip.beta
    )
    if_clear = betaln(loss.alpha + blocked, loss.beta + delivered) - betaln(loss.alpha, loss.beta)
    return float(betaln(1 + blocked, 1 + delivered) - max(if_censored, if_clear))


def posterior(blocked: int, delivered: int, noise: Noise, prior: float) -> float:
    """Give the probability that an entry is censored, after messages that carry it alone.

    Args:
        blocked: Messages that did not arrive unchanged.
        delivered: Messages that did.
        noise: What is known of loss and slip.
        prior: The probability before, between 0 and 1 exclusive.
    """
    return float(expit(logit(prior) + log_evidence(blocked, delivered, noise)))
