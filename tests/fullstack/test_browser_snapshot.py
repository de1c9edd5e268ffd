"""Looks at pages made for the purpose, in a real browser: what is read, and what is left out."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from uuid import uuid4

import pytest

from drivers.browser import Browser
from drivers.chat import read_chat
from drivers.door import doors, start_server
from drivers.handset import require
from drivers.profile_file import load_profile
from drivers.screen import Screen
from drivers.testbed import Account, HandsetConfig
from drivers.tools import Toolchain
from drivers.web_config import WebConfig

PROFILE: Final = """
title = "A page"
platform = "web"
versions = ["1"]
languages = ["en"]
grade = "A"
sources = ["this test"]
longest_message = 100
joiner = "\\n"
ownership = "has"
message_id = "data-id"

[selectors]
title = [{ css = "h1" }]
input = [{ css = "#field" }]
send = [{ css = "button" }]
chat_row = [{ css = "nav li" }]
chat_name = [{ css = "b" }]
login = [{ css = "form.login" }]
row = [{ css = "main > .row" }]
text = [{ css = ".text" }]
own = [{ xpath = "self::*[@data-mine]" }]
other = [{ xpath = "self::*[not(@data-mine)]" }]
aside = [{ css = ".quote" }]
divider = [{ css = ".date + .new" }]
"""
CHAT: Final = '<h1>An</h1><main>{rows}</main><textarea id="field"></textarea><button>Go</button>'

Show = Callable[[str], Screen]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is served."""
    folder = tmp_path_factory.mktemp("pages")
    (folder / "page.html").write_text("<h1>An</h1>", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser(folder: Path, toolchain: Toolchain) -> Iterator[Browser]:
    """A browser that shows it."""
    (folder / "page.toml").write_text(PROFILE, encoding="utf-8")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as pages:
        threading.Thread(target=pages.serve_forever, daemon=True).start()
        config = HandsetConfig(
            name="browser-1",
            account=Account(label="ca-1", region="CA"),
            profile=load_profile(str(folder / "page.toml")),
            appium="managed",
            udid=None,
            version=None,
            web=WebConfig(
                url=f"http://127.0.0.1:{pages.server_port}/page.html",
                user_env=None,
                password_env=None,
                user_data=None,
            ),
        )
        server = start_server([config], embedded=None, folder=folder / "logs")
        assert server is not None
        with server:
            ways = doors([config], embedded=None, server=server)
            opened = Browser(config, ways[config.name], longest_pause_s=1)
            opened.start()
            try:
                yield opened
            finally:
                opened.stop()
        pages.shutdown()


@pytest.fixture
def show(folder: Path, browser: Browser) -> Show:
    """Shows the body of a page."""

    def shows(body: str) -> Screen:
        head = '<!doctype html><meta charset="utf-8"><style>.pre {white-space: pre-wrap}</style>'
        (folder / "page.html").write_text(head + body, encoding="utf-8")
        assert browser.config.web is not None
        # Under an address of its own, or the browser would show the page it has kept.
        browser._session.driver.get(f"{browser.config.web.url}?{uuid4()}")
        return browser.screen()

    return shows


def row(inner: str, attributes: str = "") -> str:
    """A row of a conversation."""
    return f'<div class="row" {attributes}><span class="text pre">{inner}</span></div>'


def texts(screen: Screen, browser: Browser) -> list[str]:
    """The texts of all messages."""
    return [each.text for each in read_chat(screen, browser.config.profile).bubbles]


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("two  spaces ", "two  spaces "),
        ("one<br>two", "one\ntwo"),
        ("a<b>b</b><i> c</i>", "ab c"),
        ('<img alt="😀"> yes', "😀 yes"),
        ('seen<span style="display: none">hidden</span>', "seen"),
        ('seen<span style="visibility: hidden">hidden</span>', "seen"),
        ('<span class="quote">what you said</span>my answer', "my answer"),
        ("one<p>two</p>", "one\ntwo"),
        ("&lt;b&gt; &amp; \"quoted\" 'so'", "<b> & \"quoted\" 'so'"),
        ("\u200fئۇيغۇر\u200e 𠮷 👩‍👩‍👧", "\u200fئۇيغۇر\u200e 𠮷 👩‍👩‍👧"),
        (
            "<script>document.write('bell \\x07, half \\ud83d.')</script>",
            "bell \ufffd, half \ufffd.",
        ),
        ("tab\there", "tab\there"),
    ],
)
def test_text_is_what_is_shown(inner: str, text: str, show: Show, browser: Browser) -> None:
    """A message reads as a person reads it, to the space."""
    assert texts(show(CHAT.format(rows=row(inner))), browser) == [text]


def test_collapsed_spaces_read_as_they_are_shown(show: Show, browser: Browser) -> None:
    """Where a page shows runs of spaces as one, so they read."""
    rows = '<div class="row"><span class="text">\n   two  \n  words </span></div>'
    assert texts(show(CHAT.format(rows=rows)), browser) == ["two words"]


def test_hidden_parts_are_not_there(show: Show, browser: Browser) -> None:
    """A log-in form, a row or a title that is in the page and not shown counts for nothing."""
    body = CHAT.format(rows=row("shown") + row("hidden", "hidden"))
    form = '<form class="login" style="display: none">'
    screen = show(f"<div hidden><h1>Other</h1></div>{form}</form>{body}")
    screens = browser.config.profile.screens
    assert screen.first(screens.login) is None
    assert texts(screen, browser) == ["shown"]
    assert read_chat(screen, browser.config.profile).title == "An"


@pytest.mark.parametrize(
    "field",
    [
        '<input id="field" value="of the page">',
        '<textarea id="field">of the page</textarea>',
        '<div id="field" contenteditable class="pre">of the page</div>',
    ],
)
def test_field_reads_what_is_in_it_now(field: str, show: Show, browser: Browser) -> None:
    """What was typed is read, whatever kind of field it is; clearing leaves it empty."""
    screen = show(f"<h1>An</h1>{field}")
    screens = browser.config.profile.screens
    found = require(screen, screens.input, "field", browser.config)
    assert found.node.text == "of the page"
    for text in ("བོད་ཡིག  \N{COMBINING ACUTE ACCENT}", "\ue007 private", "two\nlines"):
        if "\n" in text and "<input" in field:
            continue
        browser.type_into(found, text, "the field", clear=True)
        assert read_chat(browser.screen(), browser.config.profile).input_text == text
    browser.clear(found, "the field")
    assert read_chat(browser.screen(), browser.config.profile).input_text == ""


def test_whose_message_and_which(show: Show, browser: Browser) -> None:
    """Own rows, ids, and rows that are no messages are told by their attributes and brothers."""
    screen = show(
        CHAT.format(
            rows=row("mine", 'data-mine data-id="m1"')
            + '<div class="date"></div><div class="row new"><i class="new"></i></div>'
            + row("theirs", 'data-id="m2"')
        )
    )
    bubbles = read_chat(screen, browser.config.profile).bubbles
    assert [(each.text, each.is_own, each.id) for each in bubbles] == [
        ("mine", True, "m1"),
        ("theirs", False, "m2"),
    ]


def test_tap_hits_the_row_that_was_seen(show: Show, browser: Browser) -> None:
    """A row far below, out of sight, is tapped; one that has gone since is not."""
    names = "".join(
        f"<li onclick=\"document.querySelector('h1').textContent = 'chat {number}'\">"
        f"<b>chat {number}</b></li>"
        for number in range(200)
    )
    screen = show(f"<h1>none</h1><nav>{names}</nav>")
    screens = browser.config.profile.screens
    browser.tap_node(list(screen.all(screens.chat_row))[187], "a chat")
    assert read_chat(browser.screen(), browser.config.profile).title == "chat 187"


def test_newest_rows_are_read_and_older_ones_on_demand(show: Show, browser: Browser) -> None:
    """A long page is read from its end; scrolling back reads on, and then waits for more rows."""
    rows = "".join(row(f"message {number}") for number in range(100, 200))
    script = """<script>
      const log = document.querySelector("main");
      let next = 99;
      const watcher = new IntersectionObserver((seen) => {
        if (!seen.at(-1).isIntersecting || next < 95) return;
        const older = document.querySelector(".row").cloneNode(true);
        older.querySelector(".text").textContent = `message ${next--}`;
        log.prepend(older);
        watcher.disconnect();
        watcher.observe(older);
      });
      watcher.observe(document.querySelector(".row"));
      window.scrollTo(0, document.body.scrollHeight);
    </script>"""
    screen = show(CHAT.format(rows=rows) + script)
    assert len(list(screen.all(browser.config.profile.screens.row))) == 60
    assert texts(screen, browser)[0] == "message 140"
    assert browser.scroll_back()
    assert texts(browser.screen(), browser)[0] == "message 100"
    assert browser.scroll_back()
    assert int(texts(browser.screen(), browser)[0].split()[1]) < 100
    while browser.scroll_forward():
        continue
    assert len(texts(browser.screen(), browser)) == 60


def test_page_without_anything(show: Show, browser: Browser) -> None:
    """A page of which the profile knows nothing reads as nothing, and without an error."""
    view = read_chat(show("<p>nothing here</p><svg><g id='x'/></svg>"), browser.config.profile)
    assert (view.title, view.input_text, view.bubbles) == (None, None, ())


def test_exhibits(show: Show, browser: Browser) -> None:
    """Evidence holds the page, what was read of it, a picture, and what the browser logged."""
    show(CHAT.format(rows=row("evidence")) + "<script>console.error('a broken page')</script>")
    kept = {each.kind.name: each.content for each in browser.exhibits()}
    assert b"a broken page" in kept["LOG"]
    assert b"evidence" in kept["SOURCE"]
    assert b"evidence" in kept["PAGE"]
    assert kept["SCREENSHOT"].startswith(b"\x89PNG")
