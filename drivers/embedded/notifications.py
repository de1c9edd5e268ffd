"""The notifications of an embedded handset, as Appium's settings app reports them."""

from collections.abc import Mapping
from time import time

from drivers.embedded.courier import PACKAGE
from drivers.embedded.uiautomator2 import Handset

_KEPT = 100


def notifications(handset: Handset) -> Mapping[str, object]:
    """What ``mobile: getNotifications`` gives: one for each message that arrived, newest first."""
    arrived = [
        (item.id, chat.title(handset.name), item.text)
        for chat in handset.network.chats_of(handset.name)
        for item in handset.network.view(handset.name, chat.id)
        if not item.is_own
    ]
    newest = sorted(arrived, reverse=True)[:_KEPT]
    return {"statusBarNotifications": [_notification(*each) for each in newest]}


def _notification(number: int, title: str, text: str) -> Mapping[str, object]:
    key = f"0|{PACKAGE}|{number}|null|10001"
    return {
        "isGroup": False,
        "packageName": PACKAGE,
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
        "postTime": round(time() * 1000),
        "key": key,
        "isRemoved": False,
    }
