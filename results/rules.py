"""The rules: from observations to outcomes. From outcomes to verdicts goes `results.verdict_rules`.

Ordered, frozen data; the first rule whose condition holds decides. Every derived row names the rule
and `RULES_VERSION`. The meaning of a rule never changes: a different meaning is a new rule with a
new id, and a new version.

Three passes: `OUTCOME_RULES` look at one attempt and its surroundings on the lane, `VOID_RULES` at
the controls around it, and the verdict rules at all attempts of an entry.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from results.bracketing import BracketLimits, Seen, has_arrived, lanes, look_around
from results.likeness import is_misreading, is_preview, is_short_preview, shows_mask
from results.record import (
    Attempt,
    MessageKind,
    Notice,
    Outcome,
    ReadMode,
    Score,
    SenderState,
    VoidReason,
)

__all__ = [
    "OUTCOME_RULES",
    "RULES_VERSION",
    "VOID_RULES",
    "BracketLimits",
    "OutcomeRule",
    "Seen",
    "Stretch",
    "VoidRule",
    "has_arrived_whole",
    "is_harmless_rewrite",
    "score",
]

RULES_VERSION: Final = "2"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRule:
    """What became of one attempt.

    Attributes:
        rule_id: Unique over all rules.
        condition: Whether the rule applies.
        outcome: What it concludes.
        void: Why the attempt proves nothing, if it does not.
        comment: Why.
    """

    rule_id: str
    condition: Callable[[Seen], bool]
    outcome: Outcome
    void: VoidReason | None = None
    comment: str


def _has_notice(notice: Notice) -> Callable[[Seen], bool]:
    return lambda seen: seen.attempt.notice is notice


def _has_fault(fault: VoidReason) -> Callable[[Seen], bool]:
    return lambda seen: seen.attempt.fault is fault


def is_harmless_rewrite(text: str, shown: str | None) -> bool:
    """Whether a text differs from another by spaces, quotes and forms of characters alone."""
    return shown is not None and _plain(text) == _plain(shown)


def _plain(text: str) -> str:
    return " ".join(_QUOTES.sub("'", unicodedata.normalize("NFKC", text)).split())


_QUOTES: Final = re.compile('[‘’‚‛“”„‟«»"]')


def _shows_it_sent(attempt: Attempt) -> bool:
    if attempt.own_text is None:
        return attempt.sender_state is not None
    return is_harmless_rewrite(attempt.text, attempt.own_text)


def _read_by(mode: ReadMode, is_so: Callable[[str, str], bool]) -> Callable[[Seen], bool]:
    """A condition on the text that was sent and the one that was read in this mode."""

    def holds(seen: Seen) -> bool:
        arrived = seen.attempt.arrived_text
        is_read_so = arrived is not None and seen.attempt.read_mode is mode
        return is_read_so and is_so(seen.attempt.text, arrived or "")

    return holds


def has_arrived_whole(attempt: Attempt) -> bool:
    """Whether what arrived shows that nothing was done to the text, as far as it could be read."""
    arrived, mode = attempt.arrived_text, attempt.read_mode
    if arrived is None:
        return False
    return (
        is_harmless_rewrite(attempt.text, arrived)
        or (mode is ReadMode.NOTIFICATIONS and is_preview(attempt.text, arrived))
        or (mode is ReadMode.OCR and is_misreading(attempt.text, arrived))
    )


# What arrived comes first: no notice and no fault of ours can take back that it was there.
OUTCOME_RULES: Final = (
    OutcomeRule(
        rule_id="removed_after_arrival",
        condition=lambda seen: has_arrived(seen.attempt) and seen.attempt.gone_at is not None,
        outcome=Outcome.REMOVED,
        comment="It arrived and was gone at a later look: some filters act after delivery.",
    ),
    OutcomeRule(
        rule_id="edited_after_arrival",
        condition=lambda seen: (
            has_arrived(seen.attempt)
            and seen.attempt.edited_at is not None
            and not is_harmless_rewrite(seen.attempt.text, seen.attempt.arrived_text)
        ),
        outcome=Outcome.ALTERED,
        comment="It arrived and read differently at a later look; the later text is the one that "
        "is kept. Nobody here edits messages.",
    ),
    OutcomeRule(
        rule_id="arrived_as_sent",
        condition=lambda seen: seen.attempt.arrived_text == seen.attempt.text,
        outcome=Outcome.DELIVERED,
        comment="The exact text was at the receiver, and no look has shown it gone. "
        "`still_there_at` says whether it was looked for again.",
    ),
    OutcomeRule(
        rule_id="arrived_as_sender_shows",
        condition=lambda seen: (
            has_arrived(seen.attempt)
            and seen.attempt.arrived_text == seen.attempt.own_text
            and is_harmless_rewrite(seen.attempt.text, seen.attempt.arrived_text)
        ),
        outcome=Outcome.DELIVERED,
        comment="The app rewrote spaces, quotes or the form of characters before sending: both "
        "ends show the same. Any other change is not harmless, even if both show it: some apps "
        "keep their filter in the client.",
    ),
    OutcomeRule(
        rule_id="arrived_by_notification",
        condition=_read_by(ReadMode.NOTIFICATIONS, is_preview),
        outcome=Outcome.DELIVERED,
        comment="A notification shows its beginning, at least half of it: notifications are cut "
        "short and their line ends flattened. The rest is not known.",
    ),
    OutcomeRule(
        rule_id="unclear_by_notification",
        condition=_read_by(ReadMode.NOTIFICATIONS, is_short_preview),
        outcome=Outcome.UNKNOWN,
        comment="A notification shows its beginning, but less than half of it.",
    ),
    OutcomeRule(
        rule_id="arrived_by_ocr",
        condition=_read_by(ReadMode.OCR, is_misreading),
        outcome=Outcome.DELIVERED,
        comment="A screenshot was read, and the reading resembles the text (0.8 or more, spaces "
        "and forms aside) and shows no mask. The exact text is not known.",
    ),
    OutcomeRule(
        rule_id="unclear_by_ocr",
        condition=_read_by(ReadMode.OCR, lambda sent, read: not shows_mask(sent, read)),
        outcome=Outcome.UNKNOWN,
        comment="A screenshot was read, and the reading is too unlike the text to be told from a "
        "changed one: something arrived, but not certainly this.",
    ),
    OutcomeRule(
        rule_id="arrived_altered",
        condition=lambda seen: has_arrived(seen.attempt),
        outcome=Outcome.ALTERED,
        comment="It arrived changed, and the sender was shown another text.",
    ),
    OutcomeRule(
        rule_id="notice_rate_limited",
        condition=_has_notice(Notice.RATE_LIMITED),
        outcome=Outcome.UNKNOWN,
        void=VoidReason.RATE_LIMITED,
        comment="The app said we send too often; that is about us, not about the text.",
    ),
    OutcomeRule(
        rule_id="notice_account_restricted",
        condition=_has_notice(Notice.ACCOUNT_RESTRICTED),
        outcome=Outcome.UNKNOWN,
        void=VoidReason.ACCOUNT_RESTRICTED,
        comment="The app said the account is restricted: nothing it sends would arrive.",
    ),
    OutcomeRule(
        rule_id="notice_recipient_refused",
        condition=_has_notice(Notice.RECIPIENT_REFUSED),
        outcome=Outcome.UNKNOWN,
        void=VoidReason.LANE_DOWN,
        comment="The contact does not take messages from us: the lane can carry nothing.",
    ),
    *(
        OutcomeRule(
            rule_id=f"fault_{fault}",
            condition=_has_fault(fault),
            outcome=Outcome.UNKNOWN,
            void=fault,
            comment=f"Our side recorded the fault {fault}, and nothing arrived.",
        )
        for fault in VoidReason
    ),
    OutcomeRule(
        rule_id="interrupted",
        condition=lambda seen: seen.attempt.sent_at is None,
        outcome=Outcome.UNKNOWN,
        void=VoidReason.SESSION_LOST,
        comment="The tap on send was not seen to return (the run was killed): it may have been "
        "sent or not.",
    ),
    OutcomeRule(
        rule_id="notice_content_rejected",
        condition=_has_notice(Notice.CONTENT_REJECTED),
        outcome=Outcome.REFUSED,
        comment="The app told the sender that this text is not accepted.",
    ),
    OutcomeRule(
        rule_id="sender_failed",
        condition=lambda seen: seen.attempt.sender_state is SenderState.FAILED,
        outcome=Outcome.REFUSED,
        comment="The sender's bubble is marked as failed.",
    ),
    OutcomeRule(
        rule_id="sender_pending",
        condition=lambda seen: seen.attempt.sender_state is SenderState.PENDING,
        outcome=Outcome.UNKNOWN,
        comment="The sender's bubble is still marked as on its way.",
    ),
    OutcomeRule(
        rule_id="sender_not_seen",
        condition=lambda seen: not _shows_it_sent(seen.attempt),
        outcome=Outcome.UNKNOWN,
        comment="No bubble with this text was seen at the sender: the tap may have done nothing.",
    ),
    OutcomeRule(
        rule_id="lane_reorders",
        condition=lambda seen: seen.lane_reorders and not seen.is_settled,
        outcome=Outcome.UNKNOWN,
        comment="The lane was seen to deliver out of order, so a later arrival does not end the "
        "wait; the receiver was not watched for settle_s yet.",
    ),
    OutcomeRule(
        rule_id="missing_in_bracket",
        condition=lambda seen: seen.is_bracketed,
        outcome=Outcome.MISSING,
        comment="The sender's side shows it sent, the receiver never showed it, and messages "
        "before and after it arrived on a lane that was well in between.",
    ),
    OutcomeRule(
        rule_id="not_bracketed",
        condition=lambda _: True,
        outcome=Outcome.UNKNOWN,
        comment="It has not arrived, and nothing shows yet that it could have.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """The controls around an attempt: between the last that arrived and the next that arrives.

    Attributes:
        attempt: The attempt.
        lost_controls: Ids of the controls in the stretch that were sent and did not arrive.
    """

    attempt: Attempt
    lost_controls: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoidRule:
    """Why an attempt proves nothing although its own observations are complete.

    Attributes:
        rule_id: Unique over all rules.
        condition: Whether the rule applies.
        void: The reason it gives.
        comment: Why.
    """

    rule_id: str
    condition: Callable[[Stretch], bool]
    void: VoidReason
    comment: str


VOID_RULES: Final = (
    VoidRule(
        rule_id="control_lost_nearby",
        condition=lambda stretch: (
            bool(stretch.lost_controls) and stretch.attempt.kind is not MessageKind.CONTROL
        ),
        void=VoidReason.CONTROL_LOST,
        comment="Harmless text was lost in the same stretch. Controls themselves stay counted: "
        "they are what loss is estimated from.",
    ),
)


def score(attempts: Sequence[Attempt], limits: BracketLimits) -> dict[str, Score]:
    """Say what became of each attempt.

    Args:
        attempts: All attempts of whole lanes, in any order: what is left out is missed as evidence
            that a lane worked.
        limits: How wide a bracket may be.

    Returns:
        Attempt id to score.
    """
    scores: dict[str, Score] = {}
    for lane in lanes(attempts):
        surroundings = look_around(lane, limits)
        of_lane = [_outcome(seen) for seen in surroundings]
        for stretch, plain in zip(_stretches(surroundings, of_lane), of_lane, strict=True):
            scores[plain.attempt_id] = _voided(stretch, plain)
    return scores


def _outcome(seen: Seen) -> Score:
    rule = next(rule for rule in OUTCOME_RULES if rule.condition(seen))
    return Score(
        attempt_id=seen.attempt.id, outcome=rule.outcome, void=rule.void, rule_id=rule.rule_id
    )


def _voided(stretch: Stretch, plain: Score) -> Score:
    if plain.void is not None:
        return plain
    for rule in VOID_RULES:
        if rule.condition(stretch):
            return Score(
                attempt_id=plain.attempt_id,
                outcome=plain.outcome,
                void=rule.void,
                rule_id=rule.rule_id,
            )
    return plain


def _stretches(surroundings: Sequence[Seen], scores: Sequence[Score]) -> list[Stretch]:
    """Cut a lane at the controls that arrived, and gather the lost controls of each piece."""
    piece = 0
    pieces: list[int] = []
    lost: defaultdict[int, list[str]] = defaultdict(list)
    for seen, plain in zip(surroundings, scores, strict=True):
        if seen.attempt.kind is MessageKind.CONTROL:
            if plain.outcome is Outcome.DELIVERED:
                piece += 1
            elif plain.void is None and (plain.outcome is not Outcome.UNKNOWN or seen.is_overdue):
                # A control still on its way is not lost, and must not void what waits with it.
                lost[piece].append(seen.attempt.id)
        pieces.append(piece)
    return [
        Stretch(attempt=seen.attempt, lost_controls=tuple(lost[piece]))
        for seen, piece in zip(surroundings, pieces, strict=True)
    ]
