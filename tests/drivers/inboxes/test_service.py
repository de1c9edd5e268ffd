"""Talking to a service: back-off, time-outs, limits, proxies, and answers that make no sense."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse

from drivers.errors import ConfigError, SessionLost
from drivers.inboxes.answer import Table, readable
from drivers.inboxes.errors import ArrivalsLost, BadAnswer
from drivers.inboxes.service import Limits, Service, read_secret
from drivers.inboxes.veil import is_loopback, proxy_of
from drivers.server import free_ports
from tests.drivers.inboxes.contract import Script, Waits, cut_off, served

SECRET = "syt_c2VjcmV0_VERYSECRET"
GOOD = JSONResponse({"name": "x"})


class Named(Table):
    """An answer."""

    name: str


def service(url: str, waits: Waits, **limits: float) -> Service:
    """A client that has a secret to lose."""
    return Service(
        "outside",
        url,
        secrets={"token": SecretStr(SECRET)},
        bearer=SecretStr(SECRET),
        limits=Limits(**limits),  # type: ignore[arg-type]
        wait=waits,
        clock=waits.clock,
    )


@pytest.mark.parametrize(
    ("reply", "pauses"),
    [
        (Response(status_code=503), [0.5]),
        (Response(status_code=429, headers={"Retry-After": "7"}), [7.0]),
        (JSONResponse({"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 2500}, 429), [2.5]),
        (JSONResponse({"ok": False, "parameters": {"retry_after": 11}}, 429), [11.0]),
        (JSONResponse({"retry_after_ms": 9000}, 429, headers={"Retry-After": "3"}), [9.0]),
        (Response(status_code=429, headers={"Retry-After": "soon"}), [0.5]),
        (Response(status_code=429, headers={"Retry-After": "nan"}), [0.5]),
        (Response(status_code=429, headers={"Retry-After": "-5"}), [0.5]),
        (JSONResponse({"retry_after_ms": "2500"}, 429), [0.5]),
    ],
)
def test_waits_as_long_as_it_is_asked_to(
    reply: Response, pauses: list[float], waits: Waits
) -> None:
    """The pause before asking again is the longest that the service asks for."""
    script = Script([reply, GOOD])
    with served(script.app()) as url:
        client = service(url, waits)
        assert client.read(client.get("/x"), Named).name == "x"
        client.close()
    assert waits.asked == pauses


def test_pauses_double_and_end(waits: Waits) -> None:
    """A service that stays busy is asked five times, with ever longer pauses."""
    script = Script([Response(status_code=502)])
    with served(script.app()) as url:
        client = service(url, waits)
        with pytest.raises(SessionLost, match=r"outside: .*/x is busy \(HTTP 502\)"):
            client.get("/x")
        client.close()
    assert waits.asked == [0.5, 1.0, 2.0, 4.0]
    assert len(script.requests) == 5


def test_a_date_to_come_back_is_understood(waits: Waits) -> None:
    """``Retry-After`` may be a date; one in the past asks for no pause of its own."""
    past = Response(status_code=503, headers={"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"})
    future = Response(status_code=503, headers={"Retry-After": "Fri, 31 Dec 2100 23:59:59 GMT"})
    with served(Script([past, future]).app()) as url:
        client = service(url, waits)
        with pytest.raises(SessionLost, match="asks for a pause of"):
            client.get("/x")
        client.close()
    assert waits.asked == [0.5]


def test_the_end_of_the_run_ends_the_wait(waits: Waits) -> None:
    """Once the run is over nothing is asked again."""
    waits.is_over = True
    script = Script([Response(status_code=429, headers={"Retry-After": "30"})])
    with served(script.app()) as url:
        client = service(url, waits)
        with pytest.raises(SessionLost):
            client.get("/x")
        client.close()
    assert len(script.requests) == 1


def test_what_cannot_be_repeated_is_not(waits: Waits) -> None:
    """Where asking deletes, only what never reached the server, or was turned away, is repeated."""
    turned_away = Response(status_code=429, headers={"Retry-After": "1"})
    script = Script([turned_away, Response(status_code=500), GOOD])
    with served(script.app()) as url:
        client = service(url, waits)
        with pytest.raises(ArrivalsLost, match="may be lost"):
            client.get("/x", is_repeatable=False)
        assert len(script.requests) == 2
        client.close()
    (port,) = free_ports(1)
    client = service(f"http://127.0.0.1:{port}", waits)
    with pytest.raises(SessionLost, match="cannot be reached"):
        client.get("/x", is_repeatable=False)
    client.close()


def test_half_an_answer_is_asked_for_again(waits: Waits) -> None:
    """An answer that is cut off is never used; where that is possible it is asked for again."""
    half = cut_off(b'{"name": "half"}')
    with served(Script([half, GOOD]).app()) as url:
        client = service(url, waits)
        assert client.read(client.get("/x"), Named).name == "x"
        client.close()
    with served(Script([cut_off(b'{"name": "half"}')]).app()) as url:
        client = service(url, waits)
        with pytest.raises(ArrivalsLost):
            client.get("/x", is_repeatable=False)
        client.close()


def test_an_answer_that_trickles_is_given_up(waits: Waits) -> None:
    """An answer takes no longer than it may, however regularly something comes."""

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            waits.now += 10.0
            yield b" "
            await asyncio.sleep(0)  # so that the server sees when the client is gone

    class Trickle(Script):
        """A new answer each time: one that was given up cannot be given again."""

        async def answer(self, request: object) -> Response:
            return StreamingResponse(trickle())

    with served(Trickle([]).app()) as url:
        client = service(url, waits, answer_s=25.0)
        with pytest.raises(SessionLost, match="did not answer within 25 s"):
            client.get("/x")
        client.close()


def test_a_huge_answer_is_refused(waits: Waits) -> None:
    """An answer is read as far as the limit, unpacked: a small one may unpack to a huge one."""
    packed = gzip.compress(b" " * 3_000_000)
    huge = Response(packed, headers={"Content-Encoding": "gzip"})
    with served(Script([huge]).app()) as url:
        client = service(url, waits, most_bytes=2_000_000)
        with pytest.raises(BadAnswer, match="more than 2 MB"):
            client.get("/x")
        client.close()
    assert waits.asked == []


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        (Response(b""), "it is empty"),
        (HTMLResponse("<html>Please log in</html>"), "it is a web page, not JSON"),
        (Response(b"\xef\xbb\xbf\n<!doctype html>"), "it is a web page, not JSON"),
        (Response(b'{"name": "half'), "Invalid JSON"),
        (Response(b"\xff\xfe"), "Invalid JSON"),
        (JSONResponse([]), "Input should be an object"),
        (JSONResponse({}), "name is missing"),
        (JSONResponse({"name": 7}), "name: Input should be a valid string"),
        (JSONResponse({"name": None}), "name: Input should be a valid string"),
    ],
)
def test_answers_that_make_no_sense(reply: Response, problem: str, waits: Waits) -> None:
    """The error names the inbox, the address and the problem, and says what to do."""
    with served(Script([reply]).app()) as url:
        client = service(url, waits)
        with pytest.raises(BadAnswer) as caught:
            client.read(client.get("/x"), Named)
        client.close()
    said = str(caught.value)
    assert said.startswith(f"outside: {url}/x gave an answer (HTTP 200) that makes no sense: ")
    assert problem in said
    assert "Check that `url`" in said


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b'\xef\xbb\xbf{"name": "x"}', "x"),
        (rb'{"name": "a\ud83d"}', "a\ufffd"),
        (rb'{"name": "\uDE00\ud83d\ude00"}', "\ufffd\U0001f600"),
        (rb'{"name": "\ud83d\ud83d\ude00"}', "\ufffd\U0001f600"),
        (rb'{"name": "\\ud83d\u0020"}', r"\ud83d "),
    ],
    ids=["mark", "half", "half before a whole", "half of two", "backslash"],
)
def test_what_no_parser_takes_is_read(body: bytes, name: str, waits: Waits) -> None:
    """Half an emoji, or a mark at the beginning, keeps no message from being read."""
    with served(Script([Response(body)]).app()) as url:
        client = service(url, waits)
        assert client.read(client.get("/x"), Named).name == name
        client.close()


@given(st.text(st.characters(exclude_categories=())))
def test_whole_characters_stay(text: str) -> None:
    """Of any text, all but halves of characters is read as it was written."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    read = json.loads(readable(json.dumps(text).encode()))
    assert read == json.loads(readable(json.dumps(whole).encode()))
    if not any("\ud800" <= each <= "\udfff" for each in text):
        assert read == text


def test_what_is_packed_wrongly(waits: Waits) -> None:
    """An answer that cannot be unpacked is no answer."""
    spoilt = Response(b"no gzip at all", headers={"Content-Encoding": "gzip"})
    with served(Script([spoilt]).app()) as url:
        client = service(url, waits)
        with pytest.raises(BadAnswer, match="cannot be unpacked"):
            client.get("/x")
        client.close()


def test_redirects_are_not_followed(waits: Waits) -> None:
    """A token goes to the server that the testbed names and to no other."""
    script = Script([Response(status_code=302, headers={"Location": "http://127.0.0.2/"})])
    with served(script.app()) as url:
        client = service(url, waits)
        with pytest.raises(BadAnswer, match="not followed"):
            client.get("/x")
        client.close()
    assert len(script.requests) == 1


def test_looks_are_paced(waits: Waits) -> None:
    """Between two looks there is at least the interval, however often somebody looks."""
    client = service("http://127.0.0.1:9", waits, interval_s=5.0)
    client.pace()
    waits.now += 2.0
    client.pace()
    waits.now += 20.0
    client.pace()
    client.close()
    assert waits.asked == [3.0]


def test_loopback_needs_no_proxy(waits: Waits, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is on this machine is never asked through the proxy of the environment."""
    (port,) = free_ports(1)
    for variable in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(variable, f"http://127.0.0.1:{port}")
    monkeypatch.delenv("no_proxy", raising=False)
    with served(Script([GOOD]).app()) as url:
        client = service(url, waits)
        assert client.read(client.get("/x"), Named).name == "x"
        client.close()


def test_the_proxy_of_the_environment_is_used(
    waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any other server is asked through the proxy that the environment names, unless excepted."""
    for variable in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    script = Script([GOOD])
    with served(script.app()) as proxy:
        monkeypatch.setenv("http_proxy", proxy.removeprefix("http://"))
        client = service("http://matrix.invalid", waits)
        assert client.read(client.get("/x"), Named).name == "x"
        client.close()
    assert script.requests[0].headers["host"] == "matrix.invalid"
    monkeypatch.setenv("no_proxy", "matrix.invalid")
    assert proxy_of(httpx.URL("http://matrix.invalid")) is None


def test_a_proxy_that_cannot_be_used_is_told(waits: Waits, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of an unknown kind is an error of the configuration, without its password."""
    monkeypatch.setenv("http_proxy", "gopher://me:PROXYPASSWORD@127.0.0.1:1")
    with pytest.raises(ConfigError, match="HTTP_PROXY") as caught:
        service("http://matrix.invalid", waits)
    assert "PROXYPASSWORD" not in str(caught.value)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost.example.org", False),
        ("10.0.0.1", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_which_hosts_are_this_machine(host: str, *, expected: bool) -> None:
    """Only loopback addresses are this machine."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize("value", ["", "with space", "line\n", "ключ", "\x00"])
def test_secrets_that_cannot_be_sent(value: str) -> None:
    """A token that no header can hold is refused at once, and not repeated."""
    with pytest.raises(ConfigError, match="TOKEN is empty, or holds") as caught:
        read_secret(value, "TOKEN")
    assert not value or value not in str(caught.value)
