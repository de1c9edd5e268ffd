"""No token, number, room or sender gets into anything that is written down."""

import logging
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response

from drivers.errors import ConfigError, DriverError
from tests.drivers.inboxes import answers
from tests.drivers.inboxes.contract import Script, Waits, cut_off, served
from tests.drivers.inboxes.inboxes import ENVIRON, TOKEN, open_table

ROOM = "!privateroom:example.org"
AN = "@privateperson:example.org"
TEXT = "a text of a person"
PRIVATE = (
    TOKEN,
    TOKEN.replace(":", "%3A"),
    TOKEN.partition(":")[2],
    answers.NUMBER,
    answers.NUMBER.removeprefix("+"),
    answers.SENDER_NUMBER.removeprefix("+"),
    answers.SENDER_UUID,
    answers.GROUP,
    str(answers.CHAT_ID).removeprefix("-"),
    str(answers.SENDER_ID),
    "privateroom",
    "privateperson",
    TEXT,
)
TABLES = {
    "matrix": {"token_env": "INBOX_TOKEN", "room": ROOM, "sender": AN},
    "telegram": {
        "token_env": "INBOX_TOKEN",
        "room": str(answers.CHAT_ID),
        "sender": str(answers.SENDER_ID),
    },
    "signal": {
        "number_env": "INBOX_NUMBER",
        "room": answers.GROUP,
        "sender": answers.SENDER_NUMBER,
    },
    "json": {
        "token_env": "INBOX_TOKEN",
        "sender": AN,
        "paths": {"id": "/id", "text": "/text", "sender": "/from"},
    },
}
CURSORS = {
    "matrix": '{"inbox": "outside", "since": "s"}',
    "telegram": '{"inbox": "outside", "offset": 1, "at": "2100-01-01T00:00:00Z"}',
    "signal": '{"inbox": "outside", "taken": 0}',
    "json": '{"inbox": "outside", "known": {}}',
}
ECHOES = {
    "matrix": f"{TOKEN} {ROOM} {AN}",
    "telegram": f"{TOKEN} {answers.CHAT_ID} {answers.SENDER_ID}",
    "signal": f"{answers.NUMBER} {answers.GROUP} {answers.SENDER_NUMBER} {answers.SENDER_UUID}",
    "json": f"{TOKEN} {AN}",
}


def refusal(echo: str, status: int) -> Response:
    """An error in the form of each of the services, which repeats what it was told."""
    said = {name: f"{name}: {echo}" for name in ("error", "description", "errcode")}
    return JSONResponse({"ok": False, **said}, status)


REPLIES: dict[str, Callable[[str], Response]] = {
    "refused": lambda echo: refusal(echo, 401),
    "forbidden": lambda echo: refusal(echo, 403),
    "not found": lambda echo: refusal(echo, 404),
    "bad": lambda echo: refusal(echo, 400),
    "busy": lambda echo: refusal(echo, 503),
    "web page": lambda echo: HTMLResponse(f"<html>{echo} {TEXT}"),
    "cut off": lambda echo: cut_off(f'{{"ok": true, "x": "{echo} {TEXT}"}}'.encode()),
    "wrong types": lambda echo: JSONResponse([{"ok": echo, TEXT: echo, "text": TEXT, "id": [AN]}]),
    "wrong keys": lambda echo: JSONResponse(
        {"next_batch": "x", "rooms": {"join": {ROOM: {"timeline": {"events": [{AN: TEXT}]}}}}}
    ),
}


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Everything that anybody logs, debugging included: httpx logs URLs, httpcore headers."""
    with caplog.at_level(logging.DEBUG):
        for name in ("httpx", "httpcore", "stamina"):
            logging.getLogger(name).setLevel(logging.DEBUG)
        # The server is in this process, and logs what it is asked.
        caplog.handler.addFilter(lambda record: not record.name.startswith("uvicorn"))
        yield caplog
    for name in ("httpx", "httpcore", "stamina"):
        logging.getLogger(name).setLevel(logging.NOTSET)


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error and all that led to it, shown in a traceback or not."""
    seen: list[BaseException] = []
    open_ends: list[BaseException | None] = [error]
    while open_ends:
        each = open_ends.pop()
        if each is not None and each not in seen:
            seen.append(each)
            open_ends += [each.__cause__, each.__context__]
            yield each


def written(error: BaseException) -> str:
    """Everything that may be written down of an error."""
    parts = []
    for each in chain(error):
        parts += [str(each), repr(each), repr(each.args), *traceback.format_exception(each)]
        request = getattr(each, "_request", None)
        if request is not None:
            parts += [str(request.url), repr(request.headers.raw), repr(request.extensions)]
    return "\n".join(parts)


def assert_nothing_private(text: str) -> None:
    """None of what is private is in a text."""
    assert [each for each in PRIVATE if each in text] == []


@pytest.mark.parametrize("reply", REPLIES)
@pytest.mark.parametrize("kind", TABLES)
def test_nothing_private_is_written_down(
    kind: str,
    reply: str,
    waits: Waits,
    tmp_path: Path,
    log: pytest.LogCaptureFixture,
) -> None:
    """Whatever a server answers, even what it was told: not in errors, logs, cursors or files."""
    with served(Script([REPLIES[reply](ECHOES[kind])]).app()) as url:
        inbox = open_table({"kind": kind, "url": url, **TABLES[kind]}, waits, tmp_path)
        said = [repr(inbox), repr(vars(inbox)["_service"])]
        said += [_failure(inbox.begin, None), _failure(inbox.look, CURSORS[kind])]
        said += [_failure(inbox.begin, CURSORS[kind])]
        inbox.close()
    assert any(said[2:])
    assert "HTTP Request: GET" in log.text
    said.append(log.text)
    said += [path.name + path.read_text(encoding="utf-8") for path in tmp_path.rglob("*")]
    assert_nothing_private("\n".join(said))


def test_nothing_private_without_a_server(
    waits: Waits, tmp_path: Path, log: pytest.LogCaptureFixture
) -> None:
    """Nor is it where nobody answers."""
    said = []
    for kind, table in TABLES.items():
        inbox = open_table({"kind": kind, "url": "http://127.0.0.1:9", **table}, waits, tmp_path)
        said.append(_failure(inbox.begin, None))
        inbox.close()
    assert all(said)
    assert_nothing_private("\n".join([*said, log.text]))


def test_a_token_that_no_header_can_hold(waits: Waits, tmp_path: Path) -> None:
    """h11 would repeat such a header in its error; it never gets there."""
    table = {"kind": "matrix", "url": "http://127.0.0.1:9", **TABLES["matrix"]}
    with pytest.raises(ConfigError) as caught:
        open_table(table, waits, tmp_path, {**ENVIRON, "INBOX_TOKEN": f"{TOKEN}\n"})
    assert_nothing_private(written(caught.value))


def _failure(ask: Callable[..., object], cursor: str | None) -> str:
    """Everything that is written of the error that is raised, if one is."""
    try:
        ask(cursor)
    except (ConfigError, DriverError) as error:
        return written(error)
    return ""
