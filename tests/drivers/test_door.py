"""Ways to handsets and browsers: what each has for itself alone."""

from dataclasses import replace
from pathlib import Path

import pytest

from drivers.browser_tools import BrowserTools
from drivers.door import doors
from drivers.ports import free_ports
from drivers.server import AppiumServer
from drivers.testbed import load_testbed
from drivers.web_config import WebConfig

ADB_PORT, APPIUM_PORT = 5100, 5101


class Started(AppiumServer):
    """A server that says it runs."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{APPIUM_PORT}/ours"

    @property
    def adb_port(self) -> int:
        return ADB_PORT


def test_browsers_and_handsets_of_our_server_share_no_port(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ports are looked for once for all of them: what is free stays so until somebody binds it."""
    searches: list[int] = []

    def same_again(count: int) -> tuple[int, ...]:
        searches.append(count)
        return ports[:count]

    ports = free_ports(6)
    monkeypatch.setattr("drivers.door.free_ports", same_again)
    tools = BrowserTools(chromium=tmp_path, chromedriver=tmp_path)
    monkeypatch.setattr("drivers.door.require_browser_tools", lambda _: tools)
    web = WebConfig(url="http://127.0.0.1", user_env=None, password_env=None, user_data=None)
    phones = load_testbed("embedded").handsets
    configs = [
        *(replace(each, appium="managed", udid=f"serial-{each.name}") for each in phones[:2]),
        *(replace(each, appium="managed", web=web) for each in phones[2:4]),
    ]
    ways = doors(configs, embedded=None, server=Started(tmp_path)).values()
    devices = [each.device for each in ways if each.device is not None]
    given = [each.seat.port for each in ways if each.seat is not None]
    given += [port for each in devices for port in (each.system_port, each.mjpeg_port)]
    assert sorted(given) == sorted(ports)
    assert searches == [6]
