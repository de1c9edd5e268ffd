"""Somebody else on an IRC network, who writes faster than a browser can."""

import socket
from collections.abc import Iterable
from types import TracebackType
from typing import Final

from tests.fullstack.thelounge.service import HOST

_PATIENCE_S: Final = 30.0


class Guest:
    """A connection of its own; a context manager."""

    def __init__(self, port: int, nick: str, channel: str) -> None:
        """Prepare to come in.

        Args:
            port: Port of the server.
            nick: Its nick.
            channel: The channel it joins.
        """
        self._port = port
        self._nick = nick
        self._channel = channel

    def __enter__(self) -> "Guest":
        self._socket = socket.create_connection((HOST, self._port), _PATIENCE_S)
        self._lines = self._socket.makefile("r", encoding="utf-8", newline="\r\n")
        self._send(f"NICK {self._nick}", f"USER {self._nick} 0 * :{self._nick}")
        self._await(" 001 ")
        self._send(f"JOIN {self._channel}")
        self._await(" 366 ")
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._lines.close()
        self._socket.close()

    def say(self, texts: Iterable[str]) -> None:
        """Write into the channel, and wait until the server has passed it all on."""
        self._send(*(f"PRIVMSG {self._channel} :{text}" for text in texts), "PING :done")
        self._await("PONG")

    def _send(self, *lines: str) -> None:
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def _await(self, part: str) -> None:
        for line in self._lines:
            if line.startswith("PING "):
                self._send(line.rstrip().replace("PING", "PONG", 1))
            elif part in line:
                return
        raise AssertionError(f"the server closed the connection before it said {part!r}")
