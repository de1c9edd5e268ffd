"""What a session of the UiAutomator2 driver is asked for.

Two sessions that share a device, or a port on the host, end each other without a word; so who gets
which is decided here for all handsets at once, and checked before anything starts.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from drivers.errors import ConfigError

Capabilities: TypeAlias = Mapping[str, str | int | bool]

REMOTE_PORTS: Final = range(8200, 9200)
"""Ports to allocate on a host where nobody can be asked which are free."""

COMMAND_S: Final = 60
"""How long the client waits for a command's answer, seconds."""

# Appium gives up before the client does, so that its reason is told instead of a time-out.
_READ_MS: Final = (COMMAND_S - 10) * 1000
_LAUNCH_MS: Final = 40_000
_ADB_MS: Final = 40_000
_INSTALL_MS: Final = 120_000
_HIGHEST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A handset as a server addresses it; nothing of it may be shared with another one.

    Attributes:
        handset: Its name in the testbed.
        udid: Its serial or network address, as adb names it.
        system_port: Port on the server's host forwarded to the UiAutomator2 server.
        mjpeg_port: Port on the server's host forwarded to its screen stream.
    """

    handset: str
    udid: str
    system_port: int
    mjpeg_port: int


def allocate(udids: Mapping[str, str], ports: Iterable[int]) -> Mapping[str, Device]:
    """Give every handset of one server its own two ports.

    Args:
        udids: Serial or address by the handset's name.
        ports: Ports to give away; at least two for each handset.

    Raises:
        ConfigError: Two handsets have one udid, or ports do not suffice or repeat.
    """
    supply = iter(ports)
    devices: dict[str, Device] = {}
    for handset, udid in udids.items():
        system_port, mjpeg_port = next(supply, None), next(supply, None)
        if system_port is None or mjpeg_port is None:
            raise ConfigError(
                f"handset {handset!r}: no ports are left for it; {len(udids)} handsets need "
                f"{2 * len(udids)}. Spread them over several servers."
            )
        devices[handset] = Device(
            handset=handset, udid=udid, system_port=system_port, mjpeg_port=mjpeg_port
        )
    require_unique(devices.values())
    return devices


def require_unique(devices: Iterable[Device], *, taken: Iterable[int] = ()) -> None:
    """Check that no two handsets of one server share anything.

    Args:
        devices: All handsets of the server.
        taken: Ports on its host that are used otherwise, such as the server's own.

    Raises:
        ConfigError: They share something; all of it is listed.
    """
    everyone = tuple(devices)
    problems = [*_shared_udids(everyone), *_shared_ports(everyone, taken)]
    if problems:
        raise ConfigError(
            "Handsets of one Appium server must share nothing:\n"
            + "\n".join(f"  {problem}" for problem in problems)
        )


def capabilities(
    device: Device | None,
    *,
    package: str,
    activity: str,
    longest_pause_s: float,
    adb_port: int | None = None,
    is_prepared: bool = False,
) -> Capabilities:
    """Capabilities of a session, by their W3C names.

    Args:
        device: Which handset; ``None`` lets the server choose its only one.
        package: Package of the app.
        activity: Activity the app starts with; if empty, Appium finds the one its icon starts.
        longest_pause_s: Longest silence to be expected between two commands.
        adb_port: Port of the adb server, where that is ours.
        is_prepared: Whether an earlier session on this handset has installed the driver's own
            apps; leaving that out makes a session several times faster.
    """
    asked: dict[str, str | int | bool] = {
        "platformName": "Android",
        "appium:automationName": "UiAutomator2",
        "appium:appPackage": package,
        # Whichever screen the app shows first: whether it is the right one, the profile decides.
        "appium:appWaitActivity": "*",
        # The account stays logged in, and the app stays where it is.
        "appium:noReset": True,
        "appium:dontStopAppOnReset": True,
        "appium:autoGrantPermissions": False,
        # The session outlives the longest pause, with room for a command that hangs.
        "appium:newCommandTimeout": round(longest_pause_s) + 2 * COMMAND_S,
        "appium:uiautomator2ServerLaunchTimeout": _LAUNCH_MS,
        "appium:uiautomator2ServerInstallTimeout": _INSTALL_MS,
        "appium:uiautomator2ServerReadTimeout": _READ_MS,
        "appium:adbExecTimeout": _ADB_MS,
        "appium:disableWindowAnimation": True,
        # Not every ROM lets adb change this setting; nothing we do depends on it.
        "appium:ignoreHiddenApiPolicyError": True,
        # Other handsets hang on the same adb server.
        "appium:suppressKillServer": True,
        # Evidence is read from the log when it is needed; a process for it is not kept running.
        "appium:skipLogcatCapture": True,
        "appium:skipDeviceInitialization": is_prepared,
        "appium:skipServerInstallation": is_prepared,
        "appium:skipUnlock": is_prepared,
    }
    if activity:
        asked["appium:appActivity"] = activity
    if device is not None:
        asked["appium:udid"] = device.udid
        asked["appium:systemPort"] = device.system_port
        asked["appium:mjpegServerPort"] = device.mjpeg_port
    if adb_port is not None:
        asked["appium:adbPort"] = adb_port
    return asked


def _shared_udids(devices: tuple[Device, ...]) -> Iterator[str]:
    for udid, count in Counter(each.udid for each in devices).items():
        if count > 1:
            names = ", ".join(each.handset for each in devices if each.udid == udid)
            yield (
                f"udid {udid!r} is that of {names}: a second session would silently end the first. "
                "Give each its own, as `adb devices` lists them"
            )


def _shared_ports(devices: tuple[Device, ...], taken: Iterable[int]) -> Iterator[str]:
    owners: dict[int, list[str]] = {port: ["the server itself"] for port in taken}
    for each in devices:
        owners.setdefault(each.system_port, []).append(f"systemPort of {each.handset}")
        owners.setdefault(each.mjpeg_port, []).append(f"mjpegServerPort of {each.handset}")
    for port, names in owners.items():
        if len(names) > 1:
            yield f"port {port} is used by {', '.join(names)}"
        if not 0 < port <= _HIGHEST_PORT:
            yield f"port {port} of {', '.join(names)} is no port number"
