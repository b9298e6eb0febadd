"""Alignment: what one metric can do for a purpose is a matter of the angle between the two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, finite, not_negative


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Alignment:
    """One metric under its best weight."""

    cosine: float
    """Of the angle between purpose and metric: 1 the same direction, 0 nothing in common."""
    weight: float
    """Pay per unit of the metric."""
    effort: Floats
    """(K,) of the agent."""
    surplus: float
    """Value less the cost of effort and of bearing risk."""
    first_best: float
    """Surplus if effort itself could be ordered."""

    @property
    def share(self) -> float:
        """Share of the first best that is reached; without noise or risk aversion the squared cosine."""
        return self.surplus / self.first_best


def alignment(*, value: ArrayLike, metric: ArrayLike, variance: float = 0.0, risk_aversion: float = 0.0) -> Alignment:
    """How much of a purpose can pay on one metric reach, where each effort costs a^2/2?

    b* = |f| |g| cos(th) / (|g|^2 + r s^2);  S* = (f'g) b*/2;  S_FB = |f|^2/2;  with r s^2 = 0, S*/S_FB = cos(th)^2.

    Parameters
    ----------
    value, metric
        f and g (K,): what a unit of each effort adds to the purpose and to the metric; neither is all zero.
    variance, risk_aversion
        s^2 and r, >= 0.

    Raises
    ------
    ValueError
        Where shapes differ, or the purpose or the metric is all zero.

    Source
    ------
    Feltham and Xie (1994), The Accounting Review 69:429; Baker (2002), Journal of Human Resources 37:728.
    """
    f, g = finite("value", value), finite("metric", metric)
    if f.ndim != 1 or f.shape != g.shape:
        raise ValueError(f"metric: as many efforts as the purpose has ({f.shape}) are needed, not {g.shape}")
    long, wide = float(np.linalg.norm(f)), float(np.linalg.norm(g))
    if not long or not wide:
        raise ValueError("an angle needs a purpose and a metric that are not all zero")
    risk = float(not_negative("variance", variance)) * float(not_negative("risk aversion", risk_aversion))
    cosine = float((f / long) @ (g / wide))
    weight = long * wide * cosine / (wide**2 + risk)
    return Alignment(
        cosine=cosine,
        weight=weight,
        effort=weight * g,
        surplus=long * wide * cosine * weight / 2,
        first_best=long**2 / 2,
    )
