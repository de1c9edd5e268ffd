"""A journal with as many attempts as one likes, written without sending anything."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random

from results.bracketing import BracketLimits
from results.journal import Journal
from results.judged_run import computed_verdicts
from results.record import (
    Attempt,
    ChatKind,
    Condition,
    EntryRecord,
    MessageKind,
    ReadMode,
    Run,
    SenderState,
)
from results.rows import attempt_row
from results.rules import score

_START = datetime(2026, 5, 1, 6, 0, tzinfo=UTC)
_CONDITION = Condition(
    app="courier",
    app_version="1.4.2",
    chat=ChatKind.GROUP,
    sender_region="CN",
    receiver_region="CA",
)
_LANGUAGES = (
    ("zh-Hans", "测试词条"),
    ("bo", "བོད་ཡིག"),
    ("ug", "سىناق"),
    ("ko", "시험"),
    ("en", "word"),
)
_CATEGORIES = ("REL", "POLR", "HUMR", "NEWS", "GOVT")
_CONTROL_EVERY, _CANARY_EVERY = 5, 24
_MOST_ENTRIES = 20_000  # the longest published list has 17,248 words


def write_journal(
    path: Path, attempts: int, *, lanes: int = 8, censored: float = 0.06, seed: int = 1
) -> Run:
    """Write a finished run: three messages an entry or more, 1 % loss, 0.5 % slip.

    Args:
        path: Where the journal is to be.
        attempts: How many messages were sent.
        lanes: On how many lanes.
        censored: Share of censored entries.
        seed: Seed of what is random.
    """
    run = Run(
        id="20260501T060000Z-b16e",
        started_at=_START,
        finished_at=_START + timedelta(seconds=attempts),
        stopped=None,
        testbed="bench",
        strategy="fixed",
        seed=seed,
        settings={"wordlist_sha256:bench": "00ff"},
    )
    random = Random(seed)
    entries = [_entry(number) for number in range(min(max(1, attempts // 4), _MOST_ENTRIES))]
    made = _attempts(run, entries, lanes=lanes, censored=censored, random=random)
    with Journal.open(path) as journal:
        journal.start_run(run)
        journal.add_entries(run.id, entries)
    connection = sqlite3.connect(path)
    names = list(attempt_row(next(_attempts(run, entries, lanes=1, censored=0.0, random=random))))
    values = ", ".join(f":{name}" for name in names)
    with connection:
        connection.executemany(
            f"INSERT INTO attempts ({', '.join(names)}) VALUES ({values})",
            map(attempt_row, islice(made, attempts)),
        )
    connection.close()
    with Journal.open(path) as journal:
        sent = journal.attempts(run.id)
        said = computed_verdicts(run, entries, sent, score(sent, BracketLimits()))
        journal.save_verdicts(run.id, said)
    return run


def _entry(number: int) -> EntryRecord:
    language, word = _LANGUAGES[number % len(_LANGUAGES)]
    return EntryRecord(
        id=f"entry-{number}",
        components=(f"{word} {number}",),
        language=language,
        category=_CATEGORIES[number % len(_CATEGORIES)],
        wordlist="bench",
        source="made up",
    )


def _attempts(
    run: Run, entries: list[EntryRecord], *, lanes: int, censored: float, random: Random
) -> Iterator[Attempt]:
    is_censored = [random.random() < censored for _ in entries]
    lane_seqs = [0] * lanes
    probe = seq = 0
    while True:
        lane = seq % lanes
        place = lane_seqs[lane]
        lane_seqs[lane] += 1
        at = run.started_at + timedelta(seconds=seq)
        attempt = Attempt(
            id=f"{run.id}-{seq}",
            run_id=run.id,
            seq=seq,
            lane=f"lane-{lane}",
            lane_seq=place,
            sender=f"cn-{lane}",
            receiver=f"ca-{lane}",
            condition=_CONDITION,
            kind=MessageKind.CONTROL,
            entries=(),
            text=f"see you at {seq % 60} past",
            created_at=at,
            sent_at=at + timedelta(milliseconds=300),
            sender_state=SenderState.SENT,
            observed_until=at + timedelta(seconds=70),
        )
        is_blocked = random.random() < 0.01
        if place % _CANARY_EVERY == 1:
            attempt = replace(attempt, kind=MessageKind.CANARY, text="known to be censored")
            is_blocked = random.random() >= 0.005
        elif place % _CONTROL_EVERY:
            number = (probe // 3) % len(entries)
            probe += 1
            attempt = replace(
                attempt,
                kind=MessageKind.PROBE,
                entries=(entries[number].id,),
                text=entries[number].components[0],
            )
            if is_censored[number]:
                is_blocked = random.random() >= 0.005
        attempt = replace(attempt, own_text=attempt.text)
        if not is_blocked:
            attempt = replace(
                attempt,
                arrived_text=attempt.text,
                arrived_at=at + timedelta(milliseconds=900),
                read_mode=ReadMode.TREE,
            )
        yield attempt
        seq += 1
