"""A chat of the embedded network as a service hands it out: a list of messages in JSON, over HTTP.

The embedded network knows no HTTP service; it writes down what each account is given. This reads
that file and answers with the account's messages, as any service of one's own might.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

SENDER = "the-sender"


class InboxBridge:
    """Serves what embedded accounts were given, each under the name of its inbox.

    Attributes:
        url: Address of the server; ``<url>/<name of the inbox>`` lists its messages.
        status: HTTP status of its answers; 200 while all is well.
        refused: How many requests it has answered with another.
        edited: Texts that it gives in place of others from their second time on, as if they had
            been edited.
    """

    def __init__(self, results: Path, url: str) -> None:
        """Serve the runs below a folder."""
        self.url = url
        self.status = 200
        self.refused = 0
        self.edited: dict[str, str] = {}
        self._results = results
        self._times: Counter[tuple[str, int]] = Counter()  # that a message was given

    def messages(self, name: str) -> list[dict[str, Any]]:
        """What an account has been given and what is still there, oldest first."""
        there: dict[int, str] = {}
        for path in sorted(self._results.glob("*/handsets.jsonl")):
            for line in path.read_text(encoding="utf-8").split("\n"):
                with suppress(json.JSONDecodeError):  # the last line may be half written
                    self._apply(json.loads(line), name, there)
        self._times.update((name, number) for number in there)
        return [
            {
                "id": number,
                "body": self.edited.get(text, text) if self._times[name, number] > 1 else text,
                "author": {"id": SENDER},
            }
            for number, text in there.items()
        ]

    def _apply(self, event: dict[str, Any], name: str, there: dict[int, str]) -> None:
        if event.get("handset") != name:
            return
        if event["what"] == "add" and not event["item"]["is_own"]:
            there[event["item"]["id"]] = event["item"]["text"]
        elif event["what"] == "remove":
            there.pop(event["id"], None)


@contextmanager
def bridge(results: Path) -> Iterator[InboxBridge]:
    """A bridge that runs.

    Args:
        results: Folder of the runs.
    """
    served: list[InboxBridge] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = served[0].messages(self.path.strip("/"))
            body = json.dumps(found).encode()
            served[0].refused += served[0].status != HTTPStatus.OK
            self.send_response(served[0].status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.append(InboxBridge(results, f"http://127.0.0.1:{server.server_port}"))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def inbox(name: str, url: str, *, account: str = "cn-2") -> str:
    """A table ``[[inbox]]`` that reads from a bridge."""
    return f"""
[[inbox]]
name = "{name}"
account = "{account}"
kind = "json"
url = "{url}/{name}"
sender = "{SENDER}"
interval_s = 0.1
[inbox.paths]
id = "/id"
text = "/body"
sender = "/author/id"
"""
