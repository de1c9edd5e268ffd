"""What lies over the app's screen: dialogs of the system or of other apps, and popups of its own.

A dump of the screen shows the window in front alone. So a dialog hides the chat altogether, and
whatever is concluded from a snapshot with one on top would be about the dialog.
"""

from drivers.end import End
from drivers.errors import ScreenUnknown
from drivers.screen import Screen


def uncovered(handset: End) -> Screen:
    """A snapshot of the app, after clearing away, once, what lies over it.

    A popup that the profile knows is closed as the profile says; for any other, *back* is pressed.

    Raises:
        ScreenUnknown: Another app is in front, as after a crash.
        SessionLost: The session is gone.
    """
    screen = handset.screen()
    if not _clear(handset, screen):
        return screen
    screen = handset.screen()
    if _is_foreign(handset, screen):
        profile = handset.config.profile
        raise ScreenUnknown(
            f"{handset.config.name}: {screen.package} is in front of {profile.title} and does not "
            "go away. The app may have crashed. For a popup that comes back, name the button "
            f"that closes it under `popups` in the profile {profile.name!r}."
        )
    return screen


def _clear(handset: End, screen: Screen) -> bool:
    """Close what lies over the app; whether there was something."""
    button = screen.locate(handset.config.profile.popups)
    if button is not None:
        handset.tap(button, "the button that closes a popup")
        return True
    if _is_foreign(handset, screen):
        handset.go_back()
        return True
    return False


def _is_foreign(handset: End, screen: Screen) -> bool:
    return screen.package not in {None, handset.config.profile.package}
