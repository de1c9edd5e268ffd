"""Reading rendered screenshots for real: fonts, rapidocr and tesseract must be installed."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from drivers.deliveries import Deliveries
from drivers.embedded import screenshot as screenshot_module
from drivers.embedded.canvas import Target
from drivers.embedded.handset import Handset
from drivers.embedded.network import Network
from drivers.embedded.policy import load_policy
from drivers.embedded.screenshot import FontMissing, screenshot
from drivers.ocr import SCRIPTS, AnyScript, Recogniser, installed_languages
from drivers.profile import ReadMode
from drivers.testbed import load_testbed
from results.likeness import is_misreading, ocr_similarity, shows_mask
from tests.benchmarks.reading import SAMPLES, bubbles
from tests.drivers.lanes import Running, run
from tests.testbeds import fault, reads, rule, write_testbed

CHAT = "lane-1/group"


@pytest.fixture(scope="module")
def recogniser() -> Recogniser:
    """The engines, loaded once."""
    return AnyScript()


@pytest.fixture
def receiver(tmp_path: Path) -> Handset:
    """A handset with an open chat, whose tree hides texts."""
    hidden = fault("phone-2", "hides_text", after_messages=0)
    testbed = load_testbed(str(write_testbed(tmp_path, more=hidden)))
    assert testbed.embedded is not None
    network = Network(testbed, load_policy(testbed.embedded.policy), 0, None)
    handset = Handset("phone-2", network)
    handset.app.tap(Target("chat", CHAT))
    return handset


def test_tesseract_has_its_languages() -> None:
    """All scripts that rapidocr fails at can be read here; nothing is left out."""
    assert installed_languages() == tuple(SCRIPTS)


@pytest.mark.parametrize("script", SAMPLES)
def test_texts_are_read(receiver: Handset, recogniser: Recogniser, script: str) -> None:
    """Texts in the scripts of the lists are read well enough to be told from changed ones."""
    for text in SAMPLES[script]:
        receiver.network.send("phone-1", CHAT, text)
    for text, picture in zip(SAMPLES[script], bubbles(receiver), strict=True):
        read = recogniser.read(picture)
        assert ocr_similarity(text, read) >= 0.9, (text, read)
        assert is_misreading(text, read)


def test_mask_is_read_as_a_mask(receiver: Handset, recogniser: Recogniser) -> None:
    """Asterisks in place of a word are not passed over as a misreading."""
    receiver.network.send("phone-1", CHAT, "今天下午**** 记得带伞，明天可能会下雨")
    (picture,) = bubbles(receiver)
    assert shows_mask("今天下午去散步 记得带伞，明天可能会下雨", recogniser.read(picture))


def test_tree_hides_what_the_eye_sees(receiver: Handset) -> None:
    """The hidden text is in the picture and nowhere in the tree."""
    empty = screenshot(receiver.app)
    receiver.network.send("phone-1", CHAT, "hidden words")
    tree = etree.tostring(receiver.app.hierarchy, encoding="unicode")
    assert "message_text" in tree
    assert "hidden words" not in tree
    assert screenshot(receiver.app) != empty


def test_missing_fonts_are_explained(receiver: Handset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a font for a character it is said which, and what to install."""
    monkeypatch.setattr(screenshot_module, "_faces", tuple)
    screenshot_module._face.cache_clear()
    with pytest.raises(FontMissing, match=r"U\+0057 .*apt-get install fontconfig"):
        screenshot(receiver.app)
    screenshot_module._face.cache_clear()


@pytest.fixture
def hidden(tmp_path: Path) -> Iterator[Running]:
    """A network that drops and masks, whose receiver can be read in screenshots alone."""
    rules = (rule("法轮"), rule("茉莉花", action="mask"))
    faults = fault("phone-2", "hides_text", after_messages=0)
    running = run(tmp_path, *rules, more=faults, changes=[reads("phone-2", "tree", "ocr")])
    yield running
    running.network.stop()


def test_lane_is_read_by_ocr(hidden: Running) -> None:
    """A lane whose tree hides texts is read in screenshots; each arrival finds its message."""
    one = hidden.build()
    one.lane.open()
    one.send("earlier")
    one.lane.open()
    assert one.lane.read_mode is ReadMode.OCR
    books = Deliveries()
    texts = [
        "今天天气很好",
        "法轮",
        "the train is late",
        "好一朵茉莉花真好看",
        "བོད་ལྗོངས་ཀྱི་མི་མང་",
        "the train is late",
    ]
    matched = {}
    for place, text in enumerate(texts):
        one.send(text)
        books.add_sent(place, text)
        for delivery in books.add_incoming(one.lane.look(expected=len(books.open_places) + 1)):
            matched[delivery.sent] = delivery.incoming.text
    one.lane.close()
    assert sorted(place for place in matched if place is not None) == [0, 2, 3, 4, 5]
    assert None not in matched
    assert [is_misreading(texts[place], matched[place]) for place in (0, 2, 4, 5)] == [True] * 4
    assert shows_mask(texts[3], matched[3])
