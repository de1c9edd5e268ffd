"""Whole runs of `pytest probes` on The Lounge, and what the servers have to say of them."""

from dataclasses import dataclass
from pathlib import Path

from results.journal import LATEST, Journal
from tests.fullstack.thelounge.irc_server import IrcServer
from tests.fullstack.thelounge.networks import NICKS, TESTBED, USUAL_PORT, Networks

SENDER, RECEIVER = NICKS


def write_testbed(folder: Path, networks: Networks) -> Path:
    """The testbed as it is in the repository, at the port that The Lounge has now."""
    usual = f"http://127.0.0.1:{USUAL_PORT}"
    text = TESTBED.read_text(encoding="utf-8")
    assert text.count(f'url = "{usual}"') == len(NICKS)
    path = folder / TESTBED.name
    path.write_text(text.replace(usual, networks.lounge.url), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Tapping:
    """Counts what a server has to say from now on; runs before it are left out."""

    server: IrcServer
    received_before: int
    passed_on_before: int

    @classmethod
    def begin(cls, server: IrcServer) -> "Tapping":
        """Begin now."""
        received, passed_on = server.received_from(SENDER), server.passed_on_from(SENDER)
        return cls(server, len(received), len(passed_on))

    def received(self) -> list[str]:
        """Texts that came in from the sender, oldest first."""
        return self.server.received_from(SENDER)[self.received_before :]

    def passed_on(self) -> list[str]:
        """Texts that went out to the receiver, oldest first."""
        return self.server.passed_on_from(SENDER)[self.passed_on_before :]


def read_arrivals(results: Path) -> list[str]:
    """Texts seen at the receiver in the latest run, oldest first."""
    with Journal.open(results / "journal.sqlite", read_only=True) as journal:
        arrivals = journal.arrivals(journal.run(LATEST).id)
    return [each.text for each in sorted(arrivals, key=lambda each: each.place)]
