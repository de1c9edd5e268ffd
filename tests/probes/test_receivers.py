"""The main job with inboxes that read in a handset's place, and with observers."""

import csv
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from results.journal import LATEST, Journal
from results.record import ReadMode, Sighting, VerdictKind
from tests.probes.inbox_bridge import InboxBridge, bridge, inbox
from tests.probes.sessions import IMPATIENT, ONE_LANE, Sessions, wait_until
from tests.testbeds import fault, rule, write_testbed

RULES = (
    rule("达赖喇嘛"),
    rule("时轮金刚", "印度", action="mask"),
    rule("Middle Way", action="refuse"),
)
CENSORED = {"达赖喇嘛", "时轮金刚 + 印度", "Middle Way"}
ABROAD = '\n[[account]]\nlabel = "ca-1"\nregion = "CA"\ndedicated = true\n'
WATCHED = (
    '    { kind = "group", title = "Weekend walks" },\n]\n',
    '    { kind = "group", title = "Weekend walks" },\n]\nobservers = ["abroad"]\n',
)


@pytest.fixture
def sessions(pytester: pytest.Pytester, tmp_path: Path) -> Sessions:
    """Sessions with a small list."""
    return Sessions(pytester, tmp_path)


@pytest.fixture
def served(sessions: Sessions) -> Iterator[InboxBridge]:
    """A server from which inboxes read what embedded accounts were given."""
    with bridge(sessions.results) as running:
        yield running


def one_lane(
    folder: Path, rules: tuple[str, ...], *changes: tuple[str, str], more: str = ""
) -> Path:
    """A testbed of one lane with some changes."""
    return write_testbed(folder, rules, changes=[*ONE_LANE, *IMPATIENT, *changes], more=more)


def reads_from(served: InboxBridge) -> tuple[tuple[str, str], ...]:
    """Changes to the shipped testbed: its lane is read from an inbox."""
    return (
        ('receiver = "phone-2"', 'receiver = "outside"'),
        ("[[lane]]", inbox("outside", served.url) + "\n[[lane]]"),
    )


def watched_from_abroad(end: str) -> tuple[tuple[str, str], ...]:
    """Changes to the shipped testbed: an account abroad is in its group."""
    return WATCHED, ("[[canary]]", f"{ABROAD}{end}\n[[canary]]")


def phone_abroad() -> str:
    """A handset with an account abroad."""
    return '\n[[handset]]\nname = "abroad"\naccount = "ca-1"\napp = "courier"\nappium = "embedded"'


def censored(sessions: Sessions) -> set[str]:
    """The keywords that the only run calls censored."""
    verdicts = sessions.verdicts()
    assert VerdictKind.INCONCLUSIVE not in verdicts.values()
    return {word for word, kind in verdicts.items() if kind is VerdictKind.CENSORED}


def table(sessions: Sessions, name: str) -> list[dict[str, Any]]:
    """The rows of a file of the only run."""
    with (sessions.folder / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sightings(sessions: Sessions) -> list[Sighting]:
    """What observers saw in the latest run."""
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        return journal.sightings(journal.run(LATEST).id)


def test_inbox_reads_in_a_handsets_place(
    sessions: Sessions, served: InboxBridge, tmp_path: Path
) -> None:
    """Read from an inbox, the run finds exactly what the policy says, and claims nothing more."""
    testbed = one_lane(tmp_path / "testbed", RULES, *reads_from(served))
    result = sessions.measure(testbed)
    assert result.ret == 0, result.outlines
    assert censored(sessions) == CENSORED
    arrived = [row.attempt for row in sessions.messages() if row.attempt.arrived_text is not None]
    assert {each.read_mode for each in arrived} == {ReadMode.INBOX}
    assert {each.still_there_at for each in arrived} == {None}  # the service tells no removals


def test_what_is_edited_after_arrival_is_altered(
    sessions: Sessions, served: InboxBridge, tmp_path: Path
) -> None:
    """A message that reads differently at a later look is altered, and both texts are kept."""
    served.edited["天气"] = "**"
    testbed = one_lane(tmp_path / "testbed", (), *reads_from(served))
    result = sessions.measure(testbed)
    assert result.ret == 0, result.outlines
    assert censored(sessions) == {"天气"}
    edited = [each for each in sessions.attempts() if each.edited_at is not None]
    assert {(each.text, each.arrived_text) for each in edited} == {("天气", "**")}
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        came = {each.attempt_id: each.text for each in journal.arrivals(journal.run(LATEST).id)}
    assert {came[each.id] for each in edited} == {"天气"}


@pytest.mark.parametrize("at", [5, 9])
def test_killed_run_reads_each_arrival_once(
    sessions: Sessions, served: InboxBridge, tmp_path: Path, at: int
) -> None:
    """After kill -9 an inbox goes on where the journal says: nothing lost, nothing twice."""
    testbed = one_lane(tmp_path / "testbed", RULES, *reads_from(served))
    sessions.kill(sessions.start_until(testbed, at))
    result = sessions.resume()
    assert result.ret == 0, result.outlines
    assert censored(sessions) == CENSORED
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        arrivals = journal.arrivals(journal.run(LATEST).id)
    ids = [each.message_id for each in arrivals]
    assert None not in ids
    assert len(set(ids)) == len(ids)
    assert len(ids) == len(served.messages("outside"))
    assert [each.place for each in arrivals] == list(range(len(arrivals)))


def test_service_that_is_down_for_a_while(
    sessions: Sessions, served: InboxBridge, tmp_path: Path
) -> None:
    """While the service answers errors, nothing is called missing; the run goes on after it."""
    testbed = one_lane(tmp_path / "testbed", RULES, *reads_from(served))
    process = sessions.start_until(testbed, 4)
    served.status = 503
    wait_until(lambda: served.refused > 1, "it was asked in vain")
    served.status = 200
    output, _ = process.communicate()
    assert process.returncode == 0, output.decode()
    assert censored(sessions) == CENSORED


@pytest.mark.parametrize("kind", ["handset", "inbox"])
def test_observer_tells_filtered_for_some(
    sessions: Sessions, served: InboxBridge, tmp_path: Path, kind: str
) -> None:
    """An account outside the filtered region shows that a missing message was sent."""
    by_receiver = tuple(
        f'{each}applies_to = "receiver"\n' if "refuse" not in each else each for each in RULES
    )
    end = phone_abroad() if kind == "handset" else inbox("abroad", served.url, account="ca-1")
    testbed = one_lane(tmp_path / "testbed", by_receiver, *watched_from_abroad(end))
    result = sessions.measure(testbed, "--chat", "group", "--strategy", "solo")
    assert result.ret == 0, result.outlines
    assert censored(sessions) == CENSORED
    rows = table(sessions, "receivers.csv")
    messages = {each.id: each for each in sessions.attempts()}
    assert {row["attempt_id"] for row in rows} == messages.keys()
    found: dict[str, set[str]] = {}
    for row in rows:
        if row["comparison"] != "nothing_to_compare":
            found.setdefault(messages[row["attempt_id"]].text, set()).add(row["comparison"])
    assert found["达赖喇嘛"] == {"filtered_for_the_receiver"}
    assert found["时轮金刚 印度"] == {"filtered_for_the_receiver"}
    assert found["Middle Way"] == {"seen_by_nobody"}
    assert found["天气"] == {"seen_by_both"}
    assert {row["receiver_region"] for row in rows} == {"CA"}
    said = {row["keyword"]: row["verdict"] for row in table(sessions, "receiver_verdicts.csv")}
    assert {word for word, kind in said.items() if kind == "censored"} == {"Middle Way"}
    result.stdout.fnmatch_lines(["*abroad*Middle Way*"])


def test_observer_that_dies_spoils_nothing(sessions: Sessions, tmp_path: Path) -> None:
    """When an observer is lost, the lane's own verdicts stay what they are, and it is said."""
    end = phone_abroad()
    testbed = one_lane(
        tmp_path / "testbed",
        RULES,
        *watched_from_abroad(end),
        more=fault("abroad", "dies", after_messages=6),
    )
    result = sessions.measure(testbed, "--chat", "group")
    assert result.ret == 0, result.outlines
    assert censored(sessions) == CENSORED
    result.stdout.fnmatch_lines(["*Observer lost: lane-1: abroad*"])
    seen = sightings(sessions)
    assert 0 < sum(each.arrived_at is not None for each in seen) < len(sessions.attempts())
    doubtful = {each.attempt_id for each in seen if each.fault is not None}
    assert doubtful
    rows = {row["attempt_id"]: row["outcome"] for row in table(sessions, "receivers.csv")}
    assert {rows[each] for each in doubtful} == {"unknown"}


def test_observer_goes_on_after_an_interruption(
    sessions: Sessions, served: InboxBridge, tmp_path: Path
) -> None:
    """A resumed run knows what its observer had seen, and misses nothing that came meanwhile."""
    end = inbox("abroad", served.url, account="ca-1")
    testbed = one_lane(tmp_path / "testbed", RULES, *watched_from_abroad(end))
    process = sessions.start_until(testbed, 7, "--chat", "group")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    result = sessions.resume()
    assert result.ret == 0, result.outlines
    assert censored(sessions) == CENSORED
    arrived = [each for each in sessions.attempts() if each.arrived_at is not None]
    seen = {each.attempt_id: each for each in sightings(sessions)}
    differing = {
        each.id: (each.arrived_text, seen[each.id].arrived_text)
        for each in arrived
        if each.id in seen and seen[each.id].arrived_text != each.arrived_text
    }
    assert not differing
    with Journal.open(sessions.results / "journal.sqlite", read_only=True) as journal:
        of_observer = journal.arrivals(journal.run(LATEST).id, observer="abroad")
    ids = [each.message_id for each in of_observer]
    assert len(set(ids)) == len(ids) == len(served.messages("abroad"))
