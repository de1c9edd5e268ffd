"""Checks that need a message: what the profile says of messages, and whether an arrival is read.

A single harmless control is sent on each lane, and only where that is asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Final

from drivers.chat import Mark
from drivers.doctor.finding import SESSION, Check, Result, fail, ok, skipped, warn
from drivers.doctor.patient import Patient
from drivers.doctor.screens import keep, look_for, match, missing
from drivers.errors import DriverError
from drivers.lane import Lane
from drivers.profile import Ownership

_POLL_S: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One end of a lane.

    Attributes:
        patient: The handset at this end.
        is_sender: Whether it sends.
        lane: The lane; ``None`` where nothing leads to one of its ends.
        control: The harmless text to send.
        sends: Whether sending was asked for.
        reason: Why nothing is sent, if it is not.
    """

    patient: Patient
    is_sender: bool
    lane: Lane | None
    control: str
    sends: bool
    reason: str = "not checked: needs --send"

    @property
    def open_lane(self) -> Lane:
        """The lane.

        Raises:
            DriverError: Nothing leads to one of its ends.
        """
        if self.lane is None:
            raise DriverError(f"{self.patient.config.name}: its lane cannot be opened.")
        return self.lane

    def expects(self, place: str) -> bool:
        """Whether the control must have brought a place of the profile onto this screen."""
        if place == "own":
            is_on_own = self.patient.profile.ownership is Ownership.HAS
            return self.sends and self.is_sender == is_on_own
        return self.sends and (place in {"row", "text"} or self.is_sender)


def harmless_text() -> str:
    """A control that no earlier one equals, and that nobody would censor."""
    return f"See you at the station at {datetime.now(UTC):%H:%M:%S}"


def _control(end: Exchange) -> Result:
    if not end.sends:
        return skipped(end.reason)
    end.open_lane.open()
    end.open_lane.prepare(end.control)
    sent = end.open_lane.send()
    if sent.notice is not None or sent.mark is Mark.FAILED:
        return fail(
            f"{end.control!r} was sent; the app marks it {sent.mark or 'not at all'} and says "
            f"{sent.notice or 'nothing'}",
            "See on the handset what the app says: the account may be restricted.",
        )
    if sent.own_text is None:
        return warn(
            f"{end.control!r} was sent, but no bubble of it was seen",
            "See which of the selectors below finds nothing.",
        )
    return ok(f"{end.control!r} was sent; the app marks it {sent.mark or 'not at all'}")


def _selector(place: str) -> Callable[[Exchange], Result]:
    def check(end: Exchange) -> Result:
        screens = end.patient.profile.screens
        if not screens.of(place):
            return skipped("the profile does not use it")
        screen = look_for(end.patient, "row") if end.sends else end.patient.reached.screen()
        found = match(screen, screens, place)
        if found is not None:
            return ok(found)
        if end.expects(place):
            return missing(end.patient, screen, place)
        return skipped("no message that has it is on the screen" if end.sends else end.reason)

    return check


def _notice(_: Exchange) -> Result:
    return skipped("not checked: shown only when the app refuses a message")


def _arrival(end: Exchange) -> Result:
    if not end.sends:
        return skipped(end.reason)
    start = monotonic()
    while True:
        if any(each.text == end.control for each in end.open_lane.look(expected=1)):
            return ok(f"{end.control!r} was read")
        if monotonic() - start >= end.patient.settle_s:
            break
        sleep(_POLL_S)
    kept = keep(end.patient, end.patient.reached.screen(), "arrival")
    return fail(
        f"{end.control!r} was sent, but not read here within {end.patient.settle_s:g} s. The "
        f"screen is kept: {kept}",
        "Look at the handset. If the message is there, a selector of the profile finds nothing "
        "(see below), or the app hides its texts (WeChat does from 8.0.54 on): switch on TalkBack "
        "or Select to Speak. If it is not, see that the handset is online, then run again: now and "
        "then a harmless message is lost.",
    )


_MESSAGE_PLACES: Final = ("row", "text", "own", "state")

SENDER_CHECKS: Final[tuple[Check[Exchange], ...]] = (
    Check(
        name="control",
        look=_control,
        remedy="Whether it was sent is not known: look at the handset before running again.",
        needs=(SESSION, "consent", "chat title", "typing", "selector send"),
        needs_of_other=(SESSION, "chat title", "selector input"),
    ),
    *(
        Check(
            name=f"selector {place}",
            look=_selector(place),
            needs=(SESSION, "chat title", "control"),
        )
        for place in _MESSAGE_PLACES
    ),
    Check(name="selector notice", look=_notice, needs=(SESSION,)),
)
"""Of a lane's sender."""

RECEIVER_CHECKS: Final[tuple[Check[Exchange], ...]] = (
    Check(
        name="arrival",
        look=_arrival,
        remedy="See that the chat stays open there, then run again.",
        needs=(SESSION, "chat title"),
        needs_of_other=("control",),
    ),
    *(
        Check(
            name=f"selector {place}",
            look=_selector(place),
            needs=(SESSION, "chat title"),
            needs_of_other=("control",),
        )
        for place in _MESSAGE_PLACES
    ),
)
"""Of a lane's receiver."""
