"""What a plan assumes of a list and of a channel before anything is sent."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scipy.special import betaincinv

from drivers.testbed import LaneConfig
from results.errors import JournalError
from results.journal import Journal
from results.record import ChatKind, Condition, VerdictKind

USUAL_SHARES: Final = (0.005, 0.1)
"""Of censored entries, where nothing better is known: lists of words that may be censored."""

USUAL_RATE: Final = 0.01
"""Of loss and of slip, likewise."""

_FEWEST_VERDICTS: Final = 10  # earlier ones, to rest an expectation on
_MOST_RUNS: Final = 10  # the newest under the condition
_JEFFREYS: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What is assumed.

    Attributes:
        shares: Least and most share of the entries that is censored.
        loss: Share of harmless messages that is lost.
        slip: Share of censored messages that arrives.
        basis: Where the shares come from, in words.
    """

    shares: tuple[float, float] = USUAL_SHARES
    loss: float = USUAL_RATE
    slip: float = USUAL_RATE
    basis: str = "no earlier verdicts under this condition"


def expected(
    journal: Path, lanes: Collection[LaneConfig], chat: str, entry_ids: Collection[str]
) -> Expectation:
    """Expect what the newest earlier verdicts on the same entries say.

    Other entries do not count: another list is another share. Nor do versions of the app, since a
    filter is on the server. The range is the 95 % credible interval (Jeffreys).

    Args:
        journal: Where earlier runs are; it need not exist.
        lanes: The lanes of the run.
        chat: Kind of chat.
        entry_ids: Its entries.
    """
    if not journal.exists():
        return Expectation()
    where = {
        (
            lane.sender.profile.name,
            str(chat),
            lane.sender.account.region,
            lane.receiver.account.region,
        )
        for lane in lanes
    }
    try:
        kinds = _newest_verdicts(journal, where, frozenset(entry_ids))
    except JournalError:
        # A plan can do without; the run that writes to the journal says what is wrong with it.
        return Expectation(basis=f"earlier verdicts in {journal.name} cannot be read")
    if len(kinds) < _FEWEST_VERDICTS:
        return Expectation()
    censored = sum(kind is VerdictKind.CENSORED for kind in kinds.values())
    alpha, beta = _JEFFREYS + censored, _JEFFREYS + len(kinds) - censored
    low, high = (float(betaincinv(alpha, beta, level)) for level in (0.025, 0.975))
    return Expectation(
        shares=(low, high),
        basis=f"earlier verdicts on {len(kinds)} of them, {censored} censored",
    )


def _newest_verdicts(
    path: Path, where: Collection[tuple[str, str, str, str]], wanted: frozenset[str]
) -> dict[str, VerdictKind]:
    kinds: dict[str, VerdictKind] = {}
    used = 0
    with Journal.open(path, read_only=True) as journal:
        for run in journal.runs():  # the newest first
            if used >= _MOST_RUNS or len(kinds) == len(wanted):
                break
            under = [each for each in journal.verdicts(run.id) if _place(each.condition) in where]
            used += bool(under)
            for verdict in under:
                if verdict.entry_id in wanted and verdict.kind is not VerdictKind.INCONCLUSIVE:
                    kinds.setdefault(verdict.entry_id, verdict.kind)
    return kinds


def _place(condition: Condition) -> tuple[str, str, str, str]:
    return (
        condition.app,
        str(ChatKind(condition.chat)),
        condition.sender_region,
        condition.receiver_region,
    )
