"""Opens a chat, from wherever the app is."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from drivers.chat import find_chat, read_chat
from drivers.chat_search import open_by_search
from drivers.end import End
from drivers.errors import NotLoggedIn, ScreenUnknown, WrongChat
from drivers.obstruction import uncovered
from drivers.profile import Platform
from drivers.screen import Screen

_MOST_STEPS_TO_CHAT: Final = 6
_START_S: Final = 5.0
_POLL_S: Final = 0.05


def enter_chat(handset: End, title: str, *, wait: Callable[[float], object]) -> Screen:
    """Go to the chat of this title: through the list of chats, or else the app's search.

    Args:
        handset: Where.
        title: Title of the chat.
        wait: Waits a number of seconds between two looks; true when the run ends.

    Returns:
        The screen that shows the chat.

    Raises:
        NotLoggedIn: The app shows its log-in screen.
        WrongChat: There is no such chat, or it does not open.
        ScreenUnknown: Something lies over the app.
        SessionLost: The session is gone.
    """
    profile = handset.config.profile
    is_uncovered = has_searched = False
    handset.bring_app_to_front()
    for _ in range(_MOST_STEPS_TO_CHAT):
        screen = _screen_of_app(handset, wait)
        if profile.screens.login and screen.first(profile.screens.login) is not None:
            raise NotLoggedIn(
                f"{handset.config.name}: {profile.title} shows its log-in screen. Log in with "
                f"the account {handset.config.account.label!r} and start again."
            )
        view = read_chat(screen, profile)
        if view.title == title and view.input_text is not None:
            return screen
        row, names = find_chat(screen, profile, title)
        hides_list = not names or profile.platform is Platform.ANDROID
        if row is None and view.input_text is not None and hides_list:
            handset.go_back()  # another chat is open
            continue
        if not names and not is_uncovered:
            handset.go_back()  # a dialog of the app's own lies over it
            is_uncovered = True
            continue
        if row is not None:
            handset.tap_node(row, f"the chat {title!r}")
        elif has_searched or not open_by_search(handset, title, wait=wait):
            shown = ", ".join(map(repr, names)) or "nothing"
            searched = ", and the app's search does not find it" if has_searched else ""
            raise WrongChat(
                f"{handset.config.name}: there is no chat {title!r} in the list; it shows: "
                f"{shown}{searched}. Create it, or correct its title in the testbed."
            )
        else:
            has_searched = True
    raise WrongChat(
        f"{handset.config.name}: could not open the chat {title!r}. Open it by hand once, and "
        "check its title in the testbed."
    )


def _screen_of_app(handset: End, wait: Callable[[float], object]) -> Screen:
    """What the app shows, once it is in front: one that was not running takes a while."""
    deadline = monotonic() + _START_S
    while True:
        try:
            return uncovered(handset)
        except ScreenUnknown:
            if monotonic() >= deadline:
                raise
            wait(_POLL_S)
            handset.bring_app_to_front()
