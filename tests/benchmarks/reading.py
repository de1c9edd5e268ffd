"""How well and how fast texts are read in screenshots: ``python -m tests.benchmarks.reading``.

Needs the extra ``ocr``, fonts and tesseract. Pictures are those of the embedded handset: what a
real app's fonts, colours and wallpapers do to it, this does not show.
"""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from PIL import Image

from drivers.chat import read_chat
from drivers.embedded.canvas import Target
from drivers.embedded.handset import Handset
from drivers.embedded.network import Network
from drivers.embedded.policy import load_policy
from drivers.embedded.screenshot import screenshot
from drivers.ocr import AnyScript
from drivers.profile_file import load_profile
from drivers.screen import Screen
from drivers.testbed import load_testbed
from results.likeness import is_misreading, ocr_similarity
from tests.testbeds import write_testbed

SAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "Chinese, simplified": (
        "达赖喇嘛 菩提伽耶 金刚灌顶法会",
        "今天下午三点在公园门口见面，记得带伞。",
        "周末一起去爬山吧，听说那里的枫叶已经红了，再不去就要等明年了。",
        "喇嘛",
    ),
    "Chinese, traditional": ("達賴喇嘛", "今天下午三點在公園門口見面，記得帶傘。"),
    "Latin": (
        "The train to the coast leaves at half past nine.",
        "Kalachakra Dalai Lama Tibetan",
        "See you at 18:45, platform 3!",
    ),
    "Tibetan": (
        "བཀྲ་ཤིས་བདེ་ལེགས།",
        "དེ་རིང་གནམ་གཤིས་ཡག་པོ་འདུག",
        "བོད་ལྗོངས་ཀྱི་མི་མང་",
        "བོད་",
        "ཏཱ་ལའི་བླ་མ།",
        "རང་དབང་",
    ),
    "Uyghur": ("بۈگۈن ھاۋا بەك ياخشى", "باغچىغا بارايلى", "ئۇيغۇر", "شەرقىي تۈركىستان"),
    "Korean": ("오늘 오후 세 시에 공원 앞에서 만나요", "우산을 꼭 가져오세요", "북한", "인권 문제"),
}
"""Harmless texts and published keywords, by script."""

_CHAT = "lane-1/group"


def bubbles(handset: Handset) -> Iterator[Image.Image]:
    """Pictures of the messages that others sent, oldest first."""
    picture = Image.open(io.BytesIO(screenshot(handset.app)))
    view = read_chat(Screen(handset.app.hierarchy, handset.now()), load_profile("courier"))
    for bubble in view.bubbles:
        if not bubble.is_own and bubble.bounds is not None:
            box = bubble.bounds
            yield picture.crop((box.left, box.top, box.right, box.bottom))


def main() -> None:
    """Print the table."""
    recogniser = AnyScript()
    print("| script | texts | characters right, spaces aside | taken for the text | s a message |")
    print("|---|---|---|---|---|")
    for script, texts in SAMPLES.items():
        seconds, alike, right = [], [], 0
        with TemporaryDirectory() as folder:
            handset = _receiver(Path(folder), texts)
            for text, picture in zip(texts, bubbles(handset), strict=True):
                start = perf_counter()
                read = recogniser.read(picture)
                seconds.append(perf_counter() - start)
                alike.append(ocr_similarity(text, read))
                right += is_misreading(text, read)
        print(
            f"| {script} | {len(texts)} | {fmean(alike):.1%} | {right} of {len(texts)} | "
            f"{median(seconds):.2f} |"
        )


def _receiver(folder: Path, texts: tuple[str, ...]) -> Handset:
    testbed = load_testbed(str(write_testbed(folder)))
    if testbed.embedded is None:
        raise ValueError("the shipped testbed has embedded handsets")
    network = Network(testbed, load_policy(testbed.embedded.policy), 0, None)
    handset = Handset("phone-2", network)
    handset.app.tap(Target("chat", _CHAT))
    for text in texts:
        network.send("phone-1", _CHAT, text)
    return handset


if __name__ == "__main__":
    main()
