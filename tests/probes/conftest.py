"""Fixtures of the tests of probes/."""

from pathlib import Path

import pytest

from tests.probes.sessions import Sessions


@pytest.fixture
def sessions(
    pytester: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Sessions:
    """Sessions of `pytest probes` that keep their results here."""
    monkeypatch.setenv("COLUMNS", "160")
    for name in ("CI", "BUILD_NUMBER"):  # there, pytest repeats whole messages in its last lines
        monkeypatch.delenv(name, raising=False)
    return Sessions(pytester, tmp_path)
