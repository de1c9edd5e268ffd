"""What a lane asks of whatever reads at its other end: a handset, or an inbox over HTTP."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from drivers.evidence import Exhibit
from drivers.incoming import Look, Past
from drivers.profile import ReadMode
from drivers.testbed import ReceiverConfig


class Receiver(Protocol):
    """Reads what arrives in one chat, in the order in which it arrives."""

    @property
    def config(self) -> ReceiverConfig:
        """Its testbed entry; of a handset, with its profile as it fits the app's version."""
        ...

    @property
    def read_mode(self) -> ReadMode:
        """How texts are read now."""
        ...

    @property
    def tells_removals(self) -> bool:
        """Whether it is seen that a message was removed.

        If not, that a message is still there is not observed.
        """
        ...

    @property
    def warnings(self) -> Sequence[str]:
        """What is to be said of it, once it is open."""
        ...

    def open(self, past: Past | None) -> str | None:
        """Begin to read.

        Args:
            past: What it had seen in a run that is resumed. What there is beyond is then new;
                otherwise all that is there is old.

        Returns:
            The cursor to be committed before the first look; ``None`` without one.

        Raises:
            DriverError: It cannot be read.
        """
        ...

    def close(self) -> None:
        """End sessions and connections."""
        ...

    def recover(self) -> None:
        """Be able to read again, with new sessions, keeping what is known to be there.

        Raises:
            DriverError: That is not possible.
        """
        ...

    def keep_alive(self) -> None:
        """Outlive a long pause.

        Raises:
            SessionLost: The session is gone nevertheless.
        """
        ...

    def exhibits(self) -> Iterator[Exhibit]:
        """Evidence of what goes on there, as far as it can be had now."""
        ...

    def look(self, *, expected: int, patience_s: float = 0.0) -> Look:
        """What has come in, was changed, or went, since the last look.

        What the last look has shown must have been committed, its cursor with it.

        Args:
            expected: Most messages that can have arrived since; if so many are found, and none
                that is known, the conversation need not be scrolled back to find the rest.
            patience_s: How long it may wait for something to come in, where waiting costs less
                than asking again.

        Raises:
            ReadModeChanged: Texts are read in another way from now on. What arrived since the last
                look may never be seen.
            ArrivalsLost: Likewise, at an inbox.
            DriverError: Nothing can be read now.
        """
        ...

    def look_back(self, place: int) -> Look:
        """A look that reaches back to a text that came in before, as far as that can be done.

        Raises:
            DriverError: As for `look`.
        """
        ...
