"""The plots of a report: Vega-Lite specifications, drawn to SVG here and not in the browser.

So a report needs no library when it is opened, asks no address, prints as it looks, and each mark
carries a label that screen readers read out. Colours are CSS variables of the page, which knows
whether it is light, dark or on paper.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Final, TypeAlias

from results.inference import Rate, noise
from results.judged_run import JudgedRun
from results.record import MessageKind, Outcome, VerdictKind
from results.redaction import Redaction
from results.report.history import Past
from results.report.shown_text import shown

Json: TypeAlias = "str | int | float | bool | Sequence[Json] | Mapping[str, Json] | None"
Spec: TypeAlias = Mapping[str, Json]

_WIDTH: Final = 520
_STEP: Final = 20
_BINS: Final = 48
_MESSAGES_OF_BIN: Final = 7
_MOST_CATEGORIES: Final = 30
_TICKS: Final = 6
_FONT: Final = "system-ui, sans-serif"

_VERDICT_COLOURS: Final = {
    VerdictKind.CENSORED.value: "var(--censored)",
    VerdictKind.INCONCLUSIVE.value: "var(--inconclusive)",
    VerdictKind.CLEAR.value: "var(--clear)",
}
_OUTCOME_COLOURS: Final = {
    Outcome.MISSING.value: "var(--censored)",
    Outcome.REFUSED.value: "var(--refused)",
    Outcome.ALTERED.value: "var(--altered)",
    Outcome.REMOVED.value: "var(--removed)",
    Outcome.UNKNOWN.value: "var(--unknown)",
    "void": "var(--void)",
    Outcome.DELIVERED.value: "var(--clear)",
}
_PLURALS: Final = {
    MessageKind.PROBE: "probes",
    MessageKind.CONTROL: "controls",
    MessageKind.CANARY: "canaries",
    MessageKind.ISOLATION: "isolation",
}
_HEALTH_COLOURS: Final = {
    "all controls arrived": "var(--clear)",
    "some controls lost": "var(--inconclusive)",
    "all controls lost": "var(--censored)",
    "no control": "var(--void)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A plot of the report.

    Attributes:
        title: Its heading.
        text: What it shows, in a sentence.
        svg: The drawing.
    """

    title: str
    text: str
    svg: str


def can_draw() -> bool:
    """Whether the library that draws is installed (extra ``report``)."""
    return find_spec("vl_convert") is not None


def draw(runs: Sequence[JudgedRun], past: Past, redaction: Redaction) -> list[Plot]:
    """Draw the plots that have something to show; none if nothing can draw.

    Args:
        runs: The runs of the report, the oldest first.
        past: What they and earlier runs said.
        redaction: What is withheld.
    """
    if not can_draw():
        return []
    wanted = (
        (
            "Verdicts by category",
            "How many entries of each category are censored, inconclusive and clear, in the latest "
            "run.",
            _verdicts_by_category(runs[-1]),
        ),
        (
            "Outcomes by condition",
            "What became of probes, controls and canaries under each condition.",
            _outcomes(runs),
        ),
        (
            "Sensitivity and specificity",
            "Share of canaries that were blocked and of controls that arrived, with 95 % credible "
            "intervals; of all lanes and of each. A lane that blocks no canary shows no "
            "sensitivity.",
            _rates(runs, redaction),
        ),
        (
            "Health of the lanes",
            "Whether controls arrived, by lane and time (UTC), in the latest run. Where all are "
            "lost, nothing is concluded.",
            _health(runs[-1], redaction),
        ),
        (
            "Verdicts over time",
            "Entries called censored, inconclusive and clear by each run in the journal, this one "
            "included.",
            _over_time(past),
        ),
    )
    return [
        Plot(title=title, text=text, svg=_svg(spec, title))
        for title, text, spec in wanted
        if spec is not None
    ]


def _svg(spec: Spec, title: str) -> str:
    import vl_convert  # noqa: PLC0415 - an extra, and slow to load

    whole = {**spec, "background": None, "description": title, "config": _CONFIG}
    svg = vl_convert.vegalite_to_svg(json.dumps(whole), allowed_base_urls=[])
    # A group and not an image: in an image, screen readers pass over the labels of the marks.
    return svg.replace("<svg ", f'<svg role="group" aria-label="{title}" ', 1)


_CONFIG: Final[Spec] = {
    "font": _FONT,
    "axis": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--ink)",
        "gridColor": "var(--line)",
        "domainColor": "var(--line)",
        "tickColor": "var(--line)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 360,
    },
    "legend": {
        "labelColor": "var(--ink)",
        "titleColor": "var(--ink)",
        "labelFontSize": 12,
        "orient": "top",
        "title": None,
    },
    "header": {"labelColor": "var(--ink)", "titleColor": "var(--ink)", "labelFontSize": 12},
    "view": {"stroke": None},
}


def _colour(colours: Mapping[str, str]) -> Spec:
    return {
        "field": "what",
        "type": "nominal",
        "scale": {"domain": list(colours), "range": list(colours.values())},
        "sort": list(colours),
    }


def _bars(
    values: Sequence[Spec], row: str, colours: Mapping[str, str], *, title: str, is_share: bool
) -> Spec:
    """Stacked bars, one for each value of a field."""
    order = {what: place for place, what in enumerate(colours)}
    lengths: Counter[str] = Counter()
    for each in values:
        lengths[str(each[row])] += int(str(each["count"]))
    longest = max(lengths.values(), default=0)
    return {
        "data": {"values": [{**each, "order": order[str(each["what"])]} for each in values]},
        "width": _WIDTH,
        "height": {"step": _STEP},
        "mark": {"type": "bar"},
        "encoding": {
            "y": {"field": row, "type": "nominal", "title": None, "sort": None},
            "x": {
                "field": "count",
                "type": "quantitative",
                "title": title,
                "stack": "normalize" if is_share else "zero",
                "axis": {"format": "%"}
                if is_share
                else {"format": ",d", "values": _ticks(longest)},
            },
            "color": _colour(
                {
                    what: colour
                    for what, colour in colours.items()
                    if any(each["what"] == what for each in values)
                }
            ),
            "order": {"field": "order", "type": "quantitative"},
        },
    }


def _ticks(longest: int) -> list[int]:
    """Whole numbers for an axis: by ones, twos, fives, tens, …, about six of them."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if longest <= _TICKS * factor * power:
                return list(range(0, longest + 1, factor * power))
        power *= 10


def _verdicts_by_category(run: JudgedRun) -> Spec | None:
    counts = Counter(
        (run.entries[verdict.entry_id].category, verdict.kind.value) for verdict in run.verdicts
    )
    if not counts:
        return None
    totals: Counter[str] = Counter()
    for (category, _), count in counts.items():
        totals[category] += count
    values: list[Spec] = [
        {"category": shown(category) or "(none)", "what": what, "count": count}
        for category, _ in totals.most_common(_MOST_CATEGORIES)
        for what in _VERDICT_COLOURS
        if (count := counts[category, what])
    ]
    return _bars(values, "category", _VERDICT_COLOURS, title="entries", is_share=False)


def _outcomes(runs: Sequence[JudgedRun]) -> Spec | None:
    counts: Counter[tuple[tuple[str, str], str]] = Counter()
    for run in runs:
        for attempt in run.attempts:
            made = run.scores[attempt.id]
            what = made.outcome.value if made.void is None else "void"
            counts[(str(attempt.condition), _PLURALS[attempt.kind]), what] += 1
    if not counts:
        return None
    rows = sorted({row for row, _ in counts})
    has_one = len({condition for condition, _ in rows}) == 1
    values: list[Spec] = [
        {
            "row": row[1] if has_one else f"{shown(row[0])}: {row[1]}",
            "what": what,
            "count": count,
        }
        for row in rows
        for what in _OUTCOME_COLOURS
        if (count := counts[row, what])
    ]
    return _bars(values, "row", _OUTCOME_COLOURS, title="share of messages", is_share=True)


def _rates(runs: Sequence[JudgedRun], redaction: Redaction) -> Spec | None:
    attempts = [attempt for run in runs for attempt in run.attempts]
    scores = {each: score for run in runs for each, score in run.scores.items()}
    lanes = sorted({attempt.lane for attempt in attempts})
    rows = [("all lanes", noise(attempts, scores))] + [
        (
            shown(redaction.label(lane)),
            noise([attempt for attempt in attempts if attempt.lane == lane], scores),
        )
        for lane in lanes
        if len(lanes) > 1
    ]
    values: list[Spec] = []
    for name, seen in rows:
        if seen.controls_delivered + seen.controls_lost:
            values.append(_interval(name, "specificity", seen.specificity))
        if seen.sensitivity is not None:
            values.append(_interval(name, "sensitivity", seen.sensitivity))
    if not values:
        return None
    colours = {"specificity": "var(--clear)", "sensitivity": "var(--censored)"}
    share: Spec = {
        "type": "quantitative",
        "title": "share, with 95 % credible interval",
        "scale": {"domain": [0, 1]},
        "axis": {"format": "%"},
    }
    place: Spec = {"field": "lane", "type": "nominal", "title": None, "sort": None}
    offset: Spec = {"field": "what", "sort": list(colours)}
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": _STEP},
        "encoding": {"y": place, "yOffset": offset, "color": _colour(colours)},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"x": {"field": "low", **share}, "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1},
                "encoding": {"x": {"field": "mean", **share}},
            },
        ],
    }


def _interval(lane: str, what: str, rate: Rate) -> Spec:
    low, high = rate.interval()
    return {"lane": lane, "what": what, "mean": rate.mean, "low": low, "high": high}


def _health(run: JudgedRun, redaction: Redaction) -> Spec | None:
    if not run.attempts:
        return None
    start = run.attempts[0].created_at
    lanes = {attempt.lane for attempt in run.attempts}
    # No more than there are controls for: they come every four to six messages.
    bins = max(1, min(_BINS, len(run.attempts) // (_MESSAGES_OF_BIN * len(lanes))))
    span = run.attempts[-1].created_at - start
    width = max(span / bins, timedelta(seconds=1))
    lost: Counter[tuple[str, int]] = Counter()
    arrived: Counter[tuple[str, int]] = Counter()
    cells: dict[tuple[str, int], None] = {}
    for attempt in run.attempts:
        cell = attempt.lane, min(bins - 1, int((attempt.created_at - start) / width))
        cells[cell] = None
        if attempt.kind is MessageKind.CONTROL:
            outcome = run.scores[attempt.id].outcome
            arrived[cell] += outcome is Outcome.DELIVERED
            lost[cell] += outcome.is_blocked
    values: list[Spec] = [
        {
            "lane": shown(redaction.label(lane)),
            "from": _utc(start + place * width),
            "to": _utc(start + (place + 1) * width),
            "what": _state(arrived[lane, place], lost[lane, place]),
        }
        for lane, place in sorted(cells)
    ]
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": {"step": _STEP},
        "mark": {"type": "rect"},
        "encoding": {
            "x": {
                "field": "from",
                "type": "temporal",
                "title": "time, UTC",
                "scale": {"type": "utc"},
                "axis": {"format": _clock(span), "labelOverlap": True, "tickCount": 6},
            },
            "x2": {"field": "to"},
            "y": {"field": "lane", "type": "nominal", "title": None},
            "color": _colour(_HEALTH_COLOURS),
        },
    }


def _clock(span: timedelta) -> str:
    if span < timedelta(minutes=10):
        return "%H:%M:%S"
    return "%H:%M" if span < timedelta(days=1) else "%d %b %H:%M"


def _state(arrived: int, lost: int) -> str:
    if not arrived + lost:
        return "no control"
    if not lost:
        return "all controls arrived"
    return "some controls lost" if arrived else "all controls lost"


def _over_time(past: Past) -> Spec | None:
    counts: Counter[tuple[int, str]] = Counter()
    for said in past.said.values():
        counts.update((place, kind.value) for place, kind in said)
    places = sorted({place for place, _ in counts})
    if len(places) < 2:  # noqa: PLR2004 - one run makes no line
        return None
    values: list[Spec] = [
        {"run": _utc(past.runs[place].started_at), "what": what, "count": counts[place, what]}
        for place in places
        for what in _VERDICT_COLOURS
    ]
    return {
        "data": {"values": values},
        "width": _WIDTH,
        "height": 160,
        "mark": {"type": "line", "point": {"size": 40}, "strokeWidth": 2},
        "encoding": {
            "x": {
                "field": "run",
                "type": "temporal",
                "title": "start of the run, UTC",
                "scale": {"type": "utc"},
                "axis": {"format": "%d %b %H:%M", "labelOverlap": True, "tickCount": 6},
            },
            "y": {"field": "count", "type": "quantitative", "title": "entries"},
            "color": _colour(_VERDICT_COLOURS),
        },
    }


def _utc(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}Z"
