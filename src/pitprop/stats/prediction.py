"""Out-of-sample forecasts of an outcome, with and without one more variable.

Every forecast is made forward in time (trained only on outcomes known before) and, where there are enough
units, for a unit that the training has not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.fixed_effects import group_sums, orthonormal
from pitprop.stats.numbered import distinct, numbered
from pitprop.stats.own_past import own_past

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MANY_UNITS = 10
"""From here on units are held out of the training in turn; with fewer, each unit has its own level."""
MANY_PER_PERIOD = 10
"""From here on (median) periods are compared within; with fewer, a trend and a season stand for time."""
FEW_PER_PERIOD = 5
"""Where periods are compared within, those with fewer observations are left out."""
FIRST_TRAINING = 20
"""Observations before the first forecast: at least this many, and three for each coefficient; and so many in
which a column of the baseline is not 0 before it enters."""
FAR = 5.0
"""Errors beyond so many typical ones count as so many."""
REGRESSIONS = 100_000
"""Units times refits, at most (but five refits at least)."""
NEGLIGIBLE = 1e-10
"""Share of a variance below which it is taken for zero."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Why there is no forecast, in words that complete "because ..."."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecasts:
    """Out-of-sample errors, one for each of n forecasts, in standard deviations of what is forecast; those
    beyond five typical ones are moved in to there."""

    total: Floats
    """Error of the period's mean (compared within periods), else of the unit's own past mean, shape (n,)."""
    u: Floats
    """Error of the baseline's forecast of y, shape (n,)."""
    v: Floats
    """What the baseline does not know of x, shape (n, k): this period's difference from the unit's own past
    mean of x, and that mean (k = 2); x alone where each unit has its own level (k = 1)."""
    e: Floats
    """Error of the forecast of y that also knows x: u less the trained slopes times v, shape (n,)."""
    unit: Ints
    time: Ints
    slopes: tuple[float, ...]
    """Of y on each column of v, trained on everything, in units of y per unit of x."""
    units: int
    """Units among the usable observations."""
    usable: int
    """Observations with x, y and a known past of y."""
    left_out: int
    """Observations without one of them."""
    far: float
    """Share of the forecasts with an error moved in; large where units are too unlike for one straight line."""
    within: bool
    """Whether periods are compared within, so that whatever moves all units at once is removed."""
    held_out: bool
    """Whether each unit was forecast by a training without it; else each unit has a level of its own."""
    season: bool
    """Whether the baseline knows the season."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Design:
    """Columns of the regressions, scaled to unit variance."""

    a: Floats
    """Baseline (p columns), then x (k), then y; shape (n, p + k + 1)."""
    p: int
    measured: int
    """Columns of the baseline before those that are levels."""
    scale: Floats
    """Standard deviations of x (k) and y, 0 where constant, shape (k + 1,)."""


def forecasts(
    x: Floats,
    y: Floats,
    unit: Ints,
    time: Ints,
    *,
    lag: int = 0,
    cycle: int = 0,
    refits: int = 10,
    beside: Floats | None = None,
) -> Forecasts | Shortfall:
    """How well is y forecast by its own past and time, and how well if x is known too?

    The baseline is least squares on the unit's last known y, the mean of all its known y, that of the same
    season where two cycles are covered, and time: differences from the period's mean where periods hold at
    least 10 observations (median), else a linear trend and two harmonics of the season. With at least 10
    units, the forecasts for a unit come from a training without it, and x enters in two parts: the unit's
    own past mean of x, and this period's difference from it (a level that tells nothing must not drown a
    movement that does). With fewer units each has its own level and only time separates training from test.

    An error beyond five typical ones (by the quartiles) counts as five, so that one merger or one mistyped
    total is not all the evidence; normal errors never come so far.

    Parameters
    ----------
    x, y
        The candidate and what it is to forecast: `y[i]` is the outcome `lag` periods after `time[i]`. NaN
        where there is none. Shape (n,).
    unit, time
        Whose (0, 1, ...) and when (the period's number on the calendar, so that gaps count), shape (n,). At
        most one observation of a unit in a period.
    lag
        Periods from x to y. With 0, x and y are of the same period (concurrent, not predictive), and the
        baseline knows y up to the period before.
    cycle
        Periods in a season's cycle; 0 for none.
    refits
        How often the regressions are refitted on the way forward, at most (60 with few units).
    beside
        Further quantities that the baseline knows of the same period as x, shape (n, q); with at least 10 units,
        each by its movement and its level, as x. Observations with a NaN there are left out.

    Source
    ------
    Forward validation with recursive re-estimation: West (1996), Econometrica 64:1067. Held-out clusters:
    Roberts et al. (2017), Ecography 40:913. Partialling out: Frisch and Waugh (1933). Movement and level:
    Mundlak (1978), Econometrica 46:69.
    """
    delay = max(lag, 1)
    span = int(time.max() - time.min()) + 1 if len(time) else 0
    cycle = cycle if cycle >= 2 and span >= 2 * cycle else 0
    past = own_past(y, unit, time, delay=delay, cycle=cycle)
    keep = np.isfinite(x) & np.isfinite(y) & np.isfinite(past.mean)
    if beside is not None:
        keep &= np.isfinite(beside).all(axis=1)
    if problem := _problem(x, y, time, keep):
        return Shortfall(reason=problem)
    counts = _counts(time, keep)
    within = float(np.median(counts[keep])) >= MANY_PER_PERIOD
    if within:
        keep &= counts >= FEW_PER_PERIOD
    at = np.flatnonzero(keep)
    unit_at, time_at = numbered(unit[at])[1], time[at]
    units = int(unit_at.max()) + 1
    held_out = units >= MANY_UNITS
    known = [past.last, past.mean - past.last, *([past.season - past.mean] if cycle else [])]
    parts = _movement_and_level(x, unit, time) if held_out else [x]
    for other in () if beside is None else beside.T:
        more = _movement_and_level(other, unit, time) if held_out else [other]
        known += [part - part[at].mean() for part in more]
    baseline = np.column_stack(known)[at]
    if not within:
        baseline = np.column_stack([baseline, _time(time_at, cycle)])
    design = _design(baseline, np.column_stack([*parts, y])[at], time_at, None if held_out else unit_at, within)
    if isinstance(design, Shortfall):
        return design
    start = _start(time_at, delay, max(FIRST_TRAINING, 3 * design.a.shape[1]))
    if start is None:
        return Shortfall(reason="too few observations lie before the first period that could be forecast")
    refits = max(min(refits, REGRESSIONS // units), 5) if held_out else max(refits, 60)
    u, v, e = _errors(design, unit_at, time_at, start, delay, held_out, refits)
    hit = np.flatnonzero(np.isfinite(u))
    raw = np.column_stack([u, v])[hit]
    u, v, e = _bounded(u, v, e)
    if problem := _degenerate(u[hit], v[hit], design.a[hit]):
        return Shortfall(reason=problem)
    _, slopes = _coefficients((design.a.T @ design.a)[:, :, None], design.p)
    some = np.where(design.scale > 0, design.scale, np.inf)
    total = design.a[:, -1] if within else (y - past.mean)[at] / some[-1]
    return Forecasts(
        total=total[hit],
        u=u[hit],
        v=v[hit],
        e=e[hit],
        unit=unit_at[hit],
        time=time_at[hit],
        slopes=tuple(float(s) for s in slopes[:, 0] * some[-1] / some[:-1]),
        units=units,
        usable=len(at),
        left_out=len(keep) - len(at),
        far=float((raw != np.column_stack([u, v])[hit]).any(axis=1).mean()),
        within=within,
        held_out=held_out,
        season=cycle > 0,
    )


def _movement_and_level(x: Floats, unit: Ints, time: Ints) -> list[Floats]:
    """This period's difference from the unit's own past mean, and that mean (x itself where there is none)."""
    level = own_past(x, unit, time).mean
    level = np.where(np.isfinite(level), level, x)
    return [x - level, level]


def _counts(time: Ints, keep: NDArray[np.bool_]) -> Ints:
    """Usable observations in each observation's period."""
    _, place = numbered(time)
    counts: Ints = np.bincount(place[keep], minlength=int(place.max()) + 1)[place]
    return counts


def _problem(x: Floats, y: Floats, time: Ints, keep: NDArray[np.bool_]) -> str:
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < FIRST_TRAINING:
        return f"only {int(both.sum())} observations have both values; at least {FIRST_TRAINING} are needed"
    if len(distinct(time[both])) < 3:
        return "fewer than three periods have both values, and a forecast needs a past"
    if _flat(x[both]):
        return "the metric never varies"
    if _flat(y[both]):
        return "the outcome never varies"
    if keep.sum() < FIRST_TRAINING:
        return (
            f"only {int(keep.sum())} observations have both values and a known past of the outcome; "
            f"at least {FIRST_TRAINING} are needed"
        )
    return ""


def _flat(a: Floats) -> bool:
    return bool(np.ptp(a) <= 1e-12 * np.abs(a).max())


def _time(time: Ints, cycle: int) -> Floats:
    """A linear trend, and two harmonics of the season."""
    columns = [(time - time.mean()).astype(np.float64)]
    for h in range(1, min(2, cycle // 2) + 1):
        angle = 2 * np.pi * h * (time % cycle) / cycle
        columns += [np.cos(angle), np.sin(angle)]
    return np.column_stack(columns)


def _design(baseline: Floats, rest: Floats, time: Ints, level: Ints | None, within: bool) -> _Design | Shortfall:
    """Scale the columns; take out the periods' means where `within`, else add levels (one, or a unit's)."""
    p, columns = baseline.shape[1], np.column_stack([baseline, rest])
    # Differences keep their zeros: by these a column is known that has nothing to say yet.
    columns[:, [0, *range(p, columns.shape[1])]] -= columns[:, [0, *range(p, columns.shape[1])]].mean(axis=0)
    raw = columns.std(axis=0)
    if within:
        _, place = numbered(time)
        n = np.bincount(place)
        columns = columns - (group_sums(columns, place, len(n)) / n[:, None])[place]
    scale = columns.std(axis=0)
    flat = scale <= np.sqrt(NEGLIGIBLE) * np.where(raw > 0, raw, 1.0)
    if flat[p:-1].all():
        return Shortfall(reason="the metric is the same for all units of a period")
    if flat[-1]:
        return Shortfall(reason="the outcome is the same for all units of a period")
    a = np.where(flat, 0.0, columns / np.where(flat, 1.0, scale))
    levels = np.zeros((len(a), 0))
    if level is not None:
        levels = (level[:, None] == np.arange(int(level.max()) + 1)).astype(np.float64)
    elif not within:
        levels = np.ones((len(a), 1))
    return _Design(
        a=np.column_stack([a[:, :p], levels, a[:, p:]]),
        p=p + levels.shape[1],
        measured=p,
        scale=np.where(flat, 0.0, scale)[p:],
    )


def _start(time: Ints, delay: int, training: int) -> int | None:
    """First time before which enough is known; None where there is none."""
    times = distinct(time)
    before = np.searchsorted(np.sort(time), times - delay, side="right")
    enough = np.flatnonzero(before >= training)
    return int(times[enough[0]]) if len(enough) else None


def _errors(
    design: _Design, unit: Ints, time: Ints, start: int, delay: int, held_out: bool, refits: int
) -> tuple[Floats, Floats, Floats]:
    """Errors u, v, e of every forecast; NaN before the first."""
    p = design.p
    order = _by_time(time)
    a, unit, time = design.a[order].T, unit[order], time[order]  # each column together, and each period
    c, k = len(a), len(a) - p - 1
    errors = np.full((k + 2, len(time)), np.nan)
    ahead = distinct(time)
    ahead = ahead[ahead >= start]
    units = int(unit.max()) + 1
    whole, own = np.zeros((c, c)), np.zeros((c, c, units if held_out else 0))
    seen, trained = np.zeros(design.measured, np.int64), 0
    for block in np.array_split(ahead, min(refits, len(ahead))):
        known = int(np.searchsorted(time, block[0] - delay, side="right"))  # each training holds the one before it
        fresh = slice(trained, known)
        test = slice(int(np.searchsorted(time, block[0])), int(np.searchsorted(time, block[-1], side="right")))
        trained = known
        new = a[:, fresh]
        whole += new @ new.T
        seen += (np.abs(new[: design.measured]) > np.sqrt(NEGLIGIBLE)).sum(axis=1)
        if held_out:
            own += _grams(new, unit[fresh], units)
        place = unit[test] if held_out else np.zeros(len(time[test]), np.int64)
        grams = whole[:, :, None] - own if held_out else whole[:, :, None].copy()
        unseen = np.flatnonzero(seen < FIRST_TRAINING)
        grams[unseen] = grams[:, unseen] = 0.0
        b, slopes = _coefficients(grams, p)
        left = a[p:, test] - np.einsum("pn,pjn->jn", a[:p, test], b[:, :, place])
        errors[0, test], errors[1:-1, test] = left[-1], left[:-1]
        errors[-1, test] = left[-1] - np.einsum("kn,kn->n", left[:-1], slopes[:, place])
    out = np.empty((len(time), k + 2))
    out[order] = errors.T
    return out[:, 0], out[:, 1:-1], out[:, -1]


def _by_time(time: Ints) -> Ints:
    """Order of the rows by time, those of a period as they stood."""
    place = numbered(time)[1]
    return np.argsort(place.astype(np.min_scalar_type(int(place.max(initial=0)))), kind="stable")


def _grams(a: Floats, unit: Ints, units: int) -> Floats:
    """Cross-products of the columns (c, n) over the rows of each unit, shape (c, c, units)."""
    c = len(a)
    out = np.zeros((c, c, units))
    for i in range(c):
        for j in range(i + 1):
            out[i, j] = out[j, i] = np.bincount(unit, weights=a[i] * a[j], minlength=units)
    return out


def _inverse(grams: Floats) -> Floats:
    """Inverse of cross-products, scaled to unit diagonals first; what is collinear or 0 is left out; (p, p, g)."""
    size = np.sqrt(np.maximum(np.einsum("iig->ig", grams), 0.0))
    empty = size <= 0
    size = np.where(empty, 1.0, size)
    scale = size[:, None] * size[None, :]
    scaled = grams / scale
    np.einsum("iig->ig", scaled)[empty] = 1.0
    out = _inverted(scaled)
    poor = np.flatnonzero(~(np.abs(out).max(axis=(0, 1), initial=0.0) <= 1e7))
    if len(poor):
        one = np.linalg.pinv(scaled[:, :, poor].transpose(2, 0, 1), rcond=1e-7, hermitian=True)
        out[:, :, poor] = one.transpose(1, 2, 0)
    out /= scale
    return out


def _inverted(square: Floats) -> Floats:
    """Inverses of positive definite matrices, shape (p, p, g), by elimination; not finite where there is none."""
    out = square.copy()
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for i in range(len(out)):
            pivot, column = out[i, i].copy(), out[:, i].copy()
            row = out[i] / pivot
            out -= column[:, None] * row[None, :]
            out[i], out[:, i], out[i, i] = row, -column / pivot, 1 / pivot
    return out


def _coefficients(grams: Floats, p: int) -> tuple[Floats, Floats]:
    """Of x and y on the baseline, (p, k + 1, g); of y on x, both less the baseline, (k, g)."""
    zz, zr = grams[:p, :p], grams[:p, p:]
    b = np.einsum("ijg,jkg->ikg", _inverse(zz), zr)
    rest = grams[p:, p:] - np.einsum("pig,pjg->ijg", zr, b)
    some = np.einsum("iig->ig", rest) > NEGLIGIBLE * np.einsum("iig->ig", grams[p:, p:])
    rest = np.where(some[:, None] & some[None, :], rest, 0.0)
    slopes = np.einsum("ijg,jg->ig", _inverse(rest[:-1, :-1]), rest[:-1, -1])
    return b, slopes


def _bounded(u: Floats, v: Floats, e: Floats) -> tuple[Floats, Floats, Floats]:
    """The errors, those beyond FAR typical ones moved in to there."""
    edge, edges = FAR * _typical(u), FAR * np.array([_typical(c) for c in v.T])
    return np.clip(u, -edge, edge), np.clip(v, -edges, edges), np.clip(e, -edge, edge)


def _typical(a: Floats) -> float:
    """Standard deviation of a normal quantity with the same quartiles; infinite where these coincide."""
    there = a[np.isfinite(a)]
    if not len(there):
        return np.inf
    low, high = np.quantile(there, [0.25, 0.75])
    scale = float(high - low) / 1.349
    return scale if scale > np.sqrt(NEGLIGIBLE) * float(there.std()) else np.inf


def _degenerate(u: Floats, v: Floats, a: Floats) -> str:
    if len(u) < FIRST_TRAINING:
        return f"only {len(u)} forecasts can be made; at least {FIRST_TRAINING} are needed"
    k = v.shape[1]
    if (v**2).sum() <= NEGLIGIBLE * (a[:, -1 - k : -1] ** 2).sum():
        return "the metric is a function of the outcome's own past"
    if u @ u <= NEGLIGIBLE * (a[:, -1] @ a[:, -1]):
        return "the outcome is forecast without error by its own past"
    known = orthonormal(v)
    rest = u - known @ (known.T @ u)
    if rest @ rest <= NEGLIGIBLE * (u @ u):
        return "the metric and the outcome are the same number in other words"
    return ""
