"""One connection between an adb server and a handset: handshake and multiplexed streams."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import Final

from drivers.embedded.adb_protocol import (
    MAX_PAYLOAD,
    VERSION_WITHOUT_CHECKSUM,
    AuthKind,
    Command,
    Packet,
    ProtocolError,
    read_packet,
)

Service = Callable[["Stream"], Awaitable[None]]
"""What answers on a stream; the stream is closed when it returns."""

_LOG = logging.getLogger("undelivered.handset")
_TOKEN_BYTES: Final = 20


class StreamClosed(Exception):
    """The host closed the stream: nobody reads what is written."""


class Stream:
    """A stream the host opened to a service. One payload is under way at a time."""

    def __init__(self, connection: "Connection", number: int, host_number: int) -> None:
        """Use `Connection`.

        Args:
            connection: The connection it is on.
            number: Its id on this side.
            host_number: Its id on the host's side.
        """
        self._connection = connection
        self._number = number
        self._host_number = host_number
        self._incoming: asyncio.Queue[bytes] = asyncio.Queue()
        self._rest = b""
        self._may_write = asyncio.Event()
        self._may_write.set()
        self._is_accepted = False
        self._closed = asyncio.Event()

    async def read(self) -> bytes:
        """The next bytes from the host; empty at the end."""
        if self._rest:
            data, self._rest = self._rest, b""
            return data
        if self._closed.is_set() and self._incoming.empty():
            return b""
        data = await self._incoming.get()
        if data:
            self._send(Command.OKAY)
        return data

    async def read_exactly(self, count: int) -> bytes:
        """So many bytes from the host.

        Raises:
            StreamClosed: The host closed the stream before it had sent them.
        """
        data = bytearray()
        while len(data) < count:
            more = await self.read()
            if not more:
                raise StreamClosed
            data += more
        self._rest = bytes(data[count:])
        return bytes(data[:count])

    async def write(self, data: bytes) -> None:
        """Send bytes to the host.

        Raises:
            StreamClosed: The host closed the stream.
        """
        size = self._connection.max_payload
        for start in range(0, len(data), size):
            await self._may_write.wait()
            if self._closed.is_set():
                raise StreamClosed
            self._may_write.clear()
            self._send(Command.WRTE, data[start : start + size])
            await self._connection.drain()

    async def wait_closed(self) -> None:
        """Wait until the host closes the stream or the connection is gone."""
        await self._closed.wait()

    def receive(self, data: bytes) -> None:
        """Take bytes from the host."""
        if data:
            self._incoming.put_nowait(data)
        else:
            self._send(Command.OKAY)

    def let_write(self) -> None:
        """The host has taken the last payload."""
        self._may_write.set()

    def end(self) -> None:
        """The host has closed the stream."""
        self._closed.set()
        self._may_write.set()
        self._incoming.put_nowait(b"")

    def accept(self) -> None:
        """Tell the host that the stream is open; until then it counts as refused."""
        self._is_accepted = True
        self._send(Command.OKAY)

    def close(self) -> None:
        """Tell the host that the stream is closed, unless it knows."""
        if not self._closed.is_set():
            self._send(Command.CLSE)
            self._closed.set()

    def _send(self, command: Command, payload: bytes = b"") -> None:
        number = self._number if self._is_accepted else 0
        self._connection.send(
            Packet(command=command, first=number, second=self._host_number, payload=payload)
        )


class Connection:
    """Answers one adb server until it or we hang up."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        banner: str,
        is_trusting: bool,
        service: Callable[[str], Service | None],
    ) -> None:
        """Prepare to talk; `run` does.

        Args:
            reader: From the host.
            writer: To the host.
            banner: What the handset says of itself.
            is_trusting: Whether the host's key is accepted. If not, the host lists the handset as
                *unauthorized*, as before somebody has tapped *Allow USB debugging*.
            service: Finds the service of a name; ``None`` refuses it.
        """
        self.max_payload = MAX_PAYLOAD
        self._reader = reader
        self._writer = writer
        self._banner = banner
        self._is_trusting = is_trusting
        self._service = service
        self._version = VERSION_WITHOUT_CHECKSUM
        self._is_open = False
        self._streams: dict[int, Stream] = {}
        self._last_number = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve until the connection ends."""
        try:
            while True:
                self._take(
                    await read_packet(
                        self._reader,
                        has_checksum=self._is_open and not self._is_without_checksum,
                    )
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            return  # the host hung up, or we did
        except ProtocolError as error:
            _LOG.error("adb: %s; hanging up", error)
        finally:
            self._writer.close()
            for stream in self._streams.values():
                stream.end()
            if self._tasks:
                await asyncio.wait(self._tasks)

    def abort(self) -> None:
        """Hang up at once."""
        self._writer.transport.abort()

    def send(self, packet: Packet) -> None:
        """Send a packet; one for a host that is gone is dropped."""
        if not self._writer.is_closing():
            self._writer.write(packet.encode(has_checksum=not self._is_without_checksum))

    async def drain(self) -> None:
        """Wait until the host has taken most of what was sent.

        Raises:
            StreamClosed: It is gone.
        """
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise StreamClosed from error

    @property
    def _is_without_checksum(self) -> bool:
        return self._version >= VERSION_WITHOUT_CHECKSUM

    def _take(self, packet: Packet) -> None:
        if packet.command is Command.CNXN:
            self._greet(packet)
        elif packet.command is Command.AUTH:
            if packet.first == AuthKind.SIGNATURE:
                self._challenge()  # by a key that is not known; has the host another one?
            # A public key is the host's last word: it waits for somebody to tap Allow.
        elif not self._is_open:
            raise ProtocolError(f"{packet.command.name} before the handshake")
        elif packet.command is Command.OPEN:
            self._open(packet)
        elif packet.command is Command.STLS:
            raise ProtocolError("STLS was not offered")
        else:
            self._take_for_stream(packet)

    def _take_for_stream(self, packet: Packet) -> None:
        stream = self._streams.get(packet.second)
        if stream is None:
            return  # crossed with our own CLSE
        if packet.command is Command.WRTE:
            stream.receive(packet.payload)
        elif packet.command is Command.OKAY:
            stream.let_write()
        else:
            stream.end()
            del self._streams[packet.second]

    def _greet(self, packet: Packet) -> None:
        if not self._is_trusting:
            self._challenge()
            return
        self._version = min(packet.first, VERSION_WITHOUT_CHECKSUM)
        self.max_payload = min(packet.second, MAX_PAYLOAD)
        self._is_open = True
        self.send(
            Packet(
                command=Command.CNXN,
                first=self._version,
                second=self.max_payload,
                payload=self._banner.encode(),
            )
        )

    def _challenge(self) -> None:
        self.send(
            Packet(
                command=Command.AUTH,
                first=AuthKind.TOKEN,
                second=0,
                payload=secrets.token_bytes(_TOKEN_BYTES),
            )
        )

    def _open(self, packet: Packet) -> None:
        name = packet.payload.rstrip(b"\0").decode(errors="replace")
        service = self._service(name)
        if service is None:
            self.send(Packet(command=Command.CLSE, first=0, second=packet.first))
            return
        self._last_number += 1
        number = self._last_number
        stream = Stream(self, number, packet.first)
        self._streams[number] = stream
        task = asyncio.create_task(self._serve(number, stream, service))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, number: int, stream: Stream, service: Service) -> None:
        try:
            await service(stream)
        except StreamClosed:
            return
        finally:
            stream.close()
            self._streams.pop(number, None)
