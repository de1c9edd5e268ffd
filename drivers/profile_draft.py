"""A draft of a profile: what is known of an app, and what is left for a person to do."""

import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from pydantic import ValidationError

from drivers.chat import Bubble, read_chat
from drivers.profile import Alternatives, Ownership, Profile, Selector, SelectorKind
from drivers.profile_tables import ProfileTable
from drivers.screen import Screen
from drivers.suggestion import selector_toml

NEEDED: Final = ("title", "input", "send", "chat_row", "chat_name", "row", "text")
"""Places without which a profile cannot be used."""

MAYBE: Final = (
    *("own", "other", "state", "pending", "sent", "failed", "more", "aside", "divider"),
    *("notice", "login", "search", "search_input"),
)
"""Other places."""


def written_draft(
    name: str,
    package: str | None,
    found: Mapping[str, Alternatives],
    ownership: Ownership | None,
    marks: Iterable[str],
    *,
    is_desc: bool,
) -> str:
    """The TOML of a draft.

    Args:
        name: The app's name.
        package: Its package; ``None`` where no screen told it.
        found: Selectors by place.
        ownership: How own rows are told; ``None`` where that was not found.
        marks: Delivery marks of messages that were sent.
        is_desc: Whether messages are in content descriptions.
    """
    today = datetime.now(UTC).date().isoformat()
    lines = [
        f"# Draft by `undelivered app learn`, {today}. See to each TODO and look at each",
        "# selector; docs/profiles.md explains every key.",
        f'title = "{name.capitalize()}"',
        'platform = "android"',
        f'package = "{package or ""}"' + ("" if package else "  # TODO"),
        "versions = []  # TODO: the version you looked at; Android shows it in the app's settings",
        "languages = []  # TODO: UI language of the app",
        'grade = "A"',
        f'sources = ["screen dump, {today}"]',
        "# TODO longest_message = 1000",
        f'ownership = "{ownership or Ownership.GEOMETRY}"'
        + ("" if ownership else "  # TODO: what tells own rows was not found"),
        *(['text_source = "desc"'] if is_desc else []),
        "",
        "[selectors]",
    ]
    for place in NEEDED:
        value = listed(found.get(place, ()))
        lines.append(f"{place} = {value}" if value else f"{place} = []  # TODO")
    for place in MAYBE:
        value = listed(found.get(place, ()))
        lines.append(f"{place} = {value}" if value else f"# TODO {place} = []")
    said = ", ".join(_quoted(each) for each in marks)
    lines += [
        "",
        "[marks]",
        f"sent = [{said}]  # TODO: in all UI languages" if said else "# TODO sent = []",
        "# TODO pending = []",
        "# TODO failed = []",
        "",
        "[notices]",
        "# TODO content_rejected = []",
        "",
    ]
    # Profiles leave the package out of their ids.
    return "\n".join(lines).replace(f'id = "{package}:id/', 'id = "')


def listed(alternatives: Alternatives) -> str:
    """Selectors as a profile has them; empty where there are none."""
    return f"[{', '.join(map(selector_toml, alternatives))}]" if alternatives else ""


def _quoted(text: str) -> str:
    written = selector_toml(Selector(kind=SelectorKind.TEXT, values=(text,)))
    return written.removeprefix("{ text = [").removesuffix("] }")


def read_back(text: str, chat: Screen) -> Iterable[str]:
    """What the draft reads on the screen it was learned from, in words."""
    profile = _usable(text)
    if profile is None:
        return
    view = read_chat(chat, profile)
    yield f"title: {view.title!r}"
    for bubble in view.bubbles:
        yield f"{_whose(bubble)}: {bubble.text!r}"


def _usable(text: str) -> Profile | None:
    data = tomllib.loads(text)
    data["languages"] = data["languages"] or ["en"]
    for place in set(NEEDED) - {"row", "text"}:
        # The conversation can be read back without them.
        data["selectors"][place] = data["selectors"][place] or [{"id": "unknown"}]
    try:
        table = ProfileTable.model_validate(data)
    except ValidationError:
        return None
    return None if any(True for _ in table.problems()) else table.to_profile("draft")


def _whose(bubble: Bubble) -> str:
    return {True: "own", False: "received", None: "not told whose"}[bubble.is_own]
