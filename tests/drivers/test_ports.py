"""Ports for services that must be told one: free, and left alone until the service binds them."""

import socket
from pathlib import Path

import pytest

from drivers.errors import DriverError
from drivers.ports import free_ports, is_answered

LINUX_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


def test_ports_are_distinct_and_free() -> None:
    """Ports asked for at once are all different, and a service can listen on each."""
    ports = free_ports(50)
    assert len(set(ports)) == 50
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()


def test_system_gives_them_to_nobody_else() -> None:
    """No outgoing connection and nobody who binds port 0 gets one of them."""
    lowest = int(LINUX_RANGE.read_text(encoding="ascii").split()[0])
    assert max(free_ports(50)) < lowest


def test_port_in_use_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A port on which somebody listens is not given away, wherever the search begins."""
    taken, *others = free_ports(3)
    monkeypatch.setattr("drivers.ports._PORTS", (taken, *others))
    with socket.create_server(("127.0.0.1", taken)):
        assert sorted(free_ports(2)) == sorted(others)


def test_too_few_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no more ports are free, the error says how many there are and what to do."""
    ports = free_ports(3)
    monkeypatch.setattr("drivers.ports._PORTS", ports)
    with (
        socket.create_server(("127.0.0.1", ports[0])),
        pytest.raises(DriverError, match=r"3 free ports are needed.* only 2 are free. End what"),
    ):
        free_ports(3)


def test_port_with_a_listener_is_answered() -> None:
    """A port is answered for as long as somebody listens on it."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
        assert is_answered(port)
    assert not is_answered(port)
