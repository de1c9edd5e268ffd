"""Opens a chat that is not in sight, through the app's own search."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from drivers.chat import find_searched
from drivers.end import End
from drivers.errors import ScreenUnknown
from drivers.handset import require
from drivers.obstruction import uncovered
from drivers.profile import Alternatives
from drivers.screen import Found, Node

_SEARCH_S: Final = 10.0  # how long an app may take to search
_POLL_S: Final = 0.1


def open_by_search(handset: End, title: str, *, wait: Callable[[float], object]) -> bool:
    """Search for a chat by its title and open it, from the list of chats.

    Args:
        handset: Where; the list of chats is in front.
        title: Title of the chat. It is typed, and compared with what was found; no selector holds
            it.
        wait: Waits a number of seconds between two looks; true when the run ends.

    Returns:
        Whether it was opened. If not, the search may still be in front.

    Raises:
        ScreenUnknown: The search does not open as the profile says.
        SessionLost: The session is gone.
    """
    profile = handset.config.profile
    screens = profile.screens
    if not screens.search_input:
        return False
    screen = uncovered(handset)
    field = screen.locate(screens.search_input)
    if field is None:
        button = require(screen, screens.search, "search button", handset.config)
        handset.tap(button, "the search button")
        field = _appears(handset, screens.search_input, wait)
    # Some fields show their hint as their text.
    is_filled = bool(field.node.text) and not field.node.shows_hint
    handset.type_into(field, title, "the search field", clear=is_filled)
    row = _found(handset, title, wait)
    if row is None:
        return False
    handset.tap_node(row, f"the chat {title!r}")
    return True


def _appears(handset: End, alternatives: Alternatives, wait: Callable[[float], object]) -> Found:
    deadline = monotonic() + _SEARCH_S
    while True:
        screen = uncovered(handset)
        found = screen.locate(alternatives)
        if found is not None:
            return found
        if monotonic() >= deadline or wait(_POLL_S):
            raise ScreenUnknown(
                f"{handset.config.name}: no search field came up after a tap on the search button. "
                f"Correct `search` and `search_input` in the profile "
                f"{handset.config.profile.name!r}, or bring the chat into sight in the list."
            )


def _found(handset: End, title: str, wait: Callable[[float], object]) -> Node | None:
    deadline = monotonic() + _SEARCH_S
    while True:
        row = find_searched(uncovered(handset), handset.config.profile, title)
        if row is not None or monotonic() >= deadline or wait(_POLL_S):
            return row
