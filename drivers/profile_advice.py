"""What a profile that can be used still does not know, and what that costs a measurement.

None of it keeps a profile from being used. It is what a reviewer asks, and what the next person who
has the app in hand can find out.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from drivers.profile import CAUTIOUS_LENGTH, Platform, Profile, SelectorKind
from drivers.profile_file import Problem
from drivers.toml_lines import TomlLines

_IN_TEXTS: Final = ("send", "input", "search")  # places that texts of a UI language can stand for
_SPOKEN: Final = frozenset({SelectorKind.TEXT, SelectorKind.DESC})


def advice(profile: Profile, path: Path) -> tuple[Problem, ...]:
    """What a profile does not know, with the line it would be near.

    Raises:
        OSError: The file cannot be read.
    """
    lines = TomlLines.of(path)
    return tuple(
        Problem(line=lines.of_place(place), place=place, what=what) for place, what in _all(profile)
    )


def _all(profile: Profile) -> Iterator[tuple[str, str]]:
    screens = profile.screens
    if not profile.verified:
        yield "verified", "untested: nobody has seen it work; `undelivered doctor` shows if it does"
    if not profile.versions:
        yield "versions", "none: every version is unknown, and each run begins with a warning"
    if not profile.knows_longest_message:
        yield (
            "longest_message",
            f"unknown: no text of more than {CAUTIOUS_LENGTH} characters will be sent",
        )
    if not screens.login:
        yield "selectors.login", "unknown: a log-in screen is taken for one without chats"
    if not (screens.search or screens.search_input or profile.deep_links):
        yield (
            "selectors.search",
            "unknown, and no deep_links: a chat that is not in sight in the list cannot be opened",
        )
    if not screens.more:
        yield "selectors.more", "unknown: a text that is shown in part is taken for a changed one"
    yield from _marks(profile)
    yield from _notices(profile)
    yield from _languages(profile)


def _marks(profile: Profile) -> Iterator[tuple[str, str]]:
    screens = profile.screens
    in_text = profile.text_pattern is not None and "state" in profile.text_pattern.groupindex
    has_state = bool(screens.state) or in_text
    kinds = set(profile.marks.values()) if has_state else set()
    kinds |= {kind for kind in ("pending", "sent", "failed") if screens.of(kind)}
    if profile.marks and not has_state:
        yield "selectors.state", "unknown: the texts in [marks] are looked for nowhere"
    if has_state and not profile.marks:
        yield "marks", "none: what the delivery mark says is not understood"
    if profile.state_pattern is not None and not screens.state:
        yield "state_pattern", "there is no selectors.state for it"
    if "failed" not in kinds:
        yield "marks.failed", "unknown: a message that the app refuses looks like one that was lost"
    elif "pending" not in kinds and profile.platform is Platform.ANDROID:
        yield "marks.pending", "unknown: a message that waits looks like one that was sent"


def _notices(profile: Profile) -> Iterator[tuple[str, str]]:
    screens = profile.screens
    if profile.notices and not screens.notice:
        yield "selectors.notice", "unknown: the texts in [notices] are looked for nowhere"
    if screens.notice and not profile.notices:
        yield "notices", "none: what the app says is not understood"
    if not profile.notices and not screens.notice:
        yield "notices", "unknown: what the app says when it refuses a message is not seen"
    for part, kind in profile.notices.items():
        for other, meaning in profile.notices.items():
            if part != other and part in other and kind != meaning:
                yield f"notices.{meaning}", f"{other!r} contains {part!r}, which means {kind}"


def _languages(profile: Profile) -> Iterator[tuple[str, str]]:
    """Places found by texts alone, with fewer texts than languages."""
    for place in _IN_TEXTS:
        selectors = profile.screens.of(place)
        texts = {value for each in selectors if each.kind in _SPOKEN for value in each.values}
        by_texts_alone = selectors and all(each.kind in _SPOKEN for each in selectors)
        if by_texts_alone and len(texts) < len(profile.languages):
            yield (
                f"selectors.{place}",
                f"is looked for by {len(texts)} texts alone, in {len(profile.languages)} languages",
            )
