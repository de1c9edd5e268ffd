"""Whether a filter blocks censored text among other text as it does alone.

A message with several entries tells of each of them only if the filter is *monotone*: if what is
censored alone stays censored whatever stands around it. Filters need not be: some have extenuating
words that switch a rule off (Knockel and Ruan, *Measuring QQMail's automated email censorship in
China*, FOCI 2021). A run therefore sends text that it knows to be censored among entries that came
out clear: canaries of the testbed, and *audits*, that is, entries that the run itself found
censored. How often these arrive is compared with how often such texts arrive alone.

The posteriors of both rates are independent Beta distributions; the filter counts as not monotone
if the rate in company is probably (`ALARM`) higher by at least `MARGIN`, or still likely to be so
(`DOUBT`) after some messages (`ENOUGH`). A false alarm costs messages, since entries are then
sent alone; it makes no verdict wrong.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from scipy.special import betainc, betaincinv

from results.record import Attempt, MessageKind, Outcome, Score

MARGIN: Final = 0.05
"""How much more often censored text arrives in company, at least; less makes few wrong verdicts."""

ALARM: Final = 0.95
"""Probability of such a difference at which pools are not trusted any more."""

SUSPICION: Final = 0.5
"""Probability of such a difference at which it is worth looking sooner."""

ENOUGH: Final = 8
DOUBT: Final = 0.8
"""Messages in company after which this probability is an alarm: there is not always time for more,
and pools have to be trusted or not."""

_PRIOR_ALPHA: Final = 0.5  # of both rates: one in ten, worth five messages
_PRIOR_BETA: Final = 4.5
_SLICES: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyCheck:
    """What became of text known to be censored.

    Attributes:
        alone_blocked: Messages with nothing else that did not arrive as sent.
        alone_slipped: Messages with nothing else that arrived.
        company_blocked: Messages with other entries that did not arrive as sent.
        company_slipped: Messages with other entries that arrived.
        audits_blocked: How many of `company_blocked` were audits.
        audits_slipped: How many of `company_slipped` were audits.
    """

    alone_blocked: int = 0
    alone_slipped: int = 0
    company_blocked: int = 0
    company_slipped: int = 0
    audits_blocked: int = 0
    audits_slipped: int = 0

    @property
    def company(self) -> int:
        """Messages with other entries."""
        return self.company_blocked + self.company_slipped

    @property
    def audits(self) -> int:
        """Of these, entries that the run found censored."""
        return self.audits_blocked + self.audits_slipped

    @property
    def probability(self) -> float:
        """Probability that the filter lets through at least `MARGIN` more in company than alone.

        By all of them, or by audits, whichever says so rather: extenuating words may belong to the
        rules of entries and not to that of a canary.
        """
        alone = self.alone_slipped, self.alone_blocked
        return max(
            _probability_of_more(*alone, self.company_slipped, self.company_blocked),
            _probability_of_more(*alone, self.audits_slipped, self.audits_blocked),
        )

    @property
    def is_alarming(self) -> bool:
        """Whether the filter is to be taken for one that is not monotone."""
        least = DOUBT if self.company >= ENOUGH else ALARM
        return self.company_slipped > 1 and self.probability >= least

    @property
    def is_suspicious(self) -> bool:
        """Whether it may well be, and more messages should show it soon."""
        return self.company_slipped > 0 and self.probability >= SUSPICION


def company_check(
    attempts: Iterable[Attempt], scores: Mapping[str, Score], reach: int | None
) -> CompanyCheck:
    """Count what became of text known to be censored, alone and in company.

    In company: canaries that carry entries, if a text of the testbed's or one of these entries is
    still known to be censored. Alone: canaries with nothing else, and solo attempts of an entry
    from its first audit on. Those before it do not count: the entry was audited *because* they
    were blocked. Canaries behind harmless text are for `results.reach`.

    Args:
        attempts: Attempts under one condition, in the order of sending; those that are neither
            canaries nor solo attempts are passed over.
        scores: Their scores, by attempt id; void and unknown ones are left out.
        reach: Longest message that the filter reads (`results.reach`); what is longer says nothing
            of company.
    """
    counted = [
        attempt
        for attempt in attempts
        if (attempt.kind is MessageKind.CANARY or attempt.is_solo)
        and scores[attempt.id].void is None
        and scores[attempt.id].outcome is not Outcome.UNKNOWN
    ]
    canaries = canary_texts(counted)
    confirmed = _confirmed(counted, scores)
    audited: set[str] = set()
    counts: Counter[tuple[bool, bool]] = Counter()  # in company, blocked
    counts_of_audits: Counter[bool] = Counter()  # blocked
    for attempt in counted:
        is_blocked = scores[attempt.id].outcome.is_blocked
        if attempt.is_solo:
            if attempt.entries[0] in audited:
                counts[False, is_blocked] += 1
        elif not attempt.entries:
            counts[False, is_blocked] += attempt.text in canaries
        elif reach is None or len(attempt.text) <= reach:
            known = confirmed.intersection(attempt.entries)
            is_audit = not holds_any(attempt.text, canaries)
            if known or not is_audit:
                counts[True, is_blocked] += 1
            if is_audit and known:
                audited |= known
                counts_of_audits[is_blocked] += 1
    return CompanyCheck(
        alone_blocked=counts[False, True],
        alone_slipped=counts[False, False],
        company_blocked=counts[True, True],
        company_slipped=counts[True, False],
        audits_blocked=counts_of_audits[True],
        audits_slipped=counts_of_audits[False],
    )


def canary_texts(attempts: Iterable[Attempt]) -> frozenset[str]:
    """The canaries of the testbed, as they were sent with nothing else."""
    bare = {each.text for each in attempts if each.kind is MessageKind.CANARY and not each.entries}
    return frozenset(text for text in bare if not holds_any(text, bare - {text}))


def holds_any(text: str, parts: Iterable[str]) -> bool:
    """Whether a text holds one of some others."""
    return any(part in text for part in parts)


def _confirmed(attempts: Sequence[Attempt], scores: Mapping[str, Score]) -> frozenset[str]:
    """Entries of which more solo attempts were blocked than delivered."""
    balance: Counter[str] = Counter()
    for attempt in attempts:
        if attempt.is_solo:
            balance[attempt.entries[0]] += 1 if scores[attempt.id].outcome.is_blocked else -1
    return frozenset(entry for entry, more in balance.items() if more > 0)


@lru_cache(maxsize=1024)  # asked for with every canary, of counts that change little
def _probability_of_more(
    alone_slipped: int, alone_blocked: int, company_slipped: int, company_blocked: int
) -> float:
    """Integrate over what is not known of the rate alone, in equally probable slices."""
    levels = (np.arange(_SLICES) + 0.5) / _SLICES
    alone = betaincinv(_PRIOR_ALPHA + alone_slipped, _PRIOR_BETA + alone_blocked, levels)
    least = np.minimum(alone + MARGIN, 1.0)
    more = 1 - betainc(_PRIOR_ALPHA + company_slipped, _PRIOR_BETA + company_blocked, least)
    return float(more.mean())
