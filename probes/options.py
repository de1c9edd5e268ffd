"""The command line options of `pytest probes`, and what they say together."""

from argparse import ArgumentTypeError
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from random import SystemRandom
from typing import Final

import pytest

from probes.strategy import STRATEGIES
from results.record import ChatKind

LATEST_RUN: Final = "latest"
_SEEDS: Final = 1_000_000
_SEPARATOR: Final = "\n"  # no option value holds one


class FailOn(StrEnum):
    """Which verdicts fail their test."""

    NEVER = "never"
    CENSORED = "censored"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What is measured: the options that make a run what it is, kept for resuming it.

    Attributes:
        testbed: ``embedded`` or the path of a testbed.toml.
        wordlists: Names or paths; all shipped lists if empty.
        categories: Category codes to keep; all if empty.
        languages: BCP 47 tags to keep; all if empty.
        entries: Keywords or entry ids to keep; all if empty.
        chat: Direct or group chat.
        strategy: Name of the strategy.
        seed: Seed of everything random.
    """

    testbed: str
    wordlists: tuple[str, ...]
    categories: tuple[str, ...]
    languages: tuple[str, ...]
    entries: tuple[str, ...]
    chat: ChatKind
    strategy: str
    seed: int

    def to_settings(self) -> dict[str, str]:
        """As settings of a run in the journal."""
        return {
            "testbed": self.testbed,
            "chat": str(self.chat),
            "strategy": self.strategy,
            "seed": str(self.seed),
            **{name: _SEPARATOR.join(getattr(self, name)) for name in _LISTS},
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> "Measured":
        """From the settings of a run in the journal."""
        values = {
            name: tuple(filter(None, settings.get(name, "").split(_SEPARATOR))) for name in _LISTS
        }
        return cls(
            testbed=settings["testbed"],
            chat=ChatKind(settings["chat"]),
            strategy=settings["strategy"],
            seed=int(settings["seed"]),
            **values,
        )


_LISTS: Final = ("wordlists", "categories", "languages", "entries")
_OPTION_OF: Final = {
    "wordlists": "wordlist",
    "categories": "category",
    "languages": "language",
    "entries": "entry",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """All that the command line says.

    Attributes:
        measured: What is measured; ``None`` where it is taken from the run to resume.
        budget: Most messages to send now.
        fail_on: Which verdicts fail their test.
        results_dir: Where the journal and the runs are kept.
        is_plan: Say what would be sent, and send nothing.
        resume: The run to go on with.
    """

    measured: Measured | None
    budget: int | None
    fail_on: FailOn
    results_dir: Path
    is_plan: bool
    resume: str | None


def add_options(parser: pytest.Parser) -> None:
    """Add the option group "undelivered"."""
    group = parser.getgroup("undelivered", "measuring which words never arrive (pytest probes)")
    group.addoption("--testbed", metavar="NAME", help="testbed.toml, or 'embedded' (default)")
    for name, help_text in (
        ("wordlist", "a list's name, or the path of a CSV; default: all that are shipped"),
        ("category", "keep entries of this category code only"),
        ("language", "keep entries of this language (BCP 47) only"),
        ("entry", "keep this keyword (or entry id) only"),
    ):
        group.addoption(
            f"--{name}",
            action="append",
            default=[],
            metavar=name.upper(),
            help=f"{help_text}; repeatable",
        )
    group.addoption("--chat", choices=[*map(str, ChatKind)], help="kind of chat (default: direct)")
    group.addoption(
        "--strategy",
        choices=[*STRATEGIES],
        help=f"what to send (default: {next(iter(STRATEGIES))})",
    )
    group.addoption("--seed", type=int, help="seed of all that is random (default: a new one)")
    group.addoption("--budget", type=_positive, metavar="N", help="send at most N messages now")
    group.addoption(
        "--fail-on",
        choices=[*map(str, FailOn)],
        default=str(FailOn.NEVER),
        help="which verdicts fail their test (default: never; a blocked word is data)",
    )
    group.addoption(
        "--results-dir", type=Path, metavar="DIR", help="default: results/runs of the project"
    )
    group.addoption(
        "--plan", action="store_true", help="say what would be sent and how long; send nothing"
    )
    group.addoption(
        "--resume",
        nargs="?",
        const=LATEST_RUN,
        metavar="RUN",
        help="go on with a run that was interrupted (default: the latest)",
    )


def read_options(config: pytest.Config) -> Options:
    """Read the options.

    Raises:
        pytest.UsageError: Some do not go together.
    """
    resume = config.getoption("resume")
    if resume is not None:
        _refuse_with_resume(config)
    return Options(
        measured=None if resume is not None else _measured(config),
        budget=config.getoption("budget"),
        fail_on=FailOn(config.getoption("fail_on")),
        results_dir=config.getoption("results_dir") or config.rootpath / "results" / "runs",
        is_plan=config.getoption("plan"),
        resume=resume,
    )


def given_options(config: pytest.Config) -> list[str]:
    """Which options of the group "undelivered" were given."""
    names = [*(_OPTION_OF.get(field.name, field.name) for field in fields(Measured))]
    names += ["budget", "results_dir", "plan", "resume"]
    return [
        f"--{name.replace('_', '-')}"
        for name in names
        if config.getoption(name) not in (None, [], False)
    ]


def _measured(config: pytest.Config) -> Measured:
    testbed = config.getoption("testbed") or "embedded"
    seed = config.getoption("seed")
    return Measured(
        testbed=testbed if testbed == "embedded" else str(Path(testbed).resolve()),
        wordlists=tuple(map(_absolute, config.getoption("wordlist"))),
        categories=tuple(config.getoption("category")),
        languages=tuple(config.getoption("language")),
        entries=tuple(config.getoption("entry")),
        chat=ChatKind(config.getoption("chat") or ChatKind.DIRECT),
        strategy=config.getoption("strategy") or next(iter(STRATEGIES)),
        seed=SystemRandom().randrange(_SEEDS) if seed is None else seed,
    )


def _refuse_with_resume(config: pytest.Config) -> None:
    given = [
        f"--{option}"
        for field in fields(Measured)
        if config.getoption(option := _OPTION_OF.get(field.name, field.name)) not in (None, [])
    ]
    if config.getoption("plan"):
        given.append("--plan")
    if given:
        raise pytest.UsageError(
            f"--resume goes on with a run as it was begun: leave out {', '.join(given)}"
        )


def _absolute(wordlist: str) -> str:
    """A path as it is found from anywhere; a list's name as it is."""
    is_path = "/" in wordlist or wordlist.endswith(".csv")
    return str(Path(wordlist).resolve()) if is_path else wordlist


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number of messages, 1 or more")
    return int(text)
