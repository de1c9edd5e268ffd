"""What a browser's session is asked for: nothing that two of them share."""

from pathlib import Path
from typing import Any

import pytest

from drivers.browser_capabilities import Seat, browser_capabilities, seats
from drivers.browser_tools import BrowserTools
from drivers.errors import ConfigError

TOOLS = BrowserTools(chromium=Path("/usr/bin/chromium"), chromedriver=Path("/usr/bin/driver"))


def options(seat: Seat, user_data: Path | None = None) -> dict[str, Any]:
    """How the browser is started."""
    asked = browser_capabilities(seat, longest_pause_s=1, user_data=user_data)
    found = asked["goog:chromeOptions"]
    assert isinstance(found, dict)
    return found


def arguments(seat: Seat, user_data: Path | None = None) -> list[str]:
    """Its command line."""
    return list(options(seat, user_data)["args"])


def test_each_session_has_a_port_of_its_own() -> None:
    """Without one, the second session would end the first."""
    given = seats(["browser-1", "browser-2"], [9600, 9601])
    ports = [
        browser_capabilities(seat, longest_pause_s=1)["appium:chromedriverPort"]
        for seat in given.values()
    ]
    assert ports == [9600, 9601]


@pytest.mark.parametrize(
    ("ports", "taken"), [([9600, 9600], []), ([9600, 9601], [9601]), ([9600], [])]
)
def test_shared_or_missing_ports_are_refused(ports: list[int], taken: list[int]) -> None:
    """Neither two browsers nor a browser and the server can get one port."""
    with pytest.raises(ConfigError, match=r"9600|9601|browser-2"):
        seats(["browser-1", "browser-2"], ports, taken=taken)


def test_session_outlives_the_longest_pause() -> None:
    """A session does not end while nothing is sent."""
    asked = browser_capabilities(Seat(handset="browser-1", port=9600), longest_pause_s=300)
    timeout = asked["appium:newCommandTimeout"]
    assert isinstance(timeout, int)
    assert timeout > 300


def test_tools_of_this_machine_are_used_and_none_are_downloaded() -> None:
    """On our own server the browser and the driver are those that were found to fit."""
    seat = Seat(handset="browser-1", port=9600, tools=TOOLS)
    asked = browser_capabilities(seat, longest_pause_s=1)
    assert asked["appium:executable"] == "/usr/bin/driver"
    assert asked["appium:autodownloadEnabled"] is False
    assert options(seat)["binary"] == "/usr/bin/chromium"


def test_sandbox_and_user_data() -> None:
    """Pages are shut in unless root runs the browser; log-ins are kept only where asked."""
    seat = Seat(handset="browser-1", port=9600)
    assert "--no-sandbox" not in arguments(seat)
    assert "--no-sandbox" in arguments(Seat(handset="browser-1", port=9600, has_sandbox=False))
    assert not [each for each in arguments(seat) if each.startswith("--user-data-dir")]
    assert "--user-data-dir=/home/ca-1" in arguments(seat, Path("/home/ca-1"))
