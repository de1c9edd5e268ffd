"""What can go wrong between us and a handset.

::

    ConfigError            a testbed or app profile says something that cannot be
    DriverError            no measurement could be made; the attempt is void
    ├── SessionLost        the Appium session or the handset behind it is gone
    ├── ScreenUnknown      the screen does not show what the app profile promises
    │   └── Unreadable     messages are there, and their texts cannot be read in this way
    ├── ReadModeChanged    from now on the receiver is read in another way
    ├── WrongChat          another chat than the lane's is open
    ├── InputMismatch      the input field does not read back what was typed
    └── NotLoggedIn        the app asks for a log-in

A message says what happened, with which value, where, and what to do.
"""


class ConfigError(Exception):
    """A testbed or an app profile is wrong; the message lists every problem at once."""


class DriverError(Exception):
    """A handset or an app did not do what was asked of it."""


class SessionLost(DriverError):
    """The session ended, the server does not answer, or the handset is gone."""


class ScreenUnknown(DriverError):
    """No selector of the profile matches the screen."""


class Unreadable(ScreenUnknown):
    """Messages are there, and their texts cannot be read in this way."""


class ReadModeChanged(DriverError):
    """The receiver is read in another way from now on; what was under way may be overlooked."""


class WrongChat(DriverError):
    """The open chat is not the one the lane sends in."""


class InputMismatch(DriverError):
    """The text in the input field is not the text that was to be sent."""


class NotLoggedIn(DriverError):
    """The app shows its log-in screen."""
