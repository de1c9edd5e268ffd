"""What an inbox is: the receiving end of a lane that is read over HTTP.

An inbox gives what has arrived since a cursor, and a new cursor::

    cursor = inbox.begin(None).cursor        # whatever is there already is old
    ...                                      # commit the cursor to the journal
    batch = inbox.look(cursor, wait_s=2.0)
    ...                                      # commit batch.arrivals and batch.cursor, together
    batch = inbox.look(batch.cursor)

Asking with a cursor says that everything up to it has been committed: services that delete what was
fetched delete it then, not before. So each arrival is given exactly once, whatever is interrupted,
provided that arrivals and cursor are committed in one transaction. Asking again with an old cursor
gives the same arrivals again.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import blake2b
from typing import Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from drivers.errors import ConfigError


class Change(StrEnum):
    """What happened to a message."""

    NEW = "new"
    EDITED = "edited"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Something that happened to a message of the lane's sender.

    Attributes:
        id: Which message; the same for its edits and its removal, on every look, in every run. It
            says nothing of the account.
        change: What happened to it.
        text: Its text, exact; after an edit the new one. ``None`` for a removal, and for a message
            that was removed before anybody could read it.
        served_at: When it happened, by the clock of the service; ``None`` where it does not say.
        seen_at: When it was first seen here.
    """

    id: str
    change: Change
    text: str | None = field(repr=False)
    served_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one look has brought.

    Attributes:
        arrivals: What happened, in the service's order.
        cursor: Where the next look goes on; to be kept with the arrivals. Opaque; holds no secret.
        ignored: How many other messages were seen: of other senders, or without text. If these
            come and arrivals do not, `sender` in the testbed is likely to be wrong.
    """

    arrivals: tuple[Arrival, ...]
    cursor: str = field(repr=False)
    ignored: int = 0


class Inbox(Protocol):
    """Gives what arrives from one sender in one chat; not to be shared between threads."""

    @property
    def name(self) -> str:
        """Its name in the testbed."""
        ...

    @property
    def tells_edits(self) -> bool:
        """Whether the service tells when a message was edited."""
        ...

    @property
    def tells_removals(self) -> bool:
        """Whether the service tells when a message was removed.

        Where it does not, that a message is still there is not observed.
        """
        ...

    def check(self) -> None:
        """See that the chat can be read, taking nothing from it.

        Raises:
            DriverError: As for `begin`.
        """
        ...

    def begin(self, cursor: str | None) -> Batch:
        """See that the chat can be read, and begin to read it.

        Args:
            cursor: Where an interrupted run stopped; ``None`` begins now: what is there is old.

        Returns:
            No arrivals, and the cursor to look with.

        Raises:
            NotLoggedIn: The token is refused.
            WrongChat: The account is not in the chat.
            Unreadable: The chat's texts cannot be read in this way.
            ConfigError: The cursor is not one of this inbox.
            DriverError: The server cannot be reached or understood.
        """
        ...

    def look(self, cursor: str, *, wait_s: float = 0.0) -> Batch:
        """What has arrived since a cursor.

        Args:
            cursor: That of the last batch that was committed.
            wait_s: How long the server may wait for something to arrive before it answers; where
                it cannot wait, the answer comes at once.

        Raises:
            ArrivalsLost: Something may have arrived that will not be seen; the next look goes on.
            DriverError: As for `begin`. Nothing is lost: ask again with the same cursor.
        """
        ...

    def close(self) -> None:
        """Close connections."""
        ...


class Cursor(BaseModel):
    """What a cursor is made of; each kind of inbox adds its own.

    Attributes:
        inbox: Name of the inbox it belongs to.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    inbox: str

    def __str__(self) -> str:
        return self.model_dump_json()


Position = TypeVar("Position", bound=Cursor)


def read_cursor(cursor: str, model: type[Position], name: str) -> Position:
    """Take a cursor apart.

    Raises:
        ConfigError: It is none, or that of another inbox.
    """
    try:
        position = model.model_validate_json(cursor)
    except ValidationError:
        position = None
    if position is None or position.inbox != name:
        raise ConfigError(
            f"{name}: the cursor kept for this inbox is not one of its own. Was the inbox renamed "
            "or its kind changed since the run began? Undo that, or begin a new run."
        )
    return position


def message_id(*parts: str | int) -> str:
    """A short, stable name for a message, from which the service's own cannot be told."""
    key = "\0".join(map(str, parts)).encode()
    return blake2b(key, digest_size=12).hexdigest()


def moment(milliseconds: float | None) -> datetime | None:
    """A time as services state it; ``None`` if it is absent or absurd."""
    try:
        return None if milliseconds is None else datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
