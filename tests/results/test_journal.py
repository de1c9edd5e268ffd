"""The journal: what it keeps, through what, and whom it refuses."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from results import migrations
from results.errors import JournalError, explained
from results.journal import Journal
from results.migrations import MIGRATIONS, Migration
from results.record import (
    ArrivalRecord,
    Attempt,
    Cursor,
    MessageKind,
    Notice,
    ReadMode,
    SenderState,
    VoidReason,
)
from results.rows import joined_ids, time_text
from results.rules import BracketLimits, score
from results.verdict_rules import verdicts
from tests.results.examples import CONDITION, RUN, START, arrived, entry, lane_of, sent
from tests.results.test_rules import NOISE

REPOSITORY = Path(__file__).parents[2]
any_text = st.text(st.characters(), max_size=20)  # lone surrogates included


def test_attempt_is_kept_as_begun_and_as_observed(journal: Journal) -> None:
    """An attempt reads back as it was begun, then as it was last updated, equal to the original."""
    attempt = sent(0, MessageKind.PROBE, "e", "f")
    journal.begin_attempt(attempt)
    assert journal.attempts(RUN.id) == [attempt]
    observed = replace(
        arrived(attempt, "***"),
        sender_state=SenderState.FAILED,
        own_text="",
        notice=Notice.CONTENT_REJECTED,
        edited_at=START,
        gone_at=START,
        still_there_at=START,
        observed_until=START + timedelta(microseconds=1),
        read_mode=ReadMode.OCR,
        fault=VoidReason.WRONG_CHAT,
        fault_detail="title was 'x'",
    )
    journal.observe([observed])
    assert journal.attempts(RUN.id) == [observed]


@settings(deadline=None)  # a disk or a processor may be busy
@given(texts=st.lists(any_text, min_size=4, max_size=4))
def test_any_text_is_kept_exactly(texts: list[str]) -> None:
    """NUL, line ends and lone surrogates come back as they went in, wherever they stand."""
    with TemporaryDirectory() as folder, Journal.open(Path(folder) / "j") as journal:
        run = replace(RUN, settings={texts[0]: texts[1]}, testbed=texts[2])
        journal.start_run(run)
        journal.add_entries(run.id, [entry("e", *texts)])
        attempt = replace(arrived(sent(0), texts[1]), text=texts[0], own_text=texts[2])
        journal.begin_attempt(attempt)
        arrival = ArrivalRecord(
            run_id=run.id,
            lane="a",
            place=0,
            text=texts[3],
            seen_at=START,
            attempt_id=attempt.id,
            read_mode=ReadMode.NOTIFICATIONS,
        )
        journal.observe([], [arrival])
        assert journal.runs() == [run]
        assert journal.entries(run.id) == [entry("e", *texts)]
        assert journal.attempts(run.id, "a") == [attempt]
        assert journal.arrivals(run.id, "a") == [arrival]


def test_runs_begin_end_and_reopen(journal: Journal) -> None:
    """A run is listed as it stands: running, ended with a reason, or taken up again."""
    assert journal.runs() == [RUN]
    journal.finish_run(RUN.id, START, "the budget is used up")
    assert journal.runs() == [replace(RUN, finished_at=START, stopped="the budget is used up")]
    journal.reopen_run(RUN.id)
    assert journal.runs() == [RUN]


@pytest.mark.parametrize("end", [Journal.reopen_run, lambda j, run: j.finish_run(run, START, None)])
def test_unknown_run_cannot_end(journal: Journal, end: Callable[[Journal, str], None]) -> None:
    """A run that was never started is named, not made up."""
    with pytest.raises(JournalError, match="no run 'x'"):
        end(journal, "x")


def test_run_is_found_by_what_people_type(journal: Journal) -> None:
    """A run is found as latest, by its id and by the beginning of it, but never by guessing."""
    newer = replace(RUN, id="20240502T120000Z-cd34", started_at=START + timedelta(days=1))
    longer = replace(RUN, id=RUN.id + "5", started_at=START - timedelta(days=1))
    journal.start_run(newer)
    journal.start_run(longer)
    assert journal.runs() == [newer, RUN, longer]
    assert journal.run("latest") == newer
    assert journal.run("20240502") == newer
    assert journal.run(RUN.id) == RUN
    with pytest.raises(JournalError, match=f"could be {newer.id}, {RUN.id}, {longer.id}"):
        journal.run("2024")
    with pytest.raises(JournalError, match=f"no run '%'; it has {newer.id}, "):
        journal.run("%")
    with pytest.raises(JournalError, match="no run ''"):
        journal.run("")


def test_empty_journal_says_so(path: Path) -> None:
    """Asking an empty journal for a run says that there is none yet, and how to get one."""
    with Journal.open(path) as empty, pytest.raises(JournalError, match="no runs yet; run `pytest"):
        empty.run("latest")


def test_entries_are_added_once(journal: Journal) -> None:
    """Entries keep their order and what a run first knew of them."""
    journal.add_entries(RUN.id, [entry("b"), entry("a", "x", "y")])
    journal.add_entries(RUN.id, [replace(entry("a"), category="POLR"), entry("c")])
    assert journal.entries(RUN.id) == [entry("b"), entry("a", "x", "y"), entry("c")]


def test_arrivals_are_replaced_by_place(journal: Journal) -> None:
    """A second look at a place replaces the first, and an arrival may belong to no attempt."""
    attempt = sent(0)
    journal.begin_attempt(attempt)
    first = ArrivalRecord(run_id=RUN.id, lane="a", place=0, text="x", seen_at=START)
    second = replace(first, place=1, text="y")
    other = replace(first, lane="b")
    journal.observe([], [second, other, first])
    aligned = replace(first, attempt_id=attempt.id)
    journal.observe([], [aligned])
    assert journal.arrivals(RUN.id) == [aligned, second, other]
    assert journal.arrivals(RUN.id, "b") == [other]


def test_observations_are_all_or_none(journal: Journal) -> None:
    """If one arrival cannot be written, nothing that was observed with it is."""
    journal.begin_attempt(sent(0))
    good = ArrivalRecord(run_id=RUN.id, lane="a", place=0, text="x", seen_at=START)
    bad = replace(good, place=1, attempt_id="nobody")
    with pytest.raises(JournalError, match=f"attempt '{sent(0).id}', 2 arrivals could not be"):
        journal.observe([arrived(sent(0))], [good, bad])
    assert journal.arrivals(RUN.id) == []
    assert journal.attempts(RUN.id) == [sent(0)]


def test_cursor_is_committed_with_what_it_stands_for(journal: Journal) -> None:
    """What an inbox gave and where it goes on are on the disk together, or neither is."""
    journal.begin_attempt(sent(0))
    came = ArrivalRecord(
        run_id=RUN.id, lane="a", place=0, text="x", seen_at=START, message_id="m-1"
    )
    cursor = Cursor(run_id=RUN.id, receiver="outside", cursor="1")
    assert journal.cursor(RUN.id, "outside") is None
    with pytest.raises(JournalError, match="begin it before observing it"):
        journal.observe([sent(9)], [came], cursor)
    assert (journal.arrivals(RUN.id), journal.cursor(RUN.id, "outside")) == ([], None)
    journal.observe([], [came], cursor)
    assert (journal.arrivals(RUN.id), journal.cursor(RUN.id, "outside")) == ([came], "1")
    with pytest.raises(JournalError):
        journal.begin_attempt(sent(0), (), (), replace(cursor, cursor="2"))
    assert journal.cursor(RUN.id, "outside") == "1"
    journal.begin_attempt(sent(1), (), (), replace(cursor, cursor="2"))
    assert journal.cursor(RUN.id, "outside") == "2"
    assert journal.cursor(RUN.id, "another") is None


def test_observers_arrivals_are_kept_apart(journal: Journal) -> None:
    """The same place of a lane holds one text for its receiver and one for each observer."""
    own = ArrivalRecord(run_id=RUN.id, lane="a", place=0, text="x", seen_at=START)
    others = [replace(own, text=name, receiver=name) for name in ("abroad", "home")]
    journal.observe([], [own, *others])
    assert journal.arrivals(RUN.id) == [own]
    assert journal.arrivals(RUN.id, "a", "home") == [others[1]]


def test_verdicts_are_replaced(journal: Journal) -> None:
    """Saved verdicts read back equal, and saving again replaces them."""
    lane = lane_of("CpCpC")
    entries = [entry("f"), entry("e")]
    made = verdicts(entries, lane, score(lane, BracketLimits()), CONDITION, NOISE)
    journal.add_entries(RUN.id, entries)
    journal.save_verdicts(RUN.id, made)
    assert journal.verdicts(RUN.id) == made
    journal.save_verdicts(RUN.id, made[1:])
    assert journal.verdicts(RUN.id) == made[1:]


def test_attempts_are_listed_in_order_and_by_lane(journal: Journal) -> None:
    """Attempts come in the order of the run, all or those of one lane."""
    attempts = [sent(2, lane_seq=0), sent(0, lane="b", lane_seq=1), sent(1, lane="b", lane_seq=0)]
    for attempt in attempts:
        journal.begin_attempt(attempt)
    assert journal.attempts(RUN.id) == [attempts[1], attempts[2], attempts[0]]
    assert journal.attempts(RUN.id, "b") == [attempts[1], attempts[2]]
    assert journal.count_attempts(RUN.id) == 3


@pytest.mark.parametrize(
    "second",
    [sent(0), replace(sent(1), seq=0), replace(sent(1), lane_seq=0), replace(sent(1), run_id="x")],
)
def test_attempt_that_contradicts_is_refused(journal: Journal, second: Attempt) -> None:
    """A taken id or place, or an unknown run, is refused by name before anything is sent."""
    journal.begin_attempt(sent(0))
    with pytest.raises(JournalError, match=f"attempt '{second.id}' could not be written"):
        journal.begin_attempt(second)
    assert journal.attempts(RUN.id) == [sent(0)]


def test_attempt_must_be_begun_before_it_is_observed(journal: Journal) -> None:
    """An update never makes up a row."""
    with pytest.raises(JournalError, match="begin it before observing it"):
        journal.observe([sent(0)])


def test_budget_counts_what_may_have_been_tapped(journal: Journal) -> None:
    """Sends count per account across runs, from start up to but without end."""
    later = replace(RUN, id="later")
    journal.start_run(later)
    cases = [
        sent(0),
        replace(sent(1), sent_at=None),  # killed at the tap
        replace(sent(2), sent_at=None, fault=VoidReason.SESSION_LOST),
        replace(sent(3), sent_at=None, fault=VoidReason.INPUT_MISMATCH),  # stopped before the tap
        replace(sent(4), sent_at=None, fault=VoidReason.WRONG_CHAT),
        replace(sent(5), sender="sender-2"),
        replace(sent(6), run_id="later"),
        sent(7),
    ]
    for attempt in cases:
        journal.begin_attempt(attempt)
    assert journal.sent_between("sender-1", START, cases[7].created_at) == 4
    assert journal.sent_between("sender-2", START, START + timedelta(days=1)) == 1
    assert journal.sent_between("sender-1", START + timedelta(microseconds=1), START) == 0


@given(st.datetimes(timezones=st.timezones(), min_value=datetime(1970, 1, 2)))  # noqa: DTZ001
def test_times_are_utc_to_the_microsecond(time: datetime) -> None:
    """Every aware time is written in UTC and read back as the same instant."""
    text = time_text(time)
    assert len(text) == len("2024-05-01T12:00:00.000000+00:00")
    assert datetime.fromisoformat(text) == time.astimezone(UTC)


def test_time_without_zone_is_refused() -> None:
    """A naive time could mean anything."""
    with pytest.raises(JournalError, match="no time zone"):
        time_text(START.replace(tzinfo=None))


def test_time_of_another_zone_counts_the_same(journal: Journal) -> None:
    """Budgets compare instants, not the way they are written."""
    journal.begin_attempt(sent(0))
    zone = timezone(timedelta(hours=8))
    start = START.astimezone(zone)
    assert journal.sent_between("sender-1", start, start + timedelta(seconds=1)) == 1


@pytest.mark.parametrize("bad", ["", "a b", "a\n", "\u3000"])
def test_ids_hold_no_white_space(bad: str) -> None:
    """An id that could not be told apart in a list of ids is refused."""
    with pytest.raises(JournalError, match="cannot be an id"):
        joined_ids(("a", bad))


def test_threads_share_a_journal(journal: Journal) -> None:
    """Lanes write from their own threads, and every attempt is there once."""

    def send(lane: int) -> None:
        for place in range(25):
            attempt = sent(lane * 25 + place, lane=f"lane-{lane}", lane_seq=place)
            journal.begin_attempt(attempt)
            journal.observe([arrived(attempt)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(send, range(4)))
    attempts = journal.attempts(RUN.id)
    assert [attempt.seq for attempt in attempts] == list(range(100))
    assert all(attempt.arrived_text == attempt.text for attempt in attempts)


WRITER = """
import sys
from pathlib import Path
from results.journal import Journal
from tests.results.examples import RUN, sent
with Journal.open(Path(sys.argv[1])) as journal:
    journal.start_run(RUN)
    for seq in range(1_000_000):
        journal.begin_attempt(sent(seq))
        print(seq, flush=True)
"""


def _writer(path: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("lines", [1, 20, 57])
def test_kill_loses_no_attempt(path: Path, lines: int) -> None:
    """After kill -9, every attempt whose begin_attempt returned is there, and writing goes on."""
    with _writer(path) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(lines)]
        os.kill(writer.pid, signal.SIGKILL)
        said += [int(line) for line in writer.stdout.read().splitlines()]
    assert writer.returncode == -signal.SIGKILL
    with Journal.open(path) as journal:
        kept = journal.attempts(RUN.id)
        assert [attempt.seq for attempt in kept][: len(said)] == said
        assert kept == [sent(seq) for seq in range(len(kept))]
        assert len(kept) - len(said) <= 1  # begun, killed before it could say so
        journal.begin_attempt(sent(len(kept)))


def test_second_writer_is_refused(path: Path) -> None:
    """While a process writes, another is refused and told which; reading is open to all."""
    with _writer(path) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        with pytest.raises(JournalError, match=f"written by process {writer.pid};"):
            Journal.open(path)
        with Journal.open(path, read_only=True) as reader:
            assert reader.attempts(RUN.id)[0] == sent(0)
        writer.kill()
    with Journal.open(path) as journal:
        assert journal.runs() == [RUN]


def test_lock_is_released_on_close(path: Path) -> None:
    """A closed journal can be opened again, and closing twice does no harm."""
    first = Journal.open(path)
    first.close()
    first.close()
    with Journal.open(path):
        pass
    with pytest.raises(JournalError, match="closed"):
        first.runs()


def test_failed_open_releases_the_lock(path: Path) -> None:
    """A journal that could not be opened is not left locked."""
    path.parent.mkdir()
    path.write_bytes(b"no database, but long enough to be taken for one" * 50)
    with pytest.raises(JournalError, match="it is not a journal"):
        Journal.open(path)
    path.unlink()
    with Journal.open(path) as journal:
        assert journal.runs() == []


def test_reader_cannot_write(journal: Journal) -> None:
    """A journal opened for reading refuses to write, by name."""
    with (
        Journal.open(journal.path, read_only=True) as reader,
        pytest.raises(JournalError, match="opened for reading only; attempt"),
    ):
        reader.begin_attempt(sent(0))


def test_nothing_to_read(path: Path) -> None:
    """Reading makes no file."""
    with pytest.raises(JournalError, match="no journal at"):
        Journal.open(path, read_only=True)
    assert not path.exists()


def test_folder_in_place_of_a_journal(path: Path) -> None:
    """A folder at the path is said to be no file."""
    path.mkdir(parents=True)
    with pytest.raises(JournalError, match="check that it is a file"):
        Journal.open(path)


def test_database_of_something_else(path: Path) -> None:
    """The database of another program is left alone."""
    path.parent.mkdir()
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE cookies (name TEXT)")
    other.close()
    with pytest.raises(JournalError, match=r"not a journal .*'cookies'"):
        Journal.open(path)


def test_journal_locked_by_another_program(journal: Journal) -> None:
    """A lock of SQLite's own, held by some other program, is explained."""
    with sqlite3.connect(journal.path, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        journal._connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(JournalError, match="another program holds it locked"):
            journal.begin_attempt(sent(0))
        other.execute("ROLLBACK")
    other.close()
    journal.begin_attempt(sent(0))


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (sqlite3.SQLITE_READONLY_DBMOVED, "change its permissions"),
        (sqlite3.SQLITE_FULL, "make room"),
        (sqlite3.SQLITE_IOERR_FSYNC, "check it"),
        (sqlite3.SQLITE_CORRUPT, "keep it"),
    ],
)
def test_errors_of_the_disk_say_what_to_do(code: int, advice: str) -> None:
    """What SQLite says by number is said in words, with the file and the way out."""
    error = sqlite3.OperationalError("as SQLite puts it")
    error.sqlite_errorcode = code
    message = str(explained(error, Path("j.sqlite"), "attempt 'x'"))
    assert message.startswith("j.sqlite: attempt 'x' could not be written: ")
    assert advice in message


NEXT = Migration(
    name="0003_next",
    statements=(
        "ALTER TABLE attempts ADD COLUMN mood TEXT",
        "UPDATE attempts SET mood = 'calm'",
    ),
)
BROKEN = Migration(
    name="0003_broken",
    statements=("ALTER TABLE attempts ADD COLUMN mood TEXT", "UPDATE nowhere SET x = 1"),
)


def _first_version(path: Path) -> sqlite3.Connection:
    with Journal.open(path) as journal:
        journal.start_run(RUN)
        journal.begin_attempt(sent(0))
    return sqlite3.connect(path, isolation_level=None)


def test_older_journal_is_brought_up_to_date(path: Path) -> None:
    """A journal of version 1 goes through the steps it lacks, and keeps what it holds."""
    connection = _first_version(path)
    steps = [*MIGRATIONS, NEXT]
    migrations.migrate(connection, path, steps)
    assert migrations.applied(connection, path) == [step.name for step in steps]
    assert connection.execute("SELECT id, mood FROM attempts").fetchall() == [(sent(0).id, "calm")]
    connection.close()


def test_journal_from_before_read_modes_is_read(path: Path) -> None:
    """What a journal of the first version holds is kept; how it was read is not known."""
    path.parent.mkdir()
    connection = sqlite3.connect(path, isolation_level=None)
    migrations.migrate(connection, path, MIGRATIONS[:1])
    connection.execute(
        "INSERT INTO runs VALUES (?, ?, NULL, NULL, 'embedded', 'solo', '0', '{}')",
        (RUN.id, time_text(START)),
    )
    connection.execute(
        "INSERT INTO arrivals VALUES (?, 'a', 0, 'x', ?, NULL)", (RUN.id, time_text(START))
    )
    connection.close()
    with Journal.open(path) as journal:
        (kept,) = journal.arrivals(RUN.id)
        assert (kept.text, kept.read_mode, kept.message_id, kept.receiver) == ("x", None, None, "")


def test_step_is_whole_or_not_at_all(path: Path) -> None:
    """A step that fails in the middle leaves the journal at the version before it."""
    connection = _first_version(path)
    with pytest.raises(sqlite3.OperationalError):
        migrations.migrate(connection, path, [*MIGRATIONS, BROKEN])
    connection.close()
    with Journal.open(path) as journal:
        assert journal.attempts(RUN.id) == [sent(0)]


@pytest.mark.parametrize("read_only", [True, False])
def test_newer_journal_is_refused(path: Path, read_only: bool) -> None:
    """A journal of a newer version is neither written nor misread."""
    connection = _first_version(path)
    migrations.migrate(connection, path, [*MIGRATIONS, NEXT])
    connection.close()
    with pytest.raises(JournalError, match=r"newer version .*'0003_next'.*install that version"):
        Journal.open(path, read_only=read_only)


def test_empty_file_cannot_be_read(path: Path) -> None:
    """An empty file is not taken for a journal without runs."""
    path.parent.mkdir()
    path.touch()
    with pytest.raises(JournalError, match="is empty or was written by an older version"):
        Journal.open(path, read_only=True)


def test_writes_are_durable(journal: Journal) -> None:
    """The journal runs in the mode its promise rests on, and no write leaves it for a while."""
    connection = journal._connection
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    attempt = sent(0)
    journal.begin_attempt(attempt)
    journal.observe(
        [arrived(attempt)],
        [ArrivalRecord(run_id=RUN.id, lane="a", place=0, text=attempt.text, seen_at=START)],
    )
    connection.set_trace_callback(None)
    assert statements.count("COMMIT") == 2
    assert not [each for each in statements if "synchronous" in each.lower()]
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == 2  # FULL
    assert connection.execute("PRAGMA foreign_keys").fetchone()[0] == 1
