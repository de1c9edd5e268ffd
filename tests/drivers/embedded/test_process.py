"""The process of the embedded handsets: it starts, answers and ends as it should."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import httpx
import pytest

from drivers.embedded.process import EmbeddedProcess
from drivers.errors import ConfigError, DriverError
from drivers.testbed import load_testbed
from tests.testbeds import fault, plays, rule, write_testbed

PATIENCE_S = 10.0

PARENT = """
import sys
from pathlib import Path
from drivers.embedded.process import EmbeddedProcess
process = EmbeddedProcess.start(Path(sys.argv[1]), seed=0)
print(process.pid, process.handset_url("phone-1"), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedProcess]:
    """Running handsets, with one rule, for tests that leave them running."""
    folder = tmp_path_factory.mktemp("running")
    process = EmbeddedProcess.start(write_testbed(folder, [rule("bad", chats=["group"])]), seed=0)
    yield process
    process.stop()


@pytest.fixture
def ending(tmp_path: Path) -> Iterator[EmbeddedProcess]:
    """Running handsets, for a test that ends them."""
    process = EmbeddedProcess.start(write_testbed(tmp_path), seed=0)
    yield process
    process.stop()


def address(url: str) -> tuple[str, int]:
    """Host and port of a URL."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def is_ready(url: str) -> bool:
    """Whether a handset answers."""
    answer = httpx.get(f"{url}/status", trust_env=False)
    return answer.json()["value"]["ready"] is True


def refuses(url: str) -> bool:
    """Whether, before patience runs out, nothing listens at a URL any more."""
    deadline = monotonic() + PATIENCE_S
    while monotonic() < deadline:
        try:
            with socket.create_connection(address(url), timeout=PATIENCE_S) as connection:
                connection.recv(1)  # nothing was asked for: it returns when the server hangs up
        except ConnectionRefusedError:
            return True
        except OSError:
            continue
    return False


def test_all_handsets_answer(running: EmbeddedProcess) -> None:
    """As soon as `start` returns, every handset of the testbed answers at an address of its own."""
    urls = [running.handset_url(config.name) for config in load_testbed("embedded").handsets]
    assert len(set(urls)) == 4
    assert all(map(is_ready, urls))


def test_truth_can_be_asked_for(running: EmbeddedProcess) -> None:
    """The network tells which texts are censored under a condition; nothing is sent for it."""
    texts = ["good", "bad", "undelivered canary, known to be dropped"]

    def truth(chat: str, receiver: str = "CN") -> tuple[bool, ...]:
        return running.censored(texts, chat=chat, sender_region="CA", receiver_region=receiver)

    assert truth("group") == (False, True, True)
    assert truth("direct") == (False, False, True)
    assert truth("group", receiver="CA") == (False, False, False)
    assert running.censored([], chat="group", sender_region="CN", receiver_region="CN") == ()
    assert running.events() == ()


def test_nothing_but_loopback_is_bound(running: EmbeddedProcess) -> None:
    """The servers cannot be reached through any other address of this machine."""
    host, port = address(running.handset_url("phone-1"))
    assert host == "127.0.0.1"
    for other in ("127.0.0.2", "::1", socket.gethostname()):
        with suppress(OSError):
            found = socket.create_connection((other, port), timeout=1)
            peer = found.getpeername()[0]
            found.close()
            assert peer == "127.0.0.1", f"reached through {other}"


def test_it_is_stopped_at_the_end_of_its_block(tmp_path: Path) -> None:
    """Used in a `with` statement, it ends with it."""
    with EmbeddedProcess.start(write_testbed(tmp_path), seed=0) as process:
        url = process.handset_url("phone-1")
        assert is_ready(url)
    assert refuses(url)


def test_start_that_takes_too_long_is_told(tmp_path: Path) -> None:
    """Handsets that are not ready in time are given up, and the error says after how long."""
    state = tmp_path / "handsets.jsonl"
    os.mkfifo(state)  # reading it hangs for ever: nobody writes
    with pytest.raises(DriverError, match=r"did not start within 0\.5 s: no output"):
        EmbeddedProcess.start(write_testbed(tmp_path), seed=0, state=state, timeout_s=0.5)


def test_stop_ends_it(ending: EmbeddedProcess) -> None:
    """After `stop` nobody answers any more, which is a `DriverError`; stopping twice is none."""
    ending.stop()
    assert refuses(ending.handset_url("phone-1"))
    with pytest.raises(DriverError, match="does not answer"):
        ending.censored(["x"], chat="group", sender_region="CN", receiver_region="CN")
    ending.stop()


def test_it_does_not_outlive_a_killed_parent(tmp_path: Path) -> None:
    """When the process that started it is killed, with no chance to clean up, it ends as well."""
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(write_testbed(tmp_path))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert parent.stdin is not None
    assert parent.stdout is not None
    _, url = parent.stdout.readline().split()
    assert is_ready(url)
    parent.kill()
    parent.wait()
    assert refuses(url)
    parent.stdin.close()
    parent.stdout.close()


def test_interrupt_does_not_end_it(running: EmbeddedProcess) -> None:
    """Ctrl-C goes to all processes of a terminal; whoever started the handsets ends them."""
    os.kill(running.pid, signal.SIGINT)
    assert is_ready(running.handset_url("phone-1"))
    assert is_ready(running.handset_url("phone-2"))


def test_terminate_ends_it(ending: EmbeddedProcess) -> None:
    """A polite request to end is followed while its input is still open."""
    os.kill(ending.pid, signal.SIGTERM)
    assert refuses(ending.handset_url("phone-1"))


def test_broken_policy_is_explained(tmp_path: Path) -> None:
    """What is wrong with the policy is told by whoever starts the handsets, with the place."""
    testbed = write_testbed(tmp_path, more='[[rule]]\ncomponents = ["a"]\naction = "eat"\n')
    with pytest.raises(ConfigError, match=r"policy\.toml: this policy cannot be used:\n.*action"):
        EmbeddedProcess.start(testbed, seed=0)


def test_broken_testbed_is_explained(tmp_path: Path) -> None:
    """What is wrong with the testbed is told as well."""
    testbed = write_testbed(tmp_path, changes=[('receiver = "phone-2"', 'receiver = "phone-9"')])
    with pytest.raises(ConfigError, match="there is no handset 'phone-9'"):
        EmbeddedProcess.start(testbed, seed=0)


def test_fault_of_an_unknown_handset_is_explained(tmp_path: Path) -> None:
    """A fault of a handset that does not exist is not silently ignored."""
    testbed = write_testbed(tmp_path, more=fault("phone-9", "dies", after_messages=1))
    with pytest.raises(ConfigError, match="phone-9"):
        EmbeddedProcess.start(testbed, seed=0)


def test_testbed_without_embedded_network_is_explained(tmp_path: Path) -> None:
    """A testbed of real handsets only has nothing to start."""
    changes = [('[embedded]\npolicy = "policy.toml"\n', "")]
    for number in range(1, 5):
        handset = f'account = "cn-{number}"\napp = "courier"\nappium = '
        url = f'"http://127.0.0.1:472{number}"'
        changes.append((f'{handset}"embedded"', f"{handset}{url}"))
    testbed = write_testbed(tmp_path, changes=changes)
    with pytest.raises(ConfigError, match=r"there is no \[embedded\] table"):
        EmbeddedProcess.start(testbed, seed=0)


def test_start_that_fails_is_told(tmp_path: Path) -> None:
    """When the process ends before it is ready, what it said is passed on."""
    with pytest.raises(DriverError, match=r"(?s)did not start \(exit code 1\).*IsADirectoryError"):
        EmbeddedProcess.start(write_testbed(tmp_path), seed=0, state=tmp_path)


@pytest.mark.parametrize(
    ("app", "language", "reason"),
    [
        ("courier", "fr", r"language 'fr': Courier 1\.4\.2 .* speaks en, zh-Hans"),
        ("telegram", "zh-Hans", r"language 'zh-Hans': Telegram .* speaks en, de"),
    ],
)
def test_app_that_does_not_speak_the_language_is_refused(
    tmp_path: Path, app: str, language: str, reason: str
) -> None:
    """A policy's language that an app does not have is told, with the testbed and what it has."""
    testbed = write_testbed(tmp_path, language=language, changes=[plays(app)])
    with pytest.raises(ConfigError, match=rf"testbed\.toml: {reason}"):
        EmbeddedProcess.start(testbed, seed=0)
