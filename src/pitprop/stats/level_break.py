"""Level break: a lasting jump of a series at a date that nobody named, beside its trend, drift and season."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtr

from pitprop.stats.fixed_effects import orthonormal
from pitprop.stats.serial_regression import serial_regression
from pitprop.stats.structural_break import hansen_p

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DRAWS = 400
FEWEST_DF = 6
"""Residual degrees of freedom below which nothing is said."""
LARGEST_RHO = 0.95
CRITICAL = 8.6085
"""supF at which Hansen's approximation gives p = 0.05 (one coefficient, trimming 0.15)."""
CUT = 2.0
ROUNDS = 15
VISIBLE = 2.0
"""Dates whose break is known less well than so many times the best are left out of the upper bound."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelBreak:
    """The likeliest jump, and what all possible jumps can be, in the unit of the series."""

    index: int
    """First observation after the likeliest jump."""
    jump: float
    se: float
    bounds: tuple[float, float]
    """Of the largest jump, whatever its sign, at any of the dates together, 95 %."""
    p_value: float
    """Of no jump at any date: the larger of those of the values and of the damped values."""
    p_damped: float
    """Of the damped values alone: a few extreme ones do not make a jump in them."""
    rho: float
    """First-order autocorrelation that was allowed for."""
    df: int
    t: Floats
    """Jump over standard error at each candidate, shape (candidates,)."""
    candidates: Ints
    critical: float
    """Largest |t| that chance exceeds in 5 %."""


def level_break(
    y: Floats, times: Ints, *, nuisance: Floats, allowed: Bools, rng: np.random.Generator, trim: float = 0.15
) -> LevelBreak | None:
    """Is there a lasting jump beside what the nuisance columns describe?

    Parameters
    ----------
    y
        In order of time, shape (n,).
    times
        Number of each period, ascending, shape (n,).
    nuisance
        Columns beside the constant (trend, drift, season, changes that are known), shape (n, q).
    allowed
        Whether a jump may lie right before the observation, shape (n,).
    rng
        For the law of the largest |t| without a jump (400 draws).
    trim
        Share of the observations at either end in which no jump is looked for.

    Returns
    -------
    None where fewer than six residual degrees of freedom are left or no date can be told from the nuisance.

    Notes
    -----
    Generalised least squares under AR(1). The autocorrelation is taken with the likeliest jump in the regression,
    freed of the bias that fitting gives it, and raised by one standard error, sqrt((1 - rho^2) / n): too much of it
    only widens. Given it, the law of the largest |t| depends on the columns alone and is drawn. The p-value is
    Hansen's at the squared statistic (as a normal one), stretched so that the drawn 5 % point comes to lie on his.
    The same is done once more with large departures cut, since a few extreme values can look like a jump.

    Source
    ------
    Andrews (1993), Econometrica 61:821; Hansen (1997), JBES 15:60; quasi-differences: Prais and Winsten (1954).
    """
    n = len(y)
    edge = max(3, int(np.ceil(trim * n)))
    starts = np.arange(edge, n - edge + 1)
    starts = starts[allowed[starts]]
    steps = (np.arange(n)[:, None] >= starts[None, :]).astype(np.float64)
    e = rng.standard_normal((n, DRAWS))
    value = _tested(y, times, nuisance, steps, e)
    if value is None:
        return None
    found = value.search
    best = int(np.abs(found.t).argmax())
    damped = _tested(_damped(y, nuisance, steps[:, found.kept[best]]), times, nuisance, steps, e)
    p_damped = 1.0 if damped is None else damped.p_value
    size = np.abs(found.jump)
    seen = found.se <= VISIBLE * float(found.se.min())
    low = float(np.maximum(size - value.critical * found.se, 0.0).max())
    high = float((size + value.critical * found.se)[seen].max())
    return LevelBreak(
        index=int(starts[found.kept[best]]),
        jump=float(found.jump[best]),
        se=float(found.se[best]),
        bounds=(low, max(high, float(size[best]))),
        p_value=max(value.p_value, p_damped),
        p_damped=p_damped,
        rho=value.rho,
        df=found.df,
        t=found.t,
        candidates=starts[found.kept],
        critical=value.critical,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Search:
    jump: Floats
    se: Floats
    t: Floats
    kept: Ints
    """Candidates that can be told from the nuisance."""
    unit: Floats
    """Unit vector of each kept candidate beside the nuisance, shape (n, kept)."""
    basis: Floats
    df: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Tested:
    search: _Search
    rho: float
    critical: float
    p_value: float


def _tested(y: Floats, times: Ints, nuisance: Floats, steps: Floats, e: Floats) -> _Tested | None:
    """The search under the autocorrelation of the series, and the law of its largest |t| from the noise `e`."""
    n = len(y)
    plain = _search(y, np.column_stack([np.ones(n), nuisance]), steps)
    if plain is None:
        return None
    likeliest = steps[:, plain.kept[int(np.abs(plain.t).argmax())]]
    fit = serial_regression(y=y, columns=likeliest[:, None], times=times, nuisance=nuisance, lags=1)
    rho = 0.0 if fit is None else fit.rho
    rho = min(rho + ((1 - rho**2) / n) ** 0.5, LARGEST_RHO)
    whole = _quasi(np.column_stack([y, np.ones(n), nuisance, steps]), times, rho)
    q = nuisance.shape[1] + 2
    found = _search(whole[:, 0], whole[:, 1:q], whole[:, q:])
    if found is None:
        return None
    critical = float(np.quantile(_largest(found, e), 0.95))
    top = float(np.abs(found.t).max())
    return _Tested(
        search=found,
        rho=rho,
        critical=critical,
        p_value=hansen_p(CRITICAL * (_normal(top, found.df) / _normal(critical, found.df)) ** 2),
    )


def _damped(y: Floats, nuisance: Floats, step: Floats) -> Floats:
    """The series with its departures from a fit by least absolute deviations cut at two standard deviations."""
    x = orthonormal(np.column_stack([np.ones(len(y)), nuisance, step]))
    left = y - x @ (x.T @ y)
    for _ in range(ROUNDS):
        least = 1e-3 * float(np.abs(left).mean())
        w = 1 / np.maximum(np.abs(left), least if least > 0 else 1.0)
        w /= w.max()
        left = y - x @ np.linalg.solve(x.T @ (w[:, None] * x) + 1e-9 * np.eye(x.shape[1]), x.T @ (w * y))
    size = np.sort(np.abs(left))[x.shape[1] :]
    reach = CUT * float(np.median(size)) / 0.6745
    out: Floats = y - left + np.clip(left, -reach, reach)
    return out


def _search(y: Floats, nuisance: Floats, steps: Floats) -> _Search | None:
    basis = orthonormal(nuisance)
    left = steps - basis @ (basis.T @ steps)
    norm = np.linalg.norm(left, axis=0)
    whole = np.linalg.norm(steps - steps.mean(axis=0), axis=0)
    kept = np.flatnonzero(norm > 0.15 * whole)
    df = len(y) - basis.shape[1] - 1
    if df < FEWEST_DF or len(kept) == 0:
        return None
    unit = left[:, kept] / norm[kept]
    e = y - basis @ (basis.T @ y)
    along = unit.T @ e
    total = float(e @ e)
    spread = np.sqrt(np.maximum(total - along**2, 1e-18 * total) / df)
    if total <= 1e-18 * float(y @ y):
        return None
    return _Search(
        jump=along / norm[kept], se=spread / norm[kept], t=along / spread, kept=kept, unit=unit, basis=basis, df=df
    )


def _largest(found: _Search, e: Floats) -> Floats:
    """The largest |t| of series without a jump, made from independent normal noise of shape (n, draws)."""
    e = e - found.basis @ (found.basis.T @ e)
    along = found.unit.T @ e
    spread = np.sqrt(np.maximum((e**2).sum(axis=0) - along**2, 1e-300) / found.df)
    out: Floats = np.abs(along / spread).max(axis=0)
    return out


def _quasi(columns: Floats, times: Ints, rho: float) -> Floats:
    """Each row less what the one before foretells of it, scaled to equal variances."""
    power = rho ** np.diff(times).astype(np.float64)
    scale = ((1 - rho**2) / (1 - power**2)) ** 0.5 if rho > 0 else np.ones(len(power))
    first = columns[:1] * (1 - rho**2) ** 0.5
    return np.vstack([first, scale[:, None] * (columns[1:] - power[:, None] * columns[:-1])])


def _normal(t: float, df: int) -> float:
    """The normal deviate that is as rare as a |t| with `df` degrees of freedom."""
    return -float(ndtri(max(float(stdtr(df, -t)), 1e-300)))
