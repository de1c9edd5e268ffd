"""What is withheld: in every export, and by default."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet
import pytest
from hypothesis import given

from results.aggregates import Period
from results.data_package import write_package
from results.envelope import write_envelopes
from results.export import write_runs
from results.journal import Journal
from results.parquet import write_parquet
from results.record import ArrivalRecord, Notice, Run, VoidReason
from results.redaction import WITHHELD, Redaction
from results.report import write_report
from results.scope import Scope
from tests.results.examples import RUN, START, arrived, entry, lane_of, sent, texts
from tests.results.unpacked import unpacked

PHONE, MAIL, NAME, TITLE = "+86 138 0013 8000", "mei.lin@example.org", "Aunt Mei", "Weekend walks"
TOKEN, HOST, FOLDER, WXID = "syt_c2VjcmV0X3Rva2Vu", "10.1.2.3:4723", "/home/mei-lin", "wxid_8f3k2"
SECRETS = (PHONE, MAIL, NAME, TITLE, TOKEN, HOST, "mei-lin", WXID)


def _csv(journal: Journal, run: Run, folder: Path, redaction: Redaction) -> None:
    write_runs(journal, [run], folder, redaction=redaction, period=Period.DAY)


def _parquet(journal: Journal, run: Run, folder: Path, redaction: Redaction) -> None:
    for path in write_parquet(journal, [run], folder, redaction=redaction):
        rows = pyarrow.parquet.read_table(path).to_pylist()
        path.with_suffix(".txt").write_text(repr(rows), encoding="utf-8")


def _jsonl(journal: Journal, run: Run, folder: Path, redaction: Redaction) -> None:
    write_envelopes(journal, [run], folder, Scope(), redaction)


def _package(journal: Journal, run: Run, folder: Path, redaction: Redaction) -> None:
    write_package(journal, [run], folder, redaction=redaction)


def _report(journal: Journal, run: Run, folder: Path, redaction: Redaction) -> None:
    path = write_report(journal, [run.id], folder / "report.html", redaction=redaction)
    path.with_suffix(".txt").write_text(unpacked(path), encoding="utf-8")


EXPORTS = (_csv, _parquet, _jsonl, _package, _report)


@pytest.fixture
def planted(journal: Journal) -> Run:
    """A run with a secret wherever one can get into a journal."""
    run = replace(
        RUN,
        id="20240501T120000Z-5ec2e7",
        settings={"testbed": f"{FOLDER}/lab.toml", "results": f"{FOLDER}/{TOKEN}/runs"},
    )
    journal.start_run(run)
    journal.add_entries(run.id, [entry("e")])
    failing = replace(
        sent(3, lane_seq=3),
        entries=("e",),
        fault=VoidReason.WRONG_CHAT,
        fault_detail=f"http://{HOST}: the chat {TITLE!r} is open, not {NAME!r}; token {TOKEN}",
    )
    altered = arrived(replace(sent(4, lane_seq=4), entries=("e",)), f"text 4, call {PHONE} {MAIL}")
    altered = replace(altered, own_text=f"text 4 {WXID}", notice=Notice.CONTENT_REJECTED)
    for attempt in [*lane_of("CPC"), failing, altered]:
        owned = replace(
            attempt,
            id=f"{run.id}-{attempt.seq}",
            run_id=run.id,
            lane=PHONE,
            sender=MAIL,
            receiver=PHONE,
        )
        journal.begin_attempt(owned)
        journal.observe([owned])
    stray = ArrivalRecord(
        run_id=run.id, lane=PHONE, place=0, text=f"{NAME}: hi, {TOKEN}", seen_at=START
    )
    journal.observe([], [stray])
    journal.finish_run(
        run.id,
        START + timedelta(hours=1),
        f'no lane is left: {PHONE}: the chat {TITLE!r} with "{NAME}" is gone; see '
        f"{FOLDER}/appium.log, http://{HOST}/status?{TOKEN}.",
    )
    return journal.run(run.id)


def _written(folder: Path) -> str:
    return "\n".join(
        path.read_text(encoding="utf-8", errors="replace")
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    )


@pytest.mark.parametrize("export", EXPORTS)
def test_no_export_holds_a_planted_secret(
    journal: Journal,
    planted: Run,
    tmp_path: Path,
    export: Callable[[Journal, Run, Path, Redaction], None],
) -> None:
    """Numbers, addresses, names, titles, tokens and folders are in no export, unless asked for."""
    export(journal, planted, tmp_path / "published", Redaction())
    published = _written(tmp_path / "published")
    assert "text 4" in published
    assert not [secret for secret in SECRETS if secret in published]


def test_everything_is_there_when_it_is_asked_for(
    journal: Journal, planted: Run, tmp_path: Path
) -> None:
    """Without redaction, what a fault said is a column, and labels are as they are."""
    _csv(journal, planted, tmp_path / "kept", Redaction(is_on=False))
    kept = _written(tmp_path / "kept")
    assert not [
        secret for secret in (PHONE, MAIL, TITLE, HOST, TOKEN, "mei-lin") if secret not in kept
    ]


def test_made_up_labels_tell_accounts_apart() -> None:
    """Two labels that identify stay two, the same throughout, and ordinary ones are kept."""
    redaction = Redaction()
    labels = ["cn-1", PHONE, MAIL, PHONE, "lane-2"]
    shown = [redaction.label(each) for each in labels]
    assert shown == ["cn-1", "withheld-1", "withheld-2", "withheld-1", "lane-2"]


def test_what_was_sent_is_not_withheld_when_it_arrives() -> None:
    """A number that is part of the entry stays in what arrived; one that is not does not."""
    redaction = Redaction()
    assert redaction.observed("89 06 04 1989 *", "89 06 04 1989 x") == "89 06 04 1989 *"
    assert redaction.observed(f"x {PHONE}", "x y") == f"x {WITHHELD}"


@given(texts, texts)
def test_nothing_is_withheld_when_redaction_is_off(seen: str, sent_text: str) -> None:
    """Switched off, it changes no text."""
    off = Redaction(is_on=False)
    assert off.observed(seen, sent_text) == seen
    assert (off.label(seen), off.sentence(seen), off.setting(seen)) == (seen, seen, seen)


def test_sentences_stay_readable() -> None:
    """Apostrophes, times and budgets are no secrets."""
    said = "cn-1's budget of 200 messages a day is spent; it's resumed at 2026-05-02 06:00."
    assert Redaction().sentence(said) == said
