"""The table of apps: what is known of each, and what that was tried on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from drivers.profile import Family, Profile, TriedOn
from drivers.profile_file import load_profile, shipped_profiles

UNTESTED: Final = "untested"
_COLUMNS: Final = ("app", "profile", "grade", *TriedOn)


def shipped() -> tuple[Profile, ...]:
    """All profiles that come with the project, in the order of their titles.

    Raises:
        ConfigError: One of them cannot be used.
    """
    return tuple(sorted(map(load_profile, shipped_profiles()), key=lambda each: each.title.lower()))


def trials(tried: Profile | Family, on: TriedOn) -> str:
    """The newest trial of a profile or a family in one way; empty if there was none."""
    found = [each for each in tried.verified if each.on is on]
    if not found:
        return ""
    newest = max(found, key=lambda each: each.when)
    return f"{newest.version} {newest.when}".lstrip()


def trial_summary(profile: Profile) -> str:
    """What a profile was tried on, or that it never was."""
    of_families = (f"{each.name}: {trial}" for each in profile.families for trial in each.verified)
    return "; ".join([*map(str, profile.verified), *of_families]) or UNTESTED


def readme_table(profiles: Iterable[Profile], *, folder: Path) -> str:
    """The README's table of apps, in Markdown.

    Args:
        profiles: The apps.
        folder: Where their profiles lie, as seen from the README.
    """
    lines = [_line(_COLUMNS), _line("---" for _ in _COLUMNS)]
    for profile in profiles:
        name = f"{profile.name}.toml"
        link = f"[{name}]({(folder / name).as_posix()})"
        only = "" if len(profile.chats) > 1 else f" ({profile.chats[0]} chats only)"
        lines.append(_row(profile.title + only, link, profile))
        lines.extend(
            _row(f"{profile.title} {', '.join(each.versions) or '@' + each.name}", link, each)
            for each in profile.families
        )
    return "\n".join(lines) + "\n"


def _row(title: str, link: str, tried: Profile | Family) -> str:
    found = tuple(trials(tried, on) for on in TriedOn)
    cells = (title, link, tried.grade, *(each or "–" for each in found))
    return _line(cells if any(found) else (*cells[:3], UNTESTED, *cells[4:]))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
