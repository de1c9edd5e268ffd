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
NO_BASELINE: Final = "none"
_SOLO: Final = "solo"  # samples are too long for company
_SEEDS: Final = 1_000_000
_SEPARATOR: Final = "\n"  # no option value holds one


class FailOn(StrEnum):
    """Which verdicts fail their test."""

    NEVER = "never"
    CENSORED = "censored"
    INCONCLUSIVE = "inconclusive"
    CHANGED = "changed"  # since the baseline, beyond what noise explains


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
        shard: Which part of these entries, as ``k/n``; all if empty.
        samples: Path of samples to measure instead of lists; none if empty.
    """

    testbed: str
    wordlists: tuple[str, ...]
    categories: tuple[str, ...]
    languages: tuple[str, ...]
    entries: tuple[str, ...]
    chat: ChatKind
    strategy: str
    seed: int
    shard: str = ""
    samples: str = ""

    def to_settings(self) -> dict[str, str]:
        """As settings of a run in the journal."""
        return {
            "testbed": self.testbed,
            "chat": str(self.chat),
            "strategy": self.strategy,
            "seed": str(self.seed),
            **({"shard": self.shard} if self.shard else {}),
            **({"samples": self.samples} if self.samples else {}),
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
            shard=settings.get("shard", ""),
            samples=settings.get("samples", ""),
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
        baseline: The run to compare with, or ``latest``, or ``none``; ``None`` where that is not
            said.
        results_dir: Where the journal and the runs are kept.
        is_plan: Say what would be sent, and send nothing.
        resume: The run to go on with.
    """

    measured: Measured | None
    budget: int | None
    fail_on: FailOn
    baseline: str | None
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
    group.addoption(
        "--samples",
        metavar="PATH",
        help="measure these texts instead of lists, and find the words that stop them: a text "
        "file, a folder of them, or a CSV with a column text",
    )
    group.addoption("--chat", choices=[*map(str, ChatKind)], help="kind of chat (default: direct)")
    group.addoption(
        "--strategy",
        choices=[*STRATEGIES],
        help=f"what to send (default: {next(iter(STRATEGIES))})",
    )
    group.addoption(
        "--shard",
        type=_shard,
        metavar="K/N",
        help="the K-th of N parts of these entries, for several hosts; always the same part",
    )
    group.addoption("--seed", type=int, help="seed of all that is random (default: a new one)")
    group.addoption("--budget", type=_positive, metavar="N", help="send at most N messages now")
    group.addoption(
        "--fail-on",
        choices=[*map(str, FailOn)],
        default=str(FailOn.NEVER),
        help="which verdicts fail their test (default: never; a blocked word is data); changed: "
        "those that really differ from the baseline",
    )
    group.addoption(
        "--baseline",
        metavar="{latest,RUN,none}",
        help="compare with this earlier run, and measure again what seems to have changed "
        "(default: latest with --fail-on changed or alerts, else none)",
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
    fail_on, baseline = FailOn(config.getoption("fail_on")), config.getoption("baseline")
    if fail_on is FailOn.CHANGED and baseline == NO_BASELINE:
        raise pytest.UsageError(
            "--fail-on changed needs a run to compare with: leave out --baseline none"
        )
    return Options(
        measured=None if resume is not None else _measured(config),
        budget=config.getoption("budget"),
        fail_on=fail_on,
        baseline=baseline,
        results_dir=config.getoption("results_dir") or config.rootpath / "results" / "runs",
        is_plan=config.getoption("plan"),
        resume=resume,
    )


def given_options(config: pytest.Config) -> list[str]:
    """Which options of the group "undelivered" were given."""
    names = [*(_OPTION_OF.get(field.name, field.name) for field in fields(Measured))]
    names += ["baseline", "budget", "results_dir", "plan", "resume"]
    return [
        f"--{name.replace('_', '-')}"
        for name in names
        if config.getoption(name) not in (None, [], False)
    ]


def _measured(config: pytest.Config) -> Measured:
    testbed = config.getoption("testbed") or "embedded"
    samples = config.getoption("samples")
    if samples:
        _refuse_with_samples(config)
    seed = config.getoption("seed")
    return Measured(
        testbed=testbed if testbed == "embedded" else str(Path(testbed).resolve()),
        wordlists=tuple(map(_absolute, config.getoption("wordlist"))),
        categories=tuple(config.getoption("category")),
        languages=tuple(config.getoption("language")),
        entries=tuple(config.getoption("entry")),
        chat=ChatKind(config.getoption("chat") or ChatKind.DIRECT),
        strategy=config.getoption("strategy") or (_SOLO if samples else next(iter(STRATEGIES))),
        seed=SystemRandom().randrange(_SEEDS) if seed is None else seed,
        shard=config.getoption("shard") or "",
        samples=str(Path(samples).resolve()) if samples else "",
    )


def _refuse_with_samples(config: pytest.Config) -> None:
    names = ("wordlist", "category", "language", "entry", "strategy")
    given = [f"--{name}" for name in names if config.getoption(name) not in (None, [])]
    if given:
        raise pytest.UsageError(
            f"--samples measures texts instead of lists, each alone: leave out {', '.join(given)}"
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


def _shard(text: str) -> str:
    number, slash, count = text.partition("/")
    if not (slash and number.isdecimal() and count.isdecimal()):
        raise ArgumentTypeError(f"{text!r} is no part such as 2/4")
    if not 1 <= int(number) <= int(count):
        raise ArgumentTypeError(f"{text!r}: there are parts 1/{count} to {count}/{count} only")
    return text


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"{text!r} is not a whole number of messages, 1 or more")
    return int(text)
