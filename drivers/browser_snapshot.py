"""A look at a web app, by the script `browser_snapshot.js`, as a `Screen` like any other.

The browser itself looks for what the profile's selectors may mean, so that a page of any size comes
back as the few nodes that matter, all from one moment: live values of fields, only what is shown,
and where. What is what is then judged in Python, on that tree, by the same code that judges the
screens of handsets.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Final

from pydantic import BaseModel, ConfigDict, ValidationError
from selenium.webdriver.remote.webelement import WebElement

from drivers.errors import DriverError
from drivers.profile import PLACES, ROW_PLACES, Alternatives, Profile, Selector

SCRIPT: Final = (files("drivers") / "browser_snapshot.js").read_text(encoding="utf-8")
"""What is run in the page; everything it is to look for comes as arguments."""

_CSS: Final = "css "
_CONTAINERS: Final = ("row", "chat_row", "search_row", "bubble")
_TAPPED: Final = (
    "input", "send", "chat_row", "search", "search_input", "search_row", "more",
    "login_user", "login_password", "login_submit", "popups",
)  # fmt: skip
_Arguments = tuple[
    Mapping[str, Sequence[Mapping[str, str]]], Mapping[str, str], Sequence[str], Sequence[str]
]


class Look(BaseModel):
    """What the script gives back.

    Attributes:
        source: What was found, in XML: texts are in ``text``, labels in ``content-desc``, as in
            the page source of a handset.
        handles: The elements that may be tapped, as the driver knows them; the attribute
            ``handle`` of a node is its place in here, counted from what was asked for.
        older: How many rows of the conversation are in the page and were not read.
        oldest: The oldest row that was read; ``None`` without rows.
        newest: The newest.
        url: Address of the page.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    source: str
    handles: tuple[WebElement, ...]
    older: int
    oldest: WebElement | None
    newest: WebElement | None
    url: str

    @classmethod
    def of(cls, answer: object) -> "Look":
        """Check what the script gave back.

        Raises:
            DriverError: It is something else.
        """
        try:
            return cls.model_validate(answer)
        except ValidationError as error:
            raise DriverError(
                "The script that reads the page gave back something else than it should: "
                f"{error.error_count()} problems, the first at {error.errors()[0]['loc']}."
            ) from error


def arguments(profile: Profile) -> _Arguments:
    """What the script is to look for: its first four arguments."""
    places: dict[str, Sequence[Mapping[str, str]]] = {
        place: _selectors(profile.screens.of(place)) for place in PLACES
    }
    places["popups"] = _selectors(profile.popups)
    return {place: each for place, each in places.items() if each}, ROW_PLACES, _CONTAINERS, _TAPPED


def _selectors(alternatives: Alternatives) -> Sequence[Mapping[str, str]]:
    return [_selector(each) for each in alternatives]


def _selector(selector: Selector) -> Mapping[str, str]:
    if selector.written.startswith(_CSS):
        # The browser finds them faster than what they are translated to.
        return {"css": selector.written.removeprefix(_CSS)}
    return {"xpath": selector.values[0]}
