"""Ratchet: do those who are ahead of the target hold back?

Why it matters
--------------
Whoever beats this year's target is likely to be given a higher one next year. Those who know it stop when the
year is safe: the lead is not worth having, and it costs something to have had it. What is lost does not show
in any number, because the target is met.

Looks for
---------
Units that are ahead of their targets in the second half of a calendar year and do less in what is left of it
than units that are as far behind would lead one to expect. A lead is measured in parts of what the targets ask
of the rest of the year; the effect is the share of it that is given back, seen as a bend in the line of output
against lead at "exactly on target". Suspect: its 95% interval lies wholly above a tenth by default. Clear: wholly
below. Good and bad stretches, and that a good half year is followed by an ordinary one
(regression to the mean), act on both sides of the target alike and are taken out.

Beside it stands how the target is set, where it changes: the share of what was done above this target that the
next one takes up, and of what was lacking. A target that goes up more readily than down is a ratchet. That is
a note on the design of the target; alone it is no suspicion.

Assumes
-------
That targets are accounted by the calendar year, and that good and bad stretches are about evenly distributed
around what is usual for a unit and place in the year. Units have levels of their own, periods have effects
common to all, and errors may be correlated at will within a unit.

Blind to
--------
Restraint within a period (work that stops when the period's own target is met: a thin right tail, of which
`data` holds the counts, shows it, but so does a target that is set high). Restraint by all alike, ahead or not.
Another year than the calendar's. Work that is done and reported in the next year: that is restraint in this
number, and another matter on the ground.

Source
------
Weitzman 1980, Bell Journal of Economics 11:302; Leone and Rock 2002, Journal of Accounting and Economics 33:43
(targets that follow results); Bouwens and Kroos 2011, Journal of Accounting and Economics 51:171 (those ahead
after three quarters cut the fourth).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pitprop.define.metric import Metric, Target
from pitprop.digest.panel import Panel
from pitprop.examine.check import Brief, Check
from pitprop.examine.figure import Line, Series
from pitprop.examine.finding import Finding, Grade, State
from pitprop.examine.panel_specimen import autoregressive, panel_specimen
from pitprop.stats.estimate import Estimate
from pitprop.stats.lead import Lead, TargetSetting, lead_given_back, target_setting
from pitprop.stats.numbered import numbered
from pitprop.stats.season import PERIODS_A_YEAR

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

EFFECT_IS = "share of a lead on the year's targets that is given back by the end of the year"
FEWEST_UNITS = 8
FEWEST_ROWS = 60
FEWEST_SIDE = 0.1
"""Share of the cells that must lie ahead, and behind."""
GROUPS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Course:
    """Cells under the target by unit and period of the calendar, shape (units, years * periods a year)."""

    output: Floats
    """In parts of the unit's mean target, the good direction upwards; NaN where there is no cell."""
    target: Floats
    year: int
    """Periods a year."""
    rows: Ints
    """Rows behind each cell."""

    @property
    def deviation(self) -> Floats:
        out: Floats = self.output - self.target
        return out


def run(panel: Panel, brief: Brief) -> Finding:
    """Whether those who are ahead of the year's targets hold back."""
    course = _course(panel, brief.metric)
    if isinstance(course, str):
        return _not_applicable(course, "Targets on the unit and reporting period, by week, month or quarter.")
    rows, lead = _lead(course)
    setting = _setting(course)
    note = _note(setting)
    found = None
    if len(rows.unit) >= FEWEST_ROWS and rows.units >= FEWEST_UNITS:
        found = lead
    if found is None or not FEWEST_SIDE <= found.ahead <= 1 - FEWEST_SIDE:
        return _cannot_tell(found, rows, note, setting)
    return _finding(found, rows, course, setting, note, brief)


def _finding(
    found: Lead, rows: _Rows, course: _Course, setting: TargetSetting | None, note: str, brief: Brief
) -> Finding:
    beyond = brief.smallest_effect
    effect = found.given_back
    low, high = effect.interval()
    state = State.SUSPECT if low > beyond else State.CLEAR if high < beyond else State.INCONCLUSIVE
    units = rows.units
    seen = (
        f"Of a lead on the year's targets {effect.value:.0%} ({low:.0%} to {high:.0%}) is given back by the end of "
        f"the year, beyond what chance would take back ({units} units, ahead in {found.ahead:.0%} of the cells)"
    )
    says = {
        State.SUSPECT: f"{seen}. Pattern consistent with holding back once the year is safe.",
        State.CLEAR: f"No restraint that matters: of a lead on the year's targets {effect.value:.0%} ({low:.0%} to "
        f"{high:.0%}) is given back.",
        State.INCONCLUSIVE: f"The data do not tell whether those ahead hold back. {seen}.",
    }[state]
    return Finding(
        state=state,
        says=says + note,
        effect=effect.value,
        effect_is=EFFECT_IS,
        interval=(low, high),
        beyond=beyond,
        p_value=effect.p_above(0.0),
        n=found.rows,
        grade=_grade(found, units, course, brief),
        innocent=(
            *(f"declared by the owner: {a}" for a in brief.metric.alternatives),
            "work, stock or budget that runs out for those who did much early (a limit of capacity)",
            "work that was done and reported in the next year",
        ),
        ruled_out=("regression to the mean after a good stretch", "the time of year", "levels of the units"),
        needed="" if state is not State.INCONCLUSIVE else _needed(effect, beyond, found.rows),
        figure=_figure(rows, brief),
        data={
            "units": units,
            "ahead": found.ahead,
            "given_back": _told(effect),
            "target_follows_result": None
            if setting is None
            else {"above": _told(setting.above), "below": _told(setting.below), "more": _told(setting.asymmetry)},
            "cells_by_deviation": _tail(course),
        },
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rows:
    """Cells in the second half of a year with what was ahead before them; all of shape (n,)."""

    output: Floats
    lead: Floats
    unit: Ints
    time: Ints
    position: Ints
    rows: Ints

    @property
    def units(self) -> int:
        return int(np.count_nonzero(np.bincount(self.unit))) if len(self.unit) else 0


def _course(panel: Panel, metric: Metric) -> _Course | str:
    target = metric.targets[0]
    year = PERIODS_A_YEAR[panel.granularity]
    if target.on == "row":
        return "The target judges each row, so that units do not build up a lead on it."
    if not 4 <= year <= 52:
        return f"A reporting period of a {panel.granularity} does not show the course of a year."
    if len(panel.periods) == 0 or bool(np.isnat(panel.periods).any()):
        return "There is no time in the data."
    value = panel.metric.value
    keep = np.isfinite(value) & np.isfinite(panel.target) & ~panel.exempt & _in_force(panel.start, target)
    if not keep.any():
        return "No cell lies under a target that is a number."
    unit = numbered(panel.entity[keep])[1]
    time = _calendar(panel.start[keep], year)
    time -= time.min() // year * year
    length = (int(time.max()) // year + 1) * year
    goal = panel.target[keep]
    scale = np.bincount(unit, weights=np.abs(goal)) / np.bincount(unit)
    if float(scale.min()) <= 1e-9 * max(float(np.abs(value[keep]).max()), float(scale.max())):
        return "The target is 0 for some units, so that being ahead of it cannot be measured in parts of it."
    sign = {"increase": 1.0, "decrease": -1.0}.get(
        metric.improvement_direction, 1.0 if target.op in ("gte", "gt") else -1.0
    )
    tables = []
    for v in (sign * value[keep] / scale[unit], sign * goal / scale[unit]):
        table = np.full((len(scale), length), np.nan)
        table[unit, time] = v
        tables.append(table)
    rows = np.zeros((len(scale), length), dtype=np.int64)
    rows[unit, time] = panel.metric.n[keep]
    return _Course(output=tables[0], target=tables[1], year=year, rows=rows)


def _in_force(start: NDArray[np.datetime64], target: Target) -> Bools:
    held = np.ones(len(start), dtype=bool)
    if target.since is not None:
        held &= start >= np.datetime64(target.since, "D")
    if target.until is not None:
        held &= start < np.datetime64(target.until, "D")
    return held


def _calendar(start: NDArray[np.datetime64], year: int) -> Ints:
    """Number of each period, those of a year from a multiple of `year` on."""
    number = start.astype("datetime64[Y]").astype(np.int64)
    if year == 52:
        day = (start.astype("datetime64[D]") - start.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
        place = np.minimum(day // 7, 51)
    else:
        place = start.astype("datetime64[M]").astype(np.int64) % 12 * year // 12
    out: Ints = number * year + place
    return out


def _lead(course: _Course) -> tuple[_Rows, Lead | None]:
    """Leads before each cell of the second halves of the years, and what became of them."""
    units, length = course.output.shape
    year = course.year
    deviation = course.deviation.reshape(units, length // year, year)
    there = np.isfinite(deviation)
    gained = np.cumsum(np.where(there, deviation, 0.0), axis=2)
    known = np.cumsum(there, axis=2)
    before = np.concatenate([np.zeros((units, length // year, 1)), gained[:, :, :-1]], axis=2)
    seen = np.concatenate([np.zeros((units, length // year, 1)), known[:, :, :-1]], axis=2)
    place = np.arange(year)
    lead = before / (year - place)
    use = there & (place >= year // 2) & (seen >= np.maximum(year // 4, 0.75 * place))
    u, y, m = np.nonzero(use)
    several = np.bincount(u, minlength=units)[u] > 1
    u, y, m = u[several], y[several], m[several]
    rows = _Rows(
        output=course.output.reshape(deviation.shape)[u, y, m],
        lead=lead[u, y, m],
        unit=u,
        time=y * year + m,
        position=m,
        rows=course.rows.reshape(deviation.shape)[u, y, m],
    )
    if len(u) < FEWEST_ROWS or float(np.ptp(rows.lead)) < 1e-9 or float(np.ptp(rows.output)) < 1e-9:
        return rows, None
    found = lead_given_back(output=rows.output, lead=rows.lead, unit=rows.unit, time=rows.time, position=rows.position)
    return rows, found


def _setting(course: _Course) -> TargetSetting | None:
    """How targets follow results, period by period where they change often, else year by year."""
    target, deviation = course.target, course.deviation
    changes = np.abs(np.diff(target, axis=1)) > 1e-9
    known = np.isfinite(np.diff(target, axis=1))
    if not (changes & known).any():
        return None
    if (changes & known).sum() < 0.5 * known.sum():
        shape = (target.shape[0], -1, course.year)
        there = np.isfinite(target).reshape(shape)
        full = there.sum(axis=2) >= course.year // 2
        counts = np.maximum(there.sum(axis=2), 1)
        target = np.where(full, np.nansum(target.reshape(shape), axis=2) / counts, np.nan)
        deviation = np.where(full, np.nansum(deviation.reshape(shape), axis=2) / counts, np.nan)
    growth = np.diff(target, axis=1)
    u, t = np.nonzero(np.isfinite(growth) & np.isfinite(deviation[:, :-1]))
    if len(u) < FEWEST_ROWS // 2 or float(np.ptp(growth[u, t])) < 1e-9:
        return None
    return target_setting(growth=growth[u, t], deviation=deviation[u, t], level=target[u, t], unit=u)


def _note(setting: TargetSetting | None) -> str:
    if setting is None or setting.above.interval()[0] <= 0:
        return ""
    share = f"{setting.above.value:.0%} of what is done above a target is added to the next one"
    if setting.asymmetry.interval()[0] > 0:
        return f" The target is a ratchet: {share}, {setting.below.value:.0%} of what is lacking is taken off."
    return f" The target follows results: {share}."


def _tail(course: _Course) -> dict[str, Any]:
    """Cells by how far from their target, in half standard deviations: restraint makes the right tail thin."""
    deviation = course.deviation[np.isfinite(course.deviation)]
    w = float(deviation.std()) / 2
    if w <= 0:
        return {}
    edges = w * np.arange(-3, 4)
    return {"width": w, "from": [float(e) for e in edges[:-1]], "cells": np.histogram(deviation, edges)[0].tolist()}


def _told(e: Estimate) -> dict[str, Any]:
    return {"estimate": e.value, "interval": list(e.interval()), "df": e.df}


def _grade(found: Lead, units: int, course: _Course, brief: Brief) -> Grade:
    """C: a kink within units; D where data are thin or the owner declares another explanation."""
    expected = course.output.shape[0] * course.output.shape[1]
    gaps = 1 - int(np.isfinite(course.output).sum()) / expected
    thin = found.rows < 200 or units < 20 or gaps > 0.10
    return "D" if thin or brief.metric.alternatives else "C"


def _needed(effect: Estimate, beyond: float, n: int) -> str:
    gap = max(abs(effect.value - beyond), beyond / 2)
    factor = float(np.clip(((effect.quantile() + 0.84) * effect.se / gap) ** 2, 1.2, 1000))
    return f"About {int(np.ceil(n * factor)):,} cells in the second halves of years instead of {n:,}."


def _figure(rows: _Rows, brief: Brief) -> Series:
    """Output by lead, in groups of equal size, units and periods taken out."""
    y = rows.output - _means(rows.output, rows.unit)
    y = y - _means(y, rows.time)
    order = np.argsort(rows.lead)
    groups = [g for g in np.array_split(order, GROUPS) if np.ptp(rows.unit[g]) > 0]
    groups = [g for g in groups if int(rows.rows[g].sum()) >= brief.minimum_group]
    return Series(
        title="What is done in the rest of the year, by the lead on its targets",
        y_is="output against the unit's and the period's usual, in parts of the target",
        lines=(
            Line(
                name="output",
                x=tuple(f"{rows.lead[g].mean():+.0%}" for g in groups),
                y=tuple(float(y[g].mean()) for g in groups),
            ),
        ),
        levels=((0.0, "usual"),),
    )


def _means(values: Floats, group: Ints) -> Floats:
    count = np.bincount(group)
    out: Floats = (np.bincount(group, weights=values) / np.maximum(count, 1))[group]
    return out


def _cannot_tell(found: Lead | None, rows: _Rows, note: str, setting: TargetSetting | None) -> Finding:
    units = rows.units
    if len(rows.unit) < FEWEST_ROWS or units < FEWEST_UNITS:
        return _not_applicable(
            f"There are {len(rows.unit)} cells of {units} units in second halves of years whose lead is known: too "
            f"few to see what becomes of it.{note}",
            f"{FEWEST_ROWS} cells of {FEWEST_UNITS} units or more.",
        )
    says = "Output and lead vary too little to see what becomes of a lead."
    if found is not None:
        says = f"Units are ahead of the year's targets in {found.ahead:.0%} of the cells: there is hardly a comparison."
    return Finding(
        state=State.INCONCLUSIVE,
        says=says + note,
        effect_is=EFFECT_IS,
        n=len(rows.unit),
        needed="Targets that about as many reach as miss.",
        data={} if setting is None else {"target_follows_result": {"above": _told(setting.above)}},
    )


def _not_applicable(says: str, needed: str) -> Finding:
    return Finding(state=State.NOT_APPLICABLE, says=says, needed=needed, effect_is=EFFECT_IS)


def _world(
    rng: np.random.Generator,
    *,
    give: float = 0.0,
    take_up: float = 0.0,
    units: int = 40,
    years: int = 3,
    rho: float = 0.0,
    noise: float = 0.1,
    differ: float = 0.02,
    own_noise: float = 0.0,
    ease: float = 0.0,
    skewed: bool = False,
    common: float = 0.0,
    growth: float = 0.0,
) -> tuple[Panel, Brief]:
    """Monthly tonnes of units that differ in size, against targets near what is usual for each.

    `give`: share of a lead that is given back from July on; `take_up`: share of what was done above the target
    that next year's adds; `ease`: how much higher the targets are than what is usual; `differ`: standard
    deviation of a year's true level about it, as shares.
    """
    size = np.exp(rng.normal(4, 0.5, units))
    scatter = noise * np.exp(own_noise * rng.standard_normal((units, 1)))
    length = 12 * years
    wave = 0.1 * np.sin(2 * np.pi * np.arange(length) / 12) + common * autoregressive(rng, 1, length, 0.5)
    e = scatter * autoregressive(rng, units, length, rho) + wave + growth * np.arange(length)
    e = e + differ * np.repeat(rng.standard_normal((units, years)), 12, axis=1)
    able = np.exp(e) if skewed else 1 + e
    output, target = np.zeros((units, length)), np.zeros((units, length))
    goal = np.full(units, 1 + ease)
    for y in range(years):
        lead = np.zeros(units)
        for m in range(12):
            t = 12 * y + m
            spare = give * np.maximum(lead, 0.0) / (12 - m) if m >= 6 else 0.0
            output[:, t], target[:, t] = able[:, t] - spare, goal
            lead += output[:, t] - goal
        goal = goal + take_up * np.maximum(output[:, 12 * y : 12 * y + 12].mean(axis=1) - goal, 0.0)
    panel, brief = panel_specimen(
        metric=output * size[:, None], others={}, since=0, smallest_effect=CHECK.smallest_effect
    )
    return replace(panel, target=(target * size[:, None]).ravel()), brief


def steady_units(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Nothing but good and bad months."""
    return _world(rng)


def good_and_bad_stretches(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Months hang together, and the season, shocks to all and the units' own scatter are strong."""
    return _world(rng, rho=0.6, common=0.05, own_noise=0.5, differ=0.05)


def ratchet_without_restraint(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Targets follow results upwards, and nobody minds."""
    return _world(rng, take_up=0.8, rho=0.3, differ=0.05)


def skewed_output_and_high_targets(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Lognormal output, targets 3 % above the usual, growth."""
    return _world(rng, skewed=True, noise=0.2, ease=0.03, growth=0.002)


def held_back_when_safe(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Half of a lead is given back from July on, and targets ratchet."""
    return _world(rng, give=0.5, take_up=0.5)


def given_up_with_good_stretches(rng: np.random.Generator) -> tuple[Panel, Brief]:
    """Three fifths of a lead are given back; months hang together."""
    return _world(rng, give=0.6, rho=0.4, differ=0.03)


CHECK = Check(
    code="PP203",
    title="Do those who are ahead of the target hold back?",
    run=run,
    smallest_effect=0.1,
    effect_is=EFFECT_IS,
    source="Bouwens and Kroos 2011, JAE 51:171; Leone and Rock 2002, JAE 33:43; Weitzman 1980, Bell J. Econ. 11:302",
    needs=("targets", "entity", "agg_time_dimension"),
    clear=(steady_units, good_and_bad_stretches, ratchet_without_restraint, skewed_output_and_high_targets),
    suspect=(held_back_when_safe, given_up_with_good_stretches),
)
