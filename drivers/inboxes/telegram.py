"""Reads what a Telegram bot is told: ``getUpdates`` of the Bot API.

After https://core.telegram.org/bots/api (`getUpdates`_, `Update`_, `ResponseParameters`_) and the
server's own source, tdlib/telegram-bot-api at 01a3679 (``Client.cpp``):

- "An update is considered confirmed as soon as getUpdates is called with an offset higher than its
  update_id": the server forgets it then. So only what has been committed is confirmed, by the next
  look. What nobody fetches is kept for 24 hours at most.
- "If there are no new updates for at least a week, then identifier of the next update will be
  chosen randomly." An offset beyond all there is gives what there is (``do_get_updates``), so
  whatever comes is new, also with a smaller identifier.
- A webhook, or a second program that polls for the same bot, is answered by 409.
- A question repeated within 3 s is answered after 3 s if there is nothing new.
- In groups a bot sees all messages only with privacy mode off, or as an administrator
  (`privacy mode`_); messages of other bots only with `bot-to-bot`_ mode on.
- Edits are told; that a message was deleted is told to no bot (but for business accounts).

.. _getUpdates: https://core.telegram.org/bots/api#getupdates
.. _Update: https://core.telegram.org/bots/api#update
.. _ResponseParameters: https://core.telegram.org/bots/api#responseparameters
.. _privacy mode: https://core.telegram.org/bots/features#privacy-mode
.. _bot-to-bot: https://core.telegram.org/api/bots/bot-to-bot
"""

from datetime import UTC, datetime
from typing import Final, Literal

import httpx
from pydantic import Field

from drivers.errors import DriverError, NotLoggedIn, Unreadable, WrongChat
from drivers.inboxes.answer import Answer, Table
from drivers.inboxes.errors import ArrivalsLost
from drivers.inboxes.inbox import Arrival, Batch, Change, Cursor, message_id, moment, read_cursor
from drivers.inboxes.service import Model, Service

_PAGE: Final = 100
_LONGEST_HOLD_S: Final = 50  # LONG_POLL_MAX_TIMEOUT of the server
_KEPT_S: Final = 24 * 60 * 60
_UPDATES: Final = '["message","edited_message"]'
_GROUPS: Final = frozenset({"group", "supergroup"})
_SEES_ALL: Final = frozenset({"creator", "administrator"})


class TelegramInbox:
    """Reads what one user writes to a bot, or to a group that the bot is in."""

    tells_edits = True
    tells_removals = False

    def __init__(self, service: Service, *, room: int, sender: int) -> None:
        """Read a chat.

        Args:
            service: The Bot API; it knows the placeholders ``token`` and ``room``.
            room: Id of the chat; in a private chat with the bot that is the user's id.
            sender: Id of the user whose messages count.
        """
        self._service = service
        self._room = room
        self._sender = sender
        self._told: str | None = None  # cursor after which it was said that messages may be lost

    @property
    def name(self) -> str:
        """Its name in the testbed."""
        return self._service.name

    def check(self) -> None:
        """See that the token is good and the bot may see the chat's messages."""
        bot = self._read("getMe", _BotAnswer).result
        chat = self._read("getChat", _ChatAnswer, {"chat_id": "{room}"}).result
        if chat.type in _GROUPS and not bot.can_read_all_group_messages:
            member = self._read(
                "getChatMember", _MemberAnswer, {"chat_id": "{room}", "user_id": bot.id}
            ).result
            if member.status not in _SEES_ALL:
                raise Unreadable(
                    f"{self.name}: the bot is in a group and its privacy mode is on, so it sees "
                    "next to nothing. Send /setprivacy to @BotFather, choose Disable, then take "
                    "the bot out of the group and add it again."
                )

    def begin(self, cursor: str | None) -> Batch:
        """See that the chat can be read; what came before is forgotten."""
        self.check()
        if cursor is not None:
            read_cursor(cursor, _Position, self.name)
            return Batch(arrivals=(), cursor=cursor)
        # A negative offset forgets all but the newest: what was said before the run is old.
        updates = self._updates(-1, wait_s=0.0)
        return Batch(arrivals=(), cursor=str(self._position(updates, 0)))

    def look(self, cursor: str, *, wait_s: float = 0.0) -> Batch:
        """What the sender has written or edited."""
        position = read_cursor(cursor, _Position, self.name)
        away_s = (datetime.now(UTC) - position.at).total_seconds()
        if away_s > _KEPT_S and self._told != cursor:
            self._told = cursor
            raise ArrivalsLost(
                f"{self.name}: nobody has asked for {away_s / 3600:.0f} hours, and Telegram keeps "
                "messages for 24. What was under way must be measured again."
            )
        self._service.pace()
        updates = self._updates(position.offset, wait_s=wait_s)
        now = datetime.now(UTC)
        found = [self._arrival(update, now) for update in updates]
        arrivals = tuple(each for each in found if each is not None)
        return Batch(
            arrivals=arrivals,
            cursor=str(self._position(updates, position.offset)),
            ignored=len(found) - len(arrivals),
        )

    def close(self) -> None:
        """Close connections."""
        self._service.close()

    def _updates(self, offset: int, *, wait_s: float) -> list["_Update"]:
        hold_s = min(round(wait_s), _LONGEST_HOLD_S)
        query: dict[str, str | int] = {
            "offset": offset,
            "limit": _PAGE,
            "timeout": hold_s,
            "allowed_updates": _UPDATES,
        }
        return self._read("getUpdates", _UpdatesAnswer, query, hold_s=hold_s).result

    def _position(self, updates: list["_Update"], offset: int) -> "_Position":
        if updates:
            offset = updates[-1].update_id + 1
        return _Position(inbox=self.name, offset=offset, at=datetime.now(UTC))

    def _arrival(self, update: "_Update", now: datetime) -> Arrival | None:
        """What an update means; ``None`` if it is not a text of the sender's in the chat."""
        change, message = Change.NEW, update.message
        if message is None:
            change, message = Change.EDITED, update.edited_message
        if message is None or message.chat.id != self._room:
            return None
        if message.migrate_to_chat_id is not None:
            raise WrongChat(
                f"{self.name}: the group has become a supergroup, which has another id. Put the "
                "new id (field migrate_to_chat_id of getUpdates) into `room` in the testbed, and "
                "begin a new run."
            )
        if message.sender is None or message.sender.id != self._sender or message.text is None:
            return None
        stated_s = message.date if change is Change.NEW else message.edit_date
        return Arrival(
            id=message_id(message.message_id),
            change=change,
            text=message.text,
            served_at=moment(None if stated_s is None else stated_s * 1000),
            seen_at=now,
        )

    def _read(
        self,
        method: str,
        model: type[Model],
        query: dict[str, str | int] | None = None,
        *,
        hold_s: float = 0.0,
    ) -> Model:
        answer = self._service.get(f"/bot{{token}}/{method}", query, hold_s=hold_s)
        if answer.status != httpx.codes.OK:
            raise self._refused(answer, method)
        return self._service.read(answer, model)

    def _refused(self, answer: Answer, method: str) -> DriverError:
        said = self._service.scrub(self._service.read(answer, _Refusal).description)
        if answer.status == httpx.codes.CONFLICT:
            return ArrivalsLost(
                self._service.refusal(
                    answer,
                    f"somebody else takes the bot's messages ({said}).",
                    "End the other program, or call deleteWebhook. What was under way must be "
                    "measured again.",
                )
            )
        # For a token that is not even of the right form, the answer is 404.
        if answer.status in {httpx.codes.UNAUTHORIZED, httpx.codes.NOT_FOUND}:
            return NotLoggedIn(
                self._service.refusal(
                    answer,
                    f"the token is refused ({said}).",
                    "Get the bot's token from @BotFather (/token), and set the variable to it.",
                )
            )
        if method in {"getChat", "getChatMember"}:
            return WrongChat(
                self._service.refusal(
                    answer,
                    f"the bot cannot see the chat ({said}).",
                    "Let the user send /start to the bot, or add the bot to the group; check "
                    "`room` in the testbed.",
                )
            )
        return self._service.bad(answer, said)


class _Position(Cursor):
    offset: int
    at: datetime


class _Chat(Table):
    id: int
    type: str


class _User(Table):
    id: int


class _Message(Table):
    message_id: int
    chat: _Chat
    sender: _User | None = Field(default=None, alias="from")
    date: int
    edit_date: int | None = None
    text: str | None = None
    migrate_to_chat_id: int | None = None


class _Update(Table):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None


class _UpdatesAnswer(Table):
    ok: Literal[True]
    result: list[_Update]


class _Bot(Table):
    id: int
    can_read_all_group_messages: bool = False


class _BotAnswer(Table):
    ok: Literal[True]
    result: _Bot


class _ChatAnswer(Table):
    ok: Literal[True]
    result: _Chat


class _Member(Table):
    status: str


class _MemberAnswer(Table):
    ok: Literal[True]
    result: _Member


class _Refusal(Table):
    ok: Literal[False]
    description: str
