"""Answers of services: what they hold, and what is wrong with them, told without their content."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

_PLAIN_KEY = re.compile(r"[A-Za-z_]{1,40}")
_MOST_PROBLEMS = 3
_MARK = b"\xef\xbb\xbf"  # a byte order mark, which some services begin with
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)
_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


class Table(BaseModel):
    """A part of an answer: exact types; what it holds is never repeated in an error."""

    model_config = ConfigDict(
        extra="ignore", frozen=True, strict=True, hide_input_in_errors=True, populate_by_name=True
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of a service, whole.

    Attributes:
        status: HTTP status.
        body: Content, unpacked.
        place: The address it came from, without secrets.
    """

    status: int
    body: bytes
    place: str


class _Parameters(Table):
    retry_after: float = 0.0


class _Refused(Table):
    retry_after_ms: float = 0.0
    parameters: _Parameters = _Parameters()


def requested_pause_s(response: httpx.Response, body: bytes) -> float | None:
    """How long the service asks to wait, seconds: the longest it says; ``None`` if it says none.

    It may say so in ``Retry-After`` (RFC 9110, 10.2.3), as Matrix's ``retry_after_ms`` or as
    Telegram's ``parameters.retry_after``.
    """
    pauses = [0.0]
    header = response.headers.get("Retry-After", "")
    with suppress(ValueError):
        pauses.append(float(header))
    with suppress(ValueError):
        at = parsedate_to_datetime(header)
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        pauses.append((at - datetime.now(UTC)).total_seconds())
    with suppress(ValidationError):
        refused = _Refused.model_validate_json(body)
        pauses += [refused.retry_after_ms / 1000, refused.parameters.retry_after]
    longest_s = max(each for each in pauses if each < float("inf"))
    return longest_s if longest_s > 0 else None


def readable(body: bytes) -> bytes:
    """JSON as parsers want it: without a byte order mark, and without halves of characters.

    Where a service or a filter cuts a text within an emoji, half of it is left, which JSON can
    write and no parser of ours takes. It becomes U+FFFD; otherwise one such message, whoever sent
    it, would keep all others from being read.
    """
    return _ESCAPE.sub(
        lambda found: b"\\ufffd" if _HALF.fullmatch(found[0]) else found[0],
        body.removeprefix(_MARK),
    )


def problem_of(answer: Answer, error: ValidationError) -> str:
    """Why an answer could not be understood, without anything of its content."""
    start = answer.body[:512].lstrip(b"\xef\xbb\xbf \r\n\t")
    if not start:
        return "it is empty"
    if start.startswith(b"<"):
        return "it is a web page, not JSON"
    problems = error.errors(include_url=False)[:_MOST_PROBLEMS]
    return "; ".join(map(_sentence, problems))


def _sentence(error: ErrorDetails) -> str:
    # Keys that are not part of the protocol may be names of rooms or people.
    parts = (
        str(part) if isinstance(part, int) or _PLAIN_KEY.fullmatch(part) else "…"
        for part in error["loc"]
    )
    place = ".".join(parts)
    if error["type"] == "missing":
        return f"{place} is missing"
    return f"{place}: {error['msg']}" if place else error["msg"]
