"""Talks to one HTTP service: time-outs, back-off, limits, and errors a person can act on."""

import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Final, TypeVar

import httpx
import stamina
from pydantic import BaseModel, SecretStr, ValidationError

from drivers.errors import ConfigError, DriverError, SessionLost
from drivers.inboxes.answer import Answer, problem_of, readable, requested_pause_s
from drivers.inboxes.errors import ArrivalsLost, BadAnswer
from drivers.inboxes.veil import Veil

_MOST_TRIES: Final = 5
_MOST_PAUSE_S: Final = 60.0
_BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
_MOST_SAID: Final = 200
_LEAST_SECRET: Final = 4
_TOKEN = re.compile(r"[\x21-\x7e]+")
_CONNECT_S: Final = 10.0

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How patient a service is with the other side.

    Attributes:
        answer_s: Longest time an answer may take, beside what the server was told to wait.
        interval_s: Shortest time between two looks.
        most_bytes: Largest answer.
    """

    answer_s: float = 30.0
    interval_s: float = 1.0
    most_bytes: int = 16 * 1024 * 1024


class Service:
    """A client of one service, for one inbox."""

    def __init__(
        self,
        name: str,
        url: str,
        *,
        secrets: Mapping[str, SecretStr],
        bearer: SecretStr | None = None,
        limits: Limits,
        wait: Callable[[float], object],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            name: The inbox's name, which errors begin with.
            url: The service's address.
            secrets: What stands behind ``{name}`` in paths and queries.
            bearer: Token for the header ``Authorization``.
            limits: How patient to be.
            wait: Waits a number of seconds; true when the run ends, at once.
            clock: Seconds since some moment.

        Raises:
            ConfigError: The address or the proxy cannot be used.
        """
        self.name = name
        self._known = (*secrets.values(), *([bearer] if bearer else []))
        self._limits = limits
        self._url = url
        self._wait = wait
        self._clock = clock
        self._next_look = clock()
        try:
            transport = Veil(httpx.URL(url), secrets, bearer)
        except (httpx.InvalidURL, ImportError, ValueError, ssl.SSLError) as error:
            # Its message may hold the proxy's password.
            raise ConfigError(
                f"{name}: the address {url}, or the proxy that HTTPS_PROXY, HTTP_PROXY or "
                f"ALL_PROXY names for it, cannot be used ({type(error).__name__}). Correct it; "
                "a socks5:// proxy needs: pip install 'httpx[socks]'"
            ) from None
        self._client = httpx.Client(transport=transport, follow_redirects=False, trust_env=False)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def pace(self) -> None:
        """Wait until it is polite to look again."""
        rest_s = self._next_look - self._clock()
        if rest_s > 0:
            self._wait(rest_s)
        self._next_look = self._clock() + self._limits.interval_s

    def get(
        self,
        path: str,
        query: Mapping[str, str | int] | None = None,
        *,
        hold_s: float = 0.0,
        is_repeatable: bool = True,
    ) -> Answer:
        """Ask; again, after a pause, when the service is busy or out of reach.

        The pause is the one that it asks for; where it asks for none, each is twice the last.

        Args:
            path: What follows the address, with placeholders; empty for the address itself.
            query: Query, with placeholders.
            hold_s: How long the server was told to wait before it answers.
            is_repeatable: Whether asking again gives the same. Where it does not, only what
                certainly never reached the server is asked again.

        Raises:
            SessionLost: It does not answer, or asks for too much patience.
            ArrivalsLost: The same, where the question cannot be repeated.
            BadAnswer: The answer is too large or cannot be unpacked.
        """
        next_pause_s = 0.0
        is_last = False

        def pause(error: Exception) -> float | bool:
            """Wait here, so that the end of the run ends the wait; stamina need not any more."""
            if not isinstance(error, _Unavailable) or is_last:
                return False
            if error.has_arrived and not is_repeatable:
                return False
            pause_s = next_pause_s if error.pause_s is None else error.pause_s
            if pause_s > _MOST_PAUSE_S or self._wait(pause_s):
                return False
            return 0.0

        try:
            for attempt in stamina.retry_context(
                on=pause,
                attempts=_MOST_TRIES,
                timeout=None,
                wait_initial=0.5,
                wait_max=8.0,
                wait_jitter=0.0,
            ):
                with attempt:
                    next_pause_s, is_last = attempt.next_wait, attempt.num == _MOST_TRIES
                    return self._once(path, query, hold_s)
        except _Unavailable as error:
            raise self._given_up(error, is_repeatable=is_repeatable) from None
        raise AssertionError("stamina always tries at least once")

    def read(self, answer: Answer, model: type[Model]) -> Model:
        """Understand an answer.

        Raises:
            BadAnswer: It is not JSON, or not of this form.
        """
        try:
            return model.model_validate_json(readable(answer.body))
        except ValidationError as error:
            # Neither the error nor what caused it may hold what was in the answer.
            problem = problem_of(answer, error)
        raise self.bad(answer, problem)

    def bad(self, answer: Answer, problem: str) -> BadAnswer:
        """The error for an answer that makes no sense."""
        return BadAnswer(
            f"{self.name}: {answer.place} gave an answer (HTTP {answer.status}) that makes no "
            f"sense: {self.scrub(problem)}. Check that `url` in the testbed is the service's own "
            "address, and that no proxy or log-in page lies between."
        )

    def refusal(self, answer: Answer, problem: str, remedy: str) -> str:
        """The sentence for a request that was refused."""
        return f"{self.name}: {answer.place} (HTTP {answer.status}): {problem} {remedy}"

    def scrub(self, text: str) -> str:
        """What a service says, on one short line, without any secret it may repeat."""
        for secret in self._known:
            value = secret.get_secret_value()
            if len(value) >= _LEAST_SECRET:  # one that is shorter would be found in any text
                text = text.replace(value, "…")
        return " ".join(text.split())[:_MOST_SAID]

    def _once(self, path: str, query: Mapping[str, str | int] | None, hold_s: float) -> Answer:
        place = f"{self._url.rstrip('/')}{path}" if path else self._url
        longest_s = self._limits.answer_s + hold_s
        timeout = httpx.Timeout(longest_s, connect=_CONNECT_S)
        try:
            with self._client.stream("GET", place, params=query, timeout=timeout) as response:
                body = self._body(response, place, self._clock() + longest_s)
                pause_s = (
                    requested_pause_s(response, body) if response.status_code in _BUSY else None
                )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.ProxyError) as error:
            raise _Unavailable(place, f"cannot be reached ({self._said(error)})") from None
        except httpx.TimeoutException:
            raise _Unavailable(
                place, f"did not answer within {longest_s:g} s", has_arrived=True
            ) from None
        except httpx.TransportError as error:
            raise _Unavailable(
                place, f"broke off ({self._said(error)})", has_arrived=True
            ) from None
        except httpx.DecodingError:
            raise BadAnswer(
                f"{self.name}: {place} gave an answer that cannot be unpacked. Something between "
                "here and there spoils it: a proxy, or a virus scanner."
            ) from None
        if response.status_code in _BUSY:
            raise _Unavailable(
                place,
                f"is busy (HTTP {response.status_code})",
                pause_s=pause_s,
                has_arrived=response.status_code != httpx.codes.TOO_MANY_REQUESTS,
            )
        answer = Answer(status=response.status_code, body=body, place=place)
        if response.is_redirect:
            raise self.bad(answer, "it leads to another address, which is not followed")
        return answer

    def _body(self, response: httpx.Response, place: str, deadline: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > self._limits.most_bytes:
                raise BadAnswer(
                    f"{self.name}: {place} gave an answer of more than "
                    f"{self._limits.most_bytes / 1e6:.0f} MB. Check `url` in the testbed."
                )
            if self._clock() > deadline:
                raise httpx.ReadTimeout("")  # one that trickles would never end
        return bytes(body)

    def _given_up(self, error: "_Unavailable", *, is_repeatable: bool) -> DriverError:
        if error.has_arrived and not is_repeatable:
            return ArrivalsLost(
                f"{self.name}: {error.place} {error.problem}. It deletes what it hands out, so "
                "messages may be lost. What was under way must be measured again."
            )
        if error.pause_s is not None and error.pause_s > _MOST_PAUSE_S:
            return SessionLost(
                f"{self.name}: {error.place} asks for a pause of {error.pause_s:.0f} s. Nothing is "
                "lost; wait, then resume the run, and look less often (interval_s)."
            )
        return SessionLost(
            f"{self.name}: {error.place} {error.problem}. It was asked up to {_MOST_TRIES} times. "
            "Check the address, the network and the service."
        )

    def _said(self, error: Exception) -> str:
        return self.scrub(str(error)) or type(error).__name__


class _Unavailable(Exception):
    """The service cannot answer now; never leaves this module."""

    def __init__(
        self, place: str, problem: str, *, pause_s: float | None = None, has_arrived: bool = False
    ) -> None:
        super().__init__(f"{place} {problem}")
        self.place = place
        self.problem = problem
        self.pause_s = pause_s
        self.has_arrived = has_arrived


def read_secret(value: str, what: str) -> SecretStr:
    """A token or number that can be sent.

    Raises:
        ConfigError: It holds a space or a line break, which would end up in an error of httpx.
    """
    if _TOKEN.fullmatch(value) is None:
        raise ConfigError(
            f"{what} is empty, or holds a space, a line break or a letter beyond ASCII. Set it "
            "again, without quotes inside and without a line break at its end."
        )
    return SecretStr(value)
