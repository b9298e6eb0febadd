"""Doses: an honest organisation in which something was gamed, a little and more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.calibration.ledger import DUE, FIRST, LOADS, Bools, Floats, Ints, Ledger
from benchmarks.calibration.organisation import Organisation

Gamed = Callable[[np.random.Generator, Ledger, float], Ledger]
"""(generator, honest ledger, dose) -> what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """One kind of gaming, from little to much."""

    name: str
    dose_is: str
    """What the dose is, in words."""
    checks: tuple[str, ...]
    """Checks that are there to see it."""
    doses: tuple[float, ...]
    """Ascending; 0 is the honest organisation."""
    gamed: Gamed
    world: Organisation
    sizes: tuple[str, ...] = ("small", "usual")
    periods: int | None = None
    """Months, where a year and more has to be seen before and under the target; None for as many as everywhere."""


def under_target(ledger: Ledger) -> Bools:
    """Cells under the target, shape (units, periods)."""
    return np.asarray((np.arange(ledger.periods) >= ledger.periods // 2) & ~ledger.exempt[:, None])


def cell_means(ledger: Ledger, keep: Bools) -> Floats:
    """Mean value of the kept rows, shape (units, periods); NaN without rows."""
    cell, size = ledger.unit * ledger.periods + ledger.period, ledger.units * ledger.periods
    n = np.bincount(cell[keep], minlength=size)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(cell[keep], weights=ledger.value[keep], minlength=size) / n
    return np.asarray(mean.reshape(ledger.units, ledger.periods))


def pushed_over(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Rows up to 2 below their target are entered just at it or above."""
    target = float(ledger.metric.targets[0].value)
    near = (ledger.value < target) & (ledger.value >= target - 2)
    moved = near & under_target(ledger)[ledger.unit, ledger.period] & (rng.random(len(near)) < dose)
    entered = target + np.floor(rng.exponential(0.5, len(near)) * 100) / 100
    return replace(ledger, value=np.where(moved, entered, ledger.value))


def rounded(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Rows entered to the nearest five."""
    chosen = rng.random(len(ledger.value)) < dose
    return replace(ledger, value=np.where(chosen, np.floor(ledger.value / 5 + 0.5) * 5, ledger.value))


def stormed(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Rows of the time under the target done on one of the last three days of their month."""
    months = FIRST + np.arange(ledger.periods)
    length = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(np.int64)
    late = length[ledger.period] - 1 - rng.integers(0, 3, len(ledger.day))
    chosen = under_target(ledger)[ledger.unit, ledger.period] & (rng.random(len(ledger.day)) < dose)
    return replace(ledger, day=np.where(chosen, late, ledger.day))


def failures_excluded(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Rows that miss the target are taken out of the number, the worst risk groups first."""
    target = float(ledger.metric.targets[0].value)
    failed = (ledger.value < target) & under_target(ledger)[ledger.unit, ledger.period]
    weight = np.array([0.25, 0.75, 1.25, 1.75])[ledger.group]
    return replace(ledger, excluded=ledger.excluded | (failed & (rng.random(len(failed)) < dose * weight)))


def restrained(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Units ahead of their quota in the middle of a year give back a share of their lead until its end."""
    able = cell_means(ledger, ~ledger.excluded)
    done, lead = able.copy(), np.zeros(ledger.units)
    held = under_target(ledger)
    for t in range(ledger.periods):
        month = t % 12
        lead = np.zeros(ledger.units) if month == 0 else lead
        if month >= 6:
            done[:, t] -= dose * np.maximum(lead, 0) / (12 - month) * held[:, t]
        lead = lead + done[:, t] - ledger.quota[:, t]
    return replace(ledger, value=ledger.value + (done - able)[ledger.unit, ledger.period])


def put_on(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Cells under the target that are raised by a standard deviation of a row for that month alone."""
    raised = under_target(ledger) & (rng.random((ledger.units, ledger.periods)) < dose)
    return replace(ledger, value=ledger.value + 10.0 * raised[ledger.unit, ledger.period])


def chosen_digits(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Rows whose last digit is made a 7."""
    chosen = rng.random(len(ledger.value)) < dose
    seven = np.floor(ledger.value * 10 + 1e-6) / 10 + 0.07
    return replace(ledger, value=np.where(chosen, seven, ledger.value))


def decoupled(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Under the target the outcome loses so much of what it followed of the work within units."""
    moves = ledger.work - ledger.work.mean(axis=1, keepdims=True)
    success = ledger.others["success"] - dose * 20 * moves * under_target(ledger)
    return replace(ledger, others={**ledger.others, "success": success})


def harmed(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Injuries rise by so many margins (2 of 20) under the target."""
    injuries = ledger.others["injuries"] + 2 * dose * under_target(ledger)
    return replace(ledger, others={**ledger.others, "injuries": injuries})


def crowded_out(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Training falls by so much of its level (40) under the target, while the number rises by a third of a row's
    spread."""
    training = ledger.others["training"] - 40 * dose * under_target(ledger)
    raised = ledger.value + 3.0 * (dose > 0) * under_target(ledger)[ledger.unit, ledger.period]
    return replace(ledger, value=raised, others={**ledger.others, "training": training})


def redefined(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """From two thirds of the time on the number is counted otherwise, and nobody says so."""
    return replace(ledger, value=ledger.value + 10 * dose * (ledger.period >= 2 * ledger.periods // 3))


def smoothed(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Under the target numbers of cases are drawn towards the unit's mean: their variance falls by so much."""
    cell, size = ledger.unit * ledger.periods + ledger.period, ledger.units * ledger.periods
    n = np.bincount(cell, minlength=size).reshape(ledger.units, ledger.periods)
    mean = n.mean(axis=1, keepdims=True)
    kept = (1 - dose * under_target(ledger)) ** 0.5
    told = np.where(n > 0, np.maximum(np.floor(mean + kept * (n - mean) + 0.5), 1), 0).astype(np.int64)
    first = np.concatenate([[0], np.cumsum(n.ravel())[:-1]])
    again = np.repeat(np.arange(size), told.ravel())
    picked = np.argsort(cell, kind="stable")[first[again] + rng.integers(0, n.ravel()[again])]
    return _taken(replace(ledger, excluded=np.zeros_like(ledger.excluded)), picked)


def copied(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Cells that repeat the unit's period before, row by row."""
    shape = (ledger.units, ledger.periods, -1)
    value, excluded = ledger.value.reshape(shape).copy(), ledger.excluded.reshape(shape).copy()
    chosen = rng.random((ledger.units, ledger.periods)) < dose
    for t in range(1, ledger.periods):
        value[chosen[:, t], t] = value[chosen[:, t], t - 1]
        excluded[chosen[:, t], t] = excluded[chosen[:, t], t - 1]
    return replace(ledger, value=value.ravel(), excluded=excluded.ravel())


def revised(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Where the first report misses the quota by up to 4, later rows are raised until the cell meets it."""
    first = cell_means(ledger, ~ledger.excluded & (np.array(LOADS)[ledger.load] <= DUE))
    last = cell_means(ledger, ~ledger.excluded)
    near = (first < ledger.quota) & (first >= ledger.quota - 4) & (last < ledger.quota)
    chosen = near & (rng.random(near.shape) < dose)
    cell, size = ledger.unit * ledger.periods + ledger.period, ledger.units * ledger.periods
    later = ~ledger.excluded & (np.array(LOADS)[ledger.load] > DUE)
    n = np.bincount(cell[~ledger.excluded], minlength=size).reshape(near.shape)
    n_later = np.bincount(cell[later], minlength=size).reshape(near.shape)
    lift = np.where(chosen & (n_later > 0), (ledger.quota + 0.05 - last) * n / np.maximum(n_later, 1), 0.0)
    return replace(ledger, value=ledger.value + np.where(later, lift[ledger.unit, ledger.period], 0.0))


def hidden(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """Periods in the worst fifth of each unit's own are not reported at all; bad spells last."""
    worst = ledger.work <= np.quantile(ledger.work, 0.2, axis=1, keepdims=True)
    gone = worst & (rng.random(worst.shape) < dose)
    return _taken(ledger, np.flatnonzero(~gone[ledger.unit, ledger.period]))


def _taken(ledger: Ledger, rows: Ints) -> Ledger:
    names = ("unit", "period", "day", "value", "group", "excluded", "load")
    weight = None if ledger.weight is None else ledger.weight[rows]
    return replace(ledger, weight=weight, **{name: getattr(ledger, name)[rows] for name in names})


def _worthless(link: float) -> Gamed:
    def gamed(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
        success = ledger.others["success"] - 20 * link * dose * ledger.work
        return replace(ledger, others={**ledger.others, "success": success})

    return gamed


def same_number(rng: np.random.Generator, ledger: Ledger, dose: float) -> Ledger:
    """A peer follows the cells' values the more closely."""
    means = cell_means(ledger, ~ledger.excluded)
    own = ledger.others["punctuality"]
    peer = dose * (means - 60) / 10 + (1 - dose) * (own - own.mean())
    return replace(ledger, others={**ledger.others, "punctuality": 90 + peer})


_ROWS = Organisation(name="rows", says="", target="row", between=0.5)
_CELLS = Organisation(name="cells", says="")
_QUOTAS = Organisation(name="quotas", says="", target="quota", within=0.4)

LADDERS: tuple[Ladder, ...] = (
    Ladder(
        name="pushed over the target",
        dose_is="share of the near misses that are entered at the target",
        checks=("bunching",),
        doses=(0.0, 0.1, 0.2, 0.4, 0.8),
        gamed=pushed_over,
        world=_ROWS,
    ),
    Ladder(
        name="rounded",
        dose_is="share of the rows that are entered to the nearest 5",
        checks=("heaping",),
        doses=(0.0, 0.05, 0.1, 0.2, 0.4),
        gamed=rounded,
        world=_ROWS,
    ),
    Ladder(
        name="stormed",
        dose_is="share of the rows moved to the last three days of the month",
        checks=("storming",),
        doses=(0.0, 0.05, 0.1, 0.2, 0.4),
        gamed=stormed,
        world=Organisation(name="stormed", says="", kind="sum", family="lognormal"),
    ),
    Ladder(
        name="failures excluded",
        dose_is="share of the rows that miss the target and are taken out",
        checks=("selection",),
        doses=(0.0, 0.05, 0.1, 0.2, 0.4),
        gamed=failures_excluded,
        world=_ROWS,
    ),
    Ladder(
        name="restrained",
        dose_is="share of a lead on the year's quota that is given back from July on",
        checks=("ratchet",),
        doses=(0.0, 0.25, 0.5, 0.75, 1.0),
        gamed=restrained,
        world=Organisation(name="restrained", says="", target="quota", between=0.3, within=0.4, aim=0.0),
        periods=48,
    ),
    Ladder(
        name="put on for a month",
        dose_is="share of the cells under the target that are raised for that month alone; from a quarter on a raised "
        "month no longer stands out",
        checks=("persistence",),
        doses=(0.0, 0.05, 0.1, 0.2, 0.3),
        gamed=put_on,
        sizes=("small", "usual", "large"),
        world=_CELLS,
        periods=36,
    ),
    Ladder(
        name="last digits chosen",
        dose_is="share of the rows whose last digit is made a 7",
        checks=("digits",),
        doses=(0.0, 0.02, 0.05, 0.1, 0.2),
        gamed=chosen_digits,
        world=_ROWS,
    ),
    Ladder(
        name="decoupled",
        dose_is="share of the outcome's slope that is lost under the target",
        checks=("decoupling",),
        doses=(0.0, 0.25, 0.5, 0.75, 1.0),
        gamed=decoupled,
        world=Organisation(name="decoupled", says="", within=0.6),
    ),
    Ladder(
        name="guardrail harmed",
        dose_is="rise of the guardrail in margins",
        checks=("guardrail",),
        doses=(0.0, 1.0, 1.5, 2.0, 3.0),
        gamed=harmed,
        world=_CELLS,
    ),
    Ladder(
        name="crowded out",
        dose_is="share by which the competing work falls",
        checks=("crowding_out",),
        doses=(0.0, 0.05, 0.1, 0.2, 0.4),
        gamed=crowded_out,
        world=_CELLS,
    ),
    Ladder(
        name="redefined",
        dose_is="step of an undeclared new definition, in standard deviations of a row",
        checks=("stability",),
        doses=(0.0, 0.1, 0.2, 0.4, 0.8),
        gamed=redefined,
        world=_CELLS,
    ),
    Ladder(
        name="invented, too smooth",
        dose_is="share of the chance variance of counts that is missing",
        checks=("smoothness",),
        doses=(0.0, 0.25, 0.5, 0.75, 0.95),
        gamed=smoothed,
        world=Organisation(name="smooth", says="", kind="count", within=0.0),
    ),
    Ladder(
        name="copied",
        dose_is="share of the cells that repeat the period before",
        checks=("duplicates",),
        doses=(0.0, 0.02, 0.05, 0.1, 0.2),
        gamed=copied,
        world=_CELLS,
    ),
    Ladder(
        name="revised until met",
        dose_is="share of the first reports just under the quota that are revised to meet it",
        checks=("revision",),
        doses=(0.0, 0.1, 0.2, 0.4, 0.8),
        gamed=revised,
        sizes=("small", "usual", "large"),
        world=_QUOTAS,
    ),
    Ladder(
        name="bad periods hidden",
        dose_is="share of each unit's worst fifth of the periods that is not reported",
        checks=("coverage",),
        doses=(0.0, 0.2, 0.4, 0.8, 1.0),
        gamed=hidden,
        world=Organisation(name="spells", says="", rho=0.6, within=0.4),
    ),
    Ladder(
        name="worthless",
        dose_is="share of the outcome's dependence on the work that is not there",
        checks=("predictive",),
        doses=(0.0, 0.5, 0.9, 1.0),
        gamed=_worthless(1.0),
        sizes=("small", "usual", "large"),
        world=_CELLS,
    ),
    Ladder(
        name="the same number twice",
        dose_is="share of a peer that is this number again",
        checks=("redundancy",),
        doses=(0.0, 0.5, 0.9, 1.0),
        gamed=same_number,
        world=_CELLS,
    ),
)
