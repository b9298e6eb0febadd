"""Persistence: how long do units' departures from their own level last?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.numbered import numbered
from pitprop.stats.root import root

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST = 0.98
"""Lag-1 correlation above which departures cannot be told from levels."""
LONGEST = 400
"""Periods beyond which the correction for the removed mean no longer matters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Persistence:
    """Departures as a first-order autoregression within units."""

    lag1: float
    """Correlation of a departure with the next one, the removed mean allowed for; in [0, 0.98]."""
    se: float = 0.0

    @property
    def cautious(self) -> Persistence:
        """Departures that last one standard error longer, where they clearly last at all."""
        longer = min(self.lag1 + self.se, LARGEST) if self.lag1 > 1.645 * self.se else self.lag1
        return Persistence(lag1=longer)

    def alike(self, count: Floats) -> Floats:
        """Mean correlation of two departures of a unit among `count` in a row."""
        n, phi = np.asarray(count, dtype=np.float64), self.lag1
        inside = (n - 1) * phi / (1 - phi) - phi**2 * (1 - phi ** (n - 1)) / (1 - phi) ** 2
        return np.where(n > 1, 2 / (n * np.maximum(n - 1, 1)) * inside, 0.0)

    def inflation(self, count: Floats) -> Floats:
        """By how much s^2 / n understates the variance of a mean of `count` values in a row; at least 1."""
        rho = self.alike(count)
        out: Floats = (1 + (np.asarray(count, dtype=np.float64) - 1) * rho) / (1 - rho)
        return out

    @property
    def worth(self) -> float:
        """Degrees of freedom of a variance that one of these values is worth, in (0, 1]."""
        return (1 - self.lag1**2) / (1 + self.lag1**2)


def persistence(residual: Floats, unit: Ints, time: Ints) -> Persistence:
    """How alike are departures of the same unit in neighbouring periods?

    Parameters
    ----------
    residual
        Departures from each unit's own mean, shape (n,).
    unit, time
        Whose and when (number of the period on the calendar: gaps are no neighbours), shape (n,).

    Returns
    -------
    lag1 = 0 where fewer than 4 periods or 20 neighbours can tell.

    Source
    ------
    First-order autoregression; the expected lagged products over the expected squares of what is left once
    the mean is removed, solved for the correlation (as Nickell 1981, Econometrica 49:1417, for panels).
    """
    order = np.lexsort((time, unit))
    e, u, t = residual[order], unit[order], time[order]
    near = (u[1:] == u[:-1]) & (t[1:] == t[:-1] + 1)
    counts = np.bincount(numbered(unit)[1])
    n = int(min(np.sum(counts**2.0) / max(counts.sum(), 1), LONGEST))
    total = float(np.sum((e[1:] ** 2 + e[:-1] ** 2)[near])) / 2
    if n < 4 or near.sum() < 20 or total <= 0:
        return Persistence(lag1=0.0)
    raw = float(np.sum((e[1:] * e[:-1])[near])) / total
    lag1 = _corrected(raw, n)
    step = 1e-4
    slope = (_expected(min(lag1 + step, LARGEST), n) - _expected(lag1 - step, n)) / (
        min(lag1 + step, LARGEST) - lag1 + step
    )
    se = ((1 - min(raw**2, 1.0)) / float(near.sum())) ** 0.5 / slope
    return Persistence(lag1=lag1, se=se)


def _corrected(raw: float, n: int) -> float:
    """The autocorrelation whose expected sample value over `n` periods, mean removed, is `raw`."""
    if raw <= _expected(0.0, n):
        return 0.0
    if raw >= _expected(LARGEST, n):
        return LARGEST
    return root(lambda phi: _expected(phi, n) - raw, 0.0, LARGEST, tolerance=1e-13)


def _expected(phi: float, n: int) -> float:
    """E(sum of e_t e_(t+1)) / E(sum of squares) for an AR(1) less its mean over n periods."""
    lags = np.arange(n)
    powers = phi**lags
    cumulated = np.cumsum(powers)
    with_mean = (cumulated + cumulated[::-1] - 1) / n  # covariance of each value with the mean
    mean = float(with_mean.mean())
    squares = 1 - 2 * with_mean + mean
    products = phi - with_mean[1:] - with_mean[:-1] + mean
    return float(products.sum()) / float((squares[1:] + squares[:-1]).sum() / 2)
