"""Stands in for Appium in tests: started with the same arguments, by Python instead of Node.

The environment variable STAND_IN says what it does: answer, by default; ``die`` at once; or
``hang``, never answering. ``with-child`` starts, besides, a child that ignores SIGTERM.
"""

import os
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("stubborn", flush=True)
signal.pause()
"""


class Answer(BaseHTTPRequestHandler):
    """Answers ``/status`` below the base path, as Appium does."""

    base_path = ""

    def do_GET(self) -> None:
        """Say that we are ready."""
        self.send_response(200 if self.path == f"{self.base_path}/status" else 404)
        self.end_headers()
        self.wfile.write(b'{"value": {"ready": true}}')


def main(argv: list[str]) -> int:
    """Do as the environment says."""
    behaviour = os.environ.get("STAND_IN", "")
    if behaviour == "die":
        print("something is wrong with this installation", flush=True)
        return 3
    if behaviour == "hang":
        signal.pause()
    if behaviour == "with-child":
        child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()  # it ignores SIGTERM from now on
    host, port, Answer.base_path = (
        argv[argv.index(option) + 1] for option in ("--address", "--port", "--base-path")
    )
    HTTPServer((host, int(port)), Answer).serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
