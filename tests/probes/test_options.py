"""The options of `pytest probes`: what is refused, and that a run remembers what it was asked."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.options import FailOn, Measured
from probes.strategy import STRATEGIES
from results.record import ChatKind
from tests.probes.sessions import Sessions

OPTIONS = (
    *("--testbed", "--wordlist", "--category", "--language", "--entry", "--chat", "--strategy"),
    *(
        "--samples",
        "--shard",
        "--seed",
        "--budget",
        "--fail-on",
        "--baseline",
        "--results-dir",
        "--plan",
        "--resume",
    ),
)

values = st.lists(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8), max_size=3
).map(tuple)


@given(
    st.builds(
        Measured,
        testbed=st.just("embedded"),
        wordlists=values,
        categories=values,
        languages=values,
        entries=values,
        chat=st.sampled_from(ChatKind),
        strategy=st.sampled_from([*STRATEGIES]),
        seed=st.integers(),
        shard=st.sampled_from(["", "1/1", "2/4"]),
        samples=st.sampled_from(["", "samples.csv"]),
    )
)
def test_settings_keep_what_is_measured(measured: Measured) -> None:
    """What is measured comes back from the settings of a run as it was."""
    assert Measured.from_settings(measured.to_settings()) == measured


def test_one_group_of_options(sessions: Sessions) -> None:
    """`pytest probes --help` shows all options together, with their choices."""
    result = sessions.run("--help")
    assert result.ret == pytest.ExitCode.OK
    lines = [line.strip() for line in result.stdout.lines]
    start = next(at for at, line in enumerate(lines) if line.startswith("measuring which words"))
    group = "\n".join(lines[start : lines.index("", start)])
    assert all(option in group for option in OPTIONS)
    assert "{never,censored,inconclusive,changed}" in group
    assert "{direct,group}" in group


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--budget", "0"), "argument --budget: '0' is not a whole number of messages, 1 or more"),
        (("--budget", "few"), "argument --budget: 'few' is not a whole number of messages*"),
        (("--shard", "0/4"), "argument --shard: '0/4': there are parts 1/4 to 4/4 only"),
        (("--shard", "2"), "argument --shard: '2' is no part such as 2/4"),
        (("--fail-on", "all"), "argument --fail-on: invalid choice: 'all' (choose from *censored*"),
        (("--chat", "cave"), "argument --chat: invalid choice: 'cave' (choose from *direct*"),
        (("--strategy", "luck"), "argument --strategy: invalid choice: 'luck' (choose from *solo*"),
        (("--testbed", "lab"), "ERROR: testbed '*lab': give the path of a testbed.toml, or *"),
        (("--testbed", "no.toml"), "ERROR: *no.toml*"),
    ],
)
def test_values_that_cannot_be(sessions: Sessions, arguments: tuple[str, ...], told: str) -> None:
    """A value that cannot be is refused by its option's name, and with what it may be."""
    result = sessions.run(*arguments)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{told}"])
    assert "Traceback" not in result.stderr.str()
    assert "FailOn" not in result.stderr.str()
    assert "ChatKind" not in result.stderr.str()
    assert not sessions.results.exists()


def test_resume_takes_nothing_that_changes_the_run(sessions: Sessions) -> None:
    """A run is resumed as it was begun: options that say otherwise are refused, all at once."""
    result = sessions.resume("--seed", 0, "--chat", "group", "--wordlist", "tibet", "--plan")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: --resume goes on with a run as it was begun: leave out --wordlist, --chat, "
            "--seed, --plan"
        ]
    )


def test_nothing_fails_by_default(
    pytester: pytest.Pytester, request: pytest.FixtureRequest
) -> None:
    """Unless it is asked for, no verdict fails its test, and results go below the project."""
    assert FailOn(request.config.getoption("fail_on")) is FailOn.NEVER
    assert request.config.getoption("results_dir") is None


def test_paths_are_found_from_anywhere(sessions: Sessions, tmp_path: Path) -> None:
    """A list given by a relative path is the one in the folder where the command was given."""
    (tmp_path / "words.csv").rename(Path.cwd() / "here.csv")
    result = sessions.run("--wordlist", "here.csv", "--collect-only", "-q")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["*test_keyword[[]here: 天气]"])
