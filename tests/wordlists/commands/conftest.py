"""What the tests of the commands share: a folder of lists, and a way to run a command on it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.wordlists.lists import make_library
from wordlists.cli import app

Run = Callable[..., Result]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of lists, described; the current directory is another one, which is empty."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return make_library(tmp_path / "lists")


@pytest.fixture
def run(library: Path) -> Run:
    """Run a command on the lists; an error that it does not turn into a message fails the test."""

    def run_command(*arguments: str | Path, keys: str | None = None) -> Result:
        words = ["--folder", str(library), *map(str, arguments)]
        return CliRunner().invoke(app, words, input=keys, catch_exceptions=False)

    return run_command
