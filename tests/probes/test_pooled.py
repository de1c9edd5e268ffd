"""The pooled strategy in whole runs: the real agenda, ledger and rules, on a simulated channel."""

from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probes.ledger import Ledger
from probes.message import Room, compose
from probes.pooled import FEWEST_ENTRIES, Pooled
from probes.strategy import STRATEGIES, Solo, Task
from results.bracketing import BracketLimits
from results.inference import Limits
from results.record import EntryRecord, MessageKind, VerdictKind
from tests.benchmarks.channel import CANARY, Channel, Course, SimulatedRun
from tests.results.examples import entry

NAMES = [f"word{number:03d}" for number in range(60)]
ROOM = Room(characters=300, joiner="\n")


def words(count: int = 60) -> list[EntryRecord]:
    """Single words, of which none is part of another."""
    return [entry(name) for name in NAMES[:count]]


def holding(*rules: Sequence[str]) -> Callable[[str], bool]:
    """A filter that blocks what holds all parts of one of its rules."""
    return lambda text: any(all(part in text for part in rule) for rule in rules)


def run_over(
    entries: Sequence[EntryRecord],
    blocks: Callable[[str], bool],
    *,
    noise: float = 0.0,
    lanes: int = 1,
    seed: int = 1,
    room: Room = ROOM,
) -> tuple[SimulatedRun, Course]:
    """A run from beginning to end."""
    channel = Channel(blocks=blocks, loss=noise, slip=noise)
    run = SimulatedRun(entries, channel, lanes=lanes, seed=seed, room=room)
    return run, run.to_the_end()


@given(st.sets(st.sampled_from(NAMES), max_size=5), st.sampled_from([1, 3]), st.integers(0, 99))
@settings(max_examples=12, deadline=None)
def test_a_run_without_noise_is_right(censored: set[str], lanes: int, seed: int) -> None:
    """Whatever is censored, on one lane or several, every verdict is, and was when it was told."""
    _, course = run_over(words(), holding(*([each] for each in censored)), lanes=lanes, seed=seed)
    assert course.called(VerdictKind.CENSORED) == censored
    assert course.called(VerdictKind.CLEAR) == {*NAMES} - censored
    assert all(course.told[each] is verdict.kind for each, verdict in course.verdicts.items())


@given(st.integers(0, 99))
@settings(max_examples=6, deadline=None)
def test_a_run_with_noise_ends_decided(seed: int) -> None:
    """With 3 % loss and slip, few verdicts are wrong, and all are told as they are in the end."""
    _, course = run_over(words(), holding(NAMES[:1], NAMES[9:10]), noise=0.03, seed=seed)
    right = course.called(VerdictKind.CENSORED) & {*NAMES[:1], *NAMES[9:10]}
    right |= course.called(VerdictKind.CLEAR) - {*NAMES[:1], *NAMES[9:10]}
    assert len(right) >= len(NAMES) - 2
    assert VerdictKind.INCONCLUSIVE not in course.told.values()


def test_what_is_censored_was_blocked_alone_and_what_is_clear_arrived_twice() -> None:
    """No verdict rests on a single message."""
    run, course = run_over(words(), holding(NAMES[3:4], NAMES[30:31]))
    for entry_id, verdict in course.verdicts.items():
        attempts = run.ledger.of_entry(entry_id)
        arrived = [each for each in attempts if each.arrived_at is not None]
        if verdict.kind is VerdictKind.CENSORED:
            assert verdict.blocked >= 1
            assert verdict.attempts
        else:
            assert len(arrived) >= 2


@pytest.mark.parametrize("characters", [12, 80])
def test_messages_fit(characters: int) -> None:
    """No message is longer than the app takes, and no entry is twice in one.

    A canary that is too long is not sent: in the shortest messages there is none.
    """
    room = Room(characters=characters, joiner="\n")
    run, course = run_over(words(), holding(NAMES[3:4]), room=room)
    sent = [each for each in run.ledger.attempts if each.kind is not MessageKind.CONTROL]
    assert max(len(each.text) for each in sent) <= characters
    has_canaries = any(each.kind is MessageKind.CANARY and not each.entries for each in sent)
    assert has_canaries is (len(CANARY) <= characters)
    assert all(
        len({*each.entries}) == len(each.entries) for each in run.ledger.attempts if each.entries
    )
    assert course.called(VerdictKind.CENSORED) == {NAMES[3]}


def test_combinations_travel_whole_and_are_not_completed_by_accident() -> None:
    """All components of an entry are in its messages; no other two entries complete one."""
    pair = entry("pair", NAMES[0], NAMES[1])
    entries = [*words(40), pair]
    run, course = run_over(entries, holding((NAMES[0], NAMES[1])))
    assert course.called(VerdictKind.CENSORED) == {"pair"}
    assert course.called(VerdictKind.CLEAR) == {*NAMES[:40]}
    for attempt in run.ledger.attempts:
        if attempt.kind is MessageKind.PROBE:
            holds_both = NAMES[0] in attempt.text and NAMES[1] in attempt.text
            assert holds_both is ("pair" in attempt.entries)


def test_an_unknown_combination_is_discovered() -> None:
    """Two clear entries that are blocked together are reported, and both come out clear."""
    found = []
    for seed in range(1, 6):
        _, course = run_over(words(), holding((NAMES[0], NAMES[1])), seed=seed)
        assert course.called(VerdictKind.CENSORED) == set()
        assert course.called(VerdictKind.CLEAR) == {*NAMES}
        assert course.weighed is not None
        found += [each.entries for each in course.weighed.discoveries]
    assert found
    assert all({NAMES[0], NAMES[1]} <= {*each} for each in found)


def test_a_filter_that_reads_the_beginning_only_is_found_out() -> None:
    """Where only 100 characters are read, pools become as short, and verdicts are right."""

    def reads_little(text: str) -> bool:
        return NAMES[50] in text[:100] or NAMES[20] in text[:100] or CANARY in text[:100]

    channel = Channel(blocks=reads_little, loss=0.0, slip=0.0, knows_canary=False)
    run = SimulatedRun(words(), channel, room=Room(characters=2000, joiner="\n"))
    course = run.to_the_end()
    assert course.called(VerdictKind.CENSORED) == {NAMES[20], NAMES[50]}
    assert course.weighed is not None
    assert course.weighed.reach is not None
    assert course.weighed.reach <= 100


def test_few_entries_are_sent_alone() -> None:
    """Below `FEWEST_ENTRIES` the share cannot be estimated: the sequential test is used."""
    make = STRATEGIES["pooled"]
    few = make(Task(entries=words(FEWEST_ENTRIES - 1), limits=Limits(), room=ROOM))
    enough = make(Task(entries=words(FEWEST_ENTRIES), limits=Limits(), room=ROOM))
    assert isinstance(few, Solo)
    assert not isinstance(enough, Solo)


def test_an_escort_is_clear_and_fits_beside_what_it_escorts() -> None:
    """Clear entries are put around a canary as far as the length allows, each once."""
    pooled = Pooled(words(), Limits(), ROOM)
    nothing = Ledger(BracketLimits())
    assert pooled.escort(nothing, Random(1), 10) == ()
    assert not pooled.has_clear(nothing)
    run, _ = run_over(words(), holding(NAMES[3:4]))
    for beside in range(0, 60, 10):
        escort = pooled.escort(run.ledger, Random(beside), beside, 200)
        assert 0 < len({*escort}) == len(escort)
        assert NAMES[3] not in escort
        assert len(compose([*escort, "x" * beside], ROOM.joiner)) <= 200
