"""The adb door of an embedded handset: what a real adb server connects to.

It offers the services that Appium's driver uses: shell (with and without protocol 2), exec, sync
and a forward to the UiAutomator2 server. Anything else is refused and logged.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Final

from drivers.embedded.adb_apps import install
from drivers.embedded.adb_connection import Connection, Service, Stream, StreamClosed
from drivers.embedded.adb_programs import PROGRAMS, WATCHERS
from drivers.embedded.adb_protocol import ShellStream, shell_packet
from drivers.embedded.adb_shell import Shell, parse_line
from drivers.embedded.adb_sync import serve_sync
from drivers.embedded.device import SERVER_PORT, Device
from drivers.embedded.policy import FaultKind
from drivers.embedded.uiautomator2_driver import MODEL
from drivers.ports import free_ports

_HOST: Final = "127.0.0.1"
_LOG = logging.getLogger("undelivered.handset")
_BUFFER: Final = 64 * 1024

# Appium asks for the server's status the moment it has started `am instrument` with another adb
# process. Refused, it asks again only a second later; so the port waits a little for its server.
_STARTUP_S: Final = 0.2


class Adbd:
    """Listens for adb servers on a port of its own."""

    def __init__(self, device: Device, server_port: int) -> None:
        """Prepare; `start` listens.

        Args:
            device: The device it gives access to.
            server_port: Port on this machine of the handset's UiAutomator2 server.
        """
        self.device = device
        self._server_port = server_port
        self._shell = Shell(device, PROGRAMS, WATCHERS)
        self._server: asyncio.Server | None = None
        self._port: int | None = None
        self._connections: dict[Connection, asyncio.Task[None] | None] = {}

    async def start(self) -> str:
        """Listen, on the same port each time; the address, as `adb connect` takes it."""
        if self._port is None:
            (self._port,) = free_ports(1)  # the system's choice may be gone after a restart
        # Not on a socket of our own: asyncio would let its packets wait for one another (Nagle).
        self._server = await asyncio.start_server(self._serve, _HOST, self._port)
        return f"{_HOST}:{self._port}"

    def drop_link(self) -> None:
        """Cut the connections, as a bad cable does; a host may connect again at once."""
        for connection in tuple(self._connections):
            connection.abort()

    def kill(self) -> None:
        """Stop at once: listen no more and cut the connections."""
        if self._server is not None:
            self._server.close()
        self.drop_link()

    async def stop(self) -> None:
        """Stop, and wait until everything that ran on the connections has ended."""
        self.kill()
        serving = [task for task in self._connections.values() if task is not None]
        if serving:
            await asyncio.wait(serving)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(
            reader,
            writer,
            banner=(
                f"device::ro.product.name=embedded;ro.product.model={MODEL};"
                "ro.product.device=embedded;features=shell_v2,cmd"
            ),
            is_trusting=not self.device.handset.network.has_fault(
                self.device.handset.name, FaultKind.DISTRUSTS_HOST
            ),
            service=self._service,
        )
        self._connections[connection] = asyncio.current_task()
        try:
            await connection.run()
        finally:
            del self._connections[connection]

    def _service(self, name: str) -> Service | None:
        """The service of a name; ``None`` if there is none."""
        kind, _, argument = name.partition(":")
        kind, *options = kind.split(",")
        if kind == "shell" and argument:
            return lambda stream: self._run_shell(stream, argument, has_protocol="v2" in options)
        if kind == "exec" and argument:
            return lambda stream: self._run_exec(stream, argument)
        if name == "sync:":
            return lambda stream: serve_sync(self.device.files, stream)
        if name == f"tcp:{SERVER_PORT}":
            return self._forward
        _LOG.error("%s: adb: no such service: %s", self.device.handset.name, name)
        return None

    async def _run_shell(self, stream: Stream, line: str, *, has_protocol: bool) -> None:
        stream.accept()
        console = _StreamConsole(stream, has_protocol=has_protocol)
        running = asyncio.ensure_future(self._shell.run(line, console))
        closed = asyncio.ensure_future(stream.wait_closed())
        try:
            await asyncio.wait({running, closed}, return_when=asyncio.FIRST_COMPLETED)
            if running.done():
                await console.exit(running.result())
        finally:
            await _cancel(running, closed)

    async def _run_exec(self, stream: Stream, line: str) -> None:
        words = next((each.words for each in parse_line(line)), ())
        if words[:3] != ("cmd", "package", "install"):
            await self._run_shell(stream, line, has_protocol=False)
            return
        stream.accept()
        size = words[words.index("-S") + 1] if "-S" in words[:-1] else "0"
        apk = await stream.read_exactly(int(size) if size.isdecimal() else 0)
        await stream.write(install(self.device, apk).output.encode())

    async def _forward(self, stream: Stream) -> None:
        """Join a stream with the UiAutomator2 server for as long as that runs."""
        run = await self.device.wait_for_server(_STARTUP_S)
        if run is None:
            return  # nothing listens: refused
        try:
            reader, writer = await asyncio.open_connection(_HOST, self._server_port)
        except OSError:
            return
        stream.accept()
        ways = {
            asyncio.ensure_future(_to_server(stream, writer)),
            asyncio.ensure_future(_from_server(reader, stream)),
            asyncio.ensure_future(run.wait()),
        }
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _cancel(*ways)
            writer.transport.abort()


class _StreamConsole:
    """A stream as the console of a command line."""

    def __init__(self, stream: Stream, *, has_protocol: bool) -> None:
        self._stream = stream
        self._has_protocol = has_protocol

    async def write(self, text: str) -> None:
        await self._write(ShellStream.STDOUT, text.encode())

    async def write_error(self, text: str) -> None:
        await self._write(ShellStream.STDERR, text.encode())

    async def exit(self, code: int) -> None:
        """Say how the command line ended, where there is a way to say it."""
        if self._has_protocol:
            await self._write(ShellStream.EXIT, bytes([code & 0xFF]))

    async def _write(self, stream: ShellStream, data: bytes) -> None:
        await self._stream.write(shell_packet(stream, data) if self._has_protocol else data)


async def _to_server(stream: Stream, writer: asyncio.StreamWriter) -> None:
    while data := await stream.read():
        writer.write(data)
        await writer.drain()


async def _from_server(reader: asyncio.StreamReader, stream: Stream) -> None:
    while data := await reader.read(_BUFFER):
        await stream.write(data)


async def _cancel(*tasks: Awaitable[object]) -> None:
    """Cancel tasks and take their results, of which errors of lost connections are no news."""
    together = asyncio.gather(*tasks, return_exceptions=True)
    for task in tasks:
        if isinstance(task, asyncio.Future):
            task.cancel()
    for result in await together:
        if isinstance(result, Exception) and not isinstance(result, StreamClosed | OSError):
            raise result
