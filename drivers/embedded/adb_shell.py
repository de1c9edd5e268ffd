"""The shell of an embedded handset: what it makes of a command line, and who runs the commands.

Words are quoted as in sh; ``;``, ``&&``, ``||`` and ``2>&1`` work. Whatever else a line asks for
fails with an exit code and is logged, so that nothing a driver relies on is quietly missing.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from drivers.embedded.device import Device

UNKNOWN_COMMAND: Final = 127
"""Exit code of a command that is not there."""

_SYNTAX_ERROR: Final = 2
_LOG = logging.getLogger("undelivered.handset")
_TOKEN = re.compile(
    r"""[^\S\n]*(?:
        (?P<operator> 2>&1 | && | \|\| | [;&|<>\n] )
      | \Z
      | (?P<word> (?: '[^']*' | "(?:\\.|[^"\\$`])*" | \\. | [^\s;&|<>'"\\$`] )+ )
    )""",
    re.VERBOSE | re.DOTALL,
)
_PART = re.compile(
    r"""'(?P<literal>[^']*)' | "(?P<quoted>(?:\\.|[^"\\])*)" | \\(?P<escaped>.) | (?P<bare>.)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED_IN_QUOTES = re.compile(r'\\(?:\n|(["\\$`]))')
_LONGEST_NAME = 3


class ShellSyntaxError(Exception):
    """A command line this shell does not understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A command of a line.

    Attributes:
        condition: ``;`` always runs it, ``&&`` and ``||`` only after success or failure.
        words: Its name and arguments.
        joins_streams: Whether its errors go where its output goes.
    """

    condition: str
    words: tuple[str, ...]
    joins_streams: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a command said.

    Attributes:
        output: On standard output.
        errors: On standard error.
        code: Exit code.
    """

    output: str = ""
    errors: str = ""
    code: int = 0


class Console(Protocol):
    """Where a command line is run from."""

    async def write(self, text: str) -> None:
        """Take output."""

    async def write_error(self, text: str) -> None:
        """Take errors."""


Program = Callable[[Device, Sequence[str]], Result]
"""A command that answers at once."""

Watcher = Callable[[Device, Sequence[str], Console], Awaitable[int]]
"""A command that goes on, until it is cancelled; gives its exit code in the end."""

Programs = Mapping[tuple[str, ...], Program]
"""Commands by their name and subcommands: ``("am", "force-stop")``."""

Watchers = Mapping[tuple[str, ...], Watcher]


def fail(message: str, code: int = 1) -> Result:
    """A command that fails with a message."""
    return Result(errors=f"{message}\n", code=code)


def always(output: str = "") -> Program:
    """A command that always says the same."""
    return lambda _, __: Result(output=output)


def without_flags(arguments: Sequence[str]) -> list[str]:
    """Arguments that are no options."""
    return [word for word in arguments if not word.startswith("-")]


class Shell:
    """Runs command lines on a device."""

    def __init__(self, device: Device, programs: Programs, watchers: Watchers) -> None:
        """Begin.

        Args:
            device: The device.
            programs: Commands that answer at once.
            watchers: Commands that go on.
        """
        self._device = device
        self._programs = programs
        self._watchers = watchers

    async def run(self, line: str, console: Console) -> int:
        """Run a command line; its exit code."""
        try:
            statements = parse_line(line)
        except ShellSyntaxError as error:
            _LOG.error("%s: shell: %s: %s", self._device.handset.name, error, line)
            await console.write_error(f"/system/bin/sh: {error}\n")
            return _SYNTAX_ERROR
        code = 0
        for statement in statements:
            if statement.condition in {";", "&&" if code == 0 else "||"}:
                code = await self._run_one(statement, console)
        return code

    async def _run_one(self, statement: Statement, console: Console) -> int:
        words = statement.words[1:] if statement.words[0] == "exec" else statement.words
        for length in range(_LONGEST_NAME, 0, -1):
            name, arguments = words[:length], words[length:]
            watcher = self._watchers.get(name)
            if watcher is not None:
                return await watcher(self._device, arguments, console)
            program = self._programs.get(name)
            if program is not None:
                return await _print(program(self._device, arguments), statement, console)
        line = " ".join(words)
        _LOG.error("%s: unknown shell command: %s", self._device.handset.name, line)
        result = Result(
            errors=f"/system/bin/sh: {line}: inaccessible or not found\n", code=UNKNOWN_COMMAND
        )
        return await _print(result, statement, console)


async def _print(result: Result, statement: Statement, console: Console) -> int:
    if result.output:
        await console.write(result.output)
    if result.errors:
        write = console.write if statement.joins_streams else console.write_error
        await write(result.errors)
    return result.code


def parse_line(line: str) -> list[Statement]:
    """Split a command line into its statements.

    Raises:
        ShellSyntaxError: It uses something this shell does not have.
    """
    statements = []
    words: list[str] = []
    condition, joins_streams = ";", False
    for operator, word in _tokens(line):
        if word is not None:
            words.append(word)
        elif operator == "2>&1":
            joins_streams = True
        elif operator in {";", "\n", "&&", "||"}:
            if words:
                statements.append(
                    Statement(condition=condition, words=tuple(words), joins_streams=joins_streams)
                )
            words, condition, joins_streams = [], operator.replace("\n", ";"), False
        else:
            raise ShellSyntaxError(f"syntax error: unexpected {operator!r}")
    if words:
        statements.append(
            Statement(condition=condition, words=tuple(words), joins_streams=joins_streams)
        )
    return statements


def _tokens(line: str) -> list[tuple[str, str | None]]:
    tokens: list[tuple[str, str | None]] = []
    place = 0
    while place < len(line):
        match = _TOKEN.match(line, place)
        if match is None:
            raise ShellSyntaxError(f"syntax error: unexpected {line[place:]!r}")
        operator, word = match.group("operator", "word")
        if word is not None:
            tokens.append(("", _unquoted(word)))
        elif operator:
            tokens.append((operator, None))
        place = match.end()
    return tokens


def _unquoted(word: str) -> str:
    def text(match: re.Match[str]) -> str:
        literal, quoted, escaped, bare = match.group("literal", "quoted", "escaped", "bare")
        if quoted is not None:
            return _ESCAPED_IN_QUOTES.sub(lambda each: each[1] or "", quoted)
        if escaped is not None:
            return escaped.replace("\n", "")  # a backslash joins two lines
        return literal or bare or ""

    return _PART.sub(text, word)
