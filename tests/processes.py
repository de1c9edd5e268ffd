"""Processes as tests look at them: who belongs to a group, and whether all of it is gone.

Linux only: a process that has ended but whose parent (in a container, one that reaps nobody) has
not asked for its exit code is told apart from a living one by /proc and by pidfd alone.
"""

import os
import select
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

_ZOMBIE = "Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Process:
    """A living process.

    Attributes:
        pid: Its id.
        group: Id of its group.
        command: Its command line.
        environment: What it was started with; empty where that is not ours to see.
    """

    pid: int
    group: int
    command: str
    environment: str


def group_members(group: int) -> dict[int, str]:
    """The living processes of a group: their command lines by process id."""
    return {each.pid: each.command for each in _living() if each.group == group}


def commands_mentioning(text: str) -> dict[int, str]:
    """The living processes, of any group, on whose command line a text stands."""
    return {each.pid: each.command for each in _living() if text in each.command}


def marked(mark: str) -> dict[int, str]:
    """The living processes, of any group, that were started with a text in their environment.

    So all descendants of a process that has set a variable are found, wherever they have gone.
    """
    return {each.pid: each.command for each in _living() if mark in each.environment}


def _living() -> Iterator[_Process]:
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in parentheses, may hold spaces: the fields are counted after it.
            state, _parent, group, *_ = (
                (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            )
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ")
            environment = _environment(folder)
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while we looked
        if state != _ZOMBIE:
            yield _Process(
                pid=int(folder.name),
                group=int(group),
                command=command.decode(errors="replace"),
                environment=environment,
            )


def _environment(folder: Path) -> str:
    try:
        return (folder / "environ").read_bytes().decode(errors="replace")
    except PermissionError:
        return ""  # somebody else's


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
