"""The inbox of any JSON list, against a contract server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse

from drivers.errors import NotLoggedIn
from drivers.inboxes.errors import BadAnswer
from drivers.inboxes.pointer import Pointer
from tests.drivers.inboxes.contract import Script, Waits, served
from tests.drivers.inboxes.inboxes import TOKEN, Ledger, open_table

PATHS = {
    "items": "/data/messages",
    "id": "/id",
    "text": "/content/text",
    "sender": "/author/0",
    "time": "/at",
}


def item(number: int, text: str | None = None, **other: Any) -> dict[str, Any]:  # noqa: ANN401
    """A message."""
    return {
        "id": number,
        "content": {"text": text or str(number)},
        "author": ["an", "An"],
        "at": "2026-01-02T03:04:05+01:00",
        **other,
    }


def listed(*items: object) -> JSONResponse:
    """An answer."""
    return JSONResponse({"data": {"messages": items}})


@pytest.fixture
def script() -> Script:
    """What the service is to answer."""
    return Script([listed()])


@pytest.fixture
def table(script: Script) -> Iterator[dict[str, Any]]:
    """A table ``[[inbox]]`` of the service."""
    with served(script.app()) as url:
        yield {"kind": "json", "url": f"{url}/list/?limit=50", "sender": "an", "paths": PATHS}


@pytest.fixture
def ledger(table: dict[str, Any], waits: Waits) -> Iterator[Ledger]:
    """An inbox that has begun with an empty list."""
    ledger = Ledger(open_table(table, waits))
    ledger.begin()
    yield ledger
    ledger.inbox.close()


def test_new_texts_arrive_once(ledger: Ledger, script: Script) -> None:
    """Of lists that overlap, each message of the sender comes once; others are counted."""
    script.replies = [listed(item(1, "达赖喇嘛\nབོད"), item(2, author=["bo"]))]
    batch = ledger.look()
    assert batch is not None
    assert batch.ignored == 1
    script.replies = [listed(item(2, author=["bo"]), item(3), item(4))]
    ledger.look()
    ledger.look()
    assert ledger.told() == [("new", "达赖喇嘛\nབོད"), ("new", "3"), ("new", "4")]
    assert ledger.arrivals[0].served_at == datetime(2026, 1, 2, 2, 4, 5, tzinfo=UTC)
    assert str(script.requests[0].url).endswith("/list/?limit=50")


def test_what_was_there_is_old(ledger: Ledger, script: Script, table: dict[str, Any]) -> None:
    """What the list holds at the beginning is not told."""
    script.replies = [listed(item(1), item(2))]
    ledger.cursor = ""
    ledger.begin()
    script.replies = [listed(item(1), item(2), item(3))]
    ledger.look()
    assert ledger.told() == [("new", "3")]


def test_another_text_is_an_edit(ledger: Ledger, script: Script) -> None:
    """A message that has another text than before was edited, under the same id."""
    script.replies = [listed(item(1))]
    ledger.look()
    script.replies = [listed(item(1, "**"), item(2))]
    ledger.look()
    assert ledger.told() == [("new", "1"), ("edited", "**"), ("new", "2")]
    assert ledger.arrivals[0].id == ledger.arrivals[1].id


def test_lists_may_begin_with_the_newest(
    table: dict[str, Any], script: Script, waits: Waits
) -> None:
    """The order of the list is stated; arrivals come oldest first."""
    ledger = Ledger(open_table({**table, "order": "newest_first"}, waits))
    ledger.begin()
    script.replies = [listed(item(3), item(2), item(1))]
    ledger.look()
    assert [text for _, text in ledger.told()] == ["1", "2", "3"]
    ledger.inbox.close()


def test_a_list_that_has_moved_on_is_a_gap(ledger: Ledger, script: Script) -> None:
    """If nothing of the last list is in the next one, something may lie between: told once."""
    script.replies = [listed(item(1), item(2))]
    ledger.look()
    script.replies = [listed(item(8), item(9))]
    ledger.look()
    assert ledger.gaps == 1
    ledger.look()
    assert (ledger.gaps, [text for _, text in ledger.told()]) == (1, ["1", "2", "8", "9"])


def test_a_resumed_run_goes_on(
    ledger: Ledger, table: dict[str, Any], script: Script, waits: Waits
) -> None:
    """With the committed cursor nothing is lost or told twice by another inbox."""
    script.replies = [listed(item(1), item(2))]
    ledger.look()
    script.replies = [listed(item(1), item(2), item(3))]
    ledger.inbox.look(ledger.cursor)
    ledger.restart(open_table(table, waits))
    ledger.look()
    assert [text for _, text in ledger.told()] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1_767_323_045, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1_767_323_045_000, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1e30, None),
    ],
)
def test_times(ledger: Ledger, script: Script, stated: object, expected: datetime | None) -> None:
    """Times are RFC 3339, or seconds or milliseconds since 1970; without a zone they are UTC."""
    script.replies = [listed(item(1, at=stated))]
    ledger.look()
    assert ledger.arrivals[0].served_at == expected


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (JSONResponse({"data": {}}), "items = '/data/messages' leads nowhere"),
        (JSONResponse({"data": {"messages": {}}}), "items = '/data/messages' is no list"),
        (listed("text"), "message 0: text = '/content/text' leads nowhere"),
        (listed(item(1), item(2, content={"text": 7})), "message 1: text = '/content/text' is no"),
        (listed(item(1, author=[])), "message 0: sender = '/author/0' leads nowhere"),
        (listed(item(1, author=[None])), "message 0: sender = '/author/0' is neither"),
        (listed(item(1, id=True)), "message 0: id = '/id' is neither"),
        (listed(item(1, "a"), item(1, "b")), "id = '/id' is the same for messages that differ"),
        (listed(item(1, content={"text": None})), "message 0: text = '/content/text' is no text"),
        (listed(item(1, at="yesterday")), "message 0: time = '/at' is no time"),
        (listed(item(1, at=True)), "message 0: time = '/at' is no time"),
        (JSONResponse({}, 404), "it should be 200"),
    ],
)
def test_answers_that_make_no_sense(
    ledger: Ledger, script: Script, answer: JSONResponse, problem: str
) -> None:
    """The error names the path that leads nowhere; nothing of the answer is taken."""
    script.replies = [answer]
    with pytest.raises(BadAnswer) as caught:
        ledger.inbox.look(ledger.cursor)
    assert problem in str(caught.value)


def test_what_others_say_without_words_is_passed_over(ledger: Ledger, script: Script) -> None:
    """A picture of somebody else's, which has no text, keeps nothing from being read."""
    script.replies = [listed(item(1, author=["bo"], content={"text": None}), item(2), item(2))]
    ledger.look()
    assert [each.text for each in ledger.arrivals] == ["2"]


def test_tokens_go_where_they_are_wanted(
    table: dict[str, Any], script: Script, waits: Waits
) -> None:
    """A token goes into the header, or into the place in the URL that asks for it."""
    for url, expected in (
        (table["url"], (f"Bearer {TOKEN}", None)),
        (f"{table['url']}&key={{token}}", (None, TOKEN)),
    ):
        inbox = open_table({**table, "url": url, "token_env": "INBOX_TOKEN"}, waits)
        inbox.begin(None)
        inbox.close()
        request = script.requests[-1]
        sent = (request.headers.get("authorization"), request.query_params.get("key"))
        assert sent == expected


def test_a_refused_token(ledger: Ledger, script: Script) -> None:
    """It is told as such."""
    script.replies = [JSONResponse({}, 401)]
    with pytest.raises(NotLoggedIn, match="token_env"):
        ledger.inbox.look(ledger.cursor)


@pytest.mark.parametrize(
    ("pointer", "expected"),
    [
        ("", {"a/b": [1, {"m~n": 2}], "": 3}),
        ("/a~1b/0", 1),
        ("/a~1b/1/m~0n", 2),
        ("/", 3),
    ],
)
def test_pointers(pointer: str, expected: object) -> None:
    """Pointers are those of RFC 6901, with its two escapes."""
    assert Pointer.parse(pointer).find({"a/b": [1, {"m~n": 2}], "": 3}) == expected


@pytest.mark.parametrize("pointer", ["a", "/~", "/a~2", "/~~0"])
def test_what_is_no_pointer(pointer: str) -> None:
    """A pointer without a slash, or with a tilde that escapes nothing, is refused."""
    with pytest.raises(ValueError, match="JSON Pointer"):
        Pointer.parse(pointer)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=8,
)


@given(document=JSON_VALUES, steps=st.lists(st.text(), max_size=4))
def test_pointers_find_or_say_that_there_is_nothing(document: Any, steps: list[str]) -> None:  # noqa: ANN401
    """Whatever the document and the pointer: a place in it, or a LookupError."""
    escaped = "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in steps)
    pointer = Pointer.parse(escaped)
    assert pointer.steps == tuple(steps)
    try:
        pointer.find(document)
    except LookupError:
        assert steps
