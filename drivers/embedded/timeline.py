"""The rows of a conversation: its messages, and what an app puts between them."""

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Final

from drivers.embedded.network import Item
from drivers.embedded.scene import Row, RowKind, SeenRow

ITEMS_A_DAY: Final = 9
"""How many messages and events pass until an app shows a new date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A conversation as an app shows it.

    Attributes:
        items: Messages and events, oldest first.
        has_dividers: Whether dates and the unread divider are shown.
        unread_from: Place of the first message that was not read when the chat was opened;
            ``None`` if all were.
        fold_at: Longest text that is shown whole, in characters; ``None`` for any.
        unfolded: Ids of messages that were opened.
        sender: Name of who wrote a message, where one is shown.
    """

    items: Sequence[Item]
    has_dividers: bool
    unread_from: int | None
    fold_at: int | None
    unfolded: Set[int]
    sender: Callable[[Item], str]

    def newest_first(self) -> Iterator[Row]:
        """All rows, from the bottom to the top."""
        for number in reversed(range(len(self.items))):
            item = self.items[number]
            if item.is_event:
                yield Row(kind=RowKind.EVENT, item=item)
            else:
                yield self._message(item)
            if self.has_dividers:
                yield from self._above(item, self.items[number - 1] if number else None)

    def height(self, height_of: Callable[[Row], int]) -> int:
        """Height of the whole conversation, in pixels."""
        return sum(map(height_of, self.newest_first()))

    def in_sight(
        self, height_of: Callable[[Row], int], *, top: int, bottom: int, scrolled_px: int
    ) -> Iterator[SeenRow]:
        """The rows in sight, oldest first.

        Args:
            height_of: Height of a row, in pixels.
            top: Upper edge of the list.
            bottom: Its lower edge.
            scrolled_px: How far it is scrolled towards older messages.
        """
        seen = []
        lower = bottom + scrolled_px
        for row in self.newest_first():
            upper = lower - height_of(row)
            if upper < bottom and lower > top:
                seen.append(SeenRow(row=row, top=upper, bottom=lower))
            lower = upper
            if lower <= top:
                break
        return reversed(seen)

    def _message(self, item: Item) -> Row:
        is_long = self.fold_at is not None and len(item.text) > self.fold_at
        return Row(
            kind=RowKind.MESSAGE,
            item=item,
            is_folded=is_long and item.id not in self.unfolded,
            sender="" if item.is_own else self.sender(item),
        )

    def _above(self, item: Item, before: Item | None) -> Iterator[Row]:
        is_unread = self.unread_from is not None and item.place >= self.unread_from
        if is_unread and (before is None or before.place < (self.unread_from or 0)):
            yield Row(kind=RowKind.UNREAD)
        day = item.place // ITEMS_A_DAY
        if before is None or before.place // ITEMS_A_DAY != day:
            yield Row(kind=RowKind.DATE, day=day)
