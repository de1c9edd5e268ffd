"""Fetching lists from the web, from a real server on this machine."""

import gzip
import tomllib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.wordlists.importers.samples import CONGRESS
from tests.wordlists.importers.web import Handler, Site, open_site
from tests.wordlists.lists import make_library
from wordlists.cli import app
from wordlists.errors import WordlistError
from wordlists.importers.download import MAX_REDIRECTS, cache_folder, download

BODY = "\n".join(CONGRESS).encode()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A server that is trusted, and a cache of one's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with open_site(tmp_path) as found:
        monkeypatch.setenv("SSL_CERT_FILE", str(found.certificate))
        yield found


def test_file_is_fetched_with_its_hash(site: Site) -> None:
    """What was fetched is kept whole, and known by its name and its hash."""
    address = site.serve("/lists/congress.csv", BODY, Content_Type="text/csv; charset=utf-8")
    found = download(address)
    assert found.path.read_bytes() == BODY
    assert (found.name, found.url) == ("congress.csv", address)
    assert found.sha256 == sha256(BODY).hexdigest()
    assert found.path.is_relative_to(cache_folder())


def test_unchanged_file_is_not_fetched_again(site: Site) -> None:
    """The second time, the entity tag is sent, and the cached file taken if nothing changed."""

    def answer(handler: Handler) -> None:
        if handler.headers.get("If-None-Match") == '"v1"':
            handler.reply(b"", status=304)
        else:
            handler.reply(BODY, ETag='"v1"', Content_Type="text/csv")

    site.answers["/a.csv"] = answer
    first, second = (download(f"{site.address}/a.csv") for _ in range(2))
    assert (first.is_cached, second.is_cached) == (False, True)
    assert second.path.read_bytes() == BODY
    assert [tag for _, tag in site.asked] == ["", '"v1"']
    first.path.write_bytes(b"spoilt")
    third = download(f"{site.address}/a.csv")
    assert not third.is_cached
    assert third.path.read_bytes() == BODY


def test_redirects_are_followed_to_https(site: Site) -> None:
    """An address may lead to another one, as long as that is https."""
    site.serve("/b.csv", BODY, Content_Type="text/csv")
    site.serve("/a", b"", status=302, Location="/b.csv")
    assert download(f"{site.address}/a").name == "b.csv"


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("http://127.0.0.1:9/b.csv", "it redirects to http://127.0.0.1:9/b.csv, which anybody"),
        ("file:///etc/passwd", "it redirects to file:///etc/passwd"),
        ("/a", f"it redirects more than {MAX_REDIRECTS} times"),
    ],
)
def test_other_redirects_are_refused(site: Site, target: str, what: str) -> None:
    """No redirect leads to a connection that can be read or changed, to a file, or in circles."""
    site.serve("/a", b"", status=302, Location=target)
    with pytest.raises(WordlistError, match=what):
        download(f"{site.address}/a")


@pytest.mark.parametrize(
    ("headers", "body", "what"),
    [
        ({"Content_Type": "text/html"}, b"<html>", "this is a web page and not a file"),
        ({"Content_Type": "image/png"}, b"\x89PNG", "'image/png', which is no list"),
        ({"Content_Type": "text/csv", "status": 404}, b"", "the server answers 404 Not Found"),
        ({"Content_Type": "text/csv"}, b"x" * 2_000, "it is larger than"),
        (
            {"Content_Type": "text/csv", "Content_Encoding": "gzip"},
            gzip.compress(b"x" * 1_000_000),
            "it is larger than",
        ),
    ],
    ids=["page", "picture", "missing", "large", "bomb"],
)
def test_what_is_no_list_is_refused(
    site: Site, headers: dict[str, Any], body: bytes, what: str
) -> None:
    """Pages, pictures, errors and files that are, or unpack to, too much are not kept."""
    address = site.serve("/a", body, **headers)
    with pytest.raises(WordlistError, match=what):
        download(address, max_bytes=1_000)
    assert list(cache_folder().glob("*.data")) == []
    assert list(cache_folder().glob("*.part")) == []


def test_slow_server_is_given_up(site: Site) -> None:
    """A server that sends forever is given up when the time is over."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/csv")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            pass  # the other side has gone, as it should

    site.answers["/a"] = answer
    with pytest.raises(WordlistError, match="takes too long"):
        download(f"{site.address}/a", time_limit_s=0.2, max_bytes=10**12)


def test_broken_answer_is_a_plain_message(site: Site) -> None:
    """A server that hangs up in the middle leaves nothing behind."""

    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x")

    site.answers["/a"] = answer
    with pytest.raises(WordlistError, match="it cannot be fetched"):
        download(f"{site.address}/a")
    assert list(cache_folder().glob("*")) == []


@pytest.mark.parametrize(
    ("address", "what"),
    [
        ("http://127.0.0.1/a.csv", "lists are fetched over https only"),
        ("ftp://127.0.0.1/a.csv", "lists are fetched over https only"),
        ("https://127.0.0.1:1/a.csv", "it cannot be fetched"),
        ("https://[x/a.csv", "this is no address"),
        ("https:///a.csv", ""),
    ],
)
def test_bad_addresses_are_plain_messages(site: Site, address: str, what: str) -> None:
    """An address that cannot be fetched is said to, with the address."""
    with pytest.raises(WordlistError) as caught:
        download(address)
    assert what in str(caught.value)
    assert str(caught.value).startswith(address)


def test_server_that_nobody_vouches_for_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A certificate of an unknown authority is refused."""
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(WordlistError, match="certificate"):
        download(site.serve("/a.csv", BODY))


def test_import_records_where_a_list_is_from(site: Site, tmp_path: Path) -> None:
    """lists.toml keeps address, hash and what became of the rows; another hash is refused."""
    library = make_library(tmp_path / "lists")
    address = site.serve("/congress.csv", BODY, Content_Type="text/csv")
    words = ["--folder", str(library), "import", address]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    described = tomllib.loads((library / "local" / "lists.toml").read_text(encoding="utf-8"))
    origin = described["congress"]["origin"]
    assert origin["source"] == address
    assert origin["sha256"] == sha256(BODY).hexdigest()
    assert (origin["rows_read"], origin["rows_taken"], origin["rows_merged"]) == (4, 3, 1)
    assert described["congress"]["licence"] == "CC-BY-NC-SA-4.0"
    other = [*words, "--as", "x", "--sha256", "0" * 64]
    result = CliRunner().invoke(app, other, catch_exceptions=False)
    assert result.exit_code == 1
    assert f"its SHA-256 is {sha256(BODY).hexdigest()}" in result.stderr
