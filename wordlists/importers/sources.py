"""Where a list is imported from: a path, or an address on the web."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from wordlists.errors import file_error
from wordlists.importers.download import MAX_BYTES, download, hash_file

_MARK: Final = "://"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file to import."""

    path: Path
    """Where it is on this machine."""
    name: str
    """What it is called."""
    address: str
    """What lists.toml says of where it is from: the address, or the name of the file. A path would
    tell whose machine it was on."""
    sha256: str
    """The hash of its content, hexadecimal."""
    is_cached: bool
    """Whether it was fetched earlier and has not changed since."""


def open_source(text: str, *, max_bytes: int = MAX_BYTES, expected: str | None = None) -> Source:
    """Find a file on this machine, or fetch it.

    Args:
        text: A path, or an https address.
        max_bytes: The largest file to fetch.
        expected: The hash it must have, hexadecimal.

    Raises:
        WordlistError: It is not there, cannot be fetched, or has another hash.
    """
    if _MARK in text:
        fetched = download(text, max_bytes=max_bytes)
        source = Source(
            path=fetched.path,
            name=fetched.name or "list",
            address=fetched.url,
            sha256=fetched.sha256,
            is_cached=fetched.is_cached,
        )
    else:
        path = Path(text).expanduser()
        try:
            found = hash_file(path)
        except OSError as error:
            what = f"the file cannot be read ({error.strerror})"
            raise file_error(path, what, "check the path") from error
        source = Source(path=path, name=path.name, address=path.name, sha256=found, is_cached=False)
    if expected is not None and source.sha256 != expected.lower():
        what = f"its SHA-256 is {source.sha256}, not {expected.lower()}"
        raise file_error(
            text, what, "it is another file than the one that was meant; ask for it anew"
        )
    return source
