"""InspIRCd, with its own filter and censor modules, and its raw log: the truth a run is to find.

https://docs.inspircd.org/3/modules/filter and https://docs.inspircd.org/3/modules/censor
"""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from drivers.ports import is_answered
from tests.fullstack.thelounge.service import HOST, Service

_LINE: Final = re.compile(
    # When, whose input or output, which user, which way, and the line as it went over the wire.
    r"^.{24} USER(?P<kind>INPUT|OUTPUT): C\[(?P<uuid>\w+)\] [IO] (?P<line>.*)$"
)
_NICK: Final = re.compile(r"NICK :?(?P<nick>\S+)", re.IGNORECASE)
_MESSAGE: Final = re.compile(
    r"(?:@\S+ )?(?::(?P<author>[^!\s]+)\S* )?PRIVMSG \S+ :?(?P<text>.*)", re.DOTALL
)

_JOINED: Final = re.compile(r" O :\S+ 366 (?P<nick>\S+) (?P<channel>\S+) ")
"""RPL_ENDOFNAMES, the last thing that who joins a channel is told."""

_CONFIG: Final = """\
<config format="xml">
<server name="{name}.test" description="filters" network="{name}">
<admin name="nobody" nick="nobody" email="nobody@{name}.test">
<bind address="{host}" port="{port}" type="clients">
<module name="regex_glob">
<module name="filter">
<module name="censor">
<module name="conn_umodes">
<filteropts engine="glob" notifyuser="{tells_sender}">
<options defaultmodes="ntG" hostintopic="yes">
# As fast as it goes: flood protection would delay messages, and is not what is tested.
<connect allow="*" modes="+G" localmax="50" globalmax="50" threshold="100000"
    commandrate="100000000" fakelag="no" softsendq="1M" hardsendq="4M" recvq="1M"
    resolvehostnames="no" useident="no">
<dns server="{host}" timeout="1">
<pid file="{folder}/{name}.pid">
<log method="file" type="USERINPUT USEROUTPUT" level="rawio" flush="1" target="{raw}">
<log method="file" type="* -USERINPUT -USEROUTPUT" level="default" flush="1" target="{log}">
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """What a server does to messages.

    Attributes:
        blocked: Combinations of which all components, in any order, block a message.
        masked: What is put in place of a text, by that text.
        tells_sender: Whether the sender is told that a message was blocked.
        echoes: Whether clients are shown their own messages as the server passed them on.
    """

    blocked: Sequence[tuple[str, ...]] = ()
    masked: Mapping[str, str] = field(default_factory=dict)
    tells_sender: bool = False
    echoes: bool = False

    def stops(self, text: str) -> bool:
        """Whether it keeps a text from arriving as it was sent; ASCII letters of any case alike."""
        lowered = text.lower()
        return any(
            all(component.lower() in lowered for component in components)
            for components in self.blocked
        ) or any(each.lower() in lowered for each in self.masked)

    def tags(self) -> str:
        """It as the modules of the server are told."""
        blocked = (
            f'<keyword pattern="*{_quoted("*".join(order))}*" reason="not allowed here" '
            'action="block" flags="pn">\n'
            for components in self.blocked
            for order in permutations(components)
        )
        masked = (
            f'<badword text="{_quoted(text)}" replace="{_quoted(mask)}">\n'
            for text, mask in self.masked.items()
        )
        echo = ['<module name="cap">\n<module name="ircv3_echomessage">\n'] if self.echoes else []
        return "".join([*blocked, *masked, *echo])


class IrcServer:
    """A server on this machine; a context manager."""

    def __init__(self, folder: Path, name: str, rules: Filter, *, port: int) -> None:
        """Prepare a server; nothing runs before the context is entered.

        Args:
            folder: Where its configuration and logs are kept.
            name: Name of its network.
            rules: What it does to messages.
            port: Port to listen on.
        """
        self.name = name
        self.rules = rules
        self.port = port
        self._raw = folder / f"{name}-raw.log"
        config = folder / f"{name}.conf"
        config.write_text(
            _CONFIG.format(
                name=name,
                host=HOST,
                port=port,
                tells_sender="yes" if rules.tells_sender else "no",
                folder=folder,
                raw=self._raw,
                log=folder / f"{name}-server.log",
            )
            + rules.tags(),
            encoding="utf-8",
        )
        program = shutil.which("inspircd", path="/usr/sbin:/usr/bin:/usr/local/bin")
        if program is None:
            raise FileNotFoundError("inspircd is not installed: apt-get install inspircd")
        self._service = Service(
            [program, "--nofork", "--runasroot", f"--config={config}"], folder / f"{name}.log"
        )

    def __enter__(self) -> "IrcServer":
        self._service.start(lambda: is_answered(self.port))
        return self

    def __exit__(self, *_: object) -> None:
        self._service.stop()

    def received_from(self, nick: str) -> list[str]:
        """Texts that came in from a user, as they came over the wire, oldest first."""
        return [each.text for each in self._messages() if each.is_input and each.user == nick]

    def passed_on_from(self, nick: str) -> list[str]:
        """Texts of a user that went out to others, oldest first."""
        return [
            each.text
            for each in self._messages()
            if not each.is_input and each.author == nick and each.user != nick
        ]

    def joined(self, channel: str) -> frozenset[str]:
        """Nicks that have joined a channel since the server started."""
        log = self._raw.read_text(encoding="utf-8") if self._raw.exists() else ""
        return frozenset(
            each["nick"] for each in _JOINED.finditer(log) if each["channel"] == channel
        )

    def _messages(self) -> Iterator["_Message"]:
        users: dict[str, str] = {}  # nicks by what the server calls a connection
        for line in self._raw.read_text(encoding="utf-8").split("\n"):
            logged = _LINE.match(line)
            if logged is None:
                continue
            is_input, uuid = logged["kind"] == "INPUT", logged["uuid"]
            if is_input and (named := _NICK.fullmatch(logged["line"])):
                users[uuid] = named["nick"]
            if message := _MESSAGE.fullmatch(logged["line"]):
                yield _Message(is_input, users.get(uuid), message["author"], message["text"])


@dataclass(frozen=True, slots=True)
class _Message:
    """A message in the raw log.

    Attributes:
        is_input: Whether it came from a user; otherwise it went to one.
        user: That user.
        author: Who wrote it, if it went to one.
        text: Its text.
    """

    is_input: bool
    user: str | None
    author: str | None
    text: str


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})
