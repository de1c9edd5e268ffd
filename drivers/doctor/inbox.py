"""Checks of an inbox: whether it can be read. Nothing is taken from it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drivers.doctor.finding import Check, Result, ok
from drivers.inboxes.inbox import Inbox
from drivers.inboxes.open_inbox import open_inbox
from drivers.testbed import InboxEnd


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPatient:
    """An inbox under examination.

    Attributes:
        config: The inbox.
        folder: Where logs are kept; nothing of a run's is in it.
        wait: Waits a number of seconds.
    """

    config: InboxEnd
    folder: Path
    wait: Callable[[float], object]

    @contextmanager
    def opened(self) -> Iterator[Inbox]:
        """The inbox; nothing has been asked yet."""
        inbox = open_inbox(
            self.config.inbox, folder=self.folder, environ=os.environ, wait=self.wait
        )
        try:
            yield inbox
        finally:
            inbox.close()


def _secrets(patient: InboxPatient) -> Result:
    with patient.opened():
        inbox = patient.config.inbox
        names = [name for name in (inbox.token_env, inbox.number_env) if name is not None]
    return ok(f"set: {', '.join(names)}" if names else "it needs none")


def _inbox(patient: InboxPatient) -> Result:
    with patient.opened() as inbox:
        inbox.check()
        kind = patient.config.inbox.kind
        told = [
            name
            for name, is_told in (("edits", inbox.tells_edits), ("removals", inbox.tells_removals))
            if is_told
        ]
    return ok(f"{kind}: the chat can be read; it tells of: {', '.join(('messages', *told))}")


INBOX_CHECKS: Final[tuple[Check[InboxPatient], ...]] = (
    Check(
        name="secrets",
        look=_secrets,
        remedy="Set it for this run only, from a password store.",
        needs=("testbed",),
    ),
    Check(
        name="inbox",
        look=_inbox,
        remedy="docs/inboxes.md has the set-up and the traps of each kind.",
        needs=("secrets",),
    ),
)
"""Of an inbox that reads in a handset's place."""
