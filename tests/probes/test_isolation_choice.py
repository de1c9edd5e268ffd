"""Which pieces the next message is made of."""

import numpy as np
import pytest

from probes.isolation_choice import Chooser, Room
from probes.isolation_classes import Seen
from probes.isolation_posterior import infer
from probes.isolation_prior import words
from probes.isolation_text import Parts, Pieces, width
from tests.probes.isolation_filters import EXACT, LANE, channel

TEXT = "昨天下午我们在城里的图书馆开会,讨论了明年的读书计划"
WHOLE: Pieces = ((0, len(TEXT)),)
ROOM = Room(characters=200, joiner="\n")


def chooser(
    *messages: tuple[Pieces, bool | None],
    room: Room = ROOM,
    text: str = TEXT,
    is_exact: bool = True,
) -> Chooser:
    """Chooses after these messages."""
    rates = EXACT if is_exact else channel(0.1, 0.1)
    parts = Parts(text, ((0, len(text)),), words(text))
    seen = [
        Seen(pieces, parts.are_in(pieces, room.joiner), is_blocked, LANE)
        for pieces, is_blocked in messages
    ]
    posterior = infer(parts, seen, {LANE: rates}, 0.99)
    return Chooser(parts, ((0, len(text)),), seen, posterior=posterior, channel=rates, room=room)


def test_first_message_tells_nearly_a_bit() -> None:
    """Cut where about half of the probability is, the outcome tells as much as it can."""
    choice = chooser().best()
    assert choice is not None
    assert 0.9 < choice.bits <= 1


def test_noise_makes_messages_tell_less() -> None:
    """No message tells more than the channel carries."""
    choice = chooser(is_exact=False).best()
    assert choice is not None
    assert choice.bits < 0.54  # the capacity of a channel that errs in one of ten


def test_blocked_message_is_the_next_base() -> None:
    """The shortest message that is believed to carry a combination is what is cut next."""
    assert chooser().base == WHOLE
    assert chooser((((0, 10),), True), (((0, 5),), False)).base == ((0, 10),)
    assert chooser((((0, 10),), True), (((0, 10),), False), is_exact=False).base == WHOLE


def test_messages_stay_inside_the_base() -> None:
    """Everything that is sent is a part of what is believed to be blocked."""
    choice = chooser((((0, 10),), True)).best()
    assert choice is not None
    assert all(end <= 10 for _, end in choice.pieces)


@pytest.mark.parametrize("characters", [4, 12])
def test_no_message_is_longer_than_the_app_takes(characters: int) -> None:
    """Messages that do not fit are not chosen."""
    room = Room(characters=characters, joiner="--")
    choice = chooser((((0, 12),), True), room=room).best()
    assert choice is not None
    assert width(choice.pieces, room.joiner) <= characters


def test_message_on_its_way_is_not_chosen_again() -> None:
    """The next message tells something whatever becomes of those on their way."""
    first = chooser().best()
    assert first is not None
    second = chooser((first.pieces, None)).best()
    assert second is not None
    assert second.pieces != first.pieces


def test_nothing_fits_where_there_is_no_room() -> None:
    """Without room for a single character there is no message."""
    assert chooser(room=Room(characters=0, joiner="\n")).best() is None


def test_what_joiners_make_is_reckoned_with() -> None:
    """A message that a joiner makes whole again tells nothing, and another one is chosen."""
    joined = Room(characters=100, joiner="")
    choice = chooser((((0, 3),), True), room=joined, text="bbc").best()
    assert choice is not None
    parts = Parts("bbc", ((0, 3),), words("bbc"))
    assert not parts.are_in(choice.pieces, "")[parts.find((0, 3))]
    assert np.isfinite(choice.bits)
