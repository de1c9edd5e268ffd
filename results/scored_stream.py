"""All attempts of a run with their scores, in the order of sending, a stretch at a time.

No rule looks past a control that arrived (`results.rules`): its arrival ends every bracket, and it
cuts the stretches that lost controls void. So a lane can be scored piece by piece, and a run of a
million attempts takes no more memory than its longest piece. Only a lane that was seen to reorder
has to be looked at as a whole.
"""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Final

from results.attempt_rows import AttemptRow, attempt_from
from results.bracketing import BracketLimits
from results.errors import JournalError
from results.journal import Journal
from results.record import Attempt, MessageKind, Outcome, Score
from results.rules import OUTCOME_RULES, score

_CONTROL: Final = MessageKind.CONTROL.value
#: What becomes of every attempt that arrived exactly, whatever is around it.
_EXACT: Final = next(rule for rule in OUTCOME_RULES if rule.rule_id == "arrived_as_sent")
_WRITTEN: Final = _EXACT.outcome.value


class Scored:
    """An attempt and what became of it.

    Attributes:
        row: The attempt as it is stored.
        is_exact: Whether it arrived exactly as sent and was still there at the last look.
        outcome: What became of it, as it is written; empty until it is scored.
        void: Why it proves nothing, as it is written.
    """

    __slots__ = ("_attempt", "_score", "is_exact", "outcome", "row", "void")

    def __init__(self, row: AttemptRow) -> None:
        """Start without a score."""
        self.row = row
        self.is_exact = row.arrived_text == row.text and row.gone_at is None
        self._attempt: Attempt | None = None
        self._score: Score | None = None
        self.outcome = ""
        self.void: str | None = None

    @property
    def attempt(self) -> Attempt:
        """The attempt; made only if it is asked for."""
        if self._attempt is None:
            self._attempt = attempt_from(self.row)
        return self._attempt

    @property
    def is_scored(self) -> bool:
        """Whether it is known what became of it."""
        return self._score is not None

    @property
    def score(self) -> Score:
        """What the rules make of it.

        Raises:
            JournalError: Not everything that must be known for it has gone by.
        """
        if self._score is None:
            raise JournalError(f"attempt {self.row.id!r} is not scored yet")
        return self._score

    @score.setter
    def score(self, score: Score) -> None:
        self._score = score
        self.outcome = _WRITTEN if self.is_exact else score.outcome.value
        self.void = None if score.void is None else score.void.value


def scored_attempts(journal: Journal, run_id: str, limits: BracketLimits) -> Iterator[Scored]:
    """Go through the attempts of a run.

    Args:
        journal: Where the run is.
        run_id: Its id.
        limits: How wide a bracket may be.

    Returns:
        Each attempt in the order of sending, scored as `results.rules.score` scores the whole run.
    """
    reordering = journal.reordering_lanes(run_id)
    waiting: deque[Scored] = deque()
    pieces: defaultdict[str, list[Scored]] = defaultdict(list)
    for row in journal.attempt_rows(run_id):
        each = Scored(row)
        waiting.append(each)
        piece = pieces[row.lane]
        piece.append(each)
        is_ordered = row.lane not in reordering
        if row.kind == _CONTROL and is_ordered and _cuts(each, limits):
            _score(piece, limits, is_ordered=True)
            pieces[row.lane] = [each]
            while waiting and waiting[0].is_scored:
                yield waiting.popleft()
    for lane, piece in pieces.items():
        _score(piece, limits, is_ordered=lane not in reordering)
    yield from waiting


def _cuts(control: Scored, limits: BracketLimits) -> bool:
    """Whether no rule looks past a control: it arrived, counts as delivered, and is still there."""
    row = control.row
    if row.arrived_text is None or row.arrived_at is None or row.gone_at is not None:
        return False
    if control.is_exact:
        return True
    return score([control.attempt], limits)[row.id].outcome is Outcome.DELIVERED


def _score(piece: Sequence[Scored], limits: BracketLimits, *, is_ordered: bool) -> None:
    """Score a piece of a lane that no rule looks out of.

    If all its controls arrived exactly, none was lost: then so is what else arrived exactly, and
    the others need no more than the arrivals around them.
    """
    if not is_ordered or not all(each.is_exact for each in piece if each.row.kind == _CONTROL):
        _score_together(piece, limits)
        return
    part: list[Scored] = []
    has_open = False
    for each in piece:
        if each.is_exact:
            if not each.is_scored:
                each.score = Score(
                    attempt_id=each.row.id,
                    outcome=_EXACT.outcome,
                    void=None,
                    rule_id=_EXACT.rule_id,
                )
        else:
            has_open = True
        part.append(each)
        if each.is_exact and each.row.arrived_at is not None:
            if has_open:
                _score_together(part, limits)
            part, has_open = [each], False
    if has_open:
        _score_together(part, limits)


def _exact(attempt_id: str) -> Score:
    return Score(
        attempt_id=attempt_id, outcome=_EXACT.outcome, void=_EXACT.void, rule_id=_EXACT.rule_id
    )


def _score_together(part: Sequence[Scored], limits: BracketLimits) -> None:
    scores = score([each.attempt for each in part], limits)
    for each in part:
        if not each.is_scored:  # its first may have ended the part before
            each.score = scores[each.row.id]
