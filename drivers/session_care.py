"""Sessions of both ends of a lane: opened with a profile that fits, and built anew when lost."""

from collections.abc import Callable, Sequence
from typing import Final, Protocol

from drivers.end import End
from drivers.errors import DriverError, NotLoggedIn, WrongChat

_MOST_RESTARTS: Final = 2


class ScreenCheck(Protocol):
    """Looks at the screens of an end whose app has a version that the profile does not know."""

    def __call__(self, end: End, title: str, *, is_receiver: bool) -> None:
        """Raise what is missing there, as a `DriverError`."""
        ...


def start(end: End, title: str, *, is_receiver: bool, check: ScreenCheck | None) -> Sequence[str]:
    """Open a session, and take on the profile as it fits the app's version.

    Args:
        end: The end.
        title: Title of the lane's chat there.
        is_receiver: Whether it is one that reads.
        check: Looks at its screens where the profile was not written for the version.

    Returns:
        What is to be said of the version.

    Raises:
        DriverError: The session does not open, or something is not on the screens.
    """
    end.start()
    fit = end.fit()
    if not fit.is_known and check is not None:
        check(end, title, is_receiver=is_receiver)
    return [f"{end.config.name}: {fit.warning}"] if fit.warning else []


def come_back(end: End, step: Callable[[], object]) -> None:
    """Take a step on an end, with a new session if it needs one.

    Raises:
        DriverError: That does not help.
    """
    for _ in range(_MOST_RESTARTS):
        try:
            step()
        except (NotLoggedIn, WrongChat):
            raise  # a new session would find the same
        except DriverError:
            end.restart()
        else:
            return
    step()
