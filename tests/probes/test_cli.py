"""The `undelivered` command."""

import pytest
import typer
from typer.testing import CliRunner

from probes.cli import app

COMMANDS = sorted(typer.main.get_command(app).commands)


def test_help_lists_the_commands() -> None:
    """`undelivered --help` says what there is, and how to measure."""
    result = CliRunner().invoke(app, ["--help"])
    assert result.exit_code == 0
    assert "pytest probes" in result.output
    assert {"wordlist", "export", "runs"} <= set(COMMANDS)
    assert all(command in result.output for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    """Every command has a help text of its own."""
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert f"{command} " in result.output
