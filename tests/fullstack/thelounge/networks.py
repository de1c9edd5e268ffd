"""Three networks with three ways to censor, and The Lounge with two accounts on each."""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from drivers.ports import free_ports
from tests.fullstack.thelounge.irc_server import Filter, IrcServer
from tests.fullstack.thelounge.lounge import PASSWORD, Lounge, Member

TESTBED: Final = Path(__file__).parents[1] / "thelounge.toml"
USUAL_PORT: Final = 9000
"""Port that the testbed file names."""

CANARY: Final = "undelivered canary"
_BLOCKED: Final = (
    ("法轮功",),
    ("达赖喇嘛", "菩提伽耶"),
    ("བོད་རང་བཙན",),
    ("Tiananmen",),
    ("ۋەتەن",),
    (CANARY,),
)
FILTERS: Final[Mapping[str, Filter]] = {
    # The sender is shown nothing, as in WeChat.
    "quiet": Filter(blocked=_BLOCKED),
    "loud": Filter(blocked=_BLOCKED, tells_sender=True),
    # Words are replaced, at both ends, as LINE did at the receiver's.
    "masks": Filter(
        masked={
            "法轮功": "***",
            "菩提伽耶": "****",
            "བོད་རང་བཙན": "***",
            "Tiananmen": "T*******n",
            CANARY: "***",
        },
        echoes=True,
    ),
}
NICKS: Final = {"alice": "bob", "bob": "alice"}
CHANNEL: Final = "#walks"
_SUFFIXES: Final = {True: "", False: "-offline"}


class Networks:
    """All of it on this machine; a context manager."""

    def __init__(self, folder: Path, *, port: int | None = None) -> None:
        """Prepare it; nothing runs before the context is entered.

        Args:
            folder: Where everything keeps what it has; must be empty.
            port: Port for The Lounge; ``None`` takes a free one.
        """
        first, *ports = free_ports(1 + len(FILTERS))
        self.servers = {
            name: IrcServer(folder, name, rules, port=each)
            for (name, rules), each in zip(FILTERS.items(), ports, strict=True)
        }
        members = [
            Member(
                name=f"{nick}-{server.name}{suffix}",
                nick=nick,
                network=server.name,
                port=server.port,
                chats=(CHANNEL, other),
                is_online=is_online,
            )
            for server in self.servers.values()
            for nick, other in NICKS.items()
            for is_online, suffix in _SUFFIXES.items()
        ]
        self.lounge = Lounge(
            folder, members, port=port or first, is_connected=self._are_all_in_their_channel
        )
        self._closing = ExitStack()

    def __enter__(self) -> "Networks":
        with ExitStack() as closing:
            for server in self.servers.values():
                closing.enter_context(server)
            closing.enter_context(self.lounge)
            self._closing = closing.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def environ(self, network: str, *, is_receiver_online: bool = True) -> Mapping[str, str]:
        """The variables in which the testbed looks for the log-ins, for accounts on a network.

        Args:
            network: Its name.
            is_receiver_online: Whether The Lounge has connected the receiver to it. If not, its
                chats are there all the same, and nothing comes in.
        """
        return {
            "THELOUNGE_SENDER": f"alice-{network}",
            "THELOUNGE_RECEIVER": f"bob-{network}{_SUFFIXES[is_receiver_online]}",
            "THELOUNGE_PASSWORD": PASSWORD,
        }

    def _are_all_in_their_channel(self) -> bool:
        return all(NICKS.keys() <= server.joined(CHANNEL) for server in self.servers.values())
