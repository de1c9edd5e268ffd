"""The shapes of answers, as the services document them, each with its source.

None was recorded from a live service. Fields that the inbox does not read are kept: it must not
stumble over them.
"""

from typing import Any

SENDER_ID = 5005005
BOT_ID = 123456789
CHAT_ID = -1001234567890
NUMBER = "+491700000001"
SENDER_NUMBER = "+491700000002"
SENDER_UUID = "11111111-2222-3333-4444-555555555555"
GROUP = "uLsHEGqNsaQwUDGEqP2Dxh3ZsXJcHqWmEHVtK1BQxVM="


def bot(*, sees_all: bool) -> dict[str, Any]:
    """`getMe`: core.telegram.org/bots/api#user; tdlib/telegram-bot-api Client.cpp, JsonUser."""
    return {
        "id": BOT_ID,
        "is_bot": True,
        "first_name": "Listener",
        "username": "a_listener_bot",
        "can_join_groups": True,
        "can_read_all_group_messages": sees_all,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def message(number: int, text: str | None, *, sender: int, chat: int, date: int) -> dict[str, Any]:
    """`Message`: core.telegram.org/bots/api#message; without text it is a photo, say."""
    content = {"photo": [{"file_id": "x", "width": 9, "height": 9}]} if text is None else {}
    return {
        "message_id": number,
        "from": {"id": sender, "is_bot": False, "first_name": "A", "language_code": "en"},
        "chat": {"id": chat, "title": "T", "type": "supergroup"},
        "date": date,
        **({} if text is None else {"text": text}),
        **content,
    }


def refusal(code: int, description: str, **parameters: int) -> dict[str, Any]:
    """An error: core.telegram.org/bots/api#making-requests; tdlib Query.h, JsonQueryError."""
    error: dict[str, Any] = {"ok": False, "error_code": code, "description": description}
    return {**error, "parameters": parameters} if parameters else error


def about(mode: str) -> dict[str, Any]:
    """`GET /v1/about`: bbernhard/signal-cli-rest-api src/client/client.go, type About."""
    return {
        "versions": ["v1", "v2"],
        "build": 2,
        "mode": mode,
        "version": "0.100",
        "capabilities": {"v2/send": ["quotes", "mentions"]},
    }


def data(timestamp: int, text: str | None, *, group: str | None = GROUP) -> dict[str, Any]:
    """A message: AsamK/signal-cli json/JsonDataMessage.java, JsonGroupInfo.java."""
    grouped = {"groupId": group, "groupName": "G", "revision": 3, "type": "DELIVER"}
    return {
        "timestamp": timestamp,
        "message": text,
        "expiresInSeconds": 0,
        "isExpirationUpdate": False,
        "viewOnce": False,
        **({} if group is None else {"groupInfo": grouped}),
    }


def removal(timestamp: int, target: int) -> dict[str, Any]:
    """A removal: AsamK/signal-cli json/JsonRemoteDelete.java."""
    return {**data(timestamp, None), "remoteDelete": {"timestamp": target}}


def admin_removal(timestamp: int, target: int) -> dict[str, Any]:
    """A removal by an administrator: AsamK/signal-cli json/JsonAdminDelete.java."""
    target_of = {
        "targetAuthor": SENDER_NUMBER,
        "targetAuthorNumber": SENDER_NUMBER,
        "targetAuthorUuid": SENDER_UUID,
        "targetSentTimestamp": target,
    }
    return {**data(timestamp, None), "adminDelete": target_of}


def received(
    content: dict[str, Any],
    *,
    kind: str = "dataMessage",
    number: str | None = SENDER_NUMBER,
    uuid: str | None = SENDER_UUID,
) -> dict[str, Any]:
    """What signal-cli prints: json/JsonReceiveMessageHandler.java, JsonMessageEnvelope.java."""
    timestamp = content.get("timestamp", 1_760_000_000_000)
    return {
        "envelope": {
            "source": number or uuid,
            "sourceNumber": number,
            "sourceUuid": uuid,
            "sourceName": "A",
            "sourceDevice": 1,
            "timestamp": timestamp,
            "serverReceivedTimestamp": timestamp + 120,
            "serverDeliveredTimestamp": timestamp + 240,
            kind: content,
        },
        "account": NUMBER,
    }


def undecryptable(*, number: str | None, uuid: str | None) -> dict[str, Any]:
    """A message that cannot be decrypted: json/JsonError.java; the envelope has no content."""
    answer = received({"timestamp": 1_760_000_000_000}, number=number, uuid=uuid)
    del answer["envelope"]["dataMessage"]
    exception = {
        "message": "org.signal.libsignal.protocol.NoSessionException",
        "type": "ProtocolNoSessionException",
    }
    return {**answer, "exception": exception}
