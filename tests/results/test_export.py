"""Exports: complete, identical when read back, and whole or not there."""

import csv
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings

from results.columns import MESSAGE_COLUMNS, VERDICT_COLUMNS
from results.errors import JournalError
from results.export import read_messages, read_verdicts, write_run
from results.inference import Noise, noise
from results.journal import Journal
from results.record import Attempt, EntryRecord, VerdictKind, VoidReason
from results.redaction import Redaction
from results.rules import RULES_VERSION, BracketLimits, score
from results.verdict_rules import verdicts
from tests.results.examples import CONDITION, RUN, START, arrived, entry, lane_of, sent, texts


def filled(journal: Journal, attempts: list[Attempt], entries: list[EntryRecord]) -> None:
    """Write a run into a journal, verdicts excepted."""
    journal.add_entries(RUN.id, entries)
    for attempt in attempts:
        journal.begin_attempt(attempt)
        journal.observe([attempt])


@settings(deadline=None)  # a disk or a processor may be busy
@given(texts, texts, texts, texts)
def test_any_text_comes_back_from_the_files(text: str, own: str, came: str, word: str) -> None:
    """Journal, CSV and back is the identity for any Unicode text in any text column."""
    attempt = replace(arrived(sent(0), came), text=text, own_text=own, lane=own, sender=came)
    blank = replace(sent(1), text=text, lane=own)
    known = replace(entry("e", word), source=text, category=own)
    with TemporaryDirectory() as name, Journal.open(Path(name) / "j") as journal:
        journal.start_run(RUN)
        filled(journal, [attempt, blank], [known])
        redaction = Redaction(is_on=False)  # what it changes has tests of its own
        messages, verdict_file, _ = write_run(
            journal, RUN.id, Path(name) / "out", redaction=redaction
        )
        rows = list(read_messages(messages))
        (verdict_row,) = read_verdicts(verdict_file)
    assert [row.attempt for row in rows] == [attempt, blank]
    assert {row.attempt.id: row.score for row in rows} == score([attempt, blank], BracketLimits())
    assert (verdict_row.keyword, verdict_row.source) == (word, text)
    assert (verdict_row.category, verdict_row.language) == (own, known.language)


def test_nothing_that_identifies_is_exported(journal: Journal, tmp_path: Path) -> None:
    """Titles of chats, addresses and folders stay in the journal."""
    secrets = ("Aunt Mei", "http://10.1.2.3:4723", "alice")
    run = replace(
        RUN,
        id="20240501T120000Z-ff",
        settings={"testbed": "/home/alice/lab.toml", "wordlists": "/home/alice/a.csv\ntibet"},
    )
    attempt = replace(
        sent(0),
        id=f"{run.id}-0",
        run_id=run.id,
        fault=VoidReason.WRONG_CHAT,
        fault_detail=f"{secrets[1]}: the open chat is {secrets[0]!r}",
    )
    journal.start_run(run)
    journal.begin_attempt(attempt)
    journal.observe([attempt])
    files = write_run(journal, run.id, tmp_path / "out")
    written = "".join(path.read_text(encoding="utf-8") for path in files)
    assert not [secret for secret in secrets if secret in written]
    assert json.loads(files[2].read_text(encoding="utf-8"))["settings"] == {
        "testbed": "lab.toml",
        "wordlists": "a.csv\ntibet",
    }
    assert journal.attempts(run.id) == [attempt]


def test_saved_verdicts_are_exported(journal: Journal, tmp_path: Path) -> None:
    """What the run said of its entries is what the file says, field for field."""
    attempts, entries = list(lane_of("CpCpCP")), [entry("f"), entry("e")]
    filled(journal, attempts, entries)
    scores = score(attempts, BracketLimits())
    said = verdicts(entries, attempts, scores, CONDITION, Noise(controls_delivered=80))
    journal.save_verdicts(RUN.id, said)
    rows = list(read_verdicts(write_run(journal, RUN.id, tmp_path / "out")[1]))
    assert [row.verdict for row in rows] == said
    assert [row.keyword for row in rows] == ["f", "e"]
    assert rows[1].verdict.blocked == 2


def test_killed_run_gets_its_verdicts(journal: Journal, tmp_path: Path) -> None:
    """A run that saved no verdicts is judged from its attempts when it is exported."""
    attempts = list(lane_of("CPCPC"))
    filled(journal, attempts, [entry("e")])
    (row,) = read_verdicts(write_run(journal, "latest", tmp_path / "out")[1])
    assert row.verdict.kind is VerdictKind.CLEAR
    assert row.verdict.attempts == (attempts[1].id, attempts[3].id)


def test_run_is_scored_with_its_own_limits(journal: Journal, tmp_path: Path) -> None:
    """Bracket limits come from the settings of the run: five messages here, not eight."""
    filled(journal, list(lane_of("CppppppC")), [entry("e")])
    rows = list(read_messages(write_run(journal, RUN.id, tmp_path)[0]))
    assert {row.score.rule_id for row in rows} == {"arrived_as_sent", "not_bracketed"}


def test_run_file_sums_up(journal: Journal, tmp_path: Path) -> None:
    """run.json holds the metadata, the counts and the noise with its intervals."""
    attempts = list(lane_of("CPNcnCpC"))
    filled(journal, attempts, [entry("e")])
    journal.finish_run(RUN.id, START + timedelta(hours=1), "達 \ud83d")
    summary = json.loads(write_run(journal, RUN.id, tmp_path)[2].read_text(encoding="utf-8"))
    assert summary["id"] == RUN.id
    assert summary["stopped"] == "達 \ud83d"
    assert summary["settings"] == RUN.settings
    assert summary["rules_version"] == RULES_VERSION
    assert summary["counts"] == {
        "messages": 8,
        "kinds": {"control": 4, "probe": 2, "canary": 2},
        "outcomes": {"delivered": 5, "missing": 3},
        "void": {"control_lost": 3},
        "verdicts": {"inconclusive": 1},
    }
    channel = noise(attempts, score(attempts, BracketLimits()))
    assert summary["noise"]["controls_lost"] == channel.controls_lost == 1
    assert summary["noise"]["specificity"]["mean"] == channel.specificity.mean
    low, high = channel.specificity.interval()
    assert summary["noise"]["specificity"] == {"mean": 0.7, "low": low, "high": high}
    assert summary["noise"]["sensitivity"] == "not measured"
    assert summary["noise"]["slip"] == "not measured"
    assert summary["conditions"][0]["chat"] == "group"


def test_sensitivity_is_given_where_a_canary_works(journal: Journal, tmp_path: Path) -> None:
    """With a blocked canary, sensitivity is a rate with an interval."""
    filled(journal, list(lane_of("CnC")), [])
    summary = json.loads(write_run(journal, RUN.id, tmp_path)[2].read_text(encoding="utf-8"))
    assert summary["noise"]["sensitivity"]["mean"] == pytest.approx(0.75)


def test_spreadsheets_find_no_formula(journal: Journal, tmp_path: Path) -> None:
    """No cell of either file starts with what a spreadsheet would run."""
    attempt = replace(arrived(sent(0), "@x"), text="=cmd|' /C calc'!A0", sender="+1", lane="-2")
    filled(journal, [attempt], [entry("e", "\t=1")])
    for file in write_run(journal, RUN.id, tmp_path)[:2]:
        with file.open(encoding="utf-8", newline="") as opened:
            cells = [cell for row in csv.reader(opened) for cell in row]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_half_an_emoji_does_not_stop_an_export(journal: Journal, tmp_path: Path) -> None:
    """UTF-8 has no form for a lone surrogate: the file shows U+FFFD, the journal keeps it."""
    attempt = arrived(sent(0), "cut \ud83d")
    filled(journal, [attempt], [])
    (row,) = read_messages(write_run(journal, RUN.id, tmp_path)[0])
    assert row.attempt.arrived_text == "cut \ufffd"
    assert journal.attempts(RUN.id) == [attempt]


def test_files_start_with_their_columns(journal: Journal, tmp_path: Path) -> None:
    """The first line names the documented columns, without a byte order mark."""
    messages, verdict_file, _ = write_run(journal, RUN.id, tmp_path)
    for file, columns in ((messages, MESSAGE_COLUMNS), (verdict_file, VERDICT_COLUMNS)):
        first = file.read_bytes().split(b"\r\n")[0]
        assert first == ",".join(column.name for column in columns).encode()


def test_failed_export_leaves_the_old_files(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk leaves what was there, no half file, and says what to do."""
    before = [file.read_bytes() for file in write_run(journal, RUN.id, tmp_path / "out")]

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    journal.finish_run(RUN.id, START, None)
    with pytest.raises(JournalError, match=r"No space left on device.*make room"):
        write_run(journal, RUN.id, tmp_path / "out")
    after = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in after] == ["messages.csv", "run.json", "verdicts.csv"]
    assert sorted(file.read_bytes() for file in after) == sorted(before)


def test_unreadable_setting_is_named(path: Path, tmp_path: Path) -> None:
    """A setting that is no number is reported with its run."""
    with Journal.open(path) as journal:
        journal.start_run(replace(RUN, settings={"bracket_s": "long"}))
        with pytest.raises(JournalError, match=f"run '{RUN.id}' has a setting .*'long'"):
            write_run(journal, RUN.id, tmp_path)


def _other_columns(file: Path) -> None:
    file.write_text("a,b\r\n", encoding="utf-8")


def _short_row(file: Path) -> None:
    file.write_bytes(file.read_bytes() + b"1,2\r\n")


def _latin1(file: Path) -> None:
    file.write_bytes(b"\xe9\xff")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_other_columns, ":1: the columns are not those"),
        (_short_row, ":2: 2 cells instead of"),
        (_latin1, "cannot read"),
        (Path.unlink, "cannot read"),
    ],
)
def test_foreign_files_are_refused(
    journal: Journal, tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    """A file that was not written here is refused with its path and line."""
    messages = write_run(journal, RUN.id, tmp_path)[0]
    spoil(messages)
    with pytest.raises(JournalError, match=message):
        list(read_messages(messages))
