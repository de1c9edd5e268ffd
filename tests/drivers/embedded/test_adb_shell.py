"""The shell of an embedded handset: how it reads a line, and how it says what went wrong."""

import logging
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.embedded.adb_shell import ShellSyntaxError, parse_line
from tests.drivers.embedded.adb_host import Door, Host, Said, talk

words = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1)


@given(st.lists(words, min_size=1))
def test_quoted_words_are_read_exactly(line: list[str]) -> None:
    """Whatever is in a word, quoted as sh asks for, comes out again."""
    (statement,) = parse_line(shlex.join(line))
    assert statement.words == tuple(line)


@given(words.map(lambda word: word.replace("\n", "n")))
def test_escaped_characters_are_read_exactly(word: str) -> None:
    """A backslash takes the meaning of the character after it, in double quotes as sh has it."""
    (statement,) = parse_line("".join(f"\\{character}" for character in word))
    assert statement.words == (word,)
    escaped = "".join(f"\\{each}" if each in '"\\$`' else each for each in word)
    (statement,) = parse_line(f'"{escaped}"')
    assert statement.words == (word,)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("a b", [(";", "a b")]),
        ("a\nb\n", [(";", "a"), (";", "b")]),
        ("a;b ;\nc", [(";", "a"), (";", "b"), (";", "c")]),
        ("a && b || c", [(";", "a"), ("&&", "b"), ("||", "c")]),
        ("''a''\\;b", [(";", "a;b")]),
        ('a\\\nb "c\\\nd"', [(";", "ab cd")]),
        ("ls x 2>&1 || echo y", [(";", "ls x"), ("||", "echo y")]),
    ],
)
def test_line_is_split_into_statements(line: str, expected: list[tuple[str, str]]) -> None:
    """A line is split where sh splits it."""
    assert [(each.condition, " ".join(each.words)) for each in parse_line(line)] == expected
    assert [each.joins_streams for each in parse_line("ls 2>&1; ls")] == [True, False]


@pytest.mark.parametrize("line", ["a | b", "a > b", "a < b", "a &", "echo $HOME", "echo `a`", "'a"])
def test_what_the_shell_does_not_have(line: str) -> None:
    """Pipes, redirections, variables and open quotes are refused, not misread."""
    with pytest.raises(ShellSyntaxError, match="unexpected"):
        parse_line(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("echo one", Said(output="one\n", errors="", code=0)),
        ("echo one && echo two || echo three", Said(output="one\ntwo\n", errors="", code=0)),
        ("exec echo one", Said(output="one\n", errors="", code=0)),
        (
            "cat x || echo gone",
            Said(output="gone\n", errors="cat: x: No such file or directory\n", code=0),
        ),
        (
            "cat x && echo there",
            Said(output="", errors="cat: x: No such file or directory\n", code=1),
        ),
        ("cat x 2>&1", Said(output="cat: x: No such file or directory\n", errors="", code=1)),
    ],
)
def test_exit_codes(tmp_path: Path, line: str, expected: Said) -> None:
    """Output, errors and exit code reach the host apart, and conditions look at the code."""

    async def talking(host: Host, _: Door) -> None:
        assert await host.shell(line) == expected

    talk(tmp_path, talking)


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("screencap -p", 127, "unknown shell command: screencap -p"),
        ("am frobnicate x", 127, "unknown shell command: am frobnicate x"),
        ("am", 127, "unknown shell command: am"),
        ("ps | grep x", 2, "syntax error: unexpected '|': ps | grep x"),
    ],
)
def test_unknown_commands_fail_loudly(
    tmp_path: Path, line: str, code: int, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What the shell does not know has an exit code, says so, and is logged."""

    async def talking(host: Host, _: Door) -> None:
        said = await host.shell(line)
        assert said.code == code
        assert said.errors.startswith("/system/bin/sh: ")

    talk(tmp_path, talking)
    assert [(each.levelno, each.getMessage()) for each in caplog.records] == [
        (logging.ERROR, f"phone-1: {why}" if code == 127 else f"phone-1: shell: {why}")
    ]


@pytest.mark.parametrize("service", ["shell:cat x", "exec:cat x"])
def test_without_shell_protocol(tmp_path: Path, service: str) -> None:
    """Without protocol 2, output and errors come as they are and there is no exit code."""

    async def talking(host: Host, _: Door) -> None:
        stream = await host.open(service)
        assert await stream.read_all() == b"cat: x: No such file or directory\n"

    talk(tmp_path, talking)
