"""A real Matrix homeserver, Synapse with SQLite on the loopback address, and its users."""

import base64
import hmac
import importlib.util
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from drivers.ports import free_ports
from drivers.watchdog import watch

_START_S = 60.0
_LOOK_S = 0.1
_API = "/_matrix/client/v3"

# Loopback only, nothing federated, and nobody slowed down: tests write a hundred messages at once.
_CONFIGURATION = """
server_name: lab.test
pid_file: {folder}/homeserver.pid
listeners:
  - port: {port}
    type: http
    bind_addresses: [127.0.0.1]
    resources: [{{names: [client], compress: false}}]
database: {{name: sqlite3, args: {{database: {folder}/homeserver.db}}}}
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
log_config: {folder}/log.yaml
registration_shared_secret: {secret}
macaroon_secret_key: {secret}
report_stats: false
trusted_key_servers: []
federation_domain_whitelist: []
rc_message: &fast {{per_second: 10000, burst_count: 10000}}
rc_registration: *fast
rc_joins: {{local: *fast}}
rc_invites: {{per_room: *fast, per_user: *fast, per_issuer: *fast}}
rc_admin_redaction: *fast
rc_room_creation: *fast
"""
_LOG = """
version: 1
formatters: {plain: {format: "%(asctime)s %(levelname)s %(name)s %(message)s"}}
handlers: {stream: {class: logging.StreamHandler, formatter: plain}}
root: {level: WARNING, handlers: [stream]}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixUser:
    """A user who is logged in."""

    url: str
    id: str
    token: str
    client: httpx.Client

    def call(self, method: str, path: str, content: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self.client.request(
            method,
            f"{self.url}{_API}{path}",
            json=content or {},
            headers={"Authorization": f"Bearer {self.token}"},
        )
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result

    def make_room(self, *, invited: "MatrixUser", version: str, is_encrypted: bool = False) -> str:
        encryption = {
            "type": "m.room.encryption",
            "state_key": "",
            "content": {"algorithm": "m.megolm.v1.aes-sha2"},
        }
        room = self.call(
            "POST",
            "/createRoom",
            {
                "room_version": version,
                "preset": "private_chat",
                "invite": [invited.id],
                "initial_state": [encryption] if is_encrypted else [],
            },
        )
        return str(room["room_id"])

    def join(self, room: str) -> None:
        self.call("POST", f"/join/{quote(room)}")

    def put(self, room: str, kind: str, content: dict[str, Any]) -> str:
        place = f"/rooms/{quote(room)}/send/{kind}/{secrets.token_hex(8)}"
        return str(self.call("PUT", place, content)["event_id"])

    def say(self, room: str, text: str) -> str:
        return self.put(room, "m.room.message", {"msgtype": "m.text", "body": text})

    def edit(self, room: str, event: str, text: str) -> None:
        self.put(
            room,
            "m.room.message",
            {
                "msgtype": "m.text",
                "body": f"* {text}",
                "m.new_content": {"msgtype": "m.text", "body": text},
                "m.relates_to": {"rel_type": "m.replace", "event_id": event},
            },
        )

    def redact(self, room: str, event: str) -> None:
        place = f"/rooms/{quote(room)}/redact/{quote(event)}/{secrets.token_hex(8)}"
        self.call("PUT", place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Homeserver:
    """A homeserver that runs."""

    url: str
    secret: str
    client: httpx.Client

    def register(self, name: str) -> MatrixUser:
        """Make a user, as the documentation of Synapse says (admin_api/register_api)."""
        place = f"{self.url}/_synapse/admin/v1/register"
        nonce = self.client.get(place).json()["nonce"]
        password = secrets.token_hex(8)
        signed = "\0".join((nonce, name, password, "notadmin")).encode()
        answer = self.client.post(
            place,
            json={
                "nonce": nonce,
                "username": name,
                "password": password,
                "admin": False,
                "mac": hmac.digest(self.secret.encode(), signed, "sha1").hex(),
            },
        )
        user = answer.raise_for_status().json()
        return MatrixUser(
            url=self.url, id=user["user_id"], token=user["access_token"], client=self.client
        )


@contextmanager
def run_homeserver(folder: Path) -> Iterator[Homeserver]:
    """Start a homeserver, and end it, at the latest with this process (`drivers.watchdog`)."""
    assert importlib.util.find_spec("synapse"), "pip install -e '.[homeserver]'"
    (port,) = free_ports(1)
    secret = secrets.token_hex(16)
    configuration = folder / "homeserver.yaml"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=port, secret=secret))
    (folder / "log.yaml").write_text(_LOG)
    key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    (folder / "signing.key").write_text(f"ed25519 a_test {key}\n")
    log = folder / "homeserver.log"
    command = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(configuration)]
    url = f"http://127.0.0.1:{port}"
    client = httpx.Client(trust_env=False, timeout=30.0)
    watchdog = watch([(command, log)])
    with client, watchdog:
        try:
            deadline = time.monotonic() + _START_S
            while not _is_ready(client, url):
                with suppress(subprocess.TimeoutExpired):
                    watchdog.wait(_LOOK_S)
                    raise AssertionError(f"Synapse ended:\n{log.read_text()}")
                assert time.monotonic() < deadline, f"Synapse does not answer:\n{log.read_text()}"
            yield Homeserver(url=url, secret=secret, client=client)
        finally:
            watchdog.terminate()


def _is_ready(client: httpx.Client, url: str) -> bool:
    try:
        return client.get(f"{url}/health").is_success
    except httpx.HTTPError:
        return False
