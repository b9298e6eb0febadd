"""Predictive: does the number tell anything about success that the past of success does not tell already?

Why it matters
--------------
A number is collected because it is held to say something about what the work is for. If the declared
outcome is forecast just as well without it, the number costs time and steers attention and gives nothing
back.

Looks for
---------
How much of the error that remains in forecasting the declared outcome (`lag` periods later) disappears
when the number is known. The forecast without it already knows the unit's last known outcome, the mean of
all its known outcomes, the season and time. With at least ten units in a period, units are compared
within the period, so that whatever moves all at once is removed; else a trend stands for time. Every
forecast is out of sample: trained only on outcomes known before, and, with at least ten units, only on
other units. The number enters as the unit's former level and as this period's difference from it. With
lag 0, number and outcome belong to the same period: that is concurrent validity, not foresight.

Clear (value shown): the whole 95% interval of the share explained lies above the smallest effect, 2% by
default: a correlation of 0.14, by Cohen's convention the least that is called small. Suspect (no value):
the whole interval lies below it, which needs at least 200 forecasts and mostly several hundred. The upper
end is what the best use of the number could still reach, the lower end what fitted forecasts have really
shown. One unit alone decides nothing.

Assumes
-------
That units are independent of each other given the period (errors may be correlated at will within a
unit); with fewer than ten units, that stretches of at least three periods are. That the declared lag is
right. A relation that is roughly a straight line, the same for all units.

Blind to
--------
What causes what: a number can foretell success without being its lever, and a lever that is always pulled
equally foretells nothing. Curved relations, relations that hold in some units only, and what shows only
in a few extremes (an error of more than five typical ones counts as five). What the number and the
outcome's own past both say: it is credited to the past. Movements common to all units, where periods are
compared within.

Source
------
Clark and West 2007, Journal of Econometrics 138:291 (nested forecasts); West 1996, Econometrica 64:1067
(recursive forecasts); Carter, Schnepel and Steigerwald 2017, REStat 99:698 (effective clusters); Cohen
1988, Statistical Power Analysis, section 9.2 (small: f2 = 0.02).
"""

from __future__ import annotations

import numpy as np

from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Interval, Intervals
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.increment import Increment, increment
from pitprop.stats.numbered import distinct
from pitprop.stats.period_number import CYCLE, period_number
from pitprop.stats.prediction import Forecasts, Shortfall, forecasts

UNLIKE = 0.05
"""With more than this share of errors beyond five typical ones, one straight line does not fit all units."""

EFFECT_IS = "share of the outcome's remaining variance that the number explains out of sample"
NOT_TRIED = (
    "another lag than the one declared",
    "a curved relation, or one that holds in some units only",
)


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether the metric improves forecasts of its outcome by more than the smallest effect."""
    outcome = brief.metric.outcome
    if outcome is None:
        return _not_applicable("No outcome is declared.", "Declare `outcome`: the metric that is real success.")
    if outcome.metric not in panel.others:
        why = panel.missing.get(outcome.metric, f"`{outcome.metric}` is not among the data.")
        return _not_applicable(f"The outcome could not be had: {why}", f"Make `{outcome.metric}` available.")
    if not len(panel.periods) or np.isnat(panel.periods).any():
        return _not_applicable(
            "Without time nothing can be forecast.", "Declare `agg_time_dimension`: when each row belongs."
        )
    made = forecasts(
        panel.metric.value,
        panel.others[outcome.metric].value,
        panel.entity,
        period_number(panel.start, panel.granularity),
        lag=outcome.lag,
        cycle=CYCLE[panel.granularity],
    )
    if isinstance(made, Shortfall):
        return _not_applicable(
            f"Whether it foretells {outcome.metric} cannot be asked of these data: {made.reason}.",
            "More periods, more units, or an outcome that is measured by itself.",
        )
    smallest = float(np.clip(brief.smallest_effect, 1e-6, 0.99))
    found = increment(made, smallest=smallest, lag=outcome.lag)
    if found is None:
        return _not_applicable(
            f"Whether it foretells {outcome.metric} cannot be asked of these data: the forecasts cover too "
            "few stretches of periods to tell how sure they are.",
            "At least 15 periods after the first 20 observations, or ten units.",
        )
    return _finding(panel, brief, made, found)


def _finding(panel: Panel, brief: Brief, made: Forecasts, found: Increment) -> Finding:
    outcome = brief.metric.outcome
    assert outcome is not None
    state = _state(found, brief.smallest_effect)
    backwards = _backwards(panel, brief, made, found)
    one = made.units < 2
    decided = state
    if one or made.far > UNLIKE or (state is State.CLEAR and backwards):
        decided = State.INCONCLUSIVE
    return Finding(
        state=decided,
        says=_says(brief, made, found, state, backwards),
        effect=found.gain,
        effect_is=EFFECT_IS,
        interval=found.interval,
        beyond=brief.smallest_effect,
        p_value=found.p_not_below,
        n=found.n,
        grade=_grade(made, found, outcome.lag),
        innocent=_innocent(decided, made),
        ruled_out=_ruled_out(made),
        needed=_needed(brief, made, found, state, backwards) if decided is State.INCONCLUSIVE else "",
        figure=_figure(brief, found, outcome.metric),
        data=_data(made, found, outcome.lag),
    )


def _state(found: Increment, smallest: float) -> State:
    low, high = found.interval
    if low > smallest:
        return State.CLEAR
    return State.SUSPECT if high < smallest else State.INCONCLUSIVE


def _stronger(found: Increment) -> int:
    """Which part of the metric tells more: 0 its movement, 1 its level."""
    return int(np.argmax(np.abs(found.correlations)))


def _backwards(panel: Panel, brief: Brief, made: Forecasts, found: Increment) -> bool:
    """Whether an improvement of the metric goes with a worse outcome."""
    assert brief.metric.outcome is not None
    sign = {"increase": 1, "decrease": -1}
    own = sign.get(brief.metric.improvement_direction, 0)
    other = sign.get(panel.directions.get(brief.metric.outcome.metric, ""), 0)
    return own * other * made.slopes[_stronger(found)] < 0


def _says(brief: Brief, made: Forecasts, found: Increment, state: State, backwards: bool) -> str:
    metric = brief.metric
    outcome = metric.outcome
    assert outcome is not None
    low, high = found.interval
    span = f"(95% interval {_percent(low)} to {_percent(high)})"
    when = (
        f"{outcome.metric} {_later(outcome.lag, metric.time_granularity)}"
        if outcome.lag
        else f"{outcome.metric} of the same period"
    )
    if state is State.SUSPECT:
        return (
            f"Knowing {metric.title} removes {_percent(max(found.gain, 0.0))} {span} of the error that "
            f"remains when {when} is forecast from its own past: less than the "
            f"{_percent(brief.smallest_effect)} that matters."
        )
    direction = _direction(metric.title, outcome.metric, made, found)
    if state is State.CLEAR:
        text = (
            f"Knowing {metric.title} removes {_percent(found.gain)} {span} of the error that remains when "
            f"{when} is forecast from its own past; {direction}."
        )
        if backwards:
            text += " By the declared directions of improvement that is the wrong way round."
        elif not outcome.lag:
            text += " Both are of the same period, so it goes with success rather than foretells it."
        if made.units < 2:
            text += " With one unit, anything that moves both at the same time would look the same."
        return text
    return (
        f"Whether {metric.title} says more about {when} than its own past does is open: knowing it removes "
        f"{_percent(max(found.gain, 0.0))} {span} of the remaining error; "
        f"{_percent(brief.smallest_effect)} would matter."
    )


def _direction(title: str, outcome: str, made: Forecasts, found: Increment) -> str:
    part = _stronger(found)
    more = "higher" if made.slopes[part] > 0 else "lower"
    if len(made.slopes) == 1:
        return f"a higher {title} goes with a {more} {outcome}"
    if part == 0:
        return f"where {title} rises in a unit, {outcome} is {more} than expected"
    return f"units with a higher level of {title} have a {more} {outcome} than expected"


def _later(lag: int, granularity: str) -> str:
    return f"one {granularity} later" if lag == 1 else f"{lag} {granularity}s later"


def _grade(made: Forecasts, found: Increment, lag: int) -> Grade:
    thin = found.clusters < 20 or found.n < 200
    # The first periods have no past and the last no outcome yet: that is nobody's gap.
    gaps = made.left_out - made.units * (lag + max(lag, 1))
    return "D" if thin or gaps > 0.1 * made.usable else "C"


def _innocent(state: State, made: Forecasts) -> tuple[str, ...]:
    if state is State.CLEAR:
        third = "something else that comes before both (a forecast is not a cause)"
        return (third,) if made.within else (third, "something that moves all units at the same time")
    return (*NOT_TRIED, "the outcome's own past already holds what the number says")


def _ruled_out(made: Forecasts) -> tuple[str, ...]:
    out = ["the outcome's own past", "overfitting: every forecast is of data that the fit has not seen"]
    if made.within:
        out.append("whatever moves all units at once: they are compared within each period")
    else:
        out.append("a common trend")
        if made.season:
            out.append("the season")
    if made.held_out:
        out.append("peculiarities of the unit: it is forecast from other units")
    return tuple(out)


def _needed(brief: Brief, made: Forecasts, found: Increment, state: State, backwards: bool) -> str:
    if made.units < 2:
        return "The same number for several units, or a trial in which it is moved on purpose."
    if made.far > UNLIKE:
        return (
            f"In {_percent(made.far)} of the forecasts the error is more than five times the typical one: the "
            "units are too unlike for one straight line. Declare rates (per head, per hour) instead of totals, "
            "or a `filter` for units of like size."
        )
    if state is State.CLEAR and backwards:
        return "Check the declared directions of improvement; if they are right, find out what drives both."
    factor = _factor(found, brief.smallest_effect)
    if not 1 < factor < 200:
        return (
            "The estimate lies so near the smallest effect that matters that no feasible amount of such data "
            "would decide; a trial might."
        )
    what = "units" if found.cluster_is == "unit" else "periods"
    now = made.units if found.cluster_is == "unit" else len(distinct(made.time))
    rest = "over as many periods" if what == "units" else "of the same units"
    return (
        f"About {int(np.ceil(factor * now))} {what} {rest} instead of {now}, if the estimate stays: "
        f"{int(np.ceil(factor * found.n))} forecasts instead of {found.n}."
    )


def _factor(found: Increment, smallest: float) -> float:
    """How many times the data would decide at 80%, were the estimate the truth; infinite if none would."""
    reach = (found.t + 0.8416) / found.t
    if found.gain > smallest:
        distance, half = found.gain - smallest, found.gain - found.interval[0]
    else:
        # The upper end on the scale on which it was made, with the noise in the squared estimate removed.
        top = float(np.arctanh(np.sqrt(max(found.interval[1], 0.0))))
        size = top - found.t * found.error
        best = np.sqrt(max(size**2 - len(found.correlations) * found.error**2, 0.0))
        distance, half = float(np.arctanh(np.sqrt(smallest)) - best), found.t * found.error
    return max((reach * half / distance) ** 2, 1.01) if distance > 0 else float("inf")


def _figure(brief: Brief, found: Increment, outcome: str) -> Intervals:
    def row(label: str, value: float, around: tuple[float, float], emphasis: bool = False) -> Interval:
        return Interval(label=label, estimate=value, lower=around[0], upper=around[1], emphasis=emphasis)

    return Intervals(
        title=f"How much of {outcome} is forecast, without and with {brief.metric.title}",
        x_is="share of variance explained out of sample (95% interval)",
        rows=(
            row(f"from the past of {outcome} alone", found.baseline, found.baseline_interval),
            row(f"from its past and {brief.metric.title}", found.full, found.full_interval),
            row(f"what {brief.metric.title} adds, of what was left", found.gain, found.interval, True),
        ),
        reference=brief.smallest_effect,
        reference_is="smallest addition that matters",
    )


def _data(made: Forecasts, found: Increment, lag: int) -> dict[str, object]:
    return {
        "lag": lag,
        "concurrent": lag == 0,
        "baseline_r2": found.baseline,
        "baseline_r2_interval": list(found.baseline_interval),
        "full_r2": found.full,
        "full_r2_interval": list(found.full_interval),
        "correlations": list(found.correlations),
        "slopes": list(made.slopes),
        "slopes_are": ["movement", "level"] if len(made.slopes) == 2 else ["value"],
        "p_no_gain_clark_west": found.p_none,
        "units": made.units,
        "cells": made.usable,
        "cells_left_out": made.left_out,
        "forecasts": found.n,
        "clusters": found.clusters,
        "effective_clusters": found.effective,
        "cluster_is": found.cluster_is,
        "compared_within_periods": made.within,
        "units_held_out": made.held_out,
        "season_known": made.season,
        "errors_beyond_five_typical": made.far,
    }


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, effect_is=EFFECT_IS, needed=needed)


def _percent(share: float) -> str:
    number = 100 * share
    return f"{number:.0f}%" if abs(number) >= 9.95 else f"{number:.1f}%"


def _world(
    rng: np.random.Generator, *, slope: float, units: int = 80, periods: int = 24, rho: float = 0.3
) -> tuple[Panel, Brief]:
    """Outcome one month later = own level + season + slope x movement of the metric + AR(1)."""
    movement = rng.standard_normal((units, periods))
    season = np.sin(2 * np.pi * np.arange(periods) / 12)
    metric = 50 + 5 * rng.standard_normal((units, 1)) + 3 * (movement + season)
    outcome = 200 + 20 * rng.standard_normal((units, 1)) + 10 * season
    outcome = outcome + 10 * autoregressive(rng, units, periods, rho)
    outcome[:, 1:] += 10 * slope * movement[:, :-1]
    return panel_specimen(
        metric=metric,
        others={"coal_delivered": outcome},
        since=periods // 2,
        outcome="coal_delivered",
        lag=1,
        directions={"coal_delivered": "increase"},
        smallest_effect=CHECK.smallest_effect,
    )


def _tells(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope=0.5)


def _tells_a_little(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Explains about twice the smallest effect."""
    return _world(rng, slope=0.22)


def _too_few(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Tells nothing, but there are not enough data to say so."""
    return _world(rng, slope=0.0, units=5, periods=40)


def _tells_nothing(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, slope=0.0)


def _only_season(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Shares nothing with the outcome but a long memory, the season and how big the unit is."""
    units, periods = 160, 24
    size = rng.standard_normal((units, 1))
    season = np.sin(2 * np.pi * np.arange(periods) / 12)
    metric = np.exp(0.2 * (size + season + autoregressive(rng, units, periods, 0.6)))
    outcome = 10 * size + 3 * season + autoregressive(rng, units, periods, 0.6)
    return panel_specimen(
        metric=metric,
        others={"coal_delivered": outcome},
        since=periods // 2,
        outcome="coal_delivered",
        lag=2,
        smallest_effect=CHECK.smallest_effect,
    )


CHECK = Check(
    code="PP401",
    title="Does it tell anything about success?",
    run=run,
    smallest_effect=0.02,
    effect_is=EFFECT_IS,
    source="Clark and West 2007, Journal of Econometrics 138:291, eq. 3.1; West 1996, Econometrica 64:1067",
    needs=("outcome",),
    clear=(_tells, _tells_a_little, _too_few),
    suspect=(_tells_nothing, _only_season),
)
