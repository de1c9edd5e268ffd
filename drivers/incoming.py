"""What a receiver of a lane has seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from drivers.profile import ReadMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A text seen at a receiver for the first time, or seen to be changed or gone.

    Attributes:
        place: Order of arrival at the receiver, counted from 0.
        text: The text, exact unless it was read by OCR. Empty for one that was removed before
            anybody could read it.
        seen_at: When it was first seen; of one that is changed or gone, when that was seen.
        is_gone: Whether it had arrived and is no longer there.
        is_edited: Whether it had arrived and reads differently now.
        read_mode: How it was read.
        message_id: What names it for good at an inbox; ``None`` on a screen.
    """

    place: int
    text: str
    seen_at: datetime
    is_gone: bool = False
    is_edited: bool = False
    read_mode: ReadMode = ReadMode.TREE
    message_id: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether it came in, and was not there before."""
        return not (self.is_gone or self.is_edited)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look at a receiver has shown.

    Attributes:
        incoming: What came in, was changed, or went, since the last look.
        still_there: Places of texts that had come in before and were seen to be there now.
        cursor: Where an inbox goes on; to be committed together with what came in, before the next
            look. ``None`` for what is read from a screen.
    """

    incoming: Sequence[Incoming] = ()
    still_there: frozenset[int] = frozenset()
    cursor: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What a receiver had seen in a run that was interrupted.

    Attributes:
        arrived: What had arrived, in the order of arrival, that which has gone since included.
        gone: Places of what has gone since.
        cursor: Where an inbox stopped.
    """

    arrived: Sequence[Incoming] = ()
    gone: frozenset[int] = frozenset()
    cursor: str | None = field(default=None, repr=False)
