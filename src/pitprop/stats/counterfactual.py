"""What counts would have been expected: a log-linear quasi-Poisson curve fitted outside a window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """A fitted quasi-Poisson curve, evaluated at all bins (also those left out of the fit)."""

    mean: Floats
    """Expected counts, shape (bins,)."""
    design: Floats
    """Regressors, shape (bins, terms)."""
    coefficients: Floats
    """On the log scale, shape (terms,)."""
    unscaled: Floats
    """Inverse Fisher information, shape (terms, terms); times `dispersion` it is the covariance."""
    dispersion: float
    """Pearson chi-square over its degrees of freedom, at least 1."""
    df: int
    """Residual degrees of freedom."""

    def excess(self, counts: Floats, weights: Floats) -> tuple[float, float]:
        """Weighted excess sum(w (counts - mean)) over bins outside the fit, and its standard error.

        The variance adds the dispersed Poisson noise of the counts and, by the delta method, the error of
        the fitted curve; it holds for weights that are zero on all bins that were fitted.
        """
        estimate = float(weights @ (counts - self.mean))
        gradient = self.design.T @ (weights * self.mean)
        noise = float((weights**2) @ self.mean)
        variance = self.dispersion * (noise + float(gradient @ self.unscaled @ gradient))
        return estimate, float(np.sqrt(variance))


def legendre(x: Floats, degree: int) -> Floats:
    """Legendre polynomials 0 .. degree of x scaled to [-1, 1], shape (n, degree + 1)."""
    low, high = float(x.min()), float(x.max())
    scaled = np.zeros_like(x) if high == low else (2 * x - low - high) / (high - low)
    return np.asarray(np.polynomial.legendre.legvander(scaled, degree), dtype=np.float64)


def fit_counterfactual(
    counts: Floats, design: Floats, keep: NDArray[np.bool_], *, offset: Floats | None = None
) -> Counterfactual | None:
    """Fit log E[count] = offset + design b on the bins where `keep`, by iteratively reweighted least squares.

    Parameters
    ----------
    counts : non-negative counts, shape (bins,)
    design : regressors, shape (bins, terms)
    keep : bins that take part in the fit, shape (bins,)
    offset : known log exposure, shape (bins,); bins with an offset of -inf hold nothing and are left out

    Returns
    -------
    None where the fit is not determined (fewer than three degrees of freedom, no counts, no convergence).

    Source
    ------
    McCullagh & Nelder 1989, ch. 9 (quasi-likelihood; dispersion by Pearson chi-square).
    """
    off = np.zeros(len(counts)) if offset is None else offset
    use = keep & np.isfinite(off)
    y, x, o = counts[use], design[use], off[use]
    df = len(y) - design.shape[1]
    if df < 3 or y.sum() <= 0:
        return None
    # starting from smoothed logs keeps the first step away from empty bins
    beta, *_ = np.linalg.lstsq(x, np.log(y + 0.5 + 0.1 * y.mean()) - o, rcond=None)
    deviance = np.inf
    for _ in range(50):
        eta = np.clip(x @ beta + o, -30.0, 30.0)
        mu = np.exp(eta)
        information = (x * mu[:, None]).T @ x
        try:
            step = np.linalg.solve(information, x.T @ (y - mu))
        except np.linalg.LinAlgError:
            return None
        size = float(np.abs(step).max())
        beta = beta + step * min(1.0, 3.0 / size if size > 0 else 1.0)
        now = float(mu.sum() - y @ eta)
        if abs(now - deviance) <= 1e-10 * (1.0 + abs(now)) and size < 1e-6:
            break
        deviance = now
    else:
        return None
    mu = np.exp(np.clip(x @ beta + o, -30.0, 30.0))
    information = (x * mu[:, None]).T @ x
    try:
        unscaled = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        return None
    if not np.all(np.isfinite(unscaled)) or float(np.linalg.cond(information)) > 1e12:
        return None
    pearson = float(((y - mu) ** 2 / np.maximum(mu, 1e-8)).sum() / df)
    with np.errstate(over="ignore"):
        mean = np.exp(np.clip(design @ beta + off, -30.0, 30.0))
    mean = np.where(np.isfinite(off), mean, 0.0)
    return Counterfactual(
        mean=mean,
        design=design,
        coefficients=beta,
        unscaled=unscaled,
        dispersion=max(1.0, pearson),
        df=df,
    )
