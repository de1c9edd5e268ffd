"""What observers of a lane saw, judged by the same rules as what its own receiver saw.

An observer is another account in the lane's group. A filter that looks at the receiver's account
may treat it otherwise, so it measures under a condition of its own. Beside that, it can tell a
message that was never sent from one that was filtered for some.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from results.bracketing import BracketLimits
from results.inference import Limits, noise
from results.pool_evidence import weigh
from results.record import (
    Attempt,
    EntryRecord,
    MessageKind,
    Outcome,
    Score,
    Sighting,
    Verdict,
    VoidReason,
)
from results.rules import score
from results.verdict_rules import verdicts


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What became of one attempt at the lane's receiver and at an observer.

    Attributes:
        receiver: At the receiver.
        observer: At the observer.
        receiver_outlived: Whether the receiver still saw it after it was gone at the observer; true
            where nothing was removed there.
        observer_outlived: The same the other way round.
    """

    receiver: Score
    observer: Score
    receiver_outlived: bool = True
    observer_outlived: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRule:
    """What the two together show that neither shows alone.

    Attributes:
        rule_id: Unique over these rules.
        condition: Whether the rule applies.
        comment: What it shows.
    """

    rule_id: str
    condition: Callable[[Pair], bool]
    comment: str


def _is(score: Score, *outcomes: Outcome) -> bool:
    return score.void is None and score.outcome in outcomes


_STOPPED: Final = (Outcome.MISSING, Outcome.ALTERED, Outcome.REMOVED, Outcome.REFUSED)

COMPARISON_RULES: Final = (
    ComparisonRule(
        rule_id="seen_by_both",
        condition=lambda pair: (
            _is(pair.receiver, Outcome.DELIVERED) and _is(pair.observer, Outcome.DELIVERED)
        ),
        comment="It was sent, and neither account is kept from it.",
    ),
    ComparisonRule(
        rule_id="filtered_for_the_receiver",
        condition=lambda pair: (
            _is(pair.receiver, *_STOPPED)
            and _is(pair.observer, Outcome.DELIVERED)
            and pair.observer_outlived
        ),
        comment="The observer got it, so it was sent, and it was stopped, changed or removed on "
        "the way to the receiver alone: a filter that looks at the receiving account. What was "
        "removed at the receiver was still there at the observer later.",
    ),
    ComparisonRule(
        rule_id="filtered_for_the_observer",
        condition=lambda pair: (
            _is(pair.receiver, Outcome.DELIVERED)
            and _is(pair.observer, *_STOPPED)
            and pair.receiver_outlived
        ),
        comment="The receiver got it, so it was sent, and it was stopped, changed or removed on "
        "the way to the observer alone.",
    ),
    ComparisonRule(
        rule_id="filtered_for_both",
        condition=lambda pair: (
            (
                _is(pair.receiver, Outcome.ALTERED, Outcome.REMOVED)
                or _is(pair.observer, Outcome.ALTERED, Outcome.REMOVED)
            )
            and pair.receiver.outcome.is_blocked
            and pair.observer.outcome.is_blocked
            and pair.receiver.void is None
            and pair.observer.void is None
        ),
        comment="At least one of them was shown something of it, so it was sent; no account got it "
        "as it was.",
    ),
    ComparisonRule(
        rule_id="seen_by_nobody",
        condition=lambda pair: (
            _is(pair.receiver, Outcome.MISSING, Outcome.REFUSED)
            and _is(pair.observer, Outcome.MISSING, Outcome.REFUSED)
        ),
        comment="No account got it: it was stopped for the sender's sake or for everybody, or it "
        "never left the sender. Which of these, the two cannot tell; the sender's side and the "
        "controls around it must.",
    ),
    ComparisonRule(
        rule_id="nothing_to_compare",
        condition=lambda _: True,
        comment="For at least one of them it is not known what became of it, or it was removed at "
        "one and nobody looked at the other's again.",
    ),
)
"""Ordered; the first that applies decides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One attempt as an observer saw it.

    Attributes:
        attempt: The attempt, with the observer's observations in place of the receiver's, under
            the observer's condition.
        sighting: What the observer saw.
        score: What became of it there.
        comparison: What that and the receiver's outcome show together.
    """

    attempt: Attempt
    sighting: Sighting
    score: Score
    comparison: ComparisonRule


def compare(pair: Pair) -> ComparisonRule:
    """Find the comparison rule that applies."""
    return next(rule for rule in COMPARISON_RULES if rule.condition(pair))


def observed(
    attempts: Sequence[Attempt],
    scores: Mapping[str, Score],
    sightings: Sequence[Sighting],
    limits: BracketLimits,
) -> Iterator[Seen]:
    """Score what observers saw.

    Args:
        attempts: All attempts of a run.
        scores: What became of them at the lanes' receivers, by attempt id.
        sightings: What observers saw of them.
        limits: How wide a bracket may be.

    Returns:
        Each sighting with its score, by observer, in the order of sending.
    """
    by_observer: defaultdict[tuple[str, str], dict[str, Sighting]] = defaultdict(dict)
    for each in sightings:
        by_observer[each.lane, each.observer][each.attempt_id] = each
    for (lane, _), seen in by_observer.items():
        of_lane = [attempt for attempt in attempts if attempt.lane == lane]
        attempt_of = {attempt.id: attempt for attempt in of_lane}
        template = next(iter(seen.values()))
        views = [_view(attempt, seen.get(attempt.id), template) for attempt in of_lane]
        made = score(views, limits)
        for view in views:
            sighting = seen.get(view.id)
            if sighting is not None:
                at_receiver = attempt_of[view.id]
                pair = Pair(
                    receiver=scores[view.id],
                    observer=made[view.id],
                    receiver_outlived=_is_later(at_receiver.still_there_at, sighting.gone_at),
                    observer_outlived=_is_later(sighting.observed_until, at_receiver.gone_at),
                )
                yield Seen(
                    attempt=view,
                    sighting=sighting,
                    score=made[view.id],
                    comparison=compare(pair),
                )


def observer_verdicts(
    entries: Sequence[EntryRecord], seen: Sequence[Seen], limits: Limits
) -> list[tuple[str, Verdict]]:
    """Say of each entry whether it is censored for an observer, under its condition.

    Canaries are known to be censored for the receiver, not for others;
    they say nothing of what an observer could have seen.

    Args:
        entries: The entries, one verdict each and observer.
        seen: What observers saw.
        limits: When a verdict is given.

    Returns:
        The observer's name, and the verdict.
    """
    by_observer: defaultdict[str, list[Seen]] = defaultdict(list)
    for each in seen:
        by_observer[each.sighting.observer].append(each)
    said: list[tuple[str, Verdict]] = []
    for observer, of_observer in by_observer.items():
        scores = {each.attempt.id: each.score for each in of_observer}
        views = [
            each.attempt for each in of_observer if each.attempt.kind is not MessageKind.CANARY
        ]
        for condition in dict.fromkeys(view.condition for view in views):
            under = [view for view in views if view.condition == condition]
            channel = noise(under, scores)
            pools = weigh([each.id for each in entries], under, scores, channel, limits)
            judged = verdicts(
                entries,
                under,
                scores,
                condition,
                channel,
                limits=limits,
                company=None if pools is None else pools.company,
            )
            said += [(observer, verdict) for verdict in judged]
    return said


def _is_later(seen_at: datetime | None, gone_at: datetime | None) -> bool:
    """Whether one account still saw it after it was gone at the other, if it was."""
    return gone_at is None or (seen_at is not None and seen_at > gone_at)


def _view(attempt: Attempt, sighting: Sighting | None, template: Sighting) -> Attempt:
    """An attempt as an observer saw it; one it was not there for proves nothing."""
    seen = sighting or Sighting(
        attempt_id=attempt.id,
        run_id=template.run_id,
        lane=template.lane,
        observer=template.observer,
        receiver=template.receiver,
        receiver_region=template.receiver_region,
    )
    # A fault after the tap was one of the lane's own receiver. The sender's stand for all.
    is_senders = attempt.sent_at is None
    fault = attempt.fault if is_senders and attempt.fault is not None else seen.fault
    return replace(
        attempt,
        receiver=seen.receiver,
        condition=replace(attempt.condition, receiver_region=seen.receiver_region),
        arrived_text=seen.arrived_text,
        read_mode=seen.read_mode,
        arrived_at=seen.arrived_at,
        edited_at=seen.edited_at,
        gone_at=seen.gone_at,
        still_there_at=None,
        observed_until=seen.observed_until,
        fault=fault if sighting is not None or is_senders else VoidReason.LANE_DOWN,
        fault_detail=None,
    )
