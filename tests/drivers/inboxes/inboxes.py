"""Inboxes as a testbed would make them, and the journal that they are read into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from drivers.inboxes.config import InboxTable
from drivers.inboxes.errors import ArrivalsLost
from drivers.inboxes.inbox import Arrival, Batch, Inbox
from drivers.inboxes.open_inbox import open_inbox
from tests.drivers.inboxes import answers
from tests.drivers.inboxes.contract import Waits

TOKEN = "987654321:AAF-VERYSECRET_token"
ENVIRON = {"INBOX_TOKEN": TOKEN, "INBOX_NUMBER": answers.NUMBER}


def open_table(
    table: Mapping[str, Any],
    waits: Waits,
    folder: Path = Path(),
    environ: Mapping[str, str] = ENVIRON,
) -> Inbox:
    """An inbox from a table ``[[inbox]]``."""
    parsed = InboxTable.model_validate({"name": "outside", "account": "de-1", **table})
    assert list(parsed.problems({"de-1"})) == []
    return open_inbox(
        parsed.to_inbox(), folder=folder, environ=environ, wait=waits, clock=waits.clock
    )


def telegram(url: str, waits: Waits, **keys: str) -> Inbox:
    """A Telegram inbox of the contract server's group."""
    table = {
        "kind": "telegram",
        "url": url,
        "token_env": "INBOX_TOKEN",
        "room": str(answers.CHAT_ID),
        "sender": str(answers.SENDER_ID),
    }
    return open_table({**table, **keys}, waits)


def signal(url: str, waits: Waits, folder: Path, **keys: str | None) -> Inbox:
    """A Signal inbox of the contract server's group."""
    table = {
        "kind": "signal",
        "url": url,
        "number_env": "INBOX_NUMBER",
        "room": answers.GROUP,
        "sender": answers.SENDER_NUMBER,
    }
    return open_table({**table, **keys}, waits, folder)


@dataclass
class Ledger:
    """Commits arrivals together with the cursor, as the journal does."""

    inbox: Inbox
    cursor: str = ""
    arrivals: list[Arrival] = field(default_factory=list)
    gaps: int = 0

    def begin(self) -> None:
        self.cursor = self.inbox.begin(self.cursor or None).cursor

    def look(self) -> Batch | None:
        """Look and commit; ``None`` where something may be lost."""
        try:
            batch = self.inbox.look(self.cursor)
        except ArrivalsLost:
            self.gaps += 1
            return None
        self.arrivals += batch.arrivals
        self.cursor = batch.cursor
        return batch

    def restart(self, inbox: Inbox) -> None:
        """Go on with another inbox, as a resumed run does."""
        self.inbox.close()
        self.inbox = inbox
        self.begin()

    def told(self) -> list[tuple[str, str | None]]:
        return [(each.change.value, each.text) for each in self.arrivals]
