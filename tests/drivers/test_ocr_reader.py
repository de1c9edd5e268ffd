"""Reading conversations in screenshots, whatever recognises the texts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from PIL import Image

from drivers import ocr_reader
from drivers.errors import ConfigError, WrongChat
from drivers.ocr_reader import OcrReader
from tests.drivers.stand_in_handset import TITLE, StandIn


@dataclass
class Shades:
    """Recognises a shade as a text; counts how often it is asked."""

    texts: Mapping[int, str]
    asked: list[int] = field(default_factory=list)

    def read(self, picture: Image.Image) -> str:
        """The text of a picture."""
        red = picture.getchannel("R").tobytes()[0]
        self.asked.append(red)
        return self.texts[red]


TEXTS = {1: "the first message", 2: "the second one", 3: "and a third", 9: "the flrst messaqe"}


def reader_of(handset: StandIn) -> tuple[OcrReader, Shades]:
    """A reader and what it recognises with."""
    shades = Shades(TEXTS)
    return OcrReader(handset.handset, TITLE, recogniser=shades), shades


def test_message_is_recognised_once() -> None:
    """A message that stays in sight, or moves, is not recognised again."""
    handset = StandIn(rows=[1])
    reader, shades = reader_of(handset)
    assert reader.begin(is_resumed=False) == (TEXTS[1],)
    handset.rows = [1, 2]
    assert reader.look((TEXTS[1],), expected=1).new == (TEXTS[2],)
    assert shades.asked == [1, 2]


def test_misread_message_is_the_same() -> None:
    """A known message that is read in another way is neither new nor gone."""
    reader, _ = reader_of(StandIn(rows=[9, 2]))
    over = reader.look((TEXTS[1],), expected=1)
    assert (over.new, over.gone) == ((TEXTS[2],), ())


def test_message_that_is_gone() -> None:
    """A message that should be in sight between others and is not is gone."""
    reader, _ = reader_of(StandIn(rows=[1, 3]))
    over = reader.look((TEXTS[1], TEXTS[2], TEXTS[3]), expected=1)
    assert (over.new, over.gone) == ((), (1,))


def test_message_that_is_cut_through_is_left_out() -> None:
    """The message at the upper edge, of which a part may be out of sight, is not read."""
    reader, shades = reader_of(StandIn(rows=[1, 2], first_is_cut=True))
    assert reader.look((TEXTS[1], TEXTS[2]), expected=1).new == ()
    assert shades.asked == [2]


def test_first_message_of_a_chat_at_the_edge_is_read() -> None:
    """A message at the upper edge is read once it is seen that nothing is above it."""
    reader, _ = reader_of(StandIn(rows=[1], first_is_cut=True))
    assert reader.look((), expected=1).new == (TEXTS[1],)


def test_messages_above_are_looked_for() -> None:
    """Where what is in sight does not reach what is known, it is scrolled back."""
    handset = StandIn(rows=[3], above=[1, 2])
    reader, _ = reader_of(handset)
    assert reader.look((TEXTS[1],), expected=2).new == (TEXTS[2], TEXTS[3])


def test_other_chat_is_not_read() -> None:
    """Another chat than the one asked for is never read."""
    reader = OcrReader(StandIn(rows=[1]).handset, "Bo", recogniser=Shades(TEXTS))
    with pytest.raises(WrongChat, match="the open chat is 'Weekend walks', not 'Bo'"):
        reader.look((), expected=1)


def test_missing_extra_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra it is said before anything is opened what to install."""
    monkeypatch.setattr(ocr_reader, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"needs PIL, rapidocr, onnxruntime: pip install"):
        OcrReader(StandIn().handset, TITLE)
