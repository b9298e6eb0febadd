"""Redundancy: does another, cheaper metric say the same already?

Why it matters
--------------
Every number on a scorecard takes hours and attention. Two that say the same cost twice, count twice when they are added
up, and let a scorecard of ten look broader than it is.

Looks for
---------
Among the other active metrics of the same entities and periods: one that is so like this one that this one could go.
Only one of a pair has to go: the costlier by the declared costs, or where these are not known (or alike) the later
in the register. The effect is the correlation of the two, in absolute value, with the noise in both removed: r /
sqrt(Rx Ry), of units' true levels.

Suspect with a declared outcome: the 95% interval of that correlation lies wholly above 0.9 for such a metric, and
knowing this number as well removes, out of sample and with 95% confidence, less than 2% of the error that is
left when the outcome is forecast from its own past and from the metrics that would stay. Suspect without an outcome, at
the lowest grade: movements within units are alike beyond 0.9 too, as they are, noise and all. Where true levels do
not differ, movements alone count. Clear: the interval lies below 0.9 for all of them, or the number clearly adds to the
forecast. With several, intervals hold for all together (Bonferroni).

The finding also tells how many different things the scorecard says (effective rank), how far the number follows from
all the others together (variance inflation), and what each explains of the outcome: alone, last, and on average over
all orders (LMG).

Assumes
-------
Units independent of each other. That declared costs are those of measuring. At least ten units.

Blind to
--------
Numbers that are redundant only together with several others. Uses for which two readings of the same are wanted, such
as a check of one on the other. Relations other than straight lines.

Source
------
Spearman 1904, American Journal of Psychology 15:72 (correlation less noise); Clark and West 2007, Journal of
Econometrics 138:291 (nested forecasts); Groemping 2006, Journal of Statistical Software 17(1) (LMG); Roy and
Vetterli 2007, EUSIPCO 15:606 (effective rank).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric
from pitprop.digest.scorecard import Peer, Scorecard
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, measure
from pitprop.examine.scorecard_specimen import scorecard_specimen
from pitprop.stats.disattenuation import Likeness, likeness
from pitprop.stats.effective_rank import effective_rank, gaussian_information, inflation
from pitprop.stats.increment import Increment, increment
from pitprop.stats.jackknifed import Ratio
from pitprop.stats.lmg import lmg
from pitprop.stats.numbered import distinct, numbered
from pitprop.stats.period_number import CYCLE, period_number
from pitprop.stats.prediction import Shortfall, forecasts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EFFECT_IS = "correlation with the likest metric that would stay, in absolute value, noise removed"
SMALLEST_GAIN = 0.02
"""Share of the outcome's remaining variance below which knowing the number as well adds nothing that matters."""
FEWEST_UNITS = 10
FEWEST_SHARED = 0.5
"""Share of the metric's cells that another must have as well to be compared."""
EXACT = 1e-9
"""Share of the number's variance below which what the others leave of it is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """The metric beside one that would stay."""

    peer: Peer
    alike: Likeness
    parts: tuple[tuple[str, Ratio], ...]
    """What has to be alike, all of it."""

    @property
    def decides(self) -> Ratio:
        """The least alike of the parts."""
        return min((ratio for _, ratio in self.parts), key=lambda r: r.value)

    def interval(self, level: float) -> tuple[float, float]:
        """Of the least alike part; from -1 to 1 where that is not bounded."""
        low, high = self.decides.interval_at(level) or (-1.0, 1.0)
        return min(max(low, -1.0), 1.0), min(max(high, -1.0), 1.0)

    def beyond(self, smallest: float, level: float) -> bool:
        made = [ratio.interval_at(level) for _, ratio in self.parts]
        return all(m is not None and m[0] > smallest for m in made)

    def below(self, smallest: float, level: float) -> bool:
        made = [ratio.interval_at(level) for _, ratio in self.parts]
        return any(m is not None and m[1] < smallest for m in made)

    def p_at_most(self, smallest: float) -> float:
        return max(ratio.p_at_most(smallest) for _, ratio in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gain:
    """What the number adds to forecasts of the outcome; `found` is None where it is a function of the others."""

    interval: tuple[float, float]
    p_not_below: float
    found: Increment | None


def run(scorecard: Scorecard, brief: Brief) -> Finding:
    """Whether a metric that would stay says what this one says."""
    panel, metric = scorecard.panel, brief.metric
    if not scorecard.peers:
        return _not_applicable(
            "No other active metric of the register is about the same entities and periods.",
            "A register with the other metrics by which the same entities are judged.",
        )
    if not len(panel.periods) or np.isnat(panel.periods).any():
        return _not_applicable("Without time, noise cannot be told from signal.", "Declare `agg_time_dimension`.")
    value = panel.metric.value
    there = np.isfinite(value)
    if not there.any() or len(distinct(panel.entity[there])) < FEWEST_UNITS:
        return _not_applicable(
            f"Fewer than {FEWEST_UNITS} units have values.", f"At least {FEWEST_UNITS} units with several periods each."
        )
    if np.ptp(value[there]) <= 1e-12 * np.abs(value[there]).max():
        return _not_applicable("The number never varies.", "A number that varies.")
    stay = [peer for k, peer in enumerate(scorecard.peers) if _stays(peer, k, metric, scorecard.earlier)]
    outcome = metric.outcome.metric if metric.outcome is not None and metric.outcome.metric in panel.others else None
    pairs = _pairs(scorecard, stay, outcome is not None)
    if not pairs:
        why = (
            "Of no other metric there are enough values in the same cells."
            if stay
            else "Every other metric of the same entities costs more or comes later in the register: it would go first."
        )
        needed = "Declare `cost` of every metric: which of two that say the same is to go."
        return _not_applicable(why, needed, scorecard, brief)
    return _finding(scorecard, brief, pairs, outcome)


def _stays(peer: Peer, position: int, metric: Metric, earlier: int | None) -> bool:
    """Whether of the two the metric would go and the peer would stay."""
    own = metric.cost_per_year()
    if own is not None and peer.cost_per_year is not None and sum(own) != sum(peer.cost_per_year):
        return sum(own) > sum(peer.cost_per_year)
    return position < earlier if earlier is not None else peer.name < metric.name


def _pairs(scorecard: Scorecard, stay: list[Peer], with_outcome: bool) -> list[_Pair]:
    panel = scorecard.panel
    value, time = panel.metric.value, period_number(panel.start, panel.granularity)
    there = int(np.isfinite(value).sum())
    out = []
    for peer in stay:
        other = panel.others[peer.name].value
        both = np.flatnonzero(np.isfinite(value) & np.isfinite(other))
        if len(both) < max(FEWEST_SHARED * there, 20):
            continue
        alike = likeness(value[both], other[both], unit=panel.entity[both], time=time[both])
        if alike is None or alike.units < FEWEST_UNITS:
            continue
        parts = [] if alike.level is None else [("levels", alike.level)]
        if alike.level is None or not with_outcome:
            parts.append(("movements", alike.movement))
        out.append(_Pair(peer=peer, alike=alike, parts=tuple(parts)))
    return out


def _gain(scorecard: Scorecard, brief: Brief, pairs: list[_Pair]) -> _Gain | None:
    """What knowing the number adds to what the outcome's past and the metrics that stay tell; None where unknown."""
    panel, outcome = scorecard.panel, brief.metric.outcome
    assert outcome is not None
    beside = np.column_stack([panel.others[pair.peer.name].value for pair in pairs])
    value, time = panel.metric.value, period_number(panel.start, panel.granularity)
    if _follows(value, beside, panel.entity, time):
        return _Gain(interval=(0.0, 0.0), p_not_below=0.0, found=None)
    made = forecasts(
        value,
        panel.others[outcome.metric].value,
        panel.entity,
        time,
        lag=outcome.lag,
        cycle=CYCLE[panel.granularity],
        beside=beside,
    )
    if isinstance(made, Shortfall):
        return None
    found = increment(made, smallest=SMALLEST_GAIN, lag=outcome.lag)
    return None if found is None else _Gain(interval=found.interval, p_not_below=found.p_not_below, found=found)


def _follows(value: Floats, beside: Floats, unit: Ints, time: Ints) -> bool:
    """Whether the number is a linear function of the others, cell by cell."""
    rows = np.flatnonzero(np.isfinite(value) & np.isfinite(beside).all(axis=1))
    if len(rows) < 2 * beside.shape[1] + 2:
        return False
    columns = np.column_stack([value[rows], beside[rows]])
    columns = columns - columns.mean(axis=0)
    scale = columns.std(axis=0)
    if scale[0] <= 0:
        return False
    columns = columns[:, scale > 0] / scale[scale > 0]
    left = columns[:, 0] - columns[:, 1:] @ np.linalg.lstsq(columns[:, 1:], columns[:, 0], rcond=None)[0]
    return float(left @ left) <= EXACT * len(rows)


def _finding(scorecard: Scorecard, brief: Brief, pairs: list[_Pair], outcome: str | None) -> Finding:
    smallest, level = float(min(brief.smallest_effect, 0.999)), 1 - 0.05 / len(pairs)
    likest = max(pairs, key=lambda pair: pair.decides.value)
    alike = [pair for pair in pairs if pair.beyond(smallest, level)]
    gain = _gain(scorecard, brief, pairs) if outcome is not None and alike else None
    p = min(1.0, likest.p_at_most(smallest) * len(pairs))
    if alike and (outcome is None or (gain is not None and gain.interval[1] < SMALLEST_GAIN)):
        state, likest = State.SUSPECT, max(alike, key=lambda pair: pair.decides.value)
    elif all(pair.below(smallest, level) for pair in pairs) or (gain is not None and gain.interval[0] > SMALLEST_GAIN):
        state = State.CLEAR
    else:
        state = State.INCONCLUSIVE
    interval = likest.interval(level)
    return Finding(
        state=state,
        says=_says(brief, likest, interval, gain, state, outcome),
        effect=min(likest.decides.value, 1.0),
        effect_is=EFFECT_IS,
        interval=interval,
        beyond=smallest,
        p_value=max(p, gain.p_not_below) if gain is not None else p if outcome is None else max(p, 0.5),
        n=likest.alike.n,
        grade=_grade(scorecard, likest, gain),
        innocent=_innocent(state, gain),
        ruled_out=_ruled_out(state, likest, gain),
        needed=_needed(likest, interval, gain, smallest, outcome) if state is State.INCONCLUSIVE else "",
        figure=_figure(brief, pairs, smallest, level),
        data=_data(scorecard, brief, pairs, gain),
    )


def _says(
    brief: Brief, pair: _Pair, interval: tuple[float, float], gain: _Gain | None, state: State, outcome: str | None
) -> str:
    title, other = brief.metric.title, pair.peer.label
    low, high = interval
    alike = f"correlate at {min(pair.decides.value, 1.0):.2f} (95% interval {low:.2f} to {high:.2f}, noise removed)"
    if pair.parts[0][0] != "levels":
        alike = alike.replace(", noise removed", "")
    most = 0.0 if gain is None else max(gain.interval[1], 0.0)
    adds = "" if gain is None else f"knowing {title} as well removes at most {most:.1%} of the error"
    if state is State.SUSPECT:
        if gain is None:
            return (
                f"{title} and {other} {alike}, in level and in movement: {title} says hardly "
                f"anything that {other} does not."
            )
        return (
            f"{title} and {other} {alike}, and {adds} that is left in forecasting {outcome}: one of the two is enough."
        )
    if state is State.CLEAR:
        if gain is not None and gain.found is not None and gain.interval[0] > SMALLEST_GAIN:
            return f"{title} and {other} {alike}, but {title} adds {gain.found.gain:.1%} to what is known of {outcome}."
        return f"No other metric that would stay says the same: {title} and {other}, the likest, {alike}."
    return (
        f"Whether {title} says anything that {other} does not is open: they {alike}{f', and {adds}' if adds else ''}."
    )


def _needed(
    pair: _Pair, interval: tuple[float, float], gain: _Gain | None, smallest: float, outcome: str | None
) -> str:
    if interval[0] > smallest and outcome is not None:
        return "A longer history: whether the number adds to forecasts of its outcome is not known closely enough."
    half, distance = (interval[1] - interval[0]) / 2, abs(pair.decides.value - smallest)
    factor = (1.43 * half / distance) ** 2 if distance > 0 else np.inf
    if not factor < 200:
        return (
            "The correlation lies so near the smallest that matters that no feasible amount of such data would decide."
        )
    return f"About {int(np.ceil(max(factor, 1.05) * pair.alike.units))} units instead of {pair.alike.units}."


def _grade(scorecard: Scorecard, pair: _Pair, gain: _Gain | None) -> Grade:
    """C where forecasts out of sample say so, D where only the correlation does, or data are thin."""
    there = int(np.isfinite(scorecard.panel.metric.value).sum())
    thin = pair.alike.units < 20 or pair.alike.n < 0.9 * there
    return "D" if gain is None or thin or (gain.found is not None and gain.found.clusters < 20) else "C"


def _innocent(state: State, gain: _Gain | None) -> tuple[str, ...]:
    if state is not State.SUSPECT:
        return ()
    out = ["two readings of the same may be wanted: one as a check of the other"]
    if gain is None:
        out.append("it may tell something about an outcome that is not declared")
    return (*out, "they may part when one of them becomes a target")


def _ruled_out(state: State, pair: _Pair, gain: _Gain | None) -> tuple[str, ...]:
    out = ["what moves all units at once"]
    if pair.parts[0][0] == "levels":
        out.append("noise that the two share")
    if state is State.SUSPECT and gain is not None:
        out.append("a use for its outcome: forecasts of data that the fit has not seen do not need it")
    return tuple(out)


def _figure(brief: Brief, pairs: list[_Pair], smallest: float, level: float) -> Intervals:
    rows: list[Interval] = []
    for pair in sorted(pairs, key=lambda p: -p.decides.value)[:12]:
        low, high = pair.interval(level)
        rows.append(
            Interval(
                label=pair.peer.label,
                estimate=float(np.clip(pair.decides.value, -1, 1)),
                lower=low,
                upper=high,
                emphasis=not rows,
            )
        )
    return Intervals(
        title=f"How like {brief.metric.title} are the metrics that would stay",
        x_is="correlation in absolute value, noise removed (95% intervals that hold together)",
        rows=tuple(rows),
        reference=smallest,
        reference_is="so alike that one is enough",
    )


def _data(scorecard: Scorecard, brief: Brief, pairs: list[_Pair], gain: _Gain | None) -> dict[str, Any]:
    level = 1 - 0.05 / max(len(pairs), 1)
    return {
        "pairs": [
            {
                "metric": pair.peer.name,
                "correlations": {
                    name: {
                        "estimate": ratio.value,
                        "interval": list(ratio.interval_at(level) or ()) or None,
                    }
                    for name, ratio in pair.parts
                },
                "sign": pair.alike.sign,
                "reliability": list(pair.alike.reliability),
                "movement_correlation": pair.alike.movement.value,
                "shared_information_nats": _finite(gaussian_information(min(pair.decides.value, 1.0))),
                "units": pair.alike.units,
                "cells": pair.alike.n,
            }
            for pair in pairs
        ],
        "gain_out_of_sample": None
        if gain is None
        else {
            "estimate": 0.0 if gain.found is None else gain.found.gain,
            "interval": list(gain.interval),
            "smallest": SMALLEST_GAIN,
            "function_of_the_others": gain.found is None,
        },
        **_together(scorecard, brief),
    }


def _together(scorecard: Scorecard, brief: Brief) -> dict[str, Any]:
    """The scorecard as a whole, over cells that have all of it, what moves all units at once removed."""
    panel, outcome = scorecard.panel, brief.metric.outcome
    value = panel.metric.value
    there = np.isfinite(value)
    named = {
        peer.name: panel.others[peer.name].value
        for peer in scorecard.peers
        if np.isfinite(panel.others[peer.name].value[there]).mean() >= FEWEST_SHARED
    }
    table = np.column_stack([value, *named.values()])
    target = panel.others[outcome.metric].value if outcome is not None and outcome.metric in panel.others else None
    if target is not None:
        table = np.column_stack([table, target])
    rows = np.flatnonzero(np.isfinite(table).all(axis=1))
    if len(rows) < 10 * table.shape[1]:
        return {}
    table = _less_periods(table[rows], panel.period[rows])
    scale = table.std(axis=0)
    if scale.min() <= 0:
        return {}
    correlation = (table / scale).T @ (table / scale) / len(rows)
    metrics = correlation if target is None else correlation[:-1, :-1]
    names = [brief.metric.name, *named]
    out: dict[str, Any] = {
        "metrics": len(metrics),
        "effective_metrics": effective_rank(metrics),
        "variance_inflation": _finite(float(inflation(metrics)[0])),
    }
    if target is not None:
        shares = lmg(metrics, correlation[:-1, -1], rng=brief.rng)
        out["explained"] = {
            "r2": shares.r2,
            "by_metric": {
                name: {"lmg": float(a), "alone": float(b), "last": float(c)}
                for name, a, b, c in zip(names, shares.lmg, shares.first, shares.last, strict=True)
            },
        }
    return out


def _less_periods(table: Floats, period: Ints) -> Floats:
    """Columns less their periods' means."""
    index = numbered(period)[1]
    count = np.bincount(index)
    return np.column_stack([c - (np.bincount(index, weights=c) / count)[index] for c in table.T])


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None


def _not_applicable(says: str, needed: str, scorecard: Scorecard | None = None, brief: Brief | None = None) -> Finding:
    data = _together(scorecard, brief) if scorecard is not None and brief is not None else {}
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed, data=data)


def _world(
    rng: np.random.Generator,
    *,
    alike: float = 1.0,
    noise: float = 0.3,
    shared: float = 0.0,
    extra: float = 0.0,
    units: int = 80,
    periods: int = 24,
    cost: float | None = 100.0,
    with_outcome: bool = True,
    scale: float = 1.0,
) -> tuple[Scorecard, Brief]:
    """Two numbers whose levels and movements correlate at `alike` beneath noise of their own (of which `shared` is the
    same in both), one that is unrelated, and an outcome that follows the first, and by `extra` what only the metric
    says."""
    first = 2 * rng.standard_normal((units, 1)) + autoregressive(rng, units, periods, 0.5)
    other = 2 * rng.standard_normal((units, 1)) + autoregressive(rng, units, periods, 0.5)
    both = np.sqrt(shared) * rng.standard_normal((units, periods))

    def noisy(true: Floats) -> Floats:
        own = np.sqrt(1 - shared) * rng.standard_normal((units, periods))
        out: Floats = true + noise * (both + own)
        return out

    same = alike * first + np.sqrt(1 - alike**2) * other
    outcome = 200 + first + extra * (same - first) + autoregressive(rng, units, periods, 0.3)
    return scorecard_specimen(
        metric=50 + 5 * scale * noisy(same),
        peers={
            "tonnes_hauled": 300 + 20 * noisy(first),
            "training": 40 + rng.standard_normal((units, 1)) + autoregressive(rng, units, periods, 0.3),
        },
        costs={"tonnes_hauled": 50.0, "training": 10.0} if cost is not None else None,
        cost=cost,
        outcome=outcome if with_outcome else None,
        smallest_effect=CHECK.smallest_effect,
    )


def _unrelated(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    return _world(rng, alike=0.3)


def _alike_at_the_edge(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    """As alike as may be, at the edge of what is too much."""
    return _world(rng, alike=0.9, with_outcome=False)


def _shares_noise(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    """Rows that both share move both; what they say is not the same."""
    return _world(rng, alike=0.6, noise=3.0, shared=0.95)


def _alike_but_says_more(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    """Alike, but what it says beyond the other is what success follows."""
    return _world(rng, alike=0.95, extra=3.0)


def _cheaper_of_two(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    """The same twice: the other goes."""
    return _world(rng, cost=20.0)


def _same_twice(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    return _world(rng, noise=0.1, units=120)


def _in_other_words(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    """What is left of a hundred, and what is gone."""
    scorecard, brief = _world(rng)
    panel = scorecard.panel
    hauled = panel.others["tonnes_hauled"].value.reshape(len(panel.entities), -1)
    same = measure(1000 - 2 * hauled)
    return replace(scorecard, panel=replace(panel, metric=same)), brief


def _same_twice_without_outcome(rng: np.random.Generator) -> tuple[Scorecard, Brief]:
    return _world(rng, noise=0.15, with_outcome=False, cost=None)


CHECK = Check(
    code="PP403",
    title="Does another, cheaper metric say the same already?",
    run=run,
    smallest_effect=0.9,
    effect_is=EFFECT_IS,
    source="Spearman 1904, American Journal of Psychology 15:72; Clark and West 2007, Journal of Econometrics 138:291; "
    "Groemping 2006, Journal of Statistical Software 17(1)",
    needs=("entity",),
    clear=(_unrelated, _alike_at_the_edge, _shares_noise, _alike_but_says_more, _cheaper_of_two),
    suspect=(_same_twice, _in_other_words, _same_twice_without_outcome),
)
