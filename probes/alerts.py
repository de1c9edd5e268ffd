"""Telling people what changed: webhooks, Slack, ntfy, Matrix.

A run's changes go to each channel in one message. They wait in the journal until the channel has
taken them, so a service that is down costs a delay and no alert; nothing here ends a run. Words,
verdicts and conditions are told, and no account: neither labels nor lanes are in a `ChangeRecord`.

Addresses and tokens from the environment are put in below httpx's log and exceptions, which would
repeat them.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

import httpx
from pydantic import SecretStr

from drivers.alert_channels import AlertChannel, address_problem
from drivers.inboxes.veil import proxy_of
from probes.alert_messages import Posting, posting
from probes.errors import CampaignError
from results.change_record import Alert
from results.errors import JournalError
from results.journal import Journal

TIMEOUT_S: Final = 10.0
"""How long each step of a delivery may take: to connect, to send, to answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What became of alerts.

    Attributes:
        delivered: By channel, how many changes it was told.
        kept: Why channels could not be told; what they were to be told waits for the next run.
    """

    delivered: Mapping[str, int]
    kept: Sequence[str]


def require_variables(
    channels: Sequence[AlertChannel], environment: Mapping[str, str] = os.environ
) -> None:
    """Refuse channels whose variables are not set, before anything depends on them.

    Raises:
        CampaignError: Some are not, or hold no address; all are named.
    """
    problems = [
        f"  alerts.{channel.name}: the environment variable {variable} is not set"
        for channel in channels
        for variable in channel.variables
        if not environment.get(variable)
    ]
    problems += [
        f"  alerts.{channel.name}: what {channel.url_env} holds {problem}"
        for channel in channels
        if channel.url_env is not None and (address := environment.get(channel.url_env))
        if (problem := address_problem(address)) is not None
    ]
    if problems:
        raise CampaignError(
            "Nobody could be told of changes; nothing was sent. A timer's or cron's environment "
            "is not that of your shell:\n" + "\n".join(problems)
        )


def deliver(
    journal: Journal,
    channels: Sequence[AlertChannel],
    environment: Mapping[str, str] = os.environ,
) -> Told:
    """Tell channels what waits to be told, each run's changes in one message.

    What was delivered is recorded at once. If this process dies right between the two, the message
    is sent again by the next run; it carries the same id.

    Args:
        journal: Where alerts wait.
        channels: The channels of the testbed; what waits for others is left alone.
        environment: Holds addresses and tokens.
    """
    delivered: dict[str, int] = {}
    kept: list[str] = []
    try:
        waiting = journal.alerts()
    except JournalError as error:
        return Told(delivered={}, kept=[str(error)])
    for channel in channels:
        own = [alert for alert in waiting if alert.channel == channel.name]
        for _, group in groupby(own, key=lambda alert: alert.change.run_id):
            alerts = list(group)
            problem = _tell(journal, channel, alerts, environment)
            if problem is not None:
                kept.append(f"{channel.name}: {problem}")
                break  # the order of changes is kept
            delivered[channel.name] = delivered.get(channel.name, 0) + len(alerts)
    return Told(delivered=delivered, kept=kept)


def send(channel: AlertChannel, message: Posting, environment: Mapping[str, str]) -> str | None:
    """Send a message to a channel, once.

    Returns:
        Why it was not taken, without address and token; ``None`` if it was.
    """
    try:
        require_variables([channel], environment)
        url = httpx.URL(channel.url or environment[channel.url_env or ""])
        token = None if channel.token_env is None else SecretStr(environment[channel.token_env])
        place, body = message.to(url)
        with httpx.Client(
            transport=_Sealed(place, token), timeout=TIMEOUT_S, trust_env=False
        ) as client:
            request = client.build_request(
                message.method, f"https://{channel.name}.invalid/", json=body
            )
            # The status says it all; an answer without end is not read.
            response = client.send(request, stream=True)
            response.close()
    except CampaignError as error:
        return str(error)
    except httpx.TimeoutException:
        return f"no answer within {TIMEOUT_S:g} s"
    except (httpx.HTTPError, httpx.InvalidURL, ImportError, ValueError, OSError) as error:
        # ImportError: the environment names a socks5:// proxy, and httpx[socks] is not installed.
        return f"it cannot be reached ({type(error).__name__})"
    if response.is_success:
        return None
    return f"it answered {response.status_code} {response.reason_phrase}".rstrip()


def _tell(
    journal: Journal,
    channel: AlertChannel,
    alerts: Sequence[Alert],
    environment: Mapping[str, str],
) -> str | None:
    changes = [alert.change for alert in alerts]
    problem = send(channel, posting(channel, changes), environment)
    if problem is None:
        try:
            journal.mark_delivered(alerts, datetime.now(UTC))
        except JournalError as error:
            return f"it was told, but that could not be recorded: {error}"
    return problem


class _Sealed(httpx.HTTPTransport):
    """Sends what is addressed to anybody to one address, with a token, and tells nobody of it."""

    def __init__(self, url: httpx.URL, token: SecretStr | None) -> None:
        # Certificates take a while to load; http:// has none.
        super().__init__(verify=url.scheme != "http", proxy=proxy_of(url))
        self._url = url
        self._token = token

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = request.headers.copy()
        headers["Host"] = self._url.netloc.decode("ascii")
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        return super().handle_request(
            httpx.Request(
                request.method,
                self._url,
                headers=headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )
