"""What the eye sees of an embedded handset, drawn from the same hierarchy that the tree shows.

Needs fontconfig and fonts of the scripts that are shown (docs/testbed.md); says so if it has none.
"""

import io
import re
import subprocess
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from shutil import which
from typing import Final

from lxml import etree
from PIL import Image, ImageDraw, ImageFont

from drivers.embedded.app import App
from drivers.embedded.canvas import HEIGHT, LINE_PX, WIDTH, Box, Role
from drivers.embedded.skins.skin import line_count

_FONT_PX: Final = 42
_LEAST_FONT_PX: Final = 18
_PADDING_PX: Final = 24
_BACKGROUND, _INK, _GREY = "#ededed", "#191919", "#8c8c8c"
_PAPER: Final = "#ffffff"
_OWN_PAPER: Final = "#95ec69"
_BAR: Final = "#f7f7f7"
_PREFERRED: Final = (
    "NotoSans-Regular",
    "NotoSansCJK-Regular",
    "NotoSansArabic-Regular",
    "NotoSerifTibetan-Regular",
    "wqy-zenhei",
    "DejaVuSans.ttf",
    "-Regular",
)
_SIMPLIFIED: Final = 2  # its place in the Noto CJK collection
_INSTANCES: Final = 1 << 16
_ADVICE: Final = (
    "On Debian: apt-get install fontconfig fonts-dejavu-core fonts-noto-core fonts-noto-cjk."
)
_BOUNDS: Final = re.compile(r"\[(-?\d+),(-?\d+)\]\[(-?\d+),(-?\d+)\]")
_TSHEG: Final = "\u0f0b"  # ends a syllable of Tibetan, which has no spaces
_WIDE: Final = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_WORD: Final = re.compile(rf"\s+|[{_WIDE}]|[^\s{_WIDE}{_TSHEG}]*{_TSHEG}|[^\s{_WIDE}{_TSHEG}]+")
"""What a line is broken between."""


class FontMissing(Exception):
    """A text cannot be drawn: no installed font has its characters."""


def screenshot(app: App, box: Box | None = None) -> bytes:
    """Draw what a handset shows, or a part of it, as PNG.

    Raises:
        FontMissing: No font has a character that is shown.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), _BACKGROUND)
    for node in app.hierarchy.iterdescendants():
        _draw_node(picture, app, node)
    file = io.BytesIO()
    (picture if box is None else picture.crop(box)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def _draw_node(picture: Image.Image, app: App, node: etree._Element) -> None:
    match = _BOUNDS.fullmatch(node.get("bounds") or "")
    if match is None:
        return
    left, top, right, bottom = map(int, match.groups())
    role = app.role(node)
    pen = ImageDraw.Draw(picture)
    if role is Role.BAR:
        pen.rectangle((left, top, right, bottom), fill=_BAR)
    elif app.target(node).what == "message":
        paper = _OWN_PAPER if left > WIDTH - right else _PAPER
        edges = (app.skin.list_top, app.skin.list_bottom)
        _draw_bubble(picture, (left, top, right, bottom), edges, app.visible_text(node), paper)
    elif role is Role.TICK:
        pen.line((left + 16, bottom - 30, left + 28, bottom - 18, left + 46, bottom - 42), _GREY, 5)
    elif text := app.visible_text(node):
        if role is Role.FIELD:
            pen.rounded_rectangle((left, top, right, bottom), 16, fill=_PAPER)
        ink = _GREY if role is Role.GREY or node.get("showing-hint") == "true" else _INK
        most = max(1, (bottom - top) // LINE_PX)
        lines, size = _fitted(text, right - left - _PADDING_PX, most)
        size = min(size, bottom - top - 4)
        _draw_lines(pen, lines, size, (left + _PADDING_PX // 2, top), ink)


def _draw_bubble(
    picture: Image.Image, box: Box, edges: tuple[int, int], text: str, paper: str
) -> None:
    """Draw a message; of one that hangs over an edge of the list, what is in sight."""
    left, top, right, bottom = box
    whole = LINE_PX * line_count(text) + _PADDING_PX
    lines, size = _fitted(text, right - left - 2 * _PADDING_PX, line_count(text))
    bubble = Image.new("RGB", (right - left, whole), _BACKGROUND)
    pen = ImageDraw.Draw(bubble)
    pen.rounded_rectangle((0, 0, right - left - 1, whole - 1), 20, fill=paper)
    _draw_lines(pen, lines, size, (_PADDING_PX, _PADDING_PX // 2), _INK)
    gap = _PADDING_PX // 2
    hangs_over = top == edges[0] and bottom < edges[1]
    # Its end is what is seen of one that hangs over the top, its beginning otherwise.
    start = min(0, bottom - top - whole - gap) if hangs_over else 0
    seen = bubble.crop((0, -start, right - left, min(whole, -start + bottom - top)))
    picture.paste(seen, (left, top if start else top + gap))


def _fitted(text: str, width: int, most: int) -> tuple[Sequence[str], int]:
    """A text in at most so many lines, and the size of type at which it fits."""
    size = _FONT_PX
    while True:
        lines = [line for part in text.split("\n") for line in _wrapped(part, width, size)]
        if len(lines) <= most or size <= _LEAST_FONT_PX:
            return lines, size
        size -= 2


def _wrapped(text: str, width: int, size: int) -> Iterator[str]:
    line = ""
    for word in _WORD.findall(text):
        if line and _width(line + word, size) > width:
            yield line.rstrip()
            line = word.lstrip()
        else:
            line += word
        while _width(line, size) > width:  # a word that is longer than a line
            end = next(
                n for n in range(len(line), 0, -1) if n == 1 or _width(line[:n], size) <= width
            )
            yield line[:end]
            line = line[end:]
    yield line


def _width(text: str, size: int) -> float:
    return sum(_font(path, index, size).getlength(run) for path, index, run in _runs(text))


def _draw_lines(
    pen: ImageDraw.ImageDraw, lines: Sequence[str], size: int, place: tuple[int, int], ink: str
) -> None:
    left, top = place
    for number, line in enumerate(lines):
        x = float(left)
        # One baseline for all fonts of a line.
        base = top + number * LINE_PX + (LINE_PX + size * 7 // 10) // 2
        for path, index, run in _runs(line):
            font = _font(path, index, size)
            pen.text((x, base), run, font=font, fill=ink, anchor="ls")
            x += font.getlength(run)


def _runs(text: str) -> Iterator[tuple[str, int, str]]:
    """A text in pieces of one font each; spaces and marks go with what they follow."""
    faces: list[tuple[str, int]] = []
    for character in text:
        is_neutral = unicodedata.category(character)[0] in "ZMC"
        face = faces[-1] if is_neutral and faces else _face(character)
        faces.append(face)
    place = 0
    for (path, index), group in groupby(faces):
        length = len(list(group))
        yield path, index, text[place : place + length]
        place += length


@lru_cache(maxsize=8192)
def _face(character: str) -> tuple[str, int]:
    """File and index of the font to draw a character with.

    Raises:
        FontMissing: There is none.
    """
    point = ord(character)
    for face in _faces():
        if any(first <= point <= last for first, last in face.ranges):
            return face.path, face.index
    raise FontMissing(
        f"No installed font has U+{point:04X} ({unicodedata.name(character, 'no name')}), so the "
        f"embedded handset's screen cannot be drawn. {_ADVICE}"
    )


@dataclass(frozen=True, slots=True)
class _Face:
    """A font: its file, its index in a collection, and the ranges of characters it has."""

    path: str
    index: int
    ranges: tuple[tuple[int, int], ...]

    @property
    def rank(self) -> tuple[int, int, str]:
        """Plain Noto first; of a collection for all of East Asia, simplified Chinese."""
        preferred = (n for n, name in enumerate(_PREFERRED) if name in self.path)
        return next(preferred, len(_PREFERRED)), (self.index - _SIMPLIFIED) % 100, self.path


@lru_cache(maxsize=1)
def _faces() -> tuple[_Face, ...]:
    """All installed fonts, those to be preferred first."""
    finder = which("fc-list")
    if finder is None:
        raise FontMissing(
            f"fc-list is not installed, so the embedded handset's screen cannot be drawn. {_ADVICE}"
        )
    listed = subprocess.run(  # noqa: S603 - arguments as a list
        [finder, "--format", "%{file}\t%{index}\t%{charset}\n"],
        capture_output=True,
        check=True,
        encoding="utf-8",
    ).stdout
    rows = (row.split("\t") for row in listed.splitlines())
    faces = (_Face(path, int(index), tuple(_ranges(points))) for path, index, points in rows)
    # An index above that of a collection's members names a variable font's instance.
    return tuple(sorted((f for f in faces if f.index < _INSTANCES), key=lambda f: f.rank))


def _ranges(points: str) -> Iterator[tuple[int, int]]:
    for part in points.split():
        first, _, last = part.partition("-")
        yield int(first, 16), int(last or first, 16)


@lru_cache(maxsize=256)
def _font(path: str, index: int, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size, index=index)
