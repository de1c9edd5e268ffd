"""A receiver that is an inbox: it reads over HTTP what an account is sent."""

from collections.abc import Iterator, Sequence

from drivers.errors import DriverError
from drivers.evidence import Exhibit
from drivers.inboxes.inbox import Arrival, Batch, Change, Inbox
from drivers.incoming import Incoming, Look, Past
from drivers.profile import ReadMode
from drivers.testbed import InboxEnd


class InboxReceiver:
    """Gives what an inbox brings, each message with its place in the order of arrival.

    What a look has brought must be committed, the cursor with it, before the next one: an inbox
    may forget it then.
    """

    def __init__(self, config: InboxEnd, inbox: Inbox) -> None:
        """Read an inbox; nothing is asked before `open`.

        Args:
            config: Its testbed entry.
            inbox: The inbox.
        """
        self.config = config
        self.warnings: Sequence[str] = ()
        self._inbox = inbox
        self._cursor: str | None = None
        self._texts: dict[int, str] = {}  # of what is there, by place
        self._places: dict[str, int] = {}  # of all that came in, by the message's id
        self._next_place = 0

    @property
    def read_mode(self) -> ReadMode:
        """Over HTTP, whatever the service."""
        return ReadMode.INBOX

    @property
    def tells_removals(self) -> bool:
        """Whether the service tells them."""
        return self._inbox.tells_removals

    def open(self, past: Past | None = None) -> str | None:
        """See that the chat can be read.

        Args:
            past: What had been seen in a run that is resumed.

        Returns:
            The cursor to be committed before the first look.

        Raises:
            DriverError: It cannot be read, or the server not be reached.
            ConfigError: The cursor is not one of this inbox.
        """
        for each in () if past is None else past.arrived:
            self._places[each.message_id or ""] = each.place
            self._texts[each.place] = each.text
            self._next_place = max(self._next_place, each.place + 1)
        for place in frozenset() if past is None else past.gone:
            self._texts.pop(place, None)
        self._cursor = self._inbox.begin(None if past is None else past.cursor).cursor
        return self._cursor

    def close(self) -> None:
        """Close connections."""
        self._inbox.close()

    def recover(self) -> None:
        """See that it can be read again from where it stopped; there is no session to build.

        Raises:
            DriverError: It cannot.
        """
        self._inbox.begin(self._read_to())

    def keep_alive(self) -> None:
        """It needs nothing to live on."""

    def exhibits(self) -> Iterator[Exhibit]:
        """There is nothing to show that would not name people."""
        return iter(())

    def look(self, *, expected: int, patience_s: float = 0.0) -> Look:
        """What has come in, was changed, or went, since the last look.

        Raises:
            ArrivalsLost: Something may have come in that will not be seen.
            DriverError: It cannot be read now; nothing is lost.
        """
        del expected  # all that came in is told, however much it is
        batch = self._inbox.look(self._read_to(), wait_s=patience_s)
        incoming = list(self._told(batch))
        self._cursor = batch.cursor
        there = frozenset(self._texts) if self.tells_removals else frozenset()
        return Look(incoming=incoming, still_there=there, cursor=batch.cursor)

    def look_back(self, place: int) -> Look:
        """A look: it tells of removals, however long ago the message came in.

        Raises:
            DriverError: As for `look`.
        """
        del place
        return self.look(expected=0)

    def _read_to(self) -> str:
        if self._cursor is None:
            raise DriverError(f"{self.config.name}: call open() before look().")
        return self._cursor

    def _told(self, batch: Batch) -> Iterator[Incoming]:
        for arrival in batch.arrivals:
            place = self._places.get(arrival.id)
            if place is None and arrival.change is Change.NEW:
                yield from self._came(arrival)
            elif place is None or place not in self._texts:
                continue  # from before the run, or gone already
            elif arrival.change is Change.REMOVED:
                yield self._incoming(arrival, place, self._texts.pop(place), is_gone=True)
            elif arrival.text is not None and arrival.text != self._texts[place]:
                self._texts[place] = arrival.text
                yield self._incoming(arrival, place, arrival.text, is_edited=True)

    def _came(self, arrival: Arrival) -> Iterator[Incoming]:
        """A message that was not known; one that cannot be read any more is gone at once."""
        place, self._next_place = self._next_place, self._next_place + 1
        self._places[arrival.id] = place
        yield self._incoming(arrival, place, arrival.text or "")
        if arrival.text is None:
            yield self._incoming(arrival, place, "", is_gone=True)
        else:
            self._texts[place] = arrival.text

    def _incoming(
        self,
        arrival: Arrival,
        place: int,
        text: str,
        *,
        is_gone: bool = False,
        is_edited: bool = False,
    ) -> Incoming:
        return Incoming(
            place=place,
            text=text,
            seen_at=arrival.seen_at,
            is_gone=is_gone,
            is_edited=is_edited,
            read_mode=self.read_mode,
            message_id=arrival.id,
        )
