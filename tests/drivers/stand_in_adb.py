"""Stands in for adb in tests: a server that knows no handset, and a client that reaches some.

Addresses with port 1 refuse; all others are connected to. What clients ask is written to the file
that the environment variable STAND_IN_ADB_CALLS names.
"""

import os
import socket
import sys
from pathlib import Path


def main(argv: list[str]) -> int:
    """Do what the command line asks for."""
    _, _, port, *command = argv
    match command:
        case ["nodaemon", "server"]:
            with socket.create_server(("127.0.0.1", int(port))) as server:
                while True:
                    server.accept()[0].close()
        case ["connect", address] if address.endswith(":1"):
            print(f"failed to connect to '{address}': Connection refused")
        case ["connect", address]:
            print(f"connected to {address}")
        case ["devices"]:
            print("List of devices attached\n127.0.0.1:5555\tdevice\nemulator-5554\toffline\n")
        case ["kill-server"] | ["disconnect", _]:
            pass
        case _:
            print(f"adb: unknown command {command[0]}", file=sys.stderr)
            return 1
    if calls := os.environ.get("STAND_IN_ADB_CALLS"):
        with Path(calls).open("a", encoding="utf-8") as file:
            file.write(" ".join(argv[1:]) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
