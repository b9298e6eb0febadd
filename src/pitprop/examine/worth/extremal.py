"""Extremal: does more of the number still bring more success where the number is best?

Why it matters
--------------
A number and success may go together over the usual range and part where the number is pushed to its best values:
the hundredth test adds nothing that the fiftieth has not shown. Whoever is praised for the best values is then praised
for what no longer counts, and a target set up there buys nothing.

Looks for
---------
The slope of the outcome (`lag` periods later) on the number in the best tenth of its values, compared with the slope
below, within units and periods: only units that have been on both sides are used, each compared with itself, and what
moves all units at once is removed. The effect is the ratio of the two slopes: 1 for a straight line, 0 where more of
the number brings no more of the outcome. Suspect: the whole 95% interval lies below the smallest ratio, a half by
default. Clear: it lies wholly above. Where fewer than ten units have been on both sides of the best tenth of all
values, each unit's own best tenth counts.

Noise in the number flattens slopes too, and the best values are where noise collects. So the number of the neighbouring
periods is put in the place of the outcome: where the best values are mostly noise, their neighbours do not
share them, and that slope flattens alike. The ratio of the outcome's slopes is divided by that of the neighbours'
slopes; both the plain and the corrected ratio have to lie below. A number that has no memory from one period to the
next cannot be corrected so; then there is no suspicion, unless its noise is known from its rows to be negligible.

Assumes
-------
Units independent of each other given the period; errors may be correlated at will within one. Noise in the number that
is not shared with its neighbours or with the outcome. The declared lag.

Blind to
--------
A bend elsewhere than at the best tenth. Units that are always or never there. A relation that was never there:
a ratio of slopes needs a slope (see `predictive`). Whether the bend is saturation of the work or distortion of the
number.

Source
------
Manheim and Garrabrant 2018, arXiv 1803.04585 (extremal Goodhart); Fuller 1987, Measurement Error Models, section 1.4
(second readings against noise); Bell and McCaffrey 2002, Survey Methodology 28:169 (errors, leaving out one unit at a
time); Fieller 1954, J. R. Stat. Soc. B 16:175 (ratios).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.jackknifed import Ratio
from pitprop.stats.neighbours import neighbours
from pitprop.stats.numbered import numbered
from pitprop.stats.period_number import period_number
from pitprop.stats.piecewise import Bend, bend

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "slope of the outcome on the number in its best tenth, as a multiple of the slope below"
BEST = 0.9
"""Share of the values below the knot."""
FEWEST_UNITS = 10
FEWEST_OWN = 10
"""Values of a unit from which it has a best tenth of its own."""
FEWEST_BEST = 20
"""Values above the knot in units that have some on both sides."""
NEGLIGIBLE_NOISE = 0.05
"""Share of the number's variance, on either side of the knot, below which its known noise bends nothing."""
CLEAR_MEMORY = 3.0
"""t from which the neighbouring periods' readings are taken as second readings."""
SIGNS = {"increase": 1.0, "decrease": -1.0}


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether the outcome still rises with the metric where the metric is best."""
    outcome = brief.metric.outcome
    if outcome is None:
        return _not_applicable("No outcome is declared.", "Declare `outcome`: the metric that is real success.")
    if outcome.metric not in panel.others:
        why = panel.missing.get(outcome.metric, f"`{outcome.metric}` is not among the data.")
        return _not_applicable(f"The outcome could not be had: {why}", f"Make `{outcome.metric}` available.")
    sign = SIGNS.get(brief.metric.improvement_direction)
    if sign is None:
        return _not_applicable(
            "Which of its values are the best is not declared.",
            "Declare `improvement_direction`: increase or decrease.",
        )
    if not len(panel.periods) or np.isnat(panel.periods).any():
        return _not_applicable(
            "Without time, units cannot be compared with themselves.", "Declare `agg_time_dimension`."
        )
    value = sign * panel.metric.value
    there = np.isfinite(value)
    if there.sum() < FEWEST_BEST or np.ptp(value[there]) <= 1e-12 * np.abs(value[there]).max():
        return _not_applicable("The number never varies, or there are too few values of it.", "A number that varies.")
    sample = _sample(panel, outcome.metric, value)
    if isinstance(sample, str):
        return _not_applicable(sample, "More units or more periods in which the same units have usual and best values.")
    y = panel.others[outcome.metric].value[sample.index]
    unit, period = panel.entity[sample.index], panel.period[sample.index]
    found = bend(y, sample.x, sample.again, knot=0.0, unit=unit, period=period) if y.std() > 0 else None
    if found is None:
        return _not_applicable(
            "The outcome's slopes cannot be told apart from what units and periods have in common.",
            "An outcome that varies within units, and values of the number on both sides of its best tenth.",
        )
    return _finding(panel, brief, found, sample, _quiet(panel.metric.noise[sample.index], sample, unit), sign)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """Cells of units that have values on both sides of the knot."""

    index: Ints
    """Into the panel's cells, in order of (unit, period), shape (n,)."""
    x: Floats
    """The metric in its good direction, less the knot, shape (n,)."""
    again: Floats
    """The metric in the neighbouring periods, shape (n,)."""
    knot: float | None
    """In the good direction; None where each unit has its own."""

    @property
    def best(self) -> Bools:
        return self.x > 0


def _sample(panel: Panel, outcome: str, value: Floats) -> _Sample | str:
    """By the best tenth of all values, or where few units have been on both sides of that, by each unit's own."""
    again = neighbours(value, panel.entity, period_number(panel.start, panel.granularity))
    there = np.isfinite(value)
    usable = there & np.isfinite(again) & np.isfinite(panel.others[outcome].value)
    knot = float(np.quantile(value[there], BEST))
    for given in (knot, None):
        x = value - (knot if given is not None else _own_knots(value, panel.entity))
        above, size = usable & (x > 0), len(panel.entities)
        both = (np.bincount(panel.entity[above], minlength=size) >= 1) & (
            np.bincount(panel.entity[usable & (x <= 0)], minlength=size) >= 2
        )
        units, best = int(both.sum()), int((above & both[panel.entity]).sum())
        if units >= FEWEST_UNITS and best >= FEWEST_BEST:
            index = np.flatnonzero(usable & both[panel.entity] & np.isfinite(x))
            index = index[np.lexsort((panel.period[index], panel.entity[index]))]
            return _Sample(index=index, x=x[index], again=again[index], knot=given)
    return (
        f"Only {units} units have had values of it both in their best tenth and below, with {best} "
        "values in the best tenth: "
        f"at least {FEWEST_UNITS} units and {FEWEST_BEST} values are needed."
    )


def _own_knots(value: Floats, unit: Ints) -> Floats:
    """The value that a tenth of the unit's own values exceed; NaN for units with too few values, shape (n,)."""
    there = np.flatnonzero(np.isfinite(value))
    order = there[np.lexsort((value[there], unit[there]))]
    label, first, count = np.unique(unit[order], return_index=True, return_counts=True)
    knots = value[order][first + np.minimum(np.ceil(BEST * count).astype(np.int64), count) - 1]
    knots = np.where(count >= FEWEST_OWN, knots, np.nan)
    out = np.full(int(unit.max()) + 1, np.nan)
    out[label] = knots
    return out[unit]


def _quiet(noise: Floats, sample: _Sample, unit: Ints) -> bool:
    """Whether the metric's noise is known, and negligible on both sides of the knot."""
    if not np.isfinite(noise).all():
        return False
    x, best = sample.x, sample.best
    own = numbered(unit)[1]
    within = x - (np.bincount(own, weights=x) / np.bincount(own))[own]
    spread = (float(x[best].var()), float(within[~best].var()))
    return bool(
        noise[best].mean() < NEGLIGIBLE_NOISE * spread[0] and noise[~best].mean() < NEGLIGIBLE_NOISE * spread[1]
    )


def _finding(panel: Panel, brief: Brief, found: Bend, sample: _Sample, quiet: bool, sign: float) -> Finding:
    decides = found.plain if quiet else _later(found)
    interval = decides.interval
    usable = interval is not None and (quiet or _remembered(found))
    state = _state(found, quiet, brief.smallest_effect) if usable else State.INCONCLUSIVE
    left_out = 1 - len(sample.index) / max(int(np.isfinite(panel.metric.value).sum()), 1)
    best = int(sample.best.sum())
    return Finding(
        state=state,
        says=_says(brief, found, decides, interval, state, usable),
        effect=decides.value if usable else None,
        effect_is=EFFECT_IS,
        interval=interval if usable else None,
        beyond=brief.smallest_effect,
        p_value=_p(found, quiet, brief.smallest_effect) if usable else None,
        n=len(sample.index),
        grade=_grade(found, best),
        innocent=(
            "another lag than the one declared",
            "something else that holds the outcome down whenever the number is at its best",
            "work that is honestly saturated: then the target may be too high, and the number is still right below",
        )
        if state is not State.CLEAR
        else (),
        ruled_out=(
            "what moves all units at once",
            "differences between units: each is compared with itself",
            "noise in the number, which is negligible"
            if quiet
            else "noise in the number that its neighbours do not share",
        )
        if usable
        else (),
        needed=_needed(brief, found, decides, interval, usable) if state is State.INCONCLUSIVE else "",
        figure=_figure(brief, found, sign),
        data=_data(found, sample, quiet, sign, left_out),
    )


def _remembered(found: Bend) -> bool:
    """Whether the number has a memory by which its noise can be told."""
    return found.memory > CLEAR_MEMORY and found.repeated.interval is not None


def _later(found: Bend) -> Ratio:
    """The ratio that allows the most: plain or corrected, whichever interval reaches higher."""
    plain, repeated = found.plain.interval, found.repeated.interval
    if plain is None or repeated is None:
        return found.plain if repeated is None else found.repeated
    return found.repeated if repeated[1] > plain[1] else found.plain


def _state(found: Bend, quiet: bool, smallest: float) -> State:
    intervals = [found.plain.interval, *([] if quiet else [found.repeated.interval])]
    known = [i for i in intervals if i is not None]
    if all(high < smallest for _, high in known):
        return State.SUSPECT
    return State.CLEAR if all(low > smallest for low, _ in known) else State.INCONCLUSIVE


def _p(found: Bend, quiet: bool, smallest: float) -> float:
    return max(r.p_at_least(smallest) for r in ([found.plain] if quiet else [found.plain, found.repeated]))


def _says(
    brief: Brief, found: Bend, decides: Ratio, interval: tuple[float, float] | None, state: State, usable: bool
) -> str:
    metric = brief.metric
    assert metric.outcome is not None
    name = metric.outcome.metric
    if not usable or interval is None:
        if found.plain.interval is None:
            return f"{name} does not clearly go with {metric.title} below its best tenth, so there is no slope to lose."
        return (
            f"Whether more of {metric.title} still brings more of {name} in its best tenth is open: "
            "it has too little memory "
            "from one period to the next to tell a bend from noise."
        )
    ratio = f"{_percent(decides.value)} (95% interval {_percent(interval[0])} to " + (f"{_percent(interval[1])})")
    if state is State.SUSPECT:
        return (
            f"In the best tenth of {metric.title}, one more unit of it goes with {ratio} of the "
            f"change in {name} with which it "
            "goes below: a pattern consistent with a number that is pushed beyond where it counts."
        )
    if state is State.CLEAR:
        return (
            f"In the best tenth of {metric.title}, one more unit of it still goes with {ratio} of the change in {name}."
        )
    return (
        f"Whether more of {metric.title} still brings more of {name} in its best tenth is open: one "
        "more unit goes with "
        f"{ratio} of the change below; {_percent(brief.smallest_effect)} would matter."
    )


def _needed(brief: Brief, found: Bend, decides: Ratio, interval: tuple[float, float] | None, usable: bool) -> str:
    if not usable or interval is None:
        if found.plain.interval is None:
            return "More units or periods, or an outcome that goes with the number at all (see `predictive`)."
        return (
            "The number as an average or share of rows, so that its noise is known, or two "
            "readings of it in each period."
        )
    value, half = decides.value, (interval[1] - interval[0]) / 2
    distance = abs(value - brief.smallest_effect)
    factor = (1.43 * half / distance) ** 2 if distance > 0 else np.inf
    if not factor < 200:
        return "The ratio lies so near the smallest that matters that no feasible amount of such data would decide."
    factor = max(factor, 1.05)
    return (
        f"About {int(np.ceil(factor * found.units))} units on both sides over as many periods instead of {found.units}."
    )


def _grade(found: Bend, best: int) -> Grade:
    return "D" if found.effective < 20 or best < 100 else "C"


def _figure(brief: Brief, found: Bend, sign: float) -> Intervals:
    assert brief.metric.outcome is not None
    t = 1.96

    def row(label: str, value: float, se: float, emphasis: bool) -> Interval:
        ends = sorted((sign * (value - t * se), sign * (value + t * se)))
        return Interval(label=label, estimate=sign * value, lower=ends[0], upper=ends[1], emphasis=emphasis)

    return Intervals(
        title=f"What one more unit of {brief.metric.title} goes with",
        x_is=f"change in {brief.metric.outcome.metric}, within units and periods (95% interval)",
        rows=(
            row("below the best tenth", found.below, found.se_below, False),
            row("in the best tenth", found.above, found.se_above, True),
        ),
        reference=0.0,
        reference_is="brings nothing",
    )


def _data(found: Bend, sample: _Sample, quiet: bool, sign: float, left_out: float) -> dict[str, Any]:
    def as_data(ratio: Ratio) -> dict[str, Any]:
        made = ratio.fieller
        return {"kind": made.kind, "estimate": made.estimate, "lower": made.lower, "upper": made.upper}

    return {
        "best_tenth_beyond": None if sample.knot is None else sign * sample.knot,
        "best_tenth_is": "of all values" if sample.knot is not None else "of each unit's own values",
        "values_in_best_tenth": int(sample.best.sum()),
        "slope_below": sign * found.below,
        "slope_in_best_tenth": sign * found.above,
        "ratio": as_data(found.plain),
        "ratio_less_noise": as_data(found.repeated),
        "noise_negligible": quiet,
        "units_on_both_sides": found.units,
        "effective_units": found.effective,
        "left_out": left_out,
    }


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _world(
    rng: np.random.Generator,
    *,
    units: int = 60,
    periods: int = 36,
    rho: float = 0.7,
    bends: float | None = None,
    noise: float = 0.3,
    tails: bool = False,
    skewed: bool = False,
) -> tuple[Panel, Brief]:
    """Outcome = own level + 3 x work, or no more than that of `bends` (standard deviations of work); the number is the
    work with noise, with tails of its own where `tails`; log-normal work where `skewed`."""
    work = autoregressive(rng, units, periods, rho)
    if skewed:
        work = np.exp(0.7 * work)
    own = rng.standard_normal((units, 1))
    draws = rng.standard_t(3, (units, periods)) if tails else rng.standard_normal((units, periods))
    true = work + 0.5 * own
    done = true if bends is None else np.minimum(true, bends)
    outcome = 200 + 20 * rng.standard_normal((units, 1)) + 3 * done + autoregressive(rng, units, periods, 0.3, 1.5)
    return panel_specimen(
        metric=50 + 5 * (true + noise * draws),
        others={"coal_delivered": outcome},
        since=periods // 2,
        outcome="coal_delivered",
        directions={"coal_delivered": "increase"},
        smallest_effect=CHECK.smallest_effect,
    )


def _straight(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng)


def _best_values_are_noise(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A straight line, but what is extreme in the number is mostly noise with long tails."""
    return _world(rng, noise=0.8, tails=True)


def _skewed(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, skewed=True, noise=0.5)


def _without_memory(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, rho=0.0, noise=0.8, tails=True)


def _saturated(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, bends=1.0)


def _saturated_and_noisy(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, bends=0.9, noise=0.4, units=120)


CHECK = Check(
    code="PP405",
    title="Does more of it still bring more where it is best?",
    run=run,
    smallest_effect=0.5,
    effect_is=EFFECT_IS,
    source="Manheim and Garrabrant 2018, arXiv 1803.04585; Fuller 1987, Measurement Error Models, section 1.4",
    needs=("outcome",),
    clear=(_straight, _best_values_are_noise, _skewed, _without_memory),
    suspect=(_saturated, _saturated_and_noisy),
)
