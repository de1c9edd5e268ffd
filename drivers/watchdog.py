"""Runs services that must not outlive whoever started them: `watch`, and `end`.

The services are children of the watchdog, and all of them live in one group of processes, which the
watchdog leads. Its standard input is a pipe whose other end only the parent holds. However the
parent ends, by return, exception or ``kill -9``, the kernel closes that end; the watchdog sees it
and ends the services: SIGTERM, a grace period, then SIGKILL to the whole group, itself included.
So no moment exists at which the death of the parent would leave a service behind.

Only a watchdog that is itself killed cannot do that; who started it then kills the group.
"""

import argparse
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

_LOOK_S = 0.2


def watch(
    services: Sequence[tuple[Sequence[str], Path]],
    *,
    last: Sequence[str] | None = None,
    grace_s: float = 5.0,
    environ: Mapping[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> "subprocess.Popen[bytes]":
    """Start services that end with this process; if one ends by itself, so do the others.

    Args:
        services: Commands, and the files their output is appended to, in the order of starting.
        last: A command to run when the services are ended.
        grace_s: Seconds from SIGTERM to SIGKILL for each.
        environ: Their environment; ``None`` for this process's own.
        output: Where the watchdog says that a service has ended; ``None`` for standard error.

    Returns:
        The watchdog. Its process id is that of the group of all of them; `end` ends them.
    """
    command = [sys.executable, "-m", "drivers.watchdog"]
    command += ["--parent", str(os.getpid()), "--grace", str(grace_s)]
    for service, log in services:
        command += ["--service", json.dumps(list(service)), str(log)]
    if last is not None:
        command += ["--last", json.dumps(list(last))]
    return subprocess.Popen(  # noqa: S603 - our own module, arguments as a list
        command,
        env=environ,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        start_new_session=True,
    )


def end(watchdog: "subprocess.Popen[bytes]", *, within_s: float) -> None:
    """End what `watch` has started, and wait until nothing of it is left.

    Args:
        watchdog: The watchdog; one that has ended is no error.
        within_s: How long it may take to end its services; then all of them are killed.
    """
    with suppress(BrokenPipeError):
        if watchdog.stdin is not None:
            watchdog.stdin.close()
    try:
        watchdog.wait(within_s)
    except subprocess.TimeoutExpired:
        watchdog.kill()
        watchdog.wait()
    # In case that the watchdog was killed before it could do this itself.
    with suppress(ProcessLookupError):
        os.killpg(watchdog.pid, signal.SIGKILL)


def main(argv: Sequence[str] | None = None) -> None:
    """Run services until standard input ends, the parent is gone, or a service ends by itself."""
    parser = argparse.ArgumentParser(prog="python -m drivers.watchdog", description=__doc__)
    parser.add_argument(
        "--service",
        nargs=2,
        action="append",
        required=True,
        metavar=("COMMAND", "LOG"),
        help="a command as a JSON list, and the file its output is appended to; may be repeated",
    )
    parser.add_argument(
        "--last", help="a command, as a JSON list, to run when the services are ended"
    )
    parser.add_argument("--parent", type=int, required=True, help="process id of the parent")
    parser.add_argument("--grace", type=float, default=5.0, help="seconds from SIGTERM to SIGKILL")
    arguments = parser.parse_args(argv)
    is_told_to_end = False

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_told_to_end
        is_told_to_end = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, note)
    services: list[subprocess.Popen[bytes]] = []
    try:
        for command, log in arguments.service:
            services.append(_start(json.loads(command), Path(log)))
        while not (
            is_told_to_end
            or _has_ended(sys.stdin.fileno(), arguments.parent)
            or any(_tell_if_dead(service) for service in services)
        ):
            continue
    except OSError as error:
        print(f"[watchdog] {error}", file=sys.stderr, flush=True)  # noqa: T201
    finally:
        _end(services, arguments.grace)
        if arguments.last:
            _run_last(json.loads(arguments.last), arguments.grace)
        # Grandchildren too. This is the watchdog's last act: it belongs to the group.
        os.killpg(0, signal.SIGKILL)


def _start(command: list[str], log: Path) -> "subprocess.Popen[bytes]":
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 - what our own parent asks for, as a list
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )


def _has_ended(pipe: int, parent: int) -> bool:
    """Wait a moment for the parent's end; whether it came.

    The parent's process id is looked at as well: a process that it forked may hold the pipe open.
    """
    readable, _, _ = select.select([pipe], [], [], _LOOK_S)
    return bool(readable and not os.read(pipe, 1024)) or os.getppid() != parent


def _tell_if_dead(service: "subprocess.Popen[bytes]") -> bool:
    code = service.poll()
    if code is None:
        return False
    arguments = service.args if isinstance(service.args, list) else [service.args]
    print(f"[watchdog] ended with exit code {code}: {arguments}", file=sys.stderr, flush=True)  # noqa: T201
    return True


def _end(services: Sequence["subprocess.Popen[bytes]"], grace_s: float) -> None:
    # The last one started may still need those before it to end in good order.
    for service in reversed(services):
        service.terminate()
        try:
            service.wait(grace_s)
        except subprocess.TimeoutExpired:
            service.kill()
            service.wait()


def _run_last(command: list[str], grace_s: float) -> None:
    """Run a command for its effect; that it fails or hangs must not keep the group alive."""
    try:
        subprocess.run(  # noqa: S603 - what our own parent asks for, as a list
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=grace_s,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"[watchdog] {error}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
