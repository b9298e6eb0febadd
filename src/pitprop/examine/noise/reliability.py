"""Reliability: does one period's value tell entities apart, or is it mostly noise?

Why it matters
--------------
A number can be honest, right to the last digit, and still say next to nothing about whoever it is held
against. If half of the differences between crews in one month are luck, then the best crew of March is an
average crew in April: praise seems to spoil and blame seems to help (regression to the mean), and neither
is true.

Looks for
---------
The signal share of one reporting period's value: the variance of the true differences between the entities
that are judged, over that variance and the noise of one value together. It is the correlation to be expected
between two periods' values of the same entities. What all entities share in a period (season, trend, a
common shock) is taken out first. Clear: the 95% interval lies at or above what is asked for, 0.70, or 0.90
where a target carries stakes for people (bonus, pay, career, penalty, ranking). Suspect: it lies below. The
finding says how many periods together would do (Spearman-Brown). With a single period the noise is taken
from the rows within each entity; the signal share is then that of an entity with the usual number of rows.

Beside it stands the process behaviour chart (XmR) of all entities together: which periods differ from the
others by more than routine variation (one point beyond the natural limits, or eight in a row on one side of
the mean). It informs and does not decide. With one entity alone it is all that can be said.

Assumes
-------
The entities are all that are judged, not a sample. Noise is independent between entities and, apart from
departures that last, between periods. A change of one entity within the window, real or not, counts as noise
of its single values; a departure that lasts for most of the window counts as signal (where neighbouring
periods are alike, `lasting_share` leaves it out). Entities may be unequally noisy; the share is then that of
their mean noise. The interval is exact for normal noise in full tables and is widened where noise is unequal
between entities. Simulated (600 tables of each of 15 kinds at a share of 0.4, 0.7 and 0.9; 5 to 200 entities,
3 to 24 periods): 93 to 97% of the intervals covered the truth with normal noise, also with values missing
or skewed entities; 92 to 100% with long-tailed or unequal noise; 88 to 95% with strongly skewed noise
(lognormal), where the misses were shares taken for too high. Shares taken for too low: at most 3.3%. A
number that is exactly as reliable as is asked for is called noise in at most 3.0% of 2,000 draws (normal,
lognormal, Poisson, departures that last, season, improvement, gaps).

Blind to
--------
Whether the true differences are the entities' own doing: a hospital's patients, a crew's seam. Whether the
number measures what it is meant to (a bathroom scale that is always 5 kg off is perfectly reliable). Values
copied from period to period look like signal.

Source
------
Adams 2009, The Reliability of Provider Profiling, RAND TR-653, eq. 1; Searle 1971, Linear Models, sections
2.4 and 9.9; Shrout and Fleiss 1979, Psychological Bulletin 86:420 (ICC(3,1)); Zaslavsky 2001, American
Journal of Medicine 110:S33 (0.9 for judging single units); Spearman 1910, Brown 1910; Wheeler 1993,
Understanding Variation (XmR).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil, inf, isfinite, log
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Figure, Interval, Intervals, Line, Series
from pitprop.examine.finding import Finding, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.examine.specimen import declared
from pitprop.examine.trend import trend
from pitprop.stats.numbered import distinct
from pitprop.stats.period_number import period_number
from pitprop.stats.persistence import Persistence, persistence
from pitprop.stats.process_chart import ProcessChart, process_chart
from pitprop.stats.reliability import periods_needed, spearman_brown
from pitprop.stats.spread import Spread, spread
from pitprop.stats.two_way import two_way

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

EFFECT_IS = "signal share of one period's value: variance of true differences over all variance"
ASKED = 0.70
ASKED_FOR_PEOPLE = 0.90
PERSONAL = frozenset({"bonus", "pay", "career", "penalty", "ranking"})
POOLED = 4
"""Periods whose pooling is taken to be feasible."""
FEWEST_ENTITIES = 3
FEWEST_DF = 8
"""Degrees of freedom of the noise below which nothing is concluded."""
SHORT = 8
"""Periods below which a process chart is not drawn beside other evidence."""
UNSETTLED = 20
"""Times as much data beyond which it is said that no feasible amount would decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What tells the signal share of one value."""

    found: Spread
    usual: float
    """Noise variance of one usual value, in multiples of `found.noise`."""
    entities: int
    periods: int
    values: int
    lasting: Persistence
    alike: float = 0.0
    """Mean correlation of two departures of the same entity within the window."""

    def share(self, ratio: float) -> float:
        return ratio / (ratio + self.usual)

    @property
    def effect(self) -> float:
        return self.share(self.found.ratio)

    @property
    def interval(self) -> tuple[float, float]:
        low, high = self.found.interval
        return self.share(low), self.share(high)

    def p_at_least(self, share: float) -> float:
        return self.found.p_at_least(self.usual * share / (1 - share))

    def more_data(self, share: float) -> float:
        """How many times as much data would tell this share from the one that is asked for."""
        f, (r, d), (inflated, inflated_noise) = self.found.f, self.found.df, self.found.inflation
        centre = max(f - 1, 0.0) * r
        variance = 2 * (r + 2 * centre) / (r + centre) ** 2 * inflated + 2 / d * inflated_noise
        wanted = 1 + self.found.size * self.usual * share / (1 - share)
        distance = abs(log(max(f, 1.0) / wanted))
        return 4 * variance / distance**2 if distance > 0 else inf


def run(panel: Panel, brief: Brief) -> Finding:
    """How much of one period's differences between entities is signal?"""
    value = panel.metric.value
    there = np.isfinite(value)
    beyond = _asked(brief)
    chart, figure = _process(panel, brief)
    process = _process_data(chart, figure)
    if not there.any():
        return _cannot("No entity has a value in any period.", "Rows with values.", beyond, None, {})
    level = float(np.max(np.abs(value[there])))
    entities = len(distinct(panel.entity[there]))
    if float(np.ptp(value[there])) <= 1e-12 * level:
        says = f"The value is the same throughout ({entities} entities): there is nothing to compare."
        return _cannot(says, "Values that vary.", beyond, None, process)
    if entities < FEWEST_ENTITIES:
        return _few(panel, brief, entities, beyond, chart, figure, process)
    reading = _reading(panel, value, there, level)
    if isinstance(reading, str):
        return _cannot(reading, "At least two reporting periods of the same entities.", beyond, figure, process)
    return _judged(panel, brief, reading, beyond, chart, figure, process)


def _asked(brief: Brief) -> float:
    personal = any(t.stakes in PERSONAL for t in brief.metric.targets)
    return min(max(brief.smallest_effect, ASKED_FOR_PEOPLE if personal else 0.0), 0.999)


def _reading(panel: Panel, value: Floats, there: NDArray[np.bool_], level: float) -> _Reading | str:
    """The signal share from periods, or from rows where there is one period; else why there is none."""
    if len(distinct(panel.period[there])) > 1:
        return _from_periods(panel, value, there, level)
    return _from_rows(panel, value, there, level)


def _from_periods(panel: Panel, value: Floats, there: NDArray[np.bool_], level: float) -> _Reading | str:
    fit = two_way(value[there], panel.entity[there], panel.period[there])
    if len(fit.unit) < FEWEST_ENTITIES or fit.df < 1 or int(np.sum(fit.count > 1)) < 2:
        return "Hardly any entity has values in more than one period: what repeats cannot be seen."
    if float(np.max(np.abs(fit.residual))) <= 1e-9 * level or float(fit.scatter.sum()) == 0:
        return "Entities differ by the same amounts in every period: nothing shows how much of a value is noise."
    day = panel.start[there][fit.used]
    lasting = persistence(fit.residual, fit.index, period_number(day, panel.granularity))
    return _Reading(
        found=spread(fit.level, fit.multiplier, fit.scatter * lasting.worth, fit.freedom * lasting.worth),
        usual=1.0,
        entities=len(fit.unit),
        periods=fit.periods,
        values=int(fit.count.sum()),
        lasting=lasting,
        alike=float(np.average(lasting.alike(fit.count), weights=fit.count)),
    )


def _from_rows(panel: Panel, value: Floats, there: NDArray[np.bool_], level: float) -> _Reading | str:
    cells = np.flatnonzero(there)
    measure = panel.metric
    rows = measure.n[cells].astype(np.float64)
    exposure = measure.w[cells] if measure.agg == "ratio" else rows
    noise = measure.noise[cells] * exposure
    known = np.isfinite(noise) & (exposure > 0)
    if not known.any():
        return f"There is one period only, and the sampling noise of a {measure.agg} within an entity is not known."
    freedom = np.where(known, rows - 1, 0.0)
    scatter = np.where(known, noise, 0.0) * freedom
    use = exposure > 0
    if int(use.sum()) < FEWEST_ENTITIES:
        return f"Fewer than {FEWEST_ENTITIES} entities have rows that count."
    if float(scatter.sum()) <= 1e-24 * level**2 * float(freedom.sum()):
        return "The rows of each entity are all alike: nothing shows how much of a value is noise."
    multiplier = 1 / exposure[use]
    return _Reading(
        found=spread(value[cells][use], multiplier, scatter[use], freedom[use]),
        usual=float(np.median(multiplier)),
        entities=int(use.sum()),
        periods=1,
        values=int(rows.sum()),
        lasting=Persistence(lag1=0.0),
    )


def _judged(
    panel: Panel,
    brief: Brief,
    reading: _Reading,
    beyond: float,
    chart: ProcessChart | None,
    figure: Series | None,
    process: Mapping[str, Any],
) -> Finding:
    low, high = reading.interval
    period = panel.granularity if reading.periods > 1 else "period"
    if reading.found.df[1] < FEWEST_DF:
        state = State.INCONCLUSIVE
    elif low >= beyond:
        state = State.CLEAR
    else:
        state = State.SUSPECT if high < beyond else State.INCONCLUSIVE
    drawn: Figure | None = figure if chart is not None and len(chart.outside) >= SHORT else None
    return Finding(
        state=state,
        says=_says(state, reading, beyond, period, brief) + _aside(chart, period),
        effect=reading.effect,
        effect_is=EFFECT_IS,
        interval=(low, high),
        beyond=beyond,
        p_value=reading.p_at_least(beyond),
        n=reading.values,
        grade="C",
        innocent=("entities really changed from period to period",) if reading.periods > 1 else (),
        ruled_out=("season, trend and shocks that all entities share",) if reading.periods > 1 else (),
        needed=_needed(reading, beyond, period) if state is State.INCONCLUSIVE else "",
        figure=drawn or _shares(reading, beyond, period),
        data=_data(reading, beyond, process),
    )


def _says(state: State, reading: _Reading, beyond: float, period: str, brief: Brief) -> str:
    low, high = reading.interval
    says = (
        f"Of the differences between {reading.entities} entities in one {period}, {_percent(reading.effect)} is "
        f"signal (95% interval {_percent(low)} to {_percent(high)}); {_percent(beyond)} is asked for"
    )
    says += ", because people are rewarded or ranked by it" if _asked(brief) > brief.smallest_effect else ""
    if state is State.CLEAR:
        return f"{says}: a single value is worth reading."
    if state is State.INCONCLUSIVE:
        return f"{says}: the data cannot tell whether that is reached."
    needed = periods_needed(reading.effect, beyond)
    cure = (
        f"about {ceil(needed)} {period}s together would be needed"
        if needed <= 1000
        else "no feasible number of periods together would do"
    )
    return (
        f"{says}. Most praise or blame for a single value goes to noise; {cure}."
        if reading.effect < 0.5
        else (f"{says}. A single value is too noisy for that; {cure}.")
    )


def _aside(chart: ProcessChart | None, period: str) -> str:
    if chart is None or len(chart.outside) < SHORT:
        return ""
    total, signals = len(chart.outside), int(chart.signals.sum())
    if not signals:
        return f" All together vary as a matter of routine: none of the {total} {period}s stands out."
    alike = " (neighbours are alike, so the limits are narrow)" if chart.autocorrelated else ""
    return f" All together: {signals} of {total} {period}s stand out from routine variation{alike}."


def _needed(reading: _Reading, beyond: float, period: str) -> str:
    times = reading.more_data(beyond)
    if reading.found.df[1] < FEWEST_DF:
        return f"More values: at least {FEWEST_DF} beyond one for each entity and one for each {period}."
    if times > UNSETTLED:
        return "The signal share lies so close to what is asked for that no feasible amount of data would decide."
    times = max(times, 1.1)
    if reading.periods == 1:
        return f"About {times:.1f} times as many rows for each entity, or several periods of the same entities."
    return (
        f"About {ceil(times * reading.periods)} {period}s of the same entities instead of {reading.periods}, or "
        f"{ceil(times * reading.entities)} entities instead of {reading.entities}."
    )


def _data(reading: _Reading, beyond: float, process: Mapping[str, Any]) -> dict[str, Any]:
    low, high = reading.interval
    share = reading.effect
    return {
        "signal_share": share,
        "interval": [low, high],
        "periods_for_beyond": {
            "point": _finite(periods_needed(share, beyond)),
            "upper": _finite(periods_needed(high, beyond)),
        },
        "pooled_periods": POOLED,
        "pooled": spearman_brown(share, POOLED),
        "pooled_upper": spearman_brown(high, POOLED),
        "entities": reading.entities,
        "periods": reading.periods,
        "noise_from": "periods" if reading.periods > 1 else "rows",
        "sd_between": reading.found.between**0.5,
        "sd_noise": (reading.found.noise * reading.usual) ** 0.5,
        "lag1_departures": reading.lasting.lag1,
        "lasting_share": max(0.0, (share - reading.alike) / (1 - reading.alike)),
        "process": dict(process) if process else None,
    }


def _shares(reading: _Reading, beyond: float, period: str) -> Intervals:
    """The signal share of one period's value, and of several together."""
    low, high = reading.interval
    rows = tuple(
        Interval(
            label=f"1 {period}" if k == 1 else f"{k} {period}s together",
            estimate=spearman_brown(reading.effect, k),
            lower=spearman_brown(low, k),
            upper=spearman_brown(high, k),
            emphasis=k == 1,
        )
        for k in (1, 2, 4, 12)
    )
    return Intervals(
        title="Signal share by how much is pooled",
        x_is="signal share",
        rows=rows,
        reference=beyond,
        reference_is="asked for",
    )


# ---- the process behaviour chart of all entities together ----------------------------------------------


def _process(panel: Panel, brief: Brief) -> tuple[ProcessChart | None, Series | None]:
    series = trend(brief.metric, panel)
    if series is None:
        return None, None
    line = series.lines[0]
    there = [i for i, y in enumerate(line.y) if y is not None]
    if len(there) < 3:
        return None, None
    chart = process_chart(np.array([line.y[i] for i in there], dtype=np.float64))
    flagged = [False] * len(line.y)
    for i, signal in zip(there, chart.signals, strict=True):
        flagged[i] = bool(signal)
    figure = Series(
        title=f"Process behaviour chart of {brief.metric.title}",
        y_is=series.y_is,
        lines=(Line(name=line.name, x=line.x, y=line.y, flagged=tuple(flagged)),),
        events=series.events,
        levels=(
            (chart.mean, "mean"),
            (chart.lower, "lower natural limit"),
            (chart.upper, "upper natural limit"),
        ),
    )
    return chart, figure


def _process_data(chart: ProcessChart | None, figure: Series | None) -> dict[str, Any]:
    if chart is None or figure is None:
        return {}
    line = figure.lines[0]
    return {
        "mean": chart.mean,
        "lower": chart.lower,
        "upper": chart.upper,
        "points": len(chart.outside),
        "signals": [x for x, flag in zip(line.x, line.flagged or (), strict=True) if flag],
        "lag1": chart.lag1,
    }


def _few(
    panel: Panel,
    brief: Brief,
    entities: int,
    beyond: float,
    chart: ProcessChart | None,
    figure: Series | None,
    process: Mapping[str, Any],
) -> Finding:
    """One or two entities: what the chart sees is all that can be said."""
    if brief.metric.entity is None:
        says, needed = "No entity is declared: there is nobody to tell apart.", "Declare `entity`: who is judged."
    else:
        count = "is one entity" if entities == 1 else f"are {entities} entities"
        says = f"There {count} only: at least {FEWEST_ENTITIES} are needed to tell signal from noise."
        needed = f"At least {FEWEST_ENTITIES} entities over two periods."
    if chart is not None and process:
        says += " " + _behaviour(chart, panel.granularity, process["signals"])
    return _cannot(says, needed, beyond, figure, process)


def _behaviour(chart: ProcessChart, period: str, signals: list[str]) -> str:
    total = len(chart.outside)
    if signals:
        named = ", ".join(signals[:3]) + (" ..." if len(signals) > 3 else "")
        out = f"Over time {len(signals)} of {total} {period}s stand out from routine variation ({named})."
    else:
        out = (
            f"Over time there is routine variation only: none of the {total} {period}s differs from the others by "
            "more than noise."
        )
    return out + (" Neighbouring values are alike, so the limits are too narrow." if chart.autocorrelated else "")


def _cannot(says: str, needed: str, beyond: float, figure: Series | None, process: Mapping[str, Any]) -> Finding:
    return Finding(
        state=State.NOT_APPLICABLE,
        says=says,
        effect_is=EFFECT_IS,
        beyond=beyond,
        needed=needed,
        figure=figure,
        data={"process": dict(process)} if process else {},
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}%"


def _finite(x: float) -> float | None:
    return x if isfinite(x) else None


# ---- data whose truth is known -------------------------------------------------------------------------


def _specimen(values: Floats, **more: Any) -> tuple[Panel, Brief]:
    return panel_specimen(metric=values, others={}, since=0, smallest_effect=ASKED, **more)


def _levels(rng: np.random.Generator, units: int, share: float) -> Floats:
    """True levels with this signal share against noise of standard deviation 1, shape (units, 1)."""
    z = rng.standard_normal((units, 1))
    out: Floats = (z - z.mean()) / z.std(ddof=1) * (share / (1 - share)) ** 0.5
    return out


def _steady(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Normal noise, signal share 0.85."""
    return _specimen(100 + _levels(rng, 40, 0.85) + rng.standard_normal((40, 12)))


def _lognormal(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Skewed levels and skewed noise, signal share about 0.85."""
    return _specimen(np.exp(0.5 * _levels(rng, 40, 0.85) + 0.5 * rng.standard_normal((40, 12))))


def _counts(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Poisson counts of about 100 about levels that differ by a quarter, signal share about 0.85."""
    mean = 100 * np.exp(0.24 * rng.standard_normal((40, 1)))
    return _specimen(rng.poisson(mean, (40, 12)).astype(np.float64))


def _seasonal(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Departures that last, and a season that all share."""
    season = 3 * np.sin(2 * np.pi * np.arange(24) / 12)
    return _specimen(100 + _levels(rng, 30, 0.8) + season + autoregressive(rng, 30, 24, 0.5))


def _improving(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """All improve, at rates of their own."""
    rate = 0.1 + 0.02 * rng.standard_normal((40, 1))
    return _specimen(100 + _levels(rng, 40, 0.85) + rate * np.arange(12) + rng.standard_normal((40, 12)))


def _gaps(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """A third of the values missing, some entities four times as noisy as others."""
    noise = np.repeat([0.6, 1.2], 20)[:, None] * rng.standard_normal((40, 12))
    values = 100 + _levels(rng, 40, 0.85) + noise
    return _specimen(np.where(rng.random((40, 12)) < 0.33, np.nan, values))


def _luck(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Entities differ a little, months a lot: signal share 0.3."""
    return _specimen(100 + _levels(rng, 30, 0.3) + rng.standard_normal((30, 12)))


def _rare_events(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Small counts with the same mean everywhere."""
    return _specimen(rng.poisson(3.0, (30, 12)).astype(np.float64))


def _paid(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Good enough to inform (0.75), not good enough to pay by (0.90)."""
    panel, brief = _specimen(100 + _levels(rng, 40, 0.75) + rng.standard_normal((40, 12)))
    return panel, replace(brief, metric=declared(outcome=None, guardrails=()))


def _one_period(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """One period; the rows within show how noisy its averages are: signal share 0.3."""
    values = 100 + _levels(rng, 60, 0.3) + rng.standard_normal((60, 1))
    return _specimen(values, noise=1.0)


CHECK = Check(
    code="PP301",
    title="Does one period's value tell entities apart, or is it mostly noise?",
    run=run,
    smallest_effect=ASKED,
    effect_is=EFFECT_IS,
    source="Adams 2009, RAND TR-653, eq. 1; Searle 1971, Linear Models; Wheeler 1993 (XmR)",
    clear=(_steady, _lognormal, _counts, _seasonal, _improving, _gaps),
    suspect=(_luck, _rare_events, _paid, _one_period),
)
