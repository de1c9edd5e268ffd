"""Fixtures of the tests of results/."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from results.journal import Journal
from tests.results.examples import RUN


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal may be."""
    return tmp_path / "runs" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    """An open journal with one run."""
    with Journal.open(path) as opened:
        opened.start_run(RUN)
        yield opened
