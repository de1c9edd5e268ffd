"""`undelivered explain`: an explanation as a person reads it, or as JSON."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final
from unicodedata import normalize

from rich.cells import cell_len
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from results.errors import JournalError
from results.explanation import Explanation, Role, Step
from results.record import EntryRecord, VerdictKind
from results.rows import condition_row, time_text

_MOST_NAMED: Final = 10
_WORTH_TELLING: Final = 1.5  # factor by which messages about others change the odds
_COLOURS: Final = {VerdictKind.CENSORED: "bold red", VerdictKind.INCONCLUSIVE: "yellow"}


def meant(entries: Mapping[str, EntryRecord], wanted: str) -> EntryRecord:
    """The entry that somebody means: by id, keyword, beginning of an id, or part of a keyword.

    Args:
        entries: The entries there are, by id.
        wanted: What was written; case, width and form of characters do not matter.

    Raises:
        JournalError: There is none, or there are several; they are named.
    """
    sought = _plain(wanted)
    for candidates in (
        [each for each in entries.values() if each.id == wanted],
        [each for each in entries.values() if _plain(each.keyword) == sought],
        [each for each in entries.values() if wanted and each.id.startswith(wanted)],
        [each for each in entries.values() if sought and sought in _plain(each.keyword)],
    ):
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            raise JournalError(
                f"{wanted!r} is part of {len(candidates)} entries; give more of it, or an id: "
                f"{_named(candidates)}"
            )
    near = get_close_matches(sought, [_plain(each.keyword) for each in entries.values()])
    similar = [each for each in entries.values() if _plain(each.keyword) in near]
    raise JournalError(
        f"the run has no entry {wanted!r}"
        + (f"; it has {_named(similar)}" if similar else f" among its {len(entries)}")
    )


def explanation_lines(explained: Explanation) -> list[RenderableType]:
    """An explanation for a terminal, top to bottom."""
    entry, verdict = explained.entry, explained.verdict
    kind = str(verdict.kind).upper()
    lines: list[RenderableType] = [
        Text(f"{entry.keyword} ({entry.wordlist}) on {verdict.condition}", style="bold"),
        Text(f"{kind}, run {explained.run_id}", style=_COLOURS.get(verdict.kind, "")),
        Text(f"Before any message: probability {percent(explained.start)} that it is censored"),
        Text(""),
    ]
    lines += _step_lines(explained)
    if not explained.steps:
        lines.append(Text("No message carried it."))
    last = explained.steps[-1].after if explained.steps else explained.start
    if _has_moved(last, explained.end):
        lines.append(_meanwhile(last, explained.end, "Since then"))
    low, high = verdict.probability_low, verdict.probability_high
    lines += [
        Text(""),
        Text(f"Why {kind}: {explained.why}"),
        Text(
            f"Probability {percent(verdict.probability)}; for who thought it less likely before "
            f"anything was sent {percent(low)}, more likely {percent(high)}."
        ),
        *(Text(each) for each in explained.changes),
    ]
    if explained.now is not None:
        lines.append(
            Text(
                f"By the rules of this version it would be {str(explained.now).upper()} "
                f"(undelivered rescore).",
                style="yellow",
            )
        )
    return lines


def explanation_row(explained: Explanation) -> dict[str, object]:
    """An explanation as JSON holds it."""
    entry, verdict = explained.entry, explained.verdict
    return {
        "run_id": explained.run_id,
        "entry_id": entry.id,
        "keyword": entry.keyword,
        "wordlist": entry.wordlist,
        "condition": condition_row(verdict.condition),
        "verdict": verdict.kind.value,
        "rule_id": verdict.rule_id,
        "why": explained.why,
        "probability": verdict.probability,
        "probability_low": verdict.probability_low,
        "probability_high": verdict.probability_high,
        "probability_before": explained.start,
        "probability_computed": explained.end,
        "would_change_it": list(explained.changes),
        "by_these_rules": None if explained.now is None else explained.now.value,
        "steps": [
            {
                "attempt": step.attempt_id,
                "at": time_text(step.at),
                "lane": step.lane,
                "role": step.role.value,
                "others": step.others,
                "outcome": step.outcome.value,
                "void": None if step.void is None else step.void.value,
                "counts": step.counts,
                "probability_before": step.before,
                "probability_after": step.after,
                "sentence": step.sentence,
            }
            for step in explained.steps
        ],
    }


def percent(probability: float) -> str:
    """A probability for people: no more figures than it is worth."""
    share = 100 * probability
    if share > 99.9:  # noqa: PLR2004 - as near to certain as is worth telling
        return ">99.9 %"
    if share > 99:  # noqa: PLR2004
        return f"{share:.1f} %"
    if share < 0.01:  # noqa: PLR2004 - likewise
        return "<0.01 %"
    return f"{share:.2g} %" if share < 10 else f"{share:.0f} %"  # noqa: PLR2004 - two figures


def _step_lines(explained: Explanation) -> list[RenderableType]:
    lines: list[RenderableType] = []
    columns = [_cells(step) for step in explained.steps]
    widths = [max(map(cell_len, column)) for column in zip(*columns, strict=True)]
    known = explained.start
    for number, (step, cells) in enumerate(zip(explained.steps, columns, strict=True), start=1):
        if _has_moved(known, step.before):
            lines.append(_meanwhile(known, step.before, "Meanwhile"))
        padded = (
            cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)
        )
        lines += [
            Text(f"{number:>2}  {'  '.join(padded)}".rstrip()),
            Padding(Text(step.sentence, style="dim"), (0, 0, 0, 4)),
        ]
        known = step.after
    return lines


def _cells(step: Step) -> Sequence[str]:
    others = f"{step.others} other{'' if step.others == 1 else 's'}"
    sent = {
        Role.ALONE: "alone",
        Role.IN_COMPANY: f"with {others}",
        Role.AUDIT: f"audit with {others}",
        Role.ESCORT: "beside a canary",
    }[step.role]
    came = str(step.outcome) if step.void is None else f"void ({step.void})"
    moved = f"{percent(step.before)} → {percent(step.after)}" if step.counts else "does not count"
    return f"{step.at:%H:%M:%S}", step.lane, sent, came, moved


def _meanwhile(before: float, after: float, when: str) -> RenderableType:
    text = f"{when}, by messages that did not carry it: {percent(before)} → {percent(after)}"
    return Padding(Text(text), (0, 0, 0, 4))


def _has_moved(before: float, after: float) -> bool:
    if percent(before) == percent(after):
        return False
    odds = [each / max(1 - each, 1e-12) for each in (before, after)]
    return max(odds) > _WORTH_TELLING * min(odds)


def _named(entries: Sequence[EntryRecord]) -> str:
    named = ", ".join(f"{each.keyword} ({each.id})" for each in entries[:_MOST_NAMED])
    more = len(entries) - _MOST_NAMED
    return f"{named} and {more} more" if more > 0 else named


def _plain(text: str) -> str:
    return normalize("NFKC", text).casefold().strip()
