"""An emulator of the first handset, and what it needs."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from drivers.embedded.process import EmbeddedProcess
from drivers.emulator import Emulator
from drivers.emulator_config import EmulatorConfig
from drivers.server import AppiumServer
from drivers.tools import Places, Toolchain
from tests.fullstack.emulator.lab import Building, Lab, by_hand


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of our own: the emulator keeps the password of its console there, for adb to read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A computer with the SDK and two AVDs; the tools are looked for there."""
    lab = Lab(tmp_path)
    monkeypatch.setenv("ANDROID_HOME", str(lab.sdk))
    monkeypatch.setenv("ANDROID_AVD_HOME", str(lab.avds))
    return lab


@pytest.fixture
def network(lab: Lab) -> Iterator[EmbeddedProcess]:
    """Screens behind the AVDs, on one network."""
    with EmbeddedProcess.start(lab.network_testbed, seed=1) as process:
        lab.handsets = process
        lab.behave("undelivered-a")
        lab.behave("undelivered-b")
        yield process


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, toolchain: Toolchain, home: None
) -> Iterator[AppiumServer]:
    """A running server; its adb knows no handset yet."""
    folder = tmp_path_factory.mktemp("server")
    with AppiumServer(folder, udids=["emulator-5600"], toolchain=toolchain) as running:
        yield running


@pytest.fixture
def building(lab: Lab, server: AppiumServer) -> Iterator[Building]:
    """Builds emulators, and ends them."""
    with ExitStack() as stack:

        def build(config: EmulatorConfig | None = None, folder: str = "run") -> Emulator:
            emulator = Emulator(
                config or lab.config(),
                server=server,
                places=Places.here(),
                folder=lab.folder / folder,
            )
            stack.callback(emulator.stop)
            return emulator

        yield build


@pytest.fixture
def running(lab: Lab, network: EmbeddedProcess) -> Iterator[int]:
    """The port of an emulator that a researcher has started."""
    lab.behave(lag_s=3600.0)
    with by_hand(lab, until=b"Boot completed"):
        yield lab.first
