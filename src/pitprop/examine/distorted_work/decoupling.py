"""Decoupling: does the number still move with real success since it became a target?

Why it matters
--------------
A number is chosen as a target because it moved with what the work is for. Once people are judged by it they
can find ways to move it alone: coal counted twice, patients discharged on paper, lessons drilled for the
test. The number goes on rising, and it no longer says anything about success (Goodhart's law).

Looks for
---------
The slope of the declared outcome on the metric, among the cells (unit, period) of each unit, before and
after the target's first day. Every unit has its own level before and its own level after, so that a step in
either number is not taken for a change of slope; periods have effects of their own (with fewer than five
units: a trend for each unit and regime, and the time of year). The effect is the slope after as a share of
the slope before; with units that never came under the target, as a share of the slope before moved by as
much as theirs has moved. Its 95% interval is Fieller's. Suspect: the whole interval below the smallest
share that matters (one half). Clear: the whole interval above it. The question does not arise unless the
slope before is clearly above zero. All periods on both sides are used: a shorter window would be a choice
with the answer in view.

Before a suspicion is raised it must outlive four innocent explanations: a narrower spread of the metric
after the target (noise then hides the same slope), returns that diminish at higher levels, a slope that was
already falling before the target (a placebo date in the middle of the time before), and a lone year's
season.

Assumes
-------
That units are independent of each other given the period, and that the slope is common to the units of a
group. Errors may be correlated at will within a unit (CR2 errors with Bell-McCaffrey degrees of freedom;
with fewer than five units Newey-West errors, mended under AR(1)). Where the sampling noise of the metric
within a cell is not known, that its reliability before was at least 0.7.

Blind to
--------
A metric that is padded by the same amount everywhere: its level is false and its slope intact. A metric and
an outcome that are both gamed. A third thing that changed at the same time, unless there are units without
the target. A metric that was never coupled to the outcome (see `predictive`).

Source
------
Chow 1960, Econometrica 28:591 (interaction at a known date); Goodhart 1975 and Manheim and Garrabrant 2018,
arXiv 1803.04585 (regressional, extremal, causal, adversarial); Pustejovsky and Tipton 2018, JBES 36:672,
eq. 9 and 11; Fieller 1954, JRSS B 16:175.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Panel
from pitprop.examine.before_after import BeforeAfter, before_after
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.clustered_regression import ClusteredRegression, clustered_regression
from pitprop.stats.estimate import Estimate
from pitprop.stats.level_change import FEWEST_CLUSTERS
from pitprop.stats.numbered import distinct
from pitprop.stats.ratio_interval import RatioInterval, ratio_interval
from pitprop.stats.season import season
from pitprop.stats.serial_regression import SerialRegression, serial_regression

Floats = NDArray[np.float64]

EFFECT_IS = "slope of the outcome on the metric after the target, as a share of the slope before"
PRESUMED_RELIABILITY = 0.7
"""Signal share of the metric before the target where the noise within cells is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slopes:
    """Slopes in each regime, and how strongly the data speak about their ratio."""

    before: Estimate
    after: Estimate
    other_before: Estimate | None
    other_after: Estimate | None
    expected: Estimate
    """The slope after that was to be expected without the target."""
    shortfall: Estimate
    """Slope after minus the smallest share that matters of the expected one."""
    ratio: RatioInterval
    spread: tuple[float, float]
    """Variance of the metric within units, before and after, in units of its overall variance."""
    residual: float
    """Share of the outcome's variation that the model leaves."""


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether the outcome's slope on the metric has collapsed since the target."""
    outcome = brief.metric.outcome
    if outcome is None:
        return _not_applicable("No outcome is declared.", "Declare `outcome`: where real success shows.")
    measure = panel.others.get(outcome.metric)
    if measure is None:
        why = panel.missing.get(outcome.metric, "it has no values for these units and periods")
        return _not_applicable(
            f"The outcome {outcome.metric} could not be had: {why}.",
            f"Make {outcome.metric} available for the same units and periods.",
        )
    x, y = panel.metric.value, measure.value
    cells = before_after(panel, brief.metric.targets, (x, y), lag=outcome.lag)
    if isinstance(cells, str):
        return _not_applicable(cells, "Declare `since` on a target that came into force within the data.")
    x, y, noise = x[cells.cell], y[cells.cell], panel.metric.noise[cells.cell]
    scale = (_spread(x), _spread(y))
    if min(scale) == 0.0:
        still = "metric" if scale[0] == 0.0 else "outcome"
        return _not_applicable(f"The {still} never varies.", f"Data in which the {still} varies.")
    x, y, noise = (x - x.mean()) / scale[0], (y - y.mean()) / scale[1], noise / scale[0] ** 2
    share = brief.smallest_effect
    sign = _expected_sign(brief, panel.directions.get(outcome.metric, ""))
    slopes = _slopes(x, y, cells, share)
    if slopes is None:
        return _inconclusive(
            "There is too little variation within units to tell slopes before and after the target.",
            "More units, or more periods before and after.",
            len(x),
        )
    if slopes.residual < 1e-6:
        return _not_applicable(
            f"{outcome.metric} follows from the metric without error: it is computed from it, and cannot "
            "bear witness about it.",
            "Declare an outcome that is measured apart from the metric.",
        )
    sign = sign or (1 if slopes.before.value >= 0 else -1)
    unit = scale[1] / scale[0]
    data = _data(slopes, cells, unit, len(x), share)
    figure = _figure(slopes, unit, outcome.metric)
    grade = _grade(cells, len(x))
    weak = _not_coupled(slopes, sign)
    if weak:
        low, high = slopes.before.times(unit).interval()
        return Finding(
            state=State.INCONCLUSIVE,
            says=f"{weak} (slope before {_say(slopes.before.value * unit)}, 95% interval {_say(low)} to "
            f"{_say(high)}), so it cannot be said whether the target has uncoupled them.",
            effect_is=EFFECT_IS,
            beyond=share,
            n=len(x),
            grade=grade,
            needed=_needed(slopes.before, slopes.before.value, len(x), cells)
            if sign * slopes.before.value > 0
            else "An outcome that moved with the metric before the target.",
            figure=figure,
            data=data,
        )
    assert slopes.ratio.estimate is not None
    p_value = slopes.shortfall.p_below() if sign > 0 else slopes.shortfall.p_above()
    finding = Finding(
        state=State.INCONCLUSIVE,
        says="",
        effect=slopes.ratio.estimate,
        effect_is=EFFECT_IS,
        interval=_bounds(slopes.ratio),
        beyond=share,
        p_value=p_value,
        n=len(x),
        grade=grade,
        figure=figure,
        data=data,
    )
    if finding.interval is None or (finding.interval[0] <= share <= finding.interval[1]):
        needed = _needed(slopes.shortfall, (1 - share) * slopes.expected.value, len(x), cells)
        return replace(finding, says=_range(finding, outcome.metric), needed=needed)
    if finding.interval[0] > share:
        return replace(finding, state=State.CLEAR, says=_range(finding, outcome.metric))
    return _tried(finding, x, y, noise, cells, slopes, sign, outcome.metric, share)


def _slopes(x: Floats, y: Floats, cells: BeforeAfter, share: float, *, curved: bool = False) -> _Slopes | None:
    """Slopes by regime and group; None where they cannot be told apart from the fixed effects."""
    regime = cells.unit * 2 + cells.after
    compared = cells.compared
    parts = [cells.under & ~cells.after, cells.under & cells.after]
    if compared:
        parts += [~cells.under & ~cells.after, ~cells.under & cells.after]
    columns = np.column_stack([np.where(part, x, 0.0) for part in parts])
    if curved:
        columns = np.column_stack([columns, (x - x[parts[0]].mean()) ** 2])
    fit: ClusteredRegression | SerialRegression | None
    if cells.units >= FEWEST_CLUSTERS:
        fit = clustered_regression(
            y=y,
            columns=columns,
            clusters=cells.unit,
            groups=regime,
            periods=cells.time * 2 + cells.under if compared else cells.time,
        )
    else:
        trend = np.where(np.eye(regime.max() + 1, dtype=bool)[regime], cells.time[:, None], 0.0)
        times = trend[:, np.unique(regime)] - trend[:, np.unique(regime)].mean(axis=0)
        seasonal = season(start=cells.start, granularity=cells.granularity, years=cells.years)
        if cells.years < 1:
            seasonal = seasonal[:, :0]
        fit = serial_regression(
            y=y,
            columns=columns,
            times=cells.time,
            series=cells.unit,
            groups=regime,
            nuisance=np.hstack([times, seasonal]),
        )
    if fit is None:
        return None
    tail = [0.0] * (fit.coefficients.size - len(parts))
    zero = [0.0] * (len(parts) - 2)
    expected = np.array([1.0, 0.0, *([-1.0, 1.0] if compared else zero), *tail])
    after = np.array([0.0, 1.0, *zero, *tail])
    shortfall = fit.contrast(after - share * expected)
    # the interval rests on the variance and the degrees of freedom that hold where the decision falls
    raw = float((after - share * expected) @ fit.covariance @ (after - share * expected))
    mend = shortfall.se**2 / raw if raw > 0 else 1.0
    covariance = fit.covariance * mend
    ratio = ratio_interval(
        numerator=float(after @ fit.coefficients),
        denominator=float(expected @ fit.coefficients),
        variance_numerator=float(after @ covariance @ after),
        variance_denominator=float(expected @ covariance @ expected),
        covariance=float(after @ covariance @ expected),
        quantile=shortfall.quantile(),
    )
    single = [fit.contrast(row) for row in np.eye(fit.coefficients.size)[: len(parts)]]
    left = fit.columns
    spread = [
        float((left[part, j] ** 2).sum() / max(part.sum() - len(np.unique(regime[part])), 1))
        for j, part in enumerate(parts[:2])
    ]
    return _Slopes(
        before=single[0],
        after=single[1],
        other_before=single[2] if compared else None,
        other_after=single[3] if compared else None,
        expected=fit.contrast(expected),
        shortfall=shortfall,
        ratio=ratio,
        spread=(spread[0], spread[1]),
        residual=float((fit.residuals**2).sum() / (y**2).sum()),
    )


def _tried(
    finding: Finding,
    x: Floats,
    y: Floats,
    noise: Floats,
    cells: BeforeAfter,
    slopes: _Slopes,
    sign: int,
    outcome: str,
    share: float,
) -> Finding:
    """A collapse of the slope, held against its innocent explanations."""
    assert finding.effect is not None and finding.interval is not None
    open_: list[str] = []
    closed: list[str] = []
    explains = ""
    fall = f"Since the target {outcome} moves {_percent(finding.effect)} as much with the metric as before"

    attenuation, known = _attenuation(slopes.spread, noise, cells)
    data = {**finding.data, "attenuation": attenuation, "noise_known": known}
    if finding.interval[1] >= share * attenuation:
        explains = (
            f"the metric's spread within units is {_percent(slopes.spread[1] / slopes.spread[0])} of what it "
            "was, and noise alone could then hide the same slope"
        )
    elif attenuation < 0.95:
        (closed if known else open_).append(
            "a narrower spread of the metric, in which noise weighs more"
            + ("" if known else " (ruled out only if it was at least 70% signal before)")
        )
    else:
        closed.append("a narrower spread of the metric, in which noise weighs more")

    bent = _slopes(x, y, cells, share, curved=True)
    if bent is None or bent.ratio.estimate is None:
        open_.append("returns that diminish at higher levels of the metric (could not be tried)")
    else:
        data["ratio_curved"] = bent.ratio.estimate
        if sign * bent.shortfall.value >= 0 or sign * bent.expected.value <= 0:
            explains = explains or "returns that diminish at higher levels of the metric would look the same"
        elif (bent.shortfall.p_below() if sign > 0 else bent.shortfall.p_above()) > 0.05:
            open_.append("returns that diminish at higher levels of the metric (tried, not excluded)")
        else:
            closed.append("returns that diminish at higher levels of the metric")

    placebo = _placebo(x, y, cells)
    if placebo is None:
        open_.append("a slope that was already falling before the target (too little data to try)")
    else:
        p = placebo.p_below() if sign > 0 else placebo.p_above()
        data["placebo_p"] = p
        if p < 0.05:
            explains = explains or "the slope was already falling before the target came"
        else:
            closed.append("a slope that was already falling before the target (placebo date)")
    if not cells.compared:
        open_.append("something else that changed at the same time (there are no units without the target)")
    if cells.units < FEWEST_CLUSTERS and cells.years < 1 and cells.granularity != "year":
        explains = explains or "less than a year before the target does not show the time of year"
    if explains:
        return replace(
            finding,
            says=f"{fall}, but {explains}.",
            needed="Units without the target, for comparison; or a measure of the metric's own noise.",
            innocent=tuple(open_),
            ruled_out=tuple(closed),
            data=data,
        )
    low, high = finding.interval
    return replace(
        finding,
        state=State.SUSPECT,
        says=f"{fall} (95% interval {_percent(low)} to {_percent(high)}): a pattern consistent with the "
        "metric being raised by other means than the work it stands for.",
        innocent=tuple(open_),
        ruled_out=tuple(closed),
        data=data,
    )


def _attenuation(spread: tuple[float, float], noise: Floats, cells: BeforeAfter) -> tuple[float, bool]:
    """How far noise alone shrinks the slope when the metric's spread narrows, and whether it is known.

    Classical errors in variables: a slope is multiplied by the reliability 1 - noise/spread (Fuller 1987, eq.
    1.1.7). A wider spread, or none, gives 1: noise added by those who are judged is no innocent explanation.
    """
    before, after = (noise[cells.under & side] for side in (~cells.after, cells.after))
    known = bool(np.isfinite(before).mean() > 0.5 and np.isfinite(after).mean() > 0.5)
    if known:
        reliable = [max(1 - float(np.nanmean(v)) / s, 0.0) for v, s in zip((before, after), spread, strict=True)]
        return (min(reliable[1] / reliable[0], 1.0) if reliable[0] > 0 else 0.0), True
    narrowed = spread[1] / spread[0]
    if narrowed >= 1:
        return 1.0, False
    return max(1 - (1 - PRESUMED_RELIABILITY) / narrowed, 0.0) / PRESUMED_RELIABILITY, False


def _placebo(x: Floats, y: Floats, cells: BeforeAfter) -> Estimate | None:
    """Change of slope at a date in the middle of the time before the target."""
    early = cells.under & ~cells.after
    times = distinct(cells.time[early])
    if len(times) < 6:
        return None
    part = cells.take(early)
    part = replace(part, after=part.time >= times[len(times) // 2])
    slopes = _slopes(x[early], y[early], part, 1.0)
    return None if slopes is None else slopes.shortfall


def _expected_sign(brief: Brief, other: str) -> int:
    signs = {"increase": 1, "decrease": -1}
    return signs.get(brief.metric.improvement_direction, 0) * signs.get(other, 0)


def _not_coupled(slopes: _Slopes, sign: int) -> str:
    """Why a fall of the slope cannot be asked about; empty where it can."""
    for slope in (slopes.before, slopes.expected):
        p = slope.p_above() if sign > 0 else slope.p_below()
        against = slope.p_below() if sign > 0 else slope.p_above()
        if against <= 0.025:
            return "The outcome moved against the metric, not with it, before the target"
        if p > 0.025:
            if slope is slopes.before:
                return "The outcome was not clearly coupled to the metric before the target either"
            return "The slope among units without the target is too uncertain to compare with"
    return "" if slopes.ratio.bounded else "The slope before the target is too uncertain to compare with"


def _grade(cells: BeforeAfter, n: int) -> Grade:
    """B with comparison units, C within units, D for a single one; one step down where data are thin."""
    steps = 1 if cells.compared else 2
    if cells.units == 1:
        steps = 3
    steps += int(n < 200 or cells.units < 20) + int(cells.left_out > 0.10)
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")
    return grades[min(steps, 3)]


def _needed(slope: Estimate, distance: float, n: int, cells: BeforeAfter) -> str:
    """How many cells would decide at 80% if the truth lay `distance` from what is excluded."""
    reach = (slope.quantile() + 0.8416) * slope.se
    factors = [(reach / abs(d)) ** 2 for d in (distance, slope.value) if d != 0]
    factor = next((f for f in factors if f > 1.05), 1.05)
    if not np.isfinite(factor) or factor > 1000:
        return "No feasible amount of such data would decide; an experiment or another outcome might."
    periods = int(np.ceil(factor * (cells.periods_before + cells.periods_after)))
    return (
        f"About {int(np.ceil(factor * n))} cells of unit and period instead of {n}, as many before the "
        f"target as after: {periods} periods of the same units, or more units."
    )


def _spread(values: Floats) -> float:
    """Standard deviation; 0 where it is rounding error."""
    deviation = float(values.std())
    return deviation if deviation > 1e-9 * float(np.abs(values).max()) else 0.0


def _bounds(ratio: RatioInterval) -> tuple[float, float] | None:
    if ratio.kind != "interval" or ratio.lower is None or ratio.upper is None:
        return None
    return ratio.lower, ratio.upper


def _range(finding: Finding, outcome: str) -> str:
    if finding.interval is None or finding.effect is None or finding.beyond is None:
        return "The ratio of the slopes after and before the target cannot be bounded."
    low, high = finding.interval
    end = (
        ": it still does."
        if low > finding.beyond
        else f": more and less than the {_percent(finding.beyond)} that matters are both possible."
    )
    return (
        f"Since the target {outcome} moves {_percent(finding.effect)} as much with the metric as before "
        f"(95% interval {_percent(low)} to {_percent(high)}){end}"
    )


def _data(slopes: _Slopes, cells: BeforeAfter, unit: float, n: int, share: float) -> dict[str, object]:
    def slope(estimate: Estimate | None) -> dict[str, float] | None:
        if estimate is None:
            return None
        low, high = estimate.times(unit).interval()
        return {"estimate": estimate.value * unit, "lower": low, "upper": high, "df": estimate.df}

    return {
        "since": cells.since.isoformat(),
        "slope_before": slope(slopes.before),
        "slope_after": slope(slopes.after),
        "slope_before_without_target": slope(slopes.other_before),
        "slope_after_without_target": slope(slopes.other_after),
        "ratio_kind": slopes.ratio.kind,
        "spread_ratio": slopes.spread[1] / slopes.spread[0] if slopes.spread[0] > 0 else None,
        "units": cells.units,
        "units_without_target": len(distinct(cells.unit[~cells.under])),
        "periods_before": cells.periods_before,
        "periods_after": cells.periods_after,
        "cells": n,
        "left_out": cells.left_out,
        "errors": "clustered by unit" if cells.units >= FEWEST_CLUSTERS else "over time within each unit",
    }


def _figure(slopes: _Slopes, unit: float, outcome: str) -> Intervals:
    named = (
        ("before the target", slopes.before),
        ("after", slopes.after),
        ("before, units without the target", slopes.other_before),
        ("after, units without the target", slopes.other_after),
    )
    rows = []
    for label, estimate in named:
        if estimate is not None:
            low, high = estimate.times(unit).interval()
            rows.append(
                Interval(
                    label=label,
                    estimate=estimate.value * unit,
                    lower=low,
                    upper=high,
                    emphasis=label == "after",
                )
            )
    return Intervals(
        title="How strongly the outcome moves with the metric, before and after the target",
        x_is=f"change of {outcome} per unit of the metric (95% interval)",
        rows=tuple(rows),
        reference=0.0,
        reference_is="no coupling",
    )


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


def _inconclusive(says: str, needed: str, n: int) -> Finding:
    return Finding(state=State.INCONCLUSIVE, says=says, effect_is=EFFECT_IS, needed=needed, n=n)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _say(number: float) -> str:
    return f"{number:.3g}"


def _world(
    rng: np.random.Generator,
    *,
    slope_after: float,
    units: int = 30,
    periods: int = 48,
    exempt: int = 0,
    rho: float = 0.0,
    season_: float = 0.0,
    rise: float = 0.0,
    step: float = 0.0,
    common: float = 0.0,
) -> tuple[Panel, Brief]:
    """Metric and outcome of units that came under a target in the middle.

    `rise`: improvement of the work after the target, in both; `step`: of the outcome's level alone; `common`:
    shocks to all units; `season_`: a yearly wave in both.
    """
    since = periods // 2
    after = np.arange(periods) >= since
    under = (np.arange(units) < units - exempt)[:, None]
    wave = season_ * np.sin(2 * np.pi * np.arange(periods) / 12)
    work = rng.normal(0, 1, (units, 1)) + autoregressive(rng, units, periods, rho) + wave
    work = work + rise * after * under * rng.uniform(0.5, 1.5, (units, 1))
    slope = np.where(after & under, slope_after, 1.0)
    level = rng.normal(0, 2, (units, 1)) + common * autoregressive(rng, 1, periods, rho)
    outcome = 50 + level + slope * work + autoregressive(rng, units, periods, rho, 1.5)
    outcome = outcome + step * after * rng.uniform(0.5, 1.5, (units, 1)) + wave
    return panel_specimen(
        metric=20 + work,
        others={"coal": outcome},
        since=since,
        exempt=exempt,
        outcome="coal",
        directions={"coal": "increase"},
        smallest_effect=0.5,
    )


def _independent(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope_after=1.0)


def _seasonal(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope_after=1.0, rho=0.6, season_=1.0, common=1.0)


def _improved(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope_after=1.0, rise=1.5, rho=0.3)


def _stepped(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope_after=1.0, step=-4.0, rho=0.3, exempt=12)


def _collapsed(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope_after=0.1, rho=0.3)


def _collapsed_with_comparison(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope_after=0.1, rise=1.0, exempt=12)


CHECK = Check(
    code="PP201",
    title="Does the number still move with real success since it became a target?",
    run=run,
    smallest_effect=0.5,
    effect_is=EFFECT_IS,
    source="Chow 1960, Econometrica 28:591; Pustejovsky and Tipton 2018, eq. 9; Fieller 1954, section 3",
    needs=("outcome", "targets"),
    clear=(_independent, _seasonal, _improved, _stepped),
    suspect=(_collapsed, _collapsed_with_comparison),
)
