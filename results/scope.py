"""Which runs are exported, and under which conditions."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from results.errors import JournalError
from results.journal import LATEST, Journal
from results.record import ChatKind, Condition, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A choice of runs and conditions.

    Attributes:
        runs: Ids of runs, beginnings of ids, or ``latest``; none: all runs of the range, or the
            latest run if there is no range either.
        since: Runs that began at or after this.
        until: Runs that began before this.
        app: Only attempts under a condition with this app; ``None``: any.
        chat: The same for the kind of chat.
        sender_region: The same for the region of the sender's account.
        receiver_region: The same for that of the receiver's.
    """

    runs: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    app: str | None = None
    chat: ChatKind | None = None
    sender_region: str | None = None
    receiver_region: str | None = None

    def find(self, journal: Journal) -> list[Run]:
        """Find the runs, the oldest first.

        Raises:
            JournalError: There are none, or one that is named is not there.
        """
        if not self.runs and self.since is None and self.until is None:
            return [journal.run(LATEST)]
        named = [journal.run(each) for each in self.runs] if self.runs else journal.runs()
        found = {
            run.id: run
            for run in named
            if (self.since is None or run.started_at >= self.since)
            and (self.until is None or run.started_at < self.until)
        }
        if not found:
            raise JournalError(
                f"{journal.path} has no run that began {self._range}; `undelivered runs` lists them"
            )
        return sorted(found.values(), key=lambda run: (run.started_at, run.id))

    @property
    def holds_all(self) -> bool:
        """Whether no condition is asked for."""
        wishes = (self.app, self.chat, self.sender_region, self.receiver_region)
        return all(wish is None for wish in wishes)

    def holds(self, condition: Condition) -> bool:
        """Whether a condition is among those asked for."""
        return (
            self.app in {None, condition.app}
            and self.chat in {None, condition.chat}
            and self.sender_region in {None, condition.sender_region}
            and self.receiver_region in {None, condition.receiver_region}
        )

    @property
    def _range(self) -> str:
        ends = (("since", self.since), ("before", self.until))
        return " and ".join(f"{word} {end:%Y-%m-%d %H:%M} UTC" for word, end in ends if end)


def moment(text: str) -> datetime:
    """Read a date (its first moment) or a time, in UTC unless it says otherwise.

    Raises:
        ValueError: It is neither.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        time = datetime.fromisoformat(text)
        return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
