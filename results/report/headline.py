"""The report in a sentence or three."""

from collections import Counter

from results.judged_run import JudgedRun
from results.record import Verdict, VerdictKind
from results.redaction import Redaction


def headline(run: JudgedRun, redaction: Redaction) -> list[str]:
    """Say what a run found, and what it could not find.

    Args:
        run: The run.
        redaction: What is withheld.

    Returns:
        Sentences, the most important first.
    """
    sentences = [_found(run)]
    if run.attempts and run.noise().is_blind:
        sentences.append(
            "Every canary arrived: nothing shows that this run could have seen censorship, so it "
            "calls nothing clear."
        )
    kinds = Counter(verdict.kind for verdict in run.verdicts)
    unmeasured = sum(_is_unmeasured(verdict) for verdict in run.verdicts)
    if unmeasured:
        sentences.append(f"{_entries(unmeasured)} not measured.")
    if undecided := kinds[VerdictKind.INCONCLUSIVE] - unmeasured:
        sentences.append(f"{_entries(undecided)} inconclusive.")
    if run.run.stopped is not None:
        sentences.append(f"The run ended early: {redaction.sentence(run.run.stopped)}")
    elif run.run.finished_at is None:
        sentences.append("The run is not finished, or was killed.")
    return sentences


def _found(run: JudgedRun) -> str:
    if not run.attempts:
        return "No message was sent in this run."
    where = "; ".join(str(condition) for condition in run.conditions)
    day = f"{run.run.started_at:%-d %B %Y}"
    if not run.verdicts:
        return f"No entry was measured on {where}, {day}."
    censored = sum(verdict.kind is VerdictKind.CENSORED for verdict in run.verdicts)
    total = len(run.verdicts)
    of = f"{total:,} {'entry' if total == 1 else 'entries'}"
    if not censored:
        clear = sum(verdict.kind is VerdictKind.CLEAR for verdict in run.verdicts)
        others = f"{clear:,} {'is' if clear == 1 else 'are'} clear"
        return f"None of {of} is called censored on {where}, {day}; {others}."
    return f"{censored:,} of {of} did not arrive on {where}, {day}."


def _is_unmeasured(verdict: Verdict) -> bool:
    return not (verdict.attempts or verdict.void or verdict.unknown)


def _entries(count: int) -> str:
    return f"{count:,} {'entry is' if count == 1 else 'entries are'}"
