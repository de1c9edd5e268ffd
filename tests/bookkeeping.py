"""A journal compared with what the embedded network saw: was anything forgotten, or sent twice?"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from drivers.evidence import INDEX
from results.record import Attempt, VoidReason

_BEFORE_THE_TAP = frozenset({VoidReason.WRONG_CHAT, VoidReason.INPUT_MISMATCH})


@dataclass(frozen=True, slots=True)
class Seen:
    """What the network saw, by lane.

    Attributes:
        sent: Texts in the order of sending.
        arrived: Texts in the order of arrival.
        faults: Kinds of the faults that happened, by handset.
    """

    sent: Mapping[str, list[str]]
    arrived: Mapping[str, list[str]]
    faults: Sequence[tuple[str, str]]


def read_seen(state: Path) -> Seen:
    """Read what the handsets of a run remember (``handsets.jsonl`` in its folder)."""
    sent, arrived = defaultdict(list), defaultdict(list)
    faults = []
    for line in state.read_text(encoding="utf-8").splitlines():
        event = json.loads(line)
        if event["what"] == "fault":
            faults.append((event["handset"], event["kind"]))
        elif event["what"] == "add":
            lane = event["chat"].partition("/")[0]
            texts = sent if event["item"]["is_own"] else arrived
            texts[lane].append(event["item"]["text"])
    return Seen(sent, arrived, faults)


def without_evidence(attempts: Sequence[Attempt], run_folder: Path) -> set[str]:
    """What went wrong, in words, and left no evidence with any of the attempts it concerns."""
    index = (run_folder / "evidence" / INDEX).read_text(encoding="utf-8")
    kept = {json.loads(line)["attempt"] for line in index.splitlines()}
    failed = [attempt for attempt in attempts if attempt.fault is not None]
    explained = {attempt.fault_detail for attempt in failed if attempt.id in kept}
    return {str(attempt.fault_detail) for attempt in failed} - {str(each) for each in explained}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What does not agree; each list should be empty.

    Attributes:
        sent_without_attempt: Messages the network has that no attempt accounts for: sent twice, or
            sent and forgotten.
        never_sent: Ids of attempts whose message was seen at the sender, and that the network never
            had.
        arrived_unseen: Texts that arrived more often than the journal has them.
    """

    sent_without_attempt: list[str]
    never_sent: list[str]
    arrived_unseen: list[str]


def compare(attempts: Sequence[Attempt], seen: Seen) -> Comparison:
    """Compare the attempts of a run with what the network saw, lane by lane.

    Both are in the order of sending, so each message belongs to the next attempt with its text that
    may have been tapped; an attempt accounts for one message at most.
    """
    without, never, unseen = [], [], []
    for lane in {*seen.sent, *(attempt.lane for attempt in attempts)}:
        own = [attempt for attempt in attempts if attempt.lane == lane]
        waiting = list(seen.sent.get(lane, ()))
        for attempt in own:
            is_next = bool(waiting) and waiting[0] == attempt.text
            if is_next and attempt.fault not in _BEFORE_THE_TAP:
                waiting.pop(0)
            elif attempt.own_text == attempt.text:
                never.append(attempt.id)
        without += waiting
        known = [each.arrived_text for each in own if each.arrived_text is not None]
        for text in seen.arrived.get(lane, ()):
            if text in known:
                known.remove(text)
            else:
                unseen.append(text)
    return Comparison(sent_without_attempt=without, never_sent=never, arrived_unseen=unseen)
