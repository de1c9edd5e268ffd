"""The main job on an app nobody here wrote, in real browsers, against a filter nobody here wrote.

What the server says it received and passed on is the truth; no verdict may differ from it.
"""

import os
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias
from uuid import uuid4

import pytest

from drivers.doctor.examination import examine
from drivers.doctor.finding import Status
from drivers.tools import Places, Toolchain
from results.record import Notice, Outcome, VerdictKind, VoidReason
from tests.bookkeeping import without_evidence
from tests.fullstack.thelounge.lounge import PASSWORD
from tests.fullstack.thelounge.measuring import (
    Tapping,
    read_arrivals,
    write_testbed,
)
from tests.fullstack.thelounge.networks import FILTERS, Networks
from tests.probes.sessions import Sessions, wait_until, write_wordlist
from tests.processes import are_gone, marked

Start: TypeAlias = Callable[..., "subprocess.Popen[bytes]"]

KEYWORDS: Final = {
    "法轮功": "zh-Hans,REL",
    "达赖喇嘛 + 菩提伽耶": "zh-Hans,REL",
    "达赖喇嘛": "zh-Hans,REL",
    "喇嘛": "zh-Hans,REL",
    "天气预报": "zh-Hans,ENV",
    "功法": "zh-Hans,REL",
    "Tiananmen": "en,POLR",
    "tiananmen square": "en,POLR",
    "Middle Way": "en,REL",
    "T'ien An Men": "en,POLR",
    "བོད་རང་བཙན": "bo,POLR",
    "བོད་ཇ": "bo,ENV",
    "ۋەتەن سۆيگۈسى": "ug,POLR",
    "ياخشىمۇسىز": "ug,ENV",
}
"""What is measured: what the filters stop, and much that resembles it."""

RUNS: Final = {
    "quiet": ("group", Outcome.MISSING),
    "loud": ("direct", Outcome.REFUSED),
    "masks": ("group", Outcome.ALTERED),
}
"""Kind of chat to run in on each network, and what becomes there of what is stopped."""


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Networks]:
    """The Lounge on three networks."""
    with Networks(tmp_path_factory.mktemp("networks")) as running:
        yield running


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """What all processes started by a test carry; none of them may outlive it."""
    text = str(uuid4())
    monkeypatch.setenv("UNDELIVERED_TEST", text)
    yield text
    assert are_gone(marked(text)), marked(text)


@pytest.fixture
def new_sessions(
    pytester: pytest.Pytester, tmp_path: Path, toolchain: Toolchain, mark: str
) -> Callable[[str], Sessions]:
    """Gives sessions with the list, and results in a folder of their own."""

    def gives(name: str) -> Sessions:
        folder = tmp_path / name
        folder.mkdir()
        sessions = Sessions(pytester, folder)
        write_wordlist(sessions.wordlist, KEYWORDS)
        return sessions

    return gives


@pytest.fixture
def start(networks: Networks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Starts a run with accounts on a network; returns once a number of attempts are made."""

    def starts(
        sessions: Sessions,
        network: str,
        chat: str,
        *,
        attempts: int = 0,
        is_receiver_online: bool = True,
    ) -> "subprocess.Popen[bytes]":
        environ = networks.environ(network, is_receiver_online=is_receiver_online)
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        testbed = write_testbed(tmp_path, networks)
        return sessions.start_until(testbed, attempts, "--chat", chat)

    return starts


def wait_for(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a run has ended, as it should."""
    said, _ = process.communicate()
    assert process.returncode == 0, said.decode(errors="replace")


def wait_for_attempts(
    sessions: Sessions, process: "subprocess.Popen[bytes]", attempts: int
) -> None:
    """Wait until a run has made a number of attempts, or has ended."""
    wait_until(
        lambda: len(sessions.attempts()) >= attempts or process.poll() is not None,
        f"{attempts} attempts are made",
    )


def browsers(mark: str) -> list[int]:
    """The process ids of the browsers started by a test, in the order of their start."""
    running = marked(mark)
    return sorted(
        pid
        for pid, command in running.items()
        if "--headless" in command and "--type=" not in command
    )


def truth(network: str) -> dict[str, VerdictKind]:
    """What is right to say of each keyword."""
    stops = FILTERS[network].stops
    return {
        keyword: VerdictKind.CENSORED if stops(keyword) else VerdictKind.CLEAR
        for keyword in KEYWORDS
    }


def test_finds_what_the_filter_stops(
    networks: Networks,
    new_sessions: Callable[[str], Sessions],
    start: Start,
    subtests: pytest.Subtests,
) -> None:
    """Every verdict is the filter's, every outcome shows how it censors, nothing is sent twice."""
    runs = []
    for network, (chat, outcome) in RUNS.items():
        tapping = Tapping.begin(networks.servers[network])
        sessions = new_sessions(network)
        runs.append((network, outcome, tapping, sessions, start(sessions, network, chat)))
    for network, outcome, tapping, sessions, process in runs:
        with subtests.test(network):
            wait_for(process)
            check(network, outcome, tapping, sessions)


def check(network: str, outcome: Outcome, tapping: Tapping, sessions: Sessions) -> None:
    """Compare a run with what its server has to say."""
    stops = FILTERS[network].stops
    assert sessions.verdicts() == truth(network)
    messages = sessions.messages()
    assert tapping.received() == [message.attempt.text for message in messages]
    assert tapping.passed_on() == read_arrivals(sessions.results)
    outcomes = {each.score.outcome for each in messages if stops(each.attempt.text)}
    # Two equal masks in a row may be one message that came twice.
    assert outcomes - {Outcome.UNKNOWN} == {outcome}
    assert network == "masks" or Outcome.UNKNOWN not in outcomes
    assert all(
        (each.attempt.notice is Notice.CONTENT_REJECTED)
        is (network == "loud" and stops(each.attempt.text))
        for each in messages
    )
    kept = [path for path in sessions.results.rglob("*") if path.is_file()]
    assert kept
    assert not [path for path in kept if PASSWORD.encode() in path.read_bytes()]


def test_doctor_finds_nothing_wrong(
    networks: Networks,
    toolchain: Toolchain,
    tmp_path: Path,
    mark: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a web app that works every check succeeds, and one harmless message goes out."""
    for name, value in networks.environ("quiet").items():
        monkeypatch.setenv(name, value)
    tapping = Tapping.begin(networks.servers["quiet"])
    findings = examine(
        str(write_testbed(tmp_path, networks)),
        chat="group",
        sends=True,
        folder=tmp_path / "kept",
        places=Places.here(),
    )
    statuses = {f"{each.handset} {each.check}": each.status for each in findings}
    assert {each for each, status in statuses.items() if status is Status.FAIL} == set()
    for check in ("login", "chat title", "typing", "selector send", "selector row"):
        assert statuses[f"browser-1 {check}"] is statuses[f"browser-2 {check}"] is Status.OK
    assert statuses["browser-2 arrival"] is Status.OK
    assert len(tapping.received()) == 1


def test_receiver_that_is_offline_censors_nothing(
    new_sessions: Callable[[str], Sessions], start: Start
) -> None:
    """Controls tell a receiver whose app has lost its network from a filter that drops silently."""
    sessions = new_sessions("offline")
    process = start(sessions, "quiet", "group", is_receiver_online=False)
    said, _ = process.communicate()
    assert process.returncode != 0
    assert "controls in a row did not arrive" in said.decode()
    assert set(sessions.verdicts().values()) == {VerdictKind.INCONCLUSIVE}


def test_killed_browsers_are_replaced(
    networks: Networks, new_sessions: Callable[[str], Sessions], start: Start, mark: str
) -> None:
    """A browser that dies costs what was under way: that is unknown, and never sent again."""
    sessions = new_sessions("killed")
    tapping = Tapping.begin(networks.servers["quiet"])
    process = start(sessions, "quiet", "group", attempts=6)
    sender, receiver = browsers(mark)
    for browser, attempts in ((sender, 14), (receiver, 22)):
        os.kill(browser, signal.SIGKILL)
        wait_for_attempts(sessions, process, attempts)
    wait_for(process)

    assert sessions.verdicts() == truth("quiet")
    messages = sessions.messages()
    lost = [each for each in messages if each.attempt.fault is VoidReason.SESSION_LOST]
    assert lost
    assert {each.score.outcome for each in lost} <= {Outcome.UNKNOWN, Outcome.DELIVERED}
    assert not Counter(tapping.received()) - Counter(each.attempt.text for each in messages)
    assert not without_evidence([each.attempt for each in messages], sessions.folder)
