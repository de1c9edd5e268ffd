"""Handshake, streams and services of a handset's adb door."""

import asyncio
import logging
from pathlib import Path

import pytest

from drivers.embedded.adb_protocol import (
    MAX_PAYLOAD,
    VERSION_WITH_CHECKSUM,
    AuthKind,
    Command,
    Packet,
    read_packet,
)
from tests.drivers.embedded.adb_host import (
    WAIT_S,
    Door,
    Host,
    Refused,
    dial,
    network,
    open_door,
    talk,
)
from tests.testbeds import fault

GREETING = Packet(
    command=Command.CNXN, first=VERSION_WITH_CHECKSUM, second=4096, payload=b"host::\0"
)


@pytest.mark.parametrize(
    ("version", "max_payload"), [(VERSION_WITH_CHECKSUM, 4096), (0x01000001, 2**24)]
)
def test_handshake_agrees_on_the_lower(tmp_path: Path, version: int, max_payload: int) -> None:
    """Version and payload are the lower of what both can, and the banner names the features."""

    async def run() -> None:
        async with (
            open_door(network(tmp_path)) as door,
            Host.connect(door.address, version=version, max_payload=max_payload) as host,
        ):
            assert host.version == version
            assert host.max_payload == min(max_payload, MAX_PAYLOAD)
            assert host.banner.startswith("device::ro.product.name=")
            assert host.banner.endswith("features=shell_v2,cmd")
            big = "x" * 10_000
            assert (await host.shell(f"echo {big}")).output == big + "\n"

    asyncio.run(run())


def test_streams_do_not_mix(tmp_path: Path) -> None:
    """Many streams at once each get their own answers."""

    async def talking(host: Host, _: Door) -> None:
        streams = [await host.open(f"shell:echo {number}") for number in range(20)]
        answers = [await stream.read_all() for stream in reversed(streams)]
        assert answers == [f"{number}\n".encode() for number in reversed(range(20))]

    talk(tmp_path, talking)


@pytest.mark.parametrize(
    "service", ["framebuffer:", "reverse:forward:tcp:1;tcp:2", "root:", "shell:", "tcp:7810", "x"]
)
def test_unknown_services_are_refused(
    tmp_path: Path, service: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A service the handset does not have is refused and logged, and the connection lives on."""

    async def talking(host: Host, _: Door) -> None:
        with pytest.raises(Refused):
            await host.open(service)
        assert (await host.shell("echo still here")).output == "still here\n"

    talk(tmp_path, talking)
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert f"phone-1: adb: no such service: {service}" in caplog.text


def test_host_that_is_not_trusted(tmp_path: Path) -> None:
    """A host without a known key is asked for one, never let in, and waits once it sent its own."""

    async def run() -> None:
        more = fault("phone-1", "distrusts_host", after_messages=0)
        async with (
            asyncio.timeout(WAIT_S),
            open_door(network(tmp_path, more=more)) as door,
            dial(door.address) as (reader, writer),
        ):
            await introduce(reader, writer)

    async def introduce(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def send(command: Command, first: int, payload: bytes = b"") -> None:
            packet = Packet(command=command, first=first, second=0, payload=payload)
            writer.write(packet.encode(has_checksum=True))

        writer.write(GREETING.encode(has_checksum=True))
        for _ in range(2):
            answer = await read_packet(reader, has_checksum=False)
            assert (answer.command, answer.first) == (Command.AUTH, AuthKind.TOKEN)
            assert len(answer.payload) == 20
            send(Command.AUTH, AuthKind.SIGNATURE, bytes(256))
        await read_packet(reader, has_checksum=False)
        send(Command.AUTH, AuthKind.PUBLIC_KEY, b"key")
        send(Command.OPEN, 1, b"shell:echo hi\0")
        assert await reader.read() == b""

    asyncio.run(run())


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "not an adb packet"),
        (
            Packet(command=Command.OPEN, first=1, second=0).encode(has_checksum=True),
            "OPEN before the handshake",
        ),
        (
            GREETING.encode(has_checksum=True)
            + Packet(command=Command.STLS, first=1, second=0).encode(has_checksum=True),
            "STLS was not offered",
        ),
    ],
    ids=["http", "early", "tls"],
)
def test_peer_that_does_not_speak_adb(
    tmp_path: Path, data: bytes, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Who does not keep to the protocol is hung up on, with the reason in the log."""

    async def run() -> None:
        async with (
            asyncio.timeout(WAIT_S),
            open_door(network(tmp_path)) as door,
            dial(door.address) as (reader, writer),
        ):
            writer.write(data)
            await reader.read()

    asyncio.run(run())
    assert why in caplog.text


def test_packets_for_streams_that_are_gone(tmp_path: Path) -> None:
    """Packets that crossed with the end of their stream are ignored."""

    async def talking(host: Host, _: Door) -> None:
        for command in (Command.OKAY, Command.WRTE, Command.CLSE):
            host.send(Packet(command=command, first=7, second=7, payload=b""))
        assert (await host.shell("true")).code == 0

    talk(tmp_path, talking)


def test_dropped_link(tmp_path: Path) -> None:
    """A dropped link ends what runs on it, and the host can connect again at once."""

    async def talking(host: Host, door: Door) -> None:
        log = await host.open("shell:logcat")
        await log.read()
        door.adbd.drop_link()
        with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
            await log.read_all()
        async with Host.connect(door.address) as again:
            assert (await again.shell("true")).code == 0

    talk(tmp_path, talking)


def test_dead_handset(tmp_path: Path) -> None:
    """A dead handset cannot be connected to."""

    async def talking(_: Host, door: Door) -> None:
        door.adbd.kill()
        with pytest.raises(ConnectionRefusedError):
            async with dial(door.address):
                pass

    talk(tmp_path, talking)
