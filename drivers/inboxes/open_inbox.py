"""Inboxes brought to life: configuration and environment become an `Inbox`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic

from pydantic import SecretStr

from drivers.errors import ConfigError
from drivers.inboxes.config import InboxConfig, InboxKind
from drivers.inboxes.inbox import Inbox
from drivers.inboxes.matrix import MatrixInbox
from drivers.inboxes.plain_json import JsonInbox
from drivers.inboxes.service import Limits, Service, read_secret
from drivers.inboxes.signal import SignalInbox
from drivers.inboxes.spool import Spool
from drivers.inboxes.telegram import TelegramInbox


def open_inbox(
    config: InboxConfig,
    *,
    folder: Path,
    environ: Mapping[str, str],
    wait: Callable[[float], object],
    clock: Callable[[], float] = monotonic,
) -> Inbox:
    """Make an inbox; nothing is asked before `begin`.

    Args:
        config: Its testbed entry, without problems.
        folder: The run's folder; a resumed run must give the same.
        environ: Environment variables, with the secrets that the entry names.
        wait: Waits a number of seconds; true when the run ends, at once.
        clock: Seconds since some moment.

    Raises:
        ConfigError: A variable is missing, or the address cannot be used.
    """
    token = _secret(config, config.token_env, "token_env", environ)
    number = _secret(config, config.number_env, "number_env", environ)
    # Not secret as a token is, but neither to be logged; they are placeholders where they are sent.
    private = {"room": config.room, "sender": config.sender}
    secrets = {name: SecretStr(value) for name, value in private.items() if value}
    secrets |= {"token": token} if token is not None else {}
    secrets |= {"number": number} if number is not None else {}
    is_in_url = config.kind is InboxKind.TELEGRAM or "{token}" in config.url
    service = Service(
        config.name,
        config.url,
        secrets=secrets,
        bearer=None if is_in_url else token,
        limits=Limits(answer_s=config.answer_s, interval_s=config.interval_s),
        wait=wait,
        clock=clock,
    )
    if config.kind is InboxKind.MATRIX and config.room is not None:
        return MatrixInbox(service, room=config.room, sender=config.sender)
    if config.kind is InboxKind.TELEGRAM and config.room is not None:
        return TelegramInbox(service, room=int(config.room), sender=int(config.sender))
    if config.kind is InboxKind.JSON and config.paths is not None:
        return JsonInbox(service, config.paths, sender=config.sender, order=config.order)
    if config.kind is InboxKind.SIGNAL:
        spool = Spool(folder, config.name)
        return SignalInbox(service, spool, room=config.room, sender=config.sender)
    service.close()
    raise ConfigError(f"{config.name}: a {config.kind} inbox needs more keys; see docs/inboxes.md.")


def _secret(
    config: InboxConfig, variable: str | None, key: str, environ: Mapping[str, str]
) -> SecretStr | None:
    if variable is None:
        return None
    if variable not in environ:
        raise ConfigError(
            f"{config.name}: the environment variable {variable} ({key}) is not set. Set it for "
            "this run only, from a password store; do not write it into a file."
        )
    return read_secret(environ[variable], f"{config.name}: the environment variable {variable}")
