"""Funnel plot: how far may a unit lie from the norm by chance alone, given its size?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, ndtri

Floats = NDArray[np.float64]


def poisson_limits(expected: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
    """Limits of observed / expected for a unit that is at the norm, by its expected count.

    Parameters
    ----------
    expected
        Expected counts, positive, any shape.
    level
        Share of such units between the limits.

    Returns
    -------
    Lower and upper limits of the ratio, in the shape of `expected`.

    Source
    ------
    Spiegelhalter (2005), Statistics in Medicine 24:1185, appendix A.1; exact Poisson limits by chi-square.
    """
    mu = np.asarray(expected, dtype=np.float64)
    if np.any(~(mu > 0)):
        raise ValueError("expected counts have to be positive")
    tail = (1 - level) / 2
    lower = chdtri(2 * mu, 1 - tail) / (2 * mu)
    upper = chdtri(2 * (mu + 1), tail) / (2 * mu)
    return np.asarray(lower), np.asarray(upper)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdispersion:
    """How much more units differ than their sampling errors allow."""

    phi: float
    """Mean of the winsorised squared z-scores; 1 where chance alone is at work."""
    tau2: float
    """Variance between units to be added to each unit's own, in the square of the estimates' unit."""


def overdispersion(estimate: Floats, se: Floats, *, norm: float, winsorised: float = 0.10) -> Overdispersion:
    """How much of the scatter about the norm is more than sampling error?

    Parameters
    ----------
    estimate, se
        Of each unit, shape (n,), se positive.
    norm
        The value that units are compared with.
    winsorised
        Share of the z-scores at each end that is drawn in before their squares are averaged.

    Source
    ------
    Spiegelhalter (2005), Statistics in Medicine 24:1185, eqs. 7 and 8 and section 3.
    """
    z = (np.asarray(estimate, dtype=np.float64) - norm) / np.asarray(se, dtype=np.float64)
    ends = np.quantile(z, [winsorised, 1 - winsorised])
    n = len(z)
    phi = float(np.mean(np.clip(z, *ends) ** 2))
    if n * phi < n - 1:
        return Overdispersion(phi=phi, tau2=0.0)
    w = 1 / np.asarray(se, dtype=np.float64) ** 2
    tau2 = (n * phi - (n - 1)) / float(w.sum() - (w**2).sum() / w.sum())
    return Overdispersion(phi=phi, tau2=max(tau2, 0.0))


def normal_limits(se: Floats, *, norm: float, tau2: float = 0.0, level: float = 0.95) -> tuple[Floats, Floats]:
    """Limits of an estimate about the norm, by its standard error and the variance between units."""
    reach = ndtri(0.5 + level / 2) * np.sqrt(np.asarray(se, dtype=np.float64) ** 2 + tau2)
    return norm - reach, norm + reach
