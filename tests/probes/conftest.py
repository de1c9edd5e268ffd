"""Fixtures of the tests of probes/."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.probes.sessions import Imports, Sessions


@pytest.fixture
def imports() -> Iterator[Imports]:
    """What sessions in this process import, kept when the test is over; asked for before pytester.

    So it is torn down after it.
    """
    imports = Imports()
    yield imports
    imports.keep()


@pytest.fixture
def sessions(
    imports: Imports, pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Sessions:
    """Sessions of `pytest probes` that keep their results here."""
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("CI", "BUILD_NUMBER"):  # there, pytest repeats whole messages in its last lines
        monkeypatch.delenv(name, raising=False)
    return Sessions(pytester, tmp_path, imports)
