"""Reads what has arrived in screenshots, where the tree shows rows without texts.

The tree still says where the messages are and whose; each is cut out of the screenshot and
recognised once. A reading is inexact: the same message may be read in two ways, so texts are laid
over each other by how alike they are.
"""

import io
from collections import OrderedDict
from hashlib import sha256
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from rapidfuzz.distance import Indel

from drivers.chat import Bubble
from drivers.conversation import Overlay, overlay
from drivers.end import End
from drivers.errors import ConfigError, ScreenUnknown, Unreadable
from drivers.profile import ReadMode
from drivers.reading import ScrollingReader, Window, window_of
from drivers.screen import Bounds

if TYPE_CHECKING:
    from PIL.Image import Image

    from drivers.ocr import Recogniser

_NEEDED: Final = ("PIL", "rapidocr", "onnxruntime")
_MOST_PICTURES: Final = 5
_REMEMBERED: Final = 512
_LEAST_ALIKE: Final = 0.8
_SCREENS_BACK: Final = 3


class OcrReader(ScrollingReader):
    """Reads inexact texts in screenshots."""

    def __init__(self, handset: End, title: str, *, recogniser: "Recogniser | None" = None) -> None:
        """Read a chat.

        Args:
            handset: Where it is read.
            title: Its title there.
            recogniser: What recognises texts; that of the extra ``ocr`` if left out.

        Raises:
            ConfigError: The extra is not installed.
        """
        super().__init__(handset, title)
        missing = [name for name in _NEEDED if find_spec(name) is None]
        if recogniser is None and missing:
            raise ConfigError(
                f'{handset.config.name}: read = [… "ocr"] needs {", ".join(missing)}: '
                "pip install 'undelivered[ocr]'."
            )
        self._recogniser = recogniser
        self._read: OrderedDict[bytes, str] = OrderedDict()  # by hash of a message's picture

    @property
    def mode(self) -> ReadMode:
        """How it reads."""
        return ReadMode.OCR

    def _window(self, *, is_topmost: bool) -> Window:
        bubbles, picture = self._steady()
        incoming = [bubble for bubble in bubbles if bubble.is_own is not True]
        # One at the upper edge may be cut through; what is read of it would be taken for a message.
        hides_first = bool(incoming) and incoming[0].is_first and not is_topmost
        read = ((each, self._text(picture, each)) for each in incoming[hides_first:])
        return window_of(read, hides_first=hides_first)

    def _overlay(
        self, known: tuple[str, ...], texts: tuple[str, ...], *, is_whole: bool
    ) -> Overlay:
        """Lay texts over known ones, taking those that are alike for the same."""
        recent = known[-_SCREENS_BACK * max(1, len(texts)) :]
        alike = tuple(_most_alike(text, recent) for text in texts)
        return overlay(known, alike, shown=texts, is_whole=is_whole)

    def _steady(self) -> tuple[tuple[Bubble, ...], "Image"]:
        """Messages and a picture that shows them where the tree says they are.

        Raises:
            ScreenUnknown: The screen does not hold still.
        """
        from PIL import Image  # noqa: PLC0415 - comes with the extra `ocr`

        before = self._view()
        for _ in range(_MOST_PICTURES):
            picture = self._handset.screenshot()
            after = self._view()
            if _places(before.bubbles) == _places(after.bubbles):
                return after.bubbles, Image.open(io.BytesIO(picture)).convert("RGB")
            before = after
        raise ScreenUnknown(
            f"{self._handset.config.name}: the chat {self._title!r} does not hold still for a "
            "screenshot. Switch animations off."
        )

    def _text(self, picture: "Image", bubble: Bubble) -> str:
        if bubble.bounds is None:
            raise Unreadable(
                f"{self._handset.config.name}: the tree does not say where the messages of "
                f"{self._title!r} are, so that none can be read in a screenshot."
            )
        cut = picture.crop(_box(bubble.bounds))
        key = sha256(f"{cut.size} ".encode() + cut.tobytes()).digest()
        text = self._read.pop(key, None)
        if text is None:
            text = self._engine().read(cut)
        self._read[key] = text
        if len(self._read) > _REMEMBERED:
            self._read.popitem(last=False)
        return text

    def _engine(self) -> "Recogniser":
        if self._recogniser is None:
            from drivers.ocr import AnyScript  # noqa: PLC0415 - comes with the extra `ocr`

            self._recogniser = AnyScript()
        return self._recogniser


def _places(bubbles: tuple[Bubble, ...]) -> list[tuple[bool | None, Bounds | None]]:
    return [(bubble.is_own, bubble.bounds) for bubble in bubbles]


def _box(bounds: Bounds) -> tuple[int, int, int, int]:
    return bounds.left, bounds.top, bounds.right, bounds.bottom


def _most_alike(text: str, known: tuple[str, ...]) -> str:
    """The known text that another is a reading of; the text itself if there is none."""
    if text in known:
        return text
    best = max(known, key=lambda each: Indel.normalized_similarity(each, text), default=text)
    return best if Indel.normalized_similarity(best, text) >= _LEAST_ALIKE else text
