"""Ports of this machine for services that must be told one: Appium, adb, what adb forwards.

Binding port 0, looking what came and closing it again takes a port of the range from which the
system serves every outgoing connection, and everybody else who does the same. Seconds later, when
the service binds it, or hours later, when it binds it again, one of them may hold it. So ports are
taken from below that range, where nobody gets one who has not asked for that one.
"""

import secrets
import socket
from contextlib import ExitStack
from itertools import chain
from typing import Final

from drivers.errors import DriverError

_HOST: Final = "127.0.0.1"

# Above the ports that services are known by; Linux serves connections from 32768 up, others from
# 49152 up (RFC 6335).
_PORTS: Final = range(20_000, 32_768)


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody listens on now, all different.

    They begin at a random place and follow each other, so that two processes that look at the same
    time hardly ever find the same.

    Raises:
        DriverError: There are not so many.
    """
    first = secrets.randbelow(len(_PORTS))
    found: list[int] = []
    with ExitStack() as held:
        for port in chain(_PORTS[first:], _PORTS[:first]):
            if len(found) == count:
                break
            candidate = held.enter_context(socket.socket())
            try:
                candidate.bind((_HOST, port))
            except OSError:
                candidate.close()  # so that a long search does not run out of descriptors
            else:
                found.append(port)
    if len(found) < count:
        raise DriverError(
            f"{count} free ports are needed, and of those from {_PORTS[0]} to {_PORTS[-1]} only "
            f"{len(found)} are free. End what listens there (ss -tlnp)."
        )
    return tuple(found)


def is_answered(port: int) -> bool:
    """Whether somebody listens on a port of this machine."""
    try:
        socket.create_connection((_HOST, port), timeout=1.0).close()
    except OSError:
        return False
    return True
