"""Keeps secrets out of everything that httpx writes down.

The Bot API wants its token in the path of the URL, and signal-cli-rest-api a phone number. httpx
logs each URL, and its exceptions carry the request. So requests are built with placeholders, such
as ``/bot{token}/getUpdates``; the transport fills them in, below the log and the exceptions.
"""

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import quote
from urllib.request import getproxies, proxy_bypass

import httpx
from pydantic import SecretStr


class Veil(httpx.HTTPTransport):
    """A transport that fills in placeholders and the token.

    A client that is given a transport looks at no proxy variables, so it is done here:
    HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are honoured, except for this machine.
    """

    def __init__(
        self, url: httpx.URL, secrets: Mapping[str, SecretStr], bearer: SecretStr | None
    ) -> None:
        """Prepare for one server.

        Args:
            url: Its address.
            secrets: What stands behind ``{name}`` in paths and queries.
            bearer: Token for the header ``Authorization``.
        """
        # Certificates take a while to load; http:// has none.
        super().__init__(verify=url.scheme != "http", proxy=proxy_of(url))
        self._secrets = secrets
        self._bearer = bearer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request with everything filled in."""
        target = request.url.raw_path
        for name, secret in self._secrets.items():
            value = quote(secret.get_secret_value(), safe=":").encode()
            for written in (f"%7B{name}%7D", f"{{{name}}}"):  # httpx escapes them, but in a query
                target = target.replace(written.encode(), value)
        headers = request.headers.copy()
        if self._bearer is not None:
            headers["Authorization"] = f"Bearer {self._bearer.get_secret_value()}"
        return super().handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(raw_path=target),
                headers=headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def proxy_of(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address; never one for this machine."""
    if is_loopback(url.host) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if proxy is not None and "://" not in proxy:
        return f"http://{proxy}"
    return proxy
