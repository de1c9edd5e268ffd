"""Lanes in memory, for tests of the campaign that need no handset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from random import Random
from types import SimpleNamespace
from typing import TypedDict, Unpack

from drivers.chat import Mark
from drivers.errors import WrongChat
from drivers.incoming import Incoming, Look
from drivers.lane import SentView
from drivers.testbed import Pacing, load_testbed
from probes.campaign import Campaign
from probes.controls import Controls
from probes.lane_worker import LaneWorker
from probes.ledger import Ledger
from probes.pacing import Pacer
from probes.run_setup import Setup
from probes.strategy import Solo
from results.bracketing import BracketLimits
from results.inference import Limits
from results.record import ArrivalRecord, Attempt, Cursor, MessageKind, Verdict, VerdictKind
from tests.results.examples import CONDITION, RUN, entry

CONTROL = "harmless"
CANARY = "canary"
BRACKET_MESSAGES = 6
TESTBED = load_testbed("embedded")


@dataclass
class MemoryLane:
    """A lane that delivers at once what is not blocked, and fails when it is told to.

    Attributes:
        name: Its name in the embedded testbed.
        blocks: Whether a text is kept from arriving.
        fails_at: Messages, counted from 0, at which another chat is open before the tap.
        dies_at: The message from which on every attempt fails so; ``None`` for never.
    """

    name: str
    blocks: Callable[[str], bool] = lambda text: False
    fails_at: frozenset[int] = frozenset()
    dies_at: int | None = None
    joiner: str = " "
    longest_message: int = 2000
    tapped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Start with nothing sent."""
        self.config = next(each for each in TESTBED.lanes if each.name == self.name)
        self.timing = SimpleNamespace(look_s=0.0, settle_s=0.0, removal_window_s=0.0)
        self._messages = 0
        self._text = ""
        self._incoming: list[Incoming] = []
        self._arrived = 0

    def prepare(self, text: str) -> None:
        """Type a text, or fail."""
        place, self._messages = self._messages, self._messages + 1
        is_dead = self.dies_at is not None and place >= self.dies_at
        if is_dead or place in self.fails_at:
            raise WrongChat(f"{self.name}: the open chat is another.")
        self._text = text

    def send(self) -> SentView:
        """Send the text."""
        self.tapped.append(self._text)
        now = datetime.now(UTC)
        if not self.blocks(self._text):
            self._incoming.append(Incoming(place=self._arrived, text=self._text, seen_at=now))
            self._arrived += 1
        return SentView(sent_at=now, own_text=self._text, mark=Mark.SENT, notice=None)

    @property
    def receiver(self) -> "MemoryLane":
        """What reads at the other end: it is all in one."""
        return self

    @property
    def tells_removals(self) -> bool:
        """Nothing is removed here."""
        return False

    def look(self, *, expected: int, patience_s: float) -> Look:
        """What has come in since the last look."""
        incoming, self._incoming = self._incoming, []
        return Look(incoming=incoming)

    def keep_alive(self) -> None:
        """It needs nothing to live on."""

    def keep_evidence(self, attempt: str) -> None:
        """There is nothing to keep."""

    def recover(self) -> None:
        """Go back to the chat."""


class MemoryJournal:
    """What the campaign writes, in memory."""

    def __init__(self, attempts: Sequence[Attempt] = ()) -> None:
        """Begin with attempts of earlier runs."""
        self._attempts = {attempt.id: attempt for attempt in attempts}
        self.begun_with: dict[str, list[str]] = {}  # attempt → those observed in the same commit

    @property
    def attempts(self) -> list[Attempt]:
        """All attempts, in the order they were begun."""
        return list(self._attempts.values())

    def begin_attempt(
        self,
        attempt: Attempt,
        observed: Sequence[Attempt],
        arrivals: Sequence[ArrivalRecord],
        cursor: Cursor | None,
    ) -> None:
        """Keep a new attempt, and what is newly known of others."""
        assert attempt.id not in self._attempts
        self.begun_with[attempt.id] = [each.id for each in observed]
        self.observe(observed, arrivals, cursor)
        self._attempts[attempt.id] = attempt

    def observe(
        self,
        attempts: Sequence[Attempt],
        arrivals: Sequence[ArrivalRecord],
        cursor: Cursor | None,
    ) -> None:
        """Keep what is newly known of attempts; nobody asks for the texts."""
        for attempt in attempts:
            assert attempt.id in self._attempts
            self._attempts[attempt.id] = attempt

    def sent_between(self, account: str, start: datetime, end: datetime) -> int:
        """How much an account has sent."""
        return sum(each.sender == account for each in self._attempts.values())


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A campaign that is over.

    Attributes:
        kinds: Verdicts by keyword.
        campaign: The campaign.
        journal: Its journal.
    """

    kinds: dict[str, VerdictKind]
    campaign: Campaign
    journal: MemoryJournal

    def lane(self, name: str) -> list[Attempt]:
        """The attempts of a lane, in order."""
        return [each for each in self.journal.attempts if each.lane == name]

    def of_kind(self, kind: MessageKind) -> list[Attempt]:
        """The attempts of a kind."""
        return [each for each in self.journal.attempts if each.kind is kind]


class Circumstances(TypedDict, total=False):
    """What a campaign has to cope with; see `probes.campaign.Setup`."""

    budget: int | None
    seed: int
    daily_budget: int | None
    quiet_hours: tuple[time, time] | None
    pause_s: float
    wait: Callable[[float], object]
    earlier: Sequence[Attempt]


def prepare(
    keywords: Sequence[str],
    lanes: Sequence[MemoryLane],
    *,
    budget: int | None = None,
    seed: int = 0,
    daily_budget: int | None = None,
    quiet_hours: tuple[time, time] | None = None,
    pause_s: float = 0.0,
    wait: Callable[[float], object] = lambda seconds: None,
    earlier: Sequence[Attempt] = (),
) -> tuple[Campaign, list[LaneWorker], MemoryJournal]:
    """A campaign that is to measure keywords on lanes, which do not work yet."""
    pacing = Pacing(pause_s=(pause_s, pause_s), daily_budget=daily_budget, quiet_hours=quiet_hours)
    setup = Setup(
        run_id=RUN.id,
        condition=CONDITION,
        entries=[entry(keyword) for keyword in keywords],
        strategy=Solo(limits=Limits()),
        limits=Limits(),
        controls=Controls([f"{CONTROL} {number}" for number in range(40)]),
        canaries=[CANARY],
        pacing=pacing,
        budget=budget,
        seed=seed,
        bracket_messages=BRACKET_MESSAGES,
    )
    journal = MemoryJournal(earlier)
    ledger = Ledger(BracketLimits(bracket_messages=BRACKET_MESSAGES, settle_s=0.0))
    for attempt in earlier:
        ledger.put(attempt)
    campaign = Campaign(setup, journal, ledger)
    workers = [
        LaneWorker(
            lane,
            CONDITION,
            campaign,
            pacer=Pacer(pacing, Random(seed)),
            wait=wait,
            earlier=ledger.lane(lane.name),
        )
        for lane in lanes
    ]
    return campaign, workers, journal


def measure(
    keywords: Sequence[str],
    lanes: Sequence[MemoryLane],
    *,
    on_verdict: Callable[[Verdict, MemoryJournal], object] = lambda verdict, journal: None,
    **circumstances: Unpack[Circumstances],
) -> Measured:
    """Measure keywords on lanes, one after the other, as the tests of a session do.

    Args:
        keywords: What to measure.
        lanes: What to measure on.
        on_verdict: Called with each verdict when it is told.
        circumstances: As for `prepare`.

    Raises:
        CampaignError: No lane is left.
    """
    campaign, workers, journal = prepare(keywords, lanes, **circumstances)
    campaign.start(workers)
    kinds = {}
    try:
        for keyword in keywords:
            verdict = campaign.verdict(keyword)
            on_verdict(verdict, journal)
            kinds[keyword] = verdict.kind
    finally:
        campaign.close()
    return Measured(kinds=kinds, campaign=campaign, journal=journal)
