"""The notifications of an embedded handset, as Appium's settings app reports them.

That app keeps the last 100 that were posted, the newest first; one that its owner has read or
swiped away stays in the list, marked. An app posts none for a chat that is open before its owner's
eyes.
"""

from collections.abc import Mapping
from typing import Final

from drivers.embedded.handset import Handset
from drivers.embedded.network import Item

KEPT: Final = 100
"""How many are kept."""

_POSTED_FROM_MS = 1_700_000_000_000


def notifications(handset: Handset) -> Mapping[str, object]:
    """What ``mobile: getNotifications`` gives: one for each message that arrived, newest first."""
    network, name = handset.network, handset.name
    arrived = [
        (item.id, chat.title(name), _line(item))
        for chat in network.chats_of(name)
        for item in network.view(name, chat.id)
        if not (item.is_own or item.is_event) and item.id not in handset.unannounced
    ]
    newest = sorted(arrived, reverse=True)[:KEPT]
    package = handset.app.skin.package
    return {"statusBarNotifications": [_notification(package, *each) for each in newest]}


def _line(item: Item) -> str:
    """The text of a notification: apps put a name before it where another member wrote."""
    return f"{item.author}: {item.text}" if item.author else item.text


def _notification(package: str, number: int, title: str, text: str) -> Mapping[str, object]:
    key = f"0|{package}|{number}|null|10001"
    return {
        "isGroup": False,
        "packageName": package,
        "isClearable": True,
        "isOngoing": False,
        "id": number,
        "tag": None,
        "notification": {
            "title": title,
            "bigTitle": None,
            "text": text,
            "bigText": text,
            "tickerText": None,
            "subText": None,
            "infoText": None,
            "template": "android.app.Notification$BigTextStyle",
        },
        "userHandle": 0,
        "groupKey": key,
        "overrideGroupKey": None,
        "postTime": _POSTED_FROM_MS + number,  # stays the same however often it is asked
        "key": key,
        "isRemoved": False,
    }
