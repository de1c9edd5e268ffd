"""What the Android SDK says of its virtual devices (AVDs), their snapshots and virtualisation."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from drivers.errors import DriverError

_ANSWER_S: Final = 30.0
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_FOLDER = re.compile(r"^path\s*=\s*(.*\S)", re.MULTILINE)


def list_avds(program: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Names of all AVDs that an emulator finds.

    Args:
        program: The emulator.
        environ: Environment to run it in: it says where AVDs are kept.

    Raises:
        DriverError: It fails or takes too long.
    """
    code, said = _answer(program, "-list-avds", environ=environ)
    if code != 0:
        raise DriverError(f"{program} -list-avds: exit code {code}: {said}")
    # Some versions log a line or two before the list.
    return tuple(line for line in said.splitlines() if _NAME.fullmatch(line))


def acceleration(program: Path, environ: Mapping[str, str]) -> tuple[bool, str]:
    """Whether an emulator may use this computer's virtualisation, and what it says of it.

    Raises:
        DriverError: It takes too long.
    """
    code, said = _answer(program, "-accel-check", environ=environ)
    # It frames its sentence: "accel:", a number, the sentence, "accel".
    sentences = [line for line in said.splitlines() if " " in line.strip() and "|" not in line]
    return code == 0, " ".join(sentences) or said.strip()


def list_snapshots(avd: str, environ: Mapping[str, str]) -> tuple[str, ...] | None:
    """Names of an AVD's snapshots, as its folder holds them; ``None`` if that is not found.

    Args:
        avd: The AVD.
        environ: Environment that says where AVDs are kept.
    """
    for home in _homes(environ):
        try:
            text = (home / f"{avd}.ini").read_text(encoding="utf-8")
        except OSError:
            continue
        path = _FOLDER.search(text)
        folder = Path(path[1]) if path else home / f"{avd}.avd"
        found = (folder / "snapshots").glob("*/snapshot.pb")
        return tuple(sorted(each.parent.name for each in found))
    return None


def _homes(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Where AVDs may be, in the order in which the emulator looks."""
    places = (
        ("ANDROID_AVD_HOME", "."),
        ("ANDROID_USER_HOME", "avd"),
        ("ANDROID_EMULATOR_HOME", "avd"),
        ("ANDROID_SDK_HOME", ".android/avd"),
        ("HOME", ".android/avd"),
    )
    return tuple(Path(environ[name]) / below for name, below in places if environ.get(name))


def _answer(program: Path, option: str, *, environ: Mapping[str, str]) -> tuple[int, str]:
    command = [str(program), option]
    try:
        done = subprocess.run(  # noqa: S603 - the emulator as looked up, one option of its own
            command,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DriverError(f"{' '.join(command)}: {error}") from error
    return done.returncode, done.stdout
