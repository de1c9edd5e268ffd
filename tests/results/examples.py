"""Attempts, runs and entries as the tests of results/ need them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from results.record import (
    Attempt,
    ChatKind,
    Condition,
    EntryRecord,
    MessageKind,
    Run,
    SenderState,
)

START = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
CONDITION = Condition(
    app="courier", app_version="2.1", chat=ChatKind.GROUP, sender_region="CN", receiver_region="CA"
)
RUN = Run(
    id="20240501T120000Z-ab12",
    started_at=START,
    finished_at=None,
    stopped=None,
    testbed="embedded",
    strategy="solo",
    seed=2**70,
    settings={"list:tibet": "sha256:00ff", "bracket_messages": "5"},
)

#: Any text a phone can be given or show, lone surrogates left out (they have tests of their own).
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.builds(
    str.__add__,
    st.sampled_from([*"=+-@\t\r\n'\0,\";", "''", "\r\n", " ", "＝"]),
    st.text(max_size=5),
)


def entry(name: str, *components: str) -> EntryRecord:
    """Make an entry."""
    return EntryRecord(
        id=name,
        components=components or (name,),
        language="zh-Hans",
        category="REL",
        wordlist="tibet",
        source="=public",
    )


def sent(
    seq: int,
    kind: MessageKind = MessageKind.PROBE,
    *entries: str,
    lane: str = "a",
    lane_seq: int | None = None,
    condition: Condition = CONDITION,
) -> Attempt:
    """Make an attempt that was sent, with a mark at the sender, and has not arrived."""
    at = START + timedelta(seconds=10 * seq)
    return Attempt(
        id=f"{RUN.id}-{seq}",
        run_id=RUN.id,
        seq=seq,
        lane=lane,
        lane_seq=seq if lane_seq is None else lane_seq,
        sender="sender-1",
        receiver="receiver-1",
        condition=condition,
        kind=kind,
        entries=entries,
        text=f"text {seq}",
        created_at=at,
        sent_at=at + timedelta(seconds=1),
        sender_state=SenderState.SENT,
    )


def arrived(attempt: Attempt, text: str | None = None, after_s: float = 2) -> Attempt:
    """Let an attempt arrive, as sent or as another text."""
    return replace(
        attempt,
        arrived_text=attempt.text if text is None else text,
        arrived_at=attempt.created_at + timedelta(seconds=after_s),
    )


def lane_of(signs: str, lane: str = "a") -> Sequence[Attempt]:
    """Draw a lane: C control, N canary, P probe of entry "e"; lower case did not arrive."""
    kinds = {"C": MessageKind.CONTROL, "N": MessageKind.CANARY, "P": MessageKind.PROBE}
    attempts = []
    for seq, sign in enumerate(signs):
        kind = kinds[sign.upper()]
        attempt = sent(seq, kind, *(["e"] if kind is MessageKind.PROBE else []), lane=lane)
        attempts.append(arrived(attempt) if sign.isupper() else attempt)
    return attempts
