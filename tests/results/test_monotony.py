"""Whether company lets censored text through: what is counted, and when it is an alarm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from results.bracketing import BracketLimits
from results.inference import Limits, noise
from results.monotony import CompanyCheck, company_check
from results.pool_evidence import weigh
from results.reach import seen_to
from results.record import Attempt, MessageKind, Outcome, Score, VerdictKind
from results.rules import score
from results.verdict_rules import verdicts
from tests.results.examples import CONDITION, arrived, entry, sent

CONTROL, CANARY, PROBE = MessageKind.CONTROL, MessageKind.CANARY, MessageKind.PROBE
TEXT = "the canary"


class Lane:
    """A lane on which a control arrives after each message, so that each of them counts."""

    def __init__(self) -> None:
        """Begin with a control."""
        self.attempts: list[Attempt] = []
        self._add(CONTROL, (), "a control", has_arrived=True)

    def send(
        self, kind: MessageKind, *entries: str, text: str = "", has_arrived: bool = False
    ) -> "Lane":
        """Send a message, and a control after it."""
        self._add(kind, entries, text or f"text of {' '.join(entries)}", has_arrived=has_arrived)
        self._add(CONTROL, (), f"control {len(self.attempts)}", has_arrived=True)
        return self

    def _add(
        self, kind: MessageKind, entries: tuple[str, ...], text: str, *, has_arrived: bool
    ) -> None:
        attempt = replace(sent(len(self.attempts), kind, *entries), text=text)
        self.attempts.append(arrived(attempt) if has_arrived else attempt)

    @property
    def scores(self) -> Mapping[str, Score]:
        """What became of the messages."""
        return score(self.attempts, BracketLimits())

    def check(self, reach: int | None = None) -> CompanyCheck:
        """What became of censored text."""
        return company_check(self.attempts, self.scores, reach)


def confirmed(entry_id: str = "bad") -> Lane:
    """A lane on which a canary was blocked alone, and an entry twice."""
    return Lane().send(CANARY, text=TEXT).send(PROBE, entry_id).send(PROBE, entry_id)


def test_canaries_and_audits_are_counted_alone_and_in_company() -> None:
    """A canary counts alone or in company, an audit in company, what follows it alone."""
    lane = confirmed()
    lane.send(CANARY, "a", "b", text=f"a b {TEXT}", has_arrived=True)
    lane.send(CANARY, "a", "bad", text="a bad").send(PROBE, "bad")
    assert lane.check() == CompanyCheck(
        alone_blocked=2,
        alone_slipped=0,
        company_blocked=1,
        company_slipped=1,
        audits_blocked=1,
        audits_slipped=0,
    )


def test_attempts_before_an_audit_do_not_count() -> None:
    """An entry is audited because its solo attempts were blocked; these prove nothing of slip."""
    assert confirmed().check() == CompanyCheck(alone_blocked=1)


def test_audit_of_an_entry_that_is_not_censored_after_all_does_not_count() -> None:
    """What was lost twice by chance, and arrives from then on, says nothing of the filter."""
    lane = confirmed().send(CANARY, "a", "bad", text="a bad", has_arrived=True)
    assert lane.check().company_slipped == 1
    lane.send(PROBE, "bad", has_arrived=True).send(PROBE, "bad", has_arrived=True)
    assert lane.check().company == 0


def test_long_messages_are_for_reach_to_explain() -> None:
    """A message longer than the filter reads is no company that lets text through."""
    lane = confirmed().send(CANARY, "a", "bad", text="a bad " * 50, has_arrived=True)
    assert lane.check(reach=100).company == 0
    assert lane.check(reach=None).company == 1


@given(
    alone=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    company=st.tuples(st.integers(0, 20), st.integers(0, 20)),
)
def test_probability_follows_what_was_seen(
    alone: tuple[int, int], company: tuple[int, int]
) -> None:
    """The more arrives in company, and the less alone, the more probable is a difference."""
    check = CompanyCheck(
        alone_blocked=alone[0],
        alone_slipped=alone[1],
        company_blocked=company[0],
        company_slipped=company[1],
    )
    assert 0 <= check.probability <= 1
    more = replace(check, company_slipped=company[1] + 1)
    assert more.probability >= check.probability
    assert replace(more, alone_slipped=alone[1] + 1).probability <= more.probability + 1e-9


@pytest.mark.parametrize(("slip", "most"), [(0.0, 0), (0.01, 2), (0.05, 14)])
def test_false_alarms_are_rare(slip: float, most: int) -> None:
    """Where company makes no difference, few of 400 runs take it for one."""
    random = Random(5)
    alarms = 0
    for _ in range(400):
        check = CompanyCheck(alone_blocked=2)
        for _ in range(12):
            if random.random() < slip:
                check = replace(check, company_slipped=check.company_slipped + 1)
                again = random.random() < slip  # the same text is sent alone then
                check = replace(
                    check,
                    alone_slipped=check.alone_slipped + again,
                    alone_blocked=check.alone_blocked + (not again),
                )
            else:
                check = replace(check, company_blocked=check.company_blocked + 1)
            if check.is_alarming:
                alarms += 1
                break
    assert alarms <= most


def test_three_of_three_are_an_alarm_and_one_is_a_suspicion() -> None:
    """One censored text that arrives in company asks for more; three of three decide."""
    check = CompanyCheck(alone_blocked=3, company_slipped=1)
    assert check.is_suspicious
    assert not check.is_alarming
    assert replace(check, company_slipped=3, alone_blocked=5).is_alarming


def test_pools_count_for_nothing_where_company_lets_text_through() -> None:
    """What arrived in pools only is inconclusive then, and says why; solo attempts count."""
    lane = Lane().send(CANARY, text=TEXT)
    for _ in range(3):
        lane.send(PROBE, "bad")
    lane.send(PROBE, "a", "b", "c", has_arrived=True)
    lane.send(PROBE, "c", has_arrived=True).send(PROBE, "c", has_arrived=True)
    trusted = kinds(lane)
    for _ in range(3):
        lane.send(CANARY, "a", "bad", text="a bad", has_arrived=True).send(PROBE, "bad")
    assert lane.check().is_alarming
    assert kinds(lane) == {
        "a": (VerdictKind.INCONCLUSIVE, "arrived_in_company_only"),
        "b": (VerdictKind.INCONCLUSIVE, "arrived_in_company_only"),
        "c": trusted["c"],
        "bad": (VerdictKind.CENSORED, "blocked_even_to_a_sceptic"),
    }
    assert trusted["c"][0] is VerdictKind.CLEAR


def kinds(lane: Lane) -> dict[str, tuple[VerdictKind, str]]:
    """What the attempts of a lane say of four entries, and by which rules."""
    entries = [entry(each) for each in ("a", "b", "c", "bad")]
    seen = noise(lane.attempts, lane.scores)
    weighed = weigh([each.id for each in entries], lane.attempts, lane.scores, seen, Limits())
    assert weighed is not None
    said = verdicts(entries, lane.attempts, lane.scores, CONDITION, seen, company=weighed.company)
    return {each.entry_id: (each.kind, each.rule_id) for each in said}


def test_audits_do_not_count_as_canaries() -> None:
    """Slip is that of the canaries; how well an entry's rule is applied is another question."""
    lane = confirmed().send(CANARY, "a", "bad", text="a bad", has_arrived=True)
    assert noise(lane.attempts, lane.scores).canaries_slipped == 0
    lane.send(CANARY, "a", text=f"a {TEXT}", has_arrived=True)
    assert noise(lane.attempts, lane.scores).canaries_slipped == 1
    for _ in range(3):
        lane.send(CANARY, "a", text=f"a {TEXT}", has_arrived=True).send(CANARY, text=TEXT)
    assert noise(lane.attempts, lane.scores).canaries_slipped == 0


@pytest.mark.parametrize(
    ("blocked", "slipped", "reach"),
    [
        ([60, 90], [200, 300], 90),
        ([60, 210], [200, 300, 400, 500], 60),
        ([60], [300], None),
        ([300, 310, 320], [60, 70], None),
    ],
)
def test_reach_is_told_by_canaries_behind_harmless_text(
    blocked: Sequence[int], slipped: Sequence[int], reach: int | None
) -> None:
    """Long messages count as unread if canaries in them arrive, and shorter ones are blocked."""
    lane = Lane().send(CANARY, text=TEXT)
    for length in blocked:
        lane.send(CANARY, text=TEXT.rjust(length, "."))
    for length in slipped:
        lane.send(CANARY, text=TEXT.rjust(length, "."), has_arrived=True)
    assert {each.outcome for each in lane.scores.values()} == {Outcome.DELIVERED, Outcome.MISSING}
    assert seen_to(lane.attempts, lane.scores) == reach
    assert lane.check() == CompanyCheck(alone_blocked=1)
    # What became of canaries among entries is no matter of length.
    lane.send(CANARY, "a", text=f"a {TEXT}", has_arrived=True)
    lane.send(CANARY, "a", text=f"a {TEXT}", has_arrived=True)
    assert seen_to(lane.attempts, lane.scores) == reach
