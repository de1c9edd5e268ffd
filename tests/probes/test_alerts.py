"""Changes are told to people: each once, never an account, never lost, never in a run's way."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send
from typer.testing import CliRunner

from drivers.alert_channels import AlertChannel, AlertKind
from probes import alerts as sending
from probes.alert_messages import MOST_BYTES, posting
from probes.alerts import Told, deliver, require_variables
from probes.cli import app
from probes.errors import CampaignError
from results.change_record import Change, ChangeRecord, ComparisonRecord
from results.circumstances import Circumstances
from results.journal import Journal
from tests.drivers.inboxes.contract import served
from tests.probes.sessions import ONE_LANE, Sessions
from tests.results.examples import CONDITION, RUN
from tests.testbeds import rule, write_testbed

SECRET = "xoxb-planted-secret"
SECOND = replace(RUN, id="20240502T120000Z-cd34", started_at=RUN.started_at + timedelta(days=1))


@dataclass
class Service:
    """A service that takes messages, or does not."""

    status: int = 200
    requests: list[tuple[str, str, dict[str, str], Any]] = field(default_factory=list)
    answers: Event = field(default_factory=Event)

    def __post_init__(self) -> None:
        self.answers.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        path = scope["raw_path"].decode()
        body = json.loads(await request.body())
        self.requests.append((request.method, path, dict(request.headers), body))
        reply: Response = PlainTextResponse("no", status_code=self.status)
        await reply(scope, receive, send)

    @property
    def bodies(self) -> list[Any]:
        return [body for *_, body in self.requests]


@pytest.fixture
def service() -> Service:
    """A service that takes everything."""
    return Service()


@pytest.fixture
def address(service: Service) -> Iterator[str]:
    """Where it listens."""
    with served(service) as url:
        yield url


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal with two runs."""
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        journal.start_run(RUN)
        journal.start_run(SECOND)
        yield journal


def change(keyword: str = "達賴 & <喇嘛>", run_id: str = RUN.id) -> ChangeRecord:
    """A change of an entry."""
    return ChangeRecord(
        run_id=run_id,
        entry_id=f"id of {keyword}",
        keyword=keyword,
        circumstances=Circumstances.of(CONDITION),
        change=Change.NEWLY_CENSORED,
        sentence=f"{keyword}: newly censored on {Circumstances.of(CONDITION)}",
    )


def record(journal: Journal, *changes: ChangeRecord, channels: tuple[str, ...] = ("ops",)) -> None:
    """Let a run find changes that channels have to be told."""
    found = ComparisonRecord(run_id=changes[0].run_id, baseline="before", changes=changes)
    journal.save_comparison(found, channels)


def channel(kind: AlertKind, url: str, **keys: str) -> AlertChannel:
    """A channel named ops."""
    return AlertChannel(name="ops", kind=kind, url=url, **keys)


def test_webhook(journal: Journal, service: Service, address: str) -> None:
    """A webhook gets each change with its parts, and a token from the environment."""
    record(journal, change())
    hook = channel(AlertKind.WEBHOOK, f"{address}/hook?a=b", token_env="OPS_TOKEN")
    assert deliver(journal, [hook], {"OPS_TOKEN": SECRET}) == Told(delivered={"ops": 1}, kept=[])
    ((method, path, headers, body),) = service.requests
    assert (method, path) == ("POST", "/hook")
    assert headers["authorization"] == f"Bearer {SECRET}"
    assert headers["host"] == address.removeprefix("http://")
    assert body["changes"] == [
        {
            "entry_id": "id of 達賴 & <喇嘛>",
            "keyword": "達賴 & <喇嘛>",
            "change": "newly censored",
            "app": "courier",
            "chat": "group",
            "sender_region": "CN",
            "receiver_region": "CA",
            "text": "達賴 & <喇嘛>: newly censored on courier, group chat, CN → CA",
        }
    ]
    assert (body["run"], body["title"]) == (RUN.id, "Undelivered: 1 entry changed")
    assert len(body["id"]) == 32


def test_slack(journal: Journal, service: Service, address: str) -> None:
    """Slack gets a text in which its three signs are escaped; its address is a secret."""
    record(journal, change())
    slack = AlertChannel(name="ops", kind=AlertKind.SLACK, url_env="OPS_HOOK")
    deliver(journal, [slack], {"OPS_HOOK": f"{address}/services/{SECRET}"})
    ((_, path, _, body),) = service.requests
    assert path == f"/services/{SECRET}"
    assert body == {
        "text": "Undelivered: 1 entry changed\n"
        "達賴 &amp; &lt;喇嘛&gt;: newly censored on courier, group chat, CN → CA"
    }


def test_ntfy(journal: Journal, service: Service, address: str) -> None:
    """The ntfy server gets JSON at its root, the topic in it."""
    record(journal, change("達賴"))
    deliver(journal, [channel(AlertKind.NTFY, f"{address}/words-9f3c")], {})
    ((method, path, _, body),) = service.requests
    assert (method, path, body["topic"]) == ("POST", "/", "words-9f3c")
    assert body["message"] == "達賴: newly censored on courier, group chat, CN → CA"


def test_matrix(journal: Journal, service: Service, address: str) -> None:
    """A Matrix room gets a notice, under an id that is the same if it is sent again."""
    record(journal, change())
    room = channel(AlertKind.MATRIX, address, token_env="OPS_TOKEN", room="!abc:example.org")
    service.status = 502
    for status in (502, 200):
        service.status = status
        deliver(journal, [room], {"OPS_TOKEN": SECRET})
    first, second = service.requests
    assert first[:2] == second[:2]
    assert first[0] == "PUT"
    assert first[1].startswith("/_matrix/client/v3/rooms/%21abc%3Aexample.org/send/m.room.message/")
    assert first[3]["msgtype"] == "m.notice"


def test_one_change_is_one_alert(journal: Journal, service: Service, address: str) -> None:
    """What a channel has taken is never sent again; the changes of a run come in one message."""
    record(journal, change("a"), change("b"))
    hook = channel(AlertKind.WEBHOOK, address)
    assert deliver(journal, [hook], {}).delivered == {"ops": 2}
    assert deliver(journal, [hook], {}) == Told(delivered={}, kept=[])
    assert [[each["keyword"] for each in body["changes"]] for body in service.bodies] == [
        ["a", "b"]
    ]


@pytest.mark.parametrize("status", [302, 404, 429, 500])
def test_what_is_not_taken_is_kept(
    journal: Journal, service: Service, address: str, status: int
) -> None:
    """A channel that does not take an alert gets it with the next run, before the newer one."""
    hook = channel(AlertKind.WEBHOOK, address)
    service.status = status
    record(journal, change("older"))
    told = deliver(journal, [hook], {})
    assert not told.delivered
    assert told.kept[0].startswith(f"ops: it answered {status}")
    service.status = 204
    record(journal, change("newer", SECOND.id))
    assert deliver(journal, [hook], {}).delivered == {"ops": 2}
    assert [body["changes"][0]["keyword"] for body in service.bodies] == ["older", "older", "newer"]


def test_one_channel_does_not_stop_another(
    journal: Journal, service: Service, address: str
) -> None:
    """A service that is not there costs the others nothing."""
    record(journal, change(), channels=("gone", "ops"))
    gone = replace(channel(AlertKind.WEBHOOK, "http://127.0.0.1:1"), name="gone")
    told = deliver(journal, [gone, channel(AlertKind.WEBHOOK, address)], {})
    assert told.delivered == {"ops": 1}
    assert told.kept == ["gone: it cannot be reached (ConnectError)"]
    assert [alert.channel for alert in journal.alerts()] == ["gone"]


def test_proxy_that_cannot_be_used(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that needs what is not installed, or is none, costs a delay and no run."""
    record(journal, change())
    for proxy in ("socks5://127.0.0.1:1", "gopher://127.0.0.1:1"):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        told = deliver(journal, [channel(AlertKind.WEBHOOK, "https://example.invalid/hook")], {})
        assert told.kept[0].startswith("ops: it cannot be reached (")
    assert len(journal.alerts()) == 1


def test_commands(journal: Journal, service: Service, address: str, tmp_path: Path) -> None:
    """`undelivered alerts` tries channels, delivers what waits, and fails if it could not."""
    record(journal, change())
    path = journal.path
    journal.close()
    testbed = write_testbed(tmp_path / "testbed")
    alerts = f'\n[alerts.ops]\nkind = "webhook"\nurl = "{address}/hook"\n'
    testbed.write_text(testbed.read_text(encoding="utf-8") + alerts, encoding="utf-8")
    command = ["alerts", "--testbed", str(testbed), "--journal", str(path)]
    assert CliRunner().invoke(app, [*command, "--test"]).stdout == "ops: told\n"
    assert (service.bodies[0]["title"], service.bodies[0]["count"]) == ("Undelivered: a test", 0)
    service.status = 500
    failed = CliRunner().invoke(app, command)
    assert (failed.exit_code, failed.stderr) == (
        1,
        "error: ops: it answered 500 Internal Server Error\n",
    )
    service.status = 200
    assert CliRunner().invoke(app, command).stdout == "ops: told of 1\n"
    assert CliRunner().invoke(app, command).stdout == "nothing waits to be told\n"
    none = CliRunner().invoke(app, ["alerts", "--testbed", "embedded"])
    assert "has no table [alerts.NAME]" in none.stderr


def test_service_that_never_answers(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that takes the connection and says nothing is given up after a while."""
    release = Event()

    async def silent(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("type") != "http.disconnect":
            release.set()

    monkeypatch.setattr(sending, "TIMEOUT_S", 0.2)
    record(journal, change())
    with served(silent) as url:
        told = deliver(journal, [channel(AlertKind.WEBHOOK, url)], {})
    assert release.is_set()
    assert told.kept == ["ops: no answer within 0.2 s"]


def test_secrets_are_told_nowhere(
    journal: Journal, service: Service, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither log nor problem holds a token or an address from the environment."""
    caplog.set_level(logging.DEBUG)
    caplog.handler.addFilter(lambda record: not record.name.startswith("uvicorn"))
    record(journal, change())
    slack = AlertChannel(
        name="ops", kind=AlertKind.SLACK, url_env="OPS_HOOK", token_env="OPS_TOKEN"
    )
    environment = {"OPS_HOOK": f"{address}/services/{SECRET}", "OPS_TOKEN": SECRET}
    service.status = 403
    told = deliver(journal, [slack], environment)
    bad = deliver(journal, [slack], {**environment, "OPS_HOOK": f"ftp://{SECRET}"})
    assert len(service.requests) == 1
    assert "ops.invalid" in caplog.text
    assert SECRET not in caplog.text + str(told) + str(bad)


def test_variables_are_asked_for_first() -> None:
    """Variables that are not set, or hold no address, are all named, and no value is."""
    channels = [
        AlertChannel(name="ops", kind=AlertKind.SLACK, url_env="OPS_HOOK"),
        channel(AlertKind.WEBHOOK, "https://example.org", token_env="OPS_TOKEN"),
    ]
    with pytest.raises(CampaignError) as caught:
        require_variables(channels, {"OPS_HOOK": f"http://example.org/{SECRET}"})
    assert "variable OPS_TOKEN is not set" in str(caught.value)
    assert "what OPS_HOOK holds begins with http://" in str(caught.value)
    assert SECRET not in str(caught.value)
    require_variables(channels, {"OPS_HOOK": "https://example.org/x", "OPS_TOKEN": "t"})


def test_long_lists_of_changes_are_cut() -> None:
    """A message stays short however much has changed, and says how much it leaves out."""
    changes = [change(f"{number} བོད་ལྗོངས") for number in range(1_000)]
    body = posting(channel(AlertKind.NTFY, "https://ntfy.example/words"), changes).body
    text = str(body["message"])
    assert MOST_BYTES / 2 < len(text.encode()) < MOST_BYTES + 100
    lines = text.splitlines()
    assert lines[-1] == f"… and {1_000 - len(lines) + 1} more: undelivered compare"


def test_run_tells_what_changed(
    sessions: Sessions, tmp_path: Path, service: Service, address: str
) -> None:
    """A run on a testbed with alerts compares itself, tells what changed, and passes."""
    alerts = f'\n[alerts.ops]\nkind = "webhook"\nurl = "{address}/hook"\n'
    before, after = (
        write_testbed(tmp_path / name, rules, changes=ONE_LANE)
        for name, rules in (("before", []), ("after", [rule("Middle Way")]))
    )
    for testbed in (before, after):
        testbed.write_text(testbed.read_text(encoding="utf-8") + alerts, encoding="utf-8")
    sessions.measure(before, "-k", "Middle or 天气")
    sessions.measure(before, "-k", "Middle or 天气")
    assert not service.requests
    service.status = 503
    result = sessions.measure(after, "-k", "Middle or 天气")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        ["Alert not delivered, kept for the next run: ops: it answered 503 Service Unavailable"]
    )
    service.status = 200
    result = sessions.measure(after, "-k", "Middle or 天气")
    result.stdout.fnmatch_lines(["Told of changes: ops (1)"])
    sessions.measure(after, "-k", "Middle or 天气")
    kept, told = service.bodies
    assert kept == told
    assert [each["keyword"] for each in told["changes"]] == ["Middle Way"]
    labels = ("cn-1", "cn-2", "phone-1", "lane-1", "Bo", "embedded")
    assert not [each for each in labels if each in json.dumps(told)]


def test_run_without_its_variables_is_refused(sessions: Sessions, tmp_path: Path) -> None:
    """A run whose alerts could reach nobody is refused before it sends anything."""
    testbed = write_testbed(tmp_path / "testbed", changes=ONE_LANE)
    alerts = '\n[alerts.ops]\nkind = "slack"\nurl_env = "UNDELIVERED_NOT_SET"\n'
    testbed.write_text(testbed.read_text(encoding="utf-8") + alerts, encoding="utf-8")
    result = sessions.measure(testbed)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*alerts.ops: the environment variable UNDELIVERED_NOT_SET is *"])
    assert not sessions.attempts()
