"""Keeps what a service has handed out and deleted, until it is committed elsewhere.

signal-cli deletes a message from the server when it hands it out. So an arrival is written to disk
before anybody sees it, and crossed out when the next look shows that the journal has it. A mark is
set before each request and taken away after: if it is found set, the answer to a request was lost.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.errors import ConfigError, DriverError
from drivers.inboxes.inbox import Arrival, Change

_MOST_VERSIONS = 500
_NO_FILE = "the file that says what was handed out last is not there, or is an older one"
_NO_ANSWER = "the run was interrupted while messages were being handed out"


class Kept(BaseModel):
    """An arrival on disk.

    Attributes:
        number: Its place among all arrivals of the inbox, counted from 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    number: int
    id: str
    change: Change
    text: str | None
    served_at: datetime | None
    seen_at: datetime

    def to_arrival(self) -> Arrival:
        """The arrival."""
        return Arrival(
            id=self.id,
            change=self.change,
            text=self.text,
            served_at=self.served_at,
            seen_at=self.seen_at,
        )


class _State(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    is_asking: bool = False
    lack: str = ""
    last: int = 0
    kept: list[Kept] = Field(default_factory=list)
    originals: dict[str, str] = Field(default_factory=dict)


class Spool:
    """A file with what was handed out; nobody but its owner may read it."""

    def __init__(self, folder: Path, name: str) -> None:
        """Keep arrivals in a folder that outlives the process: the run's.

        Args:
            folder: The folder.
            name: Name of the inbox; the file is called by it.
        """
        self._name = name
        self._path = folder / f"inbox-{name}.json"
        self._opened: _State | None = None

    def open(self, taken: int | None) -> None:
        """Read what is there.

        Args:
            taken: Number of the last arrival that was committed; ``None`` forgets everything.

        Raises:
            ConfigError: The file is damaged.
        """
        try:
            state = _State.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            # With a cursor, but without a file, nobody knows what was handed out last.
            state = _State(last=taken or 0, lack="" if taken is None else _NO_FILE)
        except ValidationError:
            raise ConfigError(
                f"{self._name}: {self._path} is damaged, so nobody knows what has arrived. Begin "
                "a new run, in another folder."
            ) from None
        if taken is None:
            state = _State(last=state.last)
        elif state.is_asking:
            state.lack = _NO_ANSWER
        elif taken > state.last:
            state.lack = _NO_FILE
        state.is_asking = False
        state.last = max(state.last, taken or 0)
        self._opened = state
        self._write()

    @property
    def last(self) -> int:
        """Number of the newest arrival."""
        return self._state.last

    def asking(self) -> None:
        """Note that a request is about to be made."""
        if self._state.is_asking:
            self._state.lack = _NO_ANSWER
        self._state.is_asking = True
        self._write()

    def answered(self, arrivals: Iterable[Arrival] = (), *, lack: str = "") -> None:
        """Keep what a request has brought.

        Args:
            arrivals: It.
            lack: Why there may have been more; empty if that was all.
        """
        for arrival in arrivals:
            self._state.last += 1
            self._state.kept.append(
                Kept(
                    number=self._state.last,
                    id=arrival.id,
                    change=arrival.change,
                    text=arrival.text,
                    served_at=arrival.served_at,
                    seen_at=arrival.seen_at,
                )
            )
        self._state.is_asking = False
        self._state.lack = lack or self._state.lack
        self._write()

    def tell_lack(self) -> str:
        """Why something may be lacking, told once; empty if nothing is."""
        lack = self._state.lack
        if lack:
            self._state.lack = ""
            self._write()
        return lack

    def since(self, taken: int) -> list[Kept]:
        """Arrivals after one; that one and those before it are forgotten."""
        left = [each for each in self._state.kept if each.number > taken]
        if len(left) < len(self._state.kept):
            self._state.kept = left
            self._write()
        return left

    def original(self, version: str) -> str:
        """Which message a version of it belongs to."""
        return self._state.originals.get(version, version)

    def note_version(self, version: str, original: str) -> None:
        """Note that something is a version of a message; written with the next change."""
        originals = self._state.originals
        originals[version] = original
        while len(originals) > _MOST_VERSIONS:
            del originals[next(iter(originals))]

    @property
    def _state(self) -> _State:
        if self._opened is None:
            # To write now would cross out what was never told.
            raise DriverError(f"{self._name}: call begin() before look().")
        return self._opened

    def _write(self) -> None:
        """Replace the file, so that it is whole whenever the power fails."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(".draft")
        with suppress(FileNotFoundError):
            draft.unlink()
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._state.model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
