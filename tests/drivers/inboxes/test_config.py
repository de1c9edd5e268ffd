"""Tables ``[[inbox]]``: every problem is told at once, and no secret is repeated."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.errors import ConfigError
from drivers.inboxes.config import InboxKind, InboxTable
from tests.drivers.inboxes import answers
from tests.drivers.inboxes.contract import Waits
from tests.drivers.inboxes.inboxes import open_table

MATRIX = {
    "name": "outside",
    "account": "de-1",
    "kind": "matrix",
    "url": "https://matrix.example.org",
    "token_env": "OUTSIDE_TOKEN",
    "room": "!abc:example.org",
    "sender": "@an:example.org",
}
TELEGRAM = {
    "name": "outside",
    "account": "de-1",
    "kind": "telegram",
    "token_env": "OUTSIDE_TOKEN",
    "room": "-1001234567890",
    "sender": "5005005",
}
SIGNAL = {
    "name": "outside",
    "account": "de-1",
    "kind": "signal",
    "url": "http://127.0.0.1:8080",
    "number_env": "OUTSIDE_NUMBER",
    "sender": answers.SENDER_UUID,
}
JSON = {
    "name": "outside",
    "account": "de-1",
    "kind": "json",
    "url": "https://chat.example.org/messages?room=7",
    "sender": "an",
    "paths": {"id": "/id", "text": "/text", "sender": "/from"},
}


def problems(table: dict[str, Any], **changes: Any) -> list[str]:  # noqa: ANN401
    """What is wrong with a changed table; ``None`` takes a key away."""
    changed = {key: value for key, value in {**table, **changes}.items() if value is not None}
    return list(InboxTable.model_validate(changed).problems({"de-1", "cn-1"}))


@pytest.mark.parametrize("table", [MATRIX, TELEGRAM, SIGNAL, JSON], ids=lambda each: each["kind"])
def test_good_tables(table: dict[str, Any]) -> None:
    """Tables in order have no problems, and what is private is not in what is shown of them."""
    assert problems(table) == []
    shown = repr(InboxTable.model_validate(table).to_inbox())
    assert "sender=" not in shown.replace("sender=Pointer", "")
    assert "room=" not in shown.replace("?room=", "")


def test_the_examples_of_the_docs() -> None:
    """docs/inboxes.md shows an example of each kind, and all of them can be used."""
    page = Path(__file__).parents[3] / "docs" / "inboxes.md"
    blocks = re.findall(r"^```toml\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    tables = [
        InboxTable.model_validate(each) for it in blocks for each in tomllib.loads(it)["inbox"]
    ]
    assert {table.kind for table in tables} == set(InboxKind)
    assert [problem for table in tables for problem in table.problems({"de-1"})] == []


@pytest.mark.parametrize(
    ("table", "changes", "problem"),
    [
        (MATRIX, {"account": "xx-9"}, "there is no account 'xx-9'"),
        (MATRIX, {"url": None}, "url is missing"),
        (MATRIX, {"url": "matrix.example.org"}, "begins with https://"),
        (MATRIX, {"url": "http://matrix.example.org"}, "could be read on the way"),
        (MATRIX, {"url": "https://me:pw@matrix.example.org"}, "holds a name or password"),
        (MATRIX, {"url": "https://matrix.example.org?x=1"}, "holds a query"),
        (MATRIX, {"url": "https://matrix.example.org:port"}, "is no address"),
        (MATRIX, {"token_env": None}, "token_env is missing"),
        (MATRIX, {"number_env": "NUMBER"}, "'signal' only"),
        (MATRIX, {"room": "#abc:example.org"}, "internal id"),
        (MATRIX, {"room": None}, "internal id"),
        (MATRIX, {"sender": "an"}, "user id"),
        (MATRIX, {"paths": JSON["paths"]}, "'json' only"),
        (TELEGRAM, {"room": "@channel"}, "chat's id"),
        (TELEGRAM, {"sender": "@an"}, "not the @name"),
        (SIGNAL, {"number_env": None}, "number_env is missing"),
        (SIGNAL, {"room": "Weekend walks"}, "group's id"),
        (SIGNAL, {"sender": "An"}, "UUID"),
        (SIGNAL, {"url": "http://10.0.0.7:8080"}, "ssh -L"),
        (JSON, {"paths": None}, "[inbox.paths] is missing"),
        (JSON, {"paths": {"id": "id", "text": "", "sender": ""}}, "paths.id = 'id'"),
        (JSON, {"room": "7"}, "room is not used"),
        (JSON, {"url": "https://chat.example.org/{token}"}, "token_env is missing"),
    ],
)
def test_problems(table: dict[str, Any], changes: dict[str, Any], problem: str) -> None:
    """Each problem names the inbox, the key and what to do."""
    (found,) = problems(table, **changes)
    assert found.startswith("inbox 'outside': ")
    assert problem in found


def test_all_problems_come_at_once() -> None:
    """A table with several problems is told all of them."""
    assert len(problems(MATRIX, account="x", url="ftp://x", token_env="x", room="x")) == 4


def test_a_secret_in_the_wrong_place_is_not_repeated() -> None:
    """Who writes the token itself into the file is told so, without reading it on the screen."""
    secret = "syt_YW4_VERYSECRET"
    (found,) = problems(MATRIX, token_env=secret)
    assert "have it replaced" in found
    assert secret not in found
    with pytest.raises(ValidationError) as caught:
        InboxTable.model_validate({**MATRIX, "token": "x"})
    assert caught.value.errors()[0]["type"] == "extra_forbidden"


def test_rooms_of_version_12_have_no_server() -> None:
    """Since room version 12 the id of a room names no server."""
    assert problems(MATRIX, room="!oLSdXVQ6Q-7Yf5VWMt2NjbY72Ho3X5AEzSA9R05Lkqw") == []


def test_a_variable_that_is_not_set(waits: Waits, tmp_path: Path) -> None:
    """The error names the variable, and the key that names it."""
    with pytest.raises(ConfigError, match=r"OUTSIDE_TOKEN \(token_env\) is not set"):
        open_table(MATRIX, waits, tmp_path, {})
