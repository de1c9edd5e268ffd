"""sample_combinations.csv: which combinations stop samples, and how each of them was proven."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from probes.isolation_result import Combination, IsolationResult, ProofItem
from results.record import Condition
from wordlists.entry import format_keyword

NAME: Final = "sample_combinations.csv"

COLUMNS: Final[Mapping[str, str]] = {
    "sample_id": "id of the sample, as in verdicts.csv",
    "number": "which combination of the sample, in the order in which they were found; "
    "empty if none was",
    "components": "the components, as a wordlist has them",
    "verdict": "censored if every decisive item of the proof came out as it should, "
    "else inconclusive",
    "probability": "that exactly these are the components, given all that was sent and the prior",
    "order_sensitive": "whether it is blocked in this order only; empty if not decided",
    "extenuated": "whether other words of the sample switch the rule off; empty if not decided",
    "search_messages": "messages that found it",
    "proof_messages": "messages that proved it",
    "proof": "items of the proof: name, component, messages blocked/delivered, conclusion",
    "ending": "why the isolation of the sample ended; empty if it did not",
    "messages": "all messages of the isolation that counted",
    "void": "its messages that proved nothing",
    "app": "app of the condition",
    "chat": "kind of chat of the condition",
    "sender_region": "region of the sender's account",
    "receiver_region": "region of the receiver's account",
}
"""The columns, with what they mean."""


def rows(isolated: Mapping[str, IsolationResult], condition: Condition) -> Iterator[dict[str, str]]:
    """One row a combination; one without components for a sample in which none was found.

    Args:
        isolated: By sample, what isolation came to.
        condition: Under what it was measured.
    """
    for sample, result in isolated.items():
        common = {
            "sample_id": sample,
            "ending": str(result.ending),
            "messages": str(result.messages),
            "void": str(result.void),
            "app": condition.app,
            "chat": str(condition.chat),
            "sender_region": condition.sender_region,
            "receiver_region": condition.receiver_region,
        }
        for number, combination in enumerate(result.combinations, 1):
            yield {**common, "number": str(number), **_told(combination)}
        if not result.combinations:
            yield common


def write_combinations(
    path: Path, isolated: Mapping[str, IsolationResult], condition: Condition
) -> None:
    """Write the file.

    Args:
        path: Where to.
        isolated: By sample, what isolation came to.
        condition: Under what it was measured.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, [*COLUMNS], restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(isolated, condition))
    path.write_text(text.getvalue(), encoding="utf-8")


def _told(combination: Combination) -> dict[str, str]:
    return {
        "components": format_keyword(combination.texts),
        "verdict": str(combination.verdict),
        "probability": f"{combination.probability:.6f}",
        "order_sensitive": _yes_or_no(combination.is_order_sensitive),
        "extenuated": _yes_or_no(combination.is_extenuated),
        "search_messages": str(combination.search_messages),
        "proof_messages": str(combination.proof_messages),
        "proof": "; ".join(_items(combination.proof)),
    }


def _items(proof: Iterable[ProofItem]) -> Iterator[str]:
    for item in proof:
        about = "" if item.component is None else f" {item.component + 1}"
        yield f"{item.kind}{about} {item.blocked}/{item.delivered} {item.conclusion}"


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else str(value).lower()
