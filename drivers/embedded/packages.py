"""The apps installed on an embedded handset, and what an APK says it is."""

import io
import struct
import zipfile
from dataclasses import dataclass
from typing import Final

SERVER: Final = "io.appium.uiautomator2.server"
"""The app whose instrumentation is the UiAutomator2 server."""

SERVER_TEST: Final = f"{SERVER}.test"
"""The instrumentation."""

SETTINGS: Final = "io.appium.settings"
"""Appium's helper: notifications, clipboard, typing."""

_MANIFEST: Final = "AndroidManifest.xml"
_STRING_POOL, _START_ELEMENT = 0x0001, 0x0102
_UTF8 = 1 << 8
_INTEGER = 0x10
_LONG_LENGTH = 0x80


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """An app.

    Attributes:
        name: Its name, such as ``org.undelivered.courier``.
        version_code: Its version as a number that grows.
        version_name: Its version for people.
    """

    name: str
    version_code: int
    version_name: str


class BadPackage(Exception):
    """An APK that cannot be read."""


def preinstalled(app: Package) -> dict[str, Package]:
    """What is on a new handset, by name: the app under test, and old versions of Appium's helpers.

    They are old, so that a driver that compares versions (for which it needs aapt2) replaces them.

    Args:
        app: The app under test.
    """
    helpers = (SERVER, SERVER_TEST, SETTINGS)
    return {
        app.name: app,
        **{name: Package(name=name, version_code=1, version_name="0.0.1") for name in helpers},
    }


def read_package(apk: bytes) -> Package:
    """What an APK is, from its binary manifest.

    Raises:
        BadPackage: It is no APK.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(apk)) as archive:
            return _read_manifest(archive.read(_MANIFEST))
    except (zipfile.BadZipFile, KeyError, ValueError, IndexError, struct.error) as error:
        raise BadPackage(f"not an APK: {error!r}") from error


def _read_manifest(manifest: bytes) -> Package:
    """Read the root element of Android's binary XML (`ResourceTypes.h`)."""
    strings: list[str] = []
    place = 8
    while place < len(manifest):
        kind, header, size = struct.unpack_from("<HHI", manifest, place)
        if kind == _STRING_POOL:
            strings = _strings(manifest[place : place + size])
        elif kind == _START_ELEMENT:
            values = _attributes(manifest[place : place + size], header, strings)
            return Package(
                name=values["package"],
                version_code=int(values.get("versionCode", "0")),
                version_name=values.get("versionName", ""),
            )
        if size < header:
            raise ValueError(f"a chunk of {size} bytes")
        place += size
    raise ValueError("the manifest has no element")


def _attributes(chunk: bytes, header: int, strings: list[str]) -> dict[str, str]:
    start, size, count = struct.unpack_from("<HHH", chunk, header + 8)
    values = {}
    for place in range(header + start, header + start + size * count, size):
        _, name, raw, _, kind, value = struct.unpack_from("<3iHxBI", chunk, place)
        values[strings[name]] = str(value) if kind == _INTEGER else strings[raw]
    return values


def _strings(chunk: bytes) -> list[str]:
    header = struct.unpack_from("<H", chunk, 2)[0]
    count, _, flags, start = struct.unpack_from("<4I", chunk, 8)
    offsets = struct.unpack_from(f"<{count}I", chunk, header)
    read = _utf8 if flags & _UTF8 else _utf16
    return [read(chunk, start + offset) for offset in offsets]


def _utf8(chunk: bytes, place: int) -> str:
    place += 2 if chunk[place] & _LONG_LENGTH else 1  # length in characters
    length = chunk[place]
    place += 1
    if length & _LONG_LENGTH:
        length = (length & ~_LONG_LENGTH) << 8 | chunk[place]
        place += 1
    return chunk[place : place + length].decode(errors="replace")


def _utf16(chunk: bytes, place: int) -> str:
    (length,) = struct.unpack_from("<H", chunk, place)  # above 32767 there would be a second word
    return chunk[place + 2 : place + 2 + 2 * length].decode("utf-16-le", errors="replace")
