"""A text to send, composed from entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from drivers.testbed import LaneConfig
from results.record import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to send.

    Attributes:
        kind: Why it is sent.
        text: The exact text.
        entries: Ids of the entries it carries; empty for controls, and canaries sent alone.
    """

    kind: MessageKind
    text: str
    entries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What fits into a message.

    Attributes:
        characters: Longest text the app sends whole.
        joiner: What is put between components and between entries.
    """

    characters: int
    joiner: str


def room_of(lanes: Sequence[LaneConfig]) -> Room:
    """What fits into a message on all of some lanes."""
    profiles = [lane.sender.profile for lane in lanes]
    return Room(
        characters=min(profile.longest_message for profile in profiles),
        joiner=profiles[0].joiner,
    )


def compose(components: Sequence[str], joiner: str) -> str:
    """The text that carries components together.

    Args:
        components: The components of one entry, or of several.
        joiner: What the app profile puts between them.
    """
    return joiner.join(components)
