"""What sessions are asked for, and who gets which port."""

from dataclasses import replace

import pytest
from appium.options.android import UiAutomator2Options
from hypothesis import given
from hypothesis import strategies as st

from drivers.capabilities import (
    COMMAND_S,
    REMOTE_PORTS,
    Capabilities,
    Device,
    allocate,
    capabilities,
    require_unique,
)
from drivers.errors import ConfigError

DEVICE = Device(handset="a", udid="emulator-5554", system_port=8200, mjpeg_port=8201)


def asked(
    device: Device | None = DEVICE,
    *,
    longest_pause_s: float = 35.0,
    adb_port: int | None = None,
    is_prepared: bool = False,
) -> Capabilities:
    """Capabilities for an app that does not matter."""
    return capabilities(
        device,
        package="org.example",
        activity=".Main",
        longest_pause_s=longest_pause_s,
        adb_port=adb_port,
        is_prepared=is_prepared,
    )


@given(st.sets(st.text(min_size=1), max_size=20))
def test_no_two_handsets_share_anything(udids: set[str]) -> None:
    """Whatever their number, handsets of a server have distinct udids and ports."""
    devices = allocate({f"handset-{udid}": udid for udid in udids}, REMOTE_PORTS)
    ports = [port for each in devices.values() for port in (each.system_port, each.mjpeg_port)]
    assert len(set(ports)) == len(ports) == 2 * len(udids)
    assert {each.udid for each in devices.values()} == udids


def test_same_testbed_gets_the_same_ports() -> None:
    """On a host that cannot be asked, ports depend on nothing but the order of handsets."""
    udids = {"a": "emulator-5554", "b": "emulator-5556"}
    assert allocate(udids, REMOTE_PORTS) == allocate(udids, REMOTE_PORTS)


def test_shared_udid_is_refused() -> None:
    """Two handsets with one udid are refused, and the message names both."""
    with pytest.raises(ConfigError, match="'emulator-5554' is that of a, b"):
        allocate({"a": "emulator-5554", "b": "emulator-5554"}, REMOTE_PORTS)


def test_too_few_ports_are_refused() -> None:
    """A handset for which no ports are left is named, with how many are needed."""
    with pytest.raises(ConfigError, match="'b': no ports are left for it; 2 handsets need 4"):
        allocate({"a": "emulator-5554", "b": "emulator-5556"}, range(8200, 8203))


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (replace(DEVICE, handset="b", udid="x"), "port 8200 is used by systemPort of a, system"),
        (replace(DEVICE, handset="b", udid="x", system_port=8201, mjpeg_port=9), "port 8201"),
        (replace(DEVICE, handset="b", udid="x", system_port=4723, mjpeg_port=9), "server itself"),
        (replace(DEVICE, handset="b", udid="x", system_port=70000, mjpeg_port=9), "no port number"),
    ],
)
def test_shared_ports_are_refused(other: Device, told: str) -> None:
    """A port with two uses, whatever they are, and one that cannot be, are refused."""
    with pytest.raises(ConfigError, match=told):
        require_unique([DEVICE, other], taken=[4723])


def test_all_problems_are_listed_at_once() -> None:
    """Handsets that share a udid and both ports hear of all three."""
    with pytest.raises(ConfigError) as caught:
        require_unique([DEVICE, replace(DEVICE, handset="b")])
    assert len(str(caught.value).splitlines()) == 1 + 3


@given(st.floats(min_value=0, max_value=86_400))
def test_session_outlives_the_longest_pause(pause_s: float) -> None:
    """Appium ends no session for silence before the longest pause and a hung command are over."""
    timeout = asked(longest_pause_s=pause_s)["appium:newCommandTimeout"]
    assert isinstance(timeout, int)
    assert timeout > pause_s + COMMAND_S


def test_appium_gives_up_before_the_client() -> None:
    """A handset that does not answer is reported by Appium, not by the client's time-out."""
    for name in ("ReadTimeout", "LaunchTimeout"):
        limit = asked()[f"appium:uiautomator2Server{name}"]
        assert isinstance(limit, int)
        assert limit < COMMAND_S * 1000


def test_data_of_the_app_is_never_touched() -> None:
    """No session resets the app: the account must stay logged in."""
    assert asked()["appium:noReset"] is True
    assert not {"appium:fullReset", "appium:app", "appium:uninstallOtherPackages"} & set(asked())


@pytest.mark.parametrize("is_prepared", [False, True])
def test_prepared_handset_is_not_prepared_again(is_prepared: bool) -> None:
    """The driver's own apps are installed by a handset's first session only."""
    for name in ("skipDeviceInitialization", "skipServerInstallation", "skipUnlock"):
        assert asked(is_prepared=is_prepared)[f"appium:{name}"] is is_prepared


def test_only_what_is_known_is_asked_for() -> None:
    """Ports and udid appear only where we decide on them."""
    names = {
        "appium:udid",
        "appium:systemPort",
        "appium:mjpegServerPort",
        "appium:adbPort",
    }
    assert not names & set(asked(None))
    assert names <= set(asked(adb_port=5038))


def test_client_library_accepts_them() -> None:
    """The client library passes every capability on under its name."""
    everything = asked(adb_port=5038, is_prepared=True)
    sent = UiAutomator2Options().load_capabilities(dict(everything)).to_w3c()
    assert sent == {"capabilities": {"firstMatch": [{}], "alwaysMatch": dict(everything)}}
