"""Runs that start by themselves: what schedulers are given, and that runs do not collide."""

import configparser
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from croniter import croniter
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from drivers.alert_channels import AlertKind
from drivers.testbed import load_testbed
from probes.cli import app
from probes.errors import CampaignError
from probes.schedule import (
    Schedule,
    cron_line,
    cron_times,
    github_workflow,
    interval,
    systemd_service,
    systemd_timer,
)
from probes.schedule_install import Scheduler, install, remove
from results.journal import Journal
from tests.probes.sessions import ONE_LANE, ROOT, Sessions
from tests.testbeds import rule, write_testbed

SCHEDULE = Schedule(
    name="lab",
    every=timedelta(hours=6),
    command=("/usr/bin/python3", "-m", "pytest", "probes", "--testbed", "/srv/lab.toml"),
    folder=Path("/srv/undelivered"),
    environment=Path("/home/me/.config/undelivered/lab.env"),
    variables=("LAB_HOOK",),
)
REGULAR = ("15m", "20m", "30m", "1h", "2h", "3h", "4h", "6h", "8h", "12h", "24h", "1d", "7d", "1w")
IRREGULAR = ("25m", "45m", "90m", "5h", "7h", "36h", "2d")

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12) | st.sampled_from(
    ["达赖喇嘛 + 印度", "50%", "$HOME", "a\\b", 'say "no"', "it's", ";", "`id`", "#", " ", ""]
)


@pytest.mark.parametrize("text", REGULAR)
def test_cron_starts_as_often_as_asked(text: str) -> None:
    """Between any two starts lies exactly the interval, over midnight and the week's end too."""
    schedule = replace(SCHEDULE, every=interval(text))
    starts = croniter(cron_times(schedule), datetime(2026, 5, 1, tzinfo=UTC))
    times = [starts.get_next(datetime) for _ in range(40)]
    assert {after - before for before, after in pairwise(times)} == {schedule.every}


@pytest.mark.parametrize("text", IRREGULAR)
def test_cron_refuses_what_it_cannot_do(text: str) -> None:
    """An interval that divides neither hour nor day nor week is refused; systemd takes it."""
    schedule = replace(SCHEDULE, every=interval(text))
    with pytest.raises(CampaignError, match="--as systemd"):
        cron_line(schedule)
    seconds = int(schedule.every.total_seconds())
    assert unit(systemd_timer(schedule))["Timer"]["OnUnitActiveSec"] == f"{seconds}s"


@pytest.mark.parametrize(
    "text", ["6", "h", "0h", "1.5h", "-6h", "10m", "8d", "6 h", "99999m", "6H"]
)
def test_intervals_that_are_none(text: str) -> None:
    """What is no interval, or too short or long to be meant, is refused with the form it has."""
    with pytest.raises(CampaignError, match="such as 30m, 6h, 1d"):
        interval(text)


def unit(text: str) -> configparser.ConfigParser:
    """Read a unit of systemd."""
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # as its docs say
    parser.read_string(text)
    assert isinstance(parser, configparser.RawConfigParser)
    return parser  # type: ignore[return-value]  # what is asked of it is the same


@pytest.mark.parametrize("text", [*REGULAR, *IRREGULAR])
def test_units_are_understood(text: str, tmp_path: Path) -> None:
    """The units hold what systemd needs; where it is installed, it finds nothing wrong."""
    schedule = replace(SCHEDULE, every=interval(text), command=("/bin/true", "100 %", "a$b"))
    service, timer = systemd_service(schedule), systemd_timer(schedule)
    assert unit(service)["Service"]["Type"] == "oneshot"
    assert unit(service)["Service"]["WorkingDirectory"] == "/srv/undelivered"
    assert unit(timer)["Install"]["WantedBy"] == "timers.target"
    assert {"OnCalendar", "OnUnitActiveSec"} & set(unit(timer)["Timer"])
    for name, written in (("service", service), ("timer", timer)):
        (tmp_path / f"undelivered-lab.{name}").write_text(written, encoding="utf-8")
    if (analyse := shutil.which("systemd-analyze")) is not None:
        done = subprocess.run(
            [analyse, "verify", *map(str, tmp_path.iterdir())],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")


@given(st.lists(words, max_size=5))
def test_systemd_gets_every_word_as_it_is(command: list[str]) -> None:
    """Whatever is in a word, systemd takes it for one, and expands nothing in it."""
    schedule = replace(SCHEDULE, command=("/bin/true", *command))
    line = next(each for each in systemd_service(schedule).split("\n") if "ExecStart=" in each)
    written = line.removeprefix("ExecStart=")
    plain = written.replace("%%", "").replace("$$", "")
    assert "%" not in plain
    assert "$" not in plain
    assert shlex.split(written.replace("%%", "%").replace("$$", "$")) == ["/bin/true", *command]


@given(st.lists(words, max_size=5))
def test_github_gets_every_word_as_it_is(command: list[str]) -> None:
    """The workflow is YAML; its step runs the command in the project's folder, with its secrets."""
    workflow = yaml.safe_load(github_workflow(replace(SCHEDULE, command=("true", *command))))
    (step,) = workflow["jobs"]["measure"]["steps"]
    assert shlex.split(step["run"]) == ["true", *command]
    assert step["working-directory"] == "/srv/undelivered"
    assert step["env"] == {"LAB_HOOK": "${{ secrets.LAB_HOOK }}"}
    assert workflow[True]["schedule"] == [{"cron": cron_times(SCHEDULE)}]  # YAML's "on"
    assert workflow["concurrency"]["cancel-in-progress"] is False


def test_cron_runs_every_word_as_it_is(tmp_path: Path) -> None:
    """A shell runs cron's line in the folder, with the variables of the file."""
    folder = tmp_path / "it's 100 %"
    folder.mkdir()
    environment = folder / "lab.env"
    environment.write_text("LAB_HOOK=https://example.org/x\n", encoding="utf-8")
    told = "import os, sys; print(os.getcwd(), os.environ['LAB_HOOK'], sys.argv[1:])"
    asked = ["达赖喇嘛 + 印度", "50%", "$HOME", "it's", "`id`", "a#b"]
    command = (sys.executable, "-c", told, *asked)
    schedule = replace(SCHEDULE, folder=folder, environment=environment, command=command)
    line = cron_line(schedule)
    assert "\n" not in line
    program = line.split(" ", 5)[5].replace("\\%", "%")
    done = subprocess.run(["sh", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{folder} https://example.org/x {asked}\n"


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Path]:
    """Puts a program in place of one of the system's; it notes what it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def put(name: str, script: str) -> Path:
        asked = tmp_path / f"{name}.asked"
        path = folder / name
        path.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n{script}\n', encoding="utf-8")
        path.chmod(0o755)
        return asked

    return put


def test_timer_is_installed_and_removed(
    stand_in: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """Installing writes both units and starts the timer; removing stops it and leaves nothing."""
    asked = stand_in("systemctl", "exit 0")
    told = install(SCHEDULE, Scheduler.SYSTEMD, tmp_path)
    folder = tmp_path / "systemd" / "user"
    assert sorted(path.name for path in folder.iterdir()) == [
        "undelivered-lab.service",
        "undelivered-lab.timer",
    ]
    assert "loginctl enable-linger" in told[2]
    assert remove(SCHEDULE, Scheduler.SYSTEMD, tmp_path)[0].startswith("removed ")
    assert remove(SCHEDULE, Scheduler.SYSTEMD, tmp_path) == ["there is no undelivered-lab"]
    assert not list(folder.iterdir())
    assert asked.read_text(encoding="utf-8").splitlines() == [
        "--user daemon-reload",
        "--user enable --now undelivered-lab.timer",
        "--user disable --now undelivered-lab.timer",
        "--user daemon-reload",
    ]


def test_failing_systemctl_is_told(stand_in: Callable[[str, str], Path], tmp_path: Path) -> None:
    """Where systemd of the user is not running, what it says is told."""
    stand_in("systemctl", "echo 'Failed to connect to bus' >&2; exit 1")
    with pytest.raises(CampaignError, match="daemon-reload` failed: Failed to connect to bus"):
        install(SCHEDULE, Scheduler.SYSTEMD, tmp_path)


def test_crontab_keeps_what_is_in_it(stand_in: Callable[[str, str], Path], tmp_path: Path) -> None:
    """Cron's table keeps every other line; the schedule's is there once, and goes again."""
    table = tmp_path / "table"
    mine = "# mine\n5 4 * * * backup  # undelivered-laboratory\n"
    table.write_text(mine, encoding="utf-8")
    stand_in("crontab", f'if [ "$1" = -l ]; then cat {table}; else cat > {table}; fi')
    for every in ("6h", "12h"):
        install(replace(SCHEDULE, every=interval(every)), Scheduler.CRON, tmp_path)
    lines = table.read_text(encoding="utf-8")
    assert lines.startswith(mine)
    assert lines.count("# undelivered-lab\n") == 1
    assert "*/12" in lines
    remove(SCHEDULE, Scheduler.CRON, tmp_path)
    assert table.read_text(encoding="utf-8") == mine


def test_crontab_that_cannot_be_read_is_left_alone(
    stand_in: Callable[[str, str], Path], tmp_path: Path
) -> None:
    """An empty table is not written over one that could not be read."""
    asked = stand_in("crontab", "echo 'permission denied' >&2; exit 1")
    with pytest.raises(CampaignError, match="permission denied"):
        install(SCHEDULE, Scheduler.CRON, tmp_path)
    assert asked.read_text(encoding="utf-8") == "-l\n"


@pytest.mark.parametrize(
    ("scheduler", "told"),
    [
        ("systemd", "OnCalendar=*-*-* 00/6:"),
        ("cron", " */6 * * * cd "),
        ("github", 'cron: "'),
    ],
)
def test_command_prints_a_schedule(
    scheduler: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command prints what a scheduler is to be given, with absolute paths, and writes nothing.

    Secrets are named by their variables alone.
    """
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    testbed = write_testbed(tmp_path / "testbed")
    alerts = '\n[alerts.ops]\nkind = "slack"\nurl_env = "OPS_HOOK"\n'
    testbed.write_text(testbed.read_text(encoding="utf-8") + alerts, encoding="utf-8")
    monkeypatch.chdir(testbed.parent)
    (testbed.parent / "own.csv").write_text("", encoding="utf-8")
    arguments = ["schedule", "--every", "6h", "--testbed", "testbed.toml", "--as", scheduler]
    result = CliRunner().invoke(app, [*arguments, "--", "--wordlist", "own.csv"])
    assert result.exit_code == 0
    assert told in result.stdout
    assert f"-m pytest probes --testbed {testbed} --fail-on changed" in result.stdout
    assert f"--wordlist {testbed.parent / 'own.csv'}" in result.stdout
    assert str(ROOT) in result.stdout
    assert ("Put OPS_HOOK into" in result.stderr) == (scheduler != "github")
    assert not (tmp_path / "config").exists()


@pytest.mark.parametrize("option", ["--resume", "--testbed=x", "--results-dir"])
def test_command_refuses_what_it_sets(option: str) -> None:
    """Options that the schedule sets itself are refused after --."""
    result = CliRunner().invoke(
        app, ["schedule", "--every", "6h", "--testbed", "embedded", "--", option]
    )
    assert result.exit_code == 1
    assert f"{option}: leave it out" in result.stderr


def test_second_run_is_refused_until_the_first_is_gone(sessions: Sessions, tmp_path: Path) -> None:
    """While a run is under way, the next one ends at once; once it was killed, the next one runs.

    Nobody has to take a lock away: the kernel does.
    """
    testbed = write_testbed(tmp_path / "testbed", [rule("达赖喇嘛")], changes=ONE_LANE)
    first = sessions.start_until(testbed, 2, "--strategy", "fixed")
    try:
        result = sessions.measure(testbed)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(
            [f"ERROR: *journal.sqlite is being written by process {first.pid}; *"]
        )
    finally:
        sessions.kill(first)
    assert sessions.measure(testbed, "-k", "天气").ret == pytest.ExitCode.OK


def test_daily_budget_counts_over_scheduled_runs(sessions: Sessions, tmp_path: Path) -> None:
    """What a run has sent, the next one may not: it says so and passes."""
    budget = ("pause_s = [0, 0]", "pause_s = [0, 0]\ndaily_budget = 12")
    testbed = write_testbed(tmp_path / "testbed", changes=(*ONE_LANE, budget))
    for _ in range(2):
        result = sessions.measure(testbed, "--fail-on", "changed")
        assert result.ret == pytest.ExitCode.OK
        result.stdout.fnmatch_lines(["Stopped early: the daily budget of 12 messages is spent*"])
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        assert sum(journal.count_attempts(run.id) for run in journal.runs()) == 12


def test_exit_codes_are_documented() -> None:
    """Every exit code that a run can end with has its row, in order."""
    page = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    codes = [int(code) for code in re.findall(r"^\| (\d) \|", page, flags=re.MULTILINE)]
    assert codes == sorted(map(int, pytest.ExitCode))[: len(codes)] == [*range(6)]


def test_alerts_of_the_page_are_valid(tmp_path: Path) -> None:
    """The tables that the page shows can be used as they are."""
    page = (ROOT / "docs" / "scheduling.md").read_text(encoding="utf-8")
    (tables,) = re.findall(r"^```toml\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    testbed = write_testbed(tmp_path / "testbed")
    testbed.write_text(f"{testbed.read_text(encoding='utf-8')}\n{tables}", encoding="utf-8")
    kinds = {channel.kind for channel in load_testbed(str(testbed)).alerts}
    assert kinds == set(AlertKind)
    assert all(f"| `{kind}` |" in page for kind in AlertKind)
