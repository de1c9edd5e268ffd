"""`undelivered explain`: how a verdict came about, message by message."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from results.bracketing import BracketLimits
from results.cli import app
from results.errors import JournalError
from results.explain import meant, percent
from results.explanation import Explanation, Role, explain, one_in
from results.inference import Limits
from results.journal import Journal
from results.judged_run import JudgedRun, computed_verdicts, judge_run
from results.record import Attempt, MessageKind, VerdictKind
from results.rules import score
from tests.results.examples import RUN, arrived, entry, sent

CONTROL, CANARY, PROBE = MessageKind.CONTROL, MessageKind.CANARY, MessageKind.PROBE
ENTRIES = [
    entry("bad", "达赖喇嘛", "时轮金刚"),
    entry("lama", "喇嘛"),
    entry("tibetan", "བོད་ལྗོངས"),
    *(entry(f"word-{number}") for number in range(27)),
]
IDS = [each.id for each in ENTRIES]


class Book:
    """Messages of one lane, each followed by a control that arrives."""

    def __init__(self) -> None:
        """Begin with controls, so that loss is known."""
        self.attempts: list[Attempt] = []
        for _ in range(20):
            self._add(CONTROL, (), has_arrived=True)
        self._add(CANARY, (), has_arrived=False, text="canary")
        self._add(CONTROL, (), has_arrived=True)

    def send(
        self,
        *entries: str,
        kind: MessageKind = PROBE,
        has_arrived: bool = False,
        is_void: bool = False,
    ) -> "Book":
        """Send a message, and a control after it, which is lost if the message is to be void."""
        self._add(kind, entries, has_arrived=has_arrived)
        self._add(CONTROL, (), has_arrived=not is_void)
        self._add(CONTROL, (), has_arrived=True)
        return self

    def _add(
        self, kind: MessageKind, entries: tuple[str, ...], *, has_arrived: bool, text: str = ""
    ) -> None:
        attempt = sent(len(self.attempts), kind, *entries)
        attempt = replace(attempt, text=text or attempt.text)
        self.attempts.append(arrived(attempt) if has_arrived else attempt)


def pooled() -> Book:
    """A run in which a pool was taken apart until one entry was left."""
    return (
        Book()
        .send(*IDS, has_arrived=False)
        .send(*IDS[1:], has_arrived=True)
        .send("bad", "lama", is_void=True)
        .send("bad")
        .send("bad")
        .send("word-1", "word-2", "bad", kind=CANARY)
    )


@pytest.fixture
def filled(journal: Journal) -> Path:
    """The path of a closed journal with that run."""
    journal.add_entries(RUN.id, ENTRIES)
    for attempt in pooled().attempts:
        journal.begin_attempt(attempt)
    journal.close()
    return journal.path


@pytest.fixture
def run(filled: Path) -> JudgedRun:
    """That run, judged."""
    with Journal.open(filled, read_only=True) as journal:
        return judge_run(journal, RUN.id)


def explained(run: JudgedRun, entry_id: str) -> Explanation:
    """The only explanation of an entry."""
    (found,) = explain(run, entry_id)
    return found


def test_every_message_with_the_entry_is_told(run: JudgedRun) -> None:
    """Pools, void messages, solo messages and audits are steps, in the order of sending."""
    steps = explained(run, "bad").steps
    assert [(each.role, each.others, each.counts) for each in steps] == [
        (Role.IN_COMPANY, len(IDS) - 1, True),
        (Role.IN_COMPANY, 1, False),
        (Role.ALONE, 0, True),
        (Role.ALONE, 0, True),
        (Role.AUDIT, 2, False),
    ]
    assert [each.void is not None for each in steps] == [False, True, False, False, False]
    assert "at least one of its 30 entries is censored" in steps[0].sentence
    assert "Harmless text was lost in the same stretch" in steps[1].sentence
    assert "If it were harmless, that would happen to about 1 of" in steps[2].sentence
    assert "This tests the filter, not the entry" in steps[4].sentence
    assert explained(run, "word-1").steps[-1].role is Role.ESCORT


def test_probability_moves_as_messages_say(run: JudgedRun) -> None:
    """Blocked messages raise it, delivered ones lower it; it ends at that of the verdict."""
    bad = explained(run, "bad")
    for step in bad.steps:
        assert (step.after > step.before) == step.counts
    # What was learnt of the others lies between: the pool without it arrived.
    assert bad.steps[2].before > 5 * bad.steps[0].after
    for entry_id in IDS:
        one = explained(run, entry_id)
        assert one.end == pytest.approx(one.verdict.probability, rel=1e-6)
        assert one.now is None
    clear = explained(run, "lama")
    assert clear.steps[1].after < clear.steps[1].before / 5
    assert clear.verdict.kind is VerdictKind.CLEAR
    assert "If this entry were censored, that would happen to about 1 of" in (
        clear.steps[1].sentence
    )


def kinds(book: Book) -> dict[str, VerdictKind]:
    """What the messages of a book say of its entries."""
    scores = score(book.attempts, BracketLimits.from_settings(RUN.settings))
    said = computed_verdicts(RUN, ENTRIES, book.attempts, scores)
    return {each.entry_id: each.kind for each in said}


def test_what_would_change_a_verdict_is_true(run: JudgedRun) -> None:
    """As many messages as are said to change a verdict do, and one fewer does not."""
    (said,) = [each for each in explained(run, "bad").changes if "alone that arrive" in each]
    found = re.match(r"(\d+) more messages? alone that arrives? would make it (\w+)\.", said)
    assert found is not None
    for count, kind in (
        (int(found[1]) - 1, VerdictKind.CENSORED),
        (int(found[1]), VerdictKind(found[2])),
    ):
        book = pooled()
        for _ in range(count):
            book.send("bad", has_arrived=True)
        assert kinds(book)["bad"] is kind


def test_run_without_pools_begins_at_even_odds(journal: Journal) -> None:
    """Where each message carries one entry, the probability is that of the evidence alone."""
    journal.add_entries(RUN.id, ENTRIES[:1])
    for attempt in Book().send("bad").send("bad", has_arrived=True).attempts:
        journal.begin_attempt(attempt)
    one = explained(judge_run(journal, RUN.id), "bad")
    assert one.start == Limits().priors.reference
    assert one.steps[0].after > 0.9 > one.steps[1].after
    assert one.end == pytest.approx(one.verdict.probability)


def test_pools_that_prove_nothing_are_told(journal: Journal) -> None:
    """Where the filter lets censored text through in company, pools leave the probability alone."""
    journal.add_entries(RUN.id, ENTRIES)
    book = pooled()
    for _ in range(4):
        book.send("word-1", "bad", kind=CANARY, has_arrived=True).send("bad")
    for attempt in book.attempts:
        journal.begin_attempt(attempt)
    run = judge_run(journal, RUN.id)
    one = explained(run, "lama")
    assert "lets censored text through in company" in one.steps[0].sentence
    assert [each.counts for each in one.steps] == [False] * len(one.steps)
    assert one.verdict.rule_id == "arrived_in_company_only"
    assert "it was not. This tests the filter" in explained(run, "bad").steps[5].sentence


def test_entry_can_be_given_in_many_ways() -> None:
    """By id, keyword, part of either; what is ambiguous or unknown is told with candidates."""
    entries = {each.id: each for each in ENTRIES}
    for wanted, found in (
        ("bad", "bad"),
        ("达赖喇嘛 + 时轮金刚", "bad"),
        ("时轮", "bad"),
        ("喇嘛", "lama"),  # the whole keyword, although it is a part of another
        ("tib", "tibetan"),
        ("WORD-26", "word-26"),
    ):
        assert meant(entries, wanted).id == found
    with pytest.raises(JournalError, match=r"part of 27 entries.*word-0 \(word-0\).*17 more"):
        meant(entries, "word")
    with pytest.raises(JournalError, match="no entry 'wrod-1'; it has word-1 "):
        meant(entries, "wrod-1")
    with pytest.raises(JournalError, match="no entry 'nobody' among its 30"):
        meant(entries, "nobody")


@pytest.mark.parametrize("width", ["80", "160"])
def test_terminal_shows_steps_aligned(filled: Path, width: str) -> None:
    """Steps stand in columns, whatever the script; sentences are indented and not cut."""
    command = ["explain", "latest", "时轮", "--journal", str(filled)]
    result = CliRunner(env={"COLUMNS": width}).invoke(app, command)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[0].startswith("达赖喇嘛 + 时轮金刚 (tibet) on courier 2.1, group chat, CN → CA")
    assert lines[1].startswith("CENSORED, run ")
    steps = [line for line in lines if re.match(r" \d  \d\d:", line)]
    assert len(steps) == 5
    assert len({cell_len(line[: line.index("  a  ")]) for line in steps}) == 1
    assert all(cell_len(line) <= int(width) for line in lines)
    text = " ".join(" ".join(lines).split())
    assert "Meanwhile, by messages that did not carry it: " in text
    assert "Why CENSORED: Who thought it improbable would be convinced" in text
    assert "more messages alone that arrive would make it" in text or "1 more message" in text


def test_json_holds_all_of_it(filled: Path) -> None:
    """--json gives the same steps with exact numbers."""
    command = ["explain", RUN.id[:6], "bad", "--json", "--journal", str(filled)]
    (row,) = json.loads(CliRunner().invoke(app, command).stdout)
    assert row["keyword"] == "达赖喇嘛 + 时轮金刚"
    assert row["verdict"] == "censored"
    assert row["probability_computed"] == pytest.approx(row["probability"])
    assert [step["outcome"] for step in row["steps"]] == ["missing"] * 5
    assert [step["void"] for step in row["steps"]][1] == "control_lost"
    assert row["steps"][0]["probability_before"] < row["steps"][0]["probability_after"]


@pytest.mark.parametrize(
    ("run_id", "wanted", "told"),
    [("nope", "bad", "has no run 'nope'"), ("latest", "word", "part of 27 entries")],
)
def test_errors_are_plain(filled: Path, run_id: str, wanted: str, told: str) -> None:
    """What is not there is one line on stderr, with exit code 1."""
    result = CliRunner().invoke(app, ["explain", run_id, wanted, "--journal", str(filled)])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("error: ")
    assert told in result.stderr


def test_numbers_for_people() -> None:
    """Probabilities and shares have as many figures as they are worth."""
    assert [percent(each) for each in (0.99999, 0.995, 0.42, 0.051, 0.00123, 1e-7)] == [
        *(">99.9 %", "99.5 %", "42 %", "5.1 %", "0.12 %", "<0.01 %"),
    ]
    assert [one_in(each) for each in (0.6, 0.25, 0.0166)] == [
        *("about 60% of messages", "about 1 of 4 messages", "about 1 of 60 messages"),
    ]
