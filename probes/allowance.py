"""How much a campaign may still send, and why it may send nothing more.

Three things limit it: the budget of the run, the daily budget of each account (which counts over
all runs), and quiet hours.
"""

from collections.abc import Callable
from datetime import datetime

from drivers.testbed import Pacing
from probes.pacing import is_quiet, last_day


class Allowance:
    """Counts what is sent; knows nothing of entries, and of lanes only their names.

    Attributes:
        spent: Why the run may send nothing more, in words; ``None`` as long as it may.
    """

    def __init__(
        self,
        *,
        budget: int | None,
        pacing: Pacing,
        sent_between: Callable[[str, datetime, datetime], int],
    ) -> None:
        """Begin with nothing sent.

        Args:
            budget: Most messages, controls included; ``None`` for no limit.
            pacing: Daily budget and quiet hours.
            sent_between: What an account has sent between two times, over all runs.
        """
        self.spent: str | None = None
        self._budget = budget
        self._pacing = pacing
        self._sent_between = sent_between
        self._sent = 0
        self._resting: dict[str, str] = {}  # lane → its account, which has sent all it may today

    def note_sent(self) -> None:
        """Count a message."""
        self._sent += 1

    def may_probe(self, *, chosen: int, lanes: int) -> bool:
        """Whether there is room for a probe and, on every lane, for a control after it.

        Args:
            chosen: Messages that are about to be sent.
            lanes: How many lanes are at work.
        """
        left = self._left(chosen)
        return left is None or left > lanes

    def refuses(self, *, chosen: int) -> bool:
        """Whether not one message more may be sent, whatever it is; `spent` then says why."""
        left = self._left(chosen)
        if left is not None and left <= 0:
            self.use_up(chosen=chosen)
        elif is_quiet(self._pacing.quiet_hours, datetime.now().astimezone().time()):
            self.spent = "quiet hours have begun."
        return self.spent is not None

    def use_up(self, *, chosen: int) -> None:
        """Declare the budget used up: what is left of it is of no use."""
        left = self._left(chosen) or 0
        rest = (
            f"; the {left} left are too few for a probe and the controls after it" if left else ""
        )
        self.spent = f"the budget of {self._budget} messages is used up{rest}."

    def must_rest(self, lane: str, account: str) -> bool:
        """Whether the account that sends on a lane has sent all it may in a day."""
        daily = self._pacing.daily_budget
        if daily is None or self._sent_between(account, *last_day()) < daily:
            return False
        self._resting[lane] = account
        return True

    def is_resting(self, lane: str) -> bool:
        """Whether `must_rest` was said of a lane."""
        return lane in self._resting

    @property
    def rest(self) -> str | None:
        """Why lanes rest, in words; ``None`` if none does."""
        if not self._resting:
            return None
        accounts = ", ".join(map(repr, sorted(set(self._resting.values()))))
        return f"the daily budget of {self._pacing.daily_budget} messages is spent for {accounts}."

    def _left(self, chosen: int) -> int | None:
        return None if self._budget is None else self._budget - self._sent - chosen
