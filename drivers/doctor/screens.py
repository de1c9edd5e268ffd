"""Checks of what an app's profile promises: each selector, the chat, and what is typed into it."""

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from lxml import etree

from drivers.chat import find_chat, read_chat
from drivers.chat_search import open_by_search
from drivers.doctor.finding import SESSION, Check, Result, fail, ok, skipped, warn
from drivers.doctor.patient import Patient
from drivers.errors import DriverError
from drivers.handset import require
from drivers.profile import ROW_PLACES, Alternatives, ReadMode, Screens
from drivers.screen import Node, Screen
from drivers.suggestion import propose

_POLL_S: Final = 0.1
_MOST_STEPS: Final = 3
_UNSAFE = re.compile(r"[^\w.-]")

# Harmless, and nothing of it is ever sent.
_SAMPLES: Final[Mapping[str, str]] = {
    "Chinese": "今天天气很好",
    "Tibetan": "བཀྲ་ཤིས་བདེ་ལེགས",
    "emoji": "👍🏽 👩‍🌾 🍵",
    "newlines": "one\ntwo\n\nthree",
    "Arabic": "صباح الخير",
}

_HIDDEN: Final = (
    "The app keeps its texts from all but known screen readers, as WeChat does from 8.0.54 on: "
    "switch on TalkBack or Select to Speak."
)


def match(screen: Screen, screens: Screens, place: str) -> str | None:
    """Which selector for a place matches, in words; ``None`` if none does."""
    alternatives = screens.of(place)
    for number, selector in enumerate(alternatives, start=1):
        count = sum(1 for _ in _found(screen, screens, place, (selector,)))
        if count:
            which = (
                f", alternative {number} of {len(alternatives)}" if len(alternatives) > 1 else ""
            )
            times = f", {count} times" if count > 1 else ""
            return f"{selector}{which}{times}"
    return None


def _found(
    screen: Screen, screens: Screens, place: str, alternatives: Alternatives
) -> Iterator[Node]:
    if place not in ROW_PLACES:
        return screen.all(alternatives)
    rows = screen.all(screens.of(ROW_PLACES[place]))
    return filter(None, (row.first(alternatives) for row in rows))


def look_for(patient: Patient, *wanted: str) -> Screen:
    """The screen, as soon as it shows one of some places; after a while, whatever it shows."""
    screens = patient.profile.screens
    deadline = monotonic() + patient.settle_s
    while True:
        screen = patient.reached.screen()
        if any(screen.first(screens.of(each)) for each in wanted) or monotonic() >= deadline:
            return screen
        sleep(_POLL_S)


def missing(patient: Patient, screen: Screen, place: str) -> Result:
    """A selector that finds nothing: the screen is kept, and others are proposed."""
    profile = patient.profile
    tried = "; ".join(map(str, profile.screens.of(place)))
    kept = keep(patient, screen, place)
    line = propose(screen).toml(place)
    advice = f"On this screen it might be:\n{line}" if line else "This screen suggests none."
    return fail(
        f"not on the screen, looked for by: {tried}. The screen is kept: {kept}",
        f"If that is the expected screen, correct [selectors] in profile {profile.name!r}. "
        + advice,
    )


def keep(patient: Patient, screen: Screen, place: str) -> str:
    """Keep a screen's page source, and its picture where the handset gives one; their paths."""
    stem = _UNSAFE.sub("_", f"{patient.config.name}-{place}")
    patient.folder.mkdir(parents=True, exist_ok=True)
    source = patient.folder / f"{stem}.xml"
    source.write_bytes(etree.tostring(screen.root, encoding="utf-8", pretty_print=True))
    try:
        picture = patient.reached.screenshot()
    except DriverError:
        return str(source)  # some apps forbid pictures; the source is what selectors need
    path: Path = source.with_suffix(".png")
    path.write_bytes(picture)
    return f"{source} and {path}"


def _selector(place: str, look: Callable[[Patient], Screen]) -> Callable[[Patient], Result]:
    def check(patient: Patient) -> Result:
        screen = look(patient)
        found = match(screen, patient.profile.screens, place)
        return missing(patient, screen, place) if found is None else ok(found)

    return check


def _shown(*wanted: str) -> Callable[[Patient], Screen]:
    def look(patient: Patient) -> Screen:
        return look_for(patient, *wanted)

    return look


def _login(patient: Patient) -> Result:
    profile = patient.profile
    patient.reached.bring_app_to_front()
    screen = look_for(patient, "login", "chat_row", "input")
    if not profile.screens.login:
        return skipped(f"profile {profile.name!r} does not say how a log-in screen looks")
    if screen.first(profile.screens.login) is not None:
        return fail(
            f"{profile.title} shows its log-in screen",
            f"Log in by hand with the account {patient.config.account.label!r}.",
        )
    return ok("no log-in screen")


def _list_of_chats(patient: Patient) -> Screen:
    """Go back to the list of chats; nothing is tapped that the profile does not know."""
    screens = patient.profile.screens
    screen = look_for(patient, "chat_row", "input", "title")
    for _ in range(_MOST_STEPS):
        is_list = screen.first(screens.chat_row) is not None
        is_chat = screen.first(screens.input) or screen.first(screens.title)
        if is_list or not is_chat:
            break  # back from an unknown screen might leave the app
        patient.reached.go_back()
        screen = look_for(patient, "chat_row")
    return screen


def _open_chat(patient: Patient) -> Result:
    screen = _list_of_chats(patient)
    row, names = find_chat(screen, patient.profile, patient.title)
    if row is not None:
        patient.reached.tap_node(row, f"the chat {patient.title!r}")
        look_for(patient, "title", "input")
        return ok(f"opened {patient.title!r} from the list")
    if open_by_search(patient.reached, patient.title, wait=sleep):
        look_for(patient, "title", "input")
        return ok(f"opened {patient.title!r} by the app's search")
    shown = ", ".join(map(repr, names)) or "nothing"
    return fail(
        f"there is no chat {patient.title!r} in the list; it shows: {shown}",
        "Open or create it by hand, pin it to the top, or correct its title in the testbed.",
    )


def _chat_title(patient: Patient) -> Result:
    view = read_chat(patient.reached.screen(), patient.profile)
    if view.title != patient.title:
        return fail(
            f"the open chat is {view.title!r}, not {patient.title!r}",
            "Correct the title in the testbed so that it is exactly what the app shows above the "
            "open chat; if another chat came up, see what opened it.",
        )
    return ok(repr(patient.title))


def _texts(patient: Patient) -> Result:
    view = read_chat(patient.reached.screen(), patient.profile)
    if not view.hides_texts:
        if any(bubble.text for bubble in view.bubbles):
            return ok(f"{len(view.bubbles)} messages can be read in the accessibility tree")
        return skipped("not checked: needs a message on the screen; 'arrival' needs --send")
    hidden = f"{view.rows} rows of messages are on the screen, and none has a text in the tree"
    if not patient.is_receiver:
        return warn(f"{hidden}; a sender is judged by its marks then", _HIDDEN)
    others = [mode for mode in patient.config.read if mode is not ReadMode.TREE]
    if others:
        return warn(f"{hidden}; they are read by: {', '.join(others)}", _HIDDEN)
    return fail(hidden, f'{_HIDDEN} Or name other ways in the testbed: read = ["tree", "ocr"]')


def _typing(patient: Patient) -> Result:
    keeps_lines = patient.config.web is None or "\n" in patient.profile.joiner
    samples = {script: text for script, text in _SAMPLES.items() if keeps_lines or "\n" not in text}
    wrong = [
        f"{script}: {text!r} reads back {read!r}"
        for script, text in samples.items()
        if (read := _typed(patient, text)[1]) != text
    ]
    if wrong:
        return fail(
            "; ".join(wrong) + ". The field is empty again; nothing was sent",
            "Switch off autocorrection and suggestions in the keyboard's settings, or take another "
            "keyboard (Gboard); check that the app's field takes line breaks.",
        )
    return ok(f"{', '.join(samples)} read back equal; the field is empty again")


def _with_text(patient: Patient) -> Screen:
    """The screen while a text is in the field: some apps show their button only then."""
    return _typed(patient, _SAMPLES["Chinese"])[0]


def _typed(patient: Patient, text: str) -> tuple[Screen, str | None]:
    """The screen and the field's text after a text was typed; the field is cleared again."""
    handset, profile = patient.reached, patient.profile
    screen = handset.screen()
    view = read_chat(screen, profile)
    if view.title != patient.title:
        raise DriverError(
            f"{patient.config.name}: the open chat is {view.title!r}, not {patient.title!r}; "
            "nothing was typed."
        )
    field = require(screen, profile.screens.input, "input field", patient.config)
    try:
        handset.type_into(field, text, "the input field", clear=bool(view.input_text))
        screen = handset.screen()
        return screen, read_chat(screen, profile).input_text
    finally:
        handset.clear(field, "the input field")


SCREEN_CHECKS: Final[tuple[Check[Patient], ...]] = (
    Check(name="login", look=_login, needs=(SESSION,)),
    Check(
        name="selector chat_row",
        look=_selector("chat_row", _list_of_chats),
        needs=(SESSION, "login"),
    ),
    Check(
        name="selector chat_name",
        look=_selector("chat_name", _shown("chat_row")),
        needs=(SESSION, "selector chat_row"),
    ),
    Check(
        name="chat",
        look=_open_chat,
        remedy="Open the chat by hand once.",
        needs=(SESSION, "selector chat_row", "selector chat_name"),
    ),
    Check(
        name="selector title",
        look=_selector("title", _shown("title")),
        needs=(SESSION, "chat"),
    ),
    Check(
        name="selector input",
        look=_selector("input", _shown("input")),
        needs=(SESSION, "chat"),
    ),
    Check(name="chat title", look=_chat_title, needs=(SESSION, "selector title")),
    Check(
        name="texts",
        look=_texts,
        remedy="See that the chat stays open, then run again.",
        needs=(SESSION, "chat title"),
    ),
    Check(
        name="typing",
        look=_typing,
        remedy="See that the chat stays open and nothing covers it, then run again.",
        needs=(SESSION, "selector input", "chat title"),
    ),
    Check(
        name="selector send",
        look=_selector("send", _with_text),
        remedy="See that the chat stays open and nothing covers it, then run again.",
        needs=(SESSION, "selector input", "chat title"),
    ),
)
"""Of a handset whose app is in front. Nothing is sent."""
