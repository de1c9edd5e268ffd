"""Fetches a list that is published on the web: over https alone, bounded in size and in time.

What was fetched is kept beside its entity tag, so that a weekly import asks for a list and is told
that it has not changed, and with its checksum, so that a file spoilt on the disk is fetched anew.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from time import monotonic
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from wordlists.errors import file_error

MAX_BYTES: Final = 100 * 1024 * 1024
MAX_REDIRECTS: Final = 5
TIME_LIMIT_S: Final = 300.0
_TIMEOUT: Final = httpx.Timeout(30.0, connect=10.0)
_TYPES: Final = (
    *("text/csv", "text/plain", "text/tab-separated-values", "text/x-csv"),
    *("application/csv", "application/json", "application/jsonl", "application/x-ndjson"),
    *("application/x-jsonlines", "application/octet-stream", "binary/octet-stream"),
    *("application/vnd.ms-excel", "application/zip"),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
_SECURE: Final = "https"


class _Memory(BaseModel):
    """What is known of a file in the cache."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    etag: str
    sha256: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that was fetched."""

    path: Path
    """Where it is now, in the cache."""
    url: str
    """Where it came from, after all redirects."""
    name: str
    """The last part of the address, by which the file is called."""
    sha256: str
    """The hash of its content, hexadecimal."""
    is_cached: bool
    """Whether the server said that it has not changed since it was last fetched."""


def cache_folder() -> Path:
    """Where fetched files are kept: ``undelivered`` in the user's cache (XDG_CACHE_HOME)."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    folder = Path(given) if Path(given).is_absolute() else Path.home() / ".cache"
    return folder / "undelivered" / "wordlists"


def download(
    url: str,
    *,
    folder: Path | None = None,
    max_bytes: int = MAX_BYTES,
    time_limit_s: float = TIME_LIMIT_S,
) -> Download:
    """Fetch a file, or take it from the cache if the server says that it has not changed.

    Args:
        url: Its address, https only; so is every address it redirects to.
        folder: The cache; `cache_folder` by default.
        max_bytes: The largest file that is taken, unpacked.
        time_limit_s: How long all of it may take, in seconds.

    Raises:
        WordlistError: It cannot be fetched, or is not the kind of file that a list is.
    """
    folder = folder or cache_folder()
    stem = folder / sha256(url.encode()).hexdigest()
    deadline = monotonic() + time_limit_s
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with httpx.Client(timeout=_TIMEOUT, headers={"User-Agent": "undelivered"}) as client:
            known = _remember(stem)
            with _follow(client, url, known.etag if known else "", deadline) as response:
                if response.status_code == httpx.codes.NOT_MODIFIED and known is not None:
                    return _download(stem, known, is_cached=True)
                _judge(response, url)
                data_hash = _save(response, stem, url, max_bytes, deadline)
                memory = _Memory(
                    url=str(response.url),
                    etag=response.headers.get("ETag", ""),
                    sha256=data_hash,
                    name=_name(response.url.path) or _name(urlsplit(url).path),
                )
        stem.with_suffix(".json").write_text(memory.model_dump_json(), encoding="utf-8")
    # urlsplit raises ValueError for what httpx calls an invalid URL.
    except (httpx.InvalidURL, ValueError) as error:
        raise file_error(url, f"this is no address ({error})", "check it") from error
    except httpx.TimeoutException as error:
        raise file_error(url, "the server does not answer in time", "try again later") from error
    except httpx.HTTPError as error:
        raise file_error(url, f"it cannot be fetched ({error})", "check the address") from error
    except OSError as error:
        what = f"the file cannot be kept ({error.strerror})"
        raise file_error(url, what, f"make room in {folder}, or set XDG_CACHE_HOME") from error
    return _download(stem, memory, is_cached=False)


@contextmanager
def _follow(client: httpx.Client, url: str, etag: str, deadline: float) -> Iterator[httpx.Response]:
    """Ask for an address, and for those it redirects to as long as they are https."""
    asked = url
    for _ in range(MAX_REDIRECTS + 1):
        if urlsplit(asked).scheme.lower() != _SECURE:
            what = (
                f"it redirects to {asked}, which anybody on the way could change"
                if asked != url
                else "lists are fetched over https only"
            )
            raise file_error(url, what, "give an https address, or fetch the file by hand")
        if monotonic() > deadline:
            raise file_error(url, "the server takes too long", "fetch the file by hand")
        headers = {"If-None-Match": etag} if etag else {}
        with client.stream("GET", asked, headers=headers) as response:
            if not response.has_redirect_location:
                yield response
                return
            asked = urljoin(asked, response.headers["Location"])
    raise file_error(url, f"it redirects more than {MAX_REDIRECTS} times", "check the address")


def _judge(response: httpx.Response, url: str) -> None:
    if response.status_code != httpx.codes.OK:
        what = f"the server answers {response.status_code} {response.reason_phrase}"
        raise file_error(url, what, "check the address")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind in {"text/html", "application/xhtml+xml"}:
        what = "this is a web page and not a file"
        raise file_error(url, what, "give the address of the file itself (on GitHub, that of Raw)")
    if kind and kind not in _TYPES:
        what = f"the server says that this is {kind!r}, which is no list"
        raise file_error(url, what, "fetch the file by hand and give its path, if it is one")


def _save(response: httpx.Response, stem: Path, url: str, max_bytes: int, deadline: float) -> str:
    """Write what comes to the cache, whole or not at all; give its hash."""
    found = sha256()
    size = 0
    # A part file of its own for each process: two may fetch the same list at once.
    with NamedTemporaryFile(dir=stem.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            # Unpacked, so that a few bytes that unpack to a great many are found out here.
            for chunk in response.iter_bytes(65_536):
                size += len(chunk)
                if size > max_bytes:
                    what = f"it is larger than {max_bytes / 1024 / 1024:g} MiB"
                    raise file_error(url, what, "allow more with --max-mib, if that is right")
                if monotonic() > deadline:
                    raise file_error(url, "the server takes too long", "fetch the file by hand")
                found.update(chunk)
                file.write(chunk)
            file.close()
            part.replace(stem.with_suffix(".data"))
        finally:
            part.unlink(missing_ok=True)
    return found.hexdigest()


def hash_file(path: Path) -> str:
    """The SHA-256 of a file, hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _remember(stem: Path) -> _Memory | None:
    """What is known of a file, if it is in the cache as it was fetched."""
    try:
        memory = _Memory.model_validate_json(stem.with_suffix(".json").read_bytes())
        found = hash_file(stem.with_suffix(".data"))
    except (OSError, ValidationError):
        return None
    return memory if found == memory.sha256 else None


def _download(stem: Path, memory: _Memory, *, is_cached: bool) -> Download:
    return Download(
        path=stem.with_suffix(".data"),
        url=memory.url,
        name=memory.name,
        sha256=memory.sha256,
        is_cached=is_cached,
    )


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]
