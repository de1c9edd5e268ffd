"""The HTTP servers of the embedded handsets, which can go off and come up like a handset."""

import socket
from typing import Final

import uvicorn
from starlette.applications import Starlette

from drivers.ports import free_ports

_HOST: Final = "127.0.0.1"


def _listening(port: int) -> socket.socket:
    """A socket that listens."""
    listening = socket.create_server((_HOST, port))
    # Inherited by connections; otherwise each answer waits 40 ms for the client's delayed ACK.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class HandsetServer(uvicorn.Server):
    """A server on a free port of its own, one of several in a process."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_keep_alive=600,
            )
        )
        (self._port,) = free_ports(1)  # the system's choice may be gone after a restart
        self._socket = _listening(self._port)

    @property
    def port(self) -> int:
        """Its port."""
        return self._port

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{_HOST}:{self.port}"

    async def run_until_stopped(self) -> None:
        """Serve; signals are for the process, not for one of its servers."""
        await self._serve([self._socket])

    def kill(self) -> None:
        """Stop at once, cutting open connections."""
        self.should_exit = self.force_exit = True
        for server in self.servers if self.started else ():
            server.close()
        self.cut_off()

    def go_off(self) -> None:
        """Listen no more, and cut open connections."""
        for server in self.servers:
            server.close()
        self.cut_off()

    async def come_up(self) -> None:
        """Listen again, on the same port."""
        self._socket = _listening(self._port)
        await self.startup(sockets=[self._socket])

    def cut_off(self) -> None:
        """Cut open connections; new ones are taken."""
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
