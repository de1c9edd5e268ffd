"""adb's wire format: the packets between an adb server and the adbd of a handset.

A packet is a header of six little-endian 32-bit words (command, two arguments, length, checksum,
the command's complement) and a payload. Peers of protocol version 1 check the sum of the payload's
bytes; since version 2 (`VERSION_WITHOUT_CHECKSUM`) it is sent as 0 and ignored. Source: Android's
`packages/modules/adb/protocol.txt` and `types.h`.
"""

import asyncio
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

VERSION_WITH_CHECKSUM: Final = 0x01000000
VERSION_WITHOUT_CHECKSUM: Final = 0x01000001
MAX_PAYLOAD: Final = 1024 * 1024
"""Most bytes of payload in a packet, in bytes."""

_HEADER = struct.Struct("<6I")
_MASK = 0xFFFFFFFF


class Command(IntEnum):
    """What a packet is for: its name's four letters, read as a number."""

    CNXN = 0x4E584E43  # who I am: version, most payload, banner
    AUTH = 0x48545541  # prove that you are trusted
    STLS = 0x534C5453  # let us talk TLS; never offered here
    OPEN = 0x4E45504F  # open a stream to a service
    OKAY = 0x59414B4F  # the stream is open, or ready for the next payload
    WRTE = 0x45545257  # payload of a stream
    CLSE = 0x45534C43  # the stream is closed, or was refused


class AuthKind(IntEnum):
    """First argument of an `AUTH` packet."""

    TOKEN = 1
    SIGNATURE = 2
    PUBLIC_KEY = 3


class ShellStream(IntEnum):
    """Which stream a packet of shell protocol 2 belongs to."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    EXIT = 3


class ProtocolError(Exception):
    """The peer does not speak adb; there is no going on after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet.

    Attributes:
        command: What it is for.
        first: First argument: of stream packets the sender's id of the stream.
        second: Second argument: of stream packets the receiver's id of the stream.
        payload: What it carries.
    """

    command: Command
    first: int
    second: int
    payload: bytes = b""

    def encode(self, *, has_checksum: bool) -> bytes:
        """The packet as it travels.

        Args:
            has_checksum: Whether the peer checks payloads.
        """
        header = _HEADER.pack(
            self.command,
            self.first,
            self.second,
            len(self.payload),
            checksum(self.payload) if has_checksum else 0,
            self.command ^ _MASK,
        )
        return header + self.payload


def checksum(payload: bytes) -> int:
    """Sum of a payload's bytes, modulo 2³²."""
    return sum(payload) & _MASK


async def read_packet(
    reader: asyncio.StreamReader, *, has_checksum: bool, max_payload: int = MAX_PAYLOAD
) -> Packet:
    """Read the next packet.

    Args:
        reader: Where from.
        has_checksum: Whether to check its payload.
        max_payload: Most bytes that were agreed on.

    Raises:
        ProtocolError: It is no packet, too long, or its payload was damaged.
        asyncio.IncompleteReadError: The peer closed the connection.
    """
    header = await reader.readexactly(_HEADER.size)
    code, first, second, length, expected, magic = _HEADER.unpack(header)
    if code ^ _MASK != magic:
        raise ProtocolError(f"not an adb packet: it begins with {header!r}")
    try:
        command = Command(code)
    except ValueError as error:
        raise ProtocolError(f"unknown adb packet {header[:4]!r}") from error
    if length > max_payload:
        raise ProtocolError(f"{command.name} of {length} bytes; {max_payload} were agreed on")
    payload = await reader.readexactly(length)
    if has_checksum and checksum(payload) != expected:
        raise ProtocolError(
            f"{command.name}: the payload's checksum is {checksum(payload)}, not {expected}"
        )
    return Packet(command=command, first=first, second=second, payload=payload)


def shell_packet(stream: ShellStream, data: bytes) -> bytes:
    """A packet of shell protocol 2: the stream's number, the length, the data."""
    return struct.pack("<BI", stream, len(data)) + data
