"""What else goes on in a chat: other members talk, somebody writes on another device, calls fail.

A measurement must never take any of this for an arrival. Who says what is drawn from the seed, so
that a run on a cluttered chat can be repeated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final


class Origin(StrEnum):
    """Where a remark comes from."""

    MEMBER = "member"  # somebody else in the group
    SENDER = "sender"  # the sender's account, on another device
    RECEIVER = "receiver"  # the receiver's account, on another device
    APP = "app"  # the app itself: an event


class Happened(StrEnum):
    """What an app can say to have happened in a chat."""

    JOINED = "joined"
    MISSED_CALL = "missed_call"
    RENAMED = "renamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """Something that is said in a chat besides what is measured.

    Attributes:
        origin: Where it comes from.
        text: What is said; for an event, which one.
        author: Name of the member; empty for the two ends.
        is_reply: Whether it quotes the newest message.
    """

    origin: Origin
    text: str
    author: str = ""
    is_reply: bool = False


MEMBERS: Final = ("Mei", "Tobias", "小林", "Ayşe")
_TALK: Final = (
    "Who brings the tea?",
    "Me too!",
    "🙂",
    "明天早上八点集合，别迟到。",
    "Bin gleich da",
    "The route is here: https://example.org/walks/map",
    "收到",
    "https://example.org/recipes/soup?id=7",
    "It rained all night, so the path along the river will be muddy. Take boots, a change of socks "
    "and something warm for the break, and tell those who are not in this group.",
)
_SHARE_MEMBER, _SHARE_SENDER, _SHARE_RECEIVER, _SHARE_APP = 0.25, 0.08, 0.12, 0.12
_SHARE_REPLIES = 0.3


def remarks(random: Random, *, is_group: bool) -> Iterator[Remark]:
    """What is said between two messages, if anything.

    Args:
        random: Where chance comes from.
        is_group: Whether there are other members.
    """
    if is_group and random.random() < _SHARE_MEMBER:
        author = random.choice(MEMBERS)
        yield _talk(random, Origin.MEMBER, author)
    if random.random() < _SHARE_SENDER:
        yield _talk(random, Origin.SENDER)
    if random.random() < _SHARE_RECEIVER:
        yield _talk(random, Origin.RECEIVER)
    if random.random() < _SHARE_APP:
        happened = random.choice(list(Happened))
        yield Remark(origin=Origin.APP, text=happened, author=random.choice(MEMBERS))


def _talk(random: Random, origin: Origin, author: str = "") -> Remark:
    is_reply = random.random() < _SHARE_REPLIES
    return Remark(origin=origin, text=random.choice(_TALK), author=author, is_reply=is_reply)
