"""A web server on this machine that speaks https, for downloads to be tried on."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import trustme

Answer = Callable[["Handler"], None]


class Handler(BaseHTTPRequestHandler):
    """Answers as the test says, by path."""

    answers: dict[str, Answer]
    asked: list[tuple[str, str]]

    def do_GET(self) -> None:
        """Answer, and note what was asked with which entity tag."""
        self.asked.append((self.path, self.headers.get("If-None-Match", "")))
        self.answers[self.path](self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def reply(self, body: bytes, *, status: int = 200, **headers: str) -> None:
        """Send a body; in the names of headers, a hyphen is written _."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


@dataclass
class Site:
    """A server: what it answers, and what it was asked."""

    address: str
    certificate: Path
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)

    def serve(self, path: str, body: bytes, *, status: int = 200, **headers: str) -> str:
        """Answer a path with a body; give its address."""
        self.answers[path] = lambda handler: handler.reply(body, status=status, **headers)
        return f"{self.address}{path}"


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    """Run a server on the loopback interface, with a certificate of its own authority."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    certificate = folder / "authority.pem"
    authority.cert_pem.write_to_path(str(certificate))
    site = Site(address="", certificate=certificate)

    class SiteHandler(Handler):
        answers = site.answers
        asked = site.asked

    with ThreadingHTTPServer(("127.0.0.1", 0), SiteHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        site.address = f"https://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
