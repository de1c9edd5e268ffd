"""What a person reads at the end of a run."""

import os
from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console, RenderableType
from rich.table import Column, Table
from rich.text import Text

from probes.live_run import Report
from probes.plan import span
from results.change_record import Change
from results.inference import Rate
from results.record import MessageKind, Verdict, VerdictKind
from results.verdict_rules import INCONSISTENT

_COLOURS = {VerdictKind.CENSORED: "bold red", VerdictKind.INCONCLUSIVE: "yellow"}


def render(parts: Iterable[RenderableType], *, width: int, colour: bool) -> str:
    """Render parts for a terminal.

    Args:
        parts: What to show, top to bottom.
        width: Width of the terminal in cells; wide characters take two.
        colour: Whether it shows colours.
    """
    console = Console(
        file=StringIO(),
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return captured.get()


def summary(report: Report, *, resume: str) -> list[RenderableType]:
    """The summary of a run: what failed to arrive, and how far that can be trusted.

    Args:
        report: What the run came to.
        resume: The command that goes on with it.
    """
    return [
        Text(_headline(report), style="bold"),
        *_tables(report),
        *_combinations(report),
        *_comparison_lines(report),
        *(Text(line) for line in _measurement_lines(report)),
        *(Text(line, style="yellow") for line in _warnings(report)),
        *_changed_lines(report),
        *(Text(f"Lane lost: {line}", style="yellow") for line in report.lanes_lost),
        *_observer_lines(report),
        *(Text(line, style="yellow") for line in _stopped_lines(report, resume)),
        *_truth_lines(report),
        *_file_lines(report),
        *_told_lines(report),
        *([Text(report.problem, style="bold red")] if report.problem else []),
    ]


def _headline(report: Report) -> str:
    censored = _of(report, VerdictKind.CENSORED)
    asked = [verdict for verdict in report.verdicts if verdict.attempts or verdict.void]
    if not asked:
        return f"Nothing was measured on {report.condition}"
    nouns = f"{len(asked)} {'entry' if len(asked) == 1 else 'entries'}"
    undecided = sum(verdict.kind is VerdictKind.INCONCLUSIVE for verdict in asked)
    if censored:
        verb = "does" if len(censored) == 1 else "do"
        return f"{len(censored)} of {nouns} {verb} not arrive on {report.condition}"
    if undecided:
        return f"None of {nouns} found censored, {undecided} inconclusive, on {report.condition}"
    return f"Of {nouns} all arrive on {report.condition}"


def _tables(report: Report) -> list[Table]:
    shown = [
        *_of(report, VerdictKind.CENSORED),
        *(
            verdict
            for verdict in _of(report, VerdictKind.INCONCLUSIVE)
            if verdict.attempts or verdict.void or verdict.unknown
        ),
    ]
    if not shown:
        return []
    table = Table(
        Column("entry", overflow="fold"),
        Column("list", no_wrap=True),
        Column("verdict", no_wrap=True),
        Column("P", justify="right", no_wrap=True),
        *_blocked_columns(report),
        Column("how"),
        box=None,
        pad_edge=False,
    )
    for verdict in shown:
        table.add_row(*_cells(report, verdict))
    return [table]


def _blocked_columns(report: Report) -> list[Column]:
    if report.pools is None:
        return [Column("blocked", justify="right", no_wrap=True)]
    return [
        Column("blocked\nalone", justify="right", no_wrap=True),
        Column("in\npools", justify="right", no_wrap=True),
    ]


def _combinations(report: Report) -> list[RenderableType]:
    """Entries that are blocked together though each of them is clear."""
    found = report.pools.discoveries if report.pools is not None else ()
    if not found:
        return []
    table = Table(
        Column("blocked together, each of them clear (combinations.csv)", overflow="fold"),
        Column("times", justify="right", no_wrap=True),
        box=None,
        pad_edge=False,
    )
    for discovery in found:
        entries = [report.entries[each].keyword for each in discovery.entries]
        table.add_row(Text(" | ".join(entries)), Text(str(len(discovery.attempts))))
    return [table]


def _comparison_lines(report: Report) -> list[Text]:
    """What became of the entries since the baseline, what really changed first."""
    changes = report.changes
    if changes is None:
        return []
    if changes.problem is not None:
        return [Text(f"Not compared: {changes.problem}", style="bold red")]
    if changes.comparison is None:
        return [Text("Nothing to compare with: no earlier run measured any of the same.")]
    comparison, before = changes.comparison, changes.comparison.before
    counts = comparison.counts
    told = ", ".join(
        f"{counts[each]} {each}"
        for each in Change
        if counts[each] or each.is_real or each is Change.FLICKER
    )
    flickers = ", ".join(
        each.entry.keyword for each in comparison.differences if each.change is Change.FLICKER
    )
    return [
        *(Text(sentence, style="bold red") for sentence in changes.sentences.values()),
        Text(f"Since run {before.id} ({before.started_at:%Y-%m-%d %H:%M} UTC): {told}"),
        *([Text(f"Flicker, no more than noise explains: {flickers}")] if flickers else []),
        *(Text(f"Note: {note}", style="yellow") for note in comparison.notes),
    ]


def _told_lines(report: Report) -> list[Text]:
    """Who was told of changes, and whom that did not reach."""
    if report.told is None:
        return []
    delivered = [f"{channel} ({count})" for channel, count in report.told.delivered.items()]
    return [
        *([Text(f"Told of changes: {', '.join(delivered)}")] if delivered else []),
        *(
            Text(f"Alert not delivered, kept for the next run: {problem}", style="bold red")
            for problem in report.told.kept
        ),
    ]


def _cells(report: Report, verdict: Verdict) -> Sequence[RenderableType]:
    entry = report.entries[verdict.entry_id]
    alone = Text(f"{verdict.blocked} of {verdict.blocked + verdict.delivered}")
    pools = verdict.pools_blocked + verdict.pools_delivered
    return (
        Text(entry.keyword),
        Text(entry.wordlist),
        Text(str(verdict.kind).upper(), style=_COLOURS.get(verdict.kind, "")),
        Text(_probability(verdict)),
        *(
            [alone]
            if report.pools is None
            else [alone, Text(f"{verdict.pools_blocked} of {pools}")]
        ),
        Text(report.how[verdict.entry_id]),
    )


def _probability(verdict: Verdict) -> str:
    """The probability that decides: what a sceptic would say of a censored entry."""
    is_censored = verdict.kind is VerdictKind.CENSORED
    value = verdict.probability_low if is_censored else verdict.probability
    return ">0.999" if value > 0.999 else f"{value:.3f}"  # noqa: PLR2004 - three digits


def _measurement_lines(report: Report) -> list[str]:
    noise = report.noise
    controls = noise.controls_delivered + noise.controls_lost
    canaries = noise.canaries_blocked + noise.canaries_slipped
    sensitivity = noise.sensitivity
    sent = ", ".join(
        f"{count} {_plural(kind) if count > 1 else kind}"
        for kind, count in report.messages.items()
        if count
    )
    return [
        *_message_lines(report, sent),
        f"Controls delivered: {noise.controls_delivered} of {controls}; "
        f"specificity {_rate(noise.specificity)}",
        f"Canaries blocked: {noise.canaries_blocked} of {canaries}; "
        + (
            "sensitivity not measured (no canary was blocked)"
            if sensitivity is None
            else f"sensitivity {_rate(sensitivity)}"
        ),
    ]


def _message_lines(report: Report, by_kind: str) -> list[str]:
    total = sum(report.messages.values())
    line = f"Messages: {total:,}"
    times = report.one_by_one / total if total else 0.0
    # A run that stopped early has not done what it would be compared with.
    if times > 1 and not report.stopped and report.pools is not None:
        line += (
            f", {int(times * 10) / 10:g} times fewer than one by one, three times, with controls "
            f"(about {round(report.one_by_one, -1):,})"
        )
    if report.planned is None:
        return [f"{line} ({by_kind})"]
    planned = span(*(f"{each:,}" for each in report.planned))
    return [line, f"Planned {planned} messages, sent {total:,} ({by_kind})"]


def _filter_lines(report: Report) -> list[str]:
    """What the filter was seen to do that not every filter does."""
    lines = []
    if report.pools is not None and report.pools.check.is_alarming:
        check = report.pools.check
        lines.append(
            f"Filter is not monotone: of {check.company} messages with censored text among clear "
            f"entries {check.company_slipped} arrived, of "
            f"{check.alone_blocked + check.alone_slipped} with nothing else "
            f"{check.alone_slipped}. Pools prove nothing here; entries were sent alone."
        )
    elif report.pools is not None and report.pools.check.is_suspicious:
        check = report.pools.check
        lines.append(
            f"Filter may not be monotone: of {check.company} messages with censored text among "
            f"clear entries {check.company_slipped} arrived (probability {check.probability:.0%})."
        )
    if report.pools is not None and report.pools.reach is not None:
        lines.append(
            f"Filter does not read long messages: censored text was seen in up to "
            f"{report.pools.reach} characters. Longer messages that arrived do not count."
        )
    now_and_then = [
        f"{report.entries[each.entry_id].keyword} ({each.blocked} of "
        f"{each.blocked + each.delivered})"
        for each in report.verdicts
        if each.rule_id in INCONSISTENT
    ]
    if now_and_then:
        lines.append(f"Blocked and delivered in turn, alone: {', '.join(now_and_then)}")
    return lines


def _warnings(report: Report) -> list[str]:
    lines = _filter_lines(report)
    if report.wasted:
        noun = "message" if report.wasted == 1 else "messages"
        lines.append(f"Void or unknown, and made up for: {report.wasted} {noun}")
    if report.blind_lanes:
        lines.append(
            f"No canary was blocked on {', '.join(report.blind_lanes)}: either they are censored "
            "no more, or the accounts are not filtered. What arrived there proves little."
        )
    if report.scripts_without_controls:
        scripts = ", ".join(report.scripts_without_controls)
        lines.append(
            f"No controls in the script of some entries ({scripts}): add such phrases to "
            "controls.csv; others were used."
        )
    return lines


def _plural(kind: str) -> str:
    return {
        MessageKind.PROBE: "probes",
        MessageKind.CONTROL: "controls",
        MessageKind.CANARY: "canaries",
    }.get(MessageKind(kind), kind)


def _rate(rate: Rate) -> str:
    low, high = rate.interval()
    return f"{rate.mean:.1%} (95 % interval {low:.1%} to {high:.1%})"


def _observer_lines(report: Report) -> list[Text]:
    lines = []
    for observer, entries in report.filtered_for.items():
        keywords = ", ".join(report.entries[each].keyword for each in entries)
        keywords = keywords or "nothing, as far as it could see"
        lines.append(Text(f"Censored for the observer {observer} as well: {keywords}"))
    lost = (Text(f"Observer lost: {line}", style="yellow") for line in report.observers_lost)
    return [*lines, *lost]


def _stopped_lines(report: Report, resume: str) -> list[str]:
    if not report.stopped:
        return []
    open_entries = _of(report, VerdictKind.INCONCLUSIVE)
    not_measured = [each for each in open_entries if not each.attempts and not each.void]
    return [
        f"Stopped early: {report.stopped}",
        f"Undecided: {len(open_entries)} entries, {len(not_measured)} of them not measured at all.",
        f"Go on with: {resume}",
    ]


def _changed_lines(report: Report) -> list[Text]:
    if not report.changed:
        return []
    keywords = ", ".join(report.entries[entry_id].keyword for entry_id in report.changed)
    return [
        Text(
            f"Changed since their tests, as controls and canaries said more: {keywords}",
            style="yellow",
        )
    ]


def _file_lines(report: Report) -> list[Text]:
    folders = sorted({path.parent for path in report.files})
    return [
        Text(
            f"Files: {folder}{os.sep} "
            + ", ".join(path.name for path in report.files if path.parent == folder)
        )
        for folder in folders
    ]


def _truth_lines(report: Report) -> list[Text]:
    if report.right is None:
        return []
    wrong = [entry_id for entry_id, is_right in report.right.items() if not is_right]
    lines = [
        Text(
            f"Embedded network: {len(report.right) - len(wrong)} of {len(report.right)} verdicts "
            "agree with its policy",
            style="" if not wrong else "bold red",
        )
    ]
    lines.extend(
        Text(f"  wrong: {report.entries[entry_id].keyword}", style="red") for entry_id in wrong
    )
    return lines


def _of(report: Report, kind: VerdictKind) -> list[Verdict]:
    return [verdict for verdict in report.verdicts if verdict.kind is kind]
