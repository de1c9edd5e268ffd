"""What a channel is told, in the form that it takes.

- Slack's incoming webhooks, which Mattermost and Rocket.Chat understand as well: ``text``, with
  ``&``, ``<`` and ``>`` escaped.
- ntfy: publishing as JSON, at the root of the server; the topic is the end of the address. A
  message of more than 4,096 bytes would become an attachment, so it is cut.
- Matrix: ``PUT /rooms/{roomId}/send/{eventType}/{txnId}`` of the Client-Server API. A server takes
  the same transaction id once, so an alert that is sent again after a crash is not shown twice.
- Anything else: a JSON object with the changes one by one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from urllib.parse import quote

import httpx
from pydantic import JsonValue

from drivers.alert_channels import AlertChannel, AlertKind
from results.change_record import ChangeRecord

MOST_BYTES: Final = 3_600
"""Longest text of a message; what does not fit is counted."""

MOST_LISTED: Final = 500
"""Most changes that a webhook is given one by one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A message, ready to be sent.

    Attributes:
        method: HTTP method.
        body: The JSON.
        path: What the path of the channel's address becomes; ``None``: it stays.
        has_topic: Whether the address ends with a topic, which belongs into the JSON.
    """

    method: str
    body: Mapping[str, JsonValue]
    path: str | None = None
    has_topic: bool = False

    def to(self, url: httpx.URL) -> tuple[httpx.URL, Mapping[str, JsonValue]]:
        """Where it goes, and what.

        Args:
            url: The channel's address.
        """
        if self.has_topic:
            root, _, topic = url.path.rstrip("/").rpartition("/")
            return url.copy_with(path=f"{root}/"), {"topic": topic, **self.body}
        if self.path is not None:
            return url.copy_with(raw_path=self.path.encode("ascii")), self.body
        return url, self.body


def posting(channel: AlertChannel, changes: Sequence[ChangeRecord]) -> Posting:
    """Put the changes of one run into the form that a channel takes.

    Args:
        channel: The channel.
        changes: The changes, at least one.
    """
    run_id = changes[0].run_id
    noun = "entry" if len(changes) == 1 else "entries"
    values: dict[str, JsonValue] = {
        "run": run_id,
        "changes": [_values(each) for each in changes[:MOST_LISTED]],
        "count": len(changes),
    }
    keys = [f"{each.run_id} {each.entry_id} {each.change}" for each in changes]
    return message(
        channel,
        title=f"Undelivered: {len(changes)} {noun} changed",
        text=_text([each.sentence for each in changes]),
        key="\n".join(keys),
        values=values,
    )


def message(
    channel: AlertChannel, *, title: str, text: str, key: str, values: Mapping[str, JsonValue]
) -> Posting:
    """Put a text into the form that a channel takes.

    Args:
        channel: The channel.
        title: What it is about.
        text: The text.
        key: Two messages of the same key are one.
        values: What a program that reads webhooks is given beside it.
    """
    number = sha256(f"{channel.name}\n{key}".encode()).hexdigest()[:32]
    match channel.kind:
        case AlertKind.SLACK:
            return Posting(method="POST", body={"text": _escaped(f"{title}\n{text}")})
        case AlertKind.NTFY:
            return Posting(method="POST", body={"title": title, "message": text}, has_topic=True)
        case AlertKind.MATRIX:
            room = quote(channel.room or "", safe="")
            return Posting(
                method="PUT",
                path=f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{number}",
                body={"msgtype": "m.notice", "body": f"{title}\n{text}"},
            )
        case AlertKind.WEBHOOK:
            return Posting(
                method="POST",
                body={"id": number, "title": title, "text": text, **values},
            )


def _values(change: ChangeRecord) -> dict[str, JsonValue]:
    return {
        "entry_id": change.entry_id,
        "keyword": change.keyword,
        "change": change.change.value,
        "app": change.circumstances.app,
        "chat": change.circumstances.chat,
        "sender_region": change.circumstances.sender_region,
        "receiver_region": change.circumstances.receiver_region,
        "text": change.sentence,
    }


def _text(sentences: Sequence[str]) -> str:
    """As many sentences as fit, and how many more there are."""
    lines: list[str] = []
    room = MOST_BYTES
    for sentence in sentences:
        room -= len(sentence.encode(errors="replace")) + 1
        if room < 0:
            break
        lines.append(sentence)
    left = len(sentences) - len(lines)
    return "\n".join([*lines, *([f"… and {left} more: undelivered compare"] if left else [])])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
