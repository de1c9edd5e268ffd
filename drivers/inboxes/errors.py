"""What can go wrong between us and an inbox.

::

    DriverError
    ├── SessionLost        the server does not answer, or asks for more patience than a look has
    ├── NotLoggedIn        the server refuses the token, or does not know the account
    ├── WrongChat          the account is not in the room, or no longer
    ├── Unreadable         messages are there, and their texts cannot be read: they are encrypted,
    │                      or kept from a bot
    ├── BadAnswer          the server answers what its documentation does not allow
    └── ArrivalsLost       messages may have arrived that nobody will ever see

The first four are those of `drivers.errors`. All name the inbox and its address, and never a token,
a number, a room, a sender or a text.
"""

from drivers.errors import DriverError


class BadAnswer(DriverError):
    """The server answered, but nothing that can be understood; nothing was taken, nothing lost."""


class ArrivalsLost(DriverError):
    """Messages may have been handed out by the server and not have reached us.

    What was under way must not be taken for missing. It is raised once; the next look goes on.
    """
