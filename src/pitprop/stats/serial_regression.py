"""Serial regression: slopes in one series (or a few), with errors that hang together over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate
from pitprop.stats.fixed_effects import RELATIVE_RANK, lengths, orthonormal, within
from pitprop.stats.numbered import numbered

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_EXACT = 600
"""Rows up to which bias and degrees of freedom are worked out with full matrices."""
RHOS = np.linspace(0.0, 0.95, 20)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SerialRegression:
    """Coefficients of the columns of interest, with heteroskedasticity- and autocorrelation-robust errors.

    n rows, k columns of interest.
    """

    coefficients: Floats
    """Unit of y per unit of the column, shape (k,)."""
    residuals: Floats
    """Shape (n,)."""
    columns: Floats
    """What is left of the columns of interest once everything else is removed, shape (n, k)."""
    weights: Floats
    """Weight of each row in each coefficient, shape (n, k)."""
    kernel: csr_array
    """Bartlett weight of each pair of rows, sparse, shape (n, n)."""
    rho: float
    """First-order autocorrelation of the errors, freed of the bias that fitting gives to residuals."""
    parameters: int
    """Parameters estimated, fixed effects included."""
    lags: int
    """Last lag with a weight above 0."""
    basis: Floats
    """Orthonormal basis of all regressors beyond the group means, shape (n, q)."""
    membership: Floats
    """Orthonormal basis of the group means, shape (n, groups)."""
    apart: Floats | None
    """Periods between each pair of rows, infinite between series, shape (n, n); None for many rows."""
    related: csr_array | None
    """For many rows: correlation of their errors under AR(1) with `rho`, sparse, shape (n, n)."""

    @property
    def scores(self) -> Floats:
        """Each row's contribution to the coefficients' errors, shape (n, k)."""
        out: Floats = self.weights * self.residuals[:, None]
        return out

    @property
    def covariance(self) -> Floats:
        """Newey-West covariance of the coefficients without small-sample mending, shape (k, k)."""
        return self.shared(self)

    def shared(self, other: SerialRegression) -> Floats:
        """Newey-West covariance between the coefficients of two regressions over the same rows."""
        out: Floats = self.scores.T @ (self.kernel @ other.scores)
        return out

    def contrast(self, weights: Floats | list[float] | tuple[float, ...]) -> Estimate:
        """A linear combination of the coefficients, mended for small samples.

        The Newey-West variance V = e'Qe is a quadratic form of the errors. Under AR(1) errors with the
        estimated `rho` its mean and variance are known: V is scaled to be unbiased, and gets Satterthwaite
        degrees of freedom, (E V)^2 * 2 / Var V (the argument of Bell & McCaffrey 2002 for a kernel). For many
        rows V is only raised by what the kernel cuts off, and df = 1.5 n / (lags + 1), Bartlett's large-sample
        value.
        """
        c = np.asarray(weights, dtype=np.float64)
        value = float(c @ self.coefficients)
        w = self.weights @ c
        score = w * self.residuals
        raw = max(float(score @ (self.kernel @ score)), 0.0)
        n = len(w)
        if self.apart is None:
            cut = 1.0
            if self.related is not None:  # what the kernel cuts off under AR(1)
                cut = float(w @ (self.related @ w)) / float(w @ (self.kernel.multiply(self.related) @ w))
            df = max(1.5 * n / (self.lags + 1), 1.0)
            return Estimate(value=value, se=(raw * max(cut, 1.0)) ** 0.5, df=df)
        omega = self.rho**self.apart
        left = np.diag(w)
        for part in (self.basis, self.membership):
            left = left - part @ (part.T @ left)
        inner = left.T @ omega @ left
        mixed = self.kernel @ inner
        mean = float(np.trace(mixed))
        square = float((mixed * mixed.T).sum())
        true = float(w @ omega @ w)
        if mean <= 0 or square <= 0:
            return Estimate(value=value, se=raw**0.5, df=1.0)
        return Estimate(value=value, se=(raw * true / mean) ** 0.5, df=max(mean**2 / square, 1.0))


def serial_regression(
    *,
    y: Floats,
    columns: Floats,
    times: Ints,
    series: Ints | None = None,
    groups: Ints | None = None,
    nuisance: Floats | None = None,
    lags: int | None = None,
) -> SerialRegression | None:
    """How y moves with the columns over time within one or a few series, with Newey-West errors.

    Parameters
    ----------
    y
        Shape (n,), any unit.
    columns
        Columns of interest, shape (n, k).
    times
        Period of each row, integers, shape (n,); gaps are allowed, two rows of a series in one period not.
    series
        Series of each row, shape (n,): errors of two series are independent. One series where omitted.
    groups
        Rows with an intercept of their own, integers, shape (n,); the series where omitted.
    nuisance
        Further columns, shape (n, q), such as trend and season.
    lags
        Last lag with a weight; where omitted ceil(1.3 sqrt(T)) - 1 for T rows of the longest series.

    Returns
    -------
    The regression, or None where a column cannot be told apart from intercepts, nuisance or other columns,
    or where fewer than three residual degrees of freedom are left.

    Raises
    ------
    ValueError
        Where a series has two rows in one period.

    Source
    ------
    Newey & West (1987), eq. 5 (Bartlett weights); lags: Lazarus, Lewis, Stock & Watson (2018), eq. 3.
    """
    n = len(y)
    series = np.zeros(n, dtype=np.int64) if series is None else series
    groups = series if groups is None else groups
    kept = within(columns=np.column_stack([y, columns]), groups=groups, nuisance=nuisance)
    left, x = kept.columns[:, 0], kept.columns[:, 1:]
    size = lengths(x)
    if np.any(size <= RELATIVE_RANK * lengths(columns - columns.mean(axis=0))) or np.any(size == 0):
        return None
    q = orthonormal(x)
    parameters = kept.rank + x.shape[1]
    if q.shape[1] < x.shape[1] or np.linalg.cond(x / size) > 1e6 or n < parameters + 3:
        return None
    unit = x / size
    weights = (np.linalg.solve(unit.T @ unit, unit.T)).T / size
    coefficients = weights.T @ left
    residuals = left - x @ coefficients
    longest = int(np.bincount(numbered(series)[1]).max())
    lags = max(int(np.ceil(1.3 * longest**0.5)) - 1, 0) if lags is None else lags
    codes = numbered(series)[1]
    kernel, next_to = _pairs(codes, times, 1 - np.arange(lags + 1) / (lags + 1))
    apart = None
    if n <= LARGEST_EXACT:
        apart = np.abs(times[:, None] - times[None, :]).astype(np.float64)
        apart[series[:, None] != series[None, :]] = np.inf
    groups = numbered(groups)[1]
    membership = np.eye(int(groups.max()) + 1)[groups]
    membership = membership / np.sqrt(membership.sum(axis=0))
    basis = np.hstack([kept.basis, q])
    rho = _rho(residuals, next_to, apart, basis, membership)
    related = None
    if apart is None and rho > 0:
        reach = int(np.ceil(np.log(1e-3) / np.log(rho)))
        related, _ = _pairs(codes, times, np.asarray(rho ** np.arange(reach + 1), dtype=np.float64))
    return SerialRegression(
        coefficients=coefficients,
        residuals=residuals,
        columns=x,
        weights=weights,
        kernel=kernel,
        rho=rho,
        related=related,
        parameters=parameters,
        lags=lags,
        basis=basis,
        membership=membership,
        apart=apart,
    )


def _pairs(series: Ints, times: Ints, weights: Floats) -> tuple[csr_array, csr_array]:
    """Weights, by lag, of pairs of rows of a series; and which pairs are neighbours."""
    from scipy.sparse import csr_array

    n, lags = len(times), len(weights) - 1
    times = times - times.min()
    key = series * (int(times.max()) + lags + 2) + times
    order = np.argsort(key)
    ascending = key[order]
    if np.any(ascending[1:] == ascending[:-1]):
        raise ValueError("a series has two rows in one period")
    one, two, weight = [np.arange(n)], [np.arange(n)], [np.ones(n)]
    neighbours = (np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    for lag in range(1, max(lags, 1) + 1):
        place = np.minimum(np.searchsorted(ascending, ascending + lag), n - 1)
        hit = ascending[place] == ascending + lag
        left, right = order[hit], order[place[hit]]
        if lag == 1:
            neighbours = np.r_[left, right], np.r_[right, left]
        if lag <= lags:
            one += [left, right]
            two += [right, left]
            weight += [np.full(2 * len(left), weights[lag])]
    kernel = csr_array((np.concatenate(weight), (np.concatenate(one), np.concatenate(two))), shape=(n, n))
    return kernel, csr_array((np.ones(len(neighbours[0])), neighbours), shape=(n, n))


def _rho(residuals: Floats, next_to: csr_array, apart: Floats | None, basis: Floats, membership: Floats) -> float:
    """The AR(1) coefficient whose expected residual autocorrelation is the observed one."""
    total = float(residuals @ residuals)
    if total <= 0 or not next_to.nnz:
        return 0.0
    observed = float(residuals @ (next_to @ residuals)) / total
    if apart is None:
        return float(np.clip(observed / 2, 0.0, RHOS[-1]))
    annihilator = np.eye(len(residuals)) - basis @ basis.T - membership @ membership.T
    filtered = annihilator @ (next_to @ annihilator)
    related = np.isfinite(apart)
    lag = apart[related].astype(np.int64)
    paired, alone = (np.bincount(lag, weights=form[related]) for form in (filtered, annihilator))
    powers = RHOS[:, None] ** np.arange(len(alone))
    expected = (powers @ paired) / (powers @ alone)
    return float(np.interp(observed, np.maximum.accumulate(expected), RHOS))
