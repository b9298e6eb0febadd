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
    """Fit log E[count] = offset + design b on the bins where `keep`: one of `fit_counterfactuals`.

    Parameters
    ----------
    counts : non-negative counts, shape (bins,)
    design : regressors, shape (bins, terms)
    keep : bins that take part in the fit, shape (bins,)
    offset : known log exposure, shape (bins,); bins with an offset of -inf hold nothing and are left out
    """
    off = None if offset is None else offset[None]
    return fit_counterfactuals(counts[None], design[None], keep[None], offset=off)[0]


def fit_counterfactuals(
    counts: Floats, design: Floats, keep: NDArray[np.bool_], *, offset: Floats | None = None
) -> list[Counterfactual | None]:
    """Fit log E[count] = offset + design b for several sets of counts at once, by iteratively reweighted least squares.

    Parameters
    ----------
    counts : non-negative counts, shape (fits, bins)
    design : regressors, shape (fits, bins, terms)
    keep : bins that take part in each fit, shape (fits, bins)
    offset : known log exposure, shape (fits, bins); bins with an offset of -inf hold nothing and are left out

    Returns
    -------
    One curve for each fit; None where it is not determined (fewer than three degrees of freedom, no counts, no
    convergence).

    Source
    ------
    McCullagh & Nelder 1989, ch. 9 (quasi-likelihood; dispersion by Pearson chi-square).
    """
    known = np.zeros(counts.shape) if offset is None else offset
    use = keep & np.isfinite(known)
    off = np.where(use, known, 0.0)
    y = np.where(use, counts, 0.0)
    df = use.sum(axis=1) - design.shape[2]
    out: list[Counterfactual | None] = [None] * len(counts)
    able = np.flatnonzero((df >= 3) & (y.sum(axis=1) > 0))
    if len(able) == 0:
        return out
    try:
        beta, done = _reweighted(y[able], design[able], use[able], off[able])
    except np.linalg.LinAlgError:  # one that is singular must not take the others down
        if len(counts) == 1:
            return out
        return [
            fit_counterfactual(counts[i], design[i], keep[i], offset=None if offset is None else offset[i])
            for i in range(len(counts))
        ]
    x = design[able]
    mu = _mean(x, beta, off[able]) * use[able]
    information = x.transpose(0, 2, 1) @ (x * mu[..., None])
    done &= np.linalg.cond(information) <= 1e12
    pearson = ((y[able] - mu) ** 2 / np.maximum(mu, 1e-8)).sum(axis=1) / df[able]
    unscaled = np.zeros_like(information)
    unscaled[done] = np.linalg.inv(information[done])
    everywhere = np.isfinite(known[able])
    mean = np.where(everywhere, _mean(x, beta, np.where(everywhere, known[able], 0.0)), 0.0)
    for j, i in enumerate(able):
        if done[j]:
            out[i] = Counterfactual(
                mean=mean[j],
                design=x[j],
                coefficients=beta[j],
                unscaled=unscaled[j],
                dispersion=max(1.0, float(pearson[j])),
                df=int(df[i]),
            )
    return out


def _mean(x: Floats, beta: Floats, off: Floats) -> Floats:
    return np.asarray(np.exp(np.clip((x @ beta[..., None])[..., 0] + off, -30.0, 30.0)))


def _reweighted(y: Floats, x: Floats, use: NDArray[np.bool_], off: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Coefficients, shape (fits, terms), and which fits converged. What is not used has y = 0 and weight 0."""
    weight = use.astype(np.float64)
    transposed = x.transpose(0, 2, 1)
    # starting from smoothed logs keeps the first step away from empty bins
    level = 0.5 + 0.1 * (y.sum(axis=1) / weight.sum(axis=1))[:, None]
    start = (np.log(y + level) - off) * weight
    gram = transposed @ (x * weight[..., None])
    beta = np.linalg.solve(gram, transposed @ start[..., None])[..., 0]
    deviance = np.full(len(y), np.inf)
    running = np.ones(len(y), dtype=bool)
    for _ in range(50):
        r = np.flatnonzero(running)
        eta = np.clip((x[r] @ beta[r, :, None])[..., 0] + off[r], -30.0, 30.0)
        mu = np.exp(eta) * weight[r]
        information = transposed[r] @ (x[r] * mu[..., None])
        step = np.linalg.solve(information, transposed[r] @ (y[r] - mu)[..., None])[..., 0]
        size = np.abs(step).max(axis=1)
        beta[r] += step * np.minimum(1.0, 3.0 / np.maximum(size, 1e-300))[:, None]
        now = mu.sum(axis=1) - (y[r] * eta).sum(axis=1)
        still = (np.abs(now - deviance[r]) > 1e-10 * (1.0 + np.abs(now))) | (size >= 1e-6)
        deviance[r] = now
        running[r] = still
        if not running.any():
            break
    return beta, ~running & np.isfinite(beta).all(axis=1)
