"""What a session of Appium's Chromium driver is asked for.

Its chromedrivers all listen on one port unless each is told another: the second one would end the
session of the first without a word. So every session gets a port of its own.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from drivers.browser_tools import BrowserTools
from drivers.capabilities import COMMAND_S
from drivers.errors import ConfigError

BrowserCapabilities: TypeAlias = Mapping[str, object]

WINDOW: Final = (1200, 900)
"""Size of a browser's window in pixels: wide enough for the list of chats beside a chat."""

_ARGUMENTS: Final = (
    "--headless=new",
    f"--window-size={WINDOW[0]},{WINDOW[1]}",
    "--force-device-scale-factor=1",  # so that places in a page are places in a screenshot
    "--disable-gpu",
    "--disable-dev-shm-usage",  # small in containers
    # A page behind another window must go on as if it were looked at.
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    # Talks to nobody but the app.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
)
_PAGE_MS: Final = (COMMAND_S - 10) * 1000
_SCRIPT_MS: Final = 20_000


REMOTE_BROWSER_PORTS: Final = range(9600, 9800)
"""Ports for chromedrivers on a host where nobody can be asked which are free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What one browser has for itself on its server; nothing of it may be shared.

    Attributes:
        handset: Its name in the testbed.
        port: Port on the server's host for its chromedriver.
        tools: The browser and the chromedriver to use; ``None`` lets the server look for them.
        has_sandbox: Whether pages are shut in; a browser that root runs refuses that.
    """

    handset: str
    port: int
    tools: BrowserTools | None = None
    has_sandbox: bool = True


def seats(
    handsets: Iterable[str],
    ports: Iterable[int],
    *,
    taken: Iterable[int] = (),
    tools: BrowserTools | None = None,
    has_sandbox: bool = True,
) -> Mapping[str, Seat]:
    """Give every browser of one server a port of its own.

    Args:
        handsets: Their names.
        ports: Ports to give away; at least one for each.
        taken: Ports on that host that are used otherwise.
        tools: As for `Seat`.
        has_sandbox: As for `Seat`.

    Raises:
        ConfigError: Ports do not suffice, or two would have the same.
    """
    names = tuple(handsets)
    given = tuple(port for port, _ in zip(ports, names, strict=False))
    if len(given) < len(names):
        raise ConfigError(
            f"handset {names[len(given)]!r}: no port is left for its chromedriver; spread the "
            "browsers over several servers."
        )
    shared = [port for port, count in Counter((*given, *taken)).items() if count > 1]
    if shared:
        raise ConfigError(
            f"Browsers of one Appium server must share nothing: {', '.join(map(str, shared))} is "
            "the port of two. The second session would silently end the first."
        )
    return {
        name: Seat(handset=name, port=port, tools=tools, has_sandbox=has_sandbox)
        for name, port in zip(names, given, strict=True)
    }


def browser_capabilities(
    seat: Seat, *, longest_pause_s: float, user_data: Path | None = None
) -> BrowserCapabilities:
    """Capabilities of a session, by their W3C names.

    Args:
        seat: What it has for itself.
        longest_pause_s: Longest silence to be expected between two commands.
        user_data: Folder in which the browser keeps what it knows, log-ins too. ``None`` gives the
            session one of its own, which chromedriver deletes with it.
    """
    arguments: Sequence[str] = (
        *_ARGUMENTS,
        *(() if seat.has_sandbox else ("--no-sandbox",)),
        *(() if user_data is None else (f"--user-data-dir={user_data}",)),
    )
    options: dict[str, object] = {"args": list(arguments)}
    if seat.tools is not None:
        options["binary"] = str(seat.tools.chromium)
    asked: dict[str, object] = {
        "platformName": "linux",
        "appium:automationName": "Chromium",
        "browserName": "chrome",
        "appium:chromedriverPort": seat.port,
        # The session outlives the longest pause, with room for a command that hangs.
        "appium:newCommandTimeout": round(longest_pause_s) + 2 * COMMAND_S,
        "pageLoadStrategy": "normal",
        "unhandledPromptBehavior": "dismiss",
        # Everything is judged from snapshots; nothing is waited for in between.
        "timeouts": {"implicit": 0, "pageLoad": _PAGE_MS, "script": _SCRIPT_MS},
        "goog:chromeOptions": options,
        "goog:loggingPrefs": {"browser": "WARNING"},
    }
    if seat.tools is not None:
        asked["appium:executable"] = str(seat.tools.chromedriver)
        asked["appium:autodownloadEnabled"] = False
    return asked
