"""Goodhart by selection: what a high metric says of the truth, and how little it says among the highest."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, finite, not_negative, positive, share


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shrinkage:
    """The truth that a metric leads one to expect; arrays of the shape of the arguments."""

    expected: Floats
    """Of the truth, given the metric."""
    reliability: Floats
    """Part of the metric's lead over the mean that is true: its squared correlation with the truth."""
    spread: Floats
    """Standard deviation of the truth about `expected`."""


def shrinkage(*, metric: ArrayLike, mean: ArrayLike = 0.0, truth: ArrayLike, error: ArrayLike) -> Shrinkage:
    """How much of a lead is true, if nobody does anything wrong?

    M = G + xi, normal and independent: E[G | M] = m + rho^2 (M - m), rho^2 = sG^2/(sG^2 + sx^2), and the variance left
    is sG^2 (1 - rho^2). The rest is luck, and disappears when one looks again (regressional Goodhart).

    Parameters
    ----------
    metric, mean
        M and m, in units of the metric.
    truth, error
        Standard deviations sG > 0 and sx >= 0.

    Source
    ------
    Manheim and Garrabrant (2018), arXiv 1803.04585, for the name; the formula is the regression of two normals.
    """
    level, centre = finite("metric", metric), finite("mean", mean)
    sg, sx = positive("truth", truth), not_negative("error", error)
    level, centre, sg, sx = np.broadcast_arrays(level, centre, sg, sx)
    kept = 1 / (1 + (sx / sg) ** 2)
    return Shrinkage(
        expected=centre + kept * (level - centre),
        reliability=kept,
        spread=np.asarray(sg * np.sqrt(1 - kept)),
    )


def correlation_at_the_top(*, correlation: ArrayLike, top: ArrayLike) -> Floats:
    """How well does a metric tell the truth apart among those whom it puts at the top?

    Among the highest part alpha by a normal metric its variance shrinks to V = 1 - l (l - z), z the (1 - alpha)
    quantile and l = phi(z)/alpha, so that the correlation falls to rho sqrt(V)/sqrt(rho^2 V + 1 - rho^2).

    Parameters
    ----------
    correlation
        rho, -1 to 1, over all.
    top
        alpha, above 0 and up to 1.

    Returns
    -------
    Correlation at the top, of the shape of the arguments.

    Source
    ------
    Pearson (1903), Philosophical Transactions A 200:1 (restriction of range); El-Mhamdi and Hoang (2024), arXiv
    2410.09638, for its reading as Goodhart's law.
    """
    from scipy.special import ndtri

    rho, alpha = finite("correlation", correlation), share("top", top, zero=False)
    if np.any(np.abs(rho) > 1):
        raise ValueError(f"correlation: numbers from -1 to 1 are needed, not {correlation!r}")
    rho, alpha = np.broadcast_arrays(rho, alpha)
    z = -ndtri(np.where(alpha < 1, alpha, 0.5))
    ratio = np.exp(-(z**2) / 2) / (math.sqrt(2 * math.pi) * alpha)
    kept = np.where(alpha < 1, 1 - ratio * (ratio - z), 1.0)
    left = rho**2 * kept + 1 - rho**2
    return np.asarray(rho * np.sqrt(kept) / np.sqrt(left))
