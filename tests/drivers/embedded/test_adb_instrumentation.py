"""The instrumentation of an embedded handset: while it runs, its server can be reached."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from drivers.embedded.device import End
from drivers.embedded.process import EmbeddedProcess
from tests.drivers.embedded.adb_host import (
    INSTRUMENTATION,
    WAIT_S,
    Door,
    Host,
    HostStream,
    Refused,
    talk,
    unpack,
)
from tests.testbeds import fault, write_testbed

SERVER = "io.appium.uiautomator2.server"


async def instrument(host: Host, name: str = INSTRUMENTATION) -> HostStream:
    """Start an instrumentation as Appium's driver does."""
    options = "--no-window-animation -e disableAnalytics true"
    return await host.open(f"shell,v2,raw:am instrument -w {options} {name}")


async def is_reachable(host: Host) -> bool:
    """Whether the UiAutomator2 server answers through adb."""
    try:
        stream = await host.open("tcp:6790")
        await stream.write(b"hello")
    except Refused:
        return False
    answer = await stream.read()
    stream.close()
    return answer == b"HELLO"


def test_server_is_reached_while_the_instrumentation_runs(tmp_path: Path) -> None:
    """Before it starts and after it is stopped, nothing listens; in between everything passes."""

    async def talking(host: Host, door: Door) -> None:
        assert not await is_reachable(host)
        running = await instrument(host)
        assert await is_reachable(host)
        assert SERVER in (await host.shell("ps -A")).output
        open_forward = await host.open("tcp:6790")
        big = b"x" * 300_000
        await open_forward.write(big)
        received = b""
        while len(received) < len(big):
            received += await open_forward.read()
        assert received == big.upper()
        await host.shell(f"am force-stop {SERVER}")
        said = unpack(await running.read_all())
        assert (said.output, said.code) == ("INSTRUMENTATION_ABORTED: System has crashed.\n", 1)
        assert await open_forward.read() == b""
        assert not await is_reachable(host)
        assert SERVER not in (await host.shell("ps -A")).output

    talk(tmp_path, talking)


def test_request_waits_a_moment_for_the_server(tmp_path: Path) -> None:
    """A request that comes just before the instrumentation is answered by it, not refused."""

    async def talking(host: Host, door: Door) -> None:
        async with Host.connect(door.address) as other:
            reaching = asyncio.create_task(is_reachable(other))
            await asyncio.sleep(0)
            await instrument(host)
            assert await reaching

    talk(tmp_path, talking)


def test_instrumentation_ends_with_its_session(tmp_path: Path) -> None:
    """When its session is deleted the process is gone at once, and ends without an error."""

    async def talking(host: Host, door: Door) -> None:
        running = await instrument(host)
        assert await is_reachable(host)
        handset = door.device.handset
        handset.session = "session"
        handset.end_session()
        assert SERVER not in (await host.shell("ps -A")).output
        said = unpack(await running.read_all())
        assert (said.output, said.code) == ("INSTRUMENTATION_CODE: -1\n", 0)

    talk(tmp_path, talking)


def test_crash_ends_the_session(tmp_path: Path) -> None:
    """A crash ends the session, says so, and another instrumentation can be started."""

    async def talking(host: Host, door: Door) -> None:
        running = await instrument(host)
        assert await is_reachable(host)
        door.device.handset.session = "session"
        door.device.end_instrumentation(End.CRASHED)
        said = unpack(await running.read_all())
        assert said.output.startswith("INSTRUMENTATION_RESULT: shortMsg=Process crashed.")
        assert said.code == 1
        assert door.device.handset.session is None
        await instrument(host)
        assert await is_reachable(host)

    talk(tmp_path, talking)


def test_instrumentation_ends_with_who_started_it(tmp_path: Path) -> None:
    """Closing its shell, or losing the link, ends it; a second one takes the first one's place."""

    async def talking(host: Host, door: Door) -> None:
        first = await instrument(host)
        await is_reachable(host)
        second = await instrument(host)
        assert unpack(await first.read_all()).code == 1
        second.close()
        await host.shell("true")
        assert not await is_reachable(host)
        async with Host.connect(door.address) as other:
            await instrument(other)
            assert await is_reachable(host)
        assert not await is_reachable(host)

    talk(tmp_path, talking)


def test_unknown_instrumentation(tmp_path: Path) -> None:
    """An instrumentation that is not installed is refused, in the words of Android."""

    async def talking(host: Host, _: Door) -> None:
        said = unpack(await (await instrument(host, "no.such/.Runner")).read_all())
        assert said.code == 1
        assert "Unable to find instrumentation info for: no.such/.Runner" in said.output
        await host.shell(f"pm uninstall {SERVER}.test")
        assert unpack(await (await instrument(host)).read_all()).code == 1
        assert (await host.shell("pm list instrumentation")).output == ""

    talk(tmp_path, talking)


@pytest.fixture(params=["instrumentation_dies", "link_drops"])
def broken(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, EmbeddedProcess]]:
    """Running handsets of which the first breaks with the first message, and how."""
    more = fault("phone-1", request.param, after_messages=1)
    process = EmbeddedProcess.start(write_testbed(tmp_path, more=more), seed=0)
    yield request.param, process
    process.stop()


def test_handset_breaks_after_the_tap_and_before_its_answer(
    broken: tuple[str, EmbeddedProcess],
) -> None:
    """The message is out, its tap is never answered, and the handset works again afterwards."""
    kind, process = broken
    url = process.handset_url("phone-1")

    def post(path: str, **body: object) -> object:
        answer = httpx.post(f"{url}/{path}", json=body, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]

    def tap(session: str, text: str) -> None:
        found = post(f"session/{session}/element", strategy="xpath", selector=text, context="")
        assert isinstance(found, dict)
        post(f"session/{session}/element/{found['ELEMENT']}/click")

    def new_session() -> str:
        session = post("session", capabilities={"firstMatch": [{}], "alwaysMatch": {}})
        assert isinstance(session, dict)
        return str(session["sessionId"])

    async def break_it() -> None:
        async with (
            asyncio.timeout(WAIT_S),
            Host.connect(process.adb_address("phone-1")) as host,
        ):
            running = await instrument(host)
            session = await asyncio.to_thread(new_session)
            await asyncio.to_thread(tap, session, '//*[@text="Bo"]')
            await asyncio.to_thread(post, f"session/{session}/keys", text="hello")
            with pytest.raises(httpx.RemoteProtocolError):
                await asyncio.to_thread(tap, session, '//*[@content-desc="Send"]')
            if kind == "instrumentation_dies":
                assert unpack(await running.read_all()).code == 1
                assert (await host.shell("true")).code == 0
            else:
                with suppress(asyncio.IncompleteReadError, ConnectionError):
                    pytest.fail(f"the link lives on: {await running.read_all()!r}")

    asyncio.run(break_it())
    assert [event.text for event in process.events()] == ["hello"]
    session = new_session()
    post(f"session/{session}/keys", text="again")
    tap(session, '//*[@content-desc="Send"]')
    assert [event.text for event in process.events()] == ["hello", "again"]
