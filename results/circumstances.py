"""Under what runs can be compared: a condition, whatever version the app has."""

from dataclasses import dataclass

from results.record import Condition
from results.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """A condition whatever version the app has: what repeated runs have in common.

    Attributes:
        app: Name of the app profile.
        chat: Direct or group chat.
        sender_region: Region of the sender's account.
        receiver_region: Region of the receiver's account.
    """

    app: str
    chat: str
    sender_region: str
    receiver_region: str

    @classmethod
    def of(cls, condition: Condition) -> "Circumstances":
        """Leave the version out."""
        return cls(
            app=condition.app,
            chat=condition.chat.value,
            sender_region=condition.sender_region,
            receiver_region=condition.receiver_region,
        )

    @classmethod
    def from_row(cls, row: Row) -> "Circumstances":
        """Read it from a row that holds a condition."""
        return cls(
            app=row.text("app"),
            chat=row.text("chat"),
            sender_region=row.text("sender_region"),
            receiver_region=row.text("receiver_region"),
        )

    def __str__(self) -> str:
        return f"{self.app}, {self.chat} chat, {self.sender_region} → {self.receiver_region}"
