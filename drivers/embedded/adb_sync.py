"""adb's file service, `sync:`, version 1: STAT, LIST, SEND, RECV, QUIT; and the files behind it.

A request is four letters, a little-endian 32-bit length and that many bytes. Source: Android's
`packages/modules/adb/SYNC.TXT`.
"""

import logging
import stat
import struct
from dataclasses import dataclass
from typing import Final

from drivers.embedded.adb_connection import Stream

_LOG = logging.getLogger("undelivered.handset")
_REQUEST = struct.Struct("<4sI")
_CHUNK: Final = 64 * 1024
_MAX_PATH: Final = 1024
_FOLDER_MODE: Final = stat.S_IFDIR | 0o771


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file on a handset.

    Attributes:
        content: Its bytes.
        mode: Kind and permissions, as in `stat`.
        modified: When it was last changed, in seconds since 1970.
    """

    content: bytes
    mode: int = stat.S_IFREG | 0o644
    modified: int = 0


class Files:
    """The files on a handset, by path; folders are there when something is in them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._files: dict[str, File] = {}

    def __contains__(self, path: object) -> bool:
        return path in self._files

    def __getitem__(self, path: str) -> File:
        return self._files[path]

    def __setitem__(self, path: str, file: File) -> None:
        self._files[path] = file

    def remove(self, path: str) -> bool:
        """Remove a file; whether there was one."""
        return self._files.pop(path, None) is not None

    def stat(self, path: str) -> tuple[int, int, int]:
        """Mode, size and time of a path; all 0 if there is nothing."""
        file = self._files.get(path)
        if file is not None:
            return file.mode, len(file.content), file.modified
        return (_FOLDER_MODE, 0, 0) if path == "/" or self.names_in(path) else (0, 0, 0)

    def names_in(self, folder: str) -> list[str]:
        """Names of what is in a folder, sorted."""
        prefix = folder.rstrip("/") + "/"
        inside = (path.removeprefix(prefix) for path in self._files if path.startswith(prefix))
        return sorted({path.split("/")[0] for path in inside})


async def serve_sync(files: Files, stream: Stream) -> None:
    """Answer file requests until the host quits.

    Raises:
        StreamClosed: The host went away.
    """
    stream.accept()
    while True:
        code, length = _REQUEST.unpack(await stream.read_exactly(_REQUEST.size))
        if code == b"QUIT":
            return
        if length > _MAX_PATH:
            await _fail(stream, f"the path is {length} bytes long")
            return
        path = (await stream.read_exactly(length)).decode(errors="replace")
        if code == b"STAT":
            await stream.write(b"STAT" + struct.pack("<3I", *files.stat(path)))
        elif code == b"LIST":
            await _list(files, stream, path)
        elif code == b"SEND":
            await _receive(files, stream, path)
        elif code == b"RECV":
            await _send(files, stream, path)
        else:
            _LOG.error("adb: unknown sync request %r for %s", code, path)
            await _fail(stream, f"unknown request {code.decode(errors='replace')}")
            return


async def _list(files: Files, stream: Stream, folder: str) -> None:
    for name in files.names_in(folder):
        entry = files.stat(f"{folder.rstrip('/')}/{name}")
        encoded = name.encode()
        await stream.write(struct.pack("<4s4I", b"DENT", *entry, len(encoded)) + encoded)
    await stream.write(struct.pack("<4s4I", b"DONE", 0, 0, 0, 0))


async def _receive(files: Files, stream: Stream, path_and_mode: str) -> None:
    path, _, mode = path_and_mode.rpartition(",")
    content = bytearray()
    while True:
        code, length = _REQUEST.unpack(await stream.read_exactly(_REQUEST.size))
        if code == b"DONE":
            break
        if code != b"DATA" or length > _CHUNK:
            await _fail(stream, f"DATA of at most {_CHUNK} bytes expected, got {code!r} {length}")
            return
        content += await stream.read_exactly(length)
    if not path or not mode.isdecimal():
        await _fail(stream, f"{path_and_mode!r} is not a path and a mode")
        return
    kind = stat.S_IFREG | stat.S_IMODE(int(mode))
    files[path] = File(content=bytes(content), mode=kind, modified=length)
    await stream.write(_REQUEST.pack(b"OKAY", 0))


async def _send(files: Files, stream: Stream, path: str) -> None:
    if path not in files:
        await _fail(stream, f"open failed: {path}: No such file or directory")
        return
    content = files[path].content
    for start in range(0, len(content), _CHUNK):
        chunk = content[start : start + _CHUNK]
        await stream.write(_REQUEST.pack(b"DATA", len(chunk)) + chunk)
    await stream.write(_REQUEST.pack(b"DONE", 0))


async def _fail(stream: Stream, message: str) -> None:
    encoded = message.encode()
    await stream.write(_REQUEST.pack(b"FAIL", len(encoded)) + encoded)
