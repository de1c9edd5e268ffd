"""Repeated runs: how often, by which command, and as what a scheduler is told so.

A schedule starts `pytest probes --fail-on changed`. What must not happen by repetition is seen to
elsewhere: two runs at once are refused by the journal's lock (`results.lock`), and daily budgets
count over all runs of the journal (`probes.allowance`).
"""

import json
import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from probes.errors import CampaignError

LEAST: Final = timedelta(minutes=15)
MOST: Final = timedelta(days=7)

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAY_MINUTES: Final = 24 * 60
_HOUR_MINUTES: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A command that is to be run again and again.

    Attributes:
        name: What it is called: the testbed's name.
        every: How long from one start to the next.
        command: The command, word by word.
        folder: Where it is run.
        environment: A file with variables, ``NAME=value`` a line, which need not be there.
        variables: Names of the variables it needs: tokens of inboxes and alerts.
    """

    name: str
    every: timedelta
    command: Sequence[str]
    folder: Path
    environment: Path
    variables: Sequence[str]

    @property
    def unit(self) -> str:
        """Its name among those of other programs."""
        return f"undelivered-{self.name}"

    @property
    def minute(self) -> int:
        """Minute of the hour or part of it: by name, so that not everybody starts on the hour."""
        share = min(int(self.every.total_seconds()) // 60, _HOUR_MINUTES)
        return int(sha256(self.name.encode()).hexdigest(), 16) % share


def interval(text: str) -> timedelta:
    """Read an interval such as ``6h``.

    Raises:
        CampaignError: It is none, or too short or too long to be meant.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,3})([mhdw])", text)
    every = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if not LEAST <= every <= MOST:
        raise CampaignError(
            f"--every {text!r} is no interval from 15 minutes to a week, such as 30m, 6h, 1d"
        )
    return every


def cron_times(schedule: Schedule) -> str:
    """The five fields of cron.

    Raises:
        CampaignError: The interval fits no whole number of times into an hour, day or week.
    """
    minutes = int(schedule.every.total_seconds()) // 60
    minute = schedule.minute
    if minutes < _HOUR_MINUTES and _HOUR_MINUTES % minutes == 0:
        starts = ",".join(str(each) for each in range(minute, _HOUR_MINUTES, minutes))
        return f"{starts} * * * *"
    hours = minutes // _HOUR_MINUTES
    if minutes == _DAY_MINUTES:
        return f"{minute} 3 * * *"
    if minutes == 7 * _DAY_MINUTES:
        return f"{minute} 3 * * 1"
    if minutes % _HOUR_MINUTES == 0 and 24 % hours == 0:
        return f"{minute} {'*' if hours == 1 else f'*/{hours}'} * * *"
    raise CampaignError(
        "cron can start a run every so many minutes as divide an hour, every so many hours as "
        "divide a day, daily or weekly; take such an interval, or --as systemd"
    )


def systemd_service(schedule: Schedule) -> str:
    """The unit that runs the command once; systemd never starts it while it is running."""
    return f"""[Unit]
Description=Undelivered: measure on testbed {schedule.name}

[Service]
Type=oneshot
WorkingDirectory={_specified(str(schedule.folder))}
EnvironmentFile=-{_specified(str(schedule.environment))}
ExecStart={" ".join(map(_quoted, schedule.command))}
KillSignal=SIGINT
TimeoutStopSec=120
"""


def systemd_timer(schedule: Schedule) -> str:
    """The unit that starts the service; a start that was missed is made up for."""
    return f"""[Unit]
Description=Undelivered: testbed {schedule.name}, every {_told(schedule.every)}

[Timer]
{_timer_lines(schedule)}

[Install]
WantedBy=timers.target
"""


def cron_line(schedule: Schedule) -> str:
    """A line of a crontab.

    Raises:
        CampaignError: As for `cron_times`.
    """
    environment = shlex.quote(str(schedule.environment))
    command = (
        f"cd {shlex.quote(str(schedule.folder))} && "
        f"{{ [ ! -r {environment} ] || {{ set -a; . {environment}; set +a; }}; }} && "
        f"exec {shlex.join(schedule.command)}"
    )
    # In a crontab, a percent sign ends the command.
    return f"{cron_times(schedule)} {command.replace('%', chr(92) + '%')}  # {schedule.unit}"


def github_workflow(schedule: Schedule) -> str:
    """A workflow of GitHub Actions, for a runner of one's own.

    Raises:
        CampaignError: As for `cron_times`.
    """
    # JSON strings are YAML as well.
    environment = "".join(
        f"\n          {name}: ${{{{ secrets.{name} }}}}" for name in schedule.variables
    )
    return f"""name: {json.dumps(schedule.unit)}
on:
  schedule:
    - cron: {json.dumps(cron_times(schedule))}
  workflow_dispatch:
concurrency:
  group: {json.dumps(schedule.unit)}
  cancel-in-progress: false
permissions: {{}}
jobs:
  measure:
    # A machine of your own: handsets hang on it, and the journal stays on it.
    runs-on: [self-hosted, undelivered]
    timeout-minutes: {max(10, int(schedule.every.total_seconds()) // 60 - 5)}
    steps:
      - name: Measure
        working-directory: {json.dumps(str(schedule.folder), ensure_ascii=False)}
        run: {json.dumps(shlex.join(schedule.command), ensure_ascii=False)}\
{f"{chr(10)}        env:{environment}" if environment else ""}
"""


def _timer_lines(schedule: Schedule) -> str:
    try:
        minute, hour, _, _, day = cron_times(schedule).split()
    except CampaignError:
        seconds = int(schedule.every.total_seconds())
        return f"OnActiveSec=1min\nOnUnitActiveSec={seconds}s\nAccuracySec=1min"
    hours = hour.replace("*/", "00/")
    weekday = "" if day == "*" else "Mon "
    return (
        f"OnCalendar={weekday}*-*-* {hours}:{minute}:00\nPersistent=true\nRandomizedDelaySec=2min"
    )


def _told(every: timedelta) -> str:
    minutes = int(every.total_seconds()) // 60
    for unit, size in (("d", _DAY_MINUTES), ("h", _HOUR_MINUTES)):
        if minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def _specified(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(word: str) -> str:
    """A word of a command line of systemd, whatever is in it.

    Raises:
        CampaignError: It holds a line end.
    """
    if "\n" in word:
        raise CampaignError(f"{word!r} holds a line end, which no scheduler takes")
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$")
    return _specified(
        escaped if re.fullmatch(r"[\w@%+=:,./-]+", word, re.ASCII) else f'"{escaped}"'
    )
