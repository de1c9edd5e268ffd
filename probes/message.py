"""A text to send, composed from entries."""

from collections.abc import Sequence
from dataclasses import dataclass

from results.record import MessageKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text to send.

    Attributes:
        kind: Why it is sent.
        text: The exact text.
        entries: Ids of the entries it carries; empty for controls and canaries.
    """

    kind: MessageKind
    text: str
    entries: tuple[str, ...] = ()


def compose(components: Sequence[str], joiner: str) -> str:
    """The text that carries components together.

    Args:
        components: The components of one entry, or of several.
        joiner: What the app profile puts between them.
    """
    return joiner.join(components)
