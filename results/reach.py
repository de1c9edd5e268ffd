"""How long a message the filter reads.

A filter may look at the beginning of a long message only, or not at long ones at all. Canaries are
therefore also sent behind harmless text, in messages as long as those in use. Where they arrive,
that a long message arrived says nothing of its entries.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from results.record import Attempt, MessageKind, Outcome, Score

_TIMES_SLIPPED: Final = 2  # of canaries of a length, for the filter not to read so much


def seen_to(attempts: Iterable[Attempt], scores: Mapping[str, Score]) -> int | None:
    """Give the longest message in which censored text is known to be seen.

    Args:
        attempts: Any attempts; all but canaries without entries that count are passed over. What
            became of canaries among entries is for `results.monotony` to explain.
        scores: Their scores, by attempt id.

    Returns:
        Characters; ``None`` if nothing speaks against any length, or canaries arrive at all lengths
        (which is no matter of length).
    """
    slipped: list[int] = []
    blocked: list[int] = []
    for attempt in attempts:
        score = scores[attempt.id]
        is_bare = attempt.kind is MessageKind.CANARY and not attempt.entries
        if is_bare and score.void is None:
            if score.outcome.is_blocked:
                blocked.append(len(attempt.text))
            elif score.outcome is Outcome.DELIVERED:
                slipped.append(len(attempt.text))
    # The shortest length from which on more canaries arrive than are blocked, and below which it is
    # the other way round.
    for length in sorted(slipped):
        arrived = sum(each >= length for each in slipped)
        shorter = [each for each in blocked if each < length]
        if (
            arrived >= _TIMES_SLIPPED
            and arrived > len(blocked) - len(shorter)
            and len(shorter) > len(slipped) - arrived
        ):
            return max(shorter)
    return None
