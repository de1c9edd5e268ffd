"""Putting a schedule where the system looks for it, and taking it away again."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from probes.errors import CampaignError
from probes.schedule import Schedule, cron_line, github_workflow, systemd_service, systemd_timer

_PATIENCE_S: Final = 60.0


class Scheduler(StrEnum):
    """What starts runs."""

    SYSTEMD = "systemd"
    CRON = "cron"
    GITHUB = "github"


def files_of(schedule: Schedule, scheduler: Scheduler) -> Mapping[str, str]:
    """What a scheduler is to be given, by the name of the file or table.

    Raises:
        CampaignError: It cannot start runs at such an interval.
    """
    match scheduler:
        case Scheduler.SYSTEMD:
            return {
                f"{schedule.unit}.service": systemd_service(schedule),
                f"{schedule.unit}.timer": systemd_timer(schedule),
            }
        case Scheduler.CRON:
            return {"crontab": f"{cron_line(schedule)}\n"}
        case Scheduler.GITHUB:
            return {f"{schedule.unit}.yml": github_workflow(schedule)}


def install(schedule: Schedule, scheduler: Scheduler, configuration: Path) -> list[str]:
    """Give a schedule to its scheduler; one of the same name is replaced.

    Args:
        schedule: The schedule.
        scheduler: Who is to start it.
        configuration: Folder of the user's settings (``~/.config``).

    Returns:
        What was done, in lines.

    Raises:
        CampaignError: It could not be done; what to do is said.
    """
    files = files_of(schedule, scheduler)
    if scheduler is Scheduler.CRON:
        _write_crontab([*_other_lines(schedule), files["crontab"].rstrip("\n")])
        return [f"crontab: {files['crontab'].rstrip()}"]
    folder = _folder(schedule, scheduler, configuration)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CampaignError(f"{error.filename} cannot be written: {error.strerror}") from error
    done = [str(folder / name) for name in files]
    if scheduler is Scheduler.SYSTEMD:
        _run(["systemctl", "--user", "daemon-reload"])
        _run(["systemctl", "--user", "enable", "--now", f"{schedule.unit}.timer"])
        done += [
            f"started {schedule.unit}.timer; so that it runs while nobody is logged in: "
            "loginctl enable-linger",
            f"next: systemctl --user list-timers; output: journalctl --user -u {schedule.unit}",
        ]
    return done


def remove(schedule: Schedule, scheduler: Scheduler, configuration: Path) -> list[str]:
    """Take a schedule away; harmless where there is none.

    Args:
        schedule: The schedule; its name is what counts.
        scheduler: Who starts it.
        configuration: As for `install`.

    Raises:
        CampaignError: It could not be done.
    """
    if scheduler is Scheduler.CRON:
        _write_crontab(_other_lines(schedule))
        return [f"crontab: removed {schedule.unit}"]
    folder = _folder(schedule, scheduler, configuration)
    there = [path for name in files_of(schedule, scheduler) if (path := folder / name).exists()]
    if there and scheduler is Scheduler.SYSTEMD:
        _run(["systemctl", "--user", "disable", "--now", f"{schedule.unit}.timer"])
    for path in there:
        path.unlink()
    if there and scheduler is Scheduler.SYSTEMD:
        _run(["systemctl", "--user", "daemon-reload"])
    return [f"removed {path}" for path in there] or [f"there is no {schedule.unit}"]


def _folder(schedule: Schedule, scheduler: Scheduler, configuration: Path) -> Path:
    if scheduler is Scheduler.SYSTEMD:
        return configuration / "systemd" / "user"
    return schedule.folder / ".github" / "workflows"


def _other_lines(schedule: Schedule) -> list[str]:
    """The lines of the user's crontab that are not of this schedule."""
    if shutil.which("crontab") is None:
        raise CampaignError("there is no program crontab here; install cron, or --as systemd")
    done = subprocess.run(
        ["crontab", "-l"],  # noqa: S607 - the one in PATH is the one meant
        capture_output=True,
        text=True,
        check=False,
        timeout=_PATIENCE_S,
    )
    # Without a crontab, it says so and fails; any other failure must not cost the user one.
    if done.returncode and "no crontab" not in done.stderr.lower():
        raise CampaignError(f"crontab -l failed: {done.stderr.strip()}")
    lines = done.stdout.splitlines() if not done.returncode else []
    return [line for line in lines if not line.endswith(f"# {schedule.unit}")]


def _write_crontab(lines: Sequence[str]) -> None:
    _run(["crontab", "-"], "".join(f"{line}\n" for line in lines))


def _run(command: Sequence[str], given: str | None = None) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - words of ours, no shell
            command,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CampaignError(f"`{' '.join(command)}` could not be run: {error}") from error
    if done.returncode:
        said = (done.stderr or done.stdout).strip()
        raise CampaignError(f"`{' '.join(command)}` failed: {said}")
