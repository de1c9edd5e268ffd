"""Runs a command beside The Lounge: ``python -m tests.fullstack.thelounge NETWORK COMMAND…``."""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.fullstack.thelounge.networks import FILTERS, USUAL_PORT, Networks


def main(arguments: list[str]) -> int:
    """Start everything, run the command with the log-ins set, end everything."""
    if len(arguments) < 2 or arguments[0] not in FILTERS:
        print(f"{__doc__}\n\nNETWORK is one of: {', '.join(FILTERS)}", file=sys.stderr)
        return 2
    network, *command = arguments
    with TemporaryDirectory() as folder, Networks(Path(folder), port=USUAL_PORT) as networks:
        environ = {**os.environ, **networks.environ(network)}
        return subprocess.run(command, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
