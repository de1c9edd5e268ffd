"""run.json: a run in figures, counted while its attempts go by."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from results.inference import Noise, Rate, noise
from results.record import (
    Attempt,
    Condition,
    MessageKind,
    Outcome,
    Run,
    Score,
)
from results.redaction import Redaction
from results.rows import condition_row, optional_time_text, time_text
from results.rules import RULES_VERSION
from results.scored_stream import Scored

_CONTROL: Final = MessageKind.CONTROL.value
_CANARY: Final = MessageKind.CANARY.value
_TELL_NOISE: Final = frozenset({_CONTROL, _CANARY})


@dataclass(slots=True)
class NoiseCount:
    """Controls and canaries, so that `results.inference.noise` can say what they show.

    Controls are counted. Canaries are few and kept, since how long they are matters
    (`results.reach`).
    """

    _controls: Counter[bool] = field(default_factory=Counter)
    _canaries: list[Attempt] = field(default_factory=list)
    _scores: dict[str, Score] = field(default_factory=dict)

    def add(self, each: Scored) -> None:
        """Count an attempt; others than controls and canaries are passed over."""
        if each.row.kind == _CANARY:
            self._canaries.append(each.attempt)
            self._scores[each.row.id] = each.score
        elif each.row.kind == _CONTROL:
            made = each.score
            if made.void is None and made.outcome is not Outcome.UNKNOWN:
                self._controls[made.outcome.is_blocked] += 1

    @property
    def noise(self) -> Noise:
        """What they say."""
        return replace(
            noise(self._canaries, self._scores),
            controls_delivered=self._controls[False],
            controls_lost=self._controls[True],
        )


@dataclass(slots=True)
class RunCount:
    """What is counted of a run.

    Attributes:
        conditions: Conditions messages were sent under, in order.
        messages: How many.
        kinds: By kind.
        outcomes: By outcome.
        void: By reason.
        noise: Controls and canaries.
        noise_by_lane: The same by lane.
    """

    conditions: dict[Condition, None] = field(default_factory=dict)
    messages: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    void: Counter[str] = field(default_factory=Counter)
    noise: NoiseCount = field(default_factory=NoiseCount)
    _last: Condition | None = None
    noise_by_lane: defaultdict[str, NoiseCount] = field(
        default_factory=lambda: defaultdict(NoiseCount)
    )

    def add(self, each: Scored, condition: Condition) -> None:
        """Count an attempt under its condition."""
        self.messages += 1
        if condition is not self._last:  # hashing it each time would be dear
            self.conditions[condition] = None
            self._last = condition
        self.kinds[each.row.kind] += 1
        self.outcomes[each.outcome] += 1
        if each.void is not None:
            self.void[each.void] += 1
        of_lane = self.noise_by_lane[each.row.lane]
        if each.row.kind in _TELL_NOISE:
            self.noise.add(each)
            of_lane.add(each)


def summary(
    run: Run, count: RunCount, verdicts: Mapping[str, int], redaction: Redaction
) -> dict[str, object]:
    """Sum a run up, as JSON holds it."""
    return {
        "id": run.id,
        "started_at": time_text(run.started_at),
        "finished_at": optional_time_text(run.finished_at),
        "stopped": redaction.sentence(run.stopped),
        "testbed": redaction.label(run.testbed),
        "strategy": run.strategy,
        "seed": run.seed,
        "settings": {name: redaction.setting(value) for name, value in run.settings.items()},
        "rules_version": RULES_VERSION,
        "conditions": [condition_row(condition) for condition in count.conditions],
        "counts": {
            "messages": count.messages,
            "kinds": dict(count.kinds),
            "outcomes": dict(count.outcomes),
            "void": dict(count.void),
            "verdicts": dict(verdicts),
        },
        "noise": noise_summary(count.noise.noise),
        "noise_by_lane": {
            redaction.label(lane): noise_summary(each.noise)
            for lane, each in count.noise_by_lane.items()
        },
    }


def noise_summary(seen: Noise) -> Mapping[str, object]:
    """What controls and canaries say, with intervals, as JSON holds it."""
    return {
        "controls_delivered": seen.controls_delivered,
        "controls_lost": seen.controls_lost,
        "canaries_blocked": seen.canaries_blocked,
        "canaries_slipped": seen.canaries_slipped,
        "loss": rate_summary(seen.loss),
        "slip": rate_summary(None if seen.sensitivity is None else seen.slip),
        "specificity": rate_summary(seen.specificity),
        "sensitivity": rate_summary(seen.sensitivity),
    }


def rate_summary(rate: Rate | None) -> Mapping[str, float] | str:
    """A rate with its 95 % credible interval, as JSON holds it."""
    if rate is None:
        return "not measured"
    low, high = rate.interval()
    return {"mean": rate.mean, "low": low, "high": high}
