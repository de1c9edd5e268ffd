"""Which messages that arrived are looked for once more, since a filter may remove what it let pass.

A look shows the newest messages of a chat, so most second looks cost nothing: the message is still
in sight when its time has come. For the rest the chat is scrolled back, for all that are due at
once.
"""

from datetime import UTC, datetime, timedelta


class SecondLooks:
    """Messages of a lane that arrived, by the place of their arrival."""

    def __init__(self, window_s: float) -> None:
        """Expect none yet.

        Args:
            window_s: How long after its arrival a message is looked for again; 0 for never.
        """
        self._window = timedelta(seconds=window_s)
        self._arrived: dict[int, datetime] = {}

    def __bool__(self) -> bool:
        """Whether a message is still to be looked for."""
        return bool(self._arrived)

    @property
    def is_on(self) -> bool:
        """Whether messages are looked for at all."""
        return bool(self._window)

    def expect(self, place: int, arrived_at: datetime) -> None:
        """Look for a message again."""
        self._arrived[place] = arrived_at

    def forget(self, place: int) -> bool:
        """Look for it no more; whether it was to be looked for."""
        return self._arrived.pop(place, None) is not None

    def due(self) -> list[int]:
        """Places of the messages whose time has come, the oldest first."""
        now = datetime.now(UTC)
        return sorted(
            place for place, arrived_at in self._arrived.items() if now >= arrived_at + self._window
        )

    def left_s(self) -> float:
        """How long it is until the time of the next one comes, in seconds."""
        if not self._arrived:
            return 0.0
        left = min(self._arrived.values()) + self._window - datetime.now(UTC)
        return max(0.0, left.total_seconds())
