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
    return Sessions(pytester, tmp_path)
