"""The notifications of an embedded handset, as Appium's settings app reports them.

That app keeps the last 100 that were posted, the newest first; one that its owner has read or
swiped away stays in the list, marked. An app posts none for a chat that is open before its owner's
eyes.
"""

from collections.abc import Mapping, Set
from typing import Final

from drivers.embedded.courier import PACKAGE
from drivers.embedded.network import Network

KEPT: Final = 100
"""How many are kept."""

_POSTED_FROM_MS = 1_700_000_000_000


def notifications(network: Network, handset: str, *, unannounced: Set[int]) -> Mapping[str, object]:
    """What ``mobile: getNotifications`` gives: one for each message that arrived, newest first.

    Args:
        network: The network.
        handset: Name of the handset.
        unannounced: Ids of messages that came while their chat was open.
    """
    arrived = [
        (item.id, chat.title(handset), item.text)
        for chat in network.chats_of(handset)
        for item in network.view(handset, chat.id)
        if not item.is_own and item.id not in unannounced
    ]
    newest = sorted(arrived, reverse=True)[:KEPT]
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
        "postTime": _POSTED_FROM_MS + number,  # stays the same however often it is asked
        "key": key,
        "isRemoved": False,
    }
