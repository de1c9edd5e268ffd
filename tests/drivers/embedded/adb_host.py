"""A small adb host, and a handset's adbd for it to talk to: no adb binary is needed."""

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from drivers.embedded.adb_protocol import (
    MAX_PAYLOAD,
    VERSION_WITHOUT_CHECKSUM,
    Command,
    Packet,
    ShellStream,
    read_packet,
)
from drivers.embedded.adbd import Adbd
from drivers.embedded.device import Device
from drivers.embedded.handset import Handset
from drivers.embedded.network import Network
from drivers.embedded.policy import load_policy
from drivers.testbed import load_testbed
from tests.testbeds import write_testbed

INSTRUMENTATION = "io.appium.uiautomator2.server.test/androidx.test.runner.AndroidJUnitRunner"
WAIT_S = 5.0


class Refused(Exception):
    """The handset has no such service, or takes no more for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command said."""

    output: str
    errors: str
    code: int | None


class HostStream:
    """A stream to a service, seen from the host."""

    def __init__(self, host: "Host", number: int, handset_number: int) -> None:
        """Use `Host.open`."""
        self._host = host
        self._number = number
        self._handset_number = handset_number

    async def write(self, data: bytes) -> None:
        """Send bytes and wait until they are taken.

        Raises:
            Refused: The handset closed the stream.
        """
        size = self._host.max_payload
        for start in range(0, len(data), size):
            self._send(Command.WRTE, data[start : start + size])
            answer = await self._host.wait_for(self._number, Command.OKAY, Command.CLSE)
            if answer.command is Command.CLSE:
                raise Refused(f"stream {self._number}")

    async def read(self) -> bytes:
        """The next bytes; empty when the handset closed the stream."""
        packet = await self._host.wait_for(self._number, Command.WRTE, Command.CLSE)
        if packet.command is Command.CLSE:
            return b""
        self._send(Command.OKAY)
        return packet.payload

    async def read_all(self) -> bytes:
        """All bytes until the handset closes the stream."""
        data = bytearray()
        while more := await self.read():
            data += more
        return bytes(data)

    async def read_exactly(self, count: int) -> bytes:
        """So many bytes, which must come in payloads that fit."""
        data = bytearray()
        while len(data) < count:
            data += await self.read()
        assert len(data) == count
        return bytes(data)

    def close(self) -> None:
        """Close the stream."""
        self._send(Command.CLSE)

    def _send(self, command: Command, payload: bytes = b"") -> None:
        self._host.send(
            Packet(
                command=command, first=self._number, second=self._handset_number, payload=payload
            )
        )


class Host:
    """A connection of an adb server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Use `Host.connect`."""
        self.max_payload = MAX_PAYLOAD
        self.banner = ""
        self.version = 0
        self._reader = reader
        self._writer = writer
        self._last_number = 100
        self._waiting: list[Packet] = []

    @classmethod
    @asynccontextmanager
    async def connect(
        cls,
        address: str,
        *,
        version: int = VERSION_WITHOUT_CHECKSUM,
        max_payload: int = MAX_PAYLOAD,
    ) -> AsyncIterator["Host"]:
        """Connect, shake hands, and hang up in the end."""
        async with dial(address) as (reader, writer):
            host = cls(reader, writer)
            await host.greet(version, max_payload)
            yield host

    async def greet(self, version: int, max_payload: int) -> None:
        """Shake hands."""
        greeting = Packet(
            command=Command.CNXN, first=version, second=max_payload, payload=b"host::\0"
        )
        self._writer.write(greeting.encode(has_checksum=True))
        answer = await self._next()
        assert answer.command is Command.CNXN
        self.version, self.max_payload = answer.first, answer.second
        self.banner = answer.payload.decode()

    async def open(self, service: str) -> HostStream:
        """Open a stream to a service.

        Raises:
            Refused: There is none.
        """
        self._last_number += 1
        number = self._last_number
        self.send(
            Packet(command=Command.OPEN, first=number, second=0, payload=service.encode() + b"\0")
        )
        answer = await self.wait_for(number, Command.OKAY, Command.CLSE)
        if answer.command is Command.CLSE:
            assert answer.first == 0  # so the protocol has it for a stream that never was
            raise Refused(service)
        return HostStream(self, number, answer.first)

    async def shell(self, line: str) -> Said:
        """Run a command line with shell protocol 2."""
        stream = await self.open(f"shell,v2,raw:{line}")
        return unpack(await stream.read_all())

    async def wait_for(self, number: int, *commands: Command) -> Packet:
        """The next of these packets for a stream."""
        while True:
            for packet in self._waiting:
                if packet.second == number and packet.command in commands:
                    self._waiting.remove(packet)
                    return packet
            self._waiting.append(await self._next())

    def send(self, packet: Packet) -> None:
        """Send a packet."""
        is_checked = self.version < VERSION_WITHOUT_CHECKSUM
        self._writer.write(packet.encode(has_checksum=is_checked))

    async def _next(self) -> Packet:
        async with asyncio.timeout(WAIT_S):
            is_checked = self.version < VERSION_WITHOUT_CHECKSUM and bool(self.version)
            return await read_packet(self._reader, has_checksum=is_checked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """A handset with its adb door open."""

    address: str
    adbd: Adbd

    @property
    def device(self) -> Device:
        """The device behind it."""
        return self.adbd.device


@asynccontextmanager
async def dial(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Connect to an address, and hang up in the end."""
    name, _, port = address.partition(":")
    reader, writer = await asyncio.open_connection(name, int(port))
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


def unpack(data: bytes) -> Said:
    """Take the packets of shell protocol 2 apart."""
    parts = dict.fromkeys(ShellStream, b"")
    place = 0
    while place < len(data):
        kind, length = struct.unpack_from("<BI", data, place)
        parts[ShellStream(kind)] += data[place + 5 : place + 5 + length]
        place += 5 + length
    return Said(
        output=parts[ShellStream.STDOUT].decode(),
        errors=parts[ShellStream.STDERR].decode(),
        code=parts[ShellStream.EXIT][0] if parts[ShellStream.EXIT] else None,
    )


def network(folder: Path, *, more: str = "") -> Network:
    """The network of the shipped handsets, with more in its policy."""
    testbed = load_testbed(str(write_testbed(folder, more=more)))
    assert testbed.embedded is not None
    return Network(testbed, load_policy(testbed.embedded.policy), 0, None)


@asynccontextmanager
async def open_door(network: Network, name: str = "phone-1") -> AsyncIterator[Door]:
    """A handset; its UiAutomator2 server is stood in for by one that echoes in capitals."""
    server = await asyncio.start_server(_echo, "127.0.0.1", 0)
    adbd = Adbd(Device(Handset(name, network)), server.sockets[0].getsockname()[1])
    door = Door(address=await adbd.start(), adbd=adbd)
    try:
        yield door
    finally:
        await adbd.stop()
        server.close()


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1024):
        writer.write(data.upper())
    writer.close()


def talk(folder: Path, talking: Callable[[Host, Door], Awaitable[None]], *, more: str = "") -> None:
    """Let a host and a handset talk."""

    async def run() -> None:
        async with (
            asyncio.timeout(WAIT_S),
            open_door(network(folder, more=more)) as door,
            Host.connect(door.address) as host,
        ):
            await talking(host, door)

    asyncio.run(run())
