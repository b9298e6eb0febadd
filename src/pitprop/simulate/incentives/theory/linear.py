"""Linear pay on noisy metrics: the weights that serve the purpose best, and how much of it they can reach.

An agent chooses efforts a (K,) at cost a'Ca/2. They are worth f'a to the purpose and move the metrics m = G a + noise,
noise ~ N(0, Sigma); pay is b'm and a fixed wage. Risk aversion is constant (CARA). Efforts are departures from what is
done without pay, so that they may be negative: attention drawn away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Flags, Floats, finite, not_negative, shaped


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LinearOptimum:
    """The best linear pay, and what comes of it."""

    weights: Floats
    """(L,) pay per unit of each metric."""
    effort: Floats
    """(K,) of the agent under these weights."""
    surplus: float
    """Value less the cost of effort and of bearing risk."""
    first_best: float
    """Surplus if effort itself could be ordered."""

    @property
    def share(self) -> float:
        """Share of the first best that is reached; 1 where there is nothing to reach."""
        return self.surplus / self.first_best if self.first_best > 0 else 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """The same problem in the weights alone: surplus = gain'b - b'curve b/2."""

    gain: Floats
    """(L,) G C^-1 f."""
    curve: Floats
    """(L, L) G C^-1 G' + r Sigma, over the metrics that can be measured at all."""
    response: Floats
    """(K, L) C^-1 G': effort per unit of weight."""
    measured: Flags
    """(L,) whether the noise of a metric is finite."""
    first_best: float


def linear_optimum(
    *,
    value: ArrayLike,
    metrics: ArrayLike,
    cost: ArrayLike,
    noise: ArrayLike,
    risk_aversion: float,
    at_least_zero: bool = False,
) -> LinearOptimum:
    """Which weights on the metrics serve the purpose best?

    a = C^-1 G' b;  b* = (G C^-1 G' + r Sigma)^-1 G C^-1 f;  S* = (G C^-1 f)' b* / 2;  S_FB = f' C^-1 f / 2.
    Where several weights do equally well (metrics that repeat one another to within a millionth, without noise), the
    shortest is told.

    Parameters
    ----------
    value, metrics, cost, noise
        f (K,), G (L, K), C (K, K) symmetric and positive definite, Sigma (L, L) a covariance. An infinite variance
        on the diagonal says that the metric cannot be measured: its weight is 0.
    risk_aversion
        r >= 0, per unit of money.
    at_least_zero
        No metric may be paid negatively.

    Raises
    ------
    ValueError
        Where shapes do not fit, or C or Sigma is no matrix of its kind.

    Source
    ------
    Holmstrom and Milgrom (1991), Journal of Law, Economics and Organization 7:24, whose b = (I + r C Sigma)^-1 f is the
    case G = I; Feltham and Xie (1994), The Accounting Review 69:429, for G that sees efforts unequally.
    """
    problem = as_problem(value=value, metrics=metrics, cost=cost, noise=noise, risk_aversion=risk_aversion)
    on = problem.measured
    curve, gain = problem.curve[np.ix_(on, on)], problem.gain[on]
    weights = np.zeros(len(on))
    weights[on] = _from_zero(curve, gain) if at_least_zero else solve(curve, gain)
    best = weights[on]
    return LinearOptimum(
        weights=weights,
        effort=problem.response @ weights,
        surplus=float(gain @ best - best @ curve @ best / 2),
        first_best=problem.first_best,
    )


def hidden_task(*, value: ArrayLike, cost: ArrayLike, variance: float, risk_aversion: float) -> float:
    """What should the measured one of two tasks be paid, where the other cannot be measured?

    b_1 = (f_1 - f_2 C_12/C_22) / (1 + r s^2 (C_11 - C_12^2/C_22)): less, the more the tasks compete for the same
    attention, and nothing at all (or less) where what is drawn away is worth as much.

    Parameters
    ----------
    value, cost
        f (2,) and C (2, 2), the measured task first.
    variance
        s^2 of its measure.
    risk_aversion
        r >= 0.

    Source
    ------
    Holmstrom and Milgrom (1991), Journal of Law, Economics and Organization 7:24, on missing incentive clauses.
    """
    f, c = shaped("value", value, 2), _definite(shaped("cost", cost, 2, 2))
    s2, r = float(not_negative("variance", variance)), float(not_negative("risk aversion", risk_aversion))
    drawn = c[0, 1] / c[1, 1]
    return float((f[0] - f[1] * drawn) / (1 + r * s2 * (c[0, 0] - c[0, 1] * drawn)))


def as_problem(
    *, value: ArrayLike, metrics: ArrayLike, cost: ArrayLike, noise: ArrayLike, risk_aversion: float
) -> Problem:
    """Check the arguments of `linear_optimum`, and put them in terms of the weights."""
    f = finite("value", value)
    g = finite("metrics", metrics)
    if f.ndim != 1 or g.ndim != 2 or g.shape[1] != len(f):
        raise ValueError(f"metrics: a row for each metric and {f.size} columns are needed, not {g.shape}")
    c = _definite(shaped("cost", cost, len(f), len(f)))
    r = float(not_negative("risk aversion", risk_aversion))
    sigma, measured = _covariance(noise, len(g))
    response = np.asarray(np.linalg.solve(c, g.T), dtype=float)
    curve = g @ response + r * sigma
    return Problem(
        gain=f @ response,
        curve=(curve + curve.T) / 2,
        response=response,
        measured=measured,
        first_best=float(f @ np.linalg.solve(c, f) / 2),
    )


def solve(curve: Floats, gain: Floats) -> Floats:
    """The shortest b with curve b = gain, in the least-squares sense; scales of the metrics are taken out first."""
    scale = _scale(curve)
    inverse = np.linalg.pinv(curve / np.outer(scale, scale), rcond=1e-12, hermitian=True)
    return np.asarray(inverse @ (gain / scale) / scale)


def _from_zero(curve: Floats, gain: Floats) -> Floats:
    """The best b >= 0: non-negative least squares on a square root of the curve."""
    from scipy.optimize import nnls

    scale = _scale(curve)
    values, vectors = np.linalg.eigh(curve / np.outer(scale, scale))
    kept = values > 1e-12 * values.max(initial=0.0)
    if not kept.any():
        return np.zeros(len(gain))
    root = np.sqrt(values[kept])[:, None] * vectors[:, kept].T
    found = nnls(root, (vectors[:, kept].T @ (gain / scale)) / np.sqrt(values[kept]))[0]
    return np.asarray(found / scale, dtype=float)


def _scale(curve: Floats) -> Floats:
    """What a unit of each metric moves; 1 where it is nothing."""
    return np.asarray(np.sqrt(np.where(np.diag(curve) > 0, np.diag(curve), 1.0)))


def _definite(c: Floats) -> Floats:
    """C, if it is symmetric and positive definite."""
    if not np.allclose(c, c.T, rtol=1e-9, atol=0) or np.linalg.eigvalsh(c).min() <= 0:
        raise ValueError("cost: a symmetric matrix is needed under which every effort costs something")
    return c


def _covariance(noise: ArrayLike, metrics: int) -> tuple[Floats, Flags]:
    """Sigma with zeros for what cannot be measured, and which metrics can be."""
    sigma = np.array(noise, dtype=float)
    if sigma.shape != (metrics, metrics):
        raise ValueError(f"noise: a matrix of shape {(metrics, metrics)} is needed, not {sigma.shape}")
    measured = ~np.isposinf(np.diag(sigma))
    sigma[~measured] = 0.0
    sigma[:, ~measured] = 0.0
    top = float(np.diag(sigma).max(initial=0.0))
    if not np.all(np.isfinite(sigma)) or not np.allclose(sigma, sigma.T, rtol=1e-9, atol=1e-12 * top):
        raise ValueError("noise: a symmetric matrix of variances and covariances is needed")
    if np.linalg.eigvalsh(sigma).min(initial=0.0) < -1e-9 * top:
        raise ValueError("noise: no noise has these covariances (the matrix is not positive semi-definite)")
    return sigma, measured
