"""What an earlier study found about an entry, kept in the entry's notes by an importer.

The form is ``group: blocked; direct: not blocked; translation: …``: a chat kind that was not tested
is left out, and what follows the findings is free text to the end of the notes.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wordlists.entry import Entry

CHAT_KINDS: Final = ("group", "direct")

_FINDING = re.compile(rf"({'|'.join(CHAT_KINDS)}): (blocked|not blocked)(?:; |\Z)")


def prior_knowledge(entry: Entry) -> Mapping[str, bool]:
    """Read which chat kinds (``group``, ``direct``) an earlier study found the entry blocked in.

    Returns:
        Whether it was blocked, by chat kind; no key for a chat kind that was not tested.
    """
    findings: dict[str, bool] = {}
    at = 0
    while match := _FINDING.match(entry.notes, at):
        findings[match[1]] = match[2] == "blocked"
        at = match.end()
    return MappingProxyType(findings)


def format_prior(was_blocked: Mapping[str, bool], translation: str = "") -> str:
    """Write findings as notes that `prior_knowledge` reads; the translation is for people."""
    findings = [
        f"{kind}: {'blocked' if was_blocked[kind] else 'not blocked'}"
        for kind in CHAT_KINDS
        if kind in was_blocked
    ]
    return "; ".join([*findings, f"translation: {translation}"] if translation else findings)
