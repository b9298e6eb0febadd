"""Pressure: how the truth first rises and then falls as a metric is pushed, and where to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from pitprop.simulate.incentives.theory.arguments import Floats, finite, not_negative, positive

Way = Literal["picking", "learning"]
"""By picking the best of n, or by learning from reward."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """Where pressure serves the truth best."""

    distance: float
    """d at the peak; infinite where more pressure always helps."""
    value: float
    """Gain in truth there."""


def pressed(*, distance: ArrayLike, alpha: float, beta: float, way: Way) -> Floats:
    """How much truth has been gained at a given distance from where one began?

    Picking: R(d) = d (alpha - beta d). Learning: R(d) = d (alpha - beta log d). R(0) = 0; d = sqrt(KL).

    Parameters
    ----------
    distance
        d >= 0, of any shape.
    alpha, beta
        Initial gain, and how fast it is lost.
    way
        `picking` or `learning`.

    Returns
    -------
    R, of the shape of `distance`.

    Source
    ------
    Gao, Schulman and Hilton (2022), arXiv 2210.10760, section 1: forms that fit their experiments, no theory.
    """
    d = not_negative("distance", distance)
    a, b = float(finite("alpha", alpha)), float(finite("beta", beta))
    return np.asarray(d * (a - b * (d if _picks(way) else np.log(np.where(d > 0, d, 1.0)))))


def peak(*, alpha: float, beta: float, way: Way) -> Peak:
    """At which distance should one stop?

    Picking: d = alpha/(2 beta), R = alpha^2/(4 beta). Learning: d = exp(alpha/beta - 1), R = beta d.

    Parameters
    ----------
    alpha, beta, way
        As in `pressed`, alpha > 0 and beta >= 0.

    Raises
    ------
    ValueError
        Where alpha is not above 0, so that picking never helps, or beta is negative.

    Source
    ------
    The maxima of the forms in `pressed`.
    """
    a, b = float(positive("alpha", alpha)), float(not_negative("beta", beta))
    picks = _picks(way)
    if b == 0:
        return Peak(distance=math.inf, value=math.inf)
    if picks:
        return Peak(distance=a / (2 * b), value=a**2 / (4 * b))
    if a / b - 1 > 700:  # further than floating-point numbers go
        return Peak(distance=math.inf, value=math.inf)
    d = math.exp(a / b - 1)
    return Peak(distance=d, value=b * d)


def _picks(way: str) -> bool:
    if way not in ("picking", "learning"):
        raise ValueError(f"way: picking or learning is needed, not {way}")
    return way == "picking"
