"""Filters that are not what pools rest on: noticed, told, and got round."""

import re
from pathlib import Path

import pytest

from probes.filter_check import MOST_EAGER, MOST_OFTEN
from results.record import Attempt, MessageKind, VerdictKind
from tests.probes.sessions import Sessions, write_wordlist
from tests.testbeds import rule, write_testbed

PLAIN = [f"day {number} of the fair" for number in range(40)]
BAD = [f"forbidden {name}" for name in ("ash", "beech", "cedar", "dogwood", "elm", "fir")]
SOFT = ["a kind word", "a kind deed", "a kind heart"]
WORDS = dict.fromkeys([*PLAIN[:20], *BAD[:3], *SOFT, *PLAIN[20:], *BAD[3:]], "en,ENV")
EXTENUATING = 'extenuating = ["kind"]\n'


def rules(more: str = "") -> list[str]:
    """Rules for the bad words, with more keys for each of them."""
    return [rule(each) + more for each in BAD]


def let_canaries_through(testbed: Path) -> Path:
    """Let the kind words free the canary of a testbed's policy as well."""
    policy = testbed.parent / "policy.toml"
    text = policy.read_text(encoding="utf-8")
    policy.write_text(text.replace("[[rule]]\n", f"[[rule]]\n{EXTENUATING}", 1), encoding="utf-8")
    return testbed


@pytest.fixture
def sessions(sessions: Sessions, tmp_path: Path) -> Sessions:
    """Sessions over a list of some fifty words, of which six are censored."""
    sessions.wordlist = write_wordlist(tmp_path / "fair.csv", WORDS)
    return sessions


def canaries(attempts: list[Attempt]) -> list[Attempt]:
    """The canaries and audits among attempts."""
    return [each for each in attempts if each.kind is MessageKind.CANARY]


def test_plain_filter_is_trusted(sessions: Sessions, tmp_path: Path) -> None:
    """Where nothing is odd, some canaries and audits go in company, and nothing is said of it."""
    result = sessions.measure(write_testbed(tmp_path / "testbed", rules()))
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["Embedded network: 49 of 49 verdicts agree with its policy"])
    result.stdout.no_fnmatch_line("Filter *")
    attempts = sessions.attempts()
    company = [each for each in canaries(attempts) if each.entries]
    audits = [each for each in company if "undelivered canary" not in each.text]
    long = [each for each in canaries(attempts) if not each.entries and len(each.text) > 100]
    assert len(long) >= 1
    assert not any(word in each.text for each in long for word in WORDS)
    assert len(company) >= 2
    assert len(audits) >= 2
    ids = {row.keyword: row.verdict.entry_id for row in sessions.verdict_rows()}
    bad = {ids[each] for each in BAD}
    assert all(each.entries[-1] in bad and not bad & {*each.entries[:-1]} for each in audits)


@pytest.mark.parametrize("seed", [1, 2])
def test_extenuating_words_are_noticed(sessions: Sessions, tmp_path: Path, seed: int) -> None:
    """If words elsewhere in a message free it, that is told, and entries are sent alone."""
    testbed = let_canaries_through(write_testbed(tmp_path / "testbed", rules(EXTENUATING)))
    result = sessions.measure(testbed, "--seed", seed)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.re_match_lines(
        [
            r"Filter is not monotone: of \d+ messages with censored text among clear entries \d+ ",
            r"Embedded network: 49 of 49 verdicts agree with its policy",
        ]
    )
    alone = {each.entries[0] for each in sessions.attempts() if each.is_solo}
    assert len(alone) == len(WORDS)


@pytest.mark.parametrize("seed", [1, 2])
def test_audits_notice_words_that_free_entries_and_no_canary(
    sessions: Sessions, tmp_path: Path, seed: int
) -> None:
    """If words free entries only, whose rules are others than a canary's, audits tell."""
    more = [f"the long way to the {number}th market of the town" for number in range(50)]
    words = dict.fromkeys([*PLAIN, *BAD[:3], *SOFT, *more, *BAD[3:]], "en,ENV")
    sessions.wordlist = write_wordlist(tmp_path / "markets.csv", words)
    # One pool does not hold them all, and what is found in the others can be audited.
    testbed = write_testbed(tmp_path / "testbed", rules(EXTENUATING))
    result = sessions.measure(testbed, "--seed", seed)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.re_match_lines(
        [
            r"Filter is not monotone: .*",
            r"Embedded network: 99 of 99 verdicts agree with its policy",
        ]
    )


def test_budget_is_kept_when_entries_are_sent_alone(sessions: Sessions, tmp_path: Path) -> None:
    """What cannot be sent alone within the budget stays inconclusive, under a rule of its own."""
    testbed = let_canaries_through(write_testbed(tmp_path / "testbed", rules(EXTENUATING)))
    result = sessions.measure(testbed, "--budget", 60)
    result.stdout.fnmatch_lines(["Filter is not monotone: *", "Stopped early: the budget of 60 *"])
    assert len(sessions.messages()) <= 60
    said = [row.verdict for row in sessions.verdict_rows()]
    assert "arrived_in_company_only" in {each.rule_id for each in said}
    assert all(each.delivered for each in said if each.kind is VerdictKind.CLEAR)


@pytest.mark.parametrize("reach", ["ignores_longer = 150", "reads_first = 150"])
def test_unread_long_messages_are_noticed(sessions: Sessions, tmp_path: Path, reach: str) -> None:
    """If long messages are not read, that is told, pools become shorter, and verdicts are right."""
    testbed = write_testbed(tmp_path / "testbed", rules(), more=f"[reach]\n{reach}\n")
    result = sessions.measure(testbed)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.re_match_lines(
        [
            r"Filter does not read long messages: censored text was seen in up to 1[0-5]\d char",
            r"Embedded network: 49 of 49 verdicts agree with its policy",
        ]
    )


def test_rule_that_is_applied_now_and_then_is_named(sessions: Sessions, tmp_path: Path) -> None:
    """An entry that is blocked and delivered in turn stays inconclusive, and is named."""
    named = 0
    for seed in range(1, 6):
        sessions.results = tmp_path / f"runs-{seed}"
        testbed = write_testbed(
            tmp_path / f"testbed-{seed}", [rule(BAD[0]) + "enforced = 0.5\n", *rules()[1:]]
        )
        result = sessions.measure(testbed, "--seed", seed, "--strategy", "solo")
        assert result.ret == pytest.ExitCode.OK
        verdict = sessions.verdict(BAD[0])
        if verdict.kind is VerdictKind.INCONCLUSIVE:
            named += 1
            assert verdict.rule_id in {"applied_inconsistently", "contradictory"}
            result.stdout.fnmatch_lines(
                [f"Blocked and delivered in turn, alone: {BAD[0]} ({verdict.blocked} of *)*"]
            )
        kinds = sessions.verdicts()
        assert all(kinds[each] is VerdictKind.CENSORED for each in BAD[1:])
        assert all(kinds[each] is VerdictKind.CLEAR for each in [*PLAIN, *SOFT])
    assert named >= 2


@pytest.mark.parametrize("share", [0.2, 0.6])
def test_nothing_goes_on_for_ever(sessions: Sessions, tmp_path: Path, share: float) -> None:
    """On a filter that is applied now and then throughout, a run ends, within its bounds."""
    testbed = write_testbed(tmp_path / "testbed", rules(f"enforced = {share}\n"))
    result = sessions.measure(testbed)
    assert result.ret == pytest.ExitCode.OK
    attempts = sessions.attempts()
    # Each lane may have sent one more before it knew of the other's.
    assert len(canaries(attempts)) <= MOST_EAGER + len(attempts) // MOST_OFTEN + 2
    assert len(attempts) < 6 * len(WORDS)


def test_order_matters_to_some_filters(sessions: Sessions, tmp_path: Path) -> None:
    """Combinations whose order matters are found all the same: entries keep theirs in a pool."""
    ordered = [f"{rule('forbidden', name)}ordered = true\n" for name in ("ash", "elm")]
    result = sessions.measure(write_testbed(tmp_path / "testbed", ordered))
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("Filter *")
    kinds = sessions.verdicts()
    censored = {each for each, kind in kinds.items() if kind is VerdictKind.CENSORED}
    assert censored == {"forbidden ash", "forbidden elm"}
    assert re.search(r"49 of 49 verdicts agree", result.stdout.str())
