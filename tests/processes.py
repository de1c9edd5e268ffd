"""Processes as tests look at them: who belongs to a group, and whether all of it is gone.

Linux only: a process that has ended but whose parent (in a container, one that reaps nobody) has
not asked for its exit code is told apart from a living one by /proc and by pidfd alone.
"""

import os
import select
from contextlib import ExitStack
from pathlib import Path

_ZOMBIE = "Z"


def group_members(group: int) -> dict[int, str]:
    """The living processes of a group: their command lines by process id."""
    members = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold spaces: the fields are counted after it.
            state, _parent, its_group, *_ = (
                (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            )
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if int(its_group) == group and state != _ZOMBIE:
            members[int(folder.name)] = command
    return members


def commands_mentioning(text: str) -> dict[int, str]:
    """The living processes, of any group, on whose command line a text stands."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if text in command:
            found[int(folder.name)] = command
    return found


def marked(mark: str) -> dict[int, str]:
    """The living processes, of any group, that were started with a text in their environment.

    So all descendants of a process that has set a variable are found, wherever they have gone.
    """
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
            environment = (folder / "environ").read_bytes().decode(errors="replace")
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue  # it ended while we looked, or is somebody else's
        if mark in environment and state != _ZOMBIE:
            found[int(folder.name)] = command
    return found


def are_gone(pids: dict[int, str], *, within_s: float = 20.0) -> bool:
    """Wait until all of some processes have ended; whether they did in time."""
    with ExitStack() as stack:
        for pid in pids:
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                continue  # it has ended already
            stack.callback(os.close, descriptor)
            ended, _, _ = select.select([descriptor], [], [], within_s)
            if not ended:
                return False
    return True
