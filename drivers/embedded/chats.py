"""The chats of the embedded network, as the testbed has them."""

from collections.abc import Iterator
from dataclasses import dataclass

from drivers.testbed import HandsetConfig, ReceiverConfig, Testbed


@dataclass(frozen=True, slots=True, kw_only=True)
class Chat:
    """A chat between the two ends of a lane, and those who observe it in a group.

    Attributes:
        id: ``<lane>/<kind>``.
        kind: ``direct`` or ``group``.
        ends: Sender and receiver, then the observers: handsets, and inboxes of accounts.
        titles: Its title at each of them.
    """

    id: str
    kind: str
    ends: tuple[ReceiverConfig, ...]
    titles: tuple[str, ...]

    def other(self, handset: str) -> ReceiverConfig:
        """The other end of the lane."""
        return next(end for end in self.ends if end.name != handset)

    def observers(self, handset: str) -> tuple[ReceiverConfig, ...]:
        """All others who get what a handset sends."""
        return tuple(x for x in self.ends if x.name not in {handset, self.other(handset).name})

    def end(self, handset: str) -> ReceiverConfig:
        """The one of this name."""
        return next(end for end in self.ends if end.name == handset)

    def title(self, handset: str) -> str:
        """Its title on a handset."""
        return next(
            title for end, title in zip(self.ends, self.titles, strict=True) if end.name == handset
        )


def chats_of(testbed: Testbed) -> Iterator[Chat]:
    """The chats that embedded handsets send in."""
    for lane in testbed.lanes:
        if not lane.sender.is_embedded:
            continue
        # What reads over HTTP is on the network as well: somebody has to serve it from there.
        for chat in lane.chats:
            others = [
                each
                for each in lane.receivers(chat.kind)
                if not isinstance(each, HandsetConfig) or each.is_embedded
            ]
            if lane.receiver in others:
                yield Chat(
                    id=f"{lane.name}/{chat.kind}",
                    kind=chat.kind,
                    ends=(lane.sender, *others),
                    titles=(chat.sender_title, *(chat.receiver_title for _ in others)),
                )
