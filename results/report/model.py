"""What a report shows, as the page's script reads it: plain values, every text made visible."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

from results.circumstances import Circumstances
from results.inference import Noise, Rate, noise
from results.judged_run import JudgedRun
from results.record import Attempt, MessageKind, Run, Verdict
from results.redaction import Redaction
from results.report.evidence import ENTRIES_OF_BLOCK, JsonValue
from results.report.headline import headline
from results.report.history import Past
from results.report.shown_text import direction, shown
from results.rules import OUTCOME_RULES, RULES_VERSION, VOID_RULES
from results.verdict_rules import VERDICT_RULES, how


def latest_verdicts(runs: Sequence[JudgedRun]) -> list[tuple[JudgedRun, Verdict]]:
    """Give the latest verdict of each entry under each condition, in the order of the lists."""
    latest: dict[tuple[str, Circumstances], tuple[JudgedRun, Verdict]] = {}
    for run in runs:
        for verdict in run.verdicts:
            latest[verdict.entry_id, Circumstances.of(verdict.condition)] = run, verdict
    return list(latest.values())


def model(
    runs: Sequence[JudgedRun], past: Past, redaction: Redaction
) -> tuple[Mapping[str, JsonValue], list[str]]:
    """Gather what is shown.

    Args:
        runs: The runs of the report, the oldest first; at least one.
        past: What they and earlier runs said.
        redaction: What is withheld.

    Returns:
        The values, and the ids of the entries in the order of their evidence.
    """
    verdicts = latest_verdicts(runs)
    conditions = list(dict.fromkeys(str(verdict.condition) for _, verdict in verdicts))
    order = list(dict.fromkeys(verdict.entry_id for _, verdict in verdicts))
    numbers = {run.run.id: number for number, run in enumerate(runs)}
    values: dict[str, JsonValue] = {
        "headline": list(map(shown, headline(runs[-1], redaction))),
        "software": version("undelivered"),
        "rules": RULES_VERSION,
        "runs": [_run(run, redaction) for run in runs],
        "conditions": list(map(shown, conditions)),
        "of_block": ENTRIES_OF_BLOCK,
        "lanes": _lanes(runs, redaction),
        "entries": [
            _entry(
                run,
                verdict,
                condition=conditions.index(str(verdict.condition)),
                number=numbers[run.run.id],
                past=past,
            )
            for run, verdict in verdicts
        ],
        "timeline": [_started(run) for run in past.runs],
        "combinations": [
            {
                "words": [_word(run, each) for each in finding.discovery.entries],
                "condition": shown(str(finding.condition)),
                "blocked": len(finding.discovery.attempts),
                "run": run.run.id,
            }
            for run in runs
            for finding in run.findings()
        ],
        "why": {
            rule.rule_id: rule.comment for rule in (*OUTCOME_RULES, *VOID_RULES, *VERDICT_RULES)
        },
    }
    return values, order


def _run(run: JudgedRun, redaction: Redaction) -> JsonValue:
    lists = {
        name.partition(":")[2]: value
        for name, value in run.run.settings.items()
        if name.startswith("wordlist_sha256:")
    }
    return {
        "id": run.run.id,
        "started": _started(run.run),
        "finished": None
        if run.run.finished_at is None
        else f"{run.run.finished_at:%Y-%m-%d %H:%M}",
        "stopped": shown(redaction.sentence(run.run.stopped) or "") or None,
        "testbed": shown(redaction.label(run.run.testbed)),
        "strategy": shown(run.run.strategy),
        "seed": str(run.run.seed),
        "messages": len(run.attempts),
        "conditions": [shown(str(condition)) for condition in run.conditions],
        "lists": lists,
        **_noise(run.noise()),
    }


def _started(run: Run) -> str:
    return f"{run.started_at:%Y-%m-%d %H:%M}"


def _lanes(runs: Sequence[JudgedRun], redaction: Redaction) -> JsonValue:
    rows: list[JsonValue] = []
    for run in runs:
        by_lane: dict[str, list[Attempt]] = {}
        for attempt in run.attempts:
            by_lane.setdefault(attempt.lane, []).append(attempt)
        for lane, attempts in sorted(by_lane.items()):
            first = attempts[0]
            rows.append(
                {
                    "run": run.run.id,
                    "lane": shown(redaction.label(lane)),
                    "accounts": shown(
                        f"{redaction.label(first.sender)} → {redaction.label(first.receiver)}"
                    ),
                    "messages": len(attempts),
                    "probes": sum(each.kind is MessageKind.PROBE for each in attempts),
                    "void": sum(run.scores[each.id].void is not None for each in attempts),
                    **_noise(noise(attempts, run.scores)),
                }
            )
    return rows


def _noise(seen: Noise) -> dict[str, JsonValue]:
    return {
        "controls": [seen.controls_delivered, seen.controls_lost],
        "canaries": [seen.canaries_blocked, seen.canaries_slipped],
        "specificity": _rate(
            seen.specificity if seen.controls_delivered + seen.controls_lost else None
        ),
        "sensitivity": _rate(seen.sensitivity),
    }


def _rate(rate: Rate | None) -> JsonValue:
    return None if rate is None else [rate.mean, *rate.interval()]


def _entry(
    run: JudgedRun, verdict: Verdict, *, condition: int, number: int, past: Past
) -> JsonValue:
    entry = run.entries[verdict.entry_id]
    said = past.said.get((verdict.entry_id, Circumstances.of(verdict.condition)), [])
    pools = [verdict.pools_blocked, verdict.pools_delivered]
    values: dict[str, JsonValue] = {
        "id": verdict.entry_id,
        **_word(run, verdict.entry_id),
        "category": shown(entry.category),
        "list": shown(entry.wordlist),
        "source": shown(entry.source),
        "condition": condition,
        "verdict": verdict.kind.value,
        "p": [
            float(f"{each:.4g}")
            for each in (verdict.probability, verdict.probability_low, verdict.probability_high)
        ],
        "solo": [verdict.blocked, verdict.delivered],
        "pools": pools if any(pools) else None,
        "void": verdict.void or None,
        "unknown": verdict.unknown or None,
        "how": how(verdict, run.scores) if verdict.blocked else None,
        "rule": verdict.rule_id,
        "rules": None if verdict.rules_version == RULES_VERSION else verdict.rules_version,
        "run": number or None,
        "said": [[place, kind.value[:2]] for place, kind in said] if len(past.runs) > 1 else None,
    }
    # Thousands of entries: what the page takes for granted is left out.
    return {name: value for name, value in values.items() if value is not None}


def _word(run: JudgedRun, entry_id: str) -> dict[str, JsonValue]:
    entry = run.entries[entry_id]
    return {
        "word": shown(entry.keyword),
        "lang": shown(entry.language),
        "dir": direction(entry.keyword),
    }
