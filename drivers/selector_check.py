"""Whether a profile can be relied on with a version of the app that it was not written for.

What the doctor checks of screens is looked for on the live one before anything is sent: a selector
that finds something else, or nothing, would make a message of ours look as if it had been blocked.
"""

from pathlib import Path
from typing import Final

from drivers.doctor.finding import Examination, Status, report_line
from drivers.doctor.patient import Patient
from drivers.doctor.screens import SCREEN_CHECKS
from drivers.end import End
from drivers.errors import ScreenUnknown

FOLDER: Final = "doctor"
"""Where, in a run's folder, screens are kept on which something is missing."""

_OF_BOTH: Final = frozenset(
    {
        "login",
        "selector chat_row",
        "selector chat_name",
        "chat",
        "selector title",
        "selector input",
        "chat title",
        "texts",
    }
)
_OF_SENDER: Final = _OF_BOTH | {"selector send"}


def require_selectors(
    end: End, title: str, *, is_receiver: bool, settle_s: float, folder: Path
) -> None:
    """See that everything a lane needs is on the live screen. Nothing is sent.

    Args:
        end: An end whose session is open and whose app is in front.
        title: Title of the lane's chat there.
        is_receiver: Whether it is the end that reads; nothing is typed there.
        settle_s: How long to wait for a screen, seconds.
        folder: The run's folder; screens on which something is missing are kept in it.

    Raises:
        ScreenUnknown: Something is not there; the doctor's findings say what, and what to do.
        SessionLost: The session is gone.
    """
    patient = Patient(
        config=end.config,
        title=title,
        udid=end.config.udid or "",
        door=None,
        server=None,
        handset=end,
        emulator=None,
        is_receiver=is_receiver,
        settle_s=settle_s,
        folder=folder / FOLDER,
    )
    needed = _OF_BOTH if is_receiver else _OF_SENDER
    checks = [each for each in SCREEN_CHECKS if each.name in needed]
    findings = Examination().make(checks, patient, handset=end.config.name)
    failed = [report_line(each) for each in findings if each.status is Status.FAIL]
    if failed:
        raise ScreenUnknown(
            f"{end.config.name}: the profile {end.config.profile.name!r} does not fit the version "
            "of the app. Nothing was sent. The doctor says:\n" + "\n".join(failed)
        )
