"""adb's wire format: whatever is sent arrives, however it is cut; what is damaged does not."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.embedded.adb_protocol import (
    Command,
    Packet,
    ProtocolError,
    ShellStream,
    checksum,
    read_packet,
    shell_packet,
)

word = st.integers(0, 2**32 - 1)
packets = st.builds(
    Packet,
    command=st.sampled_from(Command),
    first=word,
    second=word,
    payload=st.binary(max_size=300),
)


def read(data: bytes, *, count: int = 1, has_checksum: bool = True) -> list[Packet]:
    """Read packets from bytes that come all at once."""

    async def run() -> list[Packet]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        return [
            await read_packet(reader, has_checksum=has_checksum, max_payload=1000)
            for _ in range(count)
        ]

    return asyncio.run(run())


@given(st.lists(packets, min_size=1, max_size=5), st.booleans(), st.data())
def test_packets_survive_fragmentation(
    sent: list[Packet], has_checksum: bool, data: st.DataObject
) -> None:
    """Packets arrive as they were sent, however the connection cuts them."""
    stream = b"".join(packet.encode(has_checksum=has_checksum) for packet in sent)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=8)))

    async def run() -> list[Packet]:
        reader = asyncio.StreamReader()

        async def feed() -> None:
            for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
                reader.feed_data(stream[start:end])
                await asyncio.sleep(0)

        feeding = asyncio.create_task(feed())
        received = [await read_packet(reader, has_checksum=has_checksum) for _ in sent]
        await feeding
        return received

    assert asyncio.run(run()) == sent


def test_header_is_what_adb_sends() -> None:
    """The bytes are those of Android's protocol.txt, with the sum of the payload's bytes."""
    packet = Packet(command=Command.WRTE, first=1, second=2, payload=b"\x01\xff")
    assert packet.encode(has_checksum=True) == (
        b"WRTE\x01\0\0\0\x02\0\0\0\x02\0\0\0\0\x01\0\0\xa8\xad\xab\xba\x01\xff"
    )
    assert packet.encode(has_checksum=False)[16:20] == b"\0\0\0\0"
    assert checksum(b"\xff" * 3) == 765
    assert [command.to_bytes(4, "little").decode() for command in Command] == list(
        Command.__members__
    )


@given(packets.filter(lambda packet: bool(packet.payload)), st.data())
def test_damaged_payload_is_noticed(packet: Packet, data: st.DataObject) -> None:
    """A payload of which one byte changed is refused by a peer that checks."""
    encoded = bytearray(packet.encode(has_checksum=True))
    place = data.draw(st.integers(24, len(encoded) - 1))
    encoded[place] = (encoded[place] + data.draw(st.integers(1, 255))) % 256
    with pytest.raises(ProtocolError, match="checksum"):
        read(bytes(encoded))
    assert read(bytes(encoded), has_checksum=False)[0].command is packet.command


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost", "not an adb packet"),
        (b"ABCD" + bytes(16) + bytes(255 - each for each in b"ABCD"), "unknown adb packet"),
        (
            Packet(command=Command.WRTE, first=0, second=0, payload=bytes(1001)).encode(
                has_checksum=True
            ),
            "WRTE of 1001 bytes; 1000 were agreed on",
        ),
    ],
    ids=["http", "unknown", "long"],
)
def test_what_is_no_packet(data: bytes, why: str) -> None:
    """What is no packet, not known or too long is refused with the reason."""
    with pytest.raises(ProtocolError, match=why):
        read(data)


@given(packets, st.data())
def test_cut_off_packet(packet: Packet, data: st.DataObject) -> None:
    """A connection that ends within a packet never yields one."""
    encoded = packet.encode(has_checksum=True)
    with pytest.raises(asyncio.IncompleteReadError):
        read(encoded[: data.draw(st.integers(0, len(encoded) - 1))])


def test_shell_packet() -> None:
    """A packet of shell protocol 2 has the stream's number and the length before the data."""
    assert shell_packet(ShellStream.STDERR, b"no") == b"\x02\x02\0\0\0no"
