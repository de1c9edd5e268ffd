"""What an earlier study found about an entry, kept in the entry's notes by an importer.

The form is ``group: blocked; direct: not blocked; translation: …``: a chat kind that was not tested
is left out, and what follows the findings is free text to the end of the notes. A study that does
not say in which kind of chat is written as ``any: blocked``.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from wordlists.entry import Entry

GROUP: Final = "group"
DIRECT: Final = "direct"
ANY: Final = "any"
"""Some kind of chat; the study does not say which."""
CHAT_KINDS: Final = (GROUP, DIRECT)

_KINDS: Final = (*CHAT_KINDS, ANY)
_FINDING = re.compile(rf"({'|'.join(_KINDS)}): (blocked|not blocked)(?:; |\n|\Z)")


def prior_knowledge(entry: Entry) -> Mapping[str, bool]:
    """Read which chat kinds (``group``, ``direct``, ``any``) a study found the entry blocked in.

    Returns:
        Whether it was blocked, by chat kind; no key for a chat kind that was not tested.
    """
    return read_prior(entry.notes)


def read_prior(notes: str) -> Mapping[str, bool]:
    """Read the findings that notes start with; see `prior_knowledge`."""
    findings: dict[str, bool] = {}
    at = 0
    while match := _FINDING.match(notes, at):
        findings[match[1]] = match[2] == "blocked"
        at = match.end()
    return MappingProxyType(findings)


def was_blocked(entry: Entry, chat_kind: str) -> bool | None:
    """Say what earlier studies let one expect of an entry in a kind of chat.

    What was blocked in direct chat can be expected to be blocked in groups, and what was not
    blocked in groups not to be in direct chat: of 60 combinations around Liu Xiaobo's death, 41
    were blocked in both, 19 in groups only, and none in direct chat only (Citizen Lab, 2017).

    Args:
        entry: The entry.
        chat_kind: `GROUP` or `DIRECT`.

    Returns:
        Whether it was blocked there; None if nothing is known. It is a starting point and no
        verdict: it says nothing of the day, the app or the accounts of another measurement.
    """
    known = prior_knowledge(entry)
    if chat_kind in known:
        return known[chat_kind]
    if chat_kind == GROUP and known.get(DIRECT):
        return True
    if chat_kind == DIRECT and known.get(GROUP) is False:
        return False
    return known.get(ANY)


def format_prior(was_blocked: Mapping[str, bool], *remarks: str) -> str:
    """Write findings as notes that `prior_knowledge` reads, followed by remarks for people."""
    findings = [
        f"{kind}: {'blocked' if was_blocked[kind] else 'not blocked'}"
        for kind in _KINDS
        if kind in was_blocked
    ]
    return "; ".join([*findings, *filter(None, remarks)])
