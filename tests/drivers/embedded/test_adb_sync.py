"""adb's file service on an embedded handset."""

import struct
from pathlib import Path

import pytest

from tests.drivers.embedded.adb_host import Door, Host, HostStream, talk

REGULAR = 0o100644
PATH = "/data/local/tmp/words.txt"


def request(code: bytes, path: str) -> bytes:
    """A request about a path."""
    return struct.pack("<4sI", code, len(path.encode())) + path.encode()


async def push(sync: HostStream, path: str, *chunks: bytes, modified: int = 1700000000) -> bytes:
    """Send a file in these chunks; the answer."""
    parts = [struct.pack("<4sI", b"DATA", len(chunk)) + chunk for chunk in chunks]
    done = struct.pack("<4sI", b"DONE", modified)
    await sync.write(request(b"SEND", f"{path},{REGULAR}") + b"".join(parts) + done)
    return await sync.read_exactly(8)


async def pull(sync: HostStream, path: str) -> bytes:
    """Fetch a file."""
    await sync.write(request(b"RECV", path))
    content = bytearray()
    while True:
        data = await sync.read()
        code, length = struct.unpack_from("<4sI", data)
        if code == b"DONE":
            return bytes(content)
        assert code == b"DATA"
        assert len(data) == 8 + length
        content += data[8:]


@pytest.mark.parametrize(
    "content", [b"", "喇嘛\n".encode(), bytes(range(256)) * 1000], ids=["empty", "short", "long"]
)
def test_file_comes_back_as_it_was_sent(tmp_path: Path, content: bytes) -> None:
    """A file that is sent comes back byte by byte, and its size, mode and time are kept."""

    async def talking(host: Host, door: Door) -> None:
        sync = await host.open("sync:")
        chunks = [content[start : start + 60_000] for start in range(0, len(content), 60_000)]
        assert (await push(sync, PATH, *chunks))[:4] == b"OKAY"
        assert await pull(sync, PATH) == content
        await sync.write(request(b"STAT", PATH))
        assert await sync.read_exactly(16) == struct.pack(
            "<4s3I", b"STAT", REGULAR, len(content), 1700000000
        )
        await sync.write(request(b"QUIT", ""))
        assert await sync.read_all() == b""
        assert door.device.files[PATH].content == content

    talk(tmp_path, talking)


def test_folder_is_listed(tmp_path: Path) -> None:
    """A folder lists what is in it, folders included, and exists only while something is."""

    async def talking(host: Host, _: Door) -> None:
        sync = await host.open("sync:")
        await push(sync, "/sdcard/b.txt", b"bb")
        await push(sync, "/sdcard/a/c.txt", b"c")
        await sync.write(request(b"LIST", "/sdcard"))
        names = []
        while (entry := await sync.read())[:4] == b"DENT":
            mode, size, _modified, length = struct.unpack_from("<4I", entry, 4)
            names.append((entry[20 : 20 + length].decode(), oct(mode)[:-3], size))
        assert entry[:4] == b"DONE"
        assert names == [("a", "0o40", 0), ("b.txt", "0o100", 2)]
        await sync.write(request(b"STAT", "/nowhere"))
        assert await sync.read_exactly(16) == b"STAT" + bytes(12)
        await sync.write(request(b"STAT", "/sdcard/a"))
        assert (await sync.read_exactly(16))[:8] == struct.pack("<4sI", b"STAT", 0o40771)

    talk(tmp_path, talking)


def test_shell_and_sync_see_the_same_files(tmp_path: Path) -> None:
    """Files that were sent are there for the shell, until it removes them."""

    async def talking(host: Host, _: Door) -> None:
        sync = await host.open("sync:")
        await push(sync, PATH, b"one\n")
        assert (await host.shell(f"cat {PATH}")).output == "one\n"
        assert (await host.shell("ls /data/local/tmp")).output == "words.txt\n"
        assert (await host.shell(f"[ -e '{PATH}' ] && echo __PASS__")).output == "__PASS__\n"
        assert (await host.shell("rm -f /data/local/tmp/*.txt")).code == 0
        assert (await host.shell(f"[ -e '{PATH}' ] && echo __PASS__")).output == ""
        for line in (f"cat {PATH}", "ls /data/local/tmp", f"rm {PATH}"):
            said = await host.shell(line)
            assert said.code == 1
            assert "No such file or directory" in said.errors

    talk(tmp_path, talking)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (request(b"RECV", PATH), f"{PATH}: No such file or directory"),
        (request(b"SEND", PATH) + request(b"DONE", ""), "is not a path and a mode"),
        (request(b"SEND", f"{PATH},{REGULAR}") + request(b"STAT", ""), "DATA of at most"),
        (request(b"STA2", PATH), "unknown request STA2"),
        (struct.pack("<4sI", b"STAT", 5000), "the path is 5000 bytes long"),
    ],
    ids=["missing", "no mode", "no data", "unknown", "long"],
)
def test_what_cannot_be_done_fails(tmp_path: Path, data: bytes, why: str) -> None:
    """A request that cannot be met is answered with FAIL and the reason."""

    async def talking(host: Host, _: Door) -> None:
        sync = await host.open("sync:")
        await sync.write(data)
        answer = await sync.read()
        assert answer[:4] == b"FAIL"
        assert why in answer[8:].decode()

    talk(tmp_path, talking)
