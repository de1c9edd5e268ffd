"""The types everyone passes around: what was sent, what was seen, what it means.

Raw observations (`Attempt`, `ArrivalRecord`) are kept apart from what is derived from them
(`Score`, `Verdict`): the second can always be computed again from the first. ``None`` means *not
observed*, never *false*. Times are aware UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class MessageKind(StrEnum):
    """Why a message was sent."""

    PROBE = "probe"  # carries one entry (solo) or several (a pool)
    CONTROL = "control"  # harmless; its loss is never censorship
    CANARY = "canary"  # known to be censored under the condition
    ISOLATION = "isolation"  # a piece of a longer text


class ChatKind(StrEnum):
    """The kind of chat a message is sent in; filters differ between them."""

    DIRECT = "direct"
    GROUP = "group"


class SenderState(StrEnum):
    """The mark at the sender's own bubble.

    ``UNMARKED`` is a bubble of which the app shows neither text nor mark, after the text has left
    the field. That it was sent is then as sure as it is of the controls around it.
    """

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    UNMARKED = "unmarked"


class Notice(StrEnum):
    """What the app told the sender beside the bubble, as classified by the app profile."""

    CONTENT_REJECTED = "content_rejected"
    RATE_LIMITED = "rate_limited"
    ACCOUNT_RESTRICTED = "account_restricted"
    RECIPIENT_REFUSED = "recipient_refused"


class ReadMode(StrEnum):
    """How a text was read at the receiver, in order of trust."""

    TREE = "tree"  # the accessibility tree: exact
    NOTIFICATIONS = "notifications"  # the app's notification: exact, but perhaps cut short
    OCR = "ocr"  # recognised in a screenshot: inexact
    INBOX = "inbox"  # handed out by the service over HTTP: exact


class Outcome(StrEnum):
    """What became of an attempt (MEASUREMENT: "One attempt")."""

    DELIVERED = "delivered"
    MISSING = "missing"
    REFUSED = "refused"
    ALTERED = "altered"
    REMOVED = "removed"
    UNKNOWN = "unknown"

    @property
    def is_blocked(self) -> bool:
        """Whether the outcome speaks for censorship (as far as a single attempt can)."""
        return self in {Outcome.MISSING, Outcome.REFUSED, Outcome.ALTERED, Outcome.REMOVED}


class VoidReason(StrEnum):
    """Why an attempt proves nothing; a closed list."""

    CONTROL_LOST = "control_lost"
    LANE_DOWN = "lane_down"
    RATE_LIMITED = "rate_limited"
    ACCOUNT_RESTRICTED = "account_restricted"
    INPUT_MISMATCH = "input_mismatch"
    WRONG_CHAT = "wrong_chat"
    SESSION_LOST = "session_lost"


class VerdictKind(StrEnum):
    """What the attempts say of an entry under a condition."""

    CENSORED = "censored"
    CLEAR = "clear"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Under what a verdict holds.

    Attributes:
        app: Name of the app profile.
        app_version: Version the handset reported, or ``None`` where it could not be asked.
        chat: Direct or group chat.
        sender_region: Region (ISO 3166-1 alpha-2) the sender's account is registered in.
        receiver_region: The same of the receiver's account.
    """

    app: str
    app_version: str | None
    chat: ChatKind
    sender_region: str
    receiver_region: str

    def __str__(self) -> str:
        version = f" {self.app_version}" if self.app_version else ""
        return (
            f"{self.app}{version}, {self.chat} chat, {self.sender_region} → {self.receiver_region}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sending of one message, with every raw observation.

    Attributes:
        id: ``<run id>-<seq>``, unique over all runs and machines.
        run_id: The run that sent it.
        seq: Place in the run, counted from 0 over all lanes.
        lane: Name of the lane.
        lane_seq: Place on the lane, counted from 0.
        sender: Label of the sending account.
        receiver: Label of the receiving account.
        condition: Under what it was sent.
        kind: Why it was sent.
        entries: Ids of the entries it carries; empty for controls, and canaries sent alone.
        text: The exact text.
        created_at: When its row was committed, before the tap on send.
        sent_at: When the tap returned; ``None`` if that was not seen.
        sender_state: Mark at the sender's bubble.
        own_text: Text of the sender's own bubble (apps rewrite what is typed).
        notice: What the app told the sender.
        arrived_text: Text at the receiver that was aligned with this attempt.
        read_mode: How that text was read; ``None`` if nothing arrived, or in journals from before
            it was recorded (then it was the accessibility tree).
        arrived_at: When that text was first seen.
        edited_at: When it was seen to read differently from when it had arrived; `arrived_text` is
            the later text then.
        gone_at: When a text that had arrived was seen to be gone.
        still_there_at: When it was looked for again, long enough after it had arrived, and was
            there. ``None`` where that was not observed: then nothing is known of a late removal.
        observed_until: Last look at the receiver that could have shown it.
        fault: What went wrong on our side.
        fault_detail: The fault in words.
    """

    id: str
    run_id: str
    seq: int
    lane: str
    lane_seq: int
    sender: str
    receiver: str
    condition: Condition
    kind: MessageKind
    entries: tuple[str, ...]
    text: str
    created_at: datetime
    sent_at: datetime | None = None
    sender_state: SenderState | None = None
    own_text: str | None = None
    notice: Notice | None = None
    arrived_text: str | None = None
    read_mode: ReadMode | None = None
    arrived_at: datetime | None = None
    edited_at: datetime | None = None
    gone_at: datetime | None = None
    still_there_at: datetime | None = None
    observed_until: datetime | None = None
    fault: VoidReason | None = None
    fault_detail: str | None = None

    @property
    def is_solo(self) -> bool:
        """Whether it is a probe that carries exactly one entry."""
        return self.kind is MessageKind.PROBE and len(self.entries) == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalRecord:
    """One text seen at the receiver of a lane, whether or not it belongs to an attempt.

    Attributes:
        run_id: The run that saw it.
        lane: Name of the lane.
        place: Order of arrival on the lane in this run, counted from 0.
        text: The text as it was read.
        seen_at: First look that showed it.
        attempt_id: The attempt it was aligned with; ``None`` for a text nobody here sent.
        read_mode: How it was read; ``None`` in journals from before that was recorded.
        message_id: What names it for good at an inbox; ``None`` for one read from a screen.
        receiver: Name of the observer that saw it; empty for the lane's own receiver.
    """

    run_id: str
    lane: str
    place: int
    text: str
    seen_at: datetime
    attempt_id: str | None = None
    read_mode: ReadMode | None = None
    message_id: str | None = None
    receiver: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What an observer of a lane saw of one attempt; the lane's own receiver is in `Attempt`.

    Attributes:
        attempt_id: The attempt.
        run_id: The run.
        lane: Name of the lane.
        observer: Name of the observer in the testbed.
        receiver: Label of its account.
        receiver_region: Region that account is registered in.
        arrived_text: As in `Attempt`, and so are those that follow.
        read_mode: How that text was read.
        arrived_at: When it was first seen.
        edited_at: When it was seen to read differently.
        gone_at: When it was seen to be gone.
        observed_until: Last look that was for it: when it came, was still there at a second look,
            or was given up.
        fault: What went wrong with the observer while it might have come.
        fault_detail: The fault in words.
    """

    attempt_id: str
    run_id: str
    lane: str
    observer: str
    receiver: str
    receiver_region: str
    arrived_text: str | None = None
    read_mode: ReadMode | None = None
    arrived_at: datetime | None = None
    edited_at: datetime | None = None
    gone_at: datetime | None = None
    observed_until: datetime | None = None
    fault: VoidReason | None = None
    fault_detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """Where a receiver that is an inbox goes on to read in a run.

    Attributes:
        run_id: The run.
        receiver: Name of the inbox in the testbed.
        cursor: What it goes on with; opaque, and holds no secret.
    """

    run_id: str
    receiver: str
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What the rules make of one attempt.

    Attributes:
        attempt_id: The attempt.
        outcome: What became of it.
        void: Why it proves nothing; ``None`` if it counts.
        rule_id: The rule that gave the outcome (or the void).
    """

    attempt_id: str
    outcome: Outcome
    void: VoidReason | None
    rule_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryRecord:
    """A wordlist entry as a run knew it.

    Attributes:
        id: Stable id of the entry.
        components: Its components; one for a plain keyword.
        language: BCP 47 tag.
        category: Category code.
        wordlist: Name of the list.
        source: Where the entry comes from.
    """

    id: str
    components: tuple[str, ...]
    language: str
    category: str
    wordlist: str
    source: str

    @property
    def keyword(self) -> str:
        """The entry as it is written in a wordlist."""
        return " + ".join(self.components)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a run says of one entry under one condition.

    Attributes:
        entry_id: The entry.
        condition: Under what the verdict holds.
        kind: Censored, clear or inconclusive.
        probability: Posterior probability that the entry is censored, under the reference prior.
        probability_low: The same under the prior least inclined to censorship.
        probability_high: The same under the prior most inclined to censorship.
        attempts: Ids of the counted attempts it rests on, solo attempts first.
        blocked: How many solo attempts of these did not arrive as sent.
        delivered: How many solo attempts of these arrived.
        pools_blocked: How many of these carried other entries too, and did not arrive.
        pools_delivered: How many of these carried other entries too, and arrived.
        void: How many more attempts of the entry were void.
        unknown: How many more attempts of the entry ended unknown and not void.
        rule_id: The rule that gave the verdict.
        rules_version: Version of the rules.
    """

    entry_id: str
    condition: Condition
    kind: VerdictKind
    probability: float
    probability_low: float
    probability_high: float
    attempts: tuple[str, ...]
    blocked: int
    delivered: int
    void: int
    unknown: int
    rule_id: str
    rules_version: str
    pools_blocked: int = 0
    pools_delivered: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One campaign from start to finish.

    Attributes:
        id: ``<UTC start>-<random>``; sorts by time.
        started_at: When it began.
        finished_at: When it ended; ``None`` while it runs or after it was killed.
        stopped: Why it ended early, in words; ``None`` if it did all it was asked.
        testbed: Name of the testbed.
        strategy: Name of the strategy.
        seed: Seed of everything random on our side.
        settings: Everything else needed to resume or repeat it, JSON-compatible strings.
    """

    id: str
    started_at: datetime
    finished_at: datetime | None
    stopped: str | None
    testbed: str
    strategy: str
    seed: int
    settings: dict[str, str]
