"""The Matrix inbox where a real homeserver would have to misbehave; see tests/fullstack for one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

from drivers.errors import ConfigError, NotLoggedIn, WrongChat
from drivers.inboxes.errors import BadAnswer
from drivers.inboxes.inbox import Batch, Change, Inbox
from tests.drivers.inboxes.contract import Script, Waits, served
from tests.drivers.inboxes.inboxes import open_table

ROOM = "!room:example.org"
AN = "@an:example.org"
BODY = {"msgtype": "m.text", "body": "x"}
BEGUN = json.dumps({"inbox": "outside", "since": "s1", "recent": [], "has_left": False})


def event(number: int, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an event
    """A message, as the specification shows it (m.room.message, m.text)."""
    return {
        "event_id": f"${number}",
        "type": "m.room.message",
        "sender": AN,
        "origin_server_ts": 1_760_000_000_000 + number,
        "content": {"msgtype": "m.text", "body": str(number)},
        "unsigned": {"age": 1234},
        **other,
    }


def sync(
    events: list[dict[str, Any]], *, prev_batch: str | None = None, kind: str = "join"
) -> Response:
    """An answer of /sync with one room; limited if there is something before."""
    timeline = {"events": events, "limited": prev_batch is not None, "prev_batch": prev_batch}
    rooms = {kind: {ROOM: {"timeline": timeline, "state": {"events": []}}}}
    return JSONResponse({"next_batch": "s2", "rooms": rooms, "device_one_time_keys_count": {}})


@pytest.fixture
def script() -> Script:
    """What the homeserver is to answer."""
    return Script([])


@pytest.fixture
def inbox(script: Script, waits: Waits) -> Iterator[Inbox]:
    """An inbox of it."""
    with served(script.app()) as url:
        table = {
            "kind": "matrix",
            "url": url,
            "token_env": "INBOX_TOKEN",
            "room": ROOM,
            "sender": AN,
        }
        inbox = open_table(table, waits)
        yield inbox
        inbox.close()


def texts(batch: Batch) -> list[str | None]:
    """The texts of a batch."""
    return [arrival.text for arrival in batch.arrivals]


def test_asks_as_the_specification_says(inbox: Inbox, script: Script) -> None:
    """The room is named in the filter, the token in a header, and the account stays offline."""
    script.replies = [sync([])]
    inbox.look(BEGUN, wait_s=2.5)
    (request,) = script.requests
    assert request.url.path == "/_matrix/client/v3/sync"
    assert request.headers["authorization"].startswith("Bearer 987654321:")
    query = request.query_params
    assert (query["since"], query["timeout"], query["set_presence"]) == ("s1", "2500", "offline")
    assert json.loads(query["filter"])["room"]["rooms"] == [ROOM]


def test_a_server_that_does_not_stop_at_the_gap(inbox: Inbox, script: Script) -> None:
    """Where /messages goes on beyond `to`, as Dendrite's did, what is known is not told again."""
    script.replies = [sync([event(1), event(2)])]
    batch = inbox.look(BEGUN)
    page = {"chunk": [event(4), event(3), event(2), event(1)], "start": "p", "end": "q"}
    script.replies = [sync([event(5)], prev_batch="p"), JSONResponse(page)]
    gap = inbox.look(batch.cursor)
    assert texts(gap) == ["3", "4", "5"]
    assert script.requests[-1].query_params["to"] == "s2"


def test_empty_pages_are_not_the_end(inbox: Inbox, script: Script) -> None:
    """An empty page with a token leads on to more."""
    script.replies = [
        sync([event(3)], prev_batch="p"),
        JSONResponse({"chunk": [], "start": "p", "end": "q"}),
        JSONResponse({"chunk": [event(2), event(1)], "start": "q"}),
    ]
    assert texts(inbox.look(BEGUN)) == ["1", "2", "3"]
    assert [each.query_params.get("from") for each in script.requests[1:]] == ["p", "q"]


def test_a_gap_that_cannot_be_filled_loses_nothing(inbox: Inbox, script: Script) -> None:
    """If a page fails, nothing is told and the cursor stays; the next look tells all, once."""
    limited = sync([event(3)], prev_batch="p")
    page = JSONResponse({"chunk": [event(2), event(1)], "start": "p"})
    script.replies = [limited, JSONResponse({"chunk": "none"})]
    with pytest.raises(BadAnswer, match="chunk: Input should be a valid"):
        inbox.look(BEGUN)
    script.replies = [limited, page]
    assert texts(inbox.look(BEGUN)) == ["1", "2", "3"]


def test_an_endless_gap_is_given_up(inbox: Inbox, script: Script) -> None:
    """A server that always has one more page is not followed for ever."""
    page = JSONResponse({"chunk": [], "start": "p", "end": "p"})
    script.replies = [sync([event(3)], prev_batch="p"), page]
    with pytest.raises(BadAnswer, match="more than 10000 events"):
        inbox.look(BEGUN)


def test_rate_limits_are_kept(inbox: Inbox, script: Script, waits: Waits) -> None:
    """M_LIMIT_EXCEEDED is waited for as long as it says."""
    limit = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too many", "retry_after_ms": 1500}
    script.replies = [JSONResponse(limit, 429), sync([event(1)])]
    assert texts(inbox.look(BEGUN)) == ["1"]
    assert waits.asked == [1.5]


@pytest.mark.parametrize(
    "strange",
    [
        event(1, content={}),
        event(1, content={"msgtype": "m.text", "body": 7}),
        event(1, content={"msgtype": "m.image", "body": "photo.jpg"}),
        event(
            1, content={"msgtype": "m.text", "body": "x", "m.relates_to": {"rel_type": "m.replace"}}
        ),
        event(1, type="m.room.redaction", content={"redacts": 7}),
        event(1, type="m.room.redaction", content={}),
        event(1, type="m.reaction", content={"body": "x", "msgtype": "m.text"}),
        event(1, sender="@else:example.org"),
    ],
)
def test_what_clients_make_up_disturbs_nothing(
    inbox: Inbox, script: Script, strange: dict[str, Any]
) -> None:
    """Anybody may put anything into an event: what is no text is counted, and the rest read."""
    script.replies = [sync([strange, event(2)])]
    batch = inbox.look(BEGUN)
    assert texts(batch) == ["2"]
    assert batch.ignored == 1


def test_absurd_times_are_no_times(inbox: Inbox, script: Script) -> None:
    """The time is what the sender's server claims; one that is none is left out."""
    script.replies = [sync([event(1, origin_server_ts=10**17)])]
    (arrival,) = inbox.look(BEGUN).arrivals
    assert (arrival.text, arrival.served_at) == ("1", None)


def test_replies_keep_their_text(inbox: Inbox, script: Script) -> None:
    """A relation that is no edit, as a reply has, leaves the message what it is."""
    relation = {"m.in_reply_to": {"event_id": "$0"}}
    content = {"msgtype": "m.text", "body": "yes", "m.relates_to": relation}
    script.replies = [sync([event(1, content=content)])]
    (arrival,) = inbox.look(BEGUN).arrivals
    assert (arrival.change, arrival.text) == (Change.NEW, "yes")


def test_a_token_that_ends_in_the_course_of_a_run(inbox: Inbox, script: Script) -> None:
    """It is told as a log-in that is missing."""
    refused = {"errcode": "M_UNKNOWN_TOKEN", "error": "Token expired", "soft_logout": True}
    script.replies = [JSONResponse(refused, 401)]
    with pytest.raises(NotLoggedIn, match="M_UNKNOWN_TOKEN Token expired"):
        inbox.look(BEGUN)


def test_a_closed_room(inbox: Inbox, script: Script) -> None:
    """403 is told as a chat that is closed to the account."""
    script.replies = [JSONResponse({"errcode": "M_FORBIDDEN", "error": "Not a member"}, 403)]
    with pytest.raises(WrongChat, match="M_FORBIDDEN Not a member"):
        inbox.look(BEGUN)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({}, "next_batch is missing"),
        ({"next_batch": 7}, "next_batch: Input should be a valid string"),
        ({"next_batch": "s", "rooms": []}, "rooms: "),
        ({"next_batch": "s", "rooms": {"join": {"!else:room:example.org": 7}}}, "rooms.join.…: "),
        (
            {"next_batch": "s", "rooms": {"join": {ROOM: {"timeline": {"events": [{}]}}}}},
            "rooms.join.….timeline.events.0.event_id is missing",
        ),
    ],
)
def test_answers_that_make_no_sense(
    inbox: Inbox, script: Script, body: dict[str, Any], problem: str
) -> None:
    """The place of the problem is told, without the names of rooms."""
    script.replies = [JSONResponse(body)]
    with pytest.raises(BadAnswer) as caught:
        inbox.look(BEGUN)
    assert problem in str(caught.value)
    assert "room:example.org" not in str(caught.value)


def test_a_foreign_cursor_is_refused(inbox: Inbox) -> None:
    """A cursor of another inbox, or of another kind, is none."""
    for cursor in (BEGUN.replace("outside", "inside"), '{"inbox": "outside", "taken": 3}'):
        with pytest.raises(ConfigError, match="is not one of its own"):
            inbox.look(cursor)
