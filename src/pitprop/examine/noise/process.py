"""Process: does something hang on single periods that routine variation alone would have turned?

Why it matters
--------------
Every process varies. A crew that makes its quota in March and misses it in April has most often done the same work
in both months. Where a bonus or a penalty hangs on each month's value, routine variation then hands out rewards and
reproofs by lot, and people learn to explain noise, or to smooth it.

Looks for
---------
The share of verdicts (target met or missed, for one entity in one period) that chance would have turned: the value
is drawn a second time by giving it the routine departure of the period before or after, of the same entity, and held
against the same target. A coin toss gives 50%. Clear: the 95% interval lies below a quarter. Suspect: it lies above.
The question arises only where a target with stakes judges single entity-periods; otherwise the chart alone is shown.

Beside it stand process behaviour charts (XmR): of all entities together, and of every entity by itself. The signal
ratio is the share of points that differ from the others by more than routine variation: one point beyond the natural
limits, or eight in a row on one side of the mean. No other rules are used, since each adds false alarms. Where
neighbouring values are alike (lag-1 correlation above 0.25) the limits are too narrow, and that is said.

Assumes
-------
That an entity's state lasts for two periods running, apart from what all entities share in a period (season, trend,
a common shock), which is taken out: it turns no verdict here. Departures that last from one period to the next count
as real. With one or two entities a season cannot be told from routine variation: the share is then shown and nothing is
concluded. Simulated at a share of exactly a quarter (2,000 draws of each of nine kinds, 1 to 40 entities): called
suspect in at most 3.5%.

Blind to
--------
Whether a change that is real is anyone's doing. Verdicts on several periods together. Entities that are judged by a
target which they all meet, or all miss, by far: nothing is left to chance there, and nothing is learnt either.

Source
------
Wheeler 1993, Understanding Variation (XmR); Deming 1986, Out of the Crisis, chapter 11 (common causes); Livingston and
Lewis 1995, Journal of Educational Measurement 32:179 (consistency of verdicts).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Target
from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Line, Series
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.examine.specimen import declared
from pitprop.examine.trend import trend
from pitprop.stats.period_number import period_number
from pitprop.stats.process_chart import ProcessChart, process_chart
from pitprop.stats.process_charts import ProcessCharts, process_charts
from pitprop.stats.two_way import two_way
from pitprop.stats.verdicts import ChanceVerdicts, chance_verdicts

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "share of verdicts on single entity-periods that routine variation alone would have turned"
FEWEST_ENTITIES = 3
"""Entities from which what they share in a period is taken out."""
FEWEST_VERDICTS = 20
SHORT = 8
"""Periods below which no chart is drawn."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Values:
    """Cells with values in order of (entity, period); arrays of shape (n,)."""

    cell: Ints
    value: Floats
    noise: Floats
    entity: Ints
    time: Ints
    entities: int


def run(panel: Panel, brief: Brief) -> Finding:
    """Would routine variation alone turn the verdicts on which something hangs?"""
    if len(panel.periods) == 0 or bool(np.isnat(panel.periods).any()):
        return _cannot("There is no time in the data.", "Declare `agg_time_dimension`.", None, {}, brief)
    chart, figure = _whole(panel, brief)
    values = _values(panel)
    if values is None:
        return _cannot("No values vary over time.", "Several periods with values.", figure, {}, brief)
    charts = process_charts(values.value, values.entity, fewest=SHORT)
    data = _data(chart, figure, charts)
    staked = [t for t in brief.metric.targets if t.on == "entity_period" and t.stakes != "none"]
    if not staked:
        says = "Nothing is declared to hang on a single period of one entity." + _behaviour(chart, charts, panel)
        return _cannot(says, "Declare `stakes` on the target if something does.", figure, data, brief)
    found = _verdicts(panel, values, staked)
    if found is None or found.verdicts < FEWEST_VERDICTS:
        says = "Too few values are held against a target to see what chance does to the verdicts."
        return _cannot(
            says + _behaviour(chart, charts, panel),
            f"At least {FEWEST_VERDICTS} entity-periods under the target, with the periods beside them.",
            figure,
            data,
            brief,
        )
    return _judged(panel, brief, values, found, staked[0], (chart, charts, figure, data))


def _values(panel: Panel) -> _Values | None:
    value = panel.metric.value
    cell = np.flatnonzero(np.isfinite(value))
    cell = cell[np.lexsort((panel.period[cell], panel.entity[cell]))]
    y = value[cell]
    if len(y) < 3 or float(np.ptp(y)) <= 1e-9 * float(np.abs(y).max()):
        return None
    entity = np.cumsum(np.r_[0, panel.entity[cell][1:] != panel.entity[cell][:-1]])
    entities = int(entity[-1]) + 1
    if entities < FEWEST_ENTITIES:
        noise = y - (np.bincount(entity, weights=y) / np.bincount(entity))[entity]
    else:
        fit = two_way(y, entity, panel.period[cell])
        cell, y, entity, noise = cell[fit.used], y[fit.used], fit.index, fit.residual
    return _Values(
        cell=cell,
        value=y,
        noise=noise,
        entity=entity,
        time=period_number(panel.start[cell], panel.granularity),
        entities=entities,
    )


def _verdicts(panel: Panel, values: _Values, staked: list[Target]) -> ChanceVerdicts | None:
    """Of the target with stakes under which most verdicts are left to chance, by the lower end of the interval."""
    found = []
    for place, target in enumerate(staked):
        level = panel.target[values.cell]
        if target.fixed is not None:
            level = np.full(len(values.cell), target.fixed)
        elif place > 0:
            continue  # the panel carries the values of the first target only
        judged = np.isfinite(level) & ~panel.exempt[values.cell] & _in_force(panel, values, target)
        one = chance_verdicts(
            value=values.value,
            noise=values.noise,
            target=np.where(judged, level, 0.0),
            at_least=target.op in ("gte", "gt"),
            strict=target.op in ("gt", "lt"),
            unit=values.entity,
            time=values.time,
            judged=judged,
        )
        if one is not None and one.verdicts >= FEWEST_VERDICTS:
            found.append(one)
    return max(found, key=lambda f: f.share.interval(1 - 0.05 / len(found))[0], default=None)


def _in_force(panel: Panel, values: _Values, target: Target) -> Bools:
    day = panel.start[values.cell]
    out = np.ones(len(day), dtype=bool)
    if target.since is not None:
        out &= day >= np.datetime64(target.since, "D")
    if target.until is not None:
        out &= day < np.datetime64(target.until, "D")
    return out


def _judged(
    panel: Panel,
    brief: Brief,
    values: _Values,
    found: ChanceVerdicts,
    target: Target,
    shown: tuple[ProcessChart | None, ProcessCharts, Series | None, dict[str, Any]],
) -> Finding:
    chart, charts, figure, data = shown
    share, bound = found.share, brief.smallest_effect
    low, high = share.interval()
    low, high = max(low, 0.0), min(high, 1.0)
    state = State.INCONCLUSIVE
    together = values.entities < FEWEST_ENTITIES
    if share.df >= 2 and not together:
        state = State.CLEAR if high <= bound else State.SUSPECT if low > bound else State.INCONCLUSIVE
    says = (
        f"{share.value:.0%} of the verdicts on one entity in one {panel.granularity} would be turned by routine "
        f"variation alone (95% interval {low:.0%} to {high:.0%}; a coin toss: 50%; accepted: {bound:.0%}), and "
        f"{target.stakes} hangs on them"
    )
    if state is State.SUSPECT:
        says += ": much of the praise and blame for single periods goes to noise"
    return Finding(
        state=state,
        says=f"{says}.{_behaviour(chart, charts, panel)}",
        effect=share.value,
        effect_is=EFFECT_IS,
        interval=(low, high),
        beyond=bound,
        p_value=share.p_above(bound),
        n=found.verdicts,
        grade=_grade(found, values),
        innocent=("entities really changed, back and forth, from one period to the next",)
        + (("season and trend, which cannot be told from routine variation with so few entities",) if together else ()),
        ruled_out=() if together else ("season, trend and shocks that all entities share",),
        needed=_needed(found, bound, panel.granularity, together) if state is State.INCONCLUSIVE else "",
        figure=figure,
        data={
            **data,
            "turned_by_chance": share.value,
            "interval": [low, high],
            "verdicts": found.verdicts,
            "clusters": found.clusters,
        },
    )


def _grade(found: ChanceVerdicts, values: _Values) -> Grade:
    return "D" if values.entities < 10 or found.verdicts < 100 else "C"


def _needed(found: ChanceVerdicts, bound: float, period: str, together: bool) -> str:
    share = found.share
    if together:
        return f"At least {FEWEST_ENTITIES} entities, so that season and trend can be told from routine variation."
    distance = abs(share.value - bound)
    times = ((share.quantile() + 0.8416) * share.se / distance) ** 2 if distance > 0 else np.inf
    if times > 50:
        return "The share lies so close to what is accepted that no feasible amount of data would decide."
    return f"About {ceil(max(times, 1.1) * found.verdicts)} verdicts instead of {found.verdicts}: more {period}s."


# ---- the charts ----------------------------------------------------------------------------------------


def _whole(panel: Panel, brief: Brief) -> tuple[ProcessChart | None, Series | None]:
    """The chart of all entities together, and its picture."""
    series = trend(brief.metric, panel)
    if series is None:
        return None, None
    line = series.lines[0]
    there = [i for i, y in enumerate(line.y) if y is not None]
    if len(there) < SHORT:
        return None, series
    chart = process_chart(np.array([line.y[i] for i in there], dtype=np.float64))
    flagged = [False] * len(line.y)
    for i, signal in zip(there, chart.signals, strict=True):
        flagged[i] = bool(signal)
    limits = ((chart.mean, "mean"), (chart.lower, "lower natural limit"), (chart.upper, "upper natural limit"))
    return chart, Series(
        title=f"Process behaviour chart of {brief.metric.title}",
        y_is=series.y_is,
        lines=(Line(name=line.name, x=line.x, y=line.y, flagged=tuple(flagged)),),
        events=series.events,
        levels=limits,
    )


def _behaviour(chart: ProcessChart | None, charts: ProcessCharts, panel: Panel) -> str:
    out = ""
    if chart is not None:
        total, signals = len(chart.outside), int(chart.signals.sum())
        told = f"{signals} of {total} {panel.granularity}s stand out from routine variation"
        out = f" All together, {told if signals else 'there is routine variation only'}"
        out += " (neighbours are alike, so the limits are narrow)." if chart.autocorrelated else "."
    if charts.units > 1:
        share = float(charts.signals.sum()) / float(charts.charted.sum())
        out += f" Of single values, {share:.1%} stand out on their entity's own chart."
    return out


def _data(chart: ProcessChart | None, figure: Series | None, charts: ProcessCharts) -> dict[str, Any]:
    points = int(charts.charted.sum())
    out: dict[str, Any] = {
        "entities": {
            "charts": charts.units,
            "points": points,
            "outside": int(charts.outside.sum()),
            "in_runs": int(charts.run.sum()),
            "signal_ratio": float(charts.signals.sum()) / points if points else None,
            "autocorrelated": charts.autocorrelated,
        }
    }
    if chart is not None and figure is not None:
        line = figure.lines[0]
        out["whole"] = {
            "mean": chart.mean,
            "lower": chart.lower,
            "upper": chart.upper,
            "points": len(chart.outside),
            "signals": [x for x, flag in zip(line.x, line.flagged or (), strict=True) if flag],
            "signal_ratio": float(chart.signals.mean()),
            "lag1": chart.lag1,
            "autocorrelated": chart.autocorrelated,
        }
    return out


def _cannot(says: str, needed: str, figure: Series | None, data: dict[str, Any], brief: Brief) -> Finding:
    return Finding(
        state=State.NOT_APPLICABLE,
        says=says,
        effect_is=EFFECT_IS,
        beyond=brief.smallest_effect,
        needed=needed,
        figure=figure,
        data=data,
    )


# ---- data whose truth is known -------------------------------------------------------------------------


def _staked(values: Floats, target: float) -> tuple[Panel, Brief]:
    panel, brief = panel_specimen(metric=values, others={}, since=0, smallest_effect=0.25)
    quota = Target(op="gte", value=target, stakes="bonus")
    panel = replace(panel, target=np.full(len(panel.entity), target))
    return panel, replace(brief, metric=declared(targets=(quota,), outcome=None, guardrails=()))


def _world(
    rng: np.random.Generator,
    *,
    units: int = 40,
    periods: int = 24,
    apart: float = 2.0,
    above: float = 0.0,
    rho: float = 0.0,
    wave: float = 0.0,
    trend: float = 0.0,
) -> tuple[Panel, Brief]:
    """Units `apart` in standard deviations of their noise, on average `above` the target."""
    t = np.arange(periods)
    level = apart * rng.standard_normal((units, 1)) + above
    noise = autoregressive(rng, units, periods, rho)
    return _staked(100 + level + noise + wave * np.sin(2 * np.pi * t / 12) + trend * t, 100.0)


def _told_apart(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, apart=2.4)


def _met_by_far(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Alike, but all well above the target: nothing is left to chance."""
    return _world(rng, apart=0.5, above=2.5)


def _seasonal(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """All miss it in winter and meet it in summer, and departures last."""
    return _world(rng, apart=1.5, rho=0.6, wave=3.0)


def _improving(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, apart=2.0, trend=0.15, above=-1.0)


def _counts(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Poisson counts about levels that differ by a third."""
    mean = 60 * np.exp(0.33 * rng.standard_normal((40, 1)))
    return _staked(rng.poisson(mean, (40, 24)).astype(np.float64), 60.0)


def _lottery(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """All do the same work, and the target lies in the middle of routine variation."""
    return _world(rng, apart=0.3)


def _lottery_of_counts(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _staked(rng.poisson(5.0, (30, 24)).astype(np.float64), 5.0)


CHECK = Check(
    code="PP303",
    title="Would routine variation alone turn the verdicts on which something hangs?",
    run=run,
    smallest_effect=0.25,
    effect_is=EFFECT_IS,
    source="Wheeler 1993, Understanding Variation; Livingston and Lewis 1995, J. Educational Measurement 32:179",
    needs=("targets",),
    clear=(_told_apart, _met_by_far, _seasonal, _improving, _counts),
    suspect=(_lottery, _lottery_of_counts),
)
