"""What has to hold before a run sends anything, and what its campaign is given."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from drivers.consent import consent_to_state, objections
from drivers.lane import Lane
from drivers.testbed import Pacing, Testbed
from probes.controls import Controls, harmless
from probes.errors import CampaignError
from probes.message import Room, compose
from probes.strategy import STRATEGIES, Strategy, Task
from results.bracketing import BracketLimits
from results.inference import Limits
from results.record import ChatKind, Condition, EntryRecord, Run
from wordlists.wordlist import load_controls


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a campaign measures, and how.

    Attributes:
        run_id: Id of the run.
        condition: What is measured under; the same on all lanes.
        entries: The entries that will be asked for, in this order.
        strategy: What to send.
        limits: When a verdict is given.
        controls: Where harmless texts come from.
        canaries: Texts known to be censored under the condition; may be empty.
        pacing: Pace and budgets of accounts.
        budget: Most messages of this run, controls included; ``None`` for no limit.
        seed: Seed of everything random.
        bracket_messages: Most messages between the two arrivals of a bracket.
    """

    run_id: str
    condition: Condition
    entries: Sequence[EntryRecord]
    strategy: Strategy
    limits: Limits
    controls: Controls
    canaries: Sequence[str]
    pacing: Pacing
    budget: int | None
    seed: int
    bracket_messages: int


def refuse_unsafe(testbed: Testbed, chat: ChatKind) -> None:
    """Send nothing through an app that people use before all that protects them is stated.

    Raises:
        CampaignError: Something is not; all of it is named.
    """
    problems = objections(testbed.lanes_with(chat), testbed.consent, testbed.pacing)
    if problems:
        raise CampaignError(
            f"{testbed.path}: nothing was sent. "
            + "\n  ".join(problems)
            + f"\n\n{consent_to_state()}"
        )


def condition_of(lane: Lane, chat: ChatKind) -> Condition:
    """Under what an open lane measures."""
    return Condition(
        app=lane.config.sender.profile.name,
        app_version=lane.app_version(),
        chat=chat,
        sender_region=lane.config.sender.account.region,
        receiver_region=lane.config.receiver.account.region,
    )


def require_that_fit(entries: Sequence[EntryRecord], lane: Lane) -> None:
    """Refuse entries that the app would cut: what arrives then is not what was to be tested.

    Raises:
        CampaignError: Some are too long; all are named.
    """
    longest = lane.longest_message
    too_long = [
        f"{entry.wordlist}: {entry.keyword[:40]}… ({length} characters)"
        for entry in entries
        if (length := len(compose(entry.components, lane.joiner))) > longest
    ]
    if too_long:
        raise CampaignError(
            f"{lane.config.sender.profile.title} sends no more than {longest} characters whole. "
            "Shorten these entries, or leave them out with -k:\n" + "\n".join(too_long)
        )


def only(conditions: Iterable[Condition]) -> Condition:
    """The condition all lanes share.

    Raises:
        CampaignError: They do not.
    """
    distinct = sorted(set(conditions), key=str)
    if len(distinct) > 1:
        raise CampaignError(
            "A verdict holds under one condition, and the lanes measure under "
            f"{len(distinct)}: {'; '.join(map(str, distinct))}. Keep them in separate testbeds."
        )
    return distinct[0]


def setup_of(
    run: Run,
    entries: Sequence[EntryRecord],
    testbed: Testbed,
    *,
    condition: Condition,
    room: Room,
    budget: int | None,
) -> Setup:
    """What a campaign measures, and how.

    Raises:
        CampaignError: No harmless text is left to send.
    """
    limits = Limits.from_settings(run.settings)
    return Setup(
        run_id=run.id,
        condition=condition,
        entries=entries,
        strategy=STRATEGIES[run.strategy](Task(entries=entries, limits=limits, room=room)),
        limits=limits,
        controls=_controls(entries, room.joiner),
        canaries=[
            compose(canary.components, room.joiner)
            for canary in testbed.canaries
            if condition.chat in canary.chats
        ],
        pacing=testbed.pacing,
        budget=budget,
        seed=run.seed,
        bracket_messages=testbed.timing.bracket_messages,
    )


def _controls(entries: Sequence[EntryRecord], joiner: str) -> Controls:
    phrases = harmless(
        (compose(each.components, joiner) for each in load_controls().entries),
        (component for entry in entries for component in entry.components),
    )
    if not phrases:
        raise CampaignError(
            "Every control holds a component of an entry that is tested, so that nothing harmless "
            "is left to send. Leave out entries that are part of everyday phrases."
        )
    return Controls(phrases)


def bracket_limits_of(testbed: Testbed) -> BracketLimits:
    """How wide a bracket may be, as the testbed has it."""
    return BracketLimits(
        bracket_messages=testbed.timing.bracket_messages,
        bracket_s=testbed.timing.bracket_s,
        settle_s=testbed.timing.settle_s,
    )
