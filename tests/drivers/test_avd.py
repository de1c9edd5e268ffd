"""What the SDK says of AVDs, by a stand-in for its emulator."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from drivers.avd import acceleration, list_avds, list_snapshots
from drivers.errors import DriverError
from tests.drivers.stand_in_emulator import Behaviour, write_avd, write_sdk

BEHAVIOUR = Behaviour(testbed="embedded", handset="phone-1")


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """The SDK's emulator."""
    return write_sdk(tmp_path / "sdk") / "emulator" / "emulator"


@pytest.fixture
def environ(tmp_path: Path) -> Mapping[str, str]:
    """An environment whose AVDs are two, one with snapshots."""
    home = tmp_path / "avds"
    write_avd(home, "undelivered-a", BEHAVIOUR, snapshots=("logged-in", "fresh"))
    write_avd(home, "undelivered-b", BEHAVIOUR)
    return {"ANDROID_AVD_HOME": str(home)}


def test_avds_are_listed(program: Path, environ: Mapping[str, str]) -> None:
    """Only names are taken, not the lines that an emulator logs before them."""
    assert list_avds(program, environ) == ("undelivered-a", "undelivered-b")


def test_acceleration(program: Path, environ: Mapping[str, str]) -> None:
    """Whether virtualisation can be used is told in the emulator's own sentence."""
    assert acceleration(program, environ) == (True, "KVM (version 12) is installed and usable.")
    is_usable, said = acceleration(program, {**environ, "STAND_IN_NO_KVM": "1"})
    assert not is_usable
    assert "permissions to use KVM" in said


def test_snapshots(environ: Mapping[str, str]) -> None:
    """Snapshots are those in the AVD's folder; of an AVD that is not found nothing is known."""
    assert list_snapshots("undelivered-a", environ) == ("fresh", "logged-in")
    assert list_snapshots("undelivered-b", environ) == ()
    assert list_snapshots("nobodys", environ) is None


@pytest.mark.parametrize(
    ("variable", "folder"),
    [
        ("ANDROID_AVD_HOME", "."),
        ("ANDROID_USER_HOME", "avd"),
        ("ANDROID_EMULATOR_HOME", "avd"),
        ("HOME", ".android/avd"),
    ],
)
def test_places_of_avds(tmp_path: Path, variable: str, folder: str) -> None:
    """AVDs are looked for where the emulator looks."""
    write_avd(tmp_path / folder, "mine", BEHAVIOUR, snapshots=("one",))
    assert list_snapshots("mine", {variable: str(tmp_path)}) == ("one",)


def test_program_that_does_not_run(tmp_path: Path) -> None:
    """A program that cannot be run is named."""
    with pytest.raises(DriverError, match="nowhere -list-avds"):
        list_avds(tmp_path / "nowhere", {})
