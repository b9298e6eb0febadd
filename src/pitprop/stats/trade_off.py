"""Trade-off: how much of one kind of work is lost for a unit more of another, within units and periods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pitprop.stats.estimate import Estimate
from pitprop.stats.numbered import distinct
from pitprop.stats.two_way import two_way

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def trade_off(*, lost: Floats, gained: Floats, unit: Ints, period: Ints) -> Estimate | None:
    """Slope of what is lost on what is gained once units' levels and what all share in a period are removed.

    Parameters
    ----------
    lost, gained
        Finite, each in its own unit, shape (n,).
    unit, period
        Whose and when, integers, shape (n,); at most one value of a unit in a period.

    Returns
    -------
    None with fewer than five units, or where nothing is left of `gained`.

    Source
    ------
    Two-way within regression; errors clustered by unit (Liang & Zeger 1986, times G / (G - 1)), t with the
    degrees of freedom (sum v)^2 / sum v^2 - 1 over the units' shares v of the information.
    """
    if len(distinct(unit)) < 5:
        return None
    y, x = (two_way(v / (float(np.abs(v).max()) or 1.0), unit, period) for v in (lost, gained))
    scale = (float(np.abs(lost).max()) or 1.0) / (float(np.abs(gained).max()) or 1.0)
    information = np.bincount(x.index, weights=x.residual**2)
    total = float(information.sum())
    if total <= 1e-18 * len(x.residual):
        return None
    slope = float(y.residual @ x.residual) / total
    score = np.bincount(x.index, weights=x.residual * (y.residual - slope * x.residual))
    many = len(information)
    df = total**2 / float(information @ information) - 1
    se = float(score @ score * many / (many - 1)) ** 0.5 / total
    return Estimate(value=slope, se=se, df=max(df, 1.0)).times(scale)
