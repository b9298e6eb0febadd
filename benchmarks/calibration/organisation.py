"""Organisation: how honest work, its outcome and everything around them come about.

One skeleton carries all worlds. Each unit has a level; its work moves about that level with memory, season and shocks
that all share; rows vary about the work. The outcome follows the work (not the rows); guardrails and competing work go
their own ways. Everything is in standard deviations of a row, so that one number means the same in every world.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from benchmarks.calibration.ledger import DUE, FIRST, GROUPS, Bools, Floats, Ints, Ledger
from pitprop.define.metric import Cost, Event, Guardrail, Metric, Outcome, Part, Revisions, Stakes, Target
from pitprop.examine.panel_specimen import autoregressive
from pitprop.examine.specimen import declared

Kind = Literal["average", "sum", "count", "share", "ratio"]
GROUP_EFFECTS = np.array([0.5, 0.2, -0.2, -0.5])
WEEKDAYS = np.array([1.1, 1.0, 1.0, 1.0, 1.0, 0.5, 0.4])
"""Work on Monday to Sunday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What is true of it. Spreads and shifts are in standard deviations of a row."""

    name: str
    says: str
    """What is honest, or not, about it, in a few words."""
    kind: Kind = "average"
    family: Literal["normal", "lognormal", "poisson"] = "normal"
    """How rows vary about the work."""
    rows: float = 30.0
    """Mean rows in a cell."""
    between: float = 1.4
    """Between units: exactly so much in every draw."""
    within: float = 0.25
    """Work within units, from period to period."""
    rho: float = 0.0
    """Memory of the work (AR(1))."""
    season: float = 0.0
    common: float = 0.0
    """Shocks to all units."""
    trend: float = 0.0
    """Over the whole time, in all units."""
    own_trend: float = 0.0
    own_spread: float = 0.0
    """Log standard deviation of the units' own row spreads."""
    improvement: float = 0.0
    """Honest, of the work, since the target."""
    step: float = 0.0
    """Of the number alone, in all units at a declared change of its definition."""
    exempt: float = 0.0
    """Share of the units under no target."""
    missing: float = 0.0
    """Share of the cells without rows, at random."""
    openings: float = 0.0
    """Share of the units that open or close within the time."""
    grain: float = 0.01
    """To which rows are recorded."""
    lazy: float = 0.0
    """Share of the rows that are honestly rounded to tens."""
    target: Literal["row", "cell", "quota", "growing"] = "cell"
    aim: float = 0.1
    """Where the target lies, in standard deviations of a row from the mean."""
    lower_is_better: bool = False
    link: float = 1.0
    """Of the outcome on the work."""
    lag: int = 0
    exclusion: float = 0.04
    drift: float = 0.0
    """Change of the case mix over the whole time."""
    month_end: float = 0.0
    """How much more all work is done on the last three days."""
    stakes: Stakes = "bonus"
    alternatives: tuple[str, ...] = ()
    rightly: tuple[str, ...] = ()
    """Checks that are right to raise it: there it is no null."""


def draw(rng: np.random.Generator, of: Organisation, units: int, periods: int) -> Ledger:
    """Its rows, and what goes with them, drawn anew."""
    since = periods // 2
    work, shown = _work(rng, of, units, periods, since)
    there = _there(rng, of, units, periods)
    cells = np.flatnonzero(there.ravel())
    rate = of.rows * np.exp(0.4 * shown.ravel()[cells]) if of.kind == "count" else np.full(len(cells), of.rows)
    counts = rng.poisson(rate) if of.kind in ("count", "sum") else np.full(len(cells), round(of.rows))
    cell = np.repeat(cells, counts)
    unit, period = np.divmod(cell, periods)
    spread = np.exp(of.own_spread * rng.standard_normal(units))[unit]
    group = _groups(rng, of, unit, period, units, periods)
    level = shown.ravel()[cell] + (GROUP_EFFECTS[group] if of.kind != "count" else 0.0)
    value, weight = _values(rng, of, level, spread)
    exempt = np.arange(units) >= units - round(of.exempt * units)
    risk = of.exclusion * (1 - GROUP_EFFECTS[group])
    return Ledger(
        metric=_declared(of, periods, since),
        units=units,
        periods=periods,
        unit=unit,
        period=period,
        day=_days(rng, of, period),
        value=value,
        weight=weight,
        group=group,
        excluded=rng.random(len(cell)) < risk,
        load=np.searchsorted([0.85, 0.95], rng.random(len(cell))).astype(np.int64),
        work=work,
        quota=_quota(rng, of, units, periods, exempt),
        exempt=exempt,
        others=_others(rng, of, work, units, periods),
        directions={
            "success": "increase",
            "injuries": "decrease",
            "training": "increase",
            "punctuality": "increase",
            "complaints": "decrease",
        },
        peers=("punctuality", "complaints"),
        calm={name: rng.poisson(units * of.rows / 30 * _rhythm(of, periods)[0]) for name in ("injuries", "training")},
    )


def _work(rng: np.random.Generator, of: Organisation, units: int, periods: int, since: int) -> tuple[Floats, Floats]:
    """The work, and what the number shows of it, each of shape (units, periods)."""
    t = np.arange(periods)
    better = -1.0 if of.lower_is_better else 1.0
    treated = np.arange(units) < units - round(of.exempt * units)
    work = _levels(rng, of, units) + autoregressive(rng, units, periods, of.rho, of.within)
    work = work + of.common * autoregressive(rng, 1, periods, of.rho) + of.season * np.sin(2 * np.pi * t / 12)
    pace = of.trend + of.own_trend * rng.standard_normal((units, 1))
    work = work + pace * (t - since) / periods
    gain = of.improvement * rng.uniform(0.5, 1.5, (units, 1)) * treated[:, None]
    work = work + better * gain * (t >= since)
    return better * work, work + of.step * (t >= periods // 3)


def _levels(rng: np.random.Generator, of: Organisation, units: int) -> Floats:
    """Shape (units, 1): the units are all there are, so their true spread is what is declared."""
    levels = rng.standard_normal((units, 1))
    return of.between * (levels - levels.mean()) / levels.std(ddof=1) if units > 1 else 0.0 * levels


def _there(rng: np.random.Generator, of: Organisation, units: int, periods: int) -> Bools:
    there = rng.random((units, periods)) >= of.missing
    t = np.arange(periods)
    moving = rng.random(units) < of.openings
    opens = np.where(moving & (rng.random(units) < 0.5), rng.integers(1, periods, units), 0)
    closes = np.where(moving & (opens == 0), rng.integers(1, periods, units), periods)
    return np.asarray(there & (t >= opens[:, None]) & (t < closes[:, None]))


def _groups(rng: np.random.Generator, of: Organisation, unit: Ints, period: Ints, units: int, periods: int) -> Ints:
    """Units see mixes of their own; with `drift` the mix changes slowly everywhere."""
    lean = 0.15 * rng.standard_normal(units)[unit] + of.drift * (period / periods - 0.5)
    position = np.clip(rng.random(len(unit)) + lean, 0.0, 0.999)
    return (position * len(GROUPS)).astype(np.int64)


def _values(rng: np.random.Generator, of: Organisation, level: Floats, spread: Floats) -> tuple[Floats, Floats | None]:
    if of.kind == "count":
        return np.ones(len(level)), None
    if of.kind == "ratio":
        weight = 1.0 + rng.poisson(20, len(level))
        return rng.binomial(weight.astype(np.int64), 1 / (1 + np.exp(-0.5 * level))).astype(np.float64), weight
    if of.family == "poisson":
        return rng.poisson(60 * np.exp(0.13 * level)).astype(np.float64), None
    noise = spread * rng.standard_normal(len(level))
    value = 60 * np.exp(0.4 * (level + noise)) if of.family == "lognormal" else 60 + 10 * (level + noise)
    value = np.floor(value / of.grain + 0.5) * of.grain
    if of.lazy:
        lazy = rng.random(len(level)) < of.lazy
        value = np.where(lazy, np.floor(value / 10 + 0.5) * 10, value)
    return value, None


def _aim(of: Organisation) -> float:
    """The target in the metric's unit."""
    if of.kind == "ratio":
        return float(round(1 / (1 + np.exp(-0.5 * of.aim)), 2))
    if of.kind == "count":
        return float(round(of.rows * np.exp(0.4 * of.aim)))
    value = {
        "normal": 60 + 10 * of.aim,
        "lognormal": 60 * np.exp(0.4 * of.aim),
        "poisson": 60 * np.exp(0.13 * of.aim),
    }[of.family]
    if of.kind == "sum" and of.target != "row":
        return float(round(of.rows * (1 - of.exclusion) * value * (1.08 if of.family == "lognormal" else 1.0), -1))
    return float(round(value))


def _quota(rng: np.random.Generator, of: Organisation, units: int, periods: int, exempt: Bools) -> Floats:
    """Round numbers, each unit's own; where they grow, by two per cent a year, whatever was reached."""
    own = _aim(of) * np.exp(0.05 * rng.standard_normal((units, 1)))
    grows = 1.02 ** (np.arange(periods) // 12) if of.target == "growing" else np.ones(periods)
    figures = 2 if of.kind == "ratio" else 0
    return np.where(exempt[:, None], np.nan, np.round(own * grows, figures))


def _rhythm(of: Organisation, periods: int) -> tuple[Floats, Ints, Ints]:
    """For each day: work to be expected, period, and days since the first of its period."""
    days = np.arange(FIRST.astype("datetime64[D]"), (FIRST + periods).astype("datetime64[D]"))
    months = days.astype("datetime64[M]")
    period = (months - FIRST).astype(np.int64)
    day = (days - months.astype("datetime64[D]")).astype(np.int64)
    left = ((months + 1).astype("datetime64[D]") - days).astype(np.int64)
    weekday = (days.astype(np.int64) + 3) % 7
    return WEEKDAYS[weekday] * (1 + of.month_end * (left <= 3)), period, day


def _days(rng: np.random.Generator, of: Organisation, period: Ints) -> Ints:
    """Each row falls on a day of its period in proportion to the rhythm."""
    weight, month, day = _rhythm(of, int(period.max(initial=0)) + 1)
    until = np.cumsum(weight)
    start = np.concatenate([[0.0], until])[np.searchsorted(month, np.arange(month[-1] + 2))]
    drawn = start[period] + rng.random(len(period)) * (start[period + 1] - start[period])
    return day[np.minimum(np.searchsorted(until, drawn, side="right"), len(day) - 1)]


def _others(rng: np.random.Generator, of: Organisation, work: Floats, units: int, periods: int) -> dict[str, Floats]:
    def own(level: float, between: float, noise: float) -> Floats:
        return level + between * rng.standard_normal((units, 1)) + autoregressive(rng, units, periods, of.rho, noise)

    success = own(200, 10, 6) + 20 * of.link * work
    if of.lag:
        success[:, periods - of.lag :] = np.nan
    return {
        "success": success,
        "injuries": own(20, 2, 1.5),
        "training": own(40, 4, 3),
        "punctuality": own(90, 2, 1) + 2 * work,
        "complaints": own(30, 3, 2) - 3 * work,
    }


def _declared(of: Organisation, periods: int, since: int) -> Metric:
    first: date = (FIRST + since).astype("datetime64[D]").item()
    better = "lte" if of.lower_is_better else "gte"
    row = Target(op=better, value=_aim(of), on="row", since=first, stakes=of.stakes)
    value = "quota" if of.target in ("quota", "growing") or of.exempt else _aim(of)
    targets = (row,) if of.target == "row" else (Target(op=better, value=value, since=first, stakes=of.stakes),)
    if of.kind == "share":
        cell = Target(op="gte", value=0.5, since=first, stakes=of.stakes)
        targets = (row, cell)
    changed: date = (FIRST + periods // 3).astype("datetime64[D]").item()
    ratio = {
        "type": "ratio",
        "agg": None,
        "expr": None,
        "numerator": Part(expr="done"),
        "denominator": Part(expr="due"),
    }
    simple = {"agg": of.kind, "expr": "tonnes"}
    return declared(
        **(ratio if of.kind == "ratio" else simple),
        improvement_direction="decrease" if of.lower_is_better else "increase",
        targets=targets,
        outcome=Outcome(metric="success", lag=of.lag),
        guardrails=(Guardrail(metric="injuries", margin="10%"),),
        competing=("training",),
        case_mix="severity",
        exclusion="exempted",
        revisions=Revisions(loaded="loaded_on", due=DUE),
        events=(Event(date=changed, kind="definition", note="counted anew"),) if of.step else (),
        cost=Cost(hours_per_period=(2.0, 2.0), hourly_rate=(30.0, 30.0)),
        decisions_per_year=12,
        alternatives=of.alternatives,
    )
