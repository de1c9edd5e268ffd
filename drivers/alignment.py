"""Which arrival belongs to which message: texts sent on a lane, aligned with texts that arrived.

A lane delivers in order, may lose and duplicate messages, and a filter may change a text on its way
(mask, cut, replace). Each message is matched at most once and each arrival at most once.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from unicodedata import normalize

from rapidfuzz.distance import Indel

from drivers.profile import ReadMode

MASKS = "*＊×✱■□█▇●○◯_＿�"
"""Characters that apps put in place of those they hide."""

_MASKED = re.compile(f"[{re.escape(MASKS)}]+")
_ELLIPSES = ("…", "...", "。。。")
_LEAST_SIMILARITY = 0.6
_PREVIEW = 0.9
_SHORTEST_PREVIEW = 8
_ILLEGIBLE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A text that was sent.

    Attributes:
        place: Its place on the lane, counted from 0.
        text: The exact text.
    """

    place: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A text that was seen at the receiver.

    Attributes:
        place: Order of its arrival, counted from 0.
        text: The exact text.
        sent_before: How many messages had been sent on the lane when it was first seen; it cannot
            be one of those sent later.
        read_mode: How it was read.
    """

    place: int
    text: str
    sent_before: int
    read_mode: ReadMode = ReadMode.TREE


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A message and its arrival.

    Attributes:
        sent: Place of the message.
        arrived: Place of the arrival.
        similarity: 1 for the exact text, less for a changed one.
        in_order: Whether it came in the order of sending.
    """

    sent: int
    arrived: int
    similarity: float
    in_order: bool


def align(sent: Sequence[Sent], arrived: Sequence[Arrived]) -> tuple[Match, ...]:
    """Align messages with arrivals, both in order; matches come in the order of sending.

    First as many exact texts as can be matched in order; then exact texts out of order; then, in
    the gaps that are left, changed texts by similarity. Where two messages with equal texts would
    explain one arrival equally well, the later one is taken: the earlier had its chance to be seen.
    Of several messages that a changed text would fit equally well, the earliest is.
    """
    exact = _in_order(sent, arrived, _is_exact, prefers_latest=True)
    matches = [
        Match(sent=sent[s].place, arrived=arrived[a].place, similarity=1.0, in_order=True)
        for s, a in exact
    ]
    free_sent = _others(len(sent), {s for s, _ in exact})
    free_arrived = _others(len(arrived), {a for _, a in exact})
    for s in tuple(free_sent):
        late = next((a for a in free_arrived if _is_exact(sent[s], arrived[a])), None)
        if late is not None:
            free_sent.remove(s)
            free_arrived.remove(late)
            matches.append(
                Match(
                    sent=sent[s].place, arrived=arrived[late].place, similarity=1.0, in_order=False
                )
            )
    fixed = [(-1, -1), *exact, (len(sent), len(arrived))]
    for (s_from, a_from), (s_to, a_to) in pairwise(fixed):
        gap_sent = [sent[s] for s in free_sent if s_from < s < s_to]
        gap_arrived = [arrived[a] for a in free_arrived if a_from < a < a_to]
        matches.extend(
            Match(
                sent=gap_sent[s].place,
                arrived=gap_arrived[a].place,
                similarity=_possible_similarity(gap_sent[s], gap_arrived[a]),
                in_order=True,
            )
            for s, a in _in_order(gap_sent, gap_arrived, _possible_similarity, prefers_latest=False)
        )
    return tuple(sorted(matches, key=lambda match: match.sent))


def similarity(sent: str, arrived: str) -> float:
    """How far an arrival can be explained as a changed form of what was sent, from 0 to 1.

    Masked characters count as half a match each, as they fit anything; a text cut short counts by
    what is left of it.
    """
    if sent == arrived:
        return 1.0
    if not sent or not arrived:
        return 0.0
    return max(
        _masked_similarity(sent, arrived),
        _cut_similarity(sent, arrived),
        Indel.normalized_similarity(sent, arrived),
    )


def _masked_similarity(sent: str, arrived: str) -> float:
    first, *others = _MASKED.split(arrived)
    if not others or not sent.startswith(first):
        return 0.0
    *middle, last = others
    place = len(first)
    for piece in middle:
        # Leftmost is right: whatever is masked is at least one character, of any length.
        found = sent.find(piece, place + 1)
        if found < 0:
            return 0.0
        place = found + len(piece)
    if not sent.endswith(last) or len(sent) - len(last) <= place:
        return 0.0
    left = len(first) + sum(map(len, others))
    likeness = max(_LEAST_SIMILARITY, (left + (len(sent) - left) / 2) / len(sent))
    # Most apps hide character by character: of two messages, that of the right length fits better.
    return likeness + (1 - likeness) / 2 if len(sent) == len(arrived) else likeness


def _cut_similarity(sent: str, arrived: str) -> float:
    for ellipsis in _ELLIPSES:
        arrived = arrived.removesuffix(ellipsis)
    if not arrived or not sent.startswith(arrived):
        return 0.0
    return (
        max(_LEAST_SIMILARITY, len(arrived) / len(sent)) if 2 * len(arrived) >= len(sent) else 0.0
    )


def _is_possible(sent: Sent, arrived: Arrived) -> bool:
    return sent.place < arrived.sent_before


def _is_exact(sent: Sent, arrived: Arrived) -> float:
    return float(_is_possible(sent, arrived) and sent.text == arrived.text)


def _possible_similarity(sent: Sent, arrived: Arrived) -> float:
    if not _is_possible(sent, arrived):
        return 0.0
    if arrived.read_mode is ReadMode.INBOX and not arrived.text:
        return _ILLEGIBLE  # it was removed before it was read
    if arrived.read_mode is ReadMode.OCR:
        # Something did arrive. What is too hard to read still takes the place of a message, so that
        # none is called missing for it.
        alike = similarity(_without_spaces(sent.text), _without_spaces(arrived.text))
        return max(alike, _ILLEGIBLE)
    if arrived.read_mode is ReadMode.NOTIFICATIONS and _is_preview(sent.text, arrived.text):
        return _PREVIEW
    value = similarity(sent.text, arrived.text)
    return value if value >= _LEAST_SIMILARITY else 0.0


def _without_spaces(text: str) -> str:
    return "".join(normalize("NFKC", text).split())


def _is_preview(sent: str, shown: str) -> bool:
    """Whether a notification shows the beginning of a text, its line ends made spaces."""
    for ellipsis in _ELLIPSES:
        shown = shown.removesuffix(ellipsis)
    part = " ".join(shown.split())
    return len(part) >= _SHORTEST_PREVIEW and " ".join(sent.split()).startswith(part)


def _others(count: int, taken: set[int]) -> list[int]:
    return [place for place in range(count) if place not in taken]


def _in_order(
    sent: Sequence[Sent],
    arrived: Sequence[Arrived],
    weight: Callable[[Sent, Arrived], float],
    *,
    prefers_latest: bool,
) -> list[tuple[int, int]]:
    """The order-preserving matching of greatest total weight (Needleman and Wunsch 1970).

    Returns:
        Pairs of indexes into `sent` and `arrived`, ascending in both.
    """
    weights = [[weight(s, a) for a in arrived] for s in sent]
    best = [[0.0] * (len(arrived) + 1) for _ in range(len(sent) + 1)]
    for s in range(1, len(sent) + 1):
        for a in range(1, len(arrived) + 1):
            value = weights[s - 1][a - 1]
            best[s][a] = max(
                best[s - 1][a], best[s][a - 1], best[s - 1][a - 1] + value if value else 0.0
            )
    pairs: list[tuple[int, int]] = []
    s, a = len(sent), len(arrived)
    while s and a:
        value = weights[s - 1][a - 1]
        # Of equal explanations, going back, the match that is tried first is the latest.
        if not prefers_latest and best[s][a] == best[s - 1][a]:
            s -= 1
        elif value and best[s][a] == best[s - 1][a - 1] + value:
            pairs.append((s - 1, a - 1))
            s, a = s - 1, a - 1
        elif best[s][a] == best[s][a - 1]:
            a -= 1
        else:
            s -= 1
    return pairs[::-1]
