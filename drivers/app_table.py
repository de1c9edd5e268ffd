"""The table of apps: what is known of each, and what that was tried on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from drivers.profile import Profile, TriedOn
from drivers.profile_file import load_profile, shipped_profiles

UNTESTED: Final = "untested"
_COLUMNS: Final = ("app", "profile", "grade", *TriedOn)


def shipped() -> tuple[Profile, ...]:
    """All profiles that come with the project, in the order of their titles.

    Raises:
        ConfigError: One of them cannot be used.
    """
    return tuple(sorted(map(load_profile, shipped_profiles()), key=lambda each: each.title.lower()))


def trials(profile: Profile, on: TriedOn) -> str:
    """What a profile was tried on in one way, the newest trial; empty if it never was."""
    found = [each for each in profile.verified if each.on is on]
    if not found:
        return ""
    newest = max(found, key=lambda each: each.when)
    return f"{newest.version} {newest.when}".lstrip()


def trial_summary(profile: Profile) -> str:
    """What a profile was tried on, or that it never was."""
    return "; ".join(map(str, profile.verified)) or UNTESTED


def readme_table(profiles: Iterable[Profile], *, folder: Path) -> str:
    """The README's table of apps, in Markdown.

    Args:
        profiles: The apps.
        folder: Where their profiles lie, as seen from the README.
    """
    lines = [_line(_COLUMNS), _line("---" for _ in _COLUMNS)]
    for profile in profiles:
        name = f"{profile.name}.toml"
        tried = tuple(trials(profile, on) for on in TriedOn)
        cells = (
            profile.title,
            f"[{name}]({(folder / name).as_posix()})",
            profile.grade,
            *(each or "–" for each in tried),
        )
        lines.append(_line(cells if any(tried) else (*cells[:3], UNTESTED, *cells[4:])))
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
