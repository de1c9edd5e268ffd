"""A handset that shows what a test says, for readers that need no network."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from PIL import Image

from drivers.errors import DriverError
from drivers.handset import Handset
from drivers.profile import Profile
from drivers.screen import Screen
from drivers.testbed import HandsetConfig, load_testbed

TITLE = "Weekend walks"
_ID = "org.undelivered.courier:id/"
_TOP, _ROW_PX = 100, 50


@dataclass
class StandIn:
    """What a reader asks of a handset.

    Attributes:
        rows: Shades of the messages in sight, oldest first; each is a picture of its text.
        first_is_cut: Whether the first row lies at the upper edge.
        notifications: What the settings app answers; an error is raised.
    """

    rows: list[int] = field(default_factory=list)
    first_is_cut: bool = False
    above: list[int] = field(default_factory=list)
    notifications: object = None
    keys: list[float] = field(default_factory=list)
    profile: Profile | None = None

    @property
    def config(self) -> HandsetConfig:
        """That of the shipped testbed."""
        config = load_testbed("embedded").handsets[1]
        return config if self.profile is None else replace(config, profile=self.profile)

    @property
    def handset(self) -> Handset:
        """What a reader takes."""
        return cast("Handset", self)

    def screen(self) -> Screen:
        """A chat whose tree has no texts."""
        rows = "".join(
            f'<row resource-id="{_ID}message_row" bounds="[0,{top}][500,{top + _ROW_PX}]"><text '
            f'resource-id="{_ID}message_text" bounds="[0,{top}][400,{top + _ROW_PX}]"/></row>'
            for top, _ in self._placed()
        )
        return Screen.parse(
            f'<hierarchy width="500"><title resource-id="{_ID}chat_title" text="{TITLE}"/>'
            f'<list bounds="[0,{_TOP}][500,2000]">{rows}</list></hierarchy>'
        )

    def screenshot(self) -> bytes:
        """Each message as a patch of its shade."""
        picture = Image.new("RGB", (500, 2000))
        for top, shade in self._placed():
            picture.paste((shade, 0, 0), (0, top, 500, top + _ROW_PX))
        file = io.BytesIO()
        picture.save(file, "PNG")
        return file.getvalue()

    def scroll_back(self) -> bool:
        """Show what is above, all at once."""
        self.rows, self.above = [*self.above, *self.rows], []
        return False

    def scroll_forward(self) -> bool:
        """Nothing is below."""
        return False

    def go_back(self) -> None:
        """Leave the chat."""

    def mobile(self, command: str, **arguments: float) -> object:
        """Answer a command of the driver."""
        if command == "pressKey":
            self.keys.append(arguments["keycode"])
            return None
        assert command == "getNotifications"
        if isinstance(self.notifications, DriverError):
            raise self.notifications
        return self.notifications

    def _placed(self) -> Sequence[tuple[int, int]]:
        start = _TOP if self.first_is_cut else _TOP + _ROW_PX
        return [(start + _ROW_PX * place, shade) for place, shade in enumerate(self.rows)]
