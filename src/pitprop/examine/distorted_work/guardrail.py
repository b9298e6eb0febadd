"""Guardrail: has anything that must not suffer got worse since the number became a target?

Why it matters
--------------
A target draws effort to itself and away from everything else. What is neglected is often what nobody set a
target for: the props are not set, the patient comes back, the teacher burns out. A guardrail is a metric
that must not get worse by more than a declared margin while the target is chased.

Looks for
---------
The change of each declared guardrail from before the target's first day to after it, in its bad direction,
within units; with units that never came under the target, relative to theirs. Clear: the 95% interval of
the worsening lies wholly below the accepted margin (non-inferiority); that no significant worsening is
found is not enough. Suspect: it lies wholly above, and the guardrail is also clearly worse than where its
own course before the target was heading. With several guardrails every one must be clear, and one that is
suspect is enough; the lower bounds then hold for all of them together (Bonferroni; p-values by Holm).

The effect is the worsening of the guardrail that decides, in units of its accepted margin: 1 is all of what
is accepted. Where the margin is 0 nothing is accepted: the effect is then the worsening in the guardrail's
own unit, and what it must stay below is 0. The exchange rate says how much of the guardrail was lost for
each unit that the metric gained.

Assumes
-------
Without comparison units: that nothing else changed at the same time, and that the course before the target
was a straight line with a yearly season. With them: that both groups would have moved alike. Errors may be
correlated at will within a unit, and shocks may be common to all units (CR2 and Newey-West errors). A
margin given as a percentage is taken of the mean level before the target; the error of that level is
allowed for.

Blind to
--------
A guardrail that is itself reported by those who are judged. Harm that nobody declared. Harm to a few units
that disappears in the mean.

Source
------
Schultzberg, Ankargren and Franberg 2024, arXiv 2402.11609 (guardrails are non-inferior together:
intersection-union, no split of alpha); Piaggio et al. 2012, JAMA 308:2594 (non-inferiority); Holmstrom and
Milgrom 1991, JLEO 7:24; Pustejovsky and Tipton 2018, JBES 36:672.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Guardrail
from pitprop.digest.panel import Measure, Panel
from pitprop.examine.before_after import BeforeAfter, before_after
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Line, Series
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.clustered_regression import ClusteredRegression, clustered_regression
from pitprop.stats.estimate import Estimate
from pitprop.stats.level_change import FEWEST_CLUSTERS, LevelChange, LevelDesign, level_design
from pitprop.stats.noninferiority import noninferiority
from pitprop.stats.numbered import distinct
from pitprop.stats.ratio_interval import ratio_interval
from pitprop.stats.season import season
from pitprop.stats.serial_regression import SerialRegression, serial_regression

Floats = NDArray[np.float64]

EFFECT_IS = "worsening of the guardrail since the target, in units of the accepted margin"
EFFECT_IS_PLAIN = "worsening of the guardrail since the target, in its own unit (nothing is accepted)"
SIGNS = {"increase": 1, "decrease": -1}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """What one guardrail shows; estimates are worsenings in the guardrail's unit."""

    name: str
    state: State
    says: str
    worsening: Estimate | None = None
    interval: tuple[float, float] | None = None
    margin: float | None = None
    p_value: float | None = None
    heading: Estimate | None = None
    """Worsening beyond where the guardrail was heading before the target."""
    level: float | None = None
    needed: str = ""
    innocent: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()
    cells: BeforeAfter | None = None
    rates: Mapping[str, Any] | None = None


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether every declared guardrail is known to be no worse than is accepted."""
    declared = brief.metric.guardrails
    if not declared:
        return Finding(
            state=State.NOT_APPLICABLE,
            says="No guardrail is declared.",
            effect_is=EFFECT_IS,
            needed="Declare `guardrails`: what must not get worse, and by how much at most.",
        )
    readings = [_read(panel, brief, guardrail, len(declared)) for guardrail in declared]
    decides = min(readings, key=_rank)
    states = [r.state for r in readings]
    if State.SUSPECT in states:
        state = State.SUSPECT
    elif all(s is State.CLEAR for s in states):
        state = State.CLEAR
    elif all(s is State.NOT_APPLICABLE for s in states):
        state = State.NOT_APPLICABLE
    else:
        state = State.INCONCLUSIVE
    effect, interval, beyond = _effect(decides, brief.smallest_effect)
    says = decides.says
    if len(readings) > 1:
        if state is State.CLEAR:
            says = f"None of {len(readings)} guardrails is worse than accepted. The nearest to it: {says}"
        elif state is State.INCONCLUSIVE:
            clear = states.count(State.CLEAR)
            says = f"{clear} of {len(readings)} guardrails are known to be no worse than accepted. {says}"
    return Finding(
        state=state,
        says=says,
        effect=effect,
        effect_is=EFFECT_IS_PLAIN if beyond == 0 else EFFECT_IS,
        interval=interval,
        beyond=beyond,
        p_value=_holm(readings),
        n=0 if decides.cells is None else len(decides.cells.cell),
        grade=None if decides.cells is None or effect is None else _grade(decides.cells),
        innocent=decides.innocent,
        ruled_out=decides.ruled_out,
        needed="" if state in (State.CLEAR, State.SUSPECT) else decides.needed,
        figure=None if decides.cells is None else _figure(panel, decides, brief),
        data={
            "decided_by": decides.name,
            "guardrails": [_as_data(r, brief.smallest_effect) for r in readings],
        },
    )


def _read(panel: Panel, brief: Brief, guardrail: Guardrail, guardrails: int) -> _Reading:
    """One guardrail, before and after."""
    name = guardrail.metric
    measure = panel.others.get(name)
    if measure is None:
        why = panel.missing.get(name, "it has no values for these units and periods")
        return _cannot(name, f"The guardrail {name} could not be had: {why}.", f"Make {name} available.")
    sign = SIGNS.get(panel.directions.get(name, ""), 0)
    if sign == 0:
        return _cannot(
            name,
            f"It is not declared which direction of the guardrail {name} is good.",
            f"Declare `improvement_direction: increase` or `decrease` on {name}.",
        )
    bad = -sign * measure.value
    outcome = brief.metric.outcome
    later = outcome.lag if outcome is not None and outcome.metric == name else 0
    cells = before_after(panel, brief.metric.targets, (bad,), lag=later)
    if isinstance(cells, str):
        rates = _slopes(panel, measure, sign, brief)
        return _cannot(
            name,
            cells,
            "Declare `since` on a target that came into force within the data.",
            rates=rates,
        )
    values = bad[cells.cell]
    if float(np.ptp(values)) <= 1e-9 * float(np.abs(values).max(initial=0.0)) or float(values.std()) == 0:
        return _Reading(
            name=name,
            state=State.INCONCLUSIVE,
            says=f"The guardrail {name} never varies, which says nothing about whether it would show harm.",
            needed=f"Check whether {name} is really measured.",
            cells=cells,
        )
    # all arithmetic in units of the guardrail's own spread, so that its unit does not matter
    centre, scale = float(values.mean()), float(values.std())
    scaled = (values - centre) / scale
    nuisance = _season(cells)
    design = _design(cells, nuisance, trend=False)
    change = design.change(scaled)
    if change is None:
        return _Reading(
            name=name,
            state=State.INCONCLUSIVE,
            says=f"There are too few values of {name} to tell a change from the season.",
            needed="More periods before and after the target, or units without the target.",
            cells=cells,
        )
    gap = _design(cells, nuisance, trend=True).change(scaled)
    before = cells.under & ~cells.after
    level = abs(float(values[before].mean()))
    margin = guardrail.amount * (level if guardrail.relative else 1.0)
    worsening = change.estimate.times(scale)
    if guardrail.relative:
        # (after - (1 + m) before): the level that the margin is a share of has an error of its own
        share = float((cells.under & cells.after).sum() / cells.under.sum())
        inflate = (1 - share) + (1 + guardrail.amount * brief.smallest_effect) ** 2 * share
        worsening = Estimate(value=worsening.value, se=worsening.se * inflate**0.5, df=worsening.df)
    return _rule(
        name,
        brief,
        cells,
        worsening,
        None if gap is None else gap.estimate.times(scale),
        margin,
        level,
        guardrails,
        _exchange(panel, cells, design, change, scale, brief),
    )


def _rule(
    name: str,
    brief: Brief,
    cells: BeforeAfter,
    worsening: Estimate,
    heading: Estimate | None,
    margin: float,
    level: float,
    guardrails: int,
    rates: Mapping[str, Any],
) -> _Reading:
    """State of one guardrail from its worsening, the margin, and where it was heading."""
    bound = margin * brief.smallest_effect
    lower = worsening.interval(1 - 0.05 / guardrails)[0]
    upper = worsening.interval(0.95)[1]
    ruling = noninferiority(lower=lower, upper=upper, margin=bound)
    unseen = not cells.compared and cells.years < 1 and cells.granularity != "year"
    innocent: list[str] = []
    closed: list[str] = []
    needed = ""
    verb = "worse" if worsening.value >= 0 else "better"
    measured = (
        f"{name} is {_say(abs(worsening.value))} {verb} than before the target"
        f"{' relative to units without it' if cells.compared else ''} (95% interval of the worsening "
        f"{_say(lower)} to {_say(upper)}; accepted: {_say(bound)})"
    )
    if not cells.compared:
        innocent.append("something else that changed at the same time (there are no units without the target)")
    state = State.INCONCLUSIVE
    if ruling == "undecided":
        says = f"{measured}: both more and less than that are possible."
        needed = _needed(worsening, bound, cells)
    elif unseen:
        says = f"{measured}, but less than a year before the target does not show the time of year."
        needed = "A full year before the target, or units without the target."
    elif ruling == "non_inferior":
        state, says = State.CLEAR, f"{measured}: no worse than is accepted."
    elif heading is None:
        says = f"{measured}, but there is too little before the target to show where it was heading."
        needed = "More periods before the target."
    elif heading.interval()[0] <= 0:
        says = (
            f"{measured}, but its course before the target, continued, would have led to "
            f"{_say(worsening.value - heading.value)} of that: the target cannot be told from an older trend."
        )
        needed = "More periods before the target, or units without the target."
    else:
        state = State.SUSPECT
        closed.append("the course before the target, continued")
        if cells.compared:
            closed.append("changes that also reached the units without the target")
        elif cells.granularity != "year":
            closed.append("the time of year")
        says = f"{measured}: a pattern consistent with the target being met at its expense."
    return _Reading(
        name=name,
        state=state,
        says=says,
        worsening=worsening,
        interval=(lower, upper),
        margin=margin,
        p_value=worsening.p_above(bound),
        heading=heading,
        level=level,
        needed=needed,
        innocent=tuple(innocent),
        ruled_out=tuple(closed),
        cells=cells,
        rates=rates,
    )


def _design(cells: BeforeAfter, nuisance: Floats, *, trend: bool) -> LevelDesign:
    return level_design(
        unit=cells.unit,
        time=cells.time,
        after=cells.after,
        treated=cells.under,
        nuisance=nuisance,
        trend=trend,
    )


def _season(cells: BeforeAfter) -> Floats:
    columns = season(start=cells.start, granularity=cells.granularity, years=cells.years)
    return columns if cells.years >= 1 else columns[:, :0]


def _exchange(
    panel: Panel, cells: BeforeAfter, design: LevelDesign, change: LevelChange, scale: float, brief: Brief
) -> dict[str, Any]:
    """Guardrail units lost for each unit that the metric gained since the target."""
    sign = SIGNS.get(brief.metric.improvement_direction, 0)
    gain = sign * panel.metric.value[cells.cell]
    if sign == 0 or not np.isfinite(gain).all():
        return {}
    spread = float(gain.std())
    if spread <= 1e-9 * float(np.abs(gain).max(initial=0.0)):
        return {}
    metric = design.change((gain - gain.mean()) / spread)
    if metric is None:
        return {}
    lost, won = change.estimate.times(scale), metric.estimate.times(spread)
    one, two = change.fit, metric.fit
    if isinstance(one, ClusteredRegression) and isinstance(two, ClusteredRegression):
        shared = float(one.influence[0] @ two.influence[0])
    elif isinstance(one, SerialRegression) and isinstance(two, SerialRegression):
        shared = float(one.shared(two)[0, 0])
    else:
        return {}
    size = float(np.sqrt(one.covariance[0, 0] * two.covariance[0, 0]))
    together = float(np.clip(shared / size, -1, 1)) if size > 0 else 0.0
    df = min(lost.df, won.df)
    rate = ratio_interval(
        numerator=lost.value,
        denominator=won.value,
        variance_numerator=lost.se**2,
        variance_denominator=won.se**2,
        covariance=together * lost.se * won.se,
        quantile=Estimate(value=0.0, se=1.0, df=df).quantile(),
    )
    low, high = won.interval()
    return {
        "metric_gain": {"estimate": won.value, "lower": low, "upper": high},
        "exchange_rate": {
            "estimate": rate.estimate,
            "kind": rate.kind,
            "lower": rate.lower,
            "upper": rate.upper,
        },
    }


def _slopes(panel: Panel, measure: Measure, sign: int, brief: Brief) -> dict[str, Any]:
    """Guardrail units lost for each unit of the metric gained, within units, whatever the target's date."""
    direction = SIGNS.get(brief.metric.improvement_direction, 0)
    if direction == 0 or len(panel.periods) == 0 or bool(np.isnat(panel.periods).any()):
        return {}
    bad, gain = -sign * measure.value, direction * panel.metric.value
    keep = np.isfinite(bad) & np.isfinite(gain)
    order = np.flatnonzero(keep)[np.lexsort((panel.period[keep], panel.entity[keep]))]
    if len(order) < 8:
        return {}
    y, x = bad[order], gain[order]
    scale = (float(y.std()), float(x.std()))
    if scale[0] <= 1e-9 * float(np.abs(y).max()) or scale[1] <= 1e-9 * float(np.abs(x).max()):
        return {}
    unit, period = panel.entity[order], panel.period[order]
    y, columns = (y - y.mean()) / scale[0], ((x - x.mean()) / scale[1])[:, None]
    fit: ClusteredRegression | SerialRegression | None
    if len(distinct(unit)) >= FEWEST_CLUSTERS:
        fit = clustered_regression(y=y, columns=columns, clusters=unit, periods=period)
    else:
        trend = np.where(unit[:, None] == distinct(unit)[None, :], period[:, None], 0).astype(np.float64)
        fit = serial_regression(y=y, columns=columns, times=period, series=unit, nuisance=trend)
    if fit is None:
        return {}
    slope = fit.contrast([1.0]).times(scale[0] / scale[1])
    low, high = slope.interval()
    return {
        "exchange_rate": {"estimate": slope.value, "kind": "interval", "lower": low, "upper": high},
        "exchange_rate_is": "slope within units, periods and trends removed; no before and after",
    }


def _cannot(name: str, says: str, needed: str, rates: Mapping[str, Any] | None = None) -> _Reading:
    return _Reading(name=name, state=State.NOT_APPLICABLE, says=says, needed=needed, rates=rates)


def _rank(reading: _Reading) -> tuple[int, float]:
    """The guardrail that decides comes first: the worst state, then the one nearest to harm."""
    order = (State.SUSPECT, State.INCONCLUSIVE, State.NOT_APPLICABLE, State.CLEAR)
    return order.index(reading.state), 2.0 if reading.p_value is None else reading.p_value


def _holm(readings: list[_Reading]) -> float | None:
    """Smallest p-value after Holm's adjustment over the guardrails."""
    known = [r.p_value for r in readings if r.p_value is not None]
    return min(1.0, min(known) * len(readings)) if known else None


def _effect(reading: _Reading, smallest: float) -> tuple[float | None, tuple[float, float] | None, float]:
    """Worsening, its interval and what it must stay below, in units of the margin where there is one."""
    if reading.worsening is None or reading.interval is None or reading.margin is None:
        return None, None, smallest
    if reading.margin == 0:
        return reading.worsening.value, reading.interval, 0.0
    low, high = reading.interval
    return reading.worsening.value / reading.margin, (low / reading.margin, high / reading.margin), smallest


def _grade(cells: BeforeAfter) -> Grade:
    """B with comparison units, C within units, D for a single one; one step down where data are thin."""
    steps = 1 if cells.compared else 2
    if cells.units == 1:
        steps = 3
    steps += int(len(cells.cell) < 200 or cells.units < 20) + int(cells.left_out > 0.10)
    grades: tuple[Grade, ...] = ("A", "B", "C", "D")
    return grades[min(steps, 3)]


def _needed(worsening: Estimate, bound: float, cells: BeforeAfter) -> str:
    """How many cells would decide at 80% if nothing had changed, or else if the estimate were true."""
    reach = (worsening.quantile() + 0.8416) * worsening.se
    factors = [(reach / d) ** 2 for d in (abs(bound), abs(bound - worsening.value)) if d > 0]
    factor = next((f for f in factors if f > 1.05), 1.05)
    if not np.isfinite(factor) or factor > 1000:
        return "No feasible amount of such data would decide; a wider margin or a steadier guardrail might."
    n = len(cells.cell)
    periods = int(np.ceil(factor * (cells.periods_before + cells.periods_after)))
    return (
        f"About {int(np.ceil(factor * n))} cells of unit and period instead of {n}, as many before the "
        f"target as after: {periods} periods of the same units, or more units."
    )


def _as_data(reading: _Reading, smallest: float) -> dict[str, Any]:
    out: dict[str, Any] = {"metric": reading.name, "state": reading.state.value, "says": reading.says}
    if reading.worsening is not None and reading.interval is not None:
        effect, interval, beyond = _effect(reading, smallest)
        out |= {
            "worsening": reading.worsening.value,
            "interval": list(reading.interval),
            "margin": reading.margin,
            "level_before": reading.level,
            "effect": effect,
            "effect_interval": None if interval is None else list(interval),
            "beyond": beyond,
            "p_value": reading.p_value,
            "df": reading.worsening.df,
        }
    if reading.heading is not None:
        low, high = reading.heading.interval()
        out["worse_than_heading"] = {"estimate": reading.heading.value, "lower": low, "upper": high}
    if reading.cells is not None:
        cells = reading.cells
        out |= {
            "since": cells.since.isoformat(),
            "units": cells.units,
            "units_without_target": len(distinct(cells.unit[~cells.under])),
            "periods_before": cells.periods_before,
            "periods_after": cells.periods_after,
            "left_out": cells.left_out,
            "errors": "clustered by unit, common shocks allowed for"
            if cells.units >= FEWEST_CLUSTERS
            else "over time within each unit",
        }
    return out | dict(reading.rates or {})


def _figure(panel: Panel, reading: _Reading, brief: Brief) -> Series:
    cells = reading.cells
    assert cells is not None
    values = panel.others[reading.name].value[cells.cell]
    rows = panel.others[reading.name].n[cells.cell]
    groups = [("units under the target" if cells.compared else reading.name, cells.under)]
    if cells.compared:
        groups.append(("units without the target", ~cells.under))
    days, place = np.unique(cells.start, return_inverse=True)
    order = np.argsort(place, kind="stable")
    by_day = np.split(order, np.flatnonzero(np.diff(place[order])) + 1)
    lines = []
    for label, mine in groups:
        y: list[float | None] = []
        for index in by_day:
            here = index[mine[index]]
            alone = len(distinct(cells.unit[here])) == 1 and panel.entities != ("",)
            hidden = not len(here) or (alone and int(rows[here].sum()) < brief.minimum_group)
            y.append(None if hidden else float(values[here].mean()))
        lines.append(Line(name=label, x=tuple(str(day) for day in days), y=tuple(y)))
    return Series(
        title=f"{reading.name} before and after the target",
        y_is=f"{reading.name}, mean over units",
        lines=tuple(lines),
        events=((cells.since.isoformat(), "target in force"),),
    )


def _say(number: float) -> str:
    return f"{number:.3g}"


def _world(
    rng: np.random.Generator,
    *,
    harm: float = 0.0,
    units: int = 30,
    periods: int = 48,
    exempt: int = 0,
    rho: float = 0.0,
    wave: float = 0.0,
    common: float = 0.0,
    trend: float = 0.0,
    differ: float = 0.0,
    margin: str | float = "5%",
) -> tuple[Panel, Brief]:
    """Injuries around 20 in units that came under a target in the middle; the metric rises by 3.

    `harm`: rise of injuries under the target; `common`: standard deviation of shocks to all units; `trend`:
    rise a period in all units; `differ`: standard deviation between units of an honest change; `wave`: season
    in all of them.
    """
    since = periods // 2
    t = np.arange(periods)
    after = t >= since
    under = (np.arange(units) < units - exempt)[:, None]
    own = differ * rng.standard_normal((units, 1)) * after
    injuries = 20 + rng.normal(0, 3, (units, 1)) + autoregressive(rng, units, periods, rho, 2.0) + own
    injuries = injuries + common * autoregressive(rng, 1, periods, rho) + trend * (t - since)
    injuries = injuries + wave * np.sin(2 * np.pi * t / 12) + harm * (after & under)
    output = 100 + 3.0 * (after & under) + autoregressive(rng, units, periods, rho, 4.0)
    return panel_specimen(
        metric=output,
        others={"injuries": injuries},
        since=since,
        exempt=exempt,
        guardrails={"injuries": margin},
        directions={"injuries": "decrease"},
        smallest_effect=1.0,
    )


def _independent(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng)


def _seasonal(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, rho=0.6, wave=2.0, common=0.5)


def _clustered(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, differ=1.0, rho=0.3, exempt=12)


def _worsening_before(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, trend=0.1, rho=0.3)


def _harmed(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, harm=4.0, rho=0.3, wave=1.0)


def _harmed_with_comparison(rng: np.random.Generator) -> tuple[Panel, Brief]:
    return _world(rng, harm=4.0, rho=0.3, common=2.0, exempt=12)


CHECK = Check(
    code="PP202",
    title="Has anything that must not suffer got worse since it became a target?",
    run=run,
    smallest_effect=1.0,
    effect_is=EFFECT_IS,
    source="Schultzberg, Ankargren and Franberg 2024, arXiv 2402.11609; Piaggio et al. 2012, JAMA 308:2594",
    needs=("guardrails", "targets"),
    clear=(_independent, _seasonal, _clustered, _worsening_before),
    suspect=(_harmed, _harmed_with_comparison),
)
