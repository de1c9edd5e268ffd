"""Reads what has arrived in the notifications of the app, as Appium's settings app keeps them.

That app keeps the last 100 notifications that were posted, also those that were replaced or read
since. An app posts none for a chat that is open, so the chat is left and the app sent to the
background.
"""

import re
from dataclasses import dataclass
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.conversation import Overlay, overlay
from drivers.end import End
from drivers.errors import DriverError, SessionLost, Unreadable
from drivers.profile import ReadMode

KEPT: Final = 100
"""How many notifications Appium's settings app keeps."""

_HOME = 3  # android.view.KeyEvent.KEYCODE_HOME


@dataclass(frozen=True, slots=True)
class _Post:
    """One posting of a notification; one that is posted again has another time."""

    key: str
    time_ms: int


class NotificationReader:
    """Reads exact texts, as far as notifications show them."""

    def __init__(self, handset: End, title: str) -> None:
        """Read a chat.

        Args:
            handset: Where it is read.
            title: Its title there, which its notifications bear as well.
        """
        self._handset = handset
        self._title = title
        self._text = re.compile(handset.config.profile.notification_text)
        self._seen: set[_Post] = set()
        self._is_resumed = False

    @property
    def mode(self) -> ReadMode:
        """How it reads."""
        return ReadMode.NOTIFICATIONS

    @property
    def needs_chat(self) -> bool:
        """An app posts no notification for a chat that is open."""
        return False

    @property
    def tells_removals(self) -> bool:
        """A notification that was posted stays."""
        return False

    def begin(self, *, is_resumed: bool) -> tuple[str, ...]:
        """Leave the chat; what was posted before is old, unless a run is resumed."""
        self.go_on()
        self._is_resumed = is_resumed
        self._seen = set() if is_resumed else {_post(each) for each in self._posted()}
        return ()

    def go_on(self) -> None:
        """Leave the chat and the app."""
        self._handset.go_back()
        self._handset.mobile("pressKey", keycode=_HOME)

    def look(self, known: tuple[str, ...], *, expected: int) -> Overlay:
        """What was posted since the last look; a message that is gone cannot be noticed."""
        del expected  # all that was posted is kept, wherever one looks
        posted = self._posted()
        if self._seen and len(posted) >= KEPT and not any(_post(p) in self._seen for p in posted):
            raise DriverError(
                f"{self._handset.config.name}: {len(posted)} notifications were posted since the "
                "last look, and only so many are kept: some may be lost. Mute all other apps, and "
                "the app's other chats."
            )
        new = [each for each in posted if _post(each) not in self._seen]
        self._seen.update(map(_post, new))
        texts = tuple(text for each in reversed(new) if (text := self._message(each)) is not None)
        if self._is_resumed:
            self._is_resumed = False
            return overlay(known, texts)
        return Overlay.of_new(texts, len(known), is_joined=True)

    def look_back(self, known: tuple[str, ...], place: int) -> Overlay:
        """What was posted since the last look; that a message is still there is not seen."""
        del place
        return self.look(known, expected=0)

    def _message(self, each: "_Notification") -> str | None:
        """The text of a message of the chat; ``None`` for anything else."""
        if each.package != self._handset.config.profile.package or each.is_group:
            return None
        content = each.notification
        shown = content.big_text or content.text
        if shown is None or self._title not in {content.title, content.big_title}:
            return None
        match = self._text.fullmatch(shown)
        return None if match is None else match["text"]

    def _posted(self) -> tuple["_Notification", ...]:
        """All notifications that are kept, the newest first."""
        place = f"{self._handset.config.name}: the notifications cannot be read"
        try:
            answer = self._handset.mobile("getNotifications")
            return _Answer.model_validate(answer).posted
        except SessionLost:
            raise
        except DriverError as error:
            raise Unreadable(
                f"{place} ({error}). Allow Appium Settings to read notifications, in the handset's "
                "settings under “notification access”."
            ) from error
        except ValidationError as error:
            raise Unreadable(f"{place}: the answer is not understood: {error}") from error


class _Table(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Content(_Table):
    title: str | None = None
    big_title: str | None = Field(default=None, alias="bigTitle")
    text: str | None = None
    big_text: str | None = Field(default=None, alias="bigText")


class _Notification(_Table):
    package: str = Field(alias="packageName")
    key: str
    post_time: int = Field(alias="postTime")
    is_group: bool = Field(default=False, alias="isGroup")
    notification: _Content


class _Answer(_Table):
    posted: tuple[_Notification, ...] = Field(alias="statusBarNotifications")


def _post(notification: _Notification) -> _Post:
    return _Post(notification.key, notification.post_time)
